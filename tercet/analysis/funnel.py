"""How far leads get: counts, conversion with intervals, and the time it takes.

The table-shaped parts (`reached`, `conversion`, `clocks`) are Ibis expressions that run where
the table lives; `funnel` puts their small results together.

One rule holds everywhere: **a lead that passed a later step has passed every step before it**,
whether or not the data has a stamp for it. A won lead without a day of qualification counts as
qualified; it has no clock for that step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.analysis.errors import BadArgument, EmptyPeriod
from tercet.analysis.flow import DONE, LOST, OPEN, aalen_johansen
from tercet.analysis.intervals import Share, wilson
from tercet.analysis.periods import KINDS, Kind, period_of
from tercet.analysis.tables import DEALS, LEADS, Shape, conform, shape_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

STEPS: dict[str, tuple[str, ...]] = {
    LEADS.name: ("lead", "followed_up", "accepted", "qualified", "deal", "won"),
    DEALS.name: ("deal", "won"),
}
GROUPS: dict[str, tuple[str, ...]] = {
    LEADS.name: ("origin", "campaign", "team", "segment", "currency", *KINDS),
    DEALS.name: (
        *("origin", "campaign", "team", "segment", "product", "pipeline", "type", "currency"),
        *KINDS,
    ),
}
WON_BY_DAYS = (7, 30, 90)
Span = tuple[str, str]
Cases = tuple[Any, Any, Any]


@dataclass(frozen=True)
class StepCount:
    """How many got to a step.

    `from_before` and `from_start` are shares of the step before and of the first step, None on
    the first step itself. `unknown`: the data does not say for so many; they count as not there.
    """

    step: str
    count: int
    from_before: Share | None
    from_start: Share | None
    unknown: int = 0


@dataclass(frozen=True)
class DaysToWon:
    """Whole days from created to won among the `n` won; each None if n is 0.

    A quartile is the first day by which that share of the won was won. `undated` were won
    without both days known, `impossible` before they were created; neither is in `n`.
    """

    n: int
    lower: int | None
    median: int | None
    upper: int | None
    undated: int
    impossible: int


@dataclass(frozen=True)
class WonBy:
    """Share won by a day after creation, with lost as the other end; None: not watched so long."""

    day: int
    share: float | None


@dataclass(frozen=True)
class StepTime:
    """Days from step `since` to `step`.

    `median` is None, "not reached", unless at least half of the `entered` are `done`. The lost
    never arrive, the open are censored. `undated` lack one of the days, `impossible` go
    backwards; neither is in `entered`.
    """

    step: str
    since: str
    entered: int
    done: int
    median: int | None
    undated: int
    impossible: int


@dataclass(frozen=True)
class FunnelGroup:
    """One row of the funnel.

    `key` is the group's value (a period's first day as a date), None where not stated;
    `amount_minor` the won value, None without amounts or with several `currencies`.
    """

    key: str | date | None
    label: str
    steps: tuple[StepCount, ...]
    lost: int
    open: int
    days_to_won: DaysToWon
    won_by: tuple[WonBy, ...]
    times: tuple[StepTime, ...]
    amount_minor: int | None
    currencies: tuple[str, ...]
    won_without_amount: int

    @property
    def n(self) -> int:
        return self.steps[0].count

    @property
    def won(self) -> int:
        return self.steps[-1].count

    @property
    def rate(self) -> Share:
        return wilson(self.won, self.n)


@dataclass(frozen=True)
class Funnel:
    """The whole and its groups.

    `left_out` names steps that the data doesn't know; `notes` are plain sentences on what was
    left out or merged.
    """

    shape: str
    by: str | None
    as_of: date
    steps: tuple[str, ...]
    left_out: tuple[str, ...]
    total: FunnelGroup
    groups: tuple[FunnelGroup, ...]
    notes: tuple[str, ...]


def known_steps(table: ir.Table) -> tuple[str, ...]:
    """Steps that the data knows at all: at least one row has a stamp (or a yes or no) for it.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS.

    Returns
    -------
    tuple of str
        In the funnel's order; the first step and `won` are always in.

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.

    Examples
    --------
    >>> known_steps(example())
    ('lead', 'accepted', 'won')
    """
    shape = shape_of(table)
    table = conform(table, shape)
    middle = STEPS[shape.name][1:-1]
    if not middle:
        return STEPS[shape.name]
    there = table.aggregate(**{step: _stated(table, step).any() for step in middle})
    row = there.to_pyarrow().to_pylist()[0]
    return tuple(step for step in STEPS[shape.name] if row.get(step, True))


def reached(table: ir.Table, *, as_of: date, within_days: int | None = None) -> ir.Table:
    """Add to each row how far it got: `level`, the number of the last step that it passed.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    as_of : date
        What came later has not happened; rows created later are dropped.
    within_days : int, optional
        Count only what happened so many days after creation, so that a young period can stand
        beside an old one. A follow-up that is known as yes or no only, without a day, counts
        whenever it was.

    Returns
    -------
    ibis Table
        All columns of the shape; `level`, 0 for the first step of STEPS; `is_lost` (and not won);
        `unknown` (not said whether it was followed up). `passed(rows, step)` reads `level`.

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        `within_days` is negative.

    Examples
    --------
    >>> table = reached(example(), as_of=date(2026, 3, 1))
    >>> table.filter(passed(table, "accepted")).lead.to_pyarrow().to_pylist()
    [1, 2, 3]
    """
    import ibis

    if within_days is not None and within_days < 0:
        raise BadArgument(f"Days to look at must be at least 0, not {within_days}.")
    shape = shape_of(table)
    table = conform(table, shape)
    table = table.filter(table.created_on.isnull() | (table.created_on <= ibis.literal(as_of)))
    steps = STEPS[shape.name]
    cases = [
        (_stamped(table, steps[level], as_of, within_days), level)
        for level in range(len(steps) - 1, 0, -1)
    ]
    rows = table.mutate(level=ibis.cases(*cases, else_=0).cast("int8"))
    lost = _happened(table, "lost_on", as_of, within_days).fill_null(False)
    silent = ~_stated(table, "followed_up") if shape is LEADS else ibis.literal(False)
    return rows.mutate(
        is_lost=lost & (rows.level < len(steps) - 1), unknown=silent & (rows.level == 0)
    )


def passed(rows: ir.Table, step: str) -> Any:
    """Whether each row passed a step, by its stamp or by that of a later step.

    Parameters
    ----------
    rows : ibis Table
        What `reached` gave.
    step : str
        One of STEPS.

    Returns
    -------
    ibis boolean column

    Raises
    ------
    BadArgument
        This shape has no such step.

    Examples
    --------
    >>> rows = reached(example(), as_of=date(2026, 3, 1))
    >>> passed(rows, "won").sum().to_pyarrow().as_py()
    1
    """
    return rows.level >= _place(step, shape_of(rows))


def _place(step: str, shape: Shape) -> int:
    steps = STEPS[shape.name]
    if step not in steps:
        raise BadArgument(f"A step of {shape.name} is one of {', '.join(steps)}, not “{step}”.")
    return steps.index(step)


def _stated(table: ir.Table, step: str) -> Any:
    stated = table[f"{step}_on"].notnull()
    return stated | table.followed_up.notnull() if step == "followed_up" else stated


def _stamped(table: ir.Table, step: str, as_of: date, within_days: int | None) -> Any:
    stamped = _happened(table, f"{step}_on", as_of, within_days)
    if step != "followed_up":
        return stamped
    return stamped | (table.followed_up_on.isnull() & table.followed_up)


def _happened(table: ir.Table, stamp: str, as_of: date, within_days: int | None) -> Any:
    """True, or null or false where it has not happened: a case needs no more."""
    import ibis

    happened = table[stamp] <= ibis.literal(as_of)
    if within_days is None:
        return happened
    days = table[stamp].epoch_days() - table.created_on.epoch_days()
    return happened & (days <= within_days)


def conversion(
    table: ir.Table,
    *,
    by: str | None = None,
    as_of: date,
    fiscal_start: int = 1,
    within_days: int | None = None,
) -> ir.Table:
    """Count how many got to each step, per group: one row per group.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    by : str, optional
        A column of the shape, or "week", "month", "quarter" of creation.
    as_of : date
        What came later has not happened.
    fiscal_start : int
        First month of the fiscal year, 1 to 12; for quarters.
    within_days : int, optional
        Count only what happened so many days after creation.

    Returns
    -------
    ibis Table
        `group` (a period is its first day), one whole number per step named after it, `lost`,
        `unknown` (followed up or not: not said), `amount_minor` (won value),
        `with_amount` (won rows with an amount), `currencies` (array).

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        `by` is no group of this shape.

    Examples
    --------
    >>> table = conversion(example(), by="origin", as_of=date(2026, 3, 1)).order_by("group")
    >>> table.select("group", "lead", "won").to_pyarrow().to_pylist()
    [{'group': 'event', 'lead': 2, 'won': 0}, {'group': 'search', 'lead': 2, 'won': 1}]
    """
    shape = shape_of(table)
    rows = _grouped(table, by, as_of, fiscal_start, within_days)
    return rows.group_by("group").aggregate(**step_counts(rows, shape))


def _grouped(
    table: ir.Table, by: str | None, as_of: date, fiscal_start: int, within_days: int | None = None
) -> ir.Table:
    rows = reached(table, as_of=as_of, within_days=within_days)
    return rows.mutate(group=_group(rows, by, shape_of(table), fiscal_start))


def step_counts(rows: ir.Table, shape: Shape) -> dict[str, Any]:
    """What is counted over any group of rows, by name: what `conversion` gives per group.

    Parameters
    ----------
    rows : ibis Table
        What `reached` gave.
    shape : Shape
        LEADS or DEALS.

    Returns
    -------
    dict of ibis aggregates

    Examples
    --------
    >>> rows = reached(example(), as_of=date(2026, 3, 1))
    >>> rows.aggregate(**step_counts(rows, LEADS)).lead.to_pyarrow().to_pylist()
    [4]
    """
    steps = STEPS[shape.name]
    won = rows.level == len(steps) - 1
    has_amount = won & rows.amount_minor.notnull()
    return {
        **{step: (rows.level >= level).sum() for level, step in enumerate(steps)},
        "lost": rows.is_lost.sum(),
        "unknown": rows.unknown.sum(),
        "amount_minor": rows.amount_minor.sum(where=has_amount),
        "with_amount": has_amount.sum(),
        "currencies": rows.currency.collect(where=has_amount, distinct=True),
    }


def _group(rows: ir.Table, by: str | None, shape: Shape, fiscal_start: int) -> Any:
    import ibis

    if by is None:
        return ibis.null("string")
    if by not in GROUPS[shape.name]:
        groups = ", ".join(GROUPS[shape.name])
        raise BadArgument(f"The table of {shape.name} can be grouped by {groups}, not by “{by}”.")
    if by == "week":
        return rows.created_on.truncate("W")
    if by == "month":
        return rows.created_on.truncate("M")
    if by == "quarter":
        month = rows.created_on.year() * 12 + rows.created_on.month() - 1
        first = month - (month - (fiscal_start - 1)) % 3
        return ibis.date((first // 12).cast("int32"), (first % 12 + 1).cast("int32"), 1)
    return rows[by]


def rows_behind(
    table: ir.Table,
    what: str,
    *,
    by: str | None = None,
    key: str | date | None = None,
    as_of: date,
    fiscal_start: int = 1,
    within_days: int | None = None,
) -> ir.Table:
    """Rows that a figure of the funnel counts, so that it can be opened.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    what : str
        A step, "lost" or "open".
    by, key
        The group's column and its `FunnelGroup.key`; all rows if `by` is not given, those not
        stated if `key` is None.
    as_of, fiscal_start, within_days
        As for `conversion`.

    Returns
    -------
    ibis Table
        All columns of the shape, `level`, `is_lost`, `unknown` and `group`.

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        Unknown `what` or `by`.

    Examples
    --------
    >>> rows = rows_behind(example(), "accepted", by="origin", key="event", as_of=date(2026, 3, 1))
    >>> rows.lead.to_pyarrow().to_pylist()
    [3]
    """
    import ibis

    shape = shape_of(table)
    rows = _grouped(table, by, as_of, fiscal_start, within_days)
    if by is not None:
        rows = rows.filter(rows.group.isnull() if key is None else rows.group == ibis.literal(key))
    last = len(STEPS[shape.name]) - 1
    if what == "lost":
        return rows.filter(rows.is_lost)
    if what == "open":
        return rows.filter(~rows.is_lost & (rows.level < last))
    return rows.filter(rows.level >= _place(what, shape))


def clocks(
    table: ir.Table,
    step: str,
    *,
    since: str | None = None,
    by: str | None = None,
    as_of: date,
    fiscal_start: int = 1,
) -> ir.Table:
    """Count cases by how many days they took from one step to another, and how that ended.

    These counts carry all that `flow.kaplan_meier` and `flow.aalen_johansen` need.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    step : str
        Where the clock stops.
    since : str, optional
        Where it starts, among those who passed that step; the first step if not given.
    by, as_of, fiscal_start
        As for `conversion`.

    Returns
    -------
    ibis Table
        `group`, `days` (null where a day is missing), `ended` (flow.DONE, LOST or OPEN), `n`.

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        A step or `by` that this shape doesn't have.

    Examples
    --------
    >>> table = clocks(example(), "won", as_of=date(2026, 3, 1)).filter(lambda t: t.ended == DONE)
    >>> table.select("days", "n").to_pyarrow().to_pylist()
    [{'days': 20, 'n': 1}]
    """
    shape = shape_of(table)
    span = (since or STEPS[shape.name][0], step)
    rows = _grouped(table, by, as_of, fiscal_start)
    return _tally(rows, span, shape, as_of)


def _tally(rows: ir.Table, span: Span, shape: Shape, as_of: date) -> ir.Table:
    import ibis

    since, until = (_place(step, shape) for step in span)
    rows = rows.filter(rows.level >= since)
    done = rows.level >= until
    starts = rows.created_on if since == 0 else rows[f"{span[0]}_on"]
    closed = ibis.ifelse(rows.is_lost, rows.lost_on, ibis.literal(as_of))
    ends = ibis.ifelse(done, rows[f"{span[1]}_on"], closed)
    rows = rows.select(
        "group",
        days=ends.epoch_days() - starts.epoch_days(),
        ended=ibis.ifelse(done, DONE, ibis.ifelse(rows.is_lost, LOST, OPEN)),
    )
    return rows.group_by("group", "days", "ended").aggregate(n=rows.count())


def funnel(
    table: ir.Table,
    *,
    by: str | None = None,
    as_of: date,
    fiscal_start: int = 1,
    present: Collection[str] | None = None,
) -> Funnel:
    """How far leads (or deals) get, in the whole and by group.

    Parameters
    ----------
    table : ibis Table
        LEADS or DEALS, one row each.
    by : str, optional
        "origin", "campaign", "team", "segment", "week", "month", "quarter"; deals also by
        "product", "pipeline", "type".
    as_of : date
        Day until which the data is complete; what came later has not happened.
    fiscal_start : int
        First month of the fiscal year, 1 to 12; for quarters.
    present : collection of str, optional
        Steps that the data knows; found out by looking if not given.

    Returns
    -------
    Funnel
        Groups by size, or in time for periods; None ("not stated") last.

    Raises
    ------
    MissingColumn, WrongType
        The table is not of its shape.
    BadArgument
        `by` is no group of this shape.
    EmptyPeriod
        No row was created up to `as_of`.

    References
    ----------
    Wilson (1927), JASA 22(158), 209-212. Kaplan and Meier (1958), JASA 53(282), 457-481.
    Aalen and Johansen (1978), Scand. J. Statist. 5(3), 141-150.

    Examples
    --------
    >>> found = funnel(example(), as_of=date(2026, 3, 1))
    >>> [(step.step, step.count) for step in found.total.steps], found.left_out
    ([('lead', 4), ('accepted', 3), ('won', 1)], ('followed_up', 'qualified', 'deal'))
    """
    shape = shape_of(table)
    every = STEPS[shape.name]
    known = known_steps(table) if present is None else present
    steps = tuple(s for s in every if s in known or s in (every[0], every[-1]))
    left_out = tuple(s for s in every if s not in steps)
    spans = _spans(table, steps, shape)
    rows = _grouped(table, by, as_of, fiscal_start)
    counts, times = _measured(rows, spans, shape, as_of)
    if not counts:
        raise EmptyPeriod(f"No {every[0]} was created up to {as_of}.")
    keys = _ordered([(row["group"], row[every[0]]) for row in counts], by)
    found = {row["group"]: row for row in counts}
    cuts = {span: _cut(tally) for span, tally in times.items()}

    def group(key: Any, members: list[Any], label: str) -> FunnelGroup:
        cases = {span: _joined(cut, members) for span, cut in cuts.items()}
        return _funnel_group(key, label, _summed([found[m] for m in members]), cases, steps)

    total = group(None, list(found), "All")
    groups = tuple(group(key, [key], _label(key, by, fiscal_start)) for key in keys) if by else ()
    return Funnel(
        shape.name, by, as_of, steps, left_out, total, groups, _notes(total, left_out, shape)
    )


def _spans(table: ir.Table, steps: Sequence[str], shape: Shape) -> list[Span]:
    """Pairs of steps whose days are known, each from the nearest dated step before."""
    table = conform(table, shape)
    stamps = {step: table[f"{step}_on"].notnull().any() for step in steps[1:]}
    row = table.aggregate(**stamps).to_pyarrow().to_pylist()[0]
    dated = [steps[0], *(step for step in steps[1:] if row[step])]
    spans = list(pairwise(dated))
    whole = (steps[0], steps[-1])
    return spans if whole in spans else [*spans, whole]


_CACHED_ROWS = 4_000_000


def _measured(
    rows: ir.Table, spans: list[Span], shape: Shape, as_of: date
) -> tuple[list[dict[str, Any]], dict[Span, Any]]:
    """Counts and clocks by group, from one pass over the source where its rows fit in memory."""
    stamps = [f"{step}_on" for step in STEPS[shape.name][1:]]
    days = ["created_on", *stamps, "lost_on"]
    flags = ["group", "level", "is_lost", "unknown"]
    rows = rows.select(*flags, "amount_minor", "currency", *days)
    with ExitStack() as stack:
        if rows.count().to_pyarrow().as_py() <= _CACHED_ROWS:
            rows = stack.enter_context(rows.cache())
        counted = rows.group_by("group").aggregate(**step_counts(rows, shape))
        counts = counted.to_pyarrow().to_pylist()
        times = {span: _tally(rows, span, shape, as_of).to_pyarrow() for span in spans}
    return counts, times


def _ordered(sizes: list[tuple[Any, int]], by: str | None) -> list[Any]:
    stated = [(key, n) for key, n in sizes if key is not None]
    if by in KINDS:
        stated.sort()
    else:
        stated.sort(key=lambda pair: (-pair[1], pair[0]))
    return [key for key, _ in stated] + [key for key, _ in sizes if key is None]


def _label(key: Any, by: str | None, fiscal_start: int) -> str:
    if key is None:
        return "No date" if by in KINDS else "Not stated"
    if by in KINDS:
        return period_of(key, _kind(by), fiscal_start=fiscal_start).label
    return str(key)


def _kind(by: str | None) -> Kind:
    return next(kind for kind in KINDS if kind == by)


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in rows[0] if name not in ("group", "currencies")]
    summed: dict[str, Any] = {name: sum(row[name] or 0 for row in rows) for name in names}
    found = {currency for row in rows for currency in row["currencies"] or ()}
    summed["currencies"] = tuple(sorted(currency for currency in found if currency))
    return summed


def _cut(found: Any) -> dict[Any, Cases]:
    """Split a table of clocks into its groups."""
    days = found["days"].to_numpy(zero_copy_only=False).astype(np.float64)
    ended = found["ended"].to_numpy(zero_copy_only=False).astype(np.int64)
    n = found["n"].to_numpy(zero_copy_only=False).astype(np.float64)
    coded = found["group"].combine_chunks().dictionary_encode(null_encoding="encode")
    names = coded.dictionary.to_pylist()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: tuple(part[order[edges[i] : edges[i + 1]]] for part in (days, ended, n))
        for i, name in enumerate(names)
    }


def _joined(cut: dict[Any, Cases], members: Iterable[Any]) -> Cases:
    parts = [cut[member] for member in members if member in cut]
    if not parts:
        return np.empty(0), np.empty(0, np.int64), np.empty(0)
    days, ended, n = (np.concatenate(column) for column in zip(*parts, strict=True))
    return days, ended, n


def _funnel_group(
    key: Any, label: str, row: dict[str, Any], cases: dict[Span, Cases], steps: Sequence[str]
) -> FunnelGroup:
    whole = cases[(steps[0], steps[-1])]
    spans = [span for span in cases if span != (steps[0], steps[-1]) or len(cases) == 1]
    won, with_amount = row[steps[-1]], row["with_amount"]
    in_one = with_amount and len(row["currencies"]) <= 1
    return FunnelGroup(
        key=key,
        label=label,
        steps=_counted(row, steps),
        lost=row["lost"],
        open=row[steps[0]] - won - row["lost"],
        days_to_won=_days_to_won(whole),
        won_by=_won_by(whole),
        times=tuple(_step_time(span, cases[span]) for span in spans),
        amount_minor=int(row["amount_minor"]) if in_one else None,
        currencies=row["currencies"],
        won_without_amount=won - with_amount,
    )


def _counted(row: dict[str, Any], steps: Sequence[str]) -> tuple[StepCount, ...]:
    first = row[steps[0]]
    counts = [StepCount(steps[0], first, None, None)]
    for before, step in pairwise(steps):
        unknown = row["unknown"] if step == "followed_up" else 0
        shares = wilson(row[step], row[before]), wilson(row[step], first)
        counts.append(StepCount(step, row[step], *shares, unknown))
    return tuple(counts)


def _days_to_won(cases: Cases) -> DaysToWon:
    days, ended, n = cases
    undated, impossible, sound = _sorted_out(days)
    won = ended == DONE
    at, weight = days[won & sound], n[won & sound]
    order = np.argsort(at)
    at, so_far = at[order], np.cumsum(weight[order])
    total = float(so_far[-1]) if so_far.size else 0.0
    lower, median, upper = (
        int(at[np.searchsorted(so_far, share * total - 1e-9)]) if total else None
        for share in (0.25, 0.5, 0.75)
    )
    lost_days = int(n[won & undated].sum()), int(n[won & impossible].sum())
    return DaysToWon(int(total), lower, median, upper, *lost_days)


def _won_by(cases: Cases) -> tuple[WonBy, ...]:
    days, ended, n = cases
    sound = _sorted_out(days)[2]
    incidence = aalen_johansen(days[sound], ended[sound], n[sound])
    return tuple(WonBy(day, incidence.by(day)) for day in WON_BY_DAYS)


def _step_time(span: Span, cases: Cases) -> StepTime:
    days, ended, n = cases
    undated, impossible, sound = _sorted_out(days)
    entered, done = int(n[sound].sum()), int(n[sound & (ended == DONE)].sum())
    median = None
    if done and 2 * done >= entered:
        incidence = aalen_johansen(days[sound], ended[sound], n[sound])
        median = incidence.quantile_or_none(0.5)
    whole = None if median is None else int(median)
    odd = int(n[undated].sum()), int(n[impossible].sum())
    return StepTime(span[1], span[0], entered, done, whole, *odd)


def _sorted_out(days: Any) -> tuple[Any, Any, Any]:
    undated, impossible = np.isnan(days), days < 0
    return undated, impossible, ~undated & ~impossible


_WORDS = {
    "followed_up": "follow-up",
    "accepted": "acceptance",
    "qualified": "qualification",
    "deal": "deals",
}


def _notes(total: FunnelGroup, left_out: Sequence[str], shape: Shape) -> tuple[str, ...]:
    rows, notes = shape.name, []
    if left_out:
        words = ", ".join(_WORDS[step] for step in left_out)
        columns = ", ".join(f"{step}_on" for step in left_out)
        notes.append(f"The data does not know {words} (no value in {columns}); left out.")
    unknown = sum(step.unknown for step in total.steps)
    if unknown and "followed_up" not in left_out:
        notes.append(
            f"{unknown:,} {rows} do not say whether they were followed up; they count as not."
        )
    days = total.days_to_won
    if days.impossible:
        notes.append(f"{days.impossible:,} won before the day of creation; left out of all days.")
    if days.undated:
        notes.append(f"{days.undated:,} won without both days known; left out of all days.")
    if len(total.currencies) > 1:
        notes.append(f"Amounts are in {', '.join(total.currencies)} and are not added.")
    if total.won_without_amount:
        notes.append(f"{total.won_without_amount:,} of {total.won:,} won have no amount.")
    return tuple(notes)


def example() -> ir.Table:
    """Four leads for examples: two from search, two from an event; one of them won.

    Returns
    -------
    ibis Table
        With some columns of LEADS.

    Examples
    --------
    >>> example().columns
    ('lead', 'created_on', 'origin', 'accepted_on', 'won_on')
    """
    import pyarrow as pa

    from tercet.analysis.engine import in_memory

    day = date
    rows = {
        "lead": [1, 2, 3, 4],
        "created_on": [day(2026, 1, 5), day(2026, 1, 6), day(2026, 2, 1), day(2026, 2, 2)],
        "origin": ["search", "search", "event", "event"],
        "accepted_on": [day(2026, 1, 7), day(2026, 1, 20), day(2026, 2, 9), None],
        "won_on": [day(2026, 1, 25), None, None, None],
    }
    return in_memory().create_table("leads", pa.table(rows))
