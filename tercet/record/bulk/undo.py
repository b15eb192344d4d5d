"""Taking an import back: what it made goes, what it changed is as before.

A row stays, and is listed, where a person or a later import has changed it since, or where
something that stays points at it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from tercet.kit import kinds
from tercet.people.models import Member, Workspace
from tercet.record import jobs, search
from tercet.record.bulk import sql
from tercet.record.bulk.publish import (
    LONGEST,
    OPEN_REFERENCE,
    Stopped,
)
from tercet.record.bulk.shapes import Shape, all_satellites, all_shapes
from tercet.record.bulk.sql import quote
from tercet.record.bulk.words import index_things
from tercet.record.events import record
from tercet.record.models import (
    BeforeImage,
    Comment,
    ExternalId,
    FactFile,
    Follow,
    Handoff,
    Import,
    OpenReference,
    SearchEntry,
)

_MADE = "bulk_made"
_CHANGED = "bulk_changed_back"
LISTED = 200
CHANGED_SINCE = "changed since"
IN_USE = "something points at it"
Cleaner = Callable[[str, str], None]
_cleaners: list[Cleaner] = []


def on_undo(cleaner: Cleaner) -> None:
    """Let a room take away what it keeps about things that go: given a kind and a SELECT of ids."""
    if cleaner not in _cleaners:
        _cleaners.append(cleaner)


def undo(row: Import, *, by: Member | None, now: datetime) -> dict[str, Any]:
    """Undo a published import in one transaction; what was undone and what was kept, as counts."""
    jobs.extend(LONGEST)
    sql.make_temporary(_MADE, {"kind": "text", "thing_id": "bigint", "why": "text"})
    sql.make_temporary(_CHANGED, {"kind": "text", "thing_id": "bigint", "why": "text"})
    sql.index_temporary(_MADE, "kind", "thing_id")
    told: dict[str, Any] = {}
    try:
        jobs.finish_with(lambda: told.update(_write(row, by, now)))
    finally:
        if not sql.connection.needs_rollback:
            sql.drop_temporary(_MADE)
            sql.drop_temporary(_CHANGED)
    return told


def _write(row: Import, by: Member | None, now: datetime) -> dict[str, Any]:
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=row.workspace_id)
        if Import.objects.select_for_update().get(pk=row.pk).state not in ("published", "undoing"):
            raise Stopped("This import is not in, so there is nothing to take back.")
        for shape in all_shapes():
            _find_made(row, shape)
            _restore(row, shape)
        sql.analyse_temporary(_MADE)
        sql.analyse_temporary(_CHANGED)
        while sum(_keep_used(row, shape) for shape in all_shapes()):
            pass
        _delete_satellites(row)
        for shape in reversed(all_shapes()):
            _delete_made(row, shape)
        _forget_references(row)
        _reindex(row)
        _drop_facts(row)
        told = _told(row)
        BeforeImage.objects.filter(import_id=row.pk).delete()
        Import.objects.filter(pk=row.pk).update(
            state="undone",
            undone_at=now,
            undone_by=by,
            progress={},
            counts={**row.counts, "undone": told},
            version=models.F("version") + 1,
        )
        row.refresh_from_db()
        record(
            "import.undone",
            about=row,
            by=by,
            workspace=row.workspace,
            kept=told["kept_count"],
        )
    return told


def _find_made(row: Import, shape: Shape) -> None:
    """What the import made: to go, unless it was touched since."""
    sql.run(
        f"INSERT INTO {_MADE} (kind, thing_id, why) SELECT %s, t.id, CASE WHEN t.version <> 1"
        f" OR EXISTS (SELECT 1 FROM {_table(ExternalId)} AS e WHERE e.workspace_id = t.workspace_id"
        " AND e.kind = %s AND e.thing_id = t.id AND e.import_id IS DISTINCT FROM %s)"
        f" THEN %s ELSE '' END FROM {shape.table} AS t WHERE t.import_id = %s",
        [shape.kind, shape.kind, row.pk, CHANGED_SINCE, row.pk],
    )


def _restore(row: Import, shape: Shape) -> None:
    """Put before-images back where the row stands as the import left it."""
    images = (
        "record_beforeimage AS b WHERE b.import_id = %s AND b.kind = %s"
        f" AND b.thing_id = {shape.table}.id"
    )
    sql.run(
        f"INSERT INTO {_CHANGED} (kind, thing_id, why) SELECT %s, b.thing_id,"
        " CASE WHEN t.version = b.version THEN '' ELSE %s END FROM record_beforeimage AS b"
        f" JOIN {shape.table} AS t ON t.id = b.thing_id WHERE b.import_id = %s AND b.kind = %s",
        [shape.kind, CHANGED_SINCE, row.pk, shape.kind],
    )
    changes = ", ".join(
        f"{quote(each.column)} = {sql.from_json('b.data', each)}"
        for each in shape.model._meta.concrete_fields
        if each.column in ("version", *row.counts.get("columns", {}).get(shape.kind, ()))
    )
    sql.run(
        f"UPDATE {shape.table} SET {changes} FROM {images} AND b.version = {shape.table}.version",
        [row.pk, shape.kind],
    )


def _keep_used(row: Import, shape: Shape) -> int:
    """Keep what something points at that stays itself; how many more that are."""
    kept = 0
    for relation in shape.model._meta.related_objects:
        related: Any = relation.related_model
        column = quote(relation.field.column)
        kept += _keep(
            shape,
            f"SELECT r.{column} FROM {_table(related)} AS r WHERE r.{column} IS NOT NULL"
            f" AND NOT ({_goes(row, related)})",
        )
    for model, extra in (
        (Comment, ""),
        (Follow, ""),
        (Handoff, f" AND NOT (r.import_id = {row.pk:d} AND r.version = 1)"),
    ):
        kept += _keep(
            shape,
            f"SELECT r.about_id FROM {_table(model)} AS r WHERE r.workspace_id ="
            f" {row.workspace_id:d}"
            f" AND r.about_kind = '{shape.kind}'{extra}",
        )
    return kept


def _keep(shape: Shape, pointed_at: str) -> int:
    return sql.run(
        f"UPDATE {_MADE} SET why = %s WHERE kind = %s AND why = '' AND thing_id IN ({pointed_at})",
        [IN_USE, shape.kind],
    )


def _goes(row: Import, related: Any) -> str:
    """SQL: this row, called r, goes itself. A list is hashed once; EXISTS is asked per row."""
    for shape in all_shapes():
        if shape.model is related:
            return (
                f"r.id IN (SELECT thing_id FROM {_MADE} WHERE kind = '{shape.kind}' AND why = '')"
            )
    for satellite in all_satellites():
        if satellite.model is related:
            return (
                f"r.import_id IS NOT NULL AND r.import_id = {row.pk:d}"
                f" AND NOT ({_has_kept_parent(satellite.parents)})"
            )
    return "1 = 0"


def _has_kept_parent(parents: tuple[tuple[str, str], ...]) -> str:
    return " OR ".join(
        f"(r.{column} IS NOT NULL AND r.{column} IN"
        f" (SELECT thing_id FROM {_MADE} WHERE kind = '{kind}' AND why <> ''))"
        for column, kind in parents
    )


def _delete_satellites(row: Import) -> None:
    for satellite in all_satellites():
        table = _table(satellite.model)
        sql.run(
            f"DELETE FROM {table} WHERE id IN (SELECT r.id FROM {table} AS r WHERE r.import_id = %s"
            f" AND NOT ({_has_kept_parent(satellite.parents)}))",
            [row.pk],
        )
    Handoff.objects.filter(import_id=row.pk, version=1).delete()


def _delete_made(row: Import, shape: Shape) -> None:
    goes = f"SELECT thing_id FROM {_MADE} WHERE kind = '{shape.kind}' AND why = ''"
    chosen = f"entry.workspace_id = %s AND entry.kind = %s AND entry.thing_id IN ({goes})"
    search.forget_entries(chosen, [row.workspace_id, shape.kind])
    for model, column in (
        (SearchEntry, "thing_id"),
        (ExternalId, "thing_id"),
        (OpenReference, "from_id"),
    ):
        kind = "from_kind" if model is OpenReference else "kind"
        sql.run(
            f"DELETE FROM {_table(model)} WHERE workspace_id = %s AND {kind} = %s AND"
            f" {column} IN ({goes})",
            [row.workspace_id, shape.kind],
        )
    for cleaner in _cleaners:
        cleaner(shape.kind, goes)
    sql.run(f"DELETE FROM {shape.table} WHERE id IN ({goes})")


def _forget_references(row: Import) -> None:
    """Identifiers and open references of this import go; those that it settled are open again."""
    stays = f"EXISTS (SELECT 1 FROM {_MADE} AS g WHERE g.kind = r.%s AND g.thing_id = r.%s)"
    for model, kind, thing in (
        (ExternalId, "kind", "thing_id"),
        (OpenReference, "from_kind", "from_id"),
    ):
        table = _table(model)
        sql.run(
            f"DELETE FROM {table} WHERE id IN (SELECT r.id FROM {table} AS r"
            f" WHERE r.import_id = {row.pk:d} AND NOT {stays % (kind, thing)})"
        )
    columns = [
        each
        for each in OpenReference._meta.concrete_fields
        if each.column not in ("id", "workspace_id")
    ]
    names = ", ".join(quote(each.column) for each in columns)
    values = ", ".join(sql.from_json("b.data", each) for each in columns)
    sql.run(
        f"INSERT INTO {_table(OpenReference)} (workspace_id, {names}) SELECT"
        f" b.workspace_id, {values}"
        " FROM record_beforeimage AS b WHERE b.import_id = %s AND b.kind = %s AND NOT EXISTS"
        f" (SELECT 1 FROM {_CHANGED} AS c WHERE c.why <> '' AND c.kind = "
        f"{_plain('b.data', 'from_kind')} AND c.thing_id = {_number('b.data', 'from_id')})"
        " ON CONFLICT DO NOTHING",
        [row.pk, OPEN_REFERENCE],
    )


def _plain(document: str, name: str) -> str:
    return sql.from_json(document, OpenReference._meta.get_field(name))  # type: ignore[arg-type]


def _number(document: str, name: str) -> str:
    return _plain(document, name)


def _reindex(row: Import) -> None:
    for shape in all_shapes():
        if shape.title:
            index_things(
                shape,
                row.workspace_id,
                f"t.id IN (SELECT thing_id FROM {_CHANGED} WHERE kind = '{shape.kind}'"
                " AND why = '')",
                [],
            )


def _drop_facts(row: Import) -> None:
    """The manifest's rows go with the transaction; a job takes the files away once it is in."""
    files = FactFile.objects.filter(import_id=row.pk)
    paths = list(files.values_list("path", flat=True))
    files.delete()
    if paths:
        jobs.enqueue("record.drop_fact_files", workspace=row.workspace, paths=paths)


