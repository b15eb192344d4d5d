"""Pages that mix rooms, and what can be done to any thing."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from tercet.home import commands, queries
from tercet.kit import kinds
from tercet.kit.refusal import Refused
from tercet.kit.show import show, wants_part
from tercet.kit.toasts import toast
from tercet.people.clock import now_in, today_in
from tercet.people.doors import MemberRequest, change, page
from tercet.people.policy import may
from tercet.record import comments
from tercet.record.models import Comment, Event, Handoff
from tercet.record.search import search as search_things
from tercet.record.things import Found, find_thing


@page
def my_week_page(request: MemberRequest) -> HttpResponse:
    workspace = request.workspace
    week = queries.my_week(request.member, today=today_in(workspace), now=now_in(workspace))
    context = {
        "week": week,
        "now": now_in(workspace),
        "may_answer": may(request.member, "handoff.answer"),
        "steps": queries.first_steps(workspace) if week.is_empty else [],
    }
    return show(request, "home/my_week.html", context, part="owed")


@page
def search(request: MemberRequest) -> HttpResponse:
    text, kind = request.GET.get("q", "")[:200], request.GET.get("kind", "")
    only = [kind] if kinds.find(kind) else []
    hits = search_things(text, member=request.member, only=only, most=50)
    context = {"q": text, "groups": queries.grouped(hits), "count": len(hits), "kind": kind}
    return show(request, "home/search.html", context, part="found")


@page
def palette(request: MemberRequest) -> HttpResponse:
    hits = search_things(request.GET.get("q", "")[:200], member=request.member, most=12)
    return show(request, "home/palette.html", {"groups": queries.grouped(hits)})


@page
def go(request: MemberRequest, source: str, kind: str, external_id: str) -> HttpResponseBase:
    """Open a thing by what another program calls it."""
    found = queries.find_external(request.member, source, kind, external_id)
    if found is None:
        raise Http404
    return redirect(found.url)


@page
def activity_page(request: MemberRequest) -> HttpResponse:
    about = request.GET.get("about", "")
    about = about if kinds.find(about) else ""
    events, next_before = queries.activity(
        request.member, before=_number(request, "before"), about=about
    )
    context = {
        "events": events,
        "next_before": next_before,
        "about": about,
        "kinds": sorted((kind.name, kind.plural) for kind in kinds.all_kinds()),
    }
    return show(request, "home/activity.html", context, part="feed")


@page("system.read")
def system_page(request: MemberRequest) -> HttpResponse:
    context = {
        "system": queries.system(request.workspace, now=timezone.now()),
        "now": timezone.now(),
        "has_mail": settings.ENV.mail is not None,
    }
    return show(request, "home/system.html", context)


@change("system.read")
def retry_job(request: MemberRequest, job_id: int) -> HttpResponseBase:
    job = get_object_or_404(queries.jobs_of(request.workspace), pk=job_id)
    try:
        commands.retry_job(job, by=request.member)
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        toast(request, "The job waits for the worker.")
    return redirect("home:system_page", request.workspace.slug)


@page("outbox.read")
def outbox_page(request: MemberRequest) -> HttpResponse:
    context = {
        "mails": queries.readable_mails(request.member, today=today_in(request.workspace)),
        "has_mail": settings.ENV.mail is not None,
    }
    return show(request, "home/outbox.html", context)


@page
def measured_page(request: MemberRequest) -> HttpResponse:
    return show(request, "home/measured.html", {})


# --- handoffs ----------------------------------------------------------------------------------


@change("handoff.answer")
def answer_handoff(request: MemberRequest, handoff_id: int) -> HttpResponseBase:
    return _change_handoff(
        request,
        handoff_id,
        lambda handoff, **when: commands.answer_handoff(handoff, by=request.member, **when),
        "Answered.",
    )


@change("handoff.answer")
def finish_handoff(request: MemberRequest, handoff_id: int) -> HttpResponseBase:
    outcome = request.POST.get("outcome", "")
    said = {"done": "Done.", "declined": "Declined.", "withdrawn": "Withdrawn."}
    return _change_handoff(
        request,
        handoff_id,
        lambda handoff, **when: commands.finish_handoff(
            handoff, outcome=outcome, by=request.member, **when
        ),
        said.get(outcome, ""),
    )


@change("workspace.read")
def undo_change(request: MemberRequest, event_id: int) -> HttpResponseBase:
    event = get_object_or_404(Event, pk=event_id)
    workspace = request.workspace
    try:
        commands.undo_change(
            event, by=request.member, now=now_in(workspace), today=today_in(workspace)
        )
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        toast(request, "Taken back.")
    return redirect(_back(request))


# --- comments and follows ----------------------------------------------------------------------


@change("comment.write")
def add_comment(request: MemberRequest, kind: str, thing_id: int) -> HttpResponseBase:
    found = _found(request, kind, thing_id)
    text = request.POST.get("text", "")
    try:
        comments.add_comment(found.thing, text, by=request.member, now=now_in(request.workspace))
    except Refused as refusal:
        return _talk(request, found, refusal=refusal, draft=text)
    return _talk(request, found)


@change("comment.write")
def archive_comment(request: MemberRequest, comment_id: int) -> HttpResponseBase:
    comment = get_object_or_404(Comment, pk=comment_id)
    found = _found(request, comment.about_kind, comment.about_id)
    try:
        comments.archive_comment(
            comment, about=found.thing, by=request.member, now=now_in(request.workspace)
        )
    except Refused as refusal:
        return _talk(request, found, refusal=refusal)
    event = Event.objects.filter(kind="comment.archived", by=request.member).first()
    if event is not None:
        undo = reverse("home:undo_change", args=[request.workspace.slug, event.pk])
        toast(request, "The comment is away.", undo=undo)
    return _talk(request, found)


@change("workspace.read")
def follow(request: MemberRequest, kind: str, thing_id: int) -> HttpResponseBase:
    found = _found(request, kind, thing_id)
    comments.follow(found.thing, by=request.member, now=now_in(request.workspace))
    return _talk(request, found)


@change("workspace.read")
def unfollow(request: MemberRequest, kind: str, thing_id: int) -> HttpResponseBase:
    found = _found(request, kind, thing_id)
    comments.unfollow(found.thing, by=request.member)
    return _talk(request, found)


def _change_handoff(
    request: MemberRequest, handoff_id: int, change: Any, said: str
) -> HttpResponseBase:
    handoff = get_object_or_404(Handoff.objects.select_related("workspace"), pk=handoff_id)
    workspace = request.workspace
    try:
        event = change(handoff, now=now_in(workspace), today=today_in(workspace))
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        if event is not None:
            toast(request, said, undo=reverse("home:undo_change", args=[workspace.slug, event.pk]))
    if wants_part(request):
        return _my_week_part(request)
    return redirect("home:my_week_page", workspace.slug)


def _my_week_part(request: MemberRequest) -> HttpResponse:
    week = queries.my_week(
        request.member, today=today_in(request.workspace), now=now_in(request.workspace)
    )
    context = {"week": week, "now": now_in(request.workspace), "may_answer": True, "steps": []}
    return show(request, "home/my_week.html", context, part="owed")


def _found(request: MemberRequest, kind: str, thing_id: int) -> Found:
    found = find_thing(kind, thing_id, member=request.member)
    if found is None:
        raise Http404
    return found


def _talk(
    request: MemberRequest, found: Found, *, refusal: Refused | None = None, draft: str = ""
) -> HttpResponseBase:
    """The comments of a thing again, for htmx; without it, back to the thing's page."""
    if not wants_part(request):
        if refusal is not None:
            toast(request, str(refusal), is_bad=True)
        return redirect(found.url)
    from tercet.home.slots import talk_about

    talk = talk_about(request.member, found.kind.name, found.thing.pk, refusal, draft)
    status = 422 if refusal else 200
    return show(request, "home/talk.html", {"talk": talk}, part="talk", status=status)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdigit() and len(text) < 18 else None


def _back(request: MemberRequest) -> str:
    """Where the toast stood, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/"):
        return wanted
    return reverse("home:my_week_page", args=[request.workspace.slug])
