"""What happened, and taking it back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.jobs.worker import run_ready
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.web.contacts import bulk
from farley.web.timeline import activity
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]


def imported(user: User, *names: str) -> Batch:
    with one_batch(Batch.Act.IMPORT, by=user.actor, door=Door.IMPORT, title="people.vcf") as batch:
        hand_of(user).many(space_of(user), [a_card(name) for name in names], batch=batch)
    return batch


def test_it_lists_acts_and_single_changes(alice: User, page_of_alice: Client) -> None:
    batch = imported(alice, "Ada King", "Grace Hopper")
    text = text_of(page_of_alice.get("/activity/").content)
    assert "Import of people.vcf" in text
    assert "2 changes" in text
    assert "Ada King added alice" in text_of(page_of_alice.get("/activity/?view=changes").content)
    assert "Grace Hopper added" in text_of(page_of_alice.get(f"/activity/{batch.pk}/").content)


def test_single_changes_are_called_what_they_are(alice: User, page_of_alice: Client) -> None:
    team("sales", alice=Role.EDITOR)
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page_of_alice.post(f"/contacts/{ada.pk}/follow-up/", {"on": "2031-05-04"})
    assert "Ada King follow-up changed alice" in text_of(page_of_alice.get("/activity/?view=changes").content)
    assert "follow-up changed alice" in text_of(page_of_alice.get(f"/contacts/?peek={ada.pk}").content)
    page_of_alice.post(f"/contacts/{ada.pk}/owner/", {"owner": "alice"})
    assert "Ada King assigned alice" in text_of(page_of_alice.get("/activity/?view=changes").content)


def test_undo_lists_what_was_changed_since_and_leaves_it(alice: User, page_of_alice: Client) -> None:
    batch = imported(alice, "Ada King", "Grace Hopper")
    ada = Contact.objects.get(full_name="Ada King")
    page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"add": "Board"})
    text = text_of(page_of_alice.post(f"/activity/{batch.pk}/undo/").content)
    assert "1 contact was changed since and stays as it is now." in text
    assert "Ada King" in text
    assert list(Contact.objects.visible_to(alice.actor)) == [ada]


@pytest.mark.django_db(transaction=True)
def test_what_a_background_act_and_its_undoing_left_is_listed_with_the_reason(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(activity, "AT_ONCE", 1)
    sales = team("sales", alice=Role.EDITOR)
    ada, grace, hedy = (hand_of(alice).contact(space_of(alice), a_card(name)) for name in ("Ada", "Grace", "Hedy"))
    form = {"act": "move", "space": "sales", "ids": f"{ada.pk},{grace.pk},{hedy.pk}"}
    page = page_of_alice.post("/contacts/bulk/", form)["Location"]
    hand_of(alice).store(sales, a_card("Another Ada", uid=ada.uid))
    run_ready("long")
    text = text_of(page_of_alice.get(page).content)
    assert "1 contact was left as it is: Ada its UID belongs to another contact" in text
    grace.refresh_from_db()
    page_of_alice.post(f"/contacts/{grace.pk}/tags/", {"add": "Board"})
    page_of_alice.post(f"{page}undo/")
    run_ready("long")
    text = text_of(page_of_alice.get(page).content)
    assert "1 contact was changed since and stays as it is now. Grace changed by somebody else" in text
    assert Contact.objects.get(pk=hedy.pk).space == space_of(alice)


def test_nothing_is_undone_twice(alice: User, page_of_alice: Client) -> None:
    batch = imported(alice, "Ada King")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    assert "This was undone already" in text_of(page_of_alice.get("/activity/").content)
    assert not Contact.objects.visible_to(alice.actor).exists()


def test_acts_of_others_spaces_are_not_there(alice: User, mallory: User, as_user: AsUser) -> None:
    batch = imported(alice, "Ada King")
    client = as_user(mallory)
    assert "people.vcf" not in text_of(client.get("/activity/").content)
    assert "Ada King" not in text_of(client.get("/activity/?view=changes").content)
    assert client.get(f"/activity/{batch.pk}/").status_code == 404
    assert client.post(f"/activity/{batch.pk}/undo/").status_code == 404
    assert Contact.objects.visible_to(alice.actor).count() == 1


def test_a_reader_is_not_offered_undo_and_may_not(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    with one_batch(Batch.Act.IMPORT, by=alice.actor, door=Door.WEB, title="people.vcf") as batch:
        hand_of(alice).many(sales, [a_card()], batch=batch)
    client = as_user(bob)
    assert f"/activity/{batch.pk}/undo/" not in client.get("/activity/").content.decode()
    assert client.post(f"/activity/{batch.pk}/undo/").status_code == 403
    assert Contact.objects.visible_to(bob.actor).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_large_act_is_undone_in_the_background(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from farley.jobs.worker import run_ready

    monkeypatch.setattr(activity, "AT_ONCE", 1)
    batch = imported(alice, "Ada King", "Grace Hopper")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    assert Contact.objects.visible_to(alice.actor).count() == 2
    run_ready("long")
    assert not Contact.objects.visible_to(alice.actor).exists()


def test_undoing_a_new_contact_from_its_page_leads_to_the_list(page_of_alice: Client) -> None:
    url = page_of_alice.post("/contacts/quick/", {"line": "Ada King", "space": "alice"})["Location"]
    batch = Batch.objects.get()
    assert page_of_alice.post(f"/activity/{batch.pk}/undo/", {"next": url})["Location"] == "/contacts/"


def test_older_entries_are_a_page_away(alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "PAGE", 2)
    batch = imported(alice, *(f"Person {n}" for n in range(5)))
    for url in ("/activity/?view=changes", f"/activity/{batch.pk}/"):
        seen, address = [], url
        while address:
            page = page_of_alice.get(address).content.decode()
            seen.append(text_of(page).count("Person"))
            older = re.search(r'href="(\?[^"]*before=[^"]+)"', page)
            address = url.partition("?")[0] + older[1].replace("&amp;", "&") if older else ""
        assert seen == [2, 2, 1]


def test_an_undo_that_changes_nothing_says_so_and_can_be_tried_again(alice: User, page_of_alice: Client) -> None:
    batch = imported(alice, "Ada King")
    ada = Contact.objects.get(full_name="Ada King")
    hand_of(alice).store(space_of(alice), a_card("Ada Lovelace", uid=ada.uid))
    answer = page_of_alice.post(f"/activity/{batch.pk}/undo/", {"next": f"/contacts/{ada.pk}/"})
    assert answer["Location"] == f"/contacts/{ada.pk}/"
    assert "Not undone, because “Ada Lovelace” was changed since." in text_of(page_of_alice.get("/account/").content)
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE
    assert f'action="/activity/{batch.pk}/undo/"' in page_of_alice.get("/activity/").content.decode()


def test_the_list_of_acts_holds_neither_undoing_nor_single_clicks(alice: User, page_of_alice: Client) -> None:
    batch = imported(alice, "Ada King")
    ada = Contact.objects.get(full_name="Ada King")
    page_of_alice.post(f"/contacts/{ada.pk}/tags/", {"add": "Board"})
    tagging = Batch.objects.get(act=Batch.Act.TAG)
    page_of_alice.post(f"/activity/{tagging.pk}/undo/")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    page = page_of_alice.get("/activity/").content.decode()
    assert re.findall(r'href="/activity/(\d+)/"', page) == [str(batch.pk)]
    redo = re.search(r'action="(/activity/\d+/undo/)"', page_of_alice.get(f"/activity/{batch.pk}/").content.decode())
    assert redo is not None
    page_of_alice.post(redo[1])
    assert Contact.objects.visible_to(alice.actor).get() == ada


@pytest.mark.django_db(transaction=True)
def test_a_large_undo_shows_how_far_it_is(alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from farley.jobs.worker import run_ready

    monkeypatch.setattr(activity, "AT_ONCE", 1)
    batch = imported(alice, "Ada King", "Grace Hopper")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    going = page_of_alice.get(f"/activity/{batch.pk}/")
    assert "is being undone: 0 of 2" in text_of(going.content)
    assert f"/activity/{batch.pk}/undo/" not in going.content.decode()
    assert "HX-Refresh" not in page_of_alice.get(f"/activity/{batch.pk}/", headers={"HX-Request": "true"})
    run_ready("long")
    assert page_of_alice.get(f"/activity/{batch.pk}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "undone" in text_of(page_of_alice.get(f"/activity/{batch.pk}/").content)
