"""How imports read in the history."""

from tercet.record.events import told
from tercet.record.models import Event


def _published(event: Event) -> str:
    rows = event.data.get("rows", 0)
    return f"{event.by or 'Tercet'} brought in {event.title} ({rows:,} rows new or changed)"


def _undone(event: Event) -> str:
    kept = event.data.get("kept", 0)
    rest = f"; {kept:,} rows were kept" if kept else ""
    return f"{event.by or 'Tercet'} took back the import of {event.title}{rest}"


told("import.uploaded", "{by} uploaded {title}")
told("import.planned", "{by} said how to read {title}")
told("import.cancelled", "{by} cancelled the import of {title}")
told("import.failed", "The import of {title} failed")
told("import.published", _published)
told("import.undone", _undone)
