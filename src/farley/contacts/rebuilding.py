"""Derived columns and rows, read out of the octets again: a check, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import models
from django.db.models import BigIntegerField, Exists, ExpressionWrapper, OuterRef
from django.db.models.functions import Left

from farley.accounts.actor import Actor, ActorKind
from farley.codecs.vcard import Card, InvalidVCard
from farley.contacts.deriving import DERIVED_COLUMNS, Derived, Row, derive
from farley.contacts.models import AS_WRITTEN, MAX_TAG, Contact, IndexRow, Tag, TagEntry, Thumbnail, bare_uid
from farley.contacts.writing import SpaceWriter
from farley.database import rows
from farley.fields.models import Value
from farley.fields.values import had_in, searched_too
from farley.journal.models import Door, Noun, hash_of
from farley.search import trigrams
from farley.search import writing as search
from farley.search.models import RECORD_BITS, SPACE_SHIFT, Entry, place, places
from farley.spaces.models import Space
from farley.spaces.operations import writing

PAGE = 500
AT_ONCE = 100  # that are written in one transaction, for which others wait
_RECORD = (1 << RECORD_BITS) - 1
SYSTEM = Actor(ActorKind.SYSTEM, None, "farley")


class OtherTexts(Protocol):
    """What search holds of another noun."""

    def mend(self, stopping: Callable[[], bool]) -> int | None:
        """Write anew what differs; return how much did, or None if `stopping` cut it short."""

    def differences(self) -> Iterator[str]:
        """What `mend` would mend, a line each."""


_others: list[OtherTexts] = []


def also(texts: OtherTexts) -> None:
    """Have these checked and written anew, too. Called once by an AppConfig.ready."""
    _others.append(texts)


def rebuild(
    *, progress: Callable[[int], None] = lambda _done: None, stopping: Callable[[], bool] = lambda: False
) -> int | None:
    """Derive every contact anew and write what differs; return how many did, or None if `stopping` cut it short.

    No client sees a change.
    """
    mended = 0
    if any(trigrams.faults()):  # first: SQLite takes no change to an index that lacks what is to be changed
        trigrams.mend()
    for space in Space.objects.order_by("pk"):
        for page in _pages(space):
            mended += _mend_page(space, page)
            progress(len(page))
            if stopping():
                return None
        mended += _drop_stale_tags(space)
        mended += _drop_stale_entries(space)
    for texts in _others:
        more = texts.mend(stopping)
        if more is None:
            return None
        mended += more
    return mended


def fill(*, progress: Callable[[int], None] = lambda _octets: None) -> None:
    """Derive the rows of everything where there are none of any kind: what backups leave out.

    A card that cannot be read any more gets none; all that is in columns of its own is there.
    """
    for space in Space.objects.order_by("pk"):
        for page in _pages(space):
            derived = [(contact, now) for contact in page if (now := _if_readable(contact, space))]
            with writing([space.pk]) as locked:
                writer = SpaceWriter(locked[space.pk], by=SYSTEM, door=Door.CLI, batch=None)
                for contact, now in derived:
                    writer.index(contact, now)
                writer.flush()
            progress(sum(contact.size for contact in page))
    for texts in _others:
        texts.mend(lambda: False)


def search_values_of(field: int, *, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Have search find the records by their values of an own field, or no more; False if `stopping` cut it short."""
    having = Value.objects.filter(field_id=field)
    for space in Space.objects.filter(pk__in=having.values("space")).order_by("pk"):
        pks = sorted(having.filter(space=space).values_list("record", flat=True))
        for start in range(0, len(pks), PAGE):
            live = Contact.objects.filter(space=space, pk__in=pks[start : start + PAGE], deleted_at=None)
            _mend_page(space, list(live.select_related("content").order_by("pk")))
            if stopping():
                return False
    return True


def unfound(space: Space | None = None) -> models.QuerySet[Contact]:
    """Contacts that search does not know: there are some only until what an upgrade emptied is derived again."""
    places_of = ExpressionWrapper(OuterRef("space_id") * (1 << SPACE_SHIFT), BigIntegerField())
    entries = Entry.objects.filter(pk=places_of + OuterRef("pk") + place(0, Noun.CONTACT, 0))
    live = Contact.objects.filter(~Exists(entries), deleted_at=None)
    return live if space is None else live.filter(space=space)


