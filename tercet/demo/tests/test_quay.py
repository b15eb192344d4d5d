"""Quay as it stands on Monday, 16 November 2026."""

from collections import Counter
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tercet.demo.market import WISHES
from tercet.demo.people import ANA, PERSONAS
from tercet.demo.pipeline import STAGES, TEST_NAME
from tercet.demo.quay import simulate
from tercet.demo.worktime import BERLIN, holidays

Q2 = (date(2026, 5, 1), date(2026, 7, 31))
Q3 = (date(2026, 8, 1), date(2026, 10, 31))
EVENING = datetime(2026, 11, 16, 16, tzinfo=UTC)
FIGURES = {
    (Q2, "Demo request"): (600, 570, 510, 128, Decimal(12_000)),
    (Q2, "Webinar"): (500, 450, 270, 40, Decimal(12_000)),
    (Q2, "Paid content"): (400, 330, 120, 12, Decimal(12_000)),
    (Q3, "Demo request"): (480, 408, 366, 99, Decimal(11_000)),
    (Q3, "Webinar"): (480, 336, 202, 36, Decimal(11_000)),
    (Q3, "Paid content"): (640, 400, 152, 23, Decimal(11_000)),
}


def berlin(at):
    return at.astimezone(BERLIN).date()


def within(at, quarter):
    return at is not None and quarter[0] <= berlin(at) <= quarter[1]


def funnel(company, quarter, origin):
    """Leads of the quarter, and how far they came within it."""
    deals = {deal.lead: deal for deal in company.deals if deal.lead}
    leads = [x for x in company.leads if x.origin == origin and within(x.created, quarter)]
    won = [deals[x.external_id] for x in leads if x.deal and deals[x.external_id].won]
    assert all(within(deal.won, quarter) for deal in won)
    counts = (
        len(leads),
        sum(x.followed_up and within(x.first_contact, quarter) for x in leads),
        sum(within(x.accepted, quarter) for x in leads),
        len(won),
    )
    return *counts, sum(deal.amount for deal in won) / len(won)


@pytest.mark.parametrize(("place", "figures"), FIGURES.items())
def test_the_last_two_quarters_are_exact(quay, place, figures):
    assert funnel(quay, *place) == figures


@pytest.mark.parametrize(("seed", "today"), [(1, date(2026, 11, 16)), (2, date(2027, 3, 21))])
def test_they_are_exact_with_any_seed_on_any_day(quay, seed, today):
    company = simulate(seed=seed, today=today)
    assert company.leads != quay.leads
    quarters = (Q2, Q3) if today.year == 2026 else (Q3, (date(2026, 11, 1), date(2027, 1, 31)))

    for old, new in zip((Q2, Q3), quarters, strict=True):
        for origin in ("Demo request", "Webinar", "Paid content"):
            assert funnel(company, new, origin) == FIGURES[old, origin]


def test_no_followed_up_or_accepted_lead_waits_for_the_next_quarter(quay):
    for quarter in (Q2, Q3):
        leads = [x for x in quay.leads if within(x.created, quarter)]
        assert all(within(x.first_contact, quarter) for x in leads if x.followed_up)
        assert all(within(x.accepted, quarter) for x in leads if x.accepted)


def test_deals_between_accepted_and_won(quay):
    for quarter, origin in FIGURES:
        leads = [x for x in quay.leads if x.origin == origin and within(x.created, quarter)]
        accepted, qualified, deal = (
            sum(bool(getattr(x, step)) for x in leads) for step in ("accepted", "qualified", "deal")
        )
        assert FIGURES[quarter, origin][3] < deal < qualified < accepted


def test_won_to_the_cent(quay):
    def won(quarter, deals):
        return sum(deal.amount for deal in deals if within(deal.won, quarter))

    counting = [
        deal
        for deal in quay.deals
        if deal.type == "new" and deal.pipeline == "Sales" and deal.name != TEST_NAME
    ]
    assert won(Q2, counting) == won(Q2, quay.deals) == Decimal("2160000.00")
    assert won(Q3, counting) == Decimal("1738000.00")
    assert won(Q3, quay.deals) == Decimal("1752400.00")
    left_out = [x for x in quay.deals if within(x.won, Q3) and x not in counting]
    assert {(x.type, x.pipeline, x.amount) for x in left_out} == {
        ("renewal", "Renewals", Decimal(9600)),
        ("new", "Sales", Decimal(4800)),
    }


