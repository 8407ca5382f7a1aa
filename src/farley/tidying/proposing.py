"""What would be tidier in a card, value by value, and the card with those that were chosen."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

from django.utils.translation import gettext_noop

from farley.codecs.tidy_names import mixed_words, tidy_full_name, tidy_name
from farley.codecs.tidy_values import country_code, one_blank, tidy_country, tidy_email
from farley.codecs.vcard import Card, Kind, Name, Property
from farley.contacts.deriving import PHOTO_FORMATS
from farley.contacts.phones import international, is_clear

COUNTRY: Final = 6  # the place of it in ADR
_STREET, _CITY = 2, 3
_MOST: Final = 300  # characters of a value that is told: of a longer one nobody would see what changes
_PLAIN: Final = frozenset({"TITLE", "ROLE", "NICKNAME", "NOTE", "URL"})
# Without a value these lines say nothing; FN and N are demanded.
_EMPTIABLE: Final = frozenset(
    {"TEL", "EMAIL", "URL", "ADR", "ORG", "TITLE", "ROLE", "NICKNAME", "NOTE", "CATEGORIES", "BDAY", "IMPP",
     "ANNIVERSARY"}
)  # fmt: skip
_SILENT: Final = frozenset({"VERSION", "UID", "REV", "PRODID", "KIND", "X-ABSHOWAS", "X-ABLABEL", "FN", "N", "CREATED"})


class Rule(StrEnum):
    """What is looked for."""

    PHONES = "phones"
    CASE = "case"
    SPACES = "spaces"
    NAMES = "names"
    COUNTRIES = "countries"
    EMAILS = "emails"
    EMPTY = "empty"
    PHOTOS = "photos"


LABELS: Final = {
    Rule.PHONES: gettext_noop("Phone numbers in international form"),
    Rule.CASE: gettext_noop("Names and towns in capitals or small letters"),
    Rule.SPACES: gettext_noop("Superfluous blanks"),
    Rule.NAMES: gettext_noop("Parts of names: titles, “von”, double names"),
    Rule.COUNTRIES: gettext_noop("Countries by one name"),
    Rule.EMAILS: gettext_noop("Mistyped e-mail addresses"),
    Rule.EMPTY: gettext_noop("Empty values and empty cards"),
    Rule.PHOTOS: gettext_noop("Photos that cannot be read"),
}
SHORT: Final = {
    Rule.PHONES: gettext_noop("Phones"),
    Rule.CASE: gettext_noop("Letters"),
    Rule.SPACES: gettext_noop("Blanks"),
    Rule.NAMES: gettext_noop("Names"),
    Rule.COUNTRIES: gettext_noop("Countries"),
    Rule.EMAILS: gettext_noop("E-mail"),
    Rule.EMPTY: gettext_noop("Empty"),
    Rule.PHOTOS: gettext_noop("Photos"),
}
CARD: Final = "CARD"  # stands for a property's name where the whole contact would go


class Proposal(NamedTuple):
    """One value of a card as it is and as it would be; `after` is "" where it goes. `rules` are all that change it."""

    name: str  # of the property, or CARD
    rules: tuple[Rule, ...]
    before: str
    after: str
    edit: Callable[[Card], Card] | None = None  # None: the line, or the card, goes
    place: int = -1  # index of the property
    is_sure: bool = True  # else it is not done unless somebody asks for it

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by when the card is looked at again: exactly what was shown."""
        return self.name, self.before, self.after


class Manner(NamedTuple):
    """How a space writes: where national numbers belong, and the language of countries."""

    region: str
    language: str
    is_mixed: bool = False  # a contact's addresses are in several countries: its numbers may belong to either

    @classmethod
    def of(cls, region: str) -> Manner:
        return cls(region, "de" if region in ("DE", "AT", "CH", "LI", "LU") else "en")


def proposals(card: Card, manner: Manner, rules: Collection[Rule]) -> list[Proposal]:
    """All that `rules` would change in `card`, in its order; a value too long to be told stays as it is."""
    if Rule.EMPTY in rules and _says_nothing(card):
        return [Proposal(CARD, (Rule.EMPTY,), "–", "")]
    found = [*_of_name(card, rules), *_of_values(card, manner, rules)]
    return [each for each in found if len(each.before) <= _MOST and len(each.after) <= _MOST]


