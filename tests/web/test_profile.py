"""One's own photo, and on which day the week begins."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from PIL import Image

from farley.accounts.models import User
from farley.accounts.portraits import MAX_PHOTO, Portrait
from farley.accounts.roles import Role
from tests.cast import hand_of, person, space_of, team
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db
AsUser = Callable[[User], Client]


def picture(size: tuple[int, int] = (60, 20), kind: str = "JPEG") -> bytes:
    """Red on the left and right, green in the middle; with a place in its Exif."""
    image = Image.new("RGB", size, "red")
    image.paste((0, 255, 0), (size[0] // 3, 0, 2 * size[0] // 3, size[1]))
    exif = image.getexif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def put(client: Client, octets: bytes) -> str:
    answer = client.post("/account/photo/", {"photo": SimpleUploadedFile("me.jpg", octets)}, follow=True)
    return text_of(answer.content)


def test_a_photo_is_cropped_encoded_anew_and_shown_to_whom_one_works_with(
    alice: User, bob: User, mallory: User, page_of_alice: Client, as_user: AsUser
) -> None:
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    assert "Your photo is changed" in put(page_of_alice, picture())
    alice.refresh_from_db()
    address = f"/people/alice/photo/?v={alice.photo}"
    for page in ("/contacts/", "/account/", "/spaces/sales/"):
        assert f'src="{address}"' in page_of_alice.get(page).content.decode(), page
    octets = page_of_alice.get(address).content
    assert b"taken at home" not in octets
    with Image.open(io.BytesIO(octets)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (256, 256))
        red, green, _blue = shown.convert("RGB").getpixel((40, 128))  # type: ignore[misc]
        assert (red < 40, green > 200) == (True, True), "the middle is what is kept"
    people = (bob, person("admin", is_admin=True), mallory)
    assert [as_user(each).get(address).status_code for each in people] == [200, 200, 404]
    assert Client().get(address).status_code == 302
    page_of_alice.post("/account/photo/", {"remove": "1"})
    assert page_of_alice.get(address).status_code == 404
    assert "/people/alice/photo/" not in page_of_alice.get("/account/").content.decode()


@pytest.mark.parametrize(
    "octets",
    [b"", b"no picture", picture()[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"x" * (MAX_PHOTO + 1)],
    ids=["empty", "text", "cut off", "svg", "too large"],
)
def test_what_is_no_picture_is_refused(page_of_alice: Client, octets: bytes) -> None:
    assert "Farley cannot read this picture." in put(page_of_alice, octets)
    assert not Portrait.objects.exists()


def test_a_picture_of_too_many_pixels_is_refused(page_of_alice: Client) -> None:
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG")  # some kilobytes
    assert "Farley cannot read this picture." in put(page_of_alice, out.getvalue())


def test_the_week_begins_as_chosen_or_as_the_language_has_it(alice: User, page_of_alice: Client) -> None:
    with translation.override("de"):
        assert alice.week_begins_on == 0
    page_of_alice.post("/account/preferences/", {"first_weekday": "saturday"})
    page_of_alice.post("/account/preferences/", {"first_weekday": "friday"})
    alice.refresh_from_db()
    assert alice.week_begins_on == 5
    assert '<option value="saturday" selected>' in page_of_alice.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("weekday", "today", "next_week"),
    [
        ("monday", "2026-11-25", "2026-11-30"),  # a Wednesday
        ("monday", "2026-11-30", "2026-12-07"),
        ("saturday", "2026-11-25", "2026-11-28"),
        ("sunday", "2026-11-25", "2026-11-29"),
    ],
)
def test_a_follow_up_next_week_is_on_the_day_the_week_begins_on(
    alice: User, page_of_alice: Client, weekday: str, today: str, next_week: str
) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    page_of_alice.post("/account/preferences/", {"first_weekday": weekday})
    with time_machine.travel(f"{today}T12:00:00+00:00", tick=False):
        page = page_of_alice.get(f"/contacts/{contact.pk}/").content.decode()
    [offered] = re.findall(r'name="on" value="([0-9-]+)">Next week<', page)
    assert offered == next_week
    page_of_alice.post(f"/contacts/{contact.pk}/follow-up/", {"on": offered})
    contact.refresh_from_db()
    assert str(contact.follow_up_on) == next_week
