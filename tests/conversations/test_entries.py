"""Notes and calls: kept as written, journaled, undone, and where they go with the contacts they are about."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import erasing, operations, rebuilding, retaining
from farley.contacts.models import Contact
from farley.conversations import operations as entries
from farley.conversations.models import About, Call, Note
from farley.conversations.operations import BadEntry, EntryConflict
from farley.journal.models import Batch, Change, Door, Noun
from farley.journal.undo import labels, undo
from farley.journal.writing import one_batch
from farley.search.finding import find
from farley.search.models import Entry as SearchEntry
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import a_card, hand_of, space_of, team
from tests.conversations.writing import by, call, change, note, timeline_texts


def found(text: str, user: User) -> list[int]:
    return [hit.record for hit in find(text, by=user.actor, nouns=[Noun.NOTE, Noun.CALL])]


def test_a_note_is_kept_as_written_and_found_by_its_words(alice: User, ada: Contact, grace: Contact) -> None:
    text = "  *Likes*  tea\n\n- no milk  "
    written = note(alice, text, ada, grace)
    assert Note.objects.get().text == text
    assert timeline_texts(ada, alice.actor) == timeline_texts(grace, alice.actor) == [text]
    assert found("likes milk", alice) == [written.pk]
    assert Change.objects.of(Noun.NOTE, written.pk).count() == 1


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Note(text=" \n"), "empty"),
        (Note(text="x" * 100_001), "long"),
        (Note(text="a\0b"), "long"),
        (Call(number="1" * 101), "number"),
        (Call(length_s=604_801), "length"),
        (Call(at=dt.datetime(2999, 1, 1, tzinfo=dt.UTC)), "ahead"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(alice: User, ada: Contact, entry: Note | Call, reason: str) -> None:
    with pytest.raises(BadEntry) as refused:
        entries.add(entry, [ada], batch=None, **by(alice))
    assert refused.value.reason == reason
    assert About.objects.count() == 0


def test_an_entry_lies_in_the_space_of_all_it_is_about(alice: User, ada: Contact) -> None:
    sales = team("sales", alice=Role.EDITOR)
    elsewhere = hand_of(alice).contact(sales, a_card("Linus"))
    with pytest.raises(BadEntry, match="apart"):
        note(alice, "both", ada, elsewhere)
    written = note(alice, "one", ada)
    with pytest.raises(BadEntry, match="nobody"):
        change(alice, written, contacts=[ada.pk, elsewhere.pk])
    assert written.contact_ids == [ada.pk]


def test_who_may_read_a_space_may_not_write_into_it_and_a_stranger_sees_nothing(
    alice: User, bob: User, mallory: User
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    contact = hand_of(alice).contact(sales, a_card("Linus"))
    written = note(alice, "a secret", contact)
    with pytest.raises(NotAllowed):
        note(bob, "mine", contact)
    with pytest.raises(NotAllowed):
        change(bob, written, text="other")
    with pytest.raises(NoSuchSpace):
        entries.delete(written, batch=None, **by(mallory))
    assert timeline_texts(contact, bob.actor) == ["a secret"]
    assert timeline_texts(contact, mallory.actor) == []
    assert found("secret", bob) == [written.pk]
    assert found("secret", mallory) == []
    assert not Note.objects.visible_to(mallory.actor).exists()
    assert not Note.objects.editable_by(bob.actor).exists()


def test_every_change_can_be_undone_and_redone(alice: User, ada: Contact, grace: Contact) -> None:
    written = note(alice, "first", ada)
    batch = change(alice, written, text="second", is_pinned=True, contacts=[grace.pk])
    assert timeline_texts(grace, alice.actor) == ["second"]
    undone = undo(batch, **by(alice))
    written.refresh_from_db()
    assert (written.text, written.is_pinned, written.contact_ids) == ("first", False, [ada.pk])
    assert found("first", alice) == [written.pk]
    assert found("second", alice) == []
    undo(undone.batch, **by(alice))
    written.refresh_from_db()
    assert (written.text, written.is_pinned, written.contact_ids) == ("second", True, [grace.pk])


def test_what_was_changed_since_is_not_undone(alice: User, ada: Contact) -> None:
    written = note(alice, "first", ada)
    batch = change(alice, written, text="second")
    change(alice, written, text="third")
    result = undo(batch, **by(alice))
    assert [kept.reason for kept in result.kept] == ["changed"]
    assert timeline_texts(ada, alice.actor) == ["third"]


def test_an_edit_of_what_somebody_else_has_changed_is_refused(alice: User, ada: Contact) -> None:
    written = note(alice, "first", ada)
    seen = written.revision
    change(alice, written, text="theirs")
    with pytest.raises(EntryConflict) as conflict:
        entries.change(written, {"text": "mine"}, expected=seen, batch=None, **by(alice))
    assert conflict.value.current.text == "theirs"


def test_a_deleted_note_is_found_nowhere_and_comes_back(alice: User, ada: Contact) -> None:
    written = note(alice, "gone soon", ada)
    with one_batch(Batch.Act.NOTE, title="", **by(alice)) as batch:
        entries.delete(written, batch=batch, **by(alice))
    assert (timeline_texts(ada, alice.actor), found("gone", alice)) == ([], [])
    undo(batch, **by(alice))
    assert (timeline_texts(ada, alice.actor), found("gone", alice)) == (["gone soon"], [written.pk])


def test_the_last_contact_follows_the_calls(alice: User, ada: Contact) -> None:
    def last() -> dt.datetime | None:
        return Contact.objects.get(pk=ada.pk).last_contact_at

    older = call(alice, ada, ago=dt.timedelta(days=3))
    assert last() == older.at
    newer = call(alice, ada, ago=dt.timedelta(days=1))
    call(alice, ada, ago=dt.timedelta(days=9))
    call(alice, ada, outcome=Call.Outcome.MISSED)
    assert last() == newer.at
    with one_batch(Batch.Act.CALL, title="", **by(alice)) as batch:
        entries.delete(newer, batch=batch, **by(alice))
    assert last() == older.at
    undo(batch, **by(alice))
    assert last() == newer.at
    change(alice, newer, at=newer.at - dt.timedelta(days=30))
    assert last() == older.at
    operations.note_last_contact([ada], timezone.now(), batch=None, **by(alice))
    met = last()
    change(alice, older, at=older.at - dt.timedelta(hours=1))
    assert last() == met, "it did not come from a call"


def test_entries_go_along_with_a_contact_that_is_moved_and_come_back(
    alice: User, bob: User, ada: Contact, grace: Contact
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    alone, both = note(alice, "alone", ada), note(alice, "both", ada, grace)
    gone = note(alice, "deleted", ada)
    entries.delete(gone, batch=None, **by(alice))
    with one_batch(Batch.Act.MOVE, title="", **by(alice)) as batch:
        operations.move([ada], sales, batch=batch, **by(alice))
    ada.refresh_from_db()
    assert Note.objects.get(pk=alone.pk).space == Note.objects.get(pk=gone.pk).space == sales
    assert Note.objects.get(pk=both.pk).space == space_of(alice), "somebody whom it is about has stayed"
    assert timeline_texts(ada, bob.actor) == ["alone"]
    assert sorted(timeline_texts(ada, alice.actor)) == ["alone", "both"]
    assert found("alone", bob) == [alone.pk]
    result = undo(batch, **by(alice))
    assert result.kept == []
    assert Note.objects.get(pk=alone.pk).space == space_of(alice)
    assert found("alone", bob) == []
    assert sorted(timeline_texts(ada, alice.actor)) == ["alone", "both"]


def test_a_note_can_be_changed_after_somebody_it_is_about_went_away(alice: User, ada: Contact, grace: Contact) -> None:
    sales = team("sales", alice=Role.EDITOR)
    linus = hand_of(alice).contact(space_of(alice), a_card("Linus"))
    said = note(alice, "all", ada, grace, linus)
    operations.move([ada], sales, batch=None, **by(alice))
    operations.delete([grace], batch=None, **by(alice))
    change(alice, said, text="still", contacts=[ada.pk, grace.pk, linus.pk])
    assert Note.objects.get(pk=said.pk).text == "still"
    for wanted in ([ada.pk, grace.pk], []):
        with pytest.raises(BadEntry, match="nobody"):
            change(alice, said, contacts=wanted)
    change(alice, said, contacts=[linus.pk])
    with pytest.raises(BadEntry, match="nobody"):
        change(alice, said, contacts=[linus.pk, ada.pk])
    assert said.contact_ids == [linus.pk]


def test_erasing_a_contact_takes_what_is_about_nobody_else(alice: User, ada: Contact, grace: Contact) -> None:
    with one_batch(Batch.Act.NOTE, title=ada.full_name, **by(alice)) as batch:
        alone = entries.add(Note(text="Zyxearlier"), [ada], batch=batch, **by(alice))
    change(alice, alone, text="Zyxalone")
    both = note(alice, "both", ada, grace)
    erasing.erase(ada, confirmed="Ada King", **by(alice))
    assert [*Note.objects.values_list("pk", flat=True)] == [both.pk]
    assert both.contact_ids == [grace.pk]
    assert found("Zyxalone", alice) == []
    assert "Zyx" not in repr([*Change.objects.values(), *SearchEntry.objects.values()])
    batch.refresh_from_db()
    assert "Ada" not in batch.title


def test_a_rule_of_a_space_takes_deleted_entries_and_former_words(alice: User, ada: Contact) -> None:
    space = space_of(alice)
    gone, kept = note(alice, "gone", ada), note(alice, "Zyxearlier", ada)
    entries.delete(gone, batch=None, **by(alice))
    batch = change(alice, kept, text="now")
    retaining.set_rule(space, deleted_days=10, versions_days=10, by=alice.actor, door=Door.WEB)
    rules, now = retaining.Retention.objects.select_related("space"), timezone.now() + dt.timedelta(days=11)
    [due] = retaining.retain(rules, dry_run=True, now=now)
    [done] = retaining.retain(rules, dry_run=False, now=now)
    assert (due.others, due.versions) == (done.others, done.versions) == (1, 1)
    assert [*Note.objects.values_list("text", flat=True)] == ["now"]
    assert "Zyxearlier" not in repr(Change.objects.values())
    assert [kept.reason for kept in undo(batch, **by(alice)).kept] == ["gone"]


def test_what_search_holds_of_entries_is_checked_and_mended(alice: User, ada: Contact) -> None:
    written, other = note(alice, "tea", ada), note(alice, "coffee", ada)
    assert list(rebuilding.differences()) == []
    Note.objects.filter(pk=written.pk).update(text="cocoa")
    Note.objects.filter(pk=other.pk).update(deleted_at=timezone.now())
    assert len(list(rebuilding.differences())) == 2
    assert rebuilding.rebuild() == 2
    assert (found("cocoa", alice), found("tea", alice), found("coffee", alice)) == ([written.pk], [], [])
    assert list(rebuilding.differences()) == []


def test_the_journal_calls_an_entry_by_how_it_begins_for_those_who_see_it(
    alice: User, mallory: User, ada: Contact
) -> None:
    written = note(alice, "tea " * 40, ada)
    assert labels(Noun.NOTE, [written.pk], by=alice.actor)[written.pk].startswith("tea tea")
    assert len(labels(Noun.NOTE, [written.pk], by=alice.actor)[written.pk]) == 80
    assert labels(Noun.NOTE, [written.pk], by=mallory.actor) == {}
    assert Space.objects.get(pk=written.space_id).revision == written.revision