def tidied(card: Card, manner: Manner, rules: Collection[Rule], chosen: Collection[tuple[str, str, str]]) -> Card:
    """`card` with those of its proposals that are `chosen`, by key; what is not so any more stays as it is."""
    wanted = [each for each in proposals(card, manner, rules) if each.key in chosen and each.name != CARD]
    names = [each for each in wanted if each.name in ("N", "FN")]
    for each in wanted:
        if each.edit is not None and each not in names:
            card = each.edit(card)
    card = card.without_all([each.place for each in wanted if each.edit is None])
    for each in names:  # at last, for a line for N that was not there moves the places of all behind it
        if each.edit is not None:
            card = each.edit(card)
    return card


def _of_name(card: Card, rules: Collection[Rule]) -> Iterator[Proposal]:
    """N with the FN that follows it, else FN alone."""
    if card.kind is not Kind.INDIVIDUAL:
        yield from _of_full_name(card, rules, is_person=False)
        return
    old = card.name
    steps: list[tuple[Rule, Callable[[Name], Name]]] = [
        (Rule.SPACES, lambda name: Name.of([[one_blank(part)] for part in name.parts])),
        (Rule.NAMES, lambda name: tidy_name(name, case=False)),
        (Rule.CASE, lambda name: tidy_name(name, parts=False)),
    ]
    if not old and Rule.NAMES in rules and len(card.full_name.split()) > 1 and "@" not in card.full_name:
        old = Name(given=card.full_name)
    new = old
    done: list[Rule] = []
    for rule, step in steps:
        if rule in rules and (mended := step(new)).parts != new.parts:
            done.append(rule)
            new = mended
    if done:
        is_sure = Rule.NAMES not in done or bool(old.family)  # two given names, or a given and a family name?
        spoken = card.full_name, card.with_name(new).full_name
        shown = _shown_name(old, spoken), _shown_name(new, spoken[::-1])
        yield Proposal("N", tuple(done), *shown, lambda card: card.with_name(new), is_sure=is_sure)
        if spoken[0] != spoken[1]:
            return
    yield from _of_full_name(card, rules, is_person=True)


def _of_full_name(card: Card, rules: Collection[Rule], *, is_person: bool) -> Iterator[Proposal]:
    found = card.first("FN")
    if found is None:
        return
    text = found.text
    done: list[Rule] = []
    if Rule.SPACES in rules and (mended := one_blank(text)) != text:
        text, done = mended, [Rule.SPACES]
    if is_person and Rule.CASE in rules and (mended := tidy_full_name(text)) != text:
        text, done = mended, [*done, Rule.CASE]
    if done and text:
        wanted = text
        yield Proposal("FN", tuple(done), found.text, text, lambda card: card.with_full_name(wanted), found.index)


def _of_values(card: Card, manner: Manner, rules: Collection[Rule]) -> Iterator[Proposal]:
    manner = _manner_of(card, manner)
    for prop in card.properties():
        if Rule.EMPTY in rules and prop.name in _EMPTIABLE and not prop.text.strip(" ;,\t\r\n"):
            yield Proposal(prop.name, (Rule.EMPTY,), prop.text[:40] or "–", "", None, prop.index)
        elif prop.name == "PHOTO":
            if Rule.PHOTOS in rules and _is_broken(prop):
                yield Proposal("PHOTO", (Rule.PHOTOS,), prop.line.value[:40] or "–", "", None, prop.index)
        elif prop.name == "ADR":
            yield from _of_address(prop, manner, rules)
        elif prop.name == "ORG":
            yield from _of_parts(prop, [(Rule.SPACES, one_blank)] if Rule.SPACES in rules else [])
        elif prop.name in _PLAIN or prop.name in ("TEL", "EMAIL"):
            yield from _of_text(prop, manner, rules)


def _manner_of(card: Card, manner: Manner) -> Manner:
    """National numbers belong to the country that its addresses are in, where they name one."""
    named = [prop.parts[COUNTRY] for prop in card.properties("ADR") if len(prop.parts) > COUNTRY]
    codes = {country_code(name) for name in named if name}
    region = codes.pop() if len(codes) == 1 else ""
    return manner._replace(region=region or manner.region, is_mixed=bool(codes))


