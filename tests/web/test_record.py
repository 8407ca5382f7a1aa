"""The record page: what it shows, and what editing one fact does to the card."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import sharing
from farley.contacts.models import Contact
from farley.contacts.organisations import SHOWN
from farley.journal.models import Batch, Change, Door
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import hx, text_of

AsUser = Callable[[User], Client]
LINES = (
    "N:King;Ada;;;",
    "EMAIL;TYPE=WORK:ada@example.org",
    "EMAIL;TYPE=HOME:ada@home.example",
    "item1.TEL:+49 30 1",
    "item1.X-ABLabel:Direct",
    "ADR;TYPE=WORK:;;Main St 1;London;;N1;UK",
    "ORG:Engines Ltd;Research",
    "TITLE:Countess",
    "BDAY:1815-12-10",
    "NICKNAME:Ada,Addie",
    "CATEGORIES:Board",
    "NOTE:First line\\nsecond line",
    "X-CUSTOM:kept",
)


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", *LINES))


def octets(contact: Contact) -> bytes:
    return Contact.objects.get(pk=contact.pk).content.data


def editor(client: Client, contact: Contact, shown: str) -> tuple[str, str]:
    """Where the editor of the fact with this value sends to, and the value's signature."""
    html = client.get(f"/contacts/{contact.pk}/").content.decode()
    for found in re.finditer(
        r'<button id="[^"]*" class="edit[^"]*"[^>]*hx-get="([^"?]+)\?edit=1&amp;was=([^"]+)"[^>]*>(.*?)</button>',
        html,
        re.DOTALL,
    ):
        if text_of(found[3]).replace(" @", "@") == shown:
            return found[1], found[2]
    raise AssertionError(f"no fact {shown!r}")


def changed_lines(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_it_shows_every_fact_of_the_card(ada: Contact, page_of_alice: Client) -> None:
    text = text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content).replace(" @", "@")
    for words in (
        "Work ada@example.org",
        "Home ada@home.example",
        "Direct +49 30 1",
        "Main St 1 London N1 UK",
        "Engines Ltd, Research",
        "Countess",
        "10 December 1815",
        "Ada, Addie",
        "First line second line",
        "X-CUSTOM kept",
        "Board",
        "This contact lies in the private space “Alice”. Nobody else sees it.",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("shown", "form", "gone", "come"),
    [
        (
            "ada@example.org",
            {"value": "ada@new.example", "label": "Work"},
            [b"EMAIL;TYPE=WORK:ada@example.org"],
            [b"EMAIL;TYPE=WORK:ada@new.example"],
        ),
        (
            "ada@example.org",
            {"value": "ada@example.org", "label": "Home"},
            [b"EMAIL;TYPE=WORK:ada@example.org"],
            [b"EMAIL;TYPE=home:ada@example.org"],
        ),
        ("+49 30 1", {"value": "+49 30 2", "label": "Direct"}, [b"item1.TEL:+49 30 1"], [b"item1.TEL:+49 30 2"]),
        ("+49 30 1", {"value": "+49 30 1", "label": "Yacht"}, [b"item1.X-ABLabel:Direct"], [b"item1.X-ABLabel:Yacht"]),
        ("Countess", {"value": "Lady; mathematician"}, [b"TITLE:Countess"], [rb"TITLE:Lady\; mathematician"]),
        ("Ada, Addie", {"value": "Addie"}, [b"NICKNAME:Ada,Addie"], [b"NICKNAME:Addie"]),
        (
            "Engines Ltd, Research",
            {"organisation": "Engines Ltd", "units": "Sales"},
            [b"ORG:Engines Ltd;Research"],
            [b"ORG:Engines Ltd;Sales"],
        ),
        ("10 December 1815", {"value": "11.12.1815"}, [b"BDAY:1815-12-10"], [b"BDAY:1815-12-11"]),
        ("First line second line", {"value": "One\r\ntwo"}, [rb"NOTE:First line\nsecond line"], [rb"NOTE:One\ntwo"]),
    ],
)
def test_an_edit_changes_its_own_line_only(
    ada: Contact, page_of_alice: Client, shown: str, form: dict[str, str], gone: list[bytes], come: list[bytes]
) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, shown)
    response = page_of_alice.post(url, {**form, "was": was}, headers=hx())
    assert response.status_code == 200
    assert b"is-saved" in response.content
    lost, found = changed_lines(before, octets(ada))
    assert lost == gone
    assert [line.lower() for line in found] == [line.lower() for line in come]


