"""PostgreSQL's index of trigrams holds text and fields as one: they say mostly the same words."""

from typing import Any

from django.db import migrations

from farley.search.trigrams import make_index


def make_anew(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_trigrams'")
            former = cursor.fetchone()
            cursor.execute("DROP INDEX IF EXISTS search_trigrams")
        make_index(schema_editor, by_array=former is not None and "farley_trigrams" in former[0])


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0005_merged_less_often"),
    ]

    operations = [
        migrations.RunPython(make_anew, migrations.RunPython.noop),
    ]