def differences(*, progress: Callable[[int], None] = lambda _done: None) -> Iterator[str]:
    """What `rebuild` would mend, a line each: `space/href: what`."""
    for space in Space.objects.order_by("pk"):
        for page in _pages(space):
            for found in _differing(space, page):
                yield f"{space.name}/{found.contact.href}: {', '.join(found.what)}"
            progress(len(page))
        for tag, pk in _stale_tags(space):
            yield f"{space.name}: tag {tag} lists contact {pk}, which does not have it"
        for page_of_entries in _entries_left(space):
            yield from (
                f"{space.name}: search finds contact {pk & _RECORD}, which is not there" for pk in page_of_entries
            )
    for texts in _others:
        yield from texts.differences()
    yield from trigrams.faults()


def _pages(space: Space) -> Iterator[list[Contact]]:
    last = 0
    live = Contact.objects.filter(space=space, deleted_at=None).select_related("content").order_by("pk")
    while page := list(live.filter(pk__gt=last)[:PAGE]):
        yield page
        last = page[-1].pk


@dataclass(frozen=True, slots=True)
class _Differing:
    """A contact whose derived columns or rows are not what its octets say; `what` names them."""

    contact: Contact
    derived: Derived
    what: list[str]


def _mend_page(space: Space, page: Sequence[Contact]) -> int:
    """Write what differs, also of those that are written to meanwhile; return of how many."""
    mended = 0
    differing = list(_differing(space, page))
    while differing:
        parts = [differing[start : start + AT_ONCE] for start in range(0, len(differing), AT_ONCE)]
        overtaken = [contact for part in parts for contact in _mend(space, part)]
        mended += len(differing) - len(overtaken)
        differing = list(_differing(space, overtaken))
    return mended


def _mend(space: Space, differing: Sequence[_Differing]) -> list[Contact]:
    """Write what was derived before the lock; return those that have been written to since."""
    derived = {found.contact.pk: (found.contact.content_id, found.derived) for found in differing}
    overtaken = []
    with writing([space.pk]) as locked:
        writer = SpaceWriter(locked[space.pk], by=SYSTEM, door=Door.CLI, batch=None)
        live = Contact.objects.filter(space=space, pk__in=derived, deleted_at=None)
        for contact in live.select_related("content").order_by("pk"):
            content, now = derived[contact.pk]
            if contact.content_id == content:
                writer.rederive(contact, now)
            else:
                overtaken.append(contact)
        writer.flush()
    return overtaken


def _differing(space: Space, page: Sequence[Contact]) -> Iterator[_Differing]:
    pks = [contact.pk for contact in page]
    index: dict[int, list[tuple[int, Row]]] = {pk: [] for pk in pks}
    for pk, n, kind, value, norm in IndexRow.objects.filter(contact_id__in=pks).values_list(
        "contact_id", "n", "kind", "value", "norm"
    ):
        index[pk].append((n, (kind, value, norm)))
    found = Entry.objects.filter(pk__in=[place(space.pk, Noun.CONTACT, pk) for pk in pks])
    entries = {entry.record: entry.texts for entry in found}
    values: dict[int, dict[int, str]] = {}
    for pk, number, norm in Value.objects.filter(record__in=pks, space=space).values_list("record", "field_id", "norm"):
        values.setdefault(pk, {})[number] = norm
    had = had_in(space.pk, {contact.pk: contact.own for contact in page})
    pictures = set(Thumbnail.objects.filter(pk__in=pks).values_list("pk", flat=True))
    for contact in page:
        derived = _derived(contact, space)
        what = [
            name
            for name, value in zip(DERIVED_COLUMNS, derived.columns, strict=True)
            if getattr(contact, name) != value
        ]
        if bytes(contact.sha256) != hash_of(contact.content.data):
            what.append("sha256")
        if contact.uid_key != bare_uid(contact.uid):
            what.append("uid_key")
        if sorted(index[contact.pk]) != list(enumerate(derived.rows)):
            what.append("index rows")
        if entries.get(contact.pk) != searched_too(derived.search, had[contact.pk]):
            what.append("search text")
        if values.get(contact.pk, {}) != had[contact.pk].norms:
            what.append("own fields")
        if (contact.pk in pictures) != (derived.thumbnail is not None):
            what.append("thumbnail")
        if not _has_tags(space, contact, derived):
            what.append("tags")
        if what:
            yield _Differing(contact, derived, what)


