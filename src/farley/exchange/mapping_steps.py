"""What is done with one cell for each thing a column may become."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from farley.codecs import vcard_draft as drafts
from farley.codecs.remembering import remembered
from farley.codecs.vcard_draft import ANNIVERSARY, BIRTHDAY, Draft, Place, Reach
from farley.codecs.vcard_values import PartialDate, escape
from farley.codecs.written_dates import read_date
from farley.contacts.external_ids import ID_LINE
from farley.contacts.phones import e164
from farley.exchange import own_lines
from farley.exchange.kinds import said_kinds, said_relation
from farley.fields.operations import key_of

_PARTS: Final = {"family": 0, "given": 1, "additional": 2, "prefix": 3, "suffix": 4}
_PLACES: Final = {
    "box": drafts.BOX, "extended": drafts.EXTENDED, "street": drafts.STREET, "city": drafts.CITY,
    "region": drafts.REGION, "postcode": drafts.POSTCODE, "country": drafts.COUNTRY,
}  # fmt: skip
# What a column may become. A dot leads into a part; those in BESIDE say of which kind the value with their number is.
TARGETS: Final = (
    "name", *(f"name.{part}" for part in _PARTS), "nickname", "phonetic.given", "phonetic.family", "sort",
    "org", "org.unit", "title", "role", "kind", "email", "email.type", "phone", "phone.type", "url", "url.type",
    "address", *(f"address.{part}" for part in _PLACES), "address.type", "chat", "chat.service", "birthday",
    "birthday.year", "birthday.month", "birthday.day", "anniversary", "date", "date.label", "related", "related.type",
    "gender", "note", "tags", "photo", "uid", "id", "own", "own.label", "line", "ignore",
)  # fmt: skip
BESIDE: Final = {
    "email": "email.type", "phone": "phone.type", "url": "url.type", "address": "address.type", "chat": "chat.service",
    "date": "date.label", "related": "related.type", "own": "own.label",
}  # fmt: skip
KIND_COLUMNS: Final = frozenset(BESIDE.values())
_GENDERS: Final = {
    "m": "M", "male": "M", "männlich": "M", "man": "M", "homme": "M", "maschio": "M", "hombre": "M", "herr": "M",
    "f": "F", "w": "F", "female": "F", "weiblich": "F", "woman": "F", "femme": "F", "femmina": "F", "mujer": "F",
    "o": "O", "d": "O", "other": "O", "divers": "O", "non-binary": "O", "diverse": "O",
}  # fmt: skip
_ORGANISATION: Final = frozenset(  # the kinds of some programs; others ask whether it is a firm
    {"company", "organisation", "organization", "org", "firma", "business", "account", "true", "yes", "1", "ja"}
)
_MANY = re.compile(r" ::: |[;\n\r]")
_EMAILS = re.compile(r"[;,\s]+")

Step = Callable[[Draft, str, Sequence[str]], None]


class Told(NamedTuple):
    """What a mapping says of one column."""

    to: str
    types: tuple[str, ...]
    label: str  # its own, else the column's name
    has_label: bool
    separator: str
    key: str
    kind: str
    slot: object  # columns with the same one make one value
    kind_at: int  # the column that says of which kind the value is; -1 for none
    order: str  # of dates
    country: str
    number: int

    def kinds(self, cells: Sequence[str]) -> tuple[tuple[str, ...], str]:
        """Types and label of the value in this row."""
        if self.kind_at >= 0 and (said := cells[self.kind_at].strip()):
            return said_kinds(said)
        return self.types, self.label if self.has_label else ""

    def values(self, text: str) -> list[str]:
        """The values in one cell."""
        pieces = text.split(self.separator) if self.separator else _MANY.split(text)
        return [value for piece in pieces if (value := piece.strip())]


def beside(target: str) -> str:
    """The target of the column that says of which kind values of `target` are."""
    return BESIDE.get(target.partition(".")[0], "")


def step_of(told: Told) -> Step:
    """What is to be done with each cell of the column."""
    base, _, part = told.to.partition(".")
    return _MAKERS[base](told, part)


def unless(step: Step, nothing: Sequence[str]) -> Step:
    """The step for cells that say something else than these."""
    left_out = frozenset(text.casefold() for text in nothing)

    def checked(draft: Draft, text: str, cells: Sequence[str]) -> None:
        if text.casefold() not in left_out:
            step(draft, text, cells)

    return checked


def _name(_told: Told, part: str) -> Step:
    if not part:

        def whole(draft: Draft, text: str, _cells: Sequence[str]) -> None:
            draft.full_name = draft.full_name or text

        return whole
    at = _PARTS[part]

    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.name[at] = f"{draft.name[at]} {text}" if draft.name[at] else text

    return put


def _nickname(told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.nicknames += text.split(told.separator) if told.separator else [text]

    return put


def _org(told: Told, part: str) -> Step:
    def organisation(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        if draft.organisation and text != draft.organisation:
            draft.notes.append(f"{told.label}: {text}")  # a card has one; what is read twice must not be lost
        draft.organisation = draft.organisation or text

    def unit(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.units.append(text)

    return unit if part else organisation


def _title(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.titles.append(text)

    return put


def _role(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.roles.append(text)

    return put


def _kind(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.is_organisation = draft.is_organisation or text.casefold() in _ORGANISATION

    return put


def _email(told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        types, label = told.kinds(cells)
        if told.separator:
            values = told.values(text)
        elif text.count("@") > 1 or "\n" in text:
            values = [value for value in _EMAILS.split(text.replace(" ::: ", ";")) if value]
            if not all("@" in value for value in values):
                values = [text]
        else:
            values = [text]
        draft.emails += [Reach(value, types, label) for value in values]

    return put


def _phone(told: Told, _part: str) -> Step:
    country = told.country

    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        types, label = told.kinds(cells)
        many = told.separator or ";" in text or " ::: " in text or "\n" in text
        for value in told.values(text) if many else (text,):
            number = value.removeprefix("'")  # how a spreadsheet is told that it is no formula
            draft.phones.append(Reach(_international(number, country) if country else number, types, label))

    return put


@remembered(20_000)
def _international(number: str, country: str) -> str:
    """A national number with its country, where it can be read."""
    if number.startswith(("+", "00")):
        return number
    whole = e164(number, country)
    return whole if whole.startswith("+") else number


def _url(told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        types, label = told.kinds(cells)
        many = told.separator or " ::: " in text or "\n" in text
        draft.urls += [Reach(value, types, label) for value in (told.values(text) if many else (text,))]

    return put


def _address(told: Told, part: str) -> Step:
    slot = told.slot
    at = _PLACES.get(part, -1)
    between = "\n" if part == "street" else ", "

    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        place = draft.places.get(slot)
        if place is None:
            place = draft.places[slot] = Place(*told.kinds(cells))
        if at < 0:
            place.text = f"{place.text}\n{text}" if place.text else text
        else:
            place.parts[at] = f"{place.parts[at]}{between}{text}" if place.parts[at] else text

    return put


def _chat(told: Told, _part: str) -> Step:
    service = (told.types[0] if told.types else "") or told.label

    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        said = cells[told.kind_at].strip() if told.kind_at >= 0 else ""
        draft.chats += [(said or service, value) for value in told.values(text)]

    return put


def _birthday(told: Told, part: str) -> Step:
    if not part:
        return _dated(told, lambda _cells: BIRTHDAY)

    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:  # the parts come one after the other
        if not text.isdecimal() or not 0 < int(text) < 10_000:
            return
        at = next((at for at, (what, _) in enumerate(draft.dates) if what == BIRTHDAY), -1)
        was = draft.dates.pop(at)[1] if at >= 0 else PartialDate()
        parts = {"year": was.year, "month": was.month, "day": was.day} | {part: int(text)}
        draft.dates.append((BIRTHDAY, PartialDate(parts["year"], parts["month"], parts["day"])))

    return put


def _dated(told: Told, called: Callable[[Sequence[str]], str]) -> Step:
    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        date = read_date(text, told.order)
        if date is not None:
            draft.dates.append((called(cells), date))

    return put


def _anniversary(told: Told, _part: str) -> Step:
    return _dated(told, lambda _cells: ANNIVERSARY)


def _date(told: Told, _part: str) -> Step:
    def called(cells: Sequence[str]) -> str:
        said = cells[told.kind_at].strip().lstrip("* ") if told.kind_at >= 0 else ""
        said = said or told.label
        return ANNIVERSARY if said.casefold() in ("anniversary", "jahrestag", "hochzeitstag") else said

    return _dated(told, called)


def _related(told: Told, _part: str) -> Step:
    fixed = told.types[0] if told.types else told.label

    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        said = cells[told.kind_at].strip().lstrip("* ") if told.kind_at >= 0 else ""
        relation = said_relation(said) if said else fixed
        draft.related += [(relation, value) for value in told.values(text)]

    return put


def _gender(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.gender = _GENDERS.get(text.casefold()) or f";{escape(text)}"

    return put


def _note(told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.notes.append(f"{told.label}: {text}" if told.has_label else text)

    return put


def _tags(told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        if told.separator or ";" in text or " ::: " in text or "\n" in text:
            values = told.values(text)
        else:
            values = [value for piece in text.split(",") if (value := piece.strip())]
        draft.tags += [value.removeprefix("* ") for value in values if value != "* myContacts"]

    return put


def _line(told: Told, _part: str) -> Step:
    return _lined(_NO_NAME.sub("-", told.label.upper()).strip("-") or "X-COLUMN", ())


_NO_NAME = re.compile(r"[^A-Z0-9]+")


def _lined(name: str, params: tuple[tuple[str, tuple[str, ...]], ...]) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.lines.append((name, text, params))

    return put


def _photo(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        if text.startswith(("https://", "http://")):
            draft.lines.append(("PHOTO", text, (("VALUE", ("uri",)),)))

    return put


def _uid(_told: Told, _part: str) -> Step:
    def put(draft: Draft, text: str, _cells: Sequence[str]) -> None:
        draft.uid = text

    return put


def _id(told: Told, _part: str) -> Step:
    return _lined(ID_LINE, (("X-SYSTEM", (told.label,)),))


def _phonetic(_told: Told, part: str) -> Step:
    return _lined("X-PHONETIC-FIRST-NAME" if part == "given" else "X-PHONETIC-LAST-NAME", ())


def _sort(_told: Told, _part: str) -> Step:
    return _lined("SORT-STRING", ())


def _own(told: Told, _part: str) -> Step:
    if told.kind_at < 0:
        return _lined(own_lines.NAME, _own_params(told.label, told.key, told.kind))

    def put(draft: Draft, text: str, cells: Sequence[str]) -> None:
        label = cells[told.kind_at].strip() or told.label
        draft.lines.append((own_lines.NAME, text, _own_params(label, "", told.kind)))

    return put


@remembered(4096)
def _own_params(label: str, key: str, kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    label = label[:100]
    return ("X-KEY", (key or key_of(label),)), ("X-KIND", (kind,)), ("X-LABEL", (label,))


_MAKERS: Final[dict[str, Callable[[Told, str], Step]]] = {
    "name": _name, "nickname": _nickname, "org": _org, "title": _title, "role": _role, "kind": _kind, "email": _email,
    "phone": _phone, "url": _url, "address": _address, "chat": _chat, "birthday": _birthday,
    "anniversary": _anniversary, "date": _date, "related": _related, "gender": _gender, "note": _note, "tags": _tags,
    "photo": _photo, "uid": _uid, "id": _id, "phonetic": _phonetic, "sort": _sort, "own": _own, "line": _line,
}  # fmt: skip
