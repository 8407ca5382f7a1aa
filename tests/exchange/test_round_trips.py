"""What comes back of what is exported: everything in the lossless formats, what the manual's table says in the others.

To write the table anew after a change: `python -m tests.exchange.test_round_trips` prints it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cast import a_card

from farley.codecs.vcard import Card
from farley.codecs.vcard_conversion import SOURCE, convert
from farley.codecs.vcard_meaning import meanings
from farley.exchange.export_formats import FORMATS
from farley.exchange.exporting import exported
from farley.exchange.formats import How, entries, found_out

MANUAL = Path(__file__).parents[2] / "docs/user/import-export.md"
LOSSLESS = ("vcard", "vcard-4.0", "vcard-3.0", "vcard-2.1", "jscontact", "jcard", "xcard")
LOSSY = {"csv": "CSV, XLSX", "csv-google": "Google", "csv-outlook": "Outlook", "ldif": "LDIF"}
FACTS = {
    "name in its five parts": ["N:King;Ada;Byron;Countess;jr."],
    "nickname": ["NICKNAME:Addie"],
    "how it is spoken": ["X-PHONETIC-FIRST-NAME:ei-da", "X-PHONETIC-LAST-NAME:king"],
    "organisation and unit": ["ORG:Engines;Research"],
    "title": ["TITLE:Analyst"],
    "role": ["ROLE:Author"],
    "e-mail addresses of work and home": ["EMAIL;TYPE=work:a@work.example", "EMAIL;TYPE=home:a@home.example"],
    "four e-mail addresses": [f"EMAIL:a{n}@example.org" for n in range(4)],
    "which one is preferred": ["EMAIL;TYPE=pref:b@example.org", "EMAIL:a@example.org"],
    "one with a name of its own": ["item1.EMAIL:a@example.org", "item1.X-ABLabel:Sailing club"],
    "mobile, work, home, fax": [
        "TEL;TYPE=cell:+49 170 1",
        "TEL;TYPE=work:+49 30 1",
        "TEL;TYPE=home:+49 30 2",
        "TEL;TYPE=work,fax:+49 30 3",
    ],
    "five numbers of one kind": [f"TEL;TYPE=work:+49 30 {n}" for n in range(1, 6)],
    "addresses of work and home": [
        "ADR;TYPE=work:;;Lange Str. 1;Berlin;;10115;Germany",
        "ADR;TYPE=home:;;Weg 2;Ulm;;89073;Germany",
    ],
    "post box, second line": ["ADR;TYPE=work:PO 7;Floor 3;Lange Str. 1;Berlin;BE;10115;Germany"],
    "three web addresses": [f"URL:https://example.org/{n}" for n in range(3)],
    "birthday": ["BDAY:1815-12-10"],
    "birthday without a year": ["BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-10"],
    "anniversary": ["X-ANNIVERSARY:1835-07-08"],
    "another day": ["item1.X-ABDATE:2001-02-03", "item1.X-ABLabel:Graduation"],
    "tags": ["CATEGORIES:Press,Friends"],
    "note of several lines": ["NOTE:one\\ntwo"],
    "chat": ["IMPP:xmpp:ada@example.org"],
    "profile of a network": ["X-SOCIALPROFILE;TYPE=mastodon:https://example.social/@ada"],
    "spouse": ["item1.X-ABRELATEDNAMES:William", "item1.X-ABLabel:_$!<Spouse>!$_"],
    "that it is an organisation": ["X-ABShowAs:COMPANY", "ORG:Engines"],
    "members of a group": ["X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1"],
    "gender": ["X-GENDER:F"],
    "time zone": ["TZ:+01:00"],
    "place on the map": ["GEO:52.5;13.4"],
    "photo": ["PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/"],
    "key": ["KEY;VALUE=uri:https://example.org/key.asc"],
    "UID": ["UID:urn:uuid:5f1c6a0e-9d3b-4f0d-9a57-000000000001"],
    "lines of other programs": ["X-ODD;X-P=1:anything"],
}


NAME_AND_MAIL = ("N:King;Ada;;;", "EMAIL;TYPE=work:ada@example.org")  # a table of less is none


def there_and_back(name: str, *cards: bytes) -> list[Card]:
    """`cards` written in that format and read as any file is, whatever it is called."""
    records = [(card, None) for card in cards]
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(exported(lambda: records, FORMATS[name]))
        file.flush()
        path = Path(file.name)
        how = found_out(path, How())
        return [found.card for found in entries(path, how) if isinstance(found.card, Card)]


def said(card: Card) -> Counter[tuple[str, frozenset[str], int | None, object]]:
    whole = convert(card, "4.0")
    return Counter(
        (each.name, each.types, each.pref, each.value) for each in meanings(whole.lines, "4.0") if each.name != SOURCE
    )


def outcome(name: str, lines: Sequence[str]) -> str:
    """yes; `value` where the values come back without all that is said of them; `note` where they stand there; no."""
    beside = [line for line in NAME_AND_MAIL if line.split(":")[0] not in lines[0]]
    card = Card.parse(a_card("Ada King", *beside, *lines, uid=""))
    [back] = there_and_back(name, card.octets)
    there = said(back)
    wanted = said(card) - said(Card.parse(a_card("Ada King", *beside, uid="")))
    if not wanted - there:
        return "yes"
    values = {(each[0], str(each[3])) for each in there}
    if {(each[0], str(each[3])) for each in wanted} <= values:
        return "value"
    told = " ".join(prop.text for prop in back.properties("NOTE"))
    left = [each for each in wanted if (each[0], str(each[3])) not in values]
    return "note" if all(_is_told(each[3], told) for each in left) else "no"


def _is_told(value: object, note: str) -> bool:
    if isinstance(value, tuple):
        parts = [text for part in value for text in ([part] if isinstance(part, str | bytes) else part)]
    else:
        parts = [value]
    return all(str(text).replace("-", "") in note.replace("-", "") for text in parts)  # as days are written


def table() -> list[str]:
    rows = [f"| of a card | {' | '.join(LOSSY.values())} |", f"|---|{'---|' * len(LOSSY)}"]
    for fact, lines in FACTS.items():
        rows.append(f"| {fact} | {' | '.join(outcome(name, lines) for name in LOSSY)} |")
    return rows


EVERYTHING = a_card(
    "Ada King",
    *(
        line.replace("item1.", f"item{number}.")
        for number, lines in enumerate(FACTS.values())
        for line in lines
        if not line.startswith(("X-ADDRESSBOOKSERVER", "X-ABShowAs", "UID"))
    ),
    uid="urn:uuid:1",
)


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_lossless_format_brings_back_what_every_card_says(name: str) -> None:
    cards = [EVERYTHING, *(a_card("Ada King", *lines, uid=f"u{n}") for n, lines in enumerate(FACTS.values()))]
    assert [said(card) for card in there_and_back(name, *cards)] == [said(Card.parse(card)) for card in cards]


def test_the_manual_says_what_each_lossy_format_drops() -> None:
    assert "\n".join(table()) in MANUAL.read_text(), "write the table anew: python -m tests.exchange.test_round_trips"


if __name__ == "__main__":
    import django

    django.setup()
    print("\n".join(table()))  # noqa: T201 - what it is run for
