"""A handful of made-up people for somebody's own card file: in by one act, out by undoing it."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.utils import timezone

from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.contacts.storing import Condition, Entry, Stored
from farley.conversations import operations as entries
from farley.conversations.models import Call, Note
from farley.exchange.demo.cards import card_of, card_of_firm
from farley.exchange.demo.people import firms, people
from farley.journal.models import Batch, Door
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space

PEOPLE = 24
FIRMS = 4
_TEXTS = {
    "de": ("Mag **Tee**, keinen Kaffee.", "Rückruf nach den Ferien zugesagt.", "Sie will die dritte Fassung sehen."),
    "en": ("Likes **tea**, no coffee.", "Promised to call back after the holidays.", "Wants to see the third version."),
}


def fill(space: Space, user: User, *, door: Door, seed: int = 1) -> Batch:
    """Put the example people into `space`, where `user` is an editor, with a few notes and days to come back to them.

    Raises NotAllowed, NoSuchSpace.
    """
    rng = random.Random(seed)  # noqa: S311 -- lifelike, not secret
    is_german = user.language != "en"
    employers = firms(rng, FIRMS, english=0 if is_german else 1)
    made = people(rng, PEOPLE, employers=employers, english=0 if is_german else 1)
    cards = [card_of_firm(firm, apple=False) for firm in employers] + [card_of(person, rng) for person in made]
    batch = open_batch(Batch.Act.DEMO, by=user.actor, door=door, title="")
    new = [Entry(card, expected=Condition.ABSENT, owner=user.pk) for card in cards]
    stored = storing.store_many(space, new, batch=batch, by=user.actor, door=door)
    there = [result.pk for result in stored if isinstance(result, Stored)]
    persons = list(Contact.objects.filter(pk__in=there, kind=Contact.Kind.INDIVIDUAL).order_by("pk")[:4])
    if len(persons) == 4:
        _live_with(persons, user, batch, door=door, texts=_TEXTS["de" if is_german else "en"])
    close_batch(batch)
    return batch


def there_for(user: User) -> Batch | None:
    """The act that put the example in, if it is still there."""
    mine = Batch.objects.filter(user=user, act=Batch.Act.DEMO, state=Batch.State.DONE, undoes=None)
    found: Batch | None = mine.exclude(door=Door.CLI).order_by("-pk").first()
    return found


def _live_with(persons: list[Contact], user: User, batch: Batch, *, door: Door, texts: tuple[str, str, str]) -> None:
    how: dict[str, Any] = {"by": user.actor, "door": door, "batch": batch}
    likes, promised, wants = texts
    entries.add(Note(text=likes, is_pinned=True), persons[:1], **how)
    entries.add(Note(text=promised), persons[1:3], **how)
    yesterday = timezone.now() - dt.timedelta(days=1)
    entries.add(Call(text=wants, length_s=420, at=yesterday), persons[:1], **how)
    contacts.follow_up(persons[1:2], timezone.localdate(), **how)
    contacts.follow_up(persons[3:4], timezone.localdate() + dt.timedelta(days=3), **how)
