"""Saved views of the list, and the form that puts a filter together."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal.models import Batch
from farley.lists.models import DefaultView, View
from farley.spaces.models import Membership
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of
from tests.web.test_contacts import AsUser, names


def test_a_view_is_saved_changed_and_deleted(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).many(space_of(alice), [a_card("Ada King", "ADR:;;;Köln;;;"), a_card("Grace Hopper")])
    saved = page_of_alice.post("/contacts/views/", {"title": "Köln", "query": "filter=city is Köln&after=x&peek=1"})
    page = page_of_alice.get(saved["Location"])
    view = View.objects.get()
    assert (view.query, names(page.content)) == ("filter=city+is+K%C3%B6ln", ["Ada King"])
    assert 'aria-current="page"' in page.content.decode().split("Köln</a>")[0].rsplit("<a", 1)[1]
    assert "Save the view" not in text_of(page.content)
    changed = page_of_alice.get(f"/contacts/?view={view.pk}&filter=city empty")
    assert "Save the view" in text_of(changed.content)
    page_of_alice.post(f"/contacts/views/{view.pk}/", {"query": "filter=city empty"})
    assert names(page_of_alice.get(f"/contacts/?view={view.pk}&filter=city empty").content) == ["Grace Hopper"]
    page_of_alice.post(f"/contacts/views/{view.pk}/", {"act": "first"})
    assert page_of_alice.get("/contacts/")["Location"] == f"/contacts/?view={view.pk}&filter=city+empty"
    page_of_alice.post(f"/contacts/views/{view.pk}/", {"act": "remove"})
    assert View.objects.exclude(deleted_at=None).exists()
    undo_newest(page_of_alice)
    assert page_of_alice.get("/contacts/").status_code == 302


def undo_newest(client: Client) -> str:
    """Press Undo on the newest message; returns what the page said."""
    page = client.get("/contacts/?view=all").content
    [*_, undo] = re.findall(r'action="(/activity/\d+/undo/)"', page.decode())
    assert client.post(undo).status_code == 302
    return text_of(page)


def test_everything_that_is_done_to_a_view_is_told_and_taken_back(alice: User, page_of_alice: Client) -> None:
    team("sales", alice=Role.EDITOR)
    page_of_alice.post("/contacts/views/", {"title": "Köln", "query": "sort=name"})
    view = View.objects.get()

    def state() -> tuple[object, ...]:
        now = View.objects.get()
        first = DefaultView.objects.filter(user=alice, view=view).exists()
        return now.title, now.query, now.space and now.space.name, now.deleted_at is None, first

    before = state()
    for form, after in (
        ({"act": "rename", "title": "Cologne"}, ("Cologne", *before[1:])),
        ({"query": "sort=changed"}, (before[0], "sort=changed", *before[2:])),
        ({"act": "share", "space": "sales"}, (*before[:2], "sales", *before[3:])),
        ({"act": "first"}, (*before[:4], True)),
        ({"act": "remove"}, (*before[:3], False, False)),
    ):
        page_of_alice.post(f"/contacts/views/{view.pk}/", form)
        assert state() == after
        said = undo_newest(page_of_alice)
        assert form.get("act") != "share" or "“Köln” is shared with Sales now" in said
        assert state() == before
        page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
        assert state() == after, "the undoing undone"
        page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    told = text_of(page_of_alice.get("/activity/?view=changes").content)
    for word in ("saved", "called otherwise", "shared otherwise", "deleted", "brought back", "begins with"):
        assert word in told
    page_of_alice.post(f"/contacts/views/{view.pk}/", {"query": "sort=city"})
    page_of_alice.post(f"/activity/{Batch.objects.earliest('pk').pk}/undo/")
    assert View.objects.get().deleted_at is None, "it was changed since"


def test_tabs_stand_where_somebody_put_them_and_in_the_navigation(
    alice: User, bob: User, page_of_alice: Client, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    for title, space in (("Apples", ""), ("Berries", sales.name), ("Cherries", "")):
        page_of_alice.post("/contacts/views/", {"title": title, "query": f"q={title}", "space": space})

    def done(title: str, act: str) -> str:
        view = View.objects.get(title=title)
        return page_of_alice.post(f"/contacts/views/{view.pk}/", {"act": act}, follow=True).content.decode()

    def shown(page: str) -> list[str]:
        found = re.findall(r'class="ftab" href="[^"]*view=\d+[^>]*>(?:<i [^>]*></i>)?(\w+)</a>', page)
        return [str(title) for title in found]

    assert shown(page_of_alice.get("/contacts/").content.decode()) == ["Apples", "Berries", "Cherries"]
    assert shown(done("Cherries", "earlier")) == ["Apples", "Cherries", "Berries"]
    assert shown(done("Apples", "later")) == ["Cherries", "Apples", "Berries"]
    assert "Move the tab forward" not in done("Cherries", "earlier")
    done("Berries", "pin")
    done("Apples", "pin")
    navigation = page_of_alice.get("/today/").content.decode().partition("</nav>")[0]
    assert navigation.index("Apples") < navigation.index("Sales") < navigation.index("Berries")
    done("Berries", "unpin")
    assert "Berries" not in page_of_alice.get("/today/").content.decode().partition("</nav>")[0]
    bobs = as_user(bob).get("/contacts/").content.decode()
    assert shown(bobs) == ["Berries"]
    done("Apples", "remove")
    assert "Apples" not in page_of_alice.get("/contacts/new/").content.decode().partition("</nav>")[0]


def test_a_private_view_is_told_of_to_its_owner_alone(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.MANAGER)
    hand_of(alice).contact(sales, a_card("Ada King", "CATEGORIES:Press"))
    form = {"title": "Zyxview", "query": "tag=Press&space=sales"}
    as_user(alice).post("/contacts/views/", form)
    as_user(bob).post("/spaces/sales/tags/change/", {"tag": "Press", "rename": "Media"})
    view = View.objects.get()
    assert view.query == "space=sales&tag=Media"
    told = text_of(as_user(bob).get("/activity/?view=changes").content)
    assert ("Zyxview" in told, "Somebody’s own view" in told) == (False, True)
    assert "Zyxview" in text_of(as_user(alice).get("/activity/?view=changes").content)
    as_user(bob).post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert View.objects.get().query == "space=sales&tag=Press"
    assert as_user(bob).post(f"/contacts/views/{view.pk}/", {"act": "rename", "title": "x"}).status_code == 404


def test_what_one_did_to_a_shared_view_is_not_taken_back_in_one_that_is_private_by_now(
    alice: User, bob: User, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    view = View.objects.create(list="contacts", owner=alice, space=sales, title="Köln", query="sort=name")
    as_user(bob).post(f"/contacts/views/{view.pk}/", {"act": "rename", "title": "Cologne"})
    renamed = Batch.objects.latest("pk").pk
    as_user(alice).post(f"/contacts/views/{view.pk}/", {"act": "share", "space": ""})
    as_user(bob).post(f"/activity/{renamed}/undo/")
    view.refresh_from_db()
    assert (view.space, view.title) == (None, "Cologne")


def test_a_view_of_somebody_who_left_is_taken_over(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    where = as_user(alice).post("/contacts/views/", {"title": "Ours", "query": "", "space": "sales"})["Location"]
    view = View.objects.get()
    page = as_user(bob)
    change = f"/contacts/views/{view.pk}/"
    assert "Take it over" not in text_of(page.get(where).content)
    page.post(change, {"act": "take-over"})
    assert View.objects.get().owner == alice
    page.post(change, {"act": "rename", "title": "Theirs"})
    undo_newest(page)
    assert (View.objects.get().title, View.objects.get().owner) == ("Ours", alice)
    Membership.objects.filter(space=sales, user=alice).delete()
    assert "Take it over" in text_of(page.get(where).content)
    assert page.post(change, {"act": "share", "space": ""}).status_code == 403
    page.post(change, {"act": "take-over"})
    assert View.objects.get().owner == bob
    undo_newest(page)
    assert View.objects.get().owner == alice
    page.post(change, {"act": "take-over"})
    page.post(change, {"act": "rename", "title": "Theirs"})
    undo_newest(page)
    assert View.objects.get().title == "Ours"
    page.post(change, {"act": "share", "space": ""})
    assert (View.objects.get().space, View.objects.get().owner) == (None, bob)


def test_a_shared_view_shows_each_reader_what_they_may_see(
    alice: User, bob: User, mallory: User, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    hand_of(alice).contact(sales, a_card("Ada King"))
    hand_of(alice).contact(space_of(alice), a_card("Zoe Private"))
    form = {"title": "Everybody", "query": "sort=changed", "space": "sales"}
    where = as_user(alice).post("/contacts/views/", form)["Location"]
    assert names(as_user(alice).get(where).content) == ["Zoe Private", "Ada King"]
    assert names(as_user(bob).get(where).content) == ["Ada King"]
    assert "Everybody" in text_of(as_user(bob).get("/contacts/").content)
    assert "Everybody" not in text_of(as_user(mallory).get("/contacts/").content)
    view = View.objects.get()
    assert as_user(bob).post(f"/contacts/views/{view.pk}/", {"act": "remove"}).status_code == 403
    assert as_user(mallory).post(f"/contacts/views/{view.pk}/", {"act": "remove"}).status_code == 404
    alice.delete()  # whoever made it has left
    assert names(as_user(bob).get(where).content) == ["Ada King"]


def test_a_shared_view_of_what_its_reader_does_not_see_says_so(alice: User, bob: User, as_user: AsUser) -> None:
    sales, secret = team("sales", alice=Role.EDITOR, bob=Role.READER), team("secret", alice=Role.EDITOR)
    hand_of(alice).contact(sales, a_card("Ada King"))
    group = hand_of(alice).contact(secret, a_card("Zoe's Friends", "KIND:group", version="4.0"))
    for query in ("space=secret", f"group={group.pk}", "space=never&sort=changed"):
        form = {"title": "Ours", "query": query, "space": "sales"}
        where = as_user(alice).post("/contacts/views/", form)["Location"]
        page = as_user(bob).get(where)
        assert page.status_code == 200
        assert names(page.content) == []
        said = text_of(page.content)
        assert "This view is of a space or group that you do not see" in said
        assert "Secret" not in said
        assert "Zoe" not in said
        assert as_user(bob).get(f"/contacts/?{query}").status_code == 404


@pytest.mark.parametrize("title", ["", "a\0b", "x" * 101])
def test_a_view_without_a_usable_name_is_refused(page_of_alice: Client, title: str) -> None:
    page_of_alice.post("/contacts/views/", {"title": title, "query": "sort=name"})
    assert not View.objects.exists()


def test_the_form_adds_conditions(alice: User, page_of_alice: Client) -> None:
    page = page_of_alice.get("/contacts/filter/?sort=name").content.decode()
    assert '<option value="city">City</option>' in page
    asked = {"sort": "name", "field": "city", "operator": "in", "value": "Köln, Bad Nauheim"}
    first = page_of_alice.get("/contacts/filter/", asked)["Location"]
    assert first == "/contacts/?sort=name&filter=city+in+(K%C3%B6ln,+%22Bad+Nauheim%22)"
    second = {"filter": "city is Köln", "field": "tag", "operator": "empty", "join": "any"}
    both = page_of_alice.get("/contacts/filter/", second)["Location"]
    assert both == "/contacts/?filter=city+is+K%C3%B6ln+or+tag+empty"
    broken = page_of_alice.get("/contacts/filter/", {"filter": "city is", "field": "tag", "operator": "empty"})
    assert "A value is missing." in text_of(broken.content)


FILTER = "city is Ely and (tag is a or tag is b)"


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ({"at": "0.0", "field": "city", "operator": "is", "value": "York"}, "city is York and (tag is a or tag is b)"),
        ({"at": "1.1", "field": "org", "operator": "empty"}, "city is Ely and (tag is a or org empty)"),
        (
            {"at": "0.1", "field": "tag", "operator": "is", "value": "c"},
            "(city is Ely or tag is c) and (tag is a or tag is b)",
        ),
        (
            {"at": "1.2", "field": "tag", "operator": "is", "value": "c"},
            "city is Ely and (tag is a or tag is b or tag is c)",
        ),
        (
            {"at": "9.9", "field": "tag", "operator": "is", "value": "c"},
            "city is Ely and (tag is a or tag is b) and tag is c",
        ),
        ({"at": "1.0", "remove": "1"}, "city is Ely and tag is b"),
        ({"at": "0.0", "remove": "1", "field": "city", "value": "Ely"}, "tag is a or tag is b"),
        ({"at": "1", "remove": "1"}, "city is Ely"),
        ({"words": " tag is x  or tag is y "}, "tag is x or tag is y"),
        ({"words": ""}, ""),
    ],
)
def test_each_part_of_a_filter_is_changed_by_itself(
    page_of_alice: Client, asked: dict[str, str], leads_to: str
) -> None:
    answer = page_of_alice.get("/contacts/filter/", {"sort": "city", "filter": FILTER, **asked})
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query == {"sort": ["city"], **({"filter": [leads_to]} if leads_to else {})}


def test_chips_lead_to_the_forms_of_their_conditions(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(space_of(alice))
    page = page_of_alice.get("/contacts/", {"filter": FILTER}).content.decode()
    forms = [unescape(url) for url in re.findall(r'<a class="said" href="([^"]+)"', page)]
    assert [parse_qs(urlsplit(url).query)["at"] for url in forms] == [["0.0"], ["1.0"], ["1.1"]]
    held = page_of_alice.get(forms[2]).content.decode()
    assert '<option value="tag" selected>' in held
    assert 'name="value" value="b"' in held
    assert "Remove the condition" in held
    more = [unescape(url) for url in re.findall(r'<a class="or" href="([^"]+)"', page)]
    assert "Add the alternative" in page_of_alice.get(more[1]).content.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"filter": "city is"}, "A value is missing."),
        ({"words": "city is a shoe is 43"}, "Between two conditions"),
        ({"words": "shoe is 43"}, "This field does not exist here"),
        ({"filter": "shoe is 43", "at": "0.0"}, "Change the condition"),
        ({"filter": "city is", "at": "0.0"}, "A value is missing."),
        ({"filter": "(a is b or (c is d and e is f)) and g is h", "at": "0.1"}, "Change the condition"),
    ],
)
def test_a_wrong_filter_is_mended_where_it_is_told(page_of_alice: Client, query: dict[str, str], said: str) -> None:
    page = page_of_alice.get("/contacts/filter/", query)
    assert page.status_code == 200
    assert said in text_of(page.content)
    assert escape(query.get("words", query.get("filter", ""))) in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("kind", "Organisation", "kind+is+org"),
        ("changed", "31.12.2026", "changed+is+2026-12-31"),
        ("changed", "31. Dezember 2026", "changed+is+2026-12-31"),
        ("changed", "Heute - 30d", "changed+is+today-30d"),
    ],
)
def test_the_form_takes_values_as_people_write_them(
    alice: User, page_of_alice: Client, field: str, value: str, written: str
) -> None:
    alice.language = "de"
    alice.save()
    asked = {"field": field, "operator": "is", "value": value}
    assert page_of_alice.get("/contacts/filter/", asked)["Location"] == f"/contacts/?filter={written}"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("changed", "gestern", "This is no date."),
        ("kind", "robot", "It can be: "),
        ("city", "", "A value is missing."),
    ],
)
def test_the_form_keeps_what_it_cannot_ask_and_says_why(
    page_of_alice: Client, field: str, value: str, said: str
) -> None:
    answer = page_of_alice.get("/contacts/filter/", {"field": field, "operator": "is", "value": value})
    assert said in text_of(answer.content)
    assert f'name="value" value="{value}"' in answer.content.decode()
    assert f'<option value="{field}" selected>' in answer.content.decode()
