"""The tables of docs/compliance/vcard-conversion.md are what conversion does."""

import re
from pathlib import Path

import pytest

from farley.codecs.contentline import unfold
from farley.codecs.vcard import Card
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_conversion_rules import (
    ALIASES,
    MESSENGERS,
    PARAMETERS,
    RELATIONS,
    RENAMED,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "compliance" / "vcard-conversion.md"
CODE = re.compile(r"`([^`]*)`")

Row = tuple[str, list[str], str, list[str], bool]  # version, lines, version, lines, is the original carried


def rows() -> list[Row]:
    """Every example, in each direction it stands for."""
    found: list[Row] = []
    versions = ("", "")
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 4:
            continue
        if cells[0].startswith("vCard "):
            versions = (cells[0].removeprefix("vCard "), cells[2].removeprefix("vCard "))
        left, right = CODE.findall(cells[0]), CODE.findall(cells[2])
        if cells[1] in ("⇄", "→"):
            found.append((versions[0], left, versions[1], right, cells[3] == "carried" and cells[1] == "→"))
        if cells[1] in ("⇄", "←"):
            found.append((versions[1], right, versions[0], left, cells[3] == "carried" and cells[1] == "←"))
    return found


def card(version: str, lines: list[str]) -> Card:
    return Card.parse("\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode())


def written(made: Card) -> list[str]:
    found = []
    for line in made.lines:
        if line.name in ("VERSION", "X-FARLEY-SOURCE") or ("X-FARLEY-ADDED", ("1",)) in line.params:
            continue
        found += line.octets.decode().split("\r\n") if made.version == "2.1" else [unfold(line.octets)]
    return [line for line in found if line]


@pytest.mark.parametrize(
    ("source", "lines", "target", "expected", "is_carried"),
    rows(),
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_an_example_of_the_document_is_what_conversion_does(
    source: str, lines: list[str], target: str, expected: list[str], is_carried: bool
) -> None:
    made = convert(card(source, lines), target)
    assert written(made) == expected
    assert (b"X-FARLEY-SOURCE" in made.octets) == is_carried


def test_every_property_and_parameter_of_the_tables_has_an_example() -> None:
    examples = " ".join(" ".join([*lines, *made]) for _, lines, _, made, _ in rows())
    for name in (*RENAMED, *RENAMED.values()):
        assert re.search(rf"\b{name}[;:]", examples), name
    for parameter in PARAMETERS:
        assert f";{parameter}=" in examples, parameter


def test_the_document_lists_every_relation_messenger_and_alias() -> None:
    listed = [CODE.findall(line) for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    for name, scheme in (*MESSENGERS.items(), *ALIASES.items()):
        assert [name, scheme] in listed
    for kind, label in RELATIONS:
        assert any(row[:1] == [kind] and label in row for row in listed), kind
