"""Quay, a software company of sixty people, simulated over 52 weeks of selling.

Same knobs, seed and day: same company, to the byte. With no knob set, the last two complete fiscal
quarters hold exactly what `plan.BEFORE` and `plan.AFTER` say.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

import numpy as np

from tercet.demo import friction, market, pipeline
from tercet.demo.book import NEVER, SEGMENTS, Book, draw_book, route
from tercet.demo.campaigns import Calendar
from tercet.demo.knobs import Knobs, truth_table
from tercet.demo.names import TITLES, Namer
from tercet.demo.people import owners, people, reps, teams
from tercet.demo.plan import ORIGINS, spans
from tercet.demo.rows import Company, CompanyRow, Contact, Deal, Lead, StageMove, Touch
from tercet.demo.touches import Diary, by_deal
from tercet.demo.worktime import WorkTime, day_of, instant, moment

TODAY = date(2026, 11, 16)
_EVENING = time(17)
_REASONS = {
    "Demo request": [24, 6, 18, 14, 14, 14, 4, 6],
    "Webinar": [20, 6, 18, 24, 8, 18, 4, 2],
    "Paid content": [20, 18, 32, 14, 6, 6, 3, 1],
}
LEAD_REASONS = (
    "Unreachable",
    "Wrong data",
    "No fit",
    "No need",
    "No budget",
    "Bad timing",
    "Duplicate",
    "Existing deal",
)
NEVER_CALLED = "Never contacted"


NOTHING_PLANTED = Knobs()


def simulate(knobs: Knobs = NOTHING_PLANTED, *, seed: int = 7, today: date = TODAY) -> Company:
    """The whole company as its systems show it at five in the afternoon of `today`.

    Parameters
    ----------
    knobs : Knobs
        Friction to plant; none by default. With a knob the exact figures move.
    seed : int
        Same seed, same company.
    today : date
        The last day; the year before it is simulated.

    Examples
    --------
    >>> quay = simulate()
    >>> len(quay.people), quay.first_day, quay.today
    (60, datetime.date(2025, 11, 17), datetime.date(2026, 11, 16))
    """
    return _Simulation(knobs, seed, today).company()


class _Simulation:
    def __init__(self, knobs: Knobs, seed: int, today: date) -> None:
        self.knobs, self.seed, self.today = knobs, seed, today
        self.first_day = today - timedelta(weeks=52)
        self.spans = spans(today)
        self.work = WorkTime(self.first_day - timedelta(14), today + timedelta(800))
        self.start = instant(self.first_day, time(0))
        self.end = instant(today, _EVENING)
        self.horizon = int(self.work.mark(np.array([self.end]))[0])
        left_on = next(span.first for span in self.spans if span.left_behind) - timedelta(1)
        self.owners = owners(left_on)
        self.owner_of = {owner.name: owner for owner in self.owners}
        self.namer = Namer(self._random("names"))

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed}:{what}")  # noqa: S311 - repeatable on purpose, guards nothing

    def _rng(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream])

    def company(self) -> Company:
        self.book = self._book()
        self.weeks = (self.book.created - self.start) // (7 * 24 * 3600)
        self.market = market.settle(self.book, self.namer, self._random("market"))
        self.calendar = Calendar(self.spans, self._random("campaigns"))
        leads = self._leads()
        new, new_moves = self._new_business(leads)
        more, more_moves = self._with_customers(new)
        deals, moves = new + more, new_moves + more_moves
        moves.sort(key=lambda move: (move.at, move.deal))
        contacts, since = self._contacts(leads, new)
        return Company(
            today=self.today,
            first_day=self.first_day,
            people=list(people()),
            teams=teams(),
            owners=self.owners,
            companies=self._companies(),
            contacts=contacts,
            products=list(pipeline.PRODUCTS),
            campaigns=self.calendar.rows,
            leads=leads,
            deals=deals,
            stage_moves=moves,
            touches=self._touches(leads, new, moves, contacts, since),
            truth=truth_table(self.knobs),
        )

    def _book(self) -> Book:
        book = draw_book(self._rng(1), self.spans, self.work, self.horizon)
        place = {"seed": self.seed, "start": self.start, "horizon": self.horizon}
        friction.change_steps(book, self.knobs, **place)
        route(self._rng(2), book, self.spans, self.work)
        return friction.add_leads(book, self.knobs, work=self.work, **place)

    def _leads(self) -> list[Lead]:
        book, random = self.book, self._random("leads")
        firms = self.market.firms
        self.lead_owners = self._lead_owners()
        at = {name: self.work.at(getattr(book, name)) for name in _STEPS}
        at["lost"] = self.work.at(np.where(book.lost == NEVER, 0, book.lost))
        numbers = np.cumsum(book.went_dealt)
        leads: list[Lead] = []
        named: dict[int, tuple[str, str]] = {}
        for n in range(len(book)):
            firm = firms[self.market.firm_of[n]]
            key = int(book.twin[n]) if book.twin[n] >= 0 else int(book.key[n])
            if key not in named:
                named[key] = self.namer.person(firm.domain)
            name, email = named[key]
            contact = _if(book.went_contact[n], at["contact"][n])
            lost = _if(book.lost[n] != NEVER, at["lost"][n])
            lost = None if book.went_dealt[n] else lost
            origin = ORIGINS[book.origin[n]]
            lead = Lead(
                external_id=f"L-{n + 1:05}",
                name=name,
                email=email,
                company=pipeline.company_id(self.market.firm_of[n]),
                origin=origin,
                campaign=self.calendar.of(
                    int(book.span[n]), int(book.origin[n]), day_of(int(book.created[n]))
                ),
                segment=SEGMENTS[firm.segment],
                owner=self.lead_owners[n][0],
                owner_email=self.lead_owners[n][1],
                team=self.lead_owners[n][2],
                created=moment(int(book.created[n])),
                assigned=_if(book.assigned[n] < self.horizon, at["assigned"][n]),
                first_contact=contact,
                followed_up=contact is not None,
                accepted=_if(book.went_accepted[n], at["accepted"][n]),
                qualified=_if(book.went_qualified[n], at["qualified"][n]),
                deal=f"D-{numbers[n]:05}" if book.went_dealt[n] else "",
                lost=lost,
                status=_status(book, n, is_lost=lost is not None),
                lost_reason=_lead_reason(origin, lost is not None, contact is not None, random),
            )
            leads.append(lead)
        return leads

    def _lead_owners(self) -> list[tuple[str, str, str]]:
        """Name, mail and team of each lead's owner; nobody where ambiguity was planted."""
        who = [self.owner_of[name] for name in reps()]
        found = [(who[o].name, who[o].email, who[o].team) for o in self.book.owner]
        knob = self.knobs.f8_ambiguity
        if knob:
            drawn = self._rng(3).random(len(found))
            for n in np.flatnonzero((self.weeks >= knob.week) & (drawn < knob.size)):
                found[n] = ("", "", "")
        return found

    def _new_business(self, leads: list[Lead]) -> tuple[list[Deal], list[StageMove]]:
        self.scene = pipeline.Scene(
            self.spans, self.work, self.horizon, self.today, moment(self.start), self.knobs
        )
        cents = pipeline.amounts(self.book, self.market, self.spans, self._rng(4))
        return pipeline.new_business(
            self.book, self.market, leads, cents, self.scene, self._random("deals")
        )

    def _with_customers(self, new: list[Deal]) -> tuple[list[Deal], list[StageMove]]:
        emails = {owner.name: (owner.email, owner.team) for owner in self.owners}
        return pipeline.with_customers(
            self.market.firms, new, self.scene, emails, self._random("customers")
        )

    def _companies(self) -> list[CompanyRow]:
        return [
            CompanyRow(
                external_id=pipeline.company_id(n),
                name=firm.name,
                domain=firm.domain,
                segment=SEGMENTS[firm.segment],
                state=firm.state,
                annual_value=pipeline.euros(firm.cents),
                currency="EUR",
                owner=firm.owner,
                owner_email=self.owner_of[firm.owner].email,
                parent="" if firm.parent is None else pipeline.company_id(firm.parent),
                country=firm.country,
                employees=firm.employees,
                sector=firm.sector,
            )
            for n, firm in enumerate(self.market.firms)
        ]

    def _contacts(self, leads: list[Lead], new: list[Deal]) -> tuple[list[Contact], list[int]]:
        """Qualified leads become contacts; customers of old have one. Also since when each buys."""
        random, firms = self._random("contacts"), self.market.firms
        won = {deal.company: deal.won for deal in new if deal.won}
        seen: dict[str, tuple[str, str]] = {
            lead.email: (lead.name, lead.company) for lead in leads if lead.qualified
        }
        bought = {company for _, company in seen.values()}
        for n, firm in enumerate(firms):
            if firm.state != "prospect" and pipeline.company_id(n) not in bought:
                name, email = self.namer.person(firm.domain)
                seen[email] = (name, pipeline.company_id(n))
        contacts, since = [], []
        for n, (email, (name, company)) in enumerate(seen.items(), start=1):
            firm = firms[int(company[2:]) - 1]
            phone = self.namer.phone(firm.country)
            contacts.append(
                Contact(f"N-{n:05}", name, email, company, random.choice(TITLES), phone)
            )
            day = won.get(company)
            is_customer = firm.state == "customer"
            since.append(int(day.timestamp()) if day else 0 if is_customer else NEVER)
        return contacts, since

    def _touches(
        self, leads: list[Lead], new: list[Deal], moves: list[StageMove],
        contacts: list[Contact], since: list[int],
    ) -> list[Touch]:  # fmt: skip
        silence = self.knobs.f2_silence
        diary = Diary(self.work, self.start, self.end, silence, self._random("touches"))
        deal_of, moves_of = {deal.lead: deal for deal in new}, by_deal(moves)
        for lead in leads:
            deal = deal_of.get(lead.external_id)
            its_moves = moves_of[deal.external_id] if deal else []
            diary.lead(lead, deal, its_moves, self.calendar.before(lead.created.date()))
        for contact, day in zip(contacts, since, strict=True):
            diary.newsletter(contact, day)
        return diary.touches()


_STEPS = ("assigned", "contact", "accepted", "qualified")


def _if(happened: bool, second: int) -> datetime | None:
    return moment(int(second)) if happened else None


def _status(book: Book, n: int, *, is_lost: bool) -> str:
    if book.went_won[n]:
        return "Won"
    if book.went_dealt[n]:
        return "Deal lost" if book.lost[n] != NEVER else "Deal"
    if is_lost:
        return "Returned" if book.went_contact[n] else "Expired"
    if book.went_qualified[n]:
        return "Qualified"
    if book.went_accepted[n]:
        return "Accepted"
    return "Contacted" if book.went_contact[n] else "New"


def _lead_reason(origin: str, is_lost: bool, was_called: bool, random: Random) -> str:
    if not is_lost:
        return ""
    if not was_called:
        return NEVER_CALLED
    return random.choices(LEAD_REASONS, _REASONS[origin])[0]
