"""Contacts as a table, in a layout that imports recognise. What has no column goes into the note."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, NamedTuple

from farley.codecs.vcard import Card, Kind, PartialDate, Property
from farley.codecs.vcard_conversion_rules import MESSENGERS
from farley.exchange import layouts
from farley.exchange.mapping import Column
from farley.fields.models import Document, Field
from farley.fields.values import shown

MOST: Final = 20  # numbered values of one kind that get columns; further ones go into the note
_NUMBER: Final = "{n}"
_PLACES: Final = ("box", "extended", "street", "city", "region", "postcode", "country")
_NAME: Final = ("name.family", "name.given", "name.additional", "name.prefix", "name.suffix")
_NAMES: Final = {"email": "EMAIL", "phone": "TEL", "url": "URL", "address": "ADR"}
_WORDS_OF: Final = {name: prop.encode() for name, prop in _NAMES.items()}
_TELLING: Final = frozenset({"home", "work", "cell", "fax", "main", "car", "pager", "isdn"})
_WORDS: Final = {"cell": "mobile"}
_SINGLE: Final = (*_NAME, "name", "nickname", "phonetic.given", "phonetic.family", "sort", "org", "org.unit", "title",
                  "role", "kind", "birthday", "anniversary", "gender", "note", "tags", "uid")  # fmt: skip
_HELD: Final = frozenset(
    {*_SINGLE, *_NAMES, *(f"{name}.type" for name in _NAMES), *(f"address.{place}" for place in _PLACES)} - {"address"}
)
_TOLD: Final = ("IMPP", *MESSENGERS, "X-SOCIALPROFILE", "SOCIALPROFILE", "RELATED", "X-ABRELATEDNAMES")  # in the note
_MOST: Final = {"outlook": 3}  # e-mail addresses: it reads no more
_DATES: Final = {"outlook.de": "{day:02}.{month:02}.{year:04}", "outlook.en": "{month}/{day}/{year:04}"}
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d\s()./-]*\Z)")


class Value(NamedTuple):
    """One e-mail address, number, web address or postal address."""

    types: frozenset[str]
    label: str
    texts: tuple[str, ...]  # the seven parts of a postal address, else the value alone


@dataclass(slots=True)
class Slot:
    """Where one value of several goes."""

    types: frozenset[str]
    label: str
    parts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # cells, by part; "" is the whole
    type_at: int = -1


@dataclass(slots=True)
class Said:
    """What a card says, sorted for a table."""

    single: dict[str, str] = field(default_factory=dict)
    several: dict[str, list[Value]] = field(default_factory=dict)  # by the words of `_NAMES`
    notes: list[str] = field(default_factory=list)


class Sheet:
    """A table of one layout (its name, as `google`), with columns for `fields`.

    `most` is how many values of each kind a contact has at the most, for numbered columns.
    """

    def __init__(self, layout: str, fields: Sequence[Field], most: Mapping[str, int]) -> None:
        self.header: list[str] = []
        self._fields, self._layout = fields, layout
        self._single: list[tuple[int, str]] = []
        self._slots: dict[str, dict[object, Slot]] = {name: {} for name in _NAMES}
        for name, column, number in _columns(layouts.written(layout), most, layout):
            self._add(name, column, number)
        taken = set(self.header)
        for each in fields:
            self.header.append(each.label if each.label not in taken else f"{each.label} ({each.key})")
            taken.add(self.header[-1])

    def _add(self, name: str, column: Column, number: int) -> None:
        base, _, part = column.to.partition(".")
        at = len(self.header)
        if base not in _NAMES:
            if any(to == column.to for _, to in self._single):
                return  # another word for it
            self._single.append((at, column.to))
            self.header.append(name)
            return
        types = frozenset(column.types)
        slots = self._slots[base]
        key: object = (number or column.n, types) if number or column.n or base == "address" else (at, types)
        slot = slots.setdefault(key, Slot(types, column.label))
        if part == "type":
            slot.type_at = at
        elif part != "street" and slot.parts[part]:
            return
        else:
            slot.parts[part].append(at)
        self.header.append(name)

    def row(self, card: Card, document: Document | None) -> list[str]:
        """The cells of one contact."""
        cells = [""] * (len(self.header) - len(self._fields))
        said = read_card(card, self._layout)
        for name, values in said.several.items():
            said.notes += _settle(name, values, list(self._slots[name].values()), cells)
        said.single["note"] = "\n\n".join(filter(None, [said.single["note"], "\n".join(said.notes)]))
        for at, to in self._single:
            cells[at] = said.single[to]
        own = document or {}
        return cells + [_own(each, own.get(str(each.pk))) for each in self._fields]


def most_of(cards: Iterable[bytes]) -> Counter[str]:
    """How many values of each kind a contact has at the most."""
    most: Counter[str] = Counter()
    for octets in cards:
        upper = octets.upper()
        # No card has more of them than the word stands in it; most have no more than one before had.
        if all(upper.count(word) <= most[name] for name, word in _WORDS_OF.items()):
            continue
        card = Card.parse(octets)
        for name, prop in _NAMES.items():
            most[name] = max(most[name], len(card.properties(prop)))
    return most


def harmless(cell: str) -> str:
    """`cell` so that no spreadsheet takes it for a formula: behind an apostrophe where it begins like one."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def read_card(card: Card, layout: str) -> Said:
    """What `card` says; dates as programs of that layout write them."""
    said = Said()
    single = said.single
    single |= dict(zip(_NAME, card.name.parts, strict=True))
    single["name"] = card.full_name
    single["uid"] = card.uid or ""
    single["kind"] = "organisation" if card.kind is Kind.ORG else ""
    org = card.first("ORG")
    parts = org.parts if org else []
    single["org"], single["org.unit"] = (parts[0] if parts else ""), ", ".join(filter(None, parts[1:]))
    for to, name in (("title", "TITLE"), ("role", "ROLE"), ("sort", "SORT-STRING")):
        single[to] = ", ".join(filter(None, (found.text.strip() for found in card.properties(name))))
    for to, name in (("phonetic.given", "X-PHONETIC-FIRST-NAME"), ("phonetic.family", "X-PHONETIC-LAST-NAME")):
        single[to] = found.text.strip() if (found := card.first(name)) else ""
    single["nickname"] = ", ".join(text for found in card.properties("NICKNAME") for text in found.texts)
    single["note"] = "\n\n".join(filter(None, (found.text.strip() for found in card.properties("NOTE"))))
    single["tags"] = _tags(card, layout)
    single["gender"] = found.parts[0] if (found := card.first("GENDER")) and found.parts else ""
    days = card.properties("ANNIVERSARY", "X-ANNIVERSARY", "X-ABDATE")
    weddings = [found for found in days if found.name != "X-ABDATE" or found.label == "Anniversary"]
    for to, dates in (("birthday", card.properties("BDAY")), ("anniversary", weddings)):
        dated = next((found.date for found in dates if found.date), None)
        single[to] = _date(dated, layout) if dated else ""
    others = [found for found in days if found not in weddings[:1]]
    told = [found for found in (*card.properties(*_TOLD), *others) if found.text.strip()]
    said.notes += [f"{found.label or ', '.join(found.types) or found.name}: {found.text.strip()}" for found in told]
    for to, name in _NAMES.items():
        said.several[to] = [value for found in card.properties(name) if (value := _value(found))]
    return said


