from datetime import date

import pytest
from django.urls import reverse

from tercet.customers.models import Owner
from tercet.kit.refusal import Refused
from tercet.record.models import Event, Handoff
from tercet.revenue.commands import reassign_deals, reassign_leads, undo_reassignment
from tercet.revenue.models import Assignment, Deal, Lead
from tercet.revenue.queues import open_leads_of, queues_of, sentence_of


@pytest.fixture
def queue(world):
    """Jonas left on 31 July: three leads that nobody called, one that he called, one deal."""
    jonas = Owner.objects.create(workspace=world.quay, name="Jonas", left_on=date(2026, 7, 31))
    nadja = Owner.objects.create(
        workspace=world.quay, name="Nadja", member=world.edi, team=world.sales
    )
    for n in range(4):
        Lead.objects.create(
            workspace=world.quay,
            name=f"Lead {n}",
            owner=jonas,
            created_on=date(2026, 8, 3),
            followed_up=n == 3,
        )
    Deal.objects.create(workspace=world.quay, name="Harbour", owner=jonas)
    world.jonas, world.nadja = jonas, nadja
    return world


def test_gives_leads_to_somebody_who_is_here(queue):
    reassign_leads(open_leads_of([queue.jonas]), by=queue.ada, to_owner=queue.nadja)

    assert Lead.objects.filter(owner=queue.nadja, team=queue.sales).count() == 4
    assert Assignment.objects.filter(owner=queue.nadja, from_on=queue.today).count() == 4
    assert Event.objects.get().kind == "lead.reassigned"


def test_the_new_owner_owes_the_first_call(queue):
    reassign_leads(open_leads_of([queue.jonas]), by=queue.ada, to_owner=queue.nadja)
    reassign_leads(open_leads_of([queue.nadja]), by=queue.ada, to_team=queue.sales)

    assert Handoff.objects.filter(to_member=queue.edi, outcome="withdrawn").count() == 4
    assert Handoff.objects.filter(to_team=queue.sales, ended_at=None).count() == 4


def test_gives_deals_to_a_team(queue):
    reassign_deals(Deal.objects.all(), by=queue.edi, to_team=queue.sales)

    assert (Deal.objects.get().owner, Deal.objects.get().team) == (None, queue.sales)


def test_undo_gives_back_what_nobody_touched_since(queue):
    event = reassign_leads(open_leads_of([queue.jonas]), by=queue.ada, to_owner=queue.nadja)
    touched = Lead.objects.first()
    Lead.objects.filter(pk=touched.pk).update(version=9)

    assert undo_reassignment(event, by=queue.ada) == 3
    assert Lead.objects.filter(owner=queue.jonas).count() == 3
    assert Assignment.objects.count() == 1
    assert Handoff.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("to", "why"), [({}, "Choose who gets them"), ({"to_owner": "jonas"}, "has left")]
)
def test_refuses_nobody_and_those_who_left(queue, to, why):
    to = {key: getattr(queue, name) for key, name in to.items()}

    with pytest.raises(Refused, match=why):
        reassign_leads(open_leads_of([queue.jonas]), by=queue.ada, **to)


def test_refuses_an_empty_queue(queue):
    with pytest.raises(Refused, match="No open lead is left"):
        reassign_leads(open_leads_of([queue.nadja]), by=queue.ada, to_team=queue.sales)


def test_says_how_many_lie_on_whose_queue(queue):
    queues = queues_of(queue.quay, queue.today)

    assert [(q.uncalled, q.called, q.deals) for q in queues] == [(3, 1, 1)]
    assert sentence_of(queues) == (
        "3 leads that nobody has called lie on the queue of one person who left on 31 Jul 2026."
    )


def test_page_gives_and_takes_back(queue, as_):
    edi, here = as_(queue.edi), reverse("revenue:reassign_page", args=["quay"])
    assert "one person who left on 31 Jul 2026" in edi.get(here).content.decode()

    given = edi.post(
        reverse("revenue:reassign_leads", args=["quay"]),
        {"owner": queue.jonas.pk, "which": "uncalled", "to": f"owner:{queue.nadja.pk}"},
        follow=True,
    ).content.decode()
    assert "3 leads given to Nadja." in given
    assert Lead.objects.filter(owner=queue.jonas).count() == 1

    undo = reverse("revenue:undo_reassignment", args=["quay", Event.objects.latest("id").pk])
    assert "3 leads given back" in edi.post(undo, follow=True).content.decode()
    assert Lead.objects.filter(owner=queue.jonas).count() == 4


def test_page_says_what_stopped_it(queue, as_):
    answer = as_(queue.edi).post(
        reverse("revenue:reassign_leads", args=["quay"]), {"owner": queue.jonas.pk, "to": ""}
    )

    assert answer.status_code == 422
    assert "Choose who gets them." in answer.content.decode()


@pytest.mark.parametrize(("who", "status"), [("vic", 403), ("cora", 403), ("oto", 404)])
def test_only_editors_see_the_queues(queue, as_, who, status):
    answer = as_(getattr(queue, who)).get(reverse("revenue:reassign_page", args=["quay"]))

    assert answer.status_code == status