@pytest.mark.parametrize(
    "shown",
    [
        "ada@example.org",
        "+49 30 1",
        "Main St 1 London N1 UK",
        "10 December 1815",
        "Engines Ltd, Research",
        "First line second line",
    ],
)
def test_saving_what_was_there_changes_nothing(ada: Contact, page_of_alice: Client, shown: str) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, shown)
    html = page_of_alice.get(f"{url}?edit=1&was={was}", headers=hx()).content.decode()
    fields = dict(re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]*? value="([^"]*)"', html))
    fields |= dict(re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', html))
    assert page_of_alice.post(url, {**fields, "was": was}, headers=hx()).status_code == 200
    assert octets(ada) == before
    assert Change.objects.filter(subject=ada.pk).count() == 1


@pytest.mark.parametrize(
    ("shown", "typed", "reason"),
    [
        ("ada@example.org", "ada.example.org", "This is no e-mail address"),
        ("+49 30 1", "secret", "at least one digit"),
        ("10 December 1815", "31.2.1990", "The calendar has no such day."),
        ("ada@example.org", f"{'a' * 2500}@example.org", "This e-mail address is too long: at most 320 characters."),
        ("10 December 1815", "Christmas", "This is no date"),
    ],
)
def test_what_cannot_be_saved_stays_typed_with_the_reason(
    ada: Contact, page_of_alice: Client, shown: str, typed: str, reason: str
) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, shown)
    for headers in (hx(), {}):
        response = page_of_alice.post(url, {"value": typed, "was": was}, headers=headers)
        assert response.status_code == 422
        assert reason in text_of(response.content)
        assert f'value="{typed}"' in response.content.decode()
    assert octets(ada) == before


def test_an_emptied_value_is_taken_off_the_card(ada: Contact, page_of_alice: Client) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, "+49 30 1")
    page_of_alice.post(url, {"value": " ", "label": "Direct", "was": was}, headers=hx())
    assert changed_lines(before, octets(ada)) == ([b"item1.TEL:+49 30 1", b"item1.X-ABLabel:Direct"], [])


def test_two_people_edit_different_facts_at_once(ada: Contact, alice: User, page_of_alice: Client) -> None:
    mail, was_mail = editor(page_of_alice, ada, "ada@home.example")
    title, was_title = editor(page_of_alice, ada, "Countess")
    first, was_first = editor(page_of_alice, ada, "ada@example.org")
    page_of_alice.post(f"{first}remove/", {"was": was_first}, headers=hx())  # every line below moves up
    assert (
        page_of_alice.post(mail, {"value": "ada@2.example", "label": "Home", "was": was_mail}, headers=hx()).status_code
        == 200
    )
    assert page_of_alice.post(title, {"value": "Lady", "was": was_title}, headers=hx()).status_code == 200
    card = octets(ada)
    assert b"EMAIL;TYPE=HOME:ada@2.example" in card
    assert b"TITLE:Lady" in card
    assert b"ada@example.org" not in card
    assert b"BDAY:1815-12-10" in card


def test_who_is_slower_picks_between_both_values(
    ada: Contact, alice: User, bob: User, as_user: AsUser, page_of_alice: Client
) -> None:
    space_of(alice).memberships.create(user=bob, role=Role.EDITOR)
    of_bob = as_user(bob)
    url, was = editor(page_of_alice, ada, "Countess")
    of_bob.post(url, {"value": "Baroness", "was": was}, headers=hx())
    for headers in (hx(), {}):
        refused = page_of_alice.post(url, {"value": "Duchess", "was": was}, headers=headers)
        assert refused.status_code == 409
        text = text_of(refused.content)
        assert "bob changed this while you were typing" in text
        assert "Baroness" in text
        assert "Duchess" in text
    assert b"TITLE:Baroness" in octets(ada)
    now = re.search(r'name="was" value="(TITLE-[^"]+)"', refused.content.decode())
    assert now is not None
    kept = page_of_alice.post(url, {"value": "Duchess", "was": now[1], "pick": "theirs"}, headers=hx())
    assert "Baroness" in text_of(kept.content)
    assert b"TITLE:Baroness" in octets(ada)
    page_of_alice.post(url, {"value": "Duchess", "was": now[1], "pick": "mine"}, headers=hx())
    assert b"TITLE:Duchess" in octets(ada)


