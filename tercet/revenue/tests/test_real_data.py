"""Two public data sets, as an import brings them: what they can tell, and what they can't."""

import csv
from datetime import date
from pathlib import Path

import pytest

import tercet
from tercet.customers.models import Company, Owner
from tercet.record.models import Figure, OpenReference
from tercet.revenue.models import Deal, Lead, Product, Stage

DATA = Path(tercet.__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="The public data sets are not here."),
]


def rows_of(path):
    with (DATA / path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def day(text):
    return date.fromisoformat(text[:10]) if text else None


@pytest.fixture
def olist(world):
    leads = [
        Lead(
            workspace=world.quay,
            name=row["mql_id"],
            origin=row["origin"],
            created_on=day(row["first_contact_date"]),
        )
        for row in rows_of("olist/olist_marketing_qualified_leads_dataset.csv")
    ]
    by_name = {lead.name: lead for lead in Lead.objects.bulk_create(leads, batch_size=500)}
    Deal.objects.bulk_create(
        [
            Deal(
                workspace=world.quay,
                lead=by_name[row["mql_id"]],
                won_on=day(row["won_date"]),
                extra={"declared_monthly_revenue": row["declared_monthly_revenue"]},
            )
            for row in rows_of("olist/olist_closed_deals_dataset.csv")
        ],
        batch_size=500,
    )
    return world


@pytest.fixture
def crm(world):
    quay = world.quay
    steps = {"Won": "won", "Lost": "lost"}
    pipeline = rows_of("crm_sales_opportunities/sales_pipeline.csv")
    stages = {
        name: Stage.objects.create(workspace=quay, name=name, step=steps.get(name, "open"))
        for name in {row["deal_stage"] for row in pipeline}
    }
    owners = _made(Owner, quay, rows_of("crm_sales_opportunities/sales_teams.csv"), "sales_agent")
    companies = _made(Company, quay, rows_of("crm_sales_opportunities/accounts.csv"), "account")
    products = _made(Product, quay, rows_of("crm_sales_opportunities/products.csv"), "product")
    deals = Deal.objects.bulk_create(
        [
            Deal(
                workspace=quay,
                name=row["opportunity_id"],
                company=companies.get(row["account"]),
                product=products.get(row["product"]),
                owner=owners[row["sales_agent"]],
                stage=stages[row["deal_stage"]],
                engaged_on=day(row["engage_date"]),
                won_on=day(row["close_date"]) if row["deal_stage"] == "Won" else None,
                lost_on=day(row["close_date"]) if row["deal_stage"] == "Lost" else None,
                amount_minor=int(float(row["close_value"]) * 100) if row["close_value"] else None,
                currency="USD" if row["close_value"] else "",
            )
            for row in pipeline
        ],
        batch_size=500,
    )
    OpenReference.objects.bulk_create(
        [
            OpenReference(
                workspace=quay,
                source="crm",
                kind="product",
                external_id=row["product"],
                from_kind="deal",
                from_id=deal.pk,
                field="product",
            )
            for row, deal in zip(pipeline, deals, strict=True)
            if row["product"] not in products
        ],
        batch_size=500,
    )
    return world


def _made(model, workspace, rows, column):
    things = [model(workspace=workspace, name=row[column]) for row in rows]
    return {thing.name: thing for thing in model.objects.bulk_create(things)}


def result(name):
    return Figure.objects.filter(name=name).latest("id").result


def test_olist_funnel(olist, see):
    html = see("funnel_page").content.decode()
    found = result("revenue.funnel")

    total = found["total"]
    rates = {group["key"]: round(100 * group["rate"]["rate"], 1) for group in found["groups"]}
    assert (total["n"], total["won"]) == (8000, 842)
    assert "10.525%" in html
    assert (rates["paid search"], rates["organic search"]) == (12.3, 11.8)
    assert (rates["social"], rates["email"]) == (5.6, 3.0)
    assert total["days_to_won"]["median"] == 14
    assert total["days_to_won"]["impossible"] == 1
    for label in ("Followed up", "Accepted by sales", "Qualified"):
        assert label in html


def test_olist_shows_what_is_to_mend(olist, see):
    html = see("health_page").content.decode()
    counts = result("revenue.health")["counts"]

    assert counts["won_too_early"] == 1
    assert (counts["unknown_origin"], counts["blank_origin"]) == (1099, 60)
    assert "1,099" in html


def test_olist_refuses_to_split_money_and_says_why(olist, see):
    html = see("why_page").content.decode()
    found = result("revenue.why")

    assert found["money"] is None
    assert "Won revenue is not split" in html
    assert "declared_monthly_revenue" in html
    assert [part["factor"] for part in found["conversion"]["parts"]] == ["mix", "closing"]
    assert "Conversion" in html


def test_crm_counts_deals(crm, see):
    see("funnel_page")
    total = result("revenue.funnel")["total"]

    assert (total["n"], total["won"], total["lost"]) == (8800, 4238, 2473)
    assert total["amount_minor"] == 10_005_534_00


def test_crm_shows_what_is_to_mend(crm, see):
    html = see("health_page").content.decode()
    counts = result("revenue.health")["counts"]

    assert counts["deals_without_company"] == 1425
    assert counts["deals_without_day"] == 500
    assert counts["owners_without_deals"] == 5
    assert "GTXPro" in html
    assert "1,480" in html


def test_crm_splits_from_the_deals_on(crm, see):
    html = see("why_page").content.decode()
    found = result("revenue.why")

    assert "There are no leads in the data" in html
    assert [part["factor"] for part in found["money"]["parts"]] == ["deals", "closing", "value"]
