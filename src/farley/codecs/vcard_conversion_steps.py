"""The steps of conversion between neighbouring versions, line by line. `vcard_conversion` takes them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from farley.codecs.contentline import Line, Params
from farley.codecs.vcard_conversion_rules import (
    ALIASES,
    ANNIVERSARY_LABEL,
    GENDERS,
    LABEL_OF_RELATION,
    MESSENGERS,
    MESSENGERS_BACK,
    PARAMETERS,
    RELATION_OF_LABEL,
    RENAMED,
    RENAMED_BACK,
    RULED,
)
from farley.codecs.vcard_meaning import TEXTS, TIMES, Setting, is_coding, with_plain_breaks
from farley.codecs.vcard_property import BINARY, DATES, LISTS, MEDIA_TYPES, STRUCTURED, URIS, Property
from farley.codecs.vcard_values import PartialDate, escape, split_list, unescape
from farley.codecs.vcard_writing import (
    SPOKEN_TYPES,
    write_binary,
    write_date,
    write_line,
    write_list,
    write_structure,
    write_text,
)

PLAIN_PARAMS: Final = frozenset({"LANGUAGE", "TYPE"})
ADDED: Final = "X-FARLEY-ADDED"  # parameter of an N or FN that only the target version demanded

_TIME_OF_DAY = re.compile(r"[Tt]([0-9]{2}):?([0-9]{2})?:?([0-9]{2})?([.,][0-9]+)?([Zz]|[+-][0-9]{2}:?(?:[0-9]{2})?)?")
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_COORDINATES = re.compile(r"\s*(-?[0-9.]+)\s*([;,])\s*(-?[0-9.]+)\s*")
_GEO_URI = re.compile(r"geo:(-?[0-9.]+),(-?[0-9.]+)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(.*)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_MAX_AGENT_HEAD = 400  # octets before a nested card that reading looks back upon


@dataclass(slots=True)
class Step(ABC):
    """From `source` to `target`: what becomes of each cluster of lines that belong together."""

    source: str
    target: str
    line_break: bytes
    groups: Iterator[str]  # names of groups not used yet

    def translate_all(self, lines: Sequence[Line]) -> list[bytes]:
        """What becomes of all of `lines`, in order."""
        return [octets for cluster in self.clusters(lines) for octets in self.translate(cluster)]

    def clusters(self, lines: Sequence[Line]) -> list[list[Property]]:
        """`lines` in order, those that are translated together put together at the place of the first."""
        return [[each] for each in Setting(lines, self.source).properties()]

    def leaves(self, found: Property) -> bool:
        """Whether a line is the same in both versions, to the octet, and back again."""
        return False

    @abstractmethod
    def params_of(self, found: Property) -> Params:
        """The parameters of `found` as the target version says them, without those of encoding."""

    @abstractmethod
    def translate(self, cluster: Sequence[Property]) -> list[bytes]:
        """The lines that say in the target version what those of `cluster` say in the source's."""

    def line(self, name: str, value: str, params: Params = (), *, group: str | None = None) -> bytes:
        return write_line(self.target, self.line_break, name, value, group=group, params=params)

    def value(self, found: Property) -> str:
        """The value of `found` as it is written in the target version, its form being the same in both."""
        name, line = found.name, found.line
        modern = "2.1" not in (self.source, self.target)
        if modern and not line.head.quoted_printable:
            return line.value
        if name in LISTS:
            return write_list(self.target, split_list(line.decoded))
        if name in STRUCTURED:
            return write_structure(self.target, found.components)
        if name in URIS:
            return write_text(self.target, name, unescape(line.decoded))
        if name in TEXTS:
            return write_text(self.target, "NOTE", unescape(line.decoded))
        if name in BINARY or name in DATES:
            return write_text(self.target, "GEO", line.decoded)
        raw = with_plain_breaks(line.decoded)
        return raw if self.target == "2.1" else raw.replace("\n", "\\n")


