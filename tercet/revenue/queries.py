"""The doorway to `analysis`: a snapshot's folder and filters in, plain figures out.

Called in the worker. What `analysis` can't tell becomes `Withheld`, with its reason. The imports
are inside the functions because they take 300 MB, which the processes that serve pages spare.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tercet.record.snapshots import Withheld
from tercet.revenue.frames import ABOUT
from tercet.revenue.selection import NOT_STATED, SMALLER_TEAMS, TIMES, is_large

About = dict[str, Any]
Filters = Mapping[str, Any]
MOST_GROUPS = 300


@lru_cache(maxsize=64)
def about_of(folder: Path) -> About:
    """What a snapshot says of itself; the folder never changes."""
    found: About = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return found


@contextmanager
def _table(folder: Path, filters: Filters) -> Iterator[tuple[Any, About]]:
    """The rows that the filters leave, open for one figure."""
    from tercet.analysis.engine import open_folder
    from tercet.analysis.errors import CannotTell

    about = about_of(folder)
    with open_folder(folder) as snapshot:
        try:
            yield _narrowed(snapshot.table(filters["table"]), filters, about), about
        except CannotTell as reason:
            raise Withheld(str(reason)) from reason


def _narrowed(rows: Any, filters: Filters, about: About) -> Any:
    rows = _with_smaller_teams(rows, about)
    for name, values in filters["only"].items():
        stated = [value for value in values if value != NOT_STATED]
        fits = rows[name].isin(stated)
        rows = rows.filter(fits | rows[name].isnull() if NOT_STATED in values else fits)
    return _created_within(rows, filters.get("first"), filters.get("last"))


def _with_smaller_teams(rows: Any, about: About) -> Any:
    """Teams below five people stand together: their rates would be somebody's."""
    import ibis

    small = [
        team
        for table in ("leads", "deals")
        for team, _ in about[table]["options"].get("team", [])
        if not is_large(about, team)
    ]
    if not small:
        return rows
    return rows.mutate(team=ibis.ifelse(rows.team.isin(small), SMALLER_TEAMS, rows.team))


def _created_within(rows: Any, first: str | None, last: str | None) -> Any:
    import ibis

    if first:
        rows = rows.filter(rows.created_on >= ibis.literal(date.fromisoformat(first)))
    if last:
        rows = rows.filter(rows.created_on <= ibis.literal(date.fromisoformat(last)))
    return rows


def known_steps(about: About, table: str) -> list[str]:
    """Steps of which the data says something at all, whatever the filters."""
    from tercet.analysis.funnel import STEPS

    known = about[table]["known"]
    stamps = {"followed_up": ("followed_up", "followed_up_on")}
    steps = STEPS[table]
    return [
        step
        for step in steps
        if step in (steps[0], steps[-1])
        or any(known.get(name) for name in stamps.get(step, (f"{step}_on",)))
    ]


def _today(about: About) -> date:
    return date.fromisoformat(about["today"])


def count_funnel(folder: Path, filters: Filters) -> dict[str, Any]:
    """How far leads or deals get, in the whole and by group."""
    from tercet.analysis.funnel import funnel

    with _table(folder, filters) as (rows, about):
        found = funnel(
            rows,
            by=filters["by"] or None,
            as_of=_today(about),
            fiscal_start=about["fiscal_start"],
            present=known_steps(about, filters["table"]),
        )
    groups = sorted(found.groups, key=lambda group: group.key is None)
    if filters["by"] in TIMES:
        groups = groups[::-1]
    return {
        "table": found.shape,
        "by": found.by,
        "steps": list(found.steps),
        "left_out": list(found.left_out),
        "notes": list(found.notes),
        "total": _group(found.total),
        "groups": [_group(group) for group in groups[:MOST_GROUPS]],
        "groups_left_out": max(0, len(groups) - MOST_GROUPS),
    }


