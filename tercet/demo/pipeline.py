"""Deals and their way through the stages: new business, renewals, expansions, one test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np
from numpy.typing import NDArray

from tercet.demo.book import NEVER, SEGMENTS, Book, Ints
from tercet.demo.knobs import Knobs
from tercet.demo.market import Firm, Market, Wish
from tercet.demo.people import PERSONAS, success_managers
from tercet.demo.plan import ORIGINS, Span
from tercet.demo.rows import Deal, Lead, Product, StageMove
from tercet.demo.worktime import DAY, WorkTime, day_of, moment

SALES, RENEWALS = "Sales", "Renewals"
# Stage and the chance that a deal in it is won.
STAGES = {"Discovery": 0.10, "Demo": 0.25, "Proposal": 0.45, "Negotiation": 0.70}
RENEWAL_STAGES = {"Renewal due": 0.80, "Offer sent": 0.90}
TEST_NAME = "TEST – please ignore"
TEST_CENTS, RENEWAL_CENTS = 4_800_00, 9_600_00

PRODUCTS = [
    Product("P-1", "Quay Core", "Platform", Decimal("4800.00"), "EUR"),
    Product("P-2", "Quay Team", "Platform", Decimal("9600.00"), "EUR"),
    Product("P-3", "Quay Enterprise", "Platform", Decimal("36000.00"), "EUR"),
    Product("P-4", "Quay Insight", "Add-on", Decimal("6000.00"), "EUR"),
    Product("P-5", "Quay Connect", "Add-on", Decimal("3600.00"), "EUR"),
]
COMPETITORS = ("Harborvane", "Piertide", "Moolwerk", "In-house")
REASONS = (
    "Price",
    "Missing feature",
    "No decision",
    "Competitor",
    "Bad timing",
    "Security",
    "No budget",
)
_BUYER_REASONS = ("Missing feature", "Security", "Competitor", "Price", "No budget")
BAD_LEAD = "Bad lead"

_MEDIAN_EUROS = np.array([5_200.0, 13_000.0, 38_000.0])
_YEARLY = 12_00  # a whole euro a month


@dataclass(frozen=True, slots=True)
class Scene:
    """What every deal needs to know of the year."""

    spans: list[Span]
    work: WorkTime
    horizon: int
    today: date
    start: datetime
    knobs: Knobs


def amounts(book: Book, market: Market, spans: list[Span], rng: np.random.Generator) -> Ints:
    """Cents for each lead that became a deal; the won ones of a span and origin keep its mean."""
    raw = _MEDIAN_EUROS[book.segment] * np.exp(0.45 * rng.standard_normal(len(book))) * 100
    cents = np.maximum((raw * 0.85 // _YEARLY).astype(np.int64), 60) * _YEARLY
    for number, span in enumerate(spans):
        for origin in range(len(ORIGINS)):
            rows = np.flatnonzero((book.span == number) & (book.origin == origin) & book.went_won)
            if len(rows):
                cents[rows] = _with_mean(raw[rows], span.mean_cents)
    for lead, wish in market.wish_of.items():
        cents[lead] = wish.euros * 100
    return cents


def _with_mean(raw: NDArray[np.float64], mean_cents: int) -> Ints:
    """Scaled to whole monthly prices; what rounding leaves over goes to the largest deal."""
    total = mean_cents * len(raw)
    cents = np.maximum((raw * (total / raw.sum()) // _YEARLY).astype(np.int64), 1) * _YEARLY
    cents[np.argmax(cents)] += total - cents.sum()
    return np.asarray(cents, dtype=np.int64)


def new_business(
    book: Book, market: Market, leads: list[Lead], cents: Ints, scene: Scene, random: Random
) -> tuple[list[Deal], list[StageMove]]:
    """One deal for each lead that got so far."""
    deals: list[Deal] = []
    moves: list[StageMove] = []
    for n in np.flatnonzero(book.went_dealt).tolist():
        firm, wish = market.firms[market.firm_of[n]], market.wish_of.get(n)
        way = _Way(int(book.dealt[n]), int(book.closed[n]), _end(book, n), bool(book.went_won[n]))
        marks, stages = _stages(way, wish, scene, random)
        deal = _new_deal(leads[n], firm, way, stages[-1], scene, random)
        deal = replace(
            deal,
            closes=_closes(way.end, wish, scene, random),
            amount=euros(int(cents[n])),
        )
        deal = _with_friction(deal, (leads[n].created - scene.start).days // 7, scene.knobs, random)
        deals.append(deal)
        moves += _moves(deal, marks, stages, scene)
        if deal.won:
            firm.cents += int(deal.amount * 100)
    return deals, moves


@dataclass(frozen=True, slots=True)
class _Way:
    """When a deal began, would be won, and ended (0: not yet), as marks of working time."""

    start: int
    expected: int
    end: int
    is_won: bool


def _new_deal(lead: Lead, firm: Firm, way: _Way, stage: str, scene: Scene, random: Random) -> Deal:
    product = _product(firm.segment, random)
    closing = "" if not way.end else "Won" if way.is_won else "Lost"
    lost_reason, by, competitor = _why_lost(closing, random)
    return Deal(
        external_id=lead.deal,
        name=f"{firm.name} – {product.name}",
        company=lead.company,
        lead=lead.external_id,
        product=product.external_id,
        owner=lead.owner,
        owner_email=lead.owner_email,
        team=lead.team,
        pipeline=SALES,
        stage=closing or stage,
        type="new",
        created=_moment(scene, way.start),
        won=_moment(scene, way.end) if closing == "Won" else None,
        lost=_moment(scene, way.end) if closing == "Lost" else None,
        closes=None,
        amount=Decimal(0),
        currency="EUR",
        origin=lead.origin,
        campaign=lead.campaign,
        segment=lead.segment,
        competitor=competitor,
        lost_reason=lost_reason,
        lost_reason_by=by,
    )


def _with_friction(deal: Deal, week: int, knobs: Knobs, random: Random) -> Deal:
    price, tags = knobs.f7_price, knobs.f7_tags
    if price and week >= price.week:
        cut = int(deal.amount * 100 * (1 - Decimal(str(price.size))))
        deal = replace(deal, amount=euros(cut))
    if tags and week >= tags.week and deal.lost and random.random() < tags.size:
        deal = replace(deal, lost_reason=BAD_LEAD, lost_reason_by="rep")
    return deal


def _end(book: Book, lead: int) -> int:
    """The mark at which the deal was won or lost, or 0 while it is open."""
    if book.went_won[lead]:
        return int(book.closed[lead])
    return int(book.lost[lead]) if book.lost[lead] != NEVER else 0


def _stages(
    way: _Way, wish: Wish | None, scene: Scene, random: Random
) -> tuple[list[int], list[str]]:
    """When the deal came to each stage, and the stages that it came to."""
    names = list(STAGES)
    cuts = [0.0, *sorted(random.uniform(0.1, 0.9) for _ in names[1:])]
    start, expected, end = way.start, way.expected, way.end
    until = end or scene.horizon
    if wish:
        reached = names.index(wish.stage) + 1
        length = (until - start) * 0.9
    elif end:
        reached = len(names) if way.is_won else random.randint(1, len(names))
        length = end - start
    else:
        length = max(expected - start, 1)
        reached = sum(start + cut * length < until for cut in cuts)
        if until > expected:
            reached = random.choices(range(1, len(names) + 1), (20, 30, 32, 18))[0]
    marks = [start + int(cut * length) // 60 * 60 for cut in cuts[:reached]]
    return _apart(marks), names[:reached]


def _apart(marks: list[int]) -> list[int]:
    """Two moves never share a minute."""
    for n in range(1, len(marks)):
        marks[n] = max(marks[n], marks[n - 1] + 60)
    return marks


def _moves(deal: Deal, marks: list[int], stages: list[str], scene: Scene) -> list[StageMove]:
    steps = [
        (stage, moment_)
        for stage, mark in zip(stages, marks, strict=True)
        if (moment_ := _moment(scene, mark)) < (deal.won or deal.lost or _AFTER_ALL)
    ]
    if end := deal.won or deal.lost:
        steps.append((deal.stage, end))
    origin = ["", *(stage for stage, _ in steps)]
    return [
        StageMove(deal.external_id, before, stage, deal.pipeline, at, deal.owner)
        for before, (stage, at) in zip(origin, steps, strict=False)
    ]


_AFTER_ALL = moment(4_102_444_800)


def _product(segment: int, random: Random) -> Product:
    shares = ([6, 2, 0, 1, 1], [2, 6, 1, 2, 1], [0, 2, 6, 1, 1])[segment]
    return random.choices(PRODUCTS, shares)[0]


def _why_lost(closing: str, random: Random) -> tuple[str, str, str]:
    competitor = random.choice(COMPETITORS) if random.random() < 0.45 else ""
    if closing != "Lost":
        return "", "", competitor
    if random.random() < 0.3:
        return random.choice(_BUYER_REASONS), "buyer", competitor
    reason = random.choices(REASONS, [30, 12, 18, 14, 12, 4, 10])[0]
    if reason == "Competitor" and not competitor:
        competitor = random.choice(COMPETITORS)
    return reason, "rep", competitor


def _closes(end: int, wish: Wish | None, scene: Scene, random: Random) -> date:
    """The day it closed, or is expected to; one open deal in nine is past its day."""
    if end:
        return day_of(_second(scene, end))
    if wish:
        return scene.today + timedelta(wish.closes_in)
    if random.random() < 0.11:
        return scene.today - timedelta(random.randint(2, 25))
    day = scene.today + timedelta(random.randint(3, 110))
    return day - timedelta(max(0, day.weekday() - 4))


def with_customers(
    firms: list[Firm], new: list[Deal], scene: Scene, emails: dict[str, tuple[str, str]],
    random: Random,
) -> tuple[list[Deal], list[StageMove]]:  # fmt: skip
    """Renewals and expansions, which the CRM has held since the last complete quarter began.

    In that quarter one renewal was won, and one test record that somebody forgot.
    """
    buyers = {deal.company for deal in new}
    old = [n for n, f in enumerate(firms) if f.state == "customer" and company_id(n) not in buyers]
    random.shuffle(old)
    quarter = scene.spans[-2]
    start, now = (
        scene.work.mark_of_day(quarter.first),
        scene.work.mark_of_day(scene.spans[-1].first),
    )
    deals: list[Deal] = []
    moves: list[StageMove] = []
    for n, number in enumerate(old[:70]):
        is_renewal = n % 2 == 0
        begin = start + random.randint(5 * DAY, (now - start) * 9 // 10) // 60 * 60
        end, closing = _customer_end(n, begin, now, scene, random)
        firm = firms[number]
        manager = success_managers()[n % len(success_managers())]
        cents = RENEWAL_CENTS if n == 0 else _customer_cents(firm, is_renewal, random)
        stages = list(RENEWAL_STAGES if is_renewal else STAGES)[:2]
        until = end or scene.horizon
        marks = _apart([begin, begin + (until - begin) // 3 // 60 * 60])
        kind = "renewal" if is_renewal else "expansion"
        deal = Deal(
            external_id=f"{'R' if is_renewal else 'X'}-{n + 1:04}",
            name=f"{firm.name} – {kind}",
            company=company_id(number),
            lead="",
            product=_product(firm.segment, random).external_id,
            owner=manager,
            owner_email=emails[manager][0],
            team=emails[manager][1],
            pipeline=RENEWALS if is_renewal else SALES,
            stage=closing or stages[-1],
            type=kind,
            created=_moment(scene, begin),
            won=_moment(scene, end) if closing == "Won" else None,
            lost=_moment(scene, end) if closing == "Lost" else None,
            closes=_closes(end, None, scene, random),
            amount=euros(cents),
            currency="EUR",
            origin="Customer",
            campaign="",
            segment=SEGMENTS[firm.segment],
            competitor="",
            lost_reason="Price" if closing == "Lost" else "",
            lost_reason_by="rep" if closing == "Lost" else "",
        )
        deals.append(deal)
        moves += _moves(deal, marks, stages, scene)
        if deal.won and not is_renewal:
            firm.cents += cents
    test, its_moves = _test_record(scene, emails)
    return [*deals, test], moves + its_moves


def _customer_end(n: int, begin: int, now: int, scene: Scene, random: Random) -> tuple[int, str]:
    """The first is the renewal won in the quarter; others are won only after it."""
    if n == 0:
        return begin + (now - begin) // 2 // 60 * 60, "Won"
    if n % 7 == 3:
        end = begin + random.randint(2 * DAY, 20 * DAY) // 60 * 60
        return (end, "Lost") if end < scene.horizon else (0, "")
    if n % 10 in (1, 4) and scene.horizon - now > 2 * DAY:
        return now + random.randint(DAY, scene.horizon - now - 60) // 60 * 60, "Won"
    return 0, ""


def _customer_cents(firm: Firm, is_renewal: bool, random: Random) -> int:
    if is_renewal:
        return firm.cents
    return max(1, round(firm.cents * random.uniform(0.15, 0.5) / _YEARLY)) * _YEARLY


def _test_record(scene: Scene, emails: dict[str, tuple[str, str]]) -> tuple[Deal, list[StageMove]]:
    owner = PERSONAS["revenue_operations"]
    begin = scene.work.mark_of_day(scene.spans[-2].first + timedelta(44)) + 3600
    end = begin + 1800
    deal = Deal(
        "D-TEST", TEST_NAME, "", "", "P-1", owner, *emails[owner], SALES, "Won", "new",
        _moment(scene, begin), _moment(scene, end), None, day_of(_second(scene, end)),
        euros(TEST_CENTS), "EUR", "", "", "", "", "", "",
    )  # fmt: skip
    return deal, _moves(deal, [begin], ["Discovery"], scene)


def company_id(number: int) -> str:
    return f"C-{number + 1:05}"


def euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _second(scene: Scene, mark: int) -> int:
    return int(scene.work.at(np.array([mark]))[0])


def _moment(scene: Scene, mark: int) -> datetime:
    return moment(_second(scene, mark))
