"""vCalendar 1.0 made iCalendar 2.0, and back, without loss.

Every line follows the table of docs/compliance/vcalendar-conversion.md. Where the line that is made would not lead
back to the one it was made of, that one rides along in an X-FARLEY-SOURCE line: converting back restores it, but only
where what was made of it is still there unchanged.
"""

import binascii
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from farley.codecs.contentline import Line, Params, line_ending
from farley.codecs.icalendar_object import Component, ICalendar, Property, write_property
from farley.codecs.icalendar_values import Duration, When, plus
from farley.codecs.vcalendar_rules import rule_from_1, rule_to_1
from farley.codecs.vcard_values import escape, plain_breaks
from farley.codecs.zones import FixedZone, Zones

SOURCE: Final = "X-FARLEY-SOURCE"

_LISTS: Final = frozenset({"CATEGORIES", "RESOURCES"})
_POINTS: Final = frozenset(
    {"DTSTART", "DTEND", "DUE", "COMPLETED", "LAST-MODIFIED", "CREATED", "DCREATED", "EXDATE", "RDATE", "DTSTAMP"}
)
_VERBATIM: Final = frozenset({"ATTACH", "URL", "SEQUENCE", "PRIORITY", "CLASS", "PERCENT-COMPLETE"})
_ONLY_2: Final = frozenset({"METHOD", "CALSCALE", "RECURRENCE-ID"})  # 1.0 has no word for them
_RENAMED: Final = {"DCREATED": "CREATED"}
_STATUS: Final = {"NEEDS ACTION": "NEEDS-ACTION"}
_ROLES: Final = {"ATTENDEE": "REQ-PARTICIPANT", "OWNER": "CHAIR"}
_ALARMS: Final = {"DALARM": "DISPLAY", "AALARM": "AUDIO", "MALARM": "EMAIL"}

Made = list[tuple[str, Params, str]]
"""Lines as name, parameters and value, written already; a BEGIN and an END for a component."""


def convert(ical: ICalendar, version: str) -> ICalendar:
    """`ical` in 1.0 or 2.0; the same object where it is in it already. Raises ValueError for a version there is not."""
    if version not in ("1.0", "2.0"):
        msg = f"there is no iCalendar {version}"
        raise ValueError(msg)
    if ical.version == version:
        return ical
    return ICalendar(b"".join(_component(ical.root, _Step(ical, version))))


class _Step:
    """One conversion: from where to where, and what is known on the way."""

    def __init__(self, ical: ICalendar, target: str) -> None:
        self.source, self.target = ical.version, target
        self.line_break = line_ending(ical.octets)
        self.zones = Zones(ical, FixedZone(timedelta(0)))

    def written(self, made: Made) -> bytes:
        return b"".join(
            f"{name}:{value}".encode() + self.line_break
            if name in ("BEGIN", "END")
            else write_property(self.target, self.line_break, name, value, params=params)
            for name, params, value in made
        )


def _component(component: Component, step: _Step) -> list[bytes]:
    """The lines of the component in the other version; those within stay in their order."""
    out = [step.written([("BEGIN", (), component.name)])] if component.name else []
    blocks = _blocks(component)
    at = 0
    while at < len(blocks):
        block = blocks[at]
        carrier = blocks[at + 1] if at + 1 < len(blocks) else None
        if (original := _restored(block, step)) is not None:  # what was made into nothing
            out.append(original)
        elif carrier is not None and (original := _restored(carrier, step, of=block)) is not None:
            out.append(original)
            at += 1
        elif isinstance(block, Property) and block.name == SOURCE and block.param("X-VERSION") == step.target:
            pass  # what it stood for was changed or taken away
        else:
            out += _translated(block, component, step)
        at += 1
    return [*out, step.written([("END", (), component.name)])] if component.name else out


def _translated(block: Property | Component, component: Component, step: _Step) -> list[bytes]:
    if isinstance(block, Component) and block.name not in ("VALARM", "VTIMEZONE"):
        return _component(block, step)
    if isinstance(block, Property) and block.name == "VERSION" and component.name == "VCALENDAR":
        return [step.written([("VERSION", (), step.target)])]
    if isinstance(block, Property) and not block.name:
        return [block.line.octets]
    made = _made(block, component, step)
    octets = step.written(made)
    if _leads_back(octets, block, component, step):
        return [octets]
    return [octets, _carrier(_octets(block), octets, step)]


