"""Write the snapshot that every figure of this room is computed from.

Raw cursors stream the rows in chunks into Arrow, so that memory stays bounded whatever their
number. The rules by which rows count are the workspace's settings; what they leave out is counted.
No column names an owner: a figure can't name anybody.

A lead counts as won on the day on which its first deal was won, with that deal's amount; as lost
when it was disqualified, or when all of its deals are lost.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q

from tercet.customers.models import Owner, Segment
from tercet.people.clock import now_in, today_in
from tercet.people.models import Team, TeamMembership, Workspace
from tercet.record.models import Import
from tercet.revenue.models import Campaign, Deal, Product, Settings

CHUNK = 50_000
MOST_OPTIONS = 300
ABOUT = "about.json"
COUNTED = {
    "leads": ("origin", "campaign", "team", "segment", "currency"),
    "deals": ("origin", "campaign", "team", "segment", "product", "pipeline", "type", "currency"),
}


def write_frames(workspace: Workspace, folder: Path) -> dict[str, int]:
    """Write leads, deals and moves, and `about.json` with what pages must know of them."""
    rules = settings_of(workspace)
    about: dict[str, Any] = _about(workspace, rules)
    with _one_moment():
        names = _names(workspace)
        for name, sql in _queries(workspace, rules).items():
            tally = _write(name, *sql, folder / f"{name}.parquet", names)
            about[name] = tally.as_dict()
        for name, sql in _left_out(workspace, rules).items():
            about[name]["left_out"] = _count(*sql) - about[name]["rows"]
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return {name: about[name]["rows"] for name in ("leads", "deals", "moves")}


def settings_of(workspace: Workspace) -> Settings:
    """The workspace's settings; the defaults, unsaved, while nobody has said anything."""
    found = Settings.objects.filter(workspace=workspace).first()
    return found or Settings(workspace=workspace)


def _about(workspace: Workspace, rules: Settings) -> dict[str, Any]:
    return {
        "as_of": now_in(workspace).isoformat(),
        "today": today_in(workspace).isoformat(),
        "zone": workspace.time_zone,
        "fiscal_start": rules.fiscal_year_start_month,
        "currency": rules.currency,
        "working_days": rules.working_days,
        "opens": _minutes(rules.work_starts_at),
        "closes": _minutes(rules.work_ends_at),
        "due_hours": rules.first_contact_due_hours,
        "goal_minor": rules.revenue_goal_minor,
        "marketing_percent": rules.marketing_share_percent,
        "amount_meaning": rules.amount_meaning,
        "sources": _sources(workspace),
        "money_columns": _money_columns(workspace),
        "team_sizes": _team_sizes(workspace),
    }


def _minutes(at: Any) -> int:
    hours, minutes = str(at).split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _sources(workspace: Workspace) -> list[dict[str, str]]:
    """The systems that data came from, and when it last came."""
    found = (
        Import.objects.filter(workspace=workspace, undone_at=None)
        .exclude(published_at=None)
        .order_by()
        .values("source")
        .annotate(at=Max("published_at"))
    )
    return [{"name": row["source"], "at": row["at"].isoformat()} for row in found]


_MONEY_WORDS = re.compile(r"revenue|amount|value|price|turnover|umsatz|betrag", re.IGNORECASE)


def _money_columns(workspace: Workspace) -> list[str]:
    """Unmapped columns of deals that look like money: nobody said that they are the amount."""
    seen = (
        Deal.objects.filter(workspace=workspace).exclude(extra={}).values_list("extra", flat=True)
    )
    names = {name for extra in seen[:200] if isinstance(extra, dict) for name in extra}
    return sorted(name for name in names if _MONEY_WORDS.search(name))


