"""What happens to people and teams, in sentences."""

from tercet.kit.dates import show_day
from tercet.people.models import ROLES
from tercet.record.events import told
from tercet.record.models import Event


def _who(event: Event) -> str:
    return str(event.by) if event.by else "Tercet"


def _role(event: Event) -> str:
    before, after = (ROLES.get(role, role) for role in event.data["role"])
    return f"{_who(event)} changed {event.title}’s role from {before} to {after}"


def _left(event: Event) -> str:
    from datetime import date

    return f"{event.title} leaves on {show_day(date.fromisoformat(event.data['left_on'][1]))}"


def _changed(event: Event) -> str:
    fields = [name.replace("_", " ") for name, it in event.data.items() if isinstance(it, list)]
    return f"{_who(event)} changed {event.title}: {', '.join(fields)}"


told("workspace.opened", "{by} opened the workspace {title}")
told("workspace.changed", _changed)
told("member.invited", "{by} invited {whom}")
told("invitation.revoked", "{by} withdrew the invitation for {whom}")
told("member.joined", "{title} joined")
told("member.role_changed", _role)
told("member.left", _left)
told("member.returned", "{by} brought {title} back")
told("team.joined", "{by} put {title} into the team {team}")
told("team.left", "{by} took {title} out of the team {team}")
told("team.added", "{by} added the team {title}")
told("team.changed", _changed)
told("team.archived", "{by} archived the team {title}")
told("team.restored", "{by} brought the team {title} back")