def _blocks(component: Component) -> list[Property | Component]:
    found: list[Property | Component] = [*component.properties(), *component.components]
    return sorted(found, key=lambda each: each.index if isinstance(each, Property) else each.start)


def _made(block: Property | Component, component: Component, step: _Step) -> Made:
    """What says the same in the other version; nothing where it has no words for it."""
    if isinstance(block, Component):
        return _alarm_to_1(block, component, step) if step.target == "1.0" and block.name == "VALARM" else []
    if step.target == "2.0":
        return _to_2(block, component)
    return _to_1(block, component, step)


def _to_2(found: Property, component: Component) -> Made:
    name, params = _RENAMED.get(found.name, found.name), _without_coding(found.params)
    written = found.line.decoded.strip()
    if name in ("RRULE", "EXRULE"):
        rule = rule_from_1(written)
        return [(name, params, rule)] if rule else []
    if name in _ALARMS:
        return _alarm_to_2(found)
    if name == "ATTENDEE":
        return _attendee_to_2(found)
    if name == "STATUS":
        value = _STATUS.get(written.upper(), written.upper())
        allowed = ("TENTATIVE", "CONFIRMED", "CANCELLED")
        return [(name, params, value)] if component.name != "VEVENT" or value in allowed else []
    if name == "TRANSP":
        return [(name, params, "OPAQUE" if written == "0" else "TRANSPARENT")]
    if name == "GEO":
        longitude, _, latitude = written.partition(",")
        return [(name, params, f"{latitude.strip()};{longitude.strip()}")]
    if name in _LISTS:
        return [(name, params, ",".join(escape(text.strip()) for text in found.texts))]
    if name in _POINTS:
        whens = found.whens
        if whens and all(when.is_date for when in whens):
            params = (*params, ("VALUE", ("DATE",)))
        return [(name, params, ",".join(when.written() for when in whens))] if whens else []
    if name in ("DAYLIGHT", "TZ", "RNUM", "PALARM"):
        return [(f"X-{name}", params, plain_breaks(written).replace("\n", " "))]
    return [(name, params, _plain(found) if name in _VERBATIM else escape(found.text))]


def _to_1(found: Property, component: Component, step: _Step) -> Made:
    name, params = found.name, _without_coding(found.params)
    written = found.line.decoded.strip()
    if name in _ONLY_2:
        return []
    if name in ("RRULE", "EXRULE"):
        rule = rule_to_1(written)
        return [(name, (), rule)] if rule else []
    if name in ("ATTENDEE", "ORGANIZER"):
        return _attendee_to_1(found)
    if name == "STATUS":
        return [(name, params, {new: old for old, new in _STATUS.items()}.get(written.upper(), written.upper()))]
    if name == "TRANSP":
        return [(name, params, "1" if written.upper() == "TRANSPARENT" else "0")]
    if name == "GEO":
        latitude, _, longitude = written.partition(";")
        return [(name, params, f"{longitude},{latitude}")]
    if name in _LISTS:
        return [(name, params, ";".join(text.replace(";", "\\;") for text in found.texts))]
    if name == "CREATED" or name in _POINTS:
        old = {new: old for old, new in _RENAMED.items()}.get(name, name)
        kept = tuple(param for param in params if param[0] not in ("TZID", "VALUE"))
        return [(old, kept, ";".join(_in_utc(when, step) for when in found.whens))] if found.whens else []
    if name == "DURATION":
        return _end_to_1(found, component, step)
    if name in ("X-DAYLIGHT", "X-TZ", "X-RNUM", "X-PALARM"):
        return [(name[2:], params, written)]
    return [(name, params, _plain(found) if name in _VERBATIM else found.text)]


def _plain(found: Property) -> str:
    return found.line.decoded if found.line.head.quoted_printable else found.line.value


