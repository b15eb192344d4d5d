import json
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from tercet.analysis.tables import DEALS, LEADS
from tercet.customers.models import Company, Owner, Segment
from tercet.people.models import Team
from tercet.revenue.frames import ABOUT, write_frames
from tercet.revenue.models import Campaign, Deal, Lead, Settings, Stage, StageMove


@pytest.fixture
def frames(world, tmp_path):
    """What a snapshot holds now, as lists of rows."""

    def read():
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        write_frames(world.quay, folder)
        tables = ("leads", "deals", "moves")
        found = {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in tables}
        return found | {"about": json.loads((folder / ABOUT).read_text())}

    return read


def test_a_lead_is_won_with_its_first_won_deal(world, frames):
    lead = Lead.objects.create(workspace=world.quay, name="Ina", created_on=date(2026, 5, 4))
    for won_on, amount in ((date(2026, 7, 1), 900), (date(2026, 6, 1), 500), (None, 70)):
        Deal.objects.create(
            workspace=world.quay,
            lead=lead,
            created_on=date(2026, 5, 20),
            won_on=won_on,
            amount_minor=amount,
            currency="EUR",
        )

    row = frames()["leads"][0]

    assert (row["won_on"], row["amount_minor"], row["currency"]) == (date(2026, 6, 1), 500, "EUR")
    assert (row["deal_on"], row["lost_on"]) == (date(2026, 5, 20), None)


def test_a_lead_is_lost_when_all_of_its_deals_are(world, frames):
    lead = Lead.objects.create(workspace=world.quay, created_on=date(2026, 5, 4))
    for day in (3, 9):
        Deal.objects.create(workspace=world.quay, lead=lead, lost_on=date(2026, 6, day))

    assert frames()["leads"][0]["lost_on"] == date(2026, 6, 9)

    Deal.objects.create(workspace=world.quay, lead=lead)
    assert frames()["leads"][0]["lost_on"] is None


def test_a_contact_says_that_a_lead_was_followed_up(world, frames):
    day = date(2026, 5, 5)
    Lead.objects.create(workspace=world.quay, first_contact_on=day)
    Lead.objects.create(workspace=world.quay, first_contact_on=day, followed_up=False)
    Lead.objects.create(workspace=world.quay)

    rows = frames()["leads"]

    assert [row["followed_up"] for row in rows] == [True, False, None]
    assert [row["followed_up_on"] for row in rows] == [day, None, None]


def test_a_deal_inherits_from_its_lead_and_company(world, frames):
    large = Segment.objects.create(workspace=world.quay, name="Large")
    company = Company.objects.create(workspace=world.quay, name="Harbour", segment=large)
    autumn = Campaign.objects.create(workspace=world.quay, name="Autumn")
    lead = Lead.objects.create(
        workspace=world.quay, origin="Fair", campaign=autumn, team=world.sales
    )
    Deal.objects.create(workspace=world.quay, lead=lead, company=company)

    row = frames()["deals"][0]

    assert (row["origin"], row["campaign"]) == ("Fair", "Autumn")
    assert (row["team"], row["segment"]) == ("Sales", "Large")


def test_a_stage_decides_whether_a_deal_is_won(world, frames):
    signed = Stage.objects.create(workspace=world.quay, name="Signed", step="won")
    dead = Stage.objects.create(workspace=world.quay, name="Dead", step="lost")
    test = Stage.objects.create(workspace=world.quay, name="Test", step="ignored")
    for stage in (signed, dead, test):
        Deal.objects.create(workspace=world.quay, stage=stage, closes_on=date(2026, 9, 1))

    rows = frames()["deals"]

    assert [(row["won_on"], row["lost_on"]) for row in rows] == [
        (date(2026, 9, 1), None),
        (None, date(2026, 9, 1)),
    ]


def test_a_move_into_a_qualified_stage_qualifies_the_lead(world, frames):
    stage = Stage.objects.create(workspace=world.quay, name="SQL", step="qualified")
    lead = Lead.objects.create(workspace=world.quay)
    deal = Deal.objects.create(workspace=world.quay, lead=lead)
    for day in (9, 4):
        StageMove.objects.create(
            workspace=world.quay, deal=deal, stage=stage, moved_on=date(2026, 6, day)
        )

    found = frames()

    assert found["leads"][0]["qualified_on"] == date(2026, 6, 4)
    assert len(found["moves"]) == 2


def test_leaves_out_what_the_settings_say(world, frames):
    Settings.objects.create(
        workspace=world.quay,
        leave_out_names=["*test*", "100%"],
        leave_out_domains=["quay.example"],
        pipelines_that_count=["New"],
        deal_types_that_count=["new"],
    )
    new = Stage.objects.create(workspace=world.quay, pipeline="New", name="Open")
    old = Stage.objects.create(workspace=world.quay, pipeline="Old", name="Open")
    for name, mail in (
        ("A Test lead", ""),
        ("100%", ""),
        ("100 beds", ""),
        ("Ina", "ina@quay.example"),
        ("Ole", "ole@notquay.example"),
    ):
        Lead.objects.create(workspace=world.quay, name=name, email=mail)
    for stage, kind in ((new, "new"), (old, "new"), (new, "renewal")):
        Deal.objects.create(workspace=world.quay, stage=stage, type=kind)

    about = frames()["about"]

    assert (about["leads"]["rows"], about["leads"]["left_out"]) == (2, 3)
    assert (about["deals"]["rows"], about["deals"]["left_out"]) == (1, 2)


def test_has_no_column_of_a_person(world, frames):
    owner = Owner.objects.create(workspace=world.quay, name="Nadja Present")
    Lead.objects.create(workspace=world.quay, name="Ina Bergmann", owner=owner)
    Deal.objects.create(workspace=world.quay, name="Deal of Nadja Present", owner=owner)

    found = frames()

    assert set(found["leads"][0]) == set(LEADS.names)
    assert set(found["deals"][0]) == set(DEALS.names)
    assert "Nadja" not in json.dumps(found, default=str)
    assert "Ina Bergmann" not in json.dumps(found, default=str)


def test_keeps_instants_in_utc_and_says_how_many_people_a_team_has(world, frames):
    at = datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
    Lead.objects.create(workspace=world.quay, created_on=at.date(), created_at=at)
    team = Team.objects.create(workspace=world.quay, name="North", function="sales")
    for n in range(5):
        Owner.objects.create(workspace=world.quay, name=f"Rep {n}", team=team)
    Owner.objects.create(workspace=world.quay, name="Gone", team=team, left_on=date(2026, 1, 1))

    found = frames()

    assert found["leads"][0]["created_at"] == at
    assert found["about"]["team_sizes"] == {"North": 5, "Sales": 1, "Marketing": 1}


def test_another_workspace_stays_out(world, frames):
    Lead.objects.create(workspace=world.mill, name="Theirs")

    assert frames()["leads"] == []
