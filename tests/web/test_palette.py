"""The command palette, and notes among what is found."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal.models import Door
from farley.lists import saving
from tests.cast import a_card, hand_of, space_of, team
from tests.conversations.writing import note
from tests.web.reading import hx, text_of

AsUser = Callable[[User], Client]


def told(client: Client, query: str) -> list[str]:
    """What each line of the palette says."""
    html = client.get(f"/palette/?{query}", headers=hx("palette-options")).content.decode()
    return [text_of(line) for line in re.findall(r"<a class=\"po\".*?</a>", html, re.DOTALL)]


def test_it_finds_people_notes_views_tags_pages_and_commands(alice: User, page_of_alice: Client) -> None:
    space = space_of(alice)
    contact = hand_of(alice).contact(space, a_card("Ada Teapot", "TITLE:Countess", "CATEGORIES:Tea party"))
    note(alice, "Likes **tea**", contact)
    how = {"by": alice.actor, "door": Door.WEB}
    saving.save_view("contacts", title="Tea drinkers", query="q=tea", space=None, **how)  # type: ignore[arg-type]
    assert told(page_of_alice, "q=tea") == [
        "AT Ada Teapot · Countess",
        "Likes tea · Ada Teapot",
        "Tea party",
        "Tea drinkers",
        "Spaces and teams",
        "Search everything for “tea”",
    ]
    assert told(page_of_alice, "q=@tea") == ["AT Ada Teapot · Countess"]
    assert told(page_of_alice, "q=%23tea") == ["Tea party"]
    assert told(page_of_alice, "q=>contact") == [
        *("New contact N", "New contact out of text", "Import contacts", "Export contacts"),
    ]
    assert "Today" in told(page_of_alice, "q=")
    assert told(page_of_alice, f"q=&recent=5000,x,{contact.pk}")[0] == "AT Ada Teapot · Countess"


def test_of_one_contact_it_tells_what_can_be_done(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    contact = hand_of(alice).contact(sales, a_card("Ada", "EMAIL:ada@example.org"))
    assert told(as_user(alice), f"of={contact.pk}") == [
        *("Open", "Write a note O", "Log a call L", "Edit E", "ada@example.org", "Versions"),
    ]
    assert told(as_user(bob), f"of={contact.pk}") == ["Open", "ada@example.org", "Versions"]


def test_notes_are_found_by_search_and_by_nobody_who_does_not_see_them(
    alice: User, bob: User, mallory: User, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    contact = hand_of(alice).contact(sales, a_card("Ada"))
    note(alice, "a rare samovar", contact)
    for who, is_found in ((alice, True), (bob, True), (mallory, False)):
        client = as_user(who)
        for page in (client.get("/search/?q=samovar"), client.get("/search/?q=samovar", headers=hx("found"))):
            assert ("a rare samovar" in text_of(page.content)) is is_found
        assert any("samovar ·" in line for line in told(client, "q=samovar")) is is_found


def test_a_link_to_a_view_that_one_does_not_see_says_so(alice: User, bob: User, as_user: AsUser) -> None:
    how = {"by": alice.actor, "door": Door.WEB}
    view, _ = saving.save_view("contacts", title="Mine", query="q=x", space=None, **how)  # type: ignore[arg-type]
    address = f"/contacts/?view={view.pk}&q=x"
    assert "of a saved view that is not shared with you" in text_of(as_user(bob).get(address).content)
    own = as_user(alice).get(address).content.decode()
    assert "of a saved view that is not shared with you" not in text_of(own)
    assert 'data-key="1"' in own
