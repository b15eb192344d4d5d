"""Outside of a test's own transaction, as the worker does it."""

import pytest
from django.db import connection, transaction
from django_scopes import scope

from conftest import build_world
from tercet.revenue.frames import write_frames
from tercet.revenue.models import Lead

pytestmark = [pytest.mark.flushes, pytest.mark.django_db(transaction=True)]


def test_reads_without_a_writers_lock_and_leaves_no_transaction_open(tmp_path):
    world = build_world()
    with scope(workspace=world.quay):
        Lead.objects.bulk_create([Lead(workspace=world.quay) for _ in range(120)])

        rows = write_frames(world.quay, tmp_path)

        assert rows["leads"] == 120
        assert not connection.in_atomic_block
        with transaction.atomic():
            Lead.objects.create(workspace=world.quay)
        (tmp_path / "again").mkdir()
        assert write_frames(world.quay, tmp_path / "again")["leads"] == 121
