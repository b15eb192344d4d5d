"""Rows come in by sets: matched, linked, compared, and nothing else is touched."""

from datetime import date, timedelta

import pytest

from tercet.connectors.tests.bringing import bring, export, mapped, new_import, table
from tercet.customers.imports import import_companies
from tercet.customers.models import Company, Contact, Owner
from tercet.record import jobs
from tercet.record.bulk import publish, words
from tercet.record.bulk.publish import Stopped, try_out
from tercet.record.bulk.stage import Batch
from tercet.record.bulk.undo import undo
from tercet.record.models import Event, ExternalId, Handoff, Import, OpenReference
from tercet.record.search import search
from tercet.revenue.models import Assignment, Deal, Lead, Stage

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


def test_only_mapped_columns_are_touched(world):
    bring(world, companies=[{**ACME, "country": "Chile", "extra": {"Size": "9"}}])

    bring(world, companies=[{"external_id": "c1", "name": "Acme Ltd", "extra": {"Colour": "blue"}}])

    acme = Company.objects.get()
    assert (acme.name, acme.country, acme.domain) == ("Acme Ltd", "Chile", "acme.com")
    assert acme.extra == {"Size": "9", "Colour": "blue"}


def test_a_company_of_another_source_is_found_by_its_domain(world):
    bring(world, companies=[ACME])

    other = bring(world, source="billing", companies=[{**ACME, "external_id": "77"}])

    assert Company.objects.count() == 1
    assert other.counts["kinds"]["companies"]["unchanged"] == 1
    assert set(ExternalId.objects.values_list("source", "external_id")) == {
        ("crm", "c1"),
        ("billing", "77"),
    }


def test_subsidiaries_on_one_domain_stay_apart(world):
    bring(world, companies=[ACME, {**ACME, "external_id": "c2", "name": "Acme France"}])
    assert Company.objects.count() == 2

    bring(world, source="billing", companies=[{**ACME, "external_id": "77"}])

    assert Company.objects.count() == 3


def test_a_contact_is_found_by_mail_address(world):
    ann = {"external_id": "1", "name": "Ann", "email": "ann@acme.com", "company": "c1"}
    bring(world, companies=[ACME], contacts=[ann])

    bring(world, source="mailer", contacts=[{**ann, "external_id": "m9", "title": "CFO"}])

    assert (Contact.objects.get().title, Contact.objects.get().name) == ("CFO", "Ann")


def test_owners_are_members_not_here_yet_or_gone(world):
    row = bring(
        world,
        owners=[
            {"external_id": "1", "name": "E. Moor", "email": "edi@quay.example", "team": "Central"},
            {"external_id": "2", "name": "Lea Falk"},
            {"external_id": "3", "name": "Nora Quist", "left_on": date(2026, 5, 1)},
            {"external_id": "4", "name": "Omar Sy"},
        ],
    )

    edi, lea = Owner.objects.get(name="E. Moor"), Owner.objects.get(name="Lea Falk")
    assert (edi.member, edi.team.name, lea.member) == (world.edi, "Central", world.lea)
    assert row.counts["owners"] == [
        {"name": "E. Moor", "member": "Edi Moor", "left_on": ""},
        {"name": "Lea Falk", "member": "Lea Falk", "left_on": "2026-07-31"},
        {"name": "Nora Quist", "member": "", "left_on": "2026-05-01"},
        {"name": "Omar Sy", "member": "", "left_on": ""},
    ]


def test_history_keeps_the_owner_and_team_of_the_day(world):
    north = {**SALE, "team": "North", "created_on": date(2026, 1, 5)}
    bring(world, deals=[north])
    bring(world, deals=[{**north, "owner": "Omar Sy", "team": "South"}])

    told = Assignment.objects.values_list("owner__name", "team__name", "from_on")
    assert list(told) == [
        ("Nora Quist", "North", date(2026, 1, 5)),
        ("Omar Sy", "South", world.today),
    ]


def test_a_stage_means_what_people_said_it_means(world):
    bring(world, deals=[{**SALE, "stage": "Signed", "outcome": None, "closed_on": None}])
    Stage.objects.update(step="won")

    bring(world, deals=[{**SALE, "stage": "Signed", "outcome": None}])

    assert Stage.objects.get().step == "won"
    assert Deal.objects.get().won_on == date(2026, 3, 1)


