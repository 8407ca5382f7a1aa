"""How notes and calls go for good: with the contact they are about, and with a space's rule."""

from __future__ import annotations

from collections.abc import Sequence

from farley.contacts import erasing
from farley.contacts.erasing import Traces
from farley.contacts.retaining import Retained
from farley.conversations.models import KINDS, About, Entry
from farley.conversations.writing import purge
from farley.journal.models import Batch, Change, Noun


def forget(traces: Traces) -> None:
    """Erase what is about the contact alone, with what it said before; of the rest, that it is about the contact."""
    mine = traces.contact.pk
    for model in KINDS.values():
        entries = model.objects.about([mine]).values("pk")
        acts = Change.objects.filter(noun=model.NOUN, subject__in=entries).values("batch")
        erasing.forget_in_titles(Batch.objects.filter(pk__in=acts), traces.names)
        told = About.objects.filter(noun=model.NOUN)
        with_others = told.exclude(contact=mine).values("record")
        alone = model.objects.about([mine]).exclude(pk__in=with_others)
        _purge(model, list(alone))
        told.filter(contact=mine).delete()


def retained(noun: Noun) -> Retained:
    """What a space's rule takes away of the deleted ones."""
    model = KINDS[noun]
    return Retained(
        noun,
        lambda space, before: model.objects.filter(space=space, deleted_at__lt=before),
        lambda entries, _space: _purge(model, entries),
    )


def _purge(model: type[Entry], entries: Sequence[Entry]) -> None:
    erasing.overwrite_deleted()
    purge(model, entries)
    erasing.forget_own_fields([entry.pk for entry in entries], model.NOUN)
