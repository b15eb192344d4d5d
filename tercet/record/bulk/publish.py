"""The one transaction in which an import comes to be, and is seen by everybody at once.

All that takes long was done before, beside the database. Here rows are only copied; what was found
is checked again first, and when somebody was quicker the import is prepared anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import models, transaction

from tercet.people.models import Workspace
from tercet.record import jobs
from tercet.record.bulk import sql
from tercet.record.bulk.shapes import Shape, all_shapes, shape_of
from tercet.record.bulk.sql import quote
from tercet.record.bulk.stage import (
    BACK,
    GONE,
    OPEN,
    Batch,
    Draft,
    columns_of,
    last_import_event,
)
from tercet.record.bulk.words import find_by_words
from tercet.record.events import record
from tercet.record.models import ExternalId, Import, OpenReference

LONGEST = timedelta(minutes=10)
ATTEMPTS = 5
MANY = 1_000
OPEN_REFERENCE = "open_reference"
_CHANGED = "bulk_changed"


class Stale(Exception):
    """Something that was found while preparing is no longer so."""


class Stopped(Exception):
    """The import was cancelled, or another worker has published it already."""


def bring_in(
    row: Import,
    batches: list[Batch],
    *,
    by: Any = None,
    step_of: Callable[[str, str], str] | None = None,
    notes: dict[str, Any] | None = None,
    in_transaction: Callable[[Draft], None] | None = None,
) -> dict[str, Any]:
    """Prepare and publish rows of one or more kinds as one import; what it did, as counts."""
    for attempt in range(1, ATTEMPTS + 1):
        with Draft(row, by=by, step_of=step_of, notes=dict(notes or {})) as draft:
            for batch in batches:
                draft.take(batch)
            draft.prepare()
            try:
                publish(draft, in_transaction=in_transaction)
            except Stale:
                if attempt == ATTEMPTS:
                    raise
                continue
            return told(draft)
    raise AssertionError("unreachable")


def try_out(
    row: Import,
    batches: list[Batch],
    *,
    by: Any = None,
    step_of: Callable[[str, str], str] | None = None,
    notes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What bringing these rows in would do; nothing is written."""
    with Draft(row, by=by, step_of=step_of, is_dry=True, notes=dict(notes or {})) as draft:
        for batch in batches:
            draft.take(batch)
        draft.prepare()
        return told(draft)


def told(draft: Draft) -> dict[str, Any]:
    """The counts as the import's row keeps them."""
    return {
        "kinds": {plural: asdict(counts) for plural, counts in draft.counts.items()},
        "open": draft.open_names,
        **draft.notes,
    }


def publish(draft: Draft, *, in_transaction: Callable[[Draft], None] | None = None) -> None:
    """Write everything in one transaction that also finishes the job."""
    jobs.extend(LONGEST)
    jobs.finish_with(lambda: _write(draft, in_transaction))
    for shape in draft.staged:
        if draft.counts[shape.plural].new > MANY:
            sql.analyse(shape.table)
            sql.analyse(ExternalId._meta.db_table)
            sql.analyse(OpenReference._meta.db_table)


def _write(draft: Draft, in_transaction: Callable[[Draft], None] | None) -> None:
    with transaction.atomic():
        _lock(draft)
        _check(draft)
        _keep_images(draft)
        for shape in draft.staged:
            _insert(draft, shape)
        for shape in draft.staged:
            _update(draft, shape)
        _archive(draft)
        _link_waiting(draft)
        _write_references(draft)
        for shape in draft.staged:
            if shape.after_publishing:
                shape.after_publishing(draft)
        if in_transaction:
            in_transaction(draft)
        _close_images(draft)
        for shape in draft.staged:
            find_by_words(draft, shape)
        _finish(draft)
    sql.drop_temporary(_CHANGED)


def _lock(draft: Draft) -> None:
    """One import at a time in a workspace; and none that was cancelled or is in already."""
    Workspace.objects.select_for_update().get(pk=draft.workspace.pk)
    current = Import.objects.select_for_update().get(pk=draft.row.pk)
    if current.state in ("cancelled", "published", "undone"):
        raise Stopped(current.state)


