"""The workspace's own now and today: fixed in the demo company, real elsewhere."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

from tercet.people.models import Workspace


def now_in(workspace: Workspace) -> datetime:
    """The instant that commands of this workspace act at."""
    if workspace.fixed_today is None:
        return timezone.now()
    moment = timezone.now().astimezone(ZoneInfo(workspace.time_zone)).time()
    return datetime.combine(
        workspace.fixed_today, moment, ZoneInfo(workspace.time_zone)
    ).astimezone(UTC)


def today_in(workspace: Workspace) -> date:
    return workspace.fixed_today or timezone.now().astimezone(ZoneInfo(workspace.time_zone)).date()


def start_of(day: date, workspace: Workspace) -> datetime:
    """Midnight of a day in the workspace's zone, as an instant."""
    return datetime.combine(day, time(), ZoneInfo(workspace.time_zone)).astimezone(UTC)
