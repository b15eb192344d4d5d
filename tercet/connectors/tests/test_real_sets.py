"""The two real sets, through the same commands as the page and the command line."""

from pathlib import Path

import pytest
from django.db.models import Count, Sum

import tercet
from tercet.connectors import commands
from tercet.connectors.mapping.plan import Plan
from tercet.connectors.tests.bringing import export
from tercet.customers.models import Company, Owner
from tercet.record import jobs
from tercet.record.models import Import, OpenReference
from tercet.revenue.models import Deal, Lead

DATA = Path(tercet.__file__).parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here"),
]


def bring_file(world, path: Path, *, source: str, answers: dict[str, str] | None = None) -> Import:
    row = commands.upload_file(
        world.quay, [path.read_bytes()], name=path.name, source=source, by=world.edi
    )
    jobs.run_due()
    row.refresh_from_db()
    plan = Plan.from_dict(row.plan)
    for key, value in (answers or {}).items():
        plan = plan.answer(key, value)
    row = commands.plan_import(row, plan, by=world.edi)
    commands.start_dry_run(row, by=world.edi)
    jobs.run_due()
    row.refresh_from_db()
    assert row.state == "checked", row.problem
    tried = row.counts["kinds"]
    commands.start_import(row, by=world.edi)
    jobs.run_due()
    row.refresh_from_db()
    assert row.state == "published", row.problem
    assert row.counts["kinds"] == tried
    return row


def bring_olist(world):
    folder = DATA / "olist"
    return [
        bring_file(world, folder / "olist_marketing_qualified_leads_dataset.csv", source="olist"),
        bring_file(world, folder / "olist_closed_deals_dataset.csv", source="olist"),
    ]


def bring_crm(world):
    folder = DATA / "crm_sales_opportunities"
    dollars = {"currency": "USD"}
    return [
        bring_file(world, folder / "accounts.csv", source="crm"),
        bring_file(world, folder / "products.csv", source="crm", answers=dollars),
        bring_file(world, folder / "sales_teams.csv", source="crm"),
        bring_file(world, folder / "sales_pipeline.csv", source="crm", answers=dollars),
    ]


def test_olist_comes_in_whole(world):
    bring_olist(world)

    assert Lead.objects.count() == 8_000
    assert Deal.objects.filter(lead__isnull=False, won_on__isnull=False).count() == 842
    assert not Deal.objects.filter(amount_minor__isnull=False).exists()
    assert Lead.objects.filter(origin="unknown").count() == 1_099
    assert Lead.objects.filter(origin="").count() == 60


def test_the_crm_set_comes_in_whole(world):
    rows = bring_crm(world)

    won = Deal.objects.filter(won_on__isnull=False)
    assert Deal.objects.count() == 8_800
    assert won.count() == 4_238
    assert Deal.objects.filter(lost_on__isnull=False).count() == 2_473
    assert won.aggregate(Sum("amount_minor"))["amount_minor__sum"] == 10_005_534_00
    unmatched = OpenReference.objects.values_list("external_id").annotate(n=Count("id"))
    assert dict(unmatched) == {"GTXPro": 1_480}
    still_open = Deal.objects.filter(won_on=None, lost_on=None)
    assert still_open.filter(company=None).count() == 1_425
    assert Deal.objects.filter(engaged_on=None).count() == 500
    assert Owner.objects.filter(deals=None).count() == 5
    assert Company.objects.count() == 85
    assert rows[-1].counts["open"][0]["name"] == "GTXPro"
    assert rows[-1].counts["refused_count"] == 0


def test_twice_changes_nothing_and_undone_leaves_nothing(world):
    empty = export(world)
    first = bring_crm(world) + bring_olist(world)
    once = export(world)

    bring_crm(world)
    bring_olist(world)
    assert export(world) == once

    for row in reversed(first):
        commands.undo_import(row, by=world.edi)
        jobs.run_due()
        row.refresh_from_db()
        assert row.state == "undone"
        assert row.counts["undone"]["kept_count"] == 0
    assert export(world) == empty
