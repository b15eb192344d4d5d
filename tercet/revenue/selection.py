"""What a page's URL asks a figure for: which rows, of which days, split by what.

A selection knows no clock and no database: the view gives it the day and what the snapshot says
of itself. Its `filters` name a figure; they hold days, never words like “last quarter”.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from tercet.kit.dates import Period, period_of, periods, read_period, show_day, show_days

NOT_STATED = "~none"
SMALLER_TEAMS = "Smaller teams"
FEWEST_PEOPLE = 5
TABLES = {"leads": "Leads", "deals": "Deals"}
NARROWED_BY = {
    "leads": ("origin", "campaign", "team", "segment"),
    "deals": ("origin", "campaign", "team", "segment", "product", "pipeline", "type"),
}
LABELS = {
    "origin": "Origin",
    "campaign": "Campaign",
    "team": "Team",
    "segment": "Segment",
    "product": "Product",
    "pipeline": "Pipeline",
    "type": "Type",
    "currency": "Currency",
    "week": "Week",
    "month": "Month",
    "quarter": "Quarter",
}
TIMES = ("week", "month", "quarter")
NEARLY = timedelta(days=14)


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both inside; None is open."""

    first: date | None
    last: date | None
    label: str
    key: str

    @classmethod
    def of(cls, period: Period) -> "Span":
        return cls(period.start, period.until - timedelta(days=1), period.label, period.key)

    @classmethod
    def between(cls, first: date | None, last: date | None) -> "Span":
        if first is None and last is None:
            return ALL_TIME
        if first is None or last is None:
            label = f"Since {show_day(first)}" if first else f"Until {show_day(last)}"
        else:
            label = show_days(first, last + timedelta(days=1))
        return cls(first, last, label, f"{first or ''}..{last or ''}")


ALL_TIME = Span(None, None, "All time", "all")


@dataclass(frozen=True)
class Selection:
    table: str
    span: Span
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str = ""
    problem: str = ""

    @property
    def filters(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "first": self.span.first and self.span.first.isoformat(),
            "last": self.span.last and self.span.last.isoformat(),
            "only": {name: list(values) for name, values in sorted(self.only.items())},
            "by": self.by,
        }

    @property
    def params(self) -> list[tuple[str, str]]:
        """The URL that asks for this again."""
        pairs = [("of", self.table), ("period", self.span.key)]
        pairs += [(name, value) for name, values in self.only.items() for value in values]
        return [*pairs, ("by", self.by or "-")]

    def during(self, span: Span) -> "Selection":
        return replace(self, span=span)


def read_table(params: Any, about: Mapping[str, Any]) -> str:
    """Leads where there are any; deals where the data has nothing else, or when asked for."""
    asked = params.get("of", "")
    if asked in TABLES:
        return str(asked)
    return "deals" if about["deals"]["rows"] and not about["leads"]["rows"] else "leads"


def read_selection(params: Any, about: Mapping[str, Any], today: date) -> Selection:
    """What the URL says; what it doesn't say or says wrongly falls back to all there is."""
    table = read_table(params, about)
    span, problem = _read_span(params, about, today)
    return Selection(table, span, read_only(params, table), read_by(params, about, table), problem)


def read_only(params: Any, table: str) -> dict[str, tuple[str, ...]]:
    chosen = {name: tuple(v for v in params.getlist(name) if v) for name in NARROWED_BY[table]}
    return {name: values for name, values in chosen.items() if values}


def read_by(params: Any, about: Mapping[str, Any], table: str) -> str:
    asked = params.get("by", "")
    if asked == "-":
        return ""
    if asked in groups_of(about, table):
        return str(asked)
    return next(
        (name for name in ("origin", "team", "product") if name in groups_of(about, table)), ""
    )


def groups_of(about: Mapping[str, Any], table: str) -> list[str]:
    """What the table can be split by: columns in which it says something, then time."""
    known = about[table]["known"]
    return [name for name in NARROWED_BY[table] if known.get(name)] + list(TIMES)


def options_of(about: Mapping[str, Any], table: str, name: str) -> list[tuple[str, str]]:
    """Values to choose from, the commonest first; teams below five people stand together."""
    found = [value for value, _ in about[table]["options"].get(name, [])]
    if name == "team":
        large = [team for team in found if is_large(about, team)]
        found = large + ([SMALLER_TEAMS] if len(large) < len(found) else [])
    if not found:
        return []
    has_none = about[table]["known"].get(name, 0) < about[table]["rows"]
    return [(value, value) for value in found] + ([(NOT_STATED, "Not stated")] if has_none else [])


def is_large(about: Mapping[str, Any], team: str) -> bool:
    return int(about["team_sizes"].get(team, 0)) >= FEWEST_PEOPLE


def _read_span(params: Any, about: Mapping[str, Any], today: date) -> tuple[Span, str]:
    """Days where there are any, else the period; words count from today."""
    first, last = params.get("from", ""), params.get("to", "")
    key = f"{first}..{last}" if first or last else params.get("period", "") or "all"
    fiscal_start = about["fiscal_start"]
    if key == "all":
        return ALL_TIME, ""
    if key in _THIS:
        return Span.of(period_of(today, _THIS[key], fiscal_start)), ""
    if key in _LAST:
        return Span.of(period_of(today, _LAST[key], fiscal_start).previous), ""
    try:
        return read_span(key, fiscal_start), ""
    except ValueError as error:
        return ALL_TIME, str(error)


_THIS = {"this-quarter": "quarter", "this-month": "month", "this-year": "year"}
_LAST = {"last-quarter": "quarter", "last-month": "month", "last-year": "year"}


def read_span(key: str, fiscal_start: int) -> Span:
    """`2026-Q3`, `2026-11`, `2026-W47`, `2026`, or days as `2026-05-01..2026-07-31`."""
    if ".." not in key:
        return Span.of(read_period(key, fiscal_start))
    first, last = (_day(text) for text in key.split("..", 1))
    if first and last and last < first:
        raise ValueError("A period ends on or after the day on which it starts.")
    return Span.between(first, last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ValueError(f"“{text}” is not a day such as 2026-11-16.") from error


def extent(about: Mapping[str, Any], table: str) -> tuple[date, date] | None:
    first, last = about[table]["first_on"], about[table]["last_on"]
    return (date.fromisoformat(first), date.fromisoformat(last)) if first else None


def last_two_quarters(
    about: Mapping[str, Any], table: str, today: date
) -> tuple[Span, Span] | None:
    """The last two fiscal quarters that are over and that the data covers to their end."""
    days = extent(about, table)
    if days is None:
        return None
    last = min(days[1], today)
    quarter = period_of(last, "quarter", about["fiscal_start"])
    if quarter.until > today or last + NEARLY < quarter.until:
        quarter = quarter.previous
    if quarter.previous.until <= days[0] and quarter.until <= last:
        # Nothing lies before the one complete quarter: the one that runs stands beside it.
        quarter = quarter.next
    return Span.of(quarter.previous), Span.of(quarter)


def spans_of(about: Mapping[str, Any], table: str, today: date, kind: str) -> list[Span]:
    """Periods that the data has days in, the newest first."""
    days = extent(about, table)
    if days is None:
        return []
    until = min(days[1], today) + timedelta(days=1)
    found = periods(days[0], until, kind, about["fiscal_start"])
    return [Span.of(period) for period in found][::-1]
