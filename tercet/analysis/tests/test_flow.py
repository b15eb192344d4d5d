import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercet.analysis.errors import BadArgument, NotReached, TooFew
from tercet.analysis.flow import (
    DONE,
    LOST,
    OPEN,
    WorkingHours,
    aalen_johansen,
    kaplan_meier,
    lead_waits,
    leads_owed,
    working_minutes,
)

cases = st.lists(st.tuples(st.integers(0, 60), st.sampled_from([OPEN, DONE, LOST])), min_size=1)


def test_the_open_lift_the_median_from_3_to_5():
    answered = [1, 2, 2, 3, 5, 8, 13]
    assert kaplan_meier(answered, [True] * 7).quantile(0.5) == 3
    assert kaplan_meier([*answered, 14, 14, 14], [True] * 7 + [False] * 3).quantile(0.5) == 5


@pytest.mark.slow
def test_agrees_with_lifelines():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import AalenJohansenFitter, KaplanMeierFitter

        rng = np.random.default_rng(7)
        times = rng.permutation(400) / 10 + 0.1
        ends = rng.choice([OPEN, DONE, LOST], 400, p=[0.3, 0.5, 0.2])
        oracle = KaplanMeierFitter().fit(times, ends == DONE)
        rival = AalenJohansenFitter(calculate_variance=False).fit(times, ends, 1)
    curve, incidence = kaplan_meier(times, ends == DONE), aalen_johansen(times, ends)

    theirs = oracle.survival_function_at_times(curve.times).to_numpy()
    assert np.allclose(curve.survival, theirs)
    assert curve.quantile(0.5) == oracle.median_survival_time_
    assert np.allclose(incidence.done, rival.cumulative_density_.iloc[1:, 0].to_numpy())


@given(cases)
def test_curves_stay_between_0_and_1_and_only_fall(drawn):
    times, ends = np.array(drawn).T
    curve, incidence = kaplan_meier(times, ends == DONE), aalen_johansen(times, ends)

    assert ((curve.survival >= 0) & (curve.survival <= 1)).all()
    assert (np.diff(curve.survival) <= 1e-12).all()
    assert (np.diff(incidence.done) >= -1e-12).all()
    assert (incidence.done + incidence.lost <= 1 + 1e-9).all()


@given(cases)
def test_weights_stand_for_repeated_cases(drawn):
    times, ends = np.array(drawn).T
    weights = 1 + times % 3
    once = aalen_johansen(times, ends, weights)
    spelled = aalen_johansen(np.repeat(times, weights), np.repeat(ends, weights))
    assert np.allclose(once.done, spelled.done)


def test_without_losses_incidence_is_the_curve_turned_over():
    times, done = [3, 1, 4, 1, 5, 9, 2, 6], np.array([1, 0, 1, 1, 0, 1, 1, 0])
    curve, incidence = kaplan_meier(times, done), aalen_johansen(times, done)
    assert np.allclose(incidence.done, 1 - curve.survival)


def test_says_not_reached_where_the_curve_ends_before():
    curve = kaplan_meier([1, 5, 5, 5], [1, 0, 0, 0])
    assert curve.quantile_or_none(0.5) is None
    with pytest.raises(NotReached, match="Only 25% are done"):
        curve.quantile(0.5)


def test_a_share_by_a_day_that_nobody_was_watched_for_is_unknown():
    incidence = aalen_johansen([3, 10, 10], [DONE, OPEN, OPEN])
    assert incidence.by(2) == 0
    assert incidence.by(10) == pytest.approx(1 / 3)
    assert incidence.by(30) is None
    assert aalen_johansen([3, 4], [DONE, LOST]).by(30) == 0.5
    assert aalen_johansen([], []).by(30) is None


@pytest.mark.parametrize(
    ("times", "ends", "text"),
    [([1, 2], [1], "equally long"), ([-1], [1], "at least 0"), ([np.inf], [1], "finite")],
)
def test_refuses_impossible_cases(times, ends, text):
    with pytest.raises(BadArgument, match=text):
        aalen_johansen(times, ends)


def test_refuses_an_unknown_end_and_an_impossible_share():
    with pytest.raises(BadArgument, match="OPEN"):
        aalen_johansen([1], [7])
    with pytest.raises(BadArgument, match="not at 0"):
        kaplan_meier([1], [1]).quantile(0)


minutes = st.integers(0, 60 * 24 * 21)


