"""Where rows go: one Parquet file per kind; touches as sorted parts of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tercet.connectors.mapping.fields import Kind
from tercet.connectors.mapping.plan import Plan

WritePart = Callable[[list[dict[str, Any]], Path], None]
_AT_ONCE = 10_000
_TOUCHES_AT_ONCE = 50_000
TOUCH_COLUMNS = (
    "source",
    "touch_id",
    "at",
    "person",
    "company",
    "campaign",
    "channel",
    "kind",
    "direction",
)


def open_sink(kind: Kind, folder: Path, plan: Plan) -> Sink | TouchSink:
    if kind.name == "touches":
        return TouchSink(kind, folder, plan)
    return Sink(kind, folder)


class Sink:
    """Rows of one kind on their way into Parquet."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.parts: list[str] = []
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


class TouchSink:
    """Touches on their way into parts, each sorted by time, beside those that DuckDB wrote."""

    def __init__(
        self, kind: Kind, folder: Path, plan: Plan, write: WritePart | None = None
    ) -> None:
        self.kind, self.plan = kind, plan
        self.write = write or _write_part
        self.name = "touches"
        self.parts: list[str] = []
        self.rows = 0
        self._folder = folder
        self._zone = ZoneInfo(plan.zone or "UTC")
        self._waiting: list[dict[str, Any]] = []
        (folder / self.name).mkdir(exist_ok=True)

    def add(self, line: int, row: dict[str, Any]) -> None:
        self._waiting.append(self._touch(row))
        self.rows += 1
        if len(self._waiting) >= _TOUCHES_AT_ONCE:
            self._flush()

    def _touch(self, row: dict[str, Any]) -> dict[str, Any]:
        touch = {name: row.get(name) for name in TOUCH_COLUMNS}
        day = row["on"]
        touch["at"] = row.get("at") or datetime(
            day.year, day.month, day.day, tzinfo=self._zone
        ).astimezone(UTC)
        touch["source"] = self.plan.source
        touch["touch_id"] = row["external_id"]
        return touch

    def _flush(self) -> None:
        rows = sorted(self._waiting, key=lambda t: t["at"])
        name = f"{self.name}/rows_{len(self.parts):05}.parquet"
        self.write(rows, self._folder / name)
        self.parts.append(name)
        self._waiting.clear()

    def close(self) -> None:
        if self._waiting:
            self._flush()


def _write_part(rows: list[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"at": pa.timestamp("us", "UTC")}
    fields = pa.schema([(name, types.get(name, pa.string())) for name in TOUCH_COLUMNS])
    pq.write_table(pa.Table.from_pylist(rows, fields), path, compression="zstd")


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
