"""Conversion of cards whose every line is known to come back as it was: no proof of it is needed.

Most cards are such, and are converted several times quicker. What a line needs is told by what stands before its colon,
found once for each of the few dozen heads of an address book; its value may still be one that is not known. Then, and
for a line that some rule joins with others, the answer is None and `vcard_conversion` takes the long way.
"""

import binascii
import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Final
from urllib.parse import unquote

from farley.codecs.contentline import Head, Line, Params, line_ending
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion_rules import (
    LABEL_OF_RELATION,
    RELATION_OF_LABEL,
    RENAMED,
    RENAMED_BACK,
    RULED,
)
from farley.codecs.vcard_conversion_steps import ADDED, PLAIN_PARAMS, copied, step
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
from farley.codecs.vcard_writing import write_line, write_text

Way = Callable[[Line, bytes], bytes | None]
"""What becomes of a line, written with that line break; None where its value is not known to come back."""

_MAX_WAYS: Final = 4096
_ALIKE: Final = frozenset({"N", "ADR", "TEL"})  # rules are about them only together with parameters or other lines
# Called otherwise in 4.0, their values being the same, whatever they are.
_CALLED: Final = frozenset(
    {"X-LANG", "X-ADDRESSBOOKSERVER-MEMBER", "X-EXPERTISE", "X-HOBBY", "X-INTEREST", "X-PRONOUNS"}
)
_NAMES: Final = {
    "4.0": {name: RENAMED[name] for name in _CALLED},
    "3.0": {name: old for name, old in RENAMED_BACK.items() if old in _CALLED},
}
_LONG: Final = frozenset({"BEGIN", "END", "AGENT", "GEO", "X-FARLEY-SOURCE"})
DEMANDED: Final = {"2.1": ("N",), "3.0": ("N", "FN"), "4.0": ("FN",)}
_KINDS: Final = frozenset({"group", "individual", "location"})
_SEXES: Final = frozenset("MFONU")
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_YEARLESS = re.compile(r"--([0-9]{2})-?([0-9]{2})")
_OMITTED: Params = (("X-APPLE-OMIT-YEAR", ("1604",)),)
_UNRANKED_OR_FIRST: Final[tuple[Params, ...]] = ((), (("TYPE", ("pref",)),))
_KEPT_OF_OLD: Final = frozenset({"", "TYPE", "LANGUAGE", "X-APPLE-OMIT-YEAR"})  # parameters both 2.1 and 3.0 have
_MOMENT = re.compile(r"([0-9]{4}(-?)[0-9]{2}\2[0-9]{2})T([0-9]{2})(:?)([0-9]{2})\4([0-9]{2})Z")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_JPEG: Final = b"data:image/jpeg;base64,"
_SIGNATURE: Final = 32  # characters of base64 in which the kind of a picture shows
_ways: dict[tuple[str, str], dict[Head, Way | None]] = {}


def straight(card: Card, target: str) -> Card | None:
    """`card` in the neighbouring version `target`, or None where that takes more than line by line."""
    known = _ways.setdefault((card.version, target), {})
    line_break = line_ending(card.octets)
    head = b"BEGIN:VCARD" + line_break
    written = [head, f"VERSION:{target}".encode() + line_break]
    names = set()
    related = _related(card, line_break) if target == "4.0" else None
    for line in card.lines:
        name = line.name
        if name == "VERSION":
            continue
        if related and (said := related.get(id(line))) is not None:
            written.append(said)
            continue
        try:
            way = known[line.head]
        except KeyError:
            way = _way(card.version, target, line)
            if line.head.is_short:
                if len(known) >= _MAX_WAYS:
                    known.clear()
                known[line.head] = way
        if way is _goes:
            continue
        if way is _stays:
            octets: bytes | None = line.octets
        elif way is None or (octets := way(line, line_break)) is None:
            return None
        assert octets is not None
        # As `copied` does it, for the ending that nearly every line has.
        is_one = octets.endswith(line_break) and octets[-len(line_break) - 1] not in b"\r\n"
        written.append(octets if is_one or way is not _stays else copied(line, line_break))
        names.add(name)
    if not names.issuperset(DEMANDED[target]):
        written[2:2] = demanded(card, target, names, line_break)
    body = b"".join(written)
    return Card(body + b"END:VCARD" + line_break, len(head), len(body))


