"""What the machine cannot do is said as that, on the pages and to devices; nothing of it is half done."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.database.trouble import Trouble, trouble_of
from tests.cast import a_card, hand_of, space_of
from tests.dav.phone import phone_of
from tests.full_disk import full_disk
from tests.web.reading import text_of

WORDS = "typed " * 20_000  # more than the free pages of a database can take in


@contextmanager
def locked() -> Iterator[None]:
    """Another program holds the database."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            patience = cursor.fetchone()[0]
            cursor.execute("PRAGMA busy_timeout = 20")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {patience}")
                other.execute("ROLLBACK")


CASES = [
    pytest.param(full_disk, 507, "The disk of this server is full Nothing was changed.", id="full"),
    pytest.param(
        locked,
        503,
        "The database is locked by another program Nothing was changed.",
        id="locked",
        marks=pytest.mark.skipif(connection.vendor != "sqlite", reason="about the SQLite file"),
    ),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("broken", "status", "said"), CASES)
def test_pages_and_devices_are_told_what_stands_in_the_way(
    alice: User,
    as_user: Callable[[User], Client],
    caplog: pytest.LogCaptureFixture,
    broken: Callable[[], AbstractContextManager[None]],
    status: int,
    said: str,
) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page, phone = as_user(alice), phone_of(alice)
    page.raise_request_exception = False
    typed = {"kind": "person", "space": "alice", "given": "Bea", "family": "Lang", "note": WORDS}
    octets = a_card("Bea Lang", f"NOTE:{WORDS}")
    page.get("/contacts/")
    phone.get("/dav/")
    with caplog.at_level(logging.CRITICAL), broken():
        answer = page.post("/contacts/new/", typed)
        of_phone = phone.put("bea.vcf", octets)
        assert page.get(f"/contacts/{contact.pk}/").status_code == 200  # reading goes on
    assert (answer.status_code, of_phone.status) == (status, status)
    assert said in text_of(answer.content)
    assert "typed typed" in text_of(answer.content)
    assert b"Nothing was changed" in of_phone.body
    assert (b"sufficient-disk-space" in of_phone.body) is (status == 507)
    assert of_phone.raw.headers.get("Retry-After") == ("60" if status == 503 else None)
    assert list(Contact.objects.all()) == [contact]
    assert phone.put("bea.vcf", octets).status == 201


def test_a_server_that_does_not_answer_is_told_from_a_mistake() -> None:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgres://nobody@127.0.0.1:9/nothing")
    assert trouble_of(OperationalError(str(refused.value))) is Trouble.AWAY
    assert trouble_of(OperationalError("no such table: contacts")) is None
    assert trouble_of(ValueError("full")) is None


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("53100", Trouble.FULL),
        ("25006", Trouble.READ_ONLY),
        ("55P03", Trouble.LOCKED),
        ("57P01", Trouble.AWAY),
        ("57P03", Trouble.AWAY),
        ("53300", Trouble.AWAY),
        ("08006", Trouble.AWAY),
        ("42P01", None),
        ("40P01", None),
    ],
)
def test_what_a_server_says_is_known_by_its_code_in_whatever_language(code: str, trouble: Trouble | None) -> None:
    said = psycopg.errors.lookup(code)("ist voll, full, locked, connection")
    wrapped = DatabaseError("ist voll, full, locked, connection")
    wrapped.__cause__ = said
    assert trouble_of(said) is trouble
    assert trouble_of(wrapped) is trouble
