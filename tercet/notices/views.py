from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.notices import commands, queries
from tercet.people.doors import MemberRequest, change, page


@page
def notices_page(request: MemberRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    told, next_before = queries.newest_notices(
        request.member, before=int(before) if before.isdigit() and len(before) < 18 else None
    )
    context = {
        "told": told,
        "next_before": next_before,
        "unread": queries.unread_count(request.member),
    }
    return show(request, "notices/notices.html", context, part="list")


@change("workspace.read")
def mark_read(request: MemberRequest) -> HttpResponseBase:
    now = timezone.now()
    up_to = request.POST.get("up_to", "")
    if up_to.isdigit() and len(up_to) < 18:
        count = commands.mark_read(request.member, now=now, up_to=int(up_to))
        if count:
            undo = reverse("notices:mark_unread", args=[request.workspace.slug])
            toast(request, "All read.", undo=f"{undo}?at={now.timestamp()}")
    return redirect("notices:notices_page", request.workspace.slug)


@change("workspace.read")
def mark_unread(request: MemberRequest) -> HttpResponseBase:
    try:
        moment = datetime.fromtimestamp(float(request.GET.get("at", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return redirect("notices:notices_page", request.workspace.slug)
    commands.mark_unread(request.member, read_at=moment)
    return redirect("notices:notices_page", request.workspace.slug)
