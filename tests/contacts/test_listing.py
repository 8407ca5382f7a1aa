"""Lists over several spaces: complete, in order, and by index."""

from __future__ import annotations

import base64
import json

import pytest
from django.db import connection
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import listing
from farley.contacts.listing import BadCursor, Filters, Listed, Sort
from farley.contacts.models import Contact
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, person, space_of, team

NAMES = st.sampled_from(["Adams", "Ängel", "Ångström", "Müller", "Mueller", "Zuse", "zuse", "", "Ö", "王"])
PEOPLE = st.lists(st.tuples(NAMES, st.sampled_from(["", "Yard", "Works"]), st.integers(0, 2)), max_size=14)


def everybody(listed: Listed, sort: Sort, size: int) -> list[Contact]:
    """All pages, one after the other."""
    found: list[Contact] = []
    after: str | None = ""
    while after is not None:
        page = listed.page(sort=sort, after=after, size=size)
        assert len(page.contacts) <= size
        found += page.contacts
        after = page.after
    return found


def expected(contacts: QuerySet[Contact], sort: Sort) -> list[int]:
    keys = {
        Sort.NAME: lambda c: (c.sort_key, c.pk),
        Sort.ORGANISATION: lambda c: (bool(c.organisation_key) is sort.descends, c.organisation_key, c.pk),
        Sort.CHANGED: lambda c: (c.changed_at, c.pk),
    }
    return [c.pk for c in sorted(contacts, key=keys[sort.forwards], reverse=sort.descends)]


class PagesTest(TestCase):
    """Hypothesis and Django's transactions meet in a TestCase only."""

    @settings(max_examples=40)
    @given(people=PEOPLE, sort=st.sampled_from(Sort), size=st.integers(1, 5), rare=st.sampled_from([0, 2000]))
    def test_pages_hold_everybody_once_and_in_order(
        self, people: list[tuple[str, str, int]], sort: Sort, size: int, rare: int
    ) -> None:
        alice = person("alice")
        spaces = [space_of(alice), team("one", alice=Role.EDITOR), team("two", alice=Role.EDITOR)]
        for name, organisation, where in people:
            card = a_card(f"A {name}", f"N:{name};A;;;", f"ORG:{organisation}", f"CATEGORIES:{organisation or 'none'}")
            hand_of(alice).store(spaces[where], card)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(listing, "RARE", rare)  # 0: every filter counts as passed by many
            for filters, passing in (
                (Filters(), Contact.objects.all()),
                (Filters(tag="Yard"), Contact.objects.filter(organisation_key="yard")),
                (Filters(text="zuse"), Contact.objects.filter(sort_key__contains="zuse")),
                (
                    Filters(tag="none", text="zuse"),
                    Contact.objects.filter(sort_key__contains="zuse", organisation_key=""),
                ),
            ):
                listed = Listed(spaces, filters)
                assert [c.pk for c in everybody(listed, sort, size)] == expected(passing, sort)
                assert listed.count() == passing.count()


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
    found = listing.groups_of(list(Space.objects.all()))
    assert [(space, name) for _, space, name in found] == [
        (sales.pk, "Äpfel"),
        (space_of(alice).pk, "Fair"),
        (sales.pk, "Zoo"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("sort", [Sort.NAME, Sort.ORGANISATION, Sort.CHANGED])
def test_a_page_is_an_index_range(alice: User, sort: Sort) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL plans by statistics, of which an empty table has none
    from django.test.utils import CaptureQueriesContext

    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}", "ORG:Yard") for n in range(5)])
    listed = Listed([space_of(alice)])
    after = listed.page(sort=sort, size=2).after
    assert after is not None
    with CaptureQueriesContext(connection) as queries:
        listed.page(sort=sort, size=2, after=after)
        listing.groups_of(list(Space.objects.all()))
    plans = []
    for query in queries.captured_queries:
        if "ORDER BY" in query["sql"] or '"kind" = 1' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans += [row[3] for row in cursor.fetchall() if "contacts_contact" in row[3]]
    assert plans
    assert all("USING" in plan and "contacts_since" not in plan for plan in plans)


@pytest.mark.django_db
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(
    "place",
    [["\ud800", 1], ["0\ud800", 1], ["a\0", 1], ["a", -1], ["a", 2**63], ["a"], {}, 1, "ab"],
)
def test_what_is_no_place_is_refused(alice: User, sort: Sort, place: object) -> None:
    written = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    with pytest.raises(BadCursor):
        Listed([space_of(alice)]).page(sort=sort, after=written)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00", "2026-01-01T00:00:00", "soon", ""]
)
def test_what_is_no_instant_is_no_place_by_change(alice: User, instant: str) -> None:
    written = base64.urlsafe_b64encode(json.dumps([instant, 1]).encode()).decode()
    with pytest.raises(BadCursor):
        Listed([space_of(alice)]).page(sort=Sort.CHANGED, after=written)
