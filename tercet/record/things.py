"""From a kind and an id to the thing itself, in one query per kind, for whoever may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tercet.kit import kinds
from tercet.people.models import Member

Key = tuple[str, int]


@dataclass(frozen=True)
class Found:
    kind: kinds.Kind
    thing: Any
    title: str
    url: str


def find_things(keys: Iterable[tuple[str, int | None]], *, member: Member) -> dict[Key, Found]:
    """Those of the things that this member may see. Kinds that no room knows are left out."""
    wanted: dict[str, set[int]] = {}
    for name, thing_id in keys:
        if name and thing_id is not None:
            wanted.setdefault(name, set()).add(thing_id)
    found: dict[Key, Found] = {}
    for name, ids in wanted.items():
        if kind := kinds.find(name):
            for thing in kind.visible(member).filter(pk__in=ids):
                url = kind.url(member.workspace.slug, thing)
                found[name, thing.pk] = Found(kind, thing, kind.title(thing), url)
    return found


def find_thing(name: str, thing_id: int, *, member: Member) -> Found | None:
    return find_things([(name, thing_id)], member=member).get((name, thing_id))
