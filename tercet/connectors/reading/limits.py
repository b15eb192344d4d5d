"""How much a child may use. Chosen so that every legal file passes and no hostile one matters."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, NoReturn

MEMORY = 512 * 2**20
MOST_MEMORY = 1536 * 2**20
UPLOAD = 2 * 2**30
UNZIPPED = 100 * 2**20
ZIP_ENTRIES = 200
ZIP_RATIO = 100
GZIP_RATIO = 50
SHEET_ROWS = 200_000
SHEET_COLUMNS = 200
COLUMNS = 2_000
LINE_LENGTH = 1_000_000
CELL_LENGTH = 131_072
LINES_IN_A_ROW = 5_000


def cpu_seconds(path: Path) -> int:
    """30 s for a workbook; for text and Parquet 60 s and 40 s for each 100 MB.

    A million leads of 20 columns are 250 MB and take 50 s of an idle core, 100 s of a busy one.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    return 30 if is_zip else 60 + 40 * (size // 100_000_000)


def memory_bytes(path: Path) -> int:
    """512 MB of address space, and more for a large file: every row's identifier is remembered."""
    return min(MEMORY + max(0, path.stat().st_size - 100_000_000), MOST_MEMORY)


def wall_seconds(path: Path) -> int:
    return 2 * cpu_seconds(path) + 30


def shut_in(cpu: int, memory: int = MEMORY) -> None:
    """Limit this process for good: memory, processor, no core file, no network."""
    try:
        import resource
    except ImportError:  # not a Unix: the parent's clock is what remains
        pass
    else:
        for what, limit in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(what, (lower, lower))
    socket.socket = _NoSocket  # type: ignore[misc,assignment]
    socket.create_connection = _no_network
    socket.getaddrinfo = _no_network


def _no_network(*_: Any, **__: Any) -> NoReturn:
    raise OSError("a file is read without a network")


class _NoSocket:
    def __init__(self, *_: Any, **__: Any) -> None:
        _no_network()
