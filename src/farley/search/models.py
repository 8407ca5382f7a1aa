from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

from django.db import models

from farley.database.fields import RowIdField
from farley.journal.models import Noun
from farley.search.folding import search_fold

# An entry's id is its place: space, noun and record, one range of ids for each space and noun in it.
RECORD_BITS = 36
NOUN_BITS = 5
SPACE_BITS = 22
SPACE_SHIFT = RECORD_BITS + NOUN_BITS

START = "\x1e\x1e"  # before the first word of a name
FIELD = "\x1f"  # before each word of a value that a filter asks for, once more before the first and behind the last
SPACE_SIGIL = "q"
MAX_TEXT = 20_000  # characters
MAX_NAME = 1000
MAX_FIELDS = 20_000
_SHORT = 60  # characters of a value that is folded once and then looked up


def place(space: int, noun: int, record: int) -> int:
    """The id of the entry of one record."""
    return space << SPACE_SHIFT | noun << RECORD_BITS | record


def places(space: int, noun: int) -> tuple[int, int]:
    """The first and the last id that an entry of this space and noun can have."""
    return place(space, noun, 0), place(space, noun, (1 << RECORD_BITS) - 1)


def space_mark(place: int) -> str:
    """What the entry at `place` says at the end of its fields: its space, which PostgreSQL's index would not know."""
    return f"{FIELD}{SPACE_SIGIL}{place >> SPACE_SHIFT}{FIELD}"


class Texts(NamedTuple):
    """What one record can be found by, as an entry holds it."""

    name: str
    text: str
    fields: str


class Entry(models.Model):
    """What one record can be found by. Derived; written in the transaction that writes the record.

    Its trigrams are indexed beside it on SQLite (`writing`), and by the database itself on PostgreSQL (`trigrams`).
    """

    id = RowIdField(primary_key=True)  # see `place`
    name = models.TextField()  # folded, see `name_text`
    text = models.TextField()  # folded, words apart by one space, one space at either end
    fields = models.TextField()  # folded values with what they are, see `field_text`; then `space_mark`
    at = models.BigIntegerField()  # seconds since 1970: when its record last changed

    objects: ClassVar = models.Manager["Entry"]()

    def __str__(self) -> str:
        return f"{self.id >> SPACE_SHIFT}/{self.noun}/{self.record}"

    @property
    def texts(self) -> Texts:
        """What was written here."""
        return Texts(self.name, self.text, self.fields.removesuffix(space_mark(self.id)))

    @property
    def noun(self) -> Noun:
        return Noun(self.id >> RECORD_BITS & (1 << NOUN_BITS) - 1)

    @property
    def record(self) -> int:
        return self.id & (1 << RECORD_BITS) - 1


def texts(name: str, everything: str, fields: dict[str, list[str]]) -> Texts:
    """What to keep of a record called `name` that says `everything`; `fields` by sigil, for filters.

    Text holds no NUL. What is beyond the limits is not found by.
    """
    said = search_fold(f"{name} {everything}"[: 4 * MAX_TEXT]).split()  # which takes our marks for white space too
    return Texts(name_text(name), f" {' '.join(said)[:MAX_TEXT]} ", field_text(fields))


def name_text(name: str) -> str:
    """A name so that trigrams lead to its beginning, and to the first one or two characters of each word.

    A word of a script without spaces between words is there from each of its characters on.
    """
    words = search_fold(name[:MAX_NAME]).split()
    if not words:
        return ""
    within = [word[n:] for word in words if not word.isascii() for n in _within(word)]
    text = f"{START}{words[0][:3]}  {'  '.join(words)} "
    return f"{text}{FIELD}  {'  '.join(within)} " if within else text


def bare_name(name_text: str) -> str:
    """The folded name that `name_text` was made of."""
    return " ".join(name_text.partition(FIELD)[0].split()[1:])


def field_text(fields: dict[str, list[str]]) -> str:
    """The values of an entry, each word with what it is of, so that a query may begin at any; see `Needle`."""
    marked = "".join(_marked(f"{FIELD}{sigil}", value) for sigil, found in fields.items() for value in found if value)
    return f"{marked[:MAX_FIELDS]}{FIELD}{FIELD}" if marked else ""


def field_value(value: str) -> str:
    """A value as filters compare it: folded, its words apart by one space, without our marks."""
    return _short_value(value) if len(value) <= _SHORT else _folded_words(value)


def _folded_words(value: str) -> str:
    return " ".join(search_fold(value).split())


_short_value = lru_cache(maxsize=8192)(_folded_words)  # an address book's tags, towns and employers come again


def _marked(mark: str, value: str) -> str:
    """`value` with `mark` before each of its words, and where it begins."""
    return f"{FIELD}{mark}{value.replace(' ', mark)}"


@dataclass(frozen=True, slots=True)
class Needle:
    """What `fields` of an entry hold of a `value` (see `field_value`) of the kind that `sigil`, one letter, stands for.

    It tells the beginning of a value from that of a word in it, and where a value ends.
    """

    sigil: str
    value: str = ""

    @property
    def any(self) -> str:
        """There is a value of this kind."""
        return f"{FIELD}{FIELD}{self.sigil}"

    @property
    def within(self) -> str:
        """A value has these words, the first one whole, the last one perhaps longer."""
        return self.beginning[1:]

    @property
    def beginning(self) -> str:
        """A value begins so."""
        return _marked(f"{FIELD}{self.sigil}", self.value)

    @property
    def ending(self) -> str:
        """A value ends with these words, the first one whole."""
        return f"{self.within}{FIELD}{FIELD}"

    @property
    def whole(self) -> str:
        """A value says just this."""
        return f"{self.beginning}{FIELD}{FIELD}"

    @property
    def anywhere(self) -> str:
        """A value has this text anywhere in it: a regular expression."""
        first, *others = map(re.escape, self.value.split(" "))
        return f"{FIELD}{self.sigil}[^{FIELD}]*{first}" + "".join(f"{FIELD}{self.sigil}{word}" for word in others)


def _within(word: str) -> range:
    spaceless = any("\u3040" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff" for c in word)
    return range(1, min(len(word), 30)) if spaceless else range(0)
