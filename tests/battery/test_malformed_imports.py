"""T-12: malformed files, read by the real child. None crashes us, none hangs, all say why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tercet.connectors.mapping.guess import guess
from tercet.connectors.mapping.plan import Plan
from tercet.connectors.reading import child
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.profile import Profile

from .evidence import ROOT, evidence
from .malformed import build

SEED = 12_000
FILES = 5_000 if os.environ.get("TERCET_BATTERY") == "nightly" else 500
CPU_SECONDS = 10  # of the child itself: what else the machine does is not its fault
SECONDS = 60
RSS_MB = 256
# Reasons that are about the file as a whole, where no line could be named.
_FILE_WORDS = (
    "damaged", "not a table", "not text", "empty", "no row", "no header", "unpacks", "entries",
    "locked", "no sheet", "too large", "entities", "no column", "texts",
)  # fmt: skip


class _Nursery:
    """One process that forks a child per job."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
        )

    def run(self, folder: Path, *argv: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fate of a child, and what it answered last."""
        out = folder / "answer"
        job = {"argv": argv, "out": str(out), "seconds": SECONDS}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        fate = json.loads(self._process.stdout.readline())
        lines = out.read_bytes().splitlines() or [b""]
        fate["complaint"] = Path(f"{out}.err").read_text(errors="replace")[-200:]
        return fate, child._parsed(lines[-1])

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def test_malformed_files_are_refused_with_place_and_reason(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(lambda half: _read_all(half, tmp_path), (0, 1)))
    fates = [fate for half in halves for fate in half]

    outcomes = Counter(fate["outcome"] for fate in fates)
    deaths = [f for f in fates if f["died"]]
    hung = [f for f in fates if f["hung"]]
    rss = max(f["rss"] for f in fates) // 1024
    mute = [f for f in fates if f["mute"]]
    print(dict(outcomes))
    for fate in [*deaths, *hung, *mute][:5]:
        print(fate)
    slowest = max(f["cpu"] for f in fates)
    figure = (
        f"files={len(fates)},crashes={len(deaths)},hung={len(hung)},peak={rss}MB,"
        f"slowest={slowest:.1f}s_cpu,mute={len(mute)}"
    )
    passed = not deaths and not hung and not mute and rss <= RSS_MB
    target = f"crashes=0,hung=0,peak<={RSS_MB}MB,mute=0"
    evidence("T-12", figure, target, passed=passed, seed=SEED)
    assert passed


def _read_all(half: int, tmp_path: Path) -> list[dict[str, Any]]:
    nursery = _Nursery()
    try:
        return [_read(nursery, SEED + n, tmp_path) for n in range(half, FILES, 2)]
    finally:
        nursery.close()


def _read(nursery: _Nursery, seed: int, tmp_path: Path) -> dict[str, Any]:
    """One file through sniff, guess and convert; every way it can go wrong is noted."""
    name, data = build(seed)
    folder = tmp_path / str(seed)
    folder.mkdir()
    path = folder / name
    path.write_bytes(data)
    fate = {
        "name": name,
        "died": False,
        "hung": False,
        "mute": "",
        "rss": 0,
        "cpu": 0.0,
    }
    try:
        child._check_size(path)
        profile = Profile.from_dict(_step(fate, *nursery.run(folder, "sniff", str(path))))
        plan = _answered(guess(profile, "deals"), profile)
        (folder / "plan.json").write_text(plan.as_json(), encoding="utf-8")
        argv = ("convert", str(path), str(folder / "plan.json"), str(folder))
        result = _step(fate, *nursery.run(folder, *argv))
    except ReadingError as error:
        fate["outcome"] = "unreadable"
        if not error.reason or not (error.line or any(w in error.reason for w in _FILE_WORDS)):
            fate["mute"] = error.sentence
    else:
        fate["outcome"] = "refusals" if result["refused_count"] else "clean"
        keys = ("line", "column", "expected", "reason")
        fate["mute"] = next((str(r) for r in result["refused"] if not all(r[k] for k in keys)), "")
    for leftover in folder.iterdir():
        leftover.unlink() if leftover.is_file() else None
    return fate


def _step(fate: dict[str, Any], how: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    fate["rss"] = max(fate["rss"], how["rss"])
    fate["cpu"] = max(fate["cpu"], how["cpu"])
    fate["hung"] = fate["hung"] or how["hung"] or how["cpu"] > CPU_SECONDS
    if how["code"] != 0 or not answer:
        fate["died"] = f"exit {how['code']}: {how['complaint']}"
    return child._result(how["code"], answer)


def _answered(plan: Plan, profile: Profile) -> Plan:
    """The plan with every question answered somehow, so that the rows are read."""
    for ask in plan.asks:
        if ask.key in ("day_order", "decimal", "currency"):
            plan = plan.answer(ask.key, ask.candidates[0])
    if plan.part("deals") is None or not plan.part("deals").fills:
        plan = plan.with_fill("deals", "name", profile.headers[0])
    if not any(plan.fill("deals", name) for name in ("external_id", "name")):
        plan = plan.with_fill("deals", "name", profile.headers[0])
    return plan


@pytest.mark.parametrize("signal_code", [-6, -9, -11, -24])
def test_a_child_that_dies_by_a_signal_is_a_damaged_file(signal_code):
    with pytest.raises(ReadingError, match="damaged or too large"):
        child._result(signal_code, {})
