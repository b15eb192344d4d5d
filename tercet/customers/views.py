"""Companies, the people there, and who looks after them."""

from typing import Any

from django.db.models import Model
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from tercet.customers import commands, forms, queries
from tercet.customers.lists import CONTACTS, OWNERS, companies_table
from tercet.customers.models import Company
from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, change, page
from tercet.people.policy import may, sees_amounts
from tercet.record.models import Event

# What a line of the list shows, and no more: the rest of a row is parsed for nothing.
COMPANY = """
    name domain state annual_value_minor currency country
    workspace__slug segment__name owner__name
""".split()
CONTACT = "name email title phone workspace__slug company__name".split()


@page
def companies_page(request: MemberRequest) -> HttpResponseBase:
    table = companies_table(with_amounts=sees_amounts(request.member))
    return _list(request, table, queries.companies(request.workspace).only(*COMPANY), "companies")


@page
def contacts_page(request: MemberRequest) -> HttpResponseBase:
    return _list(request, CONTACTS, queries.contacts(request.workspace).only(*CONTACT), "contacts")


@page
def owners_page(request: MemberRequest) -> HttpResponseBase:
    today = today_in(request.workspace)
    return _list(
        request,
        OWNERS,
        queries.owners(request.workspace),
        "owners",
        standing=lambda owner: queries.standing_of(owner, today),
    )


@page
def segments_page(request: MemberRequest) -> HttpResponse:
    found = {"segments": queries.segments(request.workspace)}
    return show(request, "customers/segments.html", found)


@page
def company_page(request: MemberRequest, company_id: int) -> HttpResponse:
    company = get_object_or_404(
        Company.objects.select_related("workspace", "segment", "owner", "parent"), pk=company_id
    )
    context = {
        "company": company,
        "shown": queries.company_shown(company),
        "sees_amounts": sees_amounts(request.member),
        "may_edit": may(request.member, "company.edit"),
    }
    return show(request, "customers/company.html", context, part="panel")


@page
def contact_page(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(queries.contacts(request.workspace), pk=contact_id)
    history = queries.history_of("contact", contact.pk, request.workspace)
    context = {"contact": contact, "history": history}
    return show(request, "customers/contact.html", context, part="panel")


@page
def owner_page(request: MemberRequest, owner_id: int) -> HttpResponse:
    return _show_owner(request, owner_id)


@change("company.edit", shows_form=True)
def add_company(request: MemberRequest) -> HttpResponseBase:
    form, refusal = forms.CompanyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            company = commands.add_company(request.workspace, by=request.member, **_fields(form))
            toast(request, f"{company} is there.")
            return redirect("customers:company_page", request.workspace.slug, company.pk)
        except Refused as error:
            refusal = error
    return _show_form(request, form, None, refusal)


@change("company.edit", shows_form=True)
def change_company(request: MemberRequest, company_id: int) -> HttpResponseBase:
    company, refusal = get_object_or_404(queries.companies(request.workspace), pk=company_id), None
    names = ("name", "domain", "state", "segment", "version")
    initial = {name: getattr(company, name) for name in names}
    form = forms.CompanyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            event = commands.change_company(
                company, by=request.member, version=version, **_fields(form)
            )
            _toast_with_undo(request, "Saved.", event)
            return redirect("customers:company_page", request.workspace.slug, company.pk)
        except Refused as error:
            refusal = error
    return _show_form(request, form, company, refusal)


@change("company.edit")
def archive_company(request: MemberRequest, company_id: int) -> HttpResponseBase:
    company = get_object_or_404(queries.companies(request.workspace), pk=company_id)
    try:
        event = commands.archive_company(company, by=request.member, now=timezone.now())
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
        return redirect("customers:company_page", request.workspace.slug, company.pk)
    _toast_with_undo(request, f"{company} is archived.", event)
    return redirect("customers:companies_page", request.workspace.slug)


@change("owner.match")
def match_owner(request: MemberRequest, owner_id: int) -> HttpResponseBase:
    owner = get_object_or_404(queries.owners(request.workspace), pk=owner_id)
    form = forms.MatchForm(request.POST)
    if not form.is_valid():
        return _show_owner(request, owner_id, "Choose somebody of this workspace.")
    try:
        event = commands.match_owner(owner, form.cleaned_data["member"], by=request.member)
    except Refused as refusal:
        return _show_owner(request, owner_id, refusal)
    _toast_with_undo(request, "Saved.", event)
    return redirect("customers:owner_page", request.workspace.slug, owner_id)


@change("company.edit")
def undo_change(request: MemberRequest, event_id: int) -> HttpResponseBase:
    event = get_object_or_404(Event, pk=event_id)
    try:
        commands.undo_change(event, by=request.member)
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        toast(request, "Taken back.")
    name = "customers:owners_page" if event.about_kind == "owner" else "customers:companies_page"
    return redirect(name, request.workspace.slug)


def _list(
    request: MemberRequest, table: Any, rows: Any, name: str, **more: Any
) -> HttpResponseBase:
    if request.GET.get("format") == "csv":
        return table.csv(rows, request.GET, filename=f"{name}.csv")
    context = {
        "page": table.page(rows, request.GET),
        "may_edit": may(request.member, "company.edit"),
        **more,
    }
    return show(request, f"customers/{name}.html", context, part="rows")


def _show_owner(request: MemberRequest, owner_id: int, refusal: object = None) -> HttpResponse:
    owner = get_object_or_404(queries.owners(request.workspace), pk=owner_id)
    may_match = may(request.member, "owner.match")
    context = {
        "owner": owner,
        "standing": queries.standing_of(owner, today_in(request.workspace)),
        "form": forms.MatchForm(initial={"member": owner.member_id}) if may_match else None,
        "history": queries.history_of("owner", owner.pk, request.workspace),
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return show(request, "customers/owner.html", context, part="panel", status=status)


def _show_form(
    request: MemberRequest, form: forms.CompanyForm, company: Model | None, refusal: object
) -> HttpResponse:
    context = {"form": form, "company": company, "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return show(request, "customers/company_form.html", context, status=status)


def _fields(form: forms.CompanyForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "domain", "state", "segment")}


def _toast_with_undo(request: MemberRequest, text: str, event: Event | None) -> None:
    if event is not None:
        undo = reverse("customers:undo_change", args=[request.workspace.slug, event.pk])
        toast(request, text, undo=undo)
