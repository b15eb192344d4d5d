"""The real sets, counted: what the issue says must come out."""

import json
from pathlib import Path

import pytest

import tercet
from tercet.connectors.mapping.guess import guess
from tercet.connectors.reading import child

SHARED = Path(tercet.__file__).parents[2] / "shared" / "data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")


def _bring(desk, path, **answers):
    return desk.bring(SHARED / path, guess(child.sniff(SHARED / path)), **answers)


def test_olist_leads(desk):
    result = _bring(desk, "olist/olist_marketing_qualified_leads_dataset.csv")

    leads = desk.rows(result, "leads")
    assert (len(leads), result.refused_count) == (8000, 0)
    assert sum(lead["origin"] is None for lead in leads) == 60
    assert sum(lead["origin"] == "unknown" for lead in leads) == 1099
    assert all(lead["created_on"] and lead["created_at"] is None for lead in leads)


def test_olist_deals(desk):
    result = _bring(desk, "olist/olist_closed_deals_dataset.csv", zone="America/Sao_Paulo")

    deals = desk.rows(result, "deals")
    assert (len(deals), result.kinds["owners"].rows) == (842, 22)
    assert all(d["outcome"] == "won" and d["won_on"] and d["amount"] is None for d in deals)
    assert "sdr_id" in json.loads(deals[0]["extra"])
    assert "declared_monthly_revenue" in json.loads(deals[0]["extra"])


def test_the_crm_pipeline(desk):
    result = _bring(desk, "crm_sales_opportunities/sales_pipeline.csv", currency="USD")

    deals = desk.rows(result, "deals")
    won = [d for d in deals if d["outcome"] == "won"]
    assert (len(deals), len(won), result.kinds["owners"].rows) == (8800, 4238, 30)
    assert sum(d["outcome"] == "lost" for d in deals) == 2473
    assert sum(d["amount"] for d in won) == 1_000_553_400
    still_open = [d for d in deals if d["outcome"] == "open"]
    assert sum(d["company"] is None for d in still_open) == 1425
    assert sum(d["engaged_on"] is None for d in deals) == 500
    assert any(d["product"] == "GTXPro" for d in deals)


def test_the_crm_tables(desk):
    owners = desk.rows(_bring(desk, "crm_sales_opportunities/sales_teams.csv"), "owners")
    companies = desk.rows(_bring(desk, "crm_sales_opportunities/accounts.csv"), "companies")
    products = desk.rows(
        _bring(desk, "crm_sales_opportunities/products.csv", currency="USD"), "products"
    )

    assert (len(owners), len(companies), len(products)) == (35, 85, 7)
    assert owners[0]["team"] == "Central"
    assert owners[0]["manager"] == "Dustin Brinkmann"
    assert sum(c["parent"] is not None for c in companies) == 15
    assert products[0]["price"] == 55_000
