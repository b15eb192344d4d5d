"""Touches go into Parquet files that a manifest lists; each counts once."""

from pathlib import Path

from django.conf import settings

from tercet.connectors import commands
from tercet.connectors.mapping.plan import Plan
from tercet.record import jobs
from tercet.record.bulk.facts import files_of
from tercet.record.models import FactFile, Import

HEADER = "Touch ID,Timestamp,Email,Campaign,Channel,Touch kind\n"
LINES = [
    "t1,2026-03-01 10:00:00,ann@acme.com,Spring,Webinar,human",
    "t2,2026-03-02 11:30:00,bob@byte.com,Spring,E-mail,automatic",
    "t3,2026-03-03 09:00:00,ann@acme.com,,Call,human",
]


def bring_touches(world, *lines: str) -> Import:
    text = HEADER + "\n".join(lines) + "\n"
    row = commands.upload_file(
        world.quay, [text.encode()], name="touches.csv", source="crm", kind="touches", by=world.edi
    )
    jobs.run_due()
    row.refresh_from_db()
    plan = Plan.from_dict(row.plan).answer("zone", "Europe/Berlin")
    commands.start_import(commands.plan_import(row, plan, by=world.edi), by=world.edi)
    jobs.run_due()
    row.refresh_from_db()
    assert row.state == "published", row.problem
    return row


def kept(world) -> list[str]:
    import pyarrow.parquet as pq

    found = [
        pq.read_table(path)["touch_id"].to_pylist() for path in files_of(world.quay, "touches")
    ]
    return sorted(touch for each in found for touch in each)


def test_touches_are_listed_with_their_span(world):
    row = bring_touches(world, *LINES)

    file = FactFile.objects.get()
    assert (file.rows, file.import_id) == (3, row.pk)
    assert file.first_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert file.path.startswith(f"facts/{world.quay.pk}/touches/")
    assert row.counts["kinds"]["touches"] == {"new": 3, "unchanged": 0}


def test_a_touch_that_is_here_already_is_left_out(world):
    bring_touches(world, *LINES)

    again = bring_touches(
        world, LINES[2], LINES[0], "t4,2026-03-04 09:00:00,cy@cove.com,,Call,human"
    )

    assert again.counts["kinds"]["touches"] == {"new": 1, "unchanged": 2}
    assert kept(world) == ["t1", "t2", "t3", "t4"]


def test_undo_takes_the_files_away(world, django_capture_on_commit_callbacks):
    bring_touches(world, *LINES[:1])
    row = bring_touches(world, *LINES)
    paths = [
        Path(settings.ENV.data) / path
        for path in FactFile.objects.filter(import_id=row.pk).values_list("path", flat=True)
    ]
    assert all(path.exists() for path in paths)

    with django_capture_on_commit_callbacks(execute=True):
        commands.undo_import(row, by=world.edi)
        jobs.run_due()

    assert kept(world) == ["t1"]
    assert not any(path.exists() for path in paths)
