"""The values of a JSON file one after the other: those of a list, or the one there is; in bounded memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from farley.codecs.unreadable import Unreadable

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

MAX_VALUE: Final = 16 * 2**20  # characters of one value
_CHUNK = 2**16
_BLANK = re.compile(r"[ \t\r\n]*")
_BLANK_AND_COMMA = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_LONE = re.compile("[\ud800-\udfff]")


class Value(NamedTuple):
    """One value: the line it begins on, its size in characters, and itself, or why it cannot be read."""

    line: int
    size: int
    value: Json | Unreadable


def read_values(source: BinaryIO, *, whole: str = "") -> Iterator[Value]:
    """Every value of the list that the file is; for any other file the one value it is.

    A list whose first value is the text `whole` is one value, too. After a value that cannot be read nothing is read
    any more: where the next one begins cannot be known.
    """
    text = _Text(source)
    text.skip(_BLANK)
    is_list = text.next(1) == "["
    if is_list and whole:
        inside = _BLANK.sub("", text.next(200)[1:], count=1)
        is_list = not inside.startswith(f'"{whole}"')
    if not is_list:
        found = text.value()
        if found is not None:
            yield found
        return
    text.drop(1)
    while True:
        text.skip(_BLANK_AND_COMMA)
        if text.next(1) in ("]", ""):
            if not text.next(1):
                yield Value(text.line, 0, Unreadable(text.line, "the file ends in the middle"))
            return
        found = text.value()
        if found is None:
            return
        yield found
        if isinstance(found.value, Unreadable):
            return


class _Text:
    """What is left of a file, as far as it was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decode = json.JSONDecoder().raw_decode
        self._held, self._at = "", 0  # what was read, and how much of it is behind us
        self._is_over = False
        self.line = 1

    def _more(self) -> bool:
        if self._is_over:
            return False
        left = self._held[self._at :]
        octets = self._source.read(max(_CHUNK, len(left)))  # twice as much each time: a value is tried anew
        self._is_over = not octets
        self._held, self._at = left + self._decoder.decode(octets, final=self._is_over), 0
        return True

    def next(self, count: int) -> str:
        while len(self._held) - self._at < count and self._more():
            pass
        return self._held[self._at : self._at + count]

    def drop(self, count: int) -> None:
        self.line += self._held.count("\n", self._at, self._at + count)
        self._at += count

    def skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            found = pattern.match(self._held, self._at)
            assert found is not None
            self.drop(found.end() - self._at)
            if self._at < len(self._held) or not self._more():
                return

    def value(self) -> Value | None:
        """The value that begins here; None at the end."""
        line = self.line
        if not self.next(1):
            return None
        while True:
            try:
                value, end = self._decode(self._held, self._at)
            except RecursionError:
                return Value(line, 0, Unreadable(line, "this is nested too deeply"))
            except ValueError as error:  # a number of too many digits is one, too
                if len(self._held) - self._at <= MAX_VALUE and self._more():
                    continue
                at = line + self._held.count("\n", self._at, getattr(error, "pos", self._at))
                return Value(line, len(self._held) - self._at, Unreadable(at, "this is no JSON"))
            if end == len(self._held) and self._more():  # a number may go on
                continue
            size = end - self._at
            self.drop(size)
            return Value(line, size, value)


def sound(text: str) -> str:
    """`text` without what no encoding can hold."""
    return _LONE.sub("\ufffd", text) if _LONE.search(text) else text
