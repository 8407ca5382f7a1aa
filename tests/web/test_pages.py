"""What holds for every page: few queries, no foreign or inline script, one token a form, no dead links."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations as calendars
from farley.calendars import parsed
from farley.calendars.models import Calendar, Components
from farley.contacts.models import Contact
from farley.fields.models import Field
from farley.journal.models import Batch, Door, Noun
from farley.journal.writing import one_batch
from farley.lists.models import View
from farley.spaces.models import Space
from tests.cast import a_card, an_event, hand_of, space_of, team

PAGES = {
    "/today/": 22,
    "/notifications/": 7,
    "/contacts/": 9,
    "/contacts/?q=person": 12,
    "/contacts/?peek={contact}": 12,
    "/contacts/{contact}/": 16,
    "/contacts/{contact}/?edit=first": 16,
    "/contacts/{organisation}/": 18,
    "/contacts/{group}/": 15,
    "/contacts/{contact}/?affiliation=new": 16,
    "/contacts/{contact}/history/": 10,
    "/contacts/new/": 5,
    "/contacts/import/": 6,
    "/contacts/export/": 4,
    "/spaces/alice/tags/": 8,
    "/spaces/alice/tags/?edit=a": 8,
    "/activity/": 8,
    "/activity/?view=changes": 10,
    "/activity/{batch}/": 12,
    "/calendar/?view=week&on=2026-12-01": 8,
    "/calendar/?view=month&on=2026-12-01": 8,
    "/calendar/?view=team&on=2026-12-01": 13,
    "/calendar/entries/{event}/": 10,
    "/calendar/new/": 6,
    "/tasks/": 7,
    "/calendars/": 8,
    "/calendars/{calendar}/": 9,
    "/contacts/{contact}/meetings/": 12,
    "/account/": 4,
    "/account/security/": 6,
}


@pytest.fixture
def house(alice: User, bob: User) -> dict[str, int]:
    """A few spaces with people who know each other."""
    sales = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    for name, components in (("Work", Components.EVENTS), ("Todo", Components.TASKS)):
        calendars.create(space_of(alice), name, by=alice.actor, door=Door.WEB, components=components)
    with one_batch(Batch.Act.IMPORT, by=alice.actor, door=Door.IMPORT, title="people.vcf") as batch:
        return _filled(alice, batch, 3) | {"batch": batch.pk, "sales": sales.pk}


def _filled(alice: User, batch: Batch, count: int) -> dict[str, int]:
    hand, home = hand_of(alice), space_of(alice)
    cards = [
        a_card(
            f"Person {n:02}",
            f"N:{n:02};Person;;;",
            "ORG:Yard",
            f"EMAIL:p{n}@example.org",
            "TEL:+49 30 1",
            "CATEGORIES:a,b",
            "item1.X-ABRELATEDNAMES:Person 00",
            "item1.X-ABLabel:_$!<Spouse>!$_",
        )
        for n in range(count)
    ]
    stored = hand.many(home, [a_card("Yard", "ORG:Yard", "X-ABShowAs:COMPANY"), *cards], batch=batch)
    card = a_card("Everybody", "KIND:group", *(f"MEMBER:{s.uid}" for s in stored), version="4.0")
    group = hand.contact(home, card)
    work, todo = Calendar.objects.filter(space=home).in_order()
    asked = ("ATTENDEE;CN=P:mailto:p0@example.org", "RRULE:FREQ=DAILY;COUNT=3")
    events = [hand.entry(work, an_event(f"Event {n}", *asked)) for n in range(count)]
    for n in range(count):
        hand.entry(todo, an_event(f"Task {n}", "DUE;VALUE=DATE:20261201", kind="VTODO"))
    known = {"contact": stored[1].pk, "organisation": stored[0].pk, "group": group.pk}
    return known | {"event": events[0].pk, "calendar": work.pk}


@pytest.mark.parametrize(("path", "most"), PAGES.items())
def test_a_page_makes_few_queries_however_much_it_shows(
    house: dict[str, int],
    alice: User,
    page_of_alice: Client,
    path: str,
    most: int,
) -> None:
    url = path.format(**house)
    page_of_alice.get(url)
    before = _questions(page_of_alice, url)
    assert len(before) <= most, "\n".join(before)
    _filled(alice, Batch.objects.get(), 30)
    after = _questions(page_of_alice, url)
    assert len(after) <= len(before), "\n".join(after)  # fewer where what is new leaves no room for other kinds


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_first_page_of_a_list_is_small(alice: User, page_of_alice: Client, language: str) -> None:
    organisation = "ORG:Brackley Harbour Trust GmbH & Co. KG"
    lines = ["TEL:+44 20 7946 0002", "CATEGORIES:Newsletter,Kundschaft", organisation]
    people = [f"Anneke Ahornkamp-Noltenius {n}" for n in range(60)]
    hand_of(alice).many(
        space_of(alice), [a_card(name, f"EMAIL:{n}@brackley.example", *lines) for n, name in enumerate(people)]
    )
    page_of_alice.cookies["farley_language"] = language
    assert len(page_of_alice.get("/contacts/").content) <= 60_000


def _questions(client: Client, url: str) -> list[str]:
    """What a page asks of the database. How long PostgreSQL may think (`database.patience`) it is told besides: once
    in a page that nothing is around, with savepoints in the transaction of a test."""
    parsed.forget()  # else what was looked at before is not asked for
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    told = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT set_config('statement_timeout'")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(told)]


@pytest.mark.parametrize("path", [*PAGES, "/none/"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_page_is_whole_without_inline_script_and_foreign_addresses(
    house: dict[str, int], page_of_alice: Client, path: str, language: str
) -> None:
    response = page_of_alice.get(path.format(**house), headers={"Accept-Language": language})
    html = response.content.decode()
    assert f'<html lang="{language}"' in html
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son[a-z]+=", html)
    assert not re.search(r"<style|hx-on|hx-vals|javascript:", html)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//(?!example)[^"]*"', html)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    for attribute in re.findall(r'style="([^"]*)"', html):
        assert re.fullmatch(r"width:\d+%|(?:--[a-z]+:[\d.]+;?)+", attribute)  # computed values only
    identifiers = re.findall(r'\sid="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))


def test_every_form_that_writes_carries_its_token(house: dict[str, int], page_of_alice: Client) -> None:
    for path in PAGES:
        html = page_of_alice.get(path.format(**house)).content.decode()
        for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
            assert "csrfmiddlewaretoken" in form


def test_the_navigation_leads_nowhere_dead(house: dict[str, int], page_of_alice: Client) -> None:
    html = page_of_alice.get(f"/contacts/{house['contact']}/").content.decode()
    links = set(re.findall(r'href="(/[^"#]*|\?[^"#]*)"', html))
    for link in links:
        url = link.replace("&amp;", "&")
        if url.startswith("/static/"):
            assert finders.find(url.removeprefix("/static/")), url
            continue
        url = url if url.startswith("/") else f"/contacts/{house['contact']}/{url}"
        response = page_of_alice.get(url, follow=True)
        assert response.status_code == 200, url


def test_a_page_is_not_kept_for_somebody_else(
    alice: User, as_user: Callable[[User], Client], house: dict[str, int]
) -> None:
    response = as_user(alice).get("/contacts/")
    assert "Cookie" in response["Vary"]
    assert "HX-Request" in response["Vary"]
    assert Contact.objects.exists()


def test_what_people_write_is_text_wherever_a_page_shows_it(alice: User, page_of_alice: Client) -> None:
    nasty = "<i id='x' title=\"y\">&amp;"
    User.objects.filter(pk=alice.pk).update(full_name=nasty)
    space = space_of(alice)
    Space.objects.filter(pk=space.pk).update(title=nasty)
    sales = team("sales", alice=Role.MANAGER)
    Space.objects.filter(pk=sales.pk).update(title=nasty)
    hand = hand_of(alice)
    stored = hand.store(
        space,
        a_card(
            nasty,
            f"ORG:{nasty}",
            f"TITLE:{nasty}",
            f"EMAIL;TYPE={nasty.split(maxsplit=1)[0]}:{nasty}",
            f"item1.TEL:{nasty}",
            f"item1.X-ABLabel:{nasty}",
            f"CATEGORIES:{nasty}",
            f"NOTE:{nasty}",
            "X-ABRELATEDNAMES:" + nasty,
            f"ADR:;;;{nasty};;;",
        ),
    )
    group = hand.contact(space, a_card(nasty, "KIND:group", f"MEMBER:{stored.uid}", version="4.0"))
    Contact.objects.filter(pk__in=[stored.pk, group.pk]).update(owner=alice)
    View.objects.create(list="contacts", owner=alice, title=nasty, query="")
    Field.objects.create(noun=Noun.CONTACT, key="k", label=nasty, kind=Field.Kind.TEXT)
    asked = urlencode({"q": "id", "tag": nasty, "filter": nasty, "sort": nasty, "view": "1"})
    for path in (
        f"/contacts/{stored.pk}/",
        f"/contacts/{group.pk}/",
        "/contacts/",
        f"/contacts/?peek={stored.pk}",
        f"/contacts/?{asked}",
        "/contacts/new/",
    ):
        html = page_of_alice.get(path).content.decode()
        assert "id=&#x27;x&#x27;" in html, path
        assert "<i id" not in html, path
        assert "id='x'" not in html, path
        assert 'title="y"' not in html, path
