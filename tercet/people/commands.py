"""Workspaces, members and the one-time way in. Rooms above add what needs the record."""

from datetime import date, datetime, timedelta

from django.db import transaction
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
    workspace = Workspace.objects.create(
        name=name,
        slug=_free_slug(slug or slugify(name) or "workspace"),
        time_zone=time_zone,
        is_demo=is_demo,
        fixed_today=fixed_today,
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
    spent = SignInLink.objects.filter(
        token_hash=hash_token(token),
        used_at=None,
        expires_at__gt=now,
        person__is_active=True,
    ).update(used_at=now)
    if not spent:
        raise Refused("This link has been used or is too old. Ask for a new one.")
    return (
        SignInLink.objects.select_related("person")
        .get(token_hash=hash_token(token))
        .person
    )


def _free_slug(wanted: str) -> str:
    slug, number = wanted[:50], 1
    while slug in WORDS_OF_ROUTES or Workspace.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted[:50]}-{number}"
    return slug
