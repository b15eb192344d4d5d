"""Intervals for shares, 95 % unless asked otherwise."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from tercet.analysis.errors import BadArgument


@dataclass(frozen=True)
class Share:
    """`count` of `n`, its rate and the interval around it; rates are 0 to 1, None when n is 0."""

    count: float
    n: float
    rate: float | None
    low: float | None
    high: float | None


def wilson(count: float, n: float, *, level: float = 0.95) -> Share:
    """Share of successes with its Wilson score interval.

    Stays inside 0 to 1 and keeps its level for small n, unlike the textbook interval.

    Parameters
    ----------
    count : float
        Successes, 0 to `n`.
    n : float
        Trials. 0 gives a Share without rate.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Share
        Rate and interval, each 0 to 1.

    Raises
    ------
    BadArgument
        `count` lies outside 0 to `n`, or `level` outside 0 to 1.

    References
    ----------
    Wilson (1927), JASA 22(158), 209-212.

    Examples
    --------
    >>> recall = wilson(11, 40)
    >>> round(recall.rate, 3), round(recall.low, 3), round(recall.high, 3)
    (0.275, 0.161, 0.428)
    """
    if not 0 < level < 1:
        raise BadArgument(f"A level lies between 0 and 1, not {level}.")
    if not 0 <= count <= n:
        raise BadArgument(f"A share needs a count between 0 and n = {n}, not {count}.")
    if n == 0:
        return Share(count, n, None, None, None)
    z = NormalDist().inv_cdf((1 + level) / 2)
    rate = count / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == n else min(1.0, middle + half)
    return Share(count, n, rate, low, high)
