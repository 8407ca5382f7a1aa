"""Values that filters alone ask for stand in the entries of search; a task writes them there, and the rows anew."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import farley.database.fields
from farley.database.fields import CreateClusteredTable

KEPT = (1, 2, 12, 13, 14, 15, 16, 17)
RELATED, DATE, BIRTHDAY = 16, 13, 18


def copy_rows(_apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(
        "INSERT INTO contacts_slimrow (contact_id, n, space_id, kind, value, norm)"  # noqa: S608 -- numbers of ours
        f" SELECT contact_id, n, space_id, CASE WHEN kind = {DATE} AND label = 'birthday' THEN {BIRTHDAY} ELSE kind END,"
        f" CASE WHEN kind = {RELATED} THEN label WHEN value = norm THEN '' ELSE value END, norm"
        f" FROM contacts_indexrow WHERE kind IN ({', '.join(map(str, KEPT))}) ORDER BY contact_id, n"
    )


def rederive(apps: Any, _schema_editor: Any) -> None:
    if apps.get_model("contacts", "Contact").objects.filter(deleted_at=None).exists():
        from farley.contacts import tasks

        tasks.rederive.enqueue()


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_external_ids"),
        ("search", "0004_space_marks"),
        ("spaces", "0002_teams_and_invitations"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveIndex(model_name="indexrow", name="index_rows_by_value"),
        CreateClusteredTable(
            name="SlimRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "contact_id", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
                ("n", models.PositiveIntegerField()),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Email"),
                            (2, "Phone"),
                            (10, "Unit"),
                            (12, "Nickname"),
                            (13, "Date"),
                            (14, "Tag"),
                            (15, "Note"),
                            (16, "Related"),
                            (17, "Member"),
                            (18, "Birthday"),
                        ]
                    ),
                ),
                ("value", models.CharField(max_length=2000)),
                ("norm", farley.database.fields.KeyField(max_length=500)),
                (
                    "space",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="spaces.space",
                    ),
                ),
            ],
        ),
        migrations.RunPython(copy_rows, migrations.RunPython.noop),
        migrations.DeleteModel(name="IndexRow"),
        migrations.RenameModel(old_name="SlimRow", new_name="IndexRow"),
        migrations.AddIndex(
            model_name="indexrow",
            index=models.Index(fields=["space", "kind", "norm"], name="index_rows_by_value"),
        ),
        migrations.RunPython(rederive, migrations.RunPython.noop),
    ]
