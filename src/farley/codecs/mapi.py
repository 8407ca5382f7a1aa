"""What Outlook says of an item: values by number, and numbers from 0x8000 on by the names the file gives them.

[MS-OXPROPS] has the numbers, [MS-OXMSG] §2.2.3 and [MS-PST] §2.4.7 how names are written, which both do alike.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from farley.codecs.contentline import decode

INTEGER_16, INTEGER, BOOLEAN, TEXT_8, TEXT, TIME, BINARY = 0x02, 0x03, 0x0B, 0x1E, 0x1F, 0x40, 0x102
SEVERAL: Final = 0x1000  # added to the type of one
FIRST_NAMED: Final = 0x8000
_SET_OF: Final = bytes.fromhex("0000000000c000000000000046")[1:]
PUBLIC: Final = b"\x29\x03\x02\x00" + _SET_OF  # sets of names: each a GUID as it stands in files
ADDRESS: Final = b"\x04\x20\x06\x00" + _SET_OF
COMMON: Final = b"\x08\x20\x06\x00" + _SET_OF
_CODE_PAGES: Final = {65001: "utf-8", 10000: "mac_roman", 20127: "ascii", 28591: "latin-1", 28605: "iso8859-15"}
_MESSAGE_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
_BEGINNING: Final = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_HALF_DAY: Final = dt.timedelta(hours=12)

Named = tuple[bytes, int | str]
Key = int | Named


class Value(NamedTuple):
    """A value as it is written: its type, and its octets; those of each where it is several."""

    kind: int
    octets: bytes | list[bytes]


@dataclass(slots=True)
class Item:
    """The values of an item by their numbers; `names` are the numbers of its file's names."""

    values: dict[int, Value] = field(default_factory=dict)
    names: Mapping[Named, int] = field(default_factory=dict)

    def _value(self, key: Key, *kinds: int) -> Value | None:
        number = key if isinstance(key, int) else self.names.get(key, -1)
        found = self.values.get(number)
        return found if found is not None and found.kind in kinds else None

    def text(self, key: Key) -> str:
        """A text without what is around and NULs; "" where there is none."""
        found = self._value(key, TEXT, TEXT_8)
        if found is None or isinstance(found.octets, list):
            return ""
        return self._text(found.kind, found.octets)

    def texts(self, key: Key) -> list[str]:
        """Several texts, or the one there is."""
        found = self._value(key, TEXT | SEVERAL, TEXT_8 | SEVERAL)
        if found is None or isinstance(found.octets, bytes):
            return [text] if (text := self.text(key)) else []
        read = [self._text(found.kind & ~SEVERAL, octets) for octets in found.octets]
        return [text for text in read if text]

    def _text(self, kind: int, octets: bytes) -> str:
        if kind == TEXT:
            text = octets[: len(octets) // 2 * 2].decode("utf-16-le", "replace")
        else:
            text = decode(octets, self._charset())
        return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()

    def _charset(self) -> str | None:
        number = self.integer(_MESSAGE_CODE_PAGE) or self.integer(_INTERNET_CODE_PAGE)
        name = _CODE_PAGES.get(number, f"cp{number}")
        try:
            "".encode(name)
        except LookupError:
            return None
        return name

    def integer(self, key: Key) -> int:
        """A number or a truth; 0 where there is none."""
        found = self._value(key, INTEGER, INTEGER_16, BOOLEAN)
        if found is None or isinstance(found.octets, list):
            return 0
        return int.from_bytes(found.octets[: 4 if found.kind == INTEGER else 2], "little", signed=True)

    def binary(self, key: Key) -> bytes:
        found = self._value(key, BINARY)
        return found.octets if found is not None and isinstance(found.octets, bytes) else b""

    def day(self, key: Key) -> dt.date | None:
        """The day that a time means which is midnight somewhere on Earth: the one whose midnight is nearest."""
        found = self._value(key, TIME)
        if found is None or isinstance(found.octets, list) or len(found.octets) < 8:
            return None
        ticks = int.from_bytes(found.octets[:8], "little")  # tenths of a microsecond
        try:
            return (_BEGINNING + dt.timedelta(microseconds=ticks // 10) + _HALF_DAY).date()
        except OverflowError:
            return None


def names_of(sets: bytes, entries: bytes, texts: bytes) -> dict[Named, int]:
    """The numbers of all names, out of the three streams that hold them; a broken name is none."""
    found: dict[Named, int] = {}
    for at in range(0, len(entries) - 7, 8):
        said, where, place = struct.unpack_from("<IHH", entries, at)
        number, is_text = where >> 1, where & 1
        if number == 2:
            owner = PUBLIC
        elif number >= 3 and len(sets) >= 16 * (number - 2):
            owner = sets[16 * (number - 3) : 16 * (number - 2)]
        else:
            continue
        name: int | str = said
        if is_text:
            size = int.from_bytes(texts[said : said + 4], "little")
            name = texts[said + 4 : said + 4 + size].decode("utf-16-le", "replace")
        found[owner, name] = FIRST_NAMED + place
    return found
