from django.apps import AppConfig


class DavConfig(AppConfig):
    name = "farley.dav"

    def ready(self) -> None:
        from farley.dav.carrying import PROPERTIES
        from farley.exchange import further

        further.register(PROPERTIES)
