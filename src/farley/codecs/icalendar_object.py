"""An iCalendar object as a value: its octets, and what they say."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from farley.codecs.contentline import Line, Params, fold, line_ending, split_lines, write_head
from farley.codecs.icalendar_scanning import InvalidICalendar, Source, scan
from farley.codecs.icalendar_values import Duration, Period, When
from farley.codecs.vcard_values import escape, plain_breaks, split_components, split_list, unescape
from farley.codecs.vcard_writing import with_break, write_line

KINDS: Final = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY")

# Values that have no escapes. RFC 5545 §3.8, RFC 7986 §5, RFC 9073, RFC 9253.
_AS_WRITTEN: Final = frozenset(
    {
        "VERSION", "CALSCALE", "METHOD", "ATTACH", "CLASS", "GEO", "PERCENT-COMPLETE", "PRIORITY", "STATUS",
        "COMPLETED", "DTEND", "DUE", "DTSTART", "DURATION", "FREEBUSY", "TRANSP", "TZID", "TZOFFSETFROM", "TZOFFSETTO",
        "TZURL", "ATTENDEE", "ORGANIZER", "RECURRENCE-ID", "URL", "EXDATE", "EXRULE", "RDATE", "RRULE", "ACTION",
        "REPEAT", "TRIGGER", "CREATED", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "REFRESH-INTERVAL", "SOURCE", "COLOR",
        "IMAGE", "CONFERENCE", "ACKNOWLEDGED", "STRUCTURED-DATA", "LINK",
    }
)  # fmt: skip
_MAX_HEAD = 2**13  # octets of what stands before the components and is remembered: more than most have
_MOST_KEPT = 8  # things that are remembered of one object
_NOT_MADE: Final = object()
_MARKS = frozenset({"BEGIN", "END", "\ufeffBEGIN"})
T = TypeVar("T")


class ICalendar:
    """One iCalendar 2.0 or vCalendar 1.0 object. Immutable; equal where the octets are.

    `octets` are what was read, to the last line break; `lines` all content lines in them, BEGIN and END too, unknown
    and broken ones too. A property's index is its place there.
    """

    __slots__ = ("_kept", "_lines", "_root", "_version", "octets")

    def __init__(self, octets: bytes) -> None:
        """For readers, who know that the octets are one calendar; everybody else takes `parse` or `new`."""
        self.octets: Final = octets
        self._lines: tuple[Line, ...] | None = None
        self._root: Component | None = None
        self._version = ""
        self._kept: dict[Hashable, Any] = {}

    @classmethod
    def parse(cls, octets: bytes) -> ICalendar:
        """The one calendar that `octets` are. Raises InvalidICalendar for none, for several and for a broken one.

        Blank lines and a byte order mark around it stay in its octets; UTF-16 becomes UTF-8.
        """
        source = Source(octets)
        layout = scan(source)
        if layout.faults:
            raise InvalidICalendar(layout.faults[0].line, layout.faults[0].reason)
        if not layout.calendars:
            raise InvalidICalendar(1, "there is no VCALENDAR")
        if len(layout.calendars) > 1:
            raise InvalidICalendar(layout.calendars[1].line, "a second VCALENDAR begins where one was expected")
        return cls(b"".join(source.chunks()))

    @classmethod
    def new(cls, kind: str, *, uid: str, stamp: When, prodid: str) -> ICalendar:
        """An object with one component that has only what it must have. RFC 5545 §3.6."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{escape(prodid)}", f"BEGIN:{kind}", f"UID:{escape(uid)}"]
        lines += [f"DTSTAMP:{stamp.written()}", f"END:{kind}", "END:VCALENDAR"]
        return cls(b"".join(map(fold, lines)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ICalendar) and self.octets == other.octets

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"<ICalendar of {len(self.octets)} octets>"  # never contents: this ends up in logs

    @property
    def lines(self) -> tuple[Line, ...]:
        if self._lines is None:
            self._lines = _lines_of(self.octets)
        return self._lines

    @property
    def root(self) -> Component:
        """The VCALENDAR."""
        if self._root is None:
            self._root = _tree(self)
        return self._root

    @property
    def version(self) -> str:
        """1.0 or 2.0: as declared; 2.0 where nothing is."""
        if not self._version:
            declared = self.root.text("VERSION").strip()
            self._version = "1.0" if declared.startswith("1") else "2.0"
        return self._version

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this key and remembered: the octets never change. Of the keys that are asked
        for a few are remembered."""
        kept = self._kept
        found = kept.get(key, _NOT_MADE)
        if found is _NOT_MADE:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            found = kept[key] = make()
        return found  # type: ignore[no-any-return]

    @property
    def components(self) -> list[Component]:
        """What the object is about, time zones left out: a component and its overrides, in the order written."""
        return [each for each in self.root.components if each.name != "VTIMEZONE"]

    @property
    def zones(self) -> dict[str, Component]:
        """The VTIMEZONE of each TZID; the first where there are several."""
        found: dict[str, Component] = {}
        for each in self.root.components:
            if each.name == "VTIMEZONE":
                found.setdefault(each.text("TZID").strip(), each)
        return found

    @property
    def main(self) -> Component | None:
        """The component without a RECURRENCE-ID; the first of any where all have one. None for an empty calendar."""
        components = self.components
        if len(components) == 1:
            return components[0]
        series = next((each for each in components if not each.first("RECURRENCE-ID")), None)
        return series or next(iter(components), None)

    @property
    def overrides(self) -> list[Component]:
        """The components that stand for single occurrences of a series, or for all from one on."""
        return [each for each in self.components if each.first("RECURRENCE-ID")]

    @property
    def uid(self) -> str | None:
        return next((uid for each in self.components if (uid := each.text("UID").strip())), None)

    @property
    def kind(self) -> str:
        """VEVENT, VTODO, VJOURNAL and so on; "" for an empty calendar."""
        return self.main.name if self.main else ""

    @property
    def method(self) -> str:
        return self.root.text("METHOD").strip().upper()

    # Editing. Each method gives a new object in which every other line has the octets it had; asked for what is
    # already so, it gives this object. Indices and components are those of the object a method is called on.

    def with_text(self, index: int, text: str) -> ICalendar:
        """The value of one property replaced by one text."""
        found = self._at(index)
        return self if found.text == text else self._with_value(found, self._as_text(found.name, text), found.params)

    def with_texts(self, index: int, texts: Sequence[str]) -> ICalendar:
        """The values of one list."""
        found = self._at(index)
        return self if found.texts == list(texts) else self._with_value(found, self._as_list(texts), found.params)

    def with_when(self, index: int, when: When) -> ICalendar:
        """Another point in time, its TZID and VALUE=DATE as it needs them."""
        found = self._at(index)
        if found.whens == [when]:
            return self
        return self._with_value(found, when.written(), _params_of(when, found.params))

    def with_value(self, index: int, value: str, params: Params | None = None) -> ICalendar:
        """A value that is written as it must be already, and other parameters where they are given."""
        found = self._at(index)
        if found.line.value == value and params in (None, found.params):
            return self
        return self._with_value(found, value, found.params if params is None else params)

    def added(
        self,
        component: Component,
        name: str,
        *,
        text: str | None = None,
        texts: Sequence[str] | None = None,
        when: When | None = None,
        value: str | None = None,
        params: Params = (),
    ) -> ICalendar:
        """One property more in `component`, after its last of that name, else after its own lines.

        Exactly one form of value is given; `value` is escaped already.
        """
        name = name.upper()
        if when is not None:
            value, params = when.written(), _params_of(when, params)
        elif texts is not None:
            value = self._as_list(texts)
        elif text is not None:
            value = self._as_text(name, text)
        indices = component.indices
        same = [index for index in indices if self.lines[index].name == name]
        at = (same or indices or [component.start])[-1] + 1
        return self._spliced(at, at, self._written(name, value or "", None, params))

    def with_lines_after(self, added: Mapping[int, Sequence[tuple[str, str]]]) -> ICalendar:
        """Properties more, as names and values written already, each after the line at its index."""
        if not added:
            return self
        pieces = []
        for index, line in enumerate(self.lines):
            pieces.append(line.octets)
            if index in added and not line.octets.endswith((b"\n", b"\r")):
                pieces.append(self._line_break)
            pieces += [self._written(name, value, None, ()) for name, value in added.get(index, ())]
        return ICalendar(b"".join(pieces))

    def without(self, *indices: int) -> ICalendar:
        """Without these properties."""
        gone = set(indices)
        return self._keeping(line for at, line in enumerate(self.lines) if at not in gone) if gone else self

    def without_component(self, component: Component) -> ICalendar:
        return self._keeping([*self.lines[: component.start], *self.lines[component.stop :]])

    def with_component(self, octets: bytes, *, within: Component | None = None, first: bool = False) -> ICalendar:
        """A whole component, written already, as the last in the calendar or in `within`, or as the `first` there."""
        holder = within or self.root
        at = holder.components[0].start if first and holder.components else holder.end
        return self._spliced(at, at, with_break(octets.rstrip(b"\r\n") + b"\r\n", self._line_break))

    @property
    def _line_break(self) -> bytes:
        return line_ending(self.octets)

    def _at(self, index: int) -> Property:
        return Property(index, self.lines[index], self)

    def _as_text(self, name: str, text: str) -> str:
        if name in _AS_WRITTEN:
            return plain_breaks(text).replace("\n", " ")
        return plain_breaks(text) if self.version == "1.0" else escape(text)

    def _as_list(self, texts: Iterable[str]) -> str:
        if self.version == "1.0":
            return ";".join(plain_breaks(text).replace(";", "\\;") for text in texts)
        return ",".join(map(escape, texts))

    def _with_value(self, found: Property, value: str, params: Params) -> ICalendar:
        octets = self._written(found.line.written_name, value, found.line.group, params)
        return self._spliced(found.index, found.index + 1, octets)

    def _written(self, name: str, value: str, group: str | None, params: Params) -> bytes:
        return write_property(self.version, self._line_break, name, value, group=group, params=params)

    def _spliced(self, start: int, stop: int, octets: bytes) -> ICalendar:
        lines, end = self.lines, self._line_break
        if start and lines[start - 1].is_open:
            octets = end + octets  # a blank line: else the line before would take this one in
        elif start and not lines[start - 1].octets.endswith((b"\n", b"\r")):
            octets = end + octets
        pieces = [*(line.octets for line in lines[:start]), octets, *(line.octets for line in lines[stop:])]
        return ICalendar(b"".join(pieces))

    def _keeping(self, lines: Iterable[Line]) -> ICalendar:
        return ICalendar(b"".join(line.octets for line in lines))


class Component:
    """One component of an object: the lines from its BEGIN to its END. Properties are its own, not those within.

    `start` is the index of BEGIN, `end` that of END, `stop` the one after it.
    """

    __slots__ = ("_places", "components", "end", "ical", "indices", "name", "start")

    def __init__(self, ical: ICalendar, name: str, start: int) -> None:
        self.ical, self.name, self.start, self.end = ical, name, start, start
        self.indices: list[int] = []  # of its own properties
        self.components: list[Component] = []
        self._places: dict[str, list[int]] | None = None

    def __repr__(self) -> str:
        return f"<{self.name or 'Component'} of {self.stop - self.start} lines>"

    @property
    def stop(self) -> int:
        return min(self.end + 1, len(self.ical.lines))

    @property
    def octets(self) -> bytes:
        return b"".join(line.octets for line in self.ical.lines[self.start : self.stop])

    def properties(self, *names: str) -> list[Property]:
        """The properties with one of these names (upper case), or all, in the order written."""
        ical, lines = self.ical, self.ical.lines
        if not names:
            return [Property(index, lines[index], ical) for index in self.indices]
        places = self._places_of(names[0]) if len(names) == 1 else sorted(self._all_places(names))
        return [Property(index, lines[index], ical) for index in places]

    def first(self, name: str) -> Property | None:
        places = self._places_of(name)
        return Property(places[0], self.ical.lines[places[0]], self.ical) if places else None

    def text(self, name: str) -> str:
        """The text of the first property of that name; "" where there is none."""
        places = self._places_of(name)
        return Property(places[0], self.ical.lines[places[0]], self.ical).text if places else ""

    def when(self, name: str) -> When | None:
        """The first point in time that properties of that name hold and that can be read."""
        return next((when for found in self.properties(name) for when in found.whens), None)

    def number(self, name: str) -> int | None:
        """The whole number the first property of that name is."""
        return number(self.text(name))

    @property
    def start_at(self) -> When | None:
        return self.when("DTSTART")

    @property
    def end_at(self) -> When | None:
        """DTEND, or DUE of a task, as written; a DURATION is another property."""
        return self.when("DUE" if self.name == "VTODO" else "DTEND")

    @property
    def duration(self) -> Duration | None:
        found = self.first("DURATION")
        return found.duration if found else None

    @property
    def recurrence_id(self) -> When | None:
        return self.when("RECURRENCE-ID")

    @property
    def is_this_and_future(self) -> bool:
        found = self.first("RECURRENCE-ID")
        return bool(found) and (found.param("RANGE") or "").upper() == "THISANDFUTURE" if found else False

    @property
    def is_all_day(self) -> bool:
        start = self.start_at or self.end_at
        return start is not None and start.is_date

    @property
    def categories(self) -> list[str]:
        return list(dict.fromkeys(text.strip() for each in self.properties("CATEGORIES") for text in each.texts))

    @property
    def alarms(self) -> list[Component]:
        return [each for each in self.components if each.name == "VALARM"]

    @property
    def organizer(self) -> Property | None:
        return self.first("ORGANIZER")

    @property
    def attendees(self) -> list[Property]:
        return self.properties("ATTENDEE")

    def _places_of(self, name: str) -> Sequence[int]:
        places = self._places
        if places is None:
            places = {}
            lines = self.ical.lines
            for index in self.indices:
                places.setdefault(lines[index].name, []).append(index)
            self._places = places  # whole: another thread may read the same object
        return places.get(name, ())

    def _all_places(self, names: Iterable[str]) -> Iterator[int]:
        for name in dict.fromkeys(names):
            yield from self._places_of(name)


class Property:
    """One property of an object, its value read in whatever form is asked for."""

    __slots__ = ("ical", "index", "line", "name")

    def __init__(self, index: int, line: Line, ical: ICalendar) -> None:
        self.index, self.line, self.ical = index, line, ical
        self.name = line.name

    def __repr__(self) -> str:
        return f"<Property {self.index} {self.name}>"

    @property
    def params(self) -> Params:
        return self.line.params

    def param(self, name: str) -> str | None:
        """The first value of a parameter; None where it is not given."""
        return next((values[0] for param, values in self.line.params if param == name), None)

    @property
    def text(self) -> str:
        """The value as one text, unescaped where its kind has escapes."""
        if self.name in _AS_WRITTEN:
            return self.line.decoded
        return unescape(self.line.decoded)

    @property
    def texts(self) -> list[str]:
        """The values of a list: separated by commas, in vCalendar 1.0 by semicolons."""
        value = self.line.decoded
        if not value:
            return []
        return split_components(value) if self.ical.version == "1.0" and ";" in value else split_list(value)

    @property
    def whens(self) -> list[When]:
        """The points in time of the value; those that cannot be read are left out, of a period its start is taken."""
        zone = self.param("TZID")
        return _read(self._pieces(), lambda piece: When.parse(piece.partition("/")[0], zone))

    @property
    def periods(self) -> list[Period]:
        zone = self.param("TZID")
        return _read(self._pieces(), lambda piece: Period.parse(piece, zone))

    @property
    def duration(self) -> Duration | None:
        return Duration.parse(self.line.decoded)

    @property
    def number(self) -> int | None:
        return number(self.line.decoded)

    @property
    def address(self) -> str:
        """The e-mail address of an ATTENDEE or ORGANIZER: of a mailto: URI, else of EMAIL; "" where there is none."""
        value = self.line.decoded.strip()
        if value[:7].lower() == "mailto:":
            return value[7:].strip()
        stated = (self.param("EMAIL") or "").strip()
        return stated or (value if "@" in value and ":" not in value and " " not in value else "")

    @property
    def binary(self) -> bytes | None:
        """The octets of an inline attachment; None for a link and for what is no base64."""
        if not self.line.head.base64:
            return None
        try:
            return binascii.a2b_base64(self.line.raw.rstrip(b"=\r\n\t ") + b"==")
        except binascii.Error:
            return None

    def _pieces(self) -> list[str]:
        value = self.line.decoded
        return value.replace(";", ",").split(",") if self.ical.version == "1.0" else value.split(",")


def write_property(
    version: str, line_break: bytes, name: str, value: str, *, group: str | None = None, params: Params = ()
) -> bytes:
    """One content line; `value` is escaped already. In 1.0 it may hold line breaks: they become quoted-printable.

    What of `params` says how the old value was encoded is replaced by what the new one needs.
    """
    if version == "1.0":
        return write_line("2.1", line_break, name, value, group=group, params=params)
    if any(param in ("ENCODING", "CHARSET") for param, _ in params) and not _is_base64(params):
        return write_line("3.0", line_break, name, value, group=group, params=params)
    if not value.isprintable():
        value = plain_breaks(value).replace("\n", "\\n")
    return with_break(fold(f"{write_head(name, params, group=group)}:{value}"), line_break)


def number(text: str) -> int | None:
    text = text.strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _is_base64(params: Params) -> bool:
    return any(param == "ENCODING" and values[0].upper() in ("BASE64", "B") for param, values in params)


def _read(pieces: Iterable[str], read: Callable[[str], T | None]) -> list[T]:
    return [found for piece in pieces if (found := read(piece)) is not None]


def _params_of(when: When, params: Params) -> Params:
    kept = tuple(param for param in params if param[0] not in ("TZID", "VALUE"))
    if when.is_date:
        return (("VALUE", ("DATE",)), *kept)
    return (("TZID", (when.zone,)), *kept) if when.zone and when.zone != "UTC" else kept


def _lines_of(octets: bytes) -> tuple[Line, ...]:
    """What `split_lines` gives. What stands up to the end of the time zones, mostly the same in object after object,
    is split once."""
    end = octets.rfind(b"\nEND:VTIMEZONE") + 1
    stop = octets.find(b"\n", end) + 1
    if (
        0 < end < stop <= _MAX_HEAD
        and octets[end:stop] in (b"END:VTIMEZONE\r\n", b"END:VTIMEZONE\n")
        and octets[stop : stop + 1].isalpha()
    ):
        return (*_lines_of_head(octets[:stop]), *split_lines(octets[stop:]))
    return tuple(split_lines(octets))


@lru_cache(maxsize=128)
def _lines_of_head(octets: bytes) -> tuple[Line, ...]:
    return tuple(split_lines(octets))


def _tree(ical: ICalendar) -> Component:
    """The components as they lie within one another. What is not closed ends where what holds it ends."""
    lines = ical.lines
    outside = Component(ical, "", 0)
    outside.end = len(lines)
    stack = [outside]
    note = outside.indices.append
    for index, line in enumerate(lines):
        name = line.name
        if name not in _MARKS:
            note(index)
            continue
        if name == "BEGIN" or (name == "\ufeffBEGIN" and len(stack) == 1):
            opened = Component(ical, line.value.strip().upper(), index)
            opened.end = len(lines)
            stack[-1].components.append(opened)
            stack.append(opened)
            note = opened.indices.append
        elif name == "END":
            wanted = line.value.strip().upper()
            depth = len(stack) - 1
            while depth and stack[depth].name != wanted:
                depth -= 1
            for closed in stack[depth:] if depth else ():
                closed.end = index
            del stack[depth or len(stack) :]
            note = stack[-1].indices.append
        else:
            note(index)
    return next((each for each in outside.components if each.name == "VCALENDAR"), outside)