def _of_text(prop: Property, manner: Manner, rules: Collection[Rule]) -> Iterator[Proposal]:
    steps: list[tuple[Rule, Callable[[str], str]]] = [(Rule.SPACES, one_blank)]
    if prop.name == "TEL" and (prop.param("VALUE") or "").lower() != "uri":
        steps.append((Rule.PHONES, lambda text: international(text, manner.region)))
    elif prop.name == "EMAIL":
        steps.append((Rule.EMAILS, tidy_email))
    text = prop.text
    done: list[Rule] = []
    for rule, step in steps:
        if rule in rules and (mended := step(text)) != text:
            text, done = mended, [*done, rule]
    if done and text:
        index, wanted = prop.index, text
        edit = lambda card: card.with_text(index, wanted)  # noqa: E731 - as the others
        is_sure = Rule.PHONES not in done or is_clear(prop.text, "" if manner.is_mixed else manner.region)
        yield Proposal(prop.name, tuple(done), prop.text, text, edit, index, is_sure)


def _of_address(prop: Property, manner: Manner, rules: Collection[Rule]) -> Iterator[Proposal]:
    steps: list[tuple[Rule, Callable[[str], str]]] = []
    if Rule.SPACES in rules:
        steps.append((Rule.SPACES, one_blank))
    yield from _of_parts(prop, steps, manner, rules)


def _of_parts(
    prop: Property,
    steps: list[tuple[Rule, Callable[[str], str]]],
    manner: Manner | None = None,
    rules: Collection[Rule] = (),
) -> Iterator[Proposal]:
    """A structure, part by part; of an address the town and the country in their own ways."""
    old = prop.components
    done: list[Rule] = []
    new: list[list[str]] = []
    for place, values in enumerate(old):
        mine = list(steps)
        if manner is not None and Rule.CASE in rules and place in (_STREET, _CITY):
            mine.append((Rule.CASE, mixed_words))
        if manner is not None and Rule.COUNTRIES in rules and place == COUNTRY:
            mine.append((Rule.COUNTRIES, partial(tidy_country, language=manner.language)))
        for rule, step in mine:
            mended = [step(value) for value in values]
            if mended != values:
                values, done = mended, done if rule in done else [*done, rule]
        new.append(values)
    if done:
        index = prop.index
        yield Proposal(
            prop.name, tuple(done), _joined(old), _joined(new), lambda card: card.with_components(index, new), index
        )


def _joined(components: list[list[str]]) -> str:
    return ", ".join(filter(None, (" ".join(values) if len(values) > 1 else values[0] for values in components)))


def _shown_name(name: Name, spoken: tuple[str, str]) -> str:
    """`von der Heide, Anna Maria (Dr.)`: each part shows; and how it is written in full, where that changes with it."""
    given = " ".join(filter(None, (name.given, name.additional)))
    around = ", ".join(filter(None, (name.family, given, name.suffixes)))
    told = f"{around} ({name.prefixes})" if name.prefixes else around
    return told if spoken[0] == spoken[1] else f"{told} · {spoken[0]}"


def _says_nothing(card: Card) -> bool:
    """Whether there is no name, and no line that says anything."""
    if card.kind is Kind.GROUP or any(prop.text.strip() for prop in card.properties("FN")) or card.name:
        return False
    return all(prop.name in _SILENT or not prop.text.strip(" ;,\t\r\n") for prop in card.properties())


def _is_broken(photo: Property) -> bool:
    """Whether the picture is inline and cannot be read as one."""
    if photo.uri:
        return False
    inline = photo.binary
    if inline is None:
        return True
    from PIL import Image  # 60 ms to load

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(inline[0]), formats=PHOTO_FORMATS) as image:
            warnings.simplefilter("ignore")
            image.load()
    except Image.DecompressionBombError:
        return False  # huge, which is not broken
    except Exception:  # noqa: BLE001 - a broken picture makes Pillow raise whatever comes to its readers' minds
        return True
    return False
