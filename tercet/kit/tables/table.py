"""A table and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from tercet.kit.numbers import number
from tercet.kit.tables.asked import Asked, Chip, Head, Search
from tercet.kit.tables.chosen import Chosen, choose, clean_text, last_of
from tercet.kit.tables.declared import Column, Filter
from tercet.kit.tables.keys import Key, ordered
from tercet.kit.tables.sheet import csv_response

PAGE_SIZE = 50
MOST_COUNTED = 10_000
RESERVED = frozenset({"sort", "after", "before", "q", "format"})


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
        search: Search = (),
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
        counted = found.order_by()[: MOST_COUNTED + 1].count()
        rows, previous, following = self._rows(found, asked, counted)
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
        found = ordered(found, asked.key, is_reversed=asked.is_descending)
        return csv_response(asked.columns, found, timezone.get_current_timezone(), filename)

    def _read(
        self, queryset: QuerySet[Any], params: Any, keep: dict[str, str], without_names: bool
    ) -> Asked:
        columns = [c for c in self.columns if not (without_names and c.is_person)]
        filters = [f for f in self.filters if not (without_names and f.is_person)]
        has_search = bool(self.search) and not (without_names and self.search_reads_persons)
        sort = _allowed_sort(last_of(params, "sort"), columns, self.default_sort)
        column = next(c for c in columns if c.name == sort.removeprefix("-"))
        return Asked(
            search=self.search,
            default_sort=self.default_sort,
            columns=columns,
            chosen=[choose(one, params) for one in filters],
            sort=sort,
            key=Key.of(queryset, column.sort or ""),
            q=clean_text(last_of(params, "q")) if has_search else "",
            has_search=has_search,
            keep=keep,
            after=last_of(params, "after"),
            before=last_of(params, "before"),
        )

    def _rows(self, found: QuerySet[Any], asked: Asked, counted: int) -> tuple[list[Any], str, str]:
        """The page's rows and the cursors before and after it, empty where it ends."""
        is_back, cursor = bool(asked.before), asked.before or asked.after
        place = asked.key.read_cursor(cursor, asked.sort) if cursor else None
        is_back = is_back and place is not None
        found = found.annotate(table_key=asked.key.expression)
        rows: list[Any] = []
        for part in asked.key.parts(found, place, asked.is_descending, is_back):
            if len(rows) <= min(self.page_size, counted - 1):
                rows += part[: self.page_size + 1 - len(rows)]
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


def _allowed_sort(asked: str, columns: Sequence[Column], default: str) -> str:
    sortable = {column.name for column in columns if column.sort}
    return asked if asked.removeprefix("-") in sortable else default
