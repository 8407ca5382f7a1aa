"""Content lines as each version of vCard wants them written: escapes, parameters, folds, quoted-printable, base64."""

import binascii
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from farley.codecs.contentline import Line, Params, fold, write_head
from farley.codecs.vcard_property import ENCODINGS, MEDIA_TYPES, URIS, types_and_preference
from farley.codecs.vcard_values import PartialDate, escape, plain_breaks

VERSIONS: Final = ("2.1", "3.0", "4.0")

_QP_LINE = 76  # octets of a quoted-printable line, its soft break's "=" included. RFC 2045 §6.7
_NEEDS_QP = re.compile(r"[^\t\x20-\x7e]")
_AMBIGUOUS_BACKSLASH = re.compile(r"\\(?=[\\,;:nN]|\Z)")
_UNESCAPED = URIS | {"GEO", "REV", "BDAY", "ANNIVERSARY", "DEATHDATE", "X-ANNIVERSARY", "X-ABDATE", "VERSION"}
_NO_URI = re.compile(r"[\x00-\x20\x7f]")
_OMIT_YEAR = "1604"  # Apple's year for none: a leap year


def write_line(
    version: str, line_break: bytes, name: str, value: str, *, group: str | None = None, params: Params = ()
) -> bytes:
    """One content line. `value` is escaped already; for 2.1 it has its line breaks as they are.

    What of `params` says how the old value was encoded is replaced by what the new one needs.
    """
    head = _head(name, group, params)
    if version != "2.1":
        if not value.isprintable():  # a value nobody could read may still have line breaks
            value = plain_breaks(value).replace("\n", "\\n")
        return with_break(fold(f"{head}:{value}"), line_break)
    if value.isascii() and not _NEEDS_QP.search(value):
        return f"{head}:{value}".encode() + line_break  # 2.1 readers differ on folds
    coding: Params = (("CHARSET", ("UTF-8",)), ("ENCODING", ("QUOTED-PRINTABLE",)))
    octets = _head(name, group, params, coding).encode() + b":"
    return octets + _quoted_printable(value, line_break, used=len(octets)) + line_break


def _head(name: str, group: str | None, params: Params, coding: Params = ()) -> str:
    is_short = len(params) <= 8 and all(len(values) == 1 and len(values[0]) <= 100 for _, values in params)
    return (_kept_head if is_short else _written_head)(name, group, params, coding)


def _written_head(name: str, group: str | None, params: Params, coding: Params = ()) -> str:
    if name.upper() in ("BEGIN", "END") and not group:
        name = f"X-{name}"  # of parameters or a NUL that kept it from being a mark nothing may be left
    return write_head(name, (*(param for param in params if not _is_coding(param)), *coding), group=group)


# An address book has few heads, and they take longer to write than what follows them.
_kept_head = lru_cache(maxsize=1024)(_written_head)


def write_binary(
    version: str, line_break: bytes, name: str, octets: bytes, media_type: str,
    *, group: str | None = None, params: Params = (),
) -> bytes:  # fmt: skip
    """One content line with `octets` inline. RFC 2426 §2.4.1 (b, TYPE), RFC 6350 §4.2 (a data: URI).

    Of the types in `params`, those that are no media type stay.
    """
    kept = tuple(
        param for param in params if not _is_coding(param) and param[0] not in ("", "TYPE", "VALUE", "MEDIATYPE")
    )
    types = [value for param, values in params if param in ("", "TYPE") for each in values for value in each.split(",")]
    types = [
        kind for kind in types if kind.upper() not in ENCODINGS and kind.lower() not in MEDIA_TYPES and "/" not in kind
    ]
    encoded = binascii.b2a_base64(octets, newline=False).decode()
    if version == "4.0":
        head = write_head(name, (*kept, *((("TYPE", types),) if types else ())), group=group)
        return with_break(fold(f"{head}:data:{media_type};base64,{encoded}"), line_break)
    coding = "b" if version == "3.0" else "BASE64"
    types += _type_of(media_type)
    head = write_head(name, (*kept, ("ENCODING", (coding,)), *((("TYPE", types),) if types else ())), group=group)
    if version == "3.0":
        return with_break(fold(f"{head}:{encoded}"), line_break)
    folded = with_break(fold(" " * 75 + encoded), line_break)[75:]  # the value begins on the line after
    return head.encode() + b":" + folded + line_break  # a blank line ends it


def write_text(version: str, name: str, text: str) -> str:
    """`text` escaped as the value of property `name`."""
    if name in URIS:
        return _NO_URI.sub(lambda found: f"%{ord(found[0]):02X}", text.strip())
    if name in _UNESCAPED:
        return plain_breaks(text).replace("\n", " ")
    return _bare_text(text) if version == "2.1" else escape(text)


def write_list(version: str, texts: Iterable[str]) -> str:
    """A comma-separated list, its values escaped."""
    if version == "2.1":
        return ",".join(_bare_text(text).replace(",", "\\,") for text in texts)
    return ",".join(map(escape, texts))


