"""The lists of this room: their columns, filters and what they sort by."""

from typing import Any

from django.db.models import QuerySet

from tercet.customers.models import STATES, Company, Owner, Segment
from tercet.kit.links import link_to
from tercet.kit.money import show_money, to_major
from tercet.kit.tables import Column, Filter, Table
from tercet.people.models import Team

MOST_OPTIONS = 200

company_url = link_to("customers:company_page")
contact_url = link_to("customers:contact_page")
owner_url = link_to("customers:owner_page")


def companies_table(*, with_amounts: bool) -> Table:
    """Without amounts there is no column, no sort and no download of them."""
    return _COMPANIES if with_amounts else _COMPANIES_WITHOUT_AMOUNTS


def _value(company: Company) -> str:
    return show_money(company.annual_value_minor, company.currency)


def _major(company: Company) -> str | None:
    if company.annual_value_minor is None or not company.currency:
        return None
    return str(to_major(company.annual_value_minor, company.currency))


def _segments() -> list[tuple[Any, str]]:
    return list(Segment.objects.values_list("pk", "name")[:MOST_OPTIONS])


def _owners() -> list[tuple[Any, str]]:
    return list(Owner.objects.filter(archived_at=None).values_list("pk", "name")[:MOST_OPTIONS])


def _teams() -> list[tuple[Any, str]]:
    return list(Team.objects.filter(archived_at=None).values_list("pk", "name"))


def _matched(owners: QuerySet[Owner], is_matched: bool) -> QuerySet[Owner]:
    return owners.filter(member__isnull=not is_matched)


_ABOUT = [
    Column("name", "Company", sort="name", link=company_url),
    Column("state", "State", sort="state", cell="state_label"),
    Column("segment", "Segment", sort="segment__name", cell="segment.name"),
]
_WORTH = [
    Column(
        "value",
        "Annual value",
        sort="annual_value_minor",
        cell=_value,
        csv=_major,
        is_number=True,
    ),
    Column("currency", "Currency"),
]
_WHERE = [
    Column("owner", "Owner", sort="owner__name", cell="owner.name", is_person=True),
    Column("domain", "Domain", sort="domain"),
    Column("country", "Country", sort="country"),
]
_FILTERS = [
    Filter("state", "State", "choice", "state", options=list(STATES.items())),
    Filter("segment", "Segment", "choice", "segment_id", options=_segments),
    Filter("owner", "Owner", "choice", "owner_id", options=_owners, is_person=True),
]
_COMPANIES = Table(
    [*_ABOUT, *_WORTH, *_WHERE], _FILTERS, default_sort="name", search=["name", "domain"]
)
_COMPANIES_WITHOUT_AMOUNTS = Table(
    [*_ABOUT, *_WHERE], _FILTERS, default_sort="name", search=["name", "domain"]
)

CONTACTS = Table(
    [
        Column("name", "Contact", sort="name", cell=str, link=contact_url),
        Column("company", "Company", sort="company__name", cell="company.name"),
        Column("title", "Title", sort="title"),
        Column("email", "Mail", sort="email"),
        Column("phone", "Phone"),
    ],
    [Filter("company", "Company", "text", "company__name")],
    default_sort="name",
    search=["name", "email"],
)

OWNERS = Table(
    [
        Column("name", "Owner", sort="name", cell=str, link=owner_url),
        Column("email", "Mail", sort="email"),
        Column("team", "Team", sort="team__name", cell="team.name"),
        Column("member", "Here as", cell="member.person.name"),
    ],
    [
        Filter("team", "Team", "choice", "team_id", options=_teams),
        Filter("matched", "Matched", "bool", _matched),
    ],
    default_sort="name",
    search=["name", "email"],
)
