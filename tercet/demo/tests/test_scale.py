from datetime import UTC, datetime

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tercet.connectors.mapping.fields import KINDS
from tercet.demo.scale import Scale, write_scale

SMALL = Scale(companies=300, deals=400, leads=5_000, touches=20_000)
END = datetime(2026, 11, 17, tzinfo=UTC)
MOVES = "stage_moves"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    paths = write_scale(tmp_path_factory.mktemp("scale"), scale=SMALL, chunk=3_000)
    return {kind: pq.read_table(path) for kind, path in paths.items()}


def test_as_many_rows_as_asked_for_in_every_kind(tables):
    for kind in ("companies", "deals", "leads", "touches"):
        assert tables[kind].num_rows == getattr(SMALL, kind)
    assert set(tables) == set(KINDS)


def test_columns_are_the_importers(tables):
    for kind, table in tables.items():
        known = {field.name for field in KINDS[kind].fields} | {"currency"}
        assert set(table.column_names) <= known


def test_references_find_their_rows(tables):
    ids = {kind: set(t["external_id"].to_pylist()) for kind, t in tables.items() if kind != MOVES}
    for kind in ("leads", "deals", "touches", "contacts"):
        assert set(tables[kind]["company"].to_pylist()) <= ids["companies"]
    assert set(tables["deals"]["lead"].to_pylist()) <= ids["leads"]
    assert set(tables[MOVES]["deal"].to_pylist()) == ids["deals"]
    assert set(tables["touches"]["person"].to_pylist()) <= set(tables["leads"]["email"].to_pylist())


def test_a_lead_and_its_deal_name_each_other_and_follow_in_time(tables):
    deals = {row["external_id"]: row for row in tables["deals"].to_pylist()}
    leads = [row for row in tables["leads"].to_pylist() if row["deal"]]
    assert len(leads) == len(deals)
    for lead in leads:
        deal = deals[lead["deal"]]
        assert deal["lead"] == lead["external_id"]
        assert lead["created"] < lead["assigned"] < lead["first_contact"] < lead["accepted"]
        assert lead["accepted"] < lead["qualified"] < deal["created"]
        assert deal["created"] < (deal["won"] or deal["lost"] or END)


def test_chunks_do_not_change_what_is_said_across_kinds(tables, tmp_path):
    path = write_scale(tmp_path, scale=SMALL, chunk=100_000)["deals"]

    for column in ("lead", "company", "stage", "won"):
        assert pq.read_table(path)[column] == tables["deals"][column]


def test_same_seed_same_bytes_in_csv(tmp_path):
    one = write_scale(tmp_path / "1", scale=SMALL, format="csv")
    two = write_scale(tmp_path / "2", scale=SMALL, format="csv")

    assert all(one[kind].read_bytes() == two[kind].read_bytes() for kind in one)
    assert pacsv.read_csv(one["touches"]).num_rows == SMALL.touches


def test_refuses_more_deals_than_leads_of_age(tmp_path):
    with pytest.raises(ValueError, match="need as many leads of age"):
        write_scale(tmp_path, scale=Scale(leads=100, deals=100))