def _group(group: Any) -> dict[str, Any]:
    found = asdict(group)
    key = group.key
    return found | {
        "key": key.isoformat() if isinstance(key, date) else key,
        "n": group.n,
        "won": group.won,
        "rate": asdict(group.rate),
        "currencies": list(group.currencies),
    }


def explain_change(folder: Path, filters: Filters) -> dict[str, Any]:
    """Why won revenue and conversion moved between two periods."""
    from tercet.analysis.bridge import cohort, explain

    with _table(folder, filters | {"first": None, "last": None}) as (rows, about):
        currency = filters.get("currency") or None
        options = {
            "as_of": _today(about),
            "by": filters["by"] or None,
            "within_days": filters.get("within"),
            "present": _split_over(about, filters),
            "currency": currency,
        }
        periods = [
            cohort(
                rows,
                name=period["name"],
                created_from=date.fromisoformat(period["first"]),
                created_to=date.fromisoformat(period["last"]),
                **options,
            )
            for period in (filters["before"], filters["after"])
        ]
        found = explain(*periods)
    return {
        "table": filters["table"],
        "periods": [_cohort(each) for each in periods],
        "money": found.money and _bridge(found.money),
        "money_refused": found.money_refused,
        "conversion": _bridge(found.conversion),
        "won": _bridge(found.won),
    }


def _split_over(about: About, filters: Filters) -> list[str]:
    """Follow-up and acceptance where they are known, else qualification; all steps if asked."""
    known = known_steps(about, filters["table"])
    if filters.get("steps") == "all":
        return known
    first = [step for step in ("followed_up", "accepted") if step in known]
    return first or [step for step in ("qualified",) if step in known]


def _cohort(found: Any) -> dict[str, Any]:
    """The counts of one period by segment, for the table of the mix."""
    counts = found.counts.sum(axis=0)
    amounts = None if found.amounts is None else found.amounts.sum(axis=0)
    return {
        "name": found.name,
        "steps": list(found.steps),
        "leads": round(found.leads),
        "won": round(found.won),
        "open": round(found.open),
        "unknown": found.unknown,
        "won_without_amount": round(found.won_without_amount),
        "currencies": list(found.currencies),
        "amount_minor": found.amount_minor,
        "segments": [
            {
                "key": segment,
                "counts": [round(float(count)) for count in counts[i]],
                "amount_minor": None if amounts is None else round(float(amounts[i])),
            }
            for i, segment in enumerate(found.segments)
        ],
    }


def _bridge(found: Any) -> dict[str, Any]:
    parts = [
        asdict(part)
        | {"is_certain": part.is_certain, "by_segment": [list(p) for p in part.by_segment]}
        for part in found.parts
    ]
    return asdict(found) | {"parts": parts}


def measure_waits(folder: Path, filters: Filters) -> dict[str, Any]:
    """The two waits of leads in working hours: for the whole flow, and by team of five or more."""
    from tercet.analysis.funnel import passed, reached

    with _table(folder, filters) as (rows, about):
        rows = reached(rows, as_of=_today(about))
        columns = ["team", "created_at", "assigned_at", "first_contact_at", "lost_on"]
        stamps = rows.select(*columns, called=passed(rows, "followed_up"), unknown=rows.unknown)
        found = stamps.to_pyarrow()
    teams = found.column("team").to_pylist()
    stamped = _Stamped.of(found, about)
    large = sorted({team for team in teams if team and is_large(about, team)})
    return {
        "n": found.num_rows,
        "due_hours": about["due_hours"],
        "hours": [about["working_days"], about["opens"], about["closes"]],
        "whole": stamped.waits(None),
        "teams": [
            {"team": team, **stamped.waits([name == team for name in teams])} for team in large
        ],
        "has_smaller_teams": any(team and not is_large(about, team) for team in set(teams)),
        "called": sum(filter(None, found.column("called").to_pylist())),
        "unknown": sum(filter(None, found.column("unknown").to_pylist())),
        "knows_calls": "followed_up" in known_steps(about, "leads"),
    }


