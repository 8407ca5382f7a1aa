"""When somebody looked in last, so that a page can say what is new to them."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from farley.accounts.models import User
from farley.database.turns import write_turn
from farley.notifications.models import Visit

APART = dt.timedelta(minutes=30)  # who comes back sooner has not been away
NOTED = dt.timedelta(minutes=1)  # who looks again within that is not written down anew


def look_in(user: User, now: dt.datetime | None = None) -> Visit:
    """Note that `user` looks in; `since` of what is returned is when they were here before."""
    now = now or timezone.now()
    visit = Visit.objects.filter(user=user).first()
    if visit is not None and now - visit.seen_at < NOTED:
        return visit
    with write_turn():
        if visit is None:
            visit, _ = Visit.objects.get_or_create(user=user, defaults={"seen_at": now, "since": user.joined_at})
        elif now - visit.seen_at >= APART:
            visit.since = visit.seen_at
        visit.seen_at = now
        visit.save(update_fields=["seen_at", "since"])
    return visit


def settle_in(user: User, *, is_settled: bool = True) -> None:
    """Keep that `user` wants to be told the first steps no more, or again."""
    look_in(user)
    with write_turn():
        Visit.objects.filter(user=user).update(has_settled_in=is_settled)
