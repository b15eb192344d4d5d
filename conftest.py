"""The small world that tests play in.

Quay: Ada administers, Edi edits, Cora contributes, Vic views; Lea has left. Mill: Oto, the
outsider, administers. Today is Monday 16 November 2026.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope, scopes_disabled

from tercet.people.models import Member, Person, Team, TeamMembership, Workspace

CHROMIUM = os.environ.get("TERCET_TEST_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
""".split()
TODAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """Two workspaces and the people in them; a test adds only what it is about."""

    quay: Workspace
    mill: Workspace
    sales: Team
    marketing: Team
    ada: Member
    edi: Member
    cora: Member
    vic: Member
    lea: Member
    oto: Member
    today: date = TODAY
    now: datetime = NOW


def build_world() -> World:
    quay = Workspace.objects.create(
        name="Quay", slug="quay", time_zone="Europe/Berlin", fixed_today=TODAY
    )
    mill = Workspace.objects.create(name="Mill", slug="mill", fixed_today=TODAY)
    with scopes_disabled():
        sales = Team.objects.create(workspace=quay, name="Sales", function="sales")
        marketing = Team.objects.create(workspace=quay, name="Marketing", function="marketing")
        ada = _member(quay, "Ada Lind", "admin")
        edi = _member(quay, "Edi Moor", "editor")
        cora = _member(quay, "Cora Beck", "contributor")
        vic = _member(quay, "Vic Roth", "viewer")
        lea = _member(quay, "Lea Falk", "editor", left_on=date(2026, 7, 31))
        oto = _member(mill, "Oto Kern", "admin")
        for member, team in [(edi, sales), (cora, marketing)]:
            TeamMembership.objects.create(
                workspace=quay, member=member, team=team, from_on=date(2026, 1, 1)
            )
    return World(quay, mill, sales, marketing, ada, edi, cora, vic, lea, oto)


def _member(workspace: Workspace, name: str, role: str, left_on: date | None = None) -> Member:
    email = f"{name.split()[0].lower()}@{workspace.slug}.example"
    person = Person.objects.create_user(email, name=name)
    return Member.objects.create(
        workspace=workspace,
        person=person,
        role=role,
        joined_on=date(2026, 1, 1),
        left_on=left_on,
    )


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The world, with queries scoped to Quay."""
    made = build_world()
    with scope(workspace=made.quay):
        yield made


@pytest.fixture
def as_() -> Callable[[Member | None], Client]:
    """A browser in which this member is signed in; None for a stranger."""

    def sign_in(member: Member | None) -> Client:
        client: Any = Client()
        if member is not None:
            client.force_login(
                member.person,
                backend="allauth.account.auth_backends.AuthenticationBackend",
            )
        return client

    return sign_in


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all that drive one: Playwright runs one loop in a process, not two."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
