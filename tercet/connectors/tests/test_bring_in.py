from datetime import date

from tercet.connectors.tests.bringing import bring, export
from tercet.customers.models import Company, Owner
from tercet.record.bulk.undo import undo
from tercet.record.models import Event, OpenReference
from tercet.revenue.models import Deal, Stage

ACME = {"external_id": "c1", "name": "Acme", "domain": "acme.com"}
SALE = {
    "external_id": "d1",
    "name": "Acme pilot",
    "company": "c1",
    "owner": "Nora Quist",
    "stage": "Closed Won",
    "outcome": "won",
    "closed_on": date(2026, 3, 1),
    "amount": 120_000,
    "amount_currency": "EUR",
    "extra": {"Colour": "blue"},
}


def test_rows_come_in_linked(world):
    row = bring(world, companies=[ACME], deals=[SALE])

    deal = Deal.objects.get()
    assert (deal.company.name, deal.owner.name, deal.stage.step) == ("Acme", "Nora Quist", "won")
    assert (deal.won_on, deal.closes_on, deal.amount_minor) == (date(2026, 3, 1), None, 120_000)
    assert (deal.extra, deal.import_id) == ({"Colour": "blue"}, row.pk)
    assert Event.objects.get().kind == "import.published"
    assert row.counts["kinds"]["deals"]["new"] == 1


def test_the_same_rows_again_change_nothing(world):
    bring(world, companies=[ACME], deals=[SALE])
    before = export(world)

    again = bring(world, companies=[ACME], deals=[SALE])

    assert export(world) == before
    assert again.counts["kinds"]["deals"]["unchanged"] == 1
    assert again.counts["kinds"]["deals"]["changed"] == 0


def test_undo_leaves_what_was_before(world):
    bring(world, companies=[ACME])
    before = export(world)
    more = bring(
        world,
        companies=[{**ACME, "name": "Acme Ltd"}, {"external_id": "c2", "name": "Byte"}],
        deals=[SALE, {**SALE, "external_id": "d2", "company": "nobody"}],
    )
    assert Company.objects.get(domain="acme.com").name == "Acme Ltd"
    assert OpenReference.objects.get().external_id == "nobody"

    undo(more, by=world.edi, now=world.now)

    assert export(world) == before
    assert not Deal.objects.exists()
    assert not Owner.objects.exists()
    assert not Stage.objects.exists()


def test_a_reference_is_linked_when_its_row_arrives(world):
    bring(world, deals=[SALE])
    before = export(world)
    assert Deal.objects.get().company is None

    later = bring(world, companies=[ACME])

    assert Deal.objects.get().company.name == "Acme"
    assert not OpenReference.objects.exists()

    undo(later, by=world.edi, now=world.now)
    assert export(world) == before
