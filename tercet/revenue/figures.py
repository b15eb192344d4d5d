"""The figures of this room, as the worker computes them, and the rows behind them.

The ids behind a figure lie beside the snapshot that it was computed from, in a file of 64-bit
numbers: a page of rows reads its fifty, a download streams them all, and both stay as they were.
"""

import hashlib
import json
from array import array
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tercet.kit.numbers import plural
from tercet.people.clock import today_in
from tercet.people.models import Workspace
from tercet.record.snapshots import figure, folder_of, register_frames
from tercet.revenue import frames, health, queries
from tercet.revenue.queues import queues_of, sentence_of

ROOM = "revenue"
ID_BYTES = 8

register_frames(ROOM, frames.write_frames)


@figure("revenue.funnel", room=ROOM)
def compute_funnel(workspace: Workspace, folder: Path, filters: dict[str, Any]) -> dict[str, Any]:
    return queries.count_funnel(folder, filters)


@figure("revenue.why", room=ROOM)
def compute_why(workspace: Workspace, folder: Path, filters: dict[str, Any]) -> dict[str, Any]:
    found = queries.explain_change(folder, filters)
    return found | {"left_behind": _left_behind(workspace, found, filters)}


def _left_behind(workspace: Workspace, found: dict[str, Any], filters: dict[str, Any]) -> str:
    """How many of the later period's uncalled leads wait for somebody who left; no name is said."""
    after = found["periods"][1]
    if filters["only"] or filters["table"] != "leads" or "followed_up" not in after["steps"]:
        return ""
    place = after["steps"].index("followed_up")
    called = sum(segment["counts"][place] for segment in after["segments"])
    first, last = (date.fromisoformat(filters["after"][end]) for end in ("first", "last"))
    queues = queues_of(workspace, today_in(workspace), came_in=(first, last))
    before = f"Of {plural(after['leads'] - called, 'lead')} not called in {after['name']}, "
    return sentence_of(queues, before=before)


@figure("revenue.waits", room=ROOM)
def compute_waits(workspace: Workspace, folder: Path, filters: dict[str, Any]) -> dict[str, Any]:
    queues = queues_of(workspace, today_in(workspace))
    return queries.measure_waits(folder, filters) | {"left_behind": sentence_of(queues)}


@figure("revenue.leads_owed", room=ROOM)
def compute_leads_owed(
    workspace: Workspace, folder: Path, filters: dict[str, Any]
) -> dict[str, Any]:
    return queries.owe_leads(folder, filters)


@figure("revenue.health", room=ROOM)
def compute_health(workspace: Workspace, folder: Path, filters: dict[str, Any]) -> dict[str, Any]:
    return health.count_all(workspace)


@figure("revenue.rows", room=ROOM)
def compute_rows(workspace: Workspace, folder: Path, filters: dict[str, Any]) -> dict[str, Any]:
    """Write the ids behind a figure; the figure itself only says how many and where."""
    ids = queries.pick_rows(folder, filters)
    name = hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:24]
    path = folder / "rows" / f"{name}.ids"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ids.astype("<i8").tobytes())
    return {"table": filters["table"], "count": len(ids), "file": path.name}


def read_ids(shown: Any, *, most: int) -> list[int]:
    """The first ids of a figure of rows; empty where its snapshot is gone."""
    path = _ids_path(shown)
    if not path.exists():
        return []
    with path.open("rb") as file:
        return _as_ids(file.read(most * ID_BYTES))


def stream_ids(shown: Any, *, size: int = 2_000) -> Iterator[list[int]]:
    path = _ids_path(shown)
    if not path.exists():
        return
    with path.open("rb") as file:
        while found := file.read(size * ID_BYTES):
            yield _as_ids(found)


def _ids_path(shown: Any) -> Path:
    return folder_of(shown.figure.snapshot) / "rows" / str(shown.figure.result["file"])


def _as_ids(found: bytes) -> list[int]:
    numbers = array("q")
    numbers.frombytes(found)
    return numbers.tolist()
