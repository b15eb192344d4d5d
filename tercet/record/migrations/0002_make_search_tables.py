"""The full-text tables. They hold nothing that `SearchEntry` does not hold: `tercet check` can rebuild them."""

from django.db import migrations

SQLITE = """
CREATE VIRTUAL TABLE record_search_words USING fts5(
    title, text, content='', contentless_delete=1,
    tokenize="unicode61 remove_diacritics 2", prefix='2 3'
)
"""
POSTGRESQL = """
CREATE TABLE record_search_words (
    entry_id bigint PRIMARY KEY,
    document tsvector NOT NULL
);
CREATE INDEX record_search_words_document ON record_search_words USING gin (document);
"""


def make(apps, schema_editor):
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE record_search_words")


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
