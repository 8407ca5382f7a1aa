from importlib import import_module

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "farley.contacts"

    def import_models(self) -> None:
        super().import_models()
        import_module("farley.contacts.retaining")  # a table that lies beside what is done with it

    def ready(self) -> None:
        from farley.contacts import retaining
        from farley.contacts.keeping import ContactKeeper
        from farley.jobs import schedules
        from farley.journal import undo
        from farley.journal.models import Noun

        undo.register(Noun.CONTACT, ContactKeeper())
        schedules.register("retention", "FREQ=DAILY;BYHOUR=2;BYMINUTE=40;BYSECOND=0", retaining.retain_all)
