"""What there is to do for a mirror: the outside listing and what changed here, written down as the items' `todo`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from django.db.models import F, Q
from django.utils import timezone

from farley.contacts.models import Contact
from farley.contacts.storing import href_for
from farley.database.turns import write_turn
from farley.journal.models import Noun, Tombstone
from farley.mirrors.carddav import Book, Listing, TokenRefused
from farley.mirrors.models import Mirror, MirrorItem
from farley.mirrors.reaching import Unreachable
from farley.spaces.models import Space

T = TypeVar("T")
CHUNK = 1000  # items a transaction
WHOLE_EVERY = dt.timedelta(days=1)
MAX_ROUNDS = 1000  # answers of one listing that is cut
Todo = MirrorItem.Todo
HERE = Q(contact__isnull=False, contact__deleted_at=None, contact__space=F("mirror__space"))  # its contact is


def look(mirror: Mirror, book: Book) -> int:
    """Ask the server what has changed, and note what is to be done; return how many members have too long a path.

    Once a day it is asked for everything, though it has tokens: some keep deletions back. Raises Unreachable.
    """
    now = timezone.now()
    is_first = not mirror.token
    if not is_first and not mirror.is_token_doubtful:
        try:
            listing = _looked(book, mirror.token)
        except TokenRefused:
            is_first = True
        else:
            write_down(mirror, listing)
            if mirror.listed_at is not None and now - mirror.listed_at < WHOLE_EVERY:
                return listing.too_long
    whole = _whole(book)
    found = write_down(mirror, whole)
    mirror.is_token_doubtful = mirror.is_token_doubtful or bool(found and not is_first and mirror.token)
    mirror.listed_at = now
    with write_turn():
        mirror.save(update_fields=["is_token_doubtful", "listed_at"])
    return whole.too_long


def _whole(book: Book) -> Listing:
    try:
        return _looked(book, "")
    except TokenRefused:
        return book.list_all()


def _looked(book: Book, token: str) -> Listing:
    listing = book.look(token)
    for _ in range(MAX_ROUNDS):
        if not listing.is_cut:
            return listing
        more = book.look(listing.token)
        if more.token == listing.token:
            break
        for path in more.gone:
            listing.tags.pop(path, None)
        listing.tags |= more.tags
        listing.gone += more.gone
        listing.token, listing.is_cut = more.token, more.is_cut
    raise Unreachable("xml", host="")


def write_down(mirror: Mirror, listing: Listing) -> int:
    """Note what is to be fetched and what is gone; the token comes last. Return of how many that is new."""
    known: dict[str, MirrorItem] = {}
    count = 0
    if listing.is_whole:
        known = {item.path: item for item in mirror.items.all().iterator(CHUNK)}
    for part in _parts(listing.tags.items()):
        if not listing.is_whole:
            known = {item.path: item for item in mirror.items.filter(path__in=[path for path, _ in part])}
        count += _note_listed(mirror, part, known)
    gone = [path for path in listing.gone if path not in listing.tags]  # in an earlier part, and there again since
    if listing.is_whole:
        gone = [path for path, item in known.items() if path not in listing.tags and (item.tag or item.listed_tag)]
    for paths in _parts(gone):
        with write_turn():
            there = mirror.items.filter(path__in=paths).exclude(tag="", listed_tag="")
            there.filter(is_erased=True).delete()
            count += there.exclude(todo=Todo.DROP).update(todo=Todo.DROP, problem="", details={})
    if mirror.token != listing.token:
        mirror.token = listing.token
        with write_turn():
            mirror.save(update_fields=["token"])
    return count


def _note_listed(mirror: Mirror, part: Sequence[tuple[str, str]], known: Mapping[str, MirrorItem]) -> int:
    new, changed = [], []
    for path, tag in part:
        item = known.get(path)
        if item is None:
            new.append(MirrorItem(mirror=mirror, path=path, listed_tag=tag, todo=Todo.FETCH))
        elif item.is_erased:
            if tag != item.listed_tag:  # it is deleted as it is now, and not fetched
                item.tag = item.listed_tag = tag
                changed.append(item)
        elif tag and tag == item.listed_tag and item.todo in (Todo.NOTHING, Todo.SEND):
            continue
        elif item.todo != Todo.FETCH or item.listed_tag != tag:
            if item.listed_tag != tag:
                item.problem, item.details = "", {}
            item.listed_tag, item.todo = tag, Todo.FETCH
            changed.append(item)
    if new or changed:
        with write_turn():
            MirrorItem.objects.bulk_create(new)
            MirrorItem.objects.bulk_update(changed, ["tag", "listed_tag", "todo", "problem", "details"], batch_size=200)
    return len(new) + len(changed)


def mark_changed_here(mirror: Mirror, book: Book) -> None:
    """Note what is to be sent: what is new, changed or gone here since this was last asked."""
    revision = Space.objects.values_list("revision", flat=True).get(pk=mirror.space_id)
    if revision == mirror.sent_revision:
        return
    since = {"space": mirror.space_id, "octets_revision__gt": mirror.sent_revision, "octets_revision__lte": revision}
    last = 0
    changed = Contact.objects.filter(deleted_at=None, **since).order_by("pk")
    while part := list(changed.filter(pk__gt=last).values_list("pk", "sha256", "href", "uid")[:CHUNK]):
        last = part[-1][0]
        _mark(mirror, book, [(pk, bytes(sha256), href, uid) for pk, sha256, href, uid in part])
    with write_turn():
        if Tombstone.objects.filter(noun=Noun.CONTACT, collection=0, **since).exists() or mirror.sent_revision == 0:
            gone = MirrorItem.objects.filter(mirror=mirror, todo=Todo.NOTHING, is_erased=False).exclude(HERE)
            gone.exclude(sha256=None).update(todo=Todo.SEND)
        mirror.sent_revision = revision
        mirror.save(update_fields=["sent_revision"])


def _mark(mirror: Mirror, book: Book, part: Sequence[tuple[int, bytes, str, str]]) -> None:
    known = {item.contact_id: item for item in mirror.items.filter(contact__in=[pk for pk, *_ in part])}
    alike = mirror.items.filter(contact__uid__in=[uid for *_, uid in part]).exclude(HERE).select_related("contact")
    anew = {item.contact.uid: item for item in alike if item.contact is not None}  # deleted here and made again
    wanted = {pk: book.new_path(quote(href, safe="")) for pk, _, href, _ in part if pk not in known}
    taken = set(mirror.items.filter(path__in=list(wanted.values())).values_list("path", flat=True))
    new, changed = [], []
    for pk, sha256, _href, uid in part:
        item = known.get(pk) or anew.get(uid)
        if item is not None:
            differs = item.sha256 is None or bytes(item.sha256) != sha256
            if item.todo == Todo.NOTHING and differs:
                item.todo, item.problem, item.details = Todo.SEND, "", {}
                changed.append(item)
            elif item.contact_id != pk:
                changed.append(item)
            item.contact_id = pk
            continue
        path = wanted[pk]
        if path in taken or len(path) > MirrorItem._meta.get_field("path").max_length:  # type: ignore[operator]
            path = book.new_path(f"farley-{pk}-{href_for(uid[:100])}")
        taken.add(path)
        new.append(MirrorItem(mirror=mirror, path=path, contact_id=pk, todo=Todo.SEND))
    with write_turn():
        MirrorItem.objects.bulk_create(new)
        MirrorItem.objects.bulk_update(changed, ["contact", "todo", "problem", "details"], batch_size=200)


def count_here(mirror: Mirror) -> int:
    """The contacts that are here and outside."""
    return MirrorItem.objects.filter(HERE, mirror=mirror).exclude(sha256=None).count()


def count_to_delete_here(mirror: Mirror) -> int:
    return MirrorItem.objects.filter(HERE, mirror=mirror, todo=Todo.DROP).exclude(sha256=None).count()


def count_to_delete_there(mirror: Mirror) -> int:
    return MirrorItem.objects.filter(mirror=mirror, todo=Todo.SEND).exclude(HERE).exclude(tag="").count()


def count_known(mirror: Mirror) -> int:
    """The cards outside that both sides had."""
    return MirrorItem.objects.filter(mirror=mirror).exclude(sha256=None).count()


def _parts(items: Iterable[T]) -> Iterable[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, CHUNK)):
        yield part
