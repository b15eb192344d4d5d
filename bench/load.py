"""A bounded load on a loopback address: N clients that keep their connections, each wait noted."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """What M requests by N clients took, in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    failures: int


def load(port: int, path: str, *, cookies: str, clients: int = 16, requests: int = 480) -> Latency:
    """Ask for one path again and again from 127.0.0.1 and sort the waits."""
    started = time.perf_counter()
    waits, failures = asyncio.run(_all(port, path, cookies, clients, requests))
    passed = time.perf_counter() - started
    ordered = sorted(waits) or [0.0]

    def at(share: float) -> float:
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return Latency(len(waits), len(waits) / passed, at(0.5), at(0.95), at(0.99), failures)


async def _all(
    port: int, path: str, cookies: str, clients: int, requests: int
) -> tuple[list[float], int]:
    waits: list[float] = []
    failures = 0
    left = iter(range(requests))
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\n\r\n"
    ).encode()

    async def client() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        for _ in left:
            started = time.perf_counter()
            writer.write(request)
            status = await _answer(reader)
            waits.append(time.perf_counter() - started)
            failures += status != 200
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return waits, failures


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split(" ", 2)[1])
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    else:
        await reader.readexactly(int(headers.get("content-length", "0")))
    return status
