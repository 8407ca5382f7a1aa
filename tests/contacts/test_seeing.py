"""What is found by statements of one's own is what the one policy lets see, for whoever asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.utils import timezone

from farley.accounts import teams
from farley.accounts.actor import NOBODY, Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import listing, seeing
from farley.contacts.models import Affiliation, Contact
from farley.fields.models import Field
from farley.fields.operations import fields_in
from farley.journal.models import Noun
from farley.lists.models import View
from farley.lists.saving import views_of
from farley.spaces.models import Space
from farley.spaces.operations import create, share
from tests.cast import a_card, hand_of, person, space_of, team

pytestmark = pytest.mark.django_db

SERVER = Actor(ActorKind.SYSTEM, None, "command line")


@pytest.fixture
def house(alice: User, bob: User, mallory: User) -> list[Contact]:
    """Spaces shared in every way, in each a contact and one that was deleted."""
    roles = {role.name.lower(): team(role.name.lower(), alice=Role.MANAGER, bob=role) for role in Role}
    by_team = create("by-team", Space.Kind.TEAM, by=alice.actor)
    sellers = teams.create("sellers", by=SERVER, door=Door.CLI)
    teams.add_member(sellers, bob, by=SERVER, door=Door.CLI)
    share(by_team, sellers, Role.READER, by=alice.actor)
    archived = team("archived", alice=Role.MANAGER, bob=Role.EDITOR)
    spaces = [*roles.values(), by_team, archived, space_of(alice)]
    contacts = []
    for space in spaces:
        ada, gone = (hand_of(alice).contact(space, a_card(f"{name} of {space.name}")) for name in ("Ada", "Gone"))
        Contact.objects.filter(pk=gone.pk).update(deleted_at=timezone.now(), owner=alice)
        contacts += [ada, gone]
    Space.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    for organisation in contacts:
        Affiliation.objects.create(person=contacts[0], organisation=organisation)
    for number, space in enumerate([None, *spaces]):
        Field.objects.create(noun=Noun.CONTACT, space=space, key=f"k{number}", label="Key", kind=Field.Kind.TEXT)
        for owner in (alice, bob):
            View.objects.create(list="contacts", owner=owner, space=space, title=f"{number}", query="")
    View.objects.create(list="contacts", owner=bob, title="deleted", query="", deleted_at=timezone.now())
    return contacts


def _actors(alice: User, bob: User, mallory: User) -> Iterator[Actor]:
    yield from (NOBODY, SERVER, alice.actor, bob.actor, mallory.actor)
    yield dataclasses.replace(bob.actor, max_role=Role.FREEBUSY)
    yield dataclasses.replace(bob.actor, max_role=Role.READER)
    yield dataclasses.replace(bob.actor, spaces=frozenset())
    chosen = frozenset(Space.objects.filter(name__in=["editor", "alice"]).values_list("pk", flat=True))
    yield dataclasses.replace(bob.actor, kind=ActorKind.DEVICE, spaces=chosen)
    closed = person("closed").actor
    User.objects.filter(name="closed").update(is_active=False)
    yield closed


def test_nobody_is_shown_more_or_less_than_the_policy_says(
    alice: User, bob: User, mallory: User, house: list[Contact]
) -> None:
    counts = set()
    for by in _actors(alice, bob, mallory):
        seen = set(Contact.objects.visible_to(by))
        counts.add(len(seen))
        assert set(seeing.contacts("1 = 1", [], by=by, limit=100)) == seen
        assert {each.pk for each in house if seeing.record_of(each.pk, by=by)} == {each.pk for each in seen}
        assert {part.organisation for part in seeing.parts_of(house[0].pk, by=by)} == seen
        views = View.objects.known_to(by).filter(list="contacts", deleted_at=None)
        assert {view.pk for view in views_of("contacts", by=by)} == {view.pk for view in views}
        for space in Space.objects.all():
            fields = Field.objects.visible_to(by).of(Noun.CONTACT, [space.pk])
            assert fields_in(space.pk, Noun.CONTACT, by=by) == list(fields)
    assert len(counts) > 3  # the cast tells the ways apart


def test_a_record_comes_with_what_belongs_to_it(alice: User, house: list[Contact]) -> None:
    Contact.objects.filter(pk=house[0].pk).update(owner=alice, organisation=house[2], follow_up_on="2026-12-24")
    told = Contact.objects.select_related("space", "owner", "content", "organisation").get(pk=house[0].pk)
    found = seeing.record_of(house[0].pk, by=alice.actor)
    assert found is not None
    for field in Contact._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(told, field.attname), field.name
    assert (found.space, found.owner, found.organisation) == (told.space, told.owner, told.organisation)
    assert found.content.data == told.content.data
    [line] = listing.lines([house[0].pk])
    assert (line.full_name, line.owner, line.changed_at) == (told.full_name, "alice", told.changed_at)
