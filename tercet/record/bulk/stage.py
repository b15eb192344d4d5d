"""Everything before the one transaction: rows read in, known things found, differences counted.

    with Draft(an_import, by=ada) as draft:
        draft.take(Batch("companies", path, fields={"external_id", "name"}))
        draft.prepare()
        publish(draft)

Nothing here writes to the database itself, except that new ids are reserved (not in a dry run,
where they are negative). What was found is checked again under the lock.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Field

from tercet.people.clock import now_in
from tercet.people.models import Member
from tercet.record.bulk import sql
from tercet.record.bulk.shapes import Column, Link, Shape, all_shapes, shape_named, shape_of
from tercet.record.bulk.sql import quote
from tercet.record.models import Event, ExternalId, Import, OpenReference

LONGEST_KEY = 300
CHUNK = 20_000
_OWN = {
    "line": "bigint",
    "extra": "json",
    "_key": "text",
    "_id": "bigint",
    "_version": "bigint",
    "_action": "text",
    "_implicit": "bigint",
}
_LINK = "bulk_link"
_ALIAS = "bulk_alias"
OPEN = "bulk_open"
BACK = "bulk_back"
GONE = "bulk_gone"


@dataclass(frozen=True)
class Batch:
    """Rows of one kind: a Parquet file or an Arrow table, and which of its fields are mapped."""

    plural: str
    rows: Any
    fields: frozenset[str]
    is_full: bool = False


@dataclass
class Counts:
    """What an import does to one kind."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    archived: int = 0
    passed_over: int = 0
    made: int = 0


