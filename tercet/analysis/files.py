"""Tables from CSV and Parquet files, for the command line; a bad value is named with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tercet.analysis.errors import BadFile, BadRow, BadValue, MissingColumn
from tercet.analysis.rounding import minor_digits
from tercet.analysis.tables import DEALS, LEADS, Shape

_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Sheet:
    """A file as rows of text: `lines` says where each row stands, the header being line 1."""

    name: str
    header: tuple[str, ...]
    rows: list[Sequence[Any]]
    lines: Sequence[int]

    def column(self, name: str) -> list[Any]:
        if name not in self.header:
            raise MissingColumn(name, self.name, self.header)
        at = self.header.index(name)
        return [row[at] for row in self.rows]


def read_sheet(path: Path | str) -> Sheet:
    """Read a CSV (comma, semicolon, tab or bar; UTF-8) or Parquet file whole.

    Parameters
    ----------
    path : path
        Ends in `.parquet`, else it is read as CSV.

    Returns
    -------
    Sheet
        Every cell of a CSV is text; cells of a Parquet file keep their types.

    Raises
    ------
    BadFile
        The file is missing, empty, not UTF-8, not Parquet, or names a column twice.
    BadRow
        A row has more or fewer fields than the header.

    Examples
    --------
    >>> read_sheet("no/such.csv")
    Traceback (most recent call last):
    ...
    tercet.analysis.errors.BadFile: There is no file “such.csv”.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFile(f"There is no file “{path.name}”.")
    sheet = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    twice = {name for name in sheet.header if sheet.header.count(name) > 1}
    if twice:
        raise BadFile(f"{path.name}, line 1: column “{sorted(twice)[0]}” comes twice.")
    return sheet


def _parquet(path: Path) -> Sheet:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile(f"{path.name} can't be read as Parquet: {error}.") from error
    columns = [column.to_pylist() for column in table.columns]
    rows: list[Sequence[Any]] = list(zip(*columns, strict=True))
    return Sheet(path.name, tuple(table.column_names), rows, range(2, len(rows) + 2))


def _csv(path: Path) -> Sheet:
    text = _decoded(path)
    first = text.partition("\n")[0]
    if not first.strip():
        raise BadFile(f"{path.name} is empty; its first line must name the columns.")
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = tuple(name.strip() for name in next(reader))
    rows: list[Sequence[Any]] = []
    lines: list[int] = []
    line = reader.line_num + 1
    try:
        for row in reader:
            if row:
                if len(row) != len(header):
                    raise BadRow(path.name, line, len(row), len(header))
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(f"{path.name}, line {line}: {error}.") from error
    return Sheet(path.name, header, rows, lines)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(
            f"{path.name}, line {line}: found byte 0x{raw[error.start]:02x}, expected UTF-8."
        ) from error


def renamed(sheet: Sheet, names: Mapping[str, str]) -> Sheet:
    """Give columns the names that the analysis knows.

    Parameters
    ----------
    sheet : Sheet
    names : mapping
        From the analysis's name to the file's; names that this file lacks are passed over.

    Returns
    -------
    Sheet

    Examples
    --------
    >>> renamed(Sheet("a.csv", ("first_contact",), [], []), {"created_on": "first_contact"}).header
    ('created_on',)
    """
    back = {theirs: ours for ours, theirs in names.items() if theirs in sheet.header}
    kept = tuple(back.get(name, name if name not in names else f"{name}?") for name in sheet.header)
    return Sheet(sheet.name, kept, sheet.rows, sheet.lines)


def rows_table(sheets: Sequence[Sheet], *, currency: str | None = None) -> Any:
    """Make one table of LEADS or DEALS from files with a row per lead or deal.

    A file that lacks `created_on` but shares the first file's `lead` (or `deal`) column adds
    its columns to those rows; any other adds rows.

    Parameters
    ----------
    sheets : sequence of Sheet
        Columns by their names in LEADS or DEALS. `amount` in whole units of the currency, with
        a decimal point, is read as `amount_minor`. An id may be any text.
    currency : str, optional
        Currency of the amounts where the file has no such column.

    Returns
    -------
    pyarrow.Table
        Columns of the shape that some file has.

    Raises
    ------
    MissingColumn
        A required column is in no file.
    BadValue
        A value can't be read, or an id that must be found is not.

    Examples
    --------
    >>> sheet = Sheet("a.csv", ("lead", "created_on"), [["x", "2026-01-31"]], [2])
    >>> rows_table([sheet]).to_pylist()
    [{'lead': 0, 'created_on': datetime.date(2026, 1, 31)}]
    """
    shape = DEALS if "deal" in sheets[0].header and "won" not in sheets[0].header else LEADS
    key = shape.row
    if key not in sheets[0].header:
        raise MissingColumn(key, sheets[0].name, sheets[0].header)
    rows: dict[str, dict[str, Any]] = {}
    for sheet in sheets:
        joins = sheet is not sheets[0] and "created_on" not in sheet.header
        for line, found in _read_rows(sheet, shape, currency):
            name = found.pop(key)
            if joins and name not in rows:
                raise BadValue(sheet.name, line, key, name, f"a {key} of {sheets[0].name}")
            if not joins and name in rows:
                raise BadValue(sheet.name, line, key, name, f"each {key} once")
            rows.setdefault(name, {}).update(found)
    return _as_arrow(rows, shape, sheets[0])


