"""Each change makes the snapshots stale: one reader asks for new ones, at most once a minute."""

from tercet.record.events import reader
from tercet.record.models import Event
from tercet.record.snapshots import snapshot_rooms


@reader("record.snapshots", "")
def refresh_snapshots(event: Event) -> None:
    snapshot_rooms(event.workspace, at_once=event.kind.startswith("import."))
