import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calendars", "0001_initial"),
        ("exchange", "0001_initial"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="calendar",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="calendars.calendar",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="conflicts",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="import",
            name="defined",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="import",
            name="key",
            field=models.CharField(db_default="uid", default="uid", max_length=60),
        ),
        migrations.AddField(
            model_name="import",
            name="rule",
            field=models.CharField(db_default="keep", default="keep", max_length=10),
        ),
        migrations.AlterField(
            model_name="import",
            name="state",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "waiting"),
                    (2, "running"),
                    (3, "done"),
                    (4, "cancelled"),
                    (5, "failed"),
                    (6, "columns are being chosen"),
                ],
                default=1,
            ),
        ),
        migrations.CreateModel(
            name="ImportOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file", models.CharField(max_length=300)),
                ("line", models.PositiveBigIntegerField()),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "verdict",
                    models.PositiveSmallIntegerField(choices=[(1, "new"), (2, "changed"), (3, "here already")]),
                ),
                ("changes", models.JSONField(default=list)),
                ("left", models.JSONField(default=list)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outcomes", to="exchange.import"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("header", models.CharField(max_length=64)),
                ("mapping", models.JSONField()),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "space",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spaces.space"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "header"), name="one_mapping_a_person_and_header"),
                    models.UniqueConstraint(fields=("space", "header"), name="one_mapping_a_space_and_header"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("space__isnull", False), ("user", None)),
                            models.Q(("space", None), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_mapping_is_a_person_s_or_a_space_s",
                    ),
                ],
            },
        ),
    ]
