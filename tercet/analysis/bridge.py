"""Why a number moved: the change between two cohorts, split exactly over what changed.

A cohort is what was created in one period. Won value = leads × mix × follow-up × acceptance ×
… × closing × deal value, summed over segments; each factor's part of the change is its Shapley
value, which is Das Gupta's decomposition; with two factors it is Kitagawa's. The parts add up
to the change exactly, and in money to the cent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tercet.analysis.cohorts import Cohort, cohort, cohort_of_counts, in_order
from tercet.analysis.errors import BadArgument, CannotTell, MixedCurrencies, NoAmounts
from tercet.analysis.funnel import STEPS
from tercet.analysis.rounding import largest_remainder
from tercet.analysis.verdict import NO_VERDICT, Verdict, less_time, verdict

__all__ = [
    "Bridge",
    "Cohort",
    "Explanation",
    "LeftOut",
    "Part",
    "Verdict",
    "bridge",
    "cohort",
    "cohort_of_counts",
    "das_gupta",
    "explain",
    "lmdi",
]

Floats = npt.NDArray[np.float64]
Measure = Literal["won_value", "won", "conversion"]

_TOO_MANY_WITHOUT_AMOUNT = 0.1
_TRANSITIONS = {
    "followed_up": "follow_up",
    "accepted": "acceptance",
    "qualified": "qualification",
    "deal": "opening",
    "won": "closing",
}
LABELS = {
    "leads": "number of leads",
    "deals": "number of deals",
    "mix": "lead mix",
    "follow_up": "follow-up",
    "acceptance": "acceptance",
    "qualification": "qualification",
    "opening": "deals opened",
    "closing": "closing",
    "value": "deal value",
}
_COLUMNS = {
    "follow_up": "followed_up",
    "acceptance": "accepted_on",
    "qualification": "qualified_on",
    "opening": "deal_on",
    "mix": "segment",
    "value": "amount_minor",
}


def das_gupta(before: Sequence[npt.ArrayLike], after: Sequence[npt.ArrayLike]) -> Floats:
    """Split the change of a product of factors into one part per factor.

    Each part is the factor's change times the mean of the other factors' products over all
    orders in which the factors can change: its Shapley value. Factors may be arrays; they
    broadcast, and the split is made for each cell. A sum of products (over segments) is split
    by summing the parts.

    Parameters
    ----------
    before, after : one array per factor, any shapes that broadcast
        Values of the factors at both times.

    Returns
    -------
    float array, shape (factors, *cell shape)
        Sums over the first axis to product(after) − product(before).

    Raises
    ------
    BadArgument
        No factor, or as many `before` as `after` are missing.

    References
    ----------
    Das Gupta (1993), Standardization and Decomposition of Rates, Census P23-186.
    Kitagawa (1955), JASA 50(272), 1168-1194. Shapley (1953), Ann. Math. Stud. 28, 307-317.

    Examples
    --------
    Census P23-186, two factors:

    >>> das_gupta([10930, 0.717892], [16591, 0.825974]).round(6)
    array([4369.912713, 1487.262361])
    """
    if not before or len(before) != len(after):
        raise BadArgument(f"Factors before ({len(before)}) and after ({len(after)}) must pair up.")
    old = [np.asarray(factor, np.float64) for factor in before]
    new = [np.asarray(factor, np.float64) for factor in after]
    return np.stack(
        np.broadcast_arrays(*((new[k] - old[k]) * _others(old, new, k) for k in range(len(old))))
    )


def _others(old: Sequence[Floats], new: Sequence[Floats], k: int) -> Floats:
    """Weighted mean of the other factors' products over all subsets that have changed.

    The product over the others of (old + new·z) has, at z^s, the sum over all subsets of size s;
    so one polynomial stands for all 2^(K−1) subsets.
    """
    count = len(old)
    coefficients: list[Any] = [np.float64(1.0)]
    for j in range(count):
        if j == k:
            continue
        grown = [coefficient * old[j] for coefficient in coefficients] + [0.0]
        for s, coefficient in enumerate(coefficients):
            grown[s + 1] = grown[s + 1] + coefficient * new[j]
        coefficients = grown
    weights = [
        math.factorial(s) * math.factorial(count - s - 1) / math.factorial(count)
        for s in range(count)
    ]
    mean: Floats = np.asarray(
        sum(weight * coefficient for weight, coefficient in zip(weights, coefficients, strict=True))
    )
    return mean


def lmdi(before: Sequence[float], after: Sequence[float]) -> Floats:
    """Split the change of one product by logarithms: a second opinion beside `das_gupta`.

    Each part is the factor's log change times the logarithmic mean of both products. Exact and
    the same both ways, but only defined where every factor is above 0, so not for segments
    that come or go.

    Parameters
    ----------
    before, after : sequence of float, shape (factors,)
        Above 0.

    Returns
    -------
    float array, shape (factors,)
        Sums to product(after) − product(before).

    Raises
    ------
    BadArgument
        No factor, lengths differ, or a factor is not above 0.

    References
    ----------
    Ang (2005), Energy Policy 33(7), 867-871.

    Examples
    --------
    >>> lmdi([1500, 0.6, 0.2, 12], [1600, 0.45, 0.22, 11]).round(1)
    array([ 125.4, -559.2,  185.3, -169.1])
    """
    if not len(before) or len(before) != len(after):
        raise BadArgument(f"Factors before ({len(before)}) and after ({len(after)}) must pair up.")
    if not all(factor > 0 for factor in (*before, *after)):
        raise BadArgument("A split by logarithms needs every factor above 0.")
    old, new = math.prod(before), math.prod(after)
    mean = old if math.isclose(old, new, rel_tol=1e-12) else (new - old) / math.log(new / old)
    return np.array([mean * math.log(b / a) for a, b in zip(before, after, strict=True)])


@dataclass(frozen=True)
class Part:
    """One factor's part of the change.

    `change` is in minor units for won value, in deals for won, in 0 to 1 for conversion;
    `rounded` is whole minor units that add up over the parts, None for other measures. `low`
    and `high` are its interval, None where the data gives none. `share` is `change` divided by
    the whole change (None if that is 0). `covers` names the factors merged into this one;
    `by_segment` adds up to `rounded` in whole minor units for won value, else to `change`.
    """

    factor: str
    label: str
    change: float
    rounded: int | None
    low: float | None
    high: float | None
    share: float | None
    covers: tuple[str, ...]
    by_segment: tuple[tuple[str | None, float], ...]

    @property
    def is_certain(self) -> bool:
        """The interval excludes 0."""
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class LeftOut:
    """A factor that the data doesn't know, the column that is missing, and where it went."""

    factor: str
    column: str
    merged_into: str | None


