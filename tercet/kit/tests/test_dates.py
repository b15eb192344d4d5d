from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.kit.dates import ago, period_of, periods, read_period, show_day, show_days, show_instant

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_instant_is_shown_in_the_workspace_s_zone():
    late = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)

    assert show_day(late, BERLIN) == "16 Nov 2026"
    assert show_instant(late, BERLIN) == "16 Nov 2026, 00:30"
    assert show_day(None) == "—"


@pytest.mark.parametrize(
    ("kind", "fiscal_start", "label", "key"),
    [
        ("quarter", 2, "Q4 2026 (Nov 2026–Jan 2027)", "2026-Q4"),
        ("quarter", 1, "Q4 2026", "2026-Q4"),
        ("quarter", 12, "Q4 2025 (Sep–Nov 2026)", "2025-Q4"),
        ("month", 2, "Nov 2026", "2026-11"),
        ("week", 2, "Week 47, 16–22 Nov 2026", "2026-W47"),
        ("year", 2, "2026 (Feb 2026–Jan 2027)", "2026"),
    ],
)
def test_a_period_has_a_label_and_a_key(kind, fiscal_start, label, key):
    period = period_of(date(2026, 11, 16), kind, fiscal_start)

    assert period.label == label
    assert period.key == key


def test_the_quarter_of_the_demo_company_is_august_to_october():
    quarter = period_of(date(2026, 11, 16), "quarter", 2).previous

    assert quarter.label == "Q3 2026 (Aug–Oct 2026)"
    assert (quarter.start, quarter.until) == (date(2026, 8, 1), date(2026, 11, 1))


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["week", "month", "quarter", "year"]),
    st.integers(1, 12),
)
def test_periods_hold_their_days_meet_their_neighbours_and_are_read_again(day, kind, start):
    period = period_of(day, kind, start)

    assert day in period
    assert period.previous.until == period.start
    assert period.next.start == period.until
    assert read_period(period.key, start) == period


def test_periods_cover_a_span():
    found = [period.key for period in periods(date(2026, 1, 31), date(2026, 4, 1), "month")]

    assert found == ["2026-01", "2026-02", "2026-03"]


@pytest.mark.parametrize(
    "key", ["2026-Q5", "2026-13", "2026-W54", "last", "", "0000", "2026-Q3x", "0001-01", "9999"]
)
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(ValueError, match=r".+"):
        read_period(key)


def test_ranges_are_as_short_as_they_can_be():
    assert show_days(date(2026, 11, 16), date(2026, 11, 23)) == "16–22 Nov 2026"
    assert show_days(date(2026, 10, 26), date(2026, 11, 2)) == "26 Oct–1 Nov 2026"
    assert show_days(date(2026, 12, 28), date(2027, 1, 4)) == "28 Dec 2026–3 Jan 2027"


def test_ago():
    now = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)

    assert ago(datetime(2026, 11, 16, 9, 5, tzinfo=UTC), now) == "25 min ago"
    assert ago(datetime(2026, 11, 16, 6, 5, tzinfo=UTC), now) == "3 h ago"
    assert ago(date(2026, 11, 13), now) == "3 days ago"
    assert ago(date(2026, 11, 17), now) == "tomorrow"
