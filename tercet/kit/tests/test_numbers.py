from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.kit.numbers import interval, number, percent, plural, round_parts, short, signed


def test_numbers_as_people_read_them():
    assert number(1234567) == "1,234,567"
    assert number(-3.25, 1) == "\u22123.2"
    assert number(-0.01) == "0"
    assert number(None) == "—"
    assert signed(0.4) == "0"
    assert signed(12) == "+12"
    assert percent(0.10525, 3) == "10.525%"
    assert interval(0.098, 0.1129) == "9.8–11.3%"
    assert plural(1, "deal") == "1 deal"
    assert plural(1200, "company", "companies") == "1,200 companies"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999, "999"),
        (9_999, "9,999"),
        (12_000, "12k"),
        (1_738_000, "1.74M"),
        (2e9, "2B"),
        (150_400, "150k"),
    ],
)
def test_short_numbers(value, text):
    assert short(value) == text


def test_parts_that_are_not_of_this_total_are_refused():
    with pytest.raises(ValueError, match="cannot be rounded to 90"):
        round_parts([50, 50], 90)


@given(st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=12))
def test_rounded_parts_add_up_to_the_rounded_total_and_none_moves_by_more_than_one(parts):
    total = int(sum(parts).to_integral_value())
    rounded = round_parts(parts, total)

    assert sum(rounded) == total
    assert all(abs(Decimal(whole) - part) < 1 for whole, part in zip(rounded, parts, strict=True))