def write_structure(version: str, components: Iterable[Sequence[str]]) -> str:
    """Components separated by semicolons, their values by commas (which 2.1 does not know: there they are text)."""
    if version == "2.1":
        return ";".join(_bare_text(",".join(values)).replace(";", "\\;") for values in components)
    return ";".join([escape(values[0]) if len(values) == 1 else ",".join(map(escape, values)) for values in components])


def write_date(version: str, date: PartialDate, params: Params) -> tuple[str, Params]:
    """The value and the parameters of a date; `params` are the others the line has."""
    params = tuple(param for param in params if param[0] not in ("VALUE", "X-APPLE-OMIT-YEAR"))
    if date.text:
        return write_text(version, "NOTE", date.text), (*params, ("VALUE", ("text",)))
    if version == "4.0":
        return date.basic(), params
    if date.year is None and date.month and date.day:
        return f"{_OMIT_YEAR}-{date.month:02}-{date.day:02}", (*params, ("X-APPLE-OMIT-YEAR", (_OMIT_YEAR,)))
    return date.extended() if date.is_whole else date.basic(), params


def rewrite_head(version: str, line_break: bytes, line: Line, *, group: str | None, params: Params) -> bytes:
    """`line` with another group or other parameters and the octets of its value."""
    head = write_head(line.written_name, params, group=group)
    if not line.head.quoted_printable and version != "2.1":
        raw = b"".join(line.raw.split()) if line.head.base64 else line.raw
        try:
            return with_break(fold(f"{head}:{raw.decode()}"), line_break)
        except UnicodeDecodeError:
            pass  # a charset of its own: kept
    return head.encode() + b":" + line.value_octets


def typed_params(version: str, params: Params, types: Iterable[str], pref: int | None) -> Params:
    """`params` with these types and this preference instead of those they state, at the same place."""
    types = list(dict.fromkeys(types))
    ranked: Params = ()
    if pref is not None and version == "4.0":
        ranked = (("PREF", (str(min(max(pref, 1), 100)),)),)
    elif pref is not None:
        types.append("pref")
    if version == "2.1":
        stated: Params = tuple(("", (kind.upper(),)) for kind in types)
    else:
        stated = (("TYPE", tuple(types)),) if types else ()
    kept: list[tuple[str, tuple[str, ...]]] = []
    place = None
    for name, values in params:
        if name in ("TYPE", "PREF") or (not name and not _is_coding((name, values))):
            place = len(kept) if place is None else place
        else:
            kept.append((name, values))
    place = 0 if place is None else place
    return (*kept[:place], *stated, *ranked, *kept[place:])


def same_types(params: Params, types: Iterable[str], pref: int | None) -> bool:
    stated, preference = types_and_preference(params)
    return set(stated) == set(types) and preference == pref


def with_break(line: bytes, line_break: bytes) -> bytes:
    """`line` with `line_break` for its CRLFs."""
    return line if line_break == b"\r\n" else line.replace(b"\r\n", line_break)


def _type_of(media_type: str) -> list[str]:
    """The TYPE that says `media_type` in 2.1 and 3.0; none where the octets must speak for themselves."""
    if media_type in SPOKEN_TYPES:
        return [SPOKEN_TYPES[media_type]]
    return [] if media_type == "application/octet-stream" else [media_type.partition("/")[2].upper()]


SPOKEN_TYPES: Final = {media_type: kind.upper() for kind, media_type in reversed(MEDIA_TYPES.items())}


def _is_coding(param: tuple[str, tuple[str, ...]]) -> bool:
    name, values = param
    return name in ("ENCODING", "CHARSET") or (not name and values[0].upper() in ENCODINGS)


def _bare_text(text: str) -> str:
    # 2.1 has no escapes but \; and its readers show those they do not know: only what would be misread is escaped.
    return _AMBIGUOUS_BACKSLASH.sub(r"\\\\", plain_breaks(text))


def _quoted_printable(text: str, line_break: bytes, *, used: int) -> bytes:
    """`text` in quoted-printable, the first line after `used` octets, no character cut by a soft break."""
    tokens = list(map(_token, text))
    lines: list[str] = []
    current, room = "", _QP_LINE - 1 - used
    for position, token in enumerate(tokens):
        last = position == len(tokens) - 1
        if token in (" ", "\t") and (last or not current or len(current) + 3 >= room):
            token = f"={ord(token):02X}"  # at the edge of a line a blank would be lost, or taken for a fold
        if len(current) + len(token) > room and (current or not lines):
            lines.append(_without_blank_end(current))
            current, room = "", _QP_LINE - 1
            if token in _NOT_FIRST:
                token = f"={ord(token):02X}"
        current += token
    lines.append(current)
    return (b"=" + line_break).join(line.encode() for line in lines)


_NOT_FIRST = frozenset(" \tBbEe")  # a fold, or a BEGIN or END of the card


@lru_cache(maxsize=1024)
def _token(character: str) -> str:
    if character == "\n":
        return "=0D=0A"
    if character != "=" and (character == "\t" or " " <= character <= "~"):
        return character
    return "".join(f"={octet:02X}" for octet in character.encode())


def _without_blank_end(line: str) -> str:
    return f"{line[:-1]}={ord(line[-1]):02X}" if line.endswith((" ", "\t")) else line
