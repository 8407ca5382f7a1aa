"""Entries by place, and an index of their trigrams. What was there is derived anew by `farley reindex`."""

from django.db import migrations, models

import farley.database.fields
from farley.search.trigrams import create_index, drop_index


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_initial"),
    ]

    operations = [
        migrations.DeleteModel(name="Entry"),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", farley.database.fields.RowIdField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("text", models.TextField()),
                ("fields", models.TextField()),
                ("at", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(create_index, drop_index),
    ]
