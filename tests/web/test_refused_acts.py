"""Acts on a whole record that cannot be done: said, and nothing changed."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import storing
from farley.contacts.models import Contact
from tests.cast import hand_of, space_of, team
from tests.web.reading import hx, text_of

AsUser = Callable[[User], Client]


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice))


def test_an_owner_is_refused_in_the_same_words_whether_or_not_they_have_an_account(
    alice: User, mallory: User, page_of_alice: Client
) -> None:
    contact = hand_of(alice).contact(team("sales", alice=Role.MANAGER))
    said = []
    for name in ("mallory", "nobody"):
        page = page_of_alice.post(f"/contacts/{contact.pk}/owner/", {"owner": name}, follow=True)
        said.append([str(message) for message in page.context["messages"]])
    assert said == [["Nobody of this name sees this space."]] * 2


@pytest.mark.parametrize("headers", [hx(), {}])
def test_a_tag_for_which_the_card_has_no_room_is_refused(
    ada: Contact, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(storing, "MAX_CARD", ada.size)
    page = page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"add": "One more"}, headers=headers, follow=True)
    assert page.status_code == 200
    assert "This is longer than Farley keeps." in text_of(page.content)
    assert Contact.objects.get().etag == ada.etag


def test_a_picture_of_too_many_pixels_is_refused(ada: Contact, page_of_alice: Client) -> None:
    out = io.BytesIO()
    Image.new("1", (6000, 4001)).save(out, "PNG")
    upload = SimpleUploadedFile("ada.png", out.getvalue())
    page = page_of_alice.post(f"/contacts/{ada.pk}/photo/", {"photo": upload}, follow=True)
    assert "The picture has more than 24 million pixels." in text_of(page.content)
    assert Contact.objects.get().etag == ada.etag
