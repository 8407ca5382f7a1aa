"""What lies in another space, or went there, is not told by the pages about what happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]
CHANGES = "/activity/?view=changes"


@pytest.fixture
def sales(alice: User, bob: User) -> Space:
    return team("sales", alice=Role.MANAGER, bob=Role.MANAGER)


@pytest.fixture
def page_of_bob(bob: User, as_user: AsUser) -> Client:
    return as_user(bob)


def moved(contact: Contact, target: Space, by: User) -> Contact:
    operations.move([contact], target, by=by.actor, door=Door.WEB, batch=None)
    found: Contact = Contact.objects.get(pk=contact.pk)
    return found


def rewritten(contact: Contact, by: User, *lines: str, name: str = "Ada King") -> Contact:
    octets = a_card(name, *lines, uid=contact.uid)
    hand_of(by).store(contact.space, octets, href=contact.href)
    found: Contact = Contact.objects.get(pk=contact.pk)
    return found


def test_a_name_given_after_a_contact_left_is_not_told(sales: Space, alice: User, page_of_bob: Client) -> None:
    contact = moved(hand_of(alice).contact(sales), space_of(alice), alice)
    rewritten(contact, alice, name="New Secret Name")
    text = text_of(page_of_bob.get(CHANGES).content)
    assert "moved to another space" in text
    assert "Secret" not in text
    assert f"/contacts/{contact.pk}/" not in page_of_bob.get(CHANGES).content.decode()


def test_a_deleted_contact_of_one_s_space_keeps_its_name(sales: Space, alice: User, page_of_bob: Client) -> None:
    contact = hand_of(alice).contact(sales)
    operations.delete([contact], by=alice.actor, door=Door.WEB, batch=None)
    assert "Ada King deleted" in text_of(page_of_bob.get(CHANGES).content)
    assert f"/contacts/{contact.pk}/" not in page_of_bob.get(CHANGES).content.decode()


@pytest.fixture
def tagged(sales: Space, alice: User, as_user: AsUser) -> Batch:
    """One act of Alice's on a contact of the team and on one of hers alone."""
    shared = hand_of(alice).contact(sales, a_card("Ada King"))
    own = hand_of(alice).contact(space_of(alice), a_card("Own Secret"))
    as_user(alice).post("/contacts/bulk/", {"act": "delete", "id": [shared.pk, own.pk]})
    found: Batch = Batch.objects.get(act=Batch.Act.DELETE)
    return found


def test_an_act_tells_only_what_it_did_in_spaces_one_sees(tagged: Batch, page_of_bob: Client) -> None:
    for url in ("/activity/", f"/activity/{tagged.pk}/"):
        text = text_of(page_of_bob.get(url).content)
        assert "Deleted: Ada King" in text
        assert "1 change" in text
        assert "2 changes" not in text
        assert "Secret" not in text


def test_whoever_did_it_reads_all_of_it(tagged: Batch, page_of_alice: Client) -> None:
    text = text_of(page_of_alice.get("/activity/").content)
    assert "Deleted: Ada King, Own Secret" in text
    assert "2 changes" in text


def test_undoing_tells_no_more_than_what_was_undone(tagged: Batch, page_of_alice: Client, page_of_bob: Client) -> None:
    page_of_alice.post(f"/activity/{tagged.pk}/undo/")
    undoing = Batch.objects.get(act=Batch.Act.UNDO)
    text = text_of(page_of_bob.get(f"/activity/{undoing.pk}/").content)
    assert "Undone: Ada King" in text
    assert "Secret" not in text


def test_what_undo_left_because_it_went_out_of_sight_has_no_name(
    sales: Space, alice: User, bob: User, page_of_bob: Client
) -> None:
    with one_batch(Batch.Act.IMPORT, by=bob.actor, door=Door.WEB, title="people.vcf") as batch:
        contact = hand_of(bob).contact(sales, batch=batch)
        hand_of(bob).contact(sales, a_card("Grace Hopper"), batch=batch)
    rewritten(moved(contact, space_of(alice), alice), alice, name="New Secret Name")
    text = text_of(page_of_bob.post(f"/activity/{batch.pk}/undo/").content)
    assert "1 contact was changed since" in text
    assert "Secret" not in text


def test_nobody_is_credited_with_what_was_changed_out_of_sight(
    sales: Space, alice: User, bob: User, page_of_bob: Client
) -> None:
    contact = rewritten(hand_of(alice).contact(sales), bob, "TITLE:Countess")
    contact = rewritten(moved(contact, space_of(alice), alice), alice, "TITLE:Countess", "NOTE:Secret thought")
    contact = rewritten(contact, alice, "TITLE:Countess")
    contact = rewritten(contact, alice, "TITLE:Countess", "TEL:+49 30 1")
    contact = rewritten(moved(contact, sales, alice), bob, "TITLE:Lady", "TEL:+49 30 1")
    text = text_of(page_of_bob.get(f"/contacts/{contact.pk}/").content).partition("Timeline Versions")[2]
    assert "Job title: Countess → Lady" in text
    assert "Job title: Countess moved" not in text
    assert "Phone: +49 30 1" not in text
    assert "Secret" not in text