@dataclass
class Draft:
    """An import on its way: temporary tables, and what is known about them.

    `step_of` says what a new stage means (from its pipeline and name); it is asked once a stage.
    """

    row: Import
    by: Member | None = None
    is_dry: bool = False
    step_of: Callable[[str, str], str] | None = None
    batches: dict[str, Batch] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    open_names: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    moved_columns: dict[str, list[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    fingerprint: int | None = None
    next_dry_id: int = -1

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        for table in [*self.tables, _LINK, _ALIAS, OPEN, BACK, GONE]:
            sql.drop_temporary(table)
        self.tables.clear()

    @property
    def workspace(self) -> Any:
        return self.row.workspace

    @property
    def now(self) -> datetime:
        return now_in(self.workspace)

    def take(self, batch: Batch) -> None:
        self.batches[shape_named(batch.plural).kind] = batch

    def maps(self, kind: str, *names: str) -> bool:
        """Whether this import fills one of these fields."""
        batch = self.batches.get(kind)
        return batch is not None and any(name in batch.fields for name in names)

    def has(self, kind: str) -> bool:
        """Whether rows of a kind come with this import, or are made by it."""
        return shape_of(kind).staged in self.tables

    @property
    def staged(self) -> list[Shape]:
        """The kinds that have rows here, those first that others point at."""
        return [shape for shape in all_shapes() if shape.staged in self.tables]

    def ensure(self, shape: Shape) -> None:
        """The kind's staging table, empty if no file brings rows of it."""
        if shape.staged in self.tables:
            return
        columns = dict(shape.fields) | _OWN | dict(shape.work)
        columns |= {link.id_column: "bigint" for link in shape.links}
        sql.make_temporary(shape.staged, columns)
        self.tables.append(shape.staged)

    def prepare(self) -> None:
        """Read, match, link, compare. Afterwards `counts` says what publishing will do."""
        self.fingerprint = last_import_event(self.workspace.pk)
        for table, columns in _SHARED.items():
            sql.make_temporary(table, columns)
        sql.index_temporary(OPEN, "from_id", "field")
        shapes = [shape for shape in all_shapes() if shape.kind in self.batches]
        for shape in shapes:
            self.ensure(shape)
            _load(self, shape, self.batches[shape.kind])
        for shape in shapes:
            _identify(self, shape)
        for shape in shapes:
            _find_gone(self, shape)
        for shape in shapes:
            for link in shape.links:
                _resolve(self, shape, link)
            if shape.after_links:
                shape.after_links(self)
        for shape in shapes:
            _compare(self, shape)
        for shape in shapes:
            _find_open(self, shape)
        for shape in self.staged:
            _find_waiting(self, shape)
        _leave_staged_alone(self)
        for shape in self.staged:
            if shape.before_publishing:
                shape.before_publishing(self)
        for table in (OPEN, BACK, GONE, *(shape.staged for shape in self.staged)):
            sql.analyse_temporary(table)
        _count(self)


_SHARED = {
    _ALIAS: {"kind": "text", "external_id": "text", "thing_id": "bigint"},
    OPEN: {
        "kind": "text",
        "external_id": "text",
        "from_kind": "text",
        "from_id": "bigint",
        "field": "text",
    },
    BACK: {
        "open_id": "bigint",
        "from_kind": "text",
        "from_id": "bigint",
        "field": "text",
        "to_id": "bigint",
        "version": "bigint",
    },
    GONE: {"kind": "text", "thing_id": "bigint", "version": "bigint", "comes_back": "bigint"},
}


def last_import_event(workspace_id: int) -> int:
    """Moves whenever an import is published or undone: what was prepared before is stale then."""
    newest = (
        Event.objects.filter(workspace_id=workspace_id, kind__startswith="import.")
        .filter(kind__in=("import.published", "import.undone"))
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
    )
    return newest or 0


# --- Reading in --------------------------------------------------------------------------------


def _load(draft: Draft, shape: Shape, batch: Batch) -> None:
    names = [*shape.fields, "line", "extra", "_key", "_action", "_implicit"]
    sql.fill(shape.staged, names, _chunks(shape, batch))
    sql.index_temporary(shape.staged, "_key")
    sql.analyse_temporary(shape.staged)


def _chunks(shape: Shape, batch: Batch) -> Iterator[Iterable[Sequence[Any]]]:
    identifiers = {link.identifier for link in shape.links} | {"external_id"}
    for table in _tables(batch.rows):
        count = table.num_rows
        columns: dict[str, list[Any]] = {}
        for name, type_ in shape.fields.items():
            found = _values(table, name)
            columns[name] = _as_staged(found, type_, count, fits=name in identifiers)
        columns["line"] = _values(table, "line") or [None] * count
        columns["extra"] = [text or "{}" for text in _values(table, "extra") or ["{}"] * count]
        columns["_key"] = _keys(shape, columns, count)
        columns["_action"] = [""] * count
        columns["_implicit"] = [0] * count
        yield zip(*columns.values(), strict=True)


def _tables(rows: Any) -> Iterator[Any]:
    if isinstance(rows, (str, Path)):
        import pyarrow.parquet as pq

        with pq.ParquetFile(rows) as file:
            yield from file.iter_batches(batch_size=CHUNK)
    else:
        yield from rows.to_batches(max_chunksize=CHUNK)


def _values(table: Any, name: str) -> list[Any] | None:
    if name not in table.schema.names:
        return None
    values: list[Any] = table.column(name).to_pylist()
    return values


def _as_staged(found: list[Any] | None, type_: str, count: int, *, fits: bool) -> list[Any]:
    if type_ == "text":
        texts = [_text(value) for value in found] if found else [""] * count
        return [fit(text) for text in texts] if fits else texts
    if found is None:
        return [None] * count
    if type_ in ("date", "moment", "boolean"):
        return [sql.bound(value) for value in found]
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)


def fit(key: str) -> str:
    """An identifier that fits its column; a very long one keeps its start and a fingerprint."""
    if len(key) <= LONGEST_KEY:
        return key
    return key[: LONGEST_KEY - 65] + "#" + hashlib.sha256(key.encode()).hexdigest()


def _keys(shape: Shape, columns: dict[str, list[Any]], count: int) -> list[str]:
    """The identifier; a row without one is named by all that makes it itself."""
    if "external_id" in columns:
        return columns["external_id"]
    parts = [columns[name] for name in shape.key_fields]
    return [fit("|".join(str(v) for v in row if v is not None)) for row in zip(*parts, strict=True)]


# --- Finding what is known ---------------------------------------------------------------------


def _identify(draft: Draft, shape: Shape) -> None:
    """Which staged rows are things that we know; the others get ids of their own."""
    table = shape.staged
    _set_aside_repeated(shape)
    sql.run(
        f"UPDATE {table} SET _id = e.thing_id FROM {_table(ExternalId)} AS e"
        " WHERE e.workspace_id = %s AND e.source = %s AND e.kind = %s AND e.external_id"
        f" = {table}._key"
        f" AND {table}._action = ''",
        [draft.workspace.pk, draft.row.source, shape.kind],
    )
    for column, name in shape.natural:
        _match_naturally(draft, shape, column, name)
    if shape.after_matching:
        shape.after_matching(draft)
    _set_aside_deleted(draft, shape)
    _set_aside_twins(shape)
    _give_ids(draft, shape)
    _take_merged(draft, shape)
    sql.index_temporary(table, "_id")
    sql.analyse_temporary(table)


def _set_aside_repeated(shape: Shape) -> None:
    """The same identifier again: the last line counts."""
    sql.run(
        f"UPDATE {shape.staged} SET _action = 'repeated' WHERE _key <> '' AND _row NOT IN"
        f" (SELECT max(_row) FROM {shape.staged} GROUP BY _key)"
    )


def _match_naturally(draft: Draft, shape: Shape, column: str, name: str) -> None:
    """By domain, mail address or name: one row and one thing without another id in this source."""
    archived = " AND c.archived_at IS NULL" if shape.can_archive else ""
    known_as = dict.fromkeys([*(each for each, _ in shape.natural), *shape.names])
    plain = ", ".join(f"c.{quote(each)}" for each in known_as)
    sql.run(
        f"UPDATE {shape.staged} SET _id = m.id FROM ("
        f" SELECT max(s._row) AS _row, min(c.id) AS id FROM {shape.staged} AS s"
        f" JOIN {shape.table} AS c ON c.workspace_id = %s AND c.{quote(column)} ="
        f" s.{quote(name)}{archived}"
        f" WHERE s._id IS NULL AND s._action = '' AND s.{quote(name)} <> '' AND c.id NOT IN"
        f" (SELECT _id FROM {shape.staged} WHERE _id IS NOT NULL)"
        f" AND NOT EXISTS (SELECT 1 FROM {_table(ExternalId)} AS e WHERE e.workspace_id ="
        " c.workspace_id"
        " AND e.kind = %s AND e.thing_id = c.id AND e.source = %s AND e.external_id NOT"
        f" IN ({plain}))"
        f" GROUP BY s.{quote(name)} HAVING count(*) = 1"
        f") AS m WHERE m._row = {shape.staged}._row",
        [draft.workspace.pk, shape.kind, draft.row.source],
    )


def _set_aside_deleted(draft: Draft, shape: Shape) -> None:
    """A record that the source deleted or merged away is archived if we know it, else passed over.

    A thing that the source still has under another id stays: only a second name of it is gone.
    """
    tests = []
    if "deleted" in shape.fields:
        tests.append("{0}.deleted = %s")
    if "merged_into" in shape.fields:
        tests.append("({0}.merged_into <> '' AND {0}.merged_into <> {0}._key)")
    if not tests:
        return
    is_away = " OR ".join(tests)
    values = [sql.bound(True)] if "deleted" in shape.fields else []
    sql.run(
        f"UPDATE {shape.staged} SET _action = CASE WHEN _id IS NULL OR EXISTS (SELECT 1 FROM"
        f" {_table(ExternalId)} AS e WHERE e.workspace_id = %s AND e.kind = %s"
        f" AND e.thing_id = {shape.staged}._id AND e.source = %s"
        f" AND e.external_id <> {shape.staged}._key AND NOT EXISTS (SELECT 1 FROM"
        f" {shape.staged} AS o WHERE o._key = e.external_id AND ({is_away.format('o')})))"
        f" THEN 'passed over' ELSE 'deleted' END"
        f" WHERE _action = '' AND ({is_away.format(shape.staged)})",
        [draft.workspace.pk, shape.kind, draft.row.source, *values, *values],
    )
    sql.run(
        f"INSERT INTO {GONE} (kind, thing_id, version, comes_back) SELECT %s, t.id, t.version, 0"
        f" FROM {shape.staged} AS s JOIN {shape.table} AS t ON t.id = s._id"
        " WHERE s._action = 'deleted' AND t.archived_at IS NULL",
        [shape.kind],
    )


def _set_aside_twins(shape: Shape) -> None:
    """Two identifiers of one thing in one file: the last line counts, both names stay known."""
    sql.run(
        f"UPDATE {shape.staged} SET _action = 'repeated' WHERE _action = '' AND _id IS NOT NULL"
        f" AND _row NOT IN (SELECT max(_row) FROM {shape.staged} WHERE _action = ''"
        " AND _id IS NOT NULL GROUP BY _id)"
    )


def _give_ids(draft: Draft, shape: Shape) -> None:
    """Ids for rows that are new. They are reserved now, so that publishing only copies."""
    wanted = [
        number
        for (number,) in sql.rows(
            f"SELECT _row FROM {shape.staged} WHERE _id IS NULL AND _action = '' ORDER BY _row"
        )
    ]
    if draft.is_dry:
        ids = list(range(draft.next_dry_id, draft.next_dry_id - len(wanted), -1))
        draft.next_dry_id -= len(wanted)
    else:
        ids = sql.reserve_ids(shape.model, len(wanted))
    sql.make_temporary("bulk_ids", {"for_row": "bigint", "id": "bigint"})
    sql.fill("bulk_ids", ["for_row", "id"], [list(zip(wanted, ids, strict=True))])
    sql.index_temporary("bulk_ids", "for_row")
    sql.analyse_temporary("bulk_ids")
    sql.run(
        f"UPDATE {shape.staged} SET _id = g.id, _action = 'new' FROM bulk_ids AS g"
        f" WHERE g.for_row = {shape.staged}._row"
    )
    sql.drop_temporary("bulk_ids")


def _take_merged(draft: Draft, shape: Shape) -> None:
    """Ids of records that were merged away: references to them lead to the one that stays."""
    if "merged_into" in shape.fields:
        while _follow_merges(draft, shape):
            pass
    if "merged_from" in shape.fields:
        merged = sql.rows(
            f"SELECT _id, merged_from FROM {shape.staged}"
            " WHERE merged_from <> '' AND _id IS NOT NULL AND _action <> 'repeated'"
            " ORDER BY abs(_id)"
        )
        # Where two records claim to hold the same third one, the older is believed.
        holders: dict[str, int] = {}
        for thing_id, text in merged:
            for old in json.loads(text):
                holders.setdefault(fit(old), thing_id)
        aliases = [(shape.kind, old, thing_id) for old, thing_id in holders.items()]
        if aliases:
            sql.fill(_ALIAS, ["kind", "external_id", "thing_id"], [aliases])


def _follow_merges(draft: Draft, shape: Shape) -> int:
    """One step along chains of merges: one that went into one that went into a third."""
    return sql.run(
        f"INSERT INTO {_ALIAS} (kind, external_id, thing_id)"
        f" SELECT %s, s._key, coalesce(w._id, e.thing_id, a.thing_id) FROM {shape.staged} AS s"
        f" LEFT JOIN {shape.staged} AS w ON w._key = s.merged_into AND w._action <> 'repeated'"
        f" LEFT JOIN {_table(ExternalId)} AS e ON e.workspace_id = %s AND e.source = %s"
        " AND e.kind = %s AND e.external_id = s.merged_into"
        f" LEFT JOIN {_ALIAS} AS a ON a.kind = %s AND a.external_id = s.merged_into"
        " WHERE s._action = 'passed over' AND s.merged_into <> ''"
        " AND coalesce(w._id, e.thing_id, a.thing_id) IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM {_ALIAS} AS k WHERE k.kind = %s AND k.external_id = s._key)",
        [
            shape.kind,
            draft.workspace.pk,
            draft.row.source,
            shape.kind,
            shape.kind,
            shape.kind,
        ],
    )


# --- Links -------------------------------------------------------------------------------------


def _resolve(draft: Draft, shape: Shape, link: Link) -> None:
    """Fill the link's id, one distinct value at a time rather than one row at a time."""
    if not draft.maps(shape.kind, *link.fields):
        return
    names = link.fields
    sql.make_temporary(_LINK, {**dict.fromkeys(names, "text"), "id": "bigint"})
    stated = ", ".join(quote(name) for name in names)
    some = " OR ".join(f"{quote(name)} <> ''" for name in names)
    sql.run(
        f"INSERT INTO {_LINK} ({stated}) SELECT DISTINCT {stated} FROM {shape.staged}"
        f" WHERE ({some}) AND _action IN ('', 'new')"
    )
    sql.index_temporary(_LINK, *names)
    sql.analyse_temporary(_LINK)
    target = shape_of(link.kind)
    if link.identifier:
        _by_identifier(draft, link, target)
    for group in link.by:
        _by_nature(draft, group, target)
    if link.creates:
        _create_missing(draft, link, target)
    same = " AND ".join(f"l.{quote(name)} = {shape.staged}.{quote(name)}" for name in names)
    sql.run(
        f"UPDATE {shape.staged} SET {quote(link.id_column)} = l.id FROM {_LINK} AS l"
        f" WHERE {same} AND l.id IS NOT NULL"
    )


def _by_identifier(draft: Draft, link: Link, target: Shape) -> None:
    wanted = f"{_LINK}.{quote(link.identifier)}"
    sql.run(
        f"UPDATE {_LINK} SET id = e.thing_id FROM {_table(ExternalId)} AS e WHERE"
        " e.workspace_id = %s"
        f" AND e.source = %s AND e.kind = %s AND e.external_id = {wanted} AND {wanted} <> ''",
        [draft.workspace.pk, draft.row.source, target.kind],
    )
    if target.staged in draft.tables:
        sql.run(
            f"UPDATE {_LINK} SET id = t._id FROM {target.staged} AS t WHERE t._key = {wanted}"
            f" AND {wanted} <> '' AND {_LINK}.id IS NULL AND t._id IS NOT NULL"
        )
    sql.run(
        f"UPDATE {_LINK} SET id = a.thing_id FROM {_ALIAS} AS a WHERE a.kind = %s"
        f" AND a.external_id = {wanted} AND {_LINK}.id IS NULL",
        [target.kind],
    )


def _by_nature(draft: Draft, group: tuple[tuple[str, str], ...], target: Shape) -> None:
    """By a name that one thing alone has, among those we know and those that come with this file.

    An archived thing is meant only where no other has the name.
    """
    gone = f"SELECT thing_id FROM {GONE} WHERE kind = '{target.kind}' AND comes_back"
    live = (
        f" AND (c.archived_at IS NULL AND c.id NOT IN ({gone} = 0) OR c.id IN ({gone} = 1))"
        if target.can_archive
        else ""
    )
    _by_one_name(draft, group, target, live)
    if live:
        _by_one_name(draft, group, target, "")


def _by_one_name(
    draft: Draft, group: tuple[tuple[str, str], ...], target: Shape, live: str
) -> None:
    last = quote(group[-1][1])
    known = " AND ".join(f"c.{quote(column)} = l.{quote(name)}" for column, name in group)
    candidates = (
        f"SELECT l._row AS _row, c.id AS id FROM {_LINK} AS l JOIN {target.table} AS c"
        f" ON c.workspace_id = %s AND {known}{live} WHERE l.id IS NULL AND l.{last} <> ''"
    )
    values: list[Any] = [draft.workspace.pk]
    if draft.maps(target.kind, *(column for column, _ in group)):
        # What comes with this file is called as the file says, no longer as it was.
        candidates += (
            f" AND c.id NOT IN (SELECT _id FROM {target.staged} WHERE _action = ''"
            " AND _id IS NOT NULL)"
        )
    if target.staged in draft.tables:
        fresh = " AND ".join(f"t.{quote(column)} = l.{quote(name)}" for column, name in group)
        candidates += (
            f" UNION SELECT l._row, t._id FROM {_LINK} AS l JOIN {target.staged} AS t ON {fresh}"
            f" WHERE l.id IS NULL AND l.{last} <> '' AND t._action IN ('', 'new')"
        )
    sql.run(
        f"UPDATE {_LINK} SET id = m.id FROM (SELECT _row, min(id) AS id FROM ({candidates}) AS u"
        f" GROUP BY _row HAVING count(DISTINCT id) = 1) AS m WHERE m._row = {_LINK}._row",
        values,
    )


def _create_missing(draft: Draft, link: Link, target: Shape) -> None:
    """Owners, teams, segments and stages that a row names come to be with it."""
    draft.ensure(target)
    columns = [*link.creates, "_key", "_action", "_implicit", "extra"]
    for group in link.by:
        last = quote(group[-1][1])
        grouped = ", ".join(f"l.{quote(name)}" for _, name in group)
        stated = ", ".join(quote(name) for name in columns)
        texts = [name for name, type_ in target.fields.items() if type_ == "text"]
        blank = [name for name in texts if name not in link.creates]
        stated += "".join(f", {quote(name)}" for name in blank)
        empty = ", ''" * len(blank)
        sql.run(
            f"INSERT INTO {target.staged} ({stated}) SELECT {', '.join(link.creates.values())},"
            f" max(l.{last}), '', 1, '{{}}'{empty} FROM {_LINK} AS l WHERE l.id IS NULL"
            f" AND l.{last} <> '' GROUP BY {grouped} ORDER BY min(l._row)"
        )
        _give_ids(draft, target)
        sql.analyse_temporary(target.staged)
        for each in link.by:
            _by_nature(draft, each, target)


# --- Comparing ---------------------------------------------------------------------------------


def columns_of(draft: Draft, shape: Shape) -> list[tuple[Field[Any, Any], str]]:
    """The columns that this import writes, each with the SQL that makes it of the staged row."""
    by_name = {each.column: each for each in shape.model._meta.concrete_fields}
    batch = draft.batches.get(shape.kind)
    found = []
    for column in [*shape.columns, *_link_columns(shape)]:
        if batch is None or any(name in batch.fields for name in column.filled_by):
            found.append((by_name[column.name], _fitted(by_name[column.name], column.sql)))
    return found


def _link_columns(shape: Shape) -> list[Column]:
    stated = {column.name for column in shape.columns}
    return [
        Column(f"{link.column}_id", f"s.{quote(link.id_column)}", link.fields)
        for link in shape.links
        if link.is_column and f"{link.column}_id" not in stated
    ]


def _fitted(model_field: Field[Any, Any], value: str) -> str:
    kind = model_field.get_internal_type()
    if kind in ("CharField", "EmailField", "TextField"):
        longest = model_field.max_length
        return (
            f"coalesce(substr({value}, 1, {longest}), '')" if longest else f"coalesce({value}, '')"
        )
    return value


def _compare(draft: Draft, shape: Shape) -> None:
    """Which known rows differ in a column that this file fills; nulls are values like any other."""
    differs = {
        each.column: f"t.{quote(each.column)} IS DISTINCT FROM {value}"
        for each, value in columns_of(draft, shape)
    }
    if shape.keeps_extra:
        merged = sql.merged_json("t.extra", "s.extra")
        differs["extra"] = f"(s.extra <> '{{}}' AND {sql.one_spelling('t.extra')} <> {merged})"
    sql.run(
        f"UPDATE {shape.staged} SET _action = c.action, _version = c.version FROM ("
        " SELECT s._row AS _row, t.version AS version,"
        f" CASE WHEN {' OR '.join(differs.values()) or '1 = 0'}"
        " THEN 'changed' ELSE 'unchanged' END AS action"
        f" FROM {shape.staged} AS s JOIN {shape.table} AS t ON t.id = s._id WHERE s._action = ''"
        f") AS c WHERE c._row = {shape.staged}._row"
    )
    draft.moved_columns[shape.kind] = _moved(shape, differs)


def _moved(shape: Shape, differs: dict[str, str]) -> list[str]:
    """The columns that change in any row: only those are written, for each costs its indexes."""
    if not differs:
        return []
    tests = ", ".join(f"max(CASE WHEN {test} THEN 1 ELSE 0 END)" for test in differs.values())
    found = sql.rows(
        f"SELECT {tests} FROM {shape.staged} AS s JOIN {shape.table} AS t ON t.id = s._id"
        " WHERE s._action = 'changed'"
    )
    return [name for name, is_moved in zip(differs, found[0], strict=True) if is_moved]


def _find_gone(draft: Draft, shape: Shape) -> None:
    """A full export without a row that it had before: archived. With it again: back."""
    if not shape.can_archive:
        return
    # A row that an import archived has an image that says so; what a person archived stays so.
    was_archived = (
        "EXISTS (SELECT 1 FROM record_beforeimage AS b WHERE b.workspace_id = t.workspace_id"
        " AND b.kind = %s AND b.thing_id = t.id AND b.is_archiving)"
    )
    sql.run(
        f"INSERT INTO {GONE} (kind, thing_id, version, comes_back) SELECT %s, t.id, t.version, 1"
        f" FROM {shape.staged} AS s JOIN {shape.table} AS t ON t.id = s._id"
        " WHERE s._action = '' AND t.archived_at IS NOT NULL AND"
        f" {was_archived}",
        [shape.kind, shape.kind],
    )
    if not draft.batches[shape.kind].is_full:
        return
    sql.run(
        f"INSERT INTO {GONE} (kind, thing_id, version, comes_back)"
        f" SELECT DISTINCT %s, t.id, t.version, 0 FROM {_table(ExternalId)} AS e"
        f" JOIN {shape.table} AS t ON t.id = e.thing_id"
        " WHERE e.workspace_id = %s AND e.source = %s AND e.kind = %s AND t.archived_at IS NULL"
        f" AND NOT EXISTS (SELECT 1 FROM {shape.staged} AS s WHERE s._id = t.id)",
        [shape.kind, draft.workspace.pk, draft.row.source, shape.kind],
    )


# --- References that stay open -----------------------------------------------------------------


def _find_open(draft: Draft, shape: Shape) -> None:
    for link in shape.links:
        if link.identifier and link.keeps_open and draft.maps(shape.kind, link.identifier):
            sql.run(
                f"INSERT INTO {OPEN} (kind, external_id, from_kind, from_id, field)"
                f" SELECT %s, s.{quote(link.identifier)}, %s, s._id, %s FROM {shape.staged} AS s"
                " WHERE s._action IN ('new', 'changed', 'unchanged') AND"
                f" s.{quote(link.identifier)} <> ''"
                f" AND s.{quote(link.id_column)} IS NULL",
                [link.kind, shape.kind, link.column],
            )


def _find_waiting(draft: Draft, shape: Shape) -> None:
    """Older rows that named a thing which comes only now, by its id or by its one name."""
    workspace, source = draft.workspace.pk, draft.row.source
    table = _table(OpenReference)
    sql.run(
        f"INSERT INTO {BACK} (open_id, from_kind, from_id, field, to_id)"
        f" SELECT o.id, o.from_kind, o.from_id, o.field, min(s.id) FROM {table} AS o JOIN"
        f" (SELECT _key AS key, _id AS id FROM {shape.staged} WHERE _id IS NOT NULL UNION ALL"
        f" SELECT external_id, thing_id FROM {_ALIAS} WHERE kind = %s) AS s ON s.key ="
        " o.external_id"
        " WHERE o.workspace_id = %s AND o.source = %s AND o.kind = %s"
        " GROUP BY o.id, o.from_kind, o.from_id, o.field",
        [shape.kind, workspace, source, shape.kind],
    )
    for column in shape.names:
        sql.run(
            f"INSERT INTO {BACK} (open_id, from_kind, from_id, field, to_id)"
            f" SELECT o.id, o.from_kind, o.from_id, o.field, min(s._id) FROM {table} AS o"
            f" JOIN {shape.staged} AS s ON s.{quote(column)} = o.external_id AND s._action = 'new'"
            " WHERE o.workspace_id = %s AND o.kind = %s AND o.id NOT IN (SELECT open_id"
            f" FROM {BACK})"
            f" AND NOT EXISTS (SELECT 1 FROM {shape.table} AS c WHERE c.workspace_id ="
            " o.workspace_id"
            f" AND c.{quote(column)} = o.external_id)"
            " GROUP BY o.id, o.from_kind, o.from_id, o.field HAVING count(*) = 1",
            [workspace, shape.kind],
        )


def _leave_staged_alone(draft: Draft) -> None:
    """A row that comes with this file itself says anew what it points at."""
    for other in draft.staged:
        for link in other.links:
            if draft.maps(other.kind, *link.fields):
                sql.run(
                    f"DELETE FROM {BACK} WHERE from_kind = %s AND field = %s AND from_id IN"
                    f" (SELECT _id FROM {other.staged} WHERE _action <> 'repeated' AND"
                    " _id IS NOT NULL)",
                    [other.kind, link.column],
                )


def _count(draft: Draft) -> None:
    for shape in draft.staged:
        tally: Counter[str] = Counter()
        made = 0
        for action, implicit, count in sql.rows(
            f"SELECT _action, _implicit, count(*) FROM {shape.staged} GROUP BY _action, _implicit"
        ):
            if implicit:
                made += count
            else:
                tally[action] += count
        archived = sql.scalar(
            f"SELECT count(*) FROM {GONE} WHERE kind = %s AND comes_back = 0", [shape.kind]
        )
        draft.counts[shape.plural] = Counts(
            new=tally["new"],
            changed=tally["changed"],
            unchanged=tally["unchanged"],
            repeated=tally["repeated"],
            passed_over=tally["passed over"],
            archived=archived,
            made=made,
        )
    draft.open_names = [
        {"from": from_kind, "field": name, "kind": kind, "name": external_id, "rows": count}
        for from_kind, name, kind, external_id, count in sql.rows(
            f"SELECT from_kind, field, kind, external_id, count(*) AS n FROM {OPEN}"
            " GROUP BY from_kind, field, kind, external_id ORDER BY n DESC, external_id LIMIT 50"
        )
    ]


def _table(model: Any) -> str:
    return str(model._meta.db_table)
