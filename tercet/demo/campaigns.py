"""What marketing ran: a standing form, a webinar every other week, content by the quarter."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tercet.demo.book import webinar_days
from tercet.demo.plan import ORIGINS, Span, quarter_start
from tercet.demo.rows import Campaign

_TOPICS = (
    "Closing the month in three days",
    "One list for every request",
    "From spreadsheet to plan",
    "What buyers ask before they sign",
    "A rollout in six weeks",
    "Measuring what was promised",
    "Fewer meetings, more decisions",
)
_CONTENT = (("Search ads", "Paid search", 21_000), ("Sponsored guide", "Paid social", 14_500))


class Calendar:
    """All campaigns, and the one that a lead came by."""

    def __init__(self, spans: list[Span], random: Random) -> None:
        self._random = random
        self.rows: list[Campaign] = []
        self._of: dict[tuple[int, str], list[str]] = {}
        self._webinars: list[tuple[date, str]] = []
        for number, span in enumerate(spans):
            self._add_quarter(number, span)

    def _add_quarter(self, number: int, span: Span) -> None:
        name = _quarter_name(span.last)
        share = span.days / 92
        self._of[number, "Demo request"] = [
            self._add(f"Website demo form {name}", "Website", span, 9_000 * share)
        ]
        self._of[number, "Paid content"] = [
            self._add(f"{title} {name}", channel, span, cost * share)
            for title, channel, cost in _CONTENT
        ]
        for day in webinar_days(span.first, span.last):
            topic = _TOPICS[len(self._webinars) % len(_TOPICS)]
            opened = day - timedelta(13)
            key = self._row(f"Webinar {day}: {topic}", "Webinar", opened, day, 2_400)
            self._webinars.append((opened, key))

    def _add(self, name: str, channel: str, span: Span, cost: float) -> str:
        return self._row(name, channel, span.first, span.last, cost)

    def _row(self, name: str, channel: str, first: date, last: date, cost: float) -> str:
        key = f"K-{len(self.rows) + 1:03}"
        amount = Decimal(round(cost * self._random.uniform(0.85, 1.15)))
        self.rows.append(Campaign(key, name, channel, first, last, amount.quantize(_CENT), "EUR"))
        return key

    def of(self, span: int, origin: int, day: date) -> str:
        """For a webinar, the one that was open for registration or had just been held."""
        if ORIGINS[origin] == "Webinar" and self._webinars:
            place = bisect_right(self._webinars, (day, "~")) - 1
            return self._webinars[max(place, 0)][1]
        known = self._of.get((span, ORIGINS[origin])) or self._of[span, "Paid content"]
        return self._random.choice(known)

    def before(self, day: date) -> list[str]:
        """Everything that had begun by that day; at the very start, the first."""
        return [row.external_id for row in self.rows if row.starts_on <= day] or ["K-001"]


_CENT = Decimal("0.01")


def _quarter_name(day: date) -> str:
    """Fiscal year by the calendar year in which it begins: Q3 2026 is August to October."""
    start = quarter_start(day)
    quarter = {2: 1, 5: 2, 8: 3, 11: 4}[start.month]
    return f"Q{quarter} {start.year}"
