"""Measure a seeded installation and write the table.

Every figure stands beside a reference that was measured in the same run, so that a slow or busy
machine moves both.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.load import Latency, load
from tercet.demo.scale import Scale, write_scale
from tests.battery.site import Site, site

ROOT = Path(__file__).parents[1]
REFERENCE = "/healthz"
PAGES = {
    "My week": "/quay/",
    "Funnel": "/quay/revenue/funnel/",
    "Why it moved": "/quay/revenue/why/",
    "Service level": "/quay/revenue/service-level/",
    "Leads, first page": "/quay/revenue/leads/",
    "Deals, first page": "/quay/revenue/deals/",
    "Deals by amount": "/quay/revenue/deals/?sort=-amount",
    "Companies, first page": "/quay/customers/",
    "Companies, one state": "/quay/customers/?state=customer",
    "To mend": "/quay/revenue/to-mend/",
    "Search": "/quay/search/?q=company+004",
    "Imports": "/quay/imports/",
}
FIGURES = ["/quay/revenue/funnel/", "/quay/revenue/why/"]
AIM_P95 = 150.0
AIM_QUERIES = 12


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    queries: int
    alone: Latency
    busy: Latency
    reference: Latency


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--keep", type=Path, help="build the data set here, or use it again")
    options = parser.parse_args()
    if options.postgres:
        os.environ["TERCET_BATTERY_DATABASE"] = os.environ["TERCET_TEST_DATABASE"]

    scale = Scale(200, 500, 10_000, 100_000) if options.quick else Scale()
    with _folder(options.keep) as folder, site(folder / "data") as installation:
        imported = _import_all(installation, folder / "files", scale)
        measured = json.loads(_inside(installation, "figures", *FIGURES))
        counts = json.loads(_inside(installation, "queries", *PAGES.values()))
        installation.start()
        pages = [_page(installation, name, path, counts[path]) for name, path in PAGES.items()]
    table = _table(scale, imported, measured, pages, "PostgreSQL" if options.postgres else "SQLite")
    print(table)
    if not options.quick:
        _write(table, "PostgreSQL" if options.postgres else "SQLite")


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="tercet-bench-") as made:
        yield Path(made)


def _import_all(
    installation: Site, files: Path, scale: Scale
) -> list[tuple[str, int, float, float]]:
    """Bring every kind in through the command line: (kind, rows, seconds, seconds to scan it)."""
    written = write_scale(files, scale=scale, format="csv")
    done = []
    for kind, path in written.items():
        _tell(f"Importing {kind} …")
        scan = _seconds_to_scan(path)
        started = time.perf_counter()
        installation.run(
            "-m", "tercet", "import", "quay", kind, str(path), "--source", "bench",
            "--set", "currency=EUR", "--zone", "UTC",
        )  # fmt: skip
        seconds = time.perf_counter() - started
        rows = sum(1 for _ in path.open("rb")) - 1
        done.append((kind, rows, seconds, scan))
        _tell(f"  {rows:,} rows in {seconds:.1f} s")
    return done


def _seconds_to_scan(path: Path) -> float:
    """The reference of an import: Python's own CSV reader over the same file."""
    started = time.perf_counter()
    with open(path, newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - started


def _inside(installation: Site, command: str, *arguments: str) -> str:
    _tell(f"Measuring {command} …")
    return installation.run("-m", "bench.measure", command, *arguments).splitlines()[-1]


def _page(installation: Site, name: str, path: str, queries: int) -> Page:
    _tell(f"Asking for {name} …")
    port, cookies = installation.port, installation.cookies
    load(port, path, cookies=cookies, clients=4, requests=24)
    return Page(
        name,
        path,
        queries,
        alone=load(port, path, cookies=cookies, clients=1, requests=40),
        busy=load(port, path, cookies=cookies, clients=16, requests=480),
        reference=load(port, REFERENCE, cookies=cookies, clients=16, requests=480),
    )


def _table(
    scale: Scale,
    imported: list[tuple[str, int, float, float]],
    measured: dict[str, float],
    pages: list[Page],
    database: str,
) -> str:
    lines = [
        f"### {database}, {date.today():%d %B %Y}",
        "",
        f"{scale.companies:,} companies, {scale.deals:,} deals, {scale.leads:,} leads, "
        f"{scale.touches:,} touches. {os.cpu_count()} cores ({platform.machine()}), load generator "
        f"included. Commit {_commit()}.",
        "",
        f"Pages: aims p95 ≤ {AIM_P95:.0f} ms at 16 clients, ≤ {AIM_QUERIES} queries. “× ref.” is "
        f"p95 against `{REFERENCE}` under the same load in the same run.",
        "",
        "| page | queries | p50 alone, ms | p50, ms | p95, ms | /s | ref. p95, ms | × ref. | aim |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines += [_page_row(page) for page in pages]
    lines += [
        "",
        "Imports through the command line, start to published; “× scan” against reading the same "
        "file with Python's CSV reader.",
        "",
        "| kind | rows | seconds | rows/s | × scan |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {kind} | {rows:,} | {seconds:.1f} | {rows / seconds:,.0f} | {seconds / scan:.1f} |"
        for kind, rows, seconds, scan in imported
    ]
    lines += ["", "In the worker:", "", "| figure | seconds |", "|---|---:|"]
    lines += [f"| {name} | {seconds:.2f} |" for name, seconds in measured.items()]
    return "\n".join(lines) + "\n"


def _page_row(page: Page) -> str:
    ratio = page.busy.p95 / max(page.reference.p95, 0.1)
    met = page.busy.p95 <= AIM_P95 and page.queries <= AIM_QUERIES and not page.busy.failures
    return (
        f"| {page.name} | {page.queries} | {page.alone.p50:.0f} | {page.busy.p50:.0f} "
        f"| {page.busy.p95:.0f} | {page.busy.per_second:.0f} | {page.reference.p95:.0f} "
        f"| {ratio:.1f} | {'met' if met else 'missed'} |"
    )


def _write(table: str, database: str) -> None:
    """Put the table in the place of the one for the same database."""
    path = ROOT / "docs" / "performance.md"
    begin, end = f"<!-- {database} -->", f"<!-- end {database} -->"
    text = path.read_text()
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    path.write_text(f"{head}{begin}\n{table}{end}{tail}")


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 (git from the path, on purpose)
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
