import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercet.analysis.bridge import bridge, cohort, cohort_of_counts, das_gupta, explain, lmdi
from tercet.analysis.errors import BadArgument, EmptyPeriod, MixedCurrencies, NoAmounts
from tercet.analysis.tests.conftest import day
from tercet.analysis.verdict import LEAST_LEADS

STEPS = ("leads", "followed_up", "accepted", "won")
Q2 = {
    "demo request": (600, 570, 510, 128),
    "webinar": (500, 450, 270, 40),
    "paid content": (400, 330, 120, 12),
}
Q3 = {
    "demo request": (480, 408, 366, 99),
    "webinar": (480, 336, 202, 36),
    "paid content": (640, 400, 152, 23),
}


def totals(name, segments, deal=None, steps=STEPS):
    """A cohort from counts by segment; `deal` is the mean deal in whole euros."""
    rows = []
    for segment, counts in segments.items():
        row = {"segment": segment, **dict(zip(steps, counts, strict=True))}
        if deal is not None:
            worth = deal[segment] if isinstance(deal, dict) else deal
            row["amount_minor"] = round(counts[-1] * worth * 100)
        rows.append(row)
    return cohort_of_counts(rows, name=name, currency="EUR")


def changes(found):
    return {part.factor: part.change for part in found.parts}


# Published cases


def test_census_two_factors():
    parts = das_gupta([10930, 0.717892], [16591, 0.825974])
    assert parts.round(6).tolist() == [4369.912713, 1487.262361]


def test_census_three_factors():
    parts = das_gupta([51.78746, 0.45919, 0.52638], [84.90502, 0.75756, 0.51065])
    assert parts.round(8).tolist() == [10.43403335, 10.56084763, -0.66700838]


def test_kitagawa_two_factors():
    before = totals("Q2", {"a": (300, 36), "b": (500, 40), "c": (200, 6)}, steps=("leads", "won"))
    after = totals(
        "Q3", {"a": (150, 16.5), "b": (450, 31.5), "c": (400, 12)}, steps=("leads", "won")
    )
    found = bridge(before, after, measure="conversion")
    assert (round(found.before, 6), round(found.after, 6)) == (0.082, 0.060)
    assert {k: round(v, 6) for k, v in changes(found).items()} == {"mix": -0.015, "closing": -0.007}


def test_both_sides_are_right():
    steps = ("leads", "followed_up", "won")
    before = totals(
        "Q2", {"a": (3000, 2700, 540), "b": (5000, 4000, 480), "c": (2000, 1200, 72)}, steps=steps
    )
    after = totals(
        "Q3", {"a": (1500, 1125, 225), "b": (4500, 2700, 324), "c": (4000, 1800, 108)}, steps=steps
    )
    found = bridge(before, after, measure="conversion")

    assert {factor: round(change, 9) for factor, change in changes(found).items()} == {
        "mix": -0.02265,
        "follow_up": -0.02085,
        "closing": 0,
    }
    assert found.verdict.detail == "52 % lead mix, 48 % follow-up, closing unchanged."
    assert dict(found.verdict.shares) == {"mix": 52, "follow_up": 48}
    assert found.verdict.certain == ("mix", "follow_up")


def test_revenue_of_one_segment():
    steps = ("leads", "accepted", "won")
    before = totals("Q2", {None: (1500, 900, 180)}, 12_000, steps)
    after = totals("Q3", {None: (1600, 720, 158.4)}, 11_000, steps)
    found = bridge(before, after)
    assert (found.before, found.after) == (216_000_000, 174_240_000)
    assert {part.factor: round(part.rounded / 100_000, 1) for part in found.parts} == {
        "leads": 126.7,
        "acceptance": -561.1,
        "closing": 187.2,
        "value": -170.3,
    }


