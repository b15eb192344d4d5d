"""Taking an import back: equal in an export to what was before."""

from datetime import date

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tercet.connectors.tests.bringing import bring, export
from tercet.customers.models import Company
from tercet.people.models import Team
from tercet.record.bulk.publish import Stopped
from tercet.record.bulk.undo import undo
from tercet.record.models import (
    BeforeImage,
    Comment,
    Event,
    ExternalId,
    Import,
    OpenReference,
    SearchEntry,
)
from tercet.record.search import search
from tercet.revenue.models import Assignment, Deal, Lead

ACME = {"external_id": "c1", "name": "Acme", "domain": "acme.com", "segment": "Large"}
SALE = {
    "external_id": "d1",
    "name": "Pilot",
    "company": "c1",
    "owner": "Nora",
    "team": "North",
    "stage": "Demo",
}


def test_nothing_is_left_of_what_came_in(world):
    empty = export(world)
    row = bring(
        world,
        companies=[ACME],
        leads=[{"external_id": "l1", "name": "Ann", "owner": "Nora", "deal": "d1"}],
        deals=[SALE],
        stage_moves=[{"deal": "d1", "stage": "Demo", "on": date(2026, 2, 1)}],
    )
    assert Assignment.objects.count() == 2
    assert Deal.objects.get().lead == Lead.objects.get()

    undo(row, by=world.edi, now=world.now)

    assert export(world) == empty
    for model in (Assignment, BeforeImage, ExternalId, OpenReference, SearchEntry):
        assert not model.objects.exists(), model
    assert set(Team.objects.values_list("name", flat=True)) == {"Sales", "Marketing"}
    assert not search("Acme", member=world.ada)
    row.refresh_from_db()
    assert (row.state, row.undone_by) == ("undone", world.edi)
    assert [e.kind for e in Event.objects.order_by("id")] == ["import.published", "import.undone"]


def test_a_row_that_was_changed_since_is_kept_and_listed(world):
    row = bring(world, companies=[ACME, {"external_id": "c2", "name": "Byte"}])
    Company.objects.filter(name="Byte").update(country="Chile", version=F("version") + 1)

    undo(row, by=world.edi, now=world.now)

    assert Company.objects.get().name == "Byte"
    assert row.counts["undone"]["kept"] == [
        {
            "kind": "company",
            "id": Company.objects.get().pk,
            "title": "Byte",
            "why": "changed since",
        }
    ]
    assert ExternalId.objects.get().external_id == "c2"


def test_a_row_that_later_rows_point_at_is_kept(world):
    first = bring(world, companies=[ACME])
    bring(world, deals=[SALE])

    undo(first, by=world.edi, now=world.now)

    assert Deal.objects.get().company.name == "Acme"
    assert [kept["why"] for kept in first.counts["undone"]["kept"]] == [
        "something points at it"
    ] * 2


def test_a_row_that_somebody_commented_on_is_kept(world):
    row = bring(world, companies=[ACME])
    Comment.objects.create(
        workspace=world.quay,
        about_kind="company",
        about_id=Company.objects.get().pk,
        text="Call them",
        by=world.ada,
        at=world.now,
    )

    undo(row, by=world.edi, now=world.now)

    assert Company.objects.exists()


def test_imports_are_taken_back_one_after_the_other(world):
    states = [export(world)]
    rows = []
    for name in ("Acme", "Acme Ltd", "Acme Group"):
        rows.append(
            bring(world, companies=[{**ACME, "name": name}], deals=[{**SALE, "name": name}])
        )
        states.append(export(world))

    for row, before in zip(reversed(rows), reversed(states[:-1]), strict=True):
        undo(row, by=world.edi, now=world.now)
        assert export(world) == before


def test_an_older_import_gives_way_to_a_later_one(world):
    bring(world, companies=[ACME])
    second = bring(world, companies=[{**ACME, "name": "Acme Ltd"}])
    bring(world, companies=[{**ACME, "name": "Acme Group"}])

    undo(second, by=world.edi, now=world.now)

    assert Company.objects.get().name == "Acme Group"
    assert second.counts["undone"]["kept_count"] == 1