def test_a_value_removed_meanwhile_is_offered_beside_the_one_typed(ada: Contact, page_of_alice: Client) -> None:
    url, was = editor(page_of_alice, ada, "ada@example.org")
    page_of_alice.post(f"{url}remove/", {"was": was}, headers=hx())  # the other address moves up to its line
    typed = {"value": "ada@3.example", "label": "Work", "was": was}
    for headers in (hx(), {}):
        refused = page_of_alice.post(url, typed, headers=headers)
        assert refused.status_code == 409
        assert "Which value shall stay? (removed) ada@3.example" in text_of(refused.content).replace(" @", "@")
    again = re.search(r'<form class="editing" method="post" action="([^"]+)"', refused.content.decode())
    assert again is not None
    before = octets(ada)
    page_of_alice.post(again[1], {**typed, "pick": "theirs"}, headers=hx())
    assert octets(ada) == before
    assert page_of_alice.post(again[1], {**typed, "pick": "mine"}, headers=hx()).status_code == 200
    assert changed_lines(before, octets(ada)) == ([], [b"EMAIL;TYPE=work:ada@3.example"])


@pytest.mark.parametrize(
    ("name", "form", "line"),
    [
        ("EMAIL", {"value": "new@example.org", "label": "Work"}, b"EMAIL;TYPE=work:new@example.org"),
        ("TEL", {"value": "+44 1", "label": "Mobile"}, b"TEL;TYPE=cell:+44 1"),
        ("URL", {"value": "https://ada.example", "label": ""}, b"URL:https://ada.example"),
        ("ADR", {"street": "A, B", "city": "Kiel", "label": "Home"}, rb"ADR;TYPE=home:;;A\, B;Kiel;;;"),
        ("NOTE", {"value": "New"}, b"NOTE:New"),
        ("RELATED", {"value": "Byron", "label": "Parent"}, b"X-ABRELATEDNAMES:Byron"),
        ("X-ABDATE", {"value": "8 July 1835", "label": "Wedding"}, b"X-ABDATE:1835-07-08"),
    ],
)
def test_a_fact_is_added(ada: Contact, page_of_alice: Client, name: str, form: dict[str, str], line: bytes) -> None:
    before = octets(ada)
    url = f"/contacts/{ada.pk}/facts/new/{name}/"
    assert b"data-editor" in page_of_alice.get(url, headers=hx()).content
    assert page_of_alice.post(url, form, headers=hx()).status_code == 200
    lost, found = changed_lines(before, octets(ada))
    assert lost == []
    assert any(line.lower() in written.lower() for written in found)


@pytest.mark.parametrize("name", ["UID", "N", "X-CUSTOM", "PHOTO", "BEGIN", "é"])
def test_nothing_else_can_be_added(ada: Contact, page_of_alice: Client, name: str) -> None:
    before = octets(ada)
    for headers in (hx(), {}):
        assert (
            page_of_alice.post(f"/contacts/{ada.pk}/facts/new/{name}/", {"value": "x"}, headers=headers).status_code
            == 404
        )
    assert octets(ada) == before


def test_the_name_takes_the_displayed_name_along(ada: Contact, page_of_alice: Client) -> None:
    url, was = editor(page_of_alice, ada, "Ada King")
    form = {"given": "Ada", "family": "Lovelace", "prefixes": "", "additional": "", "suffixes": "", "was": was}
    response = page_of_alice.post(url, form, headers=hx())
    assert "Ada Lovelace" in text_of(response.content)
    contact = Contact.objects.get(pk=ada.pk)
    assert contact.full_name == "Ada Lovelace"
    assert b"N:Lovelace;Ada;;;" in contact.content.data


