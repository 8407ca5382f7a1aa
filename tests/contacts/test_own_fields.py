"""Own fields of contacts: kept beside the card, searched, filtered, undone, and seen by whoever sees the contact."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations, rebuilding, tasks
from farley.contacts.listing import Filters, Listed
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields import values
from farley.fields.models import Field, Value
from farley.fields.operations import BadDefinition, NotForEverywhere
from farley.fields.values import BadValue
from farley.journal import undo
from farley.journal.models import Batch, Door, Noun
from farley.journal.writing import one_batch
from farley.lists import language
from farley.lists.language import BadFilter
from farley.search.finding import find
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import a_card, hand_of, space_of, team

pytestmark = pytest.mark.django_db


def field_of(alice: User, space: Space | None, label: str, kind: Field.Kind, *choices: str) -> Field:
    return defining.define(Noun.CONTACT, space, label=label, kind=kind, choices=choices, by=alice.actor, door=Door.WEB)


def give(by: User, contact: Contact, values_: dict[Field, Any]) -> Batch:
    with one_batch(Batch.Act.EDIT, by=by.actor, door=Door.WEB, title=contact.full_name) as batch:
        operations.set_fields([contact], values_, by=by.actor, door=Door.WEB, batch=batch)
    return batch


def found(spaces: list[Space], text: str) -> list[str]:
    return [contact.full_name for contact in Listed(spaces, Filters(more=language.parse(text))).page().contacts]


def fresh(contact: Contact) -> Contact:
    read: Contact = Contact.objects.get(pk=contact.pk)
    return read


def test_values_are_filtered_searched_and_undone(alice: User) -> None:
    home = space_of(alice)
    level = field_of(alice, home, "Level", Field.Kind.CHOICE, "Gold", "Silver")
    worth = field_of(alice, home, "Worth", Field.Kind.NUMBER)
    since = field_of(alice, home, "Since", Field.Kind.DATE)
    vegan = field_of(alice, home, "Vegan", Field.Kind.YES_NO)
    motto = field_of(alice, home, "Motto", Field.Kind.TEXT)
    ada, grace = (hand_of(alice).contact(home, a_card(name)) for name in ("Ada King", "Grace Hopper"))
    before = ada.etag, ada.octets_revision
    batch = give(alice, ada, {level: 1, worth: -12.5, since: "2020-02-03", vegan: True, motto: "Über alle Berge"})
    give(alice, grace, {worth: 9, vegan: False, level: 2})
    for text, names in {
        "own.alice.level is Gold": ["Ada King"],
        "own.alice.level in (Gold, Silver)": ["Ada King", "Grace Hopper"],
        "own.alice.worth under 0": ["Ada King"],
        "own.alice.worth over -12.5": ["Grace Hopper"],
        "own.alice.worth from -12.5 and own.alice.worth until 10": ["Ada King", "Grace Hopper"],
        "own.alice.since before 2020-02-04": ["Ada King"],
        "own.alice.since empty": ["Grace Hopper"],
        "own.alice.vegan is yes": ["Ada King"],
        "own.alice.motto contains uber": ["Ada King"],
        "own.alice.motto starts UBER and city empty": ["Ada King"],
    }.items():
        assert found([home], text) == names, text
    assert [hit.record for hit in find("berge", by=alice.actor)] == [ada.pk]
    ada = fresh(ada)
    assert (ada.etag, ada.octets_revision) == before  # no phone downloads anything for it
    assert list(rebuilding.differences()) == []
    undo.undo(batch, by=alice.actor, door=Door.WEB)
    assert fresh(ada).own is None
    assert not Value.objects.filter(record=ada.pk).exists()
    assert find("berge", by=alice.actor) == []


def test_values_go_along_with_the_card(alice: User) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.MANAGER)
    alice.is_admin = True
    alice.save()
    everywhere = field_of(alice, None, "Motto", Field.Kind.TEXT)
    here = field_of(alice, home, "Level", Field.Kind.TEXT)
    ada = hand_of(alice).contact(home, a_card("Ada King", uid="ada"))
    give(alice, ada, {everywhere: "Alpha", here: "Beta"})
    hand_of(alice).store(home, a_card("Ada Lovelace", uid="ada"))
    assert found([home], "own.motto is alpha and own.alice.level is beta") == ["Ada Lovelace"]
    by = {"by": alice.actor, "door": Door.WEB}
    with one_batch(Batch.Act.MOVE, title="", **by) as moved:
        operations.move([fresh(ada)], sales, batch=moved, **by)
    assert found([sales], "own.motto is alpha") == ["Ada Lovelace"]
    with pytest.raises(BadFilter):
        found([sales], "own.alice.level is beta")  # it is none of the fields there, and is kept
    undo.undo(moved, **by)
    assert found([home], "own.motto is alpha and own.alice.level is beta") == ["Ada Lovelace"]
    with one_batch(Batch.Act.DELETE, title="", **by) as gone:
        operations.delete([fresh(ada)], batch=gone, **by)
    assert not Value.objects.exists()
    undo.undo(gone, **by)
    assert found([home], "own.motto is alpha") == ["Ada Lovelace"]
    assert list(rebuilding.differences()) == []


def test_what_was_changed_since_stays_when_an_earlier_change_is_undone(alice: User) -> None:
    motto = field_of(alice, space_of(alice), "Motto", Field.Kind.TEXT)
    ada = hand_of(alice).contact(space_of(alice))
    first = give(alice, ada, {motto: "one"})
    give(alice, ada, {motto: "two"})
    assert undo.undo(first, by=alice.actor, door=Door.WEB).kept
    assert fresh(ada).own == {str(motto.pk): "two"}


def test_a_field_that_was_deleted_comes_back_with_its_values(alice: User) -> None:
    home = space_of(alice)
    level = field_of(alice, home, "Level", Field.Kind.CHOICE, "Gold", "Silver")
    ada = hand_of(alice).contact(home, a_card("Ada King"))
    give(alice, ada, {level: 1})
    by = {"by": alice.actor, "door": Door.WEB}
    defining.remove(level, **by)
    with pytest.raises(BadFilter):
        found([home], "own.alice.level is Gold")
    assert operations.set_fields([ada], {level: 2}, batch=None, **by) == 0
    defining.bring_back(level, **by)
    defining.change(level, label="Class", renamed={1: "First"}, added=["Third"], **by)
    assert found([home], "own.alice.level is First") == ["Ada King"]
    assert level.options == [(1, "First"), (2, "Silver"), (3, "Third")]


def test_fields_are_defined_by_who_manages_the_space(alice: User, bob: User, mallory: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    level = field_of(alice, sales, "Level", Field.Kind.TEXT)
    assert field_of(alice, sales, "Blue shoe Größe", Field.Kind.TEXT).key == "blue-shoe-grosse"
    Field.objects.exclude(pk=level.pk).delete()
    with pytest.raises(NotAllowed):
        field_of(bob, sales, "Other", Field.Kind.TEXT)
    with pytest.raises(NoSuchSpace):
        defining.remove(level, by=mallory.actor, door=Door.WEB)
    with pytest.raises(NotForEverywhere):
        field_of(alice, None, "Other", Field.Kind.TEXT)
    assert list(Field.objects.visible_to(bob.actor)) == [level]
    assert not Field.objects.visible_to(mallory.actor).exists()


@pytest.mark.parametrize(
    ("label", "kind", "choices", "reason"),
    [
        ("", Field.Kind.TEXT, (), "label"),
        ("a\0b", Field.Kind.TEXT, (), "label"),
        ("x" * 101, Field.Kind.TEXT, (), "long"),
        ("LEVEL", Field.Kind.TEXT, (), "twice"),
        ("New", Field.Kind.CHOICE, (), "choices"),
        ("New", Field.Kind.CHOICE, ("a", "A"), "twice"),
        ("New", Field.Kind.CHOICE, tuple(map(str, range(201))), "many"),
    ],
)
def test_a_field_that_cannot_be_is_refused(
    alice: User, label: str, kind: Field.Kind, choices: tuple[str, ...], reason: str
) -> None:
    field_of(alice, space_of(alice), "Level", Field.Kind.TEXT)
    with pytest.raises(BadDefinition) as caught:
        field_of(alice, space_of(alice), label, kind, *choices)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Field.Kind.NUMBER, "12,5", 12.5), (Field.Kind.NUMBER, " -3 ", -3), (Field.Kind.NUMBER, "1e3", 1000),
        (Field.Kind.NUMBER, "NaN", None), (Field.Kind.NUMBER, "1e400", None), (Field.Kind.NUMBER, "0.0000001", None),
        (Field.Kind.NUMBER, "1234567890123456", None), (Field.Kind.DATE, "2026-02-30", None),
        (Field.Kind.DATE, "2026-02-03", "2026-02-03"), (Field.Kind.YES_NO, "Yes", True), (Field.Kind.YES_NO, "x", None),
        (Field.Kind.TEXT, "a\0", None), (Field.Kind.TEXT, "\ud800", None), (Field.Kind.TEXT, "x" * 2001, None),
        (Field.Kind.CHOICE, "Gold", 1), (Field.Kind.CHOICE, "1", 1), (Field.Kind.CHOICE, "Bronze", None),
    ],
)  # fmt: skip
def test_what_is_typed_is_a_value_of_the_field_or_refused(kind: Field.Kind, typed: str, value: object) -> None:
    field = Field(kind=kind, label="F", choices=[[1, "Gold"]])
    if value is None:
        with pytest.raises(BadValue):
            values.read(field, typed)
    else:
        assert values.read(field, typed) == value


def test_numbers_are_in_order() -> None:
    numbers = [-999_999_999_999_999, -2.5, -2, -0.000001, 0, 0.1, 1, 10, 12.25, 999_999_999_999_999]
    assert sorted(values.norm_of(number) for number in numbers) == [values.norm_of(number) for number in numbers]


def test_a_follow_up_is_set_and_undone(alice: User) -> None:
    ada = hand_of(alice).contact(space_of(alice))
    by = {"by": alice.actor, "door": Door.WEB}
    with one_batch(Batch.Act.EDIT, title="", **by) as batch:
        operations.follow_up([ada], dt.date(2026, 1, 2), batch=batch, **by)
    assert fresh(ada).follow_up_on == dt.date(2026, 1, 2)
    undo.undo(batch, **by)
    assert fresh(ada).follow_up_on is None


def test_what_a_contact_kept_of_the_space_it_left_is_found_by_nobody_where_it_lies(alice: User, bob: User) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    alice.is_admin = True
    alice.save()
    secret = field_of(alice, home, "Thoughts", Field.Kind.TEXT)
    everywhere = field_of(alice, None, "Motto", Field.Kind.TEXT)
    ada = hand_of(alice).contact(home, a_card("Ada King"))
    give(alice, ada, {secret: "unbearable", everywhere: "forwards"})
    operations.move([fresh(ada)], sales, by=alice.actor, door=Door.WEB, batch=None)
    give(bob, fresh(ada), {everywhere: "sidewards"})
    assert find("unbearable", by=bob.actor) == []
    assert [hit.record for hit in find("sidewards", by=bob.actor)] == [ada.pk]
    assert not Value.objects.filter(field_id=secret.pk).exists()
    assert list(rebuilding.differences()) == []
    operations.move([fresh(ada)], home, by=alice.actor, door=Door.WEB, batch=None)
    assert [hit.record for hit in find("unbearable", by=alice.actor)] == [ada.pk]
    assert found([home], "own.alice.thoughts filled") == ["Ada King"]


def test_what_a_deleted_field_says_is_found_by_no_search_until_it_is_brought_back(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 2)
    home, by = space_of(alice), {"by": alice.actor, "door": Door.WEB}
    motto, level = (field_of(alice, home, label, Field.Kind.TEXT) for label in ("Motto", "Level"))
    people = [hand_of(alice).contact(home, a_card(f"Ada {n}")) for n in range(3)]
    for contact in people:
        give(alice, contact, {motto: "unbearable", level: "gold"})
    operations.delete([fresh(people[2])], batch=None, **by)

    def hits(query: str) -> int:
        for waiting in DBTaskResult.objects.ready():
            waiting.delete()
            tasks.search_values_of.func(*waiting.args_kwargs["args"])
        return len(find(query, by=alice.actor))

    defining.remove(motto, **by)
    assert (hits("unbearable"), hits("gold")) == (0, 2)
    hand_of(alice).store(home, a_card("Ada 9"), href=people[0].href)
    assert hits("unbearable") == 0
    assert list(rebuilding.differences()) == []
    defining.bring_back(motto, **by)
    assert (hits("unbearable"), found([home], "own.alice.motto is unbearable")) == (2, ["Ada 1", "Ada 9"])
