"""Ada invites; whoever holds the link joins once, in this workspace, with that address."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from tercet.kit.refusal import Refused
from tercet.members.commands import (
    accept_invitation,
    accept_invitation_with_new_account,
    change_role,
    invite_member,
    revoke_invitation,
)
from tercet.people.models import Invitation, Member, Person
from tercet.record.models import Event, Mail

NOW = timezone.now()
PASSWORD = "harbour cranes at dawn"


def token_of(issued):
    return issued.link.rsplit("/", 1)[1]


def join_new(world, issued, email="new@quay.example", name="Nia New"):
    return accept_invitation_with_new_account(
        token_of(issued), name=name, email=email, password=PASSWORD, now=NOW, today=world.today
    )


def test_a_mailed_invitation_lies_in_the_outbox_and_lets_one_person_in(world):
    issued = invite_member(
        world.quay, email="Nia@Quay.example", role="editor", team=world.sales, by=world.ada, now=NOW
    )
    mail = Mail.objects.get()
    assert mail.to == "nia@quay.example"
    assert issued.link in mail.text

    member = join_new(world, issued, email="ignored@elsewhere.example")

    assert member.person.email == "nia@quay.example"
    assert member.role == "editor"
    assert list(member.teams_on(world.today)) == [world.sales]
    assert [each.kind for each in Event.objects.order_by("id")] == [
        "member.invited",
        "member.joined",
    ]


def test_the_token_itself_is_kept_nowhere(world):
    issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)

    assert token_of(issued) not in str(Invitation.objects.values())
    assert token_of(issued) not in str(Event.objects.values())


def test_a_link_lets_in_once(world):
    issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)
    join_new(world, issued)

    with pytest.raises(Refused, match="used or withdrawn"):
        join_new(world, issued, email="second@quay.example")


def test_a_withdrawn_or_old_invitation_lets_nobody_in(world):
    old = invite_member(world.quay, role="viewer", by=world.ada, now=NOW - timedelta(days=15))
    gone = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)
    revoke_invitation(gone.invitation, by=world.ada, now=NOW)

    for issued in (old, gone):
        with pytest.raises(Refused, match="too old"):
            join_new(world, issued)


def test_an_invitation_ends_with_the_right_to_invite(world):
    change_role(world.edi, "admin", by=world.ada)
    world.edi.refresh_from_db()
    issued = invite_member(world.quay, role="admin", by=world.edi, now=NOW)
    change_role(world.edi, "editor", by=world.ada)

    with pytest.raises(Refused, match="Ask for a new one"):
        join_new(world, issued)


def test_it_holds_for_its_address_only(world):
    issued = invite_member(
        world.quay, email="nia@quay.example", role="viewer", by=world.ada, now=NOW
    )

    with pytest.raises(Refused, match=r"for nia@quay\.example\. You are signed in as oto@mill"):
        accept_invitation(token_of(issued), person=world.oto.person, now=NOW, today=world.today)


def test_an_account_that_is_there_is_never_taken_over(world):
    issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)

    with pytest.raises(Refused, match="Sign in first"):
        join_new(world, issued, email="oto@mill.example")

    assert not Person.objects.get(email="oto@mill.example").has_usable_password()
    assert Invitation.objects.get().accepted_at is None


def test_somebody_of_another_workspace_joins_with_the_own_account(world):
    issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)

    member = accept_invitation(
        token_of(issued), person=world.oto.person, now=NOW, today=world.today
    )

    assert member.workspace == world.quay
    assert member.person == world.oto.person


def test_somebody_who_left_comes_back_with_the_new_role(world):
    issued = invite_member(
        world.quay, email=world.lea.person.email, role="viewer", by=world.ada, now=NOW
    )

    member = accept_invitation(
        token_of(issued), person=world.lea.person, now=NOW, today=world.today
    )

    assert member == world.lea
    assert (member.role, member.left_on) == ("viewer", None)


def test_only_administrators_invite_and_nobody_twice(world):
    with pytest.raises(Refused, match="Only an administrator"):
        invite_member(world.quay, role="viewer", by=world.edi, now=NOW)
    with pytest.raises(Refused, match="already"):
        invite_member(world.quay, email="edi@quay.example", role="viewer", by=world.ada, now=NOW)
    with pytest.raises(Refused, match="Only an administrator"):
        invite_member(world.quay, role="viewer", by=world.oto, now=NOW)


def test_a_second_invitation_for_an_address_replaces_the_first(world):
    first = invite_member(
        world.quay, email="nia@quay.example", role="viewer", by=world.ada, now=NOW
    )
    invite_member(world.quay, email="nia@quay.example", role="editor", by=world.ada, now=NOW)

    first.invitation.refresh_from_db()
    assert first.invitation.revoked_at is not None


# --- the page ----------------------------------------------------------------------------------


def test_a_stranger_sees_who_invites_and_joins_with_one_form(world, client):
    issued = invite_member(world.quay, role="contributor", by=world.ada, now=NOW)
    page = reverse("join", args=[token_of(issued)])
    answer = client.get(page)
    assert "Ada Lind invites you as contributor" in answer.content.decode()
    # Not "no-referrer": with it a browser sends the form's POST from the origin "null".
    assert answer["Referrer-Policy"] == "same-origin"
    assert Invitation.objects.get().accepted_at is None

    form = {"name": "Nia New", "email": "nia@quay.example", "password": PASSWORD}
    answer = client.post(page, form, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("home:my_week_page", args=["quay"])
    assert Member.objects.get(person__email="nia@quay.example").role == "contributor"


def test_a_weak_password_is_refused_beside_its_field(world, client):
    issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)
    form = {"name": "Nia", "email": "nia@quay.example", "password": "password1234"}

    answer = client.post(reverse("join", args=[token_of(issued)]), form)

    assert answer.status_code == 422
    assert "too common" in answer.content.decode()


def test_a_signed_in_person_with_another_address_is_told(world, as_):
    issued = invite_member(
        world.quay, email="nia@quay.example", role="viewer", by=world.ada, now=NOW
    )

    answer = as_(world.oto).get(reverse("join", args=[token_of(issued)]))

    assert "You are signed in as <b>oto@mill.example</b>" in answer.content.decode()


def test_a_token_that_is_none_says_so_and_nothing_more(world, client):
    answer = client.get(reverse("join", args=["guessed"]))

    assert answer.status_code == 404
    assert "no longer works" in answer.content.decode()


def test_the_form_shows_the_link_once(world, as_):
    ada = as_(world.ada)
    answer = ada.post(reverse("members:invite_member", args=["quay"]), {"role": "viewer"})

    link = re.search(r"http://127\.0\.0\.1:8000/join/\S{43}", answer.content.decode())[0]
    assert ada.get(reverse("members:members_page", args=["quay"])).content.decode().count(link) == 0


def test_a_team_of_another_workspace_cannot_be_chosen(world, as_):
    with scopes_disabled():
        from tercet.people.models import Team

        foreign = Team.objects.create(workspace=world.mill, name="Grinders", function="sales")
    form = {"role": "viewer", "team": foreign.pk}

    answer = as_(world.ada).post(reverse("members:invite_member", args=["quay"]), form)

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


# --- races -------------------------------------------------------------------------------------


@pytest.mark.flushes
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_follow_one_link_at_once_one_gets_in(request):
    from conftest import build_world

    world = build_world()
    with scopes_disabled():
        issued = invite_member(world.quay, role="viewer", by=world.ada, now=NOW)
    came, refused = [], []
    together = threading.Barrier(8)

    def follow(number):
        together.wait()
        try:
            came.append(join_new(world, issued, email=f"racer{number}@quay.example"))
        except Refused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    racers = [threading.Thread(target=follow, args=[number]) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    with scopes_disabled():
        joined = Member.objects.filter(person__email__startswith="racer").count()
    assert (len(came), len(refused), joined) == (1, 7, 1)
    assert Person.objects.filter(email__startswith="racer").count() == 1


@pytest.mark.flushes
@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_leave_one(request):
    from conftest import build_world

    world = build_world()
    with scopes_disabled():
        Member.objects.filter(pk=world.edi.pk).update(role="admin")
    world.edi.refresh_from_db()
    together = threading.Barrier(2)
    refused = []

    def demote(member, by):
        together.wait()
        try:
            with scopes_disabled():
                change_role(member, "viewer", by=by)
        except Refused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    pairs = [(world.ada, world.edi), (world.edi, world.ada)]
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with scopes_disabled():
        left = Member.objects.filter(workspace=world.quay, role="admin", left_on=None).count()
    assert left == 1
    assert len(refused) == 1
