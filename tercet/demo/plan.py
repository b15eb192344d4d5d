"""What Quay's funnel comes to, quarter by quarter and origin by origin.

The last two complete fiscal quarters are fixed to the lead and to the cent. The other stretches of
the year are scaled from them: an unfinished or cut stretch has fewer leads and, as deals need
weeks, fewer wins than its share of days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ORIGINS = ("Demo request", "Webinar", "Paid content")
FISCAL_STARTS = (2, 5, 8, 11)
# Leads of the quarter that were routed to the two who had left, and that nobody called.
LEFT_BEHIND = 214


@dataclass(frozen=True, slots=True)
class Counts:
    leads: int
    followed: int
    accepted: int
    won: int


@dataclass(frozen=True, slots=True)
class Span:
    """A fiscal quarter, or the part of one that the year covers."""

    first: date
    last: date
    counts: dict[str, Counts]
    mean_cents: int
    left_behind: int = 0

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


BEFORE = {
    "Demo request": Counts(600, 570, 510, 128),
    "Webinar": Counts(500, 450, 270, 40),
    "Paid content": Counts(400, 330, 120, 12),
}
AFTER = {
    "Demo request": Counts(480, 408, 366, 99),
    "Webinar": Counts(480, 336, 202, 36),
    "Paid content": Counts(640, 400, 152, 23),
}
BEFORE_MEAN_CENTS = 12_000_00
AFTER_MEAN_CENTS = 11_000_00


def spans(today: date) -> list[Span]:
    """The year up to `today`, cut at the fiscal quarters, oldest first."""
    first_day = today - timedelta(weeks=52)
    current = quarter_start(today)
    after = quarter_start(current - timedelta(1))
    before = quarter_start(after - timedelta(1))
    late = [
        Span(before, after - timedelta(1), BEFORE, BEFORE_MEAN_CENTS),
        Span(after, current - timedelta(1), AFTER, AFTER_MEAN_CENTS, LEFT_BEHIND),
        _scaled(current, today, AFTER, AFTER_MEAN_CENTS, 1.0),
    ]
    return _earlier(first_day, before) + late


def quarter_start(day: date) -> date:
    """The first day of the fiscal quarter of `day`; the fiscal year starts in February."""
    month = max((m for m in FISCAL_STARTS if m <= day.month), default=None)
    return date(day.year, month, 1) if month else date(day.year - 1, FISCAL_STARTS[-1], 1)


def _earlier(first_day: date, end: date) -> list[Span]:
    found: list[Span] = []
    growth = 0.96
    while end > first_day:
        start = max(quarter_start(end - timedelta(1)), first_day)
        found.insert(0, _scaled(start, end - timedelta(1), BEFORE, 12_200_00, growth))
        end, growth = start, growth - 0.06
    return found


def _scaled(
    first: date, last: date, counts: dict[str, Counts], mean_cents: int, growth: float
) -> Span:
    share = ((last - first).days + 1) / 92
    scaled = {
        origin: Counts(
            round(c.leads * share * growth),
            round(c.followed * share * growth),
            round(c.accepted * share * growth),
            round(c.won * share**2 * growth),
        )
        for origin, c in counts.items()
    }
    return Span(first, last, scaled, mean_cents)


def shared_out(total: int, weights: list[int]) -> list[int]:
    """Split a whole number by weights; the largest remainders take what rounding leaves over."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
