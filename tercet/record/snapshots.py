"""Figures are computed from immutable snapshots, in the worker, and kept.

A room registers how its snapshot is written and how each of its figures is computed. A page asks
for a figure: it gets the newest one there is, and a job makes a newer one when the data moved on.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import tercet
from tercet.people.models import Workspace
from tercet.record.jobs import enqueue, job
from tercet.record.models import Figure, Snapshot

WriteFrames = Callable[[Workspace, Path], Mapping[str, int]]
Compute = Callable[[Workspace, Path, dict[str, Any]], dict[str, Any]]
PAUSE = timedelta(seconds=60)
KEPT = 3


class Withheld(Exception):
    """The data cannot carry this figure; the message says why, for the page."""


@dataclass(frozen=True)
class Shown:
    """What a page shows: the newest figure there is, and whether a newer one is on its way."""

    figure: Figure | None
    is_fresh: bool

    @property
    def result(self) -> dict[str, Any] | None:
        return self.figure.result if self.figure else None


_writers: dict[str, WriteFrames] = {}
_figures: dict[str, tuple[str, Compute]] = {}


def register_frames(room: str, write: WriteFrames) -> None:
    _writers[room] = write


def figure(name: str, *, room: str) -> Callable[[Compute], Compute]:
    def register(compute: Compute) -> Compute:
        _figures[name] = (room, compute)
        return compute

    return register


def folder_of(snapshot: Snapshot) -> Path:
    return Path(settings.ENV.data) / "snapshots" / snapshot.folder


def newest_snapshot(workspace: Workspace, room: str) -> Snapshot | None:
    return Snapshot.objects.filter(workspace=workspace, room=room).first()


def snapshot_rooms(workspace: Workspace, *, at_once: bool = False) -> None:
    """Ask for new snapshots of every room, in the caller's transaction."""
    pause = timedelta() if at_once else PAUSE
    for room in _writers:
        enqueue(
            "record.snapshot",
            workspace=workspace,
            key=f"snapshot:{workspace.pk}:{room}:{'now' if at_once else 'soon'}",
            after=pause,
            room=room,
        )


def show_figure(workspace: Workspace, name: str, filters: dict[str, Any]) -> Shown:
    """The newest figure for these filters. Asks the worker where there is none for the snapshot."""
    room, _ = _figures[name]
    snapshot = newest_snapshot(workspace, room)
    if snapshot is None:
        snapshot_rooms(workspace, at_once=True)
        return Shown(None, is_fresh=False)
    hashed = _hash(filters)
    known = Figure.objects.filter(workspace=workspace, name=name, filters_hash=hashed)
    known = known.select_related("snapshot")
    newest = known.filter(snapshot=snapshot).first()
    if newest is None:
        newest = _ask(snapshot, name, filters, hashed)
    if newest.state != "waiting":
        return Shown(newest, is_fresh=snapshot.change_count >= workspace.change_count)
    return Shown(known.exclude(state="waiting").order_by("-id").first(), is_fresh=False)


def compute_now(workspace: Workspace, name: str, filters: dict[str, Any]) -> Figure:
    """Compute a figure here: for the worker, the command line and tests."""
    room, _ = _figures[name]
    snapshot = newest_snapshot(workspace, room) or make_snapshot(workspace, room)
    row, _ = Figure.objects.get_or_create(
        workspace=workspace,
        snapshot=snapshot,
        name=name,
        filters_hash=_hash(filters),
        defaults={"filters": filters},
    )
    if row.state == "waiting":
        _compute(workspace, row)
    return row


def make_snapshot(workspace: Workspace, room: str) -> Snapshot:
    """Write the room's frames under a temporary name, then rename: nobody reads half a folder."""
    count = Workspace.objects.values_list("change_count", flat=True).get(pk=workspace.pk)
    moment = timezone.now()
    name = f"{workspace.pk}-{room}-{moment:%Y%m%dT%H%M%S%f}"
    final = Path(settings.ENV.data) / "snapshots" / name
    draft = final.with_suffix(".draft")
    draft.mkdir(parents=True)
    rows = _writers[room](workspace, draft)
    draft.rename(final)
    made = Snapshot.objects.create(
        workspace=workspace,
        room=room,
        folder=name,
        change_count=count,
        as_of=moment,
        rows=dict(rows),
    )
    _drop_old(workspace, room)
    return made


@job("record.snapshot", priority=2)
def take_snapshot(workspace: Workspace, room: str) -> None:
    """Make a new snapshot unless the newest one has everything, and refresh what was looked at."""
    newest = newest_snapshot(workspace, room)
    count = Workspace.objects.values_list("change_count", flat=True).get(pk=workspace.pk)
    if newest is None or newest.change_count < count:
        asked = list(newest.figures.values_list("name", "filters")) if newest else []
        made = make_snapshot(workspace, room)
        for name, filters in asked[:20]:
            _ask(made, name, filters, _hash(filters))


@job("record.figure", priority=3, most_attempts=2)
def compute_figure(workspace: Workspace, figure_id: int) -> None:
    row = Figure.objects.select_related("snapshot").filter(pk=figure_id).first()
    if row is not None and row.state == "waiting":
        _compute(workspace, row)


def _compute(workspace: Workspace, row: Figure) -> None:
    _, compute = _figures[row.name]
    try:
        row.result, row.state, row.problem = (
            compute(workspace, folder_of(row.snapshot), row.filters),
            "ready",
            "",
        )
    except Withheld as reason:
        row.result, row.state, row.problem = None, "withheld", str(reason)
    except Exception:
        Figure.objects.filter(pk=row.pk).update(
            state="failed", problem="This could not be computed. The log says why."
        )
        raise
    row.computed_at = timezone.now()
    row.save(update_fields=["result", "state", "problem", "computed_at"])


@transaction.atomic
def _ask(snapshot: Snapshot, name: str, filters: dict[str, Any], hashed: str) -> Figure:
    row, is_new = Figure.objects.get_or_create(
        workspace=snapshot.workspace,
        snapshot=snapshot,
        name=name,
        filters_hash=hashed,
        defaults={"filters": filters},
    )
    if is_new:
        enqueue("record.figure", workspace=snapshot.workspace, figure_id=row.pk)
    return row


def _drop_old(workspace: Workspace, room: str) -> None:
    for old in Snapshot.objects.filter(workspace=workspace, room=room)[KEPT:]:
        shutil.rmtree(folder_of(old), ignore_errors=True)
        old.delete()


def _hash(filters: dict[str, Any]) -> str:
    """Names a figure. Another version of Tercet computes it anew: results may look different."""
    key = json.dumps([tercet.__version__, filters], sort_keys=True)
    return hashlib.sha256(key.encode()).hexdigest()
