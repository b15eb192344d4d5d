"""Rows of a kind, as they are, for other programs: every column, every row, in a stable order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import models

from tercet.connectors.mapping.fields import KINDS as IMPORTED
from tercet.people.models import Workspace
from tercet.record.bulk.facts import files_of
from tercet.record.bulk.shapes import Shape, shape_named
from tercet.record.models import ExternalId

KINDS = tuple(IMPORTED)
CHUNK = 5_000
_OWN = ("id", "workspace_id", "import_id", "version")
# A spreadsheet runs a cell that begins with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_rows(workspace: Workspace, plural: str, out: Any) -> int:
    """Write header and rows to a CSV writer; how many rows there were."""
    if plural == "touches":
        return _write_touches(workspace, out)
    shape = shape_named(plural)
    columns = [f for f in shape.model._meta.concrete_fields if f.column not in _OWN]
    names, paths = _named(columns)
    out.writerow(["id", "external_ids", *names])
    count = 0
    rows = shape.model.objects.filter(workspace=workspace).order_by("id")
    for chunk in _chunks(rows.values_list("id", *paths)):
        known = _external_ids(workspace, shape, chunk)
        for thing_id, *values in chunk:
            out.writerow([thing_id, known.get(thing_id, ""), *(_plain(v) for v in values)])
        count += len(chunk)
    return count


def _named(columns: list[Any]) -> tuple[list[str], list[str]]:
    """A key is written as its id and its name."""
    names, paths = [], []
    for column in columns:
        names.append(column.column)
        paths.append(column.column)
        related = column.related_model
        if related is not None and any(f.name == "name" for f in related._meta.concrete_fields):
            names.append(column.name)
            paths.append(f"{column.name}__name")
    return names, paths


def _chunks(rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    last = 0
    while chunk := list(rows.filter(id__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1][0]


def _external_ids(workspace: Workspace, shape: Shape, chunk: list[Any]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    known = ExternalId.objects.filter(
        workspace=workspace,
        kind=shape.kind,
        thing_id__gte=chunk[0][0],
        thing_id__lte=chunk[-1][0],
    )
    for source, external_id, thing_id in known.order_by("source", "external_id").values_list(
        "source", "external_id", "thing_id"
    ):
        found.setdefault(thing_id, []).append(f"{source}:{external_id}")
    return {thing_id: "; ".join(ids) for thing_id, ids in found.items()}


def _write_touches(workspace: Workspace, out: Any) -> int:
    import pyarrow.parquet as pq

    count = 0
    for number, path in enumerate(files_of(workspace, "touches")):
        with pq.ParquetFile(path) as file:
            if number == 0:
                out.writerow(file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=CHUNK):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    out.writerow([_plain(value) for value in row])
                count += batch.num_rows
    return count


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value
