from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from tercet.people.models import Invitation, Member, Team, TeamMembership, Workspace
from tercet.record.models import Event


@dataclass(frozen=True)
class Seat:
    """A member as the list shows them on a day."""

    member: Member
    teams: list[Team]
    has_left: bool


def seats(workspace: Workspace, *, day: date, with_left: bool = False) -> list[Seat]:
    """Who was in the workspace on that day, with their teams of that day, by name."""
    on_that_day = TeamMembership.objects.filter(
        Q(to_on=None) | Q(to_on__gt=day), from_on__lte=day
    ).select_related("team")
    members = (
        Member.objects.filter(workspace=workspace, joined_on__lte=day)
        .select_related("person")
        .prefetch_related(Prefetch("memberships", on_that_day, to_attr="on_that_day"))
    )
    if not with_left:
        members = members.active_on(day)
    found = [
        Seat(each, _teams(each.on_that_day), each.has_left(day))  # type: ignore[attr-defined]
        for each in members
    ]
    return sorted(found, key=lambda seat: (seat.has_left, str(seat.member).casefold()))


def open_invitations(workspace: Workspace, *, now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        workspace=workspace, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).select_related("team", "invited_by__person")


def teams_of(workspace: Workspace, *, day: date) -> QuerySet[Team]:
    """Every team with the number of its people on that day, archived ones last."""
    here = Q(memberships__from_on__lte=day) & (
        Q(memberships__to_on=None) | Q(memberships__to_on__gt=day)
    )
    return (
        Team.objects.filter(workspace=workspace)
        .annotate(people=Count("memberships__member", filter=here, distinct=True))
        .order_by("archived_at", "name", "id")
    )


def memberships_of(member: Member) -> QuerySet[TeamMembership]:
    return member.memberships.select_related("team").order_by("-from_on", "-id")


def history_of(member: Member, most: int = 20) -> QuerySet[Event]:
    """What was done to this seat. What the person did elsewhere is nobody's list."""
    return Event.objects.filter(
        workspace=member.workspace, about_kind="member", about_id=member.pk
    ).select_related("by__person")[:most]


def _teams(memberships: list[TeamMembership]) -> list[Team]:
    return sorted({each.team for each in memberships}, key=lambda team: team.name)
