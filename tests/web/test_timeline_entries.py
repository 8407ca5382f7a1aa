"""Notes and calls on the page of a contact: written, changed, undone, with and without script."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.conversations.models import Call, Note
from farley.journal.models import Batch
from farley.web.timeline.markdown import drawn
from tests.cast import a_card, hand_of, space_of, team
from tests.conversations.writing import change, note
from tests.web.reading import hx, text_of


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", "TEL:+49 30 1234", uid="ada"))


def written(client: Client, contact: Contact, **form: str) -> str:
    """What the page says once this was sent without script."""
    return text_of(client.post(f"/contacts/{contact.pk}/timeline/add/", form, follow=True).content)


def test_a_note_stands_in_the_timeline_and_is_undone_by_its_message(ada: Contact, page_of_alice: Client) -> None:
    page = page_of_alice.post(
        f"/contacts/{ada.pk}/timeline/add/", {"kind": "note", "text": "Likes **tea**"}, follow=True
    )
    html = page.content.decode()
    assert "Likes <strong>tea</strong>" in html
    assert "Note saved" in html
    undo = re.search(r'action="(/activity/\d+/undo/)"', html)
    assert undo is not None
    after = page_of_alice.post(undo[1], {"next": f"/contacts/{ada.pk}/"}, follow=True)
    assert "Likes" not in text_of(after.content)


def test_a_call_tells_who_how_long_and_what_came_of_it(ada: Contact, page_of_alice: Client) -> None:
    html = page_of_alice.get(f"/contacts/{ada.pk}/?write=call").content.decode()
    assert '<option value="+49 30 1234">' in html
    form = {"kind": "call", "direction": "in", "outcome": "reached", "minutes": "6,5", "number": "+49 30 1234"}
    text = written(page_of_alice, ada, text="Wants version 3", at="2026-01-02T10:30", **form)
    assert "Call alice, incoming, +49 30 1234, 6 minutes, talked" in text
    assert "Wants version 3" in text
    call = Call.objects.get()
    assert (call.length_s, call.at) == (390, dt.datetime(2026, 1, 2, 9, 30, tzinfo=dt.UTC))
    ada.refresh_from_db()
    assert ada.last_contact_at == call.at


@pytest.mark.parametrize("is_htmx", [True, False])
def test_what_was_typed_stays_where_it_cannot_be_kept(ada: Contact, page_of_alice: Client, is_htmx: bool) -> None:
    ahead = f"{timezone.localtime() + dt.timedelta(days=2):%Y-%m-%dT%H:%M}"
    form = {"kind": "call", "text": "Long words", "at": ahead, "also": "Nobody"}
    headers = hx() if is_htmx else {}
    for wrong, said in ((form, "No contact of this space is called so"), (form | {"also": ""}, "is still to come")):
        response = page_of_alice.post(f"/contacts/{ada.pk}/timeline/add/", wrong, headers=headers)
        assert response.status_code == 422
        html = response.content.decode()
        assert said in html
        assert "Long words</textarea>" in html
        assert ("<html" in html) is not is_htmx
    assert not Call.objects.exists()


def test_htmx_gets_an_empty_composer_and_what_else_has_changed(ada: Contact, page_of_alice: Client) -> None:
    html = page_of_alice.post(
        f"/contacts/{ada.pk}/timeline/add/", {"kind": "note", "text": "Tea"}, headers=hx()
    ).content.decode()
    assert html.count("<form") >= 1
    assert "></textarea>" in html
    for part in ("timeline", "meta", "toasts"):
        assert re.search(rf'id="{part}"[^>]* hx-swap-oob', html), part


def test_an_entry_is_edited_and_both_texts_are_shown_where_somebody_was_faster(
    ada: Contact, alice: User, page_of_alice: Client
) -> None:
    other = hand_of(alice).contact(space_of(alice), a_card("Grace Hopper"))
    first = note(alice, "first", ada)
    url = f"/timeline/note/{first.pk}/"
    html = page_of_alice.get(f"{url}?edit=1").content.decode()
    [revision] = re.findall(r'name="revision" value="(\d+)"', html)
    change(alice, first, text="theirs")
    form = {"text": "mine", "revision": revision, "about": [ada.pk], "also": "Grace Hopper", "is_pinned": "1"}
    collided = page_of_alice.post(url, form)
    assert collided.status_code == 409
    assert "theirs" in text_of(collided.content)
    [newer] = re.findall(r'name="revision" value="(\d+)"', collided.content.decode())
    page = page_of_alice.post(url, form | {"revision": newer}, follow=True)
    assert "Note changed" in text_of(page.content)
    first.refresh_from_db()
    assert (first.text, first.is_pinned, first.contact_ids) == ("mine", True, [ada.pk, other.pk])
    assert "Also about Grace Hopper" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)


def test_deleting_and_pinning_are_undone_by_their_messages(ada: Contact, alice: User, page_of_alice: Client) -> None:
    first = note(alice, "first", ada)
    for act, is_pinned in (("pin", True), ("unpin", False), ("delete", False)):
        html = page_of_alice.post(f"/timeline/note/{first.pk}/", {"act": act, "contact": ada.pk}, headers=hx()).content
        assert b'id="timeline" hx-swap-oob' in html
        assert Note.objects.get().is_pinned is is_pinned
    assert b"first" not in html
    undo = Batch.objects.latest("pk")
    page_of_alice.post(f"/activity/{undo.pk}/undo/")
    assert "first" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)


def test_who_only_reads_sees_entries_and_no_way_to_change_them(
    bob: User, alice: User, as_user: Callable[[User], Client]
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    contact = hand_of(alice).contact(sales, a_card("Linus"))
    first = note(alice, "to be read", contact)
    html = as_user(bob).get(f"/contacts/{contact.pk}/").content.decode()
    assert "to be read" in html
    assert 'class="composer"' not in html
    assert "?edit=1" not in html
    assert as_user(bob).get(f"/timeline/note/{first.pk}/?edit=1").content.count(b"<textarea") == 0


def test_older_entries_follow_page_by_page(ada: Contact, alice: User, page_of_alice: Client) -> None:
    for n in range(40):
        note(alice, f"note number {n:02}", ada)
    first = page_of_alice.get(f"/contacts/{ada.pk}/?seg=timeline").content.decode()
    [more] = re.findall(r'hx-get="(/contacts/\d+/timeline/\?behind=[^"]+)"', first)
    second = page_of_alice.get(more.replace("&amp;", "&"), headers=hx()).content.decode()
    assert "<html" not in second
    told = re.findall(r"note number (\d\d)", first + second)
    assert told == [f"{n:02}" for n in range(39, -1, -1)]
    assert page_of_alice.get(more, follow=True).status_code == 200
    assert page_of_alice.get(f"/contacts/{ada.pk}/?behind=nonsense").status_code == 404


def test_an_undone_note_s_own_page_leads_away_from_nowhere(ada: Contact, page_of_alice: Client) -> None:
    page_of_alice.post(f"/contacts/{ada.pk}/timeline/add/", {"kind": "note", "text": "Tea"})
    undo, first = Batch.objects.latest("pk"), Note.objects.get()
    page = page_of_alice.post(f"/activity/{undo.pk}/undo/", {"next": f"/timeline/note/{first.pk}/"}, follow=True)
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        (
            "![x](https://spy.example/a.png)",
            '<p>!<a href="https://spy.example/a.png" rel="noopener noreferrer nofollow">x</a></p>',
        ),
        ("# Big", "<h4>Big</h4>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        (
            "a@b.de `@bob`",
            '<p><a href="mailto:a@b.de" rel="noopener noreferrer nofollow">a@b.de</a> <code>@bob</code></p>',
        ),
        ("@bob, hi", '<p><span class="mention" title="@bob">@Bob &lt;B&gt;</span>, hi</p>'),
        ("@eve", "<p>@eve</p>"),
        ("<b onclick=x>&amp;", "<p>&lt;b onclick=x&gt;&amp;</p>"),
    ],
)
def test_markdown_is_drawn_and_nothing_else(text: str, html: str) -> None:
    assert drawn(text, {"bob": User(name="bob", full_name="Bob <B>")}).strip() == html


def test_the_beginning_of_a_name_offers_those_who_see_the_space(
    alice: User, bob: User, mallory: User, page_of_alice: Client
) -> None:
    team("sales", alice=Role.EDITOR, bob=Role.READER)
    User.objects.filter(name="bob").update(full_name="Björn Öst")
    for typed, offered in (("b", True), ("öst", True), ("OST", True), ("rn", False), ("mallory", False), ("", True)):
        html = page_of_alice.get(f"/spaces/sales/mentions/?q={typed}", headers=hx()).content.decode()
        assert ('data-name="bob"' in html) is offered, typed
        assert "mallory" not in html
