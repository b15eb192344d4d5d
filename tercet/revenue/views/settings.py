"""How this workspace counts: read by all, changed by editors."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect

from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.people.doors import MemberRequest, change, page
from tercet.people.policy import may
from tercet.revenue import commands
from tercet.revenue.forms import SettingsForm
from tercet.revenue.frames import settings_of
from tercet.revenue.models import Stage
from tercet.revenue.views.panes import about_workspace


@page
def settings_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    return _show(request, _form(request))


@change("revenue.settings")
def change_settings(request: MemberRequest, **_: Any) -> HttpResponseBase:
    form = _form(request, request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    before = form.settings.version
    try:
        after = commands.change_settings(request.workspace, by=request.member, **form.changes)
    except Refused as error:
        form.add_error(None, str(error))
        return _show(request, form, status=422)
    changed = after.version != before or form.settings.pk is None
    toast(request, "Saved. Figures are being counted anew." if changed else "Nothing was changed.")
    return redirect("revenue:settings_page", request.workspace.slug)


def _form(request: MemberRequest, data: Any = None) -> SettingsForm:
    stages = list(Stage.objects.filter(workspace=request.workspace)[:300])
    return SettingsForm(data, settings=settings_of(request.workspace), stages=stages)


def _show(request: MemberRequest, form: SettingsForm, status: int = 200) -> HttpResponseBase:
    about = about_workspace(request.workspace) or {}
    left_out = {name: about.get(name, {}).get("left_out", 0) for name in ("leads", "deals")}
    context = {
        "form": form,
        "may_change": may(request.member, "revenue.settings"),
        "left_out": {name: count for name, count in left_out.items() if count},
    }
    return show(request, "revenue/settings.html", context, status=status)