def _team_sizes(workspace: Workspace) -> dict[str, int]:
    """How many people work in each team today: members, and owners who are no member."""
    today = today_in(workspace)
    here = Q(left_on=None) | Q(left_on__gt=today)
    sizes: Counter[str] = Counter()
    memberships = TeamMembership.objects.filter(
        Q(to_on=None) | Q(to_on__gt=today), Q(member__left_on=None) | Q(member__left_on__gt=today)
    ).filter(workspace=workspace, from_on__lte=today)
    for name, people in (
        memberships.order_by().values_list("team__name").annotate(Count("member", distinct=True))
    ):
        sizes[name] += people
    owners = Owner.objects.filter(here, workspace=workspace, member=None, archived_at=None)
    owners = owners.exclude(team=None).order_by()
    for name, people in owners.values_list("team__name").annotate(Count("id")):
        sizes[name] += people
    return dict(sizes)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read all tables as they stood at one instant, without taking the lock of the writers."""
    if connection.in_atomic_block:
        yield
        return
    begin = {"postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
    with connection.cursor() as cursor:
        cursor.execute(begin.get(connection.vendor, "BEGIN DEFERRED"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


Sql = tuple[str, list[Any]]


def _queries(workspace: Workspace, rules: Settings) -> dict[str, Sql]:
    deals, of_deals = _counted_deals(workspace, rules)
    leads, of_leads = _counted_leads(workspace, rules)
    return {
        "leads": (f"WITH counted AS ({deals}), {_PER_LEAD} {leads}", [*of_deals, *of_leads]),
        "deals": (f"WITH counted AS ({deals}) {_deals()}", of_deals),
        "moves": (f"WITH counted AS ({deals}) {_moves()}", [*of_deals, workspace.pk]),
    }


def _left_out(workspace: Workspace, rules: Settings) -> dict[str, Sql]:
    """All rows of a table, to tell how many the rules leave out."""
    every = "SELECT COUNT(*) FROM revenue_{} WHERE workspace_id = %s AND archived_at IS NULL"
    return {name: (every.format(name[:-1]), [workspace.pk]) for name in ("leads", "deals")}


def _counted_deals(workspace: Workspace, rules: Settings) -> Sql:
    conditions, values = ["d.workspace_id = %s", "d.archived_at IS NULL"], [workspace.pk]
    conditions.append("COALESCE(s.step, '') <> 'ignored'")
    for column, allowed in (
        ("COALESCE(s.pipeline, '')", rules.pipelines_that_count),
        ("d.type", rules.deal_types_that_count),
    ):
        if allowed:
            conditions.append(f"{column} IN ({', '.join(['%s'] * len(allowed))})")
            values += allowed
    left_out, of_left_out = _leaving_out(rules, names=("d.name", "c.name"), mails=())
    return f"{_EVERY_DEAL} WHERE {' AND '.join(conditions)}{left_out}", [*values, *of_left_out]


def _counted_leads(workspace: Workspace, rules: Settings) -> Sql:
    left_out, values = _leaving_out(rules, names=("l.name", "c.name"), mails=("l.email",))
    where = f"WHERE l.workspace_id = %s AND l.archived_at IS NULL{left_out}"
    return f"{_leads()} {where}", [workspace.pk, *values]


def _leaving_out(rules: Settings, *, names: Sequence[str], mails: Sequence[str]) -> Sql:
    """Conditions that keep out what people asked to leave out; `*` stands for anything."""
    found: list[str] = []
    values: list[Any] = []
    for pattern in rules.leave_out_names:
        for column in names:
            found.append(f"LOWER(COALESCE({column}, '')) LIKE %s ESCAPE '!'")
            values.append(_like(pattern))
    for domain in rules.leave_out_domains:
        bare = str(domain).strip().lower().lstrip("@")
        found.append("LOWER(COALESCE(c.domain, '')) = %s")
        values.append(bare)
        for column in mails:
            found.append(f"LOWER(COALESCE({column}, '')) LIKE %s ESCAPE '!'")
            values.append(f"%@{_escaped(bare)}")
    return (f" AND NOT ({' OR '.join(found)})", values) if found else ("", [])


def _like(pattern: str) -> str:
    return _escaped(pattern.strip().lower()).replace("*", "%")


def _escaped(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text


_WON = (
    "CASE WHEN s.step = 'won' THEN COALESCE(d.won_on, d.closes_on)"
    " WHEN s.step = 'lost' THEN NULL ELSE d.won_on END"
)
_LOST = (
    "CASE WHEN s.step = 'lost' THEN COALESCE(d.lost_on, d.closes_on)"
    " WHEN s.step = 'won' THEN NULL ELSE d.lost_on END"
)
# What a deal does not say of itself it inherits from its lead, then from its company or owner.
_EVERY_DEAL = f"""
    SELECT d.id, d.lead_id, COALESCE(d.created_on, d.engaged_on) AS opened_on,
      COALESCE(NULLIF(d.origin, ''), NULLIF(fl.origin, '')) AS origin,
      COALESCE(d.campaign_id, fl.campaign_id) AS campaign_id,
      COALESCE(d.team_id, fl.team_id, o.team_id) AS team_id,
      COALESCE(d.segment_id, fl.segment_id, c.segment_id) AS segment_id,
      d.product_id, s.pipeline, d.type, {_WON} AS won_on, {_LOST} AS lost_on,
      d.amount_minor, CASE WHEN d.amount_minor IS NULL THEN NULL
        ELSE NULLIF(d.currency, '') END AS currency
    FROM revenue_deal d
    LEFT JOIN revenue_stage s ON s.id = d.stage_id
    LEFT JOIN revenue_lead fl ON fl.id = d.lead_id
    LEFT JOIN customers_company c ON c.id = d.company_id
    LEFT JOIN customers_owner o ON o.id = d.owner_id
