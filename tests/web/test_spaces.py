"""Pages of spaces, teams and invitations, and what they tell about who sees what."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts import teams
from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Event
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.journal.models import Batch
from farley.spaces.models import Invitation, Membership, Space
from farley.spaces.operations import archive, share
from tests.cast import a_calendar, a_card, an_event, hand_of, person, space_of, team

pytestmark = pytest.mark.django_db

AsUser = Callable[[User], Client]


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def without_tokens(page: bytes) -> str:
    """Of forms: each page has its own."""
    return re.sub(r"[A-Za-z0-9]{64}", "", page.decode())


def test_a_space_is_made_and_its_maker_manages_it(page_of_alice: Client, alice: User) -> None:
    answer = page_of_alice.post("/new-space/", {"name": "Sales", "title": "Our sales", "kind": "team", "hue": "moss"})
    space = Space.objects.get(name="sales")
    assert answer.headers["Location"] == "/spaces/sales/"
    assert (space.title, space.hue, space.standing_of(alice.actor)) == ("Our sales", "moss", Role.MANAGER)
    assert "Our sales" in text_of(page_of_alice, "/spaces/")


def test_a_short_name_comes_from_the_title(page_of_alice: Client) -> None:
    told = {"name": "", "title": "Büro Köln & Co.", "kind": "team"}
    assert page_of_alice.post("/new-space/", told).headers["Location"] == "/spaces/buro-koln-co/"
    again = page_of_alice.post("/new-space/", told)
    assert again.status_code == 422
    assert 'value="buro-koln-co"' in again.content.decode()


@pytest.mark.parametrize("by", ["bob", "BOB@example.org"])
def test_a_person_is_let_in_by_name_or_address(page_of_alice: Client, bob: User, by: str) -> None:
    space = team("sales", alice=Role.MANAGER)
    page_of_alice.post("/spaces/sales/members/", {"person": by, "role": "editor"})
    assert space.role_of(bob.actor) == Role.EDITOR
    page_of_alice.post("/spaces/sales/members/", {"person": "bob", "remove": "1"})
    assert space.role_of(bob.actor) is None


def test_the_last_manager_is_told_that_somebody_must_stay(page_of_alice: Client, alice: User) -> None:
    space = team("sales", alice=Role.MANAGER)
    answer = page_of_alice.post("/spaces/sales/members/", {"person": "alice", "remove": "1"}, follow=True)
    assert "Somebody has to manage" in answer.content.decode()
    assert space.role_of(alice.actor) == Role.MANAGER


def test_anybody_may_leave(bob: User, as_user: AsUser) -> None:
    space = team("sales", bob=Role.READER)
    answer = as_user(bob).post("/spaces/sales/members/", {"person": "bob", "remove": "1"})
    assert answer.headers["Location"] == "/spaces/"
    assert space.role_of(bob.actor) is None


def test_who_does_not_manage_is_not_told_who_has_an_account(bob: User, alice: User, as_user: AsUser) -> None:
    team("sales", bob=Role.READER)
    answers = [
        as_user(bob).post("/spaces/sales/members/", {"person": n, "role": "reader"}) for n in ("alice", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert without_tokens(answers[0].content).replace("alice", "nobody") == without_tokens(answers[1].content)


def test_a_team_unknown_to_a_manager_cannot_be_told_from_none(page_of_alice: Client) -> None:
    team("sales", alice=Role.MANAGER)
    teams.create("secret", by=Actor(ActorKind.SYSTEM, None, "x"), door=Door.CLI)
    for name in ("secret", "nothing"):
        answer = page_of_alice.post("/spaces/sales/members/", {"team": name, "role": "reader"}, follow=True)
        assert "Nobody here has this name" in answer.content.decode()
    assert not Membership.objects.exclude(team=None).exists()


def test_an_invitation_is_shown_once_and_tells_an_outsider_nothing(
    page_of_alice: Client, bob: User, as_user: AsUser
) -> None:
    space = team("sales", alice=Role.MANAGER)
    page = page_of_alice.post("/spaces/sales/invite/", {"role": "editor", "uses": "1", "days": "7"}).content.decode()
    [token] = set(re.findall(r"/join/([\w-]+)/", page))
    assert token not in text_of(page_of_alice, "/spaces/sales/")
    outside = Client().get(f"/join/{token}/")
    for told in ("Sales", "alice", "Alice"):
        assert told not in outside.content.decode()
    assert outside.headers["Cache-Control"] == "no-store"
    assert outside.headers["Referrer-Policy"] == "same-origin"
    Client().post(f"/join/{token}/")
    assert Invitation.objects.get().uses == 0
    assert "Sales" in text_of(as_user(bob), f"/join/{token}/")
    assert "You are in “Sales” already" in text_of(page_of_alice, f"/join/{token}/")
    assert space.role_of(bob.actor) is None  # to look is not to accept
    assert as_user(bob).post(f"/join/{token}/").headers["Location"] == "/spaces/sales/"
    assert space.role_of(bob.actor) == Role.EDITOR
    used_up, never_made = (Client().get(f"/join/{each}/") for each in (token, token[::-1]))
    assert used_up.status_code == never_made.status_code == 404
    assert without_tokens(used_up.content) == without_tokens(never_made.content)


def test_an_archived_space_leaves_lists_and_choices_and_its_contacts_are_still_read(
    page_of_alice: Client, alice: User
) -> None:
    space = team("sales", alice=Role.MANAGER)
    contact = hand_of(alice).contact(space, a_card("Ada Archived"))
    archive(space, by=alice.actor)
    assert "Ada Archived" not in text_of(page_of_alice, "/contacts/")
    for address in ("/contacts/new/", "/contacts/import/"):
        assert 'value="sales"' not in text_of(page_of_alice, address)
    assert "Ada Archived" in text_of(page_of_alice, "/contacts/?space=sales")
    assert "/delete/" not in text_of(page_of_alice, f"/contacts/{contact.pk}/")
    assert page_of_alice.post(f"/contacts/{contact.pk}/delete/").status_code == 403
    page_of_alice.post("/spaces/sales/archive/", {"back": "1"})
    assert "Ada Archived" in text_of(page_of_alice, "/contacts/")


def test_new_contacts_go_where_one_chose(page_of_alice: Client) -> None:
    team("sales", alice=Role.EDITOR)
    chosen = re.compile(r'value="(\w+)" selected')
    assert chosen.findall(text_of(page_of_alice, "/contacts/new/")) == ["alice"]
    page_of_alice.post("/spaces/sales/home/")
    assert chosen.findall(text_of(page_of_alice, "/contacts/new/")) == ["sales"]


def test_who_sees_a_contact_is_told_with_every_way(
    page_of_alice: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person("carol")
    space = team("sales", alice=Role.MANAGER, carol=Role.FREEBUSY)
    crew = teams.create("crew", by=Actor(ActorKind.SYSTEM, None, "x"), door=Door.CLI)
    teams.add_member(crew, bob, by=Actor(ActorKind.SYSTEM, None, "x"), door=Door.CLI)
    share(space, crew, Role.EDITOR, by=alice.actor)
    contact = hand_of(alice).contact(space)
    page = text_of(page_of_alice, f"/contacts/{contact.pk}/who/")
    assert "as a member of the team “Crew”" in page
    assert "given by alice" in page
    assert "carol" not in page  # who sees only when somebody is busy sees no contact
    monkeypatch.setattr("farley.web.spaces.who.SHOWN_PEOPLE", 1)
    first, second = (text_of(page_of_alice, f"/contacts/{contact.pk}/who/?from={start}") for start in (0, 1))
    assert ("Crew" in first, "Crew" in second) == (False, True)
    assert ("?from=1" in first, "?from=2" in second) == (True, False)


def test_who_reads_an_entry_is_told_and_who_learns_only_when_it_keeps_busy(
    page_of_alice: Client, alice: User, bob: User, as_user: AsUser
) -> None:
    person("carol")
    calendar = a_calendar(team("sales", alice=Role.MANAGER, bob=Role.READER, carol=Role.FREEBUSY), "Plan")
    hand = hand_of(alice)
    open_to_all, private = (
        hand.entry(calendar, an_event("Standup")),
        hand.entry(calendar, an_event("x", "CLASS:PRIVATE")),
    )
    told = text_of(page_of_alice, f"/calendar/entries/{open_to_all.pk}/who/")
    readers, _, others = told.partition("These people are told when it keeps somebody busy")
    assert ("bob" in readers, "carol" in readers, "carol" in others) == (True, False, True)
    readers, _, others = text_of(page_of_alice, f"/calendar/entries/{private.pk}/who/").partition(
        "These people are told"
    )
    assert ("bob" in readers, "bob" in others) == (False, True)
    assert as_user(bob).get(f"/calendar/entries/{private.pk}/who/").status_code == 404
    assert (
        f"/calendar/entries/{private.pk}/who/" in page_of_alice.get(f"/calendar/entries/{private.pk}/").content.decode()
    )


def test_a_manager_sees_a_space_as_a_member_does_and_that_is_noted(
    page_of_alice: Client, alice: User, bob: User
) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).contact(space, a_card("Ada Shared"))
    hand_of(bob).contact(space_of(bob), a_card("Bea Private"))
    plan = a_calendar(space, "Plan")
    for lines in ([], ["CLASS:PRIVATE"]):
        hand_of(alice).entry(plan, an_event("Lunch", *lines))
    page = text_of(page_of_alice, "/spaces/sales/as/bob/")
    assert "Ada Shared" in page
    assert "Plan<small>1 entry; of private ones only when somebody is busy" in page
    assert "Bea Private" not in page
    assert Event.objects.filter(verb="role.viewed_as", about=bob, user=alice).count() == 1


def test_who_sees_only_when_somebody_is_busy_is_shown_no_contact(page_of_alice: Client, alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.FREEBUSY)
    hand_of(alice).contact(space, a_card("Ada Shared"))
    assert "Ada Shared" not in text_of(page_of_alice, "/spaces/sales/as/bob/")


def test_an_administrator_learns_who_is_in_a_space_and_not_what(alice: User, bob: User, as_user: AsUser) -> None:
    admin = as_user(person("admin", is_admin=True))
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).contact(space, a_card("Ada Shared"))
    assert "bob" in text_of(admin, "/spaces/sales/")
    page = text_of(admin, "/spaces/sales/as/bob/")
    assert "1 contact is visible to bob" in page
    assert "Ada Shared" not in page
    assert "Sales" in text_of(admin, "/people/bob/")
    assert admin.get("/spaces/alice/").status_code == 404
    assert text_of(admin, "/people/alice/").count("in person") == 1  # in sales, not in her private space


def test_a_manager_learns_of_others_only_where_they_manage(page_of_alice: Client, bob: User) -> None:
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    team("hidden", alice=Role.EDITOR, bob=Role.READER)
    page = text_of(page_of_alice, "/people/bob/")
    assert "/spaces/sales/as/bob/" in page
    assert "/spaces/hidden/as/bob/" not in page


def test_a_contact_is_moved_from_its_page_in_one_act_that_is_undone(page_of_alice: Client, alice: User) -> None:
    sales, contact = team("sales", alice=Role.EDITOR), hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    assert 'value="sales"' in text_of(page_of_alice, f"/contacts/{contact.pk}/")
    page_of_alice.post(f"/contacts/{contact.pk}/move/", {"space": "sales"})
    assert Contact.objects.get(pk=contact.pk).space == sales
    batch = Batch.objects.latest("pk")
    page_of_alice.post(f"/activity/{batch.pk}/undo/")
    assert Contact.objects.get(pk=contact.pk).space == space_of(alice)


def test_the_navigation_has_the_first_spaces_the_current_one_and_the_way_to_all(
    alice: User, page_of_alice: Client
) -> None:
    for number in range(30):
        team(f"part{number:02}", alice=Role.READER)
    here = page_of_alice.get("/contacts/?space=part29").content.decode()
    navigation = here.partition("<nav")[2].partition("</nav>")[0]
    assert "Part00" in navigation
    assert "Part25" not in navigation
    assert 'title="Part29" aria-current="page"' in navigation
    assert "All 31 spaces" in navigation
