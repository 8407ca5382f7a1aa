"""What the people of the example have done with their contacts: a little history to look at, undo and restore."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.conversations import operations as entries
from farley.conversations.models import Call, Entry, Note
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.models import Space

_NEEDED = 12  # people in a space, that it has a history


def live_in(made: dict[str, Space], users: dict[str, User]) -> int:
    """Carry out a few edits by different people; return how many contacts they changed. Small spaces stay as they are.

    `made` has the spaces by name.
    """
    changed = 0
    sales, company, private = made["vertrieb"], made["hallberg"], made["jana"]
    jana, tobias, aylin = users["jana"], users["tobias"], users["aylin"]
    if people := _people(company):
        for contact in people[5:8]:
            changed += _new_number(contact, by=tobias, door=Door.DAV)
        with one_batch(Batch.Act.TAG, by=aylin.actor, door=Door.WEB, title="Messe 27") as batch:
            changed += contacts.retag(people[:5], add=["Messe 27"], by=aylin.actor, door=Door.WEB, batch=batch)
        changed += _note(people[8], "Rückruf am Montag zugesagt.", by=jana)
        changed += _keep_notes(people[:4], jana=jana, tobias=tobias, aylin=aylin)
        with one_batch(Batch.Act.DELETE, by=aylin.actor, door=Door.WEB, title=people[-1].full_name) as batch:
            changed += contacts.delete(people[-2:], by=aylin.actor, door=Door.WEB, batch=batch)
        with one_batch(Batch.Act.RESTORE, by=aylin.actor, door=Door.WEB, title=people[-1].full_name) as batch:
            contacts.restore(people[-1], by=aylin.actor, door=Door.WEB, batch=batch)
            changed += 1
    if people := _people(sales):
        changed += _note(people[3], "Angebot über 24 Tische geschickt, Antwort bis Monatsende.", by=tobias)
        with one_batch(Batch.Act.ASSIGN, by=jana.actor, door=Door.WEB, title=tobias.full_name) as batch:
            changed += contacts.assign(people[:6], tobias, by=jana.actor, door=Door.WEB, batch=batch)
    if (people := _people(private)) and not people[0].organisation_key:
        with one_batch(Batch.Act.MOVE, by=jana.actor, door=Door.WEB, title=people[0].full_name) as batch:
            changed += contacts.move(people[:1], sales, by=jana.actor, door=Door.WEB, batch=batch)
    return changed


def _keep_notes(people: Sequence[Contact], *, jana: User, tobias: User, aylin: User) -> int:
    """Notes and calls of the last weeks, one of which waits for somebody; how many contacts were spoken to."""
    now = timezone.now()
    told: list[tuple[User, Entry, Sequence[Contact]]] = [
        (jana, Note(text="Erwartet bis **Freitag** die dritte Fassung. @tobias, bitte mit Statik-Blatt."), people[:1]),
        (tobias, Note(text="Am besten vormittags anrufen.", is_pinned=True), people[:1]),
        (aylin, Note(text="Auf der Messe zusammen am Stand:\n\n- Muster mitnehmen\n- Preise nachreichen"), people[1:3]),
        (
            tobias,
            Call(text="Rückfrage zur Traglast des Tresens.", length_s=380, at=now - dt.timedelta(days=2)),
            people[:1],
        ),
        (
            aylin,
            Call(direction=Call.Direction.IN, outcome=Call.Outcome.MISSED, at=now - dt.timedelta(days=9)),
            people[3:4],
        ),
    ]
    for user, entry, about in told:
        act = Batch.Act.CALL if isinstance(entry, Call) else Batch.Act.NOTE
        with one_batch(act, by=user.actor, door=Door.WEB, title=about[0].full_name) as batch:
            entries.add(entry, about, by=user.actor, door=Door.WEB, batch=batch)
    return sum(isinstance(entry, Call) and entry.counts_as_contact for _, entry, _ in told)


def _people(space: Space) -> list[Contact]:
    """Some people of the space, always the same; none where there are few."""
    found = Contact.objects.filter(space=space, kind=Contact.Kind.INDIVIDUAL, deleted_at=None)
    people = list(found.select_related("content").order_by("pk")[: 4 * _NEEDED])
    return people if len(people) >= _NEEDED else []


def _new_number(contact: Contact, *, by: User, door: Door) -> bool:
    card = contact.card
    phone = card.first("TEL")
    number = "+49 152 28817386"  # kept for fiction by the Bundesnetzagentur
    card = card.with_text(phone.index, number) if phone else card.added("TEL", text=number, types=["cell"])
    return _store(contact, card.octets, by=by, door=door)


def _note(contact: Contact, text: str, *, by: User) -> bool:
    card = contact.card
    there = card.first("NOTE")
    card = card.with_text(there.index, f"{there.text}\n{text}") if there else card.added("NOTE", text=text)
    return _store(contact, card.octets, by=by, door=Door.WEB)


def _store(contact: Contact, octets: bytes, *, by: User, door: Door) -> bool:
    with one_batch(Batch.Act.EDIT, by=by.actor, door=door, title=contact.full_name) as batch:
        stored = storing.store(
            contact.space, contact.href, octets, expected=contact.etag, by=by.actor, door=door, batch=batch
        )
    return stored.changed
