"""T-21: the worker may die at any moment; the rows are in whole, once, or not at all."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from conftest import build_world
from tercet.connectors import commands
from tercet.connectors.mapping.plan import Plan
from tercet.record import jobs
from tercet.record.models import Event, ExternalId, Import, Job
from tercet.revenue.models import Assignment, Deal

ROWS = 4_000
ROUNDS = 50 if os.environ.get("TERCET_BATTERY") == "nightly" else 5
SEED = 20261116
WORK = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tercet.config.settings"
import django
django.setup()
from tercet.record import jobs
print("ready", flush=True)
jobs.run_due()
"""


@pytest.mark.flushes
@pytest.mark.slow
def test_a_killed_import_is_in_whole_or_not_at_all(child_environment, transactional_db):
    world = build_world()
    chance = random.Random(SEED)
    with scope(workspace=world.quay):
        row = _started(world)
        for _ in range(ROUNDS):
            _work_until_killed(child_environment, chance.uniform(0.05, 2.5))
            assert Deal.objects.count() in (0, ROWS)
            assert ExternalId.objects.filter(kind="deal").count() == Deal.objects.count()
            # The lease of a dead worker runs out.
            Job.objects.filter(state="running").update(leased_until=timezone.now())

        jobs.run_due(timezone.now() + timedelta(minutes=10))

        row.refresh_from_db()
        assert row.state == "published"
        assert Deal.objects.count() == ROWS
        assert Assignment.objects.count() == ROWS
        assert ExternalId.objects.filter(kind="deal").count() == ROWS
        assert Event.objects.filter(kind="import.published").count() == 1


def _started(world) -> Import:
    lines = ["Deal ID,Deal Name,Deal Owner,Deal Stage,Close Date"]
    lines += [f"d{n},Deal {n},Owner {n % 9},Closed Won,2026-03-01" for n in range(ROWS)]
    row = commands.upload_file(
        world.quay, ["\n".join(lines).encode()], name="deals.csv", source="crm", by=world.edi
    )
    jobs.run_due()
    row.refresh_from_db()
    commands.plan_import(row, Plan.from_dict(row.plan), by=world.edi)
    commands.start_import(row, by=world.edi)
    return row


def _work_until_killed(environment: dict[str, str], seconds: float) -> None:
    """A worker in a group of its own, killed with all its children some time into its work."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORK],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    time.sleep(seconds)
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
