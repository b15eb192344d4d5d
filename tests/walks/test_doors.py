"""T-1: every route × method × actor. What each cell must say follows from the route's door.

`EXCEPTIONS` holds cells that differ, each with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django_scopes import scopes_disabled

from conftest import World
from tercet.people.doors import Door
from tercet.people.models import Member, Person
from tercet.people.policy import ACTIONS, RANK
from tests.battery.evidence import evidence
from tests.walks.routes import Route, all_routes
from tests.walks.things import make_things

EXCEPTIONS = {
    ("connectors:refused_rows", 404): "the import of this walk has refused nothing",
    (
        "revenue:rows_page",
        404,
    ): "rows stand behind a figure; without one in the query there are none",
}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
METHODS = ["GET", "POST"]


@dataclass(frozen=True)
class Actor:
    name: str
    member: Member | None
    role: str | None


@pytest.fixture
def actors(world: World) -> list[Actor]:
    with scopes_disabled():
        gone = Member.objects.create(
            workspace=world.quay,
            person=_disabled(),
            role="admin",
            joined_on=world.today,
        )
    return [
        Actor("anonymous", None, None),
        Actor("viewer", world.vic, "viewer"),
        Actor("contributor", world.cora, "contributor"),
        Actor("editor", world.edi, "editor"),
        Actor("admin", world.ada, "admin"),
        Actor("member who left", world.lea, "outside"),
        Actor("admin of another workspace", world.oto, "outside"),
        Actor("disabled person", gone, None),
    ]


def test_every_route_has_a_door():
    without = [route.name for route in all_routes() if route.door is None]
    assert without == []


def test_every_public_door_says_why():
    silent = [
        route.name
        for route in all_routes()
        if isinstance(route.door, Door) and route.door.kind == "public" and not route.door.reason
    ]
    assert silent == []


def test_every_cell_of_the_matrix_is_as_its_door_says(world, actors):
    with scopes_disabled():
        things = make_things(world.quay, "quay-thing")
    wrong: list[str] = []
    cells = 0
    for route in all_routes():
        if not route.is_ours:
            continue
        for actor, method, expected in _cells(route, actors):
            status = _ask(route, method, actor, world, things)
            cells += 1
            if status not in expected and (route.name, status) not in EXCEPTIONS:
                wrong.append(f"{method} {route.name} as {actor.name}: {status}, not {expected}")
    routes = len([route for route in all_routes() if route.is_ours])
    passed = not wrong
    evidence("T-1", f"{routes} routes, {cells} cells, {len(wrong)} wrong", "0 wrong", passed=passed)
    assert wrong == []


def _cells(route: Route, actors: list[Actor]) -> Iterator[tuple[Actor, str, set[int]]]:
    for actor in actors:
        for method in METHODS:
            yield actor, method, _expected(route.door, method, actor)


def _expected(door: Door, method: str, actor: Actor) -> set[int]:
    fine = {200, 204, 302, 303, 304, 400, 409, 422}
    if door.kind == "public":
        return fine | {404, 405, 410}
    if door.kind == "person":
        return {302} if actor.role is None else fine | {403, 404, 405}
    if method not in door.methods:
        return {405}
    if actor.role is None:
        return {302}
    if actor.role == "outside":
        return {404}
    return {403} if RANK[actor.role] < RANK[ACTIONS[door.action]] else fine


def _ask(route: Route, method: str, actor: Actor, world: World, things: dict[str, Any]) -> int:
    client = Client(raise_request_exception=False)
    if actor.member is not None:
        client.force_login(actor.member.person, backend=BACKEND)
    missing = set(route.parameters) - {"slug"} - things.keys()
    assert not missing, f"{route.name} needs {missing}: say in things.py how to make it."
    point = transaction.savepoint()
    response = client.generic(method, route.url(world.quay.slug, things))
    if hasattr(response, "streaming_content"):
        b"".join(response.streaming_content)
    transaction.savepoint_rollback(point)
    return int(response.status_code)


def _disabled() -> Person:
    return Person.objects.create_user("disabled@quay.example", name="Disa Bled", is_active=False)
