"""Look at a file without taking anything from it: its format, its header, its columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading import text
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.footer import Footer
from tercet.connectors.reading.profile import ColumnWatch, Profile, find_type
from tercet.connectors.reading.table import Row, Table, find_format, open_table, readable

PROFILED_ROWS = 20_000
_HEAD = 60


def sniff(path: Path, options: dict[str, Any]) -> Profile:
    reading, sheets = _reading(path, options)
    header_line, titles = _find_header(path, reading, options.get("header_line") or 0)
    reading = replace(reading, header_line=header_line)
    table = open_table(path, reading)
    return _profile(options.get("name") or path.name, reading, table, sheets, titles)


def _reading(path: Path, options: dict[str, Any]) -> tuple[Reading, tuple[str, ...]]:
    found = find_format(path)
    if found == "csv":
        return text.look(path, options.get("encoding", ""), options.get("separator", "")), ()
    if found == "parquet":
        return Reading("parquet"), ()
    from tercet.connectors.reading import xlsx

    book = xlsx.open_book(path)
    names = tuple(n for n in book.sheets if n not in book.hidden) or tuple(book.sheets)
    sheet = options.get("sheet") or _fullest_sheet(book, names)
    return Reading("xlsx", sheet=sheet), names


def _fullest_sheet(book: Any, names: tuple[str, ...]) -> str:
    """The first sheet that holds a table: a cover sheet has one column or few rows."""
    from tercet.connectors.reading.xlsx import sheet_rows

    for name in names:
        rows = list(islice(sheet_rows(book, name), 5))
        if sum(sum(1 for c in cells if c.strip()) > 1 for _, cells, _ in rows) >= 2:
            return name
    return names[0]


def _find_header(path: Path, reading: Reading, given: int) -> tuple[int, tuple[str, ...]]:
    """The header's line, and the titles above it."""
    if reading.format == "parquet":
        return 1, ()
    if reading.format == "xlsx":
        from tercet.connectors.reading.xlsx import open_rows
    else:
        from tercet.connectors.reading.text import open_rows
    rows, _, _ = open_rows(path, reading)
    head = [(line, cells) for line, cells in islice(rows, _HEAD) if any(c.strip() for c in cells)]
    if not head:
        raise ReadingError("there is no row in it", sheet=reading.sheet)
    at = _header_index(head, given)
    titles = tuple(
        " ".join(c.strip() for c in readable(cells) if c.strip())[:120] for _, cells in head[:at]
    )
    return head[at][0], titles


def _header_index(head: list[Row], given: int) -> int:
    if given:
        return next((i for i, (line, _) in enumerate(head) if line >= given), 0)
    width = _usual_width(head)
    for index, (_, cells) in enumerate(head):
        filled = [c.strip() for c in cells if c.strip()]
        if len(filled) >= max(1, min(2, width), width * 0.6) and _is_header(filled):
            return index
    return next((i for i, (_, cells) in enumerate(head) if len(_trimmed(cells)) >= width * 0.6), 0)


def _usual_width(head: list[Row]) -> int:
    widths = Counter(len(_trimmed(cells)) for _, cells in head)
    widest = max(widths)
    many = {w: n for w, n in widths.items() if w >= widest * 0.5}
    return max(many, key=lambda w: (many[w], w))


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _is_header(filled: list[str]) -> bool:
    if len(filled) == 1 and re.fullmatch(r"sep=.", filled[0]):
        return False
    values = sum(find_type(c) not in ("text", "id", "boolean") for c in filled)
    return values <= len(filled) * 0.2


def _profile(
    name: str, reading: Reading, table: Table, sheets: tuple[str, ...], titles: tuple[str, ...]
) -> Profile:
    watches = [ColumnWatch(n, p) for n, p in zip(table.columns, table.positions, strict=True)]
    footer = Footer()
    seen = ragged = 0
    rows = iter(table.rows)
    for line, raw in islice(rows, PROFILED_ROWS):
        cells = readable(raw)
        if not any(cells) or not any(c.strip() for c in cells):
            continue
        if footer.takes(line, cells, table.width):
            continue
        if (
            reading.format == "csv"
            and len(cells) != table.width
            and len(_trimmed(cells)) != table.width
        ):
            ragged += 1
            if len(cells) < table.width:
                continue
        seen += 1
        for watch in watches:
            if watch.position < len(cells):
                watch.see(cells[watch.position].replace("\x00", ""))
            else:
                watch.total += 1
    more = next(rows, None)
    count = seen if more is None else _estimate(table, seen, more)
    return Profile(
        name,
        reading,
        tuple(watch.profile() for watch in watches),
        count,
        more is None,
        sheets,
        titles,
        tuple(footer.texts),
        ragged,
    )


def _estimate(table: Table, seen: int, more: Row) -> int:
    """How many rows the file has, by the share of it that was read so far."""
    rest = chain([more], table.rows)
    if table.total <= 0 or table.done() <= 0:
        return seen + sum(1 for _ in rest)
    return round(seen * table.total / min(table.done(), table.total))
