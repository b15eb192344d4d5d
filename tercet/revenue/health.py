"""What in the data would make a figure wrong, counted by set-based queries in the worker.

A check is a name, why it matters, and the rows that it means; the list and the count are the same
query. Checks whose rows lie in another room (duplicates of companies) show examples instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower, Trim

from tercet.customers.models import Company, Contact, Owner
from tercet.people.clock import today_in
from tercet.people.models import Workspace
from tercet.record.models import OpenReference
from tercet.revenue.models import Deal, Lead
from tercet.revenue.queues import counts_of, not_here

MOST_EXAMPLES = 20
UNKNOWN_WORDS = ("unknown", "unbekannt", "inconnu", "desconocido", "n/a", "none", "null", "-", "?")


@dataclass(frozen=True)
class Check:
    """`kind` is what its rows are: lead, deal, or another kind that shows examples only."""

    name: str
    group: str
    label: str
    why: str
    kind: str
    rows: Callable[[Workspace], QuerySet[Any]]


def _leads(workspace: Workspace) -> QuerySet[Lead]:
    return Lead.objects.filter(workspace=workspace, archived_at=None)


def _deals(workspace: Workspace) -> QuerySet[Deal]:
    return Deal.objects.filter(workspace=workspace, archived_at=None)


def _is_open() -> Q:
    return Q(won_on=None, lost_on=None) & ~Q(stage__step__in=("won", "lost", "ignored"))


def _is_won() -> Q:
    return Q(won_on__isnull=False) | Q(stage__step="won")


def _future(workspace: Workspace) -> date:
    return today_in(workspace)


def _same_mail(workspace: Workspace) -> QuerySet[Lead]:
    twice = (
        _leads(workspace)
        .exclude(email="")
        .order_by()
        .values(mail=Lower("email"))
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .values("mail")
    )
    return _leads(workspace).annotate(mail=Lower("email")).filter(mail__in=twice)


def _same_deal(workspace: Workspace) -> QuerySet[Deal]:
    """Same name, company, amount and day: the CRM most likely holds it twice."""
    twice = (
        _deals(workspace)
        .exclude(name="")
        .exclude(company=None)
        .order_by()
        .values("name", "company_id", "amount_minor", "created_on")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .values("name")
    )
    return (
        _deals(workspace)
        .filter(name__in=twice)
        .exclude(company=None)
        .annotate(
            same=Count(
                "company__deals",
                filter=Q(
                    company__deals__name=F("name"),
                    company__deals__created_on=F("created_on"),
                    company__deals__archived_at=None,
                    company__deals__amount_minor=F("amount_minor"),
                ),
            )
        )
        .filter(same__gt=1)
    )


def _same_domain(workspace: Workspace) -> QuerySet[Company]:
    every = Company.objects.filter(workspace=workspace, archived_at=None).exclude(domain="")
    twice = every.order_by().values("domain").annotate(n=Count("id")).filter(n__gt=1)
    return every.filter(domain__in=twice.values("domain"), parent=None).order_by("domain", "id")


def _same_contact(workspace: Workspace) -> QuerySet[Contact]:
    every = Contact.objects.filter(workspace=workspace, archived_at=None).exclude(email="")
    twice = every.order_by().values(m=Lower("email")).annotate(n=Count("id")).filter(n__gt=1)
    return every.annotate(m=Lower("email")).filter(m__in=twice.values("m")).order_by("m", "id")


def _blank_origin(workspace: Workspace) -> QuerySet[Lead]:
    return _leads(workspace).annotate(bare=Trim("origin")).filter(bare="")


def _unknown_origin(workspace: Workspace) -> QuerySet[Lead]:
    return _leads(workspace).annotate(bare=Lower(Trim("origin"))).filter(bare__in=UNKNOWN_WORDS)


def _owners_without_deals(workspace: Workspace) -> QuerySet[Owner]:
    has_deals = Deal.objects.filter(workspace=workspace).exclude(owner=None).values("owner_id")
    has_leads = Lead.objects.filter(workspace=workspace).exclude(owner=None).values("owner_id")
    return Owner.objects.filter(workspace=workspace, archived_at=None).exclude(
        Q(id__in=has_deals) | Q(id__in=has_leads)
    )


def _unlinked(workspace: Workspace, kind: str) -> QuerySet[OpenReference]:
    return OpenReference.objects.filter(workspace=workspace, from_kind=kind)


def _won_too_early(workspace: Workspace) -> QuerySet[Deal]:
    """Won before the lead came, was first contacted, or the deal was opened."""
    return _deals(workspace).filter(
        Q(won_on__lt=F("lead__created_on"))
        | Q(won_on__lt=F("lead__first_contact_on"))
        | Q(won_on__lt=F("created_on"))
        | Q(won_on__lt=F("engaged_on"))
    )


CHECKS = (
    Check(
        "won_too_early",
        "Impossible times",
        "Deals won before the first contact, or before they were opened",
        "They count as won, but have no days to won.",
        "deal",
        _won_too_early,
    ),
    Check(
        "called_too_early",
        "Impossible times",
        "Leads contacted or assigned before they came in",
        "Their waits count as no wait.",
        "lead",
        lambda workspace: _leads(workspace).filter(
            Q(first_contact_on__lt=F("created_on")) | Q(assigned_on__lt=F("created_on"))
        ),
    ),
    Check(
        "ended_later",
        "Impossible times",
        "Deals won or lost on a day that is still to come",
        "They stay open until that day.",
        "deal",
        lambda workspace: _deals(workspace).filter(
            Q(won_on__gt=_future(workspace)) | Q(lost_on__gt=_future(workspace))
        ),
    ),
    Check(
        "won_and_lost",
        "Impossible times",
        "Deals both won and lost",
        "The stage decides; without one they count as won.",
        "deal",
        lambda workspace: _deals(workspace).exclude(won_on=None).exclude(lost_on=None),
    ),
    Check(
        "leads_without_day",
        "Missing",
        "Leads without a day on which they came in",
        "They are in no period.",
        "lead",
        lambda workspace: _leads(workspace).filter(created_on=None),
    ),
    Check(
        "deals_without_day",
        "Missing",
        "Deals without a day on which they were opened",
        "They are in no period.",
        "deal",
        lambda workspace: _deals(workspace).filter(created_on=None, engaged_on=None),
    ),
    Check(
        "won_without_day",
        "Missing",
        "Won deals without a day on which they were won",
        "They don’t count as won.",
        "deal",
        lambda workspace: _deals(workspace).filter(stage__step="won", won_on=None, closes_on=None),
    ),
    Check(
        "deals_without_stage",
        "Missing",
        "Deals without a stage",
        "Nobody can tell how far they are.",
        "deal",
        lambda workspace: _deals(workspace).filter(stage=None, won_on=None, lost_on=None),
    ),
    Check(
        "deals_without_company",
        "Missing",
        "Open deals without a company",
        "They are in no segment, and no history of a customer shows them.",
        "deal",
        lambda workspace: _deals(workspace).filter(_is_open(), company=None),
    ),
    Check(
        "won_without_amount",
        "Missing",
        "Won deals without an amount",
        "Won revenue can’t be split when more than one in ten has none.",
        "deal",
        lambda workspace: _deals(workspace).filter(_is_won(), amount_minor=None),
    ),
    Check(
        "amounts_without_currency",
        "Missing",
        "Amounts without a currency",
        "No sum includes them.",
        "deal",
        lambda workspace: _deals(workspace).exclude(amount_minor=None).filter(currency=""),
    ),
    Check(
        "blank_origin",
        "Missing",
        "Leads with a blank origin",
        "They stand under “Not stated”.",
        "lead",
        _blank_origin,
    ),
    Check(
        "unknown_origin",
        "Missing",
        "Leads whose origin says “unknown”",
        "The source wrote that word; they are a group of their own.",
        "lead",
        _unknown_origin,
    ),
    Check(
        "unmatched_deals",
        "Unmatched names",
        "Deals that name something we don’t have",
        "The link is missing until a row of that name comes in.",
        "deal",
        lambda workspace: _deals(workspace).filter(
            id__in=_unlinked(workspace, "deal").values("from_id")
        ),
    ),
    Check(
        "unmatched_leads",
        "Unmatched names",
        "Leads that name something we don’t have",
        "The link is missing until a row of that name comes in.",
        "lead",
        lambda workspace: _leads(workspace).filter(
            id__in=_unlinked(workspace, "lead").values("from_id")
        ),
    ),
    Check(
        "same_mail",
        "Duplicates",
        "Leads that share a mail address",
        "One person counted more than once lowers every conversion.",
        "lead",
        _same_mail,
    ),
    Check(
        "same_deal",
        "Duplicates",
        "Deals with the same name, company, amount and day",
        "Their amounts count twice.",
        "deal",
        _same_deal,
    ),
    Check(
        "same_domain",
        "Duplicates",
        "Companies that share a domain",
        "A customer’s deals lie in two places, unless one belongs to the other.",
        "company",
        _same_domain,
    ),
    Check(
        "same_contact",
        "Duplicates",
        "Contacts that share a mail address",
        "What was said to one is not seen at the other.",
        "contact",
        _same_contact,
    ),
    Check(
        "owners_without_deals",
        "People",
        "People in the CRM without any lead or deal",
        "Nothing is wrong if they are new or lead a team.",
        "owner",
        _owners_without_deals,
    ),
)
BY_NAME = {check.name: check for check in CHECKS}


def count_all(workspace: Workspace) -> dict[str, Any]:
    """Every check with its count, and the names that are wanted but not there."""
    return {
        "counts": {check.name: check.rows(workspace).order_by().count() for check in CHECKS},
        "unmatched": _unmatched_names(workspace),
        "not_here": counts_of(not_here(workspace)),
    }


def _unmatched_names(workspace: Workspace) -> list[dict[str, Any]]:
    """Names that rows ask for and nobody has, the commonest first."""
    found = (
        OpenReference.objects.filter(workspace=workspace)
        .order_by()
        .values("source", "kind", "external_id", "from_kind")
        .annotate(n=Count("id"))
        .order_by("-n", "external_id")
    )
    return list(found[:MOST_EXAMPLES])