@dataclass(frozen=True)
class Bridge:
    """The change of one measure from one cohort to another, and its parts.

    `before` and `after` are in minor units for won value (whole), deals for won, 0 to 1 for
    conversion. `low` and `high` are the interval of `change`.
    """

    measure: Measure
    currency: str | None
    before_name: str
    after_name: str
    before: float
    after: float
    change: float
    low: float | None
    high: float | None
    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    verdict: Verdict

    def part(self, factor: str) -> Part:
        return next(part for part in self.parts if part.factor == factor)


@dataclass(frozen=True)
class Explanation:
    """All that can be said about two cohorts; `money` is None with the reason beside it."""

    money: Bridge | None
    money_refused: str | None
    conversion: Bridge
    won: Bridge


def explain(before: Cohort, after: Cohort, *, replicates: int = 1000, seed: int = 0) -> Explanation:
    """Bridge of won value, of won deals and of conversion; money refused where it must be.

    Parameters
    ----------
    before, after : Cohort
    replicates : int
        Bootstrap replicates for the intervals; 0 gives none, and no verdict.
    seed : int
        Same seed, same intervals.

    Returns
    -------
    Explanation

    Raises
    ------
    BadArgument
        The cohorts are of different kinds, or `replicates` is negative.

    Examples
    --------
    >>> q2 = cohort_of_counts([{"leads": 1500, "won": 180}], name="Q2")
    >>> q3 = cohort_of_counts([{"leads": 1600, "won": 158}], name="Q3")
    >>> explain(q2, q3).money_refused
    'No amount is known of what was won in Q2 and Q3.'
    """

    def split(measure: Measure) -> Bridge:
        return bridge(before, after, measure=measure, replicates=replicates, seed=seed)

    money, refused = None, None
    try:
        money = split("won_value")
    except CannotTell as error:
        refused = str(error)
    return Explanation(
        money,
        refused,
        split("conversion"),
        split("won"),
    )


