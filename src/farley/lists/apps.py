from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "farley.lists"

    def ready(self) -> None:
        from farley.journal import undo
        from farley.journal.models import Noun
        from farley.lists.keeping import ViewKeeper

        undo.register(Noun.VIEW, ViewKeeper())
