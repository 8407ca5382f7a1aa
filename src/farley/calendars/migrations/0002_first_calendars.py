"""Who has an account already gets the calendars that come with one: one for events and one for tasks."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext

PRIVATE, MANAGER, EVENTS, TASKS = 1, 40, 1, 2


def furnish(apps: Any, _schema_editor: Any) -> None:
    """Once a space: what was cut short is gone on with."""
    calendars, memberships = apps.get_model("calendars", "Calendar"), apps.get_model("spaces", "Membership")
    owned = memberships.objects.filter(space__kind=PRIVATE, role=MANAGER).exclude(user=None)
    furnished = calendars.objects.values("space")
    for membership in owned.exclude(space__in=furnished).select_related("user").order_by("pk"):
        with translation.override(membership.user.language or settings.LANGUAGE_CODE):
            names = {EVENTS: gettext("Calendar"), TASKS: gettext("Tasks")}
        calendars.objects.bulk_create(
            calendars(
                space_id=membership.space_id,
                slug=str(uuid.uuid4()),
                name=name,
                components=components,
                position=position,
                zone=membership.user.time_zone,
            )
            for position, (components, name) in enumerate(names.items())
        )


class Migration(migrations.Migration):
    dependencies = [
        ("calendars", "0001_initial"),
        ("spaces", "0002_teams_and_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(furnish, migrations.RunPython.noop)]
