"""A card that comes in about a contact that is here: each value is kept or told."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.codecs.vcard import Card, Property
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_meaning import value_of
from farley.codecs.vcard_property import LISTS
from farley.contacts.combining import UNTOLD, Rule, combine, is_blank
from farley.contacts.comparing import plainly
from farley.contacts.phones import e164
from tests.codecs.test_vcard_conversion import LINES, card

HERE = ["N:King;;;;", "FN:Ada", "TEL;TYPE=home:030 1234567", "item1.EMAIL:a@x.example", "item1.X-ABLabel:Boat",
        "CATEGORIES:one,two", "NOTE:"]  # fmt: skip
COMING = ["N:King;Ada;;;", "FN:Ada King", "TEL;TYPE=work:+49 30 1234567", "TEL:+4930999", "item1.EMAIL:b@x.example",
          "item1.X-ABLabel:Office", "CATEGORIES:two,three", "NOTE:Met", "BDAY:1980-04-12", "KIND:org"]  # fmt: skip


def made(*lines: str, version: str = "3.0") -> Card:
    return Card.parse("\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode())


def combined(rule: Rule) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The lines that came of it, and what was left: property, what stays, what was not taken."""
    result = combine(made(*HERE), made(*COMING), rule, "DE")
    lines = [line.octets.decode().strip() for line in result.card.lines]
    return lines[1:], [(each.name, each.before, each.after) for each in result.left]


def test_keeping_tells_what_the_other_card_says_and_changes_nothing() -> None:
    lines, left = combined(Rule.KEEP)
    assert lines == HERE
    assert left == [
        ("N", "King", "King, Ada"), ("FN", "Ada", "Ada King"), ("TEL", "030 1234567", "+4930999"),
        ("EMAIL", "a@x.example", "b@x.example"), ("CATEGORIES", "one, two", "three"), ("NOTE", "", "Met"),
        ("BDAY", "", "1980-04-12"), ("KIND", "", "org"),
    ]  # fmt: skip


def test_filling_gives_what_is_not_there_and_parts_of_a_name_that_are_missing() -> None:
    lines, left = combined(Rule.FILL)
    assert lines == ["N:King;Ada;;;", *HERE[1:6], "NOTE:Met", "BDAY:1980-04-12"]
    assert [each[0] for each in left] == ["FN", "TEL", "EMAIL", "CATEGORIES", "KIND"]


def test_adding_brings_further_values_with_their_labels() -> None:
    lines, left = combined(Rule.ADD)
    assert lines == [
        "N:King;Ada;;;", "FN:Ada", "TEL;TYPE=home:030 1234567", "TEL:+4930999",
        "item1.EMAIL:a@x.example", "item1.X-ABLabel:Boat", "item2.EMAIL:b@x.example", "item2.X-ABLabel:Office",
        "CATEGORIES:one,two,three", "NOTE:Met", "BDAY:1980-04-12",
    ]  # fmt: skip
    assert [each[0] for each in left] == ["FN", "KIND"]


def test_overwriting_replaces_what_the_other_card_has_and_leaves_the_rest() -> None:
    result = combine(made(*HERE, "X-OWN:stays", "UID:mine"), made(*COMING, "UID:other"), Rule.OVERWRITE, "DE")
    lines = [line.octets.decode().strip() for line in result.card.lines][1:]
    assert sorted(lines) == sorted([*COMING, "X-OWN:stays", "UID:mine"])
    assert result.left == []


def test_a_card_of_another_version_becomes_one_of_this_one() -> None:
    coming = made("N:King;Ada;;;", "TEL;TYPE=cell;PREF=1:tel:+49-30-999", "BDAY:--0412", version="4.0")
    lines = combine(made("FN:Ada"), coming, Rule.ADD, "DE").card.octets.decode().split("\r\n")
    assert "VERSION:3.0" in lines
    assert any(line.startswith("BDAY") and "1604-04-12" in line for line in lines)
    assert any(line.startswith("TEL") and "cell" in line.lower() and "+49-30-999" in line for line in lines)


def said(found: Property) -> object:
    if found.name == "EMAIL":
        return found.text.strip().casefold()
    if found.name == "TEL":
        return e164(found.text.strip(), "DE") or found.text.strip()
    value = value_of(found)
    return " ".join(value.split()) if isinstance(value, str) else value


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(Rule), st.sampled_from(["2.1", "3.0", "4.0"]), st.sampled_from(["3.0", "4.0"]),
       st.lists(LINES, max_size=6), st.lists(LINES, max_size=6))  # fmt: skip
def test_every_value_is_kept_or_told_and_a_second_time_changes_nothing(
    rule: Rule, version: str, other: str, here: list[str], coming: list[str]
) -> None:
    mine, theirs = card(version, here), card(other, coming)
    if mine is None or theirs is None:
        return
    result = combine(mine, theirs, rule, "DE")
    again = Card.parse(result.card.octets)
    assert [line.octets for line in again.lines] == [line.octets for line in result.card.lines]
    assert combine(again, theirs, rule, "DE").card.octets == result.card.octets
    kept = {(found.name, said(found)) for found in again.properties()}
    texts = {(found.name, text) for found in again.properties() if found.name in LISTS for text in found.texts}
    parts = {(found.name, part) for found in again.properties() for part in found.parts}
    told = {(each.name, each.after) for each in result.left}
    for found in convert(theirs, version).properties():
        if found.name in UNTOLD or is_blank(found) or (found.name, said(found)) in kept:
            continue
        if found.name in LISTS:
            assert {(found.name, text) for text in found.texts} <= texts | told
        elif found.name in ("N", "ORG") and all((found.name, part) in parts for part in found.parts if part):
            continue
        else:
            assert {(found.name, text) for _, text in plainly(found)} <= told or found.name == "X-FARLEY-SOURCE"
    if rule is not Rule.OVERWRITE:
        now = {found.name: said(found) for found in again.properties()}
        for found in mine.properties():
            is_edited = found.name in ("N", "ORG") or found.name in LISTS
            assert is_blank(found) or (found.name in now if is_edited else (found.name, said(found)) in kept)


@pytest.mark.parametrize("rule", Rule)
def test_a_card_combined_with_itself_stays_as_it_is(rule: Rule) -> None:
    result = combine(made(*COMING), made(*COMING), rule, "DE")
    assert (result.card.octets, result.left) == (made(*COMING).octets, [])
