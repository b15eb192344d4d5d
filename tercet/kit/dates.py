"""Days, instants and fiscal periods, as the workspace's zone and fiscal year have them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from jinja2 import pass_context
from jinja2.runtime import Context

NOTHING = "—"
DASH = "\u2013"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


@pass_context
def day(context: Context, value: date | datetime | None, zone: str | None = None) -> str:
    """`16 Nov 2026`; an instant shows its day in the workspace's zone."""
    return show_day(value, _zone(context, zone))


@pass_context
def instant(context: Context, value: datetime | None, zone: str | None = None) -> str:
    """`16 Nov 2026, 14:05` in the workspace's zone."""
    return show_instant(value, _zone(context, zone))


def ago(value: date | datetime | None, now: date | datetime) -> str:
    """`3 days ago`, `in 2 days`, `today`; by the hour within a day."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime) and isinstance(now, datetime):
        minutes = int((now - value).total_seconds() // 60)
        if 0 <= minutes < 1:
            return "just now"
        if 0 < minutes < 60:
            return f"{minutes} min ago"
        if 0 < minutes < 24 * 60:
            return f"{minutes // 60} h ago"
    days = (_as_date(now) - _as_date(value)).days
    if days == 0:
        return "today"
    if abs(days) == 1:
        return "yesterday" if days > 0 else "tomorrow"
    return f"{days} days ago" if days > 0 else f"in {-days} days"


def show_day(value: date | datetime | None, zone: tzinfo | None = None) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = _local(value, zone).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def show_instant(value: datetime | None, zone: tzinfo | None = None) -> str:
    if value is None:
        return NOTHING
    local = _local(value, zone)
    return f"{show_day(local.date())}, {local:%H:%M}"


def show_days(start: date, until: date) -> str:
    """A range with its last day, as short as it can be: `16–22 Nov 2026`."""
    last = until - timedelta(days=1)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}{DASH}{show_day(last)}"
    if start.year == last.year:
        return f"{start.day} {MONTHS[start.month - 1]}{DASH}{show_day(last)}"
    return f"{show_day(start)}{DASH}{show_day(last)}"


@dataclass(frozen=True, order=True)
class Period:
    """A week, month, quarter or year; `until` is the first day after it."""

    start: date
    until: date
    kind: str
    fiscal_start: int = 1

    def __contains__(self, a_day: date) -> bool:
        return self.start <= a_day < self.until

    @property
    def key(self) -> str:
        """For URLs: `2026-Q3`, `2026-11`, `2026-W47`, `2026`."""
        if self.kind == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02}"
        if self.kind == "month":
            return f"{self.start.year}-{self.start.month:02}"
        return (
            f"{self._fiscal_year}-Q{self._quarter}"
            if self.kind == "quarter"
            else str(self._fiscal_year)
        )

    @property
    def short_label(self) -> str:
        if self.kind == "week":
            return f"Week {self.start.isocalendar().week}"
        if self.kind == "month":
            return f"{MONTHS[self.start.month - 1]} {self.start.year}"
        return (
            f"Q{self._quarter} {self._fiscal_year}"
            if self.kind == "quarter"
            else str(self._fiscal_year)
        )

    @property
    def label(self) -> str:
        """`Q3 2026 (Aug–Oct 2026)` where the fiscal year is not the calendar's."""
        if self.kind == "week":
            return f"{self.short_label}, {show_days(self.start, self.until)}"
        if self.kind == "month" or self.fiscal_start == 1:
            return self.short_label
        last = self.until - timedelta(days=1)
        first_year = f" {self.start.year}" if self.start.year != last.year else ""
        first, end = MONTHS[self.start.month - 1], MONTHS[last.month - 1]
        return f"{self.short_label} ({first}{first_year}{DASH}{end} {last.year})"

    @property
    def previous(self) -> "Period":
        return period_of(self.start - timedelta(days=1), self.kind, self.fiscal_start)

    @property
    def next(self) -> "Period":
        return period_of(self.until, self.kind, self.fiscal_start)

    @property
    def _fiscal_year(self) -> int:
        """A fiscal year bears the calendar year in which it begins."""
        return self.start.year - (self.start.month < self.fiscal_start)

    @property
    def _quarter(self) -> int:
        return (self.start.month - self.fiscal_start) % 12 // 3 + 1


def period_of(a_day: date, kind: str, fiscal_start: int = 1) -> Period:
    """The period of that kind in which the day lies. Weeks begin on Monday."""
    if kind == "week":
        start = a_day - timedelta(days=a_day.weekday())
        return Period(start, start + timedelta(days=7), kind, fiscal_start)
    if kind not in MONTHS_IN:
        raise ValueError(f"A period is a week, month, quarter or year, not {kind!r}.")
    if not 1 <= fiscal_start <= 12:
        raise ValueError(f"A fiscal year starts in month 1 to 12, not {fiscal_start}.")
    length = MONTHS_IN[kind]
    months = a_day.year * 12 + a_day.month - 1
    first = months - (months - (fiscal_start - 1)) % length
    return Period(_month(first), _month(first + length), kind, fiscal_start)


def read_period(key: str, fiscal_start: int = 1) -> Period:
    """The period of a URL. A key that is none raises ValueError."""
    if not re.match(r"(19|2[0-9])[0-9]{2}", key):
        raise ValueError(f"{key!r} is no period; expected 2026-Q3, 2026-11, 2026-W47 or 2026.")
    if found := re.fullmatch(r"([0-9]{4})-W([0-9]{2})", key):
        start = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return period_of(start, "week", fiscal_start)
    if found := re.fullmatch(r"([0-9]{4})-Q([1-4])", key):
        months = int(found[1]) * 12 + fiscal_start - 1 + (int(found[2]) - 1) * 3
        return period_of(_month(months), "quarter", fiscal_start)
    if found := re.fullmatch(r"([0-9]{4})-([0-9]{2})", key):
        return period_of(date(int(found[1]), int(found[2]), 1), "month", fiscal_start)
    if found := re.fullmatch(r"[0-9]{4}", key):
        return period_of(date(int(key), fiscal_start, 1), "year", fiscal_start)
    raise ValueError(f"{key!r} is no period; expected 2026-Q3, 2026-11, 2026-W47 or 2026.")


def periods(start: date, until: date, kind: str, fiscal_start: int = 1) -> Iterator[Period]:
    """Every period that has a day in [start, until)."""
    one = period_of(start, kind, fiscal_start)
    while one.start < until:
        yield one
        one = one.next


def _month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _zone(context: Context, zone: str | None) -> tzinfo | None:
    workspace: Any = context.get("workspace")
    name = zone or getattr(workspace, "time_zone", None)
    return ZoneInfo(name) if isinstance(name, str) and name else None


def _local(value: datetime, zone: tzinfo | None) -> datetime:
    return value.astimezone(zone or timezone.get_current_timezone())


def _as_date(value: date | datetime) -> date:
    return _local(value, None).date() if isinstance(value, datetime) else value
