"""Rows as CSV that no spreadsheet runs."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime, tzinfo
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from markupsafe import Markup

from tercet.kit.tables.declared import Column

CHUNK = 2_000
# A spreadsheet runs a cell that begins with one of these, full-width signs included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 (the signs themselves)


def csv_response(
    columns: Iterable[Column], found: QuerySet[Any], zone: tzinfo, filename: str
) -> StreamingHttpResponse:
    """A download that holds a few rows in memory, however many there are."""
    lines = _lines(list(columns), found, zone)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    safe = "".join(c for c in filename if c.isalnum() or c in "-_.") or "rows.csv"
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response


def guard(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _lines(columns: list[Column], found: QuerySet[Any], zone: tzinfo) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([guard(column.label) for column in columns])
    for row in found.iterator(chunk_size=CHUNK):
        yield writer.writerow([guard(_plain(column.raw(row), zone)) for column in columns])


def _plain(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, (int, float, str)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


class _Echo:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