def test_a_card_with_a_name_in_full_only_gets_its_parts_proposed(alice: User, page_of_alice: Client) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Dr. Ada von Lovelace"))
    before = octets(contact)
    url = f"/contacts/{contact.pk}/facts/name/"
    html = page_of_alice.get(f"{url}?edit=1", headers=hx()).content.decode()
    was = re.search(r'name="was" value="([^"]+)"', html)
    assert was is not None
    parts = dict(re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]*? value="([^"]*)"', html))
    assert parts == {"given": "Ada", "family": "von Lovelace", "prefixes": "Dr.", "additional": "", "suffixes": ""}
    page_of_alice.post(url, {**parts, "was": was[1]}, headers=hx())
    assert octets(contact) == before
    page_of_alice.post(url, {**parts, "family": "King", "was": was[1]}, headers=hx())
    assert b"N:King;Ada;;Dr.;" in octets(contact)
    assert b"FN:Dr. Ada King" in octets(contact)


def test_without_script_an_editor_opens_on_the_page_and_saving_leads_back(ada: Contact, page_of_alice: Client) -> None:
    url, was = editor(page_of_alice, ada, "Countess")
    ref = url.rstrip("/").rpartition("/")[2]
    page = page_of_alice.get(f"/contacts/{ada.pk}/?edit={ref}").content.decode()
    assert f'action="{url}"' in page
    assert page_of_alice.post(url, {"value": "Lady", "was": was})["Location"] == f"/contacts/{ada.pk}/"
    assert b"TITLE:Lady" in octets(ada)
    added = page_of_alice.get(f"/contacts/{ada.pk}/?add=EMAIL").content.decode()
    assert f'action="/contacts/{ada.pk}/facts/new/EMAIL/"' in added


def test_a_reader_sees_facts_without_editors_and_may_not_save(
    alice: User, bob: User, ada: Contact, as_user: AsUser
) -> None:
    space_of(alice).memberships.create(user=bob, role=Role.READER)
    client = as_user(bob)
    page = client.get(f"/contacts/{ada.pk}/?edit=first").content
    assert b"ada" in page
    assert b"data-editor" not in page
    assert b'class="edit" form' not in page
    before = octets(ada)
    for url in (
        "facts/3/",
        "facts/new/EMAIL/",
        "facts/3/remove/",
        "tags/",
        "owner/",
        "photo/",
        "delete/",
    ):
        response = client.post(f"/contacts/{ada.pk}/{url}", {"value": "x@y.example", "add": "x"})
        assert response.status_code == 403, url
        assert "somebody who reads and changes" in text_of(response.content)
    assert octets(ada) == before


def test_a_picture_is_stored_shown_and_removed(ada: Contact, page_of_alice: Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    url = f"/contacts/{ada.pk}/photo/"
    page_of_alice.post(url, {"photo": SimpleUploadedFile("ada.png", out.getvalue())})
    contact = Contact.objects.get(pk=ada.pk)
    photo = contact.card.first("PHOTO")
    assert photo is not None
    assert photo.binary == (out.getvalue(), "image/png")
    shown = page_of_alice.get(url)
    assert shown["Content-Type"] == "image/webp"
    assert "private" in shown["Cache-Control"]
    assert f"{url}?v=" in page_of_alice.get("/contacts/").content.decode()
    page_of_alice.post(url, {"remove": "1"})
    assert b"PHOTO" not in octets(ada)
    assert page_of_alice.get(url).status_code == 404


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"]
)
def test_a_file_that_is_no_picture_is_refused(ada: Contact, page_of_alice: Client, data: bytes) -> None:
    before = octets(ada)
    page_of_alice.post(f"/contacts/{ada.pk}/photo/", {"photo": SimpleUploadedFile("a.png", data)})
    text = text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    assert "Choose a picture first." in text or "no picture that can be read" in text
    assert octets(ada) == before


