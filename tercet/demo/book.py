"""The year's leads as columns: who came when, how far each went, and when each step was.

Delays are drawn first, in working time. The leads that are to go far are then chosen among those
whose steps still fit before their quarter ends, so that counts are exact and steps in order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, time, timedelta

import numpy as np
from numpy.typing import NDArray

from tercet.demo.people import LEFT, reps
from tercet.demo.plan import ORIGINS, Counts, Span, shared_out
from tercet.demo.worktime import DAY, HOUR, WorkTime, holidays, instant

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SEGMENTS = ("Small", "Mid-size", "Enterprise")
_SEGMENT_SHARES = ((0.50, 0.35, 0.15), (0.60, 0.30, 0.10), (0.72, 0.23, 0.05))
_WEEKDAYS = np.array([1.15, 1.2, 1.15, 1.05, 0.9, 0.3, 0.35])

# Working seconds at the median and spread on the log scale, by origin where they differ.
_ROUTE = (HOUR // 5, 1.0)
_RESPONSE = ((2.2 * HOUR, 1.0), (6.0 * HOUR, 1.1), (9.0 * HOUR, 1.1))
_ACCEPT = (1.2 * DAY, 0.8)
_QUALIFY = (2.5 * DAY, 0.7)
_DEAL = (2.0 * DAY, 0.7)
_CLOSE = (11.0 * DAY, 0.55)
_GIVE_UP = {
    "followed": (2.0 * DAY, 0.8),
    "accepted": (6.0 * DAY, 0.7),
    "qualified": (12.0 * DAY, 0.6),
}
_CLOSE_BY_SEGMENT = np.array([0.85, 1.15, 1.6])
MARKS = ("assigned", "contact", "accepted", "qualified", "dealt", "closed")


@dataclass(slots=True)
class Book:
    """One row per lead. Steps are marks of working time; `went_*` say which of them happened.

    `owner` counts the reps; `twin` is the key of the lead that this one is a second copy of, or -1.
    """

    span: Ints
    origin: Ints
    segment: Ints
    created: Ints
    assigned: Ints
    contact: Ints
    accepted: Ints
    qualified: Ints
    dealt: Ints
    closed: Ints
    went_contact: Flags
    went_accepted: Flags
    went_qualified: Flags
    went_dealt: Flags
    went_won: Flags
    lost: Ints
    owner: Ints
    key: Ints
    twin: Ints

    def __len__(self) -> int:
        return len(self.created)

    def taken(self, rows: Ints | Flags) -> Book:
        return Book(*(getattr(self, f.name)[rows] for f in fields(self)))

    def joined(self, other: Book) -> Book:
        columns = (f.name for f in fields(self))
        return Book(*(np.concatenate([getattr(self, c), getattr(other, c)]) for c in columns))

    def stop_before(self, step: str, rows: Flags) -> None:
        """These leads never reach `step` nor what follows it; a loss that lay behind goes too."""
        later = list(_STEPS[_STEPS.index(step) :])
        for name in later:
            getattr(self, name)[rows] = False
        self.lost[rows] = NEVER


_COLUMNS = [field.name for field in fields(Book)]
_STEPS = ("went_contact", "went_accepted", "went_qualified", "went_dealt", "went_won")
NEVER = np.iinfo(np.int64).max


def draw_book(rng: np.random.Generator, spans: list[Span], work: WorkTime, horizon: int) -> Book:
    """All leads of the year, oldest first; `horizon` is the mark at which today ends."""
    parts = [
        _leads(rng, (n, o), span, span.counts[origin], work, horizon)
        for n, span in enumerate(spans)
        for o, origin in enumerate(ORIGINS)
    ]
    book = parts[0]
    for part in parts[1:]:
        book = book.joined(part)
    book = book.taken(np.argsort(book.created, kind="stable"))
    book.key[:] = np.arange(len(book))
    _give_up(rng, book, horizon)
    _expire(book, spans, work, horizon)
    return book


def _leads(
    rng: np.random.Generator,
    place: tuple[int, int],
    span: Span,
    counts: Counts,
    work: WorkTime,
    horizon: int,
) -> Book:
    number, origin = place
    end = min(work.mark_of_day(span.last + timedelta(1)), horizon)
    n = counts.leads
    segment = rng.choice(3, n, p=_SEGMENT_SHARES[origin]).astype(np.int64)
    created, steps = np.zeros(n, np.int64), np.zeros((6, n), np.int64)
    redraw: Flags = np.ones(n, bool)
    for _ in range(200):
        created[redraw] = _arrivals(rng, span, origin, int(redraw.sum()))
        steps[:, redraw] = work.mark(created[redraw]) + _delays(rng, origin, segment[redraw])
        redraw = _misfits(steps, counts, end)
        if not redraw.any():
            break
    won, accepted, followed = _choose(rng, steps, counts, end)
    qualified = accepted & (won | _some(rng, accepted & ~won & (steps[3] < horizon), 0.6))
    dealt = qualified & (won | _some(rng, qualified & ~won & (steps[4] < horizon), 0.58))
    whole = np.full(n, number), np.full(n, origin), segment, created
    flags = followed, accepted, qualified, dealt, won
    rest = np.full(n, NEVER), np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, -1)
    columns = [*whole, *steps, *flags, *rest]
    return Book(**dict(zip(_COLUMNS, columns, strict=True)))


def _arrivals(rng: np.random.Generator, span: Span, origin: int, n: int) -> Ints:
    days = [span.first + timedelta(k) for k in range(span.days)]
    weights = np.array([_day_weight(day, origin) for day in days])
    drawn = rng.choice(len(days), n, p=weights / weights.sum())
    midnights = np.array([instant(day, time(0)) for day in days])
    # Nobody writes in the small hours; noon is the middle of the day also when clocks change.
    clock = np.clip(rng.normal(13.2, 3.2, n), 6.1, 23.4)
    last = drawn == len(days) - 1
    clock[last] = np.clip(clock[last], 6.1, 15.0)
    return midnights[drawn] + (clock * 60).astype(np.int64) * 60


def webinar_days(first: date, last: date) -> list[date]:
    """Every other Wednesday."""
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [d for d in days if d.weekday() == 2 and d.isocalendar().week % 2 == 0]


def _day_weight(day: date, origin: int) -> float:
    weight = float(_WEEKDAYS[day.weekday()])
    if day in holidays(day.year):
        weight *= 0.35
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 4):
        weight *= 0.4
    if day.month == 8:
        weight *= 0.85
    if ORIGINS[origin] == "Webinar" and day.isocalendar().week % 2 == 0:
        weight *= {2: 5.0, 3: 2.5}.get(day.weekday(), 1.0)
    return weight


def _delays(rng: np.random.Generator, origin: int, segment: Ints) -> Ints:
    """Working seconds from arrival to each step, in whole minutes, each later than the last."""
    n = len(segment)
    laws = (_ROUTE, _RESPONSE[origin], _ACCEPT, _QUALIFY, _DEAL, _CLOSE)
    each = np.stack([_lognormal(rng, law, n) for law in laws])
    each[5] *= _CLOSE_BY_SEGMENT[segment]
    minutes = np.maximum(each // 60, 2).astype(np.int64)
    return np.cumsum(minutes, axis=0) * 60


def _lognormal(rng: np.random.Generator, law: tuple[float, float], n: int) -> NDArray[np.float64]:
    median, spread = law
    return median * np.exp(spread * rng.standard_normal(n))


def _misfits(steps: Ints, counts: Counts, end: int) -> Flags:
    """Leads to draw again, as too few of their kind can get as far as the plan wants by `end`."""
    needs = ((1, counts.followed), (2, counts.accepted), (5, counts.won))
    again: Flags = np.zeros(steps.shape[1], bool)
    for step, need in needs:
        late = np.flatnonzero(steps[step] >= end)
        missing = need - (steps.shape[1] - len(late))
        if missing > 0:
            again[late[:missing]] = True
    return again


def _choose(
    rng: np.random.Generator, steps: Ints, counts: Counts, end: int
) -> tuple[Flags, Flags, Flags]:
    won = _pick(rng, steps[5] < end, counts.won)
    accepted = won | _pick(rng, (steps[2] < end) & ~won, counts.accepted - counts.won)
    rest = (steps[1] < end) & ~accepted
    return won, accepted, accepted | _pick(rng, rest, counts.followed - counts.accepted)


def _pick(rng: np.random.Generator, among: Flags, count: int) -> Flags:
    candidates = np.flatnonzero(among)
    picked = np.zeros(len(among), dtype=np.bool_)
    picked[rng.permutation(candidates)[:count]] = True
    return picked


def _some(rng: np.random.Generator, among: Flags, share: float) -> Flags:
    return _pick(rng, among, round(share * int(among.sum())))


def _give_up(rng: np.random.Generator, book: Book, horizon: int) -> None:
    """When the leads and deals that come to nothing are closed; some stay open."""
    stuck = (
        (book.went_contact & ~book.went_accepted, book.contact, _GIVE_UP["followed"], 0.94),
        (book.went_accepted & ~book.went_qualified, book.accepted, _GIVE_UP["accepted"], 0.92),
        (book.went_qualified & ~book.went_dealt, book.qualified, _GIVE_UP["qualified"], 0.9),
        (book.went_dealt & ~book.went_won, book.dealt, (18.0 * DAY, 0.6), 0.93),
    )
    for rows, since, law, share in stuck:
        minutes = np.maximum(_lognormal(rng, law, len(book)) // 60, 30).astype(np.int64)
        at = since + minutes * 60
        ends = rows & (rng.random(len(book)) < share) & (at < horizon)
        book.lost[ends] = at[ends]


def _expire(book: Book, spans: list[Span], work: WorkTime, horizon: int) -> None:
    """Leads that nobody called are closed by the CRM one quarter after their own has ended."""
    for number in range(len(spans) - 2):
        at = work.mark_of_day(spans[number + 1].last + timedelta(1))
        rows = (book.span == number) & ~book.went_contact
        if at < horizon:
            book.lost[rows] = at


def route(rng: np.random.Generator, book: Book, spans: list[Span], work: WorkTime) -> None:
    """Spread the leads over the reps; the two who left keep what was routed past their last day."""
    left_after = next(n for n, span in enumerate(spans) if span.left_behind)
    here = len(reps()) - len(LEFT)
    leave = work.mark_of_day(spans[left_after].first)
    early = book.span < left_after
    book.owner[:] = rng.integers(0, here, len(book))
    could = early & _is_over_by(book, leave)
    theirs = could & (rng.random(len(book)) < 1.15 * len(LEFT) / len(reps()))
    book.owner[theirs] = here + rng.integers(0, len(LEFT), int(theirs.sum()))
    _leave_behind(rng, book, spans, left_after)


def _is_over_by(book: Book, leave: int) -> Flags:
    """No human act on the lead after `leave`, and nothing left open but a deal."""
    uncalled = ~book.went_contact & (book.assigned < leave) & (book.lost != NEVER)
    won = book.went_won & (book.closed < leave)
    lost = book.went_contact & (book.lost < leave)
    open_deal = book.went_dealt & ~book.went_won & (book.lost == NEVER) & (book.dealt < leave)
    over: Flags = uncalled | won | lost | open_deal
    return over


def _leave_behind(rng: np.random.Generator, book: Book, spans: list[Span], number: int) -> None:
    span, here = spans[number], len(reps()) - len(LEFT)
    weights = [span.counts[origin].leads for origin in ORIGINS]
    queue: list[int] = []
    for origin, count in enumerate(shared_out(span.left_behind, weights)):
        uncalled = (book.span == number) & (book.origin == origin) & ~book.went_contact
        queue += list(np.flatnonzero(_pick(rng, uncalled, count)))
    book.owner[queue] = here + np.arange(len(queue)) % len(LEFT)
