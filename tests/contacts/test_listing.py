"""Lists over several spaces: complete, in order, and by index."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import listing, operations
from farley.contacts.listing import SORTS, Filters, Listed
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.lists import language, paging, ranges
from farley.lists.orders import Order
from farley.lists.paging import BadCursor
from farley.search.candidates import APART
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, person, space_of, team

NAMES = st.sampled_from(["Adams", "Ängel", "Ångström", "Müller", "Mueller", "Zuse", "zuse", "", "Ö", "王"])
PEOPLE = st.lists(
    st.tuples(NAMES, st.sampled_from(["", "Yard", "Works"]), st.integers(0, 2), st.integers(0, 2)), max_size=14
)


ORDERS = [Order(sort, is_reversed=back).value for sort in SORTS.values() for back in (False, True)]
OWN = ("own.size", "-own.size", "own.one.since", "-own.one.since")


def everybody(listed: Listed, order: Order, size: int) -> list[Contact]:
    """All pages, one after the other."""
    found: list[Contact] = []
    after: str | None = ""
    while after is not None:
        page = listed.page(order=order, after=after, size=size)
        assert len(page.contacts) <= size
        found += page.contacts
        after = page.after
    return found


KEYS: dict[str, Callable[[Contact], tuple[object, ...]]] = {  # what is empty last, both ways: its first value
    "name": lambda c: (False, c.sort_key),
    "organisation": lambda c: (not c.organisation_key, c.organisation_key, c.sort_key),
    "city": lambda c: (not c.city_key, c.city_key, c.sort_key),
    "owner": lambda c: (c.owner is None, c.owner.name if c.owner else "", c.sort_key),
    "changed": lambda c: (False, c.changed_at),
    "created": lambda c: (False, c.created_at),
    "contacted": lambda c: (c.last_contact_at is None, c.last_contact_at or 0),
    "follow-up": lambda c: (c.follow_up_on is None, c.follow_up_on or 0),
    "own.size": lambda c: (size_of(c) is None, size_of(c) or 0, c.sort_key if size_of(c) is None else ""),
    # a field of one space: nobody else has a value
    "own.one.since": lambda c: (not (one := c.space.name == "one" and size_of(c)), one or 0, "" if one else c.sort_key),
}
SIZES = (None, 7.5, -12)


def size_of(contact: Contact) -> float | None:
    field = Field.objects.get(space=None)
    return (contact.own or {}).get(str(field.pk))


def expected(contacts: Iterable[Contact], order: Order) -> list[int]:
    key = KEYS[order.sort.name]
    there = sorted((c for c in contacts if not key(c)[0]), key=lambda c: (*key(c), c.pk), reverse=order.descends)
    empty = sorted((c for c in contacts if key(c)[0]), key=lambda c: (*key(c)[2:], c.pk), reverse=order.descends)
    return [c.pk for c in [*there, *empty]]


_LITTLE = {"FEW": 0, "SOON": 1, "LATE": 2, "TESTED": 1, "READ": 2}  # records are read one by one
MEANS = {  # by which what passes a filter is found
    "looked up": {},
    "tested on the way": _LITTLE | {"RARE": 0, "MANY": 0},
    "those that may pass tested on the way": _LITTLE | {"DEAR": 1000},
    "looked up, as they are not met soon": _LITTLE | {"DEAR": 0},
    "looked up late": _LITTLE | {"RARE": 0, "DEAR": 1},
}


class PagesTest(TestCase):
    """Hypothesis and Django's transactions meet in a TestCase only."""

    @settings(max_examples=60)
    @given(
        people=PEOPLE, value=st.sampled_from([*ORDERS, *OWN]), size=st.integers(1, 5),
        means=st.sampled_from(sorted(MEANS)), wide=st.sampled_from([1, 8]),
    )  # fmt: skip
    def test_pages_hold_everybody_once_and_in_order(
        self, people: list[tuple[str, str, int, int]], value: str, size: int, means: str, wide: int
    ) -> None:
        alice, bob = person("alice", is_admin=True), person("bob")
        spaces = [space_of(alice), team("one", alice=Role.MANAGER, bob=Role.READER), team("two", alice=Role.EDITOR)]
        everywhere, since = (
            defining.define(Noun.CONTACT, space, label=label, kind=kind, by=alice.actor, door=Door.WEB)
            for space, label, kind in ((None, "Size", Field.Kind.NUMBER), (spaces[1], "Since", Field.Kind.NUMBER))
        )
        order = listing.order_of(value, spaces)
        assert order is not None
        for name, organisation, where, own in people:
            lines = (f"N:{name};A;;;", f"ORG:{organisation}", f"CATEGORIES:{organisation or 'none'}")
            city = f"ADR:;;;{organisation};;;"
            contact = hand_of(alice).contact(spaces[where], a_card(f"A {name}", *lines, city))
            day = dt.date(2026, 1, 1 + own)
            by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB, "batch": None}
            operations.follow_up([contact], day if own else None, **by)
            operations.assign([contact], {0: None, 1: alice, 2: bob if where == 1 else None}[own], **by)
            given: dict[Field, Any] = {everywhere: SIZES[own], **({since: SIZES[own]} if where == 1 else {})}
            operations.set_fields([contact], given, **by)
            if own:
                operations.note_last_contact([contact], dt.datetime(2026, 1, own, tzinfo=dt.UTC), **by)
        with pytest.MonkeyPatch.context() as patch:
            for name, value_of_it in MEANS[means].items():
                patch.setattr(paging, name, value_of_it)
            patch.setattr(ranges, "LEAST", wide)  # 1: rows are read one by one
            patch.setattr(ranges, "WIDE", wide)  # 1: these are many spaces, each is asked for a few rows first
            for filters, passing in (
                (Filters(), Contact.objects.all()),
                (Filters(tag="Yard"), Contact.objects.filter(organisation_key="yard")),
                (
                    Filters(more=language.parse("org starts ya")),
                    Contact.objects.filter(organisation_key__startswith="ya"),
                ),
                (Filters(text="zuse"), Contact.objects.filter(sort_key__contains="zuse")),
                (
                    Filters(tag="none", text="zuse"),
                    Contact.objects.filter(sort_key__contains="zuse", organisation_key=""),
                ),
            ):
                listed = Listed(spaces, filters)
                assert [c.pk for c in everybody(listed, order, size)] == expected(
                    passing.select_related("owner", "space"), order
                )
                assert listed.count() == passing.count()
                assert listed.by_id(behind=0, up_to=2**40, size=100) == sorted(passing.values_list("pk", flat=True))


