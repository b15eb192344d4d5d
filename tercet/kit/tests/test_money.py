import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.kit.money import CURRENCIES, Money, MoneyError, read_money, show_money


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1.234,56", 123456),
        ("€ 1,234.56", 123456),
        ("1 234,56 €", 123456),
        ("1\u202f234,56", 123456),
        ("1'234.50", 123450),
        ("EUR 12", 1200),
        ("12,5", 1250),
        ("12.500,00", 1250000),
        ("1,234,567", 123456700),
        ("0,125000", None),
        ("(1,234.00)", -123400),
        ("-5", -500),
        ("5-", -500),
        ("\u221212.34", -1234),
        ("0", 0),
        ("1234.50", 123450),
    ],
)
def test_reads_what_people_and_exports_write(text, minor):
    if minor is None:
        with pytest.raises(MoneyError, match="more decimals than EUR allows"):
            read_money(text, currency="EUR")
    else:
        assert read_money(text, currency="EUR") == Money(minor, "EUR")


@pytest.mark.parametrize("text", ["1,234", "1.234", "12,345"])
def test_refuses_what_can_be_a_thousand_or_one_and_names_it(text):
    with pytest.raises(MoneyError, match=f"“{text}” can be"):
        read_money(text, currency="EUR")


def test_reads_it_when_the_decimal_sign_is_known():
    assert read_money("1,234", currency="EUR", decimal=".").minor == 123400
    assert read_money("1.234", currency="EUR", decimal=",").minor == 123400
    with pytest.raises(MoneyError, match="more decimals"):
        read_money("1.234", currency="EUR", decimal=".")


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2E+11", "1,23,456.00", "1.234,56,7", "12.34.56", "--5", "NaN", "٣", "1_000"],
)
def test_refuses_what_is_no_amount(text):
    with pytest.raises(MoneyError):
        read_money(text, currency="EUR")


def test_the_currency_in_the_text_must_be_the_one_expected():
    with pytest.raises(MoneyError, match="is not in EUR"):
        read_money("USD 5.00", currency="EUR")
    with pytest.raises(MoneyError, match="does not say which currency"):
        read_money("$5.00")
    with pytest.raises(MoneyError, match="none is written"):
        read_money("5.00")
    assert read_money("$5.00", currency="CAD") == Money(500, "CAD")
    assert read_money("5,00 €") == Money(500, "EUR")


def test_currencies_have_their_own_exponent():
    assert read_money("500", currency="JPY").minor == 500
    assert read_money("1.2345", currency="CLF", decimal=".").minor == 12345
    assert show_money(1234, "KWD") == "KWD\u00a01.234"
    with pytest.raises(MoneyError, match="not a currency"):
        read_money("5", currency="EURO")


@pytest.mark.parametrize(
    ("minor", "currency", "more", "text"),
    [
        (173800000, "EUR", {}, "€1,738,000"),
        (2150050, "EUR", {}, "€21,500.50"),
        (1200, "CHF", {"decimals": True}, "CHF\u00a012.00"),
        (-16969180, "EUR", {"signed": True}, "\u2212€169,691.80"),
        (13075, "EUR", {"signed": True}, "+€130.75"),
        (173800000, "EUR", {"is_short": True}, "€1.74M"),
        (None, "EUR", {}, "—"),
        (5, None, {}, "—"),
    ],
)
def test_shows_money(minor, currency, more, text):
    assert show_money(minor, currency, **more) == text


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_what_is_shown_is_read_again(minor, currency):
    shown = show_money(minor, currency, decimals=True)

    assert read_money(shown, currency=currency, decimal=".") == Money(minor, currency)
