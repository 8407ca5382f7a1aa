"""Somebody leaves: nobody gets in by their account, and nothing of theirs is orphaned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.closing import LastAdministrator, NotAdministrator
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import sharing as calendar_links
from farley.calendars.models import CalendarObject
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.contacts.offboarding import HandedOver, Private, UnfitHeir, belongings_of, let_in, offboard
from farley.conversations import operations as conversations
from farley.conversations.models import Note
from farley.journal.models import Door
from farley.journal.undo import undo
from farley.lists import saving
from farley.lists.models import View
from farley.spaces.models import Membership, Space
from farley.spaces.operations import LastManager
from tests.cast import a_calendar, a_card, an_event, hand_of, person, space_of, team


@pytest.fixture
def admin(db: None) -> User:
    return person("admin", is_admin=True)


def leave(user: User, admin: User, heir: User | None = None, private: Private = Private.KEEP) -> HandedOver:
    return offboard(user, heir=heir, private=private, by=admin.actor, door=Door.WEB)


def test_a_session_ends_at_once(alice: User, admin: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/contacts/").status_code == 200
    leave(alice, admin)
    assert client.get("/contacts/").status_code == 302
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert client.get("/contacts/").status_code == 302, "the session came back with the account"


def test_contacts_go_to_the_heir_and_undo_brings_them_back(alice: User, bob: User, admin: User) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    contact = hand_of(alice).contact(space)
    operations.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None)
    done = leave(alice, admin, bob)
    contact.refresh_from_db()
    assert (contact.owner, done.owned) == (bob, 1)
    assert done.batch is not None
    undo(done.batch, by=bob.actor, door=Door.WEB)
    contact.refresh_from_db()
    assert contact.owner == alice


def test_an_heir_who_does_not_see_a_space_gets_nothing_there(
    alice: User, bob: User, mallory: User, admin: User
) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    contact = hand_of(alice).contact(space)
    operations.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None)
    leave(alice, admin, mallory)
    contact.refresh_from_db()
    assert contact.owner == bob
    assert Space.objects.visible_to(mallory.actor).count() == 1


def test_the_last_manager_needs_an_heir(alice: User, bob: User, admin: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    with pytest.raises(LastManager):
        leave(alice, admin)
    alice.refresh_from_db()
    assert alice.is_active
    leave(alice, admin, bob)
    assert Membership.objects.get(space=space, user=bob).role == Role.MANAGER


def test_a_private_space_stays_closed_unless_it_is_handed_over(alice: User, bob: User, admin: User) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    view, _ = saving.save_view("contacts", title="Mine", query="", space=None, by=alice.actor, door=Door.WEB)
    leave(alice, admin, bob)
    for user in (bob, admin):
        assert not Contact.objects.visible_to(user.actor).filter(pk=contact.pk).exists()
        assert not View.objects.known_to(user.actor).exists()
    leave(alice, admin, bob, Private.HAND_OVER)
    assert not View.objects.known_to(admin.actor).exists()
    saving.take_over(View.objects.known_to(bob.actor).get(), by=bob.actor, door=Door.WEB)
    view.refresh_from_db()
    assert view.owner == bob
    assert Contact.objects.visible_to(bob.actor).filter(pk=contact.pk).exists()
    assert not Contact.objects.visible_to(admin.actor).filter(pk=contact.pk).exists()
    assert Event.objects.filter(verb=Verb.HANDED_OVER, about=alice).exists()


def test_an_account_that_is_opened_again_has_a_private_space(alice: User, bob: User, admin: User) -> None:
    leave(alice, admin, bob, Private.HAND_OVER)
    let_in(alice, by=admin.actor, door=Door.WEB)
    mine = Space.objects.visible_to(User.objects.get(pk=alice.pk).actor)
    assert [(space.name, space.kind) for space in mine] == [("alice-2", Space.Kind.PRIVATE)]


def test_nothing_is_handed_to_a_closed_account(alice: User, bob: User, admin: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    bob.refresh_from_db()
    with pytest.raises(UnfitHeir):
        leave(alice, admin, bob)
    with pytest.raises(UnfitHeir):
        leave(alice, admin, None, Private.HAND_OVER)


def test_only_an_administrator_closes_accounts_and_never_the_last_one(alice: User, bob: User, admin: User) -> None:
    with pytest.raises(NotAdministrator):
        leave(bob, alice)
    with pytest.raises(LastAdministrator):
        leave(admin, admin)
    assert User.objects.filter(is_active=True).count() == 3


def test_what_somebody_would_leave_behind_is_told(alice: User, admin: User) -> None:
    space = team("sales", alice=Role.MANAGER)
    contact = hand_of(alice).contact(space)
    operations.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None)
    found = belongings_of(alice)
    assert (found.private, found.only_manages, found.owned) == ([space_of(alice)], [space], {"Sales": 1})


def test_what_lets_a_person_in_by_other_ways_ends_with_the_account(
    alice: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[User] = []
    endings: list[Callable[[User], None]] = [ended.append]
    monkeypatch.setattr("farley.accounts.closing._endings", endings)
    leave(alice, admin)
    assert ended == [alice]


def test_calendars_notes_and_links_are_closed_or_handed_over_with_their_space(
    alice: User, bob: User, admin: User
) -> None:
    space, hand = space_of(alice), hand_of(alice)
    contact, calendar = hand.contact(space), a_calendar(space, "Mine")
    hand.entry(calendar, an_event("Lunch"))
    conversations.add(Note(text="hello"), [contact], by=alice.actor, door=Door.WEB, batch=None)
    link = calendar_links.share(calendar, calendar_links.CalendarLink.Shows.ALL, by=alice.actor, door=Door.WEB)
    leave(alice, admin)
    seen = (CalendarObject.objects, Note.objects, Contact.objects)
    for user in (alice, bob, admin):
        assert not any(each.visible_to(user.actor).exists() for each in seen)
    with pytest.raises(calendar_links.NoSuchLink):
        calendar_links.opened(link.token)
    leave(alice, admin, bob, Private.HAND_OVER)
    assert all(each.visible_to(bob.actor).count() == 1 for each in seen)
    assert CalendarObject.objects.editable_by(bob.actor).count() == 1
    assert not any(each.visible_to(admin.actor).exists() for each in seen)