def step(source: str, target: str, line_break: bytes, groups: Iterator[str]) -> Step:
    """The step from `source` to its neighbour `target`."""
    return _STEPS[source, target](source, target, line_break, groups)


def copied(line: Line, line_break: bytes) -> bytes:
    """The octets of `line`, ending in one line break; in two where only a blank line ends its value."""
    octets = line.octets.rstrip(b"\r\n") + line_break
    return octets + line_break if line.head.quoted_printable or line.head.base64 else octets


class Modernised(Step):
    """2.1 -> 3.0: encodings, parameters without names, nested cards and coordinates the other way round."""

    def translate(self, cluster: Sequence[Property]) -> list[bytes]:
        [found] = cluster
        line, group, params = found.line, found.group, self.params_of(found)
        if not found.name:
            return [copied(line, self.line_break)]
        if found.name in BINARY and (inline := found.binary):
            return [write_binary("3.0", self.line_break, line.written_name, *inline, group=group, params=params)]
        if found.name == "GEO" and (place := _COORDINATES.fullmatch(line.decoded)):
            first, second = (place[1], place[3]) if place[2] == ";" else (place[3], place[1])
            return [self.line("GEO", f"{first};{second}", params, group=group)]
        if found.name == "AGENT" and (nested := _nested_card(line)):
            return [self.line("AGENT", escape(nested), params, group=group)]
        return [self.line(line.written_name, self.value(found), params, group=group)]

    def params_of(self, found: Property) -> Params:
        params: list[tuple[str, tuple[str, ...]]] = []
        kinds: list[str] = []
        place = 0
        for name, values in found.params:
            if is_coding((name, values)):
                continue
            if name == "TYPE" or not name:
                place = place if kinds else len(params)
                kinds.extend(values)
            elif name == "VALUE" and values[0].upper() in ("URL", "CID", "CONTENT-ID"):
                params.append((name, ("uri",)))
            elif name != "VALUE" or values[0].upper() != "INLINE":
                params.append((name, values))
        kinds = [kind for kind in kinds if kind]
        return (*params[:place], *((("TYPE", tuple(kinds)),) if kinds else ()), *params[place:])


class Aged(Step):
    """3.0 -> 2.1."""

    def translate(self, cluster: Sequence[Property]) -> list[bytes]:
        [found] = cluster
        line, group, params = found.line, found.group, self.params_of(found)
        if not found.name:
            return [copied(line, self.line_break)]
        if found.name in BINARY and (inline := found.binary):
            return [write_binary("2.1", self.line_break, line.written_name, *inline, group=group, params=params)]
        if found.name == "GEO" and (place := _COORDINATES.fullmatch(line.decoded)):
            return [self.line("GEO", f"{place[3]},{place[1]}", params, group=group)]
        if found.name == "AGENT" and (nested := _nestable(unescape(line.decoded), self.line_break)):
            head = self.line("AGENT", "", params, group=group)
            if len(head) < _MAX_AGENT_HEAD:
                return [head + nested]
        return [self.line(line.written_name, self.value(found), params, group=group)]

    def params_of(self, found: Property) -> Params:
        params: list[tuple[str, tuple[str, ...]]] = []
        for name, values in found.params:
            if is_coding((name, values)):
                continue
            if name == "TYPE" and all(map(_TOKEN.fullmatch, values)):
                params.extend(("", (value.upper(),)) for value in values)
            elif name == "VALUE" and values[0].lower() == "uri" and found.name in BINARY:
                params.append((name, ("URL",)))
            else:
                params.append((name, values))
        return tuple(params)


class Step34(Step, ABC):
    """What 3.0 <-> 4.0 have in common: most lines stay as they are, some go by a rule of their own."""

    rules: dict[str, Callable[[Property], list[bytes]]]

    def leaves(self, found: Property) -> bool:
        head = found.line.head
        if found.name in RULED or head.quoted_printable or head.charset or not found.name:
            return not found.name
        return all(name in PLAIN_PARAMS for name, _ in head.params) and found.pref is None

    def binary(self, found: Property, params: Params) -> list[bytes]:
        if inline := found.binary:
            name = found.line.written_name
            return [write_binary(self.target, self.line_break, name, *inline, group=found.group, params=params)]
        return []