def test_a_link_that_would_run_script_is_no_link(alice: User, page_of_alice: Client) -> None:
    hostile = (
        "URL:javascript:alert(1)",
        "URL:data:text/html,x",
        "EMAIL:<script>alert(1)</script>@x.example",
        "NOTE:<img src=x onerror=alert(1)>",
    )
    contact = hand_of(alice).contact(space_of(alice), a_card("<b>Bold</b>", *hostile))
    html = page_of_alice.get(f"/contacts/{contact.pk}/?edit=first").content.decode()
    html += page_of_alice.get(f"/contacts/?peek={contact.pk}").content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b>Bold" not in html
    assert not re.search(r'href="(javascript|data):', html)


def test_an_owner_must_see_the_contact(alice: User, bob: User, mallory: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand_of(alice).contact(sales)
    client = as_user(alice)
    client.post(f"/contacts/{contact.pk}/owner/", {"owner": "bob"})
    assert Contact.objects.get().owner == bob
    for name in ("mallory", "nobody"):
        client.post(f"/contacts/{contact.pk}/owner/", {"owner": name})
        assert Contact.objects.get().owner == bob
    client.post(f"/contacts/{contact.pk}/owner/", {"owner": ""})
    assert Contact.objects.get().owner is None


def test_who_may_look_after_a_contact_is_asked_for_when_the_menu_opens_or_on_a_page(
    alice: User, bob: User, mallory: User, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    url = f"/contacts/{hand_of(alice).contact(sales).pk}/"
    client = as_user(alice)
    client.post(f"{url}owner/", {"owner": "bob"})
    for answer in (client.get(f"{url}owner/", headers=hx()), client.get(f"{url}owner/")):
        offered = re.findall(r'name="owner" value="(\w+)"', answer.content.decode())
        assert offered == ["alice", "bob"]
    assert 'value="bob"' not in client.get(url).content.decode()


def test_beside_an_organisation_of_many_stand_the_first_and_a_way_to_all(alice: User, page_of_alice: Client) -> None:
    hand, space = hand_of(alice), space_of(alice)
    yard = hand.contact(space, a_card('The "Yard"', "X-ABShowAs:COMPANY", 'ORG:The "Yard"'))
    hand.many(space, [a_card(f"Person {n:02}", 'ORG:The "Yard"') for n in range(SHOWN + 2)])
    page = page_of_alice.get(f"/contacts/{yard.pk}/").content.decode()
    assert page.count("<b>Person ") == SHOWN
    [everybody] = re.findall(r'href="([^"]*)">All people of the organisation', page)
    listed = page_of_alice.get(f"{html.unescape(everybody)}&sort=-name").content.decode()
    assert f"Person {SHOWN + 1}" in listed


def test_tags_come_and_go(ada: Contact, page_of_alice: Client) -> None:
    part = page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"add": "Fair, 2026"}, headers=hx()).content
    assert "Fair, 2026" in text_of(part)
    page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"remove": "Board"})
    assert rb"CATEGORIES:Fair\, 2026" in octets(ada)


def test_enter_in_the_field_for_tags_presses_no_button_that_removes_one(ada: Contact, page_of_alice: Client) -> None:
    html = page_of_alice.get(f"/contacts/{ada.pk}/").content.decode()
    forms = re.findall(r'<button form="([^"]+)" name="remove"', html)
    assert forms == ["untag-form"]
    assert re.search(r'<form[^>]* id="tags-form"[^>]*>', html)


def test_a_tag_takes_the_spelling_that_the_space_has(ada: Contact, page_of_alice: Client) -> None:
    page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"add": "BOARD"})
    assert b"CATEGORIES:Board\r\n" in octets(ada)


def test_the_card_is_downloaded_as_it_is_stored(ada: Contact, page_of_alice: Client) -> None:
    response = page_of_alice.get(f"/contacts/{ada.pk}/card/")
    assert response.content == octets(ada)
    assert 'filename="Ada King.vcf"' in response["Content-Disposition"]


def test_deleting_leads_to_the_list_and_back(ada: Contact, page_of_alice: Client) -> None:
    assert page_of_alice.post(f"/contacts/{ada.pk}/delete/")["Location"] == "/contacts/"
    assert page_of_alice.get(f"/contacts/{ada.pk}/").status_code == 404
    page_of_alice.post(f"/activity/{Batch.objects.get(act=Batch.Act.DELETE).pk}/undo/")
    assert page_of_alice.get(f"/contacts/{ada.pk}/").status_code == 200


