import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0009_columns_and_calendars"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Visit",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("has_settled_in", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mention", "Somebody mentions you"),
                            ("mirror", "A mirror has stopped"),
                            ("backups", "Backups are in trouble"),
                            ("device", "A device of yours has a problem"),
                            ("intake", "A regular import has a problem"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                (
                    "noun",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "contact"),
                            (2, "tag"),
                            (3, "view"),
                            (4, "calendar"),
                            (5, "calendar entry"),
                            (6, "note"),
                            (7, "call"),
                        ],
                        null=True,
                    ),
                ),
                ("subject", models.PositiveBigIntegerField(null=True)),
                ("by_label", models.CharField(blank=True, max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("read_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spaces.space"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "-at"], name="notifications_newest_first"),
                    models.Index(fields=["noun", "subject"], name="notifications_of_a_record"),
                    models.Index(
                        condition=models.Q(("ended_at", None), ("mailed_at", None), ("read_at", None)),
                        fields=["at"],
                        name="notifications_to_be_mailed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "kind", "key"), name="somebody_is_told_a_thing_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mention", "Somebody mentions you"),
                            ("mirror", "A mirror has stopped"),
                            ("backups", "Backups are in trouble"),
                            ("device", "A device of yours has a problem"),
                            ("intake", "A regular import has a problem"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_whole", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "kind"), name="one_silence_a_person_and_kind")],
            },
        ),
    ]
