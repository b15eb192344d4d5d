"""The worker's side of an import. Each job may run again from its start: what is read is kept."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tercet.connectors import files
from tercet.connectors.commands import fail_import, move_on
from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.mapping.guess import guess
from tercet.connectors.mapping.outcomes import outcome
from tercet.connectors.mapping.plan import Plan
from tercet.connectors.reading import child
from tercet.connectors.reading.errors import Cancelled, ReadingError
from tercet.connectors.reading.profile import Profile
from tercet.notices.models import Notice
from tercet.people.clock import now_in
from tercet.people.models import Workspace
from tercet.record import jobs
from tercet.record.bulk import sql
from tercet.record.bulk.facts import Facts, count_facts, keep_facts
from tercet.record.bulk.publish import Stopped, bring_in, try_out
from tercet.record.bulk.sql import roomy
from tercet.record.bulk.stage import Batch
from tercet.record.bulk.undo import on_undo, undo
from tercet.record.jobs import job
from tercet.record.models import Import, SavedMapping

TRIES = 3
STARTS = 20  # a worker that is killed each time is no reason to give up
TOUCHES = "touches"
ALIKE = 0.6
_DERIVED = {
    "leads": {"email": {"company_domain"}},
    "contacts": {
        "email": {"company_domain"},
        "first_name": {"name"},
        "last_name": {"name"},
    },
}


@dataclass(frozen=True)
class Read:
    """What the child made of a file: paths in the import's folder, and what it has to tell."""

    kinds: dict[str, dict[str, Any]]
    refused_count: int
    refused: list[dict[str, Any]]
    rows: int
    footer_lines: int
    notes: dict[str, Any]

    def told(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "refused_count": self.refused_count,
            "refused": self.refused,
            "footer_lines": self.footer_lines,
            "notes": self.notes,
        }


@job("import.read", most_attempts=STARTS, priority=5)
def read_file(workspace: Workspace, import_id: int) -> None:
    """Look at a new file and guess how to read it."""
    row = _row(import_id)
    if row.state == "uploaded":
        move_on(row, "reading", only_from="uploaded")
    elif row.state != "reading":
        return
    with _Failing(row):
        profile = child.sniff(
            files.file_of(row), name=row.file_name, should_cancel=_Watch(row).is_cancelled
        )
        plan = guess_plan(row, profile)
        move_on(
            row,
            "to_map",
            only_from="reading",
            profile=profile.as_dict(),
            plan={**plan.as_dict(), "source": row.source},
            kind=", ".join(plan.kinds)[:60],
            is_full=bool(plan.full_export),
        )


@job("import.check", most_attempts=STARTS, priority=4)
def check_file(workspace: Workspace, import_id: int) -> None:
    """Read every row and count what it would do."""
    row = _row(import_id)
    if row.state != "checking":
        return
    with _Failing(row), roomy():
        read = _read(row)
        plan = Plan.from_dict(row.plan)
        notes = read.told() | _facts_told(_each_touch(row, read, count_facts))
        told = try_out(row, _batches(row, plan, read), by=row.by, step_of=_steps(plan), notes=notes)
        move_on(row, "checked", only_from="checking", counts=_with_touches(told), progress={})


@job("import.bring_in", most_attempts=STARTS, priority=4)
def bring_file_in(workspace: Workspace, import_id: int) -> None:
    """Read every row and publish: one transaction, which also finishes this job."""
    row = _row(import_id)
    if row.state != "importing":
        return
    with _Failing(row), roomy():
        read = _read(row)
        plan = Plan.from_dict(row.plan)
        facts = _each_touch(row, read, keep_facts)
        notes = read.told() | _facts_told(facts)
        _say(row, {"stage": "Matching and comparing", "rows": read.rows})
        bring_in(
            row,
            _batches(row, plan, read),
            by=row.by,
            step_of=_steps(plan),
            notes=_with_touches(notes),
            in_transaction=lambda _: [each.list_in(row) for each in facts] and None,
        )


@job("import.undo", most_attempts=STARTS, priority=4)
def take_back(workspace: Workspace, import_id: int) -> None:
    row = _row(import_id)
    if row.state == "undoing":
        with roomy():
            undo(row, by=row.undone_by, now=now_in(workspace))


def _forget_notices(kind: str, ids: str) -> None:
    """What members were told about a thing goes with it."""
    notices = Notice._meta.db_table
    sql.run(f"DELETE FROM {notices} WHERE about_kind = %s AND about_id IN ({ids})", [kind])  # noqa: S608 - a table's name and the undo's own SELECT


on_undo(_forget_notices)


class _Failing:
    """Turns what stops an import into its state; what may pass by itself is tried again first."""

    def __init__(self, row: Import) -> None:
        self.row = row

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, (Cancelled, Stopped)):
            return True
        if isinstance(error, ReadingError):
            fail_import(self.row, error.sentence)
            return True
        taken = jobs.current()
        if isinstance(error, jobs.LeaseLost):
            return False
        if isinstance(error, Exception) and (taken is None or taken.attempts >= TRIES):
            fail_import(self.row, f"Something broke while it was read: {error}"[:500])
        return False


