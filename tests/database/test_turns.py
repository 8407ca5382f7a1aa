"""Waiting one's turn to write."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction

from farley.accounts.models import User
from farley.database.turns import write_back, write_turn
from tests.together import at_once, read_elsewhere


@pytest.mark.django_db(transaction=True)
def test_an_error_inside_gives_the_turn_back_and_writes_nothing(alice: User) -> None:
    def fails() -> None:
        with write_turn():
            User.objects.update(full_name="Somebody")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with write_turn():
        alice.refresh_from_db()
    assert alice.full_name == ""


@pytest.mark.django_db(transaction=True)
def test_a_turn_inside_a_turn_or_a_transaction_joins_it(alice: User) -> None:
    with write_turn(), write_turn():
        pass
    with transaction.atomic(), write_turn():
        User.objects.update(full_name="Alice")
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's log")
def test_the_log_is_written_back_when_that_is_asked_for_outside_of_turns(alice: User) -> None:
    name = secrets.token_hex(20)
    with write_turn():
        User.objects.update(full_name=name)
        write_back()
    file = Path(connection.settings_dict["NAME"])
    assert name.encode() not in read_elsewhere(file)
    write_back()
    assert name.encode() in read_elsewhere(file)


@pytest.mark.django_db(transaction=True)
def test_who_reads_and_writes_in_one_turn_overwrites_nobody(alice: User) -> None:
    def add_one() -> None:
        for _ in range(5):
            with write_turn():
                user = User.objects.select_for_update().get(pk=alice.pk)
                user.full_name = str(int(user.full_name or 0) + 1)
                user.save(update_fields=["full_name"])

    assert at_once(*(partial(add_one) for _ in range(4))) == [None] * 4
    alice.refresh_from_db()
    assert alice.full_name == "20"
