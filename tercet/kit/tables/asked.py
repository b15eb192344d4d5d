"""What the URL asks for, of what the table allows, and the links that keep it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from tercet.kit.tables.chosen import Chosen, narrow
from tercet.kit.tables.declared import Column
from tercet.kit.tables.keys import Key

Search = Sequence[str] | Callable[[QuerySet[Any], str], QuerySet[Any]]


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
class Asked:
    """One reading of the URL."""

    search: Search
    default_sort: str
    columns: list[Column]
    chosen: list[Chosen]
    sort: str
    key: Key
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
                queryset = narrow(queryset, one)
        if not self.q:
            return queryset
        if callable(self.search):
            return self.search(queryset, self.q)
        found = Q()
        for path in self.search:
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
        pairs += [("sort", sort)] if sort != self.default_sort else []
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
        is_default = self.sort == self.default_sort
        return self.keep if is_default else {**self.keep, "sort": self.sort}
