"""How long things take while some are still open, and how many leads are owed.

Durations are numbers in any unit (days, hours); an open case is *censored*: it has lasted at
least that long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tercet.analysis.errors import BadArgument, NotReached, TooFew

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Instants = npt.NDArray[np.datetime64]
Vector = npt.NDArray[Any] | Sequence[float] | Sequence[int] | Sequence[bool]

OPEN, DONE, LOST = 0, 1, 2


@dataclass(frozen=True)
class Curve:
    """Share not yet done after each time at which something ended (Kaplan–Meier).

    `times`, `survival`, `at_risk`, each shape (steps,); `n` cases, `done` of them, `open` ones.
    """

    times: Floats
    survival: Floats
    at_risk: Floats
    n: float
    done: float
    open: float

    def quantile(self, share: float) -> float:
        """Time by which a share is done.

        Parameters
        ----------
        share : float
            Above 0, at most 1; .5 is the median.

        Returns
        -------
        float
            The first time at which at least that share is done.

        Raises
        ------
        BadArgument
            `share` lies outside.
        NotReached
            The curve ends before.

        Examples
        --------
        >>> kaplan_meier([1, 2, 2, 3, 5, 8, 13, 14, 14, 14], [1] * 7 + [0] * 3).quantile(0.5)
        5.0
        """
        if not 0 < share <= 1:
            raise BadArgument(f"A share lies above 0 and at most at 1, not at {share}.")
        there = np.flatnonzero(self.survival <= 1 - share + 1e-12)
        if not there.size:
            done = 0.0 if not self.survival.size else 1 - float(self.survival[-1])
            raise NotReached(f"Only {done:.0%} are done at the end of the data; asked {share:.0%}.")
        return float(self.times[there[0]])

    def quantile_or_none(self, share: float) -> float | None:
        """As `quantile`, None where it is not reached.

        Parameters
        ----------
        share : float
            Above 0, at most 1.

        Returns
        -------
        float or None

        Examples
        --------
        >>> kaplan_meier([1, 5, 5], [True, False, False]).quantile_or_none(0.5) is None
        True
        """
        try:
            return self.quantile(share)
        except NotReached:
            return None


def kaplan_meier(times: Vector, done: Vector, weights: Vector | None = None) -> Curve:
    """Share not yet done over time, with open cases counted for as long as they were seen.

    Parameters
    ----------
    times : numbers, shape (cases,)
        How long each case took, or has been open; at least 0.
    done : booleans, shape (cases,)
        False: still open (censored). A case that ends and one that is censored at the same time
        both count as at risk there.
    weights : numbers, shape (cases,), optional
        How many cases each entry stands for; 1 if not given.

    Returns
    -------
    Curve

    Raises
    ------
    BadArgument
        Lengths differ, or a time is negative or not finite.

    References
    ----------
    Kaplan and Meier (1958), JASA 53(282), 457-481.

    Examples
    --------
    Seven answered and three open after 14 days: the median is 5, not the 3 of the answered.

    >>> curve = kaplan_meier([1, 2, 2, 3, 5, 8, 13, 14, 14, 14], [1] * 7 + [0] * 3)
    >>> curve.quantile(0.5), curve.open
    (5.0, 3.0)
    """
    time, kind, weight = _cases(times, np.asarray(done, bool).astype(np.int64), weights)
    at, ended, at_risk = _steps(time, kind, weight)
    left = 1 - np.divide(ended[DONE], at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    survival = np.clip(np.cumprod(left), 0.0, 1.0)
    total, finished = float(weight.sum()), float(weight[kind == DONE].sum())
    return Curve(at, survival, at_risk, total, finished, total - finished)


@dataclass(frozen=True)
class Incidence:
    """Share done by each time, where being lost is the other end (Aalen–Johansen).

    `times`, `done` and `lost` (shares, 0 to 1), `at_risk`, each shape (steps,); `n` cases.
    """

    times: Floats
    done: Floats
    lost: Floats
    at_risk: Floats
    n: float

    def by(self, time: float) -> float | None:
        """Share done by a time.

        Parameters
        ----------
        time : float
            In the unit of the cases; a case done exactly then counts.

        Returns
        -------
        float or None
            None where no case was watched that long and some are still open.

        Examples
        --------
        >>> aalen_johansen([2, 4, 9, 9], [DONE, LOST, OPEN, OPEN]).by(7)
        0.25
        """
        if not self.times.size:
            return None
        settled = float(self.done[-1] + self.lost[-1]) > 1 - 1e-9
        if time > self.times[-1] and not settled:
            return None
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        return 0.0 if place < 0 else float(self.done[place])

    def quantile_or_none(self, share: float) -> float | None:
        """First time by which a share of *all* cases, the lost included, is done.

        Parameters
        ----------
        share : float
            Above 0, at most 1.

        Returns
        -------
        float or None
            None where it is not reached.

        Examples
        --------
        >>> aalen_johansen([2, 4, 9], [DONE, DONE, LOST]).quantile_or_none(0.5)
        4.0
        """
        there = np.flatnonzero(self.done >= share - 1e-12)
        return float(self.times[there[0]]) if there.size else None


def aalen_johansen(times: Vector, ends: Vector, weights: Vector | None = None) -> Incidence:
    """Share done over time where a case may also be lost, and open cases are censored.

    Counting the lost as censored would overstate the share won: they can't be won later.

    Parameters
    ----------
    times : numbers, shape (cases,)
        How long each case took, or has been open; at least 0.
    ends : whole numbers, shape (cases,)
        DONE, LOST or OPEN.
    weights : numbers, shape (cases,), optional
        How many cases each entry stands for; 1 if not given.

    Returns
    -------
    Incidence

    Raises
    ------
    BadArgument
        Lengths differ, a time is negative or not finite, or an end is unknown.

    References
    ----------
    Aalen and Johansen (1978), Scand. J. Statist. 5(3), 141-150.

    Examples
    --------
    >>> aalen_johansen([1, 2, 3, 4], [DONE, LOST, DONE, OPEN]).done
    array([0.25, 0.25, 0.5 , 0.5 ])
    """
    time, kind, weight = _cases(times, np.asarray(ends, np.int64), weights)
    at, ended, at_risk = _steps(time, kind, weight)
    safe = np.where(at_risk > 0, at_risk, 1.0)
    all_ended = (ended[DONE] + ended[LOST]) / safe
    before = np.concatenate([[1.0], np.cumprod(1 - all_ended)[:-1]]) if at.size else at
    done = np.clip(np.cumsum(before * ended[DONE] / safe), 0.0, 1.0)
    lost = np.clip(np.cumsum(before * ended[LOST] / safe), 0.0, 1.0)
    return Incidence(at, done, lost, at_risk, float(weight.sum()))


def _cases(times: Vector, kinds: Ints, weights: Vector | None) -> tuple[Floats, Ints, Floats]:
    time = np.asarray(times, np.float64)
    weight = np.ones(time.shape) if weights is None else np.asarray(weights, np.float64)
    if not time.shape == kinds.shape == weight.shape or time.ndim != 1:
        raise BadArgument(
            f"Times, ends and weights must be equally long lists, not of shapes "
            f"{time.shape}, {kinds.shape}, {weight.shape}."
        )
    if time.size and not (np.isfinite(time).all() and time.min() >= 0):
        raise BadArgument(f"Times must be finite and at least 0; found {_worst(time)}.")
    if not np.isin(kinds, (OPEN, DONE, LOST)).all():
        raise BadArgument("An end is OPEN (0), DONE (1) or LOST (2).")
    return time, kinds, weight


def _worst(time: Floats) -> float:
    odd = time[~np.isfinite(time)]
    return float(odd[0] if odd.size else time.min())


def _steps(time: Floats, kind: Ints, weight: Floats) -> tuple[Floats, dict[int, Floats], Floats]:
    at, place = np.unique(time, return_inverse=True)
    ended = {
        end: np.bincount(place[kind == end], weight[kind == end], minlength=at.size).astype(
            np.float64
        )
        for end in (OPEN, DONE, LOST)
    }
    leaving = ended[OPEN] + ended[DONE] + ended[LOST]
    return at, ended, np.cumsum(leaving[::-1])[::-1]


@dataclass(frozen=True)
class WorkingHours:
    """When somebody is there: `days` 0 (Monday) to 6, minutes of the day, and days off."""

    days: frozenset[int] = frozenset(range(5))
    opens: int = 9 * 60
    closes: int = 17 * 60
    days_off: frozenset[np.datetime64] = frozenset()

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(7)):
            raise BadArgument(f"Working days are some of 0 (Monday) to 6, not {set(self.days)}.")
        if not 0 <= self.opens < self.closes <= 24 * 60:
            raise BadArgument(
                f"A working day opens before it closes, in minutes from 0 to 1440, "
                f"not {self.opens} to {self.closes}."
            )

    @property
    def minutes_a_day(self) -> int:
        return self.closes - self.opens


def working_minutes(start: Instants, end: Instants, hours: WorkingHours) -> Floats:
    """Working time between instants, in minutes.

    Parameters
    ----------
    start, end : datetime64, shape (cases,)
        Wall time of the place where the hours hold: the zone is already applied. NaT allowed.
    hours : WorkingHours

    Returns
    -------
    float array, shape (cases,)
        Negative where `end` is earlier than `start`; nan where one of them is NaT.

    Raises
    ------
    BadArgument
        The shapes differ.

    Examples
    --------
    Friday 16:00 to Monday 10:30 is two and a half working hours:

    >>> friday, monday = np.array(["2026-11-13T16:00"]), np.array(["2026-11-16T10:30"])
    >>> working_minutes(friday.astype("M8[m]"), monday.astype("M8[m]"), WorkingHours())
    array([150.])
    """
    start, end = np.asarray(start, "M8[us]"), np.asarray(end, "M8[us]")
    if start.shape != end.shape:
        raise BadArgument(f"Starts and ends differ in shape: {start.shape}, {end.shape}.")
    missing = np.isnat(start) | np.isnat(end)
    filled = np.datetime64("2000-01-03", "us")
    spent = _worked_until(np.where(missing, filled, end), hours) - _worked_until(
        np.where(missing, filled, start), hours
    )
    return np.where(missing, np.nan, spent)


def _worked_until(at: Instants, hours: WorkingHours) -> Floats:
    """Working minutes from a fixed Monday until each instant."""
    day = at.astype("M8[D]")
    mask = "".join("1" if weekday in hours.days else "0" for weekday in range(7))
    calendar = np.busdaycalendar(weekmask=mask, holidays=sorted(hours.days_off))
    whole_days = np.busday_count(np.datetime64("2000-01-03"), day, busdaycal=calendar)
    minute = (at - day.astype("M8[us]")) / np.timedelta64(60_000_000, "us")
    today = np.clip(minute - hours.opens, 0.0, hours.minutes_a_day)
    today = np.where(np.is_busday(day, busdaycal=calendar), today, 0.0)
    return np.asarray(whole_days * float(hours.minutes_a_day) + today, np.float64)


@dataclass(frozen=True)
class Wait:
    """One wait in working hours.

    `name` says from what to what; of `n` cases `done` ended and `open` still wait; `median`,
    `p80` and `p90` are hours by which that share was done, None where not reached;
    `backwards` cases ended before they began and count as no wait; `curve` is the whole law.
    """

    name: str
    n: int
    done: int
    open: int
    median: float | None
    p80: float | None
    p90: float | None
    backwards: int
    curve: Curve


@dataclass(frozen=True)
class Waits:
    """The two waits of a lead; `left_out` names the columns that the data lacks.

    `routing`: created to assigned. `contact`: assigned to first human contact. `whole`: created
    to first human contact.
    """

    routing: Wait | None
    contact: Wait | None
    whole: Wait | None
    left_out: tuple[str, ...]


def lead_waits(
    created_at: Instants,
    assigned_at: Instants,
    first_contact_at: Instants,
    *,
    as_of: np.datetime64,
    hours: WorkingHours,
    ended_at: Instants | None = None,
) -> Waits:
    """How long leads wait to be assigned, and then for the first contact by a human.

    A lead without the second instant still waits, and is counted as open at `as_of`, or at
    `ended_at` if it was closed before. A lead without the first instant has no such wait.

    Parameters
    ----------
    created_at, assigned_at, first_contact_at : datetime64, shape (leads,)
        Wall time of the place where the hours hold (zone already applied); NaT where unknown.
        Instants after `as_of` have not happened yet.
    as_of : datetime64
        Wall time until which the data is complete.
    hours : WorkingHours
    ended_at : datetime64, shape (leads,), optional
        When a lead was lost or closed.

    Returns
    -------
    Waits
        A wait is None where one of its columns is wholly NaT; that column is in `left_out`.

    Raises
    ------
    BadArgument
        The shapes differ.

    References
    ----------
    Kaplan and Meier (1958), JASA 53(282), 457-481.

    Examples
    --------
    >>> at = lambda *texts: np.array(texts, "M8[m]")
    >>> waits = lead_waits(
    ...     at("2026-11-16T09:00", "2026-11-16T10:00"),
    ...     at("2026-11-16T11:00", "2026-11-16T11:00"),
    ...     at("2026-11-16T14:00", "NaT"),
    ...     as_of=np.datetime64("2026-11-17T17:00"),
    ...     hours=WorkingHours(),
    ... )
    >>> waits.routing.median, waits.contact.median, waits.contact.open
    (1.0, 3.0, 1)
    """
    stamps = {
        "created_at": created_at,
        "assigned_at": assigned_at,
        "first_contact_at": first_contact_at,
    }
    known = {name: _until(stamp, as_of) for name, stamp in stamps.items()}
    left_out = tuple(name for name, stamp in known.items() if np.isnat(stamp).all())
    stop = np.full(known["created_at"].shape, as_of.astype("M8[us]"))
    if ended_at is not None:
        ended = _until(ended_at, as_of)
        stop = np.where(np.isnat(ended), stop, ended)

    def wait(start: str, end: str) -> Wait | None:
        if start in left_out or end in left_out:
            return None
        return _wait(f"{start} to {end}", known[start], known[end], stop, hours)

    return Waits(
        wait("created_at", "assigned_at"),
        wait("assigned_at", "first_contact_at"),
        wait("created_at", "first_contact_at"),
        left_out,
    )


def _until(stamp: Instants, as_of: np.datetime64) -> Instants:
    stamp = np.asarray(stamp, "M8[us]")
    late = stamp > as_of.astype("M8[us]")
    return np.where(late, np.datetime64("NaT", "us"), stamp)


def _wait(name: str, start: Instants, end: Instants, stop: Instants, hours: WorkingHours) -> Wait:
    begun = ~np.isnat(start)
    start, end, stop = start[begun], end[begun], stop[begun]
    done = ~np.isnat(end)
    spent = working_minutes(start, np.where(done, end, stop), hours) / 60
    backwards = int((done & (end < start)).sum())
    curve = kaplan_meier(np.maximum(spent, 0.0), done)
    return Wait(
        name,
        len(start),
        int(done.sum()),
        int((~done).sum()),
        curve.quantile_or_none(0.5),
        curve.quantile_or_none(0.8),
        curve.quantile_or_none(0.9),
        backwards,
        curve,
    )


@dataclass(frozen=True)
class LeadsOwed:
    """Leads that marketing must bring: at the plain rates, and with the rates' uncertainty.

    `customers` wanted from marketing; `plain` leads at the plain rates; `p10` to `p90` leads
    that suffice with that chance. Commit to `p80`.
    """

    customers: float
    plain: int
    p10: int
    p50: int
    p80: int
    p90: int


_DRAWS, _SEED = 200_000, 0


def leads_owed(
    *,
    revenue_minor: int,
    marketing_share: float,
    leads: int,
    won: int,
    mean_deal_minor: float,
    deals: int,
    deal_variation: float,
) -> LeadsOwed:
    """Leads that marketing owes sales so that its share of the revenue goal is met.

    Leads = revenue × marketing's share / (value per deal × won per lead). The last two were only
    seen in a sample: won per lead is drawn from its posterior law after Jeffreys' prior,
    Beta(won + ½, leads − won + ½), and the mean deal from a normal law with the standard error
    of the mean. 200,000 draws with a fixed seed, so the same input gives the same answer; the
    quantiles stray from the exact ones by about 0.1 %.

    Parameters
    ----------
    revenue_minor : int
        Revenue goal, in minor units.
    marketing_share : float
        Part of it that marketing's leads shall bring, above 0, at most 1.
    leads, won : int
        Leads seen so far, and those of them that were won.
    mean_deal_minor : float
        Mean value of a won deal, in minor units.
    deals : int
        Deals that the mean was taken over.
    deal_variation : float
        Standard deviation of a deal's value divided by the mean.

    Returns
    -------
    LeadsOwed

    Raises
    ------
    BadArgument
        A share, rate or amount lies outside what is possible.
    TooFew
        Fewer than 5 won leads or 5 deals: nothing can be committed on that.

    References
    ----------
    Jeffreys (1946), Proc. R. Soc. A 186, 453-461. Brown, Cai and DasGupta (2001), Statist. Sci.
    16(2), 101-133, on the interval that follows from it.

    Examples
    --------
    >>> owed = leads_owed(
    ...     revenue_minor=600_000_00, marketing_share=0.6, leads=2000, won=40,
    ...     mean_deal_minor=12_000_00, deals=40, deal_variation=0.8,
    ... )
    >>> owed.plain, owed.p10, owed.p50, owed.p80, owed.p90
    (1500, 1171, 1503, 1789, 1969)
    """
    if not 0 < marketing_share <= 1:
        raise BadArgument(
            f"Marketing's share lies above 0 and at most at 1, not at {marketing_share}."
        )
    if revenue_minor <= 0 or mean_deal_minor <= 0 or deal_variation < 0:
        raise BadArgument("Revenue and mean deal must be above 0, the variation at least 0.")
    if not 0 <= won <= leads:
        raise BadArgument(f"Won leads lie between 0 and {leads}, not at {won}.")
    for what, found in (("won leads", won), ("deals", deals)):
        if found < 5:
            raise TooFew(what, found, 5)
    wanted = revenue_minor * marketing_share
    rng = np.random.default_rng(_SEED)
    rate = rng.beta(won + 0.5, leads - won + 0.5, _DRAWS)
    error = mean_deal_minor * deal_variation / np.sqrt(deals)
    deal = rng.normal(mean_deal_minor, error, _DRAWS)
    # A mean deal at or below 0 would need a variation beyond all reason; no lead number helps.
    owed = wanted / (rate * np.where(deal > 0, deal, np.finfo(float).tiny))
    p10, p50, p80, p90 = (round(float(q)) for q in np.percentile(owed, [10, 50, 80, 90]))
    customers = wanted / mean_deal_minor
    plain = int(np.ceil(round(customers * leads / won, 9)))
    return LeadsOwed(customers, plain, p10, p50, p80, p90)
