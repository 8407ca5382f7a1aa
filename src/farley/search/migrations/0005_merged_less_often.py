"""FTS5 merges its segments eight at a time instead of four: an import writes each of them fewer times over."""

from typing import Any

from django.db import migrations

from farley.search.trigrams import MERGED_AT_ONCE, merge_by


def merge_less_often(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        merge_by(schema_editor, MERGED_AT_ONCE)


def merge_as_before(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        merge_by(schema_editor, 4)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0004_space_marks"),
    ]

    operations = [
        migrations.RunPython(merge_less_often, merge_as_before),
    ]
