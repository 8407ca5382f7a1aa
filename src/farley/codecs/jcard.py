"""jCard: vCards as JSON, both ways. RFC 7095.

The card is a vCard 4.0; one of another version is converted. A value that cannot be read as its type stays as it is, as
type `unknown`, so that nothing is lost on the way back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from farley.codecs.json_values import Json, read_values, sound
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_draft import Read
from farley.codecs.vcard_typed import LISTS, NAME, STRUCTURES, Params, Structure, Typed, card_of, typed

_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)|--(\d\d)(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d)(\d\d)?(\d\d)?(Z|[+-]\d\d(?:\d\d)?)?", re.ASCII)
_DATED: Final = frozenset({"date", "time", "date-time", "date-and-or-time", "timestamp"})
_NUMBERS: Final = frozenset({"integer", "float"})
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


def to_jcard(card: Card) -> list[Json]:
    """The card as jCard: a list as `json.dumps` takes it."""
    properties: list[Json] = [["version", {}, "text", "4.0"]]
    properties += [property_out(each) for each in typed(card)]
    return ["vcard", properties]


def read_jcards(source: BinaryIO) -> Iterator[Read]:
    """The cards of a jCard file, or of a list of them, in order; what is none is a problem."""
    for line, size, value in read_values(source, whole="vcard"):
        if isinstance(value, Unreadable):
            yield Read(line, size, value)
            continue
        try:
            yield Read(line, size, from_jcard(value))
        except Unreadable as problem:
            yield Read(line, size, Unreadable(line, problem.reason))


def from_jcard(given: Json) -> Card:
    """The vCard 4.0 that a jCard stands for. Raises Unreadable, of line 1."""
    if not isinstance(given, list) or len(given) < 2 or given[0] != "vcard" or not isinstance(given[1], list):
        raise Unreadable(1, "a jCard is a list of “vcard” and its properties")
    return card_of([property_in(each) for each in given[1]])


def property_out(each: Typed) -> Json:
    params: dict[str, Json] = {}
    for name, values in each.params:
        params[name.lower()] = values[0] if len(values) == 1 else list(values)
    if each.group:
        params["group"] = each.group
    if each.structure is not None:
        parts: list[Json] = [part[0] if len(part) == 1 else list(part) for part in each.structure]
        value: list[Json] = parts if len(parts) == 1 else [parts]
        return [each.name.lower(), params, each.kind, *value]
    return [each.name.lower(), params, each.kind, *(_one_out(each.kind, text) for text in each.texts)]


def _one_out(kind: str, text: str) -> Json:
    if kind in _DATED:
        return _extended(text)
    if kind == "boolean" and text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    if kind in _NUMBERS and _NUMBER.fullmatch(text):
        number = float(text) if kind == "float" else int(float(text))
        return number if str(number) == text else text
    if kind == "utc-offset" and re.fullmatch(r"[+-]\d{4}", text):
        return f"{text[:3]}:{text[3:]}"
    return text


def _extended(text: str) -> str:
    """A date or time with its separators."""
    day, marked, time = text.partition("T")
    if found := _DATE.fullmatch(day):
        day = f"{found[1]}-{found[2]}-{found[3]}" if found[1] else f"--{found[4]}-{found[5]}"
    if marked and (found := _TIME.fullmatch(time)):
        zone = found[4] or ""
        zone = f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else zone
        time = ":".join(part for part in found.groups()[:3] if part) + zone
    return f"{day}{marked}{time}"


def property_in(given: Json) -> Typed:
    if not isinstance(given, list) or len(given) < 4:
        raise Unreadable(1, "a property of jCard is a list of its name, parameters, type and values")
    name, stated, kind, *values = given
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Unreadable(1, "a property of jCard has a name of letters, digits and hyphens")
    if not isinstance(stated, Mapping) or not isinstance(kind, str) or not NAME.fullmatch(kind):
        raise Unreadable(1, "a property of jCard has parameters and a type")
    name, kind = name.upper(), kind.lower()
    params, group = params_in(stated)
    if name in STRUCTURES and kind == "text":
        structure: Structure = [
            [_text(each) for each in part] or [""] if isinstance(part, list) else [_text(part)]
            for part in (values[0] if len(values) == 1 and isinstance(values[0], list) else values)
        ]
        return Typed(name, group, params, kind, [], structure)
    texts = [_one_in(kind, value) for value in values]
    if kind == "text" and name not in LISTS and len(texts) > 1:
        texts = [", ".join(texts)]
    return Typed(name, group, params, kind, texts)


def params_in(stated: Mapping[str, Json]) -> tuple[Params, str | None]:
    params: list[tuple[str, tuple[str, ...]]] = []
    group = None
    for name, values in stated.items():
        if not NAME.fullmatch(name):
            raise Unreadable(1, "a parameter of jCard has a name of letters, digits and hyphens")
        texts = tuple(_text(each) for each in (values if isinstance(values, list) else [values]))
        if name.lower() == "group":
            group = texts[0] if texts and NAME.fullmatch(texts[0]) else None
        elif texts and name.lower() != "value":
            params.append((name.upper(), texts))
    return tuple(params), group


def _one_in(kind: str, value: Json) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    text = _text(value)
    if kind in _DATED:
        return _basic(text)
    return text.replace(":", "") if kind == "utc-offset" else text


def _basic(text: str) -> str:
    """A date or time as vCard 4.0 writes it; a month of a year keeps its hyphen."""
    day, marked, time = text.partition("T")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
        day = day.replace("-", "")
    elif re.fullmatch(r"--\d\d-\d\d", day, re.ASCII):
        day = f"--{day[2:4]}{day[5:]}"
    return f"{day}{marked}{time.replace(':', '')}"


def _text(value: Json) -> str:
    if isinstance(value, (list, Mapping)):
        raise Unreadable(1, "a value of jCard is a text, a number or a truth")
    if isinstance(value, bool):
        return str(value).upper()
    return sound("" if value is None else str(value))
