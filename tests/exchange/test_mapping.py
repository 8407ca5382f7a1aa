"""Rows become cards as a mapping says; layouts of well-known programs are recognised; nothing in a row is lost."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SAMPLES

from farley.codecs.tables import open_table
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card, Kind, judge
from farley.exchange import layouts
from farley.exchange.formats import format_of, look_at
from farley.exchange.mapping import BadMapping, Column, Found, Mapping
from farley.exchange.mapping_steps import TARGETS

TABLES = sorted(path for path in (SAMPLES / "csv").rglob("*") if path.suffix in (".csv", ".txt"))


def cards(text: str, *columns: Column, **options: str) -> list[Card | Unreadable]:
    return [found.card for found in Mapping(columns, **options).cards(open_table(io.BytesIO(text.encode())))]


def lines(text: str, *columns: Column, **options: str) -> list[str]:
    """What the one card says besides what every card says."""
    [card] = cards(text, *columns, **options)
    assert isinstance(card, Card), card
    assert judge(card) == [] or {remark.rule for remark in judge(card)} == {"no-uid"}
    said = card.octets.decode().replace("\r\n ", "").splitlines()
    return [line for line in said if not line.startswith(("BEGIN", "END", "VERSION", "N:", "FN:"))]


def by_layout(text: str) -> tuple[str, list[str]]:
    table = open_table(io.BytesIO(text.encode()))
    layout = layouts.recognise(table)
    assert layout is not None
    return layout.name, lines(text, *layout.mapping(table.header).columns, dates=layout.dates)


NAME = Column("name", "Name")


@pytest.mark.parametrize(
    ("cell", "column", "said"),
    [
        ("a@b.de", Column("email", "X", ("work",)), ["EMAIL;TYPE=work:a@b.de"]),
        ("a@b.de; c@d.de", Column("email", "X"), ["EMAIL:a@b.de", "EMAIL:c@d.de"]),
        ("/o=Org/cn=A", Column("email", "X"), ["EMAIL:/o=Org/cn=A"]),
        ("'+49 30 1", Column("phone", "X", ("cell",)), ["TEL;TYPE=cell:+49 30 1"]),
        ("1 ::: 2", Column("phone", "X"), ["TEL:1", "TEL:2"]),
        ("a|b", Column("tags", "X", separator="|"), ["CATEGORIES:a,b"]),
        ("a, b", Column("tags", "X"), ["CATEGORIES:a,b"]),
        ("31.12.1980", Column("birthday", "X"), ["BDAY:1980-12-31"]),
        ("31.12.", Column("birthday", "X"), ["BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-31"]),
        ("0.0.0000", Column("birthday", "X"), []),
        ("about 1900", Column("birthday", "X"), ["BDAY;VALUE=text:about 1900"]),
        ("12/31/80", Column("anniversary", "X"), ["item1.X-ABDATE:1980-12-31", "item1.X-ABLabel:_$!<Anniversary>!$_"]),
        ("Eva", Column("related", "X", ("spouse",)),
         ["item1.X-ABRELATEDNAMES:Eva", "item1.X-ABLabel:_$!<Spouse>!$_"]),
        ("ada", Column("chat", "X", ("skype",)), ["X-SKYPE:ada"]),
        ("ada", Column("chat", "X", ("Matrix",)), ["IMPP:matrix:ada"]),
        ("weiblich", Column("gender", "X"), ["X-GENDER:F"]),
        ("a;b\\c,d", Column("note", "X"), ["NOTE:a\\;b\\\\c\\,d"]),
        ("Gold", Column("own", "X", label="Stufe"), ["X-FARLEY-FIELD;X-KEY=stufe;X-KIND=text;X-LABEL=Stufe:Gold"]),
        ("12", Column("id", "X", label="hubspot"), ["X-FARLEY-ID;X-SYSTEM=hubspot:12"]),
        ("Normal", Column("own", "X", unless=("normal",)), []),
        ("x", Column("ignore", "X"), []),
        ("www.a.de", Column("url", "X", label="Shop"), ["item1.URL:www.a.de", "item1.X-ABLabel:Shop"]),
        ("javascript:alert(1)", Column("photo", "X"), []),
    ],
)  # fmt: skip
def test_a_cell_becomes_what_its_column_says(cell: str, column: Column, said: list[str]) -> None:
    assert lines(f'Name\tX\nAda King\t"{cell}"\n', NAME, column) == said


@pytest.mark.parametrize(
    ("row", "name", "full_name", "kind"),
    [
        ({"name": "Ada King"}, "King;Ada", "Ada King", Kind.INDIVIDUAL),
        ({"name": "King, Ada"}, "King;Ada", "Ada King", Kind.INDIVIDUAL),
        ({"name": "Dr. Ada von Byron"}, "von Byron;Ada", "Dr. Ada von Byron", Kind.INDIVIDUAL),
        ({"name": "John Doe, Jr."}, "Doe;John", "John Doe Jr.", Kind.INDIVIDUAL),
        ({"name.given": "Ada", "name.family": "King"}, "King;Ada", "Ada King", Kind.INDIVIDUAL),
        ({"name": "The Countess", "name.family": "King"}, "King;", "The Countess", Kind.INDIVIDUAL),
        ({"name": "Müller GmbH"}, ";", "Müller GmbH", Kind.ORG),
        ({"org": "Engines"}, ";", "Engines", Kind.ORG),
        ({"name": "Engines", "org": "Engines"}, ";", "Engines", Kind.ORG),
        ({"name": "Engines", "kind": "company"}, ";", "Engines", Kind.ORG),
        ({"email": "a@b.de"}, ";", "a@b.de", Kind.INDIVIDUAL),
        ({"phone": "030 1"}, ";", "030 1", Kind.INDIVIDUAL),
    ],
)
def test_who_a_row_is_about(row: dict[str, str], name: str, full_name: str, kind: Kind) -> None:
    text = "\t".join(row) + "\tZ\n" + "\t".join(row.values()) + "\t\n"
    [card] = cards(text, *(Column(target, target) for target in row))
    assert isinstance(card, Card)
    assert (";".join(card.name.parts[:2]), card.full_name, card.kind) == (name, full_name, kind)


def test_columns_of_one_number_make_one_address_and_their_kind_stands_beside() -> None:
    header = "Name,Kind,Street,No,City,ZIP,Street b,City b"
    columns = (
        NAME, Column("address.type", "Kind", n=1), Column("address.street", "Street", n=1),
        Column("address.street", "No", n=1), Column("address.city", "City", n=1),
        Column("address.postcode", "ZIP", n=1), Column("address.street", "Street b", ("work",)),
        Column("address.city", "City b", ("work",)),
    )  # fmt: skip
    assert lines(f"{header}\nA B,Privat,Weg,5,Ulm,89073,Platz 1,Bonn\n", *columns) == [
        "ADR;TYPE=home:;;Weg\\n5;Ulm;;89073;",
        "ADR;TYPE=work:;;Platz 1;Bonn;;;",
    ]


def test_a_mapping_gives_every_row_a_constant_a_country_and_an_order_of_dates() -> None:
    columns = (NAME, Column("phone", "Tel"), Column("birthday", "Day"), Column("tags", value="Messe"))
    said = lines("Name,Tel,Day\nA B,030 1234567,3/4/1980\n", *columns, country="DE", dates="dmy")
    assert said == ["TEL:+49301234567", "BDAY:1980-04-03", "CATEGORIES:Messe"]


def test_a_row_about_nobody_is_a_problem_with_its_line() -> None:
    [first, second] = cards("Name,X\n,only this\nA B,\n", NAME, Column("own", "X"))
    assert (isinstance(first, Unreadable), isinstance(second, Card)) == (True, True)
    assert isinstance(first, Unreadable)
    assert first.line == 2


def test_a_mapping_comes_back_from_its_json() -> None:
    mapping = Mapping(
        (NAME, Column("email", "E", ("work",), 2, "L", ";", unless=("x",)), Column("tags", value="t")), "dmy", "DE", "l"
    )
    assert Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "a mapping is an object with a list of “columns”"),
        ({"columns": [{"to": "nowhere"}]}, "a column cannot become “nowhere”"),
        ({"columns": [{"to": "name", "form": "x"}]}, "a column has no “form”"),
        ({"columns": [{"to": "email", "types": "work"}]}, "“types” is a list of texts"),
        ({"columns": [{"to": "email", "n": -1}]}, "“n” is a number"),
        ({"columns": [], "dates": "dm"}, "“dates” is dmy, mdy or ymd"),
        ({"columns": [], "country": "de"}, "“country” is two capital letters, as DE"),
        ({"columns": [], "x": 1}, "a mapping has no “x”"),
    ],
)
def test_a_mapping_that_cannot_be_read_says_why(given: object, reason: str) -> None:
    with pytest.raises(BadMapping) as refused:
        Mapping.from_json(given)
    assert refused.value.reason == reason


def test_a_mapping_for_another_table_is_refused_before_the_first_row() -> None:
    with pytest.raises(BadMapping, match="no column “Tel”"):
        Mapping((Column("phone", "Tel"),)).cards(open_table(io.BytesIO(b"Name,Mail\nA,b\n")))


@given(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=12), st.lists(st.text(max_size=20), max_size=12))
def test_whatever_a_row_says_gives_a_card_that_reads_again_or_a_problem(targets: list[str], values: list[str]) -> None:
    header = [f"c{number}" for number in range(len(targets))]
    mapping = Mapping(tuple(Column(target, name, n=1) for target, name in zip(targets, header, strict=True)))
    table = open_table(io.BytesIO((",".join([*header, "z", "last"]) + "\n").encode()))
    row = [*values[: len(header)], *[""] * (len(header) + 2)][: len(header) + 2]
    steps, constants = mapping._steps(header)
    from farley.codecs.tables import Row
    from farley.exchange.mapping import _cards

    rows = table._replace(rows=iter([Row(2, 0, row)]))  # type: ignore[arg-type]
    [found] = _cards(rows, steps, constants)
    if isinstance(found.card, Card):
        again = Card.parse(found.card.octets)
        assert again.full_name
        assert again.lines == found.card.lines


OUTLOOK_DE = (
    '"Anrede","Vorname","Nachname","Firma","Straße privat","Ort privat","Postleitzahl privat","Telefon geschäftlich",'
    '"Mobiltelefon","E-Mail-Adresse","E-Mail-Typ","E-Mail 2: Adresse","Geburtstag","Kategorien","Priorität",'
    '"Benutzer 1"\n'
    '"Dr.","Ada","King","Engines","Weg 1","Ulm","89073","030 1","0170 1","a@b.de","SMTP","c@d.de","12.4.1980","A;B",'
    '"Normal","blau"\n'
)


def test_a_german_outlook_is_recognised() -> None:
    assert by_layout(OUTLOOK_DE) == (
        "outlook.de",
        [
            "ORG:Engines", "EMAIL:a@b.de", "EMAIL:c@d.de", "TEL;TYPE=work:030 1", "TEL;TYPE=cell:0170 1",
            "ADR;TYPE=home:;;Weg 1;Ulm;;89073;", "BDAY:1980-04-12", "CATEGORIES:A,B",
            "X-FARLEY-FIELD;X-KEY=benutzer-1;X-KIND=text;X-LABEL=Benutzer 1:blau",
        ],
    )  # fmt: skip


def test_google_says_of_each_value_what_it_is() -> None:
    header = (
        "First Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,"
        "E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,"
        "Address 1 - City,Event 1 - Label,Event 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value"
    )
    row = (
        "Ada,King,Engines,VIP ::: * myContacts,* Work,a@b.de,Segelclub,c@d.de,Work Fax,030 1,Home,all,Weg 1,Ulm,"
        "Anniversary,1835-07-08,Farbe,blau"
    )
    assert by_layout(f"{header}\n{row}\n") == (
        "google",
        [
            "ORG:Engines", "EMAIL;TYPE=work,pref:a@b.de", "item1.EMAIL:c@d.de", "item1.X-ABLabel:Segelclub",
            "TEL;TYPE=work,fax:030 1", "ADR;TYPE=home:;;Weg 1;Ulm;;;", "item2.X-ABDATE:1835-07-08",
            "item2.X-ABLabel:_$!<Anniversary>!$_", "CATEGORIES:VIP",
            "X-FARLEY-FIELD;X-KEY=farbe;X-KIND=text;X-LABEL=Farbe:blau",
        ],
    )  # fmt: skip


@pytest.mark.parametrize("layout", layouts.layouts(), ids=lambda layout: layout.name)
def test_every_layout_is_recognised_by_each_of_its_marks_and_by_all_its_columns(layout: layouts.Layout) -> None:
    whole = [name.replace("{n}", "1") for name in layout.columns]
    for header in [*map(sorted, layout.needs), whole]:
        table = open_table(io.BytesIO(("\t".join(header) + "\n" + "\t".join(["x"] * len(header)) + "\n").encode()))
        found = layouts.recognise(table)
        assert found is not None
        assert found.name == layout.name, header


@pytest.mark.skipif(not TABLES, reason="there are no sample tables on this machine")
def test_nothing_that_a_sample_says_is_lost(tmp_path: Path) -> None:
    for path in (path for path in TABLES if path.name != "tab_comma_mixed.csv"):  # two tables in one
        seen = look_at(path)
        told = {column.column: column for column in seen.mapping.columns}
        found: list[Found] = list(seen.mapping.cards(open_table(path)))
        assert len(found) >= len(seen.rows)
        for row, entry in zip(seen.rows, found, strict=True):
            assert isinstance(entry.card, Card), path
            said = " ".join(" ".join(prop.text.split()) for prop in entry.card.properties())
            for name, cell in zip(seen.header, row, strict=True):
                if told[name].to.partition(".")[0] in ("birthday", "anniversary", "gender", "tags", "ignore"):
                    continue
                if told[name].to.endswith((".type", ".label", ".service")) or told[name].to == "address":
                    continue  # what is printed of an address stands in its parts as well
                for text in cell.split(" ::: "):
                    assert " ".join(text.split()) in said, (path.name, name, text)


@pytest.mark.skipif(not TABLES, reason="there are no sample tables on this machine")
def test_samples_are_told_apart_by_their_contents() -> None:
    for folder in ("vcard", "ical"):
        others = [path for path in (SAMPLES / folder).rglob("*") if path.is_file() and format_of(path) == "csv"]
        assert others == []
    assert {path.name for path in TABLES if format_of(path) != "csv"} <= {"tab_comma_mixed.csv"}


def test_columns_of_a_table_nobody_knows_are_suggested_by_name_and_by_value() -> None:
    header = ["Full Name", "Business", "Contact Email", "Geb.-Datum", "x", "y", "z", "Kundennr."]
    rows = [["A B", "C", "d@e.de", "1.2.1980", "f@g.de", "030 1234567", "https://h.de", "17"]]
    becoming = [column.to for column in layouts.suggest(header, rows).columns]
    assert becoming == ["name", "org", "email", "birthday", "email", "phone", "url", "own"]
    bare = layouts.suggest(["1", "2", "3", "4"], [["John Doe", "John", "Doe", "john@doe.invalid"]])
    assert [column.to for column in bare.columns] == ["name", "own", "own", "email"]
