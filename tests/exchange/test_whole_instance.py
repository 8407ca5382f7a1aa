"""Everything out of one Farley and into an empty one: both say the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from tests.cast import a_calendar, a_card, an_event, hand_of, person, space_of, team
from tests.conversations.writing import call, note
from tests.together import at_once

from farley.accounts import teams
from farley.accounts.actor import COMMAND
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import birthdays
from farley.calendars.models import CalendarObject
from farley.contacts import affiliations, operations, tagging
from farley.contacts.affiliations import Part
from farley.contacts.models import Contact
from farley.dav.models import DeadProperty
from farley.exchange.instance_in import CannotRead, read_all
from farley.exchange.instance_out import NotEmpty, write_all
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.lists import saving, tabs
from farley.lists.models import View
from farley.spaces import operations as spaces
from farley.spaces.models import Space

pytestmark = pytest.mark.django_db
MANUAL = Path(__file__).parents[2] / "docs/operator/whole-instance.md"


def furnish() -> None:
    """A house in which there is something of everything."""
    alice, bob = person("alice", is_admin=True), person("bob")
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    team("former", alice=Role.MANAGER)
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    hand = hand_of(alice)
    crew = teams.create("crew", by=COMMAND, door=Door.CLI)
    teams.add_member(crew, bob, by=COMMAND, door=Door.CLI)
    spaces.share(sales, crew, Role.EDITOR, **by)
    spaces.set_home(sales, by=bob.actor)
    level = defining.define(Noun.CONTACT, sales, label="Level", kind=Field.Kind.CHOICE, choices=["Gold", "Tin"], **by)
    hand_of(bob).store(space_of(bob), a_card("Private", "NOTE:no last break").rstrip(b"\r\n"), href="own.vcf")
    ada = hand.contact(sales, a_card("Ada King", "ORG:Engines", "CATEGORIES:Press", "BDAY:1815-12-10", uid="ada"))
    firm = hand.contact(sales, a_card("Engines", "X-ABShowAs:COMPANY", "ORG:Engines", uid="firm"))
    other = hand.contact(sales, a_card("Looms", "X-ABShowAs:COMPANY", "ORG:Looms", uid="other"))
    nameless = hand.contact(sales, a_card("No UID", uid=""))
    group = hand.contact(sales, a_card("Team", "X-ADDRESSBOOKSERVER-KIND:group", uid="team"))
    hand.contact(sales, a_card("Gone"))
    operations.delete([Contact.objects.get(full_name="Gone")], batch=None, **by)
    operations.assign([ada, nameless], bob, batch=None, **by)
    operations.follow_up([ada], dt.date(2027, 1, 2), batch=None, **by)
    operations.set_fields([ada], {level: 2}, batch=None, **by)
    affiliations.add(ada, Part(other.pk, "Adviser", dt.date(2020, 1, 1)), batch=None, **by)
    tagging.colour(sales, "Press", "moss", **by)
    note(alice, "about *both* @bob", ada, firm, is_pinned=True)
    call(bob, ada, ago=dt.timedelta(days=3), text="talked", number="+49 30 1", length_s=60)
    saving.save_view("contacts", title="Mine", query=f"group={group.pk}&sort=-name", space=sales, **by)
    saving.save_view("contacts", title="Former", query="sort=name", space=sales, **by)
    former, tabbed = View.objects.order_by("-pk")[0], View.objects.create(list="contacts", owner=alice, title="Third")
    tabs.pin("contacts", tabbed, is_on=True, by=alice.actor)
    former.delete()
    work = a_calendar(sales)
    hand.put(work, an_event("Lunch", uid="lunch"), href="lunch.ics")
    birthdays.refresh(birthdays.create(sales, **by))
    kept = {"user": alice, "name": "{urn:x}own", "xml": '<own xmlns="urn:x">ü&lt;</own>'}
    of: tuple[tuple[DeadProperty.Place, dict[str, Any]], ...] = (
        (DeadProperty.Place.HOME, {}), (DeadProperty.Place.BOOK, {"space": sales}),
        (DeadProperty.Place.CARD, {"contact": ada}), (DeadProperty.Place.CALENDAR, {"calendar": work}),
        (DeadProperty.Place.ENTRY, {"entry": CalendarObject.objects.get(href="lunch.ics")}),
        (DeadProperty.Place.CARD, {"contact": Contact.objects.get(full_name="Gone")}),
    )  # fmt: skip
    DeadProperty.objects.bulk_create(DeadProperty(place=place, **kept, **on) for place, on in of)
    spaces.archive(Space.objects.get(name="former"), **by)
    User.objects.filter(pk=bob.pk).update(is_active=False)


def told(folder: Path) -> dict[str, bytes]:
    """All files; of `farley.json` not when it was written."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files["farley.json"] = re.sub(rb'"written_at": "[^"]*"', b"", files["farley.json"])
    return files


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """What was exported of a house that is gone."""
    folder = tmp_path / "first"
    with transaction.atomic():
        furnish()
        write_all(folder, by=COMMAND, door=Door.CLI)
        transaction.set_rollback(True)
    return folder


def test_everything_that_is_exported_comes_into_an_empty_house_and_is_the_same(house: Path, tmp_path: Path) -> None:
    read_all(house, by=COMMAND, door=Door.CLI)
    write_all(tmp_path / "second", by=COMMAND, door=Door.CLI)
    assert told(tmp_path / "second") == told(house)
    counts = json.loads((house / "farley.json").read_bytes())["counts"]
    assert counts == {
        "accounts": 2, "teams": 1, "spaces": 4, "fields": 1, "views": 2, "columns-of-tables": 0, "contacts": 6,
        "tags": 1, "notes and calls": 2, "calendars": 2, "events and tasks": 2,
        "properties-of-devices": 5,
    }  # fmt: skip
    assert not User.objects.get(name="alice").has_usable_password()
    assert Contact.objects.filter(uid="ada", owner__name="bob", organisation__full_name="Engines").exists()
    assert tabs.pinned("contacts", User.objects.get(name="alice")) == [View.objects.get(title="Third").pk]


def test_nothing_comes_in_of_a_folder_that_lacks_something(house: Path) -> None:
    beside = house / "spaces/sales/contacts.jsonl"
    beside.write_bytes(b"".join(beside.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(CannotRead):
        read_all(house, by=COMMAND, door=Door.CLI)
    assert not User.objects.exists()
    (house / "farley.json").unlink()
    with pytest.raises(CannotRead, match="cut short"):
        read_all(house, by=COMMAND, door=Door.CLI)


def test_a_damaged_line_is_told_by_its_place_and_nothing_comes_in(house: Path) -> None:
    damages: tuple[tuple[str, str, Any], ...] = (
        ("accounts.jsonl", "full_name", None), ("accounts.jsonl", "time_zone", "Mars/Base"),
        ("accounts.jsonl", "language", "tlh"), ("views.jsonl", "list", "nothing"), ("spaces.jsonl", "name", "../.."),
        ("fields.jsonl", "deleted_at", "x"), ("fields.jsonl", "position", -5),
        ("spaces/sales/contacts.jsonl", "uid", 5),
        ("spaces/sales/entries.jsonl", "about", [{"space": "sales", "uid": "nobody"}]),
        ("properties-of-devices.jsonl", "of", "nothing"), ("properties-of-devices.jsonl", "xml", None),
        ("farley.json", "layout", []), ("spaces/sales/calendars.jsonl", "name", None),
    )  # fmt: skip
    for name, key, value in damages:
        path, whole = house / name, (house / name).read_bytes()
        first, *others = whole.splitlines(keepends=True) if path.suffix == ".jsonl" else [whole]
        path.write_bytes(json.dumps(json.loads(first) | {key: value}).encode() + b"\n" + b"".join(others))
        with pytest.raises(CannotRead, match="this Farley reads" if key == "layout" else f"{name}:[0-9]+: "):
            read_all(house, by=COMMAND, door=Door.CLI)
        path.write_bytes(whole)
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_exported_is_of_one_moment(tmp_path: Path) -> None:
    furnish()

    def meanwhile() -> None:
        late, sales = person("newcomer"), Space.objects.get(name="sales")
        sales.memberships.create(user=late, role=Role.MANAGER)
        note(late, "about", hand_of(late).contact(sales, a_card("Newcomer", uid="newcomer")))

    during: list[Any] = []
    write_all(
        tmp_path / "out",
        by=COMMAND,
        door=Door.CLI,
        progress=lambda _done: during.extend(at_once(meanwhile) if not during else []),
    )
    assert (during, User.objects.filter(name="newcomer").exists()) == ([None], True)
    assert not [name for name, octets in told(tmp_path / "out").items() if b"newcomer" in octets]


def test_a_house_that_is_lived_in_takes_nothing_in_and_a_folder_that_is_used_nothing_out(house: Path) -> None:
    person("mallory")
    with pytest.raises(CannotRead, match="not empty"):
        read_all(house, by=COMMAND, door=Door.CLI)
    with pytest.raises(NotEmpty):
        write_all(house, by=COMMAND, door=Door.CLI)


def test_the_manual_names_every_file(house: Path) -> None:
    manual = MANUAL.read_text()
    for name in {re.sub(r"[0-9a-f-]{36}|calendar-\d+", "SLUG", each.rsplit("/", 1)[-1]) for each in told(house)}:
        assert f"`{name}`" in manual, name
