"""Touches, a billion if need be: DuckDB takes the rows it is certain of, Python sees to the rest.

Certain is: the right number of cells, a time in a known shape and range, known words, nothing odd
in an identifier. Every other row goes through the same reader as any import, which takes it or
refuses it with line and reason. So nothing is dropped in silence, as DuckDB's own
`ignore_errors` would; and where the two don't count the same rows, Python reads them all.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import threading
import zlib
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.mapping.outcomes import choice
from tercet.connectors.mapping.plan import Plan
from tercet.connectors.reading.cells import PartReader
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.footer import Footer
from tercet.connectors.reading.limits import LINE_LENGTH, UPLOAD
from tercet.connectors.reading.refusals import Refusals, broken
from tercet.connectors.reading.sinks import TOUCH_COLUMNS, TouchSink
from tercet.connectors.reading.table import Table, open_table
from tercet.connectors.reading.text import unpacked_at_most
from tercet.connectors.reading.values import EMPTY

Say = Callable[[dict[str, Any]], None]
MEMORY = "100MB"
_UNSURE_AT_MOST = 100_000
_GROUP_ROWS = 30_720
_PART_GROUPS = 12
_TEXTS = ("person", "company", "campaign", "channel")
_WORDS = ("kind", "direction")
_EMPTY_AS_WRITTEN = {form for e in EMPTY for form in (e, e.upper(), e.capitalize())}
# Signs in a row that make it unsure: a list, damage, spaces around a cell.
_NEVER_SURE = ("';'", "chr(0)", "chr(65533)", "chr(9)", "' ' || chr(31)", "chr(31) || ' '")
_CERTAIN = (
    "NOT doubt AND \"at\" >= TIMESTAMP '1970-01-01 00:00:00' "
    "AND \"at\" < TIMESTAMP '2101-01-01 00:00:00'"
)


def can_stream(plan: Plan) -> bool:
    """Whether DuckDB may read the file: no joined columns, no identifiers to bring into form."""
    return not any(f.join or f.form for f in plan.parts[0].fills)


def convert(path: Path, plan: Plan, table: Table, folder: Path, *, say: Say) -> dict[str, Any]:
    """Sorted Parquet parts in `folder/touches`, and the refused rows aside."""
    (folder / "touches").mkdir(exist_ok=True)
    taken, unsure = _stream(path, plan, table, folder, say)
    rest = _Rest(path, plan, folder, say)
    if unsure is None or (unsure.exist and not rest.take(unsure.texts, taken)):
        _forget(folder)
        taken = 0
        rest = _Rest(path, plan, folder, say)
        rest.take(None, 0)
    rest.close()
    rows = taken + rest.sink.rows
    say({"progress": {"done": table.total, "total": table.total, "rows": rows}})
    parts = sorted(f"touches/{p.name}" for p in (folder / "touches").glob("*.parquet"))
    return {
        "kinds": {"touches": {"path": "touches", "rows": rows, "parts": parts}},
        "refused_count": rest.refused.count,
        "refused": rest.refused.first,
        "rows": rows + rest.refused.count,
        "footer_lines": len(rest.footer.lines),
        "notes": {"repeated": 0, "footer": rest.footer.texts, "shared_domains": {}},
    }


def _forget(folder: Path) -> None:
    for part in (folder / "touches").glob("*.parquet"):
        part.unlink()


class _Unsure:
    """Rows that DuckDB did not take: their texts (in Parquet their lines), if there are any."""

    def __init__(self, texts: set[str], exist: bool) -> None:
        self.texts, self.exist = texts, exist


def _stream(
    path: Path, plan: Plan, table: Table, folder: Path, say: Say
) -> tuple[int, _Unsure | None]:
    plain = _plain_copy(path, plan, folder)
    con = _connect(plain, folder, plan.zone or "UTC")
    try:
        with _progress(con, table.total, say):
            scan = _Scan(con, plain, plan, table)
            taken = scan.write(folder / "touches")
            return taken, scan.unsure(taken)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
            raise
        return 0, None  # DuckDB gives up where Python can still say which line is at fault
    finally:
        con.close()
        shutil.rmtree(folder / "spill", ignore_errors=True)
        if plain != path:
            plain.unlink()


def _plain_copy(path: Path, plan: Plan, folder: Path) -> Path:
    """DuckDB reads plain UTF-8; anything else is written out beside the result first."""
    reading = plan.reading
    is_plain = reading.encoding in ("utf-8", "utf-8-sig") and not reading.is_gzipped
    if reading.format == "parquet" or is_plain:
        return path
    plain, size = folder / "plain.csv", 0
    most = unpacked_at_most(path.stat().st_size) if reading.is_gzipped else UPLOAD * 2
    try:
        with (
            gzip.open(path) if reading.is_gzipped else path.open("rb") as raw,
            io.TextIOWrapper(raw, reading.encoding, "replace", newline="") as text,
            plain.open("w", encoding="utf-8", newline="") as out,
        ):
            while chunk := text.read(1 << 20):
                size += len(chunk)
                if size > most:
                    raise ReadingError(f"it unpacks to more than {most:,} bytes")
                out.write(chunk)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ReadingError("the bytes are damaged", hint=str(error)) from None
    return plain


def _connect(path: Path, folder: Path, zone: str) -> Any:
    """A DuckDB that reads this one file and writes into this one folder, and nothing else."""
    import duckdb

    con = duckdb.connect(config={"threads": 2, "memory_limit": MEMORY})
    for setting in (
        f"temp_directory = {_quoted(str(folder / 'spill'))}",
        f"TimeZone = {_quoted(zone)}",
        "autoload_known_extensions = false",
        "autoinstall_known_extensions = false",
        f"allowed_paths = [{_quoted(str(path))}]",
        f"allowed_directories = [{_quoted(str(folder) + '/')}]",
        "enable_external_access = false",
        "enable_progress_bar = false",
        "lock_configuration = true",
    ):
        con.execute(f"SET {setting}")
    return con


@contextmanager
def _progress(con: Any, total: int, say: Say) -> Any:
    """Says how far DuckDB is, twice a second, while the block runs."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(0.5):
            with suppress(Exception):  # a query that is just ending has no progress
                share = max(con.query_progress(), 0) / 100
                say({"progress": {"done": round(total * share), "total": total, "rows": 0}})

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _number(part: Path) -> int:
    """Where a part stands: DuckDB numbers them without leading zeros."""
    return int("".join(c for c in part.stem if c.isdigit()) or 0)


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


