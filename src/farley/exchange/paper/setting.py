"""What stands on paper, and its PDF."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import get_language, gettext, pgettext

from farley.calendars.birthdays import days_of
from farley.codecs.postal import postal_lines
from farley.codecs.vcard import Card, Property
from farley.exchange.export_formats import Format, has_typesetter
from farley.exchange.paper.sheets import LABEL_SHEETS, LabelSheet
from farley.exchange.paper.typesetting import NotSet, pdf_set
from farley.search.folding import search_fold

log = logging.getLogger(__name__)

MOST_LISTED: Final = 3_000  # contacts of a list: 80 kB of memory each while it is set
MOST_LABELS: Final = 10_000


class CannotPrint(ValueError):
    """These contacts cannot be put on paper."""


class NoTypesetter(CannotPrint):
    """Typst is not installed: it comes with the extra `pdf`."""

    def __init__(self) -> None:
        super().__init__("PDF needs Typst, which is not installed: pip install 'farley[pdf]'")


class TooManyToPrint(CannotPrint):
    """More contacts than fit on paper, `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"a PDF takes at most {most:,} contacts: choose fewer, by a filter or a group")
        self.most = most


class NothingToPrint(CannotPrint):
    """None of the contacts has what would stand there."""

    def __init__(self) -> None:
        super().__init__("none of these contacts has what this PDF would show")


class TypesetterFailed(CannotPrint):
    """Typst ended without a PDF: for want of memory, for instance."""

    def __init__(self) -> None:
        super().__init__("Typst ended without a PDF; fewer contacts take it less memory and time")


def pdf_of(cards: Iterable[bytes], form: Format, *, title: str) -> bytes:
    """The PDF of that format, in the language that is active. Raises CannotPrint."""
    if not has_typesetter():
        raise NoTypesetter
    sheet = LABEL_SHEETS.get(form.name.removeprefix("labels-"))
    read = _at_most(cards, MOST_LABELS if sheet else MOST_LISTED)
    if sheet is not None:
        layout, said = "labels.typ", _labels(read, sheet)
    elif form.name == "birthday-list":
        layout, said = "birthdays.typ", {"months": _months(read)}
    else:
        layout, said = "addresses.typ", {"groups": _by_letter(read)}
    if not any(isinstance(value, list) and value for value in said.values()):
        raise NothingToPrint
    language = (get_language() or "en")[:2]
    head = {"title": title, "lang": language, "paper": "a4", "date": date_format(localdate(), "DATE_FORMAT")}
    try:
        return pdf_set(_layout(layout), json.dumps({**head, **said}, ensure_ascii=False))
    except NotSet as error:
        log.exception("a PDF could not be set")
        raise TypesetterFailed from error


@lru_cache(maxsize=8)
def _layout(name: str) -> bytes:
    return files("farley.exchange.paper").joinpath(name).read_bytes()


def _at_most(cards: Iterable[bytes], most: int) -> Iterator[Card]:
    for count, octets in enumerate(cards):
        if count == most:
            raise TooManyToPrint(most)
        yield Card.parse(octets)


def _by_letter(cards: Iterable[Card]) -> list[dict[str, Any]]:
    found: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for card in cards:
        name = card.full_name
        key = search_fold(f"{card.name.family} {name}")
        letter = key[:1].upper()
        found[letter if letter.isalpha() else "#"].append((key, _person(card, name)))
    return [
        {"letter": letter, "people": [person for _, person in sorted(people, key=lambda each: each[0])]}
        for letter, people in sorted(found.items())
    ]


def _person(card: Card, name: str) -> dict[str, Any]:
    org, title = card.first("ORG"), card.first("TITLE")
    firm = ", ".join(filter(None, org.parts)) if org else ""
    role = ", ".join(filter(None, (title.text.strip() if title else "", firm if firm != name else "")))
    lines = [" · ".join(postal_lines(prop.parts)) for prop in card.properties("ADR")]
    values = [
        {"kind": _kind(prop), "text": text}
        for prop in card.properties("TEL", "EMAIL")
        if (text := " ".join(prop.text.split()))
    ]
    return {"name": name, "role": role, "lines": list(filter(None, lines)), "values": values}


def _kind(prop: Property) -> str:
    if prop.label:
        return prop.label
    if prop.name == "EMAIL":
        return gettext("E-mail")
    words = {
        "cell": gettext("Mobile"),
        "fax": gettext("Fax"),
        "work": gettext("Work"),
        "home": pgettext("at home", "Home"),
    }
    return next((word for kind, word in words.items() if kind in prop.types), gettext("Phone"))


def _months(cards: Iterable[Card]) -> list[dict[str, Any]]:
    found: dict[int, list[tuple[int, str, dict[str, str]]]] = defaultdict(list)
    for card in cards:
        name = card.full_name
        for what, day, year in days_of(card):
            said = gettext("Birthday") if what == "birthday" else gettext("Anniversary")
            shown = {"day": f"{day.day}.", "name": name, "what": said, "year": str(year) if year else ""}
            found[day.month].append((day.day, search_fold(name), shown))
    return [
        {"name": str(MONTHS[month]), "days": [shown for _, _, shown in sorted(days, key=lambda each: each[:2])]}
        for month, days in sorted(found.items())
    ]


def _labels(cards: Iterable[Card], sheet: LabelSheet) -> dict[str, Any]:
    measures = asdict(sheet) | {"points": sheet.points}
    found = [(search_fold(f"{card.name.family} {card.full_name}"), lines) for card in cards if (lines := _label(card))]
    return {"sheet": measures, "labels": [lines for _, lines in sorted(found)]}


def _label(card: Card) -> list[str]:
    """Who is written to and where: the address that is preferred, else the first; with the firm where it is one's."""
    addresses = [prop for prop in card.properties("ADR") if any(prop.parts)]
    if not addresses:
        return []
    chosen = min(addresses, key=lambda prop: prop.pref or 101)
    org, name = card.first("ORG"), card.full_name
    firm = org.parts[0] if org and "home" not in chosen.types and org.parts[0] != name else ""
    return [*_two(firm, name), *postal_lines(_split_street(chosen))]


def _two(firm: str, name: str) -> Sequence[str]:
    return [firm, name] if firm else [name]


def _split_street(prop: Property) -> list[str]:
    parts = [*prop.parts, *[""] * 7][:7]
    parts[2] = "\n".join(filter(None, (value.strip() for value in prop.components[2]))) if parts[2] else ""
    return parts
