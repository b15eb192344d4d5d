"""Money is an integer of minor units beside an ISO 4217 currency; here it is read and shown."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tercet.kit.numbers import MINUS, NOTHING, short

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
# Everything else has two decimals.
EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪"}
# A sign that several currencies share says nothing about which one is meant.
MEANT_BY = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "GIP", "FKP", "SHP"}),
    "$": frozenset("USD CAD AUD NZD HKD SGD MXN CLP COP ARS BRL TWD".split()),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
    "₩": frozenset({"KRW"}),
    "₪": frozenset({"ILS"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "R$": frozenset({"BRL"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "Fr.": frozenset({"CHF"}),
}
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'\u2019]")
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


class MoneyError(ValueError):
    """A text that is not one certain amount of money; says which and why."""


@dataclass(frozen=True)
class Money:
    minor: int
    currency: str

    def __str__(self) -> str:
        return show_money(self.minor, self.currency)


def exponent(currency: str) -> int:
    if currency not in CURRENCIES:
        raise MoneyError(f"“{currency}” is not a currency of ISO 4217 (such as EUR or USD).")
    return EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal | int, currency: str) -> int:
    """Exact: an amount that is finer than the currency's smallest coin is refused."""
    scaled = Decimal(amount).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise MoneyError(
            f"“{amount}” has more decimals than {currency} allows ({exponent(currency)})."
        )
    return int(scaled)


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def show_money(
    minor: int | None,
    currency: str | None,
    *,
    decimals: bool | None = None,
    signed: bool = False,
    is_short: bool = False,
) -> str:
    """`€1,234.50`, `CHF 12,000`. Decimals show when there are any, or as `decimals` says."""
    if minor is None or not currency:
        return NOTHING
    major = to_major(abs(minor), currency)
    places = exponent(currency)
    if is_short:
        digits = short(major)
    else:
        has_decimals = major != major.to_integral_value() if decimals is None else decimals
        digits = f"{major:,.{places if has_decimals else 0}f}"
    symbol = SYMBOLS.get(currency)
    text = f"{symbol}{digits}" if symbol else f"{currency}\u00a0{digits}"
    sign = MINUS if minor < 0 else "+" if signed and minor > 0 else ""
    return sign + text


def read_money(text: str, *, currency: str | None = None, decimal: str | None = None) -> Money:
    """Read what a person or an export wrote: `1.234,56`, `€ 1,234.56`, `(12.00)`, `CHF 5`.

    `currency` is what the column or form says; a different one in the text is refused.
    `decimal` is "." or "," where it is known. Without it `1,234` is refused, because it may be
    a thousand or one.
    """
    bare, found = _take_currency(text)
    is_negative, bare = _take_sign(bare)
    currency = _settle_currency(text, found, currency)
    amount = _read_digits(text, bare, decimal)
    return Money(to_minor(-amount if is_negative else amount, currency), currency)


def _take_currency(text: str) -> tuple[str, str]:
    bare = _SPACES.sub("", text)
    letters = re.match(r"[(\-+\u2212]*([A-Z]{3})(?![A-Za-z])|.*?(?<![A-Za-z])([A-Z]{3})\)?$", bare)
    code = (letters[1] or letters[2]) if letters else ""
    if code in CURRENCIES:
        return bare.replace(code, "", 1), code
    for sign in sorted(MEANT_BY, key=len, reverse=True):
        if sign in bare:
            return bare.replace(sign, "", 1), sign
    return bare, ""


def _take_sign(bare: str) -> tuple[bool, str]:
    if bare.startswith("(") and bare.endswith(")"):
        return True, bare[1:-1]
    if bare[:1] in {"-", MINUS}:
        return True, bare[1:]
    if bare[-1:] in {"-", MINUS}:
        return True, bare[:-1]
    return False, bare.removeprefix("+")


def _settle_currency(text: str, found: str, expected: str | None) -> str:
    meant = MEANT_BY.get(found, frozenset({found} if found else ()))
    if expected is None:
        if len(meant) == 1:
            return next(iter(meant))
        names = ", ".join(sorted(meant)) or "none is written"
        raise MoneyError(f"“{text}” does not say which currency ({names}).")
    exponent(expected)
    if meant and expected not in meant:
        raise MoneyError(f"“{text}” is not in {expected}.")
    return expected


def _read_digits(text: str, bare: str, decimal: str | None) -> Decimal:
    if not _AMOUNT.fullmatch(bare):
        raise MoneyError(f"“{text}” is not an amount of money.")
    point = decimal or _decimal_sign(text, bare)
    whole, _, fraction = bare.partition(point) if point else (bare, "", "")
    group = "," if point == "." else "."
    groups = whole.split(group) if point else re.split("[.,]", whole)
    is_grouped = len(groups) > 1
    if {".", ","} & set(fraction) or (point and point in "".join(groups)):
        raise MoneyError(f"“{text}” has its thousands and decimals mixed up.")
    if is_grouped and not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        raise MoneyError(f"“{text}” has a group that is not three digits.")
    try:
        return Decimal("".join(groups) + (f".{fraction}" if fraction else ""))
    except InvalidOperation as error:
        raise MoneyError(f"“{text}” is not an amount of money.") from error


def _decimal_sign(text: str, bare: str) -> str:
    """Which of . and , is the decimal sign; empty where there are no decimals."""
    signs = [sign for sign in bare if sign in ".,"]
    if not signs:
        return ""
    if len(set(signs)) == 2:
        return signs[-1]
    if len(signs) > 1:
        return ""
    before, after = re.split("[.,]", bare)
    if len(after) != 3 or len(before) > 3 or before == "0":
        return signs[0]
    raise MoneyError(
        f"“{text}” can be {before + after} or {before}.{after}. "
        "Say whether a point or a comma marks the decimals."
    )
