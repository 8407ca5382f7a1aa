"""Conversion of cards whose every line is known to come back as it was: no proof of it is needed.

Most cards are such, and are converted several times quicker. What a line needs is told by what stands before its colon,
found once for each of the few dozen heads of an address book; its value may still be one that is not known. Then, and
for a line that some rule joins with others, the answer is None and `vcard_conversion` takes the long way.
"""

import binascii
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from farley.codecs.contentline import Head, Line, Params, line_ending
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion_rules import RULED
from farley.codecs.vcard_conversion_steps import PLAIN_PARAMS, copied, step
from farley.codecs.vcard_meaning import TEXTS, is_coding
from farley.codecs.vcard_property import (
    BINARY,
    ENCODINGS,
    MEDIA_TYPES,
    STRUCTURED,
    URIS,
    Property,
    sniffed,
    types_and_preference,
)
from farley.codecs.vcard_values import PartialDate, escape, unescape
from farley.codecs.vcard_writing import write_line

Value = Callable[[Line], str | None]  # what a line's value is in the target version; None where that is not known


class _Way(NamedTuple):
    """What becomes of lines with one head: nothing without a `value`, else they are written anew."""

    value: Value | None = None
    params: Params = ()


_MAX_WAYS: Final = 4096
_ALIKE: Final = frozenset({"N", "ADR", "TEL"})  # rules are about them only together with parameters or other lines
_LONG: Final = frozenset({"BEGIN", "END", "AGENT", "GEO", "X-FARLEY-SOURCE"})
_DEMANDED: Final = {"2.1": frozenset({"N"}), "3.0": frozenset({"N", "FN"}), "4.0": frozenset({"FN"})}
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_MOMENT = re.compile(r"([0-9]{4}(-?)[0-9]{2}\2[0-9]{2})T([0-9]{2})(:?)([0-9]{2})\4([0-9]{2})Z")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_JPEG: Final = b"data:image/jpeg;base64,"
_SIGNATURE: Final = 32  # characters of base64 in which the kind of a picture shows
_ways: dict[tuple[str, str], dict[Head, _Way | None]] = {}


def straight(card: Card, target: str) -> Card | None:
    """`card` in the neighbouring version `target`, or None where that takes more than line by line."""
    known = _ways.setdefault((card.version, target), {})
    line_break = line_ending(card.octets)
    head = b"BEGIN:VCARD" + line_break
    written = [head, f"VERSION:{target}".encode() + line_break]
    names = set()
    for line in card.lines:
        name = line.name
        if name == "VERSION":
            continue
        try:
            way = known[line.head]
        except KeyError:
            way = known[line.head] = _way(card.version, target, line)
            if len(known) > _MAX_WAYS:
                known.clear()
        if way is None:
            return None
        names.add(name)
        if way.value is None:
            octets = line.octets
            # As `copied` does it, for the ending that nearly every line has.
            is_one = octets.endswith(line_break) and octets[-len(line_break) - 1] not in b"\r\n"
            written.append(octets if is_one else copied(line, line_break))
            continue
        value = way.value(line)
        if value is None:
            return None
        written.append(write_line(target, line_break, line.written_name, value, group=line.group, params=way.params))
    if not names >= _DEMANDED[target]:
        return None
    body = b"".join(written)
    return Card(body + b"END:VCARD" + line_break, len(head), len(body))


def _way(source: str, target: str, line: Line) -> _Way | None:
    head, name = line.head, line.name
    if name in _LONG or any(param == "X-FARLEY-ADDED" for param, _ in head.params):
        return None
    if not name:
        return _Way()
    if "2.1" in (source, target):
        return _older(source, target, line)
    if name in BINARY:
        return _picture(target, head)
    if head.quoted_printable or head.base64 or head.charset:
        return None
    if name == "BDAY":
        is_plain = not head.params or head.params == (("VALUE", ("date",)),)
        return _Way(_day_in_4 if target == "4.0" else _day_in_3) if is_plain else None
    if name == "REV":
        return None if head.params else _Way(_moment_in_4 if target == "4.0" else _moment_in_3)
    if name in RULED and name not in _ALIKE:
        return None
    return _ranked(source, target, line)


