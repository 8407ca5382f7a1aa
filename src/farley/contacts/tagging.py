"""The tags of a space as such: how many contacts have one, its colour, another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts import bulk
from farley.contacts.bulk import Deed, Job, Selection, Verb
from farley.contacts.listing import Filters, Listed
from farley.contacts.models import MAX_TAG, Tag, TagEntry
from farley.contacts.naming import rename_tag_in_views
from farley.contacts.operations import refuse_long_tags
from farley.contacts.storing import StoreProblem
from farley.journal.models import Batch, Door, Noun
from farley.journal.models import Verb as Happened
from farley.journal.undo import Former, PutBack
from farley.journal.writing import Written, append, one_batch
from farley.lists.paging import EXACT_TO
from farley.spaces.models import Hue, Space
from farley.spaces.operations import require, writing

PAGE = 100  # tags
_COUNT = """(SELECT COUNT(*) FROM (
    SELECT 1 FROM contacts_tagentry entry WHERE entry.tag_id = contacts_tag.id LIMIT %s) counted)"""


class NoSuchTag(LookupError):
    """The space has no tag of this name in use."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no tag {name[:MAX_TAG]!r}")
        self.name = name


class UnusableTag(StoreProblem):
    """A tag cannot be called so: it would be empty, or the name it has already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a tag cannot be called {name[:MAX_TAG]!r}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Use:
    """A tag of a space. `count` is exact up to EXACT_TO; one more stands for any number beyond."""

    name: str
    hue: str  # "" where nobody chose one
    count: int


def uses(space: Space, *, behind: str = "", like: str = "", size: int = PAGE) -> list[Use]:
    """The next `size` tags of `space`, which the reader sees, by name; `like` is how their names begin.

    A tag that no contact has is there for as long as it has a colour. Each count reads one range of an index.
    """
    tags = Tag.objects.filter(known(), space=space, name__gt=behind).order_by("name")
    if like:
        tags = tags.filter(name__gte=like, name__lt=like + "\U0010ffff")
    counted = tags.annotate(count=RawSQL(_COUNT, [EXACT_TO + 1]))  # noqa: S611 -- nobody's words are in it
    return [Use(name, hue, count) for name, hue, count in counted.values_list("name", "hue", "count")[:size]]


def known() -> Q:
    """Tags that are in use or kept by a colour."""
    return Q(Exists(TagEntry.objects.filter(tag=OuterRef("pk")))) | ~Q(hue="")


def find(space: Space, name: str) -> Tag:
    """Raises NoSuchTag."""
    tag = Tag.objects.filter(known(), space=space, name=name[:MAX_TAG]).first()
    if tag is None:
        raise NoSuchTag(name)
    found: Tag = tag
    return found


def count(space: Space, name: str) -> int:
    """How many contacts have the tag, exactly: as long as that takes."""
    return TagEntry.objects.filter(tag__space=space, tag__name=name[:MAX_TAG]).count()


def hues(space: Space, names: Iterable[str]) -> dict[str, str]:
    """The colours that were chosen for these tags."""
    wanted = [name[:MAX_TAG] for name in names]
    if not wanted:
        return {}
    return dict(Tag.objects.filter(space=space, name__in=wanted).exclude(hue="").values_list("name", "hue"))


def colour(space: Space, name: str, hue: str, *, by: Actor, door: Door) -> Batch:
    """Give a tag a colour, or with "" take it away; one that is not there yet is made and kept by it.

    Raises NotAllowed, NoSuchSpace, TooLarge, UnusableTag. The batch has no `pk` where nothing changed.
    """
    if not name or hue not in {"", *Hue.values}:
        raise UnusableTag(name)
    refuse_long_tags([name])
    with one_batch(Batch.Act.TAG, by=by, door=door, title=name) as batch, writing([space.pk]) as spaces:
        space = spaces[space.pk]
        require(space, by, Role.EDITOR)
        tag, _ = Tag.objects.get_or_create(space=space, name=name)
        _set_hues(space, {tag: hue}, by=by, door=door, batch=batch)
    return batch


def rename(space: Space, old: str, new: str, *, by: Actor, door: Door) -> Job:
    """Begin to call a tag otherwise, in the cards of all who have it. Where `new` is there already, the two become one.

    The colour goes along, unless `new` has one, and saved views that ask for it.
    Raises NotAllowed, NoSuchTag, TooLarge, UnusableTag.
    """
    new = new.strip()
    if not new or new == old:
        raise UnusableTag(new)
    return _begin(space, Deed(Verb.RENAME, new, former=old), f"{old} → {new}", by=by, door=door)


def delete(space: Space, name: str, *, by: Actor, door: Door) -> Job:
    """Begin to take a tag off all who have it; its colour goes, too. Raises NotAllowed, NoSuchTag, TooLarge."""
    return _begin(space, Deed(Verb.UNTAG, name), name, by=by, door=door)


def _begin(space: Space, deed: Deed, title: str, *, by: Actor, door: Door) -> Job:
    refuse_long_tags([deed.tag, deed.former])
    require(space, by, Role.EDITOR)
    gone = find(space, deed.former or deed.tag)
    if len(gone.name) >= MAX_TAG:  # several that are too long may be one here
        raise UnusableTag(gone.name)
    selection = Selection.everything(Listed([space], Filters(tag=gone.name)), by=by)
    size = gone.entries.all()[: EXACT_TO + 1].count()
    batch = bulk.begin(deed, selection, title=title, door=door)
    with writing([space.pk]) as spaces:
        space = spaces[space.pk]
        changed = {gone: ""}
        if deed.former:
            heir, _ = Tag.objects.get_or_create(space=space, name=deed.tag)
            changed[heir] = heir.hue or gone.hue
        _set_hues(space, changed, by=by, door=door, batch=batch)
        if deed.former:
            rename_tag_in_views(space, deed.former, deed.tag, by=by, door=door, batch=batch)
    return Job(batch, deed, selection, size)


def _set_hues(space: Space, wanted: Mapping[Tag, str], *, by: Actor, door: Door, batch: Batch) -> None:
    """In the locked `space`."""
    changed = {tag: hue for tag, hue in wanted.items() if tag.hue != hue}
    written = [Written(Happened.SET, tag.pk, own_before={"hue": tag.hue}) for tag in changed]
    append(space, Noun.TAG, written, by=by, door=door, batch=batch, at=timezone.now())
    for tag, hue in changed.items():
        Tag.objects.filter(pk=tag.pk).update(hue=hue)


class TagKeeper:
    """What the journal asks of tags (`journal.undo.Keeper`): their colours. Their names come back with the cards."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return _put_back

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state.own.get("hue") for state in states}
        there = dict(Tag.objects.filter(pk__in=wanted).values_list("pk", "hue"))
        gone = dict.fromkeys(wanted.keys() - there.keys(), "gone")
        return gone | {pk: "changed" for pk, hue in there.items() if wanted[pk] not in (None, hue)}

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        seen = Tag.objects.filter(pk__in=list(subjects), space__in=Space.objects.visible_to(by).values("pk"))
        return dict(seen.values_list("pk", "name"))


def _put_back(
    former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
) -> dict[int, str]:
    tags = Tag.objects.filter(space__in=spaces).in_bulk([state.subject for state in former])
    for space in spaces.values():
        wanted = {
            tags[state.subject]: str(state.own["hue"])
            for state in former
            if "hue" in state.own and state.subject in tags and tags[state.subject].space_id == space.pk
        }
        _set_hues(space, wanted, by=by, door=door, batch=batch)
    return {state.subject: "gone" for state in former if state.subject not in tags}
