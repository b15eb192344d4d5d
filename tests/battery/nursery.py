"""Forks one real reading child per job, from a process that has the imports done.

Each job is a process of its own with the real limits, so a crash or a hang is one job's alone and
is seen; only the start-up is shared. Jobs come as JSON lines, their fates go back the same way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from tercet.connectors.reading.__main__ import main


def _warm() -> None:
    import pyarrow.parquet  # noqa: F401 - likewise

    import tercet.connectors.reading.convert
    import tercet.connectors.reading.parquet
    import tercet.connectors.reading.sniff
    import tercet.connectors.reading.xlsx  # noqa: F401 - imported once, for all jobs


def _run(job: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _become(job)
    return {**_wait(pid, started + job["seconds"]), "wall": time.monotonic() - started}


def _become(job: dict[str, Any]) -> None:
    """The child: its words go into the job's file, its complaints nowhere."""
    out = os.open(job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(os.open(job["out"] + ".err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    code = 70
    try:
        code = main(job["argv"])
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait(pid: int, ends_at: float) -> dict[str, Any]:
    hung = False
    while True:
        done, status, used = os.wait4(pid, os.WNOHANG)
        if done:
            cpu = used.ru_utime + used.ru_stime
            code = os.waitstatus_to_exitcode(status)
            return {"code": code, "rss": used.ru_maxrss, "hung": hung, "cpu": cpu}
        if time.monotonic() > ends_at and not hung:
            hung = True
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


if __name__ == "__main__":
    _warm()
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)
