"""Read every row by a plan: typed Parquet per kind, the refused rows aside, never all in memory."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.fields import Kind
from tercet.connectors.mapping.plan import Plan, PlanError, check
from tercet.connectors.reading.cells import PartReader, Problem
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.footer import Footer
from tercet.connectors.reading.table import Table, letter, open_table

Say = Callable[[dict[str, Any]], None]
_AT_ONCE = 10_000
_SAID_EVERY = 0.25
_SHOWN_REFUSALS = 100
REFUSED_COLUMNS = (
    "refused_line",
    "refused_column",
    "refused_value",
    "refused_expected",
    "refused_reason",
)


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
        self.sinks = [Sink(r.kind, folder, plan.source) for r in self.readers]
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
        if problem := _broken(cells, width, self.is_csv):
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
            "kinds": {s.kind.name: {"path": s.name, "rows": s.rows} for s in self.sinks},
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


def _broken(cells: list[str], width: int, is_csv: bool) -> Problem | None:
    """A row whose bytes or cells are not whole."""
    count = len(cells)
    if count > width and any(c.strip() for c in cells[width:]):
        return Problem(
            letter(width),
            cells[width][:80],
            f"{width} cells",
            f"the row has {count}; the header has {width}",
        )
    if count < width and is_csv:
        return Problem(
            letter(count), "", f"{width} cells", f"the row has {count}; the header has {width}"
        )
    whole = "\x1f".join(cells)
    if whole.isascii() and "\x00" not in whole:
        return None
    for position, cell in enumerate(cells):
        if "\x00" in cell:
            return Problem(
                letter(position), _plain(cell), "text", "it holds a NUL byte: it is damaged"
            )
        if not _is_text(cell):
            return Problem(
                letter(position),
                _plain(cell),
                "text in the file’s encoding",
                "its bytes are another encoding",
            )
    return None


def _is_text(cell: str) -> bool:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(cell: str) -> str:
    return cell.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")[:80]


class Refusals:
    """The refused rows as the same file plus five columns: mend it and bring it in again."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.count = 0
        self.first: list[dict[str, Any]] = []
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._out = csv.writer(self._file)
        self._out.writerow([_unarmed(c) for c in columns] + list(REFUSED_COLUMNS))

    def add(self, line: int, cells: list[str], table: Table, problems: list[Problem]) -> None:
        self.count += 1
        first, *others = problems
        reason = first.reason
        if others:
            also = ", ".join(f"{p.column} “{p.value}”" for p in others)
            reason = f"{reason}; also {also}"
        kept = [_unarmed(_plain_cell(cells[i])) if i < len(cells) else "" for i in table.positions]
        told = [str(line), first.column, _plain(first.value), first.expected, reason]
        self._out.writerow(kept + [_unarmed(t) for t in told])
        if len(self.first) < _SHOWN_REFUSALS:
            self.first.append(
                {
                    "line": line,
                    "column": first.column,
                    "value": _plain(first.value),
                    "expected": first.expected,
                    "reason": reason,
                }
            )

    def close(self) -> None:
        self._file.close()


def _plain_cell(cell: str) -> str:
    return cell.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _unarmed(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if cell[:1] in ("=", "@", "\t", "\r") or (
        cell[:1] in ("+", "-") and not cell[1:2].isdigit() and cell not in ("-", "--", "---")
    ):
        return "'" + cell
    return cell


class Sink:
    """Rows of one kind on their way into Parquet."""

    def __init__(self, kind: Kind, folder: Path, source: str) -> None:
        self.kind, self.source = kind, source
        self.rows = 0
        self.name = f"{kind.name}.parquet"
        self.schema = schema(kind)
        self._columns: dict[str, list[Any]] = {name: [] for name in self.schema.names}
        self._path = folder / self.name
        self._writer: Any = None

    def add(self, line: int, row: dict[str, Any]) -> None:
        row["line"] = line
        for name, column in self._columns.items():
            column.append(row.get(name))
        self.rows += 1
        if not self.rows % _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self.schema, compression="zstd")
        table = pa.table(
            [pa.array(c, f.type) for c, f in zip(self._columns.values(), self.schema, strict=True)],
            schema=self.schema,
        )
        self._writer.write_table(table)
        for column in self._columns.values():
            column.clear()

    def close(self) -> None:
        self._flush()
        self._writer.close()


def schema(kind: Kind) -> Any:
    """The columns of a kind's Parquet file."""
    import pyarrow as pa

    types = {
        "date": pa.date32(),
        "money": pa.int64(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "list": pa.list_(pa.string()),
    }
    fields = {"line": pa.int64()}
    for field in kind.fields:
        if field.type == "moment":
            on, at = field.columns
            fields |= {on: pa.date32(), at: pa.timestamp("us", "UTC")}
            continue
        fields[field.name] = types.get(field.type, pa.string())
        if field.type == "money":
            fields.setdefault(f"{field.name}_currency", pa.string())
    if kind.name == "deals":
        fields["outcome"] = pa.string()
    fields["extra"] = pa.string()
    return pa.schema(list(fields.items()))
