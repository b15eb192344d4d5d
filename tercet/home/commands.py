"""What a member does from the own week: answer what is owed, finish it, take that back."""

from datetime import date, datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from tercet.kit import kinds
from tercet.kit.refusal import Refused
from tercet.people.models import Member
from tercet.people.policy import may
from tercet.record import handoffs
from tercet.record.comments import archive_comment, restore_comment
from tercet.record.events import record
from tercet.record.models import Comment, Event, Handoff, Job

MOVED_ON = "Somebody changed this meanwhile. It stays as it is."


@transaction.atomic
def answer_handoff(handoff: Handoff, *, by: Member, now: datetime, today: date) -> Event | None:
    """Say that it is seen and taken up. The first answer counts."""
    _guard_owing(handoff, by, today)
    if handoff.answered_at is not None or handoff.ended_at is not None:
        return None
    handoffs.answer_handoff(handoff, at=now)
    return _record("handoff.answered", handoff, by, is_answered=False)


@transaction.atomic
def finish_handoff(
    handoff: Handoff, *, outcome: str, by: Member, now: datetime, today: date
) -> Event | None:
    """The owing side finishes or declines; the asking side withdraws."""
    if outcome == "withdrawn":
        _guard_asking(handoff, by, today)
    elif outcome in {"done", "declined"}:
        _guard_owing(handoff, by, today)
    else:
        raise Refused("Choose done, declined or withdrawn.")
    if handoff.ended_at is not None:
        return None
    was_answered = handoff.answered_at is not None
    if outcome != "withdrawn":
        handoffs.answer_handoff(handoff, at=now)
    handoffs.end_handoff(handoff, outcome=outcome, at=now)
    return _record(f"handoff.{outcome}", handoff, by, is_answered=was_answered)


@transaction.atomic
def undo_change(event: Event, *, by: Member, now: datetime, today: date) -> None:
    """Take an answer, an end or a comment's going back, while nothing has happened since."""
    if event.kind.startswith("handoff.") and "is_answered" in event.data:
        _undo_handoff(event, by, today)
    elif event.kind in {"comment.written", "comment.archived"}:
        _undo_comment(event, by, now)
    else:
        raise Refused("This cannot be undone.")


@transaction.atomic
def retry_job(job: Job, *, by: Member) -> None:
    """Give a failed job all its attempts again."""
    if not may(by, "system.read"):
        raise Refused("Only an administrator starts jobs again.")
    waiting = {"state": "waiting", "attempts": 0, "run_after": timezone.now(), "finished_at": None}
    try:
        with transaction.atomic():
            changed = Job.objects.filter(pk=job.pk, state="failed").update(**waiting)
    except IntegrityError as error:
        raise Refused("The same job waits already.") from error
    if not changed:
        raise Refused("This job is not failed any more.")
    record("job.retried", workspace=by.workspace, by=by, name=job.name)


def owes(handoff: Handoff, member: Member, today: date) -> bool:
    if handoff.to_member_id is not None:
        return handoff.to_member_id == member.pk
    return member.teams_on(today).filter(pk=handoff.to_team_id).exists()


def asked(handoff: Handoff, member: Member, today: date) -> bool:
    if handoff.from_member_id is not None:
        return handoff.from_member_id == member.pk
    return member.teams_on(today).filter(pk=handoff.from_team_id).exists()


def _guard_owing(handoff: Handoff, by: Member, today: date) -> None:
    if not may(by, "handoff.answer", handoff) or not owes(handoff, by, today):
        raise Refused("Only who owes this can answer or finish it.")


def _guard_asking(handoff: Handoff, by: Member, today: date) -> None:
    if not may(by, "handoff.answer", handoff) or not asked(handoff, by, today):
        raise Refused("Only who asked for this can withdraw it.")


def _undo_handoff(event: Event, by: Member, today: date) -> None:
    handoff = Handoff.objects.get(pk=event.data["handoff"])
    if event.by_id != by.pk or not may(by, "handoff.answer", handoff):
        raise Refused("Only who did this can take it back.")
    is_answered = event.data["is_answered"]
    version = event.data["version"]
    if not handoffs.reopen_handoff(handoff, version=version, is_answered=is_answered):
        raise Refused(MOVED_ON)
    record("handoff.reopened", about=_about(handoff), by=by, what=handoff.title)


def _undo_comment(event: Event, by: Member, now: datetime) -> None:
    comment = Comment.objects.filter(pk=event.data["comment"]).first()
    about = _thing(event.about_kind, event.about_id)
    if comment is None or about is None:
        raise Refused(MOVED_ON)
    if event.kind == "comment.written":
        archive_comment(comment, about=about, by=by, now=now)
    else:
        restore_comment(comment, about=about, by=by)


def _record(kind: str, handoff: Handoff, by: Member, *, is_answered: bool) -> Event:
    return record(
        kind,
        about=_about(handoff),
        workspace=handoff.workspace,
        by=by,
        what=handoff.title,
        handoff=handoff.pk,
        version=handoff.version,
        is_answered=is_answered,
    )


def _about(handoff: Handoff) -> models.Model | None:
    return _thing(handoff.about_kind, handoff.about_id)


def _thing(kind_name: str, thing_id: int | None) -> models.Model | None:
    kind = kinds.find(kind_name)
    if kind is None or thing_id is None:
        return None
    found: models.Model | None = kind.model._default_manager.filter(Q(pk=thing_id)).first()
    return found
