from datetime import date
from typing import Any

from django_scopes import scopes_disabled

from tercet.people.models import Member, Workspace


def workspaces_of(person: Any, today: date) -> list[Workspace]:
    """The workspaces in which this person is a member today, by name."""
    with scopes_disabled():
        members = Member.objects.filter(person=person).select_related("workspace")
        found = [
            each.workspace
            for each in members
            if not each.has_left(each.workspace.fixed_today or today)
        ]
    return sorted(found, key=lambda workspace: workspace.name.casefold())


def is_first_visitor() -> bool:
    """Nobody has opened a workspace on this installation yet."""
    return not Workspace.objects.exists()


def may_open_workspace(person: Any) -> bool:
    """The first visitor, and whoever administers a workspace here already."""
    administers = Member._base_manager.filter(person=person, role="admin", left_on=None)
    return administers.exists() or is_first_visitor()


def workspaces_run_by(person: Any) -> set[int]:
    """The ids of the workspaces that this person administers."""
    administers = Member._base_manager.filter(person=person, role="admin", left_on=None)
    return set(administers.values_list("workspace_id", flat=True))


def whereabouts_of(emails: set[str]) -> dict[str, set[int]]:
    """For each address, the ids of the workspaces in which its person is or was a member."""
    found: dict[str, set[int]] = {}
    members = Member._base_manager.filter(person__email__in=emails)
    for email, workspace_id in members.values_list("person__email", "workspace_id"):
        found.setdefault(email, set()).add(workspace_id)
    return found
