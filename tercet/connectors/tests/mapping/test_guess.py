"""What a plan is guessed to be, and what is asked instead."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import tercet
from tercet.connectors.mapping.guess import guess, guess_kinds
from tercet.connectors.mapping.plan import Plan, PlanError, Reading, check
from tercet.connectors.reading import child
from tercet.connectors.reading.profile import ColumnWatch, Profile
from tercet.connectors.sources import presets

SHARED = Path(tercet.__file__).parents[2] / "shared" / "data"


def profile(name: str, header: str, *rows: str) -> Profile:
    """A profile as the child makes it, without the child."""
    watches = [ColumnWatch(c, i) for i, c in enumerate(header.split(","))]
    for row in rows:
        for watch, cell in zip(watches, row.split(","), strict=True):
            watch.see(cell)
    columns = tuple(w.profile() for w in watches)
    return Profile(name, Reading(), columns, len(rows), is_exact=True)


def shared(path: str) -> Profile:
    if not SHARED.is_dir():
        pytest.skip("the shared data is not here")
    return _sniffed(path)


@cache
def _sniffed(path: str) -> Profile:
    return child.sniff(SHARED / path)


def asks(plan: Plan) -> dict:
    return {ask.key: ask for ask in plan.asks}


def test_olist_leads_are_created_at_first_contact_and_not_called_followed_up():
    plan = guess(shared("olist/olist_marketing_qualified_leads_dataset.csv"))

    assert plan.kinds == ("leads",)
    assert plan.fill("leads", "external_id") == "mql_id"
    assert plan.fill("leads", "created") == "first_contact_date"
    assert plan.fill("leads", "followed_up") is None
    assert plan.fill("leads", "first_contact") is None
    assert asks(plan)["followed_up"].default is None
    assert not plan.blocking


def test_olist_leads_come_out_alike_without_the_known_shape():
    whole = shared("olist/olist_marketing_qualified_leads_dataset.csv")
    columns = tuple(replace(c, name=c.name.replace("origin", "source")) for c in whole.columns)

    plan = guess(replace(whole, columns=columns))

    assert plan.preset == ""
    assert (plan.fill("leads", "created"), plan.fill("leads", "origin")) == (
        "first_contact_date",
        "source",
    )
    assert plan.fill("leads", "followed_up") is None


def test_olist_deals_have_no_amount():
    plan = guess(shared("olist/olist_closed_deals_dataset.csv"))

    assert plan.kinds == ("deals", "owners")
    assert plan.fill("deals", "lead") == plan.fill("deals", "external_id") == "mql_id"
    assert plan.fill("deals", "owner") == "sr_id"
    assert plan.fill("deals", "amount") is None
    assert "currency" not in asks(plan)


def test_the_pipeline_needs_a_currency_and_knows_its_stages():
    plan = guess(shared("crm_sales_opportunities/sales_pipeline.csv"))

    assert plan.kinds == ("deals", "owners")
    assert [ask.key for ask in plan.blocking] == ["currency"]
    assert plan.stages == {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}
    answered = plan.answer("currency", "USD")
    assert not answered.blocking
    assert answered.part("deals").constants == {"currency": "USD"}


@pytest.mark.parametrize(
    ("file", "kind"),
    [("accounts.csv", "companies"), ("products.csv", "products"), ("sales_teams.csv", "owners")],
)
def test_the_other_tables_are_recognised(file, kind):
    whole = shared(f"crm_sales_opportunities/{file}")

    assert guess(whole).kinds == (kind,)
    if kind == "companies":
        assert guess(whole).fill("companies", "parent") == "subsidiary_of"
        assert guess(whole).fill("companies", "annual_value") is None


def test_values_overrule_headers():
    whole = profile("leads.csv", "id,created,source", "1,yes,web", "2,no,web", "3,yes,ads")

    assert guess(whole, "leads").fill("leads", "created") is None


def test_a_lone_column_of_addresses_is_the_address():
    whole = profile(
        "leads.csv",
        "id,reachable by,created",
        *(f"{n},p{n}@x.example,2026-01-15" for n in range(3)),
    )

    plan = guess(whole, "leads")

    assert plan.part("leads").fill("email").confidence == "medium"


def test_a_file_of_anything_asks_what_it_is():
    plan = guess(profile("x.csv", "foo,bar", "1,2", "3,4"))

    assert plan.parts == ()
    assert [ask.key for ask in plan.blocking] == ["kind"]


def test_a_remembered_plan_is_taken_up_again():
    whole = profile("a.csv", "No,Firma Nr,Betrag", "1,A,10", "2,B,20")
    before = Plan(source="erp", zone="Europe/Berlin", full_export=True)
    before = before.with_fill("deals", "external_id", "No").with_fill(
        "deals", "company", "Firma Nr"
    )
    before = before.with_constant("deals", "currency", "EUR")

    plan = guess(whole, "deals", before)

    assert (plan.source, plan.zone, plan.full_export) == ("erp", "Europe/Berlin", True)
    assert plan.fill("deals", "company") == "Firma Nr"
    assert plan.part("deals").constants == {"currency": "EUR"}


def test_the_file_name_tips_the_scales():
    rows = ("1,Acme,acme.example", "2,Mill,mill.example")

    assert guess_kinds(profile("companies.csv", "id,name,domain", *rows))[0][0] == "companies"


def test_a_plan_survives_json_and_toml():
    plan = guess(shared("crm_sales_opportunities/sales_pipeline.csv")).answer("currency", "USD")

    assert Plan.from_json(plan.as_json()) == plan
    again = Plan.from_toml(plan.as_toml())
    assert [(p.kind, [(f.field, f.column) for f in p.fills]) for p in again.parts] == [
        (p.kind, [(f.field, f.column) for f in p.fills]) for p in plan.parts
    ]
    assert again.stages == plan.stages


def test_a_bad_map_names_every_fault_with_file_key_value_and_expectation():
    text = """
    zone = "Mars/Olympus"
    [stages]
    Done = "finished"
    [deals]
    external_id = "Deal"
    amuont = "Amount"
    [deals.constants]
    currency = "EURO"
    """
    with pytest.raises(PlanError) as refusal:
        Plan.from_toml(text, columns=["Deal ID", "Amount"], file="my.toml")

    said = str(refusal.value)
    assert "my.toml: zone: “Mars/Olympus”; expected a zone such as Europe/Berlin." in said
    assert "my.toml: stages.Done: “finished”; expected won, lost, open." in said
    assert (
        "deals.external_id: “Deal” is not a column of this file; expected one of Deal ID, Amount"
        in said
    )
    assert "deals.amuont: no such field" in said
    assert "deals.currency: “EURO”; expected a code such as EUR." in said


def test_setting_what_no_kind_has_is_refused():
    plan = Plan().with_fill("deals", "external_id", "ID")

    with pytest.raises(PlanError, match="--set colour=red: expected one of"):
        plan.answer("colour", "red")
    assert plan.answer("deals.type", "new").part("deals").constants == {"type": "new"}


def test_a_plan_that_names_no_row_is_refused():
    with pytest.raises(PlanError, match="nothing names its rows"):
        check(Plan().with_fill("deals", "amount", "Amount"), ["Amount"])


@pytest.mark.parametrize("known", presets(), ids=lambda p: p.name)
def test_a_known_shape_fills_only_known_fields(known):
    headers = [names[0] for names in known.headers]

    plan = known.plan(headers)

    assert known.fits(headers)
    for part in plan.parts:
        check(replace(plan, parts=(part,)), [*headers]) if part.fill("external_id") else None