class To4(Step34):
    """3.0 -> 4.0."""

    def clusters(self, lines: Sequence[Line]) -> list[list[Property]]:
        properties = Setting(lines, self.source).properties()
        partners = _partners(properties)
        joined = {partner.index for partner in partners.values()}
        return [
            [each, partners[each.index]] if each.index in partners else [each]
            for each in properties
            if each.index not in joined
        ]

    def translate(self, cluster: Sequence[Property]) -> list[bytes]:
        found = cluster[0]
        if not found.name:
            return [copied(found.line, self.line_break)]
        params, name = self.params_of(found), ALIASES.get(found.name, found.name)
        partner = cluster[1] if len(cluster) > 1 else None
        if found.name in BINARY:
            return self.binary(found, params) or [self._link(found, params)]
        if name in MESSENGERS:
            address = quote(found.text.strip(), safe="@/?=&+:;,!*()~'")
            return [self.line("IMPP", f"{MESSENGERS[name]}:{address}", params, group=found.group)]
        if name == "N" and partner is not None:
            params = (*params, ("SORT-AS", tuple(partner.text.split(","))))
        elif name == "ADR" and partner is not None:
            params = (*params, ("LABEL", (partner.text,)))
        elif name == "AGENT":
            return [self._agent(found, params)]
        elif name in ("X-ANNIVERSARY", "X-ABDATE"):
            return self._anniversary(found, params, partner)
        elif name == "X-ABRELATEDNAMES":
            return self._relation(found, params, partner)
        elif name == "X-GENDER":
            value = found.text.strip()
            sex = GENDERS.get(value.lower(), value if value[:2].strip(";").upper() in {*"MFONU", ""} else f";{value}")
            return [self.line("GENDER", sex, params, group=found.group)]
        elif name == "X-SOCIALPROFILE" and len(found.types) == 1:
            params = tuple(("SERVICE-TYPE", param[1]) if param[0] == "TYPE" else param for param in params)
        elif name == "X-ABSHOWAS" and found.text.strip().upper() == "COMPANY":
            return [self.line("KIND", "org", params, group=found.group)]
        value, params = self._form(found, params)
        return [self.line(RENAMED.get(name, found.line.written_name), value, params, group=found.group)]

    def _form(self, found: Property, params: Params) -> tuple[str, Params]:
        """The value in the form 4.0 has for it."""
        text = found.line.decoded.strip()
        if found.name in DATES or RENAMED.get(found.name) in DATES:
            return _date_in("4.0", found, params)
        if found.name in TIMES or RENAMED.get(found.name) in TIMES:
            return text.replace("-", "").replace(":", ""), _without(params, "VALUE")
        if found.name == "GEO" and (place := _COORDINATES.fullmatch(text)):
            return f"geo:{place[1]},{place[3]}", params
        if found.name == "TZ" and (offset := _OFFSET.fullmatch(text)):
            return "".join(offset.groups()), (*_without(params, "VALUE"), ("VALUE", ("utc-offset",)))
        if found.name == "TZ":
            params = _without(params, "VALUE") if (found.param("VALUE") or "").lower() == "text" else params
        return self.value(found), params

    def params_of(self, found: Property) -> Params:
        params: list[tuple[str, tuple[str, ...]]] = []
        kinds: list[str] = []
        place = 0
        for name, values in found.params:
            if is_coding((name, values)):
                continue
            if name == "TYPE" or not name:
                place = place if kinds else len(params)
                kinds.extend(values)
            elif name == "VALUE" and found.name in BINARY:
                continue  # 4.0 knows a link from inline data by its look
            elif name.startswith("X-") and name[2:] in PARAMETERS:
                params.append((name[2:], values))
            else:
                params.append((name, values))
        ranked: Params = ()
        if any(kind.lower() == "pref" for kind in kinds) and not any(name == "PREF" for name, _ in params):
            ranked = (("PREF", ("1",)),)
        kinds = [kind for kind in kinds if kind and kind.lower() != "pref"]
        return (*params[:place], *((("TYPE", tuple(kinds)),) if kinds else ()), *ranked, *params[place:])

    def _link(self, found: Property, params: Params) -> bytes:
        media = MEDIA_TYPES.get(found.types[0]) if len(found.types) == 1 else None
        if media and found.uri:
            params = (*_without(params, "TYPE"), ("MEDIATYPE", (media,)))
        return self.line(found.line.written_name, self.value(found), params, group=found.group)

    def _agent(self, found: Property, params: Params) -> bytes:
        params = (*_without(params, "VALUE"), ("TYPE", ("agent",)))
        if uri := found.uri:
            return self.line("RELATED", uri, params, group=found.group)
        who = _name_in(found.text)
        return self.line("RELATED", write_text("4.0", "NOTE", who), (*params, ("VALUE", ("text",))), group=found.group)

    def _anniversary(self, found: Property, params: Params, partner: Property | None) -> list[bytes]:
        value, params = _date_in("4.0", found, params)
        if found.name == "X-ABDATE" and (partner is None or partner.line.decoded.strip() != ANNIVERSARY_LABEL):
            made = [self.line("X-ABDATE", value, params, group=found.group)]
            return made if partner is None else [*made, partner.line.octets]
        group = found.group if partner is None else None
        return [self.line("ANNIVERSARY", value, params, group=group)]

    def _relation(self, found: Property, params: Params, partner: Property | None) -> list[bytes]:
        said = partner.line.decoded.strip() if partner else None
        kind = RELATION_OF_LABEL.get(unescape(said)) if said is not None else None
        typed: Params = (("TYPE", (kind,)),) if kind else ()
        params = (*typed, *params, ("VALUE", ("text",)))
        group = None if kind else found.group
        made = [self.line("RELATED", self.value(found), params, group=group)]
        return [*made, partner.line.octets] if partner and not kind else made


