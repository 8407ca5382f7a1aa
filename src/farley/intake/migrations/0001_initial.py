import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("exchange", "0002_import_rules"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RegularImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("kind", models.PositiveSmallIntegerField(choices=[(1, "watched folder"), (2, "address")])),
                ("folder", models.CharField(blank=True, max_length=100)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("sealed_address", models.TextField(blank=True)),
                ("mark", models.CharField(blank=True, max_length=300)),
                ("mapping", models.JSONField(null=True)),
                ("key", models.CharField(default="uid", max_length=60)),
                ("rule", models.CharField(default="keep", max_length=10)),
                ("minutes", models.PositiveIntegerField(default=1)),
                ("is_paused", models.BooleanField(default=False)),
                ("seen", models.JSONField(default=dict)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("looked_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("trouble_details", models.JSONField(default=dict)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "space",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spaces.space"),
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
            name="TakenFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300)),
                ("identity", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("trouble", models.CharField(blank=True, max_length=20)),
                ("trouble_details", models.JSONField(default=dict)),
                ("is_told", models.BooleanField(default=False)),
                (
                    "regular",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taken",
                        to="intake.regularimport",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="exchange.import"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="regularimport",
            constraint=models.UniqueConstraint(fields=("space", "name"), name="a_regular_import_is_named_once_a_space"),
        ),
        migrations.AddConstraint(
            model_name="regularimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("folder", ""), _negated=True),
                fields=("folder",),
                name="a_folder_is_watched_for_one",
            ),
        ),
        migrations.AddIndex(
            model_name="takenfile",
            index=models.Index(fields=["regular", "-id"], name="taken_files_newest_first"),
        ),
        migrations.AddIndex(
            model_name="takenfile",
            index=models.Index(condition=models.Q(("is_told", False)), fields=["id"], name="taken_files_to_tell_of"),
        ),
        migrations.AddConstraint(
            model_name="takenfile",
            constraint=models.UniqueConstraint(fields=("regular", "identity"), name="a_file_is_taken_once"),
        ),
    ]
