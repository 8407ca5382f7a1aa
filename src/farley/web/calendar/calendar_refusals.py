"""Why a calendar was not made or changed, in words."""

from __future__ import annotations

from django.utils.translation import gettext

from farley.calendars.operations import BadCalendar


def refused(problem: BadCalendar) -> str:
    words = {
        "name": gettext("Type a name."),
        "long": gettext("The name has 200 characters at most, the description 5000."),
        "colour": gettext("Choose a colour."),
        "zone": gettext("There is no time zone of this name. Choose one of the list, such as Europe/Berlin."),
        "components": gettext("Choose what it holds: events, tasks or both."),
        "alarms": gettext("Choose a reminder of the list."),
        "many": gettext("This space has as many calendars as a space can have."),
        "holds": gettext("There are entries in it that it would not take any more. Move them first."),
    }
    return words.get(problem.reason, str(problem))