def _partners(properties: Sequence[Property]) -> dict[int, Property]:
    """By the index of a line of 3.0, the line that it is translated together with.

    A labelled date or relation and its label, where they are alone in their group; the first N and the first
    SORT-STRING; an ADR and a LABEL of the same types in the same group, where there is one of each.
    """
    groups: dict[str, list[Property]] = {}
    alike: dict[tuple[frozenset[str], str | None], dict[str, list[Property]]] = {}
    partners: dict[int, Property] = {}
    for each in properties:
        if each.group:
            groups.setdefault(each.group.lower(), []).append(each)
        if each.name in ("ADR", "LABEL"):
            key = (frozenset(each.types), each.group and each.group.lower())
            alike.setdefault(key, {"ADR": [], "LABEL": []})[each.name].append(each)
    for mates in groups.values():
        if len(mates) == 2:
            first, second = mates if mates[1].name == "X-ABLABEL" else reversed(mates)
            if first.name in ("X-ABDATE", "X-ABRELATEDNAMES") and second.name == "X-ABLABEL":
                partners[first.index] = second
    for both in alike.values():
        if len(both["ADR"]) == len(both["LABEL"]) == 1:
            partners[both["ADR"][0].index] = both["LABEL"][0]
    name = next((each for each in properties if each.name == "N"), None)
    sorting = next((each for each in properties if each.name == "SORT-STRING" and not each.params), None)
    if name and sorting:
        partners[name.index] = sorting
    return partners


