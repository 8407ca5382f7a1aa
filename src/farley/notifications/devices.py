"""Devices that were refused something, for their owners to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from farley.accounts.devices import DeviceTrouble
from farley.notifications.operations import State


def in_trouble(_now: dt.datetime) -> Iterator[State]:
    """Each device with troubles that its owner has not put away."""
    told = DeviceTrouble.objects.filter(device__user__is_active=True)
    found = told.order_by("device_id").values_list("device", "device__user", "device__name").distinct()
    for device, user, name in found:
        yield State(f"device-{device}", frozenset([user]), data={"device": name})