class _Scan:
    """The SQL over one file: which rows are certain, and what they hold."""

    def __init__(self, con: Any, path: Path, plan: Plan, table: Table) -> None:
        self.con, self.plan, self.part = con, plan, plan.parts[0]
        self.is_parquet = plan.reading.format == "parquet"
        self.where = dict(zip(table.columns, table.positions, strict=True))
        self.width = table.width
        self.source = self._parquet(path) if self.is_parquet else self._csv(path)
        self.whole = "concat_ws(chr(31), " + ", ".join(f"c{i}" for i in range(self.width)) + ")"
        self.words = {name: self._known_words(name) for name in _WORDS}

    def write(self, folder: Path) -> int:
        """All certain rows into parts, then each part sorted: memory stays that of one part."""
        stage = folder / "stage"
        self.con.execute(
            f"COPY (SELECT * EXCLUDE (doubt, whole) FROM ({self._rows()}) WHERE {_CERTAIN}) "
            f"TO {_quoted(str(stage))} (FORMAT parquet, COMPRESSION lz4_raw, "
            f"ROW_GROUP_SIZE {_GROUP_ROWS}, ROW_GROUPS_PER_FILE {_PART_GROUPS})"
        )
        taken = int(self.con.fetchone()[0])
        for number, part in enumerate(sorted(stage.glob("*.parquet"), key=_number)):
            if taken:
                self._sort(part, folder / f"part_{number:05}.parquet")
            part.unlink(missing_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        return taken

    def _sort(self, part: Path, made: Path) -> None:
        """A part in order; most exports are in order as they come."""
        rows = f"read_parquet({_quoted(str(part))})"
        late = self.con.execute(
            f'SELECT 1 FROM (SELECT "at" < lag("at") OVER () AS late FROM {rows}) '
            "WHERE late LIMIT 1"
        ).fetchone()
        if late is None:
            part.rename(made)
            return
        self.con.execute(
            f'COPY (SELECT * FROM {rows} ORDER BY "at") TO {_quoted(str(made))} '
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP_ROWS})"
        )

    def unsure(self, taken: int) -> _Unsure | None:
        """What was left; None when it is so much that Python should read the whole file."""
        if self._count() == taken and not self._rejected("first"):
            return _Unsure(set(), exist=False)
        found = self.con.execute(
            f"SELECT DISTINCT whole FROM ({self._rows('again')}) "
            f"WHERE ({_CERTAIN}) IS NOT TRUE LIMIT {_UNSURE_AT_MOST + 1}"
        ).fetchall()
        if len(found) > _UNSURE_AT_MOST:
            return None
        texts = {row[0] for row in found}
        return _Unsure(texts, bool(texts) or self._rejected("again"))

    def _count(self) -> int:
        found = self.con.execute(f"SELECT count(*) FROM {self._from('count')}").fetchone()
        return int(found[0])

    def _rejected(self, scan: str) -> bool:
        if self.is_parquet:
            return False
        return bool(self.con.execute(f"SELECT 1 FROM {scan}_rejected LIMIT 1").fetchall())

    def _parquet(self, path: Path) -> str:
        file = _quoted(str(path))
        found = self.con.execute(f"DESCRIBE SELECT * FROM read_parquet({file})").fetchall()
        columns = ", ".join(
            f"coalesce(CAST({_named(row[0])} AS VARCHAR), '') AS c{i}"
            for i, row in enumerate(found)
        )
        rows = f"read_parquet({file}, file_row_number = true)"
        return f"(SELECT {columns}, CAST(file_row_number + 2 AS VARCHAR) AS line FROM {rows})"

    def _csv(self, path: Path) -> str:
        reading = self.plan.reading
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(self.width))
        return (
            f"read_csv({_quoted(str(path))}, columns = {{{columns}}}, auto_detect = false, "
            f"header = false, skip = {reading.header_line}, delim = {_quoted(reading.separator)}, "
            f"quote = {_quoted(reading.quote)}, escape = {_quoted(reading.quote)}, "
            "nullstr = '\x01', null_padding = false, strict_mode = true, compression = 'none', "
            f"max_line_size = {LINE_LENGTH}, buffer_size = {4 * LINE_LENGTH}, "
            "store_rejects = true, rejects_limit = 1000, "
            "rejects_table = 'REJECTED', rejects_scan = 'SCANNED')"
        )

    def _from(self, scan: str) -> str:
        """The source, its rejects kept in tables of this scan's own."""
        named = self.source.replace("'REJECTED'", f"'{scan}_rejected'")
        return named.replace("'SCANNED'", f"'{scan}_scanned'")

    def _known_words(self, name: str) -> dict[str, str]:
        """The words of a choice, by the first rows; one that comes later makes its row unsure."""
        if not (raw := self._raw(name)):
            return {}
        found = self.con.execute(
            f"SELECT DISTINCT {raw} FROM (SELECT {raw} FROM {self._from(name)} LIMIT 50000) "
            "LIMIT 99"
        ).fetchall()
        return {w[0]: known for w in found if w[0] and (known := choice(name, w[0].strip()))}

    def _rows(self, scan: str = "first") -> str:
        """All rows in the dataset's columns, with a doubt where Python must look."""
        columns = [
            f"{_quoted(self.plan.source)} AS source",
            f"{self._touch_id()} AS touch_id",
            f'{self._at()} AS "at"',
            *(f"{self._text(name)} AS {name}" for name in _TEXTS),
            *(f"{self._word(name)} AS {name}" for name in _WORDS),
            f"{self._doubt()} AS doubt",
            f"{'line' if self.is_parquet else 'row_text'} AS whole",
        ]
        rows = f"SELECT *, {self.whole} AS row_text FROM {self._from(scan)}"
        return f"SELECT {', '.join(columns)} FROM ({rows})"

    def _raw(self, name: str) -> str:
        fill = self.part.fill(name)
        return f"c{self.where[fill.column]}" if fill else ""

    def _filled(self, raw: str) -> str:
        """The cell, NULL where it only says that it is empty."""
        empty = ", ".join(_quoted(e) for e in sorted(_EMPTY_AS_WRITTEN))
        return f"CASE WHEN strlen({raw}) < 7 AND {raw} IN ({empty}) THEN NULL ELSE {raw} END"

    def _text(self, name: str) -> str:
        if not (raw := self._raw(name)):
            return _or_null(self.part.constants.get(name))
        filled = self._filled(raw)
        if name == "person":
            return f"CASE WHEN contains({raw}, '@') THEN lower({filled}) ELSE {filled} END"
        return filled

    def _word(self, name: str) -> str:
        if not (raw := self._raw(name)):
            constant = self.part.constants.get(name)
            return _or_null(choice(name, constant) if constant else None)
        if not self.words[name]:
            return _or_null(None)
        cases = " ".join(
            f"WHEN {_quoted(w)} THEN {_quoted(k)}" for w, k in self.words[name].items()
        )
        return f"CASE {raw} {cases} END"

    def _touch_id(self) -> str:
        raw = self._raw("external_id")
        return self._filled(raw) if raw else "md5(row_text)"

    def _at(self) -> str:
        """The instant in UTC. A shape that DuckDB would read both ways is left to Python."""
        raw = self._raw("at")
        # A plain TIMESTAMP is four times as fast, and in UTC it is the same instant.
        kind = "TIMESTAMPTZ" if self.plan.zone not in ("", "UTC") else "TIMESTAMP"
        iso = f"TRY_CAST({raw} AS {kind})"
        fill = self.part.fill("at")
        order = (fill.day_order if fill else "") or self.plan.day_order
        days = {"day-first": ["%d/%m/%Y"], "month-first": ["%m/%d/%Y"]}.get(order, [])
        shapes = [f"{d}{t}" for d in (*days, "%d.%m.%Y") for t in (" %H:%M:%S", " %H:%M", "")]
        listed = ", ".join(_quoted(shape) for shape in shapes)
        other = f"CAST(try_strptime({raw}, [{listed}]) AS {kind})"
        return f"CAST(CASE WHEN {raw}[5] = '-' THEN {iso} ELSE {other} END AS TIMESTAMPTZ)"

    def _doubt(self) -> str:
        """True where Python must look. `contains` first: it is ten times as fast as a pattern."""
        odd = [f"contains(row_text, {sign})" for sign in _NEVER_SURE]
        odd += ["starts_with(row_text, ' ')", "ends_with(row_text, ' ')"]
        odd += [
            f"contains(row_text, {_quoted(sign)}) AND regexp_matches(row_text, {pattern})"
            for sign, pattern in (
                ("+", r"'\d[eE]\+\d'"),
                ("'", r"'(^|\x1f)\s*''[=+@-]'"),
                (".0", r"'\d\.0\s*(\x1f|$)'"),
            )
        ]
        cells = " OR ".join(f"length(c{i}) > 255" for i in range(self.width))
        odd.append(f"strlen(row_text) > 255 AND ({cells})")
        for name in _WORDS:
            if raw := self._raw(name):
                known = ", ".join(_quoted(w) for w in ["", *self.words[name]])
                odd.append(f"{raw} NOT IN ({known})")
        if raw := self._raw("external_id"):
            odd.append(f"{self._filled(raw)} IS NULL")
        return "(" + " OR ".join(f"({o})" for o in odd) + ")"


