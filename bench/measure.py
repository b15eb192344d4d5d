"""What runs inside the installation that is measured: query counts, and figures in the worker."""

import json
import os
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tercet.config.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from tercet.people.models import Member, Workspace
from tercet.record.models import Figure
from tercet.record.snapshots import compute_now, make_snapshot


def queries(paths: list[str]) -> dict[str, int]:
    """How many queries each page makes, the session's and the member's included."""
    client = _client()
    counts = {}
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        counts[path] = len(captured)
    return counts


def figures(paths: list[str]) -> dict[str, float]:
    """Seconds for a snapshot and for each figure computed from it, as the worker does it."""
    workspace = Workspace.objects.get(slug="quay")
    seconds: dict[str, float] = {}
    with scope(workspace=workspace):
        started = time.perf_counter()
        make_snapshot(workspace, "revenue")
        seconds["snapshot"] = time.perf_counter() - started
        for path in paths:
            _client().get(path)
        waiting = Figure.objects.filter(state="waiting").select_related("snapshot")
        for figure in waiting.order_by("name"):
            compute_now(workspace, figure.name, {**figure.filters})
            figure.state = "waiting"
            figure.save(update_fields=["state"])
            started = time.perf_counter()
            compute_now(workspace, figure.name, figure.filters)
            seconds[figure.name] = time.perf_counter() - started
    return seconds


def _client() -> Client:
    member = Member._base_manager.filter(role="admin").order_by("pk").first()
    if member is None:
        raise SystemExit("Nobody administers this installation.")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(member.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    result: Any = {"queries": queries, "figures": figures}[command](arguments)
    print(json.dumps(result))
