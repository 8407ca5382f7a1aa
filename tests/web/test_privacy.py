"""Pages about what is kept of people, and the accounts page of administrators."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.contacts.retaining import Retention
from farley.journal.models import Door
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, person, space_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]


@pytest.fixture
def admin(db: None) -> User:
    return person("admin", is_admin=True)


def test_a_contact_is_erased_once_its_name_is_typed(alice: User, page_of_alice: Client) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    address = f"/contacts/{contact.pk}/erase/"
    assert f'href="{address}"' in page_of_alice.get(f"/contacts/{contact.pk}/").content.decode()
    assert "cannot be undone" in text_of(page_of_alice.get(address).content)
    refused = page_of_alice.post(address, {"name": "Ada"})
    assert (refused.status_code, Contact.objects.count()) == (422, 1)
    done = page_of_alice.post(address, {"name": " Ada  King "}, follow=True)
    assert "“Ada King” was erased for good" in text_of(done.content)
    assert not Contact.objects.exists()
    assert page_of_alice.get("/activity/?view=changes").status_code == 200


def test_who_may_only_change_is_not_offered_to_erase(alice: User, bob: User, as_user: AsUser) -> None:
    contact = hand_of(alice).contact(team("sales", alice=Role.MANAGER, bob=Role.EDITOR))
    assert "/erase/" not in as_user(bob).get(f"/contacts/{contact.pk}/").content.decode()


def test_archives_are_downloaded(alice: User, page_of_alice: Client) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    for address, member in ((f"/contacts/{contact.pk}/archive/", "contact.vcf"), ("/privacy/archive/", "account.json")):
        answer = page_of_alice.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        octets = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        with zipfile.ZipFile(io.BytesIO(octets)) as opened:
            assert member in opened.namelist()


def test_a_rule_is_set_and_says_what_is_due(alice: User, page_of_alice: Client) -> None:
    page_of_alice.post("/spaces/alice/retention/", {"deleted_days": "30", "versions_days": ""})
    rule = Retention.objects.get()
    assert (rule.space, rule.deleted_days, rule.versions_days) == (space_of(alice), 30, None)
    assert "Nothing is due." in text_of(page_of_alice.get("/privacy/").content)
    for wrong in ("0", "x", "99999999999"):
        answer = page_of_alice.post("/spaces/alice/retention/", {"deleted_days": wrong}, follow=True)
        assert "Nothing was changed" in text_of(answer.content)
    assert Retention.objects.get().deleted_days == 30


def test_an_administrator_closes_an_account_and_opens_it_again(
    alice: User, bob: User, admin: User, as_user: AsUser
) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    page = as_user(admin)
    assert "alice@example.org" in text_of(page.get("/instance/accounts/").content)
    refused = page.post("/instance/accounts/alice/", {"act": "close"})
    assert refused.status_code == 422
    assert "Nobody else manages “Sales”" in text_of(refused.content)
    page.post("/instance/accounts/alice/", {"act": "close", "heir": "bob", "private": "hand-over"})
    alice.refresh_from_db()
    assert not alice.is_active
    assert space.role_of(bob.actor) == Role.MANAGER
    assert Space.objects.get(name="alice").role_of(bob.actor) == Role.MANAGER
    assert "This account is closed" in text_of(page.get("/instance/accounts/alice/").content)
    page.post("/instance/accounts/alice/", {"act": "open"})
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_the_hand_over_is_taken_back_by_an_administrator_who_edits_there(
    alice: User, bob: User, admin: User, as_user: AsUser, role: Role
) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER, admin=role)
    contact = hand_of(alice).contact(space)
    operations.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=None)
    answer = as_user(admin).post("/instance/accounts/alice/", {"act": "close", "heir": "bob"}, follow=True)
    assert "1 contact has another owner" in text_of(answer.content)
    assert ("/undo/" in answer.content.decode()) is (role == Role.EDITOR)


def test_the_last_administrator_stays(alice: User, admin: User, as_user: AsUser) -> None:
    answer = as_user(admin).post("/instance/accounts/admin/", {"act": "close"})
    assert "last administrator" in text_of(answer.content)