def test_own_example_of_three_segments():
    steps = ("leads", "accepted", "won")
    before = totals(
        "Q2",
        {"1": (500, 200, 50), "2": (300, 90, 18), "3": (200, 40, 4)},
        {"1": 10_000, "2": 8_000, "3": 20_000},
        steps,
    )
    after = totals(
        "Q3",
        {"1": (360, 144, 37.44), "2": (360, 108, 21.6), "3": (480, 96, 9.6)},
        {"1": 10_000, "2": 8_500, "3": 20_000},
        steps,
    )
    rate = bridge(before, after, measure="conversion")
    assert (round(rate.before, 4), round(rate.after, 4)) == (0.0720, 0.0572)
    assert {k: round(v, 4) for k, v in changes(rate).items()} == {
        "mix": -0.0164,
        "acceptance": 0,
        "closing": 0.0016,
    }
    money = bridge(before, after)
    assert (money.before, money.after) == (72_400_000, 75_000_000)
    assert {k: round(v / 100, 4) for k, v in changes(money).items()} == {
        "leads": 135_166.6667,
        "mix": -136_533.3333,
        "acceptance": 0,
        "closing": 17_466.6667,
        "value": 9_900,
    }


def test_quay_fell_by_422_000():
    found = bridge(totals("Q2", Q2, 12_000), totals("Q3", Q3, 11_000))

    assert (found.before, found.after) == (216_000_000, 173_800_000)
    assert {part.factor: round(part.change / 100, 1) for part in found.parts} == {
        "leads": 126_208.5,
        "mix": -340_992.4,
        "follow_up": -312_177.5,
        "acceptance": 13_075.4,
        "closing": 261_577.8,
        "value": -169_691.8,
    }
    assert sum(part.rounded for part in found.parts) == -42_200_000
    assert found.verdict.sentence == (
        "Won revenue fell 422,000 EUR, from 2,160,000 to 1,738,000. "
        "What pulled it down: 41 % lead mix, 38 % follow-up, 21 % deal value. "
        "Against that: closing +261,578, number of leads +126,209, acceptance +13,075. "
        "Could be chance: number of leads, acceptance, closing."
    )


def test_the_same_leads_row_by_row_give_the_same_parts(table):
    spring, summer = (
        cohort(table(*_spelled(segments, deal)), name=name, as_of=day("2026-12-31"), by="origin")
        for name, segments, deal in (("Q2", Q2, 12_000), ("Q3", Q3, 11_000))
    )
    from_rows = bridge(spring, summer)
    from_totals = bridge(totals("Q2", Q2, 12_000), totals("Q3", Q3, 11_000))

    assert [p.rounded for p in from_rows.parts] == [p.rounded for p in from_totals.parts]
    assert from_rows.part("value").is_certain
    assert from_totals.part("value").low is None
    for factor in ("mix", "follow_up", "closing"):
        rows, counts = from_rows.part(factor), from_totals.part(factor)
        width = counts.high - counts.low
        assert rows.high - rows.low == pytest.approx(width, rel=0.2)


def _spelled(segments, deal):
    start, number = day("2026-05-01"), 0
    for segment, (leads, followed, accepted, won) in segments.items():
        for i in range(leads):
            number += 1
            yield {
                "lead": number,
                "created_on": start,
                "origin": segment,
                "followed_up": i < followed,
                "accepted_on": start + timedelta(days=3) if i < accepted else None,
                "won_on": start + timedelta(days=40) if i < won else None,
                "amount_minor": deal * 100 if i < won else None,
                "currency": "EUR" if i < won else None,
            }


# What must always hold

rates = st.floats(0, 1)
numbers = st.integers(0, 10_000)


@st.composite
def cohorts(draw, name):
    size = draw(st.integers(1, 4))
    segments = draw(st.permutations("abcdef"))[:size]
    found = {}
    for segment in segments:
        chain = [draw(numbers)]
        for _ in range(5):
            chain.append(draw(st.integers(0, chain[-1])))
        found[segment] = chain
    deal = {segment: draw(st.integers(0, 50_000)) for segment in segments}
    steps = ("leads", "followed_up", "accepted", "qualified", "deal", "won")
    if not sum(chain[0] for chain in found.values()):
        found[segments[0]][0] = 7
    return totals(name, found, deal, steps)


