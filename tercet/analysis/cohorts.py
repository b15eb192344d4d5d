"""What was created in one period, counted by segment: all that a bridge needs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tercet.analysis.errors import BadArgument, EmptyPeriod
from tercet.analysis.funnel import GROUPS, STEPS, known_steps, reached, step_counts
from tercet.analysis.periods import KINDS
from tercet.analysis.tables import shape_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

Floats = npt.NDArray[np.float64]

BUCKETS = 256


@dataclass(frozen=True)
class Cohort:
    """What was created in one period, counted by segment: all that a bridge needs.

    `counts`, shape (cells, segments, steps), and `amounts`, shape (cells, segments), in minor
    units, add up over cells. With `is_sampled` the cells are buckets of leads, which can be
    resampled; else there is one cell, of totals. `segments` holds None for "not stated";
    `by` names the column, None if there is none. `amounts` is None without any amount, or
    with several `currencies`. `open` may still be won in the time they are given.
    """

    name: str
    steps: tuple[str, ...]
    segments: tuple[str | None, ...]
    counts: Floats
    amounts: Floats | None
    currencies: tuple[str, ...]
    by: str | None
    is_sampled: bool
    won_without_amount: float = 0.0
    unknown: int = 0
    open: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def leads(self) -> float:
        return float(self.counts[..., 0].sum())

    @property
    def won(self) -> float:
        return float(self.counts[..., -1].sum())

    @property
    def open_share(self) -> float:
        return self.open / self.leads if self.leads else 0.0

    @property
    def amount_minor(self) -> int | None:
        return None if self.amounts is None else round(float(self.amounts.sum()))


def cohort(
    table: ir.Table,
    *,
    name: str,
    created_from: date | None = None,
    created_to: date | None = None,
    as_of: date,
    by: str | None = "segment",
    currency: str | None = None,
    within_days: int | None = None,
    present: Collection[str] | None = None,
) -> Cohort:
    """Count what was created in one period, by segment and in 256 buckets.

    A lead's bucket is a fixed function of its number, the same on every engine.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    name : str
        What to call the period, such as "Q2".
    created_from, created_to : date, optional
        First and last day of creation, both inside; open if not given.
    as_of : date
        What came later has not happened.
    by : str, optional
        Column whose values are the segments of the mix; None: no mix.
    currency : str, optional
        Keep only won rows in this currency; rows won in another are left out, and said so.
    within_days : int, optional
        Count only what happened so many days after creation, so that a young period can stand
        beside an old one.
    present : collection of str, optional
        Steps that the data knows; found out by looking if not given.

    Returns
    -------
    Cohort

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        `by` is no column to group by.
    EmptyPeriod
        Nothing was created in the period.

    Examples
    --------
    >>> from tercet.analysis.funnel import example
    >>> march = date(2026, 3, 1)
    >>> january = cohort(
    ...     example(), name="January", created_to=date(2026, 1, 31), as_of=march, by="origin"
    ... )
    >>> january.steps, january.leads, january.won
    (('lead', 'accepted', 'won'), 2.0, 1.0)
    """
    shape = shape_of(table)
    if by is not None and (by not in GROUPS[shape.name] or by in KINDS):
        raise BadArgument(f"The mix of {shape.name} can't be taken over “{by}”.")
    every = STEPS[shape.name]
    known = known_steps(table) if present is None else present
    rows = _created(reached(table, as_of=as_of, within_days=within_days), created_from, created_to)
    notes: list[str] = []
    if currency is not None:
        rows, said = _in_currency(rows, currency, len(every) - 1, name)
        notes += said
    keyed = rows.mutate(segment_key=rows[by] if by else _null(), bucket=bucket_of(rows[shape.row]))
    counted = keyed.group_by("segment_key", "bucket").aggregate(
        **step_counts(keyed, shape), undecided=_undecided(keyed, len(every) - 1, as_of, within_days)
    )
    found = counted.to_pyarrow().to_pylist()
    if not found:
        raise EmptyPeriod(f"{name}: no {shape.row} was created in the period.")
    steps = tuple(s for s in every if s in known or s in (every[0], every[-1]))
    return _of_rows(found, name, steps, by, tuple(notes))


def _undecided(rows: ir.Table, won_level: int, as_of: date, within_days: int | None) -> Any:
    """Rows that may still be won in the time they are given."""
    import ibis

    is_open = (rows.level < won_level) & ~rows.is_lost
    if within_days is None:
        return is_open.sum()
    watched_from = ibis.literal(as_of - timedelta(days=within_days))
    return (is_open & (rows.created_on > watched_from).fill_null(False)).sum()


def _null() -> Any:
    import ibis

    return ibis.null("string")


def _created(rows: ir.Table, first: date | None, last: date | None) -> ir.Table:
    import ibis

    if first is not None:
        rows = rows.filter(rows.created_on >= ibis.literal(first))
    if last is not None:
        rows = rows.filter(rows.created_on <= ibis.literal(last))
    return rows


def _in_currency(
    rows: ir.Table, currency: str, won_level: int, name: str
) -> tuple[ir.Table, list[str]]:
    import ibis

    foreign = (
        (rows.level == won_level)
        & rows.amount_minor.notnull()
        & (rows.currency != ibis.literal(currency)).fill_null(True)
    )
    count = int(rows.aggregate(n=foreign.sum()).to_pyarrow().to_pylist()[0]["n"] or 0)
    kept = rows.filter(~foreign)
    return kept, [f"{name}: {count:,} won in another currency than {currency}; left out."] if (
        count
    ) else []


def bucket_of(number: Any) -> Any:
    """Bucket of a lead or deal, the same on every engine.

    Two rounds of multiply and square modulo a prime; no product exceeds 62 bits. A linear step
    would spread running numbers evenly rather than by chance, and the intervals would come out
    too narrow.

    Parameters
    ----------
    number : ibis integer column
        At least 0.

    Returns
    -------
    ibis integer column
        0 to BUCKETS − 1.

    Examples
    --------
    >>> import ibis
    >>> from tercet.analysis.engine import in_memory
    >>> in_memory().to_pyarrow(bucket_of(ibis.literal(7))).as_py()
    170
    """
    prime = 2**31 - 1
    mixed = number.cast("int64") % prime
    for shift in (0, 7):
        step = ((mixed + shift) * 48271) % prime
        mixed = (step * step) % prime
    return mixed % BUCKETS


def _of_rows(
    found: list[dict[str, Any]], name: str, steps: tuple[str, ...], by: str | None, said: Any
) -> Cohort:
    segments = in_order({row["segment_key"] for row in found})
    place = {segment: i for i, segment in enumerate(segments)}
    counts = np.zeros((BUCKETS, len(segments), len(steps)))
    amounts = np.zeros((BUCKETS, len(segments)))
    for row in found:
        at = row["bucket"], place[row["segment_key"]]
        counts[at] = [row[step] for step in steps]
        amounts[at] = float(row["amount_minor"] or 0)
    currencies = {c for row in found for c in row["currencies"] or () if c}
    with_amount = sum(row["with_amount"] for row in found)
    won = float(counts[..., -1].sum())
    stated = by is not None and segments != (None,)
    return Cohort(
        name=name,
        steps=steps,
        segments=segments,
        counts=counts,
        amounts=amounts if with_amount and len(currencies) <= 1 else None,
        currencies=tuple(sorted(currencies)),
        by=by if stated else None,
        is_sampled=True,
        won_without_amount=won - with_amount,
        unknown=sum(row["unknown"] for row in found),
        open=float(sum(row["undecided"] for row in found)),
        notes=said,
    )


def in_order(segments: Collection[str | None]) -> tuple[str | None, ...]:
    """Segments by name, "not stated" last.

    Parameters
    ----------
    segments : collection of str or None

    Returns
    -------
    tuple of str or None

    Examples
    --------
    >>> in_order({"b", None, "a"})
    ('a', 'b', None)
    """
    return tuple(sorted(segments, key=lambda segment: (segment is None, segment or "")))


def cohort_of_counts(
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    by: str | None = "segment",
    currency: str | None = None,
) -> Cohort:
    """A cohort from counts that somebody else made: one row per segment.

    Parameters
    ----------
    rows : sequence of mappings
        Each with `segment` (any value; absent if there is one row only), `leads` (or `deals`),
        `won`, and what is known of `followed_up`, `accepted`, `qualified`, `deal`; and
        `amount_minor`, the won value in minor units, if known. Counts may have fractions.
    name : str
        What to call the period.
    by : str, optional
        What the segments are; None: no mix.
    currency : str, optional
        Of the amounts.

    Returns
    -------
    Cohort
        Without buckets: intervals take the counts as Poisson and the deal values as given.

    Raises
    ------
    EmptyPeriod
        No row, or no lead in any.
    BadArgument
        A count is negative or grows from one step to the next; a segment comes twice; rows
        differ in what they know.

    Examples
    --------
    >>> row = {"leads": 1500, "won": 180, "amount_minor": 216000000}
    >>> found = cohort_of_counts([row], name="Q2")
    >>> found.steps, found.amount_minor
    (('lead', 'won'), 216000000)
    """
    if not rows:
        raise EmptyPeriod(f"{name} has no rows.")
    first = "deals" if "deals" in rows[0] else "leads"
    names = {"lead": "leads", "deal": "deal"} if first == "leads" else {"deal": "deals"}
    every = STEPS["leads"] if first == "leads" else STEPS["deals"]
    steps = tuple(step for step in every if names.get(step, step) in rows[0])
    if not {every[0], "won"} <= set(steps):
        raise BadArgument(f"{name}: each row needs {first} and won.")
    counted: dict[str | None, tuple[list[float], float | None]] = {}
    for row in rows:
        segment = row.get("segment")
        if segment in counted:
            raise BadArgument(f"{name}: segment “{segment}” comes twice.")
        if {names.get(step, step) for step in steps} - set(row):
            raise BadArgument(f"{name}: segment “{segment}” lacks a count that others have.")
        chain = [float(row[names.get(step, step)]) for step in steps]
        _check_chain(chain, steps, f"{name}, segment “{segment}”")
        amount = row.get("amount_minor")
        counted[segment] = chain, None if amount is None else float(amount)
    segments = in_order(counted)
    counts = np.array([[counted[segment][0] for segment in segments]])
    if counts[..., 0].sum() <= 0:
        raise EmptyPeriod(f"{name} has no {first}.")
    values = [counted[segment][1] for segment in segments]
    has_amounts = any(value is not None for value in values)
    without = sum(chain[-1] for chain, amount in counted.values() if amount is None and has_amounts)
    return Cohort(
        name=name,
        steps=steps,
        segments=segments,
        counts=counts,
        amounts=np.array([[value or 0.0 for value in values]]) if has_amounts else None,
        currencies=(currency,) if currency and has_amounts else (),
        by=by if len(segments) > 1 or segments != (None,) else None,
        is_sampled=False,
        won_without_amount=without,
    )


def _check_chain(chain: Sequence[float], steps: Sequence[str], where: str) -> None:
    for count, step in zip(chain, steps, strict=True):
        if not (math.isfinite(count) and count >= 0):
            raise BadArgument(f"{where}: {step} is {count}; a count is at least 0.")
    for i in range(1, len(chain)):
        if chain[i] > chain[i - 1] * (1 + 1e-9):
            raise BadArgument(
                f"{where}: {chain[i]:g} {steps[i]} of {chain[i - 1]:g} {steps[i - 1]}; "
                f"a step can't have more than the step before."
            )