def test_amounts_vary(quay):
    amounts = [deal.amount for deal in quay.deals if within(deal.won, Q3)]
    assert len(set(amounts)) > 100
    assert min(amounts) > 500
    assert all(deal.amount > 0 and deal.amount.as_tuple().exponent == -2 for deal in quay.deals)


def test_214_leads_lie_with_the_two_who_left(quay):
    gone = [owner for owner in quay.owners if owner.left_on]
    uncalled = [x for x in quay.leads if within(x.created, Q3) and not x.followed_up]
    theirs = [x for x in uncalled if x.owner_email in {owner.email for owner in gone}]

    assert [owner.left_on for owner in gone] == [date(2026, 7, 31)] * 2
    assert (len(uncalled), len(theirs)) == (456, 214)
    assert {x.status for x in theirs} == {"New"}
    assert sorted(Counter(x.owner for x in theirs).values()) == [107, 107]


def test_who_left_has_no_other_open_lead_and_does_nothing_after(quay):
    gone = {owner.name for owner in quay.owners if owner.left_on}
    after = date(2026, 8, 1)
    theirs = [x for x in quay.leads if x.owner in gone]

    still_open = [x for x in theirs if x.status in ("New", "Contacted", "Accepted", "Qualified")]
    assert len(still_open) == 214
    for step in ("first_contact", "accepted", "qualified"):
        assert all(berlin(at) < after for x in theirs if (at := getattr(x, step)))
    assert all(berlin(x.at) < after for x in quay.stage_moves if x.owner in gone)
    assert any(x.owner in gone and not x.won and not x.lost for x in quay.deals)


def test_sixty_people_in_seven_functions(quay):
    assert len(quay.people) == len({person.email for person in quay.people}) == 60
    assert len({person.function for person in quay.people}) == 7
    assert {p.persona: p.name for p in quay.people if p.persona} == PERSONAS
    assert PERSONAS["rep"] == ANA
    addresses = {person.email for person in quay.people}
    assert all(team.lead in addresses for team in quay.teams)
    assert {person.team for person in quay.people} == {team.name for team in quay.teams}


def test_every_step_is_in_order(quay):
    for lead in quay.leads:
        steps = (lead.created, lead.assigned, lead.first_contact, lead.accepted, lead.qualified)
        known = [at for at in (*steps, lead.lost) if at]
        assert known == sorted(known)
        assert bool(lead.lost) == bool(lead.lost_reason)
    created = {lead.external_id: lead for lead in quay.leads}
    for deal in quay.deals:
        assert not (deal.won and deal.lost)
        assert deal.created < (deal.won or deal.lost or EVENING)
        if deal.lead:
            assert created[deal.lead].deal == deal.external_id
            assert created[deal.lead].qualified < deal.created


def test_nothing_lies_in_the_future_or_before_the_year(quay):
    moments = [at for lead in quay.leads for at in astuple(lead)[10:18] if isinstance(at, datetime)]
    moments += [x.at for x in quay.touches] + [x.at for x in quay.stage_moves]
    moments += [at for x in quay.deals for at in (x.created, x.won, x.lost) if at]
    assert max(moments) <= EVENING
    assert berlin(min(moments)) >= date(2025, 11, 17)


def test_people_act_in_working_hours(quay):
    acts = [
        at
        for x in quay.leads
        for at in (x.assigned, x.first_contact, x.accepted, x.qualified, x.lost)
        if at
    ]
    acts += [x.at for x in quay.stage_moves]
    acts += [x.at for x in quay.touches if x.kind == "human" and x.direction == "out"]
    for at in acts:
        here = at.astimezone(BERLIN)
        assert here.weekday() < 5
        assert 9 <= here.hour < 17
        assert here.date() not in holidays(here.year)


def test_stage_moves_lead_to_the_stage_of_the_deal(quay):
    last = {}
    for move in quay.stage_moves:
        assert move.from_stage == last.get(move.deal, "")
        last[move.deal] = move.stage
    assert last == {deal.external_id: deal.stage for deal in quay.deals}


