"""Rows past the ORM: on PostgreSQL sent without waiting, and still within Django's transaction."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from farley.accounts.models import User
from farley.contacts.models import Tag
from farley.database import rows
from farley.database.turns import write_turn
from farley.spaces.models import Space

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = ("id", "space_id", "name")
KEY = ("space_id", "name")


@pytest.fixture
def space(alice: User) -> Space:
    space: Space = Space.objects.get(name="alice")
    return space


def some(space: Space, *names: str) -> list[tuple[int, int, str]]:
    return [(pk, space.pk, name) for pk, name in zip(rows.ask_ids(Tag, len(names))(), names, strict=True)]


def names() -> list[str]:
    return list(Tag.objects.order_by("name").values_list("name", flat=True))


@pytest.mark.parametrize("count", [1, 2, 20, 21, 1000])
def test_any_number_of_rows_is_inserted_found_and_deleted(space: Space, count: int) -> None:
    wanted = [f"tag {number:04}" for number in range(count)]
    with write_turn(is_pipelined=True):
        rows.insert(Tag, COLUMNS, some(space, *wanted))
        found = rows.ask(Tag, ("name",), {"space_id": space.pk, "name": wanted})
        assert sorted(found()) == [(name,) for name in wanted]
    assert names() == wanted
    with write_turn(is_pipelined=True):
        rows.delete(Tag, KEY, [(space.pk, name) for name in wanted[1:]])
    assert names() == wanted[:1]


def test_of_rows_with_one_key_the_last_wins(space: Space) -> None:
    with write_turn(is_pipelined=True):
        rows.upsert(Tag, ("id",), COLUMNS, [(7, space.pk, "former"), (7, space.pk, "later"), (8, space.pk, "other")])
        rows.update(Tag, ("name",), [("renamed", 8)])
    assert names() == ["later", "renamed"]


def test_what_breaks_a_constraint_is_raised_by_the_end_of_the_turn_and_nothing_is_written(space: Space) -> None:
    def insert_twice() -> None:
        with write_turn(is_pipelined=True):
            rows.insert(Tag, COLUMNS, [(1, space.pk, "a")])
            rows.insert(Tag, COLUMNS, [(1, space.pk, "b")])

    with pytest.raises(IntegrityError):
        insert_twice()
    assert names() == []


def test_the_orm_knows_in_between_how_many_rows_it_touched(space: Space) -> None:
    with write_turn(is_pipelined=True):
        rows.insert(Tag, COLUMNS, some(space, "a", "b"))
        assert Tag.objects.filter(name="a").update(name="c") == 1
        rows.insert(Tag, COLUMNS, some(space, *(f"many {number}" for number in range(30))))
        assert Tag.objects.filter(name__startswith="many").delete()[0] == 30
    assert names() == ["b", "c"]


def test_after_an_error_in_a_savepoint_one_can_go_on(space: Space) -> None:
    with write_turn(is_pipelined=True):
        rows.insert(Tag, COLUMNS, [(1, space.pk, "a")])
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.insert(Tag, COLUMNS, [(1, space.pk, "b")])
        rows.insert(Tag, COLUMNS, [(2, space.pk, "c")])
    assert names() == ["a", "c"]
