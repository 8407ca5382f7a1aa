"""The contacts of a mailbox of Outlook's (PST, OST), by libpff: `python -m farley.exchange.mailboxes FILE`.

libpff is written in C, and a file may come from anybody: it runs in a process of its own, which is told no database and
no settings, and whose end ends no import. What it says is a card or a reason at a time, marked as which, each after its
length; 0 is the end. Nothing else is taken from it, for a file may have made it another program.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

from farley.codecs.mapi import SEVERAL, TEXT, TEXT_8, Item, Named, Value, names_of
from farley.codecs.outlook import card_of, is_contact
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_draft import Read
from farley.codecs.vcard_scanning import InvalidVCard

SIGNATURE: Final = b"!BDN"
MAX_MEMORY: Final = 2 * 2**30  # octets of the process
MAX_SECONDS: Final = 900  # of its computing: a file that leads it in circles ends it
MAX_DEPTH: Final = 100  # of folders in folders
MAX_BLOCK: Final = 64 * 2**20  # octets: a picture is most of a card
_LENGTH: Final = 4  # octets of a block's length
_CARD, _REASON = b"C", b"R"
_TEXTS: Final = frozenset({TEXT | SEVERAL, TEXT_8 | SEVERAL})


def is_installed() -> bool:
    return find_spec("pypff") is not None


def read_pst(path: Path) -> Generator[Read]:
    """The contacts of a mailbox, numbered as they are met; lists, and what is damaged, are problems."""
    command = [sys.executable, "-P", "-m", __name__, str(path)]
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.environ.get("PATH", "")}
    number = 0
    with subprocess.Popen(  # noqa: S603 - this program
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            while len(head := process.stdout.read(_LENGTH)) == _LENGTH:
                length = int.from_bytes(head, "big")
                if not length:
                    return
                block = process.stdout.read(length) if length <= MAX_BLOCK else b""
                if len(block) < length:
                    break
                number += 1
                yield Read(number, 0, _said(number, block[:1], block[1:]))
        finally:
            process.kill()
    yield Read(number + 1, 0, Unreadable(number + 1, "this mailbox is damaged from here on"))


def contacts_of(path: Path) -> Iterator[Card | Unreadable]:
    """As `read_pst`, in this process. Raises OSError."""
    import pypff

    file = pypff.file()
    file.open(str(path))
    try:
        yield from _below(file.get_root_folder(), _names(file), MAX_DEPTH)
    finally:
        file.close()


def _below(folder: Any, names: dict[Named, int], depth: int) -> Iterator[Card | Unreadable]:
    """What is in a folder, and in those in it. Of what is damaged there it says one thing, for it may be much."""
    is_whole = True
    for message in _each(folder.get_number_of_sub_messages, folder.get_sub_message):
        try:
            item = None if message is None else _item(message, names)
            if item is None:
                is_whole = False
            elif is_contact(item):
                attachments = list(_attachments(message, names))
                is_whole = is_whole and None not in attachments
                yield card_of(item, filter(None, attachments))
        except Unreadable as problem:
            yield problem
        except OSError:
            is_whole = False
    for inner in _each(folder.get_number_of_sub_folders, folder.get_sub_folder) if depth else ():
        if inner is None:
            is_whole = False
        else:
            yield from _below(inner, names, depth - 1)
    if not is_whole:
        yield Unreadable(1, "some of a folder of this mailbox is damaged and was passed over")


def _attachments(message: Any, names: dict[Named, int]) -> Iterator[Item | None]:
    for each in _each(message.get_number_of_attachments, message.get_attachment):
        try:
            yield None if each is None else _item(each, names)
        except OSError:
            yield None


def _each(count: Callable[[], int], get: Callable[[int], Any]) -> Iterator[Any]:
    """Parts of a mailbox, one by one: None for one that is damaged, and where not even their number can be read."""
    try:
        number = count()
    except OSError:
        yield None
        return
    for at in range(number):
        try:
            part = get(at)
        except OSError:
            part = None
        yield part


def _names(file: Any) -> dict[Named, int]:
    names = file.get_name_to_id_map()
    if names is None:
        return {}
    values = _item(names, {})
    return names_of(*(values.binary(number) for number in (2, 3, 4)))


def _item(record: Any, names: dict[Named, int]) -> Item:
    item = Item(names=names)
    for record_set in record.record_sets:
        for entry in record_set.entries:
            number, kind, octets = entry.entry_type, entry.value_type, entry.data
            if number is None or kind is None or octets is None:
                continue
            if kind in _TEXTS:
                item.values[number] = Value(kind, _several(octets))
            else:
                item.values[number] = Value(kind, octets)
    return item


def _several(octets: bytes) -> list[bytes]:
    """How many there are, where each begins, and they themselves. [MS-PST] §2.3.3.4.2"""
    count = min(int.from_bytes(octets[:4], "little"), len(octets) // 4)
    starts = [int.from_bytes(octets[4 * at : 4 * at + 4], "little") for at in range(1, count + 1)]
    return [octets[start:end] for start, end in zip(starts, [*starts[1:], len(octets)], strict=True)]


def _said(number: int, mark: bytes, octets: bytes) -> Card | Unreadable:
    if mark != _CARD:
        return Unreadable(number, octets[:1000].decode(errors="replace"))
    try:
        return Card.parse(octets)
    except InvalidVCard as error:
        return error


def _tell(path: Path, out: BinaryIO) -> None:
    for found in contacts_of(path):
        said = _REASON + found.reason.encode() if isinstance(found, Unreadable) else _CARD + found.octets
        out.write(len(said).to_bytes(_LENGTH, "big") + said)
    out.write(bytes(_LENGTH))
    out.flush()


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    _tell(Path(sys.argv[1]), sys.stdout.buffer)


if __name__ == "__main__":
    _main()
