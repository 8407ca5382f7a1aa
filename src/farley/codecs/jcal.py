"""jCal: iCalendar as JSON, both ways. RFC 7265.

A value is given the type it has by default or that its VALUE says; what cannot be read as that type becomes a value of
type "unknown" in the letters it had, so that nothing is lost on the way back.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from farley.codecs.contentline import fold
from farley.codecs.icalendar_object import Component, ICalendar, Property, write_property
from farley.codecs.icalendar_scanning import InvalidICalendar
from farley.codecs.icalendar_values import When, parse_offset, write_offset
from farley.codecs.vcard_values import escape, split_list, unescape

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

_MAX_DEPTH: Final = 100
_TYPES: Final = {
    **dict.fromkeys(("DTSTART", "DTEND", "DUE", "COMPLETED", "RECURRENCE-ID", "EXDATE", "RDATE", "CREATED", "DTSTAMP",
                     "LAST-MODIFIED", "ACKNOWLEDGED"), "date-time"),
    **dict.fromkeys(("ATTACH", "TZURL", "URL", "SOURCE", "IMAGE", "CONFERENCE"), "uri"),
    **dict.fromkeys(("ATTENDEE", "ORGANIZER"), "cal-address"),
    **dict.fromkeys(("PERCENT-COMPLETE", "PRIORITY", "REPEAT", "SEQUENCE"), "integer"),
    **dict.fromkeys(("DURATION", "TRIGGER", "REFRESH-INTERVAL"), "duration"),
    **dict.fromkeys(("TZOFFSETFROM", "TZOFFSETTO"), "utc-offset"),
    **dict.fromkeys(("RRULE", "EXRULE"), "recur"), "FREEBUSY": "period", "GEO": "float",
    **dict.fromkeys(("CALSCALE", "METHOD", "PRODID", "VERSION", "CATEGORIES", "CLASS", "COMMENT", "DESCRIPTION",
                     "LOCATION", "RESOURCES", "STATUS", "SUMMARY", "TRANSP", "TZID", "TZNAME", "CONTACT", "RELATED-TO",
                     "UID", "ACTION", "REQUEST-STATUS", "NAME", "COLOR"), "text"),
}  # fmt: skip
_LISTS: Final = frozenset({"CATEGORIES", "RESOURCES", "EXDATE", "RDATE", "FREEBUSY"})
_STRUCTURES: Final = frozenset({"GEO", "REQUEST-STATUS"})
_NAME = re.compile(r"[A-Za-z0-9-]+")
_NUMBERS = re.compile(r"-?\d{1,9}", re.ASCII)
_FLOATS = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)


def to_jcal(ical: ICalendar) -> list[Json]:
    """The object as jCal: a list as `json.dumps` takes it."""
    return _component_out(ical.root)


def from_jcal(given: "bytes | Json") -> ICalendar:
    """The object that a jCal document, or what was read from one, stands for. Raises InvalidICalendar."""
    if isinstance(given, (str, bytes)):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            raise InvalidICalendar(line, "this is no JSON") from error
    octets = b"".join(_component_in(given, 0))
    return ICalendar.parse(octets)


def _component_out(component: Component) -> list[Json]:
    properties: list[Json] = [_property_out(each) for each in component.properties() if each.name]
    inside: list[Json] = [_component_out(each) for each in component.components]
    return [component.name.lower() or "vcalendar", properties, inside]


def _property_out(found: Property) -> list[Json]:
    params: dict[str, Json] = {}
    for name, values in found.params:
        if name and name != "VALUE" and not (name in ("ENCODING", "CHARSET") and not found.line.head.base64):
            params[name.lower()] = values[0] if len(values) == 1 else list(values)
    if found.line.group:
        params["group"] = found.line.group
    kind = _type_of(found)
    written = found.line.decoded
    try:
        typed = _values_out(found, kind, written)
    except ValueError:
        kind, typed = "unknown", [written]
    return [found.name.lower(), params, kind, *typed]


def _type_of(found: Property) -> str:
    stated = (found.param("VALUE") or "").lower()
    default = _TYPES.get(found.name, "unknown")
    kind = stated if _NAME.fullmatch(stated) else default
    if kind in ("date", "date-time") and found.whens:  # programs forget VALUE=DATE, or leave it
        return "date" if found.whens[0].is_date else "date-time"
    return kind


def _values_out(found: Property, kind: str, written: str) -> list[Json]:
    if found.name in _STRUCTURES and kind != "unknown":
        parts: list[Json] = [_one_out(kind, part) for part in re.split(r"(?<!\\);", written)]
        return [parts]
    if kind == "text":
        return list(split_list(written)) if found.name in _LISTS else [unescape(written)]
    if kind in ("unknown", "uri", "cal-address", "recur", "binary"):
        return [_one_out(kind, written)]
    return [_one_out(kind, part) for part in written.split(",")] if found.name in _LISTS else [_one_out(kind, written)]


def _one_out(kind: str, written: str) -> Json:
    make = _OUT.get(kind)
    return make(written) if make else written


def _date_out(written: str) -> str:
    if not _STAMP.fullmatch(written):
        raise ValueError(written)
    when = When.parse(written)
    if when is None:
        raise ValueError(written)
    text = when.local.isoformat()
    return text[:10] if when.is_date else text + ("Z" if when.zone == "UTC" else "")


def _period_out(written: str) -> list[Json]:
    start, slash, end = written.partition("/")
    if not slash:
        raise ValueError(written)
    return [_date_out(start), end if "P" in end.upper() else _date_out(end)]


def _integer_out(written: str) -> int:
    if not _NUMBERS.fullmatch(written):
        raise ValueError(written)
    return int(written)


def _float_out(written: str) -> float:
    if not _FLOATS.fullmatch(written) or str(float(written)) != written:
        raise ValueError(written)
    return float(written)


def _boolean_out(written: str) -> bool:
    if written.upper() not in ("TRUE", "FALSE"):
        raise ValueError(written)
    return written.upper() == "TRUE"


def _offset_out(written: str) -> str:
    offset = parse_offset(written)
    if offset is None or write_offset(offset) != written:
        raise ValueError(written)
    return ":".join((written[:3], *(written[at : at + 2] for at in range(3, len(written), 2))))


def _recur_out(written: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for part in written.split(";"):
        name, equals, value = part.partition("=")
        if not equals or name.lower() in found:
            raise ValueError(written)
        values: list[Json] = [
            int(each) if _NUMBERS.fullmatch(each) and str(int(each)) == each else each for each in value.split(",")
        ]
        if name.upper() == "UNTIL":
            values = [_date_out(value)]
        found[name.lower()] = values[0] if len(values) == 1 else values
    return found


_OUT: Final[Mapping[str, Callable[[str], Json]]] = {
    "date": _date_out, "date-time": _date_out, "period": _period_out, "integer": _integer_out, "float": _float_out,
    "boolean": _boolean_out, "utc-offset": _offset_out, "recur": _recur_out, "text": unescape,
}  # fmt: skip


def _component_in(given: Json, depth: int) -> list[bytes]:
    if not isinstance(given, list) or len(given) < 3 or depth > _MAX_DEPTH:
        raise InvalidICalendar(1, "a component of jCal is a list of its name, its properties and its components")
    name, properties, inside = given[0], given[1], given[2]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidICalendar(1, "a component of jCal has a name of letters, digits and hyphens")
    if not isinstance(properties, list) or not isinstance(inside, list):
        raise InvalidICalendar(1, "the properties and the components of jCal are lists")
    lines = [fold(f"BEGIN:{name.upper()}")]
    lines += [_property_in(each) for each in properties]
    for each in inside:
        lines += _component_in(each, depth + 1)
    return [*lines, fold(f"END:{name.upper()}")]


def _property_in(given: Json) -> bytes:
    if not isinstance(given, list) or len(given) < 4:
        raise InvalidICalendar(1, "a property of jCal is a list of its name, parameters, type and values")
    name, stated, kind = given[0], given[1], given[2]
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in ("begin", "end"):
        raise InvalidICalendar(1, "a property of jCal has a name of letters, digits and hyphens")
    if not isinstance(stated, Mapping) or not isinstance(kind, str) or not _NAME.fullmatch(kind):
        raise InvalidICalendar(1, "a property of jCal has parameters and a type")
    name = name.upper()
    params: list[tuple[str, tuple[str, ...]]] = []
    group = None
    for param, values in stated.items():
        if not _NAME.fullmatch(param):
            raise InvalidICalendar(1, "a parameter of jCal has a name of letters, digits and hyphens")
        texts = tuple(str(each) for each in (values if isinstance(values, list) else [values]))
        if param.lower() == "group":
            group = texts[0] if texts and _NAME.fullmatch(texts[0]) else None
        elif texts:
            params.append((param.upper(), texts))
    if kind not in ("unknown", _TYPES.get(name)):
        params.append(("VALUE", (kind.upper(),)))
    separator = ";" if name in _STRUCTURES else ","
    values = given[3] if name in _STRUCTURES and isinstance(given[3], list) else given[3:]
    value = separator.join(_one_in(kind, each) for each in values)
    return write_property("2.0", b"\r\n", name, value, group=group, params=tuple(params))


def _one_in(kind: str, value: Json) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if kind == "recur" and isinstance(value, Mapping):
        return ";".join(f"{name.upper()}={_part_in(name, part)}" for name, part in value.items())
    if kind == "period" and isinstance(value, list) and len(value) == 2:
        return "/".join(_compact(str(each)) for each in value)
    if isinstance(value, (list, Mapping)):
        raise InvalidICalendar(1, "a value of jCal is a text, a number or a truth")
    text = str(value)
    if kind in ("date", "date-time"):
        return _compact(text)
    if kind == "utc-offset":
        return text.replace(":", "")
    return escape(text) if kind == "text" else text


def _part_in(name: str, part: Json) -> str:
    values = part if isinstance(part, list) else [part]
    texts = [str(each) for each in values]
    return _compact(texts[0]) if name.lower() == "until" and texts else ",".join(texts)


def _compact(text: str) -> str:
    """A date or time in ISO 8601's extended form without its separators; a duration as it is."""
    return text if text[:1] in ("P", "-", "+") else text.replace("-", "").replace(":", "")
