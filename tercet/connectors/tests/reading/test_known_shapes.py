"""HubSpot's and Salesforce's exports, as they come, end to end."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from tercet.connectors.mapping.guess import guess
from tercet.connectors.reading import child

from .conftest import FIXTURES


def _plan(name):
    return guess(child.sniff(FIXTURES / name))


def test_hubspot_contacts_fill_leads_contacts_and_companies(desk):
    plan = _plan("hubspot_contacts.csv")
    result = desk.bring(FIXTURES / "hubspot_contacts.csv", plan, zone="Europe/Berlin")

    assert plan.preset == "hubspot/contacts"
    assert {kind: made.rows for kind, made in result.kinds.items()} == {
        "leads": 400,
        "contacts": 400,
        "companies": 130,
    }
    leads = desk.rows(result, "leads")
    followed = [lead for lead in leads if lead["followed_up"]]
    assert all(lead["first_contact_at"] >= lead["assigned_at"] for lead in followed)
    assert 250 < len(followed) < 400
    assert sum(1 for lead in leads if lead["qualified_on"]) > 100
    assert json.loads(leads[0]["extra"])["Marketing contact status"] == "Marketing contact"
    assert json.loads(desk.rows(result, "contacts")[0]["extra"]) == {}


def test_hubspot_deals_meet_their_leads(desk):
    leads = desk.rows(desk.bring(FIXTURES / "hubspot_contacts.csv"), "leads")
    deals = desk.rows(desk.bring(FIXTURES / "hubspot_deals.csv"), "deals")

    assert {lead["deal"] for lead in leads if lead["deal"]} == {d["external_id"] for d in deals}
    assert {d["lead"] for d in deals} <= {lead["external_id"] for lead in leads}
    assert {d["type"] for d in deals} == {"new", "expansion"}
    for deal in deals:
        assert (deal["won_on"] is not None) == (deal["outcome"] == "won")
        assert deal["amount_currency"] == "EUR"
        assert deal["amount"] % 50_000 == 0


def test_both_quarters_have_every_step():
    text = (FIXTURES / "hubspot_contacts.csv").read_text(encoding="utf-8")

    assert "2026-01" in text
    assert "2026-06" in text


def test_the_follow_up_column_is_asked_with_its_likeliest_answer():
    ask = next(a for a in _plan("hubspot_contacts.csv").asks if a.key == "followed_up")

    assert ask.default == "Number of times contacted"
    assert "Last Contacted" in ask.candidates
    assert not ask.blocks


def test_salesforce_leads_drop_the_footer_and_grow_their_identifiers(desk):
    result = desk.bring(FIXTURES / "salesforce_leads.csv")

    leads = desk.rows(result, "leads")
    assert (len(leads), result.refused_count, result.footer_lines) == (400, 0, 5)
    assert all(len(lead["external_id"]) == 18 for lead in leads)


def test_salesforce_opportunities_find_their_leads_by_either_form(desk):
    leads = desk.rows(desk.bring(FIXTURES / "salesforce_leads.csv"), "leads")
    deals = desk.rows(desk.bring(FIXTURES / "salesforce_opportunities.csv"), "deals")

    assert {lead["deal"] for lead in leads if lead["deal"]} == {d["external_id"] for d in deals}
    assert Counter(d["amount_currency"] for d in deals).keys() == {"EUR", "USD", "GBP"}
    assert {d["amount_converted_currency"] for d in deals} == {"EUR"}


def test_salesforce_history_moves_stages(desk):
    moves = desk.rows(desk.bring(FIXTURES / "salesforce_opportunity_history.csv"), "stage_moves")

    assert len(moves) % 2 == 0
    assert moves[0]["from_stage"] is None
    assert moves[0]["at"].tzinfo is not None


def test_salesforce_campaign_members_are_touches_and_campaigns(desk):
    result = desk.bring(FIXTURES / "salesforce_campaign_members.csv")

    touches = desk.rows(result, "touches")
    assert (len(touches), result.kinds["campaigns"].rows) == (200, 4)
    assert {t["kind"] for t in touches} == {"automatic"}
    assert touches == sorted(touches, key=lambda t: t["at"])
    assert touches[0]["at"] >= datetime(2026, 1, 1, tzinfo=UTC)


def test_touches_stream_and_odd_rows_are_seen_to(desk):
    lines = "touch_id,timestamp,email,company,campaign,channel,kind\n" + "".join(
        f"t{n},2026-01-{1 + n % 28:02} 10:00:00,P{n}@x.example,x.example,spring,call,human\n"
        for n in range(3_000)
    )
    odd = (
        "bad,someday,a@x.example,,,call,human\n"
        "1.2E+11,2026-01-02,a@x.example,,,call,human\n"
        "dated,25.03.2026,a@x.example,,,call,human\n"
        "short,row\n\n"
        '"Copyright (c) 2026"\n'
    )
    result = desk.bring(desk.lay("touches.csv", lines + odd), zone="Europe/Berlin")

    rows = [t for part in result.kinds["touches"].parts for t in desk.rows_of(part)]
    assert (len(rows), result.kinds["touches"].rows, result.refused_count) == (3_001, 3_001, 3)
    assert [r["line"] for r in result.refused] == [3_002, 3_003, 3_005]
    first = next(t for t in rows if t["touch_id"] == "t0")
    assert first["person"] == "p0@x.example"
    assert first["at"] == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_touches_without_identifiers_are_named_by_what_they_say(desk):
    text = "timestamp,email,channel\n2026-01-01 10:00:00,a@x.example,call\n"
    once = desk.bring(desk.lay("touches_a.csv", text), kind="touches")
    again = desk.bring(desk.lay("touches_b.csv", text), kind="touches")

    assert [t["touch_id"] for t in desk.rows(once, "touches")] == [
        t["touch_id"] for t in desk.rows(again, "touches")
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_touches_in_other_encodings(desk, encoding):
    text = (
        "touch_id,timestamp,email,campaign,channel\nt1,2026-01-01 10:00:00,a@x.example,Größe,call\n"
    )
    result = desk.bring(desk.lay("touches.csv", text, encoding), kind="touches")

    assert desk.rows(result, "touches")[0]["campaign"] == "Größe"
