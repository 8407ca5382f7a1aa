"""Lists of contacts over several spaces, paged by key: a page costs the same wherever it lies."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db.models import BigIntegerField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from farley.contacts.deriving import MAX_NORM
from farley.contacts.models import MAX_TAG, Contact, ContactQuerySet, IndexRow, Tag, TagEntry
from farley.journal.models import Noun
from farley.search import finding
from farley.search.folding import search_fold
from farley.search.models import SPACE_SHIFT, Entry, place
from farley.spaces.models import Space

Place = tuple[str, int]  # sort key and id; in order of organisations behind a digit, so that those without come last
PAGE = 50
EXACT_TO = 1000  # a count beyond is "more than"
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what no key can hold: drivers raise for it
RARE = 2000  # what at most so many contacts have is looked up by itself


class Sort(Enum):
    """The order of a list; with a hyphen the other way round."""

    NAME = "name"
    NAME_BACKWARDS = "-name"
    ORGANISATION = "organisation"  # contacts without one last, both ways
    ORGANISATION_BACKWARDS = "-organisation"
    CHANGED = "changed"  # newest first
    OLDEST = "-changed"

    @property
    def descends(self) -> bool:
        return self in (Sort.NAME_BACKWARDS, Sort.ORGANISATION_BACKWARDS, Sort.CHANGED)

    @property
    def forwards(self) -> Sort:
        """The order that this one is, or is the reverse of."""
        return Sort(self.value.removeprefix("-"))

    @property
    def reverse(self) -> Sort:
        return Sort(f"-{self.value}") if self is self.forwards else self.forwards


class BadCursor(ValueError):
    """The text is no place in this list."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts in order; `after` asks for the ones behind them, None at the end."""

    contacts: list[Contact]
    after: str | None
    tags: dict[int, list[str]] = field(default_factory=dict)  # by contact id


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; the default is everything."""

    kinds: tuple[int, ...] = ()
    tag: str = ""
    group: Contact | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The contacts of `spaces`, which the reader sees, that pass `filters`."""

    spaces: Sequence[Space]
    filters: Filters = field(default_factory=Filters)

    def page(self, *, sort: Sort = Sort.NAME, after: str = "", size: int = PAGE) -> Page:
        """The contacts behind the place `after`, with owner and tags. Raises BadCursor."""
        start = _read_place(after) if after else None
        ranges = [_places(contacts, sort, start, size + 1) for contacts in self._by_space()]
        places = list(heapq.merge(*ranges, reverse=sort.descends))[: size + 1]
        shown = [pk for _, pk in places[:size]]
        found = Contact.objects.select_related("owner", "space", "organisation").in_bulk(shown)
        following = _written_place(places[size - 1]) if len(places) > size else None
        return Page([found[pk] for pk in shown if pk in found], following, tags_of(found))

    def count(self) -> int:
        """How many there are; EXACT_TO + 1 stands for any number beyond."""
        total = 0
        for contacts in self._by_space():
            if total <= EXACT_TO:
                total += contacts.order_by()[: EXACT_TO + 1 - total].count()
        return total

    def by_id(self, *, behind: int, up_to: int, size: int) -> list[int]:
        """The next `size` ids in ascending order: greater than `behind`, not greater than `up_to`."""
        ranges = [
            contacts.filter(pk__gt=behind, pk__lte=up_to).order_by("pk").values_list("pk", flat=True)[:size]
            for contacts in self._by_space()
        ]
        return list(heapq.merge(*ranges))[:size]

    def _by_space(self) -> list[ContactQuerySet]:
        """The contacts of each space. What few contacts have is looked up first; what many have is met soon anyway."""
        live = [Contact.objects.filter(space=space, deleted_at=None) for space in self.spaces]
        few: set[int] | None = None
        for condition in _conditions(self.filters):
            if (pks := condition.few(self.spaces)) is not None:
                few = pks if few is None else few & pks
            else:
                live = [contacts.filter(condition.test) for contacts in live]
        return live if few is None else [contacts.filter(pk__in=few) for contacts in live]


