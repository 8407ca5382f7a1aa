"""PROPPATCH, MKCOL, COPY and MOVE."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.dav import dead
from farley.dav.names import CALENDARSERVER, CARDDAV, DAV, LANGUAGE
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, team
from tests.dav.phone import NAMESPACES, Answer, Phone, phone_of

pytestmark = pytest.mark.django_db
COLOUR = "{urn:x}colour"


def patch(phone: Phone, path: str, inner: str) -> Answer:
    return phone.ask("PROPPATCH", path, f'<d:propertyupdate {NAMESPACES} xmlns:x="urn:x">{inner}</d:propertyupdate>')


def setting(inner: str) -> str:
    return f"<d:set><d:prop>{inner}</d:prop></d:set>"


def colour(phone: Phone, path: str) -> str | None:
    body = f'<d:propfind {NAMESPACES} xmlns:x="urn:x"><d:prop><x:colour/></d:prop></d:propfind>'
    [row] = phone.ask("PROPFIND", path, body, depth="0").rows
    return row[COLOUR] if 200 in row.props and COLOUR in row.props[200] else None


@pytest.mark.parametrize("path", ["", "a.vcf", "/dav/principals/alice/", "/dav/addressbooks/alice/"])
def test_what_farley_does_not_know_is_kept_until_it_is_removed(phone: Phone, path: str) -> None:
    phone.put("a.vcf", a_card(uid="a"))
    [row] = patch(phone, path, setting('<x:colour a="1">r<b/>ed</x:colour>')).rows
    assert list(row.props) == [200]
    assert colour(phone, path) == "red"
    everything = phone.ask("PROPFIND", path, b"", depth="0").rows[0]
    assert everything.props[200][COLOUR].attributes == {"a": "1"}
    names = phone.ask("PROPFIND", path, '<propfind xmlns="DAV:"><propname/></propfind>', depth="0").rows[0]
    assert COLOUR in names.props[200]
    patch(phone, path, "<d:remove><d:prop><x:colour/><x:never/></d:prop></d:remove>")
    assert colour(phone, path) is None


def test_all_of_a_patch_or_nothing(phone: Phone) -> None:
    inner = setting("<x:colour>red</x:colour>") + setting("<d:getetag>x</d:getetag>")
    [row] = patch(phone, "", inner).rows
    assert {status: list(props) for status, props in row.props.items()} == {424: [COLOUR], 403: [f"{DAV}getetag"]}
    assert colour(phone, "") is None


def test_a_condition_guards_properties_and_a_short_answer_says_only_that_all_went_well(phone: Phone) -> None:
    phone.put("a.vcf", a_card(uid="a"))
    inner = setting("<x:colour>red</x:colour>")
    body = f'<d:propertyupdate {NAMESPACES} xmlns:x="urn:x">{inner}</d:propertyupdate>'
    for header in ({"if_match": '"0"'}, {"if": '(["0"])'}):
        assert phone.ask("PROPPATCH", "a.vcf", body, **header).status == 412
    short = phone.ask("PROPPATCH", "a.vcf", body, prefer="return=minimal", if_match=phone.get("a.vcf").etag)
    assert (short.status, short.body) == (200, b"")
    assert short.raw.headers["Preference-Applied"] == "return=minimal"
    assert colour(phone, "a.vcf") == "red"
    failed = phone.ask("PROPPATCH", "a.vcf", body.replace("x:colour", "d:getetag"), prefer="return=minimal")
    assert list(failed.rows[0].props) == [403]


def test_the_language_around_a_property_is_kept_with_it(phone: Phone) -> None:
    inner = '<d:set><d:prop xml:lang="de"><x:colour>rot</x:colour><x:own xml:lang="en">red</x:own></d:prop></d:set>'
    patch(phone, "", inner)
    kept = phone.ask("PROPFIND", "", b"", depth="0").rows[0].props[200]
    assert {name: kept[name].attributes[LANGUAGE] for name in (COLOUR, "{urn:x}own")} == {
        COLOUR: "de", "{urn:x}own": "en",
    }  # fmt: skip


def test_a_full_place_takes_another_value_and_no_more_properties(phone: Phone) -> None:
    patch(phone, "", setting("".join(f"<x:n{number}/>" for number in range(dead.MAX_COUNT))))
    assert list(patch(phone, "", setting("<x:n1>again</x:n1>")).rows[0].props) == [200]
    assert list(patch(phone, "", setting("<x:more/>")).rows[0].props) == [507]


def test_each_person_has_a_colour_of_their_own_and_readers_set_none(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    one, other = phone_of(alice, sales), phone_of(bob, sales)
    patch(one, "", setting("<x:colour>red</x:colour>"))
    assert (colour(one, ""), colour(other, "")) == ("red", None)
    reading = phone_of(bob, sales, is_read_only=True)
    assert patch(reading, "", setting("<x:colour>blue</x:colour>")).condition == f"{DAV}need-privileges"


def test_a_device_gives_no_space_another_title(phone: Phone) -> None:
    [row] = patch(phone, "", setting("<d:displayname>Mine</d:displayname>")).rows
    assert list(row.props) == [403]
    assert Space.objects.get(name="alice").title == "Alice"


def test_the_properties_of_a_card_go_with_it(phone: Phone, alice: User) -> None:
    team("sales", alice=Role.MANAGER)
    phone.put("a.vcf", a_card(uid="a"))
    patch(phone, "a.vcf", setting("<x:colour>red</x:colour>"))
    there = "/dav/addressbooks/alice/sales/a.vcf"
    assert phone.ask("COPY", "a.vcf", destination=there).status == 201
    assert colour(phone, there) == "red"
    assert phone.ask("MOVE", "a.vcf", destination=phone.book + "b.vcf").status == 201
    assert colour(phone, "b.vcf") == "red"


BOOK_BODY = (
    f"<d:mkcol {NAMESPACES}><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"
    "<d:displayname>Football club</d:displayname><cs:colour>blue</cs:colour></d:prop></d:set></d:mkcol>"
)


def test_a_new_book_is_a_private_space(phone: Phone, bob: User) -> None:
    path = "/dav/addressbooks/alice/club/"
    assert phone.ask("MKCOL", path, BOOK_BODY).status == 201
    [row] = phone.propfind(path, "d:displayname", "d:resourcetype", "cs:colour").rows
    assert row[f"{DAV}displayname"] == "Football club"
    assert row[f"{CALENDARSERVER}colour"] == "blue"
    assert f"{CARDDAV}addressbook" in row.named(f"{DAV}resourcetype")
    space = Space.objects.get(name="club")
    assert (space.kind, space.role_of(bob.actor)) == (Space.Kind.PRIVATE, None)
    assert phone.ask("MKCOL", path, BOOK_BODY).status == 405
    assert phone.ask("MKCOL", "/dav/addressbooks/alice/bob/", BOOK_BODY).status == 403  # somebody else has it
    assert phone.ask("MKCOL", "/dav/addressbooks/alice/UPPER case/", BOOK_BODY).status == 403
    plain = phone.ask("MKCOL", "/dav/addressbooks/alice/plain/")
    assert (plain.status, plain.condition) == (403, f"{DAV}valid-resourcetype")


def test_a_book_is_described_in_the_words_of_each_person_and_by_its_title_else(phone: Phone) -> None:
    name, path = "{urn:ietf:params:xml:ns:carddav}addressbook-description", "/dav/addressbooks/alice/club/"
    own = "<card:addressbook-description>Those of Sundays</card:addressbook-description>"
    assert phone.ask("MKCOL", path, BOOK_BODY.replace("<cs:colour>", f"{own}<cs:colour>")).status == 201
    assert [row[name] for row in phone.propfind(path, "card:addressbook-description", depth="0").rows] == [
        "Those of Sundays"
    ]
    assert name not in phone.ask("PROPFIND", path, b"", depth="0").rows[0].props[200]  # RFC 6352 §6.2.1
    patch(phone, path, f"<d:remove><d:prop>{own}</d:prop></d:remove>")
    assert phone.propfind(path, "card:addressbook-description").rows[0][name] == "Football club"


def test_a_book_with_a_property_that_cannot_be_set_is_not_made(phone: Phone) -> None:
    path = "/dav/addressbooks/alice/club/"
    answer = phone.ask("MKCOL", path, BOOK_BODY.replace("<cs:colour>", "<d:getetag>x</d:getetag><cs:colour>"))
    assert (answer.status, answer.root.name) == (403, f"{DAV}mkcol-response")
    told = {each.first(f"{DAV}status").text[9:12]: each.first(f"{DAV}prop").children for each in answer.root.children}  # type: ignore[union-attr]
    assert [each.name for each in told["403"]] == [f"{DAV}getetag"]
    assert len(told["424"]) == 3
    assert phone.propfind(path, "d:displayname").status == 404


def test_within_a_book_nothing_is_made_nor_of_what_is_no_xml(phone: Phone) -> None:
    inside = phone.ask("MKCOL", phone.book + "inside/", BOOK_BODY)
    assert (inside.status, inside.condition) == (403, f"{CARDDAV}addressbook-collection-location-ok")
    assert phone.ask("MKCOL", "/dav/addressbooks/alice/nowhere/inside/", BOOK_BODY).status == 409
    assert phone.ask("MKCOL", "/dav/addressbooks/bob/club/", BOOK_BODY).status == 404
    path = "/dav/addressbooks/alice/club/"
    assert phone.ask("MKCOL", path, "a club", content_type="text/plain").status == 415
    assert phone.ask("MKCOL", path, BOOK_BODY, content_type="application/x-www-form-urlencoded").status == 201


def test_a_device_of_chosen_spaces_and_one_that_reads_make_no_book(alice: User) -> None:
    for phone in (phone_of(alice, only=Space.objects.get(name="alice")), phone_of(alice, is_read_only=True)):
        answer = phone.ask("MKCOL", "/dav/addressbooks/alice/club/", BOOK_BODY)
        assert (answer.status, answer.condition) == (403, f"{DAV}need-privileges")


def test_a_card_moves_within_its_book_and_keeps_its_history(phone: Phone) -> None:
    phone.put("a.vcf", a_card("Ada", uid="a"))
    phone.put("b.vcf", a_card("Bob", uid="b"))
    contact, token = Contact.objects.get(href="a.vcf").pk, phone.sync().token
    kept = phone.ask("MOVE", "a.vcf", destination=phone.book + "b.vcf", overwrite="F")
    assert kept.status == 412
    assert phone.ask("MOVE", "a.vcf", destination=f"http://testserver{phone.book}b.vcf").status == 204
    assert {name: row.status for name, row in phone.sync(token).by_name.items()} == {"a.vcf": 404, "b.vcf": None}
    assert Contact.objects.get(href="b.vcf", deleted_at=None).pk == contact
    assert b"Ada" in phone.get("b.vcf").body
    assert phone.get("a.vcf").status == 404


def test_a_card_moves_and_is_copied_between_books(phone: Phone, alice: User) -> None:
    sales = phone_of(alice, team("sales", alice=Role.MANAGER))
    phone.put("a.vcf", a_card("Ada", uid="a"))
    assert phone.ask("COPY", "a.vcf", destination=sales.book + "c.vcf").status == 201
    assert phone.ask("COPY", "a.vcf", destination=sales.book + "c.vcf").status == 204
    conflict = phone.ask("COPY", "a.vcf", destination=sales.book + "other.vcf")
    assert (conflict.status, conflict.condition) == (403, f"{CARDDAV}no-uid-conflict")
    assert phone.ask("MOVE", "a.vcf", destination=sales.book + "c.vcf").status == 204  # in place of its copy
    assert (phone.get("a.vcf").status, sales.get("c.vcf").status) == (404, 200)
    sales.put("d.vcf", a_card("Dora", uid="d"))
    assert sales.ask("MOVE", "d.vcf", destination=phone.book + "d.vcf").status == 201
    assert phone.get("d.vcf").status == 200


def test_where_nothing_may_be_put_nothing_goes(phone: Phone, alice: User, bob: User) -> None:
    phone.put("a.vcf", a_card(uid="a"))
    hand_of(bob).store(team("read", bob=Role.MANAGER, alice=Role.READER), a_card(uid="b"), href="b.vcf")
    read = "/dav/addressbooks/alice/read/"
    for method in ("COPY", "MOVE"):
        for destination, status in [
            ("", 400),
            ("http://[", 400),
            ("http://elsewhere.example/dav/", 502),
            ("/dav/addressbooks/bob/bob/a.vcf", 409),
            ("/dav/addressbooks/alice/nowhere/a.vcf", 409),
            (f"{phone.book}a.vcf", 403),
            (f"http://testserver:80{phone.book}a.vcf", 403),
            (phone.book, 403),
            (f"{read}a.vcf", 403),
            (f"{phone.book}{'x' * 300}", 403),
        ]:
            assert phone.ask(method, "a.vcf", destination=destination).status == status, (method, destination)
    assert phone.ask("COPY", f"{read}b.vcf", destination=f"{phone.book}b.vcf").status == 201
    assert phone.ask("MOVE", f"{read}b.vcf", destination=f"{phone.book}c.vcf").status == 403
    assert phone.get("a.vcf").status == 200
