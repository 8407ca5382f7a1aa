"""Notes and calls as tests write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.conversations import operations, timeline
from farley.conversations.models import Call, Note
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch


def by(user: User) -> dict[str, Any]:
    return {"by": user.actor, "door": Door.WEB}


def note(user: User, text: str, *about: Contact, **more: Any) -> Note:
    return operations.add(Note(text=text, **more), about, batch=None, **by(user))


def call(user: User, *about: Contact, ago: dt.timedelta = dt.timedelta(), **more: Any) -> Call:
    return operations.add(Call(at=timezone.now() - ago, **more), about, batch=None, **by(user))


def change(user: User, entry: Any, **wanted: Any) -> Batch:
    with one_batch(Batch.Act.NOTE, title="changed", **by(user)) as batch:
        operations.change(entry, wanted, batch=batch, **by(user))
    return batch


def timeline_texts(contact: Contact, actor: Actor) -> list[str]:
    """What the entries of a contact's timeline say, in its order."""
    page = timeline.page(contact, by=actor, only=["note", "call"])
    return [moment.what.text for moment in page.moments]
