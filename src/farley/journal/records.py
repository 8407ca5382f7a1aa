"""What all records that are kept as octets share: how one is named, what a write expects to find, what it answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Container, Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from django.db.models import QuerySet

from farley.journal.models import Content

MAX_HREF = 255
_NOT_IN_HREF = re.compile(r"[/\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # line breaks are: UIDs hold them
_SAFE_HREF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:+=-]{0,200}")


class Condition(Enum):
    """What must be at an href for a write to go ahead, where it is not a certain ETag."""

    ABSENT = "absent"
    ANY = "any"


Expected = str | Condition  # an ETag, quotes included, or a condition


class StoreProblem(ValueError):
    """One entry could not be stored; nothing of it was."""


class EditConflict(StoreProblem):
    """What is stored is not what the writer expected. `etag` is the stored one, None where nothing is."""

    def __init__(self, href: str, etag: str | None) -> None:
        super().__init__(f"{href} was changed by somebody else" if etag else f"{href} is not there any more")
        self.href, self.etag = href, etag


class UidConflict(StoreProblem):
    """Another record of the collection has this UID. `href` is where it is, `name` what it is called."""

    def __init__(self, uid: str, href: str, name: str, *, place: str = "space") -> None:
        super().__init__(f"the UID {uid} belongs to “{name}” in this {place} already")
        self.uid, self.href, self.name = uid, href, name


class TooLarge(StoreProblem):
    """A record or one of its keys is longer than Farley keeps. `limit` is in octets or characters."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"the {what} is longer than {limit}")
        self.what, self.limit = what, limit


class BadHref(StoreProblem):
    """An href that cannot name a member: empty, too long, or with a slash or control character."""

    def __init__(self, href: str) -> None:
        super().__init__(f"{href[:60]!r} cannot name a record")
        self.href = href


class Entry(NamedTuple):
    """One record to store. Without an `href` it is known by its UID, and a new one gets an href made of it.

    One that comes so to be stored only where it is ABSENT may be known by other things, too: the importer's way.
    """

    octets: bytes
    href: str | None = None
    expected: Expected = Condition.ANY
    owner: int | None = None  # of a contact that is made by this; a user id


class Kept(Protocol):
    """A record that is stored."""

    @property
    def href(self) -> str: ...
    @property
    def etag(self) -> str: ...


def not_as_expected(entry: Entry, uid: str, there: Kept | None) -> EditConflict | None:
    """The conflict if what is at `entry`'s place is not what its writer expected. RFC 9110 §13.1.1, §13.1.2."""
    if isinstance(entry.expected, str):
        if there is None:
            return EditConflict(entry.href or uid, None)
        return None if entry.expected == there.etag else EditConflict(there.href, there.etag)
    if there is not None and entry.href is not None and entry.expected is Condition.ABSENT:
        return EditConflict(entry.href, there.etag)
    return None


class Stored(NamedTuple):
    """What `store` did. `changed` is False where the octets were there already."""

    pk: int
    uid: str
    href: str
    etag: str
    revision: int
    created: bool
    changed: bool


def new_uid() -> str:
    return str(uuid.uuid4())


@lru_cache(maxsize=2048)  # who writes asks for those of one transaction twice
def href_for(uid: str, ending: str = "vcf") -> str:
    """A URL segment for a record with this UID."""
    bare = uid.removeprefix("urn:uuid:")
    return f"{bare if _SAFE_HREF.fullmatch(bare) else uuid.uuid5(uuid.NAMESPACE_OID, uid)}.{ending}"


def _hrefs_like(href: str) -> Iterator[str]:
    """`href`, then others like it without end: where one is taken, the next may be free."""
    yield href
    stem, dot, ending = href.rpartition(".")
    number = 2
    while True:
        yield f"{stem[: MAX_HREF - 20]}-{number}{dot}{ending}" if dot else f"{href[: MAX_HREF - 20]}-{number}"
        number += 1


def free_href(live: QuerySet[Any], href: str, besides: Container[str]) -> str:
    """`href`, or one like it that none of the `live` records of a locked collection has."""
    return next(each for each in _hrefs_like(href) if each not in besides and not live.filter(href=each).exists())


def is_href(href: str) -> bool:
    return 0 < len(href) <= MAX_HREF and not _NOT_IN_HREF.search(href) and href not in (".", "..")


def refuse_bad_href(href: str) -> None:
    """Raise BadHref for what cannot name a member."""
    if not is_href(href):
        raise BadHref(href)


def octets_of(contents: Iterable[int]) -> dict[int, bytes]:
    """The octets of these Content rows, by id."""
    found = Content.objects.filter(pk__in=list(contents)).values_list("pk", "octets")
    return {pk: bytes(octets) for pk, octets in found}


def without_last_break(octets: bytes) -> bytes:
    """A record as it is compared with its like: an export adds a last line break where the next one can begin."""
    return octets.removesuffix(b"\n").removesuffix(b"\r")
