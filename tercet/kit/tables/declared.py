"""What a table declares: its columns and its filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from markupsafe import Markup

from tercet.kit.dates import show_day, show_instant
from tercet.kit.numbers import NOTHING, number

Options = Sequence[tuple[Any, str]] | Callable[[], Sequence[tuple[Any, str]]]
Lookup = str | Callable[[QuerySet[Any], Any], QuerySet[Any]]


@dataclass(frozen=True)
class Column:
    """`sort` is a field path or annotation, or None; `cell` a dotted path or a function of the row.

    `csv` gives the raw value where the cell is drawn for people. A column of a person's name is
    `is_person`, and is not there when a figure is opened without names.
    """

    name: str
    label: str
    sort: str | None = None
    cell: str | Callable[[Any], Any] | None = None
    csv: str | Callable[[Any], Any] | None = None
    link: Callable[[Any], str] | None = None
    is_number: bool = False
    is_person: bool = False

    def value(self, row: Any) -> Any:
        return _read(row, self.name if self.cell is None else self.cell)

    def raw(self, row: Any) -> Any:
        return self.value(row) if self.csv is None else _read(row, self.csv)

    def text(self, row: Any) -> str | Markup:
        """As the page shows it."""
        value = self.value(row)
        if value is None or value == "":
            return NOTHING
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, datetime):
            return show_instant(value)
        if isinstance(value, date):
            return show_day(value)
        if self.is_number and isinstance(value, (int, float)):
            return number(value, 0 if isinstance(value, int) else 1)
        return value if isinstance(value, Markup) else str(value)


@dataclass(frozen=True)
class Filter:
    """`kind`: choice (one or several of `options`), text, bool, daterange (`name_from`, `name_to`).

    `lookup` is a field path, or a function that takes the queryset and the value: a list of
    strings, a text, a bool, or a pair of days that may be None.
    """

    name: str
    label: str
    kind: str
    lookup: Lookup
    options: Options = ()
    is_person: bool = False

    def choices(self) -> list[tuple[str, str]]:
        options = self.options() if callable(self.options) else self.options
        return [(str(value), label) for value, label in options]

    @property
    def keys(self) -> tuple[str, ...]:
        return (
            (f"{self.name}_from", f"{self.name}_to") if self.kind == "daterange" else (self.name,)
        )


def _read(row: Any, how: str | Callable[[Any], Any]) -> Any:
    if callable(how):
        return how(row)
    for name in how.split("."):
        row = getattr(row, name, None)
        if row is None:
            return None
    return row
