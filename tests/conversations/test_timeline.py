"""The timeline: everything once, newest first, whatever page it is on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.conversations import timeline
from farley.conversations.timeline import BadCursor
from farley.database import rows
from tests.cast import a_card, hand_of, space_of, team
from tests.conversations.writing import by, call, note


def pages(contact: Contact, user: User, size: int, *, only: tuple[str, ...] = ()) -> list[list[timeline.Moment]]:
    found, behind = [], ""
    while True:
        page = timeline.page(contact, by=user.actor, only=only, behind=behind, size=size)
        found.append(page.moments)
        if not page.behind:
            return found
        behind = page.behind


def filled(alice: User) -> Contact:
    """Changes, notes and calls, some of the same instant."""
    hand, space = hand_of(alice), space_of(alice)
    contact = hand.contact(space, a_card("Ada 0", uid="ada"))
    for n in range(1, 8):
        hand.store(space, a_card(f"Ada {n}", uid="ada"), href=contact.href)
        first = note(alice, f"note {n}", contact, is_pinned=n == 3)
        note(alice, f"again {n}", contact, at=first.at)
        call(alice, contact, ago=dt.timedelta(days=n), text=f"call {n}")
    contact.refresh_from_db()
    return contact


@pytest.mark.parametrize("size", [1, 4, 30])
def test_pages_tell_everything_once_and_in_order(alice: User, size: int) -> None:
    contact = filled(alice)
    found = pages(contact, alice, size)
    told = [moment for page in found for moment in page]
    assert [moment.is_pinned for moment in told] == [True] + [False] * (len(told) - 1)
    assert told[0].what.text == "note 3"
    assert [moment.at for moment in told[1:]] == sorted((moment.at for moment in told[1:]), reverse=True)
    assert len({(moment.source, moment.key) for moment in told}) == len(told) == 7 * 3 + 8
    assert max(len(page) for page in found) <= size
    whole = [version.what.content for version in told if version.source == "changes"]
    kept = [
        version.what.content for page in pages(contact, alice, 100) for version in page if version.source == "changes"
    ]
    assert whole == kept, "a version is the same on whatever page it stands"


def test_it_can_be_narrowed(alice: User) -> None:
    contact = filled(alice)
    [calls] = pages(contact, alice, 30, only=("call",))
    assert [moment.what.text for moment in calls] == [f"call {n}" for n in range(1, 8)]
    assert {moment.source for page in pages(contact, alice, 3, only=("change",)) for moment in page} == {"changes"}


def test_a_call_is_told_once_and_not_as_a_change_of_the_contact_too(alice: User) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    call(alice, contact)
    assert [moment.source for page in pages(contact, alice, 1) for moment in page] == ["entries", "changes"]


def test_nothing_of_another_space_is_told(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    contact, other = (hand_of(alice).contact(space_of(alice), a_card(name)) for name in ("Ada", "Grace"))
    note(alice, "about both", contact, other)
    note(alice, "about her", contact)
    operations.move([contact], sales, batch=None, **by(alice))
    contact.refresh_from_db()
    assert [m.what.text for page in pages(contact, bob, 9) for m in page if m.source == "entries"] == ["about her"]


@pytest.mark.parametrize(
    "behind",
    [
        "x",
        "entries",
        "entries-1",
        "entries-1.2",
        "entries-9.9.9_x-1",
        "changes-1.2",
        "changes-" + "9" * 40,
        "entries-0." + "9" * 40 + ".1",
    ],
)
def test_a_place_that_was_not_given_out_is_refused(alice: User, ada: Contact, behind: str) -> None:
    with pytest.raises(BadCursor):
        timeline.page(ada, by=alice.actor, behind=behind)


def test_entries_come_in_the_order_of_their_index(alice: User) -> None:
    contact = filled(alice)
    sql, values = timeline.Entries().question(contact.pk, alice.actor, timeline.Entries.kinds, "", 5)
    sql = sql.format(about="about.id", note="note.id", call="call.id", author="author.id")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would read all
            cursor.execute("SET LOCAL enable_sort = off")
        plan = repr(rows.query(f"EXPLAIN {sql}", values))
    else:
        plan = repr(rows.query(f"EXPLAIN QUERY PLAN {sql}", values))
        assert "TEMP B-TREE" not in plan
    assert "entries_of_a_timeline" in plan
