"""One frozen row per import kind, field for field, and the company that holds them all.

Instants are UTC, days are days in Berlin, money is a decimal amount beside its currency. A
reference (`company`, `campaign`, `lead`, `deal`, `product`, `parent`) holds the other row's
`external_id`; `manager` and a team's `lead` hold a mail address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works at Quay, and the role that they have in the workspace."""

    name: str
    email: str
    function: str
    team: str
    title: str
    role: str
    persona: str


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    function: str
    lead: str


@dataclass(frozen=True, slots=True)
class Owner:
    external_id: str
    name: str
    email: str
    team: str
    manager: str
    left_on: date | None


@dataclass(frozen=True, slots=True)
class CompanyRow:
    external_id: str
    name: str
    domain: str
    segment: str
    state: str
    annual_value: Decimal
    currency: str
    owner: str
    owner_email: str
    parent: str
    country: str
    employees: int
    sector: str


@dataclass(frozen=True, slots=True)
class Contact:
    external_id: str
    name: str
    email: str
    company: str
    title: str
    phone: str


@dataclass(frozen=True, slots=True)
class Product:
    external_id: str
    name: str
    series: str
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Campaign:
    external_id: str
    name: str
    channel: str
    starts_on: date
    ends_on: date
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Lead:
    external_id: str
    name: str
    email: str
    company: str
    origin: str
    campaign: str
    segment: str
    owner: str
    owner_email: str
    team: str
    created: datetime
    assigned: datetime | None
    first_contact: datetime | None
    followed_up: bool
    accepted: datetime | None
    qualified: datetime | None
    deal: str
    lost: datetime | None
    status: str
    lost_reason: str


@dataclass(frozen=True, slots=True)
class Deal:
    external_id: str
    name: str
    company: str
    lead: str
    product: str
    owner: str
    owner_email: str
    team: str
    pipeline: str
    stage: str
    type: str
    created: datetime
    won: datetime | None
    lost: datetime | None
    closes: date | None
    amount: Decimal
    currency: str
    origin: str
    campaign: str
    segment: str
    competitor: str
    lost_reason: str
    lost_reason_by: str


@dataclass(frozen=True, slots=True)
class StageMove:
    deal: str
    from_stage: str
    stage: str
    pipeline: str
    at: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class Touch:
    external_id: str
    at: datetime
    person: str
    company: str
    campaign: str
    channel: str
    kind: str
    direction: str


@dataclass(frozen=True, slots=True)
class Truth:
    """How strongly a cause of friction was planted between two teams in a week; 0 is not at all."""

    cause: str
    dyad: str
    week: int
    size: float


@dataclass(frozen=True, slots=True)
class Company:
    """Everything that Quay's systems hold on the evening of `today`."""

    today: date
    first_day: date
    people: list[Person]
    teams: list[Team]
    owners: list[Owner]
    companies: list[CompanyRow]
    contacts: list[Contact]
    products: list[Product]
    campaigns: list[Campaign]
    leads: list[Lead]
    deals: list[Deal]
    stage_moves: list[StageMove]
    touches: list[Touch]
    truth: list[Truth]
