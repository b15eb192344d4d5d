"""Bringing data in: the list, a new file, how to read it, what it did, taking it back."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.vary import vary_on_headers

from tercet.connectors import commands, files, forms, queries
from tercet.connectors.jobs import guess_plan
from tercet.connectors.mapping.plan import Plan, PlanError
from tercet.connectors.reading.profile import Profile
from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.people.doors import MemberRequest, change, page
from tercet.people.policy import may
from tercet.record.models import Import

FUNNEL_KINDS = ("leads", "deals", "stage_moves")


@page
def imports_page(request: MemberRequest) -> HttpResponse:
    rows = queries.imports_of(request.workspace)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: queries.PAGE_SIZE + 1])
    context = {
        "views": [queries.view_of(row) for row in found[: queries.PAGE_SIZE]],
        "next_before": found[queries.PAGE_SIZE - 1].pk if len(found) > queries.PAGE_SIZE else None,
        "may_import": may(request.member, "import.run"),
    }
    return show(request, "connectors/imports.html", context)


@change("import.run", shows_form=True)
def upload_file(request: MemberRequest) -> HttpResponseBase:
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            row = commands.upload_file(
                request.workspace,
                sent.chunks(),
                name=sent.name,
                source=form.cleaned_data["source"],
                kind=form.cleaned_data["kind"],
                by=request.member,
            )
            return redirect("connectors:import_page", request.workspace.slug, row.pk)
        except Refused as error:
            refusal = error
    context = {
        "form": form,
        "refusal": refusal,
        "sources": sorted(
            set(queries.imports_of(request.workspace).values_list("source", flat=True)[:200])
        ),
    }
    is_bad = request.method == "POST"
    return show(request, "connectors/upload.html", context, status=422 if is_bad else 200)


@page
@vary_on_headers("HX-Request")
def import_page(request: MemberRequest, import_id: int) -> HttpResponse:
    return _show_import(request, _import(request, import_id))


@change("import.run", shows_form=True)
def plan_import(request: MemberRequest, import_id: int) -> HttpResponseBase:
    """The columns and what they fill. Sent back, it is kept and tried out."""
    row = _import(request, import_id)
    if not row.profile or row.state not in commands.CAN_BE_MAPPED:
        return redirect("connectors:import_page", request.workspace.slug, row.pk)
    profile, plan, refusal = Profile.from_dict(row.profile), Plan.from_dict(row.plan), None
    if request.method == "POST":
        try:
            plan = forms.read_plan(request.POST, plan, profile)
            row = commands.plan_import(row, plan, by=request.member)
            if not plan.blocking:
                commands.start_dry_run(row, by=request.member)
                return redirect("connectors:import_page", request.workspace.slug, row.pk)
            refusal = Refused("Answer the questions above; then the file can be tried.")
        except (Refused, PlanError) as error:
            refusal = Refused(str(error))
    context = {
        "view": queries.view_of(row),
        "plan": plan,
        "profile": profile,
        "columns": forms.column_rows(plan, profile),
        "options": forms.target_options(plan),
        "questions": forms.questions(plan, zone=request.workspace.time_zone),
        "constants": forms.constants(plan),
        "kinds": forms.kind_choices()[1:],
        "refusal": refusal,
    }
    return show(request, "connectors/columns.html", context, status=422 if refusal else 200)


@change("import.run")
def choose_kind(request: MemberRequest, import_id: int) -> HttpResponseBase:
    """Read the columns anew as another kind."""
    row = _import(request, import_id)
    row.kind = request.POST.get("kind", "")
    try:
        if not row.profile:
            raise Refused("This file has not been looked at yet. Wait a moment.")
        profile = Profile.from_dict(row.profile)
        commands.take_guess(row, guess_plan(row, profile), by=request.member)
    except Refused as error:
        toast(request, str(error), is_bad=True)
    return redirect("connectors:plan_import", request.workspace.slug, row.pk)


@change("import.run")
def start_dry_run(request: MemberRequest, import_id: int) -> HttpResponseBase:
    return _do(request, import_id, commands.start_dry_run)


@change("import.run")
def start_import(request: MemberRequest, import_id: int) -> HttpResponseBase:
    return _do(request, import_id, commands.start_import)


@change("import.run")
def cancel_import(request: MemberRequest, import_id: int) -> HttpResponseBase:
    return _do(request, import_id, commands.cancel_import)


@change("import.undo")
def undo_import(request: MemberRequest, import_id: int) -> HttpResponseBase:
    return _do(request, import_id, commands.undo_import)


@page("import.run")
def refused_rows(request: MemberRequest, import_id: int) -> HttpResponseBase:
    """The refused rows as the same file plus the reasons: to mend and bring in again."""
    row = _import(request, import_id)
    path = files.refused_file(row) if row.file_key else None
    if path is None or not path.exists():
        toast(request, "No row of this file was refused.")
        return redirect("connectors:import_page", request.workspace.slug, row.pk)
    stem = row.file_name.rpartition(".")[0] or row.file_name
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"{stem} refused.csv", content_type="text/csv"
    )


def _do(request: MemberRequest, import_id: int, command: Any) -> HttpResponseBase:
    row = _import(request, import_id)
    try:
        row = command(row, by=request.member)
    except Refused as error:
        return _show_import(request, row, refusal=error)
    if request.headers.get("HX-Request") == "true":
        return _show_import(request, row)
    return redirect("connectors:import_page", request.workspace.slug, row.pk)


def _show_import(
    request: MemberRequest, row: Import, refusal: Refused | None = None
) -> HttpResponse:
    row.refresh_from_db()
    view = queries.view_of(row)
    if refusal is None and request.GET.get("seen") == view.seen:
        return HttpResponse(status=204)
    context = {
        "view": view,
        "refusal": refusal,
        "may_import": may(request.member, "import.run"),
        "may_undo": may(request.member, "import.undo"),
        "can_cancel": row.state in commands.CAN_BE_CANCELLED,
        "can_map": row.state in commands.CAN_BE_MAPPED and bool(row.profile),
        "next_pages": _next_pages(row) if row.state == "published" else [],
    }
    return show(
        request, "connectors/import.html", context, part="run", status=422 if refusal else 200
    )


def _next_pages(row: Import) -> list[tuple[str, str]]:
    """Where to look now that the rows are in."""
    brought = row.counts.get("kinds", {})
    wanted = []
    if any(brought.get(kind) for kind in FUNNEL_KINDS):
        wanted += [
            ("See the funnel", "revenue:funnel_page"),
            ("What to mend", "revenue:health_page"),
        ]
    if brought.get("companies") or brought.get("contacts"):
        wanted.append(("Companies", "customers:companies_page"))
    return [(label, url) for label, name in wanted if (url := _url(name, row.workspace.slug))]


def _url(name: str, slug: str) -> str:
    try:
        return reverse(name, args=[slug])
    except NoReverseMatch:
        return ""


def _import(request: MemberRequest, import_id: int) -> Import:
    return get_object_or_404(
        queries.imports_of(request.workspace).select_related("workspace"), pk=import_id
    )