@dataclass(frozen=True)
class _Stamped:
    """The instants of leads as wall time of the workspace, and its working hours."""

    created: Any
    assigned: Any
    contact: Any
    ended: Any
    as_of: Any
    hours: Any
    due_hours: int

    @classmethod
    def of(cls, found: Any, about: About) -> "_Stamped":
        import numpy as np

        from tercet.analysis.flow import WorkingHours

        zone = ZoneInfo(about["zone"])
        stamps = [
            wall_time(_instants(found.column(name)), zone)
            for name in ("created_at", "assigned_at", "first_contact_at")
        ]
        lost = found.column("lost_on").to_numpy(zero_copy_only=False).astype("M8[D]")
        now = datetime.fromisoformat(about["as_of"]).astimezone(zone).time()
        as_of = datetime.combine(_today(about), now).replace(tzinfo=None)
        return cls(
            *stamps,
            ended=(lost + np.timedelta64(1, "D")).astype("M8[us]"),
            as_of=np.datetime64(as_of, "us"),
            hours=WorkingHours(
                frozenset(int(day) - 1 for day in about["working_days"]),
                about["opens"],
                about["closes"],
            ),
            due_hours=about["due_hours"],
        )

    def waits(self, keep: list[bool] | None) -> dict[str, Any]:
        import numpy as np

        from tercet.analysis.flow import lead_waits

        mask = np.ones(len(self.created), bool) if keep is None else np.array(keep, bool)
        found = lead_waits(
            self.created[mask],
            self.assigned[mask],
            self.contact[mask],
            as_of=self.as_of,
            hours=self.hours,
            ended_at=self.ended[mask],
        )
        waits = {name: getattr(found, name) for name in ("routing", "contact", "whole")}
        return {
            "n": int(mask.sum()),
            "left_out": list(found.left_out),
            **{name: wait and self._wait(wait) for name, wait in waits.items()},
        }

    def _wait(self, wait: Any) -> dict[str, Any]:
        curve = wait.curve
        place = int(curve.times.searchsorted(self.due_hours, side="right")) - 1
        in_time = 0.0 if place < 0 else 1 - float(curve.survival[place])
        shown = ("n", "done", "open", "median", "p80", "p90", "backwards")
        return {name: getattr(wait, name) for name in shown} | {
            "in_time": in_time if wait.n else None
        }


