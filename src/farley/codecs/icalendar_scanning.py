"""Where the components of iCalendar files are in a stream of octets, found in bounded memory and linear time."""

import codecs
import re
import tempfile
from array import array
from collections.abc import Iterator
from typing import IO, BinaryIO, Final, NamedTuple

from farley.codecs.contentline import Line, count_breaks, utf_16_of
from farley.codecs.unreadable import Unreadable

MAX_OBJECT: Final = 10 * 2**20  # octets; what the DAV face announces as max-resource-size

_CHUNK = 2**18  # octets read at a time
_MAX_LINE = 2**16  # octets of a line that may still be a mark or hold a UID
_MAX_DEPTH = 100  # components within components
_MAX_PROBLEMS = 10_000  # of one source: more are counted as one
_SHOWN = 1000  # octets of what is broken that an entry carries
_MAX_NAMES = 200
_marked_names: dict[bytes, str] = {}  # what a BEGIN or END names: nearly all there are name one of a dozen
_BOM = codecs.BOM_UTF8
_BLANK = b" \t\r\n\0" + _BOM
# Lines the structure hangs on, folds included. Only a line that is not folded onto another begins like this.
_TOKEN = re.compile(
    rb"[\r\n](?:\xef\xbb\xbf)?((?:(BEGIN|END)|(UID|TZID))(?:[ \t]*:|;)[^\r\n]*+(?:(?:\r\n|\n|\r)[ \t][^\r\n]*+)*+)",
    re.IGNORECASE,
)
_SAFE_CUT = re.compile(rb"[\r\n](?=[^ \t\r\n])")
_NAME = re.compile(r"[A-Z0-9-]{1,40}")
_OUTERMOST = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"})  # never inside one another


class InvalidICalendar(Unreadable):
    """The octets are no iCalendar."""


class Fault(NamedTuple):
    """What cannot be read, at `start:stop` of the source."""

    line: int
    start: int
    stop: int
    reason: str


class Extent(NamedTuple):
    """One component directly inside a calendar: where it begins and ends in the source."""

    line: int
    start: int
    stop: int


class CalendarExtent:
    """What stands where in one VCALENDAR: its own lines, its time zones, and its components by UID."""

    def __init__(self, line: int, start: int) -> None:
        self.line, self.start, self.stop = line, start, start
        self.own_lines: list[tuple[int, int]] = []
        self.zones: dict[str, Extent] = {}
        self.is_sound = True  # nothing in it is broken
        self._groups: dict[str, int] = {}
        self._members: list[array[int]] = []  # line, start, stop of each: a file may have a million of them

    def add(self, key: str, extent: Extent) -> None:
        at = self._groups.get(key, -1) if key else -1
        if at < 0:
            at = len(self._members)
            self._members.append(array("q"))
            if key:
                self._groups[key] = at
        self._members[at].extend(extent)

    @property
    def groups(self) -> Iterator[list[Extent]]:
        """The components that are one object, in the order of the first of each."""
        for members in self._members:
            yield [Extent(*members[at : at + 3]) for at in range(0, len(members), 3)]

    @property
    def is_single(self) -> bool:
        return len(self._members) == 1


class Layout(NamedTuple):
    calendars: list[CalendarExtent]
    faults: list[Fault]


