"""Guessing is slow, for all processes together, and locks nobody out who comes from elsewhere."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from farley.accounts import throttling
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.throttling import ACCOUNT, PAIR, WINDOW_S, Guesses, guess
from tests.together import at_once

PASSWORD = "a long enough sentence"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_800_000_000.0]
    monkeypatch.setattr(throttling.time, "time", lambda: now[0])
    return now


def refused(times: int, account: str, address: str) -> int:
    return sum(guess(account, address).is_refused for _ in range(times))


@pytest.mark.django_db
def test_after_some_guesses_one_waits_for_the_window_to_end(clock: list[float]) -> None:
    assert refused(PAIR, "alice", "192.0.2.1") == 0
    verdicts = [guess("alice", "192.0.2.1") for _ in range(3)]
    assert [verdict.is_first_refusal for verdict in verdicts] == [True, False, False]
    assert {verdict.retry_after_s for verdict in verdicts} == {WINDOW_S}
    clock[0] += WINDOW_S - 1
    assert guess("alice", "192.0.2.1").retry_after_s == 1
    clock[0] += 1
    assert refused(PAIR, "alice", "192.0.2.1") == 0


@pytest.mark.django_db
def test_who_guesses_elsewhere_does_not_lock_the_person_out_here(clock: list[float]) -> None:
    assert refused(PAIR + 5, "alice", "192.0.2.1") == 5
    assert refused(1, "alice", "192.0.2.2") == 0


@pytest.mark.django_db
def test_what_is_refused_writes_nothing_and_counts_for_nobody_else(
    clock: list[float], django_assert_num_queries: Any
) -> None:
    refused(PAIR + 1, "alice", "192.0.2.1")
    with django_assert_num_queries(1):
        assert guess("alice", "192.0.2.1").is_refused
    assert refused(ACCOUNT, "alice", "192.0.2.1") == ACCOUNT
    assert refused(1, "alice", "192.0.2.2") == 0


@pytest.mark.django_db
def test_one_account_and_one_address_have_limits_of_their_own(clock: list[float]) -> None:
    assert sum(refused(1, "alice", f"192.0.2.{n}") for n in range(ACCOUNT + 3)) == 3
    assert sum(refused(1, f"person{n}", "198.51.100.1") for n in range(throttling.ADDRESS + 3)) == 3


@pytest.mark.django_db
def test_a_network_of_ipv6_is_one_address_and_names_have_no_case(clock: list[float]) -> None:
    assert refused(PAIR, "Alice", "2001:db8::1") == 0
    assert refused(1, "alice", "2001:db8::ffff") == 1
    assert refused(1, "alice", "2001:db8:0:1::1") == 0


@pytest.mark.django_db
def test_what_is_counted_names_nobody_and_is_forgotten_after_a_day(clock: list[float]) -> None:
    guess("alice", "192.0.2.1")
    assert not any("alice" in row.key or "192" in row.key[:4] for row in Guesses.objects.all())
    clock[0] += throttling.FORGOTTEN_S + 1
    guess("bob", "192.0.2.2")
    assert Guesses.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_guesses_that_come_at_once_do_not_slip_through() -> None:
    answers = at_once(*(partial(guess, "alice", "192.0.2.1") for _ in range(PAIR + 6)))
    assert sum(answer.is_refused for answer in answers) == 6


@pytest.fixture
def alice_with_password(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def sign_in(client: Client, password: str, username: str = "alice") -> int:
    return client.post("/login/", {"username": username, "password": password}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_even_the_right_password_waits_and_unknown_names_are_treated_alike(
    client: Client, alice_with_password: User, username: str
) -> None:
    assert [sign_in(client, "wrong", username) for _ in range(PAIR)] == [422] * PAIR
    answer = client.post("/login/", {"username": username, "password": PASSWORD}, headers={"Accept-Language": "en"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= WINDOW_S
    assert "Too many attempts. Try again in 15 minutes." in answer.content.decode()
    sign_in(client, "wrong", username)
    assert Event.objects.filter(verb=Verb.LOGIN_THROTTLED).count() == 1


@pytest.mark.django_db
def test_the_right_password_forgives_the_mistakes_before(client: Client, alice_with_password: User) -> None:
    for _ in range(3):
        assert [sign_in(Client(), "wrong") for _ in range(PAIR - 1)] == [422] * (PAIR - 1)
        assert sign_in(Client(), PASSWORD) == 302


@pytest.mark.django_db
def test_one_s_own_password_is_not_guessed_in_an_open_session(client: Client, alice_with_password: User) -> None:
    client.force_login(alice_with_password)
    form = {"current": "wrong", "password": "another long sentence", "again": "another long sentence"}
    for _ in range(PAIR):
        client.post("/account/password/", form)
    assert client.post("/account/password/", form | {"current": PASSWORD}).status_code == 422
    alice_with_password.refresh_from_db()
    assert alice_with_password.check_password(PASSWORD)