def _check(draft: Draft) -> None:
    """What was found must still be so: the same imports before, the same versions, no new names."""
    if last_import_event(draft.workspace.pk) != draft.fingerprint:
        raise Stale
    for shape in draft.staged:
        expected = sql.scalar(f"SELECT count(*) FROM {shape.staged} WHERE _action = 'changed'")
        same = sql.scalar(
            f"SELECT count(*) FROM {shape.staged} AS s JOIN {shape.table} AS t ON t.id = s._id"
            " AND t.version = s._version WHERE s._action = 'changed'"
        )
        if same != expected:
            raise Stale
    for plural in draft.counts:
        shape = next(each for each in all_shapes() if each.plural == plural)
        if _has_clash(draft, shape):
            raise Stale
    for shape in all_shapes():
        if shape.can_archive and sql.scalar(
            f"SELECT count(*) FROM {GONE} AS g LEFT JOIN {shape.table} AS t ON t.id = g.thing_id"
            " AND t.version = g.version WHERE g.kind = %s AND t.id IS NULL",
            [shape.kind],
        ):
            raise Stale


def _has_clash(draft: Draft, shape: Shape) -> bool:
    """A person has made a thing of the same unique name meanwhile."""
    for constraint in shape.model._meta.constraints:
        names = getattr(constraint, "fields", ())
        if "workspace" not in names or isinstance(constraint, models.CheckConstraint):
            continue
        same = " AND ".join(f"t.{name} = s.{name}" for name in names if name != "workspace")
        if sql.scalar(
            f"SELECT count(*) FROM {shape.staged} AS s JOIN {shape.table} AS t"
            f" ON t.workspace_id = %s AND {same} WHERE s._action = 'new'",
            [draft.workspace.pk],
        ):
            return True
    return False


# --- Before-images -----------------------------------------------------------------------------


def _keep_images(draft: Draft) -> None:
    """How every row was that will change, whole, before any of it does."""
    sql.make_temporary(_CHANGED, {"kind": "text", "thing_id": "bigint", "is_archiving": "boolean"})
    for shape in draft.staged:
        sql.run(
            f"INSERT INTO {_CHANGED} (kind, thing_id) SELECT %s, _id FROM {shape.staged}"
            " WHERE _action = 'changed'",
            [shape.kind],
        )
    sql.run(
        f"INSERT INTO {_CHANGED} (kind, thing_id, is_archiving)"
        f" SELECT kind, thing_id, comes_back = 0 FROM {GONE}"
    )
    _settle_waiting(draft)
    sql.run(
        f"INSERT INTO {_CHANGED} (kind, thing_id)"
        f" SELECT CASE WHEN field = 'deal' AND from_kind = 'lead' THEN 'deal' ELSE from_kind END,"
        f" CASE WHEN field = 'deal' AND from_kind = 'lead' THEN to_id ELSE from_id END FROM {BACK}"
    )
    for shape in all_shapes():
        keep_images_of(
            draft,
            shape,
            f"SELECT thing_id, max(CASE WHEN is_archiving THEN 1 ELSE 0 END)"
            f" AS is_archiving FROM {_CHANGED} WHERE kind = '{shape.kind}' GROUP BY thing_id",
        )


def keep_images_of(draft: Draft, shape: Shape, changed: str) -> None:
    """Write the before-images of the rows that a SELECT of (thing_id, is_archiving) names."""
    document = image_of(shape.model, "t")
    sql.run(
        "INSERT INTO record_beforeimage"
        " (workspace_id, import_id, kind, thing_id, version, data, is_archiving)"
        f" SELECT t.workspace_id, %s, %s, t.id, t.version + 1, {document}, c.is_archiving = 1"
        f" FROM ({changed}) AS c JOIN {shape.table} AS t ON t.id = c.thing_id WHERE true"
        " ON CONFLICT DO NOTHING",
        [draft.row.pk, shape.kind],
    )


def image_of(model: type[models.Model], alias: str) -> str:
    """SQL that makes one JSON object of a row's columns."""
    return sql.as_json(
        {
            each.column: sql.json_column(each, f"{alias}.{quote(each.column)}")
            for each in model._meta.concrete_fields
            if each.column not in ("id", "workspace_id")
        }
    )


def _close_images(draft: Draft) -> None:
    """Remember the version after the change: undo restores a row only while it stands at it.

    One change moves it by one, which the image says already; an archived or linked row has two.
    """
    several = [
        kind for (kind,) in sql.rows(f"SELECT kind FROM {GONE} UNION SELECT from_kind FROM {BACK}")
    ]
    for shape in all_shapes():
        if several and shape.kind in {*several, "deal"}:
            sql.run(
                "UPDATE record_beforeimage SET version = t.version"
                f" FROM {shape.table} AS t WHERE t.id = record_beforeimage.thing_id"
                " AND record_beforeimage.import_id = %s AND record_beforeimage.kind = %s",
                [draft.row.pk, shape.kind],
            )


