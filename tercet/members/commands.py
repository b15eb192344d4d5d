"""Who is in a workspace, with which role, in which teams, from which day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from tercet.kit.dates import show_day
from tercet.kit.refusal import Refused
from tercet.people import commands as people
from tercet.people.models import (
    FUNCTIONS,
    ROLES,
    Invitation,
    Member,
    Person,
    Team,
    TeamMembership,
    Workspace,
)
from tercet.people.policy import may, may_assign
from tercet.people.tokens import hash_token, new_token
from tercet.record.events import record
from tercet.record.mail import write_mail
from tercet.record.models import Event, Handoff
from tercet.record.search import index

INVITATION_LASTS = timedelta(days=14)
NO_LONGER = "This invitation has been used or withdrawn, or it is too old. Ask for a new one."


@dataclass(frozen=True)
class Issued:
    """A new invitation with its link, which is shown now and never again."""

    invitation: Invitation
    link: str


# --- workspaces --------------------------------------------------------------------------------


@transaction.atomic
def open_workspace(
    name: str,
    *,
    owner: Person,
    time_zone: str,
    today: date,
    owner_name: str = "",
    owner_email: str = "",
) -> Member:
    """Open an empty workspace with its first administrator."""
    if owner_email:
        people.introduce_person(owner, name=owner_name, email=owner_email)
    admin = people.create_workspace(name, owner=owner, today=today, time_zone=time_zone)
    with scope(workspace=admin.workspace):
        record("workspace.opened", workspace=admin.workspace, about=admin.workspace, by=admin)
        index(admin)
    return admin


@transaction.atomic
def change_workspace(
    workspace: Workspace,
    *,
    name: str,
    time_zone: str,
    hides_amounts: bool,
    live_from: datetime | None,
    by: Member,
) -> Workspace:
    if not may(by, "workspace.settings"):
        raise Refused("Only an administrator changes the workspace.")
    if not name.strip():
        raise Refused("Give the workspace a name.")
    kept = Workspace.objects.select_for_update().get(pk=workspace.pk)
    wanted = {
        "name": name.strip(),
        "time_zone": time_zone,
        "hides_amounts": hides_amounts,
        "live_from": live_from,
    }
    changes = _assign(kept, wanted)
    if changes:
        kept.save(update_fields=list(changes))
        record("workspace.changed", workspace=kept, about=kept, by=by, **changes)
    return kept


# --- invitations -------------------------------------------------------------------------------


@transaction.atomic
def invite_member(
    workspace: Workspace,
    *,
    role: str,
    by: Member,
    now: datetime,
    email: str = "",
    team: Team | None = None,
) -> Issued:
    """Make a way in for one person. With an address it is mailed and holds for that one only."""
    email = email.strip().lower()
    _guard_invitation(workspace, role, by, email, team)
    if email:
        _revoke_open(workspace, email, now)
    token, hashed = new_token()
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        team=team,
        token_hash=hashed,
        invited_by=by,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    link = settings.ENV.url.geturl().rstrip("/") + _path(token)
    if email:
        _mail_invitation(invitation, link)
    record(
        "member.invited",
        workspace=workspace,
        by=by,
        whom=email or "somebody by a link",
        role=role,
        invitation=invitation.pk,
    )
    return Issued(invitation, link)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Member, now: datetime) -> None:
    if not may(by, "member.manage", invitation):
        raise Refused("Only an administrator withdraws invitations.")
    changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        revoked_at=now
    )
    if not changed:
        raise Refused("This invitation is used or withdrawn already.")
    record(
        "invitation.revoked",
        workspace=invitation.workspace,
        by=by,
        whom=invitation.email or "somebody by a link",
    )


def find_invitation(token: str, *, now: datetime) -> Invitation:
    """The open invitation of a token, from whatever workspace."""
    with scopes_disabled():
        found = (
            Invitation.objects.select_related("workspace", "team", "invited_by__person")
            .filter(token_hash=hash_token(token))
            .first()
        )
    if found is None or not found.is_open(now) or not _still_stands(found):
        raise Refused(NO_LONGER)
    return found


@transaction.atomic
def accept_invitation(token: str, *, person: Person, now: datetime, today: date) -> Member:
    """Join with the account that is signed in. Of two that come at once, one gets in."""
    invitation = find_invitation(token, now=now)
    if invitation.email and invitation.email != person.email:
        raise Refused(
            f"This invitation is for {invitation.email}. You are signed in as {person.email}."
        )
    with scope(workspace=invitation.workspace):
        _spend(invitation, now)
        member = _join(invitation, person, today)
        Invitation.objects.filter(pk=invitation.pk).update(accepted_by=member)
        if invitation.team is not None:
            _add_to_team(member, invitation.team, today)
        record("member.joined", about=member, by=member, role=member.role)
        index(member)
    return member


def accept_invitation_with_new_account(
    token: str, *, name: str, email: str, password: str, now: datetime, today: date
) -> Member:
    """Make the account and join with it. The password is hashed before the transaction opens."""
    hashed = make_password(password or None)
    try:
        with transaction.atomic():
            invitation = find_invitation(token, now=now)
            person = Person.objects.create(
                email=invitation.email or email.strip().lower(),
                name=" ".join(name.split()),
                password=hashed,
            )
            if invitation.email and settings.ENV.mail is not None:
                # The link was mailed there and nowhere else, so the mailbox is theirs.
                people.vouch_for_mail(person, now=now)
            return accept_invitation(token, person=person, now=now, today=today)
    except IntegrityError as error:
        raise Refused("There is an account with this address. Sign in first, then join.") from error


# --- roles, leaving ----------------------------------------------------------------------------


@transaction.atomic
def change_role(member: Member, role: str, *, by: Member) -> Member:
    """Give another role. A workspace always keeps an administrator, also when two act at once."""
    member, by = _locked(member, by)
    if role not in ROLES:
        raise Refused(f"“{role}” is no role.")
    if not may(by, "member.manage", member) or not may_assign(by, role, instead_of=member.role):
        raise Refused("Only an administrator gives roles.")
    before = member.role
    if before == role:
        return member
    _write(member, role=role)
    _keep_an_administrator(member.workspace)
    record("member.role_changed", about=member, by=by, role=[before, role], version=member.version)
    return member


@transaction.atomic
def end_member(member: Member, *, on: date, by: Member) -> Member:
    """This person leaves on that day: from then on they are outside, and history keeps them."""
    member, by = _locked(member, by)
    if not may(by, "member.manage", member):
        raise Refused("Only an administrator says that somebody leaves.")
    if on < member.joined_on:
        raise Refused(f"{member} joined on {show_day(member.joined_on)}; choose a later day.")
    before = member.left_on
    ended = list(member.memberships.filter(to_on=None).values_list("pk", flat=True))
    member.memberships.filter(pk__in=ended, from_on__gt=on).update(to_on=F("from_on"))
    member.memberships.filter(pk__in=ended, from_on__lte=on).update(to_on=on)
    _write(member, left_on=on)
    _keep_an_administrator(member.workspace)
    record(
        "member.left",
        about=member,
        by=by,
        left_on=[before and before.isoformat(), on.isoformat()],
        memberships=",".join(map(str, ended)),
        version=member.version,
    )
    return member


@transaction.atomic
def bring_back_member(member: Member, *, by: Member) -> Member:
    member, by = _locked(member, by)
    if not may(by, "member.manage", member):
        raise Refused("Only an administrator brings somebody back.")
    if member.left_on is None:
        return member
    before = member.left_on
    _write(member, left_on=None)
    record(
        "member.returned",
        about=member,
        by=by,
        left_on=[before.isoformat(), None],
        version=member.version,
    )
    return member


# --- teams -------------------------------------------------------------------------------------


@transaction.atomic
def add_team(workspace: Workspace, *, name: str, function: str, by: Member) -> Team:
    name = _team_name(workspace, name, function)
    if not may(by, "team.edit"):
        raise Refused("Only an administrator adds teams.")
    team = Team.objects.create(workspace=workspace, name=name, function=function)
    record("team.added", about=team, by=by)
    index(team)
    return team


@transaction.atomic
def change_team(team: Team, *, name: str, function: str, version: int, by: Member) -> Team:
    team = _fresh_team(team, by)
    if team.version != version:
        raise Refused("Somebody changed this team meanwhile. Reload the page and try again.")
    wanted = {"name": _team_name(team.workspace, name, function, but=team), "function": function}
    changes = _assign(team, wanted)
    if changes:
        _write(team, **wanted)
        record("team.changed", about=team, by=by, version=team.version, **changes)
        index(team)
    return team


@transaction.atomic
def archive_team(team: Team, *, by: Member, now: datetime, today: date) -> Team:
    team = _fresh_team(team, by)
    if team.archived_at is not None:
        return team
    people_in = team.memberships.filter(Q(to_on=None) | Q(to_on__gt=today)).count()
    if people_in:
        raise Refused(f"{_people(people_in)} in “{team}”. Move them first, then archive it.")
    owed = Handoff.objects.filter(to_team=team, ended_at=None).count()
    if owed:
        raise Refused(f"“{team}” still owes {owed} open handoffs. Pass them on first.")
    _write(team, archived_at=now)
    record("team.archived", about=team, by=by, version=team.version)
    return team


@transaction.atomic
def restore_team(team: Team, *, by: Member) -> Team:
    team = _fresh_team(team, by)
    if team.archived_at is not None:
        _write(team, archived_at=None)
        record("team.restored", about=team, by=by, version=team.version)
    return team


@transaction.atomic
def join_team(
    member: Member, team: Team, *, on: date, by: Member, leaving: Team | None = None
) -> TeamMembership:
    """From that day this member is in the team; with `leaving`, they move out of that one."""
    member, by = _locked(member, by)
    if not may(by, "member.manage", member) or not may(by, "team.edit", team):
        raise Refused("Only an administrator moves people between teams.")
    if team.archived_at is not None:
        raise Refused(f"“{team}” is archived. Choose another team.")
    if member.left_on is not None and member.left_on <= on:
        raise Refused(f"{member} has left by then.")
    if leaving is not None:
        _end_membership(member, leaving, on)
    membership = _add_to_team(member, team, on)
    record(
        "team.joined",
        about=member,
        by=by,
        team=team.name,
        left=leaving.name if leaving else "",
        on=on.isoformat(),
        membership=membership.pk,
        ended=leaving.pk if leaving else 0,
    )
    return membership


@transaction.atomic
def leave_team(membership: TeamMembership, *, on: date, by: Member) -> None:
    member, by = _locked(membership.member, by)
    if not may(by, "member.manage", member):
        raise Refused("Only an administrator moves people between teams.")
    _end_membership(member, membership.team, on)
    record(
        "team.left",
        about=member,
        by=by,
        team=membership.team.name,
        on=on.isoformat(),
        membership=membership.pk,
    )


# --- undo --------------------------------------------------------------------------------------


@transaction.atomic
def undo_change(event: Event, *, by: Member, today: date) -> None:
    """Take a change back, as long as nobody has changed the same row since."""
    undo = _UNDO.get(event.kind)
    if undo is None:
        raise Refused("This cannot be undone.")
    undo(event, by, today)


def _undo_role(event: Event, by: Member, today: date) -> None:
    change_role(_unchanged(Member, event), event.data["role"][0], by=by)


def _undo_left(event: Event, by: Member, today: date) -> None:
    member = _unchanged(Member, event)
    ended = [int(pk) for pk in event.data["memberships"].split(",") if pk]
    open_teams = member.memberships.filter(to_on=None).values("team")
    member.memberships.filter(pk__in=ended).exclude(team__in=open_teams).update(to_on=None)
    bring_back_member(member, by=by)


def _undo_returned(event: Event, by: Member, today: date) -> None:
    on = date.fromisoformat(event.data["left_on"][0])
    end_member(_unchanged(Member, event), on=on, by=by)


def _undo_joined(event: Event, by: Member, today: date) -> None:
    membership = _membership(event)
    if membership.to_on is not None:
        raise Refused("Somebody changed this meanwhile. It stays as it is.")
    leave_team(membership, on=membership.from_on, by=by)
    if event.data["ended"]:
        _reopen(membership.member, event.data["ended"], date.fromisoformat(event.data["on"]))


def _undo_left_team(event: Event, by: Member, today: date) -> None:
    membership = _membership(event)
    team = membership.team
    if membership.member.left_on is not None:
        raise Refused(f"{membership.member} has left the workspace since.")
    _reopen(membership.member, team.pk, date.fromisoformat(event.data["on"]))
    record(
        "team.joined",
        about=membership.member,
        by=by,
        team=team.name,
        left="",
        on=membership.from_on.isoformat(),
        membership=membership.pk,
        ended=0,
    )


def _undo_team(event: Event, by: Member, today: date) -> None:
    team = _unchanged(Team, event)
    before = {name: it[0] for name, it in event.data.items() if isinstance(it, list)}
    change_team(
        team,
        name=before.get("name", team.name),
        function=before.get("function", team.function),
        version=team.version,
        by=by,
    )


def _undo_archived(event: Event, by: Member, today: date) -> None:
    restore_team(_unchanged(Team, event), by=by)


_UNDO: dict[str, Callable[[Event, Member, date], None]] = {
    "member.role_changed": _undo_role,
    "member.left": _undo_left,
    "member.returned": _undo_returned,
    "team.joined": _undo_joined,
    "team.left": _undo_left_team,
    "team.changed": _undo_team,
    "team.archived": _undo_archived,
}


# --- beneath -----------------------------------------------------------------------------------


def _guard_invitation(
    workspace: Workspace, role: str, by: Member, email: str, team: Team | None
) -> None:
    if role not in ROLES:
        raise Refused(f"“{role}” is no role.")
    if by.workspace_id != workspace.pk or not may_assign(by, role):
        raise Refused("Only an administrator invites.")
    if team is not None and (not may(by, "team.edit", team) or team.archived_at is not None):
        raise Refused("Choose a team of this workspace.")
    if not email:
        return
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(f"“{email}” is not a mail address.") from error
    if Member.objects.filter(person__email=email, left_on=None).exists():
        raise Refused(f"{email} is in this workspace already.")


def _revoke_open(workspace: Workspace, email: str, now: datetime) -> None:
    """One open invitation for an address is enough; the newest counts."""
    Invitation.objects.filter(
        workspace=workspace, email=email, accepted_at=None, revoked_at=None
    ).update(revoked_at=now)


def _mail_invitation(invitation: Invitation, link: str) -> None:
    name, inviter = invitation.workspace.name, invitation.invited_by
    write_mail(
        invitation.email,
        f"{inviter} invites you to {name}",
        f"{inviter} invites you to the workspace {name} on Tercet, as {ROLES[invitation.role]}.\n\n"
        f"Open this page and press the button:\n{link}\n\n"
        f"The link works once, for {INVITATION_LASTS.days} days, and only for {invitation.email}.\n"
        "If you do not know what this is about, do nothing.\n",
        workspace=invitation.workspace,
    )


def _path(token: str) -> str:
    return reverse("join", args=[token]).removeprefix(settings.ENV.script_name)


def _still_stands(invitation: Invitation) -> bool:
    """Whoever could not invite to this role any more has no invitations open either."""
    inviter = invitation.invited_by
    return inviter.left_on is None and may_assign(inviter, invitation.role)


def _spend(invitation: Invitation, now: datetime) -> None:
    spent = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).update(accepted_at=now)
    if not spent:
        raise Refused(NO_LONGER)


def _join(invitation: Invitation, person: Person, today: date) -> Member:
    Workspace.objects.select_for_update().get(pk=invitation.workspace_id)
    member = Member.objects.filter(person=person).select_related("workspace", "person").first()
    if member is None:
        return Member.objects.create(
            workspace=invitation.workspace, person=person, role=invitation.role, joined_on=today
        )
    if member.left_on is None:
        raise Refused(f"You are in {invitation.workspace} already.")
    _write(member, left_on=None, role=invitation.role)
    return member


def _locked(member: Member, by: Member) -> tuple[Member, Member]:
    """Both as they are now, behind one lock per workspace: two changes of roles never cross."""
    Workspace.objects.select_for_update().get(pk=member.workspace_id)
    rows = Member.objects.select_related("workspace", "person").in_bulk({member.pk, by.pk})
    if member.pk not in rows or by.pk not in rows:
        raise Refused("That member is not in this workspace.")
    return rows[member.pk], rows[by.pk]


def _keep_an_administrator(workspace: Workspace) -> None:
    if not Member.objects.filter(workspace=workspace, role="admin", left_on=None).exists():
        raise Refused("A workspace needs an administrator. Make somebody else one first.")


def _fresh_team(team: Team, by: Member) -> Team:
    if not may(by, "team.edit", team):
        raise Refused("Only an administrator changes teams.")
    return Team.objects.select_related("workspace").select_for_update(of=("self",)).get(pk=team.pk)


def _team_name(workspace: Workspace, name: str, function: str, but: Team | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused("Give the team a name.")
    if len(name) > 120:
        raise Refused("Use at most 120 characters for the name.")
    if function not in FUNCTIONS:
        raise Refused("Choose what the team does: it decides which questions it sees.")
    others = Team.objects.filter(workspace=workspace, name__iexact=name)
    if others.exclude(pk=but.pk if but else None).exists():
        raise Refused(f"There is a team called “{name}”.")
    return name


def _add_to_team(member: Member, team: Team, on: date) -> TeamMembership:
    overlapping = member.memberships.filter(team=team).filter(Q(to_on=None) | Q(to_on__gt=on))
    if overlapping.exists():
        raise Refused(f"{member} is in “{team}” already.")
    return TeamMembership.objects.create(
        workspace=member.workspace, member=member, team=team, from_on=on
    )


def _end_membership(member: Member, team: Team, on: date) -> None:
    membership = member.memberships.filter(team=team, to_on=None).first()
    if membership is None:
        raise Refused(f"{member} is not in “{team}”.")
    if on < membership.from_on:
        raise Refused(f"{member} joined “{team}” on {show_day(membership.from_on)}.")
    membership.to_on = on
    membership.save(update_fields=["to_on"])


def _reopen(member: Member, team_id: int, ended_on: date) -> None:
    if member.memberships.filter(team=team_id, to_on=None).exists():
        raise Refused("Somebody changed this meanwhile. It stays as it is.")
    changed = member.memberships.filter(team=team_id, to_on=ended_on).update(to_on=None)
    if not changed:
        raise Refused("Somebody changed this meanwhile. It stays as it is.")


def _membership(event: Event) -> TeamMembership:
    return TeamMembership.objects.select_related("member__workspace", "team").get(
        pk=event.data["membership"]
    )


def _unchanged(model: Any, event: Event) -> Any:
    row = model.objects.select_related("workspace").get(pk=event.about_id)
    if row.version != event.data["version"]:
        raise Refused("Somebody changed this meanwhile. It stays as it is.")
    return row


def _write(row: Any, **fields: Any) -> None:
    """Save these fields and move the version on, whoever wrote in between."""
    type(row).objects.filter(pk=row.pk).update(**fields, version=F("version") + 1)
    row.refresh_from_db(fields=[*fields, "version"])


def _assign(row: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Put new values on the row; {field: [before, after]} of those that differ."""
    changes = {}
    for name, value in wanted.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = [_plain(before), _plain(value)]
            setattr(row, name, value)
    return changes


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _people(count: int) -> str:
    return "One person is" if count == 1 else f"{count} people are"
