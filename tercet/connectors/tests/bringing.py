"""Rows for tests, written as people read them, and the shortest way to bring them in."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.utils import timezone

from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.reading.sinks import schema
from tercet.record.bulk.publish import bring_in
from tercet.record.bulk.shapes import all_shapes
from tercet.record.bulk.stage import Batch
from tercet.record.models import ExternalId, Import, OpenReference


def table(plural: str, rows: list[dict[str, Any]]) -> pa.Table:
    """The rows as the reader would hand them over."""
    shape = schema(KINDS[plural])
    whole = [
        {"line": number, "extra": "{}", **{k: v for k, v in row.items() if k != "extra"}}
        | ({"extra": json.dumps(row["extra"])} if "extra" in row else {})
        for number, row in enumerate(rows, start=2)
    ]
    return pa.Table.from_pylist(whole, schema=shape)


def mapped(plural: str, rows: list[dict[str, Any]]) -> frozenset[str]:
    """The fields that a plan would have mapped for these rows."""
    names = {name for row in rows for name in row}
    return frozenset(
        field.name
        for field in KINDS[plural].fields
        if field.name in names or names & set(field.columns)
    )


def new_import(world: Any, *, source: str = "crm", by: Any = None) -> Import:
    return Import.objects.create(
        workspace=world.quay,
        source=source,
        file_name="export.csv",
        state="importing",
        by=by or world.edi,
        created_at=timezone.now(),
    )


def bring(
    world: Any, *, source: str = "crm", is_full: bool = False, **kinds: list[dict[str, Any]]
) -> Import:
    """Bring rows in as one import: bring(world, deals=[{…}], companies=[{…}])."""
    row = new_import(world, source=source)
    batches = [
        Batch(plural, table(plural, rows), mapped(plural, rows), is_full)
        for plural, rows in kinds.items()
    ]
    bring_in(row, batches, by=world.edi)
    return row


def export(world: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that imports write, as plain rows in a stable order; versions left out."""
    found = {}
    for shape in all_shapes():
        columns = [
            f.attname for f in shape.model._meta.concrete_fields if f.attname not in ("version",)
        ]
        rows = shape.model._base_manager.filter(workspace=world.quay).order_by("id")
        found[shape.kind] = [tuple(_plain(v) for v in row) for row in rows.values_list(*columns)]
    found["ids"] = sorted(
        ExternalId.objects.filter(workspace=world.quay).values_list(
            "source", "kind", "external_id", "thing_id"
        )
    )
    found["open"] = sorted(
        OpenReference.objects.filter(workspace=world.quay).values_list(
            "source", "kind", "external_id", "from_kind", "from_id", "field"
        )
    )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    return value.isoformat() if isinstance(value, (date, datetime)) else value
