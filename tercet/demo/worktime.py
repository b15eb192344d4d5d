"""Working time in Berlin: Monday to Friday, nine to five, less public holidays.

An instant is a UTC second. A mark is working seconds since the first working morning, so that
adding a delay to a mark skips nights, weekends and holidays.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.int64]

BERLIN = ZoneInfo("Europe/Berlin")
OPENS = time(9)
HOUR = 3600
DAY = 8 * HOUR


class WorkTime:
    """Turns instants into marks and back, between two days."""

    def __init__(self, first: date, last: date) -> None:
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        free = {day for year in range(first.year, last.year + 1) for day in holidays(year)}
        self.days = [day for day in days if day.weekday() < 5 and day not in free]
        self.opens = np.array([instant(day, OPENS) for day in self.days], dtype=np.int64)

    def mark(self, at: Marks) -> Marks:
        """The mark of each instant; outside working hours, of the next working morning."""
        day = np.searchsorted(self.opens + DAY, at, side="right")
        return np.asarray(day * DAY + np.clip(at - self.opens[day], 0, None), dtype=np.int64)

    def at(self, mark: Marks) -> Marks:
        return self.opens[mark // DAY] + mark % DAY

    def mark_of_day(self, day: date) -> int:
        """The mark of a day's opening, or of the next working day's."""
        return int(self.mark(np.array([instant(day, time(0))]))[0])


def instant(day: date, clock: time) -> int:
    return int(datetime.combine(day, clock, tzinfo=BERLIN).timestamp())


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, tz=UTC)


def day_of(second: int) -> date:
    return datetime.fromtimestamp(second, tz=BERLIN).date()


def holidays(year: int) -> set[date]:
    """Berlin's public holidays."""
    easter = _easter(year)
    fixed = {(1, 1), (3, 8), (5, 1), (10, 3), (12, 25), (12, 26)}
    moving = {easter + timedelta(days) for days in (-2, 1, 39, 50)}
    return {date(year, *day) for day in fixed} | moving


def _easter(year: int) -> date:
    """Easter Sunday, by Gauss's rule in Meeus's form."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
