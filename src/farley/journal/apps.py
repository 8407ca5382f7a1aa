from importlib import import_module

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "farley.journal"

    def import_models(self) -> None:
        super().import_models()
        import_module("farley.journal.access")  # tables that lie beside what is done with them
