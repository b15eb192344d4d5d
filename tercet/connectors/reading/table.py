"""Any file as a table: a header, and rows of text with the line that each began on."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.limits import COLUMNS

Row = tuple[int, list[str]]
REFUSED_PREFIX = "refused_"


@dataclass(frozen=True)
class Table:
    """`columns` are unique; `rows` starts after the header; `done` counts what was read."""

    columns: tuple[str, ...]
    positions: tuple[int, ...]
    rows: Iterator[Row]
    done: Callable[[], int]
    total: int
    width: int  # cells of a whole row, those that are left out included


def find_format(path: Path) -> str:
    """csv, xlsx or parquet, by content; a file that is none of them is refused by name."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\x1f\x8b"):
        start = _gzip_start(path)
    if start.startswith(b"PK"):
        return _zip_format(path)
    if start.startswith(b"PAR1"):
        return "parquet"
    for magic, what in _NOT_TABLES.items():
        if start.startswith(magic):
            raise ReadingError(f"this is {what}, not a table", hint="Save it as CSV or XLSX.")
    return "csv"


_NOT_TABLES = {
    b"\xd0\xcf\x11\xe0": "an old or locked Excel file (.xls)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"BZh": "a bzip2 archive",
    b"(\xb5/\xfd": "a Zstandard archive",
    b"SQLite f": "a SQLite database",
    b"\x7fELF": "a program",
}


def _gzip_start(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(8)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ReadingError("the gzip archive is damaged", hint=str(error)) from None


def _zip_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, UnicodeError):
        raise ReadingError(
            "the XLSX file is damaged: its archive can't be opened",
            hint="Save it again as CSV or XLSX.",
        ) from None
    if "xl/workbook.xml" in names or "_rels/.rels" in names:
        return "xlsx"
    raise ReadingError(
        "this is a zip archive, not a table", hint="Unpack it and bring in one file."
    )


def open_table(path: Path, reading: Reading) -> Table:
    """Open a file the way `reading` says, up to its first row after the header."""
    if reading.format == "xlsx":
        from tercet.connectors.reading.xlsx import open_rows
    elif reading.format == "parquet":
        from tercet.connectors.reading.parquet import open_rows
    else:
        from tercet.connectors.reading.text import open_rows
    rows, done, total = open_rows(path, reading)
    header = _header(rows, reading)
    columns, positions = name_columns(header)
    if not columns:
        raise ReadingError("there is no header", line=reading.header_line, sheet=reading.sheet)
    width = max(i for i, name in enumerate(header) if name.strip()) + 1
    return Table(columns, positions, rows, done, total, width)


def _header(rows: Iterator[Row], reading: Reading) -> list[str]:
    for line, cells in rows:
        if line >= reading.header_line:
            return cells
    raise ReadingError("there is no row in it", sheet=reading.sheet)


def name_columns(header: list[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Unique names and where each stands: an empty name gets its letter, a second one a number.

    Columns that an earlier refusal added (`refused_…`) are left out.
    """
    if len(header) > COLUMNS:
        raise ReadingError(
            f"it has {len(header):,} columns; at most {COLUMNS:,} are read",
            line=1,
            column=letter(COLUMNS),
            hint="Remove the columns that you don’t need.",
        )
    while header and not header[-1].strip():
        header = header[:-1]
    names: list[str] = []
    positions: list[int] = []
    taken: set[str] = set()
    for position, raw in enumerate(header):
        name = " ".join(raw.replace("\x00", "").split())[:200]
        if name.startswith(REFUSED_PREFIX):
            continue
        name = _unique(readable([name])[0] or f"Column {letter(position)}", taken)
        taken.add(name)
        names.append(name)
        positions.append(position)
    return tuple(names), tuple(positions)


def readable(cells: list[str]) -> list[str]:
    """The cells without the stand-ins for bytes that are no text: what may be shown and stored."""
    try:
        "\x1f".join(cells).encode()
    except UnicodeEncodeError:
        return [cell.encode("utf-8", "replace").decode() for cell in cells]
    return cells


def _unique(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def letter(position: int) -> str:
    """The column's letter in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
