from importlib import import_module

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "farley.calendars"

    def import_models(self) -> None:
        super().import_models()
        for module in ("filling", "sharing", "reminding"):  # tables that lie beside what is done with them
            import_module(f"farley.calendars.{module}")

    def ready(self) -> None:
        from farley.calendars import retaining, tasks
        from farley.calendars.first_calendars import furnish
        from farley.calendars.keeping import CalendarKeeper, ObjectKeeper
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
        rules.register(retaining.ENTRIES)
        rules.register(retaining.CALENDARS)