# --- Rows --------------------------------------------------------------------------------------


def _insert(draft: Draft, shape: Shape) -> None:
    columns = {"id": "s._id", "workspace_id": "%s", "import_id": "%s"}
    values: list[Any] = [draft.workspace.pk, draft.row.pk]
    columns |= {each.column: value for each, value in columns_of(draft, shape)}
    if shape.keeps_extra:
        columns["extra"] = sql.one_spelling("s.extra")
    for each in shape.model._meta.concrete_fields:
        if each.column not in columns:
            default = each.get_db_prep_save(each.get_default(), sql.connection)
            columns[each.column] = "%s"
            values.append(default)
    names = ", ".join(quote(name) for name in columns)
    sql.run(
        f"INSERT INTO {shape.table} ({names}) SELECT {', '.join(columns.values())}"
        f" FROM {shape.staged} AS s WHERE s._action = 'new' ORDER BY s._row",
        values,
    )


def _update(draft: Draft, shape: Shape) -> None:
    if shape.kind not in draft.batches or not draft.counts[shape.plural].changed:
        return
    moved = draft.moved_columns[shape.kind]
    changes = [
        f"{quote(each.column)} = {value}"
        for each, value in columns_of(draft, shape)
        if each.column in moved
    ]
    if "extra" in moved:
        changes.append(f"extra = {sql.merged_json(f'{shape.table}.extra', 's.extra')}")
    sql.run(
        f"UPDATE {shape.table} SET {', '.join([*changes, f'version = {shape.table}.version + 1'])}"
        f" FROM {shape.staged} AS s WHERE s._id = {shape.table}.id AND s._action = 'changed'"
    )


def _archive(draft: Draft) -> None:
    for shape in all_shapes():
        if not shape.can_archive:
            continue
        for comes_back, moment in ((0, sql.bound(draft.now)), (1, None)):
            sql.run(
                f"UPDATE {shape.table} SET archived_at = %s, version = version + 1 WHERE id IN"
                f" (SELECT thing_id FROM {GONE} WHERE kind = %s AND comes_back = %s)",
                [moment, shape.kind, comes_back],
            )


# --- References --------------------------------------------------------------------------------


def _settle_waiting(draft: Draft) -> None:
    """A deal takes the first lead that waited for it, and keeps a lead that it has."""
    deal = next((each for each in all_shapes() if each.kind == "deal"), None)
    if deal is not None:
        sql.run(
            f"UPDATE {BACK} SET to_id = NULL WHERE from_kind = 'lead' AND field = 'deal' AND EXISTS"
            f" (SELECT 1 FROM {deal.table} AS t WHERE t.id = {BACK}.to_id AND t.lead_id"
            " IS NOT NULL)"
        )


def _link_waiting(draft: Draft) -> None:
    """Rows that came earlier are linked to what they named all along."""
    for from_kind, name in sql.rows(f"SELECT DISTINCT from_kind, field FROM {BACK}"):
        shape = shape_of(from_kind)
        if (from_kind, name) == ("lead", "deal"):
            target, column, thing, to = shape_of("deal").table, "lead_id", "to_id", "from_id"
            free = f" AND {target}.lead_id IS NULL"
        else:
            target, column, thing, to = shape.table, f"{name}_id", "from_id", "to_id"
            free = ""
        sql.run(
            f"UPDATE {target} SET {quote(column)} = b.{to}, version = {target}.version"
            f" + CASE WHEN {target}.import_id = %s THEN 0 ELSE 1 END"
            f" FROM {BACK} AS b WHERE b.{thing} = {target}.id AND b.from_kind = %s AND"
            f" b.field = %s{free}",
            [draft.row.pk, from_kind, name],
        )
    _drop_references(draft, f"o.id IN (SELECT open_id FROM {BACK})", [])


