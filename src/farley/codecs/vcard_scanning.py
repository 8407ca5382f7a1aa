"""Where the vCards are in a stream of octets, found in bounded memory and linear time."""

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final, NamedTuple

from farley.codecs.contentline import count_breaks, utf_16_of
from farley.codecs.unreadable import Unreadable

MAX_CARD: Final = 10 * 2**20  # octets; what the DAV face announces as max-resource-size

_CHUNK = 2**18  # octets read at a time
_TAIL = 512  # octets kept when others are dropped: room for a mark, and for the AGENT line before it
_SHOWN = 1000  # octets of what is no card that a Slice carries
_BOM = codecs.BOM_UTF8
# What every BEGIN and END has in common is looked for first: it begins with an octet the search can leap to.
_COLON = re.compile(rb":[ \t]{0,20}VCARD[ \t]{0,20}(?=(\r\n|\r|\n|\Z))", re.IGNORECASE)
_WORD = re.compile(rb"[\r\n](?:\xef\xbb\xbf)?(BEGIN|END)[ \t]{0,20}\Z", re.IGNORECASE)
_REACH = 32  # octets before a colon in which its word and the line break before must be
_AGENT_BEFORE = re.compile(rb"[\r\n](?:[^\r\n:;]*\.)?AGENT(?:;[^\r\n]*)?:[ \t]*[\r\n]*\Z", re.IGNORECASE)


class InvalidVCard(Unreadable):
    """The octets are not a vCard."""


class Slice(NamedTuple):
    """One card's octets, its content lines at `start:stop`; or, with a `reason`, something that is no card."""

    line: int
    octets: bytes
    start: int
    stop: int
    reason: str


def scan(source: bytes | BinaryIO, *, max_card: int = MAX_CARD) -> Iterator[Slice]:
    """Every card in `source`, and one Slice for each run of anything else that is not blank.

    Byte order marks and blank lines between cards belong to nothing. UTF-16 is read as UTF-8.
    """
    scanner = _Scanner(max_card)
    for chunk in _chunks(source):
        yield from scanner.feed(chunk, last=False)
    yield from scanner.feed(b"", last=True)


_PLAIN_BEGIN, _PLAIN_END = b"BEGIN:VCARD\r\n", b"\r\nEND:VCARD\r\n"


def plain_bounds(octets: bytes) -> tuple[int, int] | None:
    """Where the content lines are of octets that are one card and nothing else, in the spelling that most are in.

    None for all others, which `scan` tells of: it would find the same card, and takes ten times as long.
    """
    if not octets.startswith(_PLAIN_BEGIN) or not octets.endswith(_PLAIN_END) or len(_COLON.findall(octets)) != 2:
        return None
    return len(_PLAIN_BEGIN), len(octets) - len(_PLAIN_END) + 2


