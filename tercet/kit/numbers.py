"""Numbers as people read them, and rounding that keeps a total."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

NOTHING = "—"
MINUS = "\u2212"


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """`1234.5` as `1,234` or, with one decimal, `1,234.5`."""
    if value is None:
        return NOTHING
    text = f"{_round(value, decimals):,.{decimals}f}"
    return text.replace("-", MINUS)


def signed(value: float | Decimal | None, decimals: int = 0) -> str:
    """With its sign, also when it is a gain; nothing changed is `0` without one."""
    if value is None:
        return NOTHING
    text = number(value, decimals)
    return f"+{text}" if _round(value, decimals) > 0 else text


def percent(rate: float | Decimal | None, decimals: int = 1) -> str:
    """A rate from 0 to 1 as `10.5%`."""
    return NOTHING if rate is None else f"{number(Decimal(str(rate)) * 100, decimals)}%"


def interval(low: float | None, high: float | None, decimals: int = 1) -> str:
    """Two rates as `9.8–11.3%`."""
    if low is None or high is None:
        return NOTHING
    return f"{percent(low, decimals).removesuffix('%')}\u2013{percent(high, decimals)}"


def plural(count: int, one: str, many: str = "") -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def short(value: float | Decimal) -> str:
    """`1738000` as `1.74M`, for tiles and axes where the exact value stands elsewhere."""
    size = abs(Decimal(str(value)))
    for step, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (10_000, "k")):
        if size >= step:
            unit = 1000 if letter == "k" else step
            scaled = Decimal(str(value)) / unit
            decimals = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
            text = number(scaled, decimals)
            return (text.rstrip("0").rstrip(".") if "." in text else text) + letter
    return number(value)


def round_parts(parts: Sequence[float | Decimal], total: int) -> list[int]:
    """Whole parts that add up to `total`: what is left goes to the largest remainders.

    >>> round_parts([33.3, 33.3, 33.4], 100)
    [33, 33, 34]
    """
    exact = [Decimal(str(part)) for part in parts]
    whole = [int(part.to_integral_value(ROUND_FLOOR)) for part in exact]
    left = total - sum(whole)
    if not 0 <= left <= len(parts):
        raise ValueError(f"Parts that sum to {sum(exact)} cannot be rounded to {total}.")
    by_remainder = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for index in by_remainder[:left]:
        whole[index] += 1
    return whole


def _round(value: float | Decimal, decimals: int) -> Decimal:
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return abs(rounded) if rounded == 0 else rounded
