"""Compound files, which hold streams in folders as a disk holds files: how Outlook writes `.msg`. [MS-CFB]

Whatever a file claims, no chain of sectors is followed in a circle, and what is read of it is bounded by its size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = struct.Struct("<24xHHHHH6xIIIIIIIII")  # from the version on; 24 octets are the signature and an empty id
_ENTRY = struct.Struct("<64sHB1xIII36xIQ")
_IN_HEADER: Final = 109  # sectors of the table that the header itself names
_LAST: Final = 0xFFFFFFFA  # numbers above it are no sectors, but marks
_NOBODY: Final = 0xFFFFFFFF
_MINI: Final = 64  # octets of a small sector
_FOLDERS: Final = (1, 5)  # kinds of entries; 5 is the root
_STREAM: Final = 2
_TIMES: Final = 3  # as much of a file may be read: streams may share sectors only in a damaged one


class DamagedCompound(ValueError):
    """The octets are no compound file, or not all of one."""


class _Entry(NamedTuple):
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Folder:
    """A folder of a compound file. Names are as they are written; `read` raises DamagedCompound."""

    def __init__(self, file: _File, entry: _Entry) -> None:
        self._file = file
        self._inside = {each.name: each for each in file.below(entry)}

    def __contains__(self, name: str) -> bool:
        return name in self._inside

    @property
    def streams(self) -> list[str]:
        return [name for name, entry in self._inside.items() if entry.kind == _STREAM]

    @property
    def folders(self) -> list[str]:
        return [name for name, entry in self._inside.items() if entry.kind in _FOLDERS]

    def folder(self, name: str) -> Folder:
        """Raises KeyError, DamagedCompound."""
        return Folder(self._file, self._inside[name])

    def read(self, name: str) -> bytes:
        """A stream; nothing where there is none of that name."""
        entry = self._inside.get(name)
        return self._file.stream(entry) if entry is not None and entry.kind == _STREAM else b""


def open_compound(octets: bytes) -> Folder:
    """The outermost folder of a compound file. Raises DamagedCompound."""
    file = _File(octets)
    return Folder(file, file.root)


class _File:
    def __init__(self, octets: bytes) -> None:
        if len(octets) < 512 or not octets.startswith(SIGNATURE):
            raise DamagedCompound("this is no compound file")
        (_, version, order, shift, mini_shift, _, _, directory, _, self._cutoff, mini_table, _, more, _) = (
            _HEADER.unpack_from(octets)
        )
        if version not in (3, 4) or order != 0xFFFE or shift not in (9, 12) or mini_shift != 6:
            raise DamagedCompound("this is a compound file of an unknown kind")
        self._octets, self._size = octets, 1 << shift
        self._left = _TIMES * len(octets) + 2**16
        self._table = self._numbers(self._sectors_of_table(more))
        self._mini_table = self._numbers(self._chain(mini_table, self._table))
        found = b"".join(map(self._sector, self._chain(directory, self._table)))
        self._entries = [_entry(found, at) for at in range(0, len(found) - 127, 128)]
        if not self._entries or self._entries[0].kind != 5:
            raise DamagedCompound("this compound file has no root")
        self.root = self._entries[0]
        self._known: set[int] = {0}
        self._small: bytes | None = None

    def below(self, folder: _Entry) -> Iterator[_Entry]:
        """What is in a folder: its entries are a tree. Each entry of the file is given once."""
        waiting = [folder.child]
        while waiting:
            number = waiting.pop()
            if number >= len(self._entries) or number in self._known:
                continue
            self._known.add(number)
            entry = self._entries[number]
            waiting += [entry.left, entry.right]
            yield entry

    def stream(self, entry: _Entry) -> bytes:
        if entry.size > len(self._octets):
            raise DamagedCompound("a stream is longer than the file")
        if entry.size >= self._cutoff:
            octets = b"".join(map(self._sector, self._chain(entry.start, self._table, entry.size // self._size + 1)))
        else:
            small = self._small_sectors()
            chain = self._chain(entry.start, self._mini_table, entry.size // _MINI + 1) if entry.size else []
            octets = b"".join(small[at * _MINI : (at + 1) * _MINI] for at in chain)
        self._take(len(octets))
        if len(octets) < entry.size:
            raise DamagedCompound("a stream ends in the middle")
        return octets[: entry.size]

    def _small_sectors(self) -> bytes:
        """The stream that all small streams are in."""
        if self._small is None:
            self._small = b"".join(map(self._sector, self._chain(self.root.start, self._table)))
        return self._small

    def _sectors_of_table(self, more: int) -> list[int]:
        found = list(struct.unpack_from(f"<{_IN_HEADER}I", self._octets, 76))
        each = self._size // 4
        known: set[int] = set()
        while more < _LAST and more not in known:
            known.add(more)
            numbers = struct.unpack(f"<{each}I", self._sector(more))
            found += numbers[:-1]
            more = numbers[-1]
        return [number for number in dict.fromkeys(found) if number < _LAST]

    def _numbers(self, sectors: Sequence[int]) -> Sequence[int]:
        octets = b"".join(map(self._sector, sectors))
        return struct.unpack(f"<{len(octets) // 4}I", octets)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        octets = self._octets[start : start + self._size]
        if not octets:
            raise DamagedCompound("the file ends in the middle")
        return octets.ljust(self._size, b"\0")  # some writers leave out the end of the last one

    def _chain(self, start: int, table: Sequence[int], most: int | None = None) -> list[int]:
        found: list[int] = []
        most = len(table) if most is None else most
        while start < _LAST and len(found) < most:
            if start >= len(table):
                raise DamagedCompound("a chain of sectors leads out of the file")
            found.append(start)
            start = table[start]
        if len(set(found)) < len(found):
            raise DamagedCompound("a chain of sectors leads into itself")
        self._take(len(found))
        return found

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise DamagedCompound("its streams are more than the file")


def _entry(directory: bytes, at: int) -> _Entry:
    name, length, kind, left, right, child, start, size = _ENTRY.unpack_from(directory, at)
    text = name[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return _Entry(text, kind, left, right, child, start, size & _NOBODY)
