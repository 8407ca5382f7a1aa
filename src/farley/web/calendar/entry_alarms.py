"""The reminders of a form: one choice each, on pages and in programs or by mail, and one more that is still free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext, ngettext, pgettext

from farley.accounts.models import User
from farley.calendars.details import MOST_MINUTES, Details, Reminding, alarms_of, mailed_by, plain_alarm
from farley.codecs.icalendar import Component
from farley.web.contacts.listing import Choice

KEPT: Final = "keep"  # what an entry has, where that is more than a form shows; what a calendar gives to a new one
ALARMS: Final = (0, 5, 10, 15, 30, 60, 120, 1440, 2880, 10080, 20160, -540, 900)
MOST: Final = 10  # of one entry in the form
_WRITTEN: Final = re.compile(r"(mail )?(-?\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One reminder: what it can be, in groups under a heading each."""

    groups: list[tuple[str, list[Choice]]]


def written(reminding: Reminding) -> str:
    """As the value of a choice."""
    return f"mail {reminding.minutes}" if reminding.by_mail else str(reminding.minutes)


def alarms_in(component: Component | None, mails_to: str) -> list[str]:
    """The plain alarms of an entry, as choices; KEPT where there are too many to be shown."""
    plain = (
        sorted(alarms_of(component, mails_to)[0], key=lambda each: (each.by_mail, -each.minutes)) if component else []
    )
    return [KEPT] if len(plain) > MOST else [written(each) for each in dict.fromkeys(plain)]


def usual_in(default_alarms: Mapping[str, Sequence[int]], which: str) -> list[str]:
    """What a calendar reminds of, as choices."""
    shown, mailed = default_alarms.get(which) or (), default_alarms.get(f"{which}_mail") or ()
    return [*map(str, shown), *(f"mail {minutes}" for minutes in mailed)]


def chosen_in(values: Iterable[str]) -> tuple[Reminding, ...]:
    """What was chosen, each once; what is no choice, or none, says nothing."""
    found = [match for value in values if (match := _WRITTEN.fullmatch(value))]
    chosen = [Reminding(int(match[2]), bool(match[1])) for match in found if abs(int(match[2])) <= MOST_MINUTES]
    return tuple(dict.fromkeys(chosen))[: 2 * MOST]


def with_alarms(details: Details, values: Sequence[str], was: Sequence[str], *, is_new: bool) -> Details:
    """`details` with the reminders of a form, where they are others than before."""
    chosen = [value for value in values if value]
    if chosen == list(was) or (KEPT in chosen and not is_new):
        return details
    return replace(details, alarms=chosen_in(chosen), has_usual_alarms=KEPT in chosen)


def as_usual(values: Sequence[str], which: str) -> dict[str, Any]:
    """What a calendar keeps of its usual reminders of one kind."""
    chosen = chosen_in(values)
    shown, mailed = ([each.minutes for each in chosen if each.by_mail is is_mail][:MOST] for is_mail in (False, True))
    return {which: shown, f"{which}_mail": mailed}


def rows_of(values: Sequence[str], user: User, *, is_new: bool = False) -> list[Row]:
    """What the form shows: the reminders there are, and one that can be added. By mail is a choice of those who have an
    address, where Farley has a mail server."""
    can_mail = bool(user.email) and settings.CONFIGURATION.mail is not None
    shown = [value for value in values if value][: 2 * MOST]
    return [_row(value, n, user, can_mail=can_mail, is_new=is_new) for n, value in enumerate([*shown, ""])]


def _row(value: str, n: int, user: User, *, can_mail: bool, is_new: bool) -> Row:
    none = Choice("", pgettext("a reminder", "no other") if n else pgettext("a reminder", "none"), not value)
    first = [none]
    if value == KEPT or (is_new and not n):
        label = gettext("as the calendar has it") if is_new else gettext("several, as they are")
        first.append(Choice(KEPT, label, value == KEPT))
    groups = [("", first), (gettext("On pages and in programs"), _choices(value, by_mail=False))]
    if can_mail or value.startswith("mail "):
        heading = gettext("By mail to {address}").format(address=user.email) if user.email else gettext("By mail")
        groups.append((heading, _choices(value, by_mail=True)))
    return Row(groups)


def _choices(value: str, *, by_mail: bool) -> list[Choice]:
    known = [Reminding(minutes, by_mail) for minutes in ALARMS]
    known += [each for each in chosen_in([value]) if each.by_mail is by_mail and each not in known]
    return [Choice(written(each), alarm_words(each), written(each) == value) for each in known]


def told_alarms(component: Component, mails_to: str) -> list[str]:
    """The alarms of an entry in words, the earliest first."""
    plain, others = alarms_of(component, mails_to)
    told = [(each.minutes, alarm_words(each)) for each in plain]
    count = 0
    for each in others:
        people = sorted(mailed_by(each))
        theirs = plain_alarm(each, people[0]) if len(people) == 1 else None
        if theirs is None:
            count += 1
        else:
            words = gettext("{when} by mail to {address}").format(when=_when(theirs.minutes), address=people[0])
            told.append((theirs.minutes, words))
    said = [words for _, words in sorted(told, key=lambda each: -each[0])]
    return [*said, gettext("{count} of another kind").format(count=count)] if count else said


def alarm_words(reminding: Reminding) -> str:
    when = _when(reminding.minutes)
    return gettext("{when} by mail").format(when=when) if reminding.by_mail else when


def _when(minutes: int) -> str:
    if minutes == 0:
        return gettext("when it begins")
    if minutes == -540:
        return gettext("at 9:00 on the day")
    if minutes == 900:
        return gettext("at 9:00 on the day before")
    if minutes < 0:
        return ngettext("{count} minute after the beginning", "{count} minutes after the beginning", -minutes).format(
            count=-minutes
        )
    if minutes % 10080 == 0:
        return ngettext("{count} week before", "{count} weeks before", minutes // 10080).format(count=minutes // 10080)
    if minutes % 1440 == 0:
        return ngettext("{count} day before", "{count} days before", minutes // 1440).format(count=minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("{count} hour before", "{count} hours before", minutes // 60).format(count=minutes // 60)
    return ngettext("{count} minute before", "{count} minutes before", minutes).format(count=minutes)
