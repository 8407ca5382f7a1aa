"""One address book with all spaces of a device, for Contacts on a Mac, which shows only the first of a home."""

from __future__ import annotations

import pytest

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import erasing, operations
from farley.contacts.models import Contact
from farley.dav.names import CARDDAV, DAV
from farley.journal.models import Door
from farley.spaces.models import Membership, Space
from tests.cast import a_card, hand_of, team
from tests.dav.phone import Phone, phone_of

pytestmark = pytest.mark.django_db


class Mac(Phone):
    @property
    def book(self) -> str:
        return "/dav/addressbooks/alice/merged-alice/"


@pytest.fixture
def mac(alice: User, bob: User) -> Mac:
    team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    team("read", alice=Role.READER, bob=Role.MANAGER)
    _device, secret = devices.add(alice, Device.Kind.DEVICE, "Mac", is_merged=True, by=alice.actor, door=Door.WEB)
    return Mac(alice, secret, Space.objects.get(name="alice"))


def put(who: User, space: str, href: str, uid: str, name: str = "Ada") -> None:
    hand_of(who).store(Space.objects.get(name=space), a_card(name, uid=uid), href=href)


def foreign(space: str, href: str) -> str:
    return f"s{Space.objects.get(name=space).pk}~{href}"


def gone_and_there(answer_rows: dict[str, object]) -> dict[str, object]:
    return {name: row.status for name, row in answer_rows.items()}  # type: ignore[attr-defined]


def test_the_home_holds_one_book_with_the_cards_of_all_spaces(mac: Mac, alice: User, bob: User) -> None:
    put(alice, "alice", "a.vcf", "a")
    put(bob, "sales", "b.vcf", "b")
    put(bob, "read", "c.vcf", "c")
    put(bob, "bob", "secret.vcf", "d")
    assert [row.href for row in mac.propfind("/dav/addressbooks/alice/", "d:getetag", depth="1").rows[1:]] == [mac.book]
    names = {"a.vcf", foreign("sales", "b.vcf"), foreign("read", "c.vcf")}
    assert set(list(mac.propfind(mac.book, "d:getetag", depth="1").by_name)[1:]) == names
    assert set(mac.sync().by_name) == names
    rows = mac.multiget(*(mac.book + name for name in names)).by_name
    assert {name for name, row in rows.items() if row.status is None} == names
    assert mac.get(foreign("sales", "b.vcf")).status == 200
    assert mac.get(foreign("bob", "secret.vcf")).status == 404
    found = mac.query('<card:prop-filter name="FN"><card:text-match>ada</card:text-match></card:prop-filter>')
    assert set(found.by_name) == names


def test_a_write_goes_to_the_space_of_the_card_and_a_new_one_to_the_default(mac: Mac, bob: User) -> None:
    put(bob, "sales", "b.vcf", "b")
    put(bob, "read", "c.vcf", "c")
    assert mac.put("new.vcf", a_card(uid="new")).status == 201
    assert Contact.objects.get(href="new.vcf").space.name == "alice"
    name = foreign("sales", "b.vcf")
    assert mac.put(name, a_card("Bea", uid="b"), if_match=mac.get(name).etag).status == 204
    assert Contact.objects.get(href="b.vcf").full_name == "Bea"
    refused = mac.put(foreign("read", "c.vcf"), a_card("X", uid="c"))
    assert (refused.status, refused.condition) == (403, f"{DAV}need-privileges")
    assert mac.put(foreign("sales", "z.vcf"), a_card(uid="b")).condition == f"{CARDDAV}no-uid-conflict"
    assert mac.ask("DELETE", name).status == 204
    assert mac.get(name).status == 404


def test_of_equal_uids_only_the_first_spaces_shows_and_the_other_when_that_goes(
    mac: Mac, alice: User, bob: User
) -> None:
    twin = foreign("sales", "b.vcf")
    put(bob, "sales", "b.vcf", "same")
    first = mac.sync()
    assert set(first.by_name) == {twin}
    put(alice, "alice", "a.vcf", "same")
    second = mac.sync(first.token)
    assert gone_and_there(second.by_name) == {"a.vcf": None, twin: 404}
    assert (mac.get(twin).status, set(mac.sync().by_name)) == (404, {"a.vcf"})
    mac.ask("DELETE", "a.vcf")
    third = mac.sync(second.token)
    assert gone_and_there(third.by_name) == {"a.vcf": 404, twin: None}
    assert mac.sync(third.token).rows == []


def test_a_card_that_gets_another_uid_or_is_erased_hides_its_twin_no_more(mac: Mac, alice: User, bob: User) -> None:
    twin = foreign("sales", "b.vcf")
    put(bob, "sales", "b.vcf", "same")
    put(alice, "alice", "a.vcf", "same")
    token = mac.sync().token
    put(alice, "alice", "a.vcf", "other")
    renamed = mac.sync(token)
    assert gone_and_there(renamed.by_name) == {"a.vcf": None, twin: None}
    put(alice, "alice", "a.vcf", "same")
    hidden = mac.sync(renamed.token)
    assert gone_and_there(hidden.by_name) == {"a.vcf": None, twin: 404}
    erasing.erase(Contact.objects.get(href="a.vcf"), confirmed="Ada", by=alice.actor, door=Door.WEB)
    assert gone_and_there(mac.sync(hidden.token).by_name) == {"a.vcf": 404, twin: None}


@pytest.mark.parametrize("then", ["gets another UID", "is erased"])
def test_a_card_that_leaves_the_first_space_and_then_changes_elsewhere_hides_its_twin_no_more(
    mac: Mac, alice: User, bob: User, then: str
) -> None:
    twin, club = foreign("sales", "b.vcf"), team("club", alice=Role.MANAGER)  # which comes after sales
    put(bob, "sales", "b.vcf", "same")
    put(alice, "alice", "a.vcf", "same")
    token = mac.sync().token
    operations.move([Contact.objects.get(href="a.vcf")], club, by=alice.actor, door=Door.WEB, batch=None)
    if then == "is erased":
        erasing.erase(Contact.objects.get(href="a.vcf"), confirmed="Ada", by=alice.actor, door=Door.WEB)
    else:
        put(alice, "club", "a.vcf", "other")
    told = gone_and_there(mac.sync(token).by_name)
    assert (told["a.vcf"], told[twin]) == (404, None)


def test_moves_gained_spaces_and_lost_ones(mac: Mac, alice: User, bob: User) -> None:
    put(alice, "alice", "a.vcf", "a")
    token = mac.sync().token
    sales = Space.objects.get(name="sales")
    operations.move([Contact.objects.get(href="a.vcf")], sales, by=alice.actor, door=Door.WEB, batch=None)
    moved = mac.sync(token)
    assert gone_and_there(moved.by_name) == {"a.vcf": 404, foreign("sales", "a.vcf"): None}
    put(bob, "bob", "x.vcf", "x")
    extra = team("extra", alice=Role.READER, bob=Role.MANAGER)
    put(bob, "extra", "y.vcf", "y")
    gained = mac.sync(moved.token)
    assert gone_and_there(gained.by_name) == {foreign("extra", "y.vcf"): None}
    Membership.objects.filter(space=extra, user=alice).delete()
    lost = mac.sync(gained.token)
    assert (lost.status, lost.condition) == (403, f"{DAV}valid-sync-token")
    assert set(mac.sync().by_name) == {foreign("sales", "a.vcf")}


def test_a_device_that_is_not_merged_has_no_such_book(alice: User) -> None:
    assert phone_of(alice).propfind("/dav/addressbooks/alice/merged-alice/", "d:getetag").status == 404
