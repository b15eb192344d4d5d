"""The ledger of what one team owes another. Rooms open and end handoffs in their commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from tercet.kit import kinds
from tercet.kit.refusal import Refused
from tercet.people.models import Member, Team, Workspace
from tercet.record.models import Handoff

OUTCOMES = {"done", "declined", "withdrawn", "lapsed"}


@dataclass(frozen=True)
class HandoffKind:
    """A kind of thing that is owed, as both sides read it."""

    name: str
    label: str
    owed: str


_handoff_kinds: dict[str, HandoffKind] = {}


def register(kind: HandoffKind) -> None:
    _handoff_kinds[kind.name] = kind


def kind_of(handoff: Handoff) -> HandoffKind:
    return _handoff_kinds.get(handoff.kind) or HandoffKind(handoff.kind, handoff.kind, handoff.kind)


@transaction.atomic
def open_handoff(
    kind: str,
    *,
    about: models.Model,
    asked_at: datetime,
    title: str = "",
    from_team: Team | None = None,
    from_member: Member | None = None,
    to_team: Team | None = None,
    to_member: Member | None = None,
    due_at: datetime | None = None,
) -> Handoff:
    if kind not in _handoff_kinds:
        raise LookupError(f"Handoff {kind!r} is not registered.")
    if to_team is None and to_member is None:
        raise Refused("Say which team or person owes this.")
    return Handoff.objects.create(
        workspace_id=about.workspace_id,  # type: ignore[attr-defined]
        kind=kind,
        about_kind=kinds.of(about).name,
        about_id=about.pk,
        title=(title or str(about))[:300],
        from_team=from_team,
        from_member=from_member,
        to_team=to_team,
        to_member=to_member,
        asked_at=asked_at,
        due_at=due_at,
    )


@transaction.atomic
def open_handoffs(
    kind: str,
    *,
    about: Sequence[models.Model],
    asked_at: datetime,
    from_team: Team | None = None,
    from_member: Member | None = None,
    to_team: Team | None = None,
    to_member: Member | None = None,
    due_at: datetime | None = None,
) -> None:
    """One for each of these things, set-based: for changes that move many at once."""
    if kind not in _handoff_kinds:
        raise LookupError(f"Handoff {kind!r} is not registered.")
    if to_team is None and to_member is None:
        raise Refused("Say which team or person owes this.")
    Handoff.objects.bulk_create(
        [
            Handoff(
                workspace_id=thing.workspace_id,  # type: ignore[attr-defined]
                kind=kind,
                about_kind=kinds.of(thing).name,
                about_id=thing.pk,
                title=str(thing)[:300],
                from_team=from_team,
                from_member=from_member,
                to_team=to_team,
                to_member=to_member,
                asked_at=asked_at,
                due_at=due_at,
            )
            for thing in about
        ],
        batch_size=500,
    )


def end_handoffs(
    workspace: Workspace,
    about_kind: str,
    about_ids: Sequence[int],
    *,
    outcome: str,
    at: datetime,
) -> None:
    """End every open one about these things."""
    if outcome not in OUTCOMES:
        raise ValueError(f"Outcome {outcome!r}; expected one of {', '.join(sorted(OUTCOMES))}.")
    for start in range(0, len(about_ids), 5_000):
        Handoff.objects.filter(
            workspace=workspace,
            about_kind=about_kind,
            about_id__in=about_ids[start : start + 5_000],
            ended_at=None,
        ).update(ended_at=at, outcome=outcome, version=models.F("version") + 1)


@transaction.atomic
def answer_handoff(handoff: Handoff, *, at: datetime) -> None:
    """The first answer counts; a later one changes nothing."""
    Handoff.objects.filter(pk=handoff.pk, answered_at=None, ended_at=None).update(
        answered_at=at, version=models.F("version") + 1
    )
    handoff.refresh_from_db()


@transaction.atomic
def end_handoff(handoff: Handoff, *, outcome: str, at: datetime) -> None:
    if outcome not in OUTCOMES:
        raise ValueError(f"Outcome {outcome!r}; expected one of {', '.join(sorted(OUTCOMES))}.")
    Handoff.objects.filter(pk=handoff.pk, ended_at=None).update(
        ended_at=at, outcome=outcome, version=models.F("version") + 1
    )
    handoff.refresh_from_db()


@transaction.atomic
def reopen_handoff(handoff: Handoff, *, version: int, is_answered: bool) -> bool:
    """Take the last answer or end back; False where the handoff moved on since."""
    before = {"ended_at": None, "outcome": ""}
    if not is_answered:
        before["answered_at"] = None
    changed = Handoff.objects.filter(pk=handoff.pk, version=version).update(
        **before, version=models.F("version") + 1
    )
    handoff.refresh_from_db()
    return bool(changed)