def test_what_a_full_export_archived_comes_back(world):
    bring(world, companies=[ACME, {"external_id": "c2", "name": "Byte"}])
    before = export(world)
    full = bring(world, is_full=True, companies=[ACME])
    assert Company.objects.get(archived_at__isnull=False).name == "Byte"

    undo(full, by=world.edi, now=world.now)

    assert export(world) == before


def test_it_is_taken_back_once(world):
    row = bring(world, companies=[ACME])
    undo(row, by=world.edi, now=world.now)

    with pytest.raises(Stopped, match="nothing to take back"):
        undo(row, by=world.edi, now=world.now)


KEYS = st.sampled_from(["1", "2", "3", "4"])
MAYBE = st.sampled_from(["", "1", "2", "9", "Acme"])
DAYS = st.sampled_from([None, date(2026, 1, 5), date(2026, 2, 9)])


def _rows(**more):
    row = st.fixed_dictionaries({"external_id": KEYS, **more})
    return st.lists(row, max_size=4, unique_by=lambda each: each["external_id"])


FILES = st.fixed_dictionaries(
    {},
    optional={
        "companies": _rows(
            name=st.sampled_from(["Acme", "Byte", "Cove"]),
            domain=st.sampled_from(["", "acme.com", "byte.com"]),
            segment=st.sampled_from(["", "Large", "Small"]),
            parent=MAYBE,
            owner=st.sampled_from(["", "Nora", "Omar"]),
            extra=st.sampled_from([{}, {"Colour": "blue"}, {"Size": "9"}]),
            deleted=st.booleans(),
        ),
        "contacts": _rows(
            name=st.sampled_from(["Ann", "Bob"]),
            email=st.sampled_from(["", "ann@acme.com", "bob@byte.com"]),
            company=MAYBE,
        ),
        "leads": _rows(
            name=st.sampled_from(["Ann", "Bob"]),
            email=st.sampled_from(["", "ann@acme.com"]),
            company=MAYBE,
            deal=MAYBE,
            owner=st.sampled_from(["", "Nora", "Omar"]),
            created_on=DAYS,
            followed_up=st.sampled_from([None, True, False]),
            merged_into=st.sampled_from(["", "1", "2"]),
        ),
        "deals": _rows(
            name=st.sampled_from(["Pilot", "Roll-out"]),
            company=MAYBE,
            lead=MAYBE,
            owner=st.sampled_from(["", "Nora", "Omar"]),
            team=st.sampled_from(["", "North"]),
            stage=st.sampled_from(["", "Demo", "Closed Won", "Lost"]),
            closed_on=DAYS,
            amount=st.sampled_from([None, 100, 200]),
            currency=st.just("EUR"),
            merged_from=st.sampled_from([[], ["7"], ["8", "9"]]),
        ),
        "stage_moves": st.lists(
            st.fixed_dictionaries(
                {
                    "deal": KEYS,
                    "stage": st.sampled_from(["Demo", "Lost"]),
                    "on": st.sampled_from([date(2026, 1, 5), date(2026, 2, 9)]),
                }
            ),
            max_size=3,
        ),
    },
)


@given(before=st.lists(FILES, max_size=2), file=FILES, is_full=st.booleans())
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_undo_restores_any_state(world, before, file, is_full):
    with transaction.atomic():
        for each in before:
            if each:
                bring(world, **each)
        was = export(world)
        if file:
            row = bring(world, is_full=is_full, **file)
            again = export(world)
            bring(world, is_full=is_full, **file)
            assert export(world) == again, "the same file again changes nothing"
            undo(row, by=world.edi, now=world.now)
            assert row.counts["undone"]["kept_count"] == 0
        assert export(world) == was
        transaction.set_rollback(True)


def test_an_import_row_stays(world):
    row = bring(world, companies=[ACME])
    undo(row, by=world.edi, now=world.now)

    assert Import.objects.get() == row
