from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "farley.accounts"

    def import_models(self) -> None:
        super().import_models()
        for module in ("events", "devices", "portraits", "throttling"):  # tables that lie beside what is done with them
            import_module(f"farley.accounts.{module}")

    def ready(self) -> None:
        from farley.accounts import closing, devices, logins

        logins.watch()
        closing.on_closing(devices.end_all_of)
