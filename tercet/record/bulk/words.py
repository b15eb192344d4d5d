"""What imported things are found by: written in sets, in the import's transaction or just after.

The words of a few thousand things are written at once. Those of many would keep every other writer
waiting, so a job writes them in pieces; until then search does not know the last of them.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tercet.people.models import Workspace
from tercet.record import search
from tercet.record.bulk import sql
from tercet.record.bulk.shapes import Shape, shape_of
from tercet.record.bulk.stage import Draft
from tercet.record.jobs import enqueue, job
from tercet.record.models import SearchEntry

AT_ONCE = 2_000
MANY = 5_000


def find_by_words(draft: Draft, shape: Shape) -> None:
    """What the new things are found by, and the changed ones whose words are others now."""
    if not shape.title:
        return
    counts, workspace_id = draft.counts[shape.plural], draft.workspace.pk
    if counts.new + counts.changed > MANY:
        enqueue(
            "record.index_import",
            workspace=draft.workspace,
            kind=shape.kind,
            import_id=draft.row.pk,
        )
        return
    for action, write in (("new", _write_entries), ("changed", index_things)):
        chosen = f"t.id IN (SELECT _id FROM {shape.staged} WHERE _action = '{action}')"
        write(shape, workspace_id, chosen, [])


@job("record.index_import", priority=1)
def index_import(workspace: Workspace, kind: str, import_id: int) -> None:
    """Write the words of what an import has made or changed, piece by piece."""
    shape, last = shape_of(kind), 0
    while ids := _next(shape, workspace.pk, import_id, last):
        last = ids[-1]
        stated = ", ".join(str(int(each)) for each in ids)
        with transaction.atomic():
            index_things(shape, workspace.pk, f"t.id IN ({stated})", [])


def _next(shape: Shape, workspace_id: int, import_id: int, last: int) -> list[int]:
    touched = (
        f"SELECT id FROM {shape.table} WHERE workspace_id = %s AND import_id = %s AND id > %s"
        " UNION SELECT thing_id FROM record_beforeimage WHERE workspace_id = %s AND import_id = %s"
        " AND kind = %s AND thing_id > %s"
    )
    values = [workspace_id, import_id, last, workspace_id, import_id, shape.kind, last]
    found = sql.rows(f"{touched} ORDER BY 1 LIMIT %s", [*values, AT_ONCE])
    return [number for (number,) in found]


def index_things(shape: Shape, workspace_id: int, where: str, values: list[Any]) -> None:
    """Write anew what the rows of a condition over `t` are found by, where that has changed."""
    entry = SearchEntry._meta.db_table
    title, text = _title(shape), shape.text or "''"
    same = (
        f"EXISTS (SELECT 1 FROM {entry} AS e WHERE e.workspace_id = t.workspace_id AND e.kind = %s"
        f" AND e.thing_id = t.id AND e.title = {title} AND e.text = {text})"
    )
    stale = [
        number
        for (number,) in sql.rows(
            f"SELECT t.id FROM {shape.table} AS t WHERE t.workspace_id = %s AND {where}"
            f" AND NOT {same}",
            [workspace_id, *values, shape.kind],
        )
    ]
    for start in range(0, len(stale), sql.AT_ONCE):
        some = ", ".join(str(int(each)) for each in stale[start : start + sql.AT_ONCE])
        unindex_things(shape, workspace_id, f"t.id IN ({some})", [])
        _write_entries(shape, workspace_id, f"t.id IN ({some})", [])


def _write_entries(shape: Shape, workspace_id: int, where: str, values: list[Any]) -> None:
    title, text = _title(shape), shape.text or "''"
    sql.run(
        f"INSERT INTO {SearchEntry._meta.db_table} (workspace_id, kind, thing_id, title, text)"
        f" SELECT t.workspace_id, %s, t.id, {title}, {text} FROM {shape.table} AS t"
        f" WHERE t.workspace_id = %s AND {where} AND {title} <> '' ON CONFLICT DO NOTHING",
        [shape.kind, workspace_id, *values],
    )
    search.index_entries(
        "entry.workspace_id = %s AND entry.kind = %s AND entry.thing_id IN"
        f" (SELECT t.id FROM {shape.table} AS t WHERE t.workspace_id = %s AND {where})",
        [workspace_id, shape.kind, workspace_id, *values],
    )


def _title(shape: Shape) -> str:
    return f"substr({shape.title}, 1, 300)"


def unindex_things(shape: Shape, workspace_id: int, where: str, values: list[Any]) -> None:
    chosen = (
        "entry.workspace_id = %s AND entry.kind = %s AND entry.thing_id IN"
        f" (SELECT t.id FROM {shape.table} AS t WHERE t.workspace_id = %s AND {where})"
    )
    bound = [workspace_id, shape.kind, workspace_id, *values]
    search.forget_entries(chosen, bound)
    table = SearchEntry._meta.db_table
    sql.run(
        f"DELETE FROM {table} WHERE id IN (SELECT entry.id FROM {table} AS entry WHERE {chosen})",
        bound,
    )