@dataclass(frozen=True, slots=True)
class _Condition:
    """One filter, in two forms: the ids of a space that pass it, and whether a given contact does."""

    passing: Callable[[Space], QuerySet[Any, int] | Sequence[int]]
    test: Q | Exists
    is_common: bool = False

    def few(self, spaces: Iterable[Space]) -> set[int] | None:
        """The ids of all that pass, or None if they are many."""
        if self.is_common:
            return None
        found: set[int] = set()
        for space in spaces:
            found.update(self.passing(space)[: RARE + 1])
            if len(found) > RARE:
                return None
        return found


def tags_of(pks: Iterable[int]) -> dict[int, list[str]]:
    """The tags of these contacts in the order of their cards."""
    tags: dict[int, list[str]] = {}
    rows = IndexRow.objects.filter(contact_id__in=list(pks), kind=IndexRow.Kind.TAG)
    for pk, value in rows.order_by("contact_id", "n").values_list("contact_id", "value"):
        tags.setdefault(pk, []).append(value)
    return tags


def tag_names(spaces: Sequence[Space], limit: int = 200) -> list[str]:
    """Names of tags in use, for completion."""
    in_use = Exists(TagEntry.objects.filter(tag=OuterRef("pk")))  # not a join: one entry is enough to know
    names = Tag.objects.filter(in_use, space__in=spaces).order_by("name").values_list("name", flat=True)
    return list(dict.fromkeys(names[:limit]))


def as_spelt(spaces: Sequence[Space], tag: str) -> str:
    """`tag` as it is in use in `spaces`: two that differ in their capitals only would be two tags."""
    in_use = Exists(TagEntry.objects.filter(tag=OuterRef("pk")))
    names = set(Tag.objects.filter(in_use, space__in=spaces).values_list("name", flat=True))
    alike = sorted(name for name in names if name.casefold() == tag.casefold())
    return tag if tag in names else next(iter(alike), tag)


def groups_of(spaces: Sequence[Space]) -> list[tuple[int, int, str]]:
    """Id, space and name of every group in `spaces`, by name."""
    # One arm for each space and a bound on the key, or SQLite takes another index than that of the groups.
    groups = Contact.objects.filter(kind=Contact.Kind.GROUP, deleted_at=None, sort_key__gte="")
    arms = [groups.filter(space=space).values_list("pk", "space", "full_name", "sort_key") for space in spaces]
    found = list(arms[0].union(*arms[1:], all=True)) if len(arms) > 1 else [row for arm in arms for row in arm]
    return [(pk, space, name) for pk, space, name, _ in sorted(found, key=lambda row: (row[3], row[0]))]


def _conditions(filters: Filters) -> Iterator[_Condition]:
    if filters.kinds:
        yield _of_kind(filters.kinds)
    if filters.tag:
        yield _tagged(filters.tag)
    if filters.group is not None:
        yield _member_of(filters.group)
    if filters.text.strip():
        yield _saying(filters.text)


def _of_kind(kinds: tuple[int, ...]) -> _Condition:
    of_kind = Q(kind=kinds[0]) if len(kinds) == 1 else Q(kind__in=kinds)  # equality: there are partial indexes
    indexed = "organisation_key" if kinds == (Contact.Kind.ORG,) else "sort_key"
    live = Contact.objects.filter(of_kind, deleted_at=None).order_by(indexed).values_list("pk", flat=True)
    return _Condition(lambda space: live.filter(space=space), of_kind, is_common=Contact.Kind.INDIVIDUAL in kinds)


def _tagged(name: str) -> _Condition:
    if len(name) >= MAX_TAG:  # cut off, several are one entry
        rows = IndexRow.objects.filter(kind=IndexRow.Kind.TAG, norm=search_fold(name)[:MAX_NORM], value=name)
        having = Exists(rows.filter(contact_id=OuterRef("pk"), space=OuterRef("space")))
        return _Condition(lambda space: rows.filter(space=space).values_list("contact_id", flat=True), having)
    entries = TagEntry.objects.filter(tag__name=name)
    mine = entries.filter(tag__space=OuterRef("space"), sort_key=OuterRef("sort_key"), contact_id=OuterRef("pk"))
    return _Condition(lambda space: entries.filter(tag__space=space).values_list("contact_id", flat=True), Exists(mine))


