"""An act that comes to nothing leaves nothing to undo."""

from __future__ import annotations

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from tests.cast import a_card, hand_of, space_of


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", "CATEGORIES:Board"))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("tags/", {"add": "Board"}),
        ("tags/", {"remove": "None such"}),
        ("owner/", {"owner": ""}),
        ("photo/", {"remove": "1"}),
    ],
)
def test_it_leaves_no_act_and_offers_no_undo(
    ada: Contact, page_of_alice: Client, path: str, form: dict[str, str]
) -> None:
    page = page_of_alice.post(f"/contacts/{ada.pk}/{path}", form, follow=True).content.decode()
    assert not Batch.objects.exists()
    assert "/undo/" not in page


def test_an_act_that_changed_something_is_kept(alice: User, page_of_alice: Client) -> None:
    with one_batch(Batch.Act.CREATE, by=alice.actor, door=Door.WEB) as batch:
        hand_of(alice).contact(space_of(alice), batch=batch)
    assert Batch.objects.get() == batch
    assert batch.state == Batch.State.DONE


def test_restoring_the_version_that_is_current_changes_nothing(ada: Contact, page_of_alice: Client) -> None:
    [version] = page_of_alice.get(f"/contacts/{ada.pk}/history/").context["versions"]
    number = version.url.partition("=")[2]
    page = page_of_alice.post(f"/contacts/{ada.pk}/history/{number}/restore/", follow=True).content.decode()
    assert not Batch.objects.exists()
    assert "/undo/" not in page
