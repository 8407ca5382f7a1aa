"""The index is written beside the entries, no longer by triggers."""

from typing import Any

from django.db import migrations

TRIGGERS = ("search_added", "search_removed", "search_renamed", "search_changed")


def drop_triggers(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for trigger in TRIGGERS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger}")


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_trigrams"),
    ]

    operations = [
        migrations.RunPython(drop_triggers, migrations.RunPython.noop),
    ]
