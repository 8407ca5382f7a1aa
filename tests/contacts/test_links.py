"""Who is named by whom: relations, members and groups."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from farley.accounts.models import User
from farley.contacts import links
from farley.contacts.listing import Filters, Listed
from farley.contacts.models import Contact
from farley.spaces.models import Space
from tests.cast import Hand, a_card, hand_of, space_of
from tests.contacts.acts import faults

pytestmark = pytest.mark.django_db
BARE = "5f2c1c0a-9d4e-4b7a-8a43-0d1f6c1e2b3a"


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


@pytest.mark.parametrize("named", [f"urn:uuid:{BARE}", BARE, f"URN:UUID:{BARE.upper()}"])
@pytest.mark.parametrize("uid", [f"urn:uuid:{BARE}", BARE, f"urn:uuid:{BARE.upper()}", BARE.upper()])
def test_a_uuid_is_one_in_every_spelling(alice: User, hand: Hand, space: Space, uid: str, named: str) -> None:
    ada = hand.contact(space, a_card("Ada", uid=uid, version="4.0"))
    group = hand.contact(space, a_card("Fans", "KIND:group", f"MEMBER:{named}", version="4.0"))
    related = hand.contact(space, a_card("Byron", f"RELATED;TYPE=child:urn:uuid:{BARE}", version="4.0"))
    assert links.members(group, by=alice.actor) == [ada]
    assert links.groups_of(ada, by=alice.actor) == [group]
    assert Listed([space], Filters(group=group)).page().contacts == [ada]
    assert [relation.contact for relation in links.relations(related, by=alice.actor)] == [ada]
    assert [relation.contact for relation in links.relations(ada, by=alice.actor)] == [related]
    assert faults() == []


def test_whom_a_card_names_is_looked_up_not_met_on_the_way_through_all_names(
    alice: User, hand: Hand, space: Space
) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL plans by statistics, of which an empty table has none
    ada = hand.contact(space, a_card("Ada", f"RELATED;TYPE=child:urn:uuid:{BARE}", version="4.0"))
    with CaptureQueriesContext(connection) as queries:
        links.relations(ada, by=alice.actor)
    plans = []
    for query in queries.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql'].replace('?', '1')}")
            plans += [row[3] for row in cursor.fetchall() if "contacts_contact" in row[3]]
    assert plans
    assert all("one_contact_a_uid" in plan for plan in plans), plans


def test_a_uid_that_changes_is_found_under_the_new_one(alice: User, hand: Hand, space: Space) -> None:
    ada = hand.contact(space, a_card("Ada", uid="old"))
    group = hand.contact(space, a_card("Fans", "KIND:group", f"MEMBER:urn:uuid:{BARE}", version="4.0"))
    hand.store(space, a_card("Ada", uid=f"urn:uuid:{BARE}"), href=ada.href)
    assert links.members(group, by=alice.actor) == [ada]
    Contact.objects.filter(pk=ada.pk).update(uid_key="wrong")
    assert faults() == [f"alice/{ada.href}: uid_key"]


def test_members_are_counted_beyond_those_that_are_shown(alice: User, hand: Hand, space: Space) -> None:
    stored = hand.many(space, [a_card(f"Person {n}") for n in range(links.MAX_SHOWN + 5)])
    lines = [f"MEMBER:{one.uid}" for one in stored]
    group = hand.contact(space, a_card("Fans", "KIND:group", *lines, "MEMBER:nobody", version="4.0"))
    assert len(links.members(group, by=alice.actor)) == links.MAX_SHOWN
    assert links.count_members(group, by=alice.actor) == links.MAX_SHOWN + 5


def test_two_long_uids_are_told_apart_by_their_ends(alice: User, hand: Hand, space: Space) -> None:
    one, other = (hand.contact(space, a_card(name, uid=f"{'x' * 498}{name}", version="4.0")) for name in ("A", "B"))
    group = hand.contact(space, a_card("Fans", "KIND:group", f"MEMBER:{other.uid}", version="4.0"))
    assert links.members(group, by=alice.actor) == [other]
    assert (links.groups_of(one, by=alice.actor), links.groups_of(other, by=alice.actor)) == ([], [group])
