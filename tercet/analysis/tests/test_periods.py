from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.analysis.errors import BadArgument
from tercet.analysis.periods import KINDS, before, period_of

days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("on", "label", "first", "last"),
    [
        ("2026-07-31", "Q2, May to Jul 2026", "2026-05-01", "2026-07-31"),
        ("2026-08-01", "Q3, Aug to Oct 2026", "2026-08-01", "2026-10-31"),
        ("2027-01-15", "Q4, Nov to Jan 2026", "2026-11-01", "2027-01-31"),
    ],
)
def test_quarters_follow_a_fiscal_year_from_february(on, label, first, last):
    found = period_of(date.fromisoformat(on), "quarter", fiscal_start=2)
    assert (found.label, str(found.starts_on), str(found.ends_on)) == (label, first, last)


@given(days, st.sampled_from(KINDS), months)
def test_periods_hold_their_day_and_follow_one_another(on, kind, fiscal_start):
    found = period_of(on, kind, fiscal_start=fiscal_start)
    earlier = before(found, kind, fiscal_start=fiscal_start)

    assert on in found
    assert on not in earlier
    assert (found.starts_on - earlier.ends_on).days == 1
    assert period_of(found.ends_on, kind, fiscal_start=fiscal_start) == found


def test_refuses_an_unknown_kind_or_month():
    with pytest.raises(BadArgument, match="not “year”"):
        period_of(date(2026, 1, 1), "year")
    with pytest.raises(BadArgument, match="not 13"):
        period_of(date(2026, 1, 1), "quarter", fiscal_start=13)
