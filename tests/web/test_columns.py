"""The columns of the list: chosen, kept, in the address and in views."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.lists.models import View
from tests.cast import a_card, hand_of, space_of, team
from tests.web.conftest import Enter
from tests.web.reading import text_of
from tests.web.test_contacts import AsUser, names

KINDS = {
    "Staff": Field.Kind.NUMBER,
    "Since": Field.Kind.DATE,
    "Paid": Field.Kind.YES_NO,
    "Level": Field.Kind.CHOICE,
    "Motto": Field.Kind.TEXT,
}


def headings(content: bytes) -> list[str]:
    return re.findall(r'<th class="c-(?!sel)[^>]*>(?:<a[^>]*>)?([^<]*?) ?<', content.decode())


def cells(content: bytes, css: str) -> list[str]:
    return [text_of(cell.encode()) for cell in re.findall(rf'<td class="{css}"[^>]*>.*?</td>', content.decode())]


def ada_with_fields(alice: User) -> Contact:
    """In a space with a field of each kind, all of them filled in."""
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    home = space_of(alice)
    ada = hand_of(alice).contact(home, a_card("Ada King", "ADR:;;;Köln;;;", "TITLE:Countess"))
    made = {
        label: defining.define(Noun.CONTACT, home, label=label, kind=kind, choices=["Gold"], **by)
        for label, kind in KINDS.items()
    }
    given = {"Staff": 12345.5, "Since": "2020-02-03", "Paid": False, "Level": 1, "Motto": "a <b> & c"}
    operations.set_fields([ada], {made[label]: value for label, value in given.items()}, batch=None, **by)
    operations.follow_up([ada], dt.date(2026, 12, 31), batch=None, **by)
    return ada


def test_columns_are_shown_in_the_order_of_the_address_by_their_kind(alice: User, page_of_alice: Client) -> None:
    ada_with_fields(alice)
    alice.language = "de"
    alice.save()
    names = "own.alice.staff,city,own.alice.since,own.alice.paid,own.alice.level,own.alice.motto,follow-up,title,gone"
    page = page_of_alice.get(f"/contacts/?columns={names}").content
    assert headings(page) == ["Name", "Staff", "Ort", "Since", "Paid", "Level", "Motto", "Wiedervorlage", "Funktion"]
    assert cells(page, "c-num num") == ["12345,5"]
    assert cells(page, "c-day") == ["3. Feb 2020", "31. Dez 2026"]
    assert cells(page, "c-short") == ["nein"]
    assert cells(page, "c-text") == ["Köln", "Gold", "a <b> & c", "Countess"]
    assert "a &lt;b&gt; &amp; c" in page.decode()


def test_the_heading_of_an_own_field_sorts_by_it_both_ways(alice: User, page_of_alice: Client) -> None:
    ada_with_fields(alice)
    hand_of(alice).many(space_of(alice), [a_card("Bob Anders"), a_card("Cleo Zimt")])
    field = Field.objects.get(label="Staff")
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB, "batch": None}
    operations.set_fields([Contact.objects.get(full_name="Cleo Zimt")], {field: 9}, **by)
    page = page_of_alice.get("/contacts/?columns=own.alice.staff").content
    [heading] = re.findall(r'<th class="c-num num"[^>]*><a href="\?([^"]*)"', page.decode())
    assert heading == "columns=own.alice.staff&amp;sort=own.alice.staff"
    assert f'<a class="mi" href="?{heading}">' in page.decode(), "where there are no headings"
    page = page_of_alice.get("/contacts/?columns=own.alice.staff&sort=own.alice.staff").content
    assert names(page) == ["Cleo Zimt", "Ada King", "Bob Anders"]
    assert 'aria-sort="ascending"' in page.decode()
    assert '><a href="?columns=own.alice.staff&amp;sort=-own.alice.staff"' in page.decode()
    assert "Staff, the other way round" in text_of(page)
    assert names(page_of_alice.get("/contacts/?sort=-own.alice.staff").content) == [
        "Ada King",
        "Cleo Zimt",
        "Bob Anders",
    ]
    defining.remove(field, by=alice.actor, door=Door.WEB)
    assert names(page_of_alice.get("/contacts/?sort=own.alice.staff").content) == [
        "Ada King",
        "Bob Anders",
        "Cleo Zimt",
    ]


def test_what_a_list_does_not_show_is_not_asked_for(alice: User, page_of_alice: Client) -> None:
    ada_with_fields(alice)
    asked = {}
    for address in ("/contacts/", "/contacts/?columns=email", "/contacts/?columns=own.alice.staff,city"):
        with CaptureQueriesContext(connection) as captured:
            page_of_alice.get(address)
        asked[address] = [query["sql"] for query in captured]
    plain, few, more = asked.values()
    said = "".join(plain)
    for name in ("fields_field", "mine.own ", "mine.city"):
        assert name not in said, name
    assert "contacts_indexrow" in said
    assert "contacts_indexrow" not in "".join(few)
    assert len(more) == len(plain), "one for the fields, none for the tags"


def test_what_was_chosen_is_kept_for_who_chose_it_and_taken_back(
    alice: User, bob: User, page_of_alice: Client, as_user: AsUser
) -> None:
    hand_of(alice).contact(team("sales", alice=Role.EDITOR, bob=Role.READER), a_card("Ada King"))
    hand_of(alice).contact(space_of(alice), a_card("Grace Hopper"))
    usual = headings(page_of_alice.get("/contacts/").content)
    form = {"query": "sort=changed&after=x&columns=email", "column": ["city", "email", "city", "own.nobody.has"]}
    shown = page_of_alice.post("/contacts/columns/", form)
    assert shown["Location"] == "/contacts/?sort=changed&columns=city,email"
    assert headings(page_of_alice.get("/contacts/").content) == ["Name", "City", "E-mail"]
    assert headings(as_user(bob).get("/contacts/").content) == usual
    assert headings(page_of_alice.get("/contacts/?columns=phone").content) == ["Name", "Phone"]
    page_of_alice.post("/contacts/columns/", {"query": ""})
    assert headings(page_of_alice.get("/contacts/").content) == ["Name"]
    assert (
        page_of_alice.post("/contacts/columns/", {"act": "default", "query": "columns=city"})["Location"]
        == "/contacts/"
    )
    assert headings(page_of_alice.get("/contacts/").content) == usual


def test_a_view_has_the_columns_it_was_saved_with(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page_of_alice.post("/contacts/columns/", {"query": "", "column": ["city", "tag"]})
    sorted_too = page_of_alice.get("/contacts/?sort=changed").content.decode()
    [query] = set(re.findall(r'name="query" value="([^"]*)"', sorted_too))
    page_of_alice.post("/contacts/views/", {"title": "Mine", "query": query.replace("&amp;", "&")})
    view = View.objects.get()
    assert view.query == "columns=city%2Ctag&sort=changed"
    chosen = page_of_alice.post("/contacts/columns/", {"query": f"view={view.pk}&{view.query}", "column": ["phone"]})
    page = page_of_alice.get(chosen["Location"])
    assert headings(page.content) == ["Name", "Phone"]
    assert "Save the view" in text_of(page.content)
    assert headings(page_of_alice.get("/contacts/").content) == ["Name", "City", "Tags"], "the view's own columns"


def test_fields_of_a_space_are_shown_to_those_who_see_it_and_where_the_contact_lies_there(
    alice: User, bob: User, as_user: AsUser
) -> None:
    ada_with_fields(alice)
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    ada = Contact.objects.get()
    operations.move([ada], sales, by=alice.actor, door=Door.WEB, batch=None)
    page = as_user(alice).get("/contacts/?columns=own.alice.staff").content
    assert (headings(page), cells(page, "c-num num")) == (["Name", "Staff"], [""])
    assert headings(as_user(bob).get("/contacts/?columns=own.alice.staff").content) == ["Name"]
    assert "Staff" not in text_of(as_user(bob).get("/contacts/columns/").content)
    assert "Staff" in text_of(as_user(alice).get("/contacts/columns/").content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_columns_are_chosen_and_moved_by_keys_alone(enter: Enter, script: bool) -> None:
    page = enter(script=script)
    alice = User.objects.get(name="alice")
    hand_of(alice).contact(space_of(alice), a_card("Ada King", "ADR:;;;Köln;;;"))
    page.goto("/contacts/")
    page.press("[popovertarget=columns-menu]", "Enter")
    if script:
        page.wait_for_selector(".columns [value=org]:focus")
    else:
        page.press("#columns-menu a", "Enter")
    for name in ("email", "phone", "tag", "owner"):
        page.press(f".columns [value={name}]:checked", "Space")
    page.press("#up-changed", "Enter")
    page.wait_for_selector(".columns .mh + .column >> text=Changed")
    page.wait_for_selector("#up-changed:focus")
    page.press(".columns [value=city]", "Space")
    page.press(".columns [value=city]", "Enter")
    page.wait_for_selector("th.c-text >> text=City")
    assert page.locator("thead th").all_inner_texts()[1:] == ["Name", "Changed", "Organisation", "City"]


def test_a_width_is_kept_for_who_chose_it_until_it_is_taken_back(alice: User, bob: User, as_user: AsUser) -> None:
    hand_of(alice).contact(space_of(alice))
    mine = as_user(alice)

    def widened(column: str, width: str) -> None:
        answer = mine.post("/contacts/columns/", {"act": "width", "column": column, "width": width})
        assert answer.status_code == 204

    for column, width in (("email", "300"), ("org", "1"), ("name", "99999"), ("nonsense", "200")):
        widened(column, width)
    page = mine.get("/contacts/").content.decode()
    styles = re.findall(r'data-column="(\w+)"[^>]*style="--w:(\d+)"', page)
    assert styles == [("name", "1200"), ("org", "48"), ("email", "300")]
    assert 'style="--w' not in as_user(bob).get("/contacts/").content.decode()
    widened("email", "")
    assert 'data-column="email" data-edits>' in mine.get("/contacts/").content.decode()


def test_headings_are_moved_and_made_wider_by_keys_and_by_a_pointer(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).contact(space_of(alice))
    page.goto("/contacts/")

    def order() -> list[str]:
        return page.locator("th[data-column]").evaluate_all("all => all.map(each => each.dataset.column)")  # type: ignore[no-any-return]

    page.focus("[data-column=org] a")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url("**columns=email,org,phone**")
    page.wait_for_selector("[data-column=org] a:focus")
    before = page.locator("[data-column=org]").bounding_box()
    with page.expect_response("**/contacts/columns/"):
        page.keyboard.press("Shift+ArrowRight")
    page.reload()
    after = page.locator("[data-column=org]").bounding_box()
    assert before is not None
    assert after is not None
    assert round(after["width"]) == round(before["width"]) + 16
    page.drag_and_drop("[data-column=owner]", "[data-column=email]", target_position={"x": 4, "y": 8})
    page.wait_for_url("**columns=owner,email,org**")
    assert order() == ["name", "owner", "email", "org", "phone", "tag", "changed"]