def _in_utc(when: When, step: _Step) -> str:
    if when.zone in (None, "UTC"):
        return when.written()
    return When(step.zones.instant(when), "UTC").written()


def _end_to_1(found: Property, component: Component, step: _Step) -> Made:
    start, duration = component.start_at, found.duration
    if start is None or duration is None or component.name not in ("VEVENT", "VTODO"):
        return []
    end = When(plus(start.local, duration.delta), start.zone, start.is_date)
    return [("DTEND" if component.name == "VEVENT" else "DUE", (), _in_utc(end, step))]


def _alarm_to_2(found: Property) -> Made:
    """DALARM:time;snooze;repeat;text and its kin, as a VALARM."""
    time, snooze, repeat, text = (*found.line.decoded.split(";", 3), "", "", "")[:4]
    when = When.parse(time)
    if when is None:
        return []
    action = _ALARMS[found.name]
    made: Made = [("BEGIN", (), "VALARM"), ("ACTION", (), action)]
    made.append(("TRIGGER", (("VALUE", ("DATE-TIME",)),), when.written()))
    if snooze.strip() and repeat.strip() and Duration.parse(snooze):
        made += [("DURATION", (), snooze.strip()), ("REPEAT", (), repeat.strip())]
    if action == "DISPLAY":
        made.append(("DESCRIPTION", (), escape(text.replace("\\;", ";"))))
    elif action == "AUDIO" and text.strip():
        made.append(("ATTACH", (), plain_breaks(text.strip()).replace("\n", " ")))
    elif action == "EMAIL":
        address, _, note = text.partition(";")
        made += [("ATTENDEE", (), f"mailto:{address.strip()}"), ("DESCRIPTION", (), escape(note))]
        made.append(("SUMMARY", (), escape(note[:60])))
    return [*made, ("END", (), "VALARM")]


def _alarm_to_1(alarm: Component, component: Component, step: _Step) -> Made:
    trigger = alarm.first("TRIGGER")
    name = {new: old for old, new in _ALARMS.items()}.get(alarm.text("ACTION").strip().upper())
    if trigger is None or name is None:
        return []
    when = next(iter(trigger.whens), None)
    before = trigger.duration
    if when is None and before is not None:
        is_end = (trigger.param("RELATED") or "").upper() == "END"
        origin = (component.end_at if is_end else None) or component.start_at or component.end_at
        when = When(plus(origin.local, before.delta), origin.zone) if origin else None
    if when is None:
        return []
    text = alarm.text("DESCRIPTION").replace(";", "\\;")
    if name == "AALARM":
        text = alarm.text("ATTACH")
    elif name == "MALARM":
        attendee = alarm.first("ATTENDEE")
        text = f"{attendee.address if attendee else ''};{text}"
    value = f"{_in_utc(when, step)};{alarm.text('DURATION')};{alarm.text('REPEAT')};{text}"
    return [(name, (), value)]


def _attendee_to_2(found: Property) -> Made:
    written = found.line.decoded.strip()
    shown, opened, address = written.rpartition("<")
    address = address.rstrip("> ") if opened else written
    params: list[tuple[str, tuple[str, ...]]] = [("CN", (shown.strip().strip('"'),))] if shown.strip() else []
    name = "ATTENDEE"
    for param, values in _without_coding(found.params):
        value = values[0].upper()
        if param == "ROLE" and value == "ORGANIZER":
            name = "ORGANIZER"
        elif param == "ROLE":
            params.append(("ROLE", (_ROLES.get(value, value),)))
        elif param == "STATUS":
            params.append(("PARTSTAT", (_STATUS.get(value, value),)))
        elif param == "RSVP":
            params.append(("RSVP", ("TRUE" if value == "YES" else "FALSE",)))
        else:
            params.append((param if param != "EXPECT" else "X-EXPECT", values))
    scheme = "" if ":" in address or "@" not in address else "mailto:"
    return [(name, tuple(params), plain_breaks(scheme + address).replace("\n", " "))]


