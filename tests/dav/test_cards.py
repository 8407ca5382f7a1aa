"""Putting, fetching, listing, deleting and syncing cards."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.contacts.storing import MAX_CARD
from farley.dav.names import CARDDAV, DAV
from farley.journal.models import Door
from tests.cast import a_card, hand_of, space_of, team
from tests.dav.phone import Phone, phone_of

pytestmark = pytest.mark.django_db
ETAG, DATA = f"{DAV}getetag", f"{CARDDAV}address-data"
ODD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:odd\r\nFN:\xc3\x84da & <King>\r\nitem1.X-A\r\n :x\r\nX-B;:\r\n\r\nEND:VCARD"


def test_what_was_put_comes_back_octet_for_octet_with_its_tag(phone: Phone) -> None:
    put = phone.put("a.vcf", ODD, if_none_match="*")
    assert put.status == 201
    got = phone.get("a.vcf")
    assert (got.status, got.body, got.etag) == (200, ODD, put.etag)
    assert got.raw.headers["Content-Type"].startswith("text/vcard")
    [row] = phone.multiget(phone.book + "a.vcf").rows
    assert (row[ETAG], row[DATA].encode()) == (put.etag, ODD)
    head = phone.ask("HEAD", "a.vcf")
    assert (head.status, head.body, head.raw.headers["Content-Length"]) == (200, b"", str(len(ODD)))
    assert phone.get("a.vcf", if_none_match=put.etag).status == 304


def test_a_stale_tag_is_refused_and_the_newer_card_stays(phone: Phone) -> None:
    first = phone.put("a.vcf", a_card("Ada", uid="a"))
    second = phone.put("a.vcf", a_card("Ada King", uid="a"), if_match=first.etag)
    assert second.status == 204
    assert phone.put("a.vcf", a_card("Lost", uid="a"), if_match=first.etag).status == 412
    assert phone.ask("DELETE", "a.vcf", if_match=first.etag).status == 412
    assert phone.put("a.vcf", a_card("Lost", uid="a"), if_none_match="*").status == 412
    assert phone.put("new.vcf", a_card("Lost", uid="b"), if_match="*").status == 412
    assert b"Ada King" in phone.get("a.vcf").body
    assert phone.ask("DELETE", "a.vcf", if_match=second.etag.strip('"')).status == 204  # Evolution's bare tag
    assert phone.get("a.vcf").status == 404


def test_the_if_header_guards_by_tag_and_by_token(phone: Phone) -> None:
    etag = phone.put("a.vcf", a_card(uid="a")).etag
    token = phone.propfind(phone.book, "d:sync-token").rows[0][f"{DAV}sync-token"]
    changed = a_card("Another", uid="a")
    assert phone.put("a.vcf", changed, **{"if": '(["nonsense"])'}).status == 412
    assert phone.put("a.vcf", changed, **{"if": f"(Not [{etag}])"}).status == 412
    assert phone.put("a.vcf", changed, **{"if": "(<DAV:no-lock>)"}).status == 412
    assert phone.put("a.vcf", changed, **{"if": "((("}).status == 400
    assert phone.put("a.vcf", changed, **{"if": f"<{phone.book}> (<{token}>) (<urn:x>)"}).status == 204
    assert phone.put("a.vcf", a_card(uid="a"), **{"if": f"<{phone.book}> (<{token}>)"}).status == 412


def test_the_if_header_holds_where_one_of_its_lists_does(phone: Phone) -> None:
    etag = phone.put("a.vcf", a_card(uid="a")).etag
    phone.put("b.vcf", a_card(uid="b"))
    lock, stale = "<opaquelocktoken:1>", '["0"]'
    here, other = (f"http://testserver:80{phone.book}{name}.vcf" for name in "ab")
    for header, holds in (
        (f"({lock})", False),
        (f"({lock} [{etag}])", False),
        (f"({lock}) ([{etag}])", True),
        (f"([{etag}] {stale})", False),
        (f"([{etag}] Not {stale} Not {lock})", True),
        (f"({stale}) (Not <DAV:no-lock>)", True),
        (f"<{here}> ([{etag}]) ({stale})", True),
        (f"<{other}> ([{etag}])", False),
        (f"<{other}> ([{etag}]) <{here}> ({lock}) ([{etag}])", True),
        (f"(Not [W/{etag}])", True),
    ):
        assert phone.put("a.vcf", a_card(uid="a"), **{"if": header}).status == (204 if holds else 412), header
        assert phone.get("a.vcf", **{"if": header}).status == (200 if holds else 412), header


def test_a_date_guards_where_a_program_has_no_tag(phone: Phone) -> None:
    phone.put("a.vcf", a_card("Ada", uid="a"))
    then, long_ago = phone.get("a.vcf").raw.headers["Last-Modified"], "Mon, 01 Jan 2001 00:00:00 GMT"
    for method, body in (("GET", b""), ("PUT", a_card("Lost", uid="a")), ("DELETE", b"")):
        assert phone.ask(method, "a.vcf", body, if_unmodified_since=long_ago).status == 412
    assert phone.get("a.vcf", if_unmodified_since=long_ago, if_match="*").status == 200
    assert phone.put("a.vcf", a_card("Ada King", uid="a"), if_unmodified_since=then).status == 204
    for no_date in ("yesterday", f"Mon, 01 Jan {10**20} 00:00:00 GMT"):
        assert phone.put("a.vcf", a_card("Ada King", uid="a"), if_unmodified_since=no_date).status == 204
    assert b"Ada King" in phone.get("a.vcf").body


def test_who_wants_the_card_in_the_answer_gets_what_a_get_would_bring(phone: Phone, alice: User) -> None:
    made = phone.put("a.vcf", a_card("Ada", uid="a"), prefer="return=representation")
    got = phone.get("a.vcf")
    assert (made.status, made.body, made.etag) == (201, got.body, got.etag)
    stale = phone.put("a.vcf", a_card("Lost", uid="a"), if_match='"0"', prefer="return=representation")
    assert (stale.status, stale.body, stale.etag) == (412, got.body, got.etag)
    apple = phone_of(alice)
    new = a_card("Bob", uid="b", version="4.0")
    told = apple.put("b.vcf", new, prefer="return=representation", user_agent="iOS/17.4 (21E219) dataaccessd/1.0")
    assert (told.status, told.body, told.etag) == (201, apple.get("b.vcf").body, apple.get("b.vcf").etag)
    assert b"VERSION:3.0" in told.body


@pytest.mark.parametrize(
    ("octets", "headers", "condition"),
    [
        (b"", {}, "valid-address-data"),
        (b"Hello", {}, "valid-address-data"),
        (a_card() + a_card(), {}, "valid-address-data"),
        (a_card()[:-20], {}, "valid-address-data"),
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ä\r\nEND:VCARD\r\n".encode("latin-1"), {}, "valid-address-data"),
        (a_card(), {"content_type": "text/calendar"}, "supported-address-data"),
        (a_card(), {"content_type": "text/vcard; charset=iso-8859-1"}, "supported-address-data"),
        (a_card("x" * (MAX_CARD + 1)), {}, "max-resource-size"),
        (a_card(uid="x" * 501), {}, "max-resource-size"),
    ],
)
def test_bad_cards_are_refused_by_name_and_change_nothing(
    phone: Phone, octets: bytes, headers: dict[str, str], condition: str
) -> None:
    before = phone.sync().token
    answer = phone.put("a.vcf", octets, **headers)
    assert (answer.status, answer.condition) == (403, f"{CARDDAV}{condition}")
    assert phone.sync().token == before


def test_part_of_a_card_is_none_and_what_cannot_be_done_says_what_can(phone: Phone) -> None:
    etag = phone.put("a.vcf", a_card(uid="a")).etag
    assert phone.put("a.vcf", a_card("X" * 50, uid="a"), content_range="bytes 0-99/200").status == 400
    assert phone.get("a.vcf").etag == etag
    for method, path in (("PUT", ""), ("MKCOL", ""), ("LOCK", "a.vcf"), ("POST", ""), ("MKCOL", "a.vcf")):
        answer = phone.ask(method, path, a_card() if method == "PUT" else "")
        assert answer.status == 405
        assert answer.raw.headers["Allow"] == phone.ask("OPTIONS", path).raw.headers["Allow"]


def test_a_second_card_of_a_uid_is_told_where_the_first_is(phone: Phone) -> None:
    phone.put("ä @.vcf", a_card(uid="same"))
    answer = phone.put("other.vcf", a_card(uid="same"))
    assert (answer.status, answer.condition) == (403, f"{CARDDAV}no-uid-conflict")
    [told] = answer.root.children[0].children
    assert told.text == f"{phone.book}%C3%A4%20@.vcf"


@pytest.mark.parametrize(
    "name", ["ü.vcf", "a@b.vcf", "a b.vcf", "a\nb.vcf", "a%2Fb.vcf", "a%25.vcf", "%FF.vcf", "'&<>\".vcf", "x" * 255]
)
def test_odd_names_are_one_and_the_same_however_they_are_written(phone: Phone, name: str) -> None:
    from urllib.parse import quote

    put = phone.put(quote(name), a_card(uid="odd"))
    assert put.status == 201
    href = phone.propfind(phone.book, "d:getetag", depth="1").rows[1].href
    assert phone.get(href).etag == put.etag
    for spelling in (href, quote(name), quote(name, safe="@"), "http://testserver" + phone.book + quote(name, safe="")):
        path = spelling if spelling.startswith(("/", "http")) else phone.book + spelling
        if "%2F" not in path.replace("%252F", ""):
            [row] = phone.multiget(path.replace("&", "&amp;")).rows
            assert row[ETAG] == put.etag, path


@pytest.mark.parametrize(
    "path", ["a%2Fb.vcf", "a%00b.vcf", "a%07b.vcf", "x" * 256 + ".vcf", "..", "x/../y.vcf", "x" * 4200]
)
def test_names_that_can_be_none_are_refused(phone: Phone, path: str) -> None:
    assert phone.put(path, a_card()).status in (400, 403, 404, 414)
    assert not Contact.objects.exists()


def test_sync_tells_changes_and_deletions_once(phone: Phone) -> None:
    phone.put("a.vcf", a_card(uid="a"))
    phone.put("b.vcf", a_card(uid="b"))
    first = phone.sync()
    assert set(first.by_name) == {"a.vcf", "b.vcf"}
    assert phone.sync(first.token).rows == []
    etag = phone.put("a.vcf", a_card("New", uid="a")).etag
    phone.ask("DELETE", "b.vcf")
    phone.put("c.vcf", a_card(uid="c"))
    second = phone.sync(first.token)
    assert {name: row.status or row[ETAG] for name, row in second.by_name.items()} == {
        "a.vcf": etag,
        "b.vcf": 404,
        "c.vcf": phone.get("c.vcf").etag,
    }
    phone.put("b.vcf", a_card(uid="b"))
    assert list(phone.sync(second.token).by_name) == ["b.vcf"]


def test_a_limit_cuts_and_the_token_goes_on_just_there(phone: Phone) -> None:
    for number in range(7):
        phone.put(f"{number}.vcf", a_card(uid=str(number)))
    phone.ask("DELETE", "0.vcf")
    token, seen, cuts = "", [], 0
    while True:
        answer = phone.sync(token, limit=2)
        cut = [row for row in answer.rows if row.status == 507]
        assert all(row.href == phone.book and row.error == [f"{DAV}number-of-matches-within-limits"] for row in cut)
        seen += [name for name, row in answer.by_name.items() if row.status is None]
        token, cuts = answer.token, cuts + len(cut)
        if not cut:
            break
    none = phone.sync(limit=0)
    assert (none.status, none.condition) == (507, f"{DAV}number-of-matches-within-limits")
    assert seen == [f"{number}.vcf" for number in range(1, 7)]
    assert cuts >= 2
    assert phone.sync(token).rows == []


def test_tokens_that_are_not_of_this_book_are_invalid(phone: Phone, alice: User) -> None:
    token = phone.sync().token
    other = phone_of(alice, team("sales", alice=Role.MANAGER)).sync().token
    newer = token.rpartition(":")[0] + ":999"
    for text in (other, newer, "nonsense", token + "x", "urn:x-farley:sync:0:1:0"):
        answer = phone.sync(text)
        assert (answer.status, answer.condition) == (403, f"{DAV}valid-sync-token")
    assert phone.sync(token).status == 207


def test_what_only_farley_knows_makes_no_phone_download_anything(phone: Phone, alice: User) -> None:
    phone.put("a.vcf", a_card(uid="a"))
    token = phone.sync().token
    operations.assign(list(Contact.objects.all()), alice, by=alice.actor, door=Door.WEB, batch=None)
    assert phone.sync(token).rows == []
    assert phone.sync(token).token == token


def test_a_moved_card_leaves_one_book_and_comes_to_the_other(phone: Phone, alice: User) -> None:
    sales = team("sales", alice=Role.MANAGER)
    other = phone_of(alice, sales)
    phone.put("a.vcf", a_card(uid="a"))
    here, there = phone.sync().token, other.sync().token
    operations.move(list(Contact.objects.all()), sales, by=alice.actor, door=Door.WEB, batch=None)
    assert {name: row.status for name, row in phone.sync(here).by_name.items()} == {"a.vcf": 404}
    assert {name: row.status for name, row in other.sync(there).by_name.items()} == {"a.vcf": None}


def test_multiget_answers_each_href_even_those_that_are_not_there(phone: Phone, bob: User) -> None:
    secret = hand_of(bob).store(space_of(bob), a_card("Secret"), href="s.vcf")
    phone.put("a.vcf", a_card(uid="a"))
    hrefs = [
        phone.book + "a.vcf",
        phone.book + "no.vcf",
        "/dav/addressbooks/bob/bob/s.vcf",
        "s.vcf",
        "//",
        "http://[",
        phone.book + "%00",
    ]
    rows = phone.multiget(*hrefs).rows
    assert [(row.href, row.status) for row in rows] == [(hrefs[0], None), *((href, 404) for href in hrefs[1:])]
    assert secret.etag not in str(rows)


def test_readers_read_and_are_told_which_privilege_they_lack(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).store(sales, a_card(uid="a"), href="a.vcf")
    reader = phone_of(bob, sales)
    assert reader.get("a.vcf").status == 200
    for answer in (reader.put("a.vcf", a_card(uid="a")), reader.put("b.vcf", a_card()), reader.ask("DELETE", "a.vcf")):
        assert (answer.status, answer.condition) == (403, f"{DAV}need-privileges")
    assert reader.get("a.vcf").status == 200


def test_thunderbird_asks_for_everything_at_once_and_syncs_with_depth_one(phone: Phone) -> None:
    for number in range(3):
        phone.put(f"{number}.vcf", a_card(uid=str(number)))
    listed = phone.propfind(phone.book, "d:resourcetype", "d:getetag", depth="1").rows[1:]
    fetched = phone.multiget(*(row.href for row in listed))
    assert {row.href: row[ETAG] for row in fetched.rows} == {row.href: row[ETAG] for row in listed}
    inner = "<d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/><card:address-data/></d:prop>"
    answer = phone.report("d:sync-collection", inner, depth="1")
    assert len(answer.rows) == 3
    assert all(row[DATA].startswith("BEGIN:VCARD") for row in answer.rows)


def test_a_long_answer_is_streamed_and_whole(phone: Phone, alice: User) -> None:
    cards = [a_card(f"Ada {number}", "NOTE:" + "x" * 2000) for number in range(600)]
    for start in range(0, 600, 300):
        hand_of(alice).many(space_of(alice), cards[start : start + 300])
    answer = phone.sync(props=["d:getetag", "card:address-data"])
    assert answer.raw.streaming
    assert sorted(row[DATA].encode() for row in answer.rows) == sorted(cards)
    assert answer.token == phone.sync().token
