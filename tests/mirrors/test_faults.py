"""Servers that refuse, break off, lie or lead astray: nothing is lost, and what is wrong is said in plain words."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from farley.accounts.models import User
from farley.journal.models import Change, Door
from farley.mirrors import operations, reaching, wording
from farley.mirrors.models import Mirror, MirrorRun
from farley.mirrors.operations import in_need
from farley.mirrors.reaching import Reach, Unreachable, is_allowed
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import cards_of, in_step, last_run, live, problems
from tests.mirrors.outside import LOGIN, PASSWORD, Handler, Outside

pytestmark = pytest.mark.django_db

ADA = a_card("Ada King", uid="ada")
BOB = a_card("Bob Müller", uid="bob")
Fault = Callable[[Handler], bool]


def answering(status: int, body: str = "", **headers: str) -> Fault:
    def fault(handler: Handler) -> bool:
        handler.say(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    return fault


def cut_off(handler: Handler) -> bool:
    """Half of what was announced."""
    handler.send_response(207)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response>')
    handler.close_connection = True
    return True


def cut_in_chunks(handler: Handler) -> bool:
    """The same, where no length is announced."""
    handler.send_response(207)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'40\r\n<d:multistatus xmlns:d="DAV:">')
    handler.close_connection = True
    return True


def hung_up(handler: Handler) -> bool:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


def speaking_something_else(handler: Handler) -> bool:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")
    handler.close_connection = True
    return True


FAULTS: dict[str, tuple[Fault, str]] = {
    "wrong password": (answering(401, WWW_Authenticate='Basic realm="x"'), "login"),
    "another way to sign in": (answering(401, WWW_Authenticate='Digest realm="x"'), "scheme"),
    "not allowed": (answering(403), "forbidden"),
    "not there": (answering(404), "missing"),
    "given up": (answering(410), "gone"),
    "too often": (answering(429, Retry_After="7200"), "busy"),
    "broken": (answering(500), "server"),
    "in maintenance": (answering(503), "busy"),
    "no list": (answering(207, "<html><body>Welcome</body></html>"), "xml"),
    "no XML": (answering(207, "{}"), "xml"),
    "half an XML": (answering(207, '<d:multistatus xmlns:d="DAV:"><d:response>'), "xml"),
    "entities": (answering(207, '<!DOCTYPE x [<!ENTITY a "b">]><d:multistatus xmlns:d="DAV:"/>'), "xml"),
    "cut off": (cut_off, "cut"),
    "cut off in chunks": (cut_in_chunks, "cut"),
    "hung up": (hung_up, "cut"),
    "no HTTP": (speaking_something_else, "http"),
    "sent in circles": (answering(302, Location="/book/"), "redirect"),
    "sent to a stranger": (answering(302, Location="http://10.1.2.3/"), "elsewhere"),
    "sent to this machine": (answering(302, Location="http://localhost/"), "elsewhere"),
    "compressed": (answering(207, "x", Content_Encoding="br"), "encoding"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_with_a_fault_changes_nothing_and_the_page_says_what_is_wrong(
    name: str, mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    token, before = mirror.token, Change.objects.count()
    outside.put("bob.vcf", BOB)
    outside.fault, code = FAULTS[name]
    in_step(mirror)
    assert (mirror.trouble, mirror.token, Change.objects.count()) == (code, token, before)
    assert wording.trouble(mirror.trouble, mirror.trouble_details) != code
    assert "?" not in wording.trouble(mirror.trouble, mirror.trouble_details)
    assert any("127.0.0.1" in line or "10.1.2.3" in line or "localhost" in line for line in in_need())
    assert cards_of(space) == {ADA}
    runs = MirrorRun.objects.count()
    in_step(mirror)
    assert MirrorRun.objects.count() == runs, "the same trouble is told once"
    outside.fault = None
    in_step(mirror)
    assert (mirror.trouble, cards_of(space), list(in_need())) == ("", {ADA, BOB}, [])


def test_who_asks_to_wait_is_waited_for_and_who_refuses_is_not_hammered(mirror: Mirror, outside: Outside) -> None:
    outside.fault = answering(429, Retry_After="7200")
    in_step(mirror)
    assert 7000 < (mirror.next_at - last_run(mirror).finished_at).total_seconds() < 7400
    outside.fault = answering(401, WWW_Authenticate='Basic realm="x"')
    in_step(mirror)
    assert (mirror.next_at - last_run(mirror).finished_at).total_seconds() > 80_000


def test_cards_that_one_answer_cannot_hold_come_one_by_one(mirror: Mirror, outside: Outside, space: Space) -> None:
    odd = ADA.replace(b"Ada King", b"Ada \x01King")  # XML cannot say this
    outside.put("ada.vcf", odd)
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    assert cards_of(space) == {odd, BOB}


def test_a_server_that_knows_no_multiget_is_asked_for_each_card(mirror: Mirror, outside: Outside, space: Space) -> None:
    def no_multiget(handler: Handler) -> bool:
        if handler.command == "REPORT" and b"multiget" in handler.body:
            handler.say(501)
            return True
        return False

    outside.fault = no_multiget
    outside.put("ada.vcf", ADA)
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    assert cards_of(space) == {ADA, BOB}


def test_a_card_that_is_listed_and_not_handed_out_is_told_and_comes_when_it_can(
    mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.put("ada.vcf", ADA)
    outside.put("bob.vcf", BOB)
    outside.undelivered = {"ada.vcf"}
    in_step(mirror)
    assert (cards_of(space), problems(mirror)) == ({BOB}, ["undelivered"])
    outside.undelivered = set()
    in_step(mirror)
    assert (cards_of(space), problems(mirror)) == ({ADA, BOB}, [])


def test_tags_that_change_for_nothing_write_nothing_and_are_told(
    mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.has_tokens = False
    for number in range(12):
        outside.put(f"{number}.vcf", a_card(uid=f"p{number}"))
    in_step(mirror)
    before, runs = Change.objects.count(), MirrorRun.objects.count()
    for turn in range(2):
        outside.tags = lambda name, octets, turn=turn: f'"{turn}-{name}"'  # type: ignore[misc]
        in_step(mirror)
    assert (Change.objects.count(), MirrorRun.objects.count()) == (before, runs)
    assert (mirror.remark, mirror.remark_details) == ("tags", {"count": 12})
    in_step(mirror)
    assert mirror.remark == ""


def test_a_uid_that_the_server_changes_changes_here_and_is_told(mirror: Mirror, outside: Outside, space: Space) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    [before] = live(space)
    outside.put("ada.vcf", ADA.replace(b"UID:ada", b"UID:another"))
    in_step(mirror)
    [after] = live(space)
    assert (after.pk, after.uid) == (before.pk, "another")
    assert list(last_run(mirror).notes.values_list("code", flat=True)) == ["uid_changed"]


def test_a_token_that_the_server_has_forgotten_costs_nothing_but_a_listing(
    mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    Mirror.objects.update(token="urn:outside:999")
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    assert cards_of(space) == {ADA, BOB}


def test_deletions_that_a_server_keeps_back_are_found_the_same_day_and_from_then_on_at_once(
    mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.keeps_back = True
    outside.put("ada.vcf", ADA)
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    outside.delete("ada.vcf")
    in_step(mirror)
    assert (cards_of(space), mirror.remark) == ({ADA, BOB}, "")
    Mirror.objects.update(listed_at=mirror.listed_at - dt.timedelta(days=1))
    in_step(mirror)
    assert (cards_of(space), mirror.remark) == ({BOB}, "tokens")
    outside.delete("bob.vcf")
    in_step(mirror)
    assert cards_of(space) == set()


def test_members_that_lie_elsewhere_are_no_members(mirror: Mirror, outside: Outside, space: Space) -> None:
    def lying(handler: Handler) -> bool:
        if b"sync-collection" not in handler.body:
            return False
        tag = '<d:getetag>"1"</d:getetag>'
        hrefs = ("/other/x.vcf", "http://127.0.0.1:1/book/x.vcf", "/book/deep/x.vcf", "/book/", "http://[bad/")
        inner = "".join(handler._response(href, tag) for href in hrefs)
        handler.multistatus(f"{inner}<d:sync-token>urn:x:1</d:sync-token>")
        return True

    outside.fault = lying
    in_step(mirror)
    assert (mirror.trouble, mirror.items.count()) == ("", 0)


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("127.0.0.1", False), ("10.0.0.1", False), ("192.168.1.1", False), ("172.16.0.1", False), ("::1", False),
        ("169.254.169.254", False), ("fe80::1", False), ("fd00:ec2::254", False), ("0.0.0.0", False), ("::", False),
        ("100.100.100.200", False), ("168.63.129.16", False), ("224.0.0.1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("192.0.0.192", False),
        ("fec0::1", False), ("64:ff9b:1::a00:1", False), ("::7f00:1", False), ("5f00::1", False),
        ("192.88.99.1", False),
        ("8.8.8.8", True), ("2606:4700::1111", True), ("192.168.7.9", True), ("64:ff9b::808:808", True),
    ],
)  # fmt: skip
def test_only_public_addresses_are_gone_to_and_those_that_the_operator_named(address: str, may: bool) -> None:
    assert is_allowed(ip_address(address), (ip_network("192.168.7.0/24"),)) == may


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
    ],
)
def test_without_the_operators_word_no_request_reaches_this_machine(
    outside: Outside, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "")
    with pytest.raises(Unreachable) as refused:
        operations.look_for_books(address.format(port=outside.port), LOGIN, PASSWORD)
    assert refused.value.code in ("private", "name")
    assert outside.asked == []


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a public address when it is looked at and to this machine the next moment."""
    asked: list[str] = []

    def leading_astray(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", leading_astray)
    reach = Reach(f"http://astray.example:{outside.port}/", LOGIN, PASSWORD, (ip_network("127.0.0.1/32"),))
    with reach.ask("PROPFIND", f"http://astray.example:{outside.port}/book/", headers={"Depth": "0"}) as answer:
        assert answer.status == 207
        answer.body()
    assert asked == ["astray.example"]
    reach.close()
    with pytest.raises(Unreachable, match="private"), reach.ask("GET", f"http://astray.example:{outside.port}/"):
        pass


def test_the_password_goes_by_tls_alone_and_not_to_another_house() -> None:
    reach = Reach("https://cloud.example.org/", LOGIN, PASSWORD)
    for url in ("https://example.net/", "https://1.2.3.4/", "https://evilexample.org/"):
        with pytest.raises(Unreachable, match="elsewhere"), reach.ask("GET", url):
            pass
    with pytest.raises(Unreachable, match="downgrade"), reach.ask("GET", "http://cloud.example.org/"):
        pass
    house = Reach("https://cloud.example.co.uk/", LOGIN, PASSWORD)
    with pytest.raises(Unreachable, match="elsewhere"), house.ask("GET", "https://other.co.uk/"):
        pass
    assert PASSWORD not in repr(reach)
    outside = Reach("http://93.184.215.14/", LOGIN, PASSWORD)
    with pytest.raises(Unreachable, match="plain"), outside.ask("GET", "http://93.184.215.14/"):
        pass


def test_a_server_that_drips_is_given_up(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "ANSWER_S", 0.3)
    is_over = threading.Event()

    def dripping(handler: Handler) -> bool:
        handler.wfile.write(b"HTTP/1.1 207 Multi-Status\r\nX-Drip: ")
        try:
            while not is_over.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            pass
        handler.close_connection = True
        return True

    outside.fault = dripping
    reach = Reach(outside.address, LOGIN, PASSWORD, (ip_network("127.0.0.0/8"),))
    try:
        with pytest.raises(Unreachable) as given_up, reach.ask("PROPFIND", outside.address):
            pass
    finally:
        is_over.set()
    assert given_up.value.code == "slow"


def test_an_endless_answer_is_cut(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "MAX_ANSWER", 200_000)

    def endless(handler: Handler) -> bool:
        handler.wfile.write(b"HTTP/1.1 207 Multi-Status\r\n\r\n")
        try:
            for _ in range(100):
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass
        handler.close_connection = True
        return True

    outside.fault = endless
    reach = Reach(outside.address, LOGIN, PASSWORD, (ip_network("127.0.0.0/8"),))
    with pytest.raises(Unreachable, match="large"), reach.ask("PROPFIND", outside.address) as answer:
        answer.body()


def test_what_is_lost_together_with_the_secrets_is_asked_for_anew(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    assert PASSWORD not in mirror.sealed_password
    Mirror.objects.update(sealed_password="gAAAAABsomething")
    in_step(mirror)
    assert mirror.trouble == "secret"
    outside.put("ada.vcf", ADA)
    operations.change(
        mirror, name="Outside", login=LOGIN, password=PASSWORD, terms=operations.Terms(), by=alice.actor, door=Door.WEB
    )
    in_step(mirror)
    assert (mirror.trouble, cards_of(space)) == ("", {ADA})


def test_a_fault_in_the_middle_of_sending_loses_nothing(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    for number in range(10):
        hand_of(alice).store(space, a_card(f"Person {number}", uid=f"p{number}"))
    count = 0

    def failing(handler: Handler) -> bool:
        nonlocal count
        count += handler.command == "PUT"
        return count > 4 and hung_up(handler)

    outside.fault = failing
    in_step(both)
    assert both.trouble == "cut"
    outside.fault = None
    in_step(both)
    assert set(outside.cards.values()) == cards_of(space)
    assert len(outside.cards) == 10