@settings(max_examples=80, deadline=None)
@given(cohorts("Q2"), cohorts("Q3"))
def test_parts_add_up_over_factors_and_over_segments(before, after):
    for measure in ("won_value", "won", "conversion"):
        if measure == "won_value" and not (before.won or after.won):
            continue
        found = bridge(before, after, measure=measure, replicates=0)
        scale = max(abs(found.before), abs(found.after), 1e-9)
        assert math.fsum(p.change for p in found.parts) == pytest.approx(
            found.change, abs=1e-9 * scale + (1 if measure == "won_value" else 0)
        )
        for part in found.parts:
            whole = part.change if part.rounded is None else part.rounded
            assert math.fsum(c for _, c in part.by_segment) == pytest.approx(
                whole, abs=1e-9 * scale
            )
        if measure == "won_value":
            assert sum(part.rounded for part in found.parts) == found.change
            assert found.change == after.amount_minor - before.amount_minor


@settings(max_examples=40, deadline=None)
@given(cohorts("Q2"), cohorts("Q3"))
def test_turning_time_round_turns_every_part_round(before, after):
    there = changes(bridge(before, after, measure="won", replicates=0))
    back = changes(bridge(after, before, measure="won", replicates=0))
    for factor, change in there.items():
        assert back[factor] == pytest.approx(-change, abs=1e-6)


@given(st.lists(st.tuples(rates, rates), min_size=1, max_size=8))
def test_a_product_of_up_to_eight_factors_is_split_exactly(pairs):
    before, after = zip(*pairs, strict=True)
    parts = das_gupta(before, after)
    assert parts.sum() == pytest.approx(math.prod(after) - math.prod(before), abs=1e-12)
    assert all(abs(p) < 1e-12 for p, (a, b) in zip(parts, pairs, strict=True) if a == b)


above_0 = st.floats(0.001, 1000)


@given(st.lists(st.tuples(above_0, above_0), min_size=1, max_size=6))
def test_logarithms_split_exactly_too(pairs):
    before, after = zip(*pairs, strict=True)
    change = math.prod(after) - math.prod(before)
    scale = max(math.prod(after), math.prod(before))
    assert lmdi(before, after).sum() == pytest.approx(change, abs=1e-9 * scale)


@pytest.mark.parametrize(("before", "after"), [([], []), ([1.0], [1.0, 2.0]), ([0.0], [1.0])])
def test_logarithms_refuse_what_they_are_not_defined_for(before, after):
    with pytest.raises(BadArgument):
        lmdi(before, after)


def test_a_coming_and_a_going_segment_are_mix_only():
    before = totals("Q2", {"a": (500, 400, 300, 60), "b": (500, 400, 100, 10)})
    after = totals("Q3", {"a": (500, 400, 300, 60), "c": (500, 300, 50, 5)})
    found = changes(bridge(before, after, measure="won", replicates=0))
    assert found.pop("mix") == pytest.approx(-5)
    assert list(found.values()) == pytest.approx([0, 0, 0, 0])


def test_the_same_seed_gives_the_same_intervals_and_no_change_is_never_certain():
    q2 = totals("Q2", Q2, 12_000)
    assert bridge(q2, totals("Q3", Q3, 11_000)) == bridge(q2, totals("Q3", Q3, 11_000))
    still = bridge(q2, q2)
    assert not any(part.is_certain for part in still.parts)
    assert still.verdict.withheld == "the number did not change."
    assert still.verdict.headline == "Won revenue stayed at 2,160,000."


def test_two_samples_of_one_truth_are_told_apart_about_one_time_in_twenty():
    rng, alarms, truth = np.random.default_rng(3), 0, (0.3, 0.6, 0.2)
    for _ in range(60):
        pair = []
        for name in ("Q2", "Q3"):
            leads = int(rng.poisson(1500))
            followed = rng.binomial(leads, truth[1])
            pair.append(
                totals(
                    name,
                    {"a": (leads, followed, rng.binomial(followed, truth[2]))},
                    steps=("leads", "followed_up", "won"),
                )
            )
        alarms += bridge(*pair, measure="conversion", replicates=300).part("closing").is_certain
    assert alarms <= 9


# What the data does not know


