"""Whatever people do: taken back in reverse order, everything is as it was, and nothing derived is left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.contacts.storing import Entry
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space
from tests.cast import team
from tests.contacts.acts import State, faults, state_of

pytestmark = pytest.mark.django_db

CARDS = st.tuples(
    st.sampled_from(["", "a", "b", "c", "d", "e"]),  # UID
    st.sampled_from(["Ada", "Bea", "Cleo", "ACME"]),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=2),
    st.sampled_from(["", "ACME", "Other"]),
    st.booleans(),
)
STEPS = st.one_of(
    st.tuples(st.just("store"), st.integers(0, 1), st.sampled_from(["1.vcf", "2.vcf", "3.vcf", "4.vcf"]), CARDS),
    st.tuples(st.just("import"), st.integers(0, 1), st.lists(CARDS, max_size=3)),
    st.tuples(st.just("edit"), st.integers(0, 9), CARDS),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("restore"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 1)),
    st.tuples(st.just("assign"), st.integers(0, 9), st.integers(0, 2)),
    st.tuples(st.just("tag"), st.integers(0, 9), st.sampled_from(["x", "new"]), st.booleans()),
)
BATCHES = st.lists(st.tuples(st.integers(0, 1), st.lists(STEPS, min_size=1, max_size=6)), min_size=1, max_size=5)

Card = tuple[str, str, list[str], str, bool]


def octets_of(card: Card) -> bytes:
    uid, name, tags, organisation, is_organisation = card
    lines = [f"FN:{name}", "TEL:030 1234567"]
    lines += [f"UID:{uid}"] if uid else []
    lines += [f"CATEGORIES:{','.join(tags)}"] if tags else []
    lines += [f"ORG:{organisation}"] if organisation else []
    lines += ["KIND:org"] if is_organisation else []
    return "\r\n".join(["BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD", ""]).encode()


@dataclass
class Party:
    """Two people, two spaces, and what one of them does in a batch."""

    people: tuple[User, User]
    spaces: tuple[Space, Space]

    def carry_out(self, batch: Batch, who: int, *step: object) -> None:
        act: Callable[..., object] = getattr(self, f"_{step[0]}")
        try:
            act(batch, self.people[who], *step[1:])
        except storing.StoreProblem:
            pass  # taken, in conflict: nothing of it happened

    def _store(self, batch: Batch, user: User, space: int, href: str, card: Card) -> None:
        entry = Entry(octets_of(card), href)
        storing.store_many(self.spaces[space], [entry], batch=batch, by=user.actor, door=Door.DAV)

    def _import(self, batch: Batch, user: User, space: int, cards: list[Card]) -> None:
        entries = [Entry(octets_of(card), expected=storing.Condition.ABSENT) for card in cards]
        storing.store_many(self.spaces[space], entries, batch=batch, by=user.actor, door=Door.IMPORT)

    def _edit(self, batch: Batch, user: User, which: int, card: Card) -> None:
        for contact in self._some(which)[:1]:
            entry = Entry(octets_of(card), contact.href, contact.etag)
            storing.store_many(contact.space, [entry], batch=batch, by=user.actor, door=Door.WEB)

    def _delete(self, batch: Batch, user: User, which: int) -> None:
        contacts.delete(self._some(which), by=user.actor, door=Door.WEB, batch=batch)

    def _restore(self, batch: Batch, user: User, which: int) -> None:
        for contact in self._some(which, is_deleted=True)[:1]:
            contacts.restore(contact, by=user.actor, door=Door.WEB, batch=batch)

    def _move(self, batch: Batch, user: User, which: int, target: int) -> None:
        contacts.move(self._some(which), self.spaces[target], by=user.actor, door=Door.WEB, batch=batch)

    def _assign(self, batch: Batch, user: User, which: int, owner: int) -> None:
        to = (*self.people, None)[owner]
        contacts.assign(self._some(which), to, by=user.actor, door=Door.WEB, batch=batch)

    def _tag(self, batch: Batch, user: User, which: int, tag: str, is_added: bool) -> None:
        add, remove = ([tag], []) if is_added else ([], [tag])
        contacts.retag(self._some(which), add=add, remove=remove, by=user.actor, door=Door.WEB, batch=batch)

    def _some(self, which: int, *, is_deleted: bool = False) -> list[Contact]:
        """One contact, or for high numbers several."""
        found = list(Contact.objects.filter(deleted_at__isnull=not is_deleted).select_related("space").order_by("pk"))
        if not found:
            return []
        return found[::2] if which >= 8 else [found[which % len(found)]]


@given(BATCHES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_taking_everything_back_in_reverse_order_gives_back_what_was(
    alice: User, bob: User, batches: list[tuple[int, list[tuple[object, ...]]]]
) -> None:
    _forget_everything()
    spaces = (team("one", alice=Role.EDITOR, bob=Role.EDITOR), team("two", alice=Role.EDITOR, bob=Role.EDITOR))
    party = Party((alice, bob), spaces)
    before: list[tuple[Batch, int, State]] = []
    for who, steps in batches:
        batch = open_batch(Batch.Act.EDIT, by=party.people[who].actor, door=Door.WEB)
        before.append((batch, who, state_of()))
        for step in steps:
            party.carry_out(batch, who, *step)
        close_batch(batch)
    assert faults() == []
    last = state_of()
    undoings = []
    for batch, who, state in reversed(before):
        result = undo(batch, by=party.people[1 - who].actor, door=Door.WEB)
        undoings.append(result.batch)
        assert result.kept == []
        assert state_of() == state
        assert faults() == []
    for undoing in reversed(undoings):
        assert undo(undoing, by=alice.actor, door=Door.WEB).kept == []
    assert state_of() == last
    assert faults() == []


def _forget_everything() -> None:
    """Each example begins with an empty database."""
    from farley.contacts.models import IndexRow, TagEntry
    from farley.journal.models import Change, Content
    from farley.search import trigrams
    from farley.search.models import Entry as SearchEntry

    for model in (IndexRow, TagEntry, SearchEntry, Change, Contact, Content, Batch):
        model.objects.all().delete()
    trigrams.mend()  # which knows only what is written by `search.writing`
    Space.objects.filter(name__in=["one", "two"]).delete()
