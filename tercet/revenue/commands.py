"""Changes in this room: how it counts, and who has which lead or deal."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet

from tercet.customers.models import Owner
from tercet.kit.money import CURRENCIES
from tercet.kit.refusal import Refused
from tercet.people.clock import now_in, today_in
from tercet.people.models import Member, Team, Workspace
from tercet.people.policy import may
from tercet.record.events import record
from tercet.record.handoffs import end_handoffs, open_handoffs
from tercet.record.models import Event
from tercet.record.snapshots import snapshot_rooms
from tercet.revenue.models import (
    AMOUNT_MEANINGS,
    DEAL_TYPES,
    STEPS,
    Assignment,
    Deal,
    Lead,
    Settings,
    Stage,
)

MOST_AT_ONCE = 5_000
FIELDS = (
    "fiscal_year_start_month",
    "currency",
    "working_days",
    "work_starts_at",
    "work_ends_at",
    "pipelines_that_count",
    "deal_types_that_count",
    "amount_meaning",
    "leave_out_names",
    "leave_out_domains",
    "first_contact_due_hours",
    "revenue_goal_minor",
    "marketing_share_percent",
)


@transaction.atomic
def change_settings(
    workspace: Workspace,
    *,
    by: Member,
    steps: Mapping[int, str] | None = None,
    **changes: Any,
) -> Settings:
    """Say how this workspace counts. Saying what stands already changes nothing."""
    _may(by, "revenue.settings")
    _check_settings(changes, steps or {})

    found, _ = Settings.objects.select_for_update().get_or_create(workspace=workspace)
    changed = _changed_fields(found, changes)
    changed |= _change_steps(workspace, steps or {})
    if changed:
        found.version += 1
        found.save()
        record("settings.changed", by=by, workspace=workspace, **changed)
        snapshot_rooms(workspace, at_once=True)
    return found


def _may(by: Member, action: str) -> None:
    if not may(by, action):
        raise Refused("Only editors may do this.")


def _check_settings(changes: Mapping[str, Any], steps: Mapping[int, str]) -> None:
    if unknown := set(changes) - set(FIELDS):
        raise ValueError(f"No setting is called {', '.join(sorted(unknown))}.")
    month = changes.get("fiscal_year_start_month", 1)
    if not 1 <= month <= 12:
        raise Refused(f"A fiscal year starts in a month from 1 to 12, not {month}.")
    currency = changes.get("currency", "")
    if currency and currency not in CURRENCIES:
        raise Refused(f"“{currency}” is not a currency of ISO 4217, such as EUR.")
    if not set(changes.get("working_days", "1")) <= set("1234567") or not changes.get(
        "working_days", "1"
    ):
        raise Refused("Choose at least one working day.")
    _check_hours(changes)
    share = changes.get("marketing_share_percent")
    if share is not None and not 1 <= share <= 100:
        raise Refused(f"Marketing’s share is from 1 to 100 percent, not {share}.")
    goal = changes.get("revenue_goal_minor")
    if goal is not None and goal <= 0:
        raise Refused("A revenue goal is above 0.")
    _check_words("amount_meaning", [changes.get("amount_meaning", "unknown")], AMOUNT_MEANINGS)
    _check_words("deal type", changes.get("deal_types_that_count", []), DEAL_TYPES)
    _check_words("step", steps.values(), STEPS)


def _check_hours(changes: Mapping[str, Any]) -> None:
    starts, ends = changes.get("work_starts_at"), changes.get("work_ends_at")
    if starts is not None and ends is not None and starts >= ends:
        raise Refused(f"The working day starts at {starts:%H:%M}, but ends at {ends:%H:%M}.")


def _check_words(what: str, said: Iterable[str], known: Mapping[str, str]) -> None:
    for word in said:
        if word not in known:
            raise Refused(f"“{word}” is no {what}; it is one of {', '.join(known)}.")


def _changed_fields(found: Settings, changes: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, list[Any]] = {}
    for name, after in changes.items():
        before = getattr(found, name)
        if _plain(before) != _plain(after):
            changed[name] = [_plain(before), _plain(after)]
            setattr(found, name, after)
    return changed


def _plain(value: Any) -> Any:
    return (
        f"{value:%H:%M}"
        if isinstance(value, time)
        else str(value)[:5]
        if (isinstance(value, str) and value.count(":") == 2)
        else value
    )


def _change_steps(workspace: Workspace, steps: Mapping[int, str]) -> dict[str, list[str]]:
    changed: dict[str, list[str]] = {}
    for stage in Stage.objects.filter(workspace=workspace, pk__in=steps):
        if stage.step != steps[stage.pk]:
            name = f"{stage.pipeline}: {stage.name}" if stage.pipeline else stage.name
            changed[name] = [stage.step, steps[stage.pk]]
            Stage.objects.filter(pk=stage.pk).update(step=steps[stage.pk], version=F("version") + 1)
    return changed


def reassign_leads(
    leads: QuerySet[Lead], *, by: Member, to_owner: Owner | None = None, to_team: Team | None = None
) -> Event:
    """Give open leads to somebody who is here, or to a team; their history keeps who had them."""
    return _reassign("lead", leads, by=by, to_owner=to_owner, to_team=to_team)


def reassign_deals(
    deals: QuerySet[Deal], *, by: Member, to_owner: Owner | None = None, to_team: Team | None = None
) -> Event:
    """Give open deals to somebody who is here, or to a team; their history keeps who had them."""
    return _reassign("deal", deals, by=by, to_owner=to_owner, to_team=to_team)


@transaction.atomic
def _reassign(
    kind: str,
    things: QuerySet[Any],
    *,
    by: Member,
    to_owner: Owner | None,
    to_team: Team | None,
) -> Event:
    _may(by, "lead.reassign")
    team = _receiving_team(by.workspace, to_owner, to_team)
    rows = list(things.filter(workspace=by.workspace).order_by("pk")[: MOST_AT_ONCE + 1])
    if not rows:
        raise Refused(f"No open {kind} is left there. Somebody has taken them already.")
    if len(rows) > MOST_AT_ONCE:
        raise Refused(f"These are more than {MOST_AT_ONCE:,} {kind}s. Choose fewer at once.")

    before = [[row.pk, row.owner_id, row.team_id, row.version + 1] for row in rows]
    things.model.objects.filter(pk__in=[row.pk for row in rows]).update(
        owner=to_owner, team=team, version=F("version") + 1
    )
    Assignment.objects.bulk_create(
        [_assigned(kind, row.pk, to_owner, team, by.workspace) for row in rows], batch_size=500
    )
    _hand_over(kind, rows, by=by, to_owner=to_owner, team=team)
    return record(
        f"{kind}.reassigned",
        by=by,
        workspace=by.workspace,
        count=len(rows),
        to=str(to_owner or team),
        before=before,
    )


def _receiving_team(workspace: Workspace, owner: Owner | None, team: Team | None) -> Team | None:
    if owner is None and team is None:
        raise Refused("Choose who gets them.")
    for chosen in (owner, team):
        if chosen is not None and chosen.workspace_id != workspace.pk:
            raise Refused("Choose somebody of this workspace.")
    if owner is not None and owner.has_left(today_in(workspace)):
        raise Refused(f"{owner} has left. Choose somebody who is here.")
    return team or (owner.team if owner else None)


def _assigned(
    kind: str, pk: int, owner: Owner | None, team: Team | None, workspace: Workspace
) -> Assignment:
    today = today_in(workspace)
    row = Assignment(workspace=workspace, owner=owner, team=team, from_on=today)
    setattr(row, f"{kind}_id", pk)
    return row


def _hand_over(
    kind: str, rows: list[Any], *, by: Member, to_owner: Owner | None, team: Team | None
) -> None:
    """Whoever owed these no longer does; the new owner does, where there is one who signs in."""
    at = now_in(by.workspace)
    member = to_owner.member if to_owner else None
    end_handoffs(by.workspace, kind, [row.pk for row in rows], outcome="withdrawn", at=at)
    if member is None and team is None:
        return
    open_handoffs(
        kind,
        about=rows,
        asked_at=at,
        from_member=by,
        to_member=member,
        to_team=team,
        due_at=_due_at(by.workspace, at),
    )


def _due_at(workspace: Workspace, at: datetime) -> datetime:
    """By the end of the next working day: somebody who takes over a queue needs a day to see it."""
    found = Settings.objects.filter(workspace=workspace).first() or Settings()
    day = at + timedelta(days=1)
    while str(day.isoweekday()) not in (found.working_days or "12345"):
        day += timedelta(days=1)
    return day


@transaction.atomic
def undo_reassignment(event: Event, *, by: Member) -> int:
    """Give back what one reassignment moved, except what somebody has touched since."""
    _may(by, "lead.reassign")
    kind = event.kind.split(".")[0]
    model: type[Lead] | type[Deal] = Lead if kind == "lead" else Deal
    if event.workspace_id != by.workspace_id or not event.kind.endswith(".reassigned"):
        raise Refused("This can’t be undone.")

    given_back = []
    for pk, owner_id, team_id, version in event.data["before"]:
        mine = model.objects.filter(pk=pk, workspace=by.workspace, version=version)
        if mine.update(owner_id=owner_id, team_id=team_id, version=F("version") + 1):
            given_back.append(pk)
    if not given_back:
        raise Refused("All of them have been touched since, so nothing was given back.")
    _forget_assignments(kind, given_back, event)
    end_handoffs(by.workspace, kind, given_back, outcome="withdrawn", at=now_in(by.workspace))
    record(f"{kind}.given_back", by=by, workspace=by.workspace, count=len(given_back))
    return len(given_back)


def _forget_assignments(kind: str, pks: list[int], event: Event) -> None:
    """The rows that the undone change wrote: the last of each thing."""
    of = f"{kind}_id"
    mine = Assignment.objects.filter(
        **{f"{of}__in": pks}, workspace=event.workspace, import_id=None
    )
    last = mine.order_by().values(of).annotate(last=Max("pk")).values_list("last", flat=True)
    Assignment.objects.filter(pk__in=list(last)).delete()
