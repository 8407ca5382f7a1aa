"""The calendars that every account has from the start: one for events and one for tasks, which programs mix badly."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from farley.accounts.models import User
from farley.calendars.models import Calendar, Components
from farley.spaces.models import Space


def furnish(space: Space, user: User) -> None:
    """Give a private space its first calendars, named in the user's language; they are nobody's act."""
    if not space.is_private:
        return
    with translation.override(user.language or settings.LANGUAGE_CODE):
        names = {Components.EVENTS: gettext("Calendar"), Components.TASKS: gettext("Tasks")}
    for position, (components, name) in enumerate(names.items()):
        Calendar.objects.create(
            space=space,
            slug=str(uuid.uuid4()),
            name=name,
            components=components,
            position=position,
            zone=user.time_zone,
        )
