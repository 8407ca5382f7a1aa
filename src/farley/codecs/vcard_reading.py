"""Cards out of files: one entry after the other, whatever stands between them."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from farley.codecs.vcard_card import Card
from farley.codecs.vcard_scanning import MAX_CARD, InvalidVCard, scan


class Entry(NamedTuple):
    """A card, or a problem where one was to be expected; `line` is where it begins in the file, from 1."""

    line: int
    octets: bytes
    card: Card | None
    problem: InvalidVCard | None


def read_cards(source: bytes | BinaryIO, *, max_card: int = MAX_CARD) -> Iterator[Entry]:
    """Read every card of `source`, in order, in memory bounded by `max_card` octets and in linear time.

    The octets of the entries are those of the source; what is left out is blank lines and byte order marks between
    cards. Only UTF-16 is read as UTF-8. What is no card, or a card without its end or larger than
    `max_card`, is an entry with a problem (its octets cut short where there are many), and reading goes on after it.
    An empty source has no entries.
    """
    for line, octets, start, stop, reason in scan(source, max_card=max_card):
        if reason:
            yield Entry(line, octets, None, InvalidVCard(line, reason))
        else:
            yield Entry(line, octets, Card(octets, start, stop), None)
