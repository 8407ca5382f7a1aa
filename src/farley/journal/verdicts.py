"""What becomes of the entries of one call: decided under the lock of their space, then carried out or only told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from farley.codecs.unreadable import Unreadable
from farley.journal.models import etag_of
from farley.journal.records import Entry, Stored, StoreProblem


class Read(Protocol):
    """An entry, read: everything slow is done."""

    @property
    def entry(self) -> Entry: ...
    @property
    def uid(self) -> str: ...
    @property
    def sha256(self) -> bytes: ...


class Record(Protocol):
    """What is stored of a noun that is kept as octets."""

    @property
    def pk(self) -> Any: ...
    @property
    def uid(self) -> str: ...
    @property
    def href(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def revision(self) -> int: ...


ItemT = TypeVar("ItemT", bound=Read)
RecordT = TypeVar("RecordT", bound=Record)
Problem = StoreProblem | Unreadable  # why an entry is left out


@dataclass(frozen=True, slots=True)
class Create(Generic[ItemT]):
    item: ItemT
    href: str


@dataclass(frozen=True, slots=True)
class Replace(Generic[ItemT, RecordT]):
    item: ItemT
    there: RecordT

    @property
    def href(self) -> str:
        return self.there.href


@dataclass(frozen=True, slots=True)
class Leave(Generic[RecordT]):
    there: RecordT


@dataclass(frozen=True, slots=True)
class Again:
    """The very octets that an entry before it in the same call brings, to `href`."""

    href: str


Verdict: TypeAlias = Create[ItemT] | Replace[ItemT, RecordT] | Leave[RecordT] | Again | Problem


def carry_out(
    verdicts: Sequence[Verdict[ItemT, RecordT]],
    *,
    create: Callable[[list[Create[ItemT]]], Iterable[tuple[int, int]]],
    replace: Callable[[list[Replace[ItemT, RecordT]]], Iterable[int]],
) -> list[Stored | Problem]:
    """The answer to each entry, in its place. `create` gives id and revision of each that is made, `replace` the
    revision of each that is changed.
    """
    made = iter(create([verdict for verdict in verdicts if isinstance(verdict, Create)]))
    revisions = iter(replace([verdict for verdict in verdicts if isinstance(verdict, Replace)]))
    results: list[Stored | Problem] = []
    for verdict in verdicts:
        if isinstance(verdict, Create):
            pk, revision = next(made)
            results.append(_stored(pk, verdict.item, verdict.href, revision, created=True))
        elif isinstance(verdict, Replace):
            results.append(_stored(verdict.there.pk, verdict.item, verdict.href, next(revisions), created=False))
        elif isinstance(verdict, Leave):
            results.append(unchanged(verdict.there))
        elif isinstance(verdict, Again):
            first = next(done for done in results if isinstance(done, Stored) and done.href == verdict.href)
            results.append(first._replace(created=False, changed=False))
        else:
            results.append(verdict)
    return results


def foresee(verdicts: Sequence[Verdict[ItemT, RecordT]]) -> list[Stored | Problem]:
    """What `carry_out` would answer; what would be made has the id and revision 0."""
    return carry_out(verdicts, create=lambda new: [(0, 0)] * len(new), replace=lambda changed: [0] * len(changed))


def unchanged(there: Record) -> Stored:
    """What there is to say of a record that has what was to be stored."""
    return Stored(there.pk, there.uid, there.href, there.etag, there.revision, created=False, changed=False)


def _stored(pk: int, item: Read, href: str, revision: int, *, created: bool) -> Stored:
    return Stored(pk, item.uid, href, etag_of(item.sha256), revision, created=created, changed=True)
