"""Organisations: their people, the tree they stand in, and a new name in the cards of all."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import affiliations, bulk, organisations
from farley.contacts.affiliations import Part
from farley.contacts.models import Contact
from farley.journal.models import Door
from farley.journal.undo import undo
from farley.spaces.operations import NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 26)


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


def organisation(
    hand: Hand, user: User, name: str, *lines: str, version: str = "3.0", uid: str | None = None
) -> Contact:
    kind = "KIND:org" if version == "4.0" else "X-ABShowAs:COMPANY"
    return hand.contact(space_of(user), a_card(name, kind, *lines, version=version, uid=uid))


def test_its_people_are_those_of_their_cards_and_of_their_parts_now_and_before(alice: User, hand: Hand) -> None:
    home, yard = space_of(alice), organisation(hand, alice, "Yard")
    hand.contact(home, a_card("Ada", "ORG:Yard;Engines;North", "TITLE:Director"))
    bea, dora = hand.contact(home, a_card("Bea")), hand.contact(home, a_card("Dora"))
    cleo = hand.contact(home, a_card("Cleo", "ORG:Yard"))
    for person, part in (
        (bea, Part(yard.pk, "Board")),
        (cleo, Part(yard.pk, "Chair", None, TODAY)),
        (dora, Part(yard.pk, "Intern", None, dt.date(2020, 1, 1))),
    ):
        affiliations.add(person, part, by=alice.actor, door=Door.WEB, batch=None)
    told = organisations.staff(yard, by=alice.actor, today=TODAY)
    assert [(one.person.full_name, one.role, one.unit, one.is_former) for one in told] == [
        ("Ada", "Director", "Engines, North", False),
        ("Bea", "Board", "", False),
        ("Cleo", "Chair", "", False),
        ("Dora", "Intern", "", True),
    ]


def test_organisations_stand_in_a_tree_however_the_relation_is_written(alice: User, hand: Hand) -> None:
    uid = "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    top = organisation(hand, alice, "Group", "RELATED;TYPE=child;VALUE=text:Yard", version="4.0", uid=uid)
    yard = organisation(hand, alice, "Yard")
    south = organisation(hand, alice, "South", f"RELATED;TYPE=parent:urn:uuid:{uid}", version="4.0")
    north = organisation(hand, alice, "North", "item1.X-ABRELATEDNAMES:Yard", "item1.X-ABLabel:_$!<Parent>!$_")
    organisation(hand, alice, "Friend", "item1.X-ABRELATEDNAMES:Yard", "item1.X-ABLabel:_$!<Friend>!$_")
    told = organisations.tree(yard, by=alice.actor)
    assert [(n.organisation, n.depth, n.is_here) for n in told] == [(top, 0, False), (yard, 1, True), (north, 2, False)]
    assert [n.organisation for n in organisations.tree(north, by=alice.actor)] == [top, yard, north]
    assert south in [n.organisation for n in organisations.tree(top, by=alice.actor)]
    assert organisations.tree(organisation(hand, alice, "Alone"), by=alice.actor) == []


def test_a_circle_of_organisations_is_told_and_ends(alice: User, hand: Hand) -> None:
    one = organisation(hand, alice, "One", "item1.X-ABRELATEDNAMES:Two", "item1.X-ABLabel:Parent")
    organisation(hand, alice, "Two", "item1.X-ABRELATEDNAMES:One", "item1.X-ABLabel:Parent")
    assert len(organisations.tree(one, by=alice.actor)) == 2


def test_a_new_name_goes_into_the_cards_of_its_people_and_back(alice: User, hand: Hand) -> None:
    home, yard = space_of(alice), organisation(hand, alice, "Yard")
    people = [hand.contact(home, a_card(f"P{n}", "ORG:Yard;Engines", "NOTE:stays")) for n in range(3)]
    hand.store(home, a_card("Shipyard", "X-ABShowAs:COMPANY", uid=yard.uid))
    yard.refresh_from_db()
    staff = [one.person for one in organisations.staff(yard, by=alice.actor, today=TODAY)]
    assert (staff, organisations.misnamed(yard, staff)) == (people, ["Yard"])
    before = state_of()
    job = organisations.rename_in_cards(yard, by=alice.actor, door=Door.WEB)
    bulk.carry_out(job.batch, job.deed, job.selection, door=Door.WEB)
    staff = [one.person for one in organisations.staff(yard, by=alice.actor, today=TODAY)]
    assert all(b"ORG:Shipyard;Engines\r\nNOTE:stays" in one.content.data for one in staff)
    assert (len(staff), organisations.misnamed(yard, staff), faults()) == (3, [], [])
    job.batch.refresh_from_db()
    assert undo(job.batch, by=alice.actor, door=Door.WEB).kept == []
    assert state_of() == before


def test_a_reader_writes_no_names_into_cards(alice: User, bob: User, hand: Hand) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    yard = hand.contact(sales, a_card("Yard", "X-ABShowAs:COMPANY"))
    with pytest.raises(NotAllowed):
        organisations.rename_in_cards(yard, by=bob.actor, door=Door.WEB)


def test_people_are_found_by_their_organisation_not_among_all_names_of_its_space(alice: User, hand: Hand) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL plans by statistics, of which an empty table has none
    yard = organisation(hand, alice, "Yard")
    hand.contact(space_of(alice), a_card("Ada", "ORG:Yard"))
    with CaptureQueriesContext(connection) as queries:
        people = organisations.staff(yard, by=alice.actor, today=TODAY)
    assert [one.person.full_name for one in people] == ["Ada"]
    plans = []
    for query in queries.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql'].replace('?', '1')}")
            plans += [row[3] for row in cursor.fetchall()]
    assert any("organisation_id" in plan for plan in plans)
    assert not [plan for plan in plans if "contacts_by_name" in plan]
