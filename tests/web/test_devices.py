"""The page of one's devices."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.web.contacts.codes import qr_code
from tests.cast import a_calendar, a_card, space_of, team
from tests.dav.phone import phone_of
from tests.web.conftest import Enter
from tests.web.reading import text_of


def test_the_password_is_shown_once_and_lets_the_device_in(alice: User, page_of_alice: Client) -> None:
    answer = page_of_alice.post("/account/devices/", {"name": "Phone", "which": "all"})
    [secret] = re.findall(r'id="secret" value="([a-z2-7-]+)"', answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    assert devices.sign_in("alice", secret, "") is not None
    later = page_of_alice.get("/account/devices/")
    assert secret not in later.content.decode()
    assert "never used" in text_of(later.content)


def test_chosen_spaces_and_reading_only_are_kept(alice: User, page_of_alice: Client) -> None:
    sales = team("sales", alice=Role.EDITOR)
    chosen = {"name": "Pad", "which": "some", "space": "sales", "read_only": "on"}
    page_of_alice.post("/account/devices/", chosen)
    device = Device.objects.get()
    assert (device.spaces, device.is_read_only) == ([sales.pk], True)
    assert "only reads, Sales" in text_of(page_of_alice.get("/account/devices/").content)


def test_chosen_calendars_are_kept_and_shown(alice: User, bob: User, page_of_alice: Client) -> None:
    mine, other = a_calendar(space_of(alice), "Kitchen"), a_calendar(space_of(bob), "Bob’s")
    assert "Bob’s" not in text_of(page_of_alice.get("/account/devices/").content)
    chosen = {"name": "Pad", "which": "none", "calendars": "some", "calendar": [mine.slug, other.slug]}
    page_of_alice.post("/account/devices/", chosen)
    device = Device.objects.get()
    assert (device.spaces, device.calendars) == ([], [mine.pk])
    assert "no contacts; of calendars Kitchen" in text_of(page_of_alice.get("/account/devices/").content)


@pytest.mark.parametrize("chosen", [{"which": "some"}, {"which": "none"}, {"which": "all", "calendars": "some"}])
def test_nothing_chosen_makes_nothing(alice: User, page_of_alice: Client, chosen: dict[str, str]) -> None:
    answer = page_of_alice.post("/account/devices/", {"name": "Pad"} | chosen)
    assert answer.status_code == 422
    assert 'value="Pad"' in answer.content.decode()
    assert not Device.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_space_is_ticked_only_where_that_limits_the_device(enter: Enter) -> None:
    page = enter(script=False)
    page.goto("/account/devices/")
    box = page.locator("[name=space]")
    assert not box.is_visible()
    page.check("[name=which][value=some]")
    box.check()
    page.fill("#name", "Pad")
    page.press("#name", "Enter")
    page.wait_for_selector("#secret")
    assert Device.objects.get().spaces == [space_of(User.objects.get(name="alice")).pk]


def test_a_space_one_does_not_see_cannot_be_chosen(alice: User, bob: User, page_of_alice: Client) -> None:
    chosen = {"name": "Pad", "which": "some", "space": space_of(bob).name}
    assert page_of_alice.post("/account/devices/", chosen).status_code == 404
    assert not Device.objects.exists()


def test_only_ones_own_device_is_shut_out(
    alice: User, mallory: User, as_user: Callable[[User], Client], page_of_alice: Client
) -> None:
    device, _secret = devices.add(alice, Device.Kind.DEVICE, "Nokia", by=alice.actor, door=Door.WEB)
    assert "Nokia" not in text_of(as_user(mallory).get("/account/devices/").content)
    assert as_user(mallory).post(f"/account/devices/{device.pk}/remove/").status_code == 404
    assert Device.objects.exists()
    assert page_of_alice.post(f"/account/devices/{device.pk}/remove/").status_code == 302
    assert not Device.objects.exists()


def test_the_page_says_what_to_type_and_a_code_fills_it_in(page_of_alice: Client) -> None:
    html = page_of_alice.get("/account/devices/").content.decode()
    for told in ("http://testserver/dav/", "iPhone", "Thunderbird", "Evolution", "Outlook", "vdirsyncer"):
        assert told in text_of(html.encode())
    assert qr_code("carddav://alice@testserver/dav/", "QR code for DAVx⁵") in html


def test_a_profile_sets_up_an_iphone_but_for_the_password(page_of_alice: Client) -> None:
    page = page_of_alice.get("/account/devices/").content.decode()
    address = "/account/devices/farley.mobileconfig"
    assert page.count(f'href="{address}"') == 2
    answer = page_of_alice.get(address)
    assert answer.headers["Content-Type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(answer.content)
    parts = [profile, *profile["PayloadContent"]]
    needed = {f"Payload{key}" for key in ("Type", "Version", "Identifier", "UUID", "DisplayName")}
    assert all(needed <= part.keys() and part["PayloadVersion"] == 1 for part in parts)
    assert len({part["PayloadIdentifier"] for part in parts}) == len({UUID(part["PayloadUUID"]) for part in parts}) == 3
    for account, protocol in zip(profile["PayloadContent"], ("CardDAV", "CalDAV"), strict=True):
        assert account["PayloadType"] == f"com.apple.{protocol.lower()}.account"
        told = {key.removeprefix(protocol): value for key, value in account.items() if key.startswith(protocol)}
        assert told == {
            "AccountDescription": "Farley (testserver)",
            "HostName": "testserver",
            "Port": 80,
            "UseSSL": False,
            "PrincipalURL": "/dav/principals/alice/",
            "Username": "alice",
        }
    assert page_of_alice.get(address).content == answer.content


def test_one_that_is_to_end_says_when_and_that_it_has(page_of_alice: Client) -> None:
    page_of_alice.post("/account/devices/", {"name": "Guest pad", "days": "7"})
    assert "all your spaces, until" in text_of(page_of_alice.get("/account/devices/").content)
    Device.objects.update(expires_at=timezone.now())
    assert "expired" in text_of(page_of_alice.get("/account/devices/").content)


def test_the_page_tells_which_program_it_is_and_what_it_was_refused(alice: User, page_of_alice: Client) -> None:
    phone = phone_of(alice, is_read_only=True)
    for _ in range(2):
        assert phone.put("a.vcf", a_card(), user_agent="iOS/17.4 (21E219) dataaccessd/1.0").status == 403
    page = text_of(page_of_alice.get("/account/devices/").content)
    assert "iOS" in page
    assert "2 times it wanted to change something that it may only read. Last: today" in page
    page_of_alice.post(f"/account/devices/{Device.objects.get().pk}/seen/")
    assert "it wanted to change" not in text_of(page_of_alice.get("/account/devices/").content)
    phone.ask("DELETE", "a.vcf")
    phone.put("a.vcf", a_card())
    assert "It wanted to change something" in text_of(page_of_alice.get("/account/devices/").content)


def test_the_version_a_device_reads_is_chosen_and_changed(
    alice: User, mallory: User, as_user: Callable[[User], Client], page_of_alice: Client
) -> None:
    page_of_alice.post("/account/devices/", {"name": "Mac", "vcard": "stored", "merged": "1"})
    device = Device.objects.get()
    assert (device.vcard, device.is_merged) == ("", True)
    address = f"/account/devices/{device.pk}/version/"
    assert as_user(mallory).post(address, {"vcard": "3.0"}).status_code == 404
    for choice, vcard in (("4.0", "4.0"), ("", None), ("nonsense", None), ("3.0", "3.0")):
        assert page_of_alice.post(address, {"vcard": choice}).status_code == 302
        device.refresh_from_db()
        assert device.vcard == vcard
