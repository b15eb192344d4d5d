"""What each knob does to the book of leads. The rest of the knobs act where their rows are made."""

from __future__ import annotations

import numpy as np

from tercet.demo.book import MARKS, NEVER, Book, Flags, Ints
from tercet.demo.knobs import Knobs, Plant
from tercet.demo.people import LEFT, reps
from tercet.demo.plan import AFTER, ORIGINS
from tercet.demo.worktime import WorkTime

_WEEK = 7 * 24 * 3600


def change_steps(book: Book, knobs: Knobs, *, seed: int, start: int, horizon: int) -> None:
    """Plant what changes how far leads go and when; nothing where no knob is set."""
    weeks = (book.created - start) // _WEEK
    for number, (name, change) in enumerate(_CHANGES.items()):
        knob: Plant | None = getattr(knobs, name)
        if knob:
            change(book, np.random.default_rng([seed, 90 + number]), knob, weeks >= knob.week)
    _cut(book, horizon)


def add_leads(
    book: Book, knobs: Knobs, *, seed: int, start: int, work: WorkTime, horizon: int
) -> Book:
    """Plant what brings more leads; the same book where no knob is set."""
    if knobs.f6_arrivals:
        rng = np.random.default_rng([seed, 98])
        book = _more_arrivals(book, rng, knobs.f6_arrivals, start, work)
    if knobs.f8_collisions:
        rng = np.random.default_rng([seed, 99])
        book = _collide(book, rng, knobs.f8_collisions, start, work)
    _cut(book, horizon)
    return book


def _slow_contact(book: Book, rng: np.random.Generator, knob: Plant, rows: Flags) -> None:
    """F2: everything from first contact on happens later by the longer wait."""
    extra = ((book.contact - book.assigned) * knob.size).astype(np.int64) // 60 * 60 * rows
    for step in ("contact", "accepted", "qualified", "dealt", "closed"):
        getattr(book, step)[:] += extra
    open_ = book.lost == NEVER
    book.lost[~open_] += extra[~open_]


def _shift_mix(book: Book, rng: np.random.Generator, knob: Plant, rows: Flags) -> None:
    """F7: demo requests turn into paid content, with its chances at every step."""
    demo, paid = _rates("Demo request"), _rates("Paid content")
    turned = rows & (book.origin == 0) & (rng.random(len(book)) < knob.size)
    book.origin[turned] = ORIGINS.index("Paid content")
    for step in demo:
        fails = rng.random(len(book)) >= min(1.0, paid[step] / demo[step])
        book.stop_before(step, turned & getattr(book, step) & fails)


def _rates(origin: str) -> dict[str, float]:
    counts = AFTER[origin]
    return {
        "went_contact": counts.followed / counts.leads,
        "went_accepted": counts.accepted / counts.followed,
        "went_won": counts.won / counts.accepted,
    }


def _accept_less(book: Book, rng: np.random.Generator, knob: Plant, rows: Flags) -> None:
    """F7: sales turns down leads that it used to accept."""
    book.stop_before(
        "went_accepted", rows & book.went_accepted & (rng.random(len(book)) < knob.size)
    )


_CHANGES = {
    "f2_latency": _slow_contact,
    "f7_mix": _shift_mix,
    "f7_acceptance": _accept_less,
}


def _more_arrivals(
    book: Book, rng: np.random.Generator, knob: Plant, start: int, work: WorkTime
) -> Book:
    """F6: more leads a week for the same number of follow-ups; who goes without is chance."""
    weeks = (book.created - start) // _WEEK
    extra = book.taken((weeks >= knob.week) & (rng.random(len(book)) < knob.size))
    _delay_all(extra, work)
    extra.key[:] = book.key.max() + 1 + np.arange(len(extra))
    extra.owner[:] = rng.integers(0, len(reps()) - len(LEFT), len(extra))
    both = book.joined(extra)
    weeks = (both.created - start) // _WEEK
    is_extra = np.arange(len(both)) >= len(book)
    for week in np.unique(weeks[weeks >= knob.week]):
        called = np.flatnonzero((weeks == week) & both.went_contact)
        too_many = int((both.went_contact & is_extra & (weeks == week)).sum())
        dropped: Flags = np.zeros(len(both), bool)
        dropped[rng.permutation(called)[:too_many]] = True
        both.stop_before("went_contact", dropped)
    return both.taken(np.argsort(both.created, kind="stable"))


def _delay_all(book: Book, work: WorkTime) -> None:
    """Move copied leads seven minutes on, so that they are leads of their own."""
    before = work.mark(book.created)
    book.created[:] += 420
    moved: Ints = work.mark(book.created) - before
    for step in MARKS:
        getattr(book, step)[:] += moved
    open_ = book.lost == NEVER
    book.lost[~open_] += moved[~open_]


def _collide(book: Book, rng: np.random.Generator, knob: Plant, start: int, work: WorkTime) -> Book:
    """F8: the same lead comes in twice and a rep of the other sales team follows it up too."""
    weeks = (book.created - start) // _WEEK
    rows = (weeks >= knob.week) & book.went_contact & (rng.random(len(book)) < knob.size)
    second = book.taken(rows)
    _delay_all(second, work)
    here = len(reps()) - len(LEFT)
    # Half of the reps are in each team, North first.
    second.owner[:] = (second.owner + here // 2) % here
    second.stop_before("went_qualified", np.ones(len(second), bool))
    second.twin[:] = second.key
    second.key[:] = book.key.max() + 1 + np.arange(len(second))
    both = book.joined(second)
    return both.taken(np.argsort(both.created, kind="stable"))


def _cut(book: Book, horizon: int) -> None:
    """Nothing is known of what would happen after today."""
    for step, mark in (
        ("went_won", book.closed),
        ("went_dealt", book.dealt),
        ("went_qualified", book.qualified),
        ("went_accepted", book.accepted),
        ("went_contact", book.contact),
    ):
        late = getattr(book, step) & (mark >= horizon)
        book.stop_before(step, late)
    book.lost[book.lost >= horizon] = NEVER
