"""Weeks, months and quarters of a fiscal year that may start in any month."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tercet.analysis.errors import BadArgument

Kind = Literal["week", "month", "quarter"]
KINDS: tuple[Kind, ...] = ("week", "month", "quarter")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, order=True)
class Period:
    """Days from `starts_on` to `ends_on`, both inside."""

    starts_on: date
    ends_on: date
    label: str

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def period_of(day: date, kind: Kind, *, fiscal_start: int = 1) -> Period:
    """Week (from Monday), month or fiscal quarter that holds a day.

    Parameters
    ----------
    day : date
    kind : "week", "month" or "quarter"
    fiscal_start : int
        First month of the fiscal year, 1 to 12. Only quarters depend on it.

    Returns
    -------
    Period
        Its label gives the quarter's months and the calendar year in which it starts, since
        firms disagree on what to call a fiscal year.

    Raises
    ------
    BadArgument
        An unknown kind, or a month outside 1 to 12.

    Examples
    --------
    >>> period_of(date(2026, 9, 3), "quarter", fiscal_start=2).label
    'Q3, Aug to Oct 2026'
    >>> period_of(date(2026, 11, 16), "week").ends_on
    datetime.date(2026, 11, 22)
    """
    if not 1 <= fiscal_start <= 12:
        raise BadArgument(f"A fiscal year starts in a month from 1 to 12, not {fiscal_start}.")
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6), f"Week of {monday:%Y-%m-%d}")
    if kind == "month":
        starts_on = day.replace(day=1)
        label = f"{_MONTHS[day.month - 1]} {day.year}"
        return Period(starts_on, _months_on(starts_on, 1) - timedelta(days=1), label)
    if kind == "quarter":
        return _quarter(day, fiscal_start)
    raise BadArgument(f"A period is one of {', '.join(KINDS)}, not “{kind}”.")


def _quarter(day: date, fiscal_start: int) -> Period:
    months_in = (day.month - fiscal_start) % 12
    starts_on = _months_on(day.replace(day=1), -(months_in % 3))
    ends_on = _months_on(starts_on, 3) - timedelta(days=1)
    months = f"{_MONTHS[starts_on.month - 1]} to {_MONTHS[ends_on.month - 1]}"
    return Period(starts_on, ends_on, f"Q{months_in // 3 + 1}, {months} {starts_on.year}")


def before(period: Period, kind: Kind, *, fiscal_start: int = 1) -> Period:
    """Period of the same kind just before.

    Parameters
    ----------
    period : Period
    kind : "week", "month" or "quarter"
    fiscal_start : int
        First month of the fiscal year, 1 to 12.

    Returns
    -------
    Period

    Raises
    ------
    BadArgument
        As `period_of`.

    Examples
    --------
    >>> q3 = period_of(date(2026, 9, 3), "quarter", fiscal_start=2)
    >>> before(q3, "quarter", fiscal_start=2).label
    'Q2, May to Jul 2026'
    """
    return period_of(period.starts_on - timedelta(days=1), kind, fiscal_start=fiscal_start)


def _months_on(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
