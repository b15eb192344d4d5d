"""What lies on the queues of people who left, or whom nobody has matched with somebody here.

Names stand here because these are open tasks: an editor gives each queue to somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tercet.customers.models import Owner
from tercet.kit.dates import show_day
from tercet.kit.numbers import number, plural
from tercet.people.models import Team, Workspace
from tercet.revenue.models import Deal, Lead

CLOSED = ("won", "lost", "ignored")
Owners = QuerySet[Owner] | Sequence[Owner]
Counts = dict[str, list[int]]
NUMBERS = {1: "one person", 2: "two people", 3: "three people", 4: "four people", 5: "five people"}


@dataclass(frozen=True)
class Queue:
    """One owner's open leads (those not called, and those called) and open deals."""

    owner: Owner
    left_on: date | None
    has_left: bool
    uncalled: int
    called: int
    deals: int

    @property
    def leads(self) -> int:
        return self.uncalled + self.called


def open_leads_of(owners: Owners, *, only_uncalled: bool = False) -> QuerySet[Lead]:
    """Leads of these owners that were not lost and have no deal yet."""
    of_lead = Deal.objects.filter(lead=OuterRef("pk"), archived_at=None)
    found = Lead.objects.filter(owner__in=owners, lost_on=None, archived_at=None)
    found = found.filter(~Exists(of_lead))
    return found.filter(_UNCALLED) if only_uncalled else found


def open_deals_of(owners: Owners) -> QuerySet[Deal]:
    found = Deal.objects.filter(owner__in=owners, archived_at=None, won_on=None, lost_on=None)
    return found.exclude(stage__step__in=CLOSED)


_UNCALLED = Q(first_contact_on=None) & (Q(followed_up=None) | Q(followed_up=False))


def queues_of(
    workspace: Workspace, today: date, *, came_in: tuple[date, date] | None = None
) -> list[Queue]:
    """Queues of people who left and still have something open; the longest first."""
    gone = Q(left_on__lte=today) | Q(member__left_on__lte=today)
    owners = _owners(workspace).filter(gone)
    return _queues(owners, counts_of(owners, came_in=came_in), has_left=True)


def queues_not_here(owners: Sequence[Owner], counts: Counts) -> list[Queue]:
    """Queues of owners whom nobody has matched with a member, as the worker counted them."""
    absent = [owner for owner in owners if owner.member is None and owner.left_on is None]
    return _queues(absent, counts, has_left=False)


def owners_of(workspace: Workspace) -> list[Owner]:
    return list(_owners(workspace))


def not_here(workspace: Workspace) -> QuerySet[Owner]:
    return _owners(workspace).filter(member=None, left_on=None)


def counts_of(owners: QuerySet[Owner], *, came_in: tuple[date, date] | None = None) -> Counts:
    """Leads not called, leads called, and deals, all open, by the owner's id as text."""
    leads = (
        open_leads_of(owners)
        .filter(**{"created_on__range": came_in} if came_in else {})
        .order_by()
        .values_list("owner_id")
        .annotate(uncalled=Count("id", filter=_UNCALLED), every=Count("id"))
    )
    deals = open_deals_of(owners).order_by().values_list("owner_id").annotate(Count("id"))
    found = {str(pk): [uncalled, every - uncalled, 0] for pk, uncalled, every in leads}
    for pk, count in deals:
        found.setdefault(str(pk), [0, 0, 0])[2] = count
    return found


def _owners(workspace: Workspace) -> QuerySet[Owner]:
    found = Owner.objects.filter(workspace=workspace, archived_at=None)
    return found.select_related("member__person", "team")


def _queues(owners: Owners, counts: Counts, *, has_left: bool) -> list[Queue]:
    found = [
        Queue(owner, _left_on(owner), has_left, *counts[str(owner.pk)])
        for owner in owners
        if str(owner.pk) in counts
    ]
    return sorted(found, key=lambda q: (-q.uncalled, -q.leads - q.deals, q.owner.name))


def _left_on(owner: Owner) -> date | None:
    return owner.left_on or (owner.member.left_on if owner.member else None)


def sentence_of(queues: Sequence[Queue], *, before: str = "") -> str:
    """“214 leads that nobody has called lie on the queues of two people who left on 31 Jul 2026.”

    `before` puts it into a figure: “Of 456 leads not called in Q3, 214 lie on the queues …”.
    """
    full = [queue for queue in queues if queue.has_left and queue.uncalled]
    if not full:
        return ""
    uncalled = sum(queue.uncalled for queue in full)
    what = f"{plural(uncalled, 'lead')} that nobody has called"
    if before:
        what = f"{before}{number(uncalled)}"
    days = {queue.left_on for queue in full}
    day = f" on {show_day(next(iter(days)))}" if len(days) == 1 else ""
    who = NUMBERS.get(len(full), f"{number(len(full))} people")
    lie = "lies" if uncalled == 1 else "lie"
    return f"{what} {lie} on the {'queue' if len(full) == 1 else 'queues'} of {who} who left{day}."


def receivers_of(
    workspace: Workspace, owners: Sequence[Owner], today: date
) -> list[tuple[str, Any]]:
    """Who may get them: teams, those of sales first, then people who are here."""
    here = [
        (f"owner:{owner.pk}", f"{owner}, {owner.team}" if owner.team else str(owner))
        for owner in owners
        if not owner.has_left(today)
    ]
    found = Team.objects.filter(workspace=workspace, archived_at=None)
    teams = sorted(found, key=lambda team: (team.function != "sales", team.name))
    return [
        ("Teams", [(f"team:{team.pk}", str(team)) for team in teams]),
        ("People", here),
    ]
