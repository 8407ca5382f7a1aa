"""The example organisation: whole, lifelike, nobody's, and the same every time."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from django.db import transaction

from farley.accounts.models import User
from farley.calendars.models import Attendee, CalendarObject
from farley.calendars.people import contacts_with
from farley.codecs.vcard import Card
from farley.contacts.models import Contact, TagEntry
from farley.exchange.demo import build
from farley.exchange.demo.cards import card_of, card_of_firm
from farley.exchange.demo.people import firms, people
from farley.exchange.demo.portraits import portrait
from farley.journal.models import Change, Verb
from farley.spaces.models import Space
from farley.spaces.operations import NameTaken

FICTION = re.compile(
    r"(?:\+?49|0)0?(?:30 ?23125|40 ?66969|221 ?4710|69 ?90009|89 ?99998)\d{3,4}|(?:\+?49|0)0?176040690\d\d"
    r"|\+?440?(?:2079460|1174960|1314960|1614960)\d{3}|\+?440?7700900\d{3}"
)


def cards(*, count: int, seed: int = 1) -> list[Card]:
    rng = random.Random(seed)
    employers = firms(rng, 40)
    written = [card_of_firm(firm, apple=n % 2 == 0) for n, firm in enumerate(employers)]
    written += [card_of(person, rng) for person in people(rng, count, employers=employers)]
    return [Card.parse(octets) for octets in written]


def test_the_same_seed_makes_the_same_cards_and_another_one_others() -> None:
    assert cards(count=200) == cards(count=200)
    assert cards(count=200) != cards(count=200, seed=2)


def test_cards_of_all_three_versions_are_read_with_the_name_that_was_meant() -> None:
    rng = random.Random(1)
    meant = {}
    for person in people(rng, 400, employers=firms(rng, 20)):
        meant[person.number] = (person, Card.parse(card_of(person, rng)))
    assert {card.version for _, card in meant.values()} == {"2.1", "3.0", "4.0"}
    for person, card in meant.values():
        assert card.name.family == person.family
        assert card.full_name in (person.full_name, f"{person.given} {person.family}")
        assert card.uid in (person.uid, None)


def test_every_number_and_address_belongs_to_nobody() -> None:
    for card in cards(count=1000):
        for prop in card.properties("TEL"):
            digits = re.sub(r"[^\d+]", "", prop.text.replace("(0)", ""))
            assert FICTION.fullmatch(digits), prop.text
        for prop in card.properties("EMAIL"):
            assert prop.text.endswith(".example")
        for prop in card.properties("URL"):
            assert prop.text.rstrip("/").endswith(".example")


def test_tags_reach_from_every_second_person_to_hardly_any() -> None:
    counted = Counter(tag for person in people(random.Random(1), 20_000, employers=[]) for tag in person.tags)
    assert 9_500 < counted["Kunde"] < 10_500
    assert 0 < counted["Jury"] < 50
    assert counted["Gründungsmitglied"] < 10


def test_a_portrait_is_a_small_jpeg_and_the_same_for_the_same_seed() -> None:
    first = portrait(random.Random(7))
    assert first.startswith(b"\xff\xd8")
    assert len(first) < 10_000
    assert portrait(random.Random(7)) == first != portrait(random.Random(8))


@pytest.mark.django_db
def test_an_organisation_is_built_as_large_as_asked_and_hangs_together() -> None:
    told: list[int] = []
    summary = build(people=120, password="as-you-like", progress=told.append)
    assert (summary.people, summary.user, summary.password) == (120, "jana", "as-you-like")
    assert told[-1] == 120
    assert told == sorted(told)
    live = Contact.objects.filter(deleted_at=None)
    individuals = live.filter(kind=Contact.Kind.INDIVIDUAL)
    assert individuals.count() == 119  # one was deleted in the history
    assert live.filter(kind=Contact.Kind.ORG).count() == summary.organisations
    assert individuals.exclude(organisation=None).count() > 60
    assert individuals.exclude(owner=None).exists()
    assert individuals.filter(has_photo=True).exists()
    groups = list(live.filter(kind=Contact.Kind.GROUP))
    assert len(groups) == summary.groups
    assert all(Contact.objects.members_of(group).exists() for group in groups)
    assert TagEntry.objects.exists()


@pytest.mark.django_db
def test_everybody_of_the_example_can_log_in_and_sees_their_own_spaces() -> None:
    summary = build(people=30)
    jana, marten = (User.objects.get(name=name) for name in ("jana", "marten"))
    assert all(User.objects.get(name=name).check_password(summary.password) for name in summary.users)
    assert jana.is_admin
    assert not marten.is_admin
    seen = set(Space.objects.visible_to(marten.actor).values_list("name", flat=True))
    assert seen == {"marten", "hallberg", "london", "montage"}


@pytest.mark.django_db
def test_there_is_a_history_by_several_people() -> None:
    summary = build(people=300)
    after = Change.objects.exclude(verb=Verb.CREATED)
    assert {change.verb for change in after} >= {Verb.CHANGED, Verb.SET, Verb.DELETED, Verb.RESTORED, Verb.MOVED_IN}
    assert len({change.user_id for change in after}) == 3
    assert summary.edits == after.exclude(verb=Verb.MOVED_OUT).count()


@pytest.mark.django_db
def test_its_calendars_have_dates_around_today_with_people_of_the_address_book() -> None:
    build(people=60)
    tobias = User.objects.get(name="tobias")
    seen = CalendarObject.objects.visible_to(tobias.actor)
    assert seen.filter(component=CalendarObject.Kind.TASK).count() == 5
    guests = set(Attendee.objects.filter(is_organiser=False).values_list("address", flat=True))
    assert len(guests) == 4
    assert set(contacts_with(guests, by=tobias.actor)) == guests


@pytest.mark.django_db
def test_building_it_twice_makes_the_same_contacts() -> None:
    def built() -> list[tuple[str, bytes]]:
        with transaction.atomic():
            build(people=60, seed=5)
            made = [(uid, bytes(sha256)) for uid, sha256 in Contact.objects.values_list("uid", "sha256").order_by("pk")]
            transaction.set_rollback(True)
        return made

    first = built()
    assert len(first) > 60
    assert built() == first


@pytest.mark.django_db
def test_a_second_one_beside_the_first_is_refused_and_changes_nothing() -> None:
    build(people=5)
    before = Contact.objects.count(), User.objects.count()
    with pytest.raises(NameTaken):
        build(people=5)
    assert (Contact.objects.count(), User.objects.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2, 13])
def test_a_very_small_one_is_whole_too(count: int) -> None:
    assert build(people=count).people == count
    assert Contact.objects.filter(kind=Contact.Kind.INDIVIDUAL).count() == count
