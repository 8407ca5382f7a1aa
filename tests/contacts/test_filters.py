"""What lists of contacts can be filtered by: the same answer by an index and by looking at each."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.db import connection

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.bulk import Selection
from farley.contacts.listing import Filters, Listed
from farley.contacts.models import Contact
from farley.database import patience
from farley.journal.models import Door
from farley.lists import language, paging
from farley.lists.language import BadFilter, Reason
from farley.lists.paging import TooSlow
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team

NOW = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)
CARDS = {
    "ada": a_card(
        "Ada King", "N:King;Ada;;;", "ORG:Yard", "ADR:;;Am Gürtel 1;Köln;NRW;50667;Germany", "CATEGORIES:Press,Board",
        "EMAIL:Ada@Example.org", "TEL:+49 221 123456", "BDAY:1990-06-01", "NOTE:Likes pencils",
    ),
    "grace": a_card(
        "Grace Hopper", "N:Hopper;Grace;;;", "ORG:Works", "ADR:;;;Berlin;;;", "TEL:+1 202 555 0100", "NICKNAME:Amazing",
        "EMAIL:grace@navy.example", "CATEGORIES:Press", "TITLE:Rear Admiral", "URL:https://www.navy.example/grace",
        "IMPP:xmpp:Grace@Navy.example",
    ),
    "yard": a_card("Yard", "ORG:Yard", "X-ABShowAs:COMPANY", "ADR:;;;Köln;;;"),
    "bare": a_card("Zoe Bare", "N:Bare;Zoe;;;"),
}  # fmt: skip


@pytest.fixture
def spaces(alice: User, bob: User) -> list[Space]:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    there = {}
    with time_machine.travel(NOW, tick=False):
        for name, card in CARDS.items():
            there[name] = hand_of(alice).contact(sales if name == "grace" else space_of(alice), card)
        by = {"by": alice.actor, "door": Door.WEB, "batch": None}
        operations.assign([there["grace"]], bob, **by)
        operations.assign([there["ada"]], alice, **by)
        operations.follow_up([there["ada"]], dt.date(2026, 5, 10), **by)
        operations.follow_up([there["yard"]], dt.date(2026, 6, 10), **by)
        operations.note_last_contact([there["grace"]], NOW - dt.timedelta(days=40), **by)
    return [space_of(alice), sales]


CASES = {
    'name is "Ada King"': "ada",
    'name is "king ada"': "ada",
    "name starts hop": "grace",
    "name contains opp": "grace",
    "name contains o": "grace zoe",
    'name in ("Zoe Bare", yard)': "yard zoe",
    "org is yard": "ada yard",
    "org is not yard": "grace zoe",
    "org empty": "zoe",
    "org starts yar": "ada yard",
    "city is KOELN": "ada yard",
    "city is Köln and org is Yard and kind is person": "ada",
    "city contains erl or birthday is 06-01": "ada grace",
    "city filled": "ada grace yard",
    "email is ada@example.ORG": "ada",
    "email contains navy": "grace",
    "email empty": "yard zoe",
    'phone is "0221 123456"': "ada",
    "phone contains 5550100": "grace",
    "phone filled": "ada grace",
    "tag is Press": "ada grace",
    "tag is not Board": "grace yard zoe",
    "tag in (Board, None)": "ada",
    "tag empty": "yard zoe",
    "title contains admiral": "grace",
    "nickname starts ama": "grace",
    'title in (Boss, "Rear Admiral")': "grace",
    "title contains köln": "",
    "street contains gürtel": "ada",
    'street contains "gürtel 1"': "ada",
    'street contains "tel 1"': "ada",
    'street contains "gür 1"': "",
    'street is "am GUERTEL 1"': "ada",
    "street is gürtel": "",
    'street is not "am gürtel 1"': "grace yard zoe",
    'street starts "am gü"': "ada",
    "street starts gü": "",
    "street filled": "ada",
    "street empty": "grace yard zoe",
    "region contains 50667": "",
    "country contains erman": "ada",
    "postcode is 50667 and country is germany and region is nrw": "ada",
    "url contains navy": "grace",
    "url is http://NAVY.example/grace/": "grace",
    "im is grace@navy.example": "grace",
    "im starts grace": "grace",
    "im starts navy": "",
    "note contains PENCIL": "ada",
    "note contains pencil and text contains king": "ada",
    "birthday from 05-01 and birthday until 06-30": "ada",
    "kind in (org, group)": "yard",
    "kind is not person": "yard",
    "space is sales": "grace",
    "owner is bob": "grace",
    "owner is me": "ada",
    "owner empty": "yard zoe",
    "follow-up until today": "ada",
    "follow-up after today": "yard",
    "follow-up empty": "grace zoe",
    "last-contact before today-30d": "grace",
    "last-contact empty": "ada yard zoe",
    "changed is 2026-05-20 and created from today": "ada grace yard zoe",
    "created after today": "",
    "(tag is Board or tag is None) and (city is Köln or (org is Works and kind is org))": "ada",
    'city is "nowhere\' OR 1=1 --"': "",
    "name contains %": "",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("few", "rare", "soon"),
    [(0, 0, 0), (2000, 2000, 150), (0, 2000, 0), (0, 0, 150)],
    ids=["each looked at", "looked up", "tested alone as they were not met soon", "met soon"],
)
def test_a_filter_finds_what_it_says(
    alice: User, spaces: list[Space], few: int, rare: int, soon: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "FEW", few)
    monkeypatch.setattr(paging, "RARE", rare)
    monkeypatch.setattr(paging, "MANY", rare)
    monkeypatch.setattr(paging, "SOON", soon)
    found, wanted = {}, {}
    with time_machine.travel(NOW, tick=False):
        for text, names in CASES.items():
            listed = Listed(spaces, Filters(more=language.parse(text)), alice)
            contacts = listed.page().contacts
            assert listed.count() == len(contacts), text
            found[text] = {contact.full_name.split()[0].lower() for contact in contacts}
            wanted[text] = set(names.split())
    assert found == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "reason", "word"),
    [
        ("city is Köln and shoe is 43", Reason.UNKNOWN_FIELD, "shoe"),
        ("own.gone is 43", Reason.UNKNOWN_FIELD, "own.gone"),
        ("city before 2026-01-01", Reason.NOT_FOR_FIELD, "before"),
        ("changed before yesterday", Reason.NOT_A_DATE, "yesterday"),
        ("changed after 9999-12-31", Reason.NOT_A_DATE, "9999-12-31"),
        ("changed after today-9999y", Reason.NOT_A_DATE, "today-9999y"),
        ("kind is robot", Reason.NOT_A_CHOICE, "robot"),
        ("owner is mallory", Reason.NOT_A_CHOICE, "mallory"),
        ("phone is abc", Reason.NOT_A_NUMBER, "abc"),
        ('city is ""', Reason.VALUE, ""),
    ],
)
def test_a_filter_that_cannot_be_asked_is_refused(
    alice: User, mallory: User, spaces: list[Space], text: str, reason: Reason, word: str
) -> None:
    with pytest.raises(BadFilter) as caught:
        Listed(spaces, Filters(more=language.parse(text)), alice).page()
    assert (caught.value.reason, caught.value.word) == (reason, word)


@pytest.mark.django_db
def test_a_bulk_act_takes_all_that_its_filter_shows(alice: User, spaces: list[Space]) -> None:
    filters = Filters(more=language.parse("owner is me or org is yard"))
    chosen = Selection.everything(Listed(spaces, filters, alice), by=alice.actor).written()
    read = Selection.read(json.loads(json.dumps(chosen)), by=alice.actor)
    assert {contact.full_name for contact in read.behind(0)} == {"Ada King", "Yard"}


@pytest.mark.django_db
def test_a_query_that_takes_too_long_is_cancelled(alice: User) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(patience.TookTooLong), patience.at_most(0.05), connection.cursor() as cursor:
        cursor.execute(endless)
    assert Contact.objects.count() == 0  # the connection goes on


@pytest.mark.django_db
def test_what_no_index_helps_with_is_named(alice: User, spaces: list[Space], monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        return  # where time runs out within a statement only
    monkeypatch.setattr(paging, "PATIENCE_S", -1.0)
    monkeypatch.setattr(patience, "_STEPS", 1)
    with pytest.raises(TooSlow) as caught:
        Listed(spaces, Filters(more=language.parse("tag empty and city filled")), alice).page()
    assert caught.value.said == ("tag empty",)
