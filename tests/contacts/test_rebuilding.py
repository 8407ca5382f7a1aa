"""Derived columns and rows, made anew out of the octets."""

from __future__ import annotations

import base64
import datetime as dt
import io

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from farley.accounts.models import User
from farley.calendars import rebuilding as calendars
from farley.codecs.vcard import Card
from farley.contacts import operations, rebuilding
from farley.contacts.deriving import Derived, derive
from farley.contacts.models import Contact, IndexRow, Tag, TagEntry, Thumbnail
from farley.fields import operations as defining
from farley.fields.models import Field, Value
from farley.journal.models import Change, Door, Noun
from farley.search import writing as search
from farley.search.finding import find
from farley.search.models import Entry, place
from farley.spaces.models import Space
from tests.cast import Hand, a_calendar, a_card, an_event, entries_of, hand_of, space_of
from tests.contacts.acts import faults, state_of
from tests.conversations.writing import note

pytestmark = pytest.mark.django_db


def _photo() -> str:
    octets = io.BytesIO()
    Image.new("RGB", (8, 8)).save(octets, "PNG")
    return f"PHOTO;ENCODING=b;TYPE=PNG:{base64.b64encode(octets.getvalue()).decode()}"


PHOTO = _photo()


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def spoil(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(full_name="wrong", sort_key="wrong", uid_key="wrong")
    IndexRow.objects.filter(contact_id=contact.pk).delete()
    search.remove([entry.pk for entry in entries_of(contact.pk)])


def test_what_is_wrong_is_mended_and_nobody_hears_of_it(hand: Hand, space: Space) -> None:
    one, other = (hand.contact(space, a_card(name, "EMAIL:a@b.example", "CATEGORIES:a,b")) for name in ("Ada", "Bea"))
    before, revision = state_of(), Space.objects.get(pk=space.pk).revision
    spoil(one)
    other_tag = Tag.objects.create(space=space, name="c")
    TagEntry.objects.create(tag=other_tag, sort_key="bea", contact_id=other.pk)
    assert len(faults()) == 4
    assert rebuilding.rebuild() == 2
    assert (state_of(), faults()) == (before, [])
    assert Space.objects.get(pk=space.pk).revision == revision


def test_what_a_backup_leaves_out_is_read_out_of_everything_again(hand: Hand, space: Space, alice: User) -> None:
    with time_machine.travel(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):
        fields = {"label": "Motto", "kind": Field.Kind.TEXT}
        motto = defining.define(Noun.CONTACT, space, by=alice.actor, door=Door.WEB, **fields)
        ada = hand.contact(space, a_card("Ada", "CATEGORIES:a,b", "ORG:Engines", "EMAIL:a@b.example", PHOTO))
        operations.set_fields([ada], {motto: "Onwards"}, by=alice.actor, door=Door.WEB, batch=None)
        hand.many(space, [a_card("Engines", "X-ABShowAs:COMPANY"), a_card("Grace", "NOTE:tea")])
        operations.delete([hand.contact(space, a_card("Gone"))], by=alice.actor, door=Door.WEB, batch=None)
        hand.entry(a_calendar(space), an_event("Supper"))
        note(alice, "likes cocoa", ada)
    before, changes = _all_rows(), Change.objects.count()
    search.remove([*Entry.objects.values_list("pk", flat=True)])
    for table in (IndexRow, TagEntry):
        table.objects.all().delete()
    rebuilding.fill()
    assert calendars.rebuild() == 1
    assert (_all_rows(), faults(), [*calendars.differences()]) == (before, [], [])
    assert Change.objects.count() == changes
    assert [hit.record for hit in find("onwards", by=hand.by)] == [ada.pk]


def _all_rows() -> list[list[tuple[object, ...]]]:
    tables = (IndexRow, TagEntry, Entry, Value, Thumbnail, Contact)
    return [sorted(table.objects.values_list(), key=repr) for table in tables]


def test_what_is_right_is_not_even_locked(hand: Hand, space: Space) -> None:
    hand.contact(space, a_card("Ada", "CATEGORIES:a"))
    with CaptureQueriesContext(connection) as queries:
        assert rebuilding.rebuild() == 0
    written = [query["sql"] for query in queries]
    assert not [sql for sql in written if not sql.startswith(("SELECT", "DECLARE")) or "UPDATE" in sql]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_derived_under_the_lock(hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(card: Card, region: str) -> Derived:
        assert not transaction.get_connection().in_atomic_block
        return derive(card, region)

    contact = hand.contact(space)
    spoil(contact)
    monkeypatch.setattr(rebuilding, "derive", unlocked)
    assert rebuilding.rebuild() == 1


def test_what_was_written_meanwhile_stays(hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    spoil(contact)
    real = rebuilding._mend
    names = iter(["Grace", "Hedy"])

    def late(space: Space, differing: list[rebuilding._Differing]) -> list[Contact]:
        if name := next(names, ""):
            hand.store(space, a_card(name, uid="u"), href=contact.href)
        return real(space, differing)

    monkeypatch.setattr(rebuilding, "_mend", late)
    assert rebuilding.rebuild() == 1
    contact.refresh_from_db()
    assert (contact.full_name, faults()) == ("Hedy", [])


def test_search_that_finds_what_is_gone_or_not_what_is_there_is_mended(hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada"))
    Entry.objects.create(pk=place(space.pk, Noun.CONTACT, contact.pk + 1), name="x", text=" x ", fields="", at=0)
    assert [line for line in faults() if "is not there" in line]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_texts (search_texts) VALUES ('delete-all')")
        assert [line for line in faults() if "trigrams" in line]
    assert rebuilding.rebuild() == 1
    assert faults() == []
    assert [hit.record for hit in find("ada", by=hand.by)] == [contact.pk]


def test_what_search_lost_in_an_upgrade_is_filled_in_bit_by_bit(
    hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 2)
    contacts = [hand.contact(space, a_card(name)) for name in ("Ada", "Grace", "Hedy")]
    before, revision = state_of(), Space.objects.get(pk=space.pk).revision
    search.remove(list(Entry.objects.values_list("pk", flat=True)))
    assert rebuilding.unfound().count() == 3
    assert rebuilding.rebuild(stopping=lambda: True) is None
    assert list(rebuilding.unfound()) == contacts[2:]
    assert rebuilding.rebuild() == 1
    assert [hit.record for hit in find("hedy", by=hand.by)] == [contacts[2].pk]
    assert (state_of(), faults()) == (before, [])
    assert Space.objects.get(pk=space.pk).revision == revision
