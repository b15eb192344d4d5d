"""Refused rows: why a row is not whole, and the file in which they are handed back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tercet.connectors.reading.cells import Problem
from tercet.connectors.reading.table import REFUSED_PREFIX, Table, letter

_SHOWN = 100
REFUSED_COLUMNS = tuple(
    REFUSED_PREFIX + name for name in ("line", "column", "value", "expected", "reason")
)


def broken(cells: list[str], width: int, is_csv: bool) -> Problem | None:
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
        if len(self.first) < _SHOWN:
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
