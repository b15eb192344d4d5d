"""A table's filters as the URL has them, and the rows that they leave."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from tercet.kit.dates import show_day
from tercet.kit.tables.declared import Filter
from tercet.kit.tables.keys import resolve

LONGEST_TEXT = 200


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


def choose(one: Filter, params: Any) -> Chosen:
    choices = one.choices()
    if one.kind == "choice":
        labels = dict(choices)
        picked = [value for value in all_of(params, one.name) if value in labels]
        shown = ", ".join(labels[value] for value in picked)
        return Chosen(one, choices, picked, {one.name: picked} if picked else {}, shown)
    if one.kind == "text":
        text = clean_text(last_of(params, one.name))
        return Chosen(one, choices, text, {one.name: [text]} if text else {}, f"“{text}”")
    if one.kind == "bool":
        word = last_of(params, one.name)
        is_said = word in {"yes", "no"}
        return Chosen(
            one, choices, word == "yes", {one.name: [word]} if is_said else {}, word.capitalize()
        )
    return _choose_days(one, params)


def _choose_days(one: Filter, params: Any) -> Chosen:
    days: list[date | None] = []
    understood: dict[str, list[str]] = {}
    problem = ""
    for key in one.keys:
        text = last_of(params, key)
        a_day = _read_day(text)
        days.append(a_day)
        if a_day:
            understood[key] = [a_day.isoformat()]
        elif text:
            problem = f"“{text}” is not a day such as 2026-11-16."
    first, last = days
    shown = f"{show_day(first) if first else '…'} to {show_day(last) if last else '…'}"
    return Chosen(one, [], (first, last), understood, shown, problem)


def _read_day(text: str) -> date | None:
    """None for what is no day, and for days so far off that no zone reaches them."""
    try:
        a_day = date.fromisoformat(text)
    except ValueError:
        return None
    return a_day if 1900 <= a_day.year < 3000 else None


def last_of(params: Any, key: str) -> str:
    value = params.get(key, "")
    return value if isinstance(value, str) else ""


def all_of(params: Any, key: str) -> list[str]:
    found = params.getlist(key) if hasattr(params, "getlist") else [params.get(key)]
    return list(dict.fromkeys(value for value in found if value))


def clean_text(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST_TEXT]


def narrow(queryset: QuerySet[Any], one: Chosen) -> QuerySet[Any]:
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
    is_instant = isinstance(resolve(queryset, path)[0], models.DateTimeField)
    until = last + timedelta(days=1) if last else None
    bounds = {f"{path}__gte": first, f"{path}__lt": until}
    return queryset.filter(
        **{key: _midnight(at) if is_instant else at for key, at in bounds.items() if at}
    )


def _midnight(a_day: date) -> datetime:
    return timezone.make_aware(datetime.combine(a_day, time.min))
