"""A real thing of a workspace for every name that stands in a path or a form.

A route with a parameter that is not here fails the walk: a new route says what it is about.
"""

from datetime import UTC, date, datetime
from typing import Any

from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.people.models import Invitation, Member, Person, Team, TeamMembership, Workspace
from tercet.people.tokens import hash_token
from tercet.record.models import Comment, Event, ExternalId, Handoff, Import, Job
from tercet.revenue.models import Campaign, Deal, Lead, Product, Stage

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAY = date(2026, 11, 2)


def make_things(workspace: Workspace, mark: str) -> dict[str, Any]:
    """One of everything in this workspace; texts carry the mark, so that a leak can be found."""
    team = Team.objects.create(workspace=workspace, name=f"{mark} team", function="sales")
    person = Person.objects.create_user(f"{mark}@things.example", name=f"{mark} person")
    member = Member.objects.create(
        workspace=workspace, person=person, role="contributor", joined_on=DAY
    )
    membership = TeamMembership.objects.create(
        workspace=workspace, member=member, team=team, from_on=DAY
    )
    owner = Owner.objects.create(workspace=workspace, name=f"{mark} owner", team=team)
    segment = Segment.objects.create(workspace=workspace, name=f"{mark} segment")
    company = Company.objects.create(
        workspace=workspace, name=f"{mark} company", segment=segment, owner=owner
    )
    contact = Contact.objects.create(workspace=workspace, name=f"{mark} contact", company=company)
    campaign = Campaign.objects.create(workspace=workspace, name=f"{mark} campaign")
    product = Product.objects.create(workspace=workspace, name=f"{mark} product")
    stage = Stage.objects.create(workspace=workspace, pipeline=mark, name=f"{mark} stage")
    lead = Lead.objects.create(
        workspace=workspace, name=f"{mark} lead", company=company, owner=owner, created_on=DAY
    )
    deal = Deal.objects.create(
        workspace=workspace, name=f"{mark} deal", company=company, lead=lead, stage=stage
    )
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=f"{mark}@invited.example",
        role="viewer",
        token_hash=hash_token(mark),
        invited_by=member,
        created_at=NOW,
        expires_at=NOW.replace(year=2036),
    )
    handoff = Handoff.objects.create(
        workspace=workspace,
        kind="lead",
        title=f"{mark} handoff",
        to_team=team,
        to_member=member,
        about_kind="lead",
        about_id=lead.pk,
        asked_at=NOW,
    )
    event = Event.objects.create(workspace=workspace, kind="deal.changed", title=mark, at=NOW)
    comment = Comment.objects.create(
        workspace=workspace, about_kind="deal", about_id=deal.pk, text=mark, by=member, at=NOW
    )
    an_import = Import.objects.create(
        workspace=workspace, source="plain", file_name=f"{mark}.csv", created_at=NOW
    )
    job = Job.objects.create(
        workspace=workspace, name="record.tidy", state="failed", run_after=NOW, created_at=NOW
    )
    ExternalId.objects.create(
        workspace=workspace, source="plain", kind="company", external_id=mark, thing_id=company.pk
    )
    return {
        "team_id": team.pk,
        "member_id": member.pk,
        "membership_id": membership.pk,
        "owner_id": owner.pk,
        "segment_id": segment.pk,
        "company_id": company.pk,
        "contact_id": contact.pk,
        "campaign_id": campaign.pk,
        "product_id": product.pk,
        "stage_id": stage.pk,
        "lead_id": lead.pk,
        "deal_id": deal.pk,
        "invitation_id": invitation.pk,
        "handoff_id": handoff.pk,
        "event_id": event.pk,
        "comment_id": comment.pk,
        "import_id": an_import.pk,
        "job_id": job.pk,
        "session_id": 0,
        "check": "won_too_early",
        "kind": "company",
        "thing_id": company.pk,
        "source": "plain",
        "external_id": mark,
        "token": mark,
    }