def _member_of(group: Contact) -> _Condition:
    members = Contact.objects.members_of(group).filter(deleted_at=None).values_list("pk", flat=True)
    return _Condition(lambda space: members.filter(space=space), Q(pk__in=members))


def _saying(text: str) -> _Condition:
    shift = ExpressionWrapper(OuterRef("space_id") * (1 << SPACE_SHIFT), BigIntegerField())
    mine = Entry.objects.filter(finding.condition(text), pk=shift + OuterRef("pk") + place(0, Noun.CONTACT, 0))
    return _Condition(lambda space: finding.records(text, noun=Noun.CONTACT, space=space, limit=RARE + 1), Exists(mine))


def _places(contacts: ContactQuerySet, sort: Sort, start: Place | None, limit: int) -> list[Place]:
    """The first `limit` places behind `start` in one space: one or two index ranges."""
    down = sort.descends
    if sort.forwards is Sort.CHANGED:
        return _changed_places(contacts, start, limit, down=down)
    if sort.forwards is Sort.NAME:
        return _key_places(contacts, "sort_key", start, limit, down=down)
    named, unnamed = ("1", "0") if down else ("0", "1")
    places: list[Place] = []
    if start is None or start[0][:1] == named:
        behind = None if start is None else (start[0][1:], start[1])
        keys = _key_places(contacts.filter(organisation_key__gt=""), "organisation_key", behind, limit, down=down)
        places = [(f"{named}{key}", pk) for key, pk in keys]
    if len(places) < limit:
        others = contacts.filter(organisation_key="")
        if start is not None and start[0] == unnamed:
            others = others.filter(pk__lt=start[1]) if down else others.filter(pk__gt=start[1])
        pks = others.order_by("-pk" if down else "pk").values_list("pk", flat=True)
        places += [(unnamed, pk) for pk in pks[: limit - len(places)]]
    return places


def _key_places(
    contacts: ContactQuerySet, column: str, start: Place | None, limit: int, *, down: bool = False
) -> list[Place]:
    sign, than = ("-", "lt") if down else ("", "gt")
    if start is not None:
        key, pk = start
        behind = Q(**{f"{column}__{than}": key}) | Q(**{f"pk__{than}": pk})
        contacts = contacts.filter(behind, **{f"{column}__{than}e": key})  # the bound of the range, then its first key
    return list(contacts.order_by(f"{sign}{column}", f"{sign}pk").values_list(column, "pk")[:limit])


def _changed_places(contacts: ContactQuerySet, start: Place | None, limit: int, *, down: bool) -> list[Place]:
    sign, than = ("-", "lt") if down else ("", "gt")
    if start is not None:
        at = _read_instant(start[0])
        behind = Q(**{f"changed_at__{than}": at}) | Q(**{f"pk__{than}": start[1]})
        contacts = contacts.filter(behind, **{f"changed_at__{than}e": at})
    rows = contacts.order_by(f"{sign}changed_at", f"{sign}pk").values_list("changed_at", "pk")[:limit]
    return [(at.astimezone(dt.UTC).isoformat(timespec="microseconds"), pk) for at, pk in rows]


def _read_instant(written: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(written)
        if at.tzinfo is not None:
            return at.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:  # a time zone can reach out of the years that there are
        raise BadCursor(written) from error
    raise BadCursor(written)


def _written_place(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read_place(written: str) -> Place:
    try:
        key, pk = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursor(written[:100]) from error
    if not isinstance(key, str) or not isinstance(pk, int) or not 0 <= pk < 2**63 or _NOT_STORED.search(key):
        raise BadCursor(written[:100])
    return key, pk