class _Watch:
    """Looks once a second whether a person has cancelled, and tells how far the reading is."""

    def __init__(self, row: Import) -> None:
        self.row = row
        self.started = self.looked_at = self.said_at = time.monotonic()
        self.cancelled = False

    def is_cancelled(self) -> bool:
        now = time.monotonic()
        if now - self.looked_at >= 1:
            self.looked_at = now
            self.cancelled = _row(self.row.pk).state == "cancelled"
        return self.cancelled

    def say(self, progress: child.Progress) -> None:
        now = time.monotonic()
        if now - self.said_at < 1:
            return
        self.said_at = now
        left = (now - self.started) * (1 - progress.share) / progress.share if progress.share else 0
        _say(
            self.row,
            {
                "stage": "Reading",
                "share": round(progress.share, 3),
                "rows": progress.rows,
                "seconds_left": round(left),
            },
        )


def _row(import_id: int) -> Import:
    return Import.objects.select_related("workspace", "by", "undone_by").get(pk=import_id)


def _say(row: Import, progress: dict[str, Any]) -> None:
    Import.objects.filter(pk=row.pk).update(progress=progress)
    row.workspace.mark_changed()


def guess_plan(row: Import, profile: Profile) -> Plan:
    """As a file of this source with much the same columns was read last; else as it suggests."""
    kind = row.kind if row.kind in KINDS else None
    saved = SavedMapping.objects.filter(workspace=row.workspace, source=row.source)
    likest = max(saved, key=lambda each: _likeness(each, profile), default=None)
    if likest is None or _likeness(likest, profile) < ALIKE:
        return guess(profile, kind)
    return guess(profile, kind, Plan.from_dict(likest.plan))


def _likeness(saved: SavedMapping, profile: Profile) -> float:
    """The share of columns that both files have."""
    before, now = set(saved.plan.get("headers", ())), set(profile.headers)
    return len(before & now) / len(before | now) if before | now else 0.0


def _read(row: Import) -> Read:
    """Every row of the file as typed Parquet; read again only where the plan is another one."""
    folder = files.read_folder(row)
    summary = folder / "summary.json"
    print_ = hashlib.sha256(json.dumps(row.plan, sort_keys=True).encode()).hexdigest()
    if summary.exists():
        known = json.loads(summary.read_text(encoding="utf-8"))
        if known.pop("plan") == print_:
            return Read(**known)
    for left_over in [folder, *folder.parent.glob("read.*")]:
        shutil.rmtree(left_over, ignore_errors=True)
    draft = folder.with_suffix(f".{time.time_ns()}")
    try:
        read = _convert(row, draft)
        told = {"plan": print_, **read.__dict__}
        (draft / "summary.json").write_text(json.dumps(told), encoding="utf-8")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return read


def _convert(row: Import, folder: Path) -> Read:
    watch = _Watch(row)
    plan = Plan.from_dict(row.plan)
    made = child.convert(
        files.file_of(row),
        plan if plan.zone else replace(plan, zone=row.workspace.time_zone),
        folder,
        on_progress=watch.say,
        should_cancel=watch.is_cancelled,
    )
    kinds = {
        plural: {
            "path": result.path.relative_to(folder).as_posix(),
            "rows": result.rows,
            "parts": [part.relative_to(folder).as_posix() for part in result.parts],
        }
        for plural, result in made.kinds.items()
    }
    return Read(
        kinds,
        made.refused_count,
        list(made.refused),
        made.rows,
        made.footer_lines,
        dict(made.notes),
    )


def _batches(row: Import, plan: Plan, read: Read) -> list[Batch]:
    """Nothing is archived as missing while rows were refused: they may be the missing ones."""
    folder = files.read_folder(row)
    is_full = bool(plan.full_export) and not read.refused_count
    return [
        Batch(
            part.kind,
            folder / read.kinds[part.kind]["path"],
            mapped_fields(plan, part.kind),
            is_full,
        )
        for part in plan.parts
        if part.kind != TOUCHES and part.kind in read.kinds
    ]


def mapped_fields(plan: Plan, plural: str) -> frozenset[str]:
    """The fields that the plan fills, and those that the reader derives from them."""
    part = plan.part(plural)
    if part is None:
        return frozenset()
    names = {fill.field for fill in part.fills} | set(part.constants) | {"external_id"}
    for name, derived in _DERIVED.get(plural, {}).items():
        if name in names:
            names |= derived
    if "owner" in names:
        names.add("owner_email")
    return frozenset(names)


def _steps(plan: Plan) -> Callable[[str, str], str]:
    return lambda pipeline, name: outcome(name, pipeline, plan.stages) or "open"


def _each_touch(row: Import, read: Read, take: Callable[..., Facts]) -> list[Facts]:
    found = read.kinds.get(TOUCHES)
    if not found:
        return []
    folder = files.read_folder(row)
    return [take(row, TOUCHES, [folder / part for part in found["parts"]])]


def _facts_told(facts: list[Facts]) -> dict[str, Any]:
    if not facts:
        return {}
    new, known = sum(each.rows for each in facts), sum(each.known for each in facts)
    return {TOUCHES: {"new": new, "unchanged": known}}


def _with_touches(told: dict[str, Any]) -> dict[str, Any]:
    """Touches stand among the kinds, so that a page counts them like any other."""
    touches = told.pop("touches", None)
    if touches:
        told["kinds"] = {**told.get("kinds", {}), TOUCHES: touches}
    return told
