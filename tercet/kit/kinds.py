"""The registry of kinds: how rooms below know the things of rooms above.

Each room registers its kinds in `AppConfig.ready()`. Search, comments, handoffs, notices, the
palette and `/go/` know a thing only by its kind and id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Kind:
    """What every room must be able to do with a thing that it did not define.

    `visible` takes the member who looks; `url` the workspace's slug and the thing;
    `search_text` everything that people would search by beside the title.
    """

    name: str
    label: str
    plural: str
    icon: str
    model: type[Model]
    visible: Callable[[Any], QuerySet[Any]]
    title: Callable[[Any], str]
    url: Callable[[str, Any], str]
    search_text: Callable[[Any], str] | None = None
    make: Callable[[Any], Any] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    known = _kinds.get(kind.name)
    if known is not None and known.model is not kind.model:
        raise ValueError(f"Kind {kind.name!r} is registered for {known.model} and {kind.model}.")
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    return _kinds[name]


def find(name: str) -> Kind | None:
    return _kinds.get(name)


def of(thing: Model) -> Kind:
    for kind in _kinds.values():
        if kind.model is type(thing):
            return kind
    raise LookupError(f"No room has registered a kind for {type(thing).__name__}.")


def all_kinds() -> list[Kind]:
    return list(_kinds.values())
