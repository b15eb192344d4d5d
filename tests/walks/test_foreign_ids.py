"""T-2: each id in a path or form is swapped for the same thing of another workspace."""

import hashlib
import json
from typing import Any

from django.apps import apps
from django.db import transaction
from django.test import Client
from django_scopes import scopes_disabled

from tercet.people.doors import Door
from tests.battery.evidence import evidence
from tests.walks.routes import Route, workspace_routes
from tests.walks.things import make_things

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Names under which forms carry ids of things, beside those of the paths.
FORM_IDS = {
    "member": "member_id",
    "team": "team_id",
    "owner": "owner_id",
    "company": "company_id",
    "contact": "contact_id",
    "segment": "segment_id",
    "lead": "lead_id",
    "deal": "deal_id",
    "stage": "stage_id",
    "campaign": "campaign_id",
    "product": "product_id",
    "leads": "lead_id",
    "deals": "deal_id",
    "to_owner": "owner_id",
    "from_owner": "owner_id",
    "to_team": "team_id",
    "to_member": "member_id",
    "parent": "company_id",
    "import": "import_id",
    "handoff": "handoff_id",
    "about_id": "deal_id",
}
REFUSED = {400, 403, 404, 409, 422}
NO_ID = {"token", "kind", "source", "session_id", "check"}


def test_a_foreign_id_in_a_path_is_not_there(world):
    ours, theirs = _both(world)
    client = _as(world.ada)
    swaps, wrong = 0, []
    for route in workspace_routes():
        if not isinstance(route.door, Door):
            continue
        for name in route.parameters:
            if name not in ours or name in NO_ID:
                continue
            for method in ("GET", "POST"):
                if method not in route.door.methods:
                    continue
                before = _rows_of(world.mill)
                status = _ask(client, route, method, {**ours, name: theirs[name]}, {})
                swaps += 1
                if status != 404 or _rows_of(world.mill) != before:
                    wrong.append(f"{method} {route.name} with a foreign {name}: {status}")
    evidence("T-2 paths", f"{swaps} swaps, {len(wrong)} wrong", "0 wrong", passed=not wrong)
    assert wrong == []


def test_a_foreign_id_in_a_form_changes_nothing_there(world):
    ours, theirs = _both(world)
    client = _as(world.ada)
    swaps, wrong, before = 0, [], _rows_of(world.mill)
    for route in workspace_routes():
        if not isinstance(route.door, Door) or "POST" not in route.door.methods:
            continue
        for field, thing in FORM_IDS.items():
            form = {name: ours[each] for name, each in FORM_IDS.items()} | {field: theirs[thing]}
            with transaction.atomic():
                status = _ask(client, route, "POST", ours, form, keep=True)
                after = _rows_of(world.mill)
                crossed = [] if status in REFUSED else _crossing(world)
                transaction.set_rollback(True)
            swaps += 1
            if status == 500 or after != before or crossed:
                wrong.append(f"{route.name} with a foreign {field}: {status} {crossed}")
    evidence("T-2 forms", f"{swaps} swaps, {len(wrong)} wrong", "0 wrong", passed=not wrong)
    assert wrong == []


def _both(world: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    with scopes_disabled():
        return make_things(world.quay, "quay-thing"), make_things(world.mill, "mill-thing")


def _as(member: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(member.person, backend=BACKEND)
    return client


def _ask(
    client: Client,
    route: Route,
    method: str,
    values: dict[str, Any],
    form: dict[str, Any],
    *,
    keep: bool = False,
) -> int:
    point = transaction.savepoint()
    url = route.url("quay", values)
    answer = client.get(url) if method == "GET" else client.post(url, form)
    if hasattr(answer, "streaming_content"):
        b"".join(answer.streaming_content)
    if not keep:
        transaction.savepoint_rollback(point)
    return int(answer.status_code)


def _rows_of(workspace: Any) -> str:
    """A checksum over every row that belongs to this workspace."""
    digest = hashlib.sha256()
    for model in apps.get_models():
        names = {field.name for field in model._meta.concrete_fields}
        if "workspace" in names:
            rows = model._base_manager.filter(workspace=workspace).order_by("pk").values()
            digest.update(json.dumps(list(rows), default=str).encode())
    return digest.hexdigest()


def _crossing(world: Any) -> list[str]:
    """Foreign keys that lead from a row of Quay to a row of Mill."""
    crossed = []
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.concrete_fields}
        if "workspace" not in fields:
            continue
        for name, field in fields.items():
            target = field.related_model
            if target is None or isinstance(target, str) or name == "workspace":
                continue
            if any(each.name == "workspace" for each in target._meta.concrete_fields):
                found = model._base_manager.filter(
                    **{"workspace": world.quay, f"{name}__workspace": world.mill}
                )
                if found.exists():
                    crossed.append(f"{model._meta.label}.{name}")
    return crossed
