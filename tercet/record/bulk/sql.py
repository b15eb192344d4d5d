"""The few things that SQLite and PostgreSQL say differently, and temporary tables.

Temporary tables live beside the database: filling them takes no write lock, so an import is read,
matched and compared while everybody works, and only its last step waits in the queue of writers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction

AT_ONCE = 5_000
_SQLITE = {
    "text": "text",
    "bigint": "integer",
    "date": "text",
    "moment": "text",
    "boolean": "integer",
    "double": "real",
    "json": "text",
}
_POSTGRESQL = {
    "text": "text",
    "bigint": "bigint",
    "date": "date",
    "moment": "timestamptz",
    "boolean": "boolean",
    "double": "double precision",
    "json": "jsonb",
}


# A hundred thousand rows with their indexes need more pages in memory than a web request does.
_MEMORY = -96_000


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@contextmanager
def roomy() -> Iterator[None]:
    """More memory for pages while an import is worked on, and SQLite's log is copied back after it.

    Otherwise the copying, which no other writer needs to wait for, is done under the lock.
    """
    if is_postgresql():
        yield
        return
    before = {name: scalar(f"PRAGMA {name}") for name in ("cache_size", "wal_autocheckpoint")}
    run(f"PRAGMA cache_size = {_MEMORY}")
    run(f"PRAGMA temp.cache_size = {_MEMORY}")
    run("PRAGMA wal_autocheckpoint = 0")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            for name, value in before.items():
                run(f"PRAGMA {name} = {int(value)}")
            if not connection.in_atomic_block:
                run("PRAGMA wal_checkpoint(PASSIVE)")


def quote(name: str) -> str:
    return connection.ops.quote_name(name)


def run(sql: str, values: Sequence[Any] = ()) -> int:
    """Execute one statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        return int(cursor.rowcount)


def rows(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        return list(cursor.fetchall())


def scalar(sql: str, values: Sequence[Any] = ()) -> Any:
    found = rows(sql, values)
    return found[0][0] if found else None


def sql_type(name: str) -> str:
    return (_POSTGRESQL if is_postgresql() else _SQLITE)[name]


def make_temporary(table: str, columns: Mapping[str, str]) -> None:
    """A fresh temporary table whose rows are numbered by `_row`."""
    drop_temporary(table)
    number = "bigserial PRIMARY KEY" if is_postgresql() else "integer PRIMARY KEY"
    stated = ", ".join(f"{quote(name)} {sql_type(type_)}" for name, type_ in columns.items())
    run(f"CREATE TEMPORARY TABLE {quote(table)} (_row {number}, {stated})")


def drop_temporary(table: str) -> None:
    schema = "pg_temp" if is_postgresql() else "temp"
    run(f"DROP TABLE IF EXISTS {schema}.{quote(table)}")


def index_temporary(table: str, *columns: str) -> None:
    name = quote(f"{table}_{'_'.join(columns)}")
    schema = "" if is_postgresql() else "temp."
    stated = ", ".join(quote(column) for column in columns)
    run(f"CREATE INDEX {schema}{name} ON {quote(table)} ({stated})")


def analyse_temporary(table: str) -> None:
    """Nobody else counts a temporary table’s rows for PostgreSQL’s planner."""
    analyse(table)


def analyse(table: str) -> None:
    """After many new rows PostgreSQL plans as if the table were small, until it looks again."""
    if is_postgresql():
        run(f"ANALYZE {quote(table)}")


def fill(table: str, columns: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]) -> None:
    """Put rows into a temporary table, as fast as the database takes them."""
    names = ", ".join(quote(name) for name in columns)
    if is_postgresql():
        with connection.cursor() as cursor:
            for batch in batches:
                with cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(columns))
    with _one_temporary_transaction(), connection.cursor() as cursor:
        for batch in batches:
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})", batch)


@contextmanager
def _one_temporary_transaction() -> Iterator[None]:
    """Without one, SQLite commits each row. BEGIN alone asks for no lock on the database itself."""
    if connection.in_atomic_block:
        yield
        return
    run("BEGIN DEFERRED")
    try:
        yield
    except BaseException:
        run("ROLLBACK")
        raise
    run("COMMIT")


def bound(value: Any) -> Any:
    """A value as the database keeps it, equal to what Django would have written."""
    if is_postgresql() or value is None:
        return value
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    return value


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids that nobody else will get, taken before the rows are written."""
    table = model._meta.db_table
    if not count:
        return []
    if is_postgresql():
        sequence = "pg_get_serial_sequence(%s, 'id')"
        return [
            number
            for (number,) in rows(
                f"SELECT nextval({sequence}) FROM generate_series(1, %s)", [quote(table), count]
            )
        ]
    with transaction.atomic():
        if not run("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table]):
            run("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        last = scalar("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    return list(range(last - count + 1, last + 1))


def as_json(pairs: Mapping[str, str]) -> str:
    """A JSON object of columns and expressions."""
    function = "jsonb_build_object" if is_postgresql() else "json_object"
    inner = ", ".join(f"'{name}', {value}" for name, value in pairs.items())
    return f"{function}({inner})"


def from_json(document: str, column: models.Field[Any, Any]) -> str:
    """The column's value out of a JSON object that `as_json` made."""
    name = column.column
    if not is_postgresql():
        return f"json_extract({document}, '$.{name}')"
    if column.get_internal_type() == "JSONField":
        return f"({document} -> '{name}')"
    type_ = column.rel_db_type(connection) if column.is_relation else column.db_type(connection)
    return f"CAST({document} ->> '{name}' AS {type_})"


def json_column(column: models.Field[Any, Any], value: str) -> str:
    """A column inside `as_json`: SQLite must be told that a text is JSON already."""
    if column.get_internal_type() == "JSONField" and not is_postgresql():
        return f"json({value})"
    return value


def merged_json(old: str, new: str) -> str:
    """The old object with the new one's keys over it, in one spelling."""
    return f"({old} || {new})" if is_postgresql() else f"json_patch({old}, {new})"


def one_spelling(value: str) -> str:
    return value if is_postgresql() else f"json({value})"