class To3(Step34):
    """4.0 -> 3.0."""

    def translate(self, cluster: Sequence[Property]) -> list[bytes]:
        [found] = cluster
        if not found.name:
            return [copied(found.line, self.line_break)]
        params, name = self.params_of(found), found.name
        if name in BINARY:
            return self.binary(found, _without(params, "MEDIATYPE")) or [self._link(found, params)]
        if name == "N" and (sorting := found.param("SORT-AS")) is not None:
            return self._name(found, _without(params, "X-SORT-AS"), sorting)
        if name == "ADR" and (label := found.delivery_label) is not None:
            address = self.line("ADR", self.value(found), _without(params, "X-LABEL"), group=found.group)
            types = tuple(param for param in params if param[0] == "TYPE")
            return [address, self.line("LABEL", write_text("3.0", "NOTE", label), types, group=found.group)]
        if name == "IMPP" and (known := _SCHEME.fullmatch(unescape(found.line.decoded).strip())):
            messenger = MESSENGERS_BACK.get(known[1].lower())
            if messenger:
                return [self.line(messenger, write_text("3.0", "NOTE", unquote(known[2])), params, group=found.group)]
        if name == "RELATED":
            return self._relation(found, params)
        if name == "ANNIVERSARY":
            return self._labelled("X-ABDATE", *_date_in("3.0", found, params), ANNIVERSARY_LABEL)
        if name == "KIND" and found.text.strip().lower() == "org":
            return [self.line("X-ABShowAs", "COMPANY", params, group=found.group)]
        if name == "SOCIALPROFILE" and found.param("SERVICE-TYPE") and not found.types:
            params = tuple(("TYPE", param[1]) if param[0] == "X-SERVICE-TYPE" else param for param in params)
        if name == "TEL" and (found.param("VALUE") or "").lower() == "uri":
            return [self.line("TEL", escape(found.text), _without(params, "VALUE"), group=found.group)]
        value, params = self._form(found, params)
        return [self.line(RENAMED_BACK.get(name, found.line.written_name), value, params, group=found.group)]

    def _form(self, found: Property, params: Params) -> tuple[str, Params]:
        text = unescape(found.line.decoded).strip()
        if found.name in DATES:
            return _date_in("3.0", found, params)
        if found.name in TIMES:
            return _extended(text), params
        if found.name == "GEO" and (place := _GEO_URI.fullmatch(text)):
            return f"{place[1]};{place[2]}", params
        if found.name == "TZ" and (offset := _OFFSET.fullmatch(text)):
            return f"{offset[1]}{offset[2]}:{offset[3]}", _without(params, "VALUE")
        if found.name == "TZ" and not found.param("VALUE"):
            params = (*params, ("VALUE", ("text",)))
        return self.value(found), params

    def params_of(self, found: Property) -> Params:
        params: list[tuple[str, tuple[str, ...]]] = []
        kinds: list[str] = []
        place = 0
        for name, values in found.params:
            if is_coding((name, values)):
                continue
            if name == "TYPE" or not name:
                place = place if kinds else len(params)
                kinds.extend(kind.strip() for value in values for kind in value.split(","))
            elif name == "PREF" and values == ("1",):
                place = place if kinds else len(params)
                kinds.append("pref")
            elif name in PARAMETERS and not (name == "MEDIATYPE" and found.name in BINARY):
                params.append(("X-" + name, values))
            else:
                params.append((name, values))
        kinds = [kind for kind in kinds if kind]
        return (*params[:place], *((("TYPE", tuple(kinds)),) if kinds else ()), *params[place:])

    def _link(self, found: Property, params: Params) -> bytes:
        media = (found.param("MEDIATYPE") or "").lower()
        if found.uri:
            params = (("VALUE", ("uri",)), *_without(params, "VALUE"))
        if media in SPOKEN_TYPES and not found.types:
            params = (*_without(params, "MEDIATYPE"), ("TYPE", (SPOKEN_TYPES[media],)))
        elif media:
            params = tuple(("X-MEDIATYPE", param[1]) if param[0] == "MEDIATYPE" else param for param in params)
        return self.line(found.line.written_name, self.value(found), params, group=found.group)

    def _name(self, found: Property, params: Params, sorting: str) -> list[bytes]:
        values = next(values for name, values in found.params if name == "SORT-AS")
        name = self.line("N", self.value(found), params, group=found.group)
        return [name, self.line("SORT-STRING", escape(",".join(values)), group=found.group)]

    def _relation(self, found: Property, params: Params) -> list[bytes]:
        value_type = (found.param("VALUE") or "").lower()
        if found.types == ("agent",) and value_type != "text":
            params = (("VALUE", ("uri",)), *_without(params, "TYPE", "VALUE"))
            return [self.line("AGENT", write_text("3.0", "URL", found.text), params, group=found.group)]
        if value_type != "text":
            return [self.line("X-RELATED", self.value(found), params, group=found.group)]
        label = LABEL_OF_RELATION.get(found.types[0]) if len(found.types) == 1 else None
        if label:
            rank: Params = (("TYPE", ("pref",)),) if found.pref == 1 else ()
            params = (*rank, *_without(params, "TYPE", "VALUE"))
            return self._labelled("X-ABRELATEDNAMES", self.value(found), params, label)
        return [self.line("X-ABRELATEDNAMES", self.value(found), _without(params, "VALUE"), group=found.group)]

    def _labelled(self, name: str, value: str, params: Params, label: str) -> list[bytes]:
        group = next(self.groups)  # never one that other lines are in: the label would be theirs too
        return [self.line(name, value, params, group=group), self.line("X-ABLabel", label, group=group)]