def test_history_shows_and_restores_an_earlier_version(ada: Contact, alice: User, page_of_alice: Client) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, "Countess")
    page_of_alice.post(url, {"value": "Lady", "was": was})
    first = Change.objects.filter(subject=ada.pk).order_by("pk")[0]
    page = text_of(page_of_alice.get(f"/contacts/{ada.pk}/history/?version={first.pk}").content)
    assert "Countess" in page
    assert "What differs from now" in page
    page_of_alice.post(f"/contacts/{ada.pk}/history/{first.pk}/restore/")
    assert octets(ada) == before
    assert page_of_alice.get(f"/contacts/{ada.pk}/history/?version=999999").status_code == 404


def test_the_timeline_tells_who_changed_what(ada: Contact, alice: User, page_of_alice: Client) -> None:
    url, was = editor(page_of_alice, ada, "Countess")
    page_of_alice.post(url, {"value": "Lady", "was": was})
    text = text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    assert "changed alice" in text
    assert "Job title: Countess → Lady" in text


def test_the_timeline_says_what_was_added_and_what_removed(ada: Contact, page_of_alice: Client) -> None:
    page_of_alice.post(f"/contacts/{ada.pk}/facts/new/EMAIL/", {"value": "new@example.org"})
    assert "added alice" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    url, was = editor(page_of_alice, ada, "Countess")
    page_of_alice.post(f"{url}remove/", {"was": was})
    assert "removed alice" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)


def test_a_birthday_in_the_timeline_has_no_age(alice: User, page_of_alice: Client) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", "BDAY:1978-12-08"))
    html = page_of_alice.get(f"/contacts/{contact.pk}/").content.decode()
    [shown] = re.findall(r"8 December 1978, (?:turns \d+ this year|\d+ years old)", html)
    url, was = editor(page_of_alice, contact, shown)
    page_of_alice.post(url, {"value": "9.12.1978", "was": was})
    assert "Birthday: 8 December 1978 → 9 December 1978" in text_of(
        page_of_alice.get(f"/contacts/{contact.pk}/").content
    )


def test_versions_name_the_fact_that_changed_and_say_then_and_now(ada: Contact, page_of_alice: Client) -> None:
    url, was = editor(page_of_alice, ada, "Countess")
    page_of_alice.post(url, {"value": "Lady", "was": was})
    first = Change.objects.filter(subject=ada.pk).order_by("pk")[0]
    text = text_of(page_of_alice.get(f"/contacts/{ada.pk}/history/?version={first.pk}").content)
    assert "Job title changed" in text
    assert "At that time: Countess Now: Lady" in text


def test_one_edit_is_undone_from_the_timeline(ada: Contact, page_of_alice: Client) -> None:
    before = octets(ada)
    url, was = editor(page_of_alice, ada, "Countess")
    page_of_alice.post(url, {"value": "Lady", "was": was})
    undo = re.search(r'action="(/activity/\d+/undo/)"', page_of_alice.get(f"/contacts/{ada.pk}/").content.decode())
    assert undo is not None
    page_of_alice.post(undo[1], {"next": f"/contacts/{ada.pk}/"})
    assert octets(ada) == before


def test_relations_lead_both_ways(alice: User, page_of_alice: Client) -> None:
    hand, home = hand_of(alice, Door.WEB), space_of(alice)
    byron = hand.contact(home, a_card("George Byron", uid="byron", version="4.0"))
    ada = hand.contact(home, a_card("Ada King", "RELATED;TYPE=parent:urn:uuid:byron", version="4.0"))
    assert "George Byron Parent" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    assert "Ada King names this contact" in text_of(page_of_alice.get(f"/contacts/{byron.pk}/").content)


