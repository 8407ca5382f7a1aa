"""What the journal asks of notes and calls (`journal.undo.Keeper`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from farley.accounts.actor import Actor
from farley.contacts.models import Contact
from farley.conversations.models import Entry
from farley.conversations.writing import EntryWriter, own_of, read, written
from farley.journal.models import ERASED, Batch, Door
from farley.journal.undo import Former, PutBack
from farley.spaces.models import Space


class EntryKeeper:
    """Brings back what entries said, where they lay, and whom they were about."""

    def __init__(self, model: type[Entry]) -> None:
        self.model = model

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return self._put_back

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state for state in states}
        there = self.model.objects.in_bulk(wanted)
        gone = dict.fromkeys(wanted.keys() - there.keys(), "gone")
        return gone | {pk: "changed" for pk, entry in there.items() if not _is_so(entry, wanted[pk])}

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        return {entry.pk: str(entry) for entry in self.model.objects.known_to(by).filter(pk__in=list(subjects))}

    def _put_back(
        self, former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
    ) -> dict[int, str]:
        kept = {}
        for state in former:
            entry = self.model.objects.filter(pk=state.subject).first()
            if entry is None or ERASED in state.own:
                kept[state.subject] = "gone"
                continue
            if entry.space_id not in spaces:
                kept[state.subject] = "changed"
                continue
            writer = EntryWriter(spaces[entry.space_id], by=by, door=door, batch=batch)
            home = state.own.get("space", entry.space_id)
            if home != entry.space_id and home in spaces:
                writer.move_out(entry)
                writer = EntryWriter(spaces[home], by=by, door=door, batch=batch)
                writer.move_in(entry)
            if state.live is not None:
                writer.put_live(entry, is_live=state.live)
            wanted = {name: read(name, value) for name, value in state.own.items() if name != "space"}
            if "contacts" in wanted:  # of those that were erased meanwhile nothing is left
                there = Contact.objects.filter(pk__in=wanted["contacts"]).values_list("pk", flat=True)
                wanted["contacts"] = sorted(there)
            writer.put(entry, wanted)
        return kept


def _is_so(entry: Entry, state: Former) -> bool:
    if state.live is not None and state.live is not (entry.deleted_at is None):
        return False
    if ERASED in state.own:
        return False
    own: dict[str, Any] = {"space": entry.space_id} | {
        name: written(own_of(entry, name)) for name in state.own if name != "space"
    }
    return all(own[name] == value for name, value in state.own.items())
