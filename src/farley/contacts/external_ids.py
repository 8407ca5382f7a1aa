"""What other systems call a contact, besides its UID, and whom such a name means."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from farley.contacts.models import Contact, ExternalId
from farley.database import rows

Named = tuple[str, str]  # system, key: a plain tuple, for it goes from one process to another

# Properties that name a record everywhere alike, and only one. Not so X-PILOTID: each handheld counts from 1, and new
# entries all have 0. The Address Book of older Macs writes X-ABUID, and no UID.
PROPERTIES = ("X-ABUID",)
# What a row of another system's export is called there: its parameter X-SYSTEM says by which system.
ID_LINE = "X-FARLEY-ID"
MAX_SYSTEM = 60  # characters of the name of a system
MAX_KEY = 400  # characters; a longer one names nobody
MAX_NAMES = 10  # of one card


def remember(named: Iterable[tuple[int, Iterable[Named]]]) -> None:
    """Keep what the cards that make new contacts, given by id, bring along."""
    rows.insert(
        ExternalId, ("contact_id", "system", "key"), [(pk, system, key) for pk, names in named for system, key in names]
    )


def ask_holders(space: int, names: Iterable[Named]) -> Callable[[], dict[Named, Contact]]:
    """What fetches who is called so in this space: of several the one that was there first."""
    wanted = set(names)
    if not wanted:
        return dict
    columns = ("system", "key", "contact_id")
    systems, keys = (sorted(set(parts)) for parts in zip(*wanted, strict=True))
    asked = rows.ask(ExternalId, columns, {"system": systems, "key": keys})

    def holders() -> dict[Named, Contact]:
        found = [((system, key), pk) for system, key, pk in asked() if (system, key) in wanted]
        if not found:
            return {}
        here = {"id": sorted({pk for _, pk in found}), "space_id": space, "deleted_at": None}
        contacts = {contact.pk: contact for contact in rows.load(Contact, here)}
        return {name: contacts[pk] for name, pk in sorted(found, reverse=True) if pk in contacts}

    return holders