def bridge(
    before: Cohort,
    after: Cohort,
    *,
    measure: Measure = "won_value",
    replicates: int = 1000,
    seed: int = 0,
) -> Bridge:
    """Split the change of a measure between two cohorts over what changed.

    The factors are those that both cohorts know: number of leads, mix over segments, the rate
    of each step, value per won deal. Conversion has neither the number of leads nor the value;
    won deals have no value. What one cohort doesn't know is merged into the next step that
    both know, and named. A segment that is in one period only takes its rates from there, so
    that its coming or going is mix.

    Parameters
    ----------
    before, after : Cohort
    measure : "won_value", "won" or "conversion"
    replicates : int
        Bootstrap replicates for the 95 % intervals: buckets of leads are drawn with
        replacement (multinomial); totals are drawn as Poisson counts, with deal values as
        given. 0 gives no intervals, and no verdict.
    seed : int
        Same seed, same intervals.

    Returns
    -------
    Bridge
        Parts add up to `change`; for won value `rounded` adds up to it to the cent.

    Raises
    ------
    BadArgument
        The cohorts are of different kinds, or an argument is unknown.
    NoAmounts
        Won value is asked, and a cohort has no amount, or more than one won in ten has none.
    MixedCurrencies
        Won value is asked, and there are several currencies.

    References
    ----------
    Das Gupta (1993), Census P23-186. Shapley (1953), Ann. Math. Stud. 28, 307-317.
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.

    Examples
    --------
    >>> counts = {"leads": 1500, "accepted": 900, "won": 180, "amount_minor": 216_000_000}
    >>> q2 = cohort_of_counts([counts], name="Q2", currency="EUR")
    >>> counts = {"leads": 1600, "accepted": 720, "won": 158.4, "amount_minor": 174_240_000}
    >>> q3 = cohort_of_counts([counts], name="Q3", currency="EUR")
    >>> found = bridge(q2, q3)
    >>> [(part.factor, round(part.rounded / 100_000, 1)) for part in found.parts]
    [('leads', 126.7), ('acceptance', -561.1), ('closing', 187.2), ('value', -170.3)]
    """
    if measure not in ("won_value", "won", "conversion"):
        raise BadArgument(f"A bridge is of won_value, won or conversion, not of “{measure}”.")
    if replicates < 0:
        raise BadArgument(f"Replicates are at least 0, not {replicates}.")
    old, new = _aligned(before, after)
    currency = None
    if measure == "won_value":
        currency = _one_currency(old, new)
    left_out = _left_out(old, measure)
    names = _factor_names(old, measure)

    split, totals = _split(_totals(old), _totals(new), measure, names)
    by_segment = split[0]
    changes = by_segment.sum(axis=-1)
    start, end = float(totals[0][0]), float(totals[1][0])
    interval = _bootstrap(old, new, measure, names, replicates, seed)

    rounded: list[int] | None = None
    if measure == "won_value":
        start, end = round(start), round(end)
        rounded = largest_remainder([float(change) for change in changes], int(end - start))
    whole = end - start if abs(end - start) > 1e-12 * max(start, end) else 0.0
    parts = tuple(
        _part(k, name, changes, rounded, interval, whole, by_segment, old, left_out)
        for k, name in enumerate(names)
    )
    low, high = (None, None) if interval is None else (float(v) for v in interval[:, -1])
    found = Bridge(
        measure=measure,
        currency=currency,
        before_name=before.name,
        after_name=after.name,
        before=start,
        after=end,
        change=whole,
        low=low,
        high=high,
        parts=parts,
        left_out=left_out,
        notes=_notes(before, after, measure),
        verdict=NO_VERDICT,
    )
    return replace(found, verdict=verdict(found, before, after))


def _aligned(before: Cohort, after: Cohort) -> tuple[Cohort, Cohort]:
    """Both cohorts with the same steps and the same segments, in the same order."""
    if before.steps[0] != after.steps[0]:
        raise BadArgument(
            f"{before.name} counts {before.steps[0]}s, {after.name} {after.steps[0]}s; "
            f"a bridge needs one kind."
        )
    steps = tuple(step for step in before.steps if step in after.steps)
    by = before.by if before.by == after.by else None
    segments = in_order({*before.segments, *after.segments}) if by else (None,)
    return (
        _laid_out(before, steps, segments, by),
        _laid_out(after, steps, segments, by),
    )


def _laid_out(
    found: Cohort, steps: tuple[str, ...], segments: tuple[str | None, ...], by: str | None
) -> Cohort:
    columns = [found.steps.index(step) for step in steps]
    place = [segments.index(segment) if by else 0 for segment in found.segments]
    counts = np.zeros((len(found.counts), len(segments), len(steps)))
    amounts = np.zeros((len(found.counts), len(segments)))
    for i, at in enumerate(place):
        counts[:, at] += found.counts[:, i, columns]
        if found.amounts is not None:
            amounts[:, at] += found.amounts[:, i]
    return replace(
        found,
        steps=steps,
        segments=segments,
        counts=counts,
        amounts=None if found.amounts is None else amounts,
        by=by,
    )


