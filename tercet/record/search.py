"""Search over every kind: one interface, FTS5 on SQLite, tsvector and trigrams on PostgreSQL.

The index is written by commands, in their transaction. Words are matched by their beginning, so
that type-ahead and whole words need one table; results keep to the kinds' visible sets.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from tercet.kit import kinds
from tercet.people.models import Member, Workspace
from tercet.record.models import SearchEntry

WORD = re.compile(r"[^\W_]+", re.UNICODE)
MOST_WORDS = 8
LONGEST_WORD = 40


def _without_diacritics() -> dict[str, str]:
    """Latin letters with a mark and the letter below it: what FTS5 does by itself."""
    blocks = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    bases = {chr(code): unicodedata.normalize("NFD", chr(code))[0] for code in blocks}
    return {letter: base for letter, base in bases.items() if base.isascii() and base.isalpha()}


FOLDED = _without_diacritics()


@dataclass(frozen=True)
class Hit:
    kind: kinds.Kind
    thing: Any
    title: str
    url: str


@transaction.atomic
def index(*things: models.Model) -> None:
    """Write or rewrite what these things are found by."""
    for thing in things:
        kind = kinds.of(thing)
        SearchEntry.objects.update_or_create(
            workspace_id=thing.workspace_id,  # type: ignore[attr-defined]
            kind=kind.name,
            thing_id=thing.pk,
            defaults={
                "title": kind.title(thing)[:300],
                "text": kind.search_text(thing) if kind.search_text else "",
            },
        )
    _refresh(SearchEntry.objects.filter(_about(things)).values_list("id", flat=True))


@transaction.atomic
def unindex(kind: str, thing_ids: Iterable[int]) -> None:
    ids = list(
        SearchEntry.objects.filter(kind=kind, thing_id__in=list(thing_ids)).values_list(
            "id", flat=True
        )
    )
    _forget(ids)
    SearchEntry.objects.filter(pk__in=ids).delete()


def search(text: str, *, member: Member, only: Sequence[str] = (), most: int = 20) -> list[Hit]:
    """The best hits that this member may see, in the order of their rank."""
    words = words_of(text)
    if not words:
        return []
    found = _ranked(words, member.workspace, only, most * 3)
    return _visible(found, member)[:most]


def words_of(text: str) -> list[str]:
    folded = text.lower().translate(str.maketrans(FOLDED))
    return [word[:LONGEST_WORD] for word in WORD.findall(folded)][:MOST_WORDS]


def _visible(found: list[tuple[str, int]], member: Member) -> list[Hit]:
    things: dict[tuple[str, int], Any] = {}
    for name in {kind for kind, _ in found}:
        if kind := kinds.find(name):
            ids = [thing_id for each, thing_id in found if each == name]
            for thing in kind.visible(member).filter(pk__in=ids):
                things[name, thing.pk] = thing
    return [
        Hit(kind, thing, kind.title(thing), kind.url(member.workspace.slug, thing))
        for key in found
        if (thing := things.get(key)) is not None and (kind := kinds.get(key[0]))
    ]


def _about(things: Sequence[models.Model]) -> models.Q:
    wanted = models.Q(pk=None)
    for thing in things:
        wanted |= models.Q(kind=kinds.of(thing).name, thing_id=thing.pk)
    return wanted


def _ranked(
    words: list[str], workspace: Workspace, only: Sequence[str], most: int
) -> list[tuple[str, int]]:
    if connection.vendor == "postgresql":
        sql, values = _postgresql_query(words)
    else:
        sql, values = _sqlite_query(words)
    if only:
        sql += f" AND entry.kind IN ({', '.join(['%s'] * len(only))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} AND entry.workspace_id = %s ORDER BY rank, entry.id LIMIT %s",
            [*values, *only, workspace.pk, most],
        )
        return [(kind, thing_id) for kind, thing_id, _ in cursor.fetchall()]


def _sqlite_query(words: list[str]) -> tuple[str, list[object]]:
    match = " AND ".join(f'"{word}"*' for word in words)
    return (
        "SELECT entry.kind, entry.thing_id, bm25(record_search_words, 4.0, 1.0) AS rank"
        " FROM record_search_words JOIN record_searchentry AS entry"
        " ON entry.id = record_search_words.rowid WHERE record_search_words MATCH %s",
        [match],
    )


def _postgresql_query(words: list[str]) -> tuple[str, list[object]]:
    match = " & ".join(f"{word}:*" for word in words)
    return (
        "SELECT entry.kind, entry.thing_id, -ts_rank_cd(words.document, query.q) AS rank"
        " FROM record_search_words AS words JOIN record_searchentry AS entry"
        " ON entry.id = words.entry_id, to_tsquery('simple', %s) AS query(q)"
        " WHERE words.document @@ query.q",
        [match],
    )


def _refresh(entry_ids: Iterable[int]) -> None:
    ids = list(entry_ids)
    _forget(ids)
    if ids:
        index_entries(_among(ids), ids)


def index_entries(where: str, values: Sequence[object]) -> None:
    """Write the words of the entries that a condition of our own picks; set-based."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO record_search_words (entry_id, document) SELECT entry.id,"
                f" setweight({_document('entry.title')}, 'A')"
                f" || setweight({_document('entry.text')}, 'B')"
                f" FROM record_searchentry AS entry WHERE {where}",
                [*2 * ("".join(FOLDED), "".join(FOLDED.values())), *values],
            )
        else:
            cursor.execute(
                "INSERT INTO record_search_words (rowid, title, text)"
                " SELECT entry.id, entry.title, entry.text"
                f" FROM record_searchentry AS entry WHERE {where}",
                values,
            )


def _document(column: str) -> str:
    # PostgreSQL takes “norda.example” for one word, a host; FTS5 and `words_of` see two.
    folded = f"translate({column}, %s, %s)"
    return f"to_tsvector('simple', regexp_replace({folded}, '[^[:alnum:]]+', ' ', 'g'))"


def forget_entries(where: str, values: Sequence[object]) -> None:
    """Drop the words of the entries that a condition picks, before the entries themselves go."""
    column = "entry_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM record_search_words WHERE {column} IN"
            f" (SELECT entry.id FROM record_searchentry AS entry WHERE {where})",
            values,
        )


def _forget(ids: list[int]) -> None:
    if ids:
        forget_entries(_among(ids), ids)


def _among(ids: list[int]) -> str:
    return f"entry.id IN ({', '.join(['%s'] * len(ids))})"