class Source:
    """Octets that can be read at any place: given as such, or in a file, which is copied where it cannot seek.

    A context that ends the copy.
    """

    def __init__(self, source: bytes | BinaryIO) -> None:
        self._octets: bytes | None = None
        self._file: IO[bytes]
        self._copy: IO[bytes] | None = None
        if isinstance(source, bytes):
            encoding = utf_16_of(source[:4])
            self._octets = source.decode(encoding, "replace").encode() if encoding else source
            return
        first = source.read(4)
        while 0 < len(first) < 4 and (more := source.read(4 - len(first))):
            first += more
        encoding = utf_16_of(first)
        if not encoding and source.seekable():
            self._file, self._base = source, source.tell() - len(first)
            return
        self._copy = tempfile.SpooledTemporaryFile(max_size=2**20)  # noqa: SIM115 - closed where the context ends
        self._file, self._base = self._copy, 0
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace") if encoding else None
        piece = first
        while piece:
            self._file.write(decoder.decode(piece).encode() if decoder else piece)
            piece = source.read(_CHUNK)
        if decoder:
            self._file.write(decoder.decode(b"", final=True).encode())

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._copy is not None:
            self._copy.close()

    def chunks(self) -> Iterator[bytes]:
        if self._octets is not None:
            yield self._octets
            return
        self._file.seek(self._base)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def read(self, start: int, stop: int) -> bytes:
        if self._octets is not None:
            return self._octets[start:stop]
        self._file.seek(self._base + start)
        pieces, left = [], stop - start
        while left > 0 and (piece := self._file.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def shown(self, start: int, stop: int) -> bytes:
        """As much of it as a message may carry."""
        return self.read(start, min(stop, start + _SHOWN))


def scan(source: Source) -> Layout:
    """All calendars of `source`, and what in it belongs to none or is broken, in order of their lines."""
    scanner = _Scanner()
    buffer, base = b"\n", -1
    for chunk in source.chunks():
        buffer += chunk
        cut = _last_safe_cut(buffer)
        if cut <= 0:
            if len(buffer) < _MAX_LINE + _CHUNK:
                continue
            cut = len(buffer) - 1  # within a line too long to matter
        scanner.feed(buffer[:cut], base)
        base += cut
        buffer = buffer[cut:]
    scanner.feed(buffer, base)
    scanner.finish(base + len(buffer))
    return Layout(scanner.calendars, sorted(scanner.faults))


def _last_safe_cut(buffer: bytes) -> int:
    """The last line break before a line that begins anew; 0 for none."""
    for reach in (2**12, len(buffer)):
        start = max(len(buffer) - reach, 0)
        cut = 0
        for found in _SAFE_CUT.finditer(buffer, start):
            cut = found.start()
        if cut and buffer[cut - 1 : cut + 1] == b"\r\n":
            cut -= 1  # the two are one line break
        if cut:
            return cut
    return 0


class _Scanner:
    """What is known at one place of the stream. `stack` holds the names of the components that are open."""

    def __init__(self) -> None:
        self.calendars: list[CalendarExtent] = []
        self.faults: list[Fault] = []
        self.stack: list[str] = []
        self.buffer, self.base = b"", 0
        self.line, self.counted = 0, 0  # the line break put before the first octet counts
        self.done = 0  # place in the stream up to which everything is accounted for
        self.extent = Extent(0, 0, 0)
        self.uid = self.tzid = ""
        self.broken: tuple[int, str] | None = None  # line and reason: the open component is given up
        self.in_garbage = False

    def feed(self, octets: bytes, base: int) -> None:
        """Read `octets`, which stand at `base` in the stream and begin with the line break before a line."""
        self.buffer, self.base, self.counted = octets, base, 0
        for token in _TOKEN.finditer(octets):
            mark, start = token[2], token.start(1)
            if mark is None:
                if len(self.stack) == 2 and token.end() - start < _MAX_LINE:
                    self._note(token[3].upper(), token[1])
                continue
            written = token[1]
            name = _marked_names.get(written)
            if name is None:
                if len(written) > _SHOWN:
                    continue
                name = _value(written).upper()
                if len(_marked_names) < _MAX_NAMES:
                    _marked_names[written] = name
            if mark[0] in b"Bb":
                self._begin(name, start)
            else:
                self._end(name, start, token.end())
        self._gap(len(octets))
        self.line += count_breaks(octets, self.counted, len(octets))

    def finish(self, size: int) -> None:
        self.buffer, self.base, self.counted = b"", size, 0
        if self.stack:
            self._close_calendar(size, "the file ends before the END:VCALENDAR of this calendar")

    def _note(self, name: bytes, line: bytes) -> None:
        if name == b"UID" and not self.uid:
            self.uid = _value(line)
        elif name == b"TZID" and not self.tzid:
            self.tzid = _value(line)

    def _line_at(self, place: int) -> int:
        if place > self.counted:
            self.line += count_breaks(self.buffer, self.counted, place)
            self.counted = place
        return self.line

    def _begin(self, name: str, start: int) -> None:
        stack = self.stack
        if not stack and name != "VCALENDAR":
            return  # what is outside of calendars is told by _gap
        if not stack or name == "VCALENDAR":
            self._gap(start)
            if stack:
                at = self._line_at(start)
                self._close_calendar(start + self.base, "this calendar has no END:VCALENDAR before the next one", at)
            self.calendars.append(CalendarExtent(self._line_at(start), start + self.base))
            self.stack = ["VCALENDAR"]
            self.done, self.in_garbage = start + self.base + _length_of_line(self.buffer, start), False
            return
        if len(stack) > 1 and name in _OUTERMOST:
            line, reason = self.broken or (
                self.extent.line,
                f"this {_named(stack[1])} has no END before the next BEGIN",
            )
            self._give_up(start, line, reason)
            stack = self.stack
        if len(stack) == 1:
            self._gap(start)
            self.extent = Extent(self._line_at(start), start + self.base, 0)
            self.uid = self.tzid = ""
        elif len(stack) > _MAX_DEPTH and not self.broken:
            self.broken = self._line_at(start), f"components are nested more than {_MAX_DEPTH} deep"
        if not self.broken:
            stack.append(name)

    def _end(self, name: str, start: int, stop: int) -> None:
        stack = self.stack
        if not stack:
            return
        stop = start + _length_of_line(self.buffer, start, stop)
        if name == "VCALENDAR":
            reason = "" if len(stack) == 1 else f"this {_named(stack[1])} has no END before END:VCALENDAR"
            self._gap(start)
            self._close_calendar(stop + self.base, reason)
        elif len(stack) == 1:
            self._gap(start)
            self._fault(self._line_at(start), start, stop, f"END:{_named(name)} has no BEGIN")
            self.done = stop + self.base
        elif self.broken:
            if name == stack[1]:
                self._give_up(stop, *self.broken)
        elif name != stack[-1]:
            self.broken = (
                self._line_at(start),
                f"END:{_named(name)} stands where END:{_named(stack[-1])} was expected",
            )
            if name == stack[1]:
                self._give_up(stop, *self.broken)
        else:
            stack.pop()
            if len(stack) == 1:
                self._component(name, stop)

    def _component(self, name: str, stop: int) -> None:
        calendar, extent = self.calendars[-1], self.extent._replace(stop=stop + self.base)
        if name == "VTIMEZONE":
            calendar.zones.setdefault(self.tzid, extent)
        else:
            calendar.add(f"{name}:{self.uid}" if self.uid else "", extent)
        self.done = extent.stop

    def _give_up(self, stop: int, line: int, reason: str) -> None:
        """The open component, up to `stop`, is none."""
        self._add(Fault(line, self.extent.start, stop + self.base, reason))
        self.stack = self.stack[:1]
        self.done, self.broken = stop + self.base, None

    def _close_calendar(self, stop: int, reason: str, line: int = 0) -> None:
        calendar = self.calendars[-1]
        if self.broken:
            reason = self.broken[1]
        if len(self.stack) > 1:
            self._add(Fault(self.broken[0] if self.broken else self.extent.line, self.extent.start, stop, reason))
        elif reason:
            self._add(Fault(calendar.line, calendar.start, stop, reason))
        calendar.stop = stop
        self.stack, self.broken = [], None
        self.done = stop

    def _gap(self, place: int) -> None:
        """Account for what stands before `place` and is in no component."""
        start = max(self.done - self.base, 0)
        if len(self.stack) > 1 or start >= place:
            return
        text = self.buffer[start:place].strip(_BLANK)
        if text and self.stack:
            own = self.calendars[-1].own_lines
            if own and own[-1][1] == start + self.base:
                own[-1] = (own[-1][0], place + self.base)
            else:
                own.append((start + self.base, place + self.base))
        elif text and not self.in_garbage:
            self.in_garbage = True
            at = self.buffer.find(text[:1], start)
            self._fault(self._line_at(at), at, place, "this is not part of any VCALENDAR")
        elif self.in_garbage and not self.stack and len(self.faults) < _MAX_PROBLEMS:
            self.faults[-1] = self.faults[-1]._replace(stop=place + self.base)
        self.done = place + self.base

    def _fault(self, line: int, start: int, stop: int, reason: str) -> None:
        self._add(Fault(line, start + self.base, stop + self.base, reason))

    def _add(self, fault: Fault) -> None:
        if self.stack:
            self.calendars[-1].is_sound = False
        if len(self.faults) < _MAX_PROBLEMS:
            self.faults.append(fault)
        elif len(self.faults) == _MAX_PROBLEMS:
            self.faults.append(fault._replace(reason="from here on, what is broken is not listed any more"))


def _value(line: bytes) -> str:
    name, _, value = line.partition(b":")
    if len(name) <= 5 and b"\n" not in value and b"\r" not in value and b"\0" not in value:
        try:
            return value.decode().strip()
        except UnicodeDecodeError:
            pass
    return Line.parse(line).value.strip()


def _length_of_line(octets: bytes, start: int, stop: int = 0) -> int:
    """Of the line with its folds and the line break at its end."""
    if not stop:
        found = _TOKEN.match(octets, max(start - 1, 0)) or _TOKEN.match(octets, max(start - 1 - len(_BOM), 0))
        stop = found.end() if found else start
    if octets[stop : stop + 2] == b"\r\n":
        return stop + 2 - start
    return stop + 1 - start if octets[stop : stop + 1] in (b"\r", b"\n") else stop - start


def _named(name: str) -> str:
    return name if _NAME.fullmatch(name) else "another component"