def _if_readable(contact: Contact, space: Space) -> Derived | None:
    try:
        return derive(Card.parse(contact.content.data), space.default_region, is_drawn=False)
    except InvalidVCard:
        return None


def _derived(contact: Contact, space: Space) -> Derived:
    return derive(Card.parse(contact.content.data), space.default_region)


def _has_tags(space: Space, contact: Contact, derived: Derived) -> bool:
    if not derived.tags:
        return True
    found = TagEntry.objects.filter(
        tag__in=Tag.objects.filter(space=space, name__in=derived.tags),
        sort_key=derived.sort_key,
        contact_id=contact.pk,
    )
    return found.count() == len(derived.tags)


def _entries_left(space: Space) -> Iterator[list[int]]:
    """Ids of search entries whose contacts are not in `space`, by pages."""
    last, end = places(space.pk, Noun.CONTACT)
    while ids := list(
        Entry.objects.filter(pk__gt=last, pk__lte=end).order_by("pk").values_list("pk", flat=True)[:PAGE]
    ):
        records = [pk & _RECORD for pk in ids]
        live = set(Contact.objects.filter(space=space, pk__in=records, deleted_at=None).values_list("pk", flat=True))
        if left := [pk for pk in ids if pk & _RECORD not in live]:
            yield left
        last = ids[-1]


def _drop_stale_entries(space: Space) -> int:
    dropped = 0
    for left in _entries_left(space):
        with writing([space.pk]):
            live = Contact.objects.filter(space=space, pk__in=[pk & _RECORD for pk in left], deleted_at=None)
            back = set(live.values_list("pk", flat=True))
            gone = [pk for pk in left if pk & _RECORD not in back]
            search.remove(gone)
        dropped += len(gone)
    return dropped


def _stale_tags(space: Space) -> Iterator[tuple[str, int]]:
    for tag, _, contact in _stale_entries(space):
        yield tag.name, contact


def _drop_stale_tags(space: Space) -> int:
    dropped = 0
    found = [(tag, contact) for tag, _, contact in _stale_entries(space)]  # without the lock, for it reads all of them
    for start in range(0, len(found), PAGE):
        tags = {tag for tag, _ in found[start : start + PAGE]}
        contacts = {contact for _, contact in found[start : start + PAGE]}
        with writing([space.pk]):
            stale = [(tag.pk, sort_key, contact) for tag in tags for sort_key, contact in _stale_of(tag, contacts)]
            rows.delete(TagEntry, ("tag_id", "sort_key", "contact_id"), stale)
        dropped += len(stale)
    return dropped


def _stale_entries(space: Space) -> Iterator[tuple[Tag, str, int]]:
    for tag in Tag.objects.filter(space=space):
        for sort_key, contact in _stale_of(tag):
            yield tag, sort_key, contact


def _stale_of(tag: Tag, contacts: Collection[int] | None = None) -> Iterator[tuple[str, int]]:
    """Sort key and contact of the entries of `tag`, of `contacts` alone where given, that are nobody's."""
    rows_of_it = IndexRow.objects.filter(contact_id=OuterRef("contact_id"), kind=IndexRow.Kind.TAG)
    has_it = rows_of_it.alias(name=Left(AS_WRITTEN, MAX_TAG)).filter(name=tag.name)
    in_order = Contact.objects.filter(pk=OuterRef("contact_id"), space=tag.space_id, sort_key=OuterRef("sort_key"))
    entries = TagEntry.objects.filter(~Exists(has_it) | ~Exists(in_order), tag=tag)
    if contacts is not None:
        entries = entries.filter(contact_id__in=contacts)
    yield from entries.values_list("sort_key", "contact_id").iterator()