def _related(card: Card, line_break: bytes) -> dict[int, bytes] | None:
    """By the id of its line, what becomes of a name that Apple's label for a relation stands beside; of the label, too.

    4.0 has a word for the relation, and coming back from it the label is the one there was.
    """
    named = card.properties("X-ABRELATEDNAMES")
    if not named:
        return None
    together: dict[str, list[Line]] = {}
    for line in card.lines:
        if line.group:
            together.setdefault(line.group.lower(), []).append(line)
    made: dict[int, bytes] = {}
    for line in (each.line for each in named):
        pair = together.get((line.group or "").lower(), ())
        label = next((each for each in pair if each.name == "X-ABLABEL"), None)
        head, value = line.head, line.value
        if len(pair) != 2 or label is None or label.params or head.charset or head.quoted_printable or head.base64:
            continue
        relation = RELATION_OF_LABEL.get(label.value, "")
        is_known = LABEL_OF_RELATION.get(relation) == label.value and value.isprintable() and "\\" not in value
        if not is_known or line.params not in _UNRANKED_OR_FIRST:
            continue
        rank: Params = (("PREF", ("1",)),) if line.params else ()
        params: Params = (("TYPE", (relation,)), *rank, ("VALUE", ("text",)))
        made[id(line)] = write_line("4.0", line_break, "RELATED", value, params=params)
        made[id(label)] = b""
    return made


def demanded(card: Card, target: str, names: Collection[str], line_break: bytes) -> list[bytes]:
    """The N or FN that `target` demands and that is not among `names`, marked so that converting back takes it away."""
    values = {"N": ";;;;", "FN": write_text(target, "FN", card.full_name)}
    missing = [name for name in DEMANDED[target] if name not in names]
    return [write_line(target, line_break, name, values[name], params=((ADDED, ("1",)),)) for name in missing]


def _stays(line: Line, line_break: bytes) -> bytes:
    return copied(line, line_break)


def _goes(_line: Line, _line_break: bytes) -> bytes:
    return b""


def _way(source: str, target: str, line: Line) -> Way | None:
    head, name = line.head, line.name
    if any(param == ADDED for param, _ in head.params):
        return _goes if name in ("N", "FN") else None  # where the target demands it, it is added anew
    if name in _LONG:
        return None
    if not name:
        return _stays
    if "2.1" in (source, target):
        return _older(source, target, line)
    if name in BINARY:
        return _picture(target, head)
    if head.quoted_printable or head.base64 or head.charset:
        return None
    if rule := _BY_NAME.get(name):
        return rule(target, head)
    if name in RULED and name not in _ALIKE and name not in _NAMES[target]:
        return None
    return _ranked(source, target, line)


def _written(value: Callable[[Line], str | None], version: str, *, name: str = "", params: Params = ()) -> Way:
    """A line written anew with that value, name and parameters."""

    def way(line: Line, line_break: bytes) -> bytes | None:
        text = value(line)
        if text is None:
            return None
        return write_line(version, line_break, name or line.written_name, text, group=line.group, params=params)

    return way


def _ranked(source: str, target: str, line: Line) -> Way | None:
    """A line whose value stays: 3.0 calls one preferred in TYPE, 4.0 in PREF."""
    if line.name == "TEL" and target == "3.0" and any(_is_value(param, "uri") for param in line.params):
        return _called_number(line)
    called = _NAMES[target].get(line.name, "")
    params = line.params
    stated = [param for param in params if not (line.name == "TEL" and _is_value(param, "text"))]
    _, rank = types_and_preference(params)
    if rank is None and all(name in PLAIN_PARAMS for name, _ in stated):
        return _written(_as_it_is, target, name=called, params=params) if called else _stays
    said = [value for name, values in stated for value in values if name == "TYPE"]
    ranks = [values for name, values in stated if name == "PREF"]
    told = PLAIN_PARAMS if source == "3.0" else PLAIN_PARAMS | {"PREF"}
    is_told_once = len(ranks) + any(value.lower() == "pref" for value in said) == 1
    is_known = all(name in told for name, _ in stated) and all(map(_TOKEN.fullmatch, said)) and is_told_once
    if not is_known or ranks not in ([], [("1",)]):
        return None
    return _written(_as_it_is, target, name=called, params=_params(source, target, line))


