"""Workspaces, members and the one-time way in. Rooms above add what needs the record."""

from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from tercet.kit.refusal import Refused
from tercet.people.models import Member, Person, SignInLink, Workspace
from tercet.people.tokens import hash_token, new_token

LINK_LASTS = timedelta(hours=24)
WORDS_OF_ROUTES = {
    "account",
    "healthz",
    "static",
    "link",
    "join",
    "new",
    "choose",
    "api",
    "go",
}


@transaction.atomic
def create_workspace(
    name: str,
    *,
    owner: Person,
    today: date,
    slug: str = "",
    time_zone: str = "UTC",
    is_demo: bool = False,
    fixed_today: date | None = None,
) -> Member:
    """Open a workspace with its first administrator."""
    name = name.strip()
    if not name:
        raise Refused("Give the workspace a name.")
    if len(name) > 120:
        raise Refused("Use at most 120 characters for the name.")
    workspace = _with_free_slug(
        slug or slugify(name) or "workspace",
        Workspace(name=name, time_zone=time_zone, is_demo=is_demo, fixed_today=fixed_today),
    )
    return Member._base_manager.create(
        workspace=workspace, person=owner, role="admin", joined_on=fixed_today or today
    )


@transaction.atomic
def make_sign_in_link(person: Person, *, now: datetime) -> str:
    """A token that signs this person in once, within a day."""
    token, hashed = new_token()
    SignInLink.objects.create(
        person=person, token_hash=hashed, created_at=now, expires_at=now + LINK_LASTS
    )
    return token


@transaction.atomic
def use_sign_in_link(token: str, *, now: datetime) -> Person:
    """Spend the link; of two that come at once, one gets in."""
    # Only the link's own columns: a condition on the person would become a subquery, which
    # PostgreSQL does not look at again after it has waited for the row.
    spent = SignInLink.objects.filter(
        token_hash=hash_token(token), used_at=None, expires_at__gt=now
    ).update(used_at=now)
    if not spent:
        raise Refused("This link has been used or is too old. Ask for a new one.")
    person = SignInLink.objects.select_related("person").get(token_hash=hash_token(token)).person
    if not person.is_active:
        raise Refused("This person may not sign in any more. Ask an administrator.")
    # Whoever runs the server made the link and vouches for the person.
    vouch_for_mail(person, now=now)
    return person


@transaction.atomic
def vouch_for_mail(person: Person, *, now: datetime) -> bool:
    """Note that the mailbox is this person's; allauth asks its own table before a second factor."""
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    return bool(Person.objects.filter(pk=person.pk, mail_proven_at=None).update(mail_proven_at=now))


@transaction.atomic
def prove_mail(person: Person, *, now: datetime) -> bool:
    """Note that this person reads the mailbox. A password set before that day may be another's."""
    if not vouch_for_mail(person, now=now):
        return False
    had_password = person.has_usable_password()
    if had_password:
        # With another password hash, every older session of the person is over.
        person.set_unusable_password()
        person.save(update_fields=["password"])
    person.mail_proven_at = now
    return had_password


@transaction.atomic
def introduce_person(person: Person, *, name: str, email: str) -> None:
    """The first administrator, whom the command line made up, says who they are."""
    if not person.is_made_up:
        raise Refused("You have a name and an address already. Change the name on your account.")
    email = email.strip().lower()
    if Person.objects.filter(email=email).exclude(pk=person.pk).exists():
        raise Refused(f"There is an account with the address {email}. Sign in with that one.")
    rename_person(person, name)
    EmailAddress.objects.filter(user=person).delete()
    person.email, person.mail_proven_at = email, None
    person.save(update_fields=["email", "mail_proven_at"])


@transaction.atomic
def rename_person(person: Person, name: str) -> None:
    name = " ".join(name.split())
    if not name:
        raise Refused("Write the name that your colleagues know you by.")
    if len(name) > 120:
        raise Refused("Use at most 120 characters.")
    person.name = name
    person.save(update_fields=["name"])


def _with_free_slug(wanted: str, workspace: Workspace) -> Workspace:
    """Take the next free slug. Whoever loses it to a neighbour in between looks again."""
    while True:
        workspace.slug = _free_slug(wanted)
        try:
            with transaction.atomic():
                workspace.save(force_insert=True)
        except IntegrityError:
            continue
        return workspace


def _free_slug(wanted: str) -> str:
    slug, number = wanted[:50], 1
    while slug in WORDS_OF_ROUTES or Workspace.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted[:50]}-{number}"
    return slug
