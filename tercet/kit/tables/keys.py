"""Keyset pages: the sorted column, its cursor, and the rows beyond a place."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connections, models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Collate


@dataclass(frozen=True)
class Key:
    """The sorted column: where it lies, whether it may be empty, and its cursor."""

    path: str
    field: Any
    is_nullable: bool
    expression: Any

    @classmethod
    def of(cls, queryset: QuerySet[Any], path: str) -> "Key":
        output, is_nullable = resolve(queryset, path)
        is_text = isinstance(output, (models.CharField, models.TextField))
        needs_collation = is_text and connections[queryset.db].vendor == "postgresql"
        expression = Collate(F(path), "C") if needs_collation else F(path)
        return cls(path, output, is_nullable, expression)

    def parts(
        self,
        found: QuerySet[Any],
        place: tuple[Any, Any] | None,
        is_descending: bool,
        is_back: bool,
    ) -> list[QuerySet[Any]]:
        """The rows beyond a place, in the order of reading: those with a value, those without.

        Each part is one range of an index. Read as one list, with empty values last, PostgreSQL
        would sort all rows that there are.
        """
        is_reversed = is_descending != is_back
        if not self.is_nullable:
            found = found.filter(self._beyond(place, is_reversed)) if place else found
            return [_read(found, is_reversed)]
        valued, empty = found.filter(table_key__isnull=False), found.filter(table_key__isnull=True)
        if place is None:
            parts = [valued, empty]
        elif place[0] is None:
            parts = [empty.filter(_further("pk", place[1], is_reversed)), valued][: 1 + is_back]
        else:
            parts = [valued.filter(self._beyond(place, is_reversed)), empty][: 2 - is_back]
        return [_read(part, is_reversed) for part in parts]

    @staticmethod
    def _beyond(place: tuple[Any, Any], is_reversed: bool) -> Q:
        """A bound on the column itself, which an index serves, then the ties by id."""
        value, pk = place
        near = Q(**{f"table_key__{'lt' if is_reversed else 'gt'}e": value})
        past = _further("table_key", value, is_reversed) | _further("pk", pk, is_reversed)
        return near & past

    def cursor(self, row: Any, sort: str) -> str:
        value = row.table_key
        text = None if value is None else self._to_text(value)
        return signing.Signer(salt="kit.tables").sign_object([sort, text, row.pk])

    def read_cursor(self, cursor: str, sort: str) -> tuple[Any, Any] | None:
        """None for a cursor of another sort, or one that was not made here."""
        try:
            made_for, text, pk = signing.Signer(salt="kit.tables").unsign_object(cursor)
            value = None if text is None else self.field.to_python(text)
        except (signing.BadSignature, ValidationError, ValueError, TypeError):
            return None
        return (value, pk) if made_for == sort else None

    @staticmethod
    def _to_text(value: Any) -> str:
        return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def sort_key(text: str) -> str:
    """For a column that a list of names sorts by: no case, no accents, the same everywhere."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).strip()


def _further(path: str, value: Any, is_reversed: bool) -> Q:
    return Q(**{f"{path}__{'lt' if is_reversed else 'gt'}": value})


def _read(found: QuerySet[Any], is_reversed: bool) -> QuerySet[Any]:
    return found.order_by(*(["-table_key", "-pk"] if is_reversed else ["table_key", "pk"]))


def ordered(found: QuerySet[Any], key: Key, *, is_reversed: bool) -> QuerySet[Any]:
    """All rows, those without a value last, for a download."""
    nulls = {"nulls_last": True} if key.is_nullable else {}
    by = F("table_key").desc(**nulls) if is_reversed else F("table_key").asc(**nulls)
    return found.order_by(by, "-pk" if is_reversed else "pk")


def resolve(queryset: QuerySet[Any], path: str) -> tuple[Any, bool]:
    """The field at the end of a path, and whether the path may be empty on the way."""
    annotation = queryset.query.annotations.get(path)
    if annotation is not None:
        return annotation.output_field, True
    model, is_nullable, found = queryset.model, False, None
    for name in path.split("__"):
        try:
            found = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist as error:
            raise ValueError(f"{queryset.model.__name__} has no {path!r} to sort by.") from error
        is_nullable = is_nullable or bool(getattr(found, "null", True))
        model = found.related_model or model
    return getattr(found, "target_field", found), is_nullable