def _params(source: str, target: str, line: Line) -> Params:
    found = Property(0, line, Card.new(version=source, uid=""))
    return step(source, target, b"\r\n", iter(())).params_of(found)


def _is_value(param: tuple[str, tuple[str, ...]], kind: str) -> bool:
    name, values = param
    return name == "VALUE" and len(values) == 1 and values[0].lower() == kind


def _called_number(line: Line) -> Way | None:
    """A number that 4.0 writes as a URI is a text in 3.0, and says the same when it comes back as one."""
    kinds = [kind for name, values in line.params if name == "TYPE" for value in values for kind in value.split(",")]
    others = [param for param in line.params if param[0] != "TYPE" and not _is_value(param, "uri")]
    if (
        others not in ([], [("PREF", ("1",))])
        or not all(map(_TOKEN.fullmatch, kinds))
        or "pref" in map(str.lower, kinds)
    ):
        return None
    params = tuple(param for param in _params("4.0", "3.0", line) if param[0] != "VALUE")
    return _written(_number, "3.0", params=params)


def _number(line: Line) -> str | None:
    value = line.value
    text = unquote(value[4:]) if value[:4].lower() == "tel:" else value
    return escape(text) if text.isprintable() and "\\" not in value + text and text.strip() == text else None


def _older(source: str, target: str, line: Line) -> Way | None:
    """Between 2.1 and 3.0 nearly everything is spelt anew; escapes outside of texts, and lists, take the long way."""
    head, name = line.head, line.name
    is_read = target == "3.0" or head.charset in (None, "utf-8", "utf8")  # what an old card is in is told and gone
    if name in BINARY or head.base64 or not is_read:
        return None
    said = [(param, value) for param, values in head.params for value in values if not is_coding((param, values))]
    said = [each for each in said if each[0] != "VALUE" or each[1].lower() != "text"]
    if any(param not in _KEPT_OF_OLD or not _TOKEN.fullmatch(value) for param, value in said):
        return None
    if target == "2.1" and (head.quoted_printable or any(value.upper() in ENCODINGS for _, value in said)):
        return None
    return _written(_value_in_2 if target == "2.1" else _value_of_2, target, params=_params(source, target, line))


def _as_it_is(line: Line) -> str | None:
    value = line.value
    return value if value.isprintable() else None


def _value_in_2(line: Line) -> str | None:
    return _value_between(line.name, line.value, lambda text: text)


def _value_of_2(line: Line) -> str | None:
    return _value_between(line.name, line.decoded, escape)


def _value_between(name: str, value: str, written: Callable[[str], str]) -> str | None:
    if name in TEXTS:
        text = unescape(value)
        is_simple = "\\" not in text and text.replace("\n", "").isprintable()
        return written(text) if is_simple else None
    if name in URIS:
        value = unescape(value)
    if not value.isprintable() or "\\" in value:
        return None
    unknown = "," if name in STRUCTURED else " " if name in URIS else "\n"
    return None if unknown in value else value


# Properties that have a rule of their own, by which some of their values come back.


def _birthday(target: str, head: Head) -> Way | None:
    stated = [param for param in head.params if param[0] != "VALUE" or [v.lower() for v in param[1]] != ["date"]]
    if not stated:
        return _day_in_4 if target == "4.0" else _day_in_3
    return _yearless_in_4 if target == "4.0" and tuple(stated) == _OMITTED else None


def _day_in_4(line: Line, line_break: bytes) -> bytes | None:
    found = _DAY.fullmatch(line.value)
    if found is None or not _is_day(found[0]):
        return None
    return write_line("4.0", line_break, line.written_name, f"{found[1]}{found[3]}{found[4]}", group=line.group)


def _day_in_3(line: Line, line_break: bytes) -> bytes | None:
    value = line.value
    params: Params = ()
    if yearless := _YEARLESS.fullmatch(value):
        value, params = f"1604-{yearless[1]}-{yearless[2]}", _OMITTED
    found = _DAY.fullmatch(value)
    if found is None or not _is_day(found[0]):
        return None
    day = f"{found[1]}-{found[3]}-{found[4]}"
    return write_line("3.0", line_break, line.written_name, day, group=line.group, params=params)


