"""Lists in groups: pages by key, folded groups stepped over, counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.groupings import grouping_of, labels
from farley.contacts.listing import BY_NAME, Filters, Listed, order_of
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.lists.grouping import Group, Key
from farley.lists.language import parse
from farley.lists.paging import BadCursor
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team

pytestmark = pytest.mark.django_db
CITIES = ("Berlin", "Köln", "koeln", "Zürich", "")


@pytest.fixture
def spaces(alice: User, bob: User) -> list[Space]:
    """Two spaces with people of three cities and of none, some of them in both."""
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    home = space_of(alice)
    for space, count in ((home, 12), (sales, 9)):
        cards = []
        for n in range(count):
            city = CITIES[n % len(CITIES)]
            address = (f"ADR:;;;{city};;;",) if city else ()
            cards.append(a_card(f"{'ABC'[n % 3]}da {space.name}{n:02}", *address, f"ORG:{'Yard' if n % 2 else 'Dock'}"))
        hand_of(alice).many(space, [*cards, a_card("Yard", "KIND:org", "ORG:Yard", version="4.0")])
    how = {"by": alice.actor, "door": Door.WEB, "batch": None}
    operations.assign(list(Contact.objects.filter(space=sales)[:4]), bob, **how)
    level = defining.define(
        Noun.CONTACT, sales, label="Level", kind=Field.Kind.CHOICE, choices=["A", "B"], by=alice.actor, door=Door.WEB
    )
    for number, contact in enumerate(Contact.objects.filter(space=sales)[:5]):
        operations.set_fields([contact], {level: 1 + number % 2}, **how)
    return [home, sales]


def read(
    listed: Listed,
    name: str,
    *,
    size: int = 4,
    sort: str = "name",
    is_folded: Callable[[Key], bool] = lambda _: False,
    folds_all: bool = False,
) -> tuple[list[tuple[str, list[int]]], list[int], int]:
    """All pages: the groups by label with their ids, the counts, and how many pages there were."""
    grouping = grouping_of(name, listed.spaces)
    order = order_of(sort, listed.spaces)
    assert grouping is not None
    assert order is not None
    grouped = grouping.of(listed, order)
    told: list[tuple[str, list[int]]] = []
    begun: list[Group] = []
    after, pages = "", 0
    while True:
        page = grouped.page(after=after, size=size, is_folded=is_folded, folds_all=folds_all)
        pages += 1
        assert sum(len(group.ids) + (not group.is_begun) for group in page.groups) <= size
        named = labels(grouping, page.groups)
        for group in page.groups:
            if not group.is_begun:
                told.append((named[group.key], []))
                begun.append(group)
            told[-1][1].extend(group.ids)
            assert not group.is_whole or len(group.ids) == grouped.count(group)
        if page.after is None:
            return told, [grouped.count(group) for group in begun], pages
        after = page.after


@pytest.mark.parametrize("name", ["city", "organisation", "owner", "kind", "letter", "own.sales.level"])
@pytest.mark.parametrize("back", [False, True])
def test_every_contact_is_in_one_group_and_groups_do_not_part(
    spaces: list[Space], alice: User, name: str, back: bool
) -> None:
    listed = Listed(spaces, reader=alice)
    sort = {"letter": "name", "kind": "name"}.get(name, name)
    told, counts, pages = read(listed, name, sort=f"-{sort}" if back else sort)
    assert sorted(pk for _, ids in told for pk in ids) == sorted(Contact.objects.values_list("pk", flat=True))
    assert len({label for label, _ in told}) == len(told)
    assert counts == [len(ids) for _, ids in told]
    assert pages > 5
    contacts = Contact.objects.in_bulk()
    for label, ids in told:
        if name == "city":
            assert {contacts[pk].city_key for pk in ids} == {label and contacts[ids[0]].city_key}
        elif name == "owner":
            assert {bool(contacts[pk].owner) for pk in ids} == {label == "bob"}


def test_a_folded_group_is_stepped_over_and_counted(spaces: list[Space], alice: User) -> None:
    listed = Listed(spaces, reader=alice)
    for sort in ("city", "-city"):
        whole, counts, _ = read(listed, "city", sort=sort)
        folded, same, pages = read(listed, "city", sort=sort, is_folded=lambda key: key == "koln")
        assert [(label, [] if label in ("Köln", "koeln") else ids) for label, ids in whole] == folded
        assert counts == same
    for name in ("city", "organisation", "owner", "kind", "letter", "own.sales.level"):
        for sort in (name, f"-{name}"):
            by = {"letter": "name", "-letter": "-name"}.get(sort, sort if "kind" not in sort else "name")
            opened, counts, _ = read(listed, name, sort=by)
            shut, same, pages = read(listed, name, sort=by, is_folded=lambda _: True, folds_all=True, size=50)
            assert [(label, []) for label, _ in opened] == shut
            assert (counts, pages) == (same, 1)


def test_groups_are_of_what_the_filter_leaves(spaces: list[Space], alice: User) -> None:
    listed = Listed(spaces, Filters(more=parse("org is Dock and city filled")), alice)
    told, counts, _ = read(listed, "city")
    assert [label for label, _ in told] == ["Berlin", "Köln", "Zürich"]
    assert counts == [len(ids) for _, ids in told]


@pytest.mark.parametrize("after", ["x", "7~", "0~x", "~", "-1~", "0~WyJuYW1lIiwwLCJhIiwxXQ"])
def test_a_place_that_is_none_is_refused(spaces: list[Space], alice: User, after: str) -> None:
    grouping = grouping_of("city", spaces)
    assert grouping is not None
    grouped = grouping.of(Listed(spaces, reader=alice), BY_NAME)
    with pytest.raises(BadCursor):
        grouped.page(after=after, size=4, is_folded=lambda _: False, folds_all=False)
