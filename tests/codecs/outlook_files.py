"""Files as Outlook writes them, made here: compound files by [MS-CFB], items in them by [MS-OXMSG]."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from farley.codecs import mapi
from farley.codecs.mapi import ADDRESS, PUBLIC, Key, Named

Tree = dict[str, Any]  # streams, as octets, and folders, as trees
Given = Mapping[Key, Any]
_SECTOR: Final = 512
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NUMBERS: Final = {bool: mapi.BOOLEAN, int: mapi.INTEGER, str: mapi.TEXT, bytes: mapi.BINARY, dt.datetime: mapi.TIME}


def _utc(year: int, month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


ADA: Final[Given] = {
    0x001A: "IPM.Contact", 0x3001: "Dr. Ada König", 0x3A11: "König", 0x3A06: "Ada", 0x3A45: "Dr.", 0x3A4F: "Adchen",
    0x3A16: "Müller & Söhne KG", 0x3A18: "Einkauf", 0x3A17: "Leiterin", 0x3A08: "+49 30 1234", 0x3A1C: "+49 170 1234",
    (ADDRESS, 0x8080): "Ada König (ada@example.org)", (ADDRESS, 0x8082): "SMTP", (ADDRESS, 0x8083): "ada@example.org",
    (ADDRESS, 0x8092): "EX", (ADDRESS, 0x8093): "/o=Firma/ou=x/cn=ada", (ADDRESS, 0x8094): "ada@firma.example",
    (ADDRESS, 0x80A2): "EX", (ADDRESS, 0x80A3): "/o=Firma/ou=x/cn=nobody", (ADDRESS, 0x80A0): "Nobody",
    (ADDRESS, 0x8045): "Hauptstraße 1\r\nHinterhaus", (ADDRESS, 0x8046): "Köln", (ADDRESS, 0x8048): "50667",
    0x3A29: "Hauptstraße 1\r\nHinterhaus", 0x3A27: "Köln", 0x3A2A: "50667", 0x3A2B: "Postfach 1",
    0x3A5D: "Gartenweg 4", 0x3A59: "Freiburg",
    0x3A51: "https://firma.example", (ADDRESS, 0x802B): "https://firma.example",
    (ADDRESS, 0x80DE): _utc(1980, 2, 3), 0x3A42: _utc(1980, 2, 2, 23),
    0x3A41: _utc(2001, 5, 5, 22),  # 6 May where it is two hours later
    0x3A4D: 1, 0x3A48: "Bea", 0x3A58: ["Cleo", "Dora"], (PUBLIC, "Keywords"): ["VIP", "Kunde"],
    0x1000: "Getroffen auf der Messe.\r\nWollte Prospekte.", 0x3A19: "Zimmer 3", (ADDRESS, 0x804F): "Eigenes",
}  # fmt: skip
JPEG: Final = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 24  # longer than what goes into small sectors
PICTURE: Final[Given] = {0x7FFF: True, 0x3701: JPEG, 0x3707: "ContactPicture.jpg"}


def compound(tree: Tree) -> bytes:
    """A compound file of version 3 that holds `tree`."""
    sectors: list[bytes] = []
    table: list[int] = []
    small, small_table = bytearray(), list[int]()

    def put(octets: bytes) -> int:
        start = len(sectors)
        pieces = [octets[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(octets), _SECTOR)]
        sectors.extend(pieces)
        table.extend([*range(start + 1, start + len(pieces)), _END] if pieces else [])
        return start if pieces else _END

    def put_small(octets: bytes) -> int:
        start, count = len(small_table), -(-len(octets) // 64)
        small.extend(octets.ljust(64 * count, b"\0"))
        small_table.extend([*range(start + 1, start + count), _END] if count else [])
        return start if count else _END

    entries: list[list[Any]] = [["Root Entry", 5, _FREE, _FREE, 0, 0]]  # name, kind, right, child, start, size

    def add(inside: Tree, at: int) -> None:
        before = None
        for name in sorted(inside):
            number, what = len(entries), inside[name]
            if isinstance(what, dict):
                entries.append([name, 1, _FREE, _FREE, 0, 0])
            else:
                entries.append([name, 2, _FREE, _FREE, put(what) if len(what) >= 4096 else put_small(what), len(what)])
            entries[at if before is None else before][3 if before is None else 2] = number
            before = number
            if isinstance(what, dict):
                add(what, number)

    add(tree, 0)
    entries[0][4], entries[0][5] = put(bytes(small)), len(small)
    small_start = put(b"".join(struct.pack("<I", each) for each in small_table))
    directory = put(b"".join(_entry(*each) for each in entries))
    count = 1
    while 128 * count < len(sectors) + count:
        count += 1
    own = list(range(len(sectors), len(sectors) + count))
    table += [_TABLE] * count
    table += [_FREE] * (128 * count - len(table))
    written = b"".join(struct.pack("<I", each) for each in table)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, count, directory, 0, 4096, small_start, 1, _END, 0)
    head += struct.pack("<109I", *own, *[_FREE] * (109 - count))
    return head + b"".join(sectors) + written


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le")
    head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written) + 2, kind, 1, _FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def msg(given: Given, *attachments: Given) -> bytes:
    """The `.msg` that says `given`, its names and attachments included."""
    named: dict[Named, int] = {}
    for key in {key: None for item in (given, *attachments) for key in item if not isinstance(key, int)}:
        assert not isinstance(key, int)
        named[key] = mapi.FIRST_NAMED + len(named)
    tree = _item(given, 32, named)
    for number, item in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = _item(item, 8, named)
    sets, entries, texts = names_written(named)
    tree["__nameid_version1.0"] = {
        f"__substg1.0_{at:04X}0102": octets for at, octets in zip((2, 3, 4), (sets, entries, texts), strict=True)
    }
    return compound(tree)


def names_written(named: Mapping[Named, int]) -> tuple[bytes, bytes, bytes]:
    """The three streams that say which number each name has."""
    sets = list(dict.fromkeys(owner for owner, _ in named if owner != PUBLIC))
    entries, texts = bytearray(), bytearray()
    for (owner, name), number in named.items():
        where = (2 if owner == PUBLIC else 3 + sets.index(owner)) << 1
        if isinstance(name, str):
            entries += struct.pack("<IHH", len(texts), where | 1, number - mapi.FIRST_NAMED)
            written = name.encode("utf-16-le")
            texts += struct.pack("<I", len(written)) + written + bytes(-len(written) % 4)
        else:
            entries += struct.pack("<IHH", name, where, number - mapi.FIRST_NAMED)
    return b"".join(sets), bytes(entries), bytes(texts)


def octets_of(value: Any) -> tuple[int, bytes]:
    """The type of one value, and its octets."""
    kind = _NUMBERS[type(value)]
    if isinstance(value, str):
        return kind, value.encode("utf-16-le")
    if isinstance(value, dt.datetime):
        return kind, ((value - _utc(1601, 1, 1)) // dt.timedelta(microseconds=1) * 10).to_bytes(8, "little")
    return kind, value if isinstance(value, bytes) else int(value).to_bytes(4, "little")


def _item(given: Given, header: int, named: Mapping[Named, int]) -> Tree:
    rows, tree = bytearray(header), Tree()
    for key, value in given.items():
        number = key if isinstance(key, int) else named[key]
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            pieces = [octets_of(each)[1] for each in value]
            kind = mapi.TEXT | mapi.SEVERAL
            name = f"__substg1.0_{number:04X}{kind:04X}"
            octets = tree[name] = b"".join(struct.pack("<I", len(each) + 2) for each in pieces)
            tree |= {f"{name}-{at:08X}": each for at, each in enumerate(pieces)}
        else:
            kind, octets = octets_of(value)
            if kind in (mapi.TEXT, mapi.BINARY):
                tree[f"__substg1.0_{number:04X}{kind:04X}"] = octets
        is_long = kind in (mapi.TEXT, mapi.BINARY) or kind & mapi.SEVERAL
        rows += struct.pack("<HHI", kind, number, 6)
        rows += struct.pack("<II", len(octets), 0) if is_long else octets[:8].ljust(8, b"\0")
    return {**tree, "__properties_version1.0": bytes(rows)}


# A mailbox, as small as libpff takes it. [MS-PST]

_STORE, _NAMES, _ROOT, _HIERARCHY, _CONTENTS, _FIRST_MESSAGE = 0x21, 0x61, 0x122, 0x12D, 0x12E, 0x200004
_ROW_ID, _ROW_VERSION = 0x67F2, 0x67F3


def pst(*items: Given) -> bytes:
    """The PST whose outermost folder has `items`."""
    named: dict[Named, int] = {}
    for key in {key: None for item in items for key in item if not isinstance(key, int)}:
        assert not isinstance(key, int)
        named[key] = mapi.FIRST_NAMED + len(named)
    messages = {_FIRST_MESSAGE + 0x20 * at: item for at, item in enumerate(items)}
    nodes = {
        _STORE: _values({0x3001: "Mailbox"}, {}),
        _NAMES: _values(dict(zip((2, 3, 4), names_written(named), strict=True)), {}),
        _ROOT: _values({0x3001: "Top", 0x3602: len(items), 0x360A: False}, {}),
        _HIERARCHY: _table(()),
        _CONTENTS: _table(messages),
        **{number: _values(item, named) for number, item in messages.items()},
    }
    out, blocks = bytearray(1024), []
    for at, octets in enumerate(nodes.values(), 1):
        blocks.append((4 * at, len(out), len(octets)))
        padding = -(len(octets) + 16) % 64
        out += octets + bytes(padding) + struct.pack("<HHIQ", len(octets), 0, _check(octets), 4 * at)
    out += bytes(-len(out) % 512)
    parents = {_STORE: 0, _NAMES: 0, _ROOT: _ROOT, **dict.fromkeys((_HIERARCHY, _CONTENTS), 0)}
    leaves = [struct.pack("<QQQII", nid, 4 * at, 0, parents.get(nid, _ROOT), 0) for at, nid in enumerate(nodes, 1)]
    of_nodes = len(out)
    out += _page(leaves, 0x81)
    of_blocks = len(out)
    out += _page([struct.pack("<QQHHI", bid, at, size, 2, 0) for bid, at, size in blocks], 0x80)
    head = b"!BDN" + bytes(4) + struct.pack("<2sHHBB", b"SM", 23, 19, 1, 1) + bytes(164)
    head += struct.pack("<IQQQQ", 0, len(out), 0, 0, 0) + struct.pack("<QQQQ", 0x81, of_nodes, 0x80, of_blocks)
    head = head.ljust(512, b"\0") + b"\x80\0" + bytes(10)
    head = head[:4] + struct.pack("<I", _check(head[8:479])) + head[8:]
    head += struct.pack("<I", _check(head[8:524]))
    out[: len(head)] = head
    return bytes(out)


def _page(entries: Sequence[bytes], kind: int) -> bytes:
    size = len(entries[0])
    told = struct.pack("<BBBBI", len(entries), 488 // size, size, 0, 0)
    body = b"".join(entries).ljust(488, b"\0") + told
    return body + struct.pack("<BBHIQ", kind, kind, 0, _check(body), kind)


def _check(octets: bytes) -> int:
    return zlib.crc32(octets, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _heap(kind: int, *pieces: bytes) -> bytes:
    """The octets in which the pieces are numbered from 1; the first of them tells where what is."""
    starts, at = [], 12
    for piece in (*pieces, b""):
        starts.append(at)
        at += len(piece)
    padding = bytes(at % 2)
    head = struct.pack("<HBBII", at + len(padding), 0xEC, kind, _piece(1), 0)
    index = struct.pack(f"<HH{len(starts)}H", len(pieces), 0, *starts)
    return head + b"".join(pieces) + padding + index


def _piece(number: int) -> int:
    return number << 5


def _values(given: Given, named: Mapping[Named, int]) -> bytes:
    rows, pieces = list[tuple[int, bytes]](), list[bytes]()
    for key, value in given.items():
        number = key if isinstance(key, int) else named[key]
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            kind, octets = mapi.TEXT | mapi.SEVERAL, _several([octets_of(each)[1] for each in value])
        else:
            kind, octets = octets_of(value)
        if kind in (mapi.INTEGER, mapi.BOOLEAN):
            cell = octets
        else:
            pieces.append(octets)
            cell = struct.pack("<I", _piece(2 + len(pieces)) if octets else 0)
        rows.append((number, struct.pack("<HH", number, kind) + cell))
    return _heap(
        0xBC, struct.pack("<BBBBI", 0xB5, 2, 6, 0, _piece(2)), b"".join(row for _, row in sorted(rows)), *pieces
    )


def _several(pieces: Sequence[bytes]) -> bytes:
    starts = [4 + 4 * len(pieces) + sum(map(len, pieces[:at])) for at in range(len(pieces))]
    return struct.pack(f"<I{len(pieces)}I", len(pieces), *starts) + b"".join(pieces)


def _table(rows: Sequence[int] | Mapping[int, Any]) -> bytes:
    """A table of what is in a folder, of no more columns than it must have."""
    columns = b"".join(
        struct.pack("<HHHBB", mapi.INTEGER, number, 4 * at, 4, at) for at, number in enumerate((_ROW_ID, _ROW_VERSION))
    )
    index = struct.pack("<BBBBI", 0xB5, 4, 4, 0, _piece(3) if rows else 0)
    keys = b"".join(struct.pack("<II", number, at) for at, number in enumerate(rows))
    cells = b"".join(struct.pack("<IIB", number, 1, 0xC0) for number in rows)
    told = struct.pack("<BB4HIII", 0x7C, 2, 8, 8, 8, 9, _piece(2), _piece(4) if rows else 0, 0) + columns
    return _heap(0x7C, told, index, *((keys, cells) if rows else ()))