def test_a_missing_step_is_merged_into_the_next_and_named():
    found = bridge(totals("Q2", Q2, 12_000), totals("Q3", Q3, 11_000), replicates=0)
    assert found.part("closing").covers == ("qualification", "opening")
    assert [(gone.column, gone.merged_into) for gone in found.left_out] == [
        ("qualified_on", "closing"),
        ("deal_on", "closing"),
    ]


def test_what_only_one_period_knows_is_merged_too():
    steps = ("leads", "accepted", "won")
    before = totals("Q2", Q2)
    after = totals("Q3", {k: (v[0], *v[2:]) for k, v in Q3.items()}, steps=steps)
    found = bridge(before, after, measure="won", replicates=0)
    assert [part.factor for part in found.parts] == ["leads", "mix", "acceptance", "closing"]
    assert found.part("acceptance").covers == ("follow_up",)


def test_without_segments_there_is_no_mix_and_the_column_is_named():
    found = bridge(
        totals("Q2", {None: (1000, 500, 300, 60)}),
        totals("Q3", {None: (1000, 400, 200, 50)}),
        measure="conversion",
        replicates=0,
    )
    assert [part.factor for part in found.parts] == ["follow_up", "acceptance", "closing"]
    assert found.left_out[0].column == "segment"


def test_deals_alone_have_number_closing_and_value(table):
    rows = [
        {
            "deal": i,
            "created_on": day("2026-02-01") if i % 2 else day("2026-05-01"),
            "segment": "ab"[i % 3 == 0],
            "won_on": day("2026-06-01") if i % 5 < 2 + i % 2 else None,
            "amount_minor": 100_00 * (1 + i % 7),
            "currency": "EUR",
        }
        for i in range(1000)
    ]
    deals = table(*rows)
    as_of = day("2026-06-30")
    before = cohort(deals, name="winter", created_to=day("2026-03-31"), as_of=as_of)
    after = cohort(deals, name="spring", created_from=day("2026-04-01"), as_of=as_of)
    found = bridge(before, after)
    assert [part.factor for part in found.parts] == ["deals", "mix", "closing", "value"]
    assert found.part("mix").label == "deal mix"
    assert found.left_out == ()


def test_without_amounts_the_money_is_refused_and_conversion_still_told():
    found = explain(totals("Q2", Q2), totals("Q3", Q3))
    assert found.money is None
    assert found.money_refused == "No amount is known of what was won in Q2 and Q3."
    assert found.conversion.change == pytest.approx(158 / 1600 - 180 / 1500)
    assert found.won.change == -22


def test_too_many_won_without_amount_refuse_the_money(table):
    def rows(without):
        return [
            {
                "created_on": day("2026-01-01"),
                "won_on": day("2026-02-01"),
                "amount_minor": None if i < without else 100,
                "currency": "EUR",
            }
            for i in range(20)
        ]

    a, b, c = (
        cohort(table(*rows(without)), name=f"Q{without}", as_of=day("2026-03-01"), by=None)
        for without in (0, 2, 3)
    )
    assert "count as 0" in bridge(a, b, replicates=0).notes[0]
    with pytest.raises(NoAmounts, match="3 of 20 won in Q3 have no amount"):
        bridge(a, c)


def test_two_currencies_are_refused_until_one_is_chosen(table):
    rows = table(
        *(
            {
                "created_on": day("2026-01-01"),
                "won_on": day("2026-02-01"),
                "amount_minor": 100,
                "currency": "EUR" if i else "USD",
            }
            for i in range(30)
        )
    )
    mixed = cohort(rows, name="Q1", as_of=day("2026-03-01"), by=None)
    with pytest.raises(MixedCurrencies, match="EUR, USD"):
        bridge(mixed, mixed)
    euros = cohort(rows, name="Q1", as_of=day("2026-03-01"), by=None, currency="EUR")
    found = bridge(euros, euros, replicates=0)
    assert found.before == 2900
    assert found.notes[0] == "Q1: 1 won in another currency than EUR; left out."


