"""What servers that cannot run here are known to do, replayed: Nextcloud, iCloud, Fastmail, Google."""

from __future__ import annotations

import gzip

import pytest

from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.journal.models import Door
from farley.mirrors import reaching, wording
from farley.mirrors.carddav import Book
from farley.mirrors.models import Mirror, MirrorItem
from farley.mirrors.operations import look_for_books
from farley.mirrors.reaching import Reach, Unreachable
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import cards_of, in_step, last_run, live, named, noted, problems
from tests.mirrors.outside import LOGIN, PASSWORD, Handler, Outside

pytestmark = pytest.mark.django_db
ADA, BOB = a_card("Ada King", uid="ada"), a_card("Bob Müller", uid="bob")


@pytest.mark.parametrize("renames", ["silently", "aloud"])
@pytest.mark.parametrize("tells_tags", [True, False])
def test_google_puts_a_new_card_elsewhere_and_it_stays_one(
    both: Mirror, outside: Outside, space: Space, bob: User, renames: str, tells_tags: bool
) -> None:
    outside.renames, outside.tells_tags = renames, tells_tags
    outside.rewrite = lambda octets: (
        octets.replace(b"END:V", b"X-GOOGLE:1\r\nEND:V") if b"X-G" not in octets else octets
    )
    hand_of(bob).store(space, ADA, href="ada.vcf")
    hand_of(bob).store(space, BOB, href="bob.vcf")
    for _ in range(1 if renames == "aloud" else 2):
        in_step(both)
    assert len(live(space)) == 2
    assert cards_of(space) == set(outside.cards.values())
    assert all(name.startswith(renames) for name in outside.cards)
    assert (problems(both), MirrorItem.objects.count()) == ([], 2)
    outside.asked.clear()
    ada = named(space, "Ada King")
    hand_of(bob).store(space, ada.content.data.replace(b"FN:", b"FN:Dr. "), href=ada.href)
    in_step(both)
    assert [method for method, _ in outside.writes()] == ["PUT"]
    assert len(outside.cards) == len(live(space)) == 2


def test_a_card_that_was_put_elsewhere_is_found_though_its_contact_is_made_again_meanwhile(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.renames = "silently"
    hand_of(bob).store(space, ADA, href="ada.vcf")
    in_step(both)
    assert problems(both) == ["lost"]
    contacts.delete(live(space), by=bob.actor, door=Door.WEB, batch=None)
    newer = ADA.replace(b"Ada King", b"Ada Again")
    hand_of(bob).store(space, newer, href="ada.vcf")
    in_step(both)
    assert (cards_of(space), list(outside.cards.values())) == ({newer}, [newer])
    assert (problems(both), MirrorItem.objects.count()) == ([], 1)
    assert [method for method, _ in outside.writes()] == ["PUT", "PUT"]


def test_fastmail_tells_no_tag_of_what_it_writes_anew_and_the_next_change_is_guarded_all_the_same(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.tells_tags = False
    outside.rewrite = lambda octets: octets.replace(b"VERSION:3.0\r\n", b"VERSION:3.0\r\nPRODID:-//x//\r\n")
    hand_of(bob).store(space, ADA, href="ada.vcf")
    in_step(both)
    assert noted(both) == [("Ada King", "rewritten")]
    theirs = outside.cards["ada.vcf"].replace(b"Ada King", b"Ada There")
    outside.put("ada.vcf", theirs)
    outside.fault = lambda handler: handler.command == "REPORT" and handler.say(503) is None
    hand_of(bob).store(space, ADA.replace(b"Ada King", b"Ada Here"), href="ada.vcf")
    in_step(both)
    assert both.trouble == "busy"
    outside.fault = None
    in_step(both)
    assert (cards_of(space), set(outside.cards.values())) == ({theirs}, {theirs})


def test_icloud_offers_a_way_of_its_own_first_and_the_password_is_what_is_wrong(outside: Outside) -> None:
    def refusing(handler: Handler) -> bool:
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'X-MobileMe-AuthToken realm="MMCalDav"')
        handler.send_header("WWW-Authenticate", 'Basic realm="MMCalDav"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    outside.fault = refusing
    with pytest.raises(Unreachable) as refused:
        look_for_books(outside.address, LOGIN, PASSWORD)
    assert refused.value.code == "login"


def test_icloud_writes_the_port_of_https_into_its_addresses() -> None:
    book = Book(Reach("https://contacts.example.org/", LOGIN, PASSWORD), "https://p1.example.org:443/1/card/")
    for href in ("/1/card/a.vcf", "https://p1.example.org/1/card/a.vcf", "https://P1.example.org:443/1/card/a.vcf"):
        assert book._inside(href) == "/1/card/a.vcf"
    for href in (
        "https://p2.example.org/1/card/a.vcf",
        "https://p1.example.org:8443/1/card/a.vcf",
        "//[",
        "https://x:y/",
    ):
        assert book._inside(href) is None


def test_nextcloud_that_does_not_know_of_its_https_is_told_of_by_the_name_of_the_setting() -> None:
    reach = Reach("https://cloud.example.org/", LOGIN, PASSWORD)
    with pytest.raises(Unreachable) as refused, reach.ask("PROPFIND", "http://cloud.example.org/remote.php/dav/"):
        pass
    assert "overwriteprotocol" in wording.trouble(refused.value.code, refused.value.details)


def test_what_is_packed_though_it_was_not_to_be_is_unpacked_within_bounds(
    mirror: Mirror, outside: Outside, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    say, instead = Handler.say, b""

    def packed(handler: Handler, status: int, body: bytes | str = b"", headers: dict[str, str] | None = None) -> None:
        octets = body.encode() if isinstance(body, str) else body
        inner = gzip.compress(octets[:100]) + gzip.compress(octets[100:])
        say(handler, status, instead or inner, {**(headers or {}), "Content-Encoding": "gzip"})

    monkeypatch.setattr(Handler, "say", packed)
    monkeypatch.setattr(reaching, "MAX_ANSWER", 200_000)
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    assert (mirror.trouble, cards_of(space), last_run(mirror).added) == ("", {ADA}, 1)
    begun = b'<d:multistatus xmlns:d="DAV:">'
    for broken, code in (
        (gzip.compress(begun + b" " * 200_000), "large"),
        (gzip.compress(begun + b"<d:x/>" * 1000)[:-9], "cut"),
        (begun, "encoding"),
    ):
        instead = broken
        in_step(mirror)
        assert mirror.trouble == code
    assert cards_of(space) == {ADA}
