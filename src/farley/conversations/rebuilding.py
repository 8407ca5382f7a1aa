"""What search holds of notes and calls, held against what they say (`contacts.rebuilding.OtherTexts`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from farley.accounts.actor import Actor, ActorKind
from farley.conversations.models import Entry
from farley.conversations.writing import EntryWriter, said_by
from farley.journal.models import Door
from farley.search import writing as search
from farley.search.models import Entry as Found
from farley.search.models import place, places
from farley.spaces.models import Space
from farley.spaces.operations import writing

PAGE = 500
SYSTEM = Actor(ActorKind.SYSTEM, None, "farley")


class EntryTexts:
    def __init__(self, model: type[Entry]) -> None:
        self.model = model

    def mend(self, stopping: Callable[[], bool]) -> int | None:
        mended = 0
        for space in Space.objects.order_by("pk"):
            for pks in self._pages(space):
                with writing([space.pk]) as locked:  # read anew: they may have been written to since
                    wrong = self._differing(space, pks)
                    EntryWriter(locked[space.pk], by=SYSTEM, door=Door.CLI, batch=None).index_again(wrong)
                mended += len(wrong)
                if stopping():
                    return None
            mended += self._drop(space)
        return mended

    def differences(self) -> Iterator[str]:
        for space in Space.objects.order_by("pk"):
            for pks in self._pages(space):
                for entry in self._differing(space, pks):
                    yield f"{space.name}: {self.model.NOUN.name.lower()} {entry.pk}: search text"
            for pk in self._left(space):
                yield f"{space.name}: search finds {self.model.NOUN.name.lower()} {pk}, which is not there"

    def _pages(self, space: Space) -> Iterator[list[int]]:
        last = 0
        live = self.model.objects.filter(space=space, deleted_at=None).order_by("pk").values_list("pk", flat=True)
        while page := list(live.filter(pk__gt=last)[:PAGE]):
            yield page
            last = page[-1]

    def _differing(self, space: Space, pks: list[int]) -> list[Entry]:
        live = self.model.objects.filter(space=space, pk__in=pks, deleted_at=None)
        found = Found.objects.filter(pk__in=[place(space.pk, self.model.NOUN, pk) for pk in pks])
        held = {each.record: each.texts for each in found}
        return [entry for entry in live if held.get(entry.pk) != said_by(entry)]

    def _left(self, space: Space) -> list[int]:
        """The records that search finds in `space` and that are not there."""
        held = {each.record for each in Found.objects.filter(pk__range=places(space.pk, self.model.NOUN)).only("pk")}
        return sorted(held - {pk for pks in self._pages(space) for pk in pks})

    def _drop(self, space: Space) -> int:
        if not self._left(space):
            return 0
        with writing([space.pk]):
            gone = self._left(space)
            search.remove([place(space.pk, self.model.NOUN, pk) for pk in gone])
        return len(gone)
