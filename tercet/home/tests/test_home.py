"""The own week, search, comments, and what only an administrator reads."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from tercet.home import commands
from tercet.home.queries import my_week, readable_mails
from tercet.kit.refusal import Refused
from tercet.notices.models import Notice
from tercet.people.models import Member, Workspace
from tercet.record import search
from tercet.record.comments import add_comment, pieces
from tercet.record.mail import write_mail
from tercet.record.models import Comment, Event, ExternalId, Handoff, Job
from tercet.record.worker import deliver_events


@pytest.fixture
def asked(world):
    """Cora of Marketing asked Sales, where Edi is, for a call by yesterday."""
    return Handoff.objects.create(
        workspace=world.quay,
        kind="question",
        title="Call Harbour Nord",
        about_kind="team",
        about_id=world.sales.pk,
        from_member=world.cora,
        to_team=world.sales,
        asked_at=world.now - timedelta(days=3),
        due_at=world.now - timedelta(days=1),
    )


def week_of(world, member):
    return my_week(member, today=world.today, now=world.now)


def finish(world, handoff, outcome="done", by=None):
    return commands.finish_handoff(
        handoff, outcome=outcome, by=by or world.edi, now=world.now, today=world.today
    )


# --- my week -----------------------------------------------------------------------------------


def test_both_sides_see_what_is_owed_and_nobody_else(world, asked):
    assert [each.handoff for each in week_of(world, world.edi).owed_by_me] == [asked]
    assert [each.handoff for each in week_of(world, world.cora).owed_to_me] == [asked]
    assert week_of(world, world.vic).is_empty
    assert week_of(world, world.edi).overdue == 1


def test_what_is_due_first_stands_first_and_undated_last(world, asked):
    for title, due in [("Someday", None), ("Sooner", asked.due_at - timedelta(days=1))]:
        Handoff.objects.create(
            workspace=world.quay,
            kind="question",
            title=title,
            to_member=world.edi,
            asked_at=world.now,
            due_at=due,
        )

    titles = [each.handoff.title for each in week_of(world, world.edi).owed_by_me]

    assert titles == ["Sooner", "Call Harbour Nord", "Someday"]


def test_the_first_answer_counts(world, asked):
    event = commands.answer_handoff(asked, by=world.edi, now=world.now, today=world.today)
    again = commands.answer_handoff(asked, by=world.edi, now=world.now, today=world.today)

    asked.refresh_from_db()
    assert asked.answered_at == world.now
    assert event is not None
    assert again is None


def test_done_ends_it_and_is_taken_back(world, asked):
    event = finish(world, asked)
    asked.refresh_from_db()
    assert (asked.outcome, asked.ended_at) == ("done", world.now)

    commands.undo_change(event, by=world.edi, now=world.now, today=world.today)

    asked.refresh_from_db()
    assert (asked.outcome, asked.ended_at, asked.answered_at) == ("", None, None)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/quay/customers/?q=a", "/quay/customers/?q=a"),
        ("//evil.example/x", "/quay/"),
        ("https://evil.example", "/quay/"),
        ("/\\evil.example", "/quay/"),
        ("javascript:alert(1)", "/quay/"),
        ("", "/quay/"),
    ],
)
def test_an_undo_leads_back_and_never_away(world, asked, as_, wanted, given):
    event = finish(world, asked)

    undo = reverse("home:undo_change", args=["quay", event.pk])
    answer = as_(world.edi).post(undo, {"next": wanted})

    assert answer.url == given


def test_whoever_asked_hears_what_became_of_it(world, asked):
    finish(world, asked)
    deliver_events()

    assert [each.text for each in Notice.objects.filter(member=world.cora)] == [
        "Edi Moor finished “Call Harbour Nord”"
    ]


def test_an_old_undo_takes_nothing_back(world, asked):
    event = commands.answer_handoff(asked, by=world.edi, now=world.now, today=world.today)
    finish(world, asked)

    with pytest.raises(Refused, match="meanwhile"):
        commands.undo_change(event, by=world.edi, now=world.now, today=world.today)


@pytest.mark.parametrize(
    ("who", "outcome"), [("cora", "done"), ("ada", "done"), ("edi", "withdrawn")]
)
def test_each_side_does_only_its_own(world, asked, who, outcome):
    with pytest.raises(Refused, match="Only who"):
        finish(world, asked, outcome, by=getattr(world, who))


def test_the_asking_side_withdraws(world, asked):
    finish(world, asked, "withdrawn", by=world.cora)

    asked.refresh_from_db()
    assert asked.outcome == "withdrawn"


def test_the_page_marks_what_is_overdue_and_answers_in_place(world, asked, as_):
    edi = as_(world.edi)
    page = edi.get(reverse("home:my_week_page", args=["quay"])).content.decode()
    assert "Overdue" in page

    url = reverse("home:finish_handoff", args=["quay", asked.pk])
    answer = edi.post(url, {"outcome": "done"}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "Call Harbour Nord" not in answer.content.decode()
    assert "undo" in answer["HX-Trigger"]


def test_an_empty_week_shows_an_example_and_three_first_steps(world, as_):
    page = as_(world.ada).get(reverse("home:my_week_page", args=["quay"])).content.decode()

    for text in ("Example", "Bring in your data", "Invite a colleague", "Look at the funnel"):
        assert text in page


def test_an_empty_week_in_the_demo_leads_into_the_demo(world, as_):
    Workspace.objects.filter(pk=world.quay.pk).update(is_demo=True)

    page = as_(world.ada).get(reverse("home:my_week_page", args=["quay"])).content.decode()

    assert "See why won revenue fell" in page
    assert "Invite a colleague" not in page


def test_the_page_stays_within_its_queries(world, asked, as_, django_assert_max_num_queries):
    edi = as_(world.edi)
    for number in range(30):
        Handoff.objects.create(
            workspace=world.quay,
            kind="question",
            title=f"Question {number}",
            to_member=world.edi,
            about_kind="team",
            about_id=world.sales.pk,
            asked_at=world.now,
        )

    with django_assert_max_num_queries(12):
        edi.get(reverse("home:my_week_page", args=["quay"]))


# --- search and going there --------------------------------------------------------------------


def test_search_finds_by_the_beginning_of_a_word_and_only_here(world, as_):
    with scope(workspace=world.quay):
        search.index(world.sales, world.edi)
    page = reverse("home:search", args=["quay"])

    assert "Edi Moor" in as_(world.vic).get(page, {"q": "moo"}).content.decode()
    foreign = as_(world.oto).get(reverse("home:search", args=["mill"]), {"q": "moo"})
    assert "Edi Moor" not in foreign.content.decode()


def test_the_palette_answers_with_links_alone(world, as_):
    search.index(world.sales)

    answer = as_(world.vic).get(reverse("home:palette", args=["quay"]), {"q": "sal"})

    text = answer.content.decode()
    assert "<html" not in text
    assert "Sales" in text


@pytest.mark.parametrize("q", ['"', "a OR b", "*", "(", "x" * 5000, "\0", "a:b & !c", ""])
def test_no_typing_breaks_the_search(world, as_, q):
    for name in ("home:search", "home:palette"):
        assert as_(world.vic).get(reverse(name, args=["quay"]), {"q": q}).status_code == 200


def test_go_opens_a_thing_by_its_foreign_name(world, as_):
    ExternalId.objects.create(
        workspace=world.quay,
        source="HubSpot",
        kind="team",
        external_id="a/b 7",
        thing_id=world.sales.pk,
    )
    go = reverse("home:go", args=["quay", "HubSpot", "team", "a/b 7"])

    assert as_(world.vic).get(go).status_code == 302
    assert as_(world.vic).get(go + "8").status_code == 404


# --- comments ----------------------------------------------------------------------------------


def talk(world, name):
    return reverse(f"home:{name}", args=["quay", "team", world.sales.pk])


def test_a_comment_is_text_and_never_markup(world, as_):
    text = "<script>alert(1)</script> see https://tercet.example/x?a=1&b=2."
    answer = as_(world.cora).post(
        talk(world, "add_comment"), {"text": text}, headers={"HX-Request": "true"}
    )

    page = answer.content.decode()
    assert "<script>alert" not in page
    assert 'href="https://tercet.example/x?a=1&amp;b=2"' in page


def test_only_web_addresses_become_links():
    found = [
        each.text for each in pieces("javascript:alert(1) http://a.example, b") if each.is_address
    ]

    assert found == ["http://a.example"]


def test_viewers_read_and_do_not_write(world, as_):
    assert as_(world.vic).post(talk(world, "add_comment"), {"text": "no"}).status_code == 403
    assert not Comment.objects.exists()


def test_an_empty_comment_is_refused_with_what_was_typed_kept(world, as_):
    answer = as_(world.cora).post(
        talk(world, "add_comment"), {"text": "  "}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 422
    assert "Write something first" in answer.content.decode()


def test_a_comment_is_taken_away_by_its_writer_and_comes_back(world, as_):
    comment = add_comment(world.sales, "Hm", by=world.cora, now=world.now)
    assert (
        as_(world.edi)
        .post(
            reverse("home:archive_comment", args=["quay", comment.pk]),
            headers={"HX-Request": "true"},
        )
        .status_code
        == 422
    )
    as_(world.cora).post(reverse("home:archive_comment", args=["quay", comment.pk]))
    comment.refresh_from_db()
    assert comment.archived_at is not None

    event = Event.objects.filter(kind="comment.archived").first()
    as_(world.cora).post(reverse("home:undo_change", args=["quay", event.pk]))

    comment.refresh_from_db()
    assert comment.archived_at is None


def test_a_thing_of_another_workspace_has_no_comments_here(world, as_):
    url = reverse("home:add_comment", args=["mill", "team", world.sales.pk])

    assert as_(world.oto).post(url, {"text": "hello"}).status_code == 404


# --- for administrators ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["system_page", "outbox_page"])
@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("edi", 403), ("oto", 404)])
def test_only_administrators_look_into_the_machine(world, as_, name, who, status):
    page = reverse(f"home:{name}", args=["quay"])

    assert as_(getattr(world, who)).get(page).status_code == status


def test_the_system_page_says_what_is_wrong_and_tries_again(world, as_):
    job = Job.objects.create(
        name="record.tidy",
        state="failed",
        problem="ValueError: no",
        attempts=8,
        run_after=world.now,
        created_at=world.now,
        finished_at=world.now,
    )
    ada = as_(world.ada)
    page = ada.get(reverse("home:system_page", args=["quay"])).content.decode()
    assert "No worker is running" in page
    assert "ValueError: no" in page

    ada.post(reverse("home:retry_job", args=["quay", job.pk]))

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)


def test_another_workspace_s_jobs_are_not_there(world, as_):
    job = Job.objects.create(
        name="record.tidy",
        workspace=world.mill,
        state="failed",
        run_after=world.now,
        created_at=world.now,
    )
    url = reverse("home:retry_job", args=["quay", job.pk])

    assert as_(world.ada).post(url).status_code == 404


def test_the_outbox_shows_a_code_only_of_people_who_are_nowhere_else(world):
    write_mail("edi@quay.example", "Your code", "ABC-123")
    write_mail("oto@mill.example", "Your code", "XYZ-987")
    own = write_mail("nia@quay.example", "Ada invites you", "link", workspace=world.quay)

    found = readable_mails(world.ada, today=world.today)

    assert {mail.to for mail in found} == {"edi@quay.example", "nia@quay.example"}
    assert own in found
    with scopes_disabled():
        Member.objects.create(
            workspace=world.mill, person=world.edi.person, role="viewer", joined_on=world.today
        )
    assert [mail.to for mail in readable_mails(world.ada, today=world.today)] == [
        "nia@quay.example"
    ]


def test_everybody_reads_what_is_measured(world, as_):
    page = as_(world.vic).get(reverse("home:measured_page", args=["quay"]))

    assert "Never" in page.content.decode()


def test_the_demo_wears_its_badge(world, as_):
    Workspace.objects.filter(pk=world.quay.pk).update(is_demo=True)

    page = as_(world.ada).get(reverse("home:measured_page", args=["quay"])).content.decode()

    assert "Demo company · today is Monday 16 November 2026" in page
    assert "Start with my data" in page


def test_the_feed_tells_what_happened(world, as_):
    add_comment(world.sales, "Hm", by=world.cora, now=world.now)

    page = as_(world.vic).get(reverse("home:activity_page", args=["quay"])).content.decode()

    assert "Cora Beck commented on Sales" in page


# --- a company's page --------------------------------------------------------------------------


def test_a_company_shows_its_deals_and_leads_and_hides_amounts_where_it_must(world, as_):
    from tercet.customers.models import Company
    from tercet.revenue.models import Deal, Lead

    nord = Company.objects.create(workspace=world.quay, name="Harbour Nord")
    Deal.objects.create(
        workspace=world.quay, name="Berths", company=nord, amount_minor=1_200_000, currency="EUR"
    )
    Lead.objects.create(workspace=world.quay, name="Jo Brandt", company=nord, origin="Webinar")
    page = reverse("customers:company_page", args=["quay", nord.pk])

    shown = as_(world.vic).get(page).content.decode()
    assert "Berths" in shown
    assert "€12,000" in shown
    assert "Webinar" in shown

    Workspace.objects.filter(pk=world.quay.pk).update(hides_amounts=True)
    assert "€12,000" not in as_(world.vic).get(page).content.decode()
