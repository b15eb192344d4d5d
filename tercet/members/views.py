"""The people of a workspace, their teams, and the workspace's own settings."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods

from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.members import commands, forms, queries
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, change, for_person, page, public
from tercet.people.models import Invitation, Member, Team, TeamMembership
from tercet.people.policy import may
from tercet.people.queries import may_open_workspace, workspaces_of
from tercet.people.sessions import sign_in
from tercet.record.events import sentence
from tercet.record.models import Event


@page
def members_page(request: MemberRequest) -> HttpResponse:
    today = today_in(request.workspace)
    day = _day(request) or today
    with_left = request.GET.get("left") == "1"
    is_admin = may(request.member, "member.manage")
    context = {
        "seats": queries.seats(request.workspace, day=day, with_left=with_left),
        "day": day,
        "today": today,
        "with_left": with_left,
        "is_admin": is_admin,
        "invitations": queries.open_invitations(request.workspace, now=timezone.now())
        if is_admin
        else [],
    }
    return show(request, "members/members.html", context, part="seats")


@page
def member_page(request: MemberRequest, member_id: int) -> HttpResponse:
    return _show_member(request, _member(request, member_id))


@change("member.manage", shows_form=True)
def invite_member(request: MemberRequest) -> HttpResponse:
    form = forms.InvitationForm(request.POST or None)
    issued = refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            issued = commands.invite_member(
                request.workspace, by=request.member, now=timezone.now(), **form.cleaned_data
            )
        except Refused as error:
            refusal = error
    is_bad = request.method == "POST" and issued is None
    context = {
        "form": form,
        "issued": issued,
        "refusal": refusal,
        "can_mail": settings.ENV.mail is not None,
    }
    return show(request, "members/invite.html", context, status=422 if is_bad else 200)


@change("member.manage")
def revoke_invitation(request: MemberRequest, invitation_id: int) -> HttpResponseBase:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        commands.revoke_invitation(invitation, by=request.member, now=timezone.now())
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        toast(request, "The invitation is withdrawn.")
    return redirect("members:members_page", request.workspace.slug)


@change("member.manage")
def change_role(request: MemberRequest, member_id: int) -> HttpResponseBase:
    member = _member(request, member_id)
    form = forms.RoleForm(request.POST)
    if not form.is_valid():
        return _show_member(request, member, "Choose one of the roles.")
    return _do(
        request,
        member,
        lambda: commands.change_role(member, form.cleaned_data["role"], by=request.member),
        "member.role_changed",
    )


@change("member.manage")
def end_member(request: MemberRequest, member_id: int) -> HttpResponseBase:
    member = _member(request, member_id)
    form = forms.LeavingForm(request.POST)
    if not form.is_valid():
        return _show_member(request, member, "Say the day on which they leave.")
    return _do(
        request,
        member,
        lambda: commands.end_member(member, on=form.cleaned_data["on"], by=request.member),
        "member.left",
    )


@change("member.manage")
def bring_back_member(request: MemberRequest, member_id: int) -> HttpResponseBase:
    member = _member(request, member_id)
    return _do(
        request,
        member,
        lambda: commands.bring_back_member(member, by=request.member),
        "member.returned",
    )


@change("member.manage")
def join_team(request: MemberRequest, member_id: int) -> HttpResponseBase:
    member = _member(request, member_id)
    today = today_in(request.workspace)
    form = forms.TeamMoveForm(request.POST, today=today, mine=list(member.teams_on(today)))
    if not form.is_valid():
        return _show_member(request, member, "Choose a team and the day of the move.")
    return _do(
        request,
        member,
        lambda: commands.join_team(member, by=request.member, **form.cleaned_data),
        "team.joined",
    )


@change("member.manage")
def leave_team(request: MemberRequest, member_id: int, membership_id: int) -> HttpResponseBase:
    membership = get_object_or_404(
        TeamMembership.objects.select_related("team", "member__workspace"),
        pk=membership_id,
        member=member_id,
    )
    today = today_in(request.workspace)
    return _do(
        request,
        _member(request, member_id),
        lambda: commands.leave_team(membership, on=today, by=request.member),
        "team.left",
    )


@page
def teams_page(request: MemberRequest) -> HttpResponse:
    context = {
        "teams": queries.teams_of(request.workspace, day=today_in(request.workspace)),
        "is_admin": may(request.member, "team.edit"),
    }
    return show(request, "members/teams.html", context)


@change("team.edit", shows_form=True)
def add_team(request: MemberRequest) -> HttpResponseBase:
    form, refusal = forms.TeamForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            team = commands.add_team(
                request.workspace,
                name=form.cleaned_data["name"],
                function=form.cleaned_data["function"],
                by=request.member,
            )
            toast(request, f"The team {team} is there.")
            return redirect("members:teams_page", request.workspace.slug)
        except Refused as error:
            refusal = error
    context = {"form": form, "team": None, "refusal": refusal}
    return show(request, "members/team.html", context, status=422 if _is_bad(request) else 200)


@change("team.edit", shows_form=True)
def change_team(request: MemberRequest, team_id: int) -> HttpResponseBase:
    team, refusal = get_object_or_404(Team, pk=team_id), None
    initial = {"name": team.name, "function": team.function, "version": team.version}
    form = forms.TeamForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = {**form.cleaned_data, "version": form.cleaned_data["version"] or 0}
            changed = commands.change_team(team, by=request.member, **wanted)
            _toast_with_undo(request, "Saved.", "team.changed", changed)
            return redirect("members:teams_page", request.workspace.slug)
        except Refused as error:
            refusal = error
    context = {"form": form, "team": team, "refusal": refusal}
    return show(request, "members/team.html", context, status=422 if _is_bad(request) else 200)


@change("team.edit")
def archive_team(request: MemberRequest, team_id: int) -> HttpResponseBase:
    team = get_object_or_404(Team, pk=team_id)
    try:
        commands.archive_team(
            team, by=request.member, now=timezone.now(), today=today_in(request.workspace)
        )
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        _toast_with_undo(request, f"{team} is archived.", "team.archived", team)
    return redirect("members:teams_page", request.workspace.slug)


@change("team.edit")
def restore_team(request: MemberRequest, team_id: int) -> HttpResponseBase:
    team = commands.restore_team(get_object_or_404(Team, pk=team_id), by=request.member)
    toast(request, f"{team} is back.")
    return redirect("members:teams_page", request.workspace.slug)


@change("member.manage")
def undo_change(request: MemberRequest, event_id: int) -> HttpResponseBase:
    event = get_object_or_404(Event, pk=event_id)
    try:
        commands.undo_change(event, by=request.member, today=today_in(request.workspace))
    except Refused as refusal:
        toast(request, str(refusal), is_bad=True)
    else:
        toast(request, "Taken back.")
    if event.about_kind == "member":
        return redirect("members:member_page", request.workspace.slug, event.about_id)
    return redirect("members:teams_page", request.workspace.slug)


@change("workspace.settings", shows_form=True)
def change_workspace(request: MemberRequest) -> HttpResponseBase:
    form = forms.SettingsForm(request.POST or None, workspace=request.workspace)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_workspace(request.workspace, by=request.member, **form.cleaned_data)
            toast(request, "Saved.")
            return redirect("members:change_workspace", request.workspace.slug)
        except Refused as error:
            refusal = error
    context = {"form": form, "refusal": refusal}
    return show(request, "members/settings.html", context, status=422 if _is_bad(request) else 200)


# --- before any workspace ----------------------------------------------------------------------


@public("an invitation's token is the key; the page has one button, so that no scanner uses it up")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Any, token: str) -> HttpResponseBase:
    try:
        invitation = commands.find_invitation(token, now=timezone.now())
    except Refused as refusal:
        return show(request, "members/join.html", {"gone": refusal}, status=404)
    if request.user.is_authenticated:
        return _join_signed_in(request, token, invitation)
    return _join_as_stranger(request, token, invitation)


@for_person
@require_http_methods(["GET", "HEAD", "POST"])
def open_workspace(request: Any) -> HttpResponseBase:
    if not may_open_workspace(request.user):
        return show(request, "members/open_workspace.html", {"form": None}, status=403)
    form = forms.WorkspaceForm(request.POST or None, asks_who=request.user.is_made_up)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            admin = commands.open_workspace(
                form.cleaned_data["name"],
                owner=request.user,
                time_zone=form.cleaned_data["time_zone"],
                today=timezone.now().date(),
                owner_name=form.cleaned_data.get("your_name", ""),
                owner_email=form.cleaned_data.get("your_email", ""),
            )
            return redirect("home:my_week_page", admin.workspace.slug)
        except Refused as error:
            refusal = error
    context = {"form": form, "refusal": refusal, "has_others": _has_others(request)}
    status = 422 if _is_bad(request) else 200
    return show(request, "members/open_workspace.html", context, status=status)


def _join_signed_in(request: Any, token: str, invitation: Invitation) -> HttpResponseBase:
    is_theirs = not invitation.email or invitation.email == request.user.email
    refusal = None
    if request.method == "POST":
        try:
            commands.accept_invitation(
                token,
                person=request.user,
                now=timezone.now(),
                today=today_in(invitation.workspace),
            )
            return redirect("home:my_week_page", invitation.workspace.slug)
        except Refused as error:
            refusal = error
    context = {
        "gone": None,
        "invitation": invitation,
        "is_theirs": is_theirs,
        "form": None,
        "refusal": refusal,
    }
    return show(request, "members/join.html", context, status=422 if refusal else 200)


def _join_as_stranger(request: Any, token: str, invitation: Invitation) -> HttpResponseBase:
    can_mail = settings.ENV.mail is not None
    form = forms.NewAccountForm(request.POST or None, invitation=invitation, can_mail=can_mail)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            member = commands.accept_invitation_with_new_account(
                token,
                name=form.cleaned_data["name"],
                email=form.cleaned_data.get("email", ""),
                password=form.cleaned_data["password"],
                now=timezone.now(),
                today=today_in(invitation.workspace),
            )
            sign_in(request, member.person)
            return redirect("home:my_week_page", invitation.workspace.slug)
        except Refused as error:
            refusal = error
    context = {
        "gone": None,
        "invitation": invitation,
        "is_theirs": True,
        "form": form,
        "refusal": refusal,
    }
    return show(request, "members/join.html", context, status=422 if _is_bad(request) else 200)


def _member(request: MemberRequest, member_id: int) -> Member:
    found = Member.objects.select_related("person", "workspace")
    return get_object_or_404(found, pk=member_id)


def _show_member(request: MemberRequest, member: Member, refusal: object = None) -> HttpResponse:
    today = today_in(request.workspace)
    is_admin = may(request.member, "member.manage")
    mine = list(member.teams_on(today))
    context = {
        "shown": member,
        "today": today,
        "has_left": member.has_left(today),
        "teams": mine,
        "memberships": queries.memberships_of(member),
        "history": [(event, sentence(event)) for event in queries.history_of(member)],
        "is_admin": is_admin,
        "role_form": forms.RoleForm(initial={"role": member.role}),
        "move_form": forms.TeamMoveForm(today=today, mine=mine),
        "leaving_form": forms.LeavingForm(initial={"on": today}),
        "refusal": refusal,
    }
    return show(
        request, "members/member.html", context, part="panel", status=422 if refusal else 200
    )


def _do(request: MemberRequest, member: Member, change: Any, kind: str) -> HttpResponseBase:
    try:
        change()
    except Refused as refusal:
        return _show_member(request, member, refusal)
    _toast_with_undo(request, "Saved.", kind, member)
    return redirect("members:member_page", request.workspace.slug, member.pk)


def _toast_with_undo(request: MemberRequest, text: str, kind: str, about: Any) -> None:
    event = Event.objects.filter(kind=kind, about_id=about.pk, by=request.member).first()
    undo = reverse("members:undo_change", args=[request.workspace.slug, event.pk]) if event else ""
    toast(request, text, undo=undo)


def _day(request: HttpRequest) -> Any:
    try:
        return parse_date(request.GET.get("on", ""))
    except ValueError:
        return None


def _is_bad(request: HttpRequest) -> bool:
    """A form's POST that got as far as its page again was refused."""
    return request.method == "POST"


def _has_others(request: Any) -> bool:
    return bool(workspaces_of(request.user, timezone.now().date()))