def test_what_was_read_before_it_was_known_who_may_pass_is_tested_too(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FEW": 0, "SOON": 8, "DEAR": 1000}.items():
        monkeypatch.setattr(paging, name, value)
    spaces = [space_of(alice), team("one", alice=Role.MANAGER)]
    for space, letter, often in zip(spaces, "AB", (40, 4), strict=True):
        cards = [a_card(f"{letter} {n:02}", *(["CATEGORIES:x"] if n % often == often - 1 else [])) for n in range(60)]
        hand_of(alice).many(space, cards)
    found = everybody(Listed(spaces, Filters(tag="x")), Order(SORTS["name"]), 2)
    assert [each.full_name for each in found] == ["A 39", *(f"B {n:02}" for n in range(3, 60, 4))]


@pytest.mark.parametrize("most", [3, 1000])
def test_a_search_in_the_list_finds_all_behind_many_that_are_only_alike(
    alice: User, mallory: User, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    for name in ("FEW", "RARE", "MANY"):
        monkeypatch.setattr(paging, name, most)
    spaces = [space_of(alice), *(team(f"ours-{n}", alice=Role.MANAGER) for n in range(6))]
    for n, space in enumerate(spaces):
        hand_of(alice).many(space, [a_card(f"Ada K{n}"), *(a_card(f"Ada Muster {i}") for i in range(6))])
        hand_of(mallory).many(
            team(f"theirs-{n}", mallory=Role.MANAGER), [a_card(f"Ada K-hidden {i}") for i in range(6)]
        )
    listed = Listed(spaces, Filters(text="ada k"))
    with CaptureQueriesContext(connection) as queries:
        assert [each.full_name for each in everybody(listed, Order(SORTS["name"]), 50)] == [
            f"Ada K{n}" for n in range(7)
        ]
    look_ups = [query for query in queries if "MATCH" in query["sql"] or "farley_trigrams" in query["sql"]]
    assert len(look_ups) <= APART or most == 3, "not one for each space"
    assert Listed(spaces[1:2], Filters(text="ada muster")).count() == 6


@pytest.mark.parametrize("most", [0, 1000])
def test_one_or_two_characters_find_words_of_names_however_they_are_looked_for(
    alice: User, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    for name in ("FEW", "RARE", "MANY"):
        monkeypatch.setattr(paging, name, most)
    cards = [
        a_card("Ada Qo"),
        a_card("Qol Works"),
        a_card("Zoe", "ORG:Qo"),
        a_card("Zoe Fairqo", "EMAIL:qo@example.com"),
    ]
    hand_of(alice).many(space_of(alice), cards)
    both = ["Ada Qo", "Qol Works"]
    for text, expected_names in (("qo", both), ("q", both), ("Qo a", both[:1]), ("works qo", both[1:])):
        listed = Listed([space_of(alice)], Filters(text=text))
        found = [each.full_name for each in everybody(listed, Order(SORTS["name"]), 50)]
        assert found == expected_names, text
        assert listed.count() == len(found)


def test_a_list_over_no_space_is_empty(alice: User) -> None:
    hand_of(alice).contact(space_of(alice))
    assert Listed([]).page().contacts == []
    assert Listed([]).count() == 0
    assert listing.groups_of([]) == []


def test_groups_are_named_by_space_and_name(alice: User) -> None:
    sales = team("sales", alice=Role.EDITOR)
    hand = hand_of(alice)
    for space, name in ((sales, "Zoo"), (space_of(alice), "Fair"), (sales, "Äpfel")):
        hand.contact(space, a_card(name, "KIND:group", version="4.0"))
    hand.contact(sales, a_card("No group"))
    spaces = list(Space.objects.all())
    with CaptureQueriesContext(connection) as queries:
        found = listing.groups_of(spaces)
    if connection.vendor == "sqlite":  # of the plan of PostgreSQL an empty table says nothing
        asked = f"EXPLAIN QUERY PLAN {queries[0]['sql']}"
        plan = str(connection.connection.execute(asked, [space.pk for space in spaces]).fetchall())
        assert plan.count("INDEX groups_by_name") == len(spaces), "no name is read but those of groups"
    assert [(space, name) for _, space, name in found] == [
        (sales.pk, "Äpfel"),
        (space_of(alice).pk, "Fair"),
        (sales.pk, "Zoo"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("value", [*ORDERS, "own.alice.size", "-own.alice.size"])
def test_a_page_is_an_index_range(alice: User, value: str) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL plans by statistics, of which an empty table has none
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}", "ORG:Yard") for n in range(5)])
    order = order_by_size(alice, value)
    listed = Listed([space_of(alice)])
    after = listed.page(order=order, size=2).after
    assert after is not None
    with CaptureQueriesContext(connection) as queries:
        listed.page(order=order, size=2, after=after)
        listing.groups_of(list(Space.objects.all()))
    plans = []
    for query in queries.captured_queries:
        if "ORDER BY" in query["sql"] or "kind = 1" in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql'].replace('?', '1')}")
                plans += [row[3] for row in cursor.fetchall()]
    assert any("contacts_contact" in plan for plan in plans)
    assert all("USING" in plan and "contacts_since" not in plan for plan in plans if "contacts_contact" in plan)
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
    assert any("groups_by_name" in plan for plan in plans)  # which every page asks for


def order_by_size(alice: User, value: str) -> Order:
    """An order; by a field where it names one, which the first contacts have a value of."""
    home = space_of(alice)
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    field = defining.define(Noun.CONTACT, home, label="Size", kind=Field.Kind.NUMBER, **by)
    for number, contact in enumerate(Contact.objects.order_by("pk")[:4]):
        operations.set_fields([contact], {field: number}, batch=None, **by)
    order = listing.order_of(value, [home])
    assert order is not None
    return order


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*ORDERS, "own.alice.size"])
def test_what_is_no_place_is_refused(alice: User, name: str) -> None:
    order = order_by_size(alice, name)
    for place in (
        [name, 0, "\ud800", 1], [name, 0, "a\0", 1], [name, 0, "a", -1], [name, 0, "a", 2**63], [name, 0, "a"],
        [name, 7, "a", "a", 1], [name, True, "a", 1], [name, 0, None, 1], [name, 0, {}, 1], [name], ["none", 0, 1],
        {}, 1, "ab", [[]],
    ):  # fmt: skip
        with pytest.raises(BadCursor):
            Listed([space_of(alice)]).page(order=order, after=cursor_of(place))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00", "2026-01-01T00:00:00", "soon", ""]
)
def test_what_is_no_instant_is_no_place_by_change(alice: User, instant: str) -> None:
    with pytest.raises(BadCursor):
        Listed([space_of(alice)]).page(order=Order(SORTS["changed"]), after=cursor_of(["changed", 0, instant, 1]))


def cursor_of(place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