def test_one_stage_name_in_two_pipelines_is_two_stages(world):
    bring(
        world,
        deals=[{**SALE, "pipeline": "New"}, {**SALE, "external_id": "d2", "pipeline": "Renewals"}],
    )

    assert Stage.objects.filter(name="Closed Won").count() == 2


def test_a_full_export_archives_what_it_lacks_and_brings_it_back(world):
    byte = {"external_id": "c2", "name": "Byte"}
    bring(world, companies=[ACME, byte])

    full = bring(world, is_full=True, companies=[ACME])
    assert full.counts["kinds"]["companies"]["archived"] == 1
    assert Company.objects.get(archived_at__isnull=False).name == "Byte"

    bring(world, is_full=True, companies=[ACME, byte])
    assert not Company.objects.filter(archived_at__isnull=False).exists()


def test_what_a_person_archived_stays_archived(world):
    bring(world, companies=[ACME])
    Company.objects.update(archived_at=world.now)

    bring(world, is_full=True, companies=[ACME])

    assert Company.objects.get().archived_at == world.now


def test_merged_records_lead_to_the_one_that_stays(world):
    bring(world, companies=[ACME, {"external_id": "c2", "name": "Acme Inc"}])

    bring(
        world,
        companies=[
            {**ACME, "merged_from": ["c9"]},
            {"external_id": "c2", "name": "x", "merged_into": "c1"},
        ],
        deals=[{**SALE, "company": "c9"}],
    )

    assert Deal.objects.get().company.name == "Acme"
    assert Company.objects.get(archived_at__isnull=False).name == "Acme Inc"


def test_open_leads_are_handed_over_only_since_the_workspace_is_live(world):
    world.quay.live_from = world.now - timedelta(days=3)
    world.quay.save()
    lead = {"owner": "Edi Moor", "owner_email": "edi@quay.example"}
    old = {**lead, "external_id": "1", "name": "Old", "assigned_on": date(2026, 10, 1)}
    new = {**lead, "external_id": "2", "name": "New", "assigned_on": date(2026, 11, 16)}

    row = bring(world, leads=[old, new])

    handoff = Handoff.objects.get()
    assert (handoff.title, handoff.to_member, handoff.from_team) == (
        "New",
        world.edi,
        world.marketing,
    )
    assert handoff.due_at > handoff.asked_at

    undo(row, by=world.edi, now=world.now)
    assert not Handoff.objects.exists()
    assert not Lead.objects.exists()


def test_a_dry_run_says_what_will_be_and_changes_nothing(world):
    rows = [SALE, {**SALE, "external_id": "d2", "company": "nobody"}]
    before = export(world)
    batches = [Batch("deals", table("deals", rows), mapped("deals", rows))]

    tried = try_out(new_import(world), batches, by=world.edi)

    assert export(world) == before
    row = bring(world, deals=rows)
    assert {name: row.counts[name] for name in tried} == tried


def test_an_import_that_was_overtaken_is_prepared_again(world, monkeypatch):
    """Between finding and publishing, another import brings the same company."""
    published, publish_now = [], publish.publish

    def overtaken(draft, **more):
        if not published:
            published.append(True)
            bring(world, companies=[ACME])
        publish_now(draft, **more)

    monkeypatch.setattr(publish, "publish", overtaken)
    row = bring(world, companies=[ACME])

    assert Company.objects.count() == 1
    assert row.counts["kinds"]["companies"]["unchanged"] == 1


def test_a_cancelled_import_is_not_published(world):
    row = new_import(world)
    Import.objects.update(state="cancelled")

    with pytest.raises(Stopped):
        import_companies(
            row, Batch("companies", table("companies", [ACME]), frozenset({"name"})), by=None
        )

    assert not Company.objects.exists()


def test_the_words_of_many_rows_are_written_by_a_job(world, monkeypatch):
    monkeypatch.setattr(words, "MANY", 1)
    bring(world, companies=[ACME, {"external_id": "c2", "name": "Byte"}])
    assert not search("Byte", member=world.ada)

    jobs.run_due()

    assert [hit.title for hit in search("Byte", member=world.ada)] == ["Byte"]
