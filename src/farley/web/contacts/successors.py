"""Which value took the place of one that a page showed, told from the card's own history."""

from __future__ import annotations

from collections.abc import Iterable

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card, InvalidVCard, Property
from farley.contacts import comparing
from farley.contacts.keeping import versions
from farley.contacts.models import Contact
from farley.web.contacts.facts import signature

MAX_VERSIONS = 50  # looked at, newest first: an editor that was open for longer finds its value removed


def successor_of(contact: Contact, was: str, *, by: Actor) -> Property | None:
    """The property of the card that the one recognised by `was` became; None where it was removed.

    Its place on the card says nothing: when a line goes, the next one of its kind moves up.
    """
    for before, after in zip(*_cards(contact, by), strict=False):
        was = _heir(before, after, was)
        if not was:
            return None
    return next((prop for prop in contact.card.properties() if signature(prop) == was), None)


def _cards(contact: Contact, by: Actor) -> tuple[list[Card], list[Card]]:
    """The card's states one after the other, and those that follow them."""
    contents = [version.content for version in versions(contact, by, newest=MAX_VERSIONS) if version.content]
    octets = comparing.comparable(contents)
    cards = []
    for content in reversed(contents):
        try:
            cards.append(Card.parse(octets[content]))
        except (KeyError, InvalidVCard):
            continue  # too large to compare
    return cards, cards[1:]


def _heir(before: Card, after: Card, was: str) -> str:
    """The signature that `was` has in `after`: "" where the value is gone, `was` itself where it is in neither."""
    found = comparing.differences(before, after, tell=_tell)
    return next((each.after for each in found if each.before == was), was)


def _tell(prop: Property) -> Iterable[tuple[str, str]]:
    yield ", ".join([*prop.types, prop.label or ""]), signature(prop)