@jobs.job("record.drop_fact_files")
def drop_fact_files(workspace: Workspace, paths: list[str]) -> None:
    """Delete files that no manifest row names any more."""
    listed = set(FactFile.objects.filter(path__in=paths).values_list("path", flat=True))
    for path in set(paths) - listed:
        (Path(settings.ENV.data) / path).unlink(missing_ok=True)


def _told(row: Import) -> dict[str, Any]:
    kept = sql.rows(
        f"SELECT kind, thing_id, why FROM {_MADE} WHERE why <> '' UNION ALL"
        f" SELECT kind, thing_id, why FROM {_CHANGED} WHERE why <> '' ORDER BY 1, 2"
    )
    deleted = dict(sql.rows(f"SELECT kind, count(*) FROM {_MADE} WHERE why = '' GROUP BY kind"))
    restored = dict(sql.rows(f"SELECT kind, count(*) FROM {_CHANGED} WHERE why = '' GROUP BY kind"))
    return {
        "deleted": deleted,
        "restored": restored,
        "kept_count": len(kept),
        "kept": [_listed(*each) for each in kept[:LISTED]],
    }


def _listed(kind: str, thing_id: int, why: str) -> dict[str, Any]:
    shape = next(each for each in all_shapes() if each.kind == kind)
    thing = shape.model._base_manager.filter(pk=thing_id).first()
    known = kinds.find(kind)
    title = known.title(thing) if known and thing else str(thing or "")
    return {"kind": kind, "id": thing_id, "title": title[:300], "why": why}


def _table(model: Any) -> str:
    return str(model._meta.db_table)
