"""What lies on the queues of people who left, or whom nobody has matched with somebody here.

Names stand here because these are open tasks: an editor gives each queue to somebody else.
"""

from collections.abc import Iterable, Sequence
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


def open_leads_of(owners: Iterable[Owner], *, only_uncalled: bool = False) -> QuerySet[Lead]:
    """Leads of these owners that were not lost and have no deal yet."""
    of_lead = Deal.objects.filter(lead=OuterRef("pk"), archived_at=None)
    found = Lead.objects.filter(owner__in=list(owners), lost_on=None, archived_at=None)
    found = found.filter(~Exists(of_lead))
    return found.filter(_UNCALLED) if only_uncalled else found


def open_deals_of(owners: Iterable[Owner]) -> QuerySet[Deal]:
    found = Deal.objects.filter(owner__in=list(owners), archived_at=None, won_on=None, lost_on=None)
    return found.exclude(stage__step__in=CLOSED)


_UNCALLED = Q(first_contact_on=None) & (Q(followed_up=None) | Q(followed_up=False))


def queues_of(workspace: Workspace, today: date) -> list[Queue]:
    """Owners who left or are not here yet and still have something open; the longest first."""
    owners = {owner.pk: owner for owner in _absent(workspace, today)}
    leads = _lead_counts(owners.values())
    deals = _deal_counts(owners.values())
    found = []
    for pk, owner in owners.items():
        uncalled, called = leads.get(pk, (0, 0))
        if uncalled or called or deals.get(pk):
            gone = owner.has_left(today)
            found.append(Queue(owner, _left_on(owner), gone, uncalled, called, deals.get(pk, 0)))
    return sorted(found, key=lambda q: (-q.uncalled, -q.leads - q.deals, q.owner.name))


def _absent(workspace: Workspace, today: date) -> QuerySet[Owner]:
    left = Q(left_on__lte=today) | Q(member__left_on__lte=today)
    not_here = Q(member=None, left_on=None)
    found = Owner.objects.filter(left | not_here, workspace=workspace, archived_at=None)
    return found.select_related("member__person")


def _lead_counts(owners: Iterable[Owner]) -> dict[int, tuple[int, int]]:
    counted = (
        open_leads_of(owners)
        .order_by()
        .values_list("owner_id")
        .annotate(uncalled=Count("id", filter=_UNCALLED), every=Count("id"))
    )
    return {pk: (uncalled, every - uncalled) for pk, uncalled, every in counted}


def _deal_counts(owners: Iterable[Owner]) -> dict[int, int]:
    return dict(open_deals_of(owners).order_by().values_list("owner_id").annotate(Count("id")))


def _left_on(owner: Owner) -> date | None:
    return owner.left_on or (owner.member.left_on if owner.member else None)


def sentence_of(queues: Sequence[Queue]) -> str:
    """“214 leads lie on the queues of two people who left on 31 July 2026.”"""
    gone = [queue for queue in queues if queue.has_left]
    uncalled = sum(queue.uncalled for queue in gone)
    if not uncalled:
        return ""
    people = sum(1 for queue in gone if queue.uncalled)
    days = {queue.left_on for queue in gone if queue.uncalled}
    day = f" on {show_day(next(iter(days)))}" if len(days) == 1 else ""
    who = NUMBERS.get(people, f"{number(people)} people")
    lie = "lies" if uncalled == 1 else "lie"
    queue_word = "queue" if people == 1 else "queues"
    return (
        f"{plural(uncalled, 'lead')} that nobody has called {lie} on the {queue_word} of {who} "
        f"who left{day}."
    )


def receivers_of(workspace: Workspace, today: date) -> list[tuple[str, Any]]:
    """Who may get them: people who are here, then teams."""
    owners = Owner.objects.filter(workspace=workspace, archived_at=None).select_related(
        "member__person", "team"
    )
    here = [
        (f"owner:{owner.pk}", f"{owner}, {owner.team}" if owner.team else str(owner))
        for owner in owners
        if not owner.has_left(today)
    ]
    teams = Team.objects.filter(workspace=workspace, archived_at=None)
    return [
        ("Teams", [(f"team:{team.pk}", str(team)) for team in teams]),
        ("People", here),
    ]
