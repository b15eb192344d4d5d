"""Read every row by a plan: typed Parquet per kind, the refused rows aside, never all in memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.plan import Plan, PlanError, check
from tercet.connectors.reading.cells import PartReader, Problem
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.footer import Footer
from tercet.connectors.reading.refusals import Refusals, broken
from tercet.connectors.reading.sinks import open_sink
from tercet.connectors.reading.table import Table, open_table

Say = Callable[[dict[str, Any]], None]
_AT_ONCE = 10_000
_SAID_EVERY = 0.25


def convert(path: Path, plan: Plan, folder: Path, *, say: Say) -> dict[str, Any]:
    table = open_table(path, plan.reading)
    try:
        check(plan, table.columns)
    except PlanError as error:
        raise ReadingError(error.problems[0].rstrip("."), line=plan.reading.header_line) from None
    if plan.kinds == ("touches",):
        from tercet.connectors.reading import touches

        if touches.can_stream(plan):
            return touches.convert(path, plan, table, folder, say=say)
    return _Conversion(table, plan, folder, say).run()


class _Conversion:
    """One pass over the rows."""

    def __init__(self, table: Table, plan: Plan, folder: Path, say: Say) -> None:
        self.table, self.plan, self.say = table, plan, say
        self.is_csv = plan.reading.format == "csv"
        self.readers = [
            PartReader(p, plan, table, is_main=i == 0) for i, p in enumerate(plan.parts)
        ]
        self.sinks = [open_sink(r.kind, folder, plan) for r in self.readers]
        self.refused = Refusals(folder / "refused.csv", table.columns)
        self.footer = Footer()
        self.seen: list[dict[int, int]] = [{} for _ in self.readers]
        self.repeated = 0
        self.domains: Counter[str] = Counter()
        self.rows = 0
        self.said_at = 0.0

    def run(self) -> dict[str, Any]:
        width = self.table.width
        try:
            for line, cells in self.table.rows:
                if not any(cells) or not any(c.strip() for c in cells):
                    continue
                if self.footer.takes(line, cells, width):
                    continue
                self.rows += 1
                self._take(line, cells, width)
                if not self.rows % 1000:
                    self._progress()
        finally:
            self.refused.close()
            for sink in self.sinks:
                sink.close()
        return self._result()

    def _take(self, line: int, cells: list[str], width: int) -> None:
        if problem := broken(cells, width, self.is_csv):
            self.refused.add(line, cells, self.table, [problem])
            return
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        made: list[list[dict[str, Any]]] = []
        for reader in self.readers:
            rows, problems = reader.read(cells)
            if problems:
                self.refused.add(line, cells, self.table, problems)
                return
            made.append(rows)
        if problem := self._repeats(line, made[0]):
            self.refused.add(line, cells, self.table, [problem])
            return
        for index, rows in enumerate(made):
            self._put(index, line, rows)

    def _repeats(self, line: int, rows: list[dict[str, Any]]) -> Problem | None:
        """The same identifier twice: a plain repetition is passed over, a contradiction refused."""
        if len(rows) != 1 or not (key := rows[0].get("external_id")):
            return None
        row = rows[0]
        print_ = hash(tuple(str(v) for v in row.values())) & 0xFFFFFFFF
        before = self.seen[0].get(hash(key))
        if before is None:
            self.seen[0][hash(key)] = print_ << 32 | line
            return None
        if before >> 32 == print_:
            self.repeated += 1
            rows.clear()
            return None
        fill = self.plan.parts[0].fill("external_id") or self.plan.parts[0].fills[0]
        return Problem(
            fill.column,
            str(key)[:80],
            "each identifier once",
            f"line {before & 0xFFFFFFFF:,} has the same one with other values",
        )

    def _put(self, index: int, line: int, rows: list[dict[str, Any]]) -> None:
        sink = self.sinks[index]
        for row in rows:
            if index or len(rows) > 1:
                key = hash(row.get("external_id"))
                if row.get("external_id") and self.seen[index].setdefault(key, line) != line:
                    continue
            if sink.kind.name == "companies" and row.get("domain"):
                self.domains[row["domain"]] += 1
            sink.add(line, row)

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self.said_at >= _SAID_EVERY:
            self.said_at = now
            done = min(self.table.done(), self.table.total)
            self.say({"progress": {"done": done, "total": self.table.total, "rows": self.rows}})

    def _result(self) -> dict[str, Any]:
        self.say(
            {"progress": {"done": self.table.total, "total": self.table.total, "rows": self.rows}}
        )
        return {
            "kinds": {
                s.kind.name: {"path": s.name, "rows": s.rows, "parts": s.parts} for s in self.sinks
            },
            "refused_count": self.refused.count,
            "refused": self.refused.first,
            "rows": self.rows,
            "footer_lines": len(self.footer.lines),
            "notes": {
                "repeated": self.repeated,
                "footer": self.footer.texts,
                "shared_domains": {d: n for d, n in self.domains.most_common(50) if n > 1},
            },
        }
