"""Bringing a file in, step by step: upload, say how to read it, try, bring in; stop; take back.

An import's state: uploaded → reading → to_map → checking → checked → importing → published, then
undoing → undone; or cancelled, or failed with the reason in `problem`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F

from tercet.connectors import files
from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.mapping.plan import Plan, PlanError, check
from tercet.kit.refusal import Refused
from tercet.people.clock import now_in
from tercet.people.models import Member, Workspace
from tercet.record.events import record
from tercet.record.jobs import enqueue
from tercet.record.models import Import, SavedMapping

WORKING = ("uploaded", "reading", "checking", "importing", "undoing")
CAN_BE_MAPPED = ("to_map", "checked", "failed", "cancelled")
CAN_BE_CANCELLED = ("uploaded", "reading", "to_map", "checking", "checked", "importing", "failed")
AUTO = "auto"


def upload_file(
    workspace: Workspace,
    chunks: Iterable[bytes],
    *,
    name: str,
    source: str,
    by: Member | None,
    kind: str = AUTO,
) -> Import:
    """Keep a file and have it read. `source` names the system that it came from."""
    source = clean_source(source)
    if kind not in (AUTO, "", *KINDS):
        raise Refused(f"“{kind}” is not a kind. It can be auto, {', '.join(KINDS)}.")
    kept = files.keep(chunks)
    with transaction.atomic():
        row = Import.objects.create(
            workspace=workspace,
            source=source,
            kind="" if kind == AUTO else kind,
            file_name=name[-200:] or "file",
            file_key=kept.key,
            file_size=kept.size,
            sha256=kept.sha256,
            by=by,
            created_at=now_in(workspace),
        )
        record("import.uploaded", about=row, by=by, workspace=workspace, size=kept.size)
        _enqueue("import.read", row)
    return row


def clean_source(source: str) -> str:
    name = " ".join(source.split()).casefold()
    if not name or len(name) > 60:
        raise Refused("Name the system that this file comes from, such as hubspot or salesforce.")
    return name


@transaction.atomic
def plan_import(row: Import, plan: Plan, *, by: Member | None) -> Import:
    """Say which column fills what, and answer what the file can't say. Remembered per source."""
    row = _locked(row, CAN_BE_MAPPED, "can’t be read another way now")
    headers = [column["name"] for column in row.profile.get("columns", ())]
    try:
        check(plan, headers, row.file_name)
    except PlanError as error:
        raise Refused(" ".join(error.problems)) from None
    plan_dict = {**plan.as_dict(), "source": row.source}
    if plan_dict == row.plan and row.state in ("to_map", "checked"):
        return row
    _move(
        row,
        "to_map",
        plan=plan_dict,
        kind=", ".join(plan.kinds)[:60],
        is_full=bool(plan.full_export),
        problem="",
        counts={},
    )
    for kind in plan.kinds[:1]:
        SavedMapping.objects.update_or_create(
            workspace=row.workspace,
            source=row.source,
            kind=kind,
            defaults={
                "plan": {**plan_dict, "headers": headers},
                "by": by,
                "at": now_in(row.workspace),
            },
        )
    record("import.planned", about=row, by=by, workspace=row.workspace)
    return row


@transaction.atomic
def take_guess(row: Import, plan: Plan, *, by: Member | None) -> Import:
    """Start over with what the file suggests for another kind."""
    kind = row.kind
    row = _locked(row, CAN_BE_MAPPED, "can’t be read another way now")
    if kind not in KINDS:
        raise Refused(f"“{kind}” is not a kind. It can be {', '.join(KINDS)}.")
    plan_dict = {**plan.as_dict(), "source": row.source}
    _move(row, "to_map", plan=plan_dict, kind=", ".join(plan.kinds)[:60] or kind, counts={})
    record("import.planned", about=row, by=by, workspace=row.workspace)
    return row


@transaction.atomic
def start_dry_run(row: Import, *, by: Member | None) -> Import:
    """Count what this file would do. Nothing is changed."""
    row = _locked(row, CAN_BE_MAPPED, "can’t be tried now")
    _refuse_open_questions(row)
    _move(row, "checking", progress={}, problem="")
    _enqueue("import.check", row)
    return row


@transaction.atomic
def start_import(row: Import, *, by: Member | None) -> Import:
    """Bring the rows in; the worker does it and everybody sees them at once."""
    row = _locked(row, CAN_BE_MAPPED, "can’t be brought in now")
    _refuse_open_questions(row)
    _move(row, "importing", progress={}, problem="", by=by or row.by)
    _enqueue("import.bring_in", row)
    return row


@transaction.atomic
def cancel_import(row: Import, *, by: Member | None) -> Import:
    """Stop, at any time before the rows are in. What is in can be taken back instead."""
    row = _locked(row, CAN_BE_CANCELLED, "can’t be cancelled any more")
    _move(row, "cancelled", progress={})
    record("import.cancelled", about=row, by=by, workspace=row.workspace)
    return row


@transaction.atomic
def undo_import(row: Import, *, by: Member | None) -> Import:
    """Take back what this import did; rows that were changed since are kept and listed."""
    row = _locked(row, ("published",), "is not in, so there is nothing to take back")
    _move(row, "undoing", progress={}, undone_by=by)
    _enqueue("import.undo", row)
    return row


@transaction.atomic
def fail_import(row: Import, problem: str) -> None:
    """What stopped it, in words for the person who sent the file."""
    changed = Import.objects.filter(pk=row.pk, state__in=WORKING).update(
        state="failed", problem=problem, progress={}, version=F("version") + 1
    )
    if changed:
        record("import.failed", about=row, by=None, workspace=row.workspace)


def move_on(row: Import, state: str, *, only_from: str, **changes: Any) -> bool:
    """The worker's step to the next state; false where a person has cancelled meanwhile."""
    changed = Import.objects.filter(pk=row.pk, state=only_from).update(
        state=state, version=F("version") + 1, **changes
    )
    row.workspace.mark_changed()
    return bool(changed)


def _locked(row: Import, states: tuple[str, ...], problem: str) -> Import:
    current = Import.objects.select_for_update().get(pk=row.pk)
    if current.state not in states:
        raise Refused(f"“{current}” {problem}: it is {STATES[current.state].lower()}.")
    return current


def _refuse_open_questions(row: Import) -> None:
    plan = Plan.from_dict(row.plan)
    if not plan.parts:
        raise Refused("Say first which columns fill what.")
    if plan.blocking:
        raise Refused("Answer first: " + " ".join(ask.question for ask in plan.blocking))


def _move(row: Import, state: str, **changes: Any) -> None:
    row.state = state
    row.version += 1
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "version", *changes])
    row.workspace.mark_changed()


def _enqueue(job: str, row: Import) -> None:
    enqueue(job, workspace=row.workspace, key=f"{job}:{row.pk}", import_id=row.pk)


STATES = {
    "uploaded": "Uploaded",
    "reading": "Being read",
    "to_map": "Waiting for you",
    "checking": "Being tried",
    "checked": "Tried, not in yet",
    "importing": "Being brought in",
    "published": "In",
    "undoing": "Being taken back",
    "undone": "Taken back",
    "cancelled": "Cancelled",
    "failed": "Failed",
}
