"""The lists of this room, and the one allow-list of columns for rows behind a figure.

Rows that a figure opens carry no name of anybody: neither an owner, nor the lead's own name or
address, nor a deal's title, in which people write names. `NAMELESS` is the only place that says
which columns they have; page and download read it alike.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from tercet.kit.links import link_to
from tercet.kit.money import show_money
from tercet.kit.tables import Column, Filter, Table
from tercet.people.models import Member
from tercet.people.policy import sees_amounts
from tercet.record.search import search
from tercet.revenue.models import DEAL_TYPES, STEPS, Deal, Lead, Stage
from tercet.revenue.selection import NOT_STATED, options_of

MOST_FOUND = 200


def amount(row: Any) -> str:
    return show_money(row.amount_minor, row.currency)


def _major(row: Any) -> str | None:
    from tercet.kit.money import to_major

    if row.amount_minor is None or not row.currency:
        return None
    return str(to_major(row.amount_minor, row.currency))


lead_url = link_to("revenue:lead_page")
deal_url = link_to("revenue:deal_page")


def _number(noun: str) -> Callable[[Any], str]:
    return lambda row: f"{noun}\u00a0{row.pk}"


def deal_state(row: Deal) -> str:
    """Won, lost or the stage's step, as the stage says; without a stage as the days say."""
    step = row.stage.step if row.stage else ""
    if step in ("won", "lost", "ignored"):
        return STEPS[step]
    if row.won_on:
        return STEPS["won"]
    return STEPS["lost"] if row.lost_on else STEPS.get(step, STEPS["open"])


COMPANY = Column("company", "Company", cell="company.name")
ORIGIN = Column("origin", "Origin")
CAMPAIGN = Column("campaign", "Campaign", cell="campaign.name")
STAGE = Column("stage", "Stage", cell="stage.name")
AMOUNTS = (
    Column("amount", "Amount", sort="amount_minor", cell=amount, csv=_major, is_number=True),
    Column("currency", "Currency"),
)

NAMELESS: Mapping[str, tuple[Column, ...]] = {
    "lead": (
        Column("number", "Lead", cell=_number("Lead"), csv="pk", link=lead_url),
        COMPANY,
        ORIGIN,
        CAMPAIGN,
        Column("created", "Came in", sort="created_on", cell="created_on"),
        Column("assigned", "Assigned", cell="assigned_on"),
        Column("first_contact", "First contact", cell="first_contact_on"),
        Column("accepted", "Accepted", cell="accepted_on"),
        Column("lost", "Lost", cell="lost_on"),
    ),
    "deal": (
        Column("number", "Deal", cell=_number("Deal"), csv="pk", link=deal_url),
        COMPANY,
        Column("product", "Product", cell="product.name"),
        STAGE,
        ORIGIN,
        Column("created", "Opened", sort="created_on", cell="created_on"),
        Column("won", "Won", sort="won_on", cell="won_on"),
        Column("lost", "Lost", cell="lost_on"),
        *AMOUNTS,
    ),
}
MODELS: Mapping[str, type[Lead] | type[Deal]] = {"lead": Lead, "deal": Deal}
RELATED = {
    "lead": ("workspace", "company", "campaign"),
    "deal": ("workspace", "company", "product", "stage"),
}


def nameless(kind: str, member: Member) -> Table:
    """The table of rows behind a figure: no person column, sort, filter or search."""
    return Table(_for(member, NAMELESS[kind]), default_sort="-created")


def rows_of(kind: str, member: Member) -> QuerySet[Any]:
    found = MODELS[kind].objects.filter(workspace=member.workspace)
    return found.select_related(*RELATED[kind])


def _for(member: Member, columns: tuple[Column, ...]) -> list[Column]:
    """Without amounts for those from whom the workspace hides them."""
    if sees_amounts(member):
        return list(columns)
    hidden = {column.name for column in AMOUNTS} | {"cost", "price"}
    return [column for column in columns if column.name not in hidden]


About = Mapping[str, Any]


def leads_table(member: Member, about: About | None) -> Table:
    return Table(
        [
            Column("name", "Lead", cell=str, link=lead_url),
            COMPANY,
            ORIGIN,
            CAMPAIGN,
            Column("status", "Status"),
            Column("created", "Came in", sort="created_on", cell="created_on"),
            Column("first_contact", "First contact", cell="first_contact_on"),
            Column("accepted", "Accepted", cell="accepted_on"),
        ],
        [
            _of_text("origin", "Origin", about, "leads"),
            _of_name("campaign", "Campaign", about, "leads"),
            _of_name("segment", "Segment", about, "leads"),
            Filter("followed", "Followed up", "bool", "followed_up"),
            Filter("created", "Came in", "daterange", "created_on"),
        ],
        default_sort="-created",
        search=_search(member, "lead"),
    )


