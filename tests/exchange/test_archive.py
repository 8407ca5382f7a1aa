"""Everything about one person, and nothing that who asks may not know."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

from allauth.mfa.models import Authenticator
from tests.cast import a_card, hand_of, space_of, team
from tests.web.second_factors import with_app

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations, sharing
from farley.contacts.models import Affiliation, Contact
from farley.exchange import archive
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal import access
from farley.journal.models import Door, Noun
from farley.lists import saving


def about(contact: Contact, user: User) -> dict[str, bytes]:
    file = io.BytesIO()
    archive.write_contact(file, contact, by=user.actor, door=Door.WEB)
    return _read(file)


def about_account(user: User) -> dict[str, bytes]:
    file = io.BytesIO()
    archive.write_account(file, user, by=user.actor, door=Door.WEB)
    return _read(file)


def _read(file: io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def journal(files: dict[str, bytes]) -> list[Any]:
    found: list[Any] = json.loads(files["journal.json"])
    return found


def test_a_contact_s_archive_holds_every_version_as_it_came_and_every_act(alice: User) -> None:
    hand, first, second = hand_of(alice), a_card("Ada", uid="ada"), a_card("Ada King", "NOTE:Tea", uid="ada")
    contact = hand.contact(space_of(alice), first)
    hand.store(contact.space, second, href=contact.href)
    files = about(Contact.objects.get(pk=contact.pk), alice)
    assert (files["contact.vcf"], files["versions/0001.vcf"], files["versions/0002.vcf"]) == (second, first, second)
    assert [(act["what"], act["by"]) for act in journal(files)] == [("created", "alice"), ("changed", "alice")]
    assert json.loads(files["contact.json"])["uid"] == "ada"


def test_a_contact_s_archive_holds_what_is_kept_beside_the_card(alice: User, bob: User) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.MANAGER, bob=Role.READER)
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    hidden, level, vegan = (
        defining.define(Noun.CONTACT, space, label=label, kind=kind, choices=["Gold"], **by)
        for space, label, kind in (
            (home, "Secret", Field.Kind.TEXT),
            (sales, "Level", Field.Kind.CHOICE),
            (sales, "Vegan", Field.Kind.YES_NO),
        )
    )
    ada = hand_of(alice).contact(home)
    operations.set_fields([ada], {hidden: "Geheimnis"}, batch=None, **by)
    operations.move([ada], sales, batch=None, **by)
    ada.refresh_from_db()
    operations.set_fields([ada], {level: 1, vegan: False}, batch=None, **by)
    operations.follow_up([ada], dt.date(2026, 12, 31), batch=None, **by)
    defining.remove(vegan, **by)  # its values are kept
    told = json.loads(about(Contact.objects.get(pk=ada.pk), bob)["contact.json"])
    assert told["own_fields"] == [{"field": "Level", "value": "Gold"}, {"field": "Vegan", "value": False}]
    assert told["follow_up_on"] == "2026-12-31"


def test_the_time_a_contact_spent_out_of_sight_is_not_in_it(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand_of(alice).contact(space_of(alice), a_card("Geheimnis", uid="ada"))
    hand_of(alice).store(contact.space, a_card("Ada", uid="ada"), href=contact.href)
    operations.move([contact], sales, by=alice.actor, door=Door.WEB, batch=None)
    files = about(Contact.objects.get(pk=contact.pk), bob)
    assert not any(b"Geheimnis" in octets for octets in files.values())
    assert [act["what"] for act in journal(files)] == ["moved_in"]


def test_an_account_s_archive_holds_its_data_its_acts_and_its_private_contacts(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    card = a_card("Ada King", uid="ada")
    hand_of(alice).contact(space_of(alice), card)
    hand_of(bob).contact(sales, a_card("Of Bob"))
    for by, title in ((alice, "Mine"), (bob, "Of Bob")):
        saving.save_view("contacts", title=title, query="sort=city", space=sales, by=by.actor, door=Door.WEB)
    files = about_account(alice)
    assert [(each["title"], each["shared_with"]) for each in json.loads(files["views.json"])] == [("Mine", "sales")]
    assert files["contacts/alice.vcf"] == card
    assert not any(b"Of Bob" in octets or b"bob@example.org" in octets for octets in files.values())
    assert json.loads(files["account.json"])["email"] == "alice@example.org"
    assert {each["space"] for each in json.loads(files["memberships.json"])} == {"alice", "sales"}
    assert [json.loads(line)["what"] for line in files["changes.jsonl"].splitlines()] == ["created"]


def test_what_became_of_a_shared_view_is_not_told_to_an_owner_who_left_its_space(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    how: dict[str, Any] = {"query": "sort=city", "by": alice.actor, "door": Door.WEB}
    view, _ = saving.save_view("contacts", title="Shared", space=sales, **how)
    saving.save_view("contacts", title="Mine", space=None, **how)
    sales.memberships.filter(user=alice).delete()
    saving.change_view(view, title="Geheimnis", by=bob.actor, door=Door.WEB)
    assert [each["title"] for each in json.loads(about_account(alice)["views.json"])] == ["Mine"]


def test_an_archive_holds_no_password(alice: User) -> None:
    app, codes = with_app(alice)
    files = about_account(alice)
    kept = [
        alice.password,
        app,
        *codes,
        *(str(value) for row in Authenticator.objects.all() for value in row.data.values()),
    ]
    assert not any(each.encode() in octets for each in kept if len(each) > 10 for octets in files.values())
    assert [each["kind"] for each in json.loads(files["signing-in.json"])["second_factors"]] == [
        "totp",
        "recovery_codes",
    ]


def test_giving_it_out_is_noted(alice: User) -> None:
    about(hand_of(alice).contact(space_of(alice)), alice)
    event = Event.objects.get(verb=Verb.DATA_GIVEN)
    assert (event.user, event.subject, event.details) == (alice, "", {"private": True})


def test_what_moved_out_of_somebody_s_sight_is_in_no_archive_of_theirs(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    ada = hand_of(alice).contact(sales, a_card("Ada King", uid="ada"))
    yard = hand_of(alice).contact(sales, a_card("Geheimwerk", "X-ABShowAs:COMPANY", "ORG:Geheimwerk", uid="yard"))
    Affiliation.objects.create(person=ada, organisation=yard)
    Contact.objects.filter(pk=yard.pk).update(owner=bob)
    assert b"Geheimwerk" in about(ada, bob)["contact.json"]
    assert b"yard" in about_account(bob)["looks-after.jsonl"]
    operations.move([yard], space_of(alice), by=alice.actor, door=Door.WEB, batch=None)
    assert b"Geheimwerk" not in about(ada, bob)["contact.json"]
    assert b"yard" not in about_account(bob)["looks-after.jsonl"]


def test_who_opened_a_shared_link_is_told_to_those_who_may_make_one(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    ada = hand_of(alice).contact(sales)
    sharing.share(ada, 7, by=alice.actor, door=Door.WEB)
    assert len(json.loads(about(ada, alice)["share-links.json"])) == 1
    assert "share-links.json" not in about(ada, bob)


def test_who_looked_is_told_to_managers_and_of_oneself_to_oneself(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand_of(alice).contact(space)
    access.switch_on(space, 30, by=alice.actor, door=Door.WEB)
    for user in (alice, bob):
        access.note_access(space.pk, access.Way.OPENED, [contact.pk], by=user.actor, door=Door.WEB)
    access.accesses.flush()
    looked = [json.loads(line) for line in about(contact, alice)["accesses.jsonl"].splitlines()]
    assert [(each["by"], each["what"], each["space"]) for each in looked] == [
        ("alice", "opened", "sales"),
        ("bob", "opened", "sales"),
    ]
    assert "accesses.jsonl" not in about(contact, bob)
    assert [json.loads(line)["by"] for line in about_account(bob)["accesses.jsonl"].splitlines()] == ["bob"]
