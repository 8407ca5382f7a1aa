import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import farley.database.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0010_one_tree_of_uids"),
        ("journal", "0006_collections"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mirror",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("address", models.CharField(max_length=1000)),
                ("book", models.CharField(blank=True, max_length=1000)),
                ("found", models.JSONField(default=list)),
                ("login", models.CharField(blank=True, max_length=200)),
                ("sealed_password", models.TextField(blank=True)),
                ("is_two_way", models.BooleanField(default=False)),
                (
                    "rule",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Theirs"), (2, "Ours"), (3, "Newest"), (4, "Ask")], default=1
                    ),
                ),
                ("minutes", models.PositiveIntegerField(default=60)),
                (
                    "state",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "choosing the address book"),
                            (2, "on"),
                            (3, "paused"),
                            (4, "stopped"),
                            (5, "removed"),
                        ],
                        default=1,
                    ),
                ),
                ("held_for", models.CharField(blank=True, max_length=20)),
                ("held_details", models.JSONField(default=dict)),
                ("confirmed", models.CharField(blank=True, max_length=20)),
                ("token", models.TextField(blank=True)),
                ("listed_at", models.DateTimeField(null=True)),
                ("is_token_doubtful", models.BooleanField(default=False)),
                ("sent_revision", models.PositiveBigIntegerField(default=0)),
                ("looked_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("trouble_details", models.JSONField(default=dict)),
                ("remark", models.CharField(blank=True, max_length=20)),
                ("remark_details", models.JSONField(default=dict)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "space",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mirrors", to="spaces.space"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MirrorItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", farley.database.fields.KeyField(max_length=1000)),
                ("tag", models.CharField(blank=True, max_length=500)),
                ("listed_tag", models.CharField(blank=True, max_length=500)),
                ("sha256", models.BinaryField(max_length=32, null=True)),
                (
                    "todo",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Nothing"), (1, "Fetch"), (2, "Drop"), (3, "Send")], default=0
                    ),
                ),
                ("decision", models.PositiveSmallIntegerField(null=True)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("details", models.JSONField(default=dict)),
                ("is_erased", models.BooleanField(default=False)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "mirror",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="mirrors.mirror",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MirrorRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("added", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("deleted", models.PositiveIntegerField(default=0)),
                ("sent_added", models.PositiveIntegerField(default=0)),
                ("sent_changed", models.PositiveIntegerField(default=0)),
                ("sent_deleted", models.PositiveIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("details", models.JSONField(default=dict)),
                ("is_acknowledged", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="journal.batch"
                    ),
                ),
                (
                    "mirror",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="mirrors.mirror",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MirrorNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(max_length=20)),
                ("details", models.JSONField(default=dict)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="mirrors.mirrorrun"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddIndex(
            model_name="mirror",
            index=models.Index(fields=["next_at"], name="mirrors_by_next_run"),
        ),
        migrations.AddConstraint(
            model_name="mirror",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("space", "name"),
                name="a_mirror_is_named_once_a_space",
            ),
        ),
        migrations.AddIndex(
            model_name="mirroritem",
            index=models.Index(
                condition=models.Q(("todo__gt", 0)), fields=["mirror", "todo", "id"], name="mirror_items_to_do"
            ),
        ),
        migrations.AddIndex(
            model_name="mirroritem",
            index=models.Index(
                condition=models.Q(("problem", ""), _negated=True),
                fields=["mirror", "id"],
                name="mirror_items_in_trouble",
            ),
        ),
        migrations.AddConstraint(
            model_name="mirroritem",
            constraint=models.UniqueConstraint(fields=("mirror", "path"), name="a_mirror_knows_a_path_once"),
        ),
        migrations.AddIndex(
            model_name="mirrorrun",
            index=models.Index(fields=["mirror", "-id"], name="mirror_runs_newest_first"),
        ),
    ]