class _Scanner:
    """What is known at one place of the stream.

    `buffer[done]` is the first octet not yet given out and stands on `line`; the octet before it is kept, for a mark
    begins with the line break before it. `depth` counts the BEGINs that are open: above 1 inside an AGENT.
    """

    def __init__(self, max_card: int) -> None:
        self.max_card = max_card
        self.buffer, self.done, self.searched, self.line = b"\n", 1, 0, 1
        self.depth, self.body = 0, 0
        self.skipping = False  # inside a card too large to keep
        self.garbage = b""  # the beginning of a run of what is no card
        self.garbage_line = 0

    def feed(self, chunk: bytes, *, last: bool) -> Iterator[Slice]:
        cut = self.done - 1
        self.buffer = self.buffer[cut:] + chunk
        self.done, self.searched, self.body = 1, self.searched - cut, self.body - cut
        buffer, size = self.buffer, len(self.buffer)
        for mark in _COLON.finditer(buffer, self.searched):
            colon = mark.start()
            before = buffer[max(colon - 6, 0) : colon]
            if before == b"\nBEGIN":
                begins, place = True, colon - 5
            elif before[-4:] == b"\nEND":
                begins, place = False, colon - 3
            elif word := _WORD.search(buffer, max(colon - _REACH, 0), colon):
                place = word.start(1)
                begins = buffer[place] in b"Bb"
            else:
                continue
            if mark.end() + 2 > size and not last:  # its line break may go on in the next chunk
                self.searched = colon
                break
            if begins and not self.depth:
                if place != self.done or self.garbage:
                    yield from self._flush_garbage(place)
                    self._advance(place)
                self.depth, self.body = 1, mark.end(1)
            elif begins and _AGENT_BEFORE.search(buffer, max(self.done - 1, place - _TAIL), place):
                self.depth += 1
            elif begins:
                yield from self._give_up(place, "this vCard has no END:VCARD before the next BEGIN:VCARD")
                self.depth, self.body = 1, mark.end(1)
            elif self.depth == 1 and (self.skipping or mark.end(1) - self.done > self.max_card):
                yield from self._give_up(mark.end(1), self._too_large())
            elif self.depth == 1:
                start, end = self.done, mark.end(1)
                stop = place - len(_BOM) if buffer[place - len(_BOM) : place] == _BOM else place
                yield Slice(self.line, buffer[start:end], self.body - start, stop - start, "")
                self.line += count_breaks(buffer, start, end)
                self.done, self.depth = end, 0
            elif self.depth:
                self.depth -= 1
            self.searched = mark.end()
        else:
            self.searched = max(self.searched, size - _TAIL // 2)
        if last:
            yield from self._finish()
        else:
            yield from self._drop()

    def _give_up(self, end: int, reason: str) -> Iterator[Slice]:
        """The open card, up to `end`, is none."""
        if not self.skipping:
            yield Slice(self.line, self.buffer[self.done : min(end, self.done + self.max_card)], 0, 0, reason)
        self._advance(end)
        self.depth, self.skipping = 0, False

    def _finish(self) -> Iterator[Slice]:
        size = len(self.buffer)
        if self.depth:
            yield from self._give_up(size, "the file ends before the END:VCARD of this vCard")
        else:
            yield from self._flush_garbage(size)

    def _drop(self) -> Iterator[Slice]:
        """Let go of octets that no card needs, or that are too many for one."""
        keep_from = len(self.buffer) - _TAIL
        if self.buffer[keep_from - 1 : keep_from + 1] == b"\r\n":
            keep_from -= 1  # the two are one line break
        if keep_from <= self.done:
            return
        if not self.depth:
            self._note_garbage(keep_from)
            self._advance(keep_from)
        elif self.skipping or len(self.buffer) - self.done > self.max_card:
            if not self.skipping:
                octets = self.buffer[self.done : self.done + _SHOWN]
                yield Slice(self.line, octets, 0, 0, self._too_large())
                self.skipping = True
            self._advance(keep_from)

    def _advance(self, end: int) -> None:
        self.line += count_breaks(self.buffer, self.done, end)
        self.done = end

    def _note_garbage(self, end: int) -> None:
        if self.garbage:
            return
        text = self.buffer[self.done : end].replace(_BOM, b"").lstrip()
        if text:
            at = self.buffer.find(text[:1], self.done, end)
            self.garbage_line = self.line + count_breaks(self.buffer, self.done, at)
            self.garbage = text[:_SHOWN]

    def _flush_garbage(self, end: int) -> Iterator[Slice]:
        self._note_garbage(end)
        if self.garbage:
            yield Slice(self.garbage_line, self.garbage, 0, 0, "this is not part of any vCard")
            self.garbage = b""

    def _too_large(self) -> str:
        return f"this vCard is larger than {self.max_card:,} octets"


def _chunks(source: bytes | BinaryIO) -> Iterator[bytes]:
    chunks = iter((source,)) if isinstance(source, bytes) else iter(lambda: source.read(_CHUNK), b"")
    first = next(chunks, b"")
    while 0 < len(first) < 4 and (more := next(chunks, b"")):
        first += more
    encoding = utf_16_of(first[:4])
    chunks = chain((first,), chunks)
    return _as_utf_8(chunks, encoding) if encoding else chunks


def _as_utf_8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
