"""Taking in what is new, changed or gone outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from farley.codecs.vcard import InvalidVCard
from farley.codecs.xml_tree import BadXml
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.contacts.storing import (
    BadHref,
    Condition,
    Entry,
    Prepared,
    Problem,
    Stored,
    TooLarge,
    UidConflict,
    free_href,
    href_for,
    prepare_many,
    refuse_bad_href,
    store_prepared,
)
from farley.journal.models import hash_of
from farley.mirrors.carddav import Card
from farley.mirrors.judging import Rule, Verdict, by_rule, judge, variants
from farley.mirrors.listing import HERE
from farley.mirrors.models import MirrorItem
from farley.mirrors.reaching import Unreachable
from farley.mirrors.run import Run
from farley.spaces.models import Space
from farley.spaces.operations import writing

PAGE = 50  # cards of one answer
Todo = MirrorItem.Todo
_ONE_BY_ONE = frozenset({"large", "cut", "status", "method", "forbidden", "server"})


@dataclass(slots=True)
class Arrived:
    """A card that came for an item, read."""

    item: MirrorItem
    card: Card
    prepared: Prepared | Problem

    @property
    def name(self) -> str:
        return self.prepared.derived.full_name if isinstance(self.prepared, Prepared) else ""


def fetch(run: Run) -> None:
    """Fetch what is noted to be fetched, each once. Raises Unreachable, CutShort, NotAllowed, NoSuchSpace."""
    last = 0
    while page := list(run.mirror.items.filter(todo=Todo.FETCH, is_erased=False, pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        cards = _cards(run, [item.path for item in page])
        _take_in(run, page, cards)
        run.go_on()


def drop(run: Run) -> None:
    """Delete here what is gone outside, but for what was changed here. Raises CutShort, NotAllowed, NoSuchSpace."""
    last = 0
    while page := list(run.mirror.items.filter(todo=Todo.DROP, pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        batch = run.batch()
        with writing([run.mirror.space_id]):
            here = _here(run, page)
            doomed = [contact for item in page if (contact := here.get(item.pk)) and _goes(run, item, contact)]
            gone = contacts.delete(doomed, by=run.by, door=run.door, batch=batch) if doomed else 0
            ids = {contact.pk for contact in doomed}
            finished = [item.pk for item in page if item.pk not in here or item.contact_id in ids]
            MirrorItem.objects.filter(pk__in=finished).delete()
            run.count(deleted=gone)
        run.go_on()


def _goes(run: Run, item: MirrorItem, contact: Contact) -> bool:
    """Whether a contact that is gone outside is to go here, too. One that was changed here is a matter of the rule."""
    if item.sha256 is not None and bytes(contact.sha256) == bytes(item.sha256):
        return True
    rule = _rule_of(run, item)
    if rule is Rule.ASK:
        run.problem(item, "changed_gone", name=contact.full_name)
        return False
    if rule is Rule.THEIRS:
        run.note(item, "went", name=contact.full_name, contact=contact)
        return True
    run.note(item, "stayed", name=contact.full_name, contact=contact)
    if run.mirror.is_two_way:  # as a new one
        item.tag, item.listed_tag, item.sha256, item.todo, item.decision = "", "", None, Todo.SEND, None
        item.problem, item.details = "", {}
        item.save()
    else:
        item.delete()
    return False


def _cards(run: Run, paths: Sequence[str]) -> dict[str, Card | int]:
    """The cards at these paths: together, or where the server cannot do that, one by one."""
    try:
        return run.book.multiget(paths)
    except BadXml:
        pass
    except Unreachable as error:
        if error.code not in _ONE_BY_ONE:
            raise
    found: dict[str, Card | int] = {}
    for path in paths:
        try:
            found[path] = run.book.get(path)
        except Unreachable as error:
            if error.code != "large":
                raise
            found[path] = 413
    if len(found) > 1 and all(card == 500 for card in found.values()):
        raise Unreachable("server", host=run.book.host, status=500)
    return found


def _take_in(run: Run, page: Sequence[MirrorItem], cards: dict[str, Card | int]) -> None:
    came = [(item, card) for item in page if isinstance(card := cards.get(item.path, 0), Card)]
    entries = [Entry(card.octets) for _, card in came]
    read = prepare_many(entries, run.mirror.space.default_region)
    arrived = [Arrived(item, card, prepared) for (item, card), prepared in zip(came, read, strict=True)]
    run.batch()
    with writing([run.mirror.space_id]) as locked:
        asked = [item.pk for item in page]
        current = run.mirror.items.filter(todo=Todo.FETCH, is_erased=False).in_bulk(
            asked
        )  # one may be erased meanwhile
        page = [current[pk] for pk in asked if pk in current]
        arrived = [replace(each, item=current[each.item.pk]) for each in arrived if each.item.pk in current]
        for item in page:
            if not isinstance(card := cards.get(item.path, 0), Card):
                _note_missing(run, item, card)
        _Taking(run, locked[run.mirror.space_id], arrived).carry_out()


def _note_missing(run: Run, item: MirrorItem, status: int) -> None:
    if status == 413:
        run.problem(item, "large", is_final=True)
    elif item.pk in run.sent:
        item.todo, item.tag, item.listed_tag = Todo.NOTHING, "", ""
        run.problem(item, "lost", name=_name_of(item), status=status or 404)
        item.save(update_fields=["listed_tag"])
    else:
        run.problem(item, "undelivered", name=_name_of(item), path=unquote(item.path), status=status or "–")


class _Taking:
    """Cards that arrived, under the lock of their space."""

    def __init__(self, run: Run, space: Space, arrived: Sequence[Arrived]) -> None:
        self.run, self.space = run, space
        self.arrived = arrived
        self.here = _here(run, [each.item for each in arrived])
        uids = [each.prepared.uid for each in arrived if isinstance(each.prepared, Prepared)]
        alike = Contact.objects.filter(space=space, uid__in=uids, deleted_at=None)
        self.by_uid = {contact.uid: contact for contact in alike.select_related("content")}
        owners = run.mirror.items.filter(contact__in=[contact.pk for contact in self.by_uid.values()])
        self.owners = {item.contact_id: item for item in owners}
        lost = run.mirror.items.filter(problem="lost", contact__uid__in=uids).exclude(HERE).select_related("contact")
        for item in lost:  # that of a contact which was deleted meanwhile and made again
            again = self.by_uid.get(item.contact.uid) if item.contact is not None else None
            if again is not None:
                self.owners.setdefault(again.pk, item)
        self.hrefs: set[str] = set()
        self.entries: list[tuple[Arrived, Prepared]] = []
        self.again: list[tuple[Arrived, Contact]] = []  # ours, to be put back over theirs
        self.gone: list[Arrived] = []  # deleted here, and to stay so: stored for the history alone

    def carry_out(self) -> None:
        for each in self.arrived:
            self._judge(each)
        by, door, batch = self.run.by, self.run.door, self.run.batch()
        results = store_prepared(self.space, [entry for _, entry in self.entries], batch=batch, by=by, door=door)
        for (each, _), result in zip(self.entries, results, strict=True):
            self._finish(each, result)
        if self.again:
            ours = prepare_many(
                [Entry(contact.content.data, contact.href) for _, contact in self.again], self.space.default_region
            )
            store_prepared(self.space, ours, batch=batch, by=by, door=door)
        if self.gone:
            doomed = Contact.objects.filter(pk__in=[each.item.contact_id for each in self.gone])
            contacts.delete(list(doomed), by=by, door=door, batch=batch)

    def _judge(self, each: Arrived) -> None:
        item, run = each.item, self.run
        if not isinstance(each.prepared, Prepared):
            self._refuse(each, each.prepared)
            return
        here = self.here.get(item.pk)
        if here is None and (there := self.by_uid.get(each.prepared.uid)) is not None:  # made here, or anew
            if not self._is_taken_over(each, there):
                return
            here = there
        base = bytes(item.sha256) if item.sha256 is not None else None
        verdict = judge(base, bytes(here.sha256) if here else None, variants(each.card.octets))
        if verdict is None:
            verdict = self._by_rule(each, here)
        match verdict:
            case Verdict.SAME:
                assert here is not None
                run.unchanged += item.pk not in run.sent and base is not None
                self._settle(item, each.card, bytes(here.sha256), here.pk, sends=False)
            case Verdict.SEND:  # the base stays as it is
                self._settle(item, each.card, base, here.pk if here else item.contact_id, sends=True)
            case Verdict.ASK:
                run.problem(item, "conflict" if here else "gone_changed", name=each.name)
            case Verdict.OURS if here is None:
                run.note(item, "stayed_gone", name=each.name, contact=item.contact_id)
                if run.mirror.is_two_way:
                    self.gone.append(each)
                    self._store(each, None, is_ours=False)
                else:
                    self._settle(item, each.card, base, item.contact_id, sends=False)
            case _:
                self._store(each, here, is_ours=verdict is Verdict.OURS)

    def _by_rule(self, each: Arrived, here: Contact | None) -> Verdict:
        rule = _rule_of(self.run, each.item)
        verdict = by_rule(rule, here.content.data if here else None, each.card.octets)
        code = verdict.value if here else "came_back"
        if verdict in (Verdict.THEIRS, Verdict.OURS) and (here or verdict is Verdict.THEIRS):
            self.run.note(each.item, code, name=each.name, contact=here or each.item.contact_id)
        return verdict

    def _is_taken_over(self, each: Arrived, here: Contact) -> bool:
        """Whether the item may have the contact that has its UID: not while another card outside stands for it."""
        owner = self.owners.get(here.pk)
        if owner is None or owner.pk == each.item.pk:
            return True
        is_lost = owner.problem == "lost"  # there are servers that put a card elsewhere than they were asked to
        if owner.todo != Todo.DROP and not is_lost:
            self.run.problem(each.item, "twice", name=each.name)
            return False
        each.item.sha256 = each.item.sha256 or owner.sha256  # the server has moved it to another path
        owner.delete()
        del self.owners[here.pk]
        return True

    def _store(self, each: Arrived, here: Contact | None, *, is_ours: bool) -> None:
        assert isinstance(each.prepared, Prepared)
        if here is not None:
            entry = Entry(each.card.octets, here.href, here.etag)
            if is_ours:
                self.again.append((each, here))
            elif each.item.pk in self.run.sent:
                self.run.note(each.item, "rewritten", name=each.name, contact=here)
            elif here.uid != each.prepared.uid and each.prepared.derived.uid:
                self.run.note(each.item, "uid_changed", name=each.name, contact=here)
        else:
            entry = Entry(each.card.octets, self._new_href(each, each.prepared.uid), Condition.ABSENT)
        self.entries.append((each, each.prepared._replace(entry=entry)))

    def _new_href(self, each: Arrived, uid: str) -> str:
        """The one it has outside, where that can be: whoever looks at both sides finds it again."""
        href = unquote(each.item.path.rpartition("/")[2])
        try:
            refuse_bad_href(href)
        except BadHref:
            href = href_for(uid)
        href = free_href(self.space, href, besides=self.hrefs)
        self.hrefs.add(href)
        return href

    def _finish(self, each: Arrived, result: Stored | Problem) -> None:
        if not isinstance(result, Stored):
            self._refuse(each, result)
            self.again = [(other, contact) for other, contact in self.again if other is not each]
            self.gone = [other for other in self.gone if other is not each]
            return
        is_ours = each in self.gone or any(other is each for other, _ in self.again)
        self.run.count(
            added=int(result.created and not is_ours),
            changed=int(not result.created and result.changed and not is_ours),
        )
        self._settle(each.item, each.card, hash_of(each.card.octets), result.pk, sends=is_ours)

    def _settle(self, item: MirrorItem, card: Card, sha256: bytes | None, contact: int | None, *, sends: bool) -> None:
        """Note what both sides have now."""
        item.tag = card.tag or item.listed_tag
        item.listed_tag = item.listed_tag or item.tag
        item.sha256, item.contact_id, item.decision = sha256, contact, None
        item.todo = Todo.SEND if sends and self.run.mirror.is_two_way else Todo.NOTHING
        item.problem, item.details = "", {}
        item.save()

    def _refuse(self, each: Arrived, problem: Problem) -> None:
        if isinstance(problem, UidConflict):
            others = self.run.mirror.items.filter(HERE, contact__href=problem.href).exclude(pk=each.item.pk)
            if others.exists():
                self.run.problem(each.item, "twice", name=each.name)
            else:
                self.run.problem(each.item, "uid", name=each.name, other=problem.name)
        elif isinstance(problem, TooLarge):
            self.run.problem(each.item, "large", is_final=True, limit=problem.limit)
        elif isinstance(problem, InvalidVCard):
            path = unquote(each.item.path.rpartition("/")[2])
            self.run.problem(each.item, "invalid", is_final=True, path=path, reason=problem.reason)
        else:
            raise problem


def _here(run: Run, items: Sequence[MirrorItem]) -> dict[int, Contact]:
    """The contacts of these items that are in the space now, by the item's id."""
    wanted = [item.contact_id for item in items if item.contact_id is not None]
    found = Contact.objects.filter(pk__in=wanted, space=run.mirror.space_id, deleted_at=None).select_related("content")
    by_pk = {contact.pk: contact for contact in found}
    return {item.pk: by_pk[item.contact_id] for item in items if item.contact_id in by_pk}


def _rule_of(run: Run, item: MirrorItem) -> Rule:
    return Rule(item.decision or run.mirror.rule)


def _name_of(item: MirrorItem) -> str:
    return contact.full_name if (contact := item.contact_here) is not None else ""
