from importlib import import_module

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "farley.calendars"

    def import_models(self) -> None:
        super().import_models()
        for module in ("filling", "sharing", "reminding", "answering"):  # tables that lie beside what is done with them
            import_module(f"farley.calendars.{module}")

    def ready(self) -> None:
        from farley.calendars import forgetting, retaining, tasks
        from farley.calendars.first_calendars import furnish
        from farley.calendars.keeping import CalendarKeeper, ObjectKeeper
        from farley.calendars.models import Attendee, CalendarObject
        from farley.contacts import erasing
        from farley.contacts import retaining as rules
        from farley.jobs import schedules
        from farley.journal import undo
        from farley.journal.models import Noun
        from farley.spaces import operations as spaces

        spaces.on_making(furnish)
        undo.register(Noun.CALENDAR, CalendarKeeper())
        undo.register(Noun.CALENDAR_OBJECT, ObjectKeeper())
        schedules.register("birthdays and holidays", "FREQ=MINUTELY;INTERVAL=5", tasks.fill_due)
        schedules.register("reminders", "FREQ=MINUTELY", tasks.remind_due)
        erasing.on_erasing(forgetting.forget, CalendarObject, Attendee)
        rules.register(retaining.ENTRIES)
        rules.register(retaining.CALENDARS)
