"""Open leads and deals that lie with people who left, or who are not here yet."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from tercet.customers.models import Owner
from tercet.kit.numbers import plural
from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, change, page
from tercet.people.models import Team
from tercet.record.models import Event
from tercet.record.snapshots import show_figure
from tercet.revenue import commands
from tercet.revenue.queues import (
    open_deals_of,
    open_leads_of,
    owners_of,
    queues_not_here,
    queues_of,
    receivers_of,
    sentence_of,
)


@page("lead.reassign")
def reassign_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    return _show(request)


def _show(request: MemberRequest, refusal: str = "") -> HttpResponse:
    today = today_in(request.workspace)
    queues, owners = queues_of(request.workspace, today), owners_of(request.workspace)
    counted = show_figure(request.workspace, "revenue.health", {}).result or {}
    context = {
        "left": queues,
        "not_here": queues_not_here(owners, counted.get("not_here", {})),
        "sentence": sentence_of(queues),
        "receivers": receivers_of(request.workspace, owners, today),
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return show(request, "revenue/reassign.html", context, part="queues", status=status)


@change("lead.reassign")
def reassign_leads(request: MemberRequest, **_: Any) -> HttpResponseBase:
    which = request.POST.get("which", "")
    owners = _owners(request)
    leads = open_leads_of(owners, only_uncalled=which != "all")
    return _reassigned(request, "lead", lambda to: commands.reassign_leads(leads, **to))


@change("lead.reassign")
def reassign_deals(request: MemberRequest, **_: Any) -> HttpResponseBase:
    deals = open_deals_of(_owners(request))
    return _reassigned(request, "deal", lambda to: commands.reassign_deals(deals, **to))


def _owners(request: MemberRequest) -> list[Owner]:
    ids = [pk for pk in request.POST.getlist("owner") if pk.isdigit()]
    return list(Owner.objects.filter(workspace=request.workspace, pk__in=ids))


def _reassigned(request: MemberRequest, kind: str, change_them: Any) -> HttpResponseBase:
    try:
        event = change_them({"by": request.member, **_receiver(request)})
    except Refused as error:
        return _show(request, str(error))
    undo = reverse("revenue:undo_reassignment", args=[request.workspace.slug, event.pk])
    moved, to = plural(event.data["count"], kind), event.data["to"]
    toast(request, f"{moved} given to {to}.", undo=undo)
    return redirect("revenue:reassign_page", request.workspace.slug)


def _receiver(request: MemberRequest) -> dict[str, Any]:
    """`owner:12` or `team:3`, of this workspace."""
    what, _, number = request.POST.get("to", "").partition(":")
    if not number.isdigit():
        return {}
    if what == "owner":
        return {"to_owner": Owner.objects.filter(workspace=request.workspace, pk=number).first()}
    return {"to_team": Team.objects.filter(workspace=request.workspace, pk=number).first()}


@change("lead.reassign")
def undo_reassignment(request: MemberRequest, event_id: int, **_: Any) -> HttpResponseBase:
    event = get_object_or_404(Event, pk=event_id, workspace=request.workspace)
    try:
        given_back = commands.undo_reassignment(event, by=request.member)
    except Refused as error:
        toast(request, str(error), is_bad=True)
    else:
        toast(request, f"{plural(given_back, event.kind.split('.')[0])} given back.")
    return redirect("revenue:reassign_page", request.workspace.slug)