_STEPS: Final[dict[tuple[str, str], type[Step]]] = {
    ("2.1", "3.0"): Modernised,
    ("3.0", "2.1"): Aged,
    ("3.0", "4.0"): To4,
    ("4.0", "3.0"): To3,
}


def _without(params: Params, *names: str) -> Params:
    return tuple(param for param in params if param[0] not in names)


def _date_in(version: str, found: Property, params: Params) -> tuple[str, Params]:
    """A date, and the time of day some have, as `version` writes them."""
    date = found.date
    if date is None:
        return "", params
    value, params = write_date(version, date, params)
    time = _TIME_OF_DAY.search(found.text) if not date.text and date.day else None
    if time is None or "X-APPLE-OMIT-YEAR" in dict(params):
        return value, params
    whole = "T" + "".join(part or "" for part in time.groups()).replace(":", "")
    return (value + whole if version == "4.0" else _extended(date.basic() + whole)), params


def _extended(timestamp: str) -> str:
    """19951031T222710Z as 1995-10-31T22:27:10Z; anything else as it is."""
    day, _, time = timestamp.partition("T")
    date = PartialDate.parse(day)
    clock = _TIME_OF_DAY.fullmatch("T" + time) if time else None
    if date is None or not date.is_whole or (time and clock is None):
        return timestamp
    if clock is None:
        return date.extended()
    hours, minutes, seconds, fraction, zone = clock.groups()
    if zone and len(zone) == 5:
        zone = f"{zone[:3]}:{zone[3:]}"
    return f"{date.extended()}T{':'.join(filter(None, (hours, minutes, seconds)))}{fraction or ''}{zone or ''}"


def _nested_card(agent: Line) -> str:
    """The text of the card that an AGENT of 2.1 holds on its following lines."""
    inside = agent.value.strip()
    return inside.replace("\r\n", "\n").replace("\r", "\n") + "\n" if inside[:6].upper() == "BEGIN:" else ""


def _nestable(text: str, line_break: bytes) -> bytes:
    """`text`, if it is one whole card, as lines to stand after AGENT in 2.1."""
    lines = text.strip().replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marks = [line.strip().upper() for line in lines]
    whole = marks[0] == "BEGIN:VCARD" and marks[-1] == "END:VCARD"
    if not whole or any(mark in ("BEGIN:VCARD", "END:VCARD") for mark in marks[1:-1]):
        return b""
    return b"".join(line.encode() + line_break for line in lines)


def _name_in(card: str) -> str:
    """The FN in the text of a card; the text where there is none."""
    found = re.search(r"^(?:[^:;\n]*\.)?FN[^:\n]*:([^\n]*)", card, re.IGNORECASE | re.MULTILINE)
    return unescape(found[1]).strip() if found else card
