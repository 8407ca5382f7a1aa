from importlib import import_module

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "farley.journal"

    def import_models(self) -> None:
        super().import_models()
        for module in ("access", "epochs"):  # tables that lie beside what is done with them
            import_module(f"farley.journal.{module}")
