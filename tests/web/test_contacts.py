"""The list: what it holds, in which order, and what is done to several at once."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import bulk as in_bulk
from farley.contacts import listing
from farley.contacts.bulk import Selection
from farley.contacts.models import Contact
from farley.database import patience
from farley.fields import operations as defining
from farley.fields.models import Field as OwnField
from farley.jobs.worker import run_ready
from farley.journal.models import Batch, Door, Noun
from farley.journal.writing import open_batch
from farley.lists import paging
from farley.spaces.models import Space
from farley.web.assets import icons
from farley.web.contacts import bulk
from farley.web.contacts import listing as asking
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import hx, text_of

AsUser = Callable[[User], Client]


def names(html: bytes) -> list[str]:
    return re.findall(r'name="id"[^>]*aria-label="Select ([^"]+)"', html.decode())


def person(given: str, family: str, *lines: str) -> bytes:
    return a_card(f"{given} {family}", f"N:{family};{given};;;", *lines)


def test_every_icon_of_the_list_is_one_that_the_style_sheet_draws(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page = page_of_alice.get("/contacts/").content.decode()
    classes = {name for each in re.findall(r'class="([^"]+)"', page) for name in each.split()}
    shown = {name.removeprefix("i-") for name in classes if name.startswith("i-")}
    assert "panel-right-open" in shown
    assert shown <= icons()


def test_people_are_sorted_by_family_name_over_all_spaces(alice: User, page_of_alice: Client) -> None:
    sales = team("sales", alice=Role.EDITOR)
    hand = hand_of(alice)
    hand.many(space_of(alice), [person("Ada", "Zuse"), person("Konrad", "Ångström")])
    hand.many(sales, [person("Grace", "Müller"), person("Bea", "Möller"), person("Cleo", "Adams")])
    assert names(page_of_alice.get("/contacts/").content) == [
        "Cleo Adams",
        "Konrad Ångström",
        "Bea Möller",
        "Grace Müller",
        "Ada Zuse",
    ]


def test_a_second_click_on_a_heading_turns_the_order_round(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).many(space_of(alice), [person("Ada", "King"), person("Grace", "Hopper")])
    page = page_of_alice.get("/contacts/").content.decode()
    heading = re.search(r'<th class="c-name"[^>]*aria-sort="ascending"[^>]*><a href="([^"]+)"', page)
    assert heading is not None
    turned = page_of_alice.get(f"/contacts/{heading[1]}").content
    assert names(turned) == ["Ada King", "Grace Hopper"]
    assert re.search(rb'aria-sort="descending"[^>]*><a href="\?sort=name"', turned)


def test_a_stranger_sees_nothing_of_it(alice: User, mallory: User, as_user: AsUser) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    client = as_user(mallory)
    assert b"Ada King" not in client.get("/contacts/").content
    assert b"Ada King" not in client.get("/contacts/?q=ada").content
    assert client.get("/contacts/count/").content == b"0"
    assert client.get(f"/contacts/?peek={contact.pk}").status_code == 404
    assert client.get("/contacts/?space=alice").status_code == 404
    assert client.get(f"/contacts/{contact.pk}/").status_code == 404
    assert client.get(f"/contacts/{contact.pk}/photo/").status_code == 404
    assert client.get(f"/contacts/{contact.pk}/card/").status_code == 404


@pytest.mark.parametrize("sort", ["name", "organisation", "changed"])
def test_pages_hold_everybody_once(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(paging, "PAGE", 4)
    monkeypatch.setattr(asking, "PAGE", 4)
    monkeypatch.setattr(asking, "FIRST", 4)
    sales = team("sales", alice=Role.EDITOR)
    hand = hand_of(alice)
    hand.many(space_of(alice), [person(f"P{n}", "Same", f"ORG:{'' if n % 3 else 'Works'}") for n in range(9)])
    hand.many(sales, [person(f"S{n}", f"F{n % 2}", "ORG:Yard") for n in range(8)])
    found: list[str] = []
    url = f"/contacts/?sort={sort}"
    for _ in range(10):
        html = page_of_alice.get(url).content
        found += names(html)
        following = re.search(r'href="(\?[^"]*after=[^"&]+)"', html.decode())
        if following is None:
            break
        url = "/contacts/" + following[1].replace("&amp;", "&")
    assert len(found) == 17
    assert len(set(found)) == 17
    if sort == "organisation":
        assert all(name.startswith("S") for name in found[3:11])
    if sort == "changed":
        assert found[0].startswith("S")


def test_the_next_rows_come_as_rows(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n:03}") for n in range(asking.FIRST + 3)])
    page = page_of_alice.get("/contacts/").content.decode()
    more = re.search(r'hx-get="(\?[^"]*after=[^"]+)"', page)
    assert more is not None
    part = page_of_alice.get("/contacts/" + more[1].replace("&amp;", "&"), headers=hx()).content
    assert names(part) == [f"Person {n:03}" for n in range(asking.FIRST, asking.FIRST + 3)]
    assert b"<html" not in part


def test_a_day_counted_from_today_is_told_in_the_language_of_the_page(page_of_alice: Client) -> None:
    page = page_of_alice.get("/contacts/?filter=changed from today-30d", headers={"Accept-Language": "de"})
    assert "heute-30d" in text_of(page.content)


@pytest.mark.parametrize("cursor", ["x", "W10", "eyJhIjoxfQ", "WyIxIiwgMV0x", "[]", "WzEsIDJd", "WyJhIiwgIjEiXQ"])
def test_a_broken_place_in_the_list_leads_to_its_beginning(alice: User, page_of_alice: Client, cursor: str) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page = page_of_alice.get(f"/contacts/?after={cursor}")
    assert names(page.content) == ["Ada King"]
    assert "names no place in the list" in text_of(page.content)
    assert page_of_alice.get(f"/contacts/?after={cursor}", headers=hx()).status_code == 404


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite: elsewhere one statement has to take too long")
def test_a_broken_place_in_a_list_that_takes_too_long_says_what_takes_long(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King", "ADR:;;;Hof;;;"))
    monkeypatch.setattr(paging, "PATIENCE_S", -1.0)
    monkeypatch.setattr(patience, "_STEPS", 1)
    page = page_of_alice.get("/contacts/?after=x&filter=tag empty and city filled")
    assert (page.status_code, names(page.content)) == (200, [])
    assert "tag empty" in text_of(page.content)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=koenig", ["Ada König"]),
        ("?q=0176+0123456", ["Grace Hopper"]),
        ("?q=hopper%40example", ["Grace Hopper"]),
        ("?tag=Board", ["Ada König"]),
        ("?kind=org", ["Yard GmbH"]),
        ("?kind=person", ["Grace Hopper", "Ada König"]),
        ("?space=sales", ["Grace Hopper", "Yard GmbH"]),
        ("?kind=unheard-of&sort=unheard-of", ["Grace Hopper", "Ada König", "Yard GmbH"]),
    ],
)
def test_the_list_is_narrowed(alice: User, page_of_alice: Client, query: str, expected: list[str]) -> None:
    sales = team("sales", alice=Role.EDITOR)
    hand = hand_of(alice)
    hand.contact(space_of(alice), person("Ada", "König", "CATEGORIES:Board,Friends"))
    hand.contact(sales, person("Grace", "Hopper", "TEL:+49 176 0123456", "EMAIL:hopper@example.org"))
    hand.contact(sales, a_card("Yard GmbH", "X-ABShowAs:COMPANY", "ORG:Yard GmbH"))
    assert names(page_of_alice.get(f"/contacts/{query}").content) == expected


@pytest.mark.parametrize(
    ("asked", "expected", "said"),
    [
        ("city is Köln or tag is Board", ["Grace Hopper", "Ada König"], "City Köln or Tag Board"),
        ("city is Köln and tag empty", ["Grace Hopper"], "Tag is empty"),
        ("city is Bad Nauheim", [], "At “Nauheim”, character 13: Between two conditions"),
        ("shoe is 43 and city is Köln", [], "shoe no longer there"),
        ("changed before soon", [], "At “soon”, character 16: This is no date."),
        ("(" * 10_000, [], "This filter is too long."),
    ],
)
def test_the_address_filters_in_words(
    alice: User, page_of_alice: Client, asked: str, expected: list[str], said: str
) -> None:
    hand = hand_of(alice)
    hand.contact(space_of(alice), person("Ada", "König", "CATEGORIES:Board,Friends"))
    hand.contact(space_of(alice), person("Grace", "Hopper", "ADR:;;;Köln;;;"))
    hand.contact(space_of(alice), person("Else", "Where"))
    page = page_of_alice.get("/contacts/", {"filter": asked})
    assert names(page.content) == expected
    assert said in text_of(page.content)
    count = page_of_alice.get("/contacts/count/", {"filter": asked}).content
    assert count in (str(len(expected)).encode(), b"")


def test_a_chip_takes_its_part_of_the_filter_away(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(space_of(alice), person("Grace", "Hopper", "ADR:;;;Köln;;;"))
    page = page_of_alice.get("/contacts/", {"filter": "shoe is 43 and city is Köln"}).content.decode()
    links = re.findall(r'href="([^"]+)" aria-label="Remove the filter', page)
    assert [link.replace("&amp;", "&") for link in links] == [
        "/contacts/?filter=city+is+K%C3%B6ln",
        "/contacts/?filter=shoe+is+43",
    ]
    assert names(page_of_alice.get(links[0]).content) == ["Grace Hopper"]


def test_a_group_lists_its_members(alice: User, page_of_alice: Client) -> None:
    hand = hand_of(alice)
    hand.many(space_of(alice), [a_card("Ada King", uid="ada"), a_card("Grace Hopper", uid="grace")])
    group = hand.contact(space_of(alice), a_card("Pioneers", "KIND:group", "MEMBER:grace", version="4.0"))
    assert names(page_of_alice.get(f"/contacts/?group={group.pk}").content) == ["Grace Hopper"]
    assert f"/contacts/?group={group.pk}" in page_of_alice.get("/activity/").content.decode()


def test_the_list_is_in_groups_that_fold_and_say_how_many_are_in_them(alice: User, page_of_alice: Client) -> None:
    cards = [a_card(f"Person {n:02}", f"ADR:;;;{'Berlin' if n < 55 else 'York'};;;") for n in range(57)]
    hand_of(alice).many(space_of(alice), [*cards, a_card("Nowhere")])
    page = page_of_alice.get("/contacts/?by=city")
    [heading] = re.findall(r'<tr class="group-head".*?</tr>', page.content.decode(), re.DOTALL)
    assert "Berlin" in heading
    counted = page_of_alice.get("/contacts/count/groups/?by=city", headers={"HX-Request": "true"}).content.decode()
    mark = re.search(r'id="count-(\w+)"', heading)[1]  # type: ignore[index]
    assert counted == f'<span class="n" id="count-{mark}" hx-swap-oob="true">55</span>'
    fold = unescape(re.search(r'<a href="([^"]*)"', heading)[1])  # type: ignore[index]
    folded = page_of_alice.get(
        f"/contacts/{fold}", headers={"HX-Request": "true", "HX-Target": "rows"}
    ).content.decode()
    assert "<html" not in folded
    said = re.findall(
        r'aria-expanded="(\w+)".*?<span class="cut">(.*?)</span></a> <span[^>]*>(.*?)</span>', folded, re.DOTALL
    )
    assert said == [("false", "Berlin", ""), ("true", "York", "2"), ("true", "No city", "1")]
    assert folded.count('data-id="') == 3
    assert "by=city" in page_of_alice.get("/contacts/?by=city&q=person").content.decode()
    assert page_of_alice.get("/contacts/?by=nonsense").status_code == 200


@pytest.mark.parametrize("query", ["?space=none", "?group=999", "?group=x", "?peek=999", "?peek=9999999999999999999"])
def test_what_is_not_there_is_not_found(page_of_alice: Client, query: str) -> None:
    assert page_of_alice.get(f"/contacts/{query}").status_code == 404


def test_counts_are_exact_up_to_a_limit(alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}") for n in range(4)])
    assert page_of_alice.get("/contacts/count/").content == b"4"
    monkeypatch.setattr(paging, "EXACT_TO", 3)
    assert page_of_alice.get("/contacts/count/").content == b"3+"


def test_an_empty_file_says_how_to_fill_it(page_of_alice: Client) -> None:
    assert "Your card file is still empty" in text_of(page_of_alice.get("/contacts/").content)
    assert "No results for “Kümerle”" in text_of(page_of_alice.get("/contacts/?q=Kümerle").content)


def test_a_preview_comes_alone_or_beside_the_list(alice: User, page_of_alice: Client) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org", "TITLE:Countess"))
    part = page_of_alice.get(f"/contacts/?peek={contact.pk}", headers=hx("peek")).content
    whole = page_of_alice.get(f"/contacts/?peek={contact.pk}").content
    assert b"<html" not in part
    for html in (part, whole):
        assert "Countess" in text_of(html)
        assert b'href="mailto:ada@example.org"' in html


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Lena Vogt", ("Lena Vogt", "", "", "")),
        (
            "Lena Vogt, Vogt Möbel, lena@vogt.example, 0176 123456",
            ("Lena Vogt", "Vogt Möbel", "lena@vogt.example", "0176 123456"),
        ),
        ("lena@vogt.example", ("lena@vogt.example", "", "lena@vogt.example", "")),
        ("+49 (0)30/23125-142; Dr. Ada von Lovelace", ("Dr. Ada von Lovelace", "", "", "+49 (0)30/23125-142")),
    ],
)
def test_one_line_makes_a_contact(
    alice: User, page_of_alice: Client, line: str, expected: tuple[str, str, str, str]
) -> None:
    response = page_of_alice.post("/contacts/quick/", {"line": line, "space": "alice"})
    contact = Contact.objects.get()
    assert response["Location"] == f"/contacts/{contact.pk}/"
    assert (contact.full_name, contact.organisation_name, contact.email, contact.phone) == expected
    assert contact.owner == alice


def test_a_line_says_what_it_is_understood_as_and_who_is_there_already(
    alice: User, mallory: User, page_of_alice: Client, as_user: AsUser
) -> None:
    hand_of(alice).many(
        space_of(alice),
        [person("Ada", "King", "EMAIL:ada@example.org"), person("Bob", "Yard", "TEL:+49 171 2345678")],
    )

    def previewed(line: str, client: Client = page_of_alice) -> str:
        return text_of(client.get("/contacts/quick/", {"line": line}, headers={"HX-Request": "true"}).content)

    said = previewed("0171 2345678, Yard GmbH, Ada King")
    for part in ("Name: Ada King", "Organisation: Yard GmbH", "Phone: 0171 2345678"):
        assert part in said
    assert "Ada King is in “Alice” already." in said
    assert "Bob Yard in “Alice” has this number already." in said
    assert "Ada King in “Alice” has this e-mail address already." in previewed("Augusta ADA@example.org")
    assert "already" not in previewed("Somebody Else")
    assert "already" not in previewed("Ada King ada@example.org", as_user(mallory))
    assert previewed("") == ""


def test_the_preview_is_edited_by_those_who_may_and_answers_with_what_it_shows(
    alice: User, bob: User, page_of_alice: Client, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    ada = hand_of(alice).contact(sales, person("Ada", "King", "TITLE:Countess"))
    address = f"/contacts/?peek={ada.pk}"
    mine = page_of_alice.get(address, headers=hx("peek")).content.decode()
    assert 'class="edit"' in as_user(bob).get(address, headers=hx("peek")).content.decode()
    assert "<button" not in as_user(bob).get(address, headers=hx("peek")).content.decode().partition('id="facts"')[2]
    [url] = re.findall(r'hx-get="(/contacts/\d+/facts/\d+/)[^"]*was=TITLE', mine)
    was = re.search(r"was=(TITLE-\w+)", mine)[1]  # type: ignore[index]
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    answer = page_of_alice.post(url, {"value": "Analyst", "was": was}, headers=here).content.decode()
    assert 'id="peek-head" hx-swap-oob="true"' in answer
    assert 'id="timeline"' not in answer
    assert "Analyst" in text_of(answer.encode())


def test_particles_stay_with_the_family_name(page_of_alice: Client) -> None:
    page_of_alice.post("/contacts/quick/", {"line": "Dr. Ada Maria von der Au", "space": "alice"})
    name = Contact.objects.get().card.name
    assert (name.prefixes, name.given, name.additional, name.family) == ("Dr.", "Ada", "Maria", "von der Au")


def test_an_empty_space_says_so_and_how_to_fill_it(page_of_alice: Client, bob: User, as_user: AsUser) -> None:
    team("sales", alice=Role.EDITOR, bob=Role.READER)
    told, page = "“Sales” is still empty", page_of_alice.get("/contacts/?space=sales").content.decode()
    assert told in text_of(page.encode())
    assert "/contacts/new/?space=sales" in page
    read = as_user(bob).get("/contacts/?space=sales").content
    assert told in text_of(read)
    assert b"/contacts/new/?space=sales" not in read
    assert "Nothing matches these filters" in text_of(page_of_alice.get("/contacts/?space=sales&tag=x").content)


def test_nobody_adds_to_a_space_they_only_read(alice: User, bob: User, as_user: AsUser) -> None:
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    client = as_user(bob)
    response = client.post("/contacts/quick/", {"line": "Lena Vogt", "space": "sales"})
    assert response.status_code == 403
    assert "Lena Vogt" in text_of(response.content)  # what was typed is given back
    assert client.post("/contacts/quick/", {"line": "Lena Vogt", "space": "alice"}).status_code == 404
    assert not Contact.objects.exists()


@pytest.mark.parametrize("kind", ["person", "org", "group"])
def test_the_form_makes_each_kind(page_of_alice: Client, kind: str) -> None:
    assert page_of_alice.get(f"/contacts/new/?kind={kind}").status_code == 200
    form = {"kind": kind, "space": "alice", "given": "Ada", "family": "King", "full_name": "Yard", "tags": "a, b,"}
    page_of_alice.post("/contacts/new/", form)
    contact = Contact.objects.get()
    expected = {"person": Contact.Kind.INDIVIDUAL, "org": Contact.Kind.ORG, "group": Contact.Kind.GROUP}
    assert contact.kind == expected[kind]
    assert contact.full_name == ("Ada King" if kind == "person" else "Yard")
    assert page_of_alice.get(f"/contacts/{contact.pk}/").status_code == 200


def test_a_contact_without_any_name_is_refused_with_a_reason(page_of_alice: Client) -> None:
    response = page_of_alice.post("/contacts/new/", {"kind": "person", "space": "alice", "phone": "123"})
    assert response.status_code == 422
    assert "Type a name, an organisation or an e-mail address." in text_of(response.content)
    assert b'value="123"' in response.content


def picked(home: Space, /, **more: str) -> dict[str, object]:
    return {"id": [str(pk) for pk in Contact.objects.filter(space=home).values_list("pk", flat=True)], **more}


def test_deleting_several_is_undone_by_the_message(alice: User, page_of_alice: Client) -> None:
    home = space_of(alice)
    hand_of(alice).many(home, [a_card("Ada King"), a_card("Grace Hopper")])
    page_of_alice.post("/contacts/bulk/", picked(home, act="delete"))
    assert not Contact.objects.visible_to(alice.actor).exists()
    html = page_of_alice.get("/contacts/").content.decode()
    assert "2 contacts deleted" in text_of(html)
    undo = re.search(r'action="(/activity/\d+/undo/)"', html)
    assert undo is not None
    page_of_alice.post(undo[1])
    assert Contact.objects.visible_to(alice.actor).count() == 2


def test_tagging_and_moving_several(alice: User, page_of_alice: Client) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR)
    hand_of(alice).many(home, [a_card("Ada King"), a_card("Grace Hopper", "CATEGORIES:Old")])
    page_of_alice.post("/contacts/bulk/", picked(home, act="tag", tag="Fair"))
    page_of_alice.post("/contacts/bulk/", picked(home, act="untag", tag="Old"))
    assert sorted(listing.tags_of(Contact.objects.values_list("pk", flat=True)).values()) == [["Fair"], ["Fair"]]
    page_of_alice.post("/contacts/bulk/", picked(home, act="move", space="sales"))
    assert set(Contact.objects.values_list("space", flat=True)) == {sales.pk}
    assert Batch.objects.filter(state=Batch.State.DONE).count() == 3


def test_what_is_selected_is_exported(alice: User, page_of_alice: Client) -> None:
    home = space_of(alice)
    cards = [a_card("Ada King"), a_card("Grace Hopper")]
    hand_of(alice).many(home, cards)
    response = page_of_alice.post("/contacts/bulk/", picked(home, act="export"))
    assert b"".join(response) == b"".join(cards)  # type: ignore[call-overload]


def test_several_get_an_owner_and_a_follow_up_day(alice: User, bob: User, mallory: User, page_of_alice: Client) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR, bob=Role.READER)
    hand_of(alice).many(sales, [a_card("Ada King"), a_card("Grace Hopper")])
    mine = hand_of(alice).contact(home, a_card("Own"))
    people = text_of(page_of_alice.get("/contacts/bulk/?space=sales", headers=hx()).content)
    assert ("bob" in people, "mallory" in people) == (True, False)
    assert page_of_alice.get("/contacts/bulk/?space=sales")["Location"] == "/contacts/?space=sales"
    page_of_alice.post("/contacts/bulk/", picked(sales, owner="bob"))
    assert set(Contact.objects.filter(space=sales).values_list("owner__name", flat=True)) == {"bob"}
    page_of_alice.post("/contacts/bulk/", picked(sales, act="follow-up", on="2026-12-31"))
    assert "Follow-up on Dec. 31, 2026 for 2 contacts" in text_of(page_of_alice.get("/contacts/").content)
    page_of_alice.post("/contacts/bulk/", picked(sales, act="no-follow-up", on="2026-12-31"))
    assert set(Contact.objects.values_list("follow_up_on", flat=True)) == {None}
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert set(Contact.objects.filter(space=sales).values_list("follow_up_on", flat=True)) == {dt.date(2026, 12, 31)}
    for name in ("mallory", "nobody-of-this-name"):  # both alike: who has an account here is not told
        page_of_alice.post("/contacts/bulk/", picked(sales, owner=name))
        assert "Nobody of this name sees this space" in text_of(page_of_alice.get("/contacts/").content)
    both = {"id": [*picked(sales)["id"], mine.pk], "owner": "alice"}  # type: ignore[misc]
    page_of_alice.post("/contacts/bulk/", both)
    assert set(Contact.objects.values_list("owner__name", flat=True)) == {"alice"}
    page_of_alice.post("/contacts/bulk/", both | {"owner": "bob"})  # all or none
    assert "does not see this space" in text_of(page_of_alice.get("/contacts/").content)
    page_of_alice.post("/contacts/bulk/", both | {"owner": ""})
    assert set(Contact.objects.values_list("owner", flat=True)) == {None}
    for typed, said in (("", "Choose a day first"), ("31.12.", "“31.12.” is no day")):
        page_of_alice.post("/contacts/bulk/", picked(sales, act="follow-up", on=typed))
        assert said in text_of(page_of_alice.get("/contacts/").content)


def test_several_get_a_value_of_a_field_and_of_an_own_field(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}", "TITLE:Smith") for n in range(3)])
    how: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    level = defining.define(
        Noun.CONTACT, space_of(alice), label="Level", kind=OwnField.Kind.CHOICE, choices=["A", "B"], **how
    )
    address = "/contacts/bulk/?set=1&set-field=own.alice.level"
    offered = text_of(page_of_alice.get(address, headers={"HX-Request": "true"}).content)
    for word in ("Job title", "Country", "Level", "nothing"):
        assert word in offered
    ids = list(Contact.objects.values_list("pk", flat=True))

    def done(field: str, value: str, **more: Any) -> str:
        sent = {"act": "set", "set-field": field, "set-value": value, "id": ids[:2], **more}
        return text_of(page_of_alice.post("/contacts/bulk/?q=person", sent, follow=True).content)

    assert "Job title is “Analyst” for 2 contacts" in done("title", "Analyst")
    assert "Level is “B” for 3 contacts" in done("own.alice.level", "2", everything="1")
    assert "has no such value" in done("own.alice.level", "9")
    assert "Choose a field first" in done("nonsense", "9")
    assert [contact.job_title for contact in Contact.objects.order_by("pk")] == ["Analyst", "Analyst", "Smith"]
    assert {contact.own[str(level.pk)] for contact in Contact.objects.all()} == {2}
    assert "No Level for 2 contacts any more" in done("own.alice.level", "")


def test_what_the_list_shows_is_exported_as_it_shows_it(
    alice: User, bob: User, page_of_alice: Client, as_user: AsUser
) -> None:
    cards = [
        person(name, "X", f"ADR:;;;{city};;;", "ORG:Yard", "CATEGORIES:b,a")
        for name, city in (("Ada", "York"), ("Bob", "Hull"), ("Cleo", "York"), ("Dan", "Bath"))
    ]
    hand_of(alice).many(space_of(alice), [*cards, person("Eve", "X")])

    def exported(query: str, **sent: Any) -> list[list[str]]:
        answer = page_of_alice.post(f"/contacts/bulk/?{query}", {"act": "export", "format": "shown-csv", **sent})
        assert "Contacts.csv" in answer["Content-Disposition"]
        return list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))  # type: ignore[arg-type]

    assert exported("columns=city,tag,org&sort=-city&filter=city filled", everything="1") == [
        ["Name", "City", "Tags", "Organisation"],
        ["Cleo X", "York", "b, a", "Yard"],
        ["Ada X", "York", "b, a", "Yard"],
        ["Bob X", "Hull", "b, a", "Yard"],
        ["Dan X", "Bath", "b, a", "Yard"],
    ]
    picked = list(Contact.objects.filter(full_name__in=["Ada X", "Dan X"]).values_list("pk", flat=True))
    assert [row[0] for row in exported("sort=name&by=city", id=picked)] == ["Name", "Dan X", "Ada X"]
    stranger = as_user(bob).post("/contacts/bulk/", {"act": "export", "format": "shown-csv", "id": picked})
    assert stranger.status_code == 302, "nothing of it is there for Bob"


def test_a_reader_changes_nothing_in_bulk(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).many(sales, [a_card("Ada King")])
    client = as_user(bob)
    for act in ("delete", "tag", "untag", "move"):
        assert client.post("/contacts/bulk/", picked(sales, act=act, tag="x", space="bob")).status_code == 403
    contact = Contact.objects.get()
    assert (contact.space, contact.deleted_at, contact.card.properties("CATEGORIES")) == (sales, None, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chosen", ["rows", "whole list"])
@pytest.mark.parametrize("act", ["tag", "untag", "move", "delete", "owner", "follow-up"])
def test_many_are_changed_in_the_background_and_undone(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, chosen: str, act: str
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(in_bulk, "CHUNK", 2)
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR)
    hand_of(alice).many(home, [a_card(f"Person {n}", "CATEGORIES:Old") for n in range(5)])
    rest = hand_of(alice).contact(home, a_card("Somebody else"))
    before = {contact.pk: contact.etag for contact in Contact.objects.all()}
    rows = {"ids": ",".join(str(pk) for pk in before if pk != rest.pk)}
    form = {"act": act, "tag": "Old" if act == "untag" else "New", "space": "sales", "on": "2026-12-31"}
    form |= {"owner": "alice"} if act == "owner" else {}
    answer = page_of_alice.post("/contacts/bulk/?tag=Old", form | (rows if chosen == "rows" else {"everything": "1"}))
    assert "running" in text_of(page_of_alice.get(answer["Location"]).content)
    run_ready("long")
    changed = Contact.objects.exclude(pk=rest.pk)
    match act:
        case "delete":
            assert list(Contact.objects.visible_to(alice.actor)) == [rest]
        case "move":
            assert set(changed.values_list("space", flat=True)) == {sales.pk}
        case "owner":
            assert set(changed.values_list("owner", flat=True)) == {alice.pk}
        case "follow-up":
            assert set(changed.values_list("follow_up_on", flat=True)) == {dt.date(2026, 12, 31)}
        case _:
            tags = listing.tags_of(changed.values_list("pk", flat=True))
            assert list(tags.values()) == ([["Old", "New"]] * 5 if act == "tag" else [])
    rest.refresh_from_db()
    assert (rest.space, rest.etag, rest.deleted_at) == (home, before[rest.pk], None)
    page_of_alice.post(f"{answer['Location']}undo/")
    assert {contact.pk: contact.etag for contact in Contact.objects.visible_to(alice.actor)} == before
    assert set(Contact.objects.values_list("space", flat=True)) == {home.pk}


def test_what_came_after_a_whole_list_was_chosen_is_not_changed(alice: User) -> None:
    home = space_of(alice)
    hand_of(alice).many(home, [a_card(f"Person {n}") for n in range(3)])
    chosen = Selection.everything(listing.Listed([home]), by=alice.actor).written()
    hand_of(alice).contact(home, a_card("Late"))
    read = Selection.read(json.loads(json.dumps(chosen)), by=alice.actor)
    assert [contact.full_name for contact in read.behind(0)] == ["Person 0", "Person 1", "Person 2"]


def test_a_bulk_act_that_was_cut_short_goes_on_where_it_stood(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_bulk, "CHUNK", 2)
    home = space_of(alice)
    hand_of(alice).many(home, [a_card(f"Person {n}") for n in range(5)])
    batch = open_batch(Batch.Act.TAG, by=alice.actor, door=Door.WEB)
    chosen = Selection.everything(listing.Listed([home]), by=alice.actor)
    deed = in_bulk.Deed(in_bulk.Verb.TAG, "New")
    steps = []
    for size in (2, 4, 5):
        in_bulk.carry_out(batch, deed, chosen, door=Door.WEB, stopping=lambda: True)
        batch = Batch.objects.get(pk=batch.pk)
        steps.append(batch.size == size)
    assert steps == [True, True, True]
    assert in_bulk.carry_out(batch, deed, chosen, door=Door.WEB)
    assert (batch.size, batch.state) == (5, Batch.State.DONE)


def test_many_that_cannot_all_be_moved_stay(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR)
    hand_of(alice).many(home, [a_card(f"Person {n}", uid=f"person-{n}") for n in range(4)])
    hand_of(alice).contact(sales, a_card("Taken", uid="person-3"))
    page_of_alice.post("/contacts/bulk/", picked(home, act="move", space="sales"))
    assert "has the same identity" in text_of(page_of_alice.get("/contacts/").content)
    assert Contact.objects.filter(space=home).count() == 4
    assert not Batch.objects.filter(act=Batch.Act.MOVE).exists()


def test_a_reader_changes_nothing_of_a_whole_list(
    alice: User, bob: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).many(sales, [a_card(f"Person {n}") for n in range(4)])
    for act in ("delete", "tag", "untag", "move"):
        form = {"act": act, "tag": "x", "space": "bob", "everything": "1"}
        assert as_user(bob).post("/contacts/bulk/?space=sales", form).status_code == 403
    assert not Batch.objects.exists()


def test_a_reader_is_offered_no_changes_of_several(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).many(sales, [a_card("Ada King")])
    page = as_user(bob).get("/contacts/?space=sales").content.decode()
    assert re.findall(r'name="act" value="(\w+)"', page) == ["export"]
    mixed = as_user(bob).get("/contacts/").content.decode()
    assert re.search(r'name="id"[^>]* data-readonly', mixed)


def test_nothing_selected_is_said(page_of_alice: Client) -> None:
    page_of_alice.post("/contacts/bulk/", {"act": "delete"})
    assert "Select contacts first." in text_of(page_of_alice.get("/contacts/").content)
