"""One contact by link: only what is meant, only as long as it is meant."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations as contacts
from farley.contacts import sharing
from farley.contacts.models import Contact
from farley.contacts.sharing import ShareLink, ShareOpening
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.web.contacts.codes import qr_code
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]
LINES = (
    "ORG:Analytical Engines",
    "item1.TEL:+44 20 7946 0000",
    "item1.X-ABLABEL:Direct line",
    "NOTE:owes us money",
    "CATEGORIES:difficult",
    "BDAY:1815-12-10",
    "item2.X-ABRELATEDNAMES:Charles",
    "item2.X-ABLABEL:secret friend",
    "X-SALARY:90000",
    "URL:https://example.org/ada",
)
PRIVATE = ("owes us money", "difficult", "1815", "December", "Charles", "secret friend", "90000")


@pytest.fixture(autouse=True)
def _nothing_gathered() -> None:
    sharing.openings._reset()


@pytest.fixture
def sales(alice: User, bob: User) -> Space:
    return team("sales", alice=Role.MANAGER, bob=Role.EDITOR)


@pytest.fixture
def ada(alice: User, sales: Space) -> Contact:
    return hand_of(alice).contact(sales, a_card("Ada King", *LINES))


@pytest.fixture
def link(ada: Contact, bob: User) -> ShareLink:
    return sharing.share(ada, 7, by=bob.actor, door=Door.WEB)


def status(link: ShareLink) -> int:
    page, card = (Client().get(f"/shared/{link.token}/{part}") for part in ("", "card/"))
    assert page.status_code == card.status_code
    return page.status_code


def test_a_stranger_with_the_link_sees_how_to_reach_the_contact_and_no_more(link: ShareLink) -> None:
    page = Client(headers={"Accept-Language": "en"}).get(f"/shared/{link.token}/")
    card = Client().get(f"/shared/{link.token}/card/")
    text, octets = text_of(page.content), card.content.decode()
    for told in ("Ada King", "Analytical Engines", "+44 20 7946 0000", "Direct line"):
        assert told in text
        assert told in octets
    for kept in (*PRIVATE, "sales", "Sales", "alice", "Bob"):
        assert kept not in page.content.decode()
        assert kept not in octets
    assert octets.startswith("BEGIN:VCARD")
    assert octets.rstrip().endswith("END:VCARD")


def test_a_code_to_scan_leads_to_the_page_of_the_link(
    link: ShareLink, ada: Contact, bob: User, as_user: AsUser
) -> None:
    address = f"http://testserver/shared/{link.token}/"
    assert qr_code(address, "QR code of the link") in as_user(bob).get(f"/contacts/{ada.pk}/share/").content.decode()
    page = Client(headers={"Accept-Language": "en"}).get(f"/shared/{link.token}/").content.decode()
    assert qr_code(address, "QR code of this page") in page
    sharing.revoke(link, by=bob.actor, door=Door.WEB)
    assert 'class="qr"' not in as_user(bob).get(f"/contacts/{ada.pk}/share/").content.decode()


def test_no_search_engine_and_no_other_site_hears_of_it(link: ShareLink) -> None:
    for part in ("", "card/"):
        headers = Client().get(f"/shared/{link.token}/{part}").headers
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in headers["Cache-Control"]


def test_a_forged_link_a_revoked_and_an_expired_one_are_answered_alike(link: ShareLink, bob: User) -> None:
    nonce, _, signature = link.token.partition(".")
    forged = Client().get(f"/shared/{nonce}.{signature[::-1]}/")
    unsigned = Client().get(f"/shared/{nonce}/")
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        expired = Client().get(f"/shared/{link.token}/")
    sharing.revoke(link, by=bob.actor, door=Door.WEB)
    revoked = Client().get(f"/shared/{link.token}/")
    answers = [forged, unsigned, expired, revoked]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {re.sub(r'data-csrf="\w+"|value="\w{64}"', "", answer.content.decode()) for answer in answers}
    assert len(bodies) == 1
    assert "Ada" not in bodies.pop()


def test_it_ends_when_the_contact_is_deleted_or_moved(link: ShareLink, ada: Contact, alice: User) -> None:
    contacts.move([ada], space_of(alice), by=alice.actor, door=Door.WEB, batch=None)
    assert status(link) == 404


def test_it_ends_when_the_contact_is_deleted(link: ShareLink, ada: Contact, alice: User) -> None:
    assert status(link) == 200
    contacts.delete([ada], by=alice.actor, door=Door.WEB, batch=None)
    assert status(link) == 404


def test_it_ends_when_its_maker_is_deactivated_or_may_change_it_no_longer(link: ShareLink, bob: User) -> None:
    link.space.memberships.filter(user=bob).update(role=Role.READER)
    assert status(link) == 404
    link.space.memberships.filter(user=bob).update(role=Role.EDITOR)
    assert status(link) == 200
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert status(link) == 404


def test_the_database_alone_makes_no_link(link: ShareLink, settings: object) -> None:
    columns = [str(value) for value in vars(ShareLink.objects.get()).values()]
    assert link.token not in columns
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert status(link) != 404  # made with the other key
    original = link.token
    settings.SECRET_KEY = "a third"  # type: ignore[attr-defined]
    assert Client().get(f"/shared/{original}/").status_code == 404


def test_editors_make_see_and_revoke_links_and_read_who_opened(
    ada: Contact, alice: User, bob: User, as_user: AsUser
) -> None:
    page = f"/contacts/{ada.pk}/share/"
    as_user(bob).post(page, {"days": "1"})
    link = ShareLink.objects.get()
    assert link.token in as_user(alice).get(page).content.decode()
    Client(REMOTE_ADDR="198.51.100.9").get(f"/shared/{link.token}/")
    seen = text_of(as_user(alice).get(page).content)
    assert "opened 1 time" in seen
    assert "198.51.100.9" in seen
    as_user(alice).post(f"{page}{link.pk}/revoke/")
    assert status(link) == 404
    assert "revoked" in text_of(as_user(alice).get(page).content)
    verbs = Event.objects.filter(verb__startswith="export.").values_list("verb", "subject")
    assert list(verbs) == [(Verb.LINK_MADE, "Sales"), (Verb.LINK_REVOKED, "Sales")]


def test_a_link_of_another_contact_is_not_revoked_by_the_way(
    link: ShareLink, alice: User, bob: User, as_user: AsUser
) -> None:
    other = hand_of(bob).contact(space_of(bob))
    assert as_user(bob).post(f"/contacts/{other.pk}/share/{link.pk}/revoke/").status_code == 404
    assert status(link) == 200


def test_opening_without_end_fills_no_table(link: ShareLink) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC), tick=False):
        ShareLink.objects.update(expires_at=timezone.now() + dt.timedelta(days=1))
        for _ in range(20):
            Client().get(f"/shared/{link.token}/")
    sharing.openings.flush()
    assert ShareOpening.objects.count() == 1