def test_a_later_period_with_less_time_is_said(table):
    def leads(start, days):
        return [
            {
                "created_on": day(start),
                "origin": "ab"[i % 2],
                "won_on": day(start) + timedelta(days=10 if i % 2 else days) if i % 3 else None,
                "lost_on": None if i % 3 else day(start) + timedelta(days=days),
            }
            for i in range(900)
        ]

    rows = table(*leads("2026-01-01", 20), *leads("2026-05-20", 20))

    def found(**options):
        before, after = (
            cohort(rows, name=name, as_of=day("2026-06-01"), by="origin", **options, **window)
            for name, window in (
                ("Q1", {"created_to": day("2026-03-31")}),
                ("Q2", {"created_from": day("2026-04-01")}),
            )
        )
        return bridge(before, after, measure="conversion")

    young, same = found(), found(within_days=12)
    assert young.notes == ("Q2 had less time: 67 % are still open, 0 % in Q1.",)
    assert young.verdict.sentence.endswith(young.notes[0])
    assert same.change == 0
    assert same.notes == ()


# Verdicts


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ((LEAST_LEADS - 1, 50), "Q2 has 99 leads; at least 100 are needed."),
        ((1000, 9), "Q2 has 9 won; at least 10 are needed."),
        ((1600, 160), "every part could be chance."),
    ],
)
def test_the_verdict_is_withheld_with_the_reason(before, reason):
    steps = ("leads", "won")
    found = bridge(
        totals("Q2", {None: before}, steps=steps),
        totals("Q3", {None: (1600, 158)}, steps=steps),
        measure="conversion",
    ).verdict
    assert found.withheld == reason
    assert found.sentence.endswith(f"No verdict: {reason}")
    assert found.shares == ()


def test_without_intervals_there_is_no_verdict():
    found = bridge(totals("Q2", Q2), totals("Q3", Q3), measure="won", replicates=0)
    assert found.verdict.withheld == "no intervals were asked for."
    assert found.low is None


def test_a_rise_is_told_as_a_rise():
    found = bridge(totals("Q3", Q3, 11_000), totals("Q2", Q2, 12_000)).verdict
    assert found.sentence.startswith("Won revenue rose 422,000 EUR, from 1,738,000 to 2,160,000.")
    assert "What pushed it up: 41 % lead mix" in found.sentence


# Refusals


@pytest.mark.parametrize(
    ("rows", "error", "text"),
    [
        ([], EmptyPeriod, "has no rows"),
        ([{"leads": 0, "won": 0}], EmptyPeriod, "has no leads"),
        ([{"leads": 5}], BadArgument, "needs leads and won"),
        ([{"leads": 5, "won": 6}], BadArgument, "6 won of 5 lead"),
        ([{"leads": -5, "won": -6}], BadArgument, "at least 0"),
        ([{"leads": 5, "won": 1}] * 2, BadArgument, "comes twice"),
        (
            [{"segment": "a", "leads": 5, "accepted": 2, "won": 1}, {"leads": 5, "won": 1}],
            BadArgument,
            "lacks a count",
        ),
    ],
)
def test_refuses_counts_that_can_not_be(rows, error, text):
    with pytest.raises(error, match=text):
        cohort_of_counts(rows, name="Q2")


def test_refuses_an_empty_period_and_an_unknown_column(table):
    leads = table({"created_on": day("2026-01-01")})
    with pytest.raises(EmptyPeriod, match="Q9: no lead"):
        cohort(leads, name="Q9", created_from=day("2027-01-01"), as_of=day("2026-12-31"))
    with pytest.raises(BadArgument, match="“owner”"):
        cohort(leads, name="Q1", as_of=day("2026-12-31"), by="owner")


def test_refuses_to_bridge_leads_and_deals_and_unknown_measures():
    leads = totals("Q2", Q2)
    deals = totals("Q3", {None: (500, 50)}, steps=("deals", "won"))
    with pytest.raises(BadArgument, match="one kind"):
        bridge(leads, deals, measure="won")
    with pytest.raises(BadArgument, match="not of “joy”"):
        bridge(leads, leads, measure="joy")
    with pytest.raises(BadArgument, match="not -1"):
        bridge(leads, leads, measure="won", replicates=-1)
    with pytest.raises(BadArgument, match="pair up"):
        das_gupta([1.0], [])
