import pytest

from tercet.customers.models import Owner
from tercet.people.models import Team
from tercet.record.models import Figure
from tercet.revenue.models import Lead, Settings
from tercet.revenue.tests import quay


def result(name):
    return Figure.objects.filter(name=name).latest("id").result


def test_shows_both_waits_in_working_hours(world, see):
    quay.fill(world.quay)

    html = see("service_level_page").content.decode()

    whole = result("revenue.waits")["whole"]
    assert whole["routing"]["median"] == 1.0
    assert (whole["contact"]["done"], whole["contact"]["open"]) == (2494, 606)
    assert "Leads not called" in html
    assert "606" in html


def test_commits_to_the_leads_that_suffice_four_times_in_five(world, see):
    quay.fill(world.quay)
    Settings.objects.update(revenue_goal_minor=600_000_00, marketing_share_percent=60)

    html = see("service_level_page").content.decode()

    owes = result("revenue.leads_owed")
    assert owes["p10"] < owes["plain"] < owes["p80"]
    assert f"{owes['p80']:,} leads" in html


def test_refuses_without_a_goal_and_says_where_to_enter_it(world, see):
    quay.fill(world.quay, share=0.1)

    html = see("service_level_page").content.decode()

    assert "Nobody has said the revenue goal" in html
    assert "Enter them" in html


@pytest.mark.parametrize(("people", "is_shown"), [(4, False), (5, True)])
def test_a_team_is_shown_from_five_people_on(world, see, people, is_shown):
    quay.fill(world.quay, share=0.1)
    north = Team.objects.create(workspace=world.quay, name="Far North", function="sales")
    for n in range(people):
        Owner.objects.create(workspace=world.quay, name=f"Rep {n}", team=north)
    Lead.objects.update(team=north)

    main = see("service_level_page").content.decode().split("<main", 1)[1]

    assert ("Far North" in main) is is_shown


def test_says_which_column_is_missing(world, see):
    quay.fill(world.quay, share=0.1)
    Lead.objects.update(assigned_at=None)

    html = see("service_level_page").content.decode()

    assert "the time at which it was assigned" in html
