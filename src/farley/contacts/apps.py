from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "farley.contacts"

    def ready(self) -> None:
        from farley.contacts.keeping import ContactKeeper
        from farley.journal import undo
        from farley.journal.models import Noun

        undo.register(Noun.CONTACT, ContactKeeper())