def _or_null(constant: str | None) -> str:
    return _quoted(constant) if constant else "CAST(NULL AS VARCHAR)"


def _write_part(rows: list[dict[str, Any]], path: Path) -> None:
    """By DuckDB again: pyarrow beside it would not fit into the child's memory."""
    import duckdb

    plain = path.with_suffix(".csv")
    with plain.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerows([_said(row[name]) for name in TOUCH_COLUMNS] for row in rows)
    types = ", ".join(
        f"'{name}': '{'TIMESTAMPTZ' if name == 'at' else 'VARCHAR'}'" for name in TOUCH_COLUMNS
    )
    with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            f"COPY (SELECT * FROM read_csv({_quoted(str(plain))}, columns = {{{types}}}, "
            "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = '\x01', buffer_size = {4 * LINE_LENGTH}, max_line_size = {LINE_LENGTH})) "
            f"TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
    plain.unlink()


def _said(value: Any) -> str:
    return "\x01" if value is None else str(value)


class _Rest:
    """The rows that DuckDB left, or all of them, read as in any import."""

    def __init__(self, path: Path, plan: Plan, folder: Path, say: Say) -> None:
        self.plan, self.say = plan, say
        self.table = open_table(path, plan.reading)
        self.reader = PartReader(plan.parts[0], plan, self.table, is_main=True)
        self.refused = Refusals(folder / "refused.csv", self.table.columns)
        self.sink = TouchSink(KINDS["touches"], folder, plan, _write_part)
        self.footer = Footer()

    def take(self, unsure: set[str] | None, taken: int) -> bool:
        """Read on; False where DuckDB's rows and these are not the same rows together."""
        by_line = self.plan.reading.format == "parquet"
        width, certain = self.table.width, 0
        for line, cells in self.table.rows:
            if unsure is not None and len(cells) == width:
                key = str(line) if by_line else "\x1f".join(cells)
                if key not in unsure and any(cells):
                    certain += 1
                    continue
            self._look(line, cells, width)
        return unsure is None or certain == taken

    def _look(self, line: int, cells: list[str], width: int) -> None:
        if not any(c.strip() for c in cells) or self.footer.takes(line, cells, width):
            return
        if problem := broken(cells, width, self.plan.reading.format == "csv"):
            self.refused.add(line, cells, self.table, [problem])
            return
        rows, problems = self.reader.read(cells)
        if problems:
            self.refused.add(line, cells, self.table, problems)
        for row in rows:
            self.sink.add(line, row)
        if not self.sink.rows % 20_000:
            done = min(self.table.done(), self.table.total)
            self.say(
                {"progress": {"done": done, "total": self.table.total, "rows": self.sink.rows}}
            )

    def close(self) -> None:
        self.refused.close()
        self.sink.close()
