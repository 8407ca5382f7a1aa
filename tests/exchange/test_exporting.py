"""Exports as tables: what cards say stands in its columns, goes in again, and is no formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence

import pytest
from tests.cast import a_card

from farley.codecs.postal import postal_lines
from farley.codecs.tables import Row, open_table
from farley.codecs.vcard import Card
from farley.exchange import layouts
from farley.exchange.export_formats import FORMATS
from farley.exchange.exporting import exported
from farley.exchange.paper.setting import NothingToPrint, TooManyToPrint
from farley.fields.models import Field

ADA = a_card(
    "Ada King",
    "N:King;Ada;Byron;Countess;",
    "ORG:Analytical Engines;Research",
    "TITLE:Analyst",
    "EMAIL;TYPE=home:ada@home.example",
    "EMAIL;TYPE=work:ada@work.example",
    "TEL;TYPE=cell:+49 170 1234567",
    "TEL;TYPE=work:+49 30 1",
    "TEL;TYPE=home:+49 30 2",
    "TEL;TYPE=work,fax:+49 30 3",
    "ADR;TYPE=home:;;Hauptstr. 1;Berlin;;10115;Germany",
    "BDAY:1815-12-10",
    "CATEGORIES:Press,Friends",
    "NOTE:=cmd()|x",
    uid="ada",
)
GRACE = a_card("Grace", "TEL;TYPE=home:1", "TEL;TYPE=home:2", "TEL;TYPE=home:3", "IMPP;TYPE=home:xmpp:g@x.example")


def written(name: str, *cards: bytes, fields: Sequence[Field] = (), own: dict[str, object] | None = None) -> bytes:
    records = [(card, own) for card in cards]
    return b"".join(exported(lambda: records, FORMATS[name], own_fields=fields or None))


def table(octets: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(octets.decode("utf-8-sig"), newline="")))


def test_outlook_finds_each_value_under_its_own_name() -> None:
    ada, grace = table(written("csv-outlook", ADA, GRACE))
    assert {name: value for name, value in ada.items() if value} == {
        "Title": "Countess", "First Name": "Ada", "Middle Name": "Byron", "Last Name": "King",
        "Company": "Analytical Engines", "Department": "Research", "Job Title": "Analyst",
        "E-mail Address": "ada@home.example", "E-mail 2 Address": "ada@work.example",
        "Mobile Phone": "+49 170 1234567", "Business Phone": "+49 30 1", "Home Phone": "+49 30 2",
        "Business Fax": "+49 30 3", "Home Street": "Hauptstr. 1", "Home City": "Berlin",
        "Home Postal Code": "10115", "Home Country": "Germany", "Birthday": "12/10/1815",
        "Categories": "Press;Friends", "Notes": "'=cmd()|x",
    }  # fmt: skip
    assert (grace["Home Phone"], grace["Home Phone 2"], grace["Other Phone"]) == ("1", "2", "3")
    assert "xmpp:g@x.example" in grace["Notes"]
    [german, _] = table(written("csv-outlook-de", ADA, GRACE))
    assert (german["Mobiltelefon"], german["Straße privat"], german["Geburtstag"]) == (
        "+49 170 1234567", "Hauptstr. 1", "10.12.1815",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["csv", "csv-google", "csv-outlook", "csv-outlook-de", "xlsx"])
def test_a_table_is_known_again_and_says_the_same(name: str) -> None:
    read = open_table(io.BytesIO(written(name, ADA.replace(b"NOTE:=cmd()|x\r\n", b""))))
    layout = layouts.recognise(read)
    assert layout is not None
    assert layout.name == FORMATS[name].layout
    rows = [row for row in read.rows if isinstance(row, Row)]
    [found] = layout.mapping(read.header).cards(read._replace(rows=(row for row in rows)))
    card = found.card
    assert isinstance(card, Card)
    assert card.name.parts == ("King", "Ada", "Byron", "Countess", "")
    assert {each.text for each in card.properties("EMAIL")} == {"ada@home.example", "ada@work.example"}
    numbers = {each.text: set(each.types) & {"cell", "work", "home", "fax"} for each in card.properties("TEL")}
    assert numbers == {
        "+49 170 1234567": {"cell"}, "+49 30 1": {"work"}, "+49 30 2": {"home"}, "+49 30 3": {"work", "fax"},
    }  # fmt: skip
    [address] = card.properties("ADR")
    assert address.parts[2:] == ["Hauptstr. 1", "Berlin", "", "10115", "Germany"]
    assert [text for each in card.properties("CATEGORIES") for text in each.texts] == ["Press", "Friends"]
    assert [each.date.basic() for each in card.properties("BDAY") if each.date] == ["18151210"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1"])
def test_nothing_that_was_typed_becomes_a_formula(text: str) -> None:
    name = Field(pk=7, key="x", label="=Label", kind=Field.Kind.TEXT, choices=[])
    octets = written("csv", a_card(text.strip()), fields=[name], own={"7": text})
    for row in csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "@", "\t", "+cmd", "-2+")) for cell in row)
    sheet = zipfile.ZipFile(io.BytesIO(written("xlsx", a_card(text.strip())))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


def test_more_numbers_than_there_are_columns_stand_in_the_note() -> None:
    card = a_card("Ada", *(f"EMAIL:{n}@x.example" for n in range(25)))
    [row] = table(written("csv", card))
    assert row["E-mail 20"] == "19@x.example"
    assert "24@x.example" in row["Note"]


def test_labels_and_lists_are_pdf_and_say_why_they_are_not() -> None:
    for name in ("labels-l7160", "labels-5160", "addresses", "birthday-list"):
        assert written(name, ADA, GRACE).startswith(b"%PDF-"), name
    with pytest.raises(NothingToPrint):
        written("labels-l7160", GRACE)
    with pytest.raises(TooManyToPrint, match="at most 3,000"):
        written("addresses", *[GRACE] * 3_001)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (["", "", "Hauptstr. 1", "Berlin", "", "10115", "Germany"], ["Hauptstr. 1", "10115 Berlin", "Germany"]),
        (["", "", "1 Main St", "Austin", "TX", "73301", "USA"], ["1 Main St", "Austin, TX 73301", "USA"]),
        (["", "Flat 2", "1 High St", "Leeds", "", "LS1 1AA", "UK"], ["Flat 2", "1 High St", "Leeds", "LS1 1AA", "UK"]),
    ],
)
def test_an_address_stands_on_a_label_as_its_country_writes_it(address: list[str], lines: list[str]) -> None:
    assert postal_lines(address) == lines


def test_birthdays_are_yearly_events() -> None:
    octets = written("birthdays", ADA, GRACE)
    assert octets.count(b"BEGIN:VEVENT") == 1
    assert b"DTSTART;VALUE=DATE:18151210\r\nSUMMARY:Birthday: Ada King (born 1815)\r\n" in octets
    assert octets.endswith(b"END:VCALENDAR\r\n")


def test_own_fields_are_in_every_format() -> None:
    level = Field(pk=7, key="n", label="N", kind=Field.Kind.TEXT, choices=[])
    for name in ("vcard", "csv", "csv-outlook", "xcard", "jcard", "jscontact", "ldif"):
        assert b"Gold" in written(name, GRACE, fields=[level], own={"7": "Gold"}), name
