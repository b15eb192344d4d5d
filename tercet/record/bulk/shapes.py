"""What an import knows of a kind: its columns, what they are filled from, what they point at.

A room describes its kinds with these and registers them; `stage`, `publish` and `undo` do the rest
in sets. Expressions are SQL over the staged row `s`; they are written here in the code, never by a
person, and values are always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Model

if TYPE_CHECKING:
    from tercet.record.bulk.stage import Draft

Step = Callable[["Draft"], None]


@dataclass(frozen=True)
class Column:
    """A mirrored column of the model. Without `value` it is the staged field of the same name.

    It is written only when one of `fields` is mapped.
    """

    name: str
    value: str = ""
    fields: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        return self.value or f's."{self.name}"'

    @property
    def filled_by(self) -> tuple[str, ...]:
        return self.fields or (self.name,)


@dataclass(frozen=True)
class Link:
    """A foreign key found by what the row says: an identifier, else a natural name that is unique.

    `identifier` is the staged field that may hold the source's own id. Each of `by` is a group of
    (column of the target, staged field) pairs that must all fit. With `creates` a thing that nobody
    knows is made; otherwise the reference stays open until its row arrives. Without `is_column` the
    model has no such key: what the row names is to point back at it.
    """

    column: str
    kind: str
    identifier: str = ""
    by: tuple[tuple[tuple[str, str], ...], ...] = ()
    creates: Mapping[str, str] = field(default_factory=dict)
    is_column: bool = True

    @property
    def keeps_open(self) -> bool:
        return not self.creates

    @property
    def fields(self) -> tuple[str, ...]:
        """The staged fields that the link is found by, each once."""
        pairs = [name for group in self.by for _, name in group]
        return tuple(dict.fromkeys([*([self.identifier] if self.identifier else []), *pairs]))

    @property
    def id_column(self) -> str:
        return f"_{self.column}_id"


@dataclass(frozen=True)
class Shape:
    """A kind as imports see it.

    `kind` is the name in ExternalId and in the registry of kinds, `plural` the mapping's. `fields`
    are staged fields with their types ("text" unless said). `natural` are columns by which a thing
    is found that the source calls by a new id, if they fit one thing only. `names` are columns by
    which rows of other kinds may name it. `key_fields` name a row of a kind that has no identifier.
    """

    kind: str
    plural: str
    model: type[Model]
    order: int
    fields: Mapping[str, str]
    columns: tuple[Column, ...] = ()
    links: tuple[Link, ...] = ()
    natural: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    key_fields: tuple[str, ...] = ()
    work: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    text: str = ""
    has_identity: bool = True
    after_links: Step | None = None
    after_matching: Step | None = None
    before_publishing: Step | None = None
    after_publishing: Step | None = None

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def staged(self) -> str:
        return f"bulk_{self.plural}"

    @property
    def can_archive(self) -> bool:
        return any(f.name == "archived_at" for f in self.model._meta.concrete_fields)

    @property
    def keeps_extra(self) -> bool:
        return any(f.name == "extra" for f in self.model._meta.concrete_fields)

    def link(self, column: str) -> Link | None:
        return next((link for link in self.links if link.column == column), None)


def fields(text: str) -> dict[str, str]:
    """'name email left_on:date' as a mapping of staged fields to types."""
    return {name: type_ or "text" for name, _, type_ in (w.partition(":") for w in text.split())}


@dataclass(frozen=True)
class Satellite:
    """Rows that an import writes beside a thing and that go with it."""

    model: type[Model]
    parents: tuple[tuple[str, str], ...]


_shapes: dict[str, Shape] = {}
_satellites: list[Satellite] = []


def register(shape: Shape) -> None:
    _shapes[shape.kind] = shape


def register_satellite(satellite: Satellite) -> None:
    if satellite not in _satellites:
        _satellites.append(satellite)


def all_satellites() -> list[Satellite]:
    return list(_satellites)


def shape_of(kind: str) -> Shape:
    return _shapes[kind]


def shape_named(plural: str) -> Shape:
    return next(shape for shape in _shapes.values() if shape.plural == plural)


def all_shapes() -> list[Shape]:
    """Every kind that imports fill, those first that others point at."""
    return sorted(_shapes.values(), key=lambda shape: shape.order)
