"""Named holes in a page of a lower room, filled by rooms above it.

The lower room's template says `{% for part in slot("company.page", company=company) %}`; the
upper room registers `fill("company.page", function)` in `ready()`. A filler gets the request's
member and the slot's arguments and returns a `Filling` or None.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Filling:
    """A template of the upper room and what it needs; `order` sorts the fillings of a slot."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 100


Filler = Callable[..., Filling | None]
_fillers: dict[str, list[Filler]] = {}


def fill(slot: str, filler: Filler) -> None:
    if filler not in _fillers.setdefault(slot, []):
        _fillers[slot].append(filler)


def fillings(slot: str, **arguments: Any) -> list[Filling]:
    found = [filler(**arguments) for filler in _fillers.get(slot, [])]
    return sorted((filling for filling in found if filling), key=lambda filling: filling.order)