def _yearless_in_4(line: Line, line_break: bytes) -> bytes | None:
    found = _DAY.fullmatch(line.value)
    if found is None or found[1] != "1604" or not _is_day(found[0]):
        return None
    return write_line("4.0", line_break, line.written_name, f"--{found[3]}{found[4]}", group=line.group)


def _is_day(text: str) -> bool:
    date = PartialDate.parse(text)
    return date is not None and date.is_whole


def _revision(target: str, head: Head) -> Way | None:
    return None if head.params else _written(_moment_in_4 if target == "4.0" else _moment_in_3, target)


def _moment_in_4(line: Line) -> str | None:
    found = _MOMENT.fullmatch(line.value)
    return line.value.replace("-", "").replace(":", "") if found and _is_day(found[1]) else None


def _moment_in_3(line: Line) -> str | None:
    found = _MOMENT.fullmatch(line.value)
    date = PartialDate.parse(found[1]) if found else None
    if found is None or date is None or not date.is_whole:
        return None
    return f"{date.extended()}T{found[3]}:{found[5]}:{found[6]}Z"


def _kind(target: str, head: Head) -> Way | None:
    """KIND of 4.0 and the two properties that Apple has for it."""
    if head.params or head.group or (head.name == "KIND") is (target == "4.0"):
        return None
    return partial(_kind_in, target)


def _kind_in(target: str, line: Line, line_break: bytes) -> bytes | None:
    value, name = line.value, line.name
    if target == "4.0" and name == "X-ABSHOWAS":
        return write_line("4.0", line_break, "KIND", "org") if value == "COMPANY" else None
    if target == "3.0" and value == "org":
        return write_line("3.0", line_break, "X-ABShowAs", "COMPANY")
    if value not in _KINDS:
        return None
    return write_line(target, line_break, "KIND" if target == "4.0" else "X-ADDRESSBOOKSERVER-KIND", value)


def _relation(target: str, head: Head) -> Way | None:
    """A relation to somebody by address; 3.0 has no such property. Names are a matter of two lines there."""
    kinds = [kind for name, values in head.params for value in values for kind in value.lower().split(",")]
    is_known = all(name == "TYPE" for name, _ in head.params) and all(map(_TOKEN.fullmatch, kinds))
    if target == "4.0" or not is_known or "pref" in kinds or "agent" in kinds:
        return None
    params: Params = (("TYPE", tuple(kinds)),) if kinds else ()
    return _written(_as_it_is, target, name="X-RELATED", params=params)


def _gender(target: str, head: Head) -> Way | None:
    if head.params or (head.name == "GENDER") is (target == "4.0"):
        return None
    return _written(_sex, target, name="GENDER" if target == "4.0" else "X-GENDER")


def _sex(line: Line) -> str | None:
    return line.value if line.value in _SEXES else None


_BY_NAME: Final[dict[str, Callable[[str, Head], Way | None]]] = {
    "BDAY": _birthday,
    "REV": _revision,
    "KIND": _kind,
    "X-ADDRESSBOOKSERVER-KIND": _kind,
    "X-ABSHOWAS": _kind,
    "GENDER": _gender,
    "RELATED": _relation,
    "X-GENDER": _gender,
}


def _picture(target: str, head: Head) -> Way | None:
    """A picture inline whose octets say of which kind it is, as its TYPE or media type does."""
    if target == "3.0":
        return None if head.params else _written(_jpeg, target, params=(("ENCODING", ("b",)), ("TYPE", ("JPEG",))))
    said = dict(head.params)
    kinds = said.get("TYPE", ())
    is_known = len(said) == len(head.params) and set(said) == {"ENCODING", "TYPE"} and head.base64 and len(kinds) == 1
    media = MEDIA_TYPES.get(kinds[0].lower()) if is_known else None
    return _written(partial(_as_data, media), target) if media else None


def _as_data(media: str, line: Line) -> str | None:
    octets = b"".join(line.raw.split())
    return f"data:{media};base64,{octets.decode()}" if _is_picture(octets, media) else None


def _jpeg(line: Line) -> str | None:
    octets = line.raw
    value = octets[len(_JPEG) :]
    return value.decode() if octets.startswith(_JPEG) and _is_picture(value, "image/jpeg") else None


def _is_picture(octets: bytes, media: str) -> bool:
    return _BASE64.fullmatch(octets) is not None and sniffed(binascii.a2b_base64(octets[:_SIGNATURE])) == media
