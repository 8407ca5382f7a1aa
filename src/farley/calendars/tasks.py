"""What becomes of calendars by itself."""

from __future__ import annotations

from django_tasks import task

from farley.calendars import birthdays, filling, holidays, reminding
from farley.calendars.models import Calendar
from farley.jobs.worker import stopping

_WAYS = {Calendar.Kind.BIRTHDAYS: birthdays.refresh, Calendar.Kind.HOLIDAYS: holidays.refresh}


@task(queue_name="quick")
def fill_due() -> int:
    """Have calendars of birthdays and holidays follow what they are made of; return how many did."""
    done = 0
    for source in filling.claim_due(*_WAYS):
        if stopping():
            break
        done += _WAYS[Calendar.Kind(source.calendar.kind)](source.calendar)
    return done


@task(queue_name="quick")
def remind_due() -> int:
    """Send the mails of alarms that have gone off; return how many."""
    return reminding.remind_due()
