"""One act on many contacts: a batch of short transactions, taken up where it stands after a restart."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from django.db.models import Max

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations, storing
from farley.contacts.listing import Filters, Listed
from farley.contacts.models import Contact
from farley.contacts.operations import OwnerOutside
from farley.contacts.setting import set_value
from farley.contacts.storing import StoreProblem, TooLarge, UidConflict
from farley.database.turns import write_turn
from farley.fields.values import BadValue
from farley.journal.models import Batch, BatchSpace, Door, Noun
from farley.journal.writing import close_batch, leave_out, open_batch
from farley.lists import language
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed, require

CHUNK = 500  # contacts a transaction


class Verb(StrEnum):
    TAG = "tag"
    UNTAG = "untag"
    RENAME = "rename"
    RENAME_ORGANISATION = "rename organisation"
    MOVE = "move"
    DELETE = "delete"
    ASSIGN = "assign"
    FOLLOW_UP = "follow up"
    SET = "set"


ACTS = {
    Verb.TAG: Batch.Act.TAG,
    Verb.UNTAG: Batch.Act.TAG,
    Verb.RENAME: Batch.Act.RENAME_TAG,
    Verb.RENAME_ORGANISATION: Batch.Act.RENAME_ORGANISATION,
    Verb.MOVE: Batch.Act.MOVE,
    Verb.DELETE: Batch.Act.DELETE,
    Verb.ASSIGN: Batch.Act.ASSIGN,
    Verb.FOLLOW_UP: Batch.Act.EDIT,
    Verb.SET: Batch.Act.EDIT,
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done with each contact.

    `tag` is the word to add or take off, or what the tag `former` is called from now on, or the organisation; `target`
    the id of the space to move to, or of who is to look after them (0: nobody); `on` the day of the follow-up in
    ISO 8601, empty for none; `field` and `value` are what `setting.set_value` takes.
    """

    verb: Verb
    tag: str = ""
    target: int = 0
    former: str = ""
    on: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Contacts that `by` sees: those of `pks`, or all that `listed` holds, as far as they are there already."""

    by: Actor
    pks: Sequence[int] = ()  # ascending
    listed: Listed | None = None
    newest: int = 0  # of a whole list: the id of the last contact there was when it was chosen

    @classmethod
    def of(cls, pks: Sequence[int], *, by: Actor) -> Self:
        return cls(by, tuple(sorted(set(pks))))

    @classmethod
    def everything(cls, listed: Listed, *, by: Actor) -> Self:
        return cls(by, listed=listed, newest=Contact.objects.aggregate(newest=Max("pk"))["newest"] or 0)

    def behind(self, position: int, *, size: int = 0) -> list[Contact]:
        """The next `size` contacts (else CHUNK) by id, behind that of `position`; none at the end."""
        size = size or CHUNK
        visible = Contact.objects.visible_to(self.by).select_related("space").order_by("pk")
        if self.listed is not None:
            return list(visible.filter(pk__in=self.listed.by_id(behind=position, up_to=self.newest, size=size)))
        left = [pk for pk in self.pks if pk > position]
        for start in range(0, len(left), size):
            if found := list(visible.filter(pk__in=left[start : start + size])):
                return found
        return []

    def spaces(self) -> list[Space]:
        """The spaces its contacts may lie in."""
        if self.listed is not None:
            return list(self.listed.spaces)
        named: set[int] = set()
        for start in range(0, len(self.pks), CHUNK):
            there = Contact.objects.visible_to(self.by).filter(pk__in=self.pks[start : start + CHUNK])
            named.update(there.values_list("space", flat=True).distinct())
        return list(Space.objects.filter(pk__in=named))

    def written(self) -> dict[str, Any]:
        """What `read` makes the same selection of, as JSON."""
        if self.listed is None:
            return {"pks": list(self.pks)}
        filters = self.listed.filters
        return {
            "spaces": [space.pk for space in self.listed.spaces],
            "kinds": list(filters.kinds),
            "tag": filters.tag,
            "group": filters.group.pk if filters.group else None,
            "text": filters.text,
            "more": language.written(filters.more),
            "newest": self.newest,
        }

    @classmethod
    def read(cls, written: dict[str, Any], *, by: Actor) -> Self:
        """Raises Contact.DoesNotExist where the group that was chosen is gone, BadFilter for a field that is."""
        if "pks" in written:
            return cls(by, tuple(written["pks"]))
        group = Contact.objects.visible_to(by).get(pk=written["group"]) if written["group"] else None
        spaces = list(Space.objects.visible_to(by).filter(pk__in=written["spaces"]))
        more = language.parse(written.get("more", ""))
        filters = Filters(tuple(written["kinds"]), written["tag"], group, written["text"], more)
        return cls(by, listed=Listed(spaces, filters, by.user), newest=written["newest"])


@dataclass(frozen=True, slots=True)
class Job:
    """An act that has begun: what `carry_out` needs to go on with it."""

    batch: Batch
    deed: Deed
    selection: Selection
    size: int  # contacts; one more than is counted exactly stands for any number beyond


def begin(deed: Deed, selection: Selection, *, title: str, door: Door) -> Batch:
    """Open the batch that `carry_out` fills.

    Raises what the act would fail of, before anything is changed: NotAllowed, UidConflict, TooLarge.
    """
    _check(deed, selection)
    with write_turn():
        batch = open_batch(ACTS[deed.verb], by=selection.by, door=door, title=title)
        for space in {contact.space_id for contact in selection.behind(0)}:  # so that it can be watched from now on
            BatchSpace.objects.create(batch=batch, space_id=space)
    return batch


def _check(deed: Deed, selection: Selection) -> None:
    spaces = selection.spaces()
    for space in spaces:
        require(space, selection.by, Role.EDITOR)
    if deed.verb in (Verb.TAG, Verb.RENAME):
        operations.refuse_long_tags([deed.tag])
    if deed.verb is not Verb.MOVE:
        return
    target = Space.objects.get(pk=deed.target)
    require(target, selection.by, Role.EDITOR)
    position = 0
    while coming := selection.behind(position, size=5000):
        position = coming[-1].pk
        going = [contact for contact in coming if contact.space_id != target.pk]
        for uid, other in storing.taken_uids(target, going).items():
            raise UidConflict(uid, other.href, other.full_name)


def do(deed: Deed, contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch) -> int:
    """Do it to at most 500 contacts, in one transaction; return how many changed.

    Raises NotAllowed, NoSuchSpace, StoreProblem; then none of them is changed.
    """
    match deed.verb:
        case Verb.DELETE:
            return operations.delete(contacts, by=by, door=door, batch=batch)
        case Verb.MOVE:
            target = Space.objects.get(pk=deed.target)
            return operations.move(contacts, target, by=by, door=door, batch=batch)
        case Verb.TAG:
            return operations.retag(contacts, add=[deed.tag], by=by, door=door, batch=batch)
        case Verb.RENAME_ORGANISATION:
            return operations.rename_organisation(contacts, deed.tag, by=by, door=door, batch=batch)
        case Verb.ASSIGN:
            owner = User.objects.get(pk=deed.target) if deed.target else None
            return operations.assign(contacts, owner, by=by, door=door, batch=batch)
        case Verb.FOLLOW_UP:
            on = dt.date.fromisoformat(deed.on) if deed.on else None
            return operations.follow_up(contacts, on, by=by, door=door, batch=batch)
        case Verb.SET:
            return set_value(contacts, deed.field, deed.value, by=by, door=door, batch=batch)
        case Verb.RENAME:
            return operations.rename_tag(contacts, deed.former, deed.tag, by=by, door=door, batch=batch)
    return operations.retag(contacts, remove=[deed.tag], by=by, door=door, batch=batch)


def carry_out(
    batch: Batch,
    deed: Deed,
    selection: Selection,
    *,
    door: Door,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _done: None,
) -> bool:
    """Do it to all of them, from where `batch` stands; return False if `stopping` cut it short.

    A contact that has a problem of its own is left as it is and noted (`LeftOut`). Where the right to change them is
    lost on the way, or the value that they are to get, the batch ends as failed, and what is done can be undone.
    """
    while batch.state == Batch.State.RUNNING and (contacts := selection.behind(batch.position)):
        try:
            _do_as_possible(deed, contacts, by=selection.by, door=door, batch=batch)
        except (NotAllowed, BadValue):  # or a choice is taken away that was to be set
            close_batch(batch, Batch.State.FAILED)
            return True
        # Doing it twice changes nothing more, so the place may be noted behind it, in a transaction of its own.
        batch.position = contacts[-1].pk
        with write_turn():
            batch.save(update_fields=["position"])
        progress(batch.size)
        if stopping():
            return False
    if batch.state == Batch.State.RUNNING:
        close_batch(batch)
    return True


def _do_as_possible(deed: Deed, contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch) -> None:
    try:
        do(deed, contacts, by=by, door=door, batch=batch)
    except StoreProblem as problem:
        if len(contacts) == 1:
            leave_out(batch, Noun.CONTACT, {contacts[0].pk: _reason(problem)})
            return
        for contact in contacts:
            _do_as_possible(deed, [contact], by=by, door=door, batch=batch)


def _reason(problem: StoreProblem) -> str:
    return {UidConflict: "taken", TooLarge: "too_large", OwnerOutside: "owner"}.get(type(problem), "changed")


def written(deed: Deed) -> dict[str, Any]:
    """What `Deed(**…)` makes the same one of, as JSON."""
    return dataclasses.asdict(deed)