def _ranked(source: str, target: str, line: Line) -> _Way | None:
    """A line whose value stays: 3.0 calls one preferred in TYPE, 4.0 in PREF."""
    params = line.params
    _, rank = types_and_preference(params)
    if rank is None and all(name in PLAIN_PARAMS for name, _ in params):
        return _Way()
    said = [value for name, values in params for value in values if name == "TYPE"]
    ranks = [values for name, values in params if name == "PREF"]
    told = PLAIN_PARAMS if source == "3.0" else PLAIN_PARAMS | {"PREF"}
    is_told_once = len(ranks) + any(value.lower() == "pref" for value in said) == 1
    is_known = all(name in told for name, _ in params) and all(map(_TOKEN.fullmatch, said)) and is_told_once
    if not is_known or ranks not in ([], [("1",)]):
        return None
    found = Property(0, line, Card.new(version=source, uid=""))
    return _Way(_as_it_is, step(source, target, b"\r\n", iter(())).params_of(found))


def _older(source: str, target: str, line: Line) -> _Way | None:
    """Between 2.1 and 3.0 nearly everything is spelt anew; escapes outside of texts, and lists, take the long way."""
    head, name = line.head, line.name
    if name in BINARY or head.base64 or (head.charset or "utf-8") not in ("utf-8", "utf8"):
        return None
    said = [(param, value) for param, values in head.params for value in values if not is_coding((param, values))]
    if any(param not in ("TYPE", "") or not _TOKEN.fullmatch(value) for param, value in said):
        return None
    if target == "2.1" and (head.quoted_printable or any(value.upper() in ENCODINGS for _, value in said)):
        return None
    found = Property(0, line, Card.new(version=source, uid=""))
    return _Way(
        _value_in_2 if target == "2.1" else _value_of_2, step(source, target, b"\r\n", iter(())).params_of(found)
    )


def _as_it_is(line: Line) -> str | None:
    value = line.value
    return value if value.isprintable() else None


def _value_in_2(line: Line) -> str | None:
    value, name = line.value, line.name
    if name in TEXTS:
        text = unescape(value)
        return text if _is_simple(text) else None
    if not value.isprintable() or "\\" in value:
        return None
    if name in STRUCTURED:
        return None if "," in value else value
    return None if name in URIS and " " in value else value


def _value_of_2(line: Line) -> str | None:
    value, name = line.decoded, line.name
    if name in TEXTS:
        return escape(value) if _is_simple(value) else None
    if not value.isprintable() or "\\" in value:
        return None
    if name in STRUCTURED:
        return None if "," in value else value
    return None if name in URIS and " " in value else value


def _is_simple(text: str) -> bool:
    return "\\" not in text and text.replace("\n", "").isprintable()


def _day_in_4(line: Line) -> str | None:
    found = _DAY.fullmatch(line.value)
    return f"{found[1]}{found[3]}{found[4]}" if found and _is_day(found[0]) else None


def _day_in_3(line: Line) -> str | None:
    found = _DAY.fullmatch(line.value)
    return f"{found[1]}-{found[3]}-{found[4]}" if found and _is_day(found[0]) else None


def _is_day(text: str) -> bool:
    date = PartialDate.parse(text)
    return date is not None and date.is_whole


def _moment_in_4(line: Line) -> str | None:
    found = _MOMENT.fullmatch(line.value)
    return line.value.replace("-", "").replace(":", "") if found and _is_day(found[1]) else None


def _moment_in_3(line: Line) -> str | None:
    found = _MOMENT.fullmatch(line.value)
    date = PartialDate.parse(found[1]) if found else None
    if found is None or date is None or not date.is_whole:
        return None
    return f"{date.extended()}T{found[3]}:{found[5]}:{found[6]}Z"


def _picture(target: str, head: Head) -> _Way | None:
    """A picture inline whose octets say of which kind it is, as its TYPE or media type does."""
    if target == "3.0":
        return None if head.params else _Way(_jpeg_in_3, (("ENCODING", ("b",)), ("TYPE", ("JPEG",))))
    said = dict(head.params)
    kinds = said.get("TYPE", ())
    is_known = len(said) == len(head.params) and set(said) == {"ENCODING", "TYPE"} and head.base64 and len(kinds) == 1
    media = MEDIA_TYPES.get(kinds[0].lower()) if is_known else None
    return _Way(_in_data_of(media)) if media else None


def _in_data_of(media: str) -> Value:
    def value(line: Line) -> str | None:
        octets = b"".join(line.raw.split())
        return f"data:{media};base64,{octets.decode()}" if _is_picture(octets, media) else None

    return value


def _jpeg_in_3(line: Line) -> str | None:
    octets = line.raw
    value = octets[len(_JPEG) :]
    return value.decode() if octets.startswith(_JPEG) and _is_picture(value, "image/jpeg") else None


def _is_picture(octets: bytes, media: str) -> bool:
    return _BASE64.fullmatch(octets) is not None and sniffed(binascii.a2b_base64(octets[:_SIGNATURE])) == media
