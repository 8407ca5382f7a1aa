"""The entries of a file, read and derived: in this process, or for a large file ahead of it in a second one.

Deriving takes as long as writing does, and needs no database. The second process, `python -m farley.exchange.reading`,
writes blocks of entries to its standard output and ends when nobody reads them any more.
"""

from __future__ import annotations

import gc
import itertools
import marshal
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from farley.codecs.vcard import Card
    from farley.contacts.storing import Prepared, Problem

AHEAD_FROM = 2 * 2**20  # octets to read: for fewer, starting a process takes longer than it saves
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


def read(path: Path, *, skip: int, region: str) -> Generator[Read]:
    """The entries of the vCard file at `path` after the first `skip`.

    `region` (ISO 3166) is where national phone numbers belong. Raises OSError.
    """
    done = skip
    for block in _ahead(path, skip, region) if _is_worth_it(path) else ():
        if block is None:
            return
        yield from map(_unpacked, block)
        done += len(block)
    yield from _here(path, done, region)  # all, or what is left where the second process was ended


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


def _is_worth_it(path: Path) -> bool:
    return (os.cpu_count() or 1) > 1 and path.stat().st_size >= AHEAD_FROM


def _here(path: Path, skip: int, region: str) -> Iterator[Read]:
    from farley.codecs.vcard import read_cards
    from farley.contacts import storing

    with path.open("rb") as stream:
        for entry in itertools.islice(read_cards(stream, max_card=storing.MAX_CARD), skip, None):
            if entry.card is None:
                assert entry.problem is not None
                yield Read(entry.problem.line, len(entry.octets), entry.problem)
            else:
                card = without_reasons(entry.card) if _MARK in entry.octets else entry.card
                wanted = storing.Entry(card.octets, expected=storing.Condition.ABSENT)
                yield Read(entry.line, len(entry.octets), storing.prepare_card(card, wanted, region))


def _ahead(path: Path, skip: int, region: str) -> Iterator[list[_Packed] | None]:
    """Blocks of entries, then None if these were all."""
    command = [sys.executable, "-P", "-m", __name__, str(path), str(skip), region]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(  # noqa: S603 - this program
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pipesize=_PIPE
    ) as process:
        assert process.stdout is not None
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
    from farley.codecs.vcard import InvalidVCard
    from farley.contacts.storing import Prepared, TooLarge

    item = entry.item
    if isinstance(item, Prepared):
        search, *derived = item.derived
        return entry.line, entry.size, item.entry.octets, item.uid, item.sha256, tuple(search), derived
    if isinstance(item, InvalidVCard):
        return entry.line, entry.size, "invalid", item.line, item.reason
    assert isinstance(item, TooLarge)
    return entry.line, entry.size, "large", item.what, item.limit


def _unpacked(packed: _Packed) -> Read:
    from farley.codecs.vcard import InvalidVCard
    from farley.contacts import storing
    from farley.contacts.deriving import Derived
    from farley.search.models import Texts

    line, size, kind, *rest = packed
    item: Prepared | Problem
    if kind == "invalid":
        item = InvalidVCard(*rest)
    elif kind == "large":
        item = storing.TooLarge(*rest)
    else:
        uid, sha256, search, others = rest
        derived = Derived._make((Texts._make(search), *others))
        item = storing.Prepared(storing.Entry(kind, None, storing.Condition.ABSENT), derived, uid, sha256)
    return Read(line, size, item)


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


def _write_blocks(path: Path, skip: int, region: str, out: BinaryIO) -> None:
    for block in _blocks(_here(path, skip, region)):
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
        with collecting_rarely():
            _write_blocks(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], out)


if __name__ == "__main__":
    _main()
