import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("journal", "0006_collections"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TidyRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "door",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "web"),
                            (2, "API"),
                            (3, "phone or desktop"),
                            (4, "import"),
                            (5, "mail"),
                            (6, "rule"),
                            (7, "command"),
                        ]
                    ),
                ),
                ("rules", models.JSONField(default=list)),
                (
                    "state",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "looking"), (2, "being chosen"), (3, "tidying"), (4, "done"), (5, "failed")],
                        default=1,
                    ),
                ),
                ("total", models.PositiveBigIntegerField(default=0)),
                ("looked", models.PositiveBigIntegerField(default=0)),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="journal.batch"
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spaces.space"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TidyFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contact_id", models.BigIntegerField()),
                ("contact_name", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=80)),
                ("rules", models.CharField(max_length=80)),
                ("before", models.CharField(max_length=400)),
                ("after", models.CharField(blank=True, max_length=400)),
                ("is_chosen", models.BooleanField(default=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="tidying.tidyrun",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["run", "contact_id", "id"], name="findings_in_order"),
                    models.Index(fields=["contact_id"], name="findings_of_a_contact"),
                ],
            },
        ),
    ]
