"""Which contacts wait for somebody, and whose birthday comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from farley.accounts.models import User
from farley.codecs.vcard import PartialDate
from farley.contacts.models import Contact, IndexRow
from farley.spaces.models import Space

MOST = 50  # of either kind
_MOST_ROWS = 500  # birthdays of the days asked for that are looked at


def follow_ups(spaces: Sequence[Space], until: dt.date, *, by: User, limit: int = MOST) -> list[Contact]:
    """The contacts of `spaces`, which the reader sees, whose day to come back to them is `until` or before.

    Those that `by` looks after or nobody does, the longest overdue first.
    """
    due = Contact.objects.filter(space__in=[space.pk for space in spaces], deleted_at=None, follow_up_on__lte=until)
    mine = due.filter(Q(owner=by) | Q(owner=None))
    return list(mine.select_related("owner").order_by("follow_up_on", "pk")[:limit])


class Birthday(NamedTuple):
    """`age` is what they turn; None where nobody knows the year."""

    on: dt.date
    contact: Contact
    age: int | None


def birthdays(spaces: Sequence[Space], first: dt.date, days: int, *, limit: int = MOST) -> list[Birthday]:
    """Whose birthday is within `days` from `first` on, in `spaces`, which the reader sees; the next ones first.

    Somebody born on 29 February has theirs on 1 March in other years.
    """
    dates = [first + dt.timedelta(days=day) for day in range(days)]
    by_norm = {f"{day:%m-%d}": day for day in reversed(dates)}
    if "02-29" not in by_norm and "03-01" in by_norm:
        by_norm["02-29"] = by_norm["03-01"]
    found = IndexRow.objects.filter(space__in=[space.pk for space in spaces], kind=IndexRow.Kind.BIRTHDAY)
    rows: list[tuple[int, str, str]] = []
    for year in sorted({day.year for day in dates}):
        of_year = found.filter(norm__in=sorted(norm for norm, day in by_norm.items() if day.year == year))
        rows += of_year.order_by("norm").values_list("contact_id", "norm", "value")[: _MOST_ROWS - len(rows)]
    rows.sort(key=lambda row: (by_norm[row[1]], row[0]))
    contacts = Contact.objects.filter(deleted_at=None).in_bulk([pk for pk, _, _ in rows[:limit]])
    return [
        Birthday(by_norm[norm], contacts[pk], _turning(value, by_norm[norm]))
        for pk, norm, value in rows[:limit]
        if pk in contacts
    ]


def _turning(written: str, on: dt.date) -> int | None:
    date = PartialDate.parse(written)
    age = on.year - date.year if date is not None and date.year is not None else 0
    return age if 0 < age < 130 else None
