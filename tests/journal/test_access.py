"""The access log: off unless managers switch it on, read by them alone, and no page waits for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Event
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.cli.command import carried_out, make_parser
from farley.contacts import operations, sharing
from farley.contacts.models import Contact
from farley.contacts.retaining import set_rule
from farley.conversations import operations as conversations
from farley.conversations.models import Note
from farley.database import gathering
from farley.database.gathering import Gatherer
from farley.dav.names import DAV
from farley.jobs import schedules
from farley.jobs.worker import run_ready
from farley.journal import access
from farley.journal.access import Access, Way, accesses
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, archive, revive
from tests.cast import a_calendar, a_card, an_event, hand_of, person, space_of, team
from tests.dav.phone import phone_of, program_of
from tests.web.reading import text_of

AsUser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _nothing_gathered() -> None:
    accesses._reset()


@pytest.fixture
def as_user() -> AsUser:
    def client_of(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def sales(alice: User, bob: User) -> Space:
    return team("sales", alice=Role.MANAGER, bob=Role.READER)


@pytest.fixture
def ada(alice: User, sales: Space) -> Contact:
    return hand_of(alice).contact(sales, a_card("Ada King"))


def kept() -> list[tuple[int, int, str]]:
    accesses.flush()
    return list(Access.objects.order_by("pk").values_list("way", "subject", "actor_label"))


def test_nothing_is_kept_unless_it_was_switched_on(ada: Contact, bob: User, as_user: AsUser) -> None:
    as_user(bob).get(f"/contacts/{ada.pk}/")
    assert kept() == []


def test_opening_exporting_and_links_are_kept(
    ada: Contact, sales: Space, alice: User, bob: User, as_user: AsUser
) -> None:
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    client = as_user(bob)
    client.get(f"/contacts/{ada.pk}/")
    client.get(f"/contacts/?peek={ada.pk}", headers={"HX-Request": "true", "HX-Target": "peek"})
    client.get(f"/contacts/{ada.pk}/card/")
    client.get("/contacts/export/?download=1&space=sales")
    b"".join(client.post("/contacts/bulk/", {"act": "export", "id": [ada.pk]}).streaming_content)
    Client().get(f"/shared/{sharing.share(ada, 1, by=alice.actor, door=Door.WEB).token}/")
    assert kept() == [
        (Way.OPENED, ada.pk, "bob"),
        (Way.OPENED, ada.pk, "bob"),
        (Way.EXPORTED, ada.pk, "bob"),
        (Way.EXPORTED, access.EVERYTHING, "bob"),
        (Way.EXPORTED, ada.pk, "bob"),
        (Way.LINK_OPENED, ada.pk, ""),
    ]


def test_earlier_states_notes_archives_and_entries_are_records_too(
    ada: Contact, sales: Space, alice: User, bob: User, as_user: AsUser, tmp_path: Path
) -> None:
    entry = hand_of(alice).entry(a_calendar(sales, "Shared"), an_event("Standup"))
    note = Note(text="hello")
    conversations.add(note, [ada], by=alice.actor, door=Door.WEB, batch=None)
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    client = as_user(bob)
    for address in (f"/contacts/{ada.pk}/history/", f"/timeline/note/{note.pk}/", f"/calendar/entries/{entry.pk}/"):
        assert client.get(address).status_code == 200, address
    b"".join(client.get(f"/contacts/{ada.pk}/archive/").streaming_content)
    for line in (f"history {ada.uid}", f"archive {ada.uid} -o {tmp_path}/a.zip"):
        assert carried_out(make_parser().parse_args([*line.split(), "--as", "bob"])) == 0
    opened = (Way.OPENED, ada.pk, "bob")
    exported = (Way.EXPORTED, ada.pk, "bob")
    assert kept() == [opened, opened, (Way.OPENED, entry.pk, "bob"), exported, opened, exported]
    assert "Standup" in text_of(as_user(alice).get("/spaces/sales/access/").content)


def test_what_a_device_fetches_is_kept_with_its_name_and_door_in_one_batch(
    ada: Contact, sales: Space, alice: User, bob: User, as_user: AsUser, django_assert_num_queries: Any
) -> None:
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    eve = hand_of(alice).contact(sales, a_card("Eve"))
    phone, program = phone_of(bob, sales), program_of(bob, sales)
    data = ("d:getetag", "card:address-data")
    phone.propfind(phone.book, "d:getetag", depth="1")  # and what tells no card is no access
    etag = phone.sync().by_name[ada.href][f"{DAV}getetag"]
    assert kept() == []
    phone.multiget(f"{phone.book}{ada.href}", f"{phone.book}nothing.vcf")
    phone.get(eve.href)
    phone.get(ada.href, if_none_match=etag)
    with CaptureQueriesContext(connection) as asked:
        program.sync(props=data)
        program.query(
            '<card:prop-filter name="FN"><card:text-match>eve</card:text-match></card:prop-filter>', props=data
        )
    assert not any(Access._meta.db_table in query["sql"] for query in asked), "no answer waits for the log"
    with django_assert_num_queries(4):  # the rules, and one INSERT in its transaction
        accesses.flush()
    both = [eve.pk, ada.pk]
    rows = Access.objects.order_by("pk").values_list("way", "door", "actor_label", "subject")
    expected = [("bob: Phone 0", ada.pk), ("bob: Phone 0", eve.pk), *(("bob: Phone 1", pk) for pk in (*both, eve.pk))]
    assert sorted(rows) == sorted((Way.SYNCED, Door.DAV, label, subject) for label, subject in expected)
    assert "bob, synced, phone or desktop, bob: Phone 0" in text_of(as_user(alice).get("/spaces/sales/access/").content)


@pytest.mark.django_db(transaction=True)
def test_every_night_what_a_log_and_a_rule_keep_no_longer_goes() -> None:
    alice = person("alice")
    space, now = space_of(alice), timezone.now()
    access.switch_on(space, 30, by=alice.actor, door=Door.WEB)
    set_rule(space, deleted_days=30, versions_days=None, by=alice.actor, door=Door.WEB)
    gone = hand_of(alice).contact(space)
    operations.delete([gone], by=alice.actor, door=Door.WEB, batch=None)
    access.note_access(space.pk, Way.OPENED, [gone.pk], by=alice.actor, door=Door.WEB)
    accesses.flush()
    schedules.enqueue_due(now)
    for days in (2, 40):
        there = days == 2
        with time_machine.travel(now + dt.timedelta(days=days)):
            assert {"accesses", "retention"} <= set(schedules.enqueue_due())
            run_ready("quick"), run_ready("long")
            assert (Access.objects.exists(), Contact.objects.exists()) == (there, there), f"after {days} days"


def test_a_page_waits_for_no_write(
    ada: Contact, sales: Space, alice: User, bob: User, as_user: AsUser, django_assert_num_queries: object
) -> None:
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    with django_assert_num_queries(0):  # type: ignore[operator]
        access.note_access(sales.pk, Way.OPENED, [ada.pk], by=bob.actor, door=Door.WEB)


@pytest.mark.parametrize(("who", "refusal"), [("bob", NotAllowed), ("mallory", NoSuchSpace)])
def test_only_managers_read_and_switch(
    ada: Contact, sales: Space, mallory: User, who: str, refusal: type[Exception]
) -> None:
    actor: Actor = User.objects.get(name=who).actor
    with pytest.raises(refusal):
        Access.objects.of(sales, by=actor)
    with pytest.raises(refusal):
        access.switch_on(sales, 30, by=actor, door=Door.WEB)
    with pytest.raises(refusal):
        access.switch_off(sales, by=actor, door=Door.WEB)


def test_managers_switch_it_on_read_it_and_switch_it_off(
    ada: Contact, alice: User, bob: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.web.spaces.access.PAGE", 1)
    page = as_user(alice)
    page.post("/spaces/sales/access/", {"days": "0"})
    assert "The log is off" in text_of(page.get("/spaces/sales/access/").content)
    page.post("/spaces/sales/access/", {"days": "30"})
    as_user(bob).get(f"/contacts/{ada.pk}/")
    as_user(bob).get(f"/contacts/{ada.pk}/card/")
    first = page.get("/spaces/sales/access/")
    assert "bob, exported, web" in text_of(first.content)
    second = text_of(page.get(f"/spaces/sales/access/?before={first.context['older']}").content)
    assert "bob, opened, web" in second
    archive(ada.space, by=alice.actor)  # of which what was kept is read as before
    assert "bob, exported, web" in text_of(page.get("/spaces/sales/access/").content)
    assert page.post("/spaces/sales/access/", {"off": "1"}).status_code == 403
    revive(ada.space, by=alice.actor)
    page.post("/spaces/sales/access/", {"off": "1"})
    assert not Access.objects.exists()
    noted = Event.objects.filter(verb__startswith="setting.").order_by("pk").values_list("verb", "subject")
    assert list(noted) == [("setting.access_log_on", "Sales"), ("setting.access_log_off", "Sales")]


def test_what_is_older_than_the_rule_is_not_shown_and_goes(ada: Contact, sales: Space, alice: User) -> None:
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    access.note_access(sales.pk, Way.OPENED, [ada.pk], by=alice.actor, door=Door.WEB)
    assert len(kept()) == 1
    later = timezone.now() + dt.timedelta(days=31)
    with time_machine.travel(later, tick=False):
        assert not Access.objects.of(sales, by=alice.actor).exists()
        assert access.forget_old() == 1
    assert not Access.objects.exists()


def test_what_was_gathered_is_written_at_the_end_and_the_oldest_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[int]] = []
    monkeypatch.setattr(gathering, "MAX_WAITING", 3)
    gatherer: Gatherer[int] = Gatherer(written.append)
    for number in range(5):
        gatherer.add(number)
    gatherer.flush()
    gatherer.flush()
    assert written == [[2, 3, 4]]
