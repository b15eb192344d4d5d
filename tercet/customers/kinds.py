"""Companies, contacts, owners and segments, as other rooms know them."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from tercet.customers import queries
from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.kit.kinds import Kind
from tercet.people.models import Member, Workspace


def _segments(looking: Member) -> QuerySet[Segment]:
    return Segment.objects.filter(workspace=looking.workspace)


def _segment_url(slug: str, segment: Any) -> str:
    return reverse("customers:companies_page", args=[slug]) + f"?segment={segment.pk}"


def _make_segment(workspace: Workspace) -> Segment:
    number = Segment.objects.filter(workspace=workspace).count() + 1
    return Segment.objects.create(workspace=workspace, name=f"Made segment {number}")


COMPANY = Kind(
    name="company",
    label="Company",
    plural="Companies",
    icon="building-2",
    model=Company,
    visible=lambda member: queries.companies(member.workspace),
    title=str,
    url=lambda slug, company: reverse("customers:company_page", args=[slug, company.pk]),
    search_text=lambda company: f"{company.domain} {company.country} {company.sector}",
    make=lambda workspace: Company.objects.create(workspace=workspace, name="Made company"),
)
CONTACT = Kind(
    name="contact",
    label="Contact",
    plural="Contacts",
    icon="circle-user",
    model=Contact,
    visible=lambda member: queries.contacts(member.workspace),
    title=str,
    url=lambda slug, contact: reverse("customers:contact_page", args=[slug, contact.pk]),
    search_text=lambda contact: f"{contact.email} {contact.title} {contact.company or ''}",
    make=lambda workspace: Contact.objects.create(workspace=workspace, name="Made contact"),
)
OWNER = Kind(
    name="owner",
    label="Owner",
    plural="Owners",
    icon="user-check",
    model=Owner,
    visible=lambda member: queries.owners(member.workspace),
    title=str,
    url=lambda slug, owner: reverse("customers:owner_page", args=[slug, owner.pk]),
    search_text=lambda owner: owner.email,
    make=lambda workspace: Owner.objects.create(workspace=workspace, name="Made owner"),
)
SEGMENT = Kind(
    name="segment",
    label="Segment",
    plural="Segments",
    icon="tags",
    model=Segment,
    visible=_segments,
    title=str,
    url=_segment_url,
    make=_make_segment,
)
