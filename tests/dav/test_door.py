"""Who is let in, and what is there for discovery."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from farley.accounts import devices, resetting
from farley.accounts.actor import COMMAND
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.accounts.throttling import PAIR
from farley.configuration import SecondFactor
from farley.dav.names import CALENDARSERVER, CARDDAV, DAV
from tests.cast import a_card, person, team
from tests.dav.phone import Answer, Phone, basic, phone_of, program_of
from tests.web.second_factors import asked_for, with_app

pytestmark = pytest.mark.django_db
COMPLIANCE = "1, 3, access-control, extended-mkcol, addressbook, calendar-access, calendar-no-timezone"


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "OPTIONS", "PUT", "REPORT", "NONSENSE"])
@pytest.mark.parametrize("path", ["/dav/", "/dav/addressbooks/alice/alice/x.vcf", "/dav/nowhere/at/all"])
def test_nothing_is_told_before_somebody_signs_in(method: str, path: str) -> None:
    answer = Client().generic(method, path, b"<not xml", HTTP_DEPTH="nonsense")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Farley"')
    assert "Set-Cookie" not in answer.headers


def test_well_known_leads_every_method_to_the_door() -> None:
    for method in ("GET", "PROPFIND", "OPTIONS", "REPORT"):
        answer = Client().generic(method, "/.well-known/carddav")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/dav/")


def test_the_accounts_own_password_is_refused_with_the_way_out(alice: User) -> None:
    alice.set_password("correct horse battery")
    alice.save()
    answer = Client().get("/dav/", HTTP_AUTHORIZATION=basic("alice", "correct horse battery"))
    assert answer.status_code == 401
    assert "app password" in answer.content.decode()


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Basic YWxpY2U=", "Bearer x", basic("alice", "\0"), basic("ä\0", "x")]
)
def test_what_is_no_app_password_lets_nobody_in(alice: User, header: str) -> None:
    assert Client().get("/dav/", HTTP_AUTHORIZATION=header).status_code == 401


def test_a_session_lets_nobody_in(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/dav/").status_code == 401


def test_a_closed_account_is_out_with_the_next_request(phone: Phone) -> None:
    assert phone.propfind("/dav/").status == 207
    User.objects.filter(pk=phone.user.pk).update(is_active=False)
    assert phone.propfind("/dav/").status == 401


def test_who_guesses_has_to_wait_and_is_told_how_long_while_the_right_password_goes_on(phone: Phone) -> None:
    guesser = Client()
    for _ in range(PAIR):
        assert guesser.get("/dav/", HTTP_AUTHORIZATION=basic("alice", "wrong")).status_code == 401
    refused = guesser.get("/dav/", HTTP_AUTHORIZATION=basic("alice", "wrong"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert phone.propfind("/dav/").status == 207


def test_a_phone_with_a_removed_password_locks_nobody_out_of_the_pages(alice: User) -> None:
    alice.set_password("correct horse battery")
    alice.save()
    for _ in range(PAIR + 1):
        refused = Client().get("/dav/", HTTP_AUTHORIZATION=basic("alice", "removed"))
    assert refused.status_code == 429
    form = {"username": "alice", "password": "correct horse battery"}
    assert Client().post("/login/", form).status_code == 302


def test_a_program_comes_in_with_its_token_and_has_the_rights_it_was_given(alice: User) -> None:
    program = program_of(alice, is_read_only=True)
    assert program.propfind("/dav/", "d:current-user-principal").status == 207
    assert program.put("x.vcf", a_card()).status == 403
    device = Device.objects.get()
    devices.remove(alice, Device.Kind.TOKEN, device.name, by=alice.actor, door=Door.WEB)
    assert program.propfind("/dav/").status == 401


def test_a_token_is_no_password_and_a_password_no_token(phone: Phone) -> None:
    token = program_of(phone.user).secret
    for header in (basic("alice", token), f"Bearer {phone.secret}", f"Basic {token}", "Bearer", f"Bearer {token} x"):
        assert Client().get("/dav/", HTTP_AUTHORIZATION=header).status_code == 401, header
    for _ in range(PAIR):
        Client().get("/dav/", HTTP_AUTHORIZATION="Bearer farley_wrong")
    refused = Client().get("/dav/", HTTP_AUTHORIZATION="Bearer farley_wrong")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert Client().get("/dav/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
    assert Client().get("/contacts/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 302


def test_devices_and_tokens_go_on_whatever_is_asked_of_their_person(alice: User, settings: Any) -> None:
    asked_for(settings, SecondFactor.ALL)
    phones = [phone_of(alice), program_of(alice)]
    for number, phone in enumerate(phones):
        assert phone.put(f"{number}.vcf", a_card()).status == 201, "who has no second factor yet"
    with_app(alice)  # and another password of the account
    for number, phone in enumerate(phones):
        assert phone.get(f"{number}.vcf").status == 200, "who has one"
    resetting.reset_second_factor(alice, by=COMMAND, door=Door.CLI)
    for number, phone in enumerate(phones):
        assert phone.ask("DELETE", f"{number}.vcf").status == 204, "who lost it"


@pytest.mark.parametrize("path", ["/", "/dav/", "/dav/addressbooks/alice/", "/dav/addressbooks/alice/alice/"])
def test_every_place_leads_to_the_principal_and_it_to_the_home(phone: Phone, path: str) -> None:
    [row] = phone.propfind(path, "d:current-user-principal").rows
    [principal] = row.props[200][f"{DAV}current-user-principal"].children
    assert principal.text == "/dav/principals/alice/"
    [row] = phone.propfind(principal.text, "card:addressbook-home-set").rows
    [home] = row.props[200][f"{CARDDAV}addressbook-home-set"].children
    assert home.text == "/dav/addressbooks/alice/"


@pytest.mark.parametrize("path", ["/", "/dav/", "/dav/principals/alice/", "/dav/addressbooks/alice/", "", "*"])
def test_options_tells_what_there_is(phone: Phone, path: str) -> None:
    asked: dict[str, Any] = {"PATH_INFO": "*"} if path == "*" else {}  # as the web server hands it over
    answer = Answer(
        phone.client.generic("OPTIONS", path or phone.book, HTTP_AUTHORIZATION=phone.authorization, **asked)
    )
    assert answer.status == 200
    assert answer.raw.headers["DAV"] == COMPLIANCE
    assert {"PROPFIND", "REPORT"} <= set(answer.raw.headers["Allow"].split(", "))


def test_the_home_shows_each_space_as_a_book_with_all_that_clients_ask_for(phone: Phone) -> None:
    phone.put("ada.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Ada\r\nEND:VCARD\r\n")
    asked = (
        *("d:resourcetype", "d:displayname", "d:current-user-privilege-set", "d:owner", "d:supported-report-set"),
        *("d:sync-token", "cs:getctag", "card:max-resource-size", "card:supported-address-data", "d:resource-id"),
        *("card:addressbook-description", "d:quota-available-bytes", "d:quota-used-bytes", "d:nonsense"),
    )
    home, book = phone.propfind("/dav/addressbooks/alice/", *asked, depth="1").rows
    assert home.href == "/dav/addressbooks/alice/"
    assert book.href == "/dav/addressbooks/alice/alice/"
    assert book.named(f"{DAV}resourcetype") == [f"{DAV}collection", f"{CARDDAV}addressbook"]
    assert book[f"{DAV}displayname"] == "Alice"
    assert book[f"{DAV}sync-token"] == book[f"{CALENDARSERVER}getctag"] != ""
    assert {f"{DAV}read", f"{DAV}write", f"{DAV}bind", f"{DAV}unbind", f"{DAV}write-content"} <= set(
        book.named(f"{DAV}current-user-privilege-set")
    )
    assert f"{DAV}sync-collection" in book.named(f"{DAV}supported-report-set")
    assert list(book.props[404]) == [f"{DAV}nonsense"]


def test_return_minimal_and_brief_leave_out_what_is_not_there(phone: Phone) -> None:
    for header in ({"prefer": "return=minimal"}, {"brief": "t"}):
        answer = phone.propfind(phone.book, "d:displayname", "d:nonsense", **header)
        assert [list(row.props) for row in answer.rows] == [[200]]
        [row] = phone.propfind(phone.book, "d:nonsense", **header).rows
        assert row.props == {200: {}}


def test_without_its_root_a_listing_has_the_members_alone(phone: Phone) -> None:
    phone.put("a.vcf", a_card())
    answer = phone.propfind(phone.book, "d:getetag", depth="1", prefer="depth-noroot, return=minimal")
    assert list(answer.by_name) == ["a.vcf"]
    assert answer.raw.headers["Preference-Applied"] == "return=minimal, depth-noroot"
    assert len(phone.propfind(phone.book, "d:getetag", depth="0", prefer="depth-noroot").rows) == 1


def test_propname_names_and_allprop_tells(phone: Phone) -> None:
    names = phone.ask("PROPFIND", "", '<propfind xmlns="DAV:"><propname/></propfind>', depth="0").rows[0]
    assert f"{DAV}sync-token" in names.props[200]
    everything = phone.ask("PROPFIND", "", b"", depth="0").rows[0]
    assert everything[f"{DAV}displayname"] == "Alice"
    assert f"{DAV}sync-token" not in everything.props[200]


def test_infinite_depth_is_refused_as_is_no_depth_at_all(phone: Phone) -> None:
    for depth in ("infinity", None):
        answer = phone.propfind(phone.book, "d:getetag", depth=depth)  # type: ignore[arg-type]
        assert (answer.status, answer.condition) == (403, f"{DAV}propfind-finite-depth")
    assert phone.propfind(phone.book, "d:getetag", depth="2").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/dav/principals/bob/",
        "/dav/addressbooks/bob/",
        "/dav/addressbooks/bob/bob/",
        "/dav/addressbooks/alice/bob/",
        "/dav/addressbooks/alice/nobody/",
        "/dav/addressbooks/alice/alice/nothing.vcf",
        "/dav/addressbooks/alice/alice/x/y.vcf",
        "/dav/addressbooks/alice/../bob/",
        "/dav/nonsense/",
    ],
)
def test_what_one_may_not_see_is_not_there(phone: Phone, bob: User, path: str) -> None:
    for method in ("PROPFIND", "GET", "DELETE", "OPTIONS", "REPORT"):
        body = '<d:sync-collection xmlns:d="DAV:"/>' if method == "REPORT" else ""
        if (method, path) != ("OPTIONS", "/dav/addressbooks/alice/alice/nothing.vcf") and not (
            method == "OPTIONS" and path.startswith("/dav/addressbooks/alice/")
        ):
            status = phone.ask(method, path, body, depth="0").status
            assert status == 404 or (method == "REPORT" and path.endswith("nothing.vcf") and status == 403), method


def test_a_device_of_chosen_spaces_sees_no_other_and_a_reading_one_changes_nothing(alice: User) -> None:
    sales = team("sales", alice=Role.MANAGER)
    limited = phone_of(alice, sales, only=sales)
    assert [row.href for row in limited.propfind("/dav/addressbooks/alice/", "d:getetag", depth="1").rows] == [
        "/dav/addressbooks/alice/",
        "/dav/addressbooks/alice/sales/",
    ]
    assert limited.propfind("/dav/addressbooks/alice/alice/", "d:getetag").status == 404
    reading = phone_of(alice, is_read_only=True)
    answer = reading.put("x.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:X\r\nEND:VCARD\r\n")
    assert (answer.status, answer.condition) == (403, f"{DAV}need-privileges")
    [row] = reading.propfind(reading.book, "d:current-user-privilege-set").rows
    assert f"{DAV}write-properties" not in row.named(f"{DAV}current-user-privilege-set")


def test_principal_tells_the_person(phone: Phone) -> None:
    person("eve")
    asked = ("d:displayname", "d:principal-URL", "cs:email-address-set", "d:group-membership", "d:resourcetype")
    [row] = phone.propfind("/dav/principals/alice/", *asked).rows
    assert row.named(f"{DAV}resourcetype") == [f"{DAV}collection", f"{DAV}principal"]
    assert row.props[200][f"{CALENDARSERVER}email-address-set"].children[0].text == "alice@example.org"
    listed = phone.propfind("/dav/principals/", "d:displayname", depth="1").rows
    assert [row.href for row in listed] == ["/dav/principals/", "/dav/principals/alice/"]
