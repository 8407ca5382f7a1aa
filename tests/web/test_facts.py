"""Facts and editors over real cards, dates and labels in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from farley.accounts.models import User
from farley.codecs.vcard import Card, PartialDate, read_cards
from farley.contacts.links import RELATIONS
from farley.web.contacts import editors
from farley.web.contacts.countries import written_place
from farley.web.contacts.facts import EDITABLE, fact_groups, name_facts, other_lines, shown_value
from farley.web.contacts.labels import choices_for, label_of, typed_label
from farley.web.contacts.people import name_of
from farley.web.contacts.quick_line import card_of
from farley.web.dates import UnreadableDate, read_date, show_date
from farley.web.timeline.events import differences
from tests.cast import a_card, hand_of, space_of
from tests.conftest import SAMPLES

FOLDER = SAMPLES / "vcard"


def sample_files() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*") if path.suffix.lower() in (".vcf", ".vcard"))


def cards_of(path: Path) -> Iterator[Card]:
    with path.open("rb") as file:
        yield from (entry.card for entry in read_cards(file) if entry.card is not None)


def form_of(fields: list[editors.Field]) -> dict[str, str]:
    """What a browser sends when nothing was typed: single-line fields lose their line breaks."""
    return {
        field.name: field.value.replace("\n", "\r\n")
        if field.kind == "textarea"
        else field.value.replace("\n", "").replace("\r", "")
        for field in fields
    }


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the sample cards are not there")
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_real_card_is_shown_and_an_editor_left_as_it_was_changes_nothing(language: str) -> None:
    touched = []
    with translation.override(language):
        for path in sample_files():
            for card in cards_of(path):
                assert all(fact.value for group in fact_groups(card) for fact in group.facts)
                assert all(line.value for line in other_lines(card))
                for prop in card.properties():
                    if prop.name not in EDITABLE:
                        continue
                    form = form_of(editors.fields_of(prop))
                    if not editors.typed_value(form):
                        continue
                    try:
                        saved = editors.with_change(card, prop, form)
                    except editors.Unusable:
                        touched.append((path.name, prop.name, form, "unusable"))
                        continue
                    if saved.octets != card.octets:
                        touched.append((path.name, prop.name, form, prop.text))
    assert touched == []


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the sample cards are not there")
def test_nothing_of_a_real_card_is_hidden_from_its_reader() -> None:
    silent = {"VERSION", "PRODID", "UID", "REV", "KIND", "PHOTO", "CATEGORIES", "N", "FN"}
    for path in sample_files():
        for card in cards_of(path):
            shown = {fact.ref for group in fact_groups(card) for fact in group.facts}
            shown |= {line.ref for line in other_lines(card)}
            for prop in card.properties():
                is_label = prop.name in (
                    "X-ABLABEL",
                    "X-ABADR",
                    "X-ABSHOWAS",
                    "X-ADDRESSBOOKSERVER-KIND",
                    "CLIENTPIDMAP",
                )
                is_link = prop.name in (*RELATIONS, "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
                says = any(map(str.strip, prop.parts if prop.name in ("ADR", "ORG") else [prop.text]))
                assert str(prop.index) in shown or is_label or is_link or prop.name in silent or not says, prop


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("24.12.1990", PartialDate(1990, 12, 24)),
        ("24. 12. 1990", PartialDate(1990, 12, 24)),
        ("1.2.", PartialDate(None, 2, 1)),
        ("29.2.", PartialDate(None, 2, 29)),
        ("8 December 1978", PartialDate(1978, 12, 8)),
        ("8. dec", PartialDate(None, 12, 8)),
        ("1990-12-24", PartialDate(1990, 12, 24)),
        ("--12-24", PartialDate(None, 12, 24)),
        ("1990", PartialDate(1990)),
        ("8. Dec. 78", PartialDate(1978, 12, 8)),
        ("8.12.78", PartialDate(1978, 12, 8)),
        ("1.2.05", PartialDate(2005, 2, 1)),
        (" 1990-12 ", PartialDate(1990, 12)),
    ],
)
def test_a_typed_date_is_read(typed: str, expected: PartialDate) -> None:
    with translation.override("en"):
        assert read_date(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "Christmas", "31.2.1990", "29.2.1990", "0.1.1990", "12/24/1990", "8 Foo", "99999"]
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableDate):
        read_date(typed)


@given(st.dates(min_value=dt.date(1000, 1, 1)), st.sampled_from(["en", "de"]), st.sampled_from([True, False]))
def test_a_date_reads_back_as_it_is_shown(day: dt.date, language: str, has_year: bool) -> None:
    date = PartialDate(day.year if has_year else None, day.month, day.day)
    with translation.override(language):
        assert read_date(show_date(date)) == date


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2026-11-22", "turns 48 this year"),
        ("2026-12-08", "turns 48 this year"),
        ("2026-12-09", "48 years old"),
        ("2027-01-01", "turns 49 this year"),
    ],
)
def test_a_birthday_tells_the_age_of_this_year(today: str, told: str) -> None:
    card = Card.parse(b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nBDAY:19781208\r\nEND:VCARD\r\n")
    with time_machine.travel(f"{today}T12:00Z"):
        values = [fact.value for group in fact_groups(card) for fact in group.facts if fact.name == "BDAY"]
    assert values == [f"8 December 1978, {told}"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", ["TEL", "EMAIL", "ADR", "URL", "IMPP", "RELATED"])
def test_every_offered_label_comes_back_from_the_card(name: str, language: str) -> None:
    with translation.override(language):
        card = Card.new(uid="u", version="4.0", full_name="Ada")
        for label in choices_for(name):
            types, own = typed_label(name, label)
            assert own is None
            added = (
                card.added(name, text="x", types=types)
                if name != "ADR"
                else card.added(name, components=["x"], types=types)
            )
            assert label_of(added.properties(name)[-1]) == label


def test_a_label_of_one_s_own_is_kept_as_typed() -> None:
    assert typed_label("TEL", " Yacht ", ("voice", "cell")) == (("voice",), "Yacht")
    assert typed_label("TEL", "", ("voice", "cell")) == (("voice",), None)


def test_a_name_that_is_displayed_otherwise_shows_both() -> None:
    card = Card.parse(b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Countess Ada\r\nN:King;Ada;;;\r\nEND:VCARD\r\n")
    assert [fact.value for fact in name_facts(card)] == ["Ada King", "Countess Ada"]


def test_differences_name_what_came_went_and_changed() -> None:
    before = (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nTITLE:x\r\nEMAIL:a@b\r\nCATEGORIES:one,two\r\nREV:1\r\nEND:VCARD\r\n"
    )
    after = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nTITLE:y\r\nTEL:1\r\nCATEGORIES:two\r\nREV:2\r\nEND:VCARD\r\n"
    with translation.override("en"):
        told = {(detail.label, detail.before, detail.after) for detail in differences(before, after)}
    assert told == {("Job title", "x", "y"), ("E-mail", "a@b", ""), ("Tag", "one", ""), ("Phone", "", "1")}


@given(st.text(max_size=80))
def test_any_line_makes_a_card_with_a_name(line: str) -> None:
    card = card_of(line.strip() or "x", "uid")
    assert Card.parse(card.octets).uid == "uid"


def test_a_city_that_is_its_own_region_is_shown_once() -> None:
    card = Card.parse(a_card("Ada King", "ADR:;;Kai 1;Hamburg;Hamburg;20457;Germany"))
    [prop] = card.properties("ADR")
    assert shown_value(prop) == "Kai 1\n20457 Hamburg\nGermany"


def test_a_contact_without_a_name_is_called_that(alice: User) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("", "NOTE:x"))
    with translation.override("en"):
        assert name_of(contact) == "No name"


@pytest.mark.parametrize(
    ("country", "written"),
    [
        ("Deutschland", "Hafen 1\n20095 Ort\nLand\nDeutschland"),
        ("USA", "Hafen 1\nOrt, Land 20095\nUSA"),
        ("United Kingdom", "Hafen 1\nOrt\nLand\n20095\nUnited Kingdom"),
        ("Großbritannien", "Hafen 1\nOrt\nLand\n20095\nGroßbritannien"),
        ("it", "Hafen 1\n20095 Ort Land\nit"),
        ("Nowhere", "Hafen 1\n20095 Ort\nLand\nNowhere"),
    ],
)
def test_an_address_is_written_as_its_country_has_it(country: str, written: str) -> None:
    card = Card.parse(f"BEGIN:VCARD\nVERSION:3.0\nFN:A\nADR:;;Hafen 1;Ort;Land;20095;{country}\nEND:VCARD\n".encode())
    assert shown_value(card.properties("ADR")[0]) == written


def test_what_a_country_puts_between_two_parts_is_left_out_with_one_of_them() -> None:
    assert written_place({"city": "Ort", "region": "", "postcode": "1"}, "us") == ["Ort 1"]
    assert written_place({"city": "", "region": "CA", "postcode": ""}, "us") == ["CA"]
