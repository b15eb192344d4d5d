"""T-14: every process dies at once under write load. What was acknowledged is there, and whole."""

import json
import os
import random
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.battery.evidence import evidence
from tests.battery.site import Site, site

pytestmark = pytest.mark.flushes
NIGHTLY = os.environ.get("TERCET_BATTERY") == "nightly"
ROUNDS = 50 if NIGHTLY else 10
WRITERS = 12
SEED = 20261116
LOOK = """
import json, os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tercet.config.settings")
import django
django.setup()
from collections import Counter
from django.db import connection
from tercet.customers.models import Company
from tercet.record.models import Delivery, Event, SearchEntry
integrity = "ok"
if connection.vendor == "sqlite":
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        integrity = cursor.fetchone()[0]
made = dict(Company._base_manager.values_list("pk", "name"))
events = Event._base_manager.filter(kind="company.added")
print(json.dumps({
    "integrity": integrity,
    "names": Counter(made.values()),
    "rows": sorted(made),
    "events": sorted(events.values_list("about_id", flat=True)),
    "entries": sorted(
        SearchEntry._base_manager.filter(kind="company").values_list("thing_id", flat=True)
    ),
    "undelivered_events": events.exclude(deliveries__isnull=False).count(),
    "orphans": Delivery.objects.filter(event=None).count(),
}))
"""


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    acknowledged: list[str] = []
    with site(tmp_path / "data") as installation:
        for number in range(ROUNDS):
            installation.start()
            acknowledged += _write_until_killed(installation, number, chance.uniform(0.3, 1.5))
        found = json.loads(installation.run("-c", LOOK).splitlines()[-1])

    lost = [name for name in acknowledged if name not in found["names"]]
    doubled = [name for name, count in found["names"].items() if count > 1]
    whole = found["rows"] == found["events"] == found["entries"]
    passed = (
        found["integrity"] == "ok"
        and whole
        and not lost
        and not doubled
        and not found["undelivered_events"]
    )
    evidence(
        "T-14",
        f"{ROUNDS} rounds, {len(acknowledged)} acknowledged, {len(lost)} lost, "
        f"{'0' if whole else 'some'} half done, integrity {found['integrity']}",
        "0 lost, 0 half done",
        passed=passed,
        seed=SEED,
    )
    assert found["integrity"] == "ok"
    assert lost == []
    assert doubled == []
    assert found["rows"] == found["events"] == found["entries"]
    assert found["undelivered_events"] == 0
    assert len(acknowledged) > ROUNDS


def _write_until_killed(installation: Site, number: int, seconds: float) -> list[str]:
    acknowledged: list[str] = []
    over = threading.Event()

    def write(writer: int) -> None:
        count = 0
        while not over.is_set():
            name = f"Round {number} writer {writer} company {count}"
            try:
                status, _ = installation.post(
                    "/quay/customers/new/", {"name": name, "state": "prospect"}
                )
            except (OSError, HTTPException):
                return
            if status in {302, 303}:
                acknowledged.append(name)
            count += 1

    threads = [threading.Thread(target=write, args=(each,)) for each in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    installation.kill()
    over.set()
    for thread in threads:
        thread.join()
    return acknowledged
