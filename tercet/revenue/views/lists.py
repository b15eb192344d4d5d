"""Leads, deals, campaigns and products: lists, and a page of each in the side panel."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tercet.kit import kinds
from tercet.kit.show import show
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, page
from tercet.people.policy import sees_amounts
from tercet.record.models import ExternalId
from tercet.revenue import lists
from tercet.revenue.models import Assignment, Campaign, Deal, Lead, Product, Stage, StageMove
from tercet.revenue.views.panes import about_workspace, url_or_none

MOST_RELATED = 50
# What a line of the list shows, and no more: fifty rows with all that they refer to are two hundred
# objects, each with its unmapped columns as JSON.
LEAD = """
    name email origin status created_on first_contact_on accepted_on
    workspace__slug company__name campaign__name
""".split()
DEAL = """
    name type origin created_on engaged_on closes_on won_on lost_on amount_minor currency
    workspace__slug company__name product__name stage__name
""".split()
LISTS = {"leads": "Leads", "deals": "Deals", "campaigns": "Campaigns", "products": "Products"}


@page
def leads_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    table = lists.leads_table(request.member, about_workspace(request.workspace))
    found = _here(request, Lead).select_related("workspace", "company", "campaign").only(*LEAD)
    return _list(request, table, found, title="Leads", noun="lead", lede="")


@page
def deals_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    stages = list(Stage.objects.filter(workspace=request.workspace))
    table = lists.deals_table(request.member, about_workspace(request.workspace), stages)
    found = _here(request, Deal).select_related("workspace", "company", "product", "stage")
    found = found.only(*DEAL)
    return _list(request, table, found, title="Deals", noun="deal", lede="")


@page
def campaigns_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    table = lists.campaigns_table(request.member, about_workspace(request.workspace))
    found = _here(request, Campaign).select_related("workspace")
    lede = "What brought leads in. The funnel by campaign says how far they got."
    return _list(request, table, found, title="Campaigns", noun="campaign", lede=lede)


@page
def products_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    table = lists.products_table(request.member, about_workspace(request.workspace))
    found = _here(request, Product).select_related("workspace")
    return _list(request, table, found, title="Products", noun="product", lede="")


def _here(request: MemberRequest, model: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = model.objects.filter(workspace=request.workspace, archived_at=None)
    return found


def _list(
    request: MemberRequest, table: Any, found: QuerySet[Any], *, title: str, noun: str, lede: str
) -> HttpResponseBase:
    if request.GET.get("format") == "csv":
        answer: HttpResponseBase = table.csv(found, request.GET, filename=f"{noun}s.csv")
        return answer
    context = {
        "table": table.page(found, request.GET),
        "title": title,
        "noun": noun,
        "lede": lede,
        "tabs": [
            {
                "label": label,
                "url": reverse(f"revenue:{name}_page", args=[request.workspace.slug]),
                "is_current": label == title,
            }
            for name, label in LISTS.items()
        ],
        "import_url": url_or_none("connectors:imports_page", request.workspace.slug),
    }
    return show(request, "revenue/list.html", context, part="rows")


@page
def lead_page(request: MemberRequest, lead_id: int, **_: Any) -> HttpResponseBase:
    lead = get_object_or_404(
        Lead.objects.select_related(
            "workspace",
            "company",
            "contact",
            "campaign",
            "segment",
            "owner__member__person",
            "team",
        ),
        pk=lead_id,
        workspace=request.workspace,
    )
    deals = lead.deals.filter(archived_at=None).select_related("workspace", "stage")[:MOST_RELATED]
    context = {
        "lead": lead,
        "deals": [(deal, _money(request, deal), lists.deal_state(deal)) for deal in deals],
        "moments": _moments(lead),
        "assignments": _assignments(lead=lead),
        **_of_thing(request, "lead", lead),
    }
    return _thing(request, "revenue/lead.html", context)


@page
def deal_page(request: MemberRequest, deal_id: int, **_: Any) -> HttpResponseBase:
    moves = StageMove.objects.select_related("stage", "from_stage").order_by("-moved_on", "-pk")
    deal = get_object_or_404(
        Deal.objects.select_related(
            *("workspace", "company", "contact", "lead", "product", "campaign", "segment"),
            *("owner__member__person", "team", "stage"),
        ).prefetch_related(Prefetch("moves", moves)),
        pk=deal_id,
        workspace=request.workspace,
    )
    context = {
        "deal": deal,
        "amount": _money(request, deal),
        "state": lists.deal_state(deal),
        "moves": list(deal.moves.all())[:MOST_RELATED],
        "assignments": _assignments(deal=deal),
        **_of_thing(request, "deal", deal),
    }
    return _thing(request, "revenue/deal.html", context)


@page
def campaign_page(request: MemberRequest, campaign_id: int, **_: Any) -> HttpResponseBase:
    campaign = get_object_or_404(Campaign, pk=campaign_id, workspace=request.workspace)
    context = {
        "thing": campaign,
        "kind_label": "Campaign",
        "facts": [
            ("Channel", campaign.channel or "—"),
            ("Starts", campaign.starts_on),
            ("Ends", campaign.ends_on),
            ("Cost", _money(request, campaign, "cost_minor")),
        ],
        "funnel_url": _funnel(request, "leads", "campaign", campaign.name),
        **_of_thing(request, "campaign", campaign),
    }
    return _thing(request, "revenue/thing.html", context)


@page
def product_page(request: MemberRequest, product_id: int, **_: Any) -> HttpResponseBase:
    product = get_object_or_404(Product, pk=product_id, workspace=request.workspace)
    context = {
        "thing": product,
        "kind_label": "Product",
        "facts": [
            ("Series", product.series or "—"),
            ("Price", _money(request, product, "price_minor")),
        ],
        "funnel_url": _funnel(request, "deals", "product", product.name),
        **_of_thing(request, "product", product),
    }
    return _thing(request, "revenue/thing.html", context)


def _funnel(request: MemberRequest, table: str, name: str, value: str) -> str:
    from urllib.parse import urlencode

    query = urlencode([("of", table), (name, value)])
    return f"{reverse('revenue:funnel_page', args=[request.workspace.slug])}?{query}"


def _money(request: MemberRequest, thing: Any, field: str = "amount_minor") -> str:
    from tercet.kit.money import show_money

    if not sees_amounts(request.member):
        return "hidden from viewers"
    return show_money(getattr(thing, field), thing.currency)


def _moments(lead: Lead) -> list[tuple[str, Any]]:
    """What happened to it, in the order in which it should."""
    found = [
        ("Came in", lead.created_at or lead.created_on),
        ("Assigned", lead.assigned_at or lead.assigned_on),
        ("First contact", lead.first_contact_at or lead.first_contact_on),
        ("Accepted by sales", lead.accepted_on),
        ("Qualified", lead.qualified_on),
        ("Lost", lead.lost_on),
    ]
    return [(label, at) for label, at in found if at]


def _assignments(**of: Any) -> list[Assignment]:
    found = (
        Assignment.objects.filter(**of).select_related("owner", "team").order_by("-from_on", "-pk")
    )
    return list(found[:MOST_RELATED])


def _of_thing(request: MemberRequest, kind: str, thing: Any) -> dict[str, Any]:
    """What every page of a thing shows: its sources' names for it, and columns nobody mapped."""
    names = ExternalId.objects.filter(workspace=request.workspace, kind=kind, thing_id=thing.pk)
    return {
        "today": today_in(request.workspace),
        "url_here": kinds.get(kind).url(request.workspace.slug, thing),
        "back": reverse(f"revenue:{kind}s_page", args=[request.workspace.slug]),
        "names": list(names.values_list("source", "external_id")[:10]),
        "extra": _extra(request, thing),
        "link_of": lambda other: _link(request.workspace.slug, other),
    }


def _extra(request: MemberRequest, thing: Any) -> list[tuple[str, Any]]:
    """Columns that nobody mapped; one of them may be an amount, so they hide with the amounts."""
    if not isinstance(thing.extra, dict) or not sees_amounts(request.member):
        return []
    return sorted(thing.extra.items())[:60]


def _link(slug: str, thing: Any) -> str:
    """A page of a thing of any room; empty where nobody registered its kind."""
    if thing is None:
        return ""
    try:
        return kinds.of(thing).url(slug, thing)
    except LookupError:
        return ""


def _thing(request: MemberRequest, template: str, context: dict[str, Any]) -> HttpResponseBase:
    return show(request, template, context, part="panel")
