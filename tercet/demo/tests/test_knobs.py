"""Friction planted on purpose shows up where it was planted, and only from its week on."""

from datetime import timedelta

import pytest

from tercet.demo.knobs import Knobs, Plant
from tercet.demo.quay import simulate

WEEK = 30


def late(company, rows, at):
    since = company.first_day + timedelta(weeks=WEEK)
    return [row for row in rows if at(row).date() > since]


def early(company, rows, at):
    until = company.first_day + timedelta(weeks=WEEK)
    return [row for row in rows if at(row).date() < until]


def created(row):
    return row.created


def rate(leads, step):
    called = [x for x in leads if x.followed_up]
    return sum(bool(getattr(x, step)) for x in called) / len(called)


def test_fewer_leads_are_accepted_from_the_week_on(quay):
    planted = simulate(Knobs(f7_acceptance=Plant(WEEK, 0.4)))

    before, after = (
        rate(late(company, company.leads, created), "accepted") for company in (quay, planted)
    )
    assert 0.5 * before < after < 0.7 * before
    assert [bool(x.accepted) for x in early(quay, quay.leads, created)] == [
        bool(x.accepted) for x in early(planted, planted.leads, created)
    ]


def test_demo_requests_turn_into_paid_content(quay):
    planted = simulate(Knobs(f7_mix=Plant(WEEK, 0.5)))

    def demos(company):
        leads = late(company, company.leads, created)
        return sum(x.origin == "Demo request" for x in leads) / len(leads)

    assert demos(planted) == pytest.approx(demos(quay) / 2, rel=0.1)


def test_new_deals_are_cheaper_and_blamed_on_the_lead(quay):
    planted = simulate(Knobs(f7_price=Plant(WEEK, 0.25), f7_tags=Plant(WEEK, 0.5)))
    lead_of = {x.external_id: x for x in quay.leads}

    def touched(company):
        deals = [x for x in company.deals if x.lead]
        return late(company, deals, lambda x: lead_of[x.lead].created)

    pairs = list(zip(touched(quay), touched(planted), strict=True))
    assert all(float(b.amount) == pytest.approx(0.75 * float(a.amount), abs=0.02) for a, b in pairs)
    blamed = sum(b.lost_reason == "Bad lead" for _, b in pairs)
    assert 0.35 < blamed / sum(bool(b.lost) for _, b in pairs) < 0.65


def test_first_contact_takes_longer_and_replies_fall_silent(quay):
    planted = simulate(Knobs(f2_latency=Plant(WEEK, 1.0), f2_silence=Plant(WEEK, 0.9)))

    def median_wait(company):
        waits = sorted(
            x.first_contact - x.assigned
            for x in late(company, company.leads, created)
            if x.first_contact
        )
        return waits[len(waits) // 2]

    def replies(company):
        mails = late(company, company.touches, lambda x: x.at)
        return sum((x.kind, x.direction) == ("human", "out") for x in mails)

    assert median_wait(planted) > 1.3 * median_wait(quay)
    assert replies(planted) < 0.9 * replies(quay)


def test_more_leads_for_the_same_number_of_calls(quay):
    planted = simulate(Knobs(f6_arrivals=Plant(WEEK, 0.5)))

    before, after = (late(company, company.leads, created) for company in (quay, planted))
    assert len(after) == pytest.approx(1.5 * len(before), rel=0.05)
    assert sum(bool(x.followed_up) for x in after) == pytest.approx(
        sum(bool(x.followed_up) for x in before), rel=0.02
    )


def test_nobody_owns_it_or_two_do(quay):
    planted = simulate(Knobs(f8_ambiguity=Plant(WEEK, 0.2), f8_collisions=Plant(WEEK, 0.1)))

    leads = late(planted, planted.leads, created)
    assert sum(not x.owner for x in leads) / len(leads) == pytest.approx(0.2, abs=0.03)
    assert not any(not x.owner for x in early(planted, planted.leads, created))
    teams = {}
    for x in leads:
        teams.setdefault(x.email, set()).add(x.team)
    assert sum({"Sales North", "Sales South"} <= both for both in teams.values()) > 100


def test_the_truth_names_cause_dyad_and_week(quay):
    planted = simulate(Knobs(f7_acceptance=Plant(WEEK, 0.4)))

    assert len(quay.truth) == 8 * 3 * 53
    assert not any(row.size for row in quay.truth)
    found = {(row.cause, row.dyad, row.size) for row in planted.truth if row.size}
    assert found == {("F7", "marketing-sales", 0.4)}
    assert min(row.week for row in planted.truth if row.size) == WEEK


def test_refuses_a_week_outside_the_year_and_a_share_above_one():
    with pytest.raises(ValueError, match="Week 60"):
        Plant(60, 0.5)
    with pytest.raises(ValueError, match="f7_price is a share"):
        Knobs(f7_price=Plant(3, 1.5))
