"""`tercet analyse funnel` and `tercet analyse bridge`: files in, JSON on standard output.

No workspace, no settings, no network. A refusal goes to standard error and ends with status 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tercet.analysis.errors import (
    AnalysisError,
    BadArgument,
    BadValue,
    MissingColumn,
)
from tercet.analysis.files import Sheet, decimal, minor, read_sheet, renamed, rows_table
from tercet.analysis.intervals import Share, wilson
from tercet.analysis.rounding import minor_digits

if TYPE_CHECKING:
    from tercet.analysis.bridge import Bridge, Cohort, Explanation
    from tercet.analysis.funnel import Funnel, FunnelGroup

_COUNTS = ("leads", "deals", "followed_up", "accepted", "qualified", "deal", "won")
_MEAN, _REVENUE = ("mean_deal",), ("revenue", "won_value", "amount")
_LABELS = ("segment", "origin", "campaign", "team")


def main(argv: Sequence[str]) -> int:
    """Run one analysis and print its JSON.

    Parameters
    ----------
    argv : sequence of str
        What follows `tercet analyse`.

    Returns
    -------
    int
        0, or 2 where the input or the arguments were refused; the reason is on standard error.

    Examples
    --------
    >>> main(["funnel", "no/such.csv"])
    2
    """
    try:
        options = _parser().parse_args(list(argv))
        answer = options.run(options)
    except SystemExit as ended:
        return int(ended.code or 0)
    except AnalysisError as error:
        print(f"tercet analyse: {error}", file=sys.stderr)
        return 2
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=2)
    print()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tercet analyse", description="Figures from CSV or Parquet files, as JSON."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    funnel = commands.add_parser("funnel", help="counts, conversion and days, by group")
    funnel.add_argument("files", nargs="+", metavar="FILE", help="a row per lead, or counts")
    funnel.add_argument("--by", help="origin, campaign, team, segment, week, month or quarter")
    funnel.add_argument(
        "--fiscal-start", type=int, default=1, metavar="MONTH", help="first month, for quarters"
    )
    funnel.set_defaults(run=_run_funnel)

    bridge = commands.add_parser("bridge", help="why a number moved between two periods")
    bridge.add_argument(
        "files", nargs="+", metavar="FILE", help="BEFORE AFTER, or one file and both windows"
    )
    bridge.add_argument("--by", metavar="COLUMN", help="segments of the mix")
    bridge.add_argument(
        "--value",
        choices=("mean", "revenue", "none"),
        help="what a column “value” of counts holds: mean deal (so by default) or revenue",
    )
    bridge.add_argument("--before", type=_window, metavar="FROM..TO", help="days of creation")
    bridge.add_argument("--after", type=_window, metavar="FROM..TO", help="days of creation")
    bridge.add_argument("--within-days", type=int, metavar="N", help="count N days after creation")
    bridge.add_argument("--replicates", type=int, default=1000, help="for the intervals")
    bridge.add_argument("--seed", type=int, default=0)
    bridge.set_defaults(run=_run_bridge)

    for command in (funnel, bridge):
        command.add_argument(
            "--as-of", type=_day, metavar="DATE", help="data is complete to here; else its last day"
        )
        command.add_argument(
            "--map",
            action="append",
            type=_pair,
            default=[],
            metavar="NAME=COLUMN",
            help="read NAME from COLUMN, such as created_on=first_contact_date",
        )
        command.add_argument("--currency", help="of amounts without a currency, or the one to keep")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found “{text}”, expected a day as 2026-01-31") from None


def _window(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    if not dots:
        raise argparse.ArgumentTypeError(f"found “{text}”, expected 2026-05-01..2026-07-31")
    window = _day(first), _day(last)
    if window[0] > window[1]:
        raise argparse.ArgumentTypeError(f"{first} is after {last}")
    return window


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"found “{text}”, expected NAME=COLUMN")
    return name, column


def _sheets(options: argparse.Namespace) -> list[Sheet]:
    names = dict(options.map)
    read = [read_sheet(Path(file)) for file in options.files]
    for column in names.values():
        if not any(column in sheet.header for sheet in read):
            raise MissingColumn(column, " and ".join(s.name for s in read), read[0].header)
    return [renamed(sheet, names) for sheet in read]


def _is_counts(sheet: Sheet) -> bool:
    return "won" in sheet.header and ("leads" in sheet.header or "deals" in sheet.header)


def _run_funnel(options: argparse.Namespace) -> dict[str, Any]:
    sheets = _sheets(options)
    if _is_counts(sheets[0]):
        if len(sheets) > 1:
            raise BadArgument("A funnel of counts takes one file.")
        return _counts_funnel(sheets[0], options.by)

    from tercet.analysis.engine import in_memory
    from tercet.analysis.funnel import funnel

    table = rows_table(sheets, currency=options.currency)
    backend = in_memory(memory="2GB")
    try:
        found = funnel(
            backend.create_table("rows", table),
            by=options.by,
            as_of=options.as_of or _last_day([table]),
            fiscal_start=options.fiscal_start,
        )
    finally:
        backend.disconnect()
    return _funnel_json(found)


def _last_day(tables: Sequence[Any]) -> date:
    import pyarrow.compute as pc

    days = [
        pc.max(table[name]).as_py()
        for table in tables
        for name in table.column_names
        if name.endswith("_on")
    ]
    known = [day for day in days if day is not None]
    if not known:
        raise BadArgument("The files have no day at all; say --as-of.")
    last: date = max(known)
    return last


def _funnel_json(found: Funnel) -> dict[str, Any]:
    return {
        "of": found.shape,
        "by": found.by,
        "as_of": found.as_of.isoformat(),
        "steps": found.steps,
        "left_out": found.left_out,
        "notes": found.notes,
        "total": _group_json(found.total),
        "groups": [_group_json(group) for group in found.groups],
    }


def _group_json(group: FunnelGroup) -> dict[str, Any]:
    days = group.days_to_won
    currency = group.currencies[0] if len(group.currencies) == 1 else None
    known = group.amount_minor is not None
    return {
        "group": group.key.isoformat() if isinstance(group.key, date) else group.key,
        "label": group.label,
        "steps": [
            {
                "step": step.step,
                "count": step.count,
                "from_before": _share_json(step.from_before),
                "from_start": _share_json(step.from_start),
                "unknown": step.unknown,
            }
            for step in group.steps
        ],
        "lost": group.lost,
        "open": group.open,
        "days_to_won": {
            "n": days.n,
            "lower_quartile": days.lower,
            "median": days.median,
            "upper_quartile": days.upper,
            "undated": days.undated,
            "impossible": days.impossible,
        },
        "won_by_day": {str(by.day): by.share for by in group.won_by},
        "step_days": [
            {
                "from": time.since,
                "to": time.step,
                "entered": time.entered,
                "done": time.done,
                "median": time.median if time.median is not None else "not reached",
            }
            for time in group.times
        ],
        "won_value": _money(group.amount_minor, currency) if known else None,
        "currencies": group.currencies,
        "won_without_amount": group.won_without_amount,
    }


def _share_json(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {"rate": share.rate, "low": share.low, "high": share.high, "n": share.n}


def _money(value: float | None, currency: str | None) -> float | None:
    if value is None:
        return None
    digits = minor_digits(currency)
    return round(value / float(10**digits), digits)


def _counts_funnel(sheet: Sheet, by: str | None) -> dict[str, Any]:
    rows = _count_rows(sheet, _label_column(sheet, by), "none", None)
    steps = [name for name in _COUNTS if name in sheet.header]
    whole = {name: sum(row[name] for row in rows) for name in steps}
    groups = rows if len(rows) > 1 or rows[0].get("segment") is not None else []
    first_steps = ("deal", "won") if steps[0] == "deals" else _COUNTS[2:]
    return {
        "of": "counts",
        "by": _label_column(sheet, by),
        "steps": steps,
        "left_out": [name for name in first_steps if name not in (*steps, "deal")]
        + (["deal"] if steps[0] == "leads" and "deal" not in steps else []),
        "notes": ["Made from counts: no days."],
        "total": _counts_group(whole, steps, None),
        "groups": [_counts_group(row, steps, row["segment"]) for row in groups],
    }


def _counts_group(row: Mapping[str, Any], steps: Sequence[str], key: Any) -> dict[str, Any]:
    counted = []
    for i, step in enumerate(steps):
        before = wilson(row[step], row[steps[i - 1]]) if i else None
        start = wilson(row[step], row[steps[0]]) if i else None
        counted.append(
            {
                "step": step,
                "count": row[step],
                "from_before": _share_json(before),
                "from_start": _share_json(start),
            }
        )
    return {"group": key, "steps": counted}


def _label_column(sheet: Sheet, by: str | None) -> str | None:
    if by is not None:
        if by not in sheet.header:
            raise MissingColumn(by, sheet.name, sheet.header)
        return by
    named = [name for name in _LABELS if name in sheet.header]
    if named:
        return named[0]
    numbers = {*_COUNTS, *_MEAN, *_REVENUE, "value", "currency"}
    return next((name for name in sheet.header if name not in numbers), None)


def _count_rows(
    sheet: Sheet, by: str | None, value: str | None, currency: str | None
) -> list[dict[str, Any]]:
    column, is_mean = _value_column(sheet, value)
    steps = [name for name in _COUNTS if name in sheet.header]
    rows = []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        cell = dict(zip(sheet.header, cells, strict=True))
        row: dict[str, Any] = {}
        if by:
            row["segment"] = None if cell[by] in ("", None) else str(cell[by])
        before: tuple[str, Any] | None = None
        for step in steps:
            count = decimal(sheet, line, step, cell[step])
            if count is None:
                raise BadValue(sheet.name, line, step, "", "a count")
            if before is not None and count > before[1]:
                expected = f"at most the {before[1]} of {before[0]}"
                raise BadValue(sheet.name, line, step, str(cell[step]), expected)
            before = step, count
            row[step] = float(count) if count % 1 else int(count)
        if column is not None:
            amount = decimal(sheet, line, column, cell[column])
            if amount is not None and before is not None:
                whole = amount * before[1] if is_mean else amount
                row["amount_minor"] = minor(whole, currency)
        rows.append(row)
    return rows


def _value_column(sheet: Sheet, value: str | None) -> tuple[str | None, bool]:
    """Column with money, and whether it is the mean deal."""
    if value == "none":
        return None, False
    wanted = {"mean": (*_MEAN, "value"), "revenue": (*_REVENUE, "value")}
    names = wanted[value] if value else (*_MEAN, *_REVENUE, "value")
    column = next((name for name in names if name in sheet.header), None)
    if value and column is None:
        raise MissingColumn(names[0], sheet.name, sheet.header)
    is_mean = value == "mean" or (value is None and column in (*_MEAN, "value"))
    return column, is_mean


def _run_bridge(options: argparse.Namespace) -> dict[str, Any]:
    from tercet.analysis.bridge import explain

    sheets = _sheets(options)
    windows = options.before, options.after
    if len(sheets) == 1 and all(windows):
        sheets *= 2
    if len(sheets) != 2:
        raise BadArgument(
            "A bridge takes two files, BEFORE and AFTER, or one file with --before and --after."
        )
    kinds = [_is_counts(sheet) for sheet in sheets]
    if kinds[0] != kinds[1]:
        raise BadArgument(
            f"{sheets[kinds.index(True)].name} has counts, {sheets[kinds.index(False)].name} "
            f"a row per lead; a bridge needs twice the same."
        )
    before, after = (
        _counts_cohorts(sheets, options) if all(kinds) else _row_cohorts(sheets, options)
    )
    found = explain(before, after, replicates=options.replicates, seed=options.seed)
    return _explanation_json(found, before, after)


def _counts_cohorts(sheets: Sequence[Sheet], options: argparse.Namespace) -> tuple[Cohort, Cohort]:
    from tercet.analysis.bridge import cohort_of_counts

    cohorts = []
    for sheet in sheets:
        by = _label_column(sheet, options.by)
        currency = options.currency or _stated_currency(sheet)
        rows = _count_rows(sheet, by, options.value, currency)
        cohorts.append(
            cohort_of_counts(rows, name=sheet.name, by=by or "segment", currency=currency)
        )
    return cohorts[0], cohorts[1]


def _stated_currency(sheet: Sheet) -> str | None:
    if "currency" not in sheet.header:
        return None
    stated = {str(cell) for cell in sheet.column("currency") if cell}
    if len(stated) > 1:
        from tercet.analysis.errors import MixedCurrencies

        raise MixedCurrencies(stated, sheet.name)
    return next(iter(stated), None)


def _row_cohorts(sheets: Sequence[Sheet], options: argparse.Namespace) -> tuple[Cohort, Cohort]:
    from tercet.analysis.bridge import cohort
    from tercet.analysis.engine import in_memory

    tables = [rows_table([sheet], currency=options.currency) for sheet in sheets]
    as_of = options.as_of or _last_day(tables)
    backend = in_memory(memory="2GB")
    cohorts = []
    try:
        windows = options.before, options.after
        for i, (sheet, table, window) in enumerate(zip(sheets, tables, windows, strict=True)):
            found = cohort(
                backend.create_table(f"rows_{i}", table),
                name=f"{window[0]} to {window[1]}" if window else sheet.name,
                created_from=window[0] if window else None,
                created_to=window[1] if window else None,
                as_of=as_of,
                by=options.by or "segment",
                currency=options.currency,
                within_days=options.within_days,
            )
            cohorts.append(found if options.value != "none" else replace(found, amounts=None))
    finally:
        backend.disconnect()
    return cohorts[0], cohorts[1]


def _explanation_json(found: Explanation, before: Cohort, after: Cohort) -> dict[str, Any]:
    money = found.money
    return {
        "sentence": (money or found.conversion).verdict.sentence,
        "before": _cohort_json(before),
        "after": _cohort_json(after),
        "won_value": _bridge_json(money) if money else None,
        "won_value_refused": found.money_refused,
        "conversion": _bridge_json(found.conversion),
        "won": _bridge_json(found.won),
    }


def _cohort_json(found: Cohort) -> dict[str, Any]:
    currency = found.currencies[0] if len(found.currencies) == 1 else None
    totals = found.counts.sum(axis=(0, 1))
    return {
        "name": found.name,
        "by": found.by,
        "counts": {
            step: _plain(float(total)) for step, total in zip(found.steps, totals, strict=True)
        },
        "won_value": _money(found.amount_minor, currency),
        "currencies": found.currencies,
    }


def _plain(count: float) -> float | int:
    return int(count) if count == int(count) else count


def _bridge_json(found: Bridge) -> dict[str, Any]:
    is_money = found.measure == "won_value"

    def value(number: float | None) -> float | None:
        return _money(number, found.currency) if is_money else number

    verdict = found.verdict
    return {
        "currency": found.currency,
        "before": value(found.before),
        "after": value(found.after),
        "change": value(found.change),
        "low": value(found.low),
        "high": value(found.high),
        "parts": [
            {
                "factor": part.factor,
                "label": part.label,
                "change": value(part.rounded if is_money else part.change),
                "unrounded": part.change / 10 ** minor_digits(found.currency)
                if is_money
                else part.change,
                "low": value(part.low),
                "high": value(part.high),
                "share": part.share,
                "certain": part.is_certain,
                "covers": part.covers,
                "by_segment": [
                    {"segment": segment, "change": value(change)}
                    for segment, change in part.by_segment
                ],
            }
            for part in found.parts
        ],
        "left_out": [
            {"factor": gone.factor, "missing": gone.column, "merged_into": gone.merged_into}
            for gone in found.left_out
        ],
        "notes": found.notes,
        "verdict": {
            "sentence": verdict.sentence,
            "shares": dict(verdict.shares),
            "against": verdict.against,
            "unchanged": verdict.unchanged,
            "certain": verdict.certain,
            "unclear": verdict.unclear,
            "withheld": verdict.withheld,
        },
    }