def test_every_reference_finds_its_row(quay):
    ids = {
        name: {row.external_id for row in getattr(quay, name)}
        for name in ("companies", "campaigns", "leads", "deals", "products")
    }
    owners = {owner.name for owner in quay.owners}
    for row in (*quay.leads, *quay.deals, *quay.contacts, *quay.touches):
        assert row.company in ids["companies"] or row.external_id == "D-TEST"
    for row in (*quay.leads, *quay.deals, *quay.touches):
        assert not row.campaign or row.campaign in ids["campaigns"]
    assert all(row.owner in owners for row in (*quay.leads, *quay.deals, *quay.companies))
    assert all(not deal.lead or deal.lead in ids["leads"] for deal in quay.deals)
    assert all(deal.product in ids["products"] for deal in quay.deals)
    assert all(not row.parent or row.parent in ids["companies"] for row in quay.companies)
    for name in ("owners", "companies", "contacts", "campaigns", "leads", "deals", "touches"):
        rows = getattr(quay, name)
        assert len({row.external_id for row in rows}) == len(rows)


def test_no_lead_became_a_customer_twice(quay):
    won = Counter(x.company for x in quay.deals if x.won and x.type == "new" and x.company)
    assert set(won.values()) == {1}
    state = {row.external_id: row.state for row in quay.companies}
    assert all(state[company] == "customer" for company in won)
    lost = {x.company for x in quay.deals if x.lost and x.type == "new"}
    assert not lost & set(won)


def test_a_first_contact_is_a_human_touch_and_who_was_not_called_has_none(quay):
    out = {(x.person, x.at) for x in quay.touches if (x.kind, x.direction) == ("human", "out")}
    people = {person for person, _ in out}
    assert all((x.email, x.first_contact) in out for x in quay.leads if x.first_contact)
    assert not people & {x.email for x in quay.leads if not x.first_contact}


def test_the_volume(quay):
    assert 1_400 <= len(quay.companies) <= 1_700
    assert 40_000 <= len(quay.touches) <= 52_000
    assert {x.kind for x in quay.touches} == {"human", "automatic"}
    assert {x.state for x in quay.companies} == {"prospect", "customer", "former"}
    assert len(quay.products) == 5


def test_norda_decides_on_the_fourth_of_december(quay):
    company = next(row for row in quay.companies if row.name == "Norda")
    (deal,) = (x for x in quay.deals if x.company == company.external_id)
    assert (deal.amount, deal.closes, deal.owner) == (Decimal(84_000), date(2026, 12, 4), ANA)
    assert not deal.won
    assert not deal.lost


def test_nine_deals_hang_on_one_wish(quay):
    names = {row.external_id: row.name for row in quay.companies}
    wanted = {wish.name for wish in WISHES}
    deals = [x for x in quay.deals if names.get(x.company) in wanted]
    assert len(deals) == 9
    assert sum(x.amount for x in deals) == 412_000
    assert sum(float(x.amount) * STAGES[x.stage] for x in deals) == pytest.approx(171_000)


def test_no_real_domain_and_no_real_company(quay):
    known = set(
        "sap siemens bosch bayer basf adidas allianz amazon apple google microsoft oracle"
        " salesforce hubspot ikea volvo spotify klarna philips"
        " shell unilever nestle roche novartis airbus"
        " renault danone orange bnp axa santander telefonica zara fiat eni enel ferrari norsk"
        " equinor maersk novo lego carlsberg nokia ericsson kone skoda allegro orlen meta netflix"
        " tesla ibm intel cisco dell adobe slack zoom stripe linkedin facebook".split()
    )
    assert all(row.domain.endswith(".example") for row in quay.companies)
    addresses = [x.email for x in (*quay.people, *quay.owners, *quay.contacts, *quay.leads)]
    addresses += [x.person for x in quay.touches]
    assert all(address.endswith(".example") and address.isascii() for address in addresses)
    assert not known & {word for row in quay.companies for word in row.name.lower().split()}
    assert len({row.domain for row in quay.companies}) == len(quay.companies)


def test_fewer_people_write_on_weekends(quay):
    days = Counter(berlin(x.created).weekday() for x in quay.leads)
    assert max(days[5], days[6]) < 0.5 * min(days[n] for n in range(5))


def test_response_times_are_skewed(quay):
    waits = sorted(x.first_contact - x.assigned for x in quay.leads if x.first_contact)
    assert sum(waits, timedelta()) / len(waits) > 1.3 * waits[len(waits) // 2]


def test_same_seed_same_company(quay):
    assert simulate() == quay
