from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from tercet.customers.commands import mirrored_from
from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.kit.dates import show_day
from tercet.people.models import Member, Workspace
from tercet.record.events import sentence
from tercet.record.models import Event, ExternalId

MOST_CONTACTS = 10
MOST_EVENTS = 10


@dataclass(frozen=True)
class CompanyShown:
    company: Company
    source: str
    called: list[ExternalId]
    contacts: list[Contact]
    has_more_contacts: bool
    subsidiaries: list[Company]
    history: list[tuple[Event, str]]


def companies(workspace: Workspace) -> QuerySet[Company]:
    return Company.objects.filter(workspace=workspace, archived_at=None).select_related(
        "workspace", "segment", "owner"
    )


def contacts(workspace: Workspace) -> QuerySet[Contact]:
    return Contact.objects.filter(workspace=workspace, archived_at=None).select_related(
        "workspace", "company"
    )


def owners(workspace: Workspace) -> QuerySet[Owner]:
    return Owner.objects.filter(workspace=workspace, archived_at=None).select_related(
        "workspace", "team", "member__person"
    )


def segments(workspace: Workspace) -> QuerySet[Segment]:
    return Segment.objects.filter(workspace=workspace).annotate(
        here=Count("companies", filter=Q(companies__archived_at=None))
    )


def company_shown(company: Company) -> CompanyShown:
    found = list(contacts(company.workspace).filter(company=company)[: MOST_CONTACTS + 1])
    called = ExternalId.objects.filter(
        workspace=company.workspace, kind="company", thing_id=company.pk
    )
    return CompanyShown(
        company=company,
        source=mirrored_from(company),
        called=list(called[:10]),
        contacts=found[:MOST_CONTACTS],
        has_more_contacts=len(found) > MOST_CONTACTS,
        subsidiaries=list(companies(company.workspace).filter(parent=company)[:20]),
        history=history_of("company", company.pk, company.workspace),
    )


def history_of(kind: str, thing_id: int, workspace: Workspace) -> list[tuple[Event, str]]:
    events = Event.objects.filter(workspace=workspace, about_kind=kind, about_id=thing_id)
    return [(each, sentence(each)) for each in events.select_related("by__person")[:MOST_EVENTS]]


def standing_of(owner: Owner, today: date) -> tuple[str, str]:
    """Where this owner is, in words and as a tone: here, not here yet, or left."""
    left_on = owner.left_on or (owner.member.left_on if owner.member else None)
    if owner.has_left(today) and left_on:
        return f"Left on {show_day(left_on)}", "warn"
    if owner.member is None:
        return "Not here yet", "neutral"
    return "Here", "good"


def members_to_match(workspace: Workspace) -> QuerySet[Member]:
    return Member.objects.filter(workspace=workspace).select_related("person")
