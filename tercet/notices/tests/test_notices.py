"""Who is told what, once."""

import pytest
from django.urls import reverse

from tercet.notices.commands import mark_read, mark_unread, notify
from tercet.notices.models import Notice
from tercet.notices.queries import unread_count
from tercet.record.comments import add_comment, follow
from tercet.record.models import Event, Handoff
from tercet.record.worker import deliver_events


def comment(world, by, text="Look at this"):
    add_comment(world.sales, text, by=by, now=world.now)
    return Event.objects.filter(kind="comment.written").first()


def test_followers_are_told_and_whoever_did_it_is_not(world):
    follow(world.sales, by=world.vic, now=world.now)
    follow(world.sales, by=world.ada, now=world.now)

    comment(world, world.ada)
    deliver_events()

    notice = Notice.objects.get()
    assert notice.member == world.vic
    assert notice.text == "Ada Lind commented on Sales"


def test_a_second_delivery_tells_nobody_twice(world):
    follow(world.sales, by=world.vic, now=world.now)
    event = comment(world, world.ada)

    notify(event)
    notify(event)

    assert Notice.objects.count() == 1


def test_both_sides_of_an_open_handoff_are_told(world):
    Handoff.objects.create(
        workspace=world.quay,
        kind="question",
        title="Which ports?",
        about_kind="team",
        about_id=world.sales.pk,
        from_member=world.cora,
        to_team=world.sales,
        asked_at=world.now,
    )

    notify(comment(world, world.ada))

    told = {notice.member for notice in Notice.objects.all()}
    assert told == {world.cora, world.edi}


def test_somebody_who_left_is_told_nothing(world):
    follow(world.sales, by=world.lea, now=world.now)

    notify(comment(world, world.ada))

    assert not Notice.objects.exists()


def test_whoever_comments_follows_from_then_on(world):
    comment(world, world.cora)

    notify(comment(world, world.ada))

    assert Notice.objects.get().member == world.cora


def test_reading_is_taken_back(world):
    follow(world.sales, by=world.vic, now=world.now)
    notify(comment(world, world.ada))
    newest = Notice.objects.get().pk

    assert mark_read(world.vic, now=world.now, up_to=newest) == 1
    assert unread_count(world.vic) == 0
    mark_unread(world.vic, read_at=world.now)
    assert unread_count(world.vic) == 1


def test_the_page_tells_it_and_the_bell_knows(world, as_):
    follow(world.sales, by=world.vic, now=world.now)
    notify(comment(world, world.ada))
    vic = as_(world.vic)
    page = reverse("notices:notices_page", args=["quay"])

    text = vic.get(page).content.decode()
    assert "Ada Lind commented on Sales" in text
    assert "Notices, 1 unread" in text

    answer = vic.post(
        reverse("notices:mark_read", args=["quay"]),
        {"up_to": Notice.objects.get().pk},
        follow=True,
    )
    assert "Notices, 1 unread" not in answer.content.decode()


@pytest.mark.parametrize("up_to", ["", "x", "9" * 40])
def test_nonsense_reads_nothing(world, as_, up_to):
    answer = as_(world.vic).post(reverse("notices:mark_read", args=["quay"]), {"up_to": up_to})

    assert answer.status_code == 302