def _attendee_to_1(found: Property) -> Made:
    params: list[tuple[str, tuple[str, ...]]] = [("ROLE", ("ORGANIZER",))] if found.name == "ORGANIZER" else []
    roles, statuses = ({new: old for old, new in each.items()} for each in (_ROLES, _STATUS))
    shown = ""
    for param, values in _without_coding(found.params):
        value = values[0].upper()
        if param == "CN":
            shown = values[0]
        elif param == "ROLE":
            params.append(("ROLE", (roles.get(value, value),)))
        elif param == "PARTSTAT":
            params.append(("STATUS", (statuses.get(value, value),)))
        elif param == "RSVP":
            params.append(("RSVP", ("YES" if value == "TRUE" else "NO",)))
        else:
            params.append((param.removeprefix("X-") if param == "X-EXPECT" else param, values))
    address = found.address or found.line.decoded.strip()
    return [("ATTENDEE", tuple(params), f"{shown} <{address}>" if shown else address)]


def _without_coding(params: Params) -> Params:
    return tuple(
        param for param in params
        if param[0] != "CHARSET"
        and not (param[0] == "ENCODING" and param[1][0].upper() == "QUOTED-PRINTABLE")
        and not (not param[0] and param[1][0].upper() == "QUOTED-PRINTABLE")
    )  # fmt: skip


def _octets(block: Property | Component) -> bytes:
    return block.line.octets if isinstance(block, Property) else block.octets


def _leads_back(made: bytes, block: Property | Component, component: Component, step: _Step) -> bool:
    """Whether converting `made` gives what the block says; its parent has no other lines for that."""
    if not made:
        return False
    parent = _within(component.name, made, step.target)
    inside = parent.root.components[0] if parent.root.components else parent.root
    back = _Step(parent, step.source)
    blocks = _blocks(inside)
    if len(blocks) != 1:
        return False
    octets = back.written(_made(blocks[0], inside, back))
    return _said(octets) == _said(_octets(block))


def _within(name: str, octets: bytes, version: str) -> ICalendar:
    inside = octets if name == "VCALENDAR" else f"BEGIN:{name}\r\n".encode() + octets + f"\r\nEND:{name}\r\n".encode()
    return ICalendar(f"BEGIN:VCALENDAR\r\nVERSION:{version}\r\n".encode() * (name != "VCALENDAR") + inside)


def _said(octets: bytes) -> list[tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]]:
    """Lines apart from how they are folded, quoted and encoded."""
    lines: Sequence[Line] = ICalendar(octets).lines
    return [
        (line.name, line.decoded.replace("\r\n", "\n").strip(), tuple(sorted(_without_coding(line.params))))
        for line in lines
        if line.name or line.octets.strip()
    ]


def _carrier(original: bytes, made: bytes, step: _Step) -> bytes:
    text = binascii.b2a_base64(original, newline=False).decode()
    params: Params = (("X-VERSION", (step.source,)), ("X-OF", (_mark(made),)))
    return write_property(step.target, step.line_break, SOURCE, text, params=params)


def _mark(octets: bytes) -> str:
    """What tells whether a line was changed: a check sum of what it says; "" for nothing."""
    said = repr(_said(octets)).encode()
    return f"{binascii.crc32(said):08x}" if octets else "0"


def _restored(block: Property | Component, step: _Step, *, of: Property | Component | None = None) -> bytes | None:
    """The original that a carrier brings, where what was made of it is `of`, unchanged. None for anything else."""
    if not isinstance(block, Property) or block.name != SOURCE or block.param("X-VERSION") != step.target:
        return None
    if block.param("X-OF") != (_mark(_octets(of)) if of else "0"):
        return None
    try:
        octets = binascii.a2b_base64(block.line.decoded)
    except (binascii.Error, ValueError):
        return None
    found = ICalendar(octets)
    names = [line.name for line in found.lines]
    is_one = len(names) == 1 and names[0] not in ("BEGIN", "END")
    whole = found.root.components
    is_component = len(whole) == 1 and whole[0].start == 0 and whole[0].end == len(names) - 1 and names[-1:] == ["END"]
    if not (is_one or is_component):
        return None  # somebody's own doing
    return octets.rstrip(b"\r\n") + step.line_break
