"""What waits for somebody: the bell, the page, the mail, and what each wants to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from farley.accounts import devices
from farley.accounts.devices import Device, DeviceTrouble
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.configuration import Mail, Tls
from farley.contacts.models import Contact
from farley.journal.models import Door
from farley.mirrors.models import Mirror
from farley.notifications import operations, tasks
from farley.notifications.models import Kind, Notification
from farley.spaces.models import Membership
from tests.cast import a_card, hand_of, team
from tests.conversations.writing import note
from tests.web.reading import text_of

AsUser = Callable[[User], Client]
LATER = dt.timedelta(minutes=10)


@pytest.fixture
def linus(alice: User, bob: User) -> Contact:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    return hand_of(alice).contact(sales, a_card("Linus"))


def bell(client: Client) -> bool:
    return 'class="n is-mine"' in client.get("/contacts/").content.decode()


def test_a_mention_rings_the_bell_and_leads_to_the_note(
    alice: User, bob: User, linus: Contact, as_user: AsUser
) -> None:
    client = as_user(bob)
    assert not bell(client)
    written = note(alice, "Look at this, @bob", linus)
    assert bell(client)
    page = text_of(client.get("/notifications/").content)
    assert "alice mentions you in a note (new) Look at this, @bob" in page
    assert "1 is new" in page
    told = Notification.objects.get()
    assert client.post(f"/notifications/{told.pk}/")["Location"] == f"/timeline/note/{written.pk}/"
    assert not bell(client)
    client.post(f"/notifications/{told.pk}/", {"unread": "1"})
    assert bell(client)
    client.post("/notifications/", {"read": "all"})
    assert "You have read everything." in text_of(client.get("/notifications/").content)
    assert as_user(alice).post(f"/notifications/{told.pk}/").status_code == 404


def test_the_bell_counts_nothing_that_the_page_does_not_show(
    alice: User, bob: User, linus: Contact, as_user: AsUser
) -> None:
    client = as_user(bob)
    note(alice, "@bob", linus)
    Membership.objects.filter(user=bob, space=linus.space_id).delete()
    assert "Nothing waits for you" in text_of(client.get("/notifications/").content)
    assert not bell(client)


def test_who_wants_to_hear_nothing_of_a_kind_is_told_nothing(
    alice: User, bob: User, linus: Contact, as_user: AsUser
) -> None:
    client = as_user(bob)
    client.post("/notifications/", {"wishes": "1", "told": [Kind.DEVICE], "mail": [Kind.MENTION, Kind.DEVICE]})
    wishes = {wish.kind: (wish.is_told, wish.by_mail) for wish in operations.wishes_of(bob)}
    assert wishes[Kind.MENTION] == (False, False)
    assert wishes[Kind.DEVICE] == (True, True)
    note(alice, "@bob", linus)
    assert not bell(client)


def test_what_lasts_is_told_until_it_is_over_and_again_when_it_begins_anew(
    alice: User, bob: User, linus: Contact
) -> None:
    mirror = Mirror.objects.create(
        space_id=linus.space_id, user=alice, name="Cloud", address="https://x.example/", state=Mirror.State.HELD
    )
    device, _ = devices.add(bob, Device.Kind.DEVICE, "Phone", by=bob.actor, door=Door.WEB)
    devices.note_trouble(device, DeviceTrouble.Code.TOO_LARGE)

    def told() -> list[tuple[str, str, bool]]:
        found = Notification.objects.filter(ended_at=None).order_by("kind")
        return [(each.user.name, each.kind, each.read_at is None) for each in found.select_related("user")]

    assert operations.judge_all() == 2
    assert told() == [("bob", "device", True), ("alice", "mirror", True)]
    operations.mark(alice.actor, is_read=True)
    assert operations.judge_all() == 0
    assert told()[1] == ("alice", "mirror", False)
    Mirror.objects.filter(pk=mirror.pk).update(state=Mirror.State.ON)
    devices.forget_troubles(device, by=bob.actor)
    operations.judge_all()
    assert told() == []
    bob.refresh_from_db()
    assert bob.waiting == 0
    Mirror.objects.filter(pk=mirror.pk).update(failures=3)
    assert operations.judge_all() == 1
    assert told() == [("alice", "mirror", True)]


@pytest.fixture
def mailing(settings: Any) -> None:
    way = Mail("mail.example", 25, "", "", Tls.NONE, "farley@example.org")
    settings.CONFIGURATION = replace(settings.CONFIGURATION, mail=way, url="https://farley.example")


def test_what_waits_is_mailed_once_and_in_one_mail(alice: User, bob: User, linus: Contact, mailing: None) -> None:
    note(alice, "A secret for @bob", linus)
    note(alice, "And one more, @bob", linus)
    assert tasks.mail.func() == 0, "it may be read at once, or more may come"
    Notification.objects.update(at=timezone.now() - LATER)
    assert tasks.mail.func() == 1
    assert tasks.mail.func() == 0
    [sent] = mail.outbox
    assert sent.to == ["bob@example.org"]
    assert sent.subject == "Farley: 2 things wait for you"
    assert "https://farley.example/notifications/" in sent.body
    assert "secret" not in sent.body


def test_a_mail_that_was_not_taken_is_sent_later(
    alice: User, bob: User, linus: Contact, mailing: None, settings: Any
) -> None:
    note(alice, "@bob", linus)
    Notification.objects.update(at=timezone.now() - LATER)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    assert tasks.mail.func() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert tasks.mail.func() == 1


def test_who_reads_here_or_wants_no_mail_gets_none(alice: User, bob: User, linus: Contact, mailing: None) -> None:
    note(alice, "@bob", linus)
    Notification.objects.update(at=timezone.now() - LATER)
    operations.mark(bob.actor, is_read=True)
    assert tasks.mail.func() == 0
    operations.mark(bob.actor, is_read=False)
    operations.wish(bob, [operations.Wish(Kind.MENTION, by_mail=False)])
    assert tasks.mail.func() == 0
    bob.refresh_from_db()
    assert bob.waiting == 1
