"""Sending what is new, changed or gone here. What the server makes of it is fetched again afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from farley.contacts.models import Contact
from farley.contacts.storing import octets_of
from farley.database.turns import write_turn
from farley.mirrors.carddav import Put
from farley.mirrors.models import MirrorItem
from farley.mirrors.run import Run

PAGE = 25
Todo = MirrorItem.Todo
_GONE = (404, 410)
_STALE = 412  # Precondition Failed


def send(run: Run) -> None:
    """Send what is noted to be sent, each once. Raises Unreachable, CutShort.

    What was sent is noted to be fetched, so that nothing is forgotten if the run ends here.
    """
    last = 0
    while page := list(run.mirror.items.filter(todo=Todo.SEND, pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        run.keep()
        here = _here(run, page)
        octets = octets_of(contact.content_id for contact in here.values())
        for item in page:
            contact = here.get(item.pk)
            if contact is None:
                _delete(run, item)
            else:
                _put(run, item, contact, octets[contact.content_id])
        run.go_on()


def _put(run: Run, item: MirrorItem, contact: Contact, octets: bytes) -> None:
    answer = run.book.put(item.path, octets, tag=item.tag)
    with write_turn():
        if answer.is_done:
            run.count(**{"sent_changed" if item.tag else "sent_added": 1})
            sent = run.mirror.items.filter(pk=item.pk)
            if answer.path and not run.mirror.items.filter(path=answer.path).exists():
                sent.update(path=answer.path)
            sent.update(tag=answer.tag, listed_tag=answer.tag, sha256=contact.sha256, problem="", details={})
            sent.filter(is_erased=False).update(todo=Todo.FETCH)  # one that was erased meanwhile is to go there
            run.sent.add(item.pk)
        else:
            _not_done(run, item, answer, name=contact.full_name)


def _delete(run: Run, item: MirrorItem) -> None:
    is_sent = item.is_erased and item.sha256 is not None  # and the server did not say what its tag is
    tag = item.tag or ("*" if is_sent else "")
    answer = run.book.delete(item.path, tag=tag) if tag else Put(404)
    with write_turn():
        if answer.is_done or answer.status in _GONE:
            run.count(sent_deleted=int(answer.is_done))
            item.delete()
        else:
            _not_done(run, item, answer, name="")


def _not_done(run: Run, item: MirrorItem, answer: Put, *, name: str) -> None:
    if item.is_erased and answer.status == _STALE:
        return  # the next listing tells which tag it has now
    if answer.status == _STALE:  # changed outside meanwhile, or there already: fetched first, then it is a conflict
        item.todo = Todo.FETCH
        item.save(update_fields=["todo"])
    elif answer.status in _GONE and item.tag:
        item.todo = Todo.DROP  # the rule says what becomes of it
        item.save(update_fields=["todo"])
    else:
        item.todo = Todo.NOTHING
        run.problem(item, "refused", name=name, status=answer.status, reason=answer.reason)


def _here(run: Run, items: Sequence[MirrorItem]) -> dict[int, Contact]:
    wanted = [item.contact_id for item in items if item.contact_id is not None]
    found = Contact.objects.filter(pk__in=wanted, space=run.mirror.space_id, deleted_at=None).in_bulk()
    return {item.pk: found[item.contact_id] for item in items if item.contact_id in found}
