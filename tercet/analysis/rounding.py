"""Rounding that keeps sums: parts shown on a page add up to the total shown beside them."""

import math
from collections.abc import Sequence

from tercet.analysis.errors import BadArgument

_NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND".split()
_DIGITS = {**dict.fromkeys(_NO_MINOR, 0), **dict.fromkeys(_THREE_DIGITS, 3), "CLF": 4, "UYW": 4}


def minor_digits(currency: str | None) -> int:
    """Digits after the point of a currency, by ISO 4217.

    Parameters
    ----------
    currency : str or None
        Three capital letters; None (not stated) counts as two digits.

    Returns
    -------
    int
        2 for most, 0 for the yen, 3 for the dinar of Kuwait.

    References
    ----------
    ISO 4217:2015, list one.

    Examples
    --------
    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    return _DIGITS.get(currency or "", 2)


def largest_remainder(parts: Sequence[float], total: int | None = None) -> list[int]:
    """Round parts to whole numbers that add up to a whole total.

    Every part is rounded down; what is missing goes, one by one, to the parts that lost most.
    Parts may be negative. Ties go to the earlier part.

    Parameters
    ----------
    parts : sequence of float
        Finite numbers, in the unit that is to become whole (cents, percent).
    total : int, optional
        What they must add up to; the rounded sum of `parts` if not given.

    Returns
    -------
    list of int
        As many as `parts`; they add up to `total`.

    Raises
    ------
    BadArgument
        A part is not finite, or there is no part for a total that is not 0.

    References
    ----------
    Balinski and Young (1982), Fair Representation, ch. 3 (Hamilton's method).

    Examples
    --------
    >>> largest_remainder([33.4, 33.3, 33.3], 100)
    [34, 33, 33]
    >>> largest_remainder([-1.5, 0.5, 0.5])
    [-1, 1, 0]
    """
    if not all(math.isfinite(part) for part in parts):
        raise BadArgument(f"Parts to round must be finite, not {list(parts)}.")
    if total is None:
        total = round(math.fsum(parts))
    if not parts:
        if total:
            raise BadArgument(f"No parts can't add up to {total}.")
        return []
    whole = [math.floor(part) for part in parts]
    missing = total - sum(whole)
    each, left = divmod(missing, len(parts))
    by_loss = sorted(range(len(parts)), key=lambda i: whole[i] - parts[i])
    for place, i in enumerate(by_loss):
        whole[i] += each + (1 if place < left else 0)
    return whole


def percentages(parts: Sequence[float]) -> list[int]:
    """Whole percentages of a sum that add up to 100.

    Parameters
    ----------
    parts : sequence of float
        Not negative, at least one positive.

    Returns
    -------
    list of int
        As many as `parts`; they add up to 100.

    Raises
    ------
    BadArgument
        A part is negative, or all are 0.

    Examples
    --------
    >>> percentages([2265, 2085])
    [52, 48]
    """
    whole = math.fsum(parts)
    if whole <= 0 or min(parts) < 0:
        raise BadArgument(f"Shares need parts of at least 0 and a sum above 0, not {list(parts)}.")
    return largest_remainder([100 * part / whole for part in parts], 100)
