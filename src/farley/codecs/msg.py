"""One item as Outlook saves it: `.msg`, a compound file with a stream for each long value. [MS-OXMSG]"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from farley.codecs.compound import SIGNATURE, DamagedCompound, Folder, open_compound
from farley.codecs.mapi import BINARY, SEVERAL, TEXT, TEXT_8, Item, Named, Value, names_of
from farley.codecs.outlook import card_of
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_draft import Read

MAX_FILE: Final = 64 * 2**20  # octets
MAX_ATTACHMENTS: Final = 100  # that are looked through for the picture
MAX_TEXTS: Final = 1000  # in one value of several
_VALUES: Final = "__properties_version1.0"
_NAMES: Final = "__nameid_version1.0"
_MARK: Final = _VALUES.encode("utf-16-le")
_ATTACHMENT: Final = "__attach_version1.0_"
_OF_ITEM, _OF_ATTACHMENT = 32, 8  # octets before the values
_ROW = struct.Struct("<HHI8s")  # type, number, flags, value or its length
_STREAM = re.compile(r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})")
_LONG: Final = frozenset({TEXT, TEXT_8, BINARY})


def is_msg(source: BinaryIO) -> bool:
    """Whether a file is an item of Outlook's, and no other compound file, such as an old document of Office."""
    octets = source.read(MAX_FILE)
    return octets.startswith(SIGNATURE) and _MARK in octets


def read_msg(source: BinaryIO) -> Iterator[Read]:
    """The contact that the file is, or why there is none."""
    octets = source.read(MAX_FILE + 1)
    if len(octets) > MAX_FILE:
        yield Read(1, 0, Unreadable(1, "this file is too large"))
        return
    try:
        root = open_compound(octets)
        names = _names(root.folder(_NAMES)) if _NAMES in root.folders else {}
        item = _item(root, _OF_ITEM, names)
        yield Read(1, len(octets), card_of(item, _attachments(root, names)))
    except (DamagedCompound, struct.error):
        yield Read(1, len(octets), Unreadable(1, "this file of Outlook is damaged"))
    except Unreadable as problem:
        yield Read(1, len(octets), problem)


def _names(folder: Folder) -> dict[Named, int]:
    streams = (folder.read(f"__substg1.0_{number:04X}0102") for number in (2, 3, 4))
    return names_of(*streams)


def _attachments(root: Folder, names: dict[Named, int]) -> Iterator[Item]:
    found = [name for name in root.folders if name.startswith(_ATTACHMENT)]
    for name in found[:MAX_ATTACHMENTS]:
        yield _item(root.folder(name), _OF_ATTACHMENT, names)


def _item(folder: Folder, header: int, names: dict[Named, int]) -> Item:
    item = Item(names=names)
    rows = folder.read(_VALUES)[header:]
    for kind, number, _, octets in _ROW.iter_unpack(rows[: len(rows) // _ROW.size * _ROW.size]):
        if kind not in _LONG and not kind & SEVERAL:  # else the value has a stream of its own
            item.values[number] = Value(kind, octets)
    for name in folder.streams:
        if found := _STREAM.fullmatch(name):
            number, kind = int(found[1], 16), int(found[2], 16)
            if kind in _LONG:
                item.values[number] = Value(kind, folder.read(name))
            elif kind & SEVERAL and kind & ~SEVERAL in _LONG:
                count = min(len(folder.read(name)) // (8 if kind == BINARY | SEVERAL else 4), MAX_TEXTS)
                item.values[number] = Value(kind, [folder.read(f"{name}-{at:08X}") for at in range(count)])
    return item
