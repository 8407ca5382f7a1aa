from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "farley.calendars"

    def ready(self) -> None:
        from farley.calendars import retaining
        from farley.calendars.first_calendars import furnish
        from farley.calendars.keeping import CalendarKeeper, ObjectKeeper
        from farley.contacts import retaining as rules
        from farley.journal import undo
        from farley.journal.models import Noun
        from farley.spaces import operations as spaces

        spaces.on_making(furnish)
        undo.register(Noun.CALENDAR, CalendarKeeper())
        undo.register(Noun.CALENDAR_OBJECT, ObjectKeeper())
        rules.register(retaining.ENTRIES)
        rules.register(retaining.CALENDARS)
