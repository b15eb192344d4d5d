"""Every mail, call, meeting and visit, human or automatic, in the order of the year."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from random import Random

from tercet.demo.knobs import Plant
from tercet.demo.rows import Contact, Deal, Lead, StageMove, Touch
from tercet.demo.worktime import DAY, HOUR, WorkTime, moment

HUMAN, AUTOMATIC = "human", "automatic"
IN, OUT = "in", "out"
_CALENDAR_DAY = 24 * HOUR
_WEEK = 7 * _CALENDAR_DAY
_DOOR = {"Demo request": "Web form", "Webinar": "Webinar", "Paid content": "Download"}
_NEWSLETTER = 56 * _CALENDAR_DAY

# instant, channel, kind, direction, campaign
Step = tuple[int, str, str, str, str]


class Diary:
    """Writes down the touches of one year."""

    def __init__(
        self, work: WorkTime, start: int, end: int, silence: Plant | None, random: Random
    ) -> None:
        self._opens = work.opens.tolist()
        self._start, self._end = start, end
        self._silence, self._random = silence, random
        self._steps: list[tuple[int, int, str, str, Step]] = []

    def lead(
        self, lead: Lead, deal: Deal | None, moves: list[StageMove], campaigns: list[str]
    ) -> None:
        steps = [*self._before(lead, campaigns), *self._arrival(lead, deal), *self._talk(lead)]
        if deal:
            steps += self._dealing(lead, deal, moves)
        self._write(lead.email, lead.company, steps)

    def newsletter(self, contact: Contact, since: int) -> None:
        """To customers, every eighth Tuesday morning."""
        first = self._start + _CALENDAR_DAY + 8 * HOUR
        steps: list[Step] = []
        for at in range(first, self._end, _NEWSLETTER):
            if at > since:
                steps.append((at + self._random.randrange(1800), "Mail", AUTOMATIC, OUT, ""))
        self._write(contact.email, contact.company, steps)

    def touches(self) -> list[Touch]:
        self._steps.sort()
        return [
            Touch(f"T-{n:06}", moment(at), person, company, campaign, channel, kind, direction)
            for n, (at, _, person, company, (_, channel, kind, direction, campaign)) in enumerate(
                self._steps, start=1
            )
        ]

    def _before(self, lead: Lead, campaigns: list[str]) -> Iterator[Step]:
        """Some had been at a webinar or read something weeks before they asked."""
        created = _second(lead.created)
        for _ in range(self._random.choices((0, 1, 2), (72, 20, 8))[0]):
            at = created - self._random.randrange(2 * _CALENDAR_DAY, 55 * _CALENDAR_DAY)
            channel = self._random.choice(("Webinar", "Download", "Website"))
            yield at, channel, HUMAN, IN, self._random.choice(campaigns)

    def _arrival(self, lead: Lead, deal: Deal | None) -> Iterator[Step]:
        created = _second(lead.created)
        yield created, _DOOR[lead.origin], HUMAN, IN, lead.campaign
        yield created + self._random.randrange(40, 300), "Mail", AUTOMATIC, OUT, lead.campaign
        stop = _second(deal.created if deal else lead.lost) or self._end
        most = self._random.choices((0, 1, 2, 3), (45, 30, 17, 8))[0]
        for n in range(1, most + 1):
            at = created + n * 9 * _CALENDAR_DAY + self._random.randrange(900)
            if at < stop:
                yield at, "Mail", AUTOMATIC, OUT, lead.campaign

    def _talk(self, lead: Lead) -> Iterator[Step]:
        """First contact, the answer, sales' reply, and a meeting for those that qualify."""
        if not lead.first_contact:
            return
        at = _second(lead.first_contact)
        yield at, self._random.choice(("Call", "Call", "Mail")), HUMAN, OUT, ""
        if lead.accepted or self._random.random() < 0.35:
            yield from self._exchange(at)
        if lead.accepted:
            yield _second(lead.accepted), "Call", HUMAN, OUT, ""
        if lead.qualified:
            yield _second(lead.qualified), "Meeting", HUMAN, OUT, ""

    def _exchange(self, at: int) -> Iterator[Step]:
        """The customer's answer within a day or two, and mostly a reply to it."""
        answer = self._later(at, self._random.lognormvariate(0, 0.8) * 4 * HOUR)
        yield answer, "Mail", HUMAN, IN, ""
        reply = self._later(answer, self._random.lognormvariate(0, 0.8) * 2 * HOUR)
        if self._random.random() < 0.8 and not self._is_silent(reply):
            yield reply, "Mail", HUMAN, OUT, ""

    def _is_silent(self, at: int) -> bool:
        silence = self._silence
        if not silence or at < self._start + silence.week * _WEEK:
            return False
        return self._random.random() < silence.size

    def _dealing(self, lead: Lead, deal: Deal, moves: list[StageMove]) -> Iterator[Step]:
        for move in moves:
            at = _second(move.at)
            channel = {"Demo": "Meeting", "Negotiation": "Call"}.get(move.stage, "Mail")
            yield at, channel, HUMAN, OUT, ""
            is_over = at >= _second(deal.won or deal.lost) > 0
            if not is_over and self._random.random() < 0.6:
                yield from self._exchange(at)

    def _write(self, person: str, company: str, steps: list[Step]) -> None:
        for step in steps:
            if self._start <= step[0] < self._end:
                self._steps.append((step[0], len(self._steps), person, company, step))

    def _later(self, at: int, seconds: float) -> int:
        """That many working seconds on, in whole minutes."""
        day = bisect_right(self._opens, at) - 1
        within = at - self._opens[day] if day >= 0 else DAY
        if within >= DAY:
            day, within = day + 1, 0
        days, rest = divmod(within + int(seconds) // 60 * 60, DAY)
        return int(self._opens[min(day + days, len(self._opens) - 1)] + rest)


def by_deal(moves: list[StageMove]) -> dict[str, list[StageMove]]:
    found: dict[str, list[StageMove]] = defaultdict(list)
    for move in moves:
        found[move.deal].append(move)
    return found


def _second(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0
