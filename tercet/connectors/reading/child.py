"""The parent's side: start the child that reads a file, follow it, end it.

profile = sniff(path)
plan = guess(profile)
converted = convert(path, plan, folder, on_progress=print, should_cancel=lambda: False)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tercet.connectors.mapping.plan import Plan
from tercet.connectors.reading.errors import Cancelled, ReadingError, TookTooLong
from tercet.connectors.reading.limits import UPLOAD, wall_seconds
from tercet.connectors.reading.profile import Profile

DAMAGED = "the file is damaged or too large"
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Progress:
    """How far a child is: `done` of `total` (bytes of the file, or rows), and rows so far."""

    done: int
    total: int
    rows: int

    @property
    def share(self) -> float:
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class KindResult:
    """Rows of one kind: one Parquet file, or for touches a folder's parts."""

    path: Path
    rows: int
    parts: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Converted:
    kinds: Mapping[str, KindResult]
    refused_path: Path
    refused_count: int
    refused: tuple[dict[str, Any], ...]  # the first hundred, for the page
    rows: int
    footer_lines: int
    notes: Mapping[str, Any] = field(default_factory=dict)


def sniff(
    path: Path | str,
    *,
    name: str = "",
    encoding: str = "",
    separator: str = "",
    sheet: str = "",
    header_line: int = 0,
    should_cancel: Callable[[], bool] | None = None,
) -> Profile:
    """What a file is and what its columns hold. `name` is the name it came with."""
    options = {
        "name": name or Path(path).name,
        "encoding": encoding,
        "separator": separator,
        "sheet": sheet,
        "header_line": header_line,
    }
    result = run("sniff", Path(path), json.dumps(options), should_cancel=should_cancel)
    return Profile.from_dict(result)


def convert(
    path: Path | str,
    plan: Plan,
    out_dir: Path | str,
    on_progress: Callable[[Progress], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> Converted:
    """Read every row by the plan into `out_dir`: typed Parquet per kind, and the refused rows."""
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    plan_path = folder / "plan.json"
    plan_path.write_text(plan.as_json(), encoding="utf-8")
    result = run(
        "convert",
        Path(path),
        str(plan_path),
        str(folder),
        on_progress=on_progress,
        should_cancel=should_cancel,
    )
    kinds = {
        kind: KindResult(
            folder / made["path"], made["rows"], tuple(folder / p for p in made.get("parts", ()))
        )
        for kind, made in result["kinds"].items()
    }
    return Converted(
        kinds,
        folder / "refused.csv",
        result["refused_count"],
        tuple(result["refused"]),
        result["rows"],
        result["footer_lines"],
        result["notes"],
    )


def run(
    command: str,
    path: Path,
    *arguments: str,
    on_progress: Callable[[Progress], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Run one command on one file in a child; its answer, or a ReadingError."""
    _check_size(path)
    ends_at = time.monotonic() + (seconds or wall_seconds(path))
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            [sys.executable, "-m", "tercet.connectors.reading", command, str(path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=_environment(),
            start_new_session=True,
        )
        try:
            answer = _follow(child, ends_at, on_progress, should_cancel)
        finally:
            _end(child)
    return _result(child.returncode, answer)


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        raise ReadingError("it can't be opened") from None
    if size == 0:
        raise ReadingError("it is empty")
    if size > UPLOAD:
        raise ReadingError(f"it has {size:,} bytes; at most {UPLOAD:,} are read")


def _environment() -> dict[str, str]:
    """What a child needs to start Python here, and no secret of the parent's."""
    kept = {
        k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR")
    }
    root = str(Path(__file__).parents[3])
    return {
        **kept,
        "PYTHONPATH": root,
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        # The other pools reserve address space by the gigabyte, which the limit counts.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def _follow(
    child: subprocess.Popen[bytes],
    ends_at: float,
    on_progress: Callable[[Progress], None] | None,
    should_cancel: Callable[[], bool] | None,
) -> dict[str, Any]:
    """Read the child's lines until it ends; the last one is its answer."""
    lines: Queue[bytes | None] = Queue()
    threading.Thread(target=_pump, args=(child, lines), daemon=True).start()
    answer: dict[str, Any] = {}
    while True:
        if should_cancel and should_cancel():
            raise Cancelled("reading was cancelled")
        if time.monotonic() > ends_at:
            raise TookTooLong(DAMAGED, hint="It took too long to read.")
        try:
            line = lines.get(timeout=_LOOK_EVERY)
        except Empty:
            continue
        if line is None:
            child.wait()
            return answer
        said = _parsed(line)
        if "progress" in said and on_progress:
            on_progress(Progress(**said["progress"]))
        if "result" in said or "error" in said:
            answer = said


def _pump(child: subprocess.Popen[bytes], lines: Queue[bytes | None]) -> None:
    if child.stdout is not None:
        with child.stdout:
            for line in child.stdout:
                lines.put(line)
    lines.put(None)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError, AttributeError):
            child.kill()
    child.wait()


def _result(code: int, answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise ReadingError(**answer["error"])
    if code != 0 or "result" not in answer:
        raise ReadingError(
            DAMAGED, hint="Open it in a spreadsheet and save it as CSV, or in parts."
        )
    result: dict[str, Any] = answer["result"]
    return result
