import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.analysis.errors import BadArgument
from tercet.analysis.intervals import wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"), [(11, 40, 0.161, 0.428), (52, 70, 0.630, 0.831)]
)
def test_meets_the_published_intervals(count, n, low, high):
    share = wilson(count, n)
    assert (round(share.low, 3), round(share.high, 3)) == (low, high)


@given(st.integers(0, 500), st.integers(1, 500))
def test_holds_the_rate_and_stays_inside_0_to_1(count, n):
    count = min(count, n)
    share = wilson(count, n)
    assert 0 <= share.low <= share.rate + 1e-12
    assert share.rate - 1e-12 <= share.high <= 1


def test_has_no_rate_of_nothing():
    assert wilson(0, 0).rate is None


@pytest.mark.parametrize(("count", "n", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.0)])
def test_refuses_what_is_no_share(count, n, level):
    with pytest.raises(BadArgument):
        wilson(count, n, level=level)
