"""Web processes and the worker under one roof: started, watched, ended together."""

import fcntl
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

WEB_PROCESSES = 2
THREADS = 4
LARGEST_BODY = 2 * 1024**3 + 16 * 1024**2
GRACE_SECONDS = 15

logger = logging.getLogger("tercet.serve")


class AlreadyServed(Exception):
    """Another `tercet serve` has this data folder, or something else has the port."""


def serve_web(host: str, port: int) -> None:
    """One web process. Several share the port; the kernel deals out the connections."""
    from django.conf import settings
    from waitress import create_server

    from tercet.config.wsgi import application

    server = create_server(
        application,
        sockets=[_listen(host, port)],
        threads=THREADS,
        channel_timeout=20,
        cleanup_interval=5,
        connection_limit=1000,
        max_request_body_size=LARGEST_BODY,
        url_prefix=settings.ENV.script_name,
        clear_untrusted_proxy_headers=False,
        ident="",
    )
    signal.signal(signal.SIGTERM, _leave)
    _collect_rarely()
    server.run()


def _collect_rarely() -> None:
    """What was loaded at the start stays; looking at it again and again would cost every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _leave(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((host, port))
    return listening


def claim_data(data: Path) -> int:
    """Hold the data folder until this process ends; refuse when another one holds it."""
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "serving", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyServed(
            f"{data} is already being served by another process. Stop that one first, or set "
            "TERCET_DATA to another folder."
        ) from None
    return descriptor


def check_port(host: str, port: int) -> None:
    """Fail now and in words, not later in a child: two of our own could share a port unseen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AlreadyServed(f"Port {port} is taken ({error.strerror}). Try --port.") from None


@dataclass
class Supervisor:
    """Keeps each command running until it is told to stop; one that dies comes back."""

    commands: Sequence[Sequence[str]]
    running: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    started: dict[int, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: self.stop.set())
        for place in range(len(self.commands)):
            self._start(place)
        while not self.stop.wait(0.5):
            for place, process in list(self.running.items()):
                if process.poll() is not None:
                    self._restart(place, process.returncode)
        self._end_all()

    def _start(self, place: int) -> None:
        # A session of its own: Ctrl-C reaches the supervisor, which ends its children in order.
        self.running[place] = subprocess.Popen(self.commands[place], start_new_session=True)
        self.started[place] = time.monotonic()

    def _restart(self, place: int, code: int) -> None:
        logger.error("Process %s ended with %s; starting it again.", self.commands[place][-1], code)
        if time.monotonic() - self.started[place] < 2:
            self.stop.wait(2)
        if not self.stop.is_set():
            self._start(place)

    def _end_all(self) -> None:
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def commands_for(host: str, port: int) -> list[list[str]]:
    tercet = [sys.executable, "-m", "tercet"]
    web = [*tercet, "web", f"--host={host}", f"--port={port}"]
    return [web] * WEB_PROCESSES + [[*tercet, "worker"]]