def _value(found: Property) -> Value | None:
    if found.name == "ADR":
        texts = tuple([*found.parts, *[""] * 7][:7])
        texts = (*texts[:2], "\n".join(part.strip() for part in texts[2].split(",")) if texts[2] else "", *texts[3:])
    else:
        texts = (found.text.strip(),)
    types = frozenset(found.types) & _TELLING
    return Value(types, found.label or "", texts) if any(texts) else None


def _tags(card: Card, layout: str) -> str:
    tags = list(dict.fromkeys(text for found in card.properties("CATEGORIES") for text in found.texts))
    if layout == "google":
        return " ::: ".join(tags)
    return f"{tags[0]};" if len(tags) == 1 and "," in tags[0] else ";".join(tags)


def _date(date: PartialDate, layout: str) -> str:
    if date.text or not date.is_whole:
        return date.basic()
    return _DATES.get(layout, "{year:04}-{month:02}-{day:02}").format(year=date.year, month=date.month, day=date.day)


def _own(each: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else shown(each, value)


def _columns(
    written: Sequence[tuple[str, Column]], most: Mapping[str, int], layout: str
) -> Iterator[tuple[str, Column, int]]:
    """The columns that are filled, numbered ones as often as is needed, with their numbers."""
    kept = [(name, column) for name, column in written if column.to in _HELD]
    alone = {(column.to, column.types) for name, column in kept if _NUMBER not in name}
    for (base, is_numbered), run in groupby(kept, lambda each: (each[1].to.partition(".")[0], _NUMBER in each[0])):
        columns = list(run)
        if not is_numbered:
            yield from ((name, column, 0) for name, column in columns)
            continue
        first = 2 if any((column.to, column.types) in alone for _, column in columns) else 1
        last = max(first, min(most.get(base, 0), _MOST.get(layout.partition(".")[0], MOST)))
        for number in range(first, last + 1) if base in _NAMES else ():
            yield from ((name.replace(_NUMBER, str(number)), column, number) for name, column in columns)


def _settle(name: str, values: Sequence[Value], slots: list[Slot], cells: list[str]) -> list[str]:
    """Put `values` into their cells; return those that have none, told as lines of a note."""
    left = list(values)
    for fits in (_fits_exactly, _fits_in_part, _takes_any):
        for value in list(left):
            slot = next((slot for slot in slots if fits(slot, value)), None)
            if slot is not None:
                slots.remove(slot)
                left.remove(value)
                _write(slot, value, cells)
    return [f"{_kind_of(value) or name}: {', '.join(filter(None, value.texts))}" for value in left]


def _fits_exactly(slot: Slot, value: Value) -> bool:
    """Whether the column says of which kind the value is, or has a column beside it that does."""
    if slot.label:
        return slot.label == value.label
    return slot.type_at >= 0 or (slot.types == value.types and bool(slot.types))


def _fits_in_part(slot: Slot, value: Value) -> bool:
    return bool(slot.types) and slot.types <= value.types


def _takes_any(slot: Slot, _value: Value) -> bool:
    return not slot.types and not slot.label


def _write(slot: Slot, value: Value, cells: list[str]) -> None:
    if slot.type_at >= 0:
        cells[slot.type_at] = _kind_of(value)
    if len(value.texts) == 1:
        cells[slot.parts[""][0]] = value.texts[0]
        return
    for part, text in zip(_PLACES, value.texts, strict=True):
        places = slot.parts.get(part, [])
        lines = text.split("\n", len(places) - 1) if len(places) > 1 else [text]
        for at, line in zip(places, lines, strict=False):
            cells[at] = line


def _kind_of(value: Value) -> str:
    """The word for what a value is, as tables have it."""
    return value.label or " ".join(_WORDS.get(each, each).capitalize() for each in sorted(value.types, reverse=True))
