"""XLSX by expat, streamed: every bound is checked before anything is built.

Our own because a 5 kB file aborts python-calamine, and openpyxl drops rows outside a lying
<dimension>, knows no bound and needs ten times as long.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.limits import (
    CELL_LENGTH,
    SHEET_COLUMNS,
    SHEET_ROWS,
    UNZIPPED,
    ZIP_ENTRIES,
    ZIP_RATIO,
)
from tercet.connectors.reading.table import Row, letter

_CHUNK = 1 << 16
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    UnicodeError,
)
_REFERENCE = re.compile(r"([A-Z]{1,4})(\d{1,9})")
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_SHARED_STRINGS = 2_000_000
_DAY_ZERO = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}


@dataclass(frozen=True)
class Book:
    """What a workbook has to say before its sheets are read."""

    archive: zipfile.ZipFile
    sheets: dict[str, str]  # name → member
    hidden: frozenset[str]
    strings: list[str]
    date_styles: frozenset[int]
    from_1904: bool


def open_book(path: Path) -> Book:
    try:
        archive = zipfile.ZipFile(path)
        _check_archive(archive, path)
        sheets, hidden, from_1904 = _sheets(archive)
        return Book(archive, sheets, hidden, _strings(archive), _date_styles(archive), from_1904)
    except _DAMAGE as error:
        raise ReadingError(
            "the XLSX file is damaged", hint=f"Save it again as XLSX or CSV ({_short(error)})."
        ) from None


def open_rows(path: Path, reading: Reading) -> tuple[Iterator[Row], Callable[[], int], int]:
    book = open_book(path)
    name = reading.sheet or next(iter(book.sheets))
    if name not in book.sheets:
        raise ReadingError(f"there is no sheet “{name}”; it has {', '.join(book.sheets)}")
    member = book.sheets[name]
    rows = sheet_rows(book, name)
    counter = _Counter()
    return _counted(rows, counter), counter.get, _declared(book.archive, member)


class _Counter:
    def __init__(self) -> None:
        self.done = 0

    def get(self) -> int:
        return self.done


def _counted(rows: Iterator[tuple[int, list[str], int]], counter: _Counter) -> Iterator[Row]:
    for line, cells, done in rows:
        counter.done = done
        yield line, cells


def _declared(archive: zipfile.ZipFile, member: str) -> int:
    try:
        return archive.getinfo(member).file_size
    except KeyError:
        return 0


def _check_archive(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    if len(entries) > ZIP_ENTRIES:
        raise ReadingError(
            f"the archive has {len(entries):,} entries; at most {ZIP_ENTRIES} are read"
        )
    declared = sum(e.file_size for e in entries)
    if declared > UNZIPPED:
        raise ReadingError(
            f"it unpacks to {declared:,} bytes; at most {UNZIPPED:,} are read",
            hint="Save it as CSV.",
        )
    if declared > 2**20 and declared > ZIP_RATIO * path.stat().st_size:
        raise ReadingError(
            f"it unpacks to more than {ZIP_RATIO} times its size", hint="Save it as CSV."
        )
    if any(e.flag_bits & 1 for e in entries):
        raise ReadingError("it is locked with a password", hint="Save it without one.")


def _parse(archive: zipfile.ZipFile, member: str, parser: Any) -> Iterator[int]:
    """Feed a member to a parser; the bytes fed so far, after each chunk."""
    _forbid_entities(parser, member)
    fed = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            fed += len(chunk)
            if fed > UNZIPPED:
                raise ReadingError(f"{member} unpacks to more than {UNZIPPED:,} bytes")
            try:
                parser.Parse(chunk, False)
            except expat.ExpatError as error:
                raise ReadingError(
                    f"{member} is damaged", hint=f"Save it again as XLSX or CSV ({_short(error)})."
                ) from None
            yield fed
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ReadingError(
            f"{member} is damaged", hint=f"Save it again as XLSX or CSV ({_short(error)})."
        ) from None
    yield fed


def _forbid_entities(parser: Any, member: str) -> None:
    def refuse(*_: Any) -> None:
        raise ReadingError(f"{member} declares entities, which no spreadsheet writes")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.buffer_text = True


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _starts(archive: zipfile.ZipFile, member: str) -> Iterator[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append((_local(name), attributes))
    for _ in _parse(archive, member, parser):
        yield from found
        found.clear()


def _sheets(archive: zipfile.ZipFile) -> tuple[dict[str, str], frozenset[str], bool]:
    targets: dict[str, str] = {}
    for name, attributes in _starts(archive, "xl/_rels/workbook.xml.rels"):
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "")
            member = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[attributes.get("Id", "")] = posixpath.normpath(member)
    sheets: dict[str, str] = {}
    hidden, from_1904 = set(), False
    for name, attributes in _starts(archive, "xl/workbook.xml"):
        if name == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if _local(k) == "id"), "")
            if relation in targets:
                title = attributes.get("name", "")[:200]
                sheets[title] = targets[relation]
                if attributes.get("state") in ("hidden", "veryHidden"):
                    hidden.add(title)
    if not sheets:
        raise ReadingError(
            "there is no sheet with rows in it", hint="Save it again as XLSX or CSV."
        )
    return sheets, frozenset(hidden), from_1904


def _strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    strings: list[str] = []
    parts: list[str] = []
    state = {"text": False, "phonetic": False}

    def start(name: str, _: dict[str, str]) -> None:
        name = _local(name)
        if name == "si":
            parts.clear()
        elif name == "rPh":
            state["phonetic"] = True
        state["text"] = name == "t" and not state["phonetic"]

    def end(name: str) -> None:
        name = _local(name)
        state["text"] = False
        if name == "rPh":
            state["phonetic"] = False
        elif name == "si":
            if len(strings) >= _SHARED_STRINGS:
                raise ReadingError(
                    f"it has more than {_SHARED_STRINGS:,} texts", hint="Save it as CSV."
                )
            strings.append("".join(parts)[:CELL_LENGTH])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: parts.append(data) if state["text"] else None
    for _ in _parse(archive, "xl/sharedStrings.xml", parser):
        pass
    return strings


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Numbers of the cell styles that show a date."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    custom: dict[int, bool] = {}
    found: set[int] = set()
    in_cells, index = False, 0
    for name, attributes in _starts(archive, "xl/styles.xml"):
        if name == "numFmt":
            custom[_int(attributes.get("numFmtId"))] = _shows_date(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyles", "dxfs", "cellStyleXfs"):
            in_cells = name == "cellXfs"
        elif name == "xf" and in_cells:
            number = _int(attributes.get("numFmtId"))
            if custom.get(number, number in _DATE_FORMATS):
                found.add(index)
            index += 1
    return frozenset(found)


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def _shows_date(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.', "", code.casefold())
    return bool(re.search(r"[ymdhs]", bare)) and "general" not in bare


def sheet_rows(book: Book, name: str) -> Iterator[tuple[int, list[str], int]]:
    """Rows of a sheet as texts: line number, cells, and bytes read so far."""
    sheet = _Sheet(book, name)
    try:
        for done in _parse(book.archive, book.sheets[name], sheet.parser):
            for line, cells in sheet.rows:
                yield line, cells, done
            sheet.rows.clear()
    except _DAMAGE as error:
        raise ReadingError(
            "the sheet is damaged from here on",
            line=sheet.line + 1,
            sheet=name,
            hint=f"Save it again as XLSX or CSV ({_short(error)}).",
        ) from None


class _Sheet:
    """Collects the rows of one sheet while expat walks it."""

    def __init__(self, book: Book, name: str) -> None:
        self.book, self.name = book, name
        self.rows: list[Row] = []
        self.line = 0
        self.cells: list[str] = []
        self.column = -1
        self.type = ""
        self.style = -1
        self.takes = False
        self.parts: list[str] = []
        self.phonetic = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self.phonetic = True
        elif name in ("v", "t"):
            self.takes = not self.phonetic

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = _int(attributes.get("r"))
        self.line = given if given > self.line else self.line + 1
        self.cells = []
        self.column = -1

    def _start_cell(self, attributes: dict[str, str]) -> None:
        match = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = _column(match[1]) if match else self.column + 1
        self.type = attributes.get("t", "n")
        self.style = _int(attributes.get("s"))
        self.parts = []

    def _text(self, data: str) -> None:
        if self.takes:
            self.parts.append(data)

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in ("v", "t"):
            self.takes = False
        elif name == "c" and self.parts:
            self._put(self._value("".join(self.parts)))
        elif name == "rPh":
            self.phonetic = False
        elif name == "row" and self.cells:
            self.rows.append((self.line, self.cells))
            self.cells = []

    def _put(self, value: str) -> None:
        if self.line > SHEET_ROWS or self.column >= SHEET_COLUMNS:
            raise ReadingError(
                f"a sheet of at most {SHEET_ROWS:,} rows and {SHEET_COLUMNS} columns is read",
                sheet=self.name,
                line=self.line,
                column=letter(self.column),
                hint="Delete what lies outside the table, or save it as CSV.",
            )
        if self.column >= len(self.cells):
            self.cells.extend([""] * (self.column + 1 - len(self.cells)))
        self.cells[self.column] = value[:CELL_LENGTH]

    def _value(self, raw: str) -> str:
        if self.type == "s":
            index = _int(raw.strip())
            if not 0 <= index < len(self.book.strings):
                raise ReadingError(
                    "a cell points at a text that is not there",
                    sheet=self.name,
                    line=self.line,
                    column=letter(self.column),
                )
            return self.book.strings[index]
        if self.type == "n":
            return self._number(raw.strip())
        if self.type == "b":
            return "true" if raw.strip() == "1" else "false"
        return raw

    def _number(self, raw: str) -> str:
        try:
            number = float(raw)
        except ValueError:
            return raw
        if self.style in self.book.date_styles:
            return _date_text(number, self.book.from_1904) or raw
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        # Excel shows fifteen digits; the rest is what binary fractions leave behind.
        return format(number, ".15g") if abs(number) < 1e15 else raw


def _column(letters: str) -> int:
    number = 0
    for c in letters:
        number = number * 26 + ord(c) - 64
    return number - 1


def _date_text(number: float, from_1904: bool) -> str:
    if not 0 < number < 2_958_466:
        return ""
    at = _DAY_ZERO[from_1904] + timedelta(days=number)
    at = (at + timedelta(microseconds=500_000)).replace(microsecond=0)
    if number < 1:
        return at.strftime("%H:%M:%S")
    return at.strftime("%Y-%m-%d" if number.is_integer() else "%Y-%m-%d %H:%M:%S")
