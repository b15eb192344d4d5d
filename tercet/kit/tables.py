"""Declarative tables: keyset pages, sort and filters from the URL by allow-list, CSV.

    DEALS = Table(
        columns=[
            Column("name", "Deal", sort="name", link=lambda deal: deal.url),
            Column("amount", "Amount", sort="amount_minor", cell=amount, is_number=True),
            Column("owner", "Owner", sort="owner__name", cell="owner.name", is_person=True),
        ],
        filters=[Filter("stage", "Stage", "choice", "stage_id", options=stages)],
        default_sort="-amount",
        search=["name", "company__name"],
    )
    page = DEALS.page(Deal.objects.visible_to(member), request.GET)

A page costs two queries: its rows, and a count that stops at 10,001. Rows without a value in the
sorted column come last in both directions; ties go by id. Text sorts by its bytes on every
database, so a list by name sorts by a column filled with `sort_key(name)`.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connections, models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Collate
from django.http import StreamingHttpResponse
from django.utils import timezone
from markupsafe import Markup

from tercet.kit.dates import show_day, show_instant
from tercet.kit.numbers import NOTHING, number

PAGE_SIZE = 50
MOST_COUNTED = 10_000
LONGEST_TEXT = 200
CSV_CHUNK = 2_000
RESERVED = frozenset({"sort", "after", "before", "q", "format"})
# A spreadsheet runs a cell that begins with one of these, full-width signs included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 (the signs themselves)

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


@dataclass(frozen=True)
class Chosen:
    """A filter as the URL has it. `params` is what of the URL was understood."""

    filter: Filter
    choices: list[tuple[str, str]]
    value: Any = None
    params: dict[str, list[str]] = field(default_factory=dict)
    shown: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        return self.filter.name

    @property
    def label(self) -> str:
        return self.filter.label

    @property
    def kind(self) -> str:
        return self.filter.kind

    def given(self, key: str) -> str:
        return self.params.get(key, [""])[0]

    @property
    def is_set(self) -> bool:
        return bool(self.params)


@dataclass(frozen=True)
class Head:
    """A column's heading with where a click on it leads."""

    column: Column
    url: str
    direction: str

    @property
    def label(self) -> str:
        return self.column.label


@dataclass(frozen=True)
class Chip:
    label: str
    remove_url: str


@dataclass(frozen=True)
class TablePage:
    """One page of rows and every link around it, ready to draw."""

    heads: list[Head]
    rows: list[Any]
    filters: list[Chosen]
    sort: str
    q: str
    has_search: bool
    count: int
    is_more_than_counted: bool
    previous_url: str
    next_url: str
    clear_url: str
    csv_url: str
    chips: list[Chip]
    kept: dict[str, str]
    without_names: bool

    @property
    def columns(self) -> list[Column]:
        return [head.column for head in self.heads]

    @property
    def count_text(self) -> str:
        return f"{number(self.count)}{'+' if self.is_more_than_counted else ''}"

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)


