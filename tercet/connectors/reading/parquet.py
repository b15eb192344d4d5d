"""Parquet as rows of text, so that one path converts every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.limits import COLUMNS
from tercet.connectors.reading.table import Row

_ROWS_AT_ONCE = 2_000


def open_rows(path: Path, reading: Reading) -> tuple[Iterator[Row], Callable[[], int], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
        names = file.schema_arrow.names
        total = file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(error) from None
    if len(names) > COLUMNS:
        raise ReadingError(f"it has {len(names):,} columns; at most {COLUMNS:,} are read", line=1)
    counter = [0]
    return _rows(file, names, counter), lambda: counter[0], total


def _rows(file: Any, names: list[str], counter: list[int]) -> Iterator[Row]:
    import pyarrow as pa

    yield 1, [str(name) for name in names]
    line = 1
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
            columns = [[_text(v) for v in column.to_pylist()] for column in batch.columns]
            for cells in zip(*columns, strict=True):
                line += 1
                yield line, list(cells)
            counter[0] = line
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _damaged(error, line + 1) from None


def _damaged(error: Exception, line: int | None = None) -> ReadingError:
    return ReadingError(
        "the Parquet file is damaged", line=line, hint=" ".join(str(error).split())[:160]
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(UTC)
        return str(value.isoformat(" "))
    if isinstance(value, date):
        return str(value.isoformat())
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal | int):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return "; ".join(_text(v) for v in value)
    return str(value)
