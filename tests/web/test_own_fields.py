"""Own fields in the browser: defined on their page, changed on the record, found by the list."""

from __future__ import annotations

import datetime as dt
import re

from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.fields.models import Field
from farley.journal.models import Batch, Change
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of
from tests.web.test_contacts import AsUser, names


def test_a_field_is_defined_filled_in_found_and_deleted(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    record = f"/contacts/{ada.pk}/"
    assert 'id="own"' not in page_of_alice.get(record).content.decode()
    form = {"space": "alice", "label": "Level", "kind": "choice", "choices": "Gold\nSilver"}
    page_of_alice.post("/fields/", form)
    page_of_alice.post("/fields/", {"space": "alice", "label": "Since", "kind": "date"})
    level, since = Field.objects.order_by("pk")
    assert f'name="own-{level.pk}"' in page_of_alice.get(f"{record}?own=edit").content.decode()
    page_of_alice.post(f"{record}fields/", {f"own-{level.pk}": "2", f"own-{since.pk}": "2020-02-03"})
    text = text_of(page_of_alice.get(record).content)
    assert "Level Silver" in text
    assert "Feb. 3, 2020" in text
    assert "own fields changed" in text
    file = "/contacts/export/?download=1&space=alice"
    assert "X-FARLEY-FIELD" not in page_of_alice.get(file).getvalue().decode()
    assert "X-KIND=choice;X-LABEL=Level:Silver" in page_of_alice.get(f"{file}&own=1").getvalue().decode()
    assert names(page_of_alice.get("/contacts/?filter=own.alice.level is Silver").content) == ["Ada King"]
    refused = page_of_alice.post(f"{record}fields/", {f"own-{since.pk}": "soon", f"own-{level.pk}": "1"})
    assert (refused.status_code, "“Since” needs a day" in text_of(refused.content)) == (422, True)
    given_back = refused.content.decode()
    assert 'value="soon"' in given_back
    assert '<option value="1" selected>Gold' in given_back
    assert "Level Silver" in text_of(page_of_alice.get(record).content)  # nothing of it was kept
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert Contact.objects.get().own is None
    page_of_alice.post(
        f"/fields/{level.pk}/", {"label": "Class", "choice-1": "First", "choice-2": "", "choices": "Last"}
    )
    level.refresh_from_db()
    assert (level.label, level.options) == ("Class", [(1, "First"), (3, "Last")])
    page_of_alice.post(f"/fields/{level.pk}/", {"act": "remove"})
    assert "Class (deleted)" in text_of(page_of_alice.get("/fields/").content)
    assert "Class" not in text_of(page_of_alice.get(record).content)
    assert "own.alice.level no longer there" in text_of(
        page_of_alice.get("/contacts/?filter=own.alice.level is First").content
    )
    page_of_alice.post(f"/fields/{level.pk}/", {"act": "back"})
    assert "Class" in text_of(page_of_alice.get(record).content)


def test_what_was_typed_about_a_field_stays_in_the_form_when_it_is_refused(alice: User, page_of_alice: Client) -> None:
    level = {"space": "alice", "label": "Level", "kind": "choice", "choices": "Gold\nSilver"}
    for form in (level, {"space": "alice", "label": "Since", "kind": "date"}):
        page_of_alice.post("/fields/", form)
    choice, since = Field.objects.order_by("pk")
    for url, form in (
        ("/fields/", {"space": "alice", "label": "LEVEL", "kind": "choice", "choices": "Mine & yours"}),
        (f"/fields/{since.pk}/", {"label": "LEVEL"}),
        (f"/fields/{choice.pk}/", {"label": "Rank", "choice-1": "Mine & yours", "choice-2": "mine & yours"}),
    ):
        refused = page_of_alice.post(url, form)
        page = refused.content.decode()
        assert (refused.status_code, "There is one of this name already." in text_of(page)) == (422, True)
        assert page.count("<details open>") == 1
        assert all(str(each).replace("&", "&amp;") in page for name, each in form.items() if name != "space")
    assert '<option value="choice" selected>' in page_of_alice.post("/fields/", level).content.decode()
    assert [field.label for field in Field.objects.order_by("pk")] == ["Level", "Since"]


def test_a_form_changes_only_what_was_changed_in_it(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    record = f"/contacts/{ada.pk}/"
    for label, kind in (("Level", "choice"), ("Motto", "text"), ("Worth", "number")):
        page_of_alice.post("/fields/", {"space": "alice", "label": label, "kind": kind, "choices": "Gold\nSilver"})
    level, motto, worth = Field.objects.order_by("pk")
    page_of_alice.post(f"{record}fields/", {f"own-{level.pk}": "2", f"own-{motto.pk}": "one"})
    page_of_alice.post(f"/fields/{level.pk}/", {"choice-2": ""})
    page = page_of_alice.get(f"{record}?own=edit").content.decode()
    form = dict(re.findall(r'name="(was-\d+)" value="([^"]*)"', page))
    form |= {f"own-{level.pk}": "", f"own-{motto.pk}": "one"}  # as the browser shows them
    page_of_alice.post(f"{record}fields/", {f"own-{motto.pk}": "two"})  # somebody else, meanwhile
    page_of_alice.post(f"{record}fields/", {**form, f"own-{worth.pk}": "7"})
    assert Contact.objects.get().own == {str(level.pk): 2, str(motto.pk): "two", str(worth.pk): 7}


def test_the_timeline_says_what_own_fields_were_and_became(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page_of_alice.post("/fields/", {"space": "alice", "label": "Level", "kind": "choice", "choices": "Gold\nSilver"})
    page_of_alice.post("/fields/", {"space": "alice", "label": "Since", "kind": "date"})
    level, since = (f"own-{field.pk}" for field in Field.objects.order_by("pk"))
    for values in ({level: "2", since: "2020-02-03"}, {level: "1"}, {level: "", since: "2020-02-03"}):
        page_of_alice.post(f"/contacts/{ada.pk}/fields/", values)
    timeline = page_of_alice.get(f"/contacts/{ada.pk}/").content.decode().split('id="timeline"')[1]
    level_was, since_was = '<span class="soft">Level:</span>', '<span class="soft">Since:</span>'
    told = [
        f"{level_was} <del>Gold</del>",
        f"{level_was} <del>Silver</del> → <ins>Gold</ins>",
        f"{level_was} <ins>Silver</ins>",
        f"{since_was} <ins>Feb. 3, 2020</ins>",
    ]
    assert sorted(told, key=timeline.index) == told
    assert timeline.count(since_was) == 1


def test_an_earlier_version_brings_its_own_fields_back(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "NOTE:first"))
    record = f"/contacts/{ada.pk}/"
    for label in ("Motto", "Level"):
        page_of_alice.post("/fields/", {"space": "alice", "label": label, "kind": "text"})
    motto, level = (f"own-{field.pk}" for field in Field.objects.order_by("pk"))
    page_of_alice.post(f"{record}fields/", {motto: "in the beginning"})
    version = Change.objects.latest("pk").pk
    page_of_alice.post(f"{record}fields/", {motto: "later", level: "high"})
    hand_of(alice).store(ada.space, a_card("Ada Lovelace", uid=ada.uid), href=ada.href)
    page_of_alice.post(f"{record}fields/", {motto: "now"})
    before = Contact.objects.get()
    told = text_of(page_of_alice.get(f"{record}history/?version={version}").content)
    assert "Motto At that time: in the beginning Now: now" in told
    assert "Level At that time: (not there) Now: high" in told
    page_of_alice.post(f"{record}history/{version}/restore/")
    back = Contact.objects.get()
    assert (back.full_name, back.own) == ("Ada King", {motto.removeprefix("own-"): "in the beginning"})
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    undone = Contact.objects.get()
    assert (undone.etag, undone.own) == (before.etag, before.own)


def test_a_field_of_a_space_is_not_there_for_others(alice: User, bob: User, as_user: AsUser) -> None:
    team("sales", alice=Role.MANAGER)
    as_user(alice).post("/fields/", {"space": "sales", "label": "Quota", "kind": "number"})
    assert "Quota" in text_of(as_user(alice).get("/fields/").content)
    assert "Quota" not in text_of(as_user(bob).get("/fields/").content)
    page = text_of(as_user(bob).get("/contacts/?filter=own.sales.quota over 1").content)
    assert "This field does not exist here" in page


def test_a_follow_up_is_set_on_the_record(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page_of_alice.post(f"/contacts/{ada.pk}/follow-up/", {"on": "2026-12-31"})
    text = text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    assert "Follow-up Dec. 31, 2026" in text
    assert "follow-up changed" in text
    page_of_alice.post(f"/contacts/{ada.pk}/follow-up/", {"on": "31.12."})
    assert "“31.12.” is no day" in text_of(page_of_alice.get("/contacts/").content)
    assert Contact.objects.get().follow_up_on == dt.date(2026, 12, 31)