def deals_table(member: Member, about: About | None, stages: list[Stage]) -> Table:
    return Table(
        _for(
            member,
            (
                Column("name", "Deal", cell=str, link=deal_url),
                COMPANY,
                Column("product", "Product", cell="product.name"),
                STAGE,
                Column("created", "Opened", sort="created_on", cell=_opened_on),
                Column("closes", "Closes", sort="closes_on", cell="closes_on"),
                Column("won", "Won", sort="won_on", cell="won_on"),
                AMOUNTS[0],
            ),
        ),
        [
            Filter("stage", "Stage", "choice", "stage_id", [(s.pk, _stage(s)) for s in stages]),
            Filter("type", "Type", "choice", "type", list(DEAL_TYPES.items())),
            _of_name("product", "Product", about, "deals"),
            _of_text("origin", "Origin", about, "deals"),
            Filter("open", "Open", "bool", _open_or_not),
            Filter("won_days", "Won", "daterange", "won_on"),
            Filter("created", "Opened", "daterange", "created_on"),
        ],
        default_sort="-created",
        search=_search(member, "deal"),
    )


def campaigns_table(member: Member, about: About | None) -> Table:
    counts = _counts(about, "leads", "campaign")
    return Table(
        _for(
            member,
            (
                Column("name", "Campaign", sort="name", link=link_to("revenue:campaign_page")),
                Column("channel", "Channel"),
                Column("starts", "Starts", sort="starts_on", cell="starts_on"),
                Column("ends", "Ends", sort="ends_on", cell="ends_on"),
                Column("cost", "Cost", cell=_money("cost_minor"), is_number=True),
                Column("leads", "Leads", cell=lambda row: counts.get(row.name), is_number=True),
            ),
        ),
        default_sort="name",
        search=["name", "channel"],
    )


def products_table(member: Member, about: About | None) -> Table:
    counts = _counts(about, "deals", "product")
    return Table(
        _for(
            member,
            (
                Column("name", "Product", sort="name", link=link_to("revenue:product_page")),
                Column("series", "Series"),
                Column("price", "Price", cell=_money("price_minor"), is_number=True),
                Column("deals", "Deals", cell=lambda row: counts.get(row.name), is_number=True),
            ),
        ),
        default_sort="name",
        search=["name", "series"],
    )


def _opened_on(row: Deal) -> Any:
    return row.created_on or row.engaged_on


def _stage(stage: Stage) -> str:
    return f"{stage.pipeline}: {stage.name}" if stage.pipeline else stage.name


def _open_or_not(found: QuerySet[Deal], is_open: bool) -> QuerySet[Deal]:
    open_ones = found.filter(won_on=None, lost_on=None).exclude(stage__step__in=("won", "lost"))
    return open_ones if is_open else found.exclude(pk__in=open_ones.values("pk"))


def _of_text(name: str, label: str, about: About | None, table: str) -> Filter:
    def narrow(found: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        return found.filter(**{f"{name}__in": ["" if v == NOT_STATED else v for v in values]})

    return Filter(name, label, "choice", narrow, _options(about, table, name))


def _of_name(name: str, label: str, about: About | None, table: str) -> Filter:
    def narrow(found: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        wanted = Q(**{f"{name}__name__in": values})
        return found.filter(wanted | Q(**{name: None}) if NOT_STATED in values else wanted)

    return Filter(name, label, "choice", narrow, _options(about, table, name))


def _options(about: About | None, table: str, name: str) -> list[tuple[str, str]]:
    """The values that the newest snapshot saw; nothing to choose from before the first one."""
    return options_of(about, table, name) if about else []


def _counts(about: About | None, table: str, name: str) -> dict[str, int]:
    return dict(about[table]["options"].get(name, [])) if about else {}


def _search(member: Member, kind: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """By the workspace's search index: a list may hold a million rows."""

    def narrow(found: QuerySet[Any], text: str) -> QuerySet[Any]:
        hits = search(text, member=member, only=(kind,), most=MOST_FOUND)
        return found.filter(pk__in=[hit.thing.pk for hit in hits])

    return narrow


def _money(field: str) -> Callable[[Any], str]:
    return lambda row: show_money(getattr(row, field), row.currency)
