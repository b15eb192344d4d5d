"""Notices are written by the reader of events, read by their member, and dropped with an undo."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tercet.notices.models import Notice
from tercet.people.clock import today_in
from tercet.people.models import Member, Team
from tercet.record.events import reader, sentence
from tercet.record.models import Event, Follow, Handoff


@reader("notices.fan_out", "")
def notify(event: Event) -> None:
    """Tell followers and both sides of an open handoff. A second delivery tells nobody twice."""
    if event.about_id is None and "handoff" not in event.data:
        return
    members = _concerned(event)
    if not members:
        return
    text = sentence(event)[:500]
    Notice.objects.bulk_create(
        [
            Notice(
                workspace=event.workspace,
                member=member,
                event=event,
                about_kind=event.about_kind,
                about_id=event.about_id,
                text=text,
                created_at=event.at,
            )
            for member in members
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def mark_read(member: Member, *, now: datetime, up_to: int) -> int:
    """Read everything that was on the page; what came since stays unread."""
    return Notice.objects.filter(member=member, read_at=None, pk__lte=up_to).update(read_at=now)


@transaction.atomic
def mark_unread(member: Member, *, read_at: datetime) -> int:
    """The undo of `mark_read`: those that were read in that moment."""
    return Notice.objects.filter(member=member, read_at=read_at).update(read_at=None)


@transaction.atomic
def forget_things(kind: str, thing_ids: Iterable[int]) -> None:
    """An import's undo takes the things away, and with them what was told about them."""
    Notice.objects.filter(about_kind=kind, about_id__in=list(thing_ids)).delete()


def _concerned(event: Event) -> list[Member]:
    about = Q(about_kind=event.about_kind, about_id=event.about_id)
    followers, handoffs = set(), Q(pk=event.data.get("handoff"))
    if event.about_id is not None:
        followers = set(Follow.objects.filter(about).values_list("member_id", flat=True))
        handoffs |= about & Q(ended_at=None)
    parties, teams = set(), set()
    # One that has just ended is named by its event: whoever asked hears what became of it.
    for handoff in Handoff.objects.filter(handoffs)[:50]:
        parties |= {handoff.from_member_id, handoff.to_member_id}
        if handoff.to_member_id is None:
            teams.add(handoff.to_team_id)
        if handoff.from_member_id is None:
            teams.add(handoff.from_team_id)
    today = today_in(event.workspace)
    wanted = Q(pk__in=followers | parties - {None})
    if teams := teams - {None}:
        here = Team.objects.filter(pk__in=teams)
        wanted |= Q(
            Q(memberships__to_on=None) | Q(memberships__to_on__gt=today),
            memberships__team__in=here,
            memberships__from_on__lte=today,
        )
    members = Member.objects.filter(wanted).exclude(pk=event.by_id).active_on(today).distinct()
    return list(members.order_by("id"))
