"""Backups that are in trouble, for administrators to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.conf import settings

from farley.accounts.models import User
from farley.backups import rotation
from farley.notifications.operations import State


def in_trouble(now: dt.datetime) -> Iterator[State]:
    """What is wrong with the backups that come round; before the first one is due nothing is."""
    plan = settings.CONFIGURATION.backups
    found = rotation.trouble(plan, now) if plan is not None else None
    if found is None or found.fault in (rotation.Fault.NO_FOLDER, rotation.Fault.NONE_YET):
        return
    administrators = User.objects.filter(is_admin=True, is_active=True).values_list("pk", flat=True)
    yield State("backups", frozenset(administrators), data={"fault": found.fault.value})
