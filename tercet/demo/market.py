"""Who Quay sells to, and which company each lead comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np

from tercet.demo.book import NEVER, Book, Ints
from tercet.demo.names import COUNTRIES, Namer, domain
from tercet.demo.people import ANA, LEFT, reps, success_managers

_PER_REP = 106
_SEGMENT_SHARES = (0.6, 0.3, 0.1)
_EMPLOYEES = ((8, 90), (110, 900), (1_200, 14_000))
_OLD_CUSTOMERS = 80
_FORMER = 45


@dataclass(frozen=True, slots=True)
class Wish:
    """A named prospect whose open deal a later story needs, and the days to its decision."""

    name: str
    sector: str
    segment: int
    euros: int
    stage: str
    closes_in: int


# Nine open deals, 412,000 EUR, 171,000 when weighed by the stages' chances (see pipeline.STAGES).
NORDA = Wish("Norda", "Energy", 2, 84_000, "Proposal", 18)
WISHES = (
    NORDA,
    Wish("Brenvik Insurance", "Finance", 2, 64_000, "Proposal", 32),
    Wish("Castelmira Clinics", "Health", 2, 52_000, "Demo", 43),
    Wish("Hestovar Freight", "Logistics", 2, 48_000, "Proposal", 25),
    Wish("Lindorvo Savings", "Finance", 2, 46_000, "Negotiation", 11),
    Wish("Palomedra Foods", "Food", 1, 36_000, "Demo", 57),
    Wish("Ravnetta Grid", "Energy", 1, 30_000, "Discovery", 74),
    Wish("Torvaldine Academy", "Education", 1, 28_000, "Negotiation", 8),
    Wish("Ulmerano Works", "Manufacturing", 1, 24_000, "Demo", 36),
)
NAMED_CUSTOMERS = (
    ("Marlune Transport", "Logistics", 2, 72_000),
    ("Dornika Dairy", "Food", 1, 26_400),
    ("Selvanne Care", "Health", 2, 58_800),
    ("Gravostad Timber", "Construction", 1, 19_200),
    ("Kestrudde Systems", "Software", 1, 24_000),
    ("Orvindel Press", "Education", 0, 9_600),
)


@dataclass(slots=True)
class Firm:
    name: str
    sector: str
    segment: int
    owner: str
    country: str
    employees: int
    domain: str
    state: str = "prospect"
    cents: int = 0
    is_taken: bool = False
    parent: int | None = None
    people: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Market:
    firms: list[Firm]
    firm_of: list[int]
    wish_of: dict[int, Wish]


def settle(book: Book, namer: Namer, random: Random) -> Market:
    """Give each lead a company of its own rep; a company is won once and has no other deal."""
    market = _Settling(namer, random)
    market.found(book)
    firm_of = [-1] * len(book)
    wish_of = _wishes(book)
    for lead, wish in wish_of.items():
        book.segment[lead] = wish.segment
        firm_of[lead] = market.add_wish(wish, int(book.owner[lead]))
    for lead in np.flatnonzero(book.went_won).tolist():
        firm_of[lead] = market.fresh(int(book.owner[lead]), int(book.segment[lead]))
    for lead in range(len(book)):
        if firm_of[lead] < 0 and book.twin[lead] < 0:
            owner, segment = int(book.owner[lead]), int(book.segment[lead])
            draw = market.prospect if book.went_dealt[lead] else market.anyone
            firm_of[lead] = draw(owner, segment)
    place = {int(key): n for n, key in enumerate(book.key)}
    for lead in np.flatnonzero(book.twin >= 0).tolist():
        firm_of[lead] = firm_of[place[int(book.twin[lead])]]
    market.hand_over()
    return Market(market.firms, firm_of, wish_of)


def _wishes(book: Book) -> dict[int, Wish]:
    """Some open deals of late carry the named prospects; Norda's is Ana's."""
    present = len(reps()) - len(LEFT)
    is_open = book.went_dealt & ~book.went_won & (book.lost == NEVER) & (book.owner < present)
    late = is_open & (book.span >= book.span.max() - 1) & (book.twin < 0)
    is_ana = book.owner == reps().index(ANA)
    by_age = np.argsort(book.dealt, kind="stable")
    hers, others = by_age[(late & is_ana)[by_age]], by_age[(late & ~is_ana)[by_age]]
    # The older half: an enterprise deal near its decision did not begin last week.
    chosen = dict(zip(_spread(hers[: (len(hers) + 1) // 2], 1), WISHES, strict=False))
    return chosen | dict(zip(_spread(others, len(WISHES) - 1), WISHES[1:], strict=False))


def _spread(rows: Ints, count: int) -> list[int]:
    """That many of the rows, evenly apart and none at the ends."""
    if len(rows) < count:
        return [int(row) for row in rows]
    return [int(rows[(2 * k + 1) * len(rows) // (2 * count)]) for k in range(count)]


class _Settling:
    def __init__(self, namer: Namer, random: Random) -> None:
        self._namer, self._random = namer, random
        self.firms: list[Firm] = []
        self._pools: dict[tuple[int, int], list[int]] = {}

    def found(self, book: Book) -> None:
        """Every rep's companies, some of them customers of old and some former ones."""
        for owner in range(len(reps())):
            for segment, share in enumerate(_SEGMENT_SHARES):
                self._pools[owner, segment] = []
                for _ in range(round(_PER_REP * share)):
                    self._add(owner, segment)
        old = self._random.sample(range(len(self.firms)), _OLD_CUSTOMERS + _FORMER)
        for n, number in enumerate(old):
            self._make_customer(self.firms[number], is_former=n < _FORMER)
        for name, sector, segment, euros in NAMED_CUSTOMERS:
            number = self._add(self._random.randrange(len(reps()) - len(LEFT)), segment)
            firm = self.firms[number]
            firm.name, firm.sector, firm.domain = name, sector, domain(name)
            self._make_customer(firm, is_former=False)
            firm.cents = euros * 100
        for number in self._random.sample(range(len(self.firms)), 40):
            parent = self._random.randrange(len(self.firms))
            if parent < number:
                self.firms[number].parent = parent

    def _make_customer(self, firm: Firm, *, is_former: bool) -> None:
        firm.is_taken = True
        firm.state = "former" if is_former else "customer"
        months = self._random.randint(30, 90) * (1, 3, 8)[firm.segment]
        firm.cents = 0 if is_former else months * 12 * 12_00

    def _add(self, owner: int, segment: int) -> int:
        name, sector = self._namer.company()
        low, high = _EMPLOYEES[segment]
        country = self._random.choices(COUNTRIES, [30, 9, 8, 8] + [4] * 10)[0]
        staff = round(low * (high / low) ** self._random.random())
        self.firms.append(Firm(name, sector, segment, reps()[owner], country, staff, domain(name)))
        self._pools[owner, segment].append(len(self.firms) - 1)
        return len(self.firms) - 1

    def add_wish(self, wish: Wish, owner: int) -> int:
        number = self._add(owner, wish.segment)
        firm = self.firms[number]
        firm.name, firm.sector, firm.is_taken = wish.name, wish.sector, True
        firm.domain = domain(wish.name)
        self._pools[owner, wish.segment].remove(number)
        return number

    def fresh(self, owner: int, segment: int) -> int:
        """A company that becomes a customer by this lead."""
        free = [n for n in self._pools[owner, segment] if not self.firms[n].is_taken]
        number = self._random.choice(free) if len(free) > 2 else self._add(owner, segment)
        self.firms[number].is_taken = True
        self.firms[number].state = "customer"
        return number

    def prospect(self, owner: int, segment: int) -> int:
        free = [n for n in self._pools[owner, segment] if not self.firms[n].is_taken]
        return self._random.choice(free) if free else self._add(owner, segment)

    def anyone(self, owner: int, segment: int) -> int:
        return self._random.choice(self._pools[owner, segment])

    def hand_over(self) -> None:
        """Customers of those who left went to customer success; their prospects to nobody."""
        successors = success_managers()
        for n, firm in enumerate(self.firms):
            if firm.owner in LEFT.values() and firm.state == "customer":
                firm.owner = successors[n % len(successors)]
