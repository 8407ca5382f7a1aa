from importlib import import_module

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "farley.contacts"

    def import_models(self) -> None:
        super().import_models()
        for module in ("retaining", "sharing"):  # tables that lie beside what is done with them
            import_module(f"farley.contacts.{module}")

    def ready(self) -> None:
        from farley.contacts import retaining, tasks
        from farley.contacts.keeping import ContactKeeper
        from farley.contacts.tagging import TagKeeper
        from farley.fields import operations as fields
        from farley.jobs import schedules, worker
        from farley.journal import undo
        from farley.journal.models import Noun

        schedules.register("accesses", "FREQ=DAILY;BYHOUR=3;BYMINUTE=10;BYSECOND=0", tasks.forget_accesses)
        fields.on_hiding(lambda field: tasks.search_values_of.enqueue(field.pk))
        worker.on_giving_up(tasks.change_many, tasks.give_up_change)
        undo.register(Noun.CONTACT, ContactKeeper())
        undo.register(Noun.TAG, TagKeeper())
        schedules.register("retention", "FREQ=DAILY;BYHOUR=2;BYMINUTE=40;BYSECOND=0", retaining.retain_all)
