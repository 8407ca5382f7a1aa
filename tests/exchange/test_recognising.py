"""Cards without a UID are known again: by their octets, and by what other systems call them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cast import a_card, hand_of, space_of, team
from tests.contacts.acts import faults
from tests.exchange.test_importing import counts, exported, file_of, imported, problems

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.erasing import erase
from farley.contacts.models import Contact, ExternalId
from farley.exchange.importing import take_back
from farley.exchange.reporting import reason_of
from farley.journal.models import Door
from farley.spaces.models import Space

pytestmark = pytest.mark.django_db

GUID = "07D43ED3-2026-4769-83C7-94726573A70D"
SAID = (
    "By its X-ABUID it is “Ada King”, who is in this space already with other contents; the stored contact stays as "
    "it is."
)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def from_a_mac(name: str = "Ada King", *lines: str, guid: str = GUID, uid: str = "") -> bytes:
    return a_card(name, *lines, rf"X-ABUID:{guid}\:ABPerson", uid=uid)


def test_a_card_that_was_edited_elsewhere_is_the_contact_it_was_before(
    alice: User, space: Space, tmp_path: Path
) -> None:
    imported(space, alice, file_of(tmp_path, from_a_mac()))
    again = file_of(tmp_path, from_a_mac("Ada Lovelace", "TEL:+49 171 2345678"), from_a_mac("Bea", guid="another"))
    planned = imported(space, alice, again, is_dry_run=True)
    run = imported(space, alice, again)
    for each in (planned, run):
        assert (counts(each), problems(each)) == ((1, 0, 1), [("cards.vcf", 1, "known", "Ada Lovelace")])
        assert reason_of(each.problems.get()) == SAID
    assert [c.full_name for c in Contact.objects.filter(space=space).order_by("pk")] == ["Ada King", "Bea"]
    assert counts(imported(space, alice, file_of(tmp_path, from_a_mac()))) == (0, 1, 0)
    assert faults() == []


def test_of_two_in_one_file_the_first_comes_in(alice: User, space: Space, tmp_path: Path) -> None:
    twice = file_of(tmp_path, from_a_mac(), from_a_mac("Ada Lovelace"), from_a_mac())
    for is_dry_run in (True, False):
        run = imported(space, alice, twice, is_dry_run=is_dry_run)
        assert (counts(run), [p.code for p in run.problems.all()]) == ((1, 1, 1), ["known"])
        assert reason_of(run.problems.get()) == SAID


def test_two_uids_are_two_people_whatever_else_they_are_called(alice: User, space: Space, tmp_path: Path) -> None:
    cards = [from_a_mac(uid="one"), from_a_mac(uid="two"), from_a_mac("Ada Lovelace")]
    for is_dry_run in (True, False):
        run = imported(space, alice, file_of(tmp_path, *cards), is_dry_run=is_dry_run)
        assert (counts(run), [p.code for p in run.problems.all()]) == ((2, 0, 1), ["known"])
    assert counts(imported(space, alice, file_of(tmp_path, from_a_mac(uid="three")))) == (1, 0, 0)


def test_it_stays_known_when_the_card_is_edited_moved_and_brought_back(
    alice: User, space: Space, tmp_path: Path
) -> None:
    run = imported(space, alice, file_of(tmp_path, from_a_mac()))
    contact = Contact.objects.get(space=space)
    hand_of(alice).store(space, a_card("Ada King", uid="from-a-phone"), href=contact.href)  # without X-ABUID
    edited = file_of(tmp_path, from_a_mac("Ada Lovelace"))
    assert counts(imported(space, alice, edited)) == (0, 0, 1)
    sales = team("sales", alice=Role.EDITOR)
    operations.move([contact], sales, by=alice.actor, door=Door.WEB, batch=None)
    assert counts(imported(sales, alice, edited)) == (0, 0, 1)
    elsewhere = imported(space, alice, edited)  # who is in another space is nobody here
    assert counts(elsewhere) == (1, 0, 0)
    assert elsewhere.batch is not None
    take_back(elsewhere.batch, by=alice.actor, door=Door.WEB)
    contact.refresh_from_db()
    operations.delete([contact], by=alice.actor, door=Door.WEB, batch=None)
    assert counts(imported(sales, alice, edited)) == (1, 0, 0)  # who is deleted does not stand in the way
    operations.restore(contact, by=alice.actor, door=Door.WEB)
    assert counts(imported(sales, alice, file_of(tmp_path, from_a_mac("Countess")))) == (0, 0, 1)
    assert run.created == 1
    assert faults() == []


def test_what_it_is_called_goes_with_a_contact_that_is_erased(alice: User, space: Space, tmp_path: Path) -> None:
    imported(space, alice, file_of(tmp_path, from_a_mac()))
    contact = Contact.objects.get(space=space)
    assert ExternalId.objects.filter(key__startswith=GUID).exists()
    erase(contact, confirmed=contact.full_name, by=alice.actor, door=Door.WEB)
    assert not ExternalId.objects.exists()
    assert counts(imported(space, alice, file_of(tmp_path, from_a_mac("Ada Lovelace")))) == (1, 0, 0)


def test_an_export_of_what_was_edited_here_is_known_again(alice: User, space: Space, tmp_path: Path) -> None:
    imported(space, alice, file_of(tmp_path, a_card("Ada", uid=""), a_card("Bea", uid="")))
    ada = Contact.objects.get(space=space, full_name="Ada")
    hand_of(alice).store(space, a_card("Ada King", "TEL:1", uid=""), href=ada.href, expected=ada.etag)
    everything = file_of(tmp_path, exported(space))
    assert counts(imported(space, alice, everything, is_dry_run=True)) == (0, 2, 0)
    assert counts(imported(space, alice, everything)) == (0, 2, 0)
    assert Contact.objects.filter(space=space).count() == 2


def test_a_device_may_store_any_card_where_it_likes(alice: User, space: Space) -> None:
    hand = hand_of(alice)
    hand.store(space, from_a_mac(), href="one.vcf")
    assert hand.store(space, from_a_mac("Ada Lovelace"), href="two.vcf").created
    assert hand.store(space, from_a_mac("Countess")).created