class Table:
    def __init__(
        self,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        *,
        default_sort: str,
        search: Sequence[str] | Callable[[QuerySet[Any], str], QuerySet[Any]] = (),
        search_reads_persons: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self.columns = list(columns)
        self.filters = list(filters)
        self.default_sort = default_sort
        self.search = search
        self.search_reads_persons = search_reads_persons
        self.page_size = page_size
        self._check()

    def page(
        self,
        queryset: QuerySet[Any],
        params: Any,
        *,
        keep: Mapping[str, str] | None = None,
        without_names: bool = False,
    ) -> TablePage:
        """One page. `params` is `request.GET`; `keep` are the page's own keys for every link."""
        asked = self._read(queryset, params, dict(keep or {}), without_names)
        found = asked.narrow(queryset)
        rows, previous, following = self._rows(found, asked)
        counted = found.order_by()[: MOST_COUNTED + 1].count()
        return TablePage(
            heads=[asked.head(column) for column in asked.columns],
            rows=rows,
            filters=asked.chosen,
            sort=asked.sort,
            q=asked.q,
            has_search=asked.has_search,
            count=min(counted, MOST_COUNTED),
            is_more_than_counted=counted > MOST_COUNTED,
            previous_url=asked.url(before=previous) if previous else "",
            next_url=asked.url(after=following) if following else "",
            clear_url=asked.url(filters=[], q=""),
            csv_url=asked.url(format="csv"),
            chips=asked.chips(),
            kept=asked.kept_by_form(),
            without_names=without_names,
        )

    def csv(
        self,
        queryset: QuerySet[Any],
        params: Any,
        *,
        filename: str = "rows.csv",
        without_names: bool = False,
    ) -> StreamingHttpResponse:
        """All rows that the filters leave, streamed in the page's order."""
        asked = self._read(queryset, params, {}, without_names)
        found = asked.narrow(queryset).annotate(table_key=asked.key.expression)
        found = _ordered(found, asked.key, is_reversed=asked.is_descending)
        lines = _csv_lines(asked.columns, found, timezone.get_current_timezone())
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        safe = "".join(c for c in filename if c.isalnum() or c in "-_.") or "rows.csv"
        response["Content-Disposition"] = f'attachment; filename="{safe}"'
        return response

    def _read(
        self, queryset: QuerySet[Any], params: Any, keep: dict[str, str], without_names: bool
    ) -> "_Asked":
        columns = [c for c in self.columns if not (without_names and c.is_person)]
        filters = [f for f in self.filters if not (without_names and f.is_person)]
        has_search = bool(self.search) and not (without_names and self.search_reads_persons)
        sort = _allowed_sort(_last(params, "sort"), columns, self.default_sort)
        column = next(c for c in columns if c.name == sort.removeprefix("-"))
        return _Asked(
            table=self,
            columns=columns,
            chosen=[_choose(one, params) for one in filters],
            sort=sort,
            key=_Key.of(queryset, column.sort or ""),
            q=_clean_text(_last(params, "q")) if has_search else "",
            has_search=has_search,
            keep=keep,
            after=_last(params, "after"),
            before=_last(params, "before"),
        )

    def _rows(self, found: QuerySet[Any], asked: "_Asked") -> tuple[list[Any], str, str]:
        """The page's rows and the cursors before and after it, empty where it ends."""
        is_back, cursor = bool(asked.before), asked.before or asked.after
        place = asked.key.read_cursor(cursor, asked.sort) if cursor else None
        is_back = is_back and place is not None
        found = found.annotate(table_key=asked.key.expression)
        if place is not None:
            found = found.filter(asked.key.beyond(place, asked.is_descending, is_back))
        is_reversed = asked.is_descending != is_back
        ordered = _ordered(found, asked.key, is_reversed=is_reversed, nulls_first=is_back)
        rows = list(ordered[: self.page_size + 1])
        has_more = len(rows) > self.page_size
        rows = rows[: self.page_size]
        if is_back:
            rows.reverse()
        has_previous = has_more if is_back else place is not None
        has_next = is_back or has_more
        previous = asked.key.cursor(rows[0], asked.sort) if rows and has_previous else ""
        following = asked.key.cursor(rows[-1], asked.sort) if rows and has_next else ""
        return rows, previous, following

    def _check(self) -> None:
        """Mistakes of the declaration show at import, not on somebody's page."""
        sortable = {c.name for c in self.columns if c.sort and not c.is_person}
        if self.default_sort.removeprefix("-") not in sortable:
            raise ValueError(
                f"default_sort {self.default_sort!r} is not one of {sorted(sortable)}."
            )
        keys = [key for one in self.filters for key in one.keys]
        if clash := RESERVED.intersection(keys) or {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"Filters may not be called {sorted(clash)}.")
        if unknown := {f.kind for f in self.filters} - {"choice", "text", "bool", "daterange"}:
            raise ValueError(
                f"A filter is a choice, text, bool or daterange, not {sorted(unknown)}."
            )


@dataclass(frozen=True)
class _Asked:
    """What the URL asks for, of what the table allows."""

    table: Table
    columns: list[Column]
    chosen: list[Chosen]
    sort: str
    key: "_Key"
    q: str
    has_search: bool
    keep: dict[str, str]
    after: str
    before: str

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for one in self.chosen:
            if one.is_set:
                queryset = _narrow(queryset, one)
        if not self.q:
            return queryset
        if callable(self.table.search):
            return self.table.search(queryset, self.q)
        found = Q()
        for path in self.table.search:
            found |= Q(**{f"{path}__icontains": self.q})
        return queryset.filter(found)

    def url(
        self,
        *,
        filters: Iterable[Chosen] | None = None,
        sort: str | None = None,
        q: str | None = None,
        **more: str,
    ) -> str:
        pairs: list[tuple[str, str]] = list(self.keep.items())
        for one in self.chosen if filters is None else filters:
            pairs += [(key, value) for key, values in one.params.items() for value in values]
        q = self.q if q is None else q
        sort = self.sort if sort is None else sort
        pairs += [("q", q)] if q else []
        pairs += [("sort", sort)] if sort != self.table.default_sort else []
        pairs += [(key, value) for key, value in more.items() if value]
        return "?" + urlencode(pairs)

    def head(self, column: Column) -> Head:
        if not column.sort:
            return Head(column, "", "")
        is_here = column.name == self.sort.removeprefix("-")
        flipped = column.name if self.is_descending else f"-{column.name}"
        first = f"-{column.name}" if column.is_number else column.name
        direction = ("descending" if self.is_descending else "ascending") if is_here else "none"
        return Head(column, self.url(sort=flipped if is_here else first), direction)

    def chips(self) -> list[Chip]:
        chips = [Chip(f"“{self.q}”", self.url(q=""))] if self.q else []
        for one in self.chosen:
            if one.is_set:
                others = [other for other in self.chosen if other is not one]
                chips.append(Chip(f"{one.label}: {one.shown}", self.url(filters=others)))
        return chips

    def kept_by_form(self) -> dict[str, str]:
        is_default = self.sort == self.table.default_sort
        return self.keep if is_default else {**self.keep, "sort": self.sort}


@dataclass(frozen=True)
class _Key:
    """The sorted column: where it lies, whether it may be empty, and its cursor."""

    path: str
    field: Any
    is_nullable: bool
    expression: Any

    @classmethod
    def of(cls, queryset: QuerySet[Any], path: str) -> "_Key":
        output, is_nullable = _resolve(queryset, path)
        is_text = isinstance(output, (models.CharField, models.TextField))
        needs_collation = is_text and connections[queryset.db].vendor == "postgresql"
        expression = Collate(F(path), "C") if needs_collation else F(path)
        return cls(path, output, is_nullable, expression)

    def beyond(self, place: tuple[Any, Any], is_descending: bool, is_back: bool) -> Q:
        """The rows on the far side of a place, in the direction of reading.

        Without empty values it is a range with a bound on the column itself, which an index serves.
        """
        value, pk = place
        further = "lt" if is_descending != is_back else "gt"
        pk_further = Q(**{f"pk__{further}": pk})
        if value is None:
            tied = Q(table_key__isnull=True) & pk_further
            return tied | Q(table_key__isnull=False) if is_back else tied
        near = Q(**{f"table_key__{further}e": value})
        past = near & (Q(**{f"table_key__{further}": value}) | pk_further)
        return past | Q(table_key__isnull=True) if self.is_nullable and not is_back else past

    def cursor(self, row: Any, sort: str) -> str:
        value = row.table_key
        text = None if value is None else self._to_text(value)
        return signing.Signer(salt="kit.tables").sign_object([sort, text, row.pk])

    def read_cursor(self, cursor: str, sort: str) -> tuple[Any, Any] | None:
        """None for a cursor of another sort, or one that was not made here."""
        try:
            made_for, text, pk = signing.Signer(salt="kit.tables").unsign_object(cursor)
            value = None if text is None else self.field.to_python(text)
        except (signing.BadSignature, ValidationError, ValueError, TypeError):
            return None
        return (value, pk) if made_for == sort else None

    @staticmethod
    def _to_text(value: Any) -> str:
        return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def sort_key(text: str) -> str:
    """For a column that a list of names sorts by: no case, no accents, the same everywhere."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).strip()


def guard(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _ordered(
    found: QuerySet[Any], key: _Key, *, is_reversed: bool, nulls_first: bool = False
) -> QuerySet[Any]:
    nulls = {"nulls_first" if nulls_first else "nulls_last": True} if key.is_nullable else {}
    by = F("table_key").desc(**nulls) if is_reversed else F("table_key").asc(**nulls)
    return found.order_by(by, "-pk" if is_reversed else "pk")


def _resolve(queryset: QuerySet[Any], path: str) -> tuple[Any, bool]:
    """The field at the end of a path, and whether the path may be empty on the way."""
    annotation = queryset.query.annotations.get(path)
    if annotation is not None:
        return annotation.output_field, True
    model, is_nullable, found = queryset.model, False, None
    for name in path.split("__"):
        try:
            found = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist as error:
            raise ValueError(f"{queryset.model.__name__} has no {path!r} to sort by.") from error
        is_nullable = is_nullable or bool(getattr(found, "null", True))
        model = found.related_model or model
    return getattr(found, "target_field", found), is_nullable


def _narrow(queryset: QuerySet[Any], one: Chosen) -> QuerySet[Any]:
    lookup, value = one.filter.lookup, one.value
    if callable(lookup):
        return lookup(queryset, value)
    if one.kind == "choice":
        return queryset.filter(**{f"{lookup}__in": value})
    if one.kind == "text":
        return queryset.filter(**{f"{lookup}__icontains": value})
    if one.kind == "bool":
        return queryset.filter(**{lookup: value})
    return _within(queryset, lookup, *value)


def _within(
    queryset: QuerySet[Any], path: str, first: date | None, last: date | None
) -> QuerySet[Any]:
    is_instant = isinstance(_resolve(queryset, path)[0], models.DateTimeField)
    until = last + timedelta(days=1) if last else None
    bounds = {f"{path}__gte": first, f"{path}__lt": until}
    return queryset.filter(
        **{key: _midnight(at) if is_instant else at for key, at in bounds.items() if at}
    )


def _midnight(a_day: date) -> datetime:
    return timezone.make_aware(datetime.combine(a_day, time.min))


def _choose(one: Filter, params: Any) -> Chosen:
    choices = one.choices()
    if one.kind == "choice":
        labels = dict(choices)
        picked = [value for value in _all(params, one.name) if value in labels]
        shown = ", ".join(labels[value] for value in picked)
        return Chosen(one, choices, picked, {one.name: picked} if picked else {}, shown)
    if one.kind == "text":
        text = _clean_text(_last(params, one.name))
        return Chosen(one, choices, text, {one.name: [text]} if text else {}, f"“{text}”")
    if one.kind == "bool":
        word = _last(params, one.name)
        is_said = word in {"yes", "no"}
        return Chosen(
            one, choices, word == "yes", {one.name: [word]} if is_said else {}, word.capitalize()
        )
    return _choose_days(one, params)


def _choose_days(one: Filter, params: Any) -> Chosen:
    days, understood, problem = [], {}, ""
    for key in one.keys:
        text = _last(params, key)
        try:
            days.append(date.fromisoformat(text) if text else None)
        except ValueError:
            days.append(None)
            problem = f"“{text}” is not a day such as 2026-11-16."
        else:
            understood |= {key: [text]} if text else {}
    first, last = days
    shown = f"{show_day(first) if first else '…'} to {show_day(last) if last else '…'}"
    return Chosen(one, [], (first, last), understood, shown, problem)


def _allowed_sort(asked: str, columns: Iterable[Column], default: str) -> str:
    sortable = {column.name for column in columns if column.sort}
    return asked if asked.removeprefix("-") in sortable else default


def _last(params: Any, key: str) -> str:
    value = params.get(key, "")
    return value if isinstance(value, str) else ""


def _all(params: Any, key: str) -> list[str]:
    found = params.getlist(key) if hasattr(params, "getlist") else [params.get(key)]
    return list(dict.fromkeys(value for value in found if value))


def _clean_text(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST_TEXT]


def _read(row: Any, how: str | Callable[[Any], Any]) -> Any:
    if callable(how):
        return how(row)
    for name in how.split("."):
        row = getattr(row, name, None)
        if row is None:
            return None
    return row


class _Echo:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(columns: list[Column], found: QuerySet[Any], zone: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([guard(column.label) for column in columns])
    for row in found.iterator(chunk_size=CSV_CHUNK):
        yield writer.writerow([guard(_plain(column.raw(row), zone)) for column in columns])


def _plain(value: Any, zone: Any) -> Any:
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, (int, float, str)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
