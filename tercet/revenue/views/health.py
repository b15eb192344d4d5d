"""To mend: what in the data makes figures wrong, each with its rows."""

from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.urls import reverse

from tercet.kit import kinds
from tercet.kit.numbers import number
from tercet.kit.show import show
from tercet.kit.tables import Column, Table
from tercet.people.doors import MemberRequest, page
from tercet.people.models import Member
from tercet.people.policy import may
from tercet.record.models import OpenReference
from tercet.revenue.health import BY_NAME, CHECKS, MOST_EXAMPLES, Check
from tercet.revenue.lists import RELATED, nameless
from tercet.revenue.views.panes import as_csv, pane_of, show_panes

FIGURE = "revenue.health"
# Rows of these carry a person's name; they are opened by those who can mend them.
OF_PEOPLE = ("contact", "owner")


@page
def health_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    pane = pane_of(request, FIGURE, {})
    counts = pane.result.get("counts", {})
    if request.GET.get("format") == "csv" and counts:
        lines = ([c.group, c.label, counts.get(c.name, 0), c.why] for c in CHECKS)
        return as_csv(["group", "what", "rows", "why it matters"], lines, "to-mend.csv")
    unmatched = pane.result.get("unmatched", [])
    said = {"unmatched_deals", "unmatched_leads"} if len(unmatched) < MOST_EXAMPLES else set()
    found = [check for check in CHECKS if counts.get(check.name) and check.name not in said]
    context = {
        "pane": pane,
        "groups": [
            (group, [_line(request, check, counts[check.name]) for check in checks])
            for group, checks in groupby(found, key=lambda check: check.group)
        ],
        "unmatched": [_unmatched(request, each) for each in unmatched],
        "sound": [check.label for check in CHECKS if counts and not counts.get(check.name)],
    }
    return show_panes(request, "revenue/health.html", context, pane)


def _line(request: MemberRequest, check: Check, count: int) -> dict[str, str]:
    opens = check.kind not in OF_PEOPLE or may(request.member, "lead.reassign")
    address = reverse("revenue:health_rows_page", args=[request.workspace.slug, check.name])
    return {
        "label": check.label,
        "why": check.why,
        "count": number(count),
        "url": address if opens else "",
    }


def _unmatched(request: MemberRequest, found: dict[str, Any]) -> dict[str, str]:
    """A name that rows ask for: what it is, how many rows, and those rows."""
    from urllib.parse import urlencode

    name = f"unmatched_{found['from_kind']}s"
    address = ""
    if name in BY_NAME:
        address = reverse("revenue:health_rows_page", args=[request.workspace.slug, name])
        address += "?" + urlencode({"wants": found["external_id"]})
    return {
        "name": found["external_id"],
        "kind": _label(found["kind"]),
        "from": _label(found["from_kind"], plural=True),
        "count": number(found["n"]),
        "source": found["source"],
        "url": address,
    }


def _label(name: str, *, plural: bool = False) -> str:
    kind = kinds.find(name) or kinds.find(name.removesuffix("s"))
    if kind is None:
        return name
    return (kind.plural if plural else kind.label).lower()


@page
def health_rows_page(request: MemberRequest, check: str, **_: Any) -> HttpResponseBase:
    """The rows of one check: live, without names."""
    found = BY_NAME.get(check)
    if found is None:
        raise Http404
    if found.kind in OF_PEOPLE and not may(request.member, "lead.reassign"):
        raise Http404
    rows = found.rows(request.workspace)
    wants = request.GET.get("wants", "")
    if wants and check.startswith("unmatched_"):
        asked = OpenReference.objects.filter(workspace=request.workspace, external_id=wants)
        rows = rows.filter(id__in=asked.filter(from_kind=found.kind).values("from_id"))
    table, rows = _table(request.member, found, rows)
    if request.GET.get("format") == "csv":
        answer: HttpResponseBase = table.csv(
            rows, request.GET, filename=f"{check}.csv", without_names=True
        )
        return answer
    context = {
        "check": found,
        "wants": wants,
        "table": table.page(
            rows, request.GET, keep={"wants": wants} if wants else {}, without_names=True
        ),
        "noun": found.kind,
        "back": reverse("revenue:health_page", args=[request.workspace.slug]),
    }
    return show(request, "revenue/health_rows.html", context, part="rows")


def _table(member: Member, check: Check, rows: QuerySet[Any]) -> tuple[Table, QuerySet[Any]]:
    if check.kind in RELATED:
        return nameless(check.kind, member), rows.select_related(*RELATED[check.kind])
    slug = member.workspace.slug
    link = _linked(check.kind, slug)
    columns = [Column("name", check.kind.capitalize(), sort="name", cell=str, link=link)]
    if check.kind == "company":
        columns.append(Column("domain", "Domain", sort="domain"))
    if check.kind == "contact":
        columns.append(Column("email", "Mail", sort="email"))
    return Table(columns, default_sort="name"), rows.order_by()


def _linked(name: str, slug: str) -> Any:
    kind = kinds.find(name)
    return (lambda row: kind.url(slug, row)) if kind else None
