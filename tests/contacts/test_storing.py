"""Storing cards: created, replaced, left, refused; and what is written besides."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import InvalidVCard
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.models import Contact, IndexRow, Tag, TagEntry, Thumbnail
from farley.contacts.storing import (
    BadHref,
    Condition,
    EditConflict,
    Entry,
    Stored,
    StoreProblem,
    TooLarge,
    UidConflict,
    store_many,
)
from farley.journal.models import Batch, BatchSpace, Change, Content, Door, Tombstone, Verb
from farley.journal.writing import open_batch
from farley.search.models import Entry as SearchEntry
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of
from tests.contacts.test_deriving import picture

UUID = "5b3d2c6e-7f1a-4a58-9d8b-0123456789ab"
pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def results(space: Space, by: User, *entries: Entry) -> list[Stored | StoreProblem | InvalidVCard]:
    return store_many(space, entries, batch=None, by=by.actor, door=Door.DAV)


def revision_of(space: Space) -> int:
    space.refresh_from_db()
    return space.revision


# What becomes of one card


def test_a_new_card_is_kept_to_the_octet(hand: Hand, space: Space) -> None:
    octets = a_card("Ada", "X-ODD;X=1:a\\,b", " folded").replace(b"\r\n", b"\n") + b"\n\n"
    stored = hand.store(space, octets)
    contact = Contact.objects.get(pk=stored.pk)
    assert contact.content.data == octets
    assert (stored.created, stored.changed, stored.etag, stored.revision) == (True, True, contact.etag, 1)
    assert faults() == []


def test_the_same_octets_again_change_nothing(hand: Hand, space: Space) -> None:
    octets = a_card()
    first = hand.store(space, octets)
    again = hand.store(space, octets, href=first.href, expected=first.etag)
    assert again == first._replace(created=False, changed=False)
    assert (revision_of(space), Change.objects.count(), Content.objects.count()) == (1, 1, 1)


def test_a_replaced_card_keeps_its_id_and_what_was_there_before(hand: Hand, space: Space) -> None:
    first = hand.store(space, a_card("Ada", uid="u"))
    former = Contact.objects.get().content
    second = hand.store(space, a_card("Ada King", uid="u"), href=first.href, expected=first.etag)
    assert (second.pk, second.created, second.revision) == (first.pk, False, 2)
    assert Change.objects.get(revision=2).before == former
    assert Contact.objects.get().full_name == "Ada King"
    assert faults() == []


ABSENT, ANY, STALE, CURRENT = Condition.ABSENT, Condition.ANY, '"0123456789abcdef0123456789abcdef"', "current"


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("expected", [ABSENT, ANY, STALE, CURRENT])
def test_every_condition_is_held_to(hand: Hand, space: Space, is_there: bool, expected: Condition | str) -> None:
    etag = hand.store(space, a_card("Ada", uid="u"), href="a.vcf").etag if is_there else None
    wanted = (etag or STALE) if expected == CURRENT else expected
    goes = {ABSENT: not is_there, ANY: True, STALE: False, CURRENT: is_there}[expected]
    before = state_of()
    if goes:
        assert hand.store(space, a_card("Bea", uid="u"), href="a.vcf", expected=wanted).created is not is_there
        return
    with pytest.raises(EditConflict) as refused:
        hand.store(space, a_card("Bea", uid="u"), href="a.vcf", expected=wanted)
    assert (refused.value.href, refused.value.etag) == ("a.vcf", etag)
    assert state_of() == before


@pytest.mark.parametrize(
    "href",
    ["a.vcf", "a b.vcf", "ä@ö.vcf", "%2F.vcf", "…", "a" * 255, "👩\u200d👧.vcf", "a\u00a0b", "a?b#c", "-", "a\\b"],
)
def test_a_member_may_have_any_name_that_is_one_segment(hand: Hand, space: Space, href: str) -> None:
    assert hand.store(space, href=href).href == href
    assert Contact.objects.get().href == href


@pytest.mark.parametrize("href", ["", ".", "..", "a/b", "/", "a\x07b", "a\0", "\x7f", "\x85", "a" * 256, "a\ud800"])
def test_what_cannot_be_a_segment_is_refused(hand: Hand, space: Space, href: str) -> None:
    with pytest.raises(BadHref):
        hand.store(space, href=href)
    assert not Contact.objects.exists()


@pytest.mark.parametrize("uid", ["a/b", "..", "ü", "a" * 500, "urn:uuid:" + "0" * 8, "https://x.example/?a=1#b", "a b"])
def test_a_card_without_an_href_gets_one_that_can_stand_in_an_address(hand: Hand, space: Space, uid: str) -> None:
    href = hand.store(space, a_card(uid=uid)).href
    assert href.isascii()
    assert not set(href) & set("/ %?#")


@pytest.mark.parametrize("octets", [b"", b"BEGIN:VCARD", b"\0\xff" * 100, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_what_is_no_card_is_refused(hand: Hand, space: Space, octets: bytes) -> None:
    with pytest.raises(InvalidVCard):
        hand.store(space, octets)
    assert revision_of(space) == 0


def test_a_card_may_have_ten_megabytes_and_no_more(hand: Hand, space: Space) -> None:
    room = storing.MAX_CARD - len(a_card("Ada", "NOTE:", uid="u"))
    hand.store(space, a_card("Ada", "NOTE:" + "x" * room, uid="u"))
    with pytest.raises((TooLarge, InvalidVCard)):
        hand.store(space, a_card("Ada", "NOTE:" + "x" * (room + 1), uid="v"))
    assert Contact.objects.get().size == storing.MAX_CARD


def test_a_uid_may_have_five_hundred_characters_and_no_more(hand: Hand, space: Space) -> None:
    hand.store(space, a_card(uid="ü" * 500))
    with pytest.raises(TooLarge) as refused:
        hand.store(space, a_card(uid="ü" * 501))
    assert (refused.value.what, refused.value.limit) == ("UID", 500)


@pytest.mark.parametrize("name", ["FN", "EMAIL", "TEL", "ORG", "TITLE", "ADR", "CATEGORIES", "NOTE", "URL", "NICKNAME"])
@pytest.mark.parametrize("value", ["x" * 5000, "ß" * 5000, "a\0b\x01\x1f", "\U0001f600" * 2000])
def test_no_field_is_too_long_or_too_odd_to_be_stored(hand: Hand, space: Space, name: str, value: str) -> None:
    octets = a_card("Ada", f"{name}:{value}")
    hand.store(space, octets)
    assert Contact.objects.get().content.data == octets
    assert faults() == []


# UIDs


def test_a_uid_at_another_href_is_a_conflict_that_names_the_place(hand: Hand, space: Space) -> None:
    hand.store(space, a_card("Ada", uid="u"), href="a.vcf")
    with pytest.raises(UidConflict) as refused:
        hand.store(space, a_card("Bea", uid="u"), href="b.vcf")
    assert (refused.value.uid, refused.value.href, refused.value.name) == ("u", "a.vcf", "Ada")


def test_a_uid_may_be_in_several_spaces_and_again_after_a_deletion(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card(uid="u"))
    hand.store(team("sales", alice=Role.EDITOR), a_card(uid="u"))
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=None)
    hand.store(space, a_card(uid="u"))


def test_another_uid_at_an_href_is_taken_over_unless_it_belongs_to_another(hand: Hand, space: Space) -> None:
    hand.store(space, a_card(uid="1"), href="a.vcf")
    hand.store(space, a_card(uid="2"), href="b.vcf")
    hand.store(space, a_card(uid="3"), href="a.vcf")
    with pytest.raises(UidConflict):
        hand.store(space, a_card(uid="2"), href="a.vcf")
    assert sorted(Contact.objects.values_list("href", "uid")) == [("a.vcf", "3"), ("b.vcf", "2")]


def test_a_card_without_a_uid_keeps_the_one_it_was_given(hand: Hand, space: Space) -> None:
    first = hand.store(space, a_card("Ada", uid=""), href="a.vcf")
    second = hand.store(space, a_card("Bea", uid=""), href="a.vcf")
    assert first.uid == second.uid == Contact.objects.get().uid


def test_the_same_card_without_a_uid_at_two_hrefs_is_two_contacts(hand: Hand, space: Space) -> None:
    octets = a_card("Ada", uid="")
    assert hand.store(space, octets, href="a.vcf").uid != hand.store(space, octets, href="b.vcf").uid


def test_the_same_card_without_a_uid_and_an_href_is_known_again(hand: Hand, space: Space) -> None:
    octets = a_card("Ada", uid="")
    assert hand.store(space, octets).pk == hand.store(space, octets).pk


# Many in one call


def test_those_with_a_problem_are_left_out_and_the_others_stored(alice: User, space: Space) -> None:
    stored, broken, twice, long, again = results(
        space,
        alice,
        Entry(a_card("Ada", uid="u")),
        Entry(b"nothing"),
        Entry(a_card("Bea", uid="u")),
        Entry(a_card(uid="x" * 501)),
        Entry(a_card("Cleo")),
    )
    assert isinstance(stored, Stored)
    assert isinstance(broken, InvalidVCard)
    assert isinstance(twice, UidConflict)
    assert isinstance(long, TooLarge)
    assert isinstance(again, Stored)
    assert (stored.revision, again.revision, revision_of(space)) == (1, 2, 2)
    assert faults() == []


def test_the_same_octets_twice_in_one_call_are_one_contact(alice: User, space: Space) -> None:
    octets = a_card("Ada")
    first, second = results(space, alice, Entry(octets), Entry(octets))
    assert isinstance(first, Stored)
    assert second == first._replace(created=False, changed=False)


def test_one_href_twice_in_one_call_is_a_conflict(alice: User, space: Space) -> None:
    first, second = results(space, alice, Entry(a_card(), href="a.vcf"), Entry(a_card(), href="a.vcf"))
    assert isinstance(first, Stored)
    assert isinstance(second, EditConflict)


def test_hrefs_made_of_different_uids_never_meet(alice: User, space: Space) -> None:
    hand_of(alice).store(space, a_card(uid="other"), href="u.vcf")
    uids = ["u", "urn:uuid:u"]
    found = results(space, alice, *(Entry(a_card(uid=uid)) for uid in uids))
    assert [result.href for result in found if isinstance(result, Stored)] == ["u-2.vcf", "u-3.vcf"]


def test_uids_that_are_alike_are_two_and_one_uid_is_refused_by_the_database(alice: User, space: Space) -> None:
    found = results(space, alice, *(Entry(a_card(uid=uid)) for uid in (f"urn:uuid:{UUID.upper()}", UUID)))
    assert [result.created for result in found if isinstance(result, Stored)] == [True, True]
    first, second = Contact.objects.with_uids([UUID, UUID.upper(), f"urn:uuid:{UUID.upper()}"]).order_by("pk")
    assert (first.uid_key, first.uid) == (second.uid_key, f"urn:uuid:{UUID.upper()}")
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=first.pk).update(uid=second.uid)


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="about SQLite: of the plan of PostgreSQL an empty table says nothing"
)
def test_what_a_store_looks_up_is_led_to_by_the_index_made_for_it(alice: User, space: Space) -> None:
    with CaptureQueriesContext(connection) as queries:
        results(space, alice, *(Entry(a_card(f"P{n}", "ORG:Yard")) for n in range(3)))
    asked = [
        query["sql"] for query in queries if query["sql"].startswith("SELECT") and "contacts_contact" in query["sql"]
    ]
    plans = {
        sql: " ".join(
            row[3] for row in connection.connection.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))
        )
        for sql in asked
    }
    assert {name for plan in plans.values() for name in re.findall(r"INDEX (\w+)", plan)} == {
        "one_contact_an_href",
        "one_contact_a_uid",
        "organisations_by_name",
    }


def test_revisions_have_no_gap_and_follow_the_order_of_the_call(alice: User, space: Space) -> None:
    found = results(space, alice, *(Entry(a_card(f"P{n}")) for n in range(50)))
    assert [result.revision for result in found if isinstance(result, Stored)] == list(range(1, 51))
    assert faults() == []


def test_a_group_of_twenty_thousand_is_stored_and_edited(hand: Hand, space: Space) -> None:
    members = [f"MEMBER:urn:uuid:{n:032x}" for n in range(20_000)]
    first = hand.store(space, a_card("All", "KIND:group", *members, uid="g", version="4.0"))
    with CaptureQueriesContext(connection) as queries:
        hand.store(space, a_card("All", "KIND:group", *members[:-1], uid="g", version="4.0"), href=first.href)
    assert IndexRow.objects.filter(contact_id=first.pk).count() == 19_999
    assert len(queries) < 30
    assert faults() == []


# What is written besides


def written(queries: CaptureQueriesContext, table: str) -> int:
    changing = ("INSERT", "UPDATE", "DELETE")
    return sum(f'"{table}"' in q["sql"] and q["sql"].split(": ")[-1].lstrip().startswith(changing) for q in queries)


def test_index_rows_are_written_by_difference(hand: Hand, space: Space) -> None:
    lines = ("EMAIL:a@x.example", "TEL:030 1234567", "CATEGORIES:a,b", "NOTE:n")
    first = hand.store(space, a_card("Ada", *lines, uid="u"))
    with CaptureQueriesContext(connection) as queries:
        hand.store(space, a_card("Bea", *lines, uid="u"), href=first.href)
    assert written(queries, "contacts_indexrow") == 0
    assert written(queries, "contacts_contact") == 1
    with CaptureQueriesContext(connection) as queries:
        hand.store(space, a_card("Bea", *lines[:2], "CATEGORIES:a,c", "NOTE:n", uid="u"), href=first.href)
    assert written(queries, "contacts_indexrow") == 1
    assert faults() == []


def test_tags_follow_the_card_and_its_place_in_the_list(hand: Hand, space: Space) -> None:
    first = hand.store(space, a_card("Ada", "CATEGORIES:a,b", uid="u"))
    hand.store(space, a_card("Bea", "CATEGORIES:b,c", uid="u"), href=first.href)
    assert sorted(TagEntry.objects.values_list("tag__name", "sort_key")) == [("b", "bea"), ("c", "bea")]
    assert Tag.objects.count() == 3
    assert faults() == []


def test_the_search_entry_follows_the_card(hand: Hand, space: Space) -> None:
    first = hand.store(space, a_card("Ada", uid="u"))
    hand.store(space, a_card("Grace", uid="u"), href=first.href)
    assert (
        SearchEntry.objects.filter(text__contains="ada").count(),
        SearchEntry.objects.filter(text__contains="grace").count(),
    ) == (0, 1)


def test_the_thumbnail_follows_the_card(hand: Hand, space: Space) -> None:
    import base64

    def with_photo(octets: bytes) -> bytes:
        return a_card("Ada", f"PHOTO;ENCODING=b:{base64.b64encode(octets).decode()}", uid="u")

    first = hand.store(space, with_photo(picture("PNG")))
    small = Thumbnail.objects.get().webp
    hand.store(space, with_photo(picture("JPEG", (10, 10))), href=first.href)
    assert Thumbnail.objects.get().webp != small
    hand.store(space, with_photo(b"broken"), href=first.href)
    assert not Thumbnail.objects.exists()
    assert not Contact.objects.get().has_photo
    assert faults() == []


def test_people_and_their_organisation_find_each_other_in_whatever_order(alice: User, space: Space) -> None:
    hand = hand_of(alice)
    before = hand.contact(space, a_card("Ada", "ORG:Müller GmbH;Sales"))
    results(
        space,
        alice,
        Entry(a_card("Bea", "ORG:Mueller GmbH")),
        Entry(a_card("Müller GmbH", "KIND:org", version="4.0")),
        Entry(a_card("Cleo", "ORG:MÜLLER GMBH")),
    )
    after = hand.contact(space, a_card("Dora", "ORG:Muller GmbH"))
    stranger = hand.contact(space, a_card("Eve", "ORG:Other"))
    organisation = Contact.objects.get(kind=Contact.Kind.ORG)
    linked = set(Contact.objects.filter(organisation=organisation).values_list("full_name", flat=True))
    assert linked == {"Ada", "Bea", "Cleo", "Dora"}
    for contact in (before, after, stranger):
        contact.refresh_from_db()
    assert (before.organisation, after.organisation, stranger.organisation) == (organisation, organisation, None)
    assert before.octets_revision == 1  # no phone hears of it
    assert Change.objects.filter(verb=Verb.SET).count() == 1
    assert faults() == []


def test_a_person_who_changes_the_organisation_is_linked_to_the_other(hand: Hand, space: Space) -> None:
    for name in ("One", "Two"):
        hand.store(space, a_card(name, "KIND:org", version="4.0"))
    person = hand.contact(space, a_card("Ada", "ORG:One", uid="u"))
    assert person.organisation is not None
    hand.store(space, a_card("Ada", "ORG:Two", uid="u"), href=person.href)
    person.refresh_from_db()
    assert person.organisation is not None
    assert person.organisation.full_name == "Two"


def test_an_organisation_of_another_space_is_not_linked(alice: User, hand: Hand, space: Space) -> None:
    hand.store(team("sales", alice=Role.EDITOR), a_card("ACME", "KIND:org", version="4.0"))
    assert hand.contact(space, a_card("Ada", "ORG:ACME")).organisation is None


def test_a_deleted_href_has_one_tombstone_until_it_is_made_again(alice: User, hand: Hand, space: Space) -> None:
    for _ in range(2):
        contact = Contact.objects.get(pk=hand.store(space, href="a.vcf").pk)
        assert not Tombstone.objects.exists()
        contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=None)
        assert Tombstone.objects.get().octets_revision == revision_of(space)
    assert faults() == []


def test_own_fields_move_the_revision_and_not_what_a_phone_downloads(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space)
    assert contacts.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None) == 1
    contact.refresh_from_db()
    assert (contact.revision, contact.octets_revision) == (2, 1)
    assert contacts.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None) == 0


def test_a_change_says_who_how_and_what(alice: User, hand: Hand, space: Space) -> None:
    batch = open_batch(Batch.Act.CREATE, by=alice.actor, door=Door.WEB)
    stored = hand.store(space, batch=batch)
    change = Change.objects.get()
    assert (change.user, change.actor_label, change.door, change.verb) == (alice, "alice", Door.WEB, Verb.CREATED)
    assert (change.subject, change.batch, change.revision) == (stored.pk, batch, 1)
    batch.refresh_from_db()
    assert batch.size == 1
    assert BatchSpace.objects.get().space == space


# Who may


def test_only_editors_write_and_strangers_learn_nothing(bob: User, mallory: User) -> None:
    space = team("sales", bob=Role.READER)
    with pytest.raises(NotAllowed):
        hand_of(bob).store(space)
    with pytest.raises(NoSuchSpace):
        hand_of(mallory).store(space)
    with pytest.raises(NoSuchSpace):
        hand_of(mallory).store(space, b"not even a card")
    assert not Contact.objects.exists()


def test_a_dry_judgement_says_what_a_store_would_and_writes_nothing(alice: User, hand: Hand, space: Space) -> None:
    hand.store(space, a_card("Ada", uid="u"))
    entries = [Entry(a_card("Bea", uid="u")), Entry(a_card("Cleo")), Entry(b"x"), Entry(a_card("Dora", uid="d"))]
    entries.append(entries[3])
    prepared = storing.prepare_many(entries, "DE")
    before = (state_of(), revision_of(space))
    judged = storing.judge_prepared(space, prepared, by=alice.actor)
    assert (state_of(), revision_of(space)) == before
    stored = storing.store_prepared(space, prepared, batch=None, by=alice.actor, door=Door.WEB)
    kinds = [(type(one), getattr(one, "created", None), getattr(one, "changed", None)) for one in judged]
    assert kinds == [(type(one), getattr(one, "created", None), getattr(one, "changed", None)) for one in stored]
