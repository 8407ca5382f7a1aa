"""Saved views follow tags and choices that are called otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import bulk, tagging
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Batch, Change, Door, Noun
from farley.journal.undo import undo
from farley.lists import saving
from farley.lists.models import View
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team

pytestmark = pytest.mark.django_db


def saved(by: User, shared: Space | None = None, **address: str) -> View:
    how: dict[str, Any] = {"by": by.actor, "door": Door.WEB}
    return saving.save_view("contacts", title="Mine", query=urlencode(address), space=shared, **how)[0]


def asks(view: View) -> dict[str, str]:
    view.refresh_from_db()
    return {name: value for name, [value] in parse_qs(view.query).items()}


def renamed(by: User, space: Space, old: str, new: str) -> Batch:
    job = tagging.rename(space, old, new, by=by.actor, door=Door.WEB)
    assert bulk.carry_out(job.batch, job.deed, job.selection, door=Door.WEB)
    job.batch.refresh_from_db()
    return job.batch


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tag is Press", "tag is Media"),
        ("tag is not Press", "tag is not Media"),
        ("tag in (Fair, Press)", "tag in (Fair, Media)"),
        ("tag in (Media, Press)", "tag is Media"),
        ("city is Press and (tag is Press or org is Press)", "city is Press and (tag is Media or org is Press)"),
        ("tag  is  press", "tag  is  press"),
        ("tag is", "tag is"),
    ],
)
def test_a_view_asks_for_the_tag_by_its_new_name_and_by_the_old_one_again(alice: User, before: str, after: str) -> None:
    home = space_of(alice)
    hand_of(alice).many(home, [a_card("A", "CATEGORIES:Press"), a_card("B", "CATEGORIES:Media,Fair")])
    view, plain = saved(alice, filter=before, sort="name"), saved(alice, tag="Press", columns="city")
    batch = renamed(alice, home, "Press", "Media")
    assert asks(view) == {"filter": after, "sort": "name"}
    assert asks(plain) == {"tag": "Media", "columns": "city"}
    undone = undo(batch, by=alice.actor, door=Door.WEB)
    assert (asks(view)["filter"], asks(plain)["tag"], undone.kept) == (before, "Press", [])


def test_a_view_that_was_changed_since_stays_as_it_is_now(alice: User) -> None:
    home = space_of(alice)
    hand_of(alice).contact(home, a_card("A", "CATEGORIES:Press"))
    view = saved(alice, tag="Press")
    batch = renamed(alice, home, "Press", "Media")
    saving.change_view(view, query="tag=Fair", by=alice.actor, door=Door.WEB)
    undone = undo(batch, by=alice.actor, door=Door.WEB)
    assert (asks(view), [each.label for each in undone.kept]) == ({"tag": "Fair"}, ["Mine"])


def test_a_view_over_spaces_where_the_old_name_stays_asks_for_both(alice: User, bob: User) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    for space in (home, sales):
        hand_of(alice).contact(space, a_card("A", "CATEGORIES:Press"))
    wide, negated, plain = (
        saved(alice, filter="tag is Press"),
        saved(alice, filter="city empty or tag is not Press"),
        saved(alice, tag="Press", filter="city empty"),
    )
    ours, theirs = saved(alice, space="sales", tag="Press"), saved(bob, tag="Press")
    renamed(alice, sales, "Press", "Media")
    assert asks(wide) == {"filter": "tag in (Press, Media)"}
    assert asks(negated) == {"filter": "city empty or (tag is not Press and tag is not Media)"}
    assert asks(plain) == {"filter": "tag in (Press, Media) and city empty"}
    assert asks(ours) == {"space": "sales", "tag": "Media"}
    assert asks(theirs) == {"tag": "Media"}, "he sees no other space with it"


def test_a_view_of_somebody_who_does_not_see_the_space_hears_nothing_of_it(
    alice: User, bob: User, mallory: User
) -> None:
    sales = team("sales", alice=Role.EDITOR)
    others = team("others", bob=Role.EDITOR)
    hand_of(alice).contact(sales, a_card("A", "CATEGORIES:Press"))
    views = [saved(mallory, tag="Press"), saved(bob, others, tag="Press"), saved(mallory, tag="Press", space="sales")]
    before = [asks(view) for view in views]
    renamed(alice, sales, "Press", "Media")
    assert [asks(view) for view in views] == before


def test_a_choice_that_is_called_otherwise_is_so_in_views(alice: User, bob: User, mallory: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    how: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    kind, choices = Field.Kind.CHOICE, ["Gold", "Silver", "Tin"]
    field = defining.define(Noun.CONTACT, sales, label="Level", kind=kind, choices=choices, **how)
    views = [
        saved(alice, filter="own.sales.level is Gold"),
        saved(bob, sales, filter="own.sales.level in (Gold, Silver, Tin) and org is Gold"),
        saved(mallory, filter="own.sales.level is Gold"),
    ]
    before = [asks(view) for view in views]
    defining.change(field, label="Level", renamed={1: "Silver", 2: "Pure Gold", 3: ""}, added=[], **how)
    assert [asks(view)["filter"] for view in views] == [
        "own.sales.level is Silver",
        'own.sales.level in (Silver, "Pure Gold", Tin) and org is Gold',
        "own.sales.level is Gold",
    ]
    defining.change(field, label="Level", renamed={1: "Gold", 2: "Silver"}, added=[], **how)
    assert [asks(view) for view in views] == before, "called so again"
    told = [change.user for change in Change.objects.filter(noun=Noun.VIEW, subject=views[0].pk, space__name="alice")]
    assert told == [alice] * 3, "its own journal tells of it"
