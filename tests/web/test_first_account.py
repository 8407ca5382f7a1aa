"""Only one browser can make the first account, however many have the form open."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client

from farley.accounts import first_run
from farley.accounts.models import User
from farley.spaces import operations
from farley.spaces.models import Space
from tests.cast import person
from tests.together import at_once
from tests.web.reading import text_of

PASSWORD = "a long enough sentence"
LOCAL = {"host": "localhost:8000", "Accept-Language": "en"}


def form(name: str) -> dict[str, str]:
    return {"full_name": name.title(), "name": name, "email": f"{name}@example.org", "password": PASSWORD}


def test_who_is_slower_is_told_and_makes_none(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False])  # between the two Alice has made hers
    monkeypatch.setattr(first_run, "is_open", lambda: next(answers))
    person("alice", is_admin=True)
    response = client.post("/setup/", form("mallory"), headers=LOCAL)
    assert response.status_code == 409
    assert "Somebody else has just made the first account." in text_of(response.content)
    assert not User.objects.filter(name="mallory").exists()
    assert not Space.objects.filter(name="mallory").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_time_one_becomes_the_administrator() -> None:
    def first(name: str) -> User:
        return operations.add_person(name, f"{name}@example.org", None, is_admin=True, as_first=True)

    made = at_once(*(partial(first, name) for name in ("alice", "bob", "mallory", "eve")))
    assert sorted(type(each).__name__ for each in made) == ["NotTheFirst", "NotTheFirst", "NotTheFirst", "User"]
    assert User.objects.count() == Space.objects.count() == 1


def test_the_code_is_spent_with_the_account(db: None) -> None:
    before = first_run.code()
    operations.add_person("alice", "alice@example.org", None, is_admin=True, as_first=True)
    assert first_run.code() != before
