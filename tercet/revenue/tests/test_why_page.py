from datetime import timedelta

import pytest

from tercet.record.models import Figure
from tercet.revenue.models import Deal, Lead, Settings
from tercet.revenue.tests import quay

CENTS = {
    "leads": 126_208_51,
    "mix": -340_992_45,
    "follow_up": -312_177_49,
    "acceptance": 13_075_42,
    "closing": 261_577_85,
    "value": -169_691_84,
}


@pytest.fixture
def result(world, see):
    """What the worker computed for the page as it opens."""

    def compute(**params):
        see("why_page", **params)
        return Figure.objects.filter(name="revenue.why").latest("id").result

    return compute


def test_splits_won_revenue_to_the_cent(world, result):
    quay.fill(world.quay)

    money = result()["money"]

    assert (money["before"], money["after"]) == (2_160_000_00, 1_738_000_00)
    assert {part["factor"]: part["rounded"] for part in money["parts"]} == CENTS
    assert sum(CENTS.values()) == money["change"] == -422_000_00


def test_shows_the_parts_and_the_sentence(world, see):
    quay.fill(world.quay)

    html = see("why_page").content.decode()

    for shown in ("€2,160,000", "€1,738,000", "+€126,208.51", "−€340,992.45", "−€312,177.49"):
        assert shown in html
    for shown in ("+€13,075.42", "+€261,577.85", "−€169,691.84", "−€422,000"):
        assert shown in html
    assert "Won revenue fell" in html


def test_the_verdict_names_what_pulled_and_what_held_against(world, see):
    quay.fill(world.quay)

    html = see("why_page").content.decode()

    assert "41 % lead mix, 38 % follow-up, 21 % deal value" in html
    assert "Against that: closing +261,578, number of leads +126,209" in html


@pytest.fixture
def both_right(world):
    """Marketing's mix got worse and sales followed up less; closing stayed as it was."""
    for first, cohort in (
        (quay.Q2, {"Demo": (3000, 2700, 540), "Fair": (5000, 4000, 480), "Paid": (2000, 1200, 72)}),
        (
            quay.Q3,
            {"Demo": (1500, 1125, 225), "Fair": (4500, 2700, 324), "Paid": (4000, 1800, 108)},
        ),
    ):
        for origin, (leads, followed, won) in cohort.items():
            _bring(world.quay, first, origin, leads, followed, won)
    Settings.objects.create(workspace=world.quay, fiscal_year_start_month=2)
    return world


def _bring(workspace, first, origin, leads, followed, won):
    rows = [
        Lead(
            workspace=workspace,
            origin=origin,
            created_on=first + timedelta(days=n % 90),
            followed_up=n < followed,
            lost_on=None if n < won else first + timedelta(days=91),
        )
        for n in range(leads)
    ]
    made = Lead.objects.bulk_create(rows, batch_size=900)
    deals = [
        Deal(workspace=workspace, lead=lead, won_on=lead.created_on + timedelta(days=1))
        for lead in made[:won]
    ]
    Deal.objects.bulk_create(deals, batch_size=900)


@pytest.mark.slow
def test_both_sides_are_right(both_right, see):
    html = see("why_page").content.decode()

    assert "52 % lead mix, 48 % follow-up, closing unchanged" in html
    assert "Won revenue is not split" in html
    assert "No amount is known of what was won" in html


def test_withholds_the_sentence_where_little_is_known(world, see):
    quay.fill(world.quay, share=0.05)

    html = see("why_page").content.decode()

    assert "at least 100 are needed" in html


def test_compares_any_two_periods(world, see):
    quay.fill(world.quay, share=0.2)

    html = see(
        "why_page", before="2026-05", after="2026-06-01..2026-06-20", by="-"
    ).content.decode()

    assert "May 2026" in html
    assert "1–20 Jun 2026" in html
    assert "Lead mix" not in html


def test_a_period_that_is_none_falls_back_and_says_so(world, see):
    quay.fill(world.quay, share=0.1)

    html = see("why_page", after="soon").content.decode()

    assert "is no period" in html
    assert "The last two quarters are shown instead." in html


def test_says_that_uncalled_leads_wait_for_who_left(world, see):
    book = quay.fill(world.quay, share=0.5)
    uncalled = Lead.objects.filter(followed_up=False, created_on__gte=quay.Q3)[:20]
    Lead.objects.filter(pk__in=uncalled.values("pk")).update(owner=book.gone, lost_on=None)

    html = see("why_page").content.decode()

    assert "20 lie on the queue of one person who left on 31 Jul 2026." in html
    assert "Jonas" not in html
