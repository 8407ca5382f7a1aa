"""Tags as such: counted, coloured, called otherwise, merged, deleted; everything comes back."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import bulk, listing, tagging
from farley.contacts.bulk import Job
from farley.contacts.models import Contact, Tag, TagName
from farley.contacts.storing import TooLarge
from farley.contacts.tagging import NoSuchTag, UnusableTag, Use
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def carried_out(job: Job) -> Batch:
    assert bulk.carry_out(job.batch, job.deed, job.selection, door=Door.WEB)
    job.batch.refresh_from_db()
    return job.batch


def lines(space: Space) -> list[bytes]:
    cards = Contact.objects.filter(space=space, deleted_at=None).order_by("pk")
    return [line for c in cards for line in c.content.data.splitlines() if line.startswith(b"CATEGORIES")]


def test_another_name_goes_to_all_cards_in_its_place_with_the_colour_and_back(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    hand.many(space, [a_card(f"P{n}", "CATEGORIES:first,Press,last", "NOTE:stays") for n in range(5)])
    hand.many(space, [a_card("Q", "CATEGORIES:press"), a_card("R")])
    tagging.colour(space, "Press", "plum", by=alice.actor, door=Door.WEB)
    before, listed = state_of(), tagging.uses(space)
    batch = carried_out(tagging.rename(space, "Press", "Media", by=alice.actor, door=Door.WEB))
    assert lines(space) == [*[b"CATEGORIES:first,Media,last"] * 5, b"CATEGORIES:press"]
    assert tagging.uses(space) == [
        Use("Media", "plum", 5),
        Use("first", "", 5),
        Use("last", "", 5),
        Use("press", "", 1),
    ]
    assert faults() == []
    undone = undo(batch, by=alice.actor, door=Door.WEB)
    assert (state_of(), tagging.uses(space), undone.kept) == (before, listed, [])
    undo(undone.batch, by=alice.actor, door=Door.WEB)
    assert [use.hue for use in tagging.uses(space) if use.name == "Media"] == ["plum"]


def test_two_tags_become_one_and_come_apart_again(alice: User, hand: Hand, space: Space) -> None:
    hand.many(space, [a_card("A", "CATEGORIES:Press"), a_card("B", "CATEGORIES:Press,Media", "CATEGORIES:x")])
    tagging.colour(space, "Media", "sky", by=alice.actor, door=Door.WEB)
    before, listed = state_of(), tagging.uses(space)
    batch = carried_out(tagging.rename(space, "Press", "Media", by=alice.actor, door=Door.WEB))
    assert lines(space) == [b"CATEGORIES:Media", b"CATEGORIES:Media", b"CATEGORIES:x"]
    assert tagging.uses(space) == [Use("Media", "sky", 2), Use("x", "", 1)]
    undo(batch, by=alice.actor, door=Door.WEB)
    assert (state_of(), tagging.uses(space)) == (before, listed)


def test_a_tag_that_nobody_has_is_kept_by_its_colour_alone(alice: User, hand: Hand, space: Space) -> None:
    made = tagging.colour(space, "Later", "moss", by=alice.actor, door=Door.WEB)
    assert tagging.uses(space) == [Use("Later", "moss", 0)]
    assert listing.tag_names([space]) == ["Later"]
    undo(made, by=alice.actor, door=Door.WEB)
    assert tagging.uses(space) == []
    contact = hand.contact(space, a_card("A", "CATEGORIES:Later"))
    tagging.colour(space, "Later", "moss", by=alice.actor, door=Door.WEB)
    [tag] = listing.tags_of([contact.pk])[contact.pk]
    assert isinstance(tag, TagName)
    assert (tag, tag.hue) == ("Later", "moss")
    batch = carried_out(tagging.delete(space, "Later", by=alice.actor, door=Door.WEB))
    assert (tagging.uses(space), lines(space)) == ([], [])
    undo(batch, by=alice.actor, door=Door.WEB)
    assert tagging.uses(space) == [Use("Later", "moss", 1)]


def test_a_colour_that_was_changed_since_stays(alice: User, space: Space) -> None:
    first = tagging.colour(space, "A", "moss", by=alice.actor, door=Door.WEB)
    tagging.colour(space, "A", "plum", by=alice.actor, door=Door.WEB)
    result = undo(first, by=alice.actor, door=Door.WEB)
    assert [(kept.label, kept.reason) for kept in result.kept] == [("A", "changed")]
    assert tagging.uses(space) == [Use("A", "plum", 0)]


def test_tags_are_each_spaces_own(alice: User, bob: User, hand: Hand, space: Space) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand.contact(sales, a_card("A", "CATEGORIES:Press"))
    hand.contact(space, a_card("B", "CATEGORIES:Press"))
    carried_out(tagging.rename(sales, "Press", "Media", by=alice.actor, door=Door.WEB))
    assert (lines(sales), lines(space)) == ([b"CATEGORIES:Media"], [b"CATEGORIES:Press"])
    for act in (
        lambda: tagging.rename(sales, "Media", "X", by=bob.actor, door=Door.WEB),
        lambda: tagging.delete(sales, "Media", by=bob.actor, door=Door.WEB),
        lambda: tagging.colour(sales, "Media", "plum", by=bob.actor, door=Door.WEB),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("None", "X", NoSuchTag),
        ("Press", " ", UnusableTag),
        ("Press", "Press", UnusableTag),
        ("Press", "x" * 201, TooLarge),
        ("y" * 200, "X", UnusableTag),
    ],
)
def test_what_no_tag_can_be_called_changes_nothing(
    alice: User, hand: Hand, space: Space, old: str, new: str, error: type[Exception]
) -> None:
    hand.contact(space, a_card("A", f"CATEGORIES:Press,{'y' * 250}"))
    before = state_of()
    with pytest.raises(error):
        tagging.rename(space, old, new, by=alice.actor, door=Door.WEB)
    assert (state_of(), Batch.objects.count()) == (before, 0)


def test_counting_stops_behind_the_exact_ones_and_needs_one_query(
    hand: Hand,
    space: Space,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(tagging, "EXACT_TO", 3)
    hand.many(space, [a_card(f"P{n}", "CATEGORIES:many" + (",few" if n < 2 else "")) for n in range(9)])
    Tag.objects.create(space=space, name="unused")
    with django_assert_num_queries(1):
        assert tagging.uses(space) == [Use("few", "", 2), Use("many", "", 4)]
    assert tagging.uses(space, like="ma") == [Use("many", "", 4)]
    assert tagging.uses(space, behind="few", size=1) == [Use("many", "", 4)]
