"""Search was given another index by its second migration, which left it empty: a task fills it."""

from typing import Any

from django.db import migrations


def fill_search(apps: Any, _schema_editor: Any) -> None:
    contacts = apps.get_model("contacts", "Contact").objects.filter(deleted_at=None)
    if contacts.exists() and not apps.get_model("search", "Entry").objects.exists():
        from farley.contacts import tasks

        tasks.rederive.enqueue()


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0005_tag_colours"),
        ("search", "0003_written_beside"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
    ]

    operations = [
        migrations.RunPython(fill_search, migrations.RunPython.noop),
    ]
