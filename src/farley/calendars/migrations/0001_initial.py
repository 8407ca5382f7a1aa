import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import farley.database.fields
from farley.database.fields import CreateClusteredTable


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("journal", "0005_left_out"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", farley.database.fields.KeyField(max_length=255)),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "calendar"), (2, "subscription"), (3, "birthdays"), (4, "holidays")], default=1
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("colour", models.CharField(blank=True, max_length=9)),
                ("description", models.CharField(blank=True, max_length=5000)),
                ("position", models.PositiveIntegerField(default=0)),
                ("components", models.PositiveSmallIntegerField(default=3)),
                ("zone", models.CharField(default="Europe/Berlin", max_length=64)),
                ("default_alarms", models.JSONField(default=dict)),
                ("is_transparent", models.BooleanField(default=False)),
                ("revision", models.PositiveBigIntegerField(default=0)),
                ("octets_revision", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("archived_at", models.DateTimeField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendars",
                        to="spaces.space",
                    ),
                ),
            ],
        ),
        CreateClusteredTable(
            name="Attendee",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "object_id", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("calendar_id", models.BigIntegerField()),
                ("address", farley.database.fields.KeyField(max_length=200)),
                ("name", models.CharField(max_length=500)),
                ("role", models.CharField(max_length=40)),
                ("partstat", models.CharField(max_length=40)),
                ("is_organiser", models.BooleanField()),
            ],
            options={
                "indexes": [models.Index(fields=["address", "calendar_id"], name="attendees_by_address")],
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce", models.CharField(max_length=43, unique=True)),
                (
                    "shows",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "everything but what is private"), (2, "only when somebody is busy")]
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opened_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="calendars.calendar"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="spaces.space"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalendarObject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("href", farley.database.fields.KeyField(max_length=255)),
                ("uid", farley.database.fields.KeyField(max_length=500)),
                ("sha256", models.BinaryField(max_length=32)),
                ("size", models.PositiveIntegerField()),
                (
                    "component",
                    models.PositiveSmallIntegerField(choices=[(1, "event"), (2, "task"), (4, "journal entry")]),
                ),
                ("summary", models.CharField(max_length=1000)),
                ("location", models.CharField(max_length=500)),
                ("starts_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("first_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                (
                    "spread",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "days"), (2, "weeks"), (3, "long")], db_default=3, default=3
                    ),
                ),
                ("is_all_day", models.BooleanField()),
                ("is_floating", models.BooleanField()),
                ("is_recurring", models.BooleanField()),
                ("status", models.CharField(max_length=20)),
                ("is_transparent", models.BooleanField()),
                (
                    "classification",
                    models.PositiveSmallIntegerField(choices=[(1, "public"), (2, "private"), (3, "confidential")]),
                ),
                ("organiser", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("priority", models.PositiveSmallIntegerField()),
                ("percent", models.PositiveSmallIntegerField(null=True)),
                ("related_to", models.CharField(max_length=500)),
                ("has_alarms", models.BooleanField()),
                ("has_mail_alarms", models.BooleanField(db_default=False, default=False)),
                ("categories", models.JSONField(default=list)),
                ("revision", models.PositiveBigIntegerField()),
                ("octets_revision", models.PositiveBigIntegerField()),
                ("was_public", models.BooleanField(db_default=True, default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="calendars.calendar",
                    ),
                ),
                (
                    "content",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="journal.content",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="spaces.space"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField()),
                ("starts_at", models.DateTimeField()),
                ("alarm_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
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
        ),
        migrations.CreateModel(
            name="AnsweredAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField()),
                ("starts_at", models.DateTimeField()),
                ("alarm_at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "entry_id", "starts_at"), name="somebody_answers_alarms_of_an_occurrence_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "calendar",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="source",
                        serialize=False,
                        to="calendars.calendar",
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255)),
                ("sealed_address", models.CharField(blank=True, max_length=4000)),
                ("region", models.CharField(blank=True, max_length=20)),
                ("every_minutes", models.PositiveIntegerField(default=360)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("mark", models.CharField(blank=True, max_length=300)),
                ("entries", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("filled_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=40)),
                ("trouble_details", models.JSONField(default=dict)),
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
        migrations.AddIndex(
            model_name="calendar",
            index=models.Index(fields=["space", "position"], name="calendars_in_order"),
        ),
        migrations.AddConstraint(
            model_name="calendar",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("slug",), name="one_calendar_an_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="calendar",
            constraint=models.CheckConstraint(
                condition=models.Q(("components__range", (1, 7))), name="a_calendar_takes_events_tasks_or_journals"
            ),
        ),
        migrations.AddIndex(
            model_name="calendarobject",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["calendar", "spread", "last_at", "first_at"],
                name="calendar_objects_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="calendarobject",
            index=models.Index(
                condition=models.Q(("component", 2), ("deleted_at", None)),
                fields=["calendar", "due_at"],
                name="tasks_by_due",
            ),
        ),
        migrations.AddIndex(
            model_name="calendarobject",
            index=models.Index(fields=["calendar", "octets_revision"], name="calendar_objects_since"),
        ),
        migrations.AddIndex(
            model_name="calendarobject",
            index=models.Index(fields=["space", "uid"], name="calendar_objects_by_uid"),
        ),
        migrations.AddIndex(
            model_name="calendarobject",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("has_mail_alarms", True)),
                fields=["last_at", "first_at"],
                name="mail_alarms_by_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarobject",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("calendar", "href"),
                name="one_calendar_object_an_href",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarobject",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("calendar", "uid"), name="one_calendar_object_a_uid"
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["alarm_at"], name="reminders_by_time"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("entry_id", "starts_at", "alarm_at", "user"), name="somebody_is_reminded_once_of_an_alarm"
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(fields=["next_at"], name="sources_by_turn"),
        ),
    ]