def _one_currency(before: Cohort, after: Cohort) -> str | None:
    currencies = {*before.currencies, *after.currencies}
    if len(currencies) > 1:
        raise MixedCurrencies(currencies, f"{before.name} and {after.name}")
    without = [found.name for found in (before, after) if found.won and found.amounts is None]
    if without or (before.amounts is None and after.amounts is None):
        names = " and ".join(without or [before.name, after.name])
        raise NoAmounts(f"No amount is known of what was won in {names}.")
    for found in (before, after):
        if found.won_without_amount > _TOO_MANY_WITHOUT_AMOUNT * found.won:
            raise NoAmounts(
                f"{found.won_without_amount:,.0f} of {found.won:,.0f} won in {found.name} have "
                f"no amount; more than one in ten is too many."
            )
    return next(iter(currencies), None)


def _factor_names(found: Cohort, measure: Measure) -> tuple[str, ...]:
    names = [_TRANSITIONS[step] for step in found.steps[1:]]
    if found.by:
        names.insert(0, "mix")
    if measure != "conversion":
        names.insert(0, "leads" if found.steps[0] == "lead" else "deals")
    if measure == "won_value":
        names.append("value")
    return tuple(names)


def _left_out(found: Cohort, measure: Measure) -> tuple[LeftOut, ...]:
    every = STEPS["leads"] if found.steps[0] == "lead" else STEPS["deals"]
    gone = []
    if not found.by:
        gone.append(LeftOut("mix", "segment", None))
    for step in every[1:]:
        if step not in found.steps:
            later = next(s for s in every[every.index(step) :] if s in found.steps)
            factor = _TRANSITIONS[step]
            gone.append(LeftOut(factor, _COLUMNS[factor], _TRANSITIONS[later]))
    return tuple(gone)


Totals = tuple[Floats, Floats]


def _totals(found: Cohort) -> Totals:
    """Counts, shape (1, segments, steps), and amounts, shape (1, segments)."""
    counts = found.counts.sum(axis=0, keepdims=True)
    if found.amounts is None:
        return counts, np.zeros(counts.shape[:2])
    return counts, found.amounts.sum(axis=0, keepdims=True)


