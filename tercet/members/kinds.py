"""Members and teams, as other rooms know them."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from tercet.kit.kinds import Kind
from tercet.people.models import Member, Person, Team, Workspace


def _members(looking: Member) -> QuerySet[Member]:
    return Member.objects.filter(workspace=looking.workspace).select_related("person", "workspace")


def _teams(looking: Member) -> QuerySet[Team]:
    return Team.objects.filter(workspace=looking.workspace, archived_at=None)


def _make_member(workspace: Workspace) -> Member:
    number = Person.objects.count() + 1
    person = Person.objects.create_user(
        f"made{number}@{workspace.slug}.example", name=f"Made Member {number}"
    )
    return Member.objects.create(
        workspace=workspace, person=person, role="contributor", joined_on=date(2026, 1, 1)
    )


def _make_team(workspace: Workspace) -> Team:
    number = Team.objects.filter(workspace=workspace).count() + 1
    return Team.objects.create(workspace=workspace, name=f"Made team {number}", function="product")


def _words(member: Any) -> str:
    return f"{member.person.email} {member.title}"


MEMBER = Kind(
    name="member",
    label="Member",
    plural="Members",
    icon="user",
    model=Member,
    visible=_members,
    title=str,
    url=lambda slug, member: reverse("members:member_page", args=[slug, member.pk]),
    search_text=_words,
    make=_make_member,
)
TEAM = Kind(
    name="team",
    label="Team",
    plural="Teams",
    icon="users",
    model=Team,
    visible=_teams,
    title=str,
    url=lambda slug, team: reverse("members:teams_page", args=[slug]) + f"#team-{team.pk}",
    search_text=lambda team: team.function_label,
    make=_make_team,
)
