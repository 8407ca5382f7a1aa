"""Entries say their space, by which PostgreSQL's index is asked. On SQLite they are written anew by a task of contacts.

There the place of an entry tells its space to the index already, and the index must be written beside the entry.
"""

from typing import Any

from django.db import migrations


def mark(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("UPDATE search_entry SET fields = fields || chr(31) || 'q' || (id >> 41) || chr(31)")


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0003_written_beside"),
    ]

    operations = [
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
