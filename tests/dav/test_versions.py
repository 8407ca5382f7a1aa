"""The vCard version that a device reads: Apple's 3.0, others what is stored, and what is asked for by name."""

from __future__ import annotations

import pytest

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.dav.names import CARDDAV, DAV
from tests.cast import a_card
from tests.dav.phone import Phone, phone_of

pytestmark = pytest.mark.django_db
ETAG, DATA = f"{DAV}getetag", f"{CARDDAV}address-data"
IPHONE = "iOS/17.4 (21E219) dataaccessd/1.0"
MAC = "macOS/14.4 (23E214) AddressBookCore/2666.2"
NEW = a_card(
    "Ada King", "N:King;Ada;;;", "KIND:individual", "TEL;VALUE=uri;TYPE=cell:tel:+4930123", uid="new", version="4.0"
)
OLD = a_card("Bob", "N:;Bob;;;", uid="old")


@pytest.fixture
def apple(phone: Phone, alice: User) -> Phone:
    """A device of Apple's, beside one that stored a card of each version."""
    phone.put("new.vcf", NEW)
    phone.put("old.vcf", OLD)
    mac = phone_of(alice)
    mac.propfind("/dav/", "d:displayname", user_agent=MAC)
    return mac


def test_apple_is_recognised_at_first_use_and_given_3_0_while_others_get_what_is_stored(
    phone: Phone, apple: Phone
) -> None:
    device = Device.objects.latest("pk")
    assert (device.client, device.vcard) == ("macOS", "3.0")
    rows = apple.sync(props=["d:getetag", "card:address-data"]).by_name
    assert "VERSION:3.0" in rows["new.vcf"][DATA]
    assert "VERSION:4.0" not in rows["new.vcf"][DATA]
    assert rows["old.vcf"][DATA].encode() == OLD
    assert phone.multiget(phone.book + "new.vcf").rows[0][DATA].encode() == NEW


@pytest.mark.parametrize(
    ("agent", "vcard"),
    [
        (IPHONE, "3.0"),
        (MAC, "3.0"),
        ("Mac+OS+X/10.15 (19H2) CalendarAgent", "3.0"),
        ("DAVx5/4.4", ""),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Thunderbird/128.0", ""),
        ("", ""),
    ],
)
def test_programs_are_known_by_the_name_they_give_themselves(phone: Phone, agent: str, vcard: str) -> None:
    phone.propfind("/dav/", user_agent=agent)
    assert Device.objects.get().vcard == vcard


def test_the_tag_of_a_converted_card_is_one_everywhere_and_guards_the_stored_octets(phone: Phone, apple: Phone) -> None:
    listed = {row.href: row[ETAG] for row in apple.propfind(apple.book, "d:getetag", depth="1").rows[1:]}
    assert {row.href: row[ETAG] for row in apple.multiget(*listed).rows} == listed
    assert apple.get("new.vcf").etag == listed[apple.book + "new.vcf"] != phone.get("new.vcf").etag
    assert apple.get("new.vcf", if_none_match=apple.get("new.vcf").etag).status == 304
    stale = apple.get("new.vcf").etag
    assert apple.put("new.vcf", a_card("Ada", uid="new"), if_match=stale).status == 204
    assert apple.put("new.vcf", a_card("Lost", uid="new"), if_match=stale).status == 412


def test_a_put_tells_its_tag_unless_a_get_would_bring_something_else(apple: Phone) -> None:
    put = apple.put("three.vcf", a_card(uid="three"))
    assert put.etag == apple.get("three.vcf").etag
    assert "ETag" not in apple.put("four.vcf", a_card(uid="four", version="4.0")).raw.headers


def test_what_is_asked_for_by_name_wins(phone: Phone, apple: Phone) -> None:
    for device, version, stored in ((phone, "3.0", OLD), (phone, "4.0", NEW), (apple, "4.0", NEW)):
        name = "new.vcf" if stored == NEW else "old.vcf"
        data = f'<d:prop><d:getetag/><card:address-data content-type="text/vcard" version="{version}"/></d:prop>'
        [row] = device.report("card:addressbook-multiget", f"{data}<d:href>{device.book}{name}</d:href>").rows
        assert row[DATA].encode() == stored
        assert row[ETAG] == phone.get(name).etag
        assert device.get(name, accept=f"text/vcard; version={version}").body == stored
    other = phone.get("new.vcf", accept="text/vcard;version=3.0, */*;q=0.1")
    assert b"VERSION:3.0" in other.body
    assert other.etag != phone.get("new.vcf").etag
    refused = phone.report(
        "card:addressbook-query", '<d:prop><card:address-data version="2.1"/></d:prop><card:filter/>'
    )
    assert (refused.status, refused.condition) == (403, f"{CARDDAV}supported-address-data")


def test_another_version_makes_the_device_fetch_its_cards_anew_with_the_token_it_has(apple: Phone, alice: User) -> None:
    token = apple.sync().token
    assert apple.sync(token).rows == []
    devices.set_vcard(Device.objects.latest("pk"), "4.0", by=alice.actor)
    assert set(apple.sync(token).by_name) == {"new.vcf", "old.vcf"}
    [row] = apple.propfind(apple.book, "card:supported-address-data").rows
    [kind] = row.props[200][f"{CARDDAV}supported-address-data"].children
    assert kind.attributes["version"] == "4.0"


def test_a_group_of_version_4_is_one_that_apple_shows_and_the_other_way_round(phone: Phone, apple: Phone) -> None:
    phone.put("team.vcf", a_card("Team", "KIND:group", "MEMBER:urn:uuid:new", uid="team", version="4.0"))
    group = apple.get("team.vcf").body
    assert b"X-ADDRESSBOOKSERVER-KIND:group" in group
    assert b"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new" in group
    apple.put("own.vcf", group.replace(b"UID:team", b"UID:own"))
    four = phone.get("own.vcf", accept="text/vcard;version=4.0").body
    assert b"KIND:group" in four
    assert b"\r\nMEMBER:urn:uuid:new" in four
