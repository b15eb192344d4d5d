"""What imports know of campaigns, products, leads, deals and stage moves."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tercet.customers.imports import COMPANY_LINK, OWNER_LINK, SEGMENT_LINK, TEAM_LINK
from tercet.customers.models import Owner
from tercet.people.models import Member, Team
from tercet.record.bulk import sql
from tercet.record.bulk.publish import bring_in
from tercet.record.bulk.shapes import (
    Column,
    Link,
    Satellite,
    Shape,
    fields,
    register,
    register_satellite,
)
from tercet.record.bulk.stage import BACK, Batch, Draft
from tercet.record.models import Handoff, Import
from tercet.revenue.models import (
    STEPS,
    Assignment,
    Campaign,
    Deal,
    Lead,
    Product,
    Settings,
    Stage,
    StageMove,
)

LEAD_HANDOFF = "lead"


def import_campaigns(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_products(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_leads(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_deals(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_stage_moves(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


# --- Stages ------------------------------------------------------------------------------------


def step_by_name(pipeline: str, name: str) -> str:
    """What a stage means where nobody has said it: its name says won or lost, else it is open."""
    said = set(re.findall(r"[a-z]+", name.lower()))
    return "won" if "won" in said else "lost" if "lost" in said else "open"


def _say_steps(draft: Draft) -> None:
    """What a stage means is said once, when it comes to be; afterwards people say it."""
    if not draft.has("stage"):
        return
    say = draft.step_of or step_by_name
    for number, pipeline, name in sql.rows(
        "SELECT _row, pipeline, name FROM bulk_stages WHERE _action = 'new' AND _said IS NULL"
    ):
        step = say(pipeline, name)
        sql.run(
            "UPDATE bulk_stages SET step = %s, _said = 1 WHERE _row = %s",
            [step if step in STEPS else "open", number],
        )


def _place_stages(draft: Draft) -> None:
    """New stages stand behind the known ones: open first, as the file has them, then the ends."""
    _say_steps(draft)
    sql.run(
        "UPDATE bulk_stages SET position = p.place FROM (SELECT s._row AS _row,"
        f" (SELECT count(*) FROM {Stage._meta.db_table} AS t WHERE t.workspace_id = %s"
        " AND t.pipeline = s.pipeline) + row_number() OVER (PARTITION BY s.pipeline ORDER BY"
        " CASE s.step WHEN 'won' THEN 1 WHEN 'lost' THEN 2 ELSE 0 END, s._row) AS place"
        " FROM bulk_stages AS s) AS p WHERE p._row = bulk_stages._row",
        [draft.workspace.pk],
    )


# --- Owners and teams of the day ---------------------------------------------------------------


def _note_owner(draft: Draft, staged: str, table: str) -> None:
    """Who had it until now, and the team that the owner is in now."""
    sql.run(
        f"UPDATE {staged} SET _had_owner = t.owner_id, _had_team = t.team_id FROM {table} AS t"
        f" WHERE t.id = {staged}._id"
    )
    sql.run(
        f"UPDATE {staged} SET _owner_team = o.team_id FROM {Owner._meta.db_table} AS o"
        f" WHERE o.id = {staged}._owner_id"
    )
    if draft.maps("owner", "team"):
        sql.run(
            f"UPDATE {staged} SET _owner_team = o._team_id FROM bulk_owners AS o"
            f" WHERE o._id = {staged}._owner_id"
        )


_TEAM = (
    "CASE WHEN s._team_id IS NOT NULL THEN s._team_id"
    " WHEN s._had_owner = s._owner_id AND s._had_team IS NOT NULL THEN s._had_team"
    " ELSE s._owner_team END"
)
_TEAM_WORK = {"_had_owner": "bigint", "_had_team": "bigint", "_owner_team": "bigint"}
_TEAM_FIELDS = ("team", "owner", "owner_email")


def _assign(draft: Draft, staged: str, column: str, since: str) -> None:
    """Write down who has it from when on, for what is new and for what changed hands."""
    today = sql.bound(draft.now.astimezone(ZoneInfo(draft.workspace.time_zone)).date())
    first = f"coalesce({since}, {_as_date('%s')})"
    sql.run(
        f"INSERT INTO {Assignment._meta.db_table} (workspace_id, {column}, owner_id, team_id,"
        f" from_on, import_id) SELECT %s, s._id, s._owner_id, {_TEAM},"
        f" CASE WHEN s._action = 'new' THEN {first} ELSE {_as_date('%s')} END, %s"
        f" FROM {staged} AS s WHERE s._owner_id IS NOT NULL AND (s._action = 'new'"
        " OR (s._action = 'changed' AND s._had_owner IS DISTINCT FROM s._owner_id))",
        [draft.workspace.pk, today, today, draft.row.pk],
    )


def _as_date(value: str) -> str:
    return f"CAST({value} AS date)" if sql.is_postgresql() else value


# --- Leads -------------------------------------------------------------------------------------


def _prepare_leads(draft: Draft) -> None:
    _note_owner(draft, "bulk_leads", Lead._meta.db_table)


def _point_deals_at_leads(draft: Draft) -> None:
    """A lead that names its deal: deals that are in already, and have no lead, are linked back."""
    if "lead" not in draft.batches:
        return
    sql.run(
        f"INSERT INTO {BACK} (from_kind, from_id, field, to_id)"
        " SELECT 'lead', min(s._id), 'deal', s._deal_id FROM bulk_leads AS s"
        f" JOIN {Deal._meta.db_table} AS t ON t.id = s._deal_id WHERE t.lead_id IS NULL"
        " AND s._action IN ('new', 'changed', 'unchanged') GROUP BY s._deal_id"
    )


def _after_leads(draft: Draft) -> None:
    if draft.maps("lead", "owner", "owner_email"):
        _assign(draft, "bulk_leads", "lead_id", "coalesce(s.assigned_on, s.created_on)")
        _open_lead_handoffs(draft)


def _open_lead_handoffs(draft: Draft) -> None:
    """Marketing hands an open lead to a member in sales: only what happened since we are live."""
    live_from = draft.workspace.live_from
    if live_from is None:
        return
    zone = ZoneInfo(draft.workspace.time_zone)
    settings = Settings.objects.filter(workspace=draft.workspace).first() or Settings()
    marketing = Team.objects.filter(workspace=draft.workspace, function="marketing").first()
    fresh = (
        Lead.objects.filter(
            workspace=draft.workspace, lost_on=None, qualified_on=None, accepted_on=None
        )
        .filter(owner__member__isnull=False, first_contact_on=None, deals=None)
        .extra(
            where=[f"{Lead._meta.db_table}.id IN (SELECT _id FROM bulk_leads WHERE {_HANDED_OVER})"]
        )
        .select_related("owner__member", "owner__team", "team")
    )
    handoffs = []
    for lead in fresh:
        asked_at = (
            lead.assigned_at or lead.created_at or _noon(lead.assigned_on or lead.created_on, zone)
        )
        if asked_at is None or asked_at < live_from or lead.owner is None:
            continue
        handoffs.append(
            Handoff(
                workspace=draft.workspace,
                kind=LEAD_HANDOFF,
                about_kind="lead",
                about_id=lead.pk,
                title=str(lead)[:300],
                from_team=marketing,
                to_team=lead.team or lead.owner.team,
                to_member=lead.owner.member,
                asked_at=asked_at,
                due_at=_due(asked_at, settings, zone),
                import_id=draft.row.pk,
            )
        )
    Handoff.objects.bulk_create(handoffs, batch_size=500)


_HANDED_OVER = "_action = 'new' OR (_action = 'changed' AND _had_owner IS DISTINCT FROM _owner_id)"


def _noon(day: Any, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(12), zone) if day else None


def _due(asked_at: datetime, settings: Settings, zone: ZoneInfo) -> datetime:
    """So many working hours later."""
    left = timedelta(hours=settings.first_contact_due_hours)
    moment = asked_at.astimezone(zone)
    for _ in range(400):
        opens = datetime.combine(moment.date(), _time(settings.work_starts_at), zone)
        closes = datetime.combine(moment.date(), _time(settings.work_ends_at), zone)
        start = max(moment, opens)
        if str(moment.isoweekday()) in settings.working_days and start < closes:
            if left <= closes - start:
                return start + left
            left -= closes - start
        moment = datetime.combine(moment.date() + timedelta(days=1), time(), zone)
    return moment


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(str(value))


# --- Deals -------------------------------------------------------------------------------------


def _prepare_deals(draft: Draft) -> None:
    _say_steps(draft)
    sql.run("UPDATE bulk_deals SET _step = outcome WHERE outcome <> ''")
    sql.run(
        f"UPDATE bulk_deals SET _step = t.step FROM {Stage._meta.db_table} AS t"
        " WHERE t.id = bulk_deals._stage_id"
    )
    if draft.has("stage"):
        sql.run(
            "UPDATE bulk_deals SET _step = coalesce(nullif(n.step, ''), 'open') FROM"
            " bulk_stages AS n"
            " WHERE n._id = bulk_deals._stage_id AND n._action = 'new'"
        )
    sql.run(
        f"UPDATE bulk_deals SET _had_lead = t.lead_id FROM {Deal._meta.db_table} AS t"
        " WHERE t.id = bulk_deals._id"
    )
    if "lead" in draft.batches:
        sql.run(
            "UPDATE bulk_deals SET _lead_id = l.id FROM (SELECT _deal_id, min(_id) AS id"
            " FROM bulk_leads"
            " WHERE _deal_id IS NOT NULL GROUP BY _deal_id) AS l"
            " WHERE l._deal_id = bulk_deals._id AND bulk_deals._lead_id IS NULL"
        )
    _note_owner(draft, "bulk_deals", Deal._meta.db_table)


def _after_deals(draft: Draft) -> None:
    if draft.maps("deal", "owner", "owner_email"):
        _assign(draft, "bulk_deals", "deal_id", "s.created_on")


_CLOSED = ("closed", "won", "lost", "stage")
_WON = (
    "CASE WHEN s._step = 'won' THEN coalesce(s.won_on, s.closed_on)"
    " WHEN s._step IS NULL THEN s.won_on END"
)
_LOST = (
    "CASE WHEN s._step = 'lost' THEN coalesce(s.lost_on, s.closed_on)"
    " WHEN s._step IS NULL THEN s.lost_on END"
)
_CLOSES = (
    "CASE WHEN s._step IN ('won', 'lost') THEN s.closes"
    " WHEN s._step = 'ignored' THEN s.closes ELSE coalesce(s.closes, s.closed_on) END"
)
_MONEY = ("amount", "currency")

register(
    Shape(
        kind="stage",
        plural="stages",
        model=Stage,
        order=12,
        fields=fields("pipeline name step"),
        columns=(
            Column("pipeline"),
            Column("name"),
            Column("step", "coalesce(nullif(s.step, ''), 'open')"),
            Column("position", "s.position"),
        ),
        names=("name",),
        work={"position": "bigint", "_said": "bigint"},
        has_identity=False,
        before_publishing=_place_stages,
    )
)
register(
    Shape(
        kind="product",
        plural="products",
        model=Product,
        order=50,
        fields=fields("external_id name series price:bigint price_currency"),
        columns=(
            Column("name"),
            Column("series"),
            Column("price_minor", "s.price", ("price",)),
            Column("currency", "s.price_currency", ("price",)),
        ),
        names=("name",),
        title="t.name",
        text="t.series",
    )
)
register(
    Shape(
        kind="campaign",
        plural="campaigns",
        model=Campaign,
        order=51,
        fields=fields(
            "external_id name channel starts_on:date ends_on:date cost:bigint cost_currency"
        ),
        columns=(
            Column("name"),
            Column("channel"),
            Column("starts_on"),
            Column("ends_on"),
            Column("cost_minor", "s.cost", ("cost",)),
            Column("currency", "s.cost_currency", ("cost",)),
        ),
        names=("name",),
        title="t.name",
        text="t.channel",
    )
)
_CAMPAIGN_LINK = Link("campaign", "campaign", identifier="campaign", by=((("name", "campaign"),),))
register(
    Shape(
        kind="lead",
        plural="leads",
        model=Lead,
        order=60,
        fields=fields(
            "external_id name email company company_domain origin campaign segment"
            " owner_email owner"
            " team assigned_on:date assigned_at:moment first_contact_on:date"
            " first_contact_at:moment"
            " created_on:date created_at:moment followed_up:boolean accepted_on:date"
            " qualified_on:date"
            " deal lost_on:date status lost_reason merged_into merged_from deleted:boolean"
        ),
        columns=(
            Column("name"),
            Column("email"),
            Column("origin"),
            Column("status"),
            Column("created_on", "", ("created",)),
            Column("created_at", "", ("created",)),
            Column("assigned_on", "", ("assigned",)),
            Column("assigned_at", "", ("assigned",)),
            Column("first_contact_on", "", ("first_contact",)),
            Column("first_contact_at", "", ("first_contact",)),
            Column("followed_up"),
            Column("accepted_on", "", ("accepted",)),
            Column("qualified_on", "", ("qualified",)),
            Column("lost_on", "", ("lost",)),
            Column("lost_reason"),
            Column("team_id", _TEAM, _TEAM_FIELDS),
        ),
        links=(
            OWNER_LINK,
            TEAM_LINK,
            SEGMENT_LINK,
            COMPANY_LINK,
            _CAMPAIGN_LINK,
            Link("contact", "contact", by=((("email", "email"),),)),
            Link("deal", "deal", identifier="deal", is_column=False),
        ),
        work=_TEAM_WORK,
        title="coalesce(nullif(t.name, ''), t.email)",
        text="t.email",
        after_links=_prepare_leads,
        before_publishing=_point_deals_at_leads,
        after_publishing=_after_leads,
    )
)
register(
    Shape(
        kind="deal",
        plural="deals",
        model=Deal,
        order=70,
        fields=fields(
            "external_id name company lead contact product owner_email owner team"
            " pipeline stage type"
            " created_on:date engaged_on:date won_on:date lost_on:date closed_on:date closes:date"
            " amount:bigint amount_currency currency origin campaign segment competitor lost_reason"
            " lost_reason_by outcome merged_into merged_from deleted:boolean"
        ),
        columns=(
            Column("name"),
            Column("origin"),
            Column("type"),
            Column("created_on", "", ("created",)),
            Column("engaged_on", "", ("engaged",)),
            Column("won_on", _WON, _CLOSED),
            Column("lost_on", _LOST, _CLOSED),
            Column("closes_on", _CLOSES, ("closed", "closes")),
            Column("amount_minor", "s.amount", ("amount",)),
            Column(
                "currency",
                "CASE WHEN s.amount IS NULL THEN ''"
                " ELSE coalesce(nullif(s.amount_currency, ''), s.currency) END",
                ("amount",),
            ),
            Column("competitor"),
            Column("lost_reason"),
            Column("lost_reason_by"),
            Column("team_id", _TEAM, _TEAM_FIELDS),
            Column("lead_id", "coalesce(s._lead_id, s._had_lead)", ("lead", "external_id", "name")),
        ),
        links=(
            OWNER_LINK,
            TEAM_LINK,
            SEGMENT_LINK,
            Link("company", "company", identifier="company", by=((("name", "company"),),)),
            Link(
                "contact",
                "contact",
                identifier="contact",
                by=((("email", "contact"),),),
            ),
            Link("lead", "lead", identifier="lead"),
            Link("product", "product", identifier="product", by=((("name", "product"),),)),
            _CAMPAIGN_LINK,
            Link(
                "stage",
                "stage",
                by=((("pipeline", "pipeline"), ("name", "stage")),),
                creates={
                    "pipeline": "l.pipeline",
                    "name": "l.stage",
                },
            ),
        ),
        work={**_TEAM_WORK, "_step": "text", "_had_lead": "bigint"},
        title="t.name",
        after_links=_prepare_deals,
        after_publishing=_after_deals,
    )
)


def _prepare_moves(draft: Draft) -> None:
    _say_steps(draft)
    sql.run(
        f"UPDATE bulk_stage_moves SET _owner_team = o.team_id FROM {Owner._meta.db_table} AS o"
        " WHERE o.id = bulk_stage_moves._owner_id"
    )


_MOVED_TO = Link(
    "stage",
    "stage",
    by=((("pipeline", "pipeline"), ("name", "stage")),),
    creates={"pipeline": "l.pipeline", "name": "l.stage"},
)
register(
    Shape(
        kind="stage_move",
        plural="stage_moves",
        model=StageMove,
        order=80,
        fields=fields("deal from_stage stage pipeline on:date at:moment owner owner_email"),
        columns=(
            Column("moved_on", 's."on"', ("at",)),
            Column("moved_at", "s.at", ("at",)),
            Column("team_id", "s._owner_team", ("owner",)),
        ),
        links=(
            OWNER_LINK,
            _MOVED_TO,
            Link(
                "from_stage",
                "stage",
                by=((("pipeline", "pipeline"), ("name", "from_stage")),),
                creates={"pipeline": "l.pipeline", "name": "l.from_stage"},
            ),
            Link("deal", "deal", identifier="deal"),
        ),
        key_fields=("deal", "pipeline", "stage", "on", "at"),
        work={"_owner_team": "bigint"},
        after_links=_prepare_moves,
    )
)
register_satellite(Satellite(Assignment, (("lead_id", "lead"), ("deal_id", "deal"))))