def _read_rows(
    sheet: Sheet, shape: Shape, currency: str | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    key, readers = shape.row, _readers(sheet, shape)
    if key not in sheet.header:
        raise MissingColumn(key, sheet.name, sheet.header)
    at = {name: sheet.header.index(name) for name in readers}
    money = sheet.header.index("amount") if "amount" in sheet.header else None
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        found: dict[str, Any] = {}
        for name, read in readers.items():
            cell = row[at[name]]
            try:
                found[name] = None if cell is None or cell == "" else read(cell)
            except _Unreadable as error:
                raise BadValue(sheet.name, line, name, str(cell), str(error)) from error
        if found[key] is None:
            raise BadValue(sheet.name, line, key, "", f"the {key}'s id")
        if shape is LEADS and "created_on" in readers and found["created_on"] is None:
            raise BadValue(sheet.name, line, "created_on", "", "a day such as 2026-01-31")
        if money is not None:
            known = found.get("currency") or currency
            amount = _amount(sheet, line, "amount", row[money], known)
            found["amount_minor"] = amount
            found["currency"] = known if amount is not None else None
        elif currency and found.get("amount_minor") is not None:
            found["currency"] = found.get("currency") or currency
        yield line, found


class _Unreadable(ValueError):
    """What was expected instead."""


def _readers(sheet: Sheet, shape: Shape) -> dict[str, Callable[[Any], Any]]:
    by_type: dict[str, Callable[[Any], Any]] = {
        "int64": _whole,
        "date": _day,
        "string": str,
        "boolean": _yes,
    }
    found = {
        column.name: by_type.get(column.type, _instant)
        for column in shape.columns
        if column.name in sheet.header
    }
    return {name: (str if name in ("lead", "deal") else read) for name, read in found.items()}


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip()[:10]) if _tail_is_time(str(cell)) else _no_day()
    except ValueError:
        return _no_day()


def _tail_is_time(cell: str) -> bool:
    tail = cell.strip()[10:]
    if not tail:
        return True
    try:
        datetime.fromisoformat(cell.strip().replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def _no_day() -> date:
    raise _Unreadable("a day such as 2026-01-31")


def _instant(cell: Any) -> datetime:
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(str(cell).strip().replace("Z", "+00:00"))
    except ValueError:
        raise _Unreadable("an instant such as 2026-01-31T09:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _yes(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    try:
        return _YES[str(cell).strip().lower()]
    except KeyError:
        raise _Unreadable("yes or no") from None


def _whole(cell: Any) -> int:
    try:
        return int(str(cell).strip())
    except ValueError:
        raise _Unreadable("a whole number") from None


def decimal(sheet: Sheet, line: int, column: str, cell: Any) -> Decimal | None:
    """Read a number with a decimal point; None where the cell is empty.

    Parameters
    ----------
    sheet : Sheet
    line : int
    column : str
        Both for the error text.
    cell : text or number

    Returns
    -------
    decimal.Decimal or None

    Raises
    ------
    BadValue
        It is no number, is negative, or has a decimal comma.

    Examples
    --------
    >>> decimal(Sheet("a.csv", (), [], []), 2, "won", "158.4")
    Decimal('158.4')
    """
    if cell is None or str(cell).strip() == "":
        return None
    text = str(cell).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        expected = "a number of at least 0, with a decimal point, such as 1200.50"
        raise BadValue(sheet.name, line, column, text, expected)
    return number


def minor(number: Decimal, currency: str | None) -> int:
    """Whole minor units of an amount, half to even.

    Parameters
    ----------
    number : decimal.Decimal
        In whole units of the currency.
    currency : str or None

    Returns
    -------
    int

    Examples
    --------
    >>> minor(Decimal("1200.50"), "EUR"), minor(Decimal("1200"), "JPY")
    (120050, 1200)
    """
    return int((number * 10 ** minor_digits(currency)).to_integral_value(ROUND_HALF_EVEN))


def _amount(sheet: Sheet, line: int, column: str, cell: Any, currency: str | None) -> int | None:
    number = decimal(sheet, line, column, cell)
    return None if number is None else minor(number, currency)


def _as_arrow(rows: dict[str, dict[str, Any]], shape: Shape, sheet: Sheet) -> Any:
    import pyarrow as pa

    from tercet.analysis.tables import arrow_schema

    schema = arrow_schema(shape)
    if not rows:
        raise BadFile(f"{sheet.name} has no rows.")
    seen: dict[str, None] = {}
    for row in rows.values():
        seen.update(dict.fromkeys(row))
    for column in shape.columns:
        if column.required and column.name != shape.row and column.name not in seen:
            raise MissingColumn(column.name, sheet.name, sheet.header)
    columns: dict[str, Any] = {shape.row: list(range(len(rows)))}
    for name in shape.names:
        if name in seen and name != shape.row and not (shape is DEALS and name == "lead"):
            columns[name] = [row.get(name) for row in rows.values()]
    fields = [schema.field(name) for name in columns]
    return pa.table(columns, schema=pa.schema(fields))