def _split(
    old: Totals, new: Totals, measure: Measure, names: Sequence[str]
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Parts, shape (replicates, factors, segments), and both totals, shape (replicates,)."""
    before, after = _factors(old, new, names), _factors(new, old, names)
    parts = das_gupta(before, after)
    if "mix" in names:
        k = names.index("mix")
        parts[k] = _centred(before, after, k, parts.shape[1:])
    totals = (
        _product(before, parts.shape[1:]).sum(axis=-1),
        _product(after, parts.shape[1:]).sum(axis=-1),
    )
    return np.moveaxis(parts, 0, 1), totals


def _factors(own: Totals, other: Totals, names: Sequence[str]) -> list[Floats]:
    """Each factor, shape (replicates, segments or 1); what is undefined comes from the other."""
    (counts, amounts), (others, other_amounts) = own, other
    factors = []
    whole = counts[..., 0].sum(axis=-1, keepdims=True)
    rates = [name for name in names if name in _TRANSITIONS.values()]
    for name in names:
        if name in ("leads", "deals"):
            factors.append(whole)
        elif name == "mix":
            factors.append(_rate(counts[..., 0], whole, 0.0))
        elif name == "value":
            there = _rate(other_amounts, others[..., -1], 0.0)
            factors.append(_rate(amounts, counts[..., -1], there))
        else:
            at = rates.index(name) + 1
            there = _rate(others[..., at], others[..., at - 1], 0.0)
            factors.append(_rate(counts[..., at], counts[..., at - 1], there))
    return factors


def _rate(part: Floats, whole: Floats, where_none: Floats | float) -> Floats:
    fallback = np.broadcast_to(np.asarray(where_none, np.float64), part.shape).copy()
    return np.divide(part, whole, out=fallback, where=whole > 0)


def _centred(before: list[Floats], after: list[Floats], k: int, shape: tuple[int, ...]) -> Floats:
    """The mix of each segment against the mean of all: growth of a poor segment pulls down."""
    rate = np.broadcast_to(_others(before, after, k), shape)
    mean_mix = (before[k] + after[k]) / 2
    overall = (mean_mix * rate).sum(axis=-1, keepdims=True)
    centred: Floats = (after[k] - before[k]) * (rate - overall)
    return centred


def _product(factors: Sequence[Floats], shape: tuple[int, ...]) -> Floats:
    whole = np.ones(shape)
    for factor in factors:
        whole = whole * factor
    return whole


_CELLS_AT_ONCE = 2_000_000


def _bootstrap(
    old: Cohort, new: Cohort, measure: Measure, names: Sequence[str], replicates: int, seed: int
) -> Floats | None:
    """2.5 and 97.5 % quantiles, shape (2, factors + 1); the last column is the whole change."""
    if not replicates:
        return None
    rng = np.random.default_rng(seed)
    batch = max(1, _CELLS_AT_ONCE // (len(old.segments) * len(old.steps)))
    drawn = []
    for first in range(0, replicates, batch):
        size = min(batch, replicates - first)
        split, totals = _split(_draw(old, size, rng), _draw(new, size, rng), measure, names)
        drawn.append(np.column_stack([split.sum(axis=-1), totals[1] - totals[0]]))
    interval: Floats = np.quantile(np.concatenate(drawn), [0.025, 0.975], axis=0)
    return interval


def _draw(found: Cohort, size: int, rng: np.random.Generator) -> Totals:
    if not found.is_sampled:
        return _draw_counts(found, size, rng)
    cells = len(found.counts)
    weights = rng.multinomial(cells, np.full(cells, 1 / cells), size).astype(np.float64)
    flat = found.counts.reshape(cells, -1)
    counts = (weights @ flat).reshape(size, *found.counts.shape[1:])
    amounts = found.amounts
    return counts, np.zeros(counts.shape[:2]) if amounts is None else weights @ amounts


def _draw_counts(found: Cohort, size: int, rng: np.random.Generator) -> Totals:
    """Leads that got exactly so far are Poisson counts; a deal is worth what it was worth."""
    counts, amounts = _totals(found)
    stayed = np.diff(counts[0], axis=-1, append=0.0) * -1
    drawn = rng.poisson(np.maximum(stayed, 0.0), (size, *stayed.shape)).astype(np.float64)
    sampled = np.cumsum(drawn[..., ::-1], axis=-1)[..., ::-1]
    deal = _rate(amounts, counts[..., -1], 0.0)
    return sampled, sampled[..., -1] * deal


def _part(
    k: int,
    name: str,
    changes: Floats,
    rounded: list[int] | None,
    interval: Floats | None,
    whole: float,
    by_segment: Floats,
    found: Cohort,
    left_out: Sequence[LeftOut],
) -> Part:
    # Totals say nothing about how deal values spread, so the value has no interval there.
    unknown = interval is None or (name == "value" and not found.is_sampled)
    change = float(changes[k])
    covers = tuple(gone.factor for gone in left_out if gone.merged_into == name)
    cells = [float(value) for value in by_segment[k]]
    if rounded is not None:
        cells = [float(cell) for cell in largest_remainder(cells, rounded[k])]
    parts = zip(found.segments, cells, strict=True)
    return Part(
        factor=name,
        label=LABELS[name] if not (name == "mix" and found.steps[0] == "deal") else "deal mix",
        change=change,
        rounded=None if rounded is None else rounded[k],
        low=None if unknown else float(interval[0, k]),  # type: ignore[index]
        high=None if unknown else float(interval[1, k]),  # type: ignore[index]
        share=change / whole if whole else None,
        covers=covers,
        by_segment=tuple(parts) if found.by else (),
    )


def _notes(before: Cohort, after: Cohort, measure: Measure) -> tuple[str, ...]:
    notes = [*before.notes, *after.notes]
    for found in (before, after):
        if found.unknown and "followed_up" in found.steps:
            notes.append(
                f"{found.name}: {found.unknown:,} do not say whether they were followed up; "
                f"they count as not."
            )
        if measure == "won_value" and found.won_without_amount:
            notes.append(
                f"{found.name}: {found.won_without_amount:,.0f} of {found.won:,.0f} won have no "
                f"amount and count as 0."
            )
    if said := less_time(before, after):
        notes.append(said)
    if not (before.is_sampled and after.is_sampled):
        notes.append("Made from totals: intervals take counts as Poisson and deal values as given.")
    return tuple(notes)
