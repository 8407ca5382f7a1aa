"""The entries of a file, read and derived: in this process, or for a large file ahead of it in a second one.

Deriving takes as long as writing does, and needs no database. The second process, `python -m farley.exchange.reading`,
writes blocks of entries to its standard output and ends when nobody reads them any more.
"""

from __future__ import annotations

import gc
import json
import marshal
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from farley.codecs.vcard import Card
    from farley.contacts.storing import Prepared, Problem
    from farley.exchange.formats import How

AHEAD_FROM = 2 * 2**20  # octets to read: for fewer, starting a process takes longer than it saves
DENSE = 4  # times as many entries are in so many octets of another format
BLOCK = 100  # entries
BLOCK_OCTETS = 2**20
_PIPE = 2**20  # octets the second process may be ahead
_NICENESS = 5  # of the second process: pages and single stores come first
_LENGTH = 4  # octets of a block's length; a length of 0 is the end
_Packed = tuple[Any, ...]
REASON = "X-FARLEY-PROBLEM"  # why a card was left out of an import, in a file of such cards (`leftovers`)
_MARK = REASON.encode()


class Read(NamedTuple):
    """One entry of a file: the line it begins on, its size in octets, and what there is to store, or why not."""

    line: int
    size: int
    item: Prepared | Problem


def read(path: Path, *, skip: int, region: str, how: How | None = None, in_brief: bool = False) -> Generator[Read]:
    """The entries of the file at `path` after the first `skip`; `how` it is read, where it holds no vCards.

    `in_brief` as far as they are judged, for a check that stores nothing and changes nobody: twice as quick. `region`
    (ISO 3166) is where national phone numbers belong. Raises OSError.
    """
    done = skip
    for block in _ahead(path, skip, region, how, in_brief) if _is_worth_it(path, how) else ():
        if block is None:
            return
        yield from _unpacked(block)
        done += len(block)
    yield from _here(path, done, region, how, in_brief)  # all, or what is left where the second process was ended


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Inside, the garbage collector looks at new objects only, every 100,000.

    Cards by the thousand make many objects and no cycles: by default looking at them takes a tenth of the time.
    """
    former = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*former)
        gc.unfreeze()


def without_reasons(card: Card) -> Card:
    """`card` without what an earlier import said of it: it is mended, or will be told of anew."""
    return card.without_all(found.index for found in card.properties(REASON))


def _is_worth_it(path: Path, how: How | None) -> bool:
    from farley.exchange.formats import How, size_of

    factor = DENSE if how is not None and not how.is_plain else 1
    return (os.cpu_count() or 1) > 1 and factor * size_of(path, how or How()) >= AHEAD_FROM


def _here(path: Path, skip: int, region: str, how: How | None = None, in_brief: bool = False) -> Iterator[Read]:
    from farley.codecs.unreadable import Unreadable
    from farley.contacts import storing
    from farley.exchange.formats import How, entries

    for line, size, card in entries(path, how or How(), skip=skip):
        if isinstance(card, Unreadable):
            yield Read(line, size, card)
        else:
            card = without_reasons(card) if _MARK in card.octets else card
            wanted = storing.Entry(card.octets, expected=storing.Condition.ABSENT)
            yield Read(line, size, storing.prepare_card(card, wanted, region, in_brief=in_brief))


def _ahead(path: Path, skip: int, region: str, how: How | None, in_brief: bool) -> Iterator[list[_Packed] | None]:
    """Blocks of entries, then None if these were all."""
    command = [sys.executable, "-P", "-m", __name__, str(path), str(skip), region, *(["brief"] if in_brief else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603 - this program
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError), process.stdin as told:
            told.write(json.dumps(how.to_json() if how is not None else {}).encode())  # too long for an argument
        try:
            while len(head := process.stdout.read(_LENGTH)) == _LENGTH:
                length = int.from_bytes(head, "big")
                if not length:
                    yield None
                    return
                octets = process.stdout.read(length)
                if len(octets) < length:
                    return
                yield marshal.loads(octets)  # noqa: S302 - from a process of our own
        finally:
            process.kill()


# A block holds plain tuples: records and exceptions would take ten times as long to pack and to make again.


def _packed(entry: Read) -> _Packed:
    from farley.codecs.unreadable import Unreadable
    from farley.contacts.storing import Prepared, TooLarge

    item = entry.item
    if isinstance(item, Prepared):
        search, *derived = item.derived
        return entry.line, entry.size, item.entry.octets, item.uid, item.sha256, tuple(search), derived
    if isinstance(item, Unreadable):
        return entry.line, entry.size, "invalid", item.line, item.reason
    assert isinstance(item, TooLarge)
    return entry.line, entry.size, "large", item.what, item.limit


def _unpacked(block: list[_Packed]) -> Iterator[Read]:
    from farley.codecs.unreadable import Unreadable
    from farley.contacts.deriving import Derived
    from farley.contacts.storing import Condition, Entry, Prepared, TooLarge
    from farley.search.models import Texts

    absent, made, said = Condition.ABSENT, Derived._make, Texts._make  # looked up once a block: they add up
    for line, size, kind, *rest in block:
        item: Prepared | Problem
        if kind == "invalid":
            item = Unreadable(*rest)
        elif kind == "large":
            item = TooLarge(*rest)
        else:
            uid, sha256, search, others = rest
            item = Prepared(Entry(kind, None, absent), made((said(search), *others)), uid, sha256)
        yield Read(line, size, item)


def _blocks(entries: Iterable[Read]) -> Iterator[list[_Packed]]:
    block: list[_Packed] = []
    size = 0
    for entry in entries:
        block.append(_packed(entry))
        size += entry.size
        if len(block) >= BLOCK or size >= BLOCK_OCTETS:
            yield block
            block, size = [], 0
    if block:
        yield block


def _write_blocks(entries: Iterable[Read], out: BinaryIO) -> None:
    for block in _blocks(entries):
        octets = marshal.dumps(block)
        out.write(len(octets).to_bytes(_LENGTH, "big") + octets)
    out.write(bytes(_LENGTH))
    out.flush()


def _main() -> None:
    import signal

    import django

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who read it has ended, or was killed
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who reads: it ends this process, too
    os.nice(_NICENESS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not come between the blocks
        django.setup()
        from farley.exchange.formats import How

        with collecting_rarely():
            how = How.from_json(json.load(sys.stdin))
            path, skip, region, *brief = sys.argv[1:]
            _write_blocks(_here(Path(path), int(skip), region, how, in_brief=bool(brief)), out)


if __name__ == "__main__":
    _main()
