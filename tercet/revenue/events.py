"""How this room's events read."""

from tercet.kit.numbers import plural
from tercet.record.events import told
from tercet.record.models import Event


def _who(event: Event) -> str:
    return str(event.by) if event.by else "Tercet"


def _reassigned(noun: str) -> None:
    told(
        f"{noun}.reassigned",
        lambda event: (
            f"{_who(event)} gave {plural(event.data['count'], noun)} to {event.data['to']}"
        ),
    )
    told(
        f"{noun}.given_back",
        lambda event: f"{_who(event)} gave {plural(event.data['count'], noun)} back",
    )


def _settings_changed(event: Event) -> str:
    names = ", ".join(sorted(name.replace("_", " ") for name in event.data))
    return f"{_who(event)} changed how revenue is counted: {names}"


_reassigned("lead")
_reassigned("deal")
told("settings.changed", _settings_changed)
