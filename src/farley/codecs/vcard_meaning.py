"""What the lines of a card say, however they are written: two spellings of one thing have equal meanings."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from farley.codecs.contentline import Line, Params
from farley.codecs.vcard_property import BINARY, DATES, ENCODINGS, LISTS, STRUCTURED, URIS, Property, unwrapped_label
from farley.codecs.vcard_values import split_list

TEXTS: Final = frozenset(
    {"FN", "NOTE", "TITLE", "ROLE", "EMAIL", "TEL", "LABEL", "X-LABEL", "UID", "MAILER", "X-MAILER", "CLASS",
     "X-CLASS", "SORT-STRING", "X-SORT-STRING", "PRODID", "TZ", "KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABLABEL",
     "X-ABRELATEDNAMES", "RELATED", "X-RELATED", "LANG", "X-LANG", "NAME", "X-NAME", "PROFILE", "X-PROFILE", "AGENT",
     "X-FARLEY-SOURCE"}
)  # fmt: skip
TIMES: Final = frozenset({"REV", "CREATED", "X-CREATED"})
# Of properties in the RFCs, VALUE says no more than the value does, but for these words.
_TELLING_VALUES = {"text", "uri"}
_UNORDERED = frozenset({"LABEL", "X-LABEL", "X-ABLABEL", "SORT-STRING", "X-SORT-STRING"})
_URI_ANYWAY = URIS | BINARY
_ESCAPED_BREAK = re.compile(r"\\([\\nN])|\r\n?|\n")
_PUNCTUATION = re.compile(r"(?<=[0-9])[-:](?=[0-9])")


class Meaning(NamedTuple):
    """One line, comparable."""

    name: str
    types: frozenset[str]
    pref: int | None
    params: tuple[tuple[str, tuple[str, ...]], ...]
    value: object
    companions: str  # a digest of all that is in its group, where it is not alone there


class Setting:
    """Lines of one version, seen as `Property`s without being a card."""

    def __init__(self, lines: Sequence[Line], version: str) -> None:
        self.lines = lines
        self.version = version
        self._labels: dict[str, str] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        if self._labels is None:
            found = [(each.group, each.text) for each in self.properties() if each.name == "X-ABLABEL"]
            self._labels = {group.lower(): unwrapped_label(text) for group, text in reversed(found) if group}
        return self._labels

    def properties(self) -> list[Property]:
        return [Property(index, line, self) for index, line in enumerate(self.lines)]


def meanings(lines: Sequence[Line], version: str) -> list[Meaning]:
    """The meaning of every line but VERSION, sorted: order counts among lines of one name only, and not for LABEL,
    which belongs to the ADR it is like."""
    properties = [each for each in Setting(lines, version).properties() if each.name != "VERSION"]
    values = [value_of(each) for each in properties]
    groups: dict[str, list[str]] = {}
    for each, value in zip(properties, values, strict=True):
        if each.group:
            groups.setdefault(each.group.lower(), []).append(repr((each.name, value)))
    digests = {group: _digest(members) for group, members in groups.items()}
    found = [
        _meaning_of(each, value, digests[each.group.lower()] if each.group else "")
        for each, value in zip(properties, values, strict=True)
    ]
    return sorted(found, key=lambda each: (each.name, repr(each) if each.name in _UNORDERED else ""))


def _digest(members: list[str]) -> str:
    return sha256("\n".join(sorted(members)).encode(errors="replace")).hexdigest() if len(members) > 1 else ""


def _meaning_of(found: Property, value: object, companions: str) -> Meaning:
    params = tuple(sorted(_other_params(found), key=repr))
    types = frozenset(found.types)
    if found.name in BINARY:
        types = frozenset(kind for kind in types if kind in ("home", "work"))  # the others say what the octets say
    return Meaning(found.name, types, found.pref, params, value, companions)


def value_of(found: Property) -> object:
    """The value of `found` in a form that is equal for equal meanings."""
    name = found.name
    if name in BINARY:
        return found.binary or found.uri or found.line.decoded
    if name in DATES or name in TIMES:
        return _PUNCTUATION.sub("", found.text.strip().upper()) if not found.date or not found.date.text else found.text
    if name in LISTS:
        return tuple(split_list(found.line.decoded))
    if name in STRUCTURED:
        components = found.components
        while components and not any(components[-1]):
            components.pop()
        return tuple(tuple(component) for component in components)
    if name in TEXTS or name in URIS or name == "GEO":
        return found.text
    return with_plain_breaks(found.line.decoded)


def with_plain_breaks(raw: str) -> str:
    r"""The raw value of a property nobody knows, its \n and \N as line feeds; other escapes may mean anything."""
    return _ESCAPED_BREAK.sub(lambda found: "\n" if found[1] != "\\" else found[0], raw)


def _other_params(found: Property) -> Params:
    known = any(found.name in names for names in (TEXTS, BINARY, DATES, TIMES, URIS))
    kept = []
    for name, values in found.params:
        if name in ("TYPE", "PREF", "ENCODING", "CHARSET") or not name:
            continue
        if name == "X-APPLE-OMIT-YEAR" and found.date and found.date.year is None:
            continue
        if name == "MEDIATYPE" and found.name in BINARY and found.binary:
            continue
        lowered = tuple(value.lower() for value in values) if name == "VALUE" else values
        if name == "VALUE" and known and (found.name == "TEL" or lowered[0] not in _TELLING_VALUES):
            continue
        if name == "VALUE" and found.name in _URI_ANYWAY and lowered[0] in ("uri", "url"):
            continue
        kept.append((name, lowered))
    return tuple(kept)


def is_coding(param: tuple[str, tuple[str, ...]]) -> bool:
    """Whether a parameter only says how the value is encoded."""
    name, values = param
    return name in ("ENCODING", "CHARSET") or (not name and values[0].upper() in ENCODINGS)
