"""Roles, teams and leaving: who may, what stays, what can be taken back."""

from datetime import date

import pytest
from django.urls import reverse

from tercet.kit.refusal import Refused
from tercet.members import commands
from tercet.members.queries import seats, teams_of
from tercet.people.models import Member, Team, Workspace
from tercet.record.models import Event

FIRST = date(2026, 10, 1)


def newest(kind):
    return Event.objects.filter(kind=kind).first()


# --- roles -------------------------------------------------------------------------------------


def test_a_role_changes_and_is_recorded_with_before_and_after(world):
    commands.change_role(world.vic, "editor", by=world.ada)

    world.vic.refresh_from_db()
    assert world.vic.role == "editor"
    assert newest("member.role_changed").data["role"] == ["viewer", "editor"]


def test_the_same_role_again_changes_nothing(world):
    commands.change_role(world.vic, "viewer", by=world.ada)

    assert not Event.objects.exists()


def test_the_last_administrator_stays_one(world):
    with pytest.raises(Refused, match="needs an administrator"):
        commands.change_role(world.ada, "editor", by=world.ada)
    with pytest.raises(Refused, match="needs an administrator"):
        commands.end_member(world.ada, on=world.today, by=world.ada)

    world.ada.refresh_from_db()
    assert (world.ada.role, world.ada.left_on) == ("admin", None)


def test_somebody_who_was_demoted_meanwhile_gives_no_roles(world):
    commands.change_role(world.edi, "admin", by=world.ada)
    stale = Member.objects.get(pk=world.edi.pk)
    commands.change_role(world.edi, "viewer", by=world.ada)

    with pytest.raises(Refused, match="Only an administrator"):
        commands.change_role(world.cora, "admin", by=stale)


@pytest.mark.parametrize("who", ["edi", "cora", "vic"])
def test_nobody_else_gives_roles(world, who):
    with pytest.raises(Refused, match="Only an administrator"):
        commands.change_role(world.vic, "admin", by=getattr(world, who))


def test_an_outsider_finds_no_member_here(world):
    with pytest.raises(Refused):
        commands.change_role(world.vic, "admin", by=world.oto)


def test_a_role_is_taken_back_while_nobody_changed_it_since(world):
    commands.change_role(world.vic, "editor", by=world.ada)
    commands.undo_change(newest("member.role_changed"), by=world.ada, today=world.today)
    world.vic.refresh_from_db()
    assert world.vic.role == "viewer"

    first = Event.objects.order_by("id").first()
    with pytest.raises(Refused, match="meanwhile"):
        commands.undo_change(first, by=world.ada, today=world.today)


# --- leaving -----------------------------------------------------------------------------------


def test_leaving_closes_the_door_and_the_teams_from_that_day(world, as_):
    commands.end_member(world.edi, on=world.today, by=world.ada)

    world.edi.refresh_from_db()
    assert world.edi.has_left(world.today)
    assert not world.edi.teams_on(world.today).exists()
    assert world.edi.teams_on(date(2026, 11, 15)).get() == world.sales
    assert as_(world.edi).get(reverse("home:my_week_page", args=["quay"])).status_code == 404


def test_leaving_is_taken_back_with_the_teams(world):
    commands.end_member(world.edi, on=world.today, by=world.ada)
    commands.undo_change(newest("member.left"), by=world.ada, today=world.today)

    world.edi.refresh_from_db()
    assert world.edi.left_on is None
    assert world.edi.teams_on(world.today).get() == world.sales


def test_nobody_leaves_before_they_came(world):
    with pytest.raises(Refused, match="joined on 1 Jan 2026"):
        commands.end_member(world.edi, on=date(2025, 12, 31), by=world.ada)


# --- teams -------------------------------------------------------------------------------------


def test_a_move_keeps_where_somebody_was(world):
    commands.join_team(world.edi, world.marketing, leaving=world.sales, on=FIRST, by=world.ada)

    assert world.edi.teams_on(date(2026, 9, 30)).get() == world.sales
    assert world.edi.teams_on(FIRST).get() == world.marketing
    was = {str(seat.member): seat.teams for seat in seats(world.quay, day=date(2026, 9, 30))}
    assert was["Edi Moor"] == [world.sales]


def test_a_move_is_taken_back(world):
    commands.join_team(world.edi, world.marketing, leaving=world.sales, on=FIRST, by=world.ada)
    commands.undo_change(newest("team.joined"), by=world.ada, today=world.today)

    assert world.edi.teams_on(world.today).get() == world.sales


def test_nobody_is_in_a_team_twice(world):
    with pytest.raises(Refused, match="already"):
        commands.join_team(world.edi, world.sales, on=FIRST, by=world.ada)


def test_a_team_of_another_workspace_is_no_team_here(world):
    grinders = Team._base_manager.create(workspace=world.mill, name="Grinders", function="sales")

    with pytest.raises(Refused):
        commands.join_team(world.edi, grinders, on=FIRST, by=world.ada)