def test_an_organisation_lists_its_people(alice: User, page_of_alice: Client) -> None:
    hand, home = hand_of(alice), space_of(alice)
    yard = hand.contact(home, a_card("Yard", "ORG:Yard", "X-ABShowAs:COMPANY"))
    ada = hand.contact(home, a_card("Ada King", "ORG:Yard", "TITLE:Director"))
    assert "Ada King Director" in text_of(page_of_alice.get(f"/contacts/{yard.pk}/").content)
    assert f'href="/contacts/{yard.pk}/">Yard' in page_of_alice.get(f"/contacts/{ada.pk}/").content.decode()
    hand.store(home, a_card("Shipyard", "X-ABShowAs:COMPANY", uid=yard.uid))
    html = page_of_alice.get(f"/contacts/{yard.pk}/").content.decode()
    assert "Cards of its people still call it “Yard”" in text_of(html)
    page_of_alice.post(f"/contacts/{yard.pk}/name-in-cards/")
    assert b"ORG:Shipyard" in Contact.objects.get(pk=ada.pk).content.data
    assert "still call it" not in text_of(page_of_alice.get(f"/contacts/{yard.pk}/").content)


def test_a_fact_is_put_in_order_by_steps_or_onto_another_with_undo(ada: Contact, page_of_alice: Client) -> None:
    def values() -> list[str]:
        card = Contact.objects.get(pk=ada.pk).card
        return [prop.text for prop in card.properties("EMAIL", "TEL")]

    before = octets(ada)
    url, was = editor(page_of_alice, ada, "ada@home.example")
    page_of_alice.post(f"{url}move/", {"was": was, "steps": "-1"})
    assert values() == ["ada@home.example", "ada@example.org", "+49 30 1"]
    _, onto = editor(page_of_alice, ada, "ada@home.example")
    url, was = editor(page_of_alice, ada, "+49 30 1")
    html = page_of_alice.post(f"{url}move/", {"was": was, "onto": onto}, headers=hx()).content.decode()
    assert values() == ["+49 30 1", "ada@home.example", "ada@example.org"]
    assert "is-saved" in html
    url, was = editor(page_of_alice, ada, "+49 30 1")
    page_of_alice.post(url, {"value": "+49 30 2", "label": "Direct", "was": was, "steps": "1"})  # from its editor
    assert values() == ["ada@home.example", "+49 30 2", "ada@example.org"]
    for batch in Batch.objects.order_by("-pk"):
        page_of_alice.post(f"/activity/{batch.pk}/undo/")
    assert sorted(octets(ada).splitlines()) == sorted(before.splitlines())


def test_a_record_is_shown_as_it_was_on_a_day(alice: User, page_of_alice: Client) -> None:
    with time_machine.travel("2026-03-01T12:00Z"):
        ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:first@example.org", uid="ada"))
    with time_machine.travel("2026-03-05T12:00Z"):
        card = a_card("Ada King", "EMAIL:second@example.org", uid="ada")
        hand_of(alice).store(space_of(alice), card, href=ada.href)
    url = f"/contacts/{ada.pk}/history/?at="
    shown = {
        day: text_of(page_of_alice.get(f"{url}{day}").content) for day in ("2026-02-28", "2026-03-04", "2026-03-05")
    }
    assert "not there yet" in shown["2026-02-28"]
    assert "The card at the end of Wed 4 March 2026" in shown["2026-03-04"]
    assert "first@example.org" in shown["2026-03-04"]
    assert "Restore this version" in shown["2026-03-04"]
    assert "Restore this version" not in shown["2026-03-05"]
    assert page_of_alice.get(f"{url}never").status_code == 200


def test_a_qr_code_holds_what_one_calls_and_writes_to_and_leaves_out_what_is_too_much(
    alice: User, page_of_alice: Client
) -> None:
    hand = hand_of(alice)
    small = hand.contact(space_of(alice), a_card("Ada King", "TEL:+49 30 1"))
    large = hand.contact(space_of(alice), a_card("X" * 5000, *(f"EMAIL:a{n}@example.org" for n in range(90))))
    for contact, is_less in ((small, False), (large, True)):
        text = text_of(page_of_alice.get(f"/contacts/{contact.pk}/code/").content)
        assert ("no room for all" in text) is is_less
    assert sharing.pocket_card(small)[0].octets == small.content.data.replace(
        b"UID:" + small.uid.encode() + b"\r\n", b""
    )
