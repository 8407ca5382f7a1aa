"""Exporting contacts as vCard files: the octets as they came, or converted to a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.codecs.vcard import Card
from farley.codecs.vcard_conversion import convert
from farley.contacts.models import Contact, ContactQuerySet
from farley.database.turns import write_turn
from farley.exchange.own_lines import with_own_lines
from farley.fields.models import Document, Field
from farley.journal.access import Way, note_access
from farley.spaces.models import Space

VERSIONS = ("2.1", "3.0", "4.0")
PAGE = 500


def vcard_of(contact: Contact, version: str | None = None) -> bytes:
    """One contact as a vCard: as stored, or converted to `version`."""
    return _as(contact.content.data, version)


def vcards(
    contacts: ContactQuerySet, version: str | None = None, *, own_fields: Sequence[Field] | None = None
) -> Iterator[bytes]:
    """The cards of `contacts` in the order they were made, one after the other, in bounded memory.

    With `own_fields`, each says what the contact has in them, in lines of its own (`own_lines`).
    As stored, an export and the import of it give the same octets; a card without its last line break gets one.
    """
    last = 0
    while page := list(contacts.filter(pk__gt=last).order_by("pk").values_list("pk", "content__octets", "own")[:PAGE]):
        for _, octets, own in page:
            yield _as(bytes(octets), version, own, own_fields)
        last = page[-1][0]


def note_export(spaces: Iterable[Space], *, by: Actor, door: Door) -> None:
    """Tell the instance journal that `by` is taking contacts of these spaces along. Called before the first octet."""
    with write_turn():
        for space in spaces:
            note_access(space.pk, Way.EXPORTED, by=by, door=door)
            is_private = space.kind == Space.Kind.PRIVATE
            note(Verb.EXPORTED, by=by, door=door, subject="" if is_private else space.title, private=is_private)


def _as(
    octets: bytes, version: str | None, own: Document | None = None, own_fields: Sequence[Field] | None = None
) -> bytes:
    if version is not None:
        octets = convert(Card.parse(octets), version).octets
    if own_fields is not None:
        octets = with_own_lines(Card.parse(octets), own, own_fields).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