"""
_PER_LEAD = """
    ranked AS (
      SELECT counted.*, ROW_NUMBER() OVER (PARTITION BY lead_id
        ORDER BY CASE WHEN won_on IS NULL THEN 1 ELSE 0 END, won_on, id) AS nth
      FROM counted WHERE lead_id IS NOT NULL
    ),
    per_lead AS (
      SELECT lead_id, MIN(opened_on) AS deal_on,
        MAX(CASE WHEN nth = 1 THEN won_on END) AS won_on,
        MAX(CASE WHEN nth = 1 AND won_on IS NOT NULL THEN amount_minor END) AS amount_minor,
        MAX(CASE WHEN nth = 1 AND won_on IS NOT NULL THEN currency END) AS currency,
        CASE WHEN COUNT(lost_on) = COUNT(*) THEN MAX(lost_on) END AS lost_on
      FROM ranked GROUP BY lead_id
    ),
    qualified AS (
      SELECT counted.lead_id, MIN(m.moved_on) AS qualified_on
      FROM revenue_stagemove m
      JOIN revenue_stage ms ON ms.id = m.stage_id AND ms.step = 'qualified'
      JOIN counted ON counted.id = m.deal_id
      WHERE counted.lead_id IS NOT NULL GROUP BY counted.lead_id
    )