def test_a_team_with_people_is_not_archived(world):
    with pytest.raises(Refused, match=r"One person is in “Sales”"):
        commands.archive_team(world.sales, by=world.ada, now=world.now, today=world.today)


def test_an_empty_team_is_archived_and_brought_back(world):
    team = commands.add_team(world.quay, name="Pricing", function="product", by=world.ada)
    commands.archive_team(team, by=world.ada, now=world.now, today=world.today)
    commands.undo_change(newest("team.archived"), by=world.ada, today=world.today)

    team.refresh_from_db()
    assert team.archived_at is None


def test_two_who_change_a_team_do_not_overwrite_each_other(world):
    version = world.sales.version
    commands.change_team(
        world.sales, name="Inbound", function="sales", version=version, by=world.ada
    )

    with pytest.raises(Refused, match="meanwhile"):
        commands.change_team(
            world.sales, name="Outbound", function="sales", version=version, by=world.ada
        )


def test_a_team_s_name_is_there_once(world):
    with pytest.raises(Refused, match="There is a team"):
        commands.add_team(world.quay, name=" sales ", function="sales", by=world.ada)


def test_the_people_of_a_team_are_counted_on_the_day(world):
    counts = {team.name: team.people for team in teams_of(world.quay, day=world.today)}

    assert counts == {"Marketing": 1, "Sales": 1}


# --- workspaces --------------------------------------------------------------------------------


def test_settings_are_recorded_field_by_field(world):
    commands.change_workspace(
        world.quay,
        name="Quay",
        time_zone="Europe/Paris",
        hides_amounts=True,
        live_from=None,
        by=world.ada,
    )

    event = newest("workspace.changed")
    assert event.data == {
        "time_zone": ["Europe/Berlin", "Europe/Paris"],
        "hides_amounts": [False, True],
    }


def test_an_administrator_opens_another_workspace_and_others_do_not(world, as_):
    form = {"name": "Quay for real", "time_zone": "Europe/Berlin"}
    assert as_(world.edi).post(reverse("open_workspace"), form).status_code == 403

    answer = as_(world.ada).post(reverse("open_workspace"), form)

    assert answer.url == reverse("home:my_week_page", args=["quay-for-real"])
    opened = Workspace.objects.get(slug="quay-for-real")
    assert not opened.is_demo
    assert Member._base_manager.get(workspace=opened).person == world.ada.person


@pytest.mark.django_db
def test_the_first_visitor_names_the_workspace(client):
    from tercet.people.models import Person

    client.force_login(
        Person.objects.create_user("first@quay.example", name="First"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )

    assert client.get(reverse("front_door")).url == reverse("open_workspace")
    answer = client.post(reverse("open_workspace"), {"name": "Quay", "time_zone": "UTC"})
    assert answer.url == reverse("home:my_week_page", args=["quay"])


@pytest.mark.django_db
def test_a_made_up_administrator_says_who_they_are(client):
    from tercet.people.models import Person

    person = Person.objects.create_user("you@localhost", name="Administrator")
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    form = {"name": "Quay", "time_zone": "UTC", "your_name": "Ada Lind"}
    assert client.post(reverse("open_workspace"), form).status_code == 422

    client.post(reverse("open_workspace"), {**form, "your_email": "Ada@quay.example"})

    person.refresh_from_db()
    assert (person.name, person.email) == ("Ada Lind", "ada@quay.example")


# --- pages -------------------------------------------------------------------------------------


def test_the_list_shows_teams_of_a_day(world, as_):
    commands.join_team(world.edi, world.marketing, leaving=world.sales, on=FIRST, by=world.ada)
    page = reverse("members:members_page", args=["quay"])

    then = as_(world.vic).get(page, {"on": "2026-09-30"}).content.decode()
    now = as_(world.vic).get(page).content.decode()

    assert ">Sales</span>" in then
    assert ">Sales</span>" not in now
    assert "Invite" not in now


def test_a_profile_shows_role_and_teams_and_no_figure(world, as_):
    answer = as_(world.vic).get(reverse("members:member_page", args=["quay", world.edi.pk]))

    text = answer.content.decode()
    assert "Edi Moor" in text
    assert "Change the role" not in text
    assert "%" not in text.split("<main")[1].split("</main>")[0]


def test_a_refused_change_is_said_on_the_profile(world, as_):
    page = reverse("members:change_role", args=["quay", world.ada.pk])

    answer = as_(world.ada).post(page, {"role": "viewer"})

    assert answer.status_code == 422
    assert "needs an administrator" in answer.content.decode()


def test_the_toast_of_a_change_takes_it_back(world, as_):
    ada = as_(world.ada)
    page = reverse("members:change_role", args=["quay", world.vic.pk])
    answer = ada.post(page, {"role": "editor"}, follow=True)
    event = newest("member.role_changed")
    undo = reverse("members:undo_change", args=["quay", event.pk])
    assert undo in answer.content.decode()

    ada.post(undo)

    world.vic.refresh_from_db()
    assert world.vic.role == "viewer"