@settings(max_examples=60, deadline=None)
@given(minutes, minutes)
def test_working_minutes_are_those_that_a_clock_would_count(first, last):
    start = np.datetime64("2026-11-02T00:00", "m")
    hours = WorkingHours(days_off=frozenset({np.datetime64("2026-11-11")}))
    first, last = sorted((first, last))
    at = start + np.arange(first, last)
    days = at.astype("M8[D]")
    of_day = (at - days).astype(int)
    works = np.is_busday(days, holidays=[np.datetime64("2026-11-11")])
    counted = (works & (of_day >= 540) & (of_day < 1020)).sum()

    spent = working_minutes(np.array([start + first]), np.array([start + last]), hours)
    assert spent == [counted]


def test_working_minutes_of_an_unknown_instant_are_unknown():
    at = np.array(["2026-11-02T10:00", "NaT"], "M8[m]")
    assert np.isnan(working_minutes(at, at[::-1], WorkingHours())).all()
    with pytest.raises(BadArgument, match="shape"):
        working_minutes(at, at[:1], WorkingHours())


@pytest.mark.parametrize("wrong", [{"days": frozenset()}, {"opens": 600, "closes": 600}])
def test_refuses_a_week_without_work(wrong):
    with pytest.raises(BadArgument):
        WorkingHours(**wrong)


def _at(*texts):
    return np.array(texts, "M8[m]")


def _waits(created, assigned, contacted, **more):
    return lead_waits(
        _at(*created),
        _at(*assigned),
        _at(*contacted),
        as_of=np.datetime64("2026-11-06T17:00"),
        hours=WorkingHours(),
        **more,
    )


def test_the_two_waits_are_told_apart_and_the_open_are_counted():
    waits = _waits(
        ["2026-11-02T09:00", "2026-11-02T10:00", "2026-11-02T16:00"],
        ["2026-11-02T10:00", "2026-11-02T12:00", "NaT"],
        ["2026-11-03T09:00", "NaT", "NaT"],
    )
    routing, contact = waits.routing, waits.contact

    assert (routing.n, routing.done, routing.open, routing.median) == (3, 2, 1, 2)
    assert (contact.n, contact.done, contact.open) == (2, 1, 1)
    assert contact.median == 7
    assert contact.p90 is None
    assert waits.left_out == ()


def test_a_wait_without_its_column_is_left_out_and_named():
    waits = _waits(["2026-11-02T09:00"], ["NaT"], ["2026-11-02T11:00"])
    assert waits.routing is None
    assert waits.contact is None
    assert waits.whole.median == 2
    assert waits.left_out == ("assigned_at",)


def test_contact_before_assignment_is_no_wait_and_a_closed_lead_stops_waiting():
    waits = _waits(
        ["2026-11-02T09:00", "2026-11-02T09:00"],
        ["2026-11-02T12:00", "2026-11-02T12:00"],
        ["2026-11-02T10:00", "NaT"],
        ended_at=_at("NaT", "2026-11-02T13:00"),
    )
    assert waits.contact.backwards == 1
    assert waits.contact.median == 0
    assert waits.contact.curve.times.tolist() == [0, 1]


def test_what_came_after_the_data_ends_has_not_happened():
    waits = _waits(["2026-11-02T09:00"], ["2026-11-02T10:00"], ["2026-11-09T10:00"])
    assert waits.left_out == ("first_contact_at",)


GOAL = {
    "revenue_minor": 600_000_00,
    "marketing_share": 0.6,
    "leads": 2000,
    "won": 40,
    "mean_deal_minor": 12_000_00,
    "deals": 40,
    "deal_variation": 0.8,
}


def test_leads_owed_meet_the_published_example():
    owed = leads_owed(**GOAL)
    assert (owed.customers, owed.plain) == (30, 1500)
    assert (owed.p10, owed.p50, owed.p80, owed.p90) == (1171, 1503, 1789, 1969)


def test_more_evidence_brings_the_promise_closer_to_the_plain_number():
    sure = leads_owed(**GOAL | {"leads": 200_000, "won": 4_000, "deals": 4_000})
    assert sure.p80 - sure.p10 < 100


@pytest.mark.parametrize(
    "wrong", [{"marketing_share": 0}, {"won": 2001}, {"mean_deal_minor": 0}, {"revenue_minor": -1}]
)
def test_leads_owed_refuses_the_impossible(wrong):
    with pytest.raises(BadArgument):
        leads_owed(**GOAL | wrong)


def test_leads_owed_refuses_to_build_on_four_deals():
    with pytest.raises(TooFew, match="4 deals; at least 5"):
        leads_owed(**GOAL | {"deals": 4})