"""


def _deals() -> str:
    return f"""
    SELECT counted.id, counted.lead_id, {_text("counted.opened_on")}, counted.origin,
      counted.campaign_id, counted.team_id, counted.segment_id, counted.product_id,
      NULLIF(counted.pipeline, ''), NULLIF(counted.type, ''),
      {_text("counted.won_on")}, {_text("counted.lost_on")}, counted.amount_minor, counted.currency
    FROM counted
    """


def _leads() -> str:
    return f"""
    SELECT l.id, {_text("l.created_on")}, NULLIF(l.origin, ''), l.campaign_id,
      COALESCE(l.team_id, o.team_id), COALESCE(l.segment_id, c.segment_id),
      {_text("l.created_at")}, {_text("l.assigned_at")}, {_text("l.first_contact_at")},
      {_flag("l.followed_up")}, {_text("l.first_contact_on")}, {_text("l.accepted_on")},
      {_text("COALESCE(l.qualified_on, qualified.qualified_on)")}, {_text("per_lead.deal_on")},
      {_text("per_lead.won_on")}, {_text("COALESCE(l.lost_on, per_lead.lost_on)")},
      per_lead.amount_minor, per_lead.currency
    FROM revenue_lead l
    LEFT JOIN customers_company c ON c.id = l.company_id
    LEFT JOIN customers_owner o ON o.id = l.owner_id
    LEFT JOIN per_lead ON per_lead.lead_id = l.id
    LEFT JOIN qualified ON qualified.lead_id = l.id
    """


def _moves() -> str:
    return f"""
    SELECT m.id, m.deal_id, {_text("m.moved_on")}, s.pipeline, s.name, s.step
    FROM revenue_stagemove m
    JOIN revenue_stage s ON s.id = m.stage_id
    JOIN counted ON counted.id = m.deal_id
    WHERE m.workspace_id = %s
    """


def _text(column: str) -> str:
    """SQLite keeps days as text; saying so spares a conversion of each to a Python date."""
    return f"CAST({column} AS TEXT)" if connection.vendor == "sqlite" else column


def _flag(column: str) -> str:
    """As a number on SQLite, where Django would call a function for each yes and no."""
    return f"CAST({column} AS INTEGER)" if connection.vendor == "sqlite" else column


@dataclass
class _Tally:
    """What pages must know of a table: its size, extent, stamps and the values to filter by."""

    rows: int = 0
    first_on: date | None = None
    last_on: date | None = None
    known: Counter[str] = field(default_factory=Counter)
    options: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, chunk: Any, counted: Sequence[str]) -> None:
        import pyarrow.compute as pc

        self.rows += chunk.num_rows
        for name in chunk.schema.names:
            self.known[name] += chunk.num_rows - chunk.column(name).null_count
        for name in counted:
            values = pc.value_counts(chunk.column(name).combine_chunks()).to_pylist()
            seen = self.options.setdefault(name, Counter())
            seen.update({v["values"]: v["counts"] for v in values if v["values"] is not None})
        if "created_on" in chunk.schema.names:
            extent = pc.min_max(chunk.column("created_on")).as_py()
            days = [d for d in (self.first_on, self.last_on, *extent.values()) if d]
            self.first_on, self.last_on = min(days, default=None), max(days, default=None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "first_on": self.first_on and self.first_on.isoformat(),
            "last_on": self.last_on and self.last_on.isoformat(),
            "known": dict(self.known),
            "options": {k: v.most_common(MOST_OPTIONS) for k, v in self.options.items()},
        }


def _write(
    name: str, sql: str, values: list[Any], path: Path, names: Mapping[str, dict[int, str]]
) -> _Tally:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, tally = _schema(name), _Tally()
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for rows in _chunks(sql, values):
            columns = list(zip(*rows, strict=True))
            if name in COUNTED:
                columns = _named(columns, schema.names, names)
            if name == "leads":
                columns = _with_follow_up(columns)
            arrays = [
                _array(column, kind.type) for column, kind in zip(columns, schema, strict=True)
            ]
            chunk = pa.table(arrays, schema=schema)
            tally.add(chunk, COUNTED.get(name, ()))
            writer.write_table(chunk)
    return tally


def _chunks(sql: str, values: list[Any]) -> Iterator[list[Any]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def _count(sql: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _names(workspace: Workspace) -> dict[str, dict[int, str]]:
    """Names by id of what rows point to: looked up here rather than joined a million times."""
    pointed = {"campaign": Campaign, "team": Team, "segment": Segment, "product": Product}
    return {
        column: dict(model.objects.filter(workspace=workspace).values_list("id", "name"))
        for column, model in pointed.items()
    }


def _named(
    columns: list[Any], order: Sequence[str], names: Mapping[str, dict[int, str]]
) -> list[Any]:
    return [
        [names[name].get(pk) for pk in column] if name in names else column
        for name, column in zip(order, columns, strict=True)
    ]


_FOLLOWED, _CONTACT = 9, 10


def _with_follow_up(columns: list[Any]) -> list[Any]:
    """A contact says that the lead was followed up, where no column says so itself."""
    said, contact = columns[_FOLLOWED], columns[_CONTACT]
    followed = [
        bool(yes) if yes is not None else (True if on is not None else None)
        for yes, on in zip(said, contact, strict=True)
    ]
    day = [on if yes else None for yes, on in zip(followed, contact, strict=True)]
    return [*columns[:_FOLLOWED], followed, day, *columns[_CONTACT + 1 :]]


def _array(column: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa

    is_time = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    if is_time and connection.vendor == "sqlite":
        read = pa.array(column, pa.string())
        return read.cast(kind if pa.types.is_date(kind) else pa.timestamp("us")).cast(kind)
    return pa.array(column, kind)


def _schema(name: str) -> Any:
    import pyarrow as pa

    from tercet.analysis.tables import DEALS, LEADS, arrow_schema

    shapes = {"leads": LEADS, "deals": DEALS}
    if name in shapes:
        found = arrow_schema(shapes[name])
        # A lead without a day of creation stays in, so that a page can say how many there are.
        return pa.schema([each.with_nullable(True) for each in found])
    text, number = pa.string(), pa.int64()
    return pa.schema(
        [
            *(("move", number), ("deal", number), ("moved_on", pa.date32())),
            *(("pipeline", text), ("stage", text), ("step", text)),
        ]
    )
