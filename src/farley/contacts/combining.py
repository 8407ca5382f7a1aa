"""What becomes of a contact's card when a newer one about the same contact comes in, by the rule somebody chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from farley.codecs.vcard import Card, Property
from farley.codecs.vcard_conversion import SOURCE, convert
from farley.codecs.vcard_meaning import value_of
from farley.codecs.vcard_property import LISTS
from farley.contacts.comparing import Difference, plainly
from farley.contacts.phones import e164


class Rule(StrEnum):
    """What the card that comes in may do to the one that is here."""

    KEEP = "keep"  # nothing
    OVERWRITE = "overwrite"  # each property it has replaces all of that name
    FILL = "fill"  # it gives the properties that are not here, or empty
    ADD = "add"  # that, and further values of those that can have several


class Combined(NamedTuple):
    """The card with what it was given, and what the other one says that it was not given (`after`, beside what stays).

    Each value of the one that came in is in the card or in `left`, but for UNTOLD and what is blank.
    """

    card: Card
    left: list[Difference]


# How the card was made, and by what name phones know it, belongs to the one that is here.
UNTOLD = frozenset({"BEGIN", "END", "VERSION", "PRODID", "REV", "UID", "PROFILE", "X-ABLABEL", "X-ABADR"})
_KINDS = frozenset({"KIND", "X-ADDRESSBOOKSERVER-KIND", "X-KIND", "X-ABSHOWAS"})  # none says it is a person
_SINGLE = _KINDS | {
    *("N", "FN", "ORG", "TITLE", "ROLE", "PHOTO", "LOGO", "SOUND", "GENDER", "SORT-STRING", "TZ", "GEO", "CLASS"),
    *("BDAY", "ANNIVERSARY", "DEATHDATE", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "BIRTHPLACE", "DEATHPLACE"),
    *("MAILER", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "X-PHONETIC-MIDDLE-NAME", "X-PHONETIC-ORG"),
}
_IN_PARTS = frozenset({"N", "ORG"})  # a missing part is filled where those that both have are the same


def combine(mine: Card, theirs: Card, rule: Rule, region: str) -> Combined:
    """`mine` with what `rule` lets it take from `theirs`; every line that is not touched has the octets it had.

    Combined with the same card again it stays as it is. National phone numbers are of `region` (ISO 3166). A value
    that is here already keeps its types and label, but where it is overwritten.
    """
    theirs = convert(theirs, mine.version)
    combining = _Combining(mine, region)
    by_name: dict[str, list[Property]] = defaultdict(list)
    for found in theirs.properties():
        if found.name not in UNTOLD and not is_blank(found):
            by_name[found.name].append(found)
    carried = by_name.pop(SOURCE, [])
    for name, coming in by_name.items():
        if not combining.has_lines_of(name, coming):
            _TAKE[rule](combining, name, coming)
    if carried and rule is not Rule.KEEP:
        combining.add(SOURCE, carried)
    return Combined(combining.result(theirs), combining.left)


def is_blank(found: Property) -> bool:
    """Whether a property has a name and no value."""
    return not found.line.decoded.strip(" \t;,\n") if found.name else not found.line.octets.strip()


class _Combining:
    """What is to become of `mine`, name by name."""

    def __init__(self, mine: Card, region: str) -> None:
        self.mine, self.region = mine, region
        self.left: list[Difference] = []
        self._gone: list[int] = []
        self._taken: list[int] = []
        self._edits: list[Callable[[Card], Card]] = []  # of lines that stay: they shift none

    def result(self, theirs: Card) -> Card:
        card = self.mine
        for edit in self._edits:
            card = edit(card)
        return card.without_all(self._gone).with_properties_of(theirs, self._taken)

    def has_lines_of(self, name: str, coming: Sequence[Property]) -> bool:
        """Whether the lines here are the very ones that come: by far the most are, of an export that comes again."""
        here = [found.line for found in self.mine.properties(name)] if name else []
        if len(here) != len(coming) or any(line.head.group for line in here):  # else a label stands elsewhere
            return False
        return all(mine.octets == found.line.octets for mine, found in zip(here, coming, strict=True))

    # One method a rule. `coming` are the properties of one name that say something.

    def keep(self, name: str, coming: Sequence[Property]) -> None:
        self._leave(name, self._here(name), coming)

    def overwrite(self, name: str, coming: Sequence[Property]) -> None:
        here = self._here(name)
        if not name:  # lines that are none: nobody could say which of them is meant
            self.add(name, coming)
        elif [_spelt(found) for found in here] != [_spelt(found) for found in coming]:
            self._gone += [found.index for found in here]
            self._take(name, coming)

    def fill(self, name: str, coming: Sequence[Property]) -> None:
        here: Sequence[Property] = self._here(name)
        if not here and name not in _KINDS:
            self._take(name, coming[:1] if name in _SINGLE else coming)
            here = coming[:1]
        elif name in _IN_PARTS and len(here) == 1 and (filled := _filled(here[0], coming[0])):
            at = here[0].index
            self._edits.append(lambda card: card.with_components(at, filled))
            here = [here[0], coming[0]]
        if name in _SINGLE or self._here(name):
            self._leave(name, here, coming)

    def add(self, name: str, coming: Sequence[Property]) -> None:
        here = self._here(name)
        if name in _SINGLE or not here:
            self.fill(name, coming)
        elif name not in LISTS:
            self._take(name, self._fresh(here, coming))
        elif fresh := _fresh_texts(here, coming):
            at, texts = here[0].index, [*here[0].texts, *fresh]
            self._edits.append(lambda card: card.with_texts(at, texts))

    def _leave(self, name: str, here: Sequence[Property], coming: Sequence[Property]) -> None:
        """Tell what of `coming` is not `here`."""
        if name in LISTS:
            stays = ", ".join(_texts(here))
            self.left += [Difference(name, "", stays, text) for text in _fresh_texts(here, coming)]
            return
        stays = ", ".join(text for found in here for _, text in plainly(found) if text)
        left = self._fresh(here, coming)
        self.left += [Difference(name, label, stays, text) for each in left for label, text in plainly(each)]

    def _here(self, name: str) -> list[Property]:
        return [found for found in self.mine.properties(name) if not is_blank(found)]

    def _take(self, name: str, coming: Sequence[Property]) -> None:
        """These, in place of what is blank."""
        if coming:
            self._gone += [found.index for found in self.mine.properties(name) if found.name and is_blank(found)]
            self._taken += [found.index for found in coming]

    def _fresh(self, here: Sequence[Property], coming: Iterable[Property]) -> list[Property]:
        """Those of `coming` whose value is neither here nor in one before it."""
        known = {self._signature(found) for found in here}
        fresh = []
        for found in coming:
            signature = self._signature(found)
            if signature not in known and not any(_says_all_of(each, found) for each in here):
                known.add(signature)
                fresh.append(found)
        return fresh

    def _signature(self, found: Property) -> object:
        """Equal for values that are the same to whoever has them."""
        if found.name == "EMAIL":
            return found.text.strip().casefold()
        if found.name == "TEL":
            text = found.text.strip()
            return e164(text, self.region) or text
        value = value_of(found)
        return " ".join(value.split()) if isinstance(value, str) else value


_TAKE: dict[Rule, Callable[[_Combining, str, Sequence[Property]], None]] = {
    Rule.KEEP: _Combining.keep,
    Rule.OVERWRITE: _Combining.overwrite,
    Rule.FILL: _Combining.fill,
    Rule.ADD: _Combining.add,
}


def _texts(properties: Iterable[Property]) -> list[str]:
    return [text for found in properties for text in found.texts]


def _fresh_texts(here: Sequence[Property], coming: Sequence[Property]) -> list[str]:
    known = set(_texts(here))
    return [text for text in dict.fromkeys(_texts(coming)) if text not in known]


def _spelt(found: Property) -> object:
    return value_of(found), sorted(found.types), found.pref, found.label


def _in_pairs(here: Property, coming: Property) -> list[tuple[str, str]]:
    return list(zip_longest(here.parts, coming.parts, fillvalue=""))


def _says_all_of(here: Property, coming: Property) -> bool:
    """Whether each part that `coming` has is here, too."""
    return here.name in _IN_PARTS and all(not new or old == new for old, new in _in_pairs(here, coming))


def _filled(here: Property, coming: Property) -> list[list[str]] | None:
    """The components of `here` with those that only `coming` has; None where there are none, or two differ."""
    pairs = _in_pairs(here, coming)
    if any(old and new and old != new for old, new in pairs) or not any(new and not old for old, new in pairs):
        return None
    old, new = ([*found.components, *[[""]] * (len(pairs) - len(found.components))] for found in (here, coming))
    return [mine if said or not other else theirs for (said, other), mine, theirs in zip(pairs, old, new, strict=True)]