def _write_references(draft: Draft) -> None:
    """Identifiers of what came in; references that stay open; those that are settled go."""
    for shape in draft.staged:
        if shape.has_identity:
            sql.run(
                "INSERT INTO record_externalid"
                " (workspace_id, source, kind, external_id, thing_id, import_id)"
                f" SELECT %s, %s, %s, s._key, min(s._id), %s FROM {shape.staged} AS s"
                " WHERE s._key <> '' AND s._id IS NOT NULL AND (s._action = 'new'"
                " OR NOT EXISTS (SELECT 1 FROM"
                " record_externalid AS e WHERE e.workspace_id = %s AND e.source = %s AND"
                " e.kind = %s"
                " AND e.external_id = s._key))"
                " GROUP BY s._key ON CONFLICT DO NOTHING",
                [
                    draft.workspace.pk,
                    draft.row.source,
                    shape.kind,
                    draft.row.pk,
                    draft.workspace.pk,
                    draft.row.source,
                    shape.kind,
                ],
            )
    sql.run(
        "INSERT INTO record_externalid (workspace_id, source, kind, external_id,"
        " thing_id, import_id)"
        " SELECT %s, %s, kind, external_id, min(thing_id), %s FROM bulk_alias"
        " GROUP BY kind, external_id ON CONFLICT DO NOTHING",
        [draft.workspace.pk, draft.row.source, draft.row.pk],
    )
    for shape in draft.staged:
        for link in shape.links:
            if link.identifier and link.keeps_open and draft.maps(shape.kind, link.identifier):
                _drop_references(
                    draft,
                    "o.from_kind = %s AND o.field = %s"
                    f" AND o.from_id IN (SELECT _id FROM {shape.staged} WHERE _action IN"
                    f" ('changed', 'unchanged')) AND NOT EXISTS (SELECT 1 FROM {OPEN} AS w"
                    " WHERE w.from_kind = o.from_kind AND w.from_id = o.from_id"
                    " AND w.field = o.field AND w.external_id = o.external_id)",
                    [shape.kind, link.column],
                )
    sql.run(
        "INSERT INTO record_openreference"
        " (workspace_id, source, kind, external_id, from_kind, from_id, field, import_id)"
        " SELECT %s, %s, kind, external_id, from_kind, from_id, field, %s"
        f" FROM {OPEN} WHERE true ON CONFLICT DO NOTHING",
        [draft.workspace.pk, draft.row.source, draft.row.pk],
    )


def _drop_references(draft: Draft, where: str, values: list[Any]) -> None:
    """Delete open references, with an image each, so that undo can put them back."""
    document = image_of(OpenReference, "o")
    sql.run(
        "INSERT INTO record_beforeimage"
        " (workspace_id, import_id, kind, thing_id, version, data, is_archiving)"
        f" SELECT o.workspace_id, %s, %s, o.id, 1, {document}, %s FROM record_openreference AS o"
        f" WHERE o.workspace_id = %s AND {where} ON CONFLICT DO NOTHING",
        [draft.row.pk, OPEN_REFERENCE, False, draft.workspace.pk, *values],
    )
    sql.run(
        "DELETE FROM record_openreference WHERE id IN (SELECT o.id FROM record_openreference AS o"
        f" WHERE o.workspace_id = %s AND {where})",
        [draft.workspace.pk, *values],
    )


# --- Event, end ------------------------------------------------------------------------


def _restorable(draft: Draft) -> dict[str, list[str]]:
    """The columns that this import has written in known rows: all that undo has to put back."""
    found = {kind: list(columns) for kind, columns in draft.moved_columns.items() if columns}
    for from_kind, name in sql.rows(f"SELECT DISTINCT from_kind, field FROM {BACK}"):
        kind, column = (
            ("deal", "lead_id")
            if (from_kind, name) == ("lead", "deal")
            else (from_kind, f"{name}_id")
        )
        found.setdefault(kind, []).append(column)
    for (kind,) in sql.rows(f"SELECT DISTINCT kind FROM {GONE}"):
        found.setdefault(kind, []).append("archived_at")
    return found


def _finish(draft: Draft) -> None:
    row = draft.row
    counts = {**row.counts, **told(draft), "columns": _restorable(draft)}
    Import.objects.filter(pk=row.pk).update(
        state="published",
        published_at=draft.now,
        counts=counts,
        progress={},
        problem="",
        version=models.F("version") + 1,
    )
    row.refresh_from_db()
    record(
        "import.published",
        about=row,
        by=draft.by,
        workspace=draft.workspace,
        rows=sum(each.new + each.changed for each in draft.counts.values()),
    )