def _instants(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("M8[us]")


def wall_time(instants: Any, zone: ZoneInfo) -> Any:
    """UTC instants as a clock on the wall of that zone shows them."""
    import numpy as np

    quarters = instants.astype("M8[m]").astype("int64") // 15
    known = ~np.isnat(instants)
    steps, place = np.unique(quarters[known], return_inverse=True)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    offsets = [
        (epoch + timedelta(minutes=15 * int(step))).astimezone(zone).utcoffset() or timedelta()
        for step in steps
    ]
    moved = instants.copy()
    shifts = np.array([offset // timedelta(microseconds=1) for offset in offsets], "m8[us]")
    moved[known] = instants[known] + shifts[place] if len(steps) else instants[known]
    return moved


def owe_leads(folder: Path, filters: Filters) -> dict[str, Any]:
    """How many leads marketing owes for its share of the goal, by what past leads came to."""
    from tercet.analysis.flow import leads_owed
    from tercet.analysis.funnel import passed, reached

    with _table(folder, filters) as (rows, about):
        currency = _currency(about)
        rows = reached(rows, as_of=_today(about))
        won = passed(rows, "won")
        paid = won & rows.amount_minor.notnull() & (rows.currency == currency).fill_null(False)
        amount = rows.amount_minor.cast("float64")
        seen = (
            rows.aggregate(
                leads=rows.count(),
                won=won.sum(),
                deals=paid.sum(),
                mean=amount.mean(where=paid),
                deviation=amount.std(where=paid),
            )
            .to_pyarrow()
            .to_pylist()[0]
        )
        _refuse_unless_known(about, seen, currency)
        owed = leads_owed(
            revenue_minor=about["goal_minor"],
            marketing_share=about["marketing_percent"] / 100,
            leads=seen["leads"],
            won=seen["won"],
            mean_deal_minor=seen["mean"],
            deals=seen["deals"],
            deal_variation=(seen["deviation"] or 0.0) / seen["mean"],
        )
    return {
        **asdict(owed),
        **{name: seen[name] for name in ("leads", "won", "deals", "mean", "deviation")},
        "currency": currency,
        "goal_minor": about["goal_minor"],
        "marketing_percent": about["marketing_percent"],
        "came": _came(folder, filters),
    }


def _currency(about: About) -> str:
    """The one that the settings name, else the commonest among what was won."""
    found = about["leads"]["options"].get("currency") or [["", 0]]
    return str(about["currency"] or found[0][0])


def _refuse_unless_known(about: About, seen: dict[str, Any], currency: str) -> None:
    missing = [
        words
        for words, value in (
            ("the revenue goal of a quarter", about["goal_minor"]),
            ("marketing’s share of it", about["marketing_percent"]),
        )
        if not value
    ]
    if missing:
        raise Withheld(f"Nobody has said {' and '.join(missing)} yet.")
    if not seen["won"]:
        raise Withheld("No lead of this period was won, so nothing says how many are needed.")
    if not seen["deals"]:
        unit = f" in {currency}" if currency else ""
        raise Withheld(f"No lead of this period was won with an amount{unit}.")


def _came(folder: Path, filters: Filters) -> int:
    """Leads that came in the quarter for which they are owed."""
    this = filters["this"]
    with _table(folder, filters | {"first": this["first"], "last": this["last"]}) as (rows, _):
        return int(rows.count().to_pyarrow().as_py())


def pick_rows(folder: Path, filters: Filters) -> Any:
    """Ids of the rows behind a figure, the newest first, as 64-bit whole numbers."""
    import ibis
    import numpy as np

    from tercet.analysis.funnel import passed, reached
    from tercet.analysis.tables import DEALS, LEADS

    shape = {"leads": LEADS, "deals": DEALS}[filters["table"]]
    with _table(folder, filters) as (rows, about):
        rows = reached(rows, as_of=_today(about), within_days=filters.get("within"))
        if "group" in filters:
            rows = _in_group(rows, filters["by"], filters["group"], about["fiscal_start"])
        if step := filters.get("step"):
            rows = rows.filter(passed(rows, step))
        if step := filters.get("not"):
            rows = rows.filter(~passed(rows, step))
        if state := filters.get("state"):
            won = passed(rows, "won")
            rows = rows.filter(
                {"won": won, "lost": rows.is_lost, "open": ~won & ~rows.is_lost}[state]
            )
        for stamp in filters.get("without", ()):
            rows = rows.filter(rows[stamp].isnull())
        for stamp in filters.get("with", ()):
            rows = rows.filter(rows[stamp].notnull())
        key = rows[shape.row]
        ordered = rows.order_by([ibis.desc(rows.created_on, nulls_first=False), ibis.desc(key)])
        found = ordered.select(shape.row).to_pyarrow()
    return found.column(0).to_numpy().astype(np.int64)


def _in_group(rows: Any, by: str, key: str | None, fiscal_start: int) -> Any:
    """The rows of one group of the funnel: a value, or a period by its first day."""
    if by not in TIMES:
        return rows.filter(rows[by].isnull() if key is None else rows[by] == key)
    if key is None:
        return rows.filter(rows.created_on.isnull())
    from tercet.analysis.periods import KINDS, period_of

    kind = next(kind for kind in KINDS if kind == by)
    try:
        period = period_of(date.fromisoformat(key), kind, fiscal_start=fiscal_start)
    except ValueError as error:
        raise Withheld(f"“{key}” is not a day such as 2026-11-16.") from error
    return _created_within(rows, period.starts_on.isoformat(), period.ends_on.isoformat())
