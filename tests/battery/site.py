"""A real installation for a test: its own folder, served as people run it, and a browser."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil

CSRF = "c" * 32
PREPARE = """
import json, os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tercet.config.settings")
import django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.conf import settings
from conftest import build_world
call_command("migrate", interactive=False, verbosity=0)
person = build_world().ada.person
session = SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
print(json.dumps({
    "session": [settings.SESSION_COOKIE_NAME, session.session_key],
    "csrf": settings.CSRF_COOKIE_NAME,
}))
"""


@dataclass
class Site:
    """Served from a folder. Ada of Quay is signed in."""

    data: Path
    port: int
    environment: dict[str, str]
    cookies: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    processes: list[psutil.Process] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self, how: str) -> None:
        """Fill the folder; a script that prints a session signs this site's requests in."""
        done = self.run("-c", how)
        if done.strip().startswith("{"):
            made = json.loads(done.splitlines()[-1])
            name, value = made["session"]
            self.cookies = f"{name}={value}; {made['csrf']}={CSRF}"

    def sign_in_link(self, mail: str) -> str:
        said = self.run("-m", "tercet", "sign-in-link", mail)
        return next(word for word in said.split() if "/link/" in word)

    def run(self, *arguments: str) -> str:
        """Run Python in this installation's environment and give what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, wait: float = 20) -> None:
        with (self.data / "served.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tercet", "serve", f"--port={self.port}"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            try:
                if self.get("/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        else:
            raise AssertionError((self.data / "served.log").read_text()[-3000:])
        root = psutil.Process(self.process.pid)
        self.processes = [root, *root.children(recursive=True)]

    def kill(self) -> None:
        """End every process at once, without a chance to tidy up."""
        if self.process is not None:
            found = psutil.Process(self.process.pid)
            for each in [found, *found.children(recursive=True)]:
                each.kill()
            self.process.wait()
            psutil.wait_procs(self.processes, timeout=10)
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def memory(self) -> int:
        """Bytes in all processes, each one's own."""
        return sum(each.memory_info().rss for each in self.processes if each.is_running())

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        return self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": self.cookies, "X-CSRFToken": CSRF}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def site(folder: Path, prepare: str = PREPARE) -> Iterator[Site]:
    """An installation in this folder; whatever still runs at the end is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TERCET_")},
        "TERCET_DATA": str(folder),
        "TERCET_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONWARNINGS": "ignore",
    }
    if database := os.environ.get("TERCET_BATTERY_DATABASE"):
        environment["TERCET_DATABASE"] = database
    made = Site(folder, port, environment)
    try:
        made.prepare(prepare)
        yield made
    finally:
        made.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
