import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.analysis.errors import BadArgument
from tercet.analysis.rounding import largest_remainder, minor_digits, percentages

finite = st.floats(-1e9, 1e9)


@given(st.lists(finite, min_size=1, max_size=12))
def test_rounded_parts_add_up_and_stay_within_one(parts):
    rounded = largest_remainder(parts)

    assert sum(rounded) == round(math.fsum(parts))
    assert all(abs(whole - part) < 1 + 1e-6 for whole, part in zip(rounded, parts, strict=True))


@given(st.lists(finite, min_size=1, max_size=12), st.integers(-(10**9), 10**9))
def test_any_total_is_met(parts, total):
    assert sum(largest_remainder(parts, total)) == total


@given(st.lists(st.floats(0, 1e9), min_size=1).filter(lambda parts: math.fsum(parts) > 0))
def test_percentages_add_up_to_100(parts):
    assert sum(percentages(parts)) == 100


def test_nothing_adds_up_to_nothing():
    assert largest_remainder([]) == []


@pytest.mark.parametrize("parts", [[math.nan], [math.inf, 1.0]])
def test_refuses_what_is_not_finite(parts):
    with pytest.raises(BadArgument, match="finite"):
        largest_remainder(parts)


def test_refuses_a_total_without_parts():
    with pytest.raises(BadArgument, match="No parts"):
        largest_remainder([], 5)


@pytest.mark.parametrize("parts", [[0.0, 0.0], [-1.0, 3.0]])
def test_refuses_shares_of_nothing(parts):
    with pytest.raises(BadArgument, match="sum above 0"):
        percentages(parts)


def test_knows_currencies_without_cents():
    assert [minor_digits(c) for c in ("EUR", "JPY", "TND", "CLF", None)] == [2, 0, 3, 4, 2]
