"""Postal addresses in pasted lines: as they are written in Germany, Austria, Switzerland, the UK and the US."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from farley.codecs.names import is_company
from farley.codecs.pasted_words import BOX, COUNTRIES, EXTRA, STATES, STREET
from farley.codecs.vcard_draft import BOX as BOX_PART
from farley.codecs.vcard_draft import CITY, COUNTRY, EXTENDED, POSTCODE, REGION, Place
from farley.codecs.vcard_draft import STREET as STREET_PART

_CITY = r"([^\W\d_][^\d,;|]{1,58})"
_GERMAN = re.compile(rf"(?:\A|(?<=[\s,;–-]))(?:(DE?|AT?|CH|FL|LI?|FR?|IT?)\s?[-–]\s?)?(\d{{4,5}})\s+{_CITY}")
_DUTCH = re.compile(rf"(?:\A|(?<=[\s,;–-]))(\d{{4}}\s?[A-Z]{{2}})\s+{_CITY}")
_BRITISH = re.compile(r"(?:\A|(?<=[\s,;]))([A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})(?=\Z|[\s,;.])")
_AMERICAN = re.compile(r"(?:\A|(?<=[\s,;]))([A-Z]{2})[\s,]+(\d{5}(?:-\d{4})?)(?=\Z|[\s,;.])")
_NUMBERED = re.compile(
    r"[^\W\d_].*\s\d{1,4}\s?[a-zA-Z]?(?:\s?[-/+–]\s?\d{1,4}\s?[a-zA-Z]?)?|\d{1,5}[A-Za-z]?,?\s+[^\W\d_].*"
)
_MAX_STREET: Final = 100  # characters
_NO_CITY: Final = frozenset({"uhr", "euro", "eur", "jahre", "mitarbeiter", "employees", "years", "people", "kunden"})


class FoundPlace:
    """An address, and the places of the lines it was in; `rest` is what else they say."""

    def __init__(self, place: Place, lines: Sequence[int], rest: str) -> None:
        self.place, self.lines, self.rest = place, lines, rest


def is_street(text: str) -> bool:
    if len(text) > _MAX_STREET:
        return False
    return bool(BOX.search(text) or (STREET.search(text) and re.search(r"\d", text)) or _NUMBERED.fullmatch(text))


def find_place(lines: Sequence[str]) -> FoundPlace | None:
    """The first address in these lines, of which blank ones are used already."""
    for at, line in enumerate(lines):
        for read in (_american, _british, _dutch, _german):
            found = read(line, lines, at)
            if found is not None:
                return found
    return None


def _american(line: str, lines: Sequence[str], at: int) -> FoundPlace | None:
    for found in _AMERICAN.finditer(line):
        if found[1] not in STATES:
            continue
        before = line[: found.start()].rstrip(" ,")
        street, comma, city = before.rpartition(",")
        if not city.strip():
            continue
        place = Place()
        place.parts[CITY], place.parts[REGION], place.parts[POSTCODE] = city.strip(), found[1], found[2]
        return _with_street(place, street if comma else "", line[found.end() :], lines, at)
    return None


def _british(line: str, lines: Sequence[str], at: int) -> FoundPlace | None:
    found = _BRITISH.search(line)
    if found is None:
        return None
    place = Place()
    place.parts[POSTCODE] = found[1]
    before = line[: found.start()].rstrip(" ,")
    used = []
    if not before and at and lines[at - 1].strip() and not is_street(lines[at - 1]):
        before, used = lines[at - 1].strip(" ,"), [at - 1]
    street, _, city = before.rpartition(",")
    place.parts[CITY] = city.strip()
    return _with_street(place, street, line[found.end() :], lines, at, used)


def _dutch(line: str, lines: Sequence[str], at: int) -> FoundPlace | None:
    found = _DUTCH.search(line)
    if found is None:
        return None
    place = Place()
    place.parts[POSTCODE], place.parts[CITY] = found[1], found[2].strip()
    return _with_street(place, line[: found.start()], line[found.end() :], lines, at)


def _german(line: str, lines: Sequence[str], at: int) -> FoundPlace | None:
    for found in _GERMAN.finditer(line):
        land, postcode, city = found[1], found[2], found[3].strip(" .-–")
        before = line[: found.start()].strip(" ,;–-")
        near = before or (lines[at - 1] if at else "")
        if not city[:1].isupper() or city.split()[0].casefold() in _NO_CITY:
            continue
        if len(postcode) == 4 and not land and not is_street(near):
            continue
        if before and not is_street(before) and not is_company(before):
            continue
        behind = line[found.end() :]
        words = re.split(r"\s[-–]\s|\s\(", city)
        if len(words) > 1 and words[-1].strip(" )").casefold() in COUNTRIES:
            city, behind = city[: city.index(words[-1])].strip(" -–("), words[-1].strip(" )")
        place = Place()
        place.parts[POSTCODE], place.parts[CITY] = postcode, city
        place.parts[COUNTRY] = {"A": "Österreich", "AT": "Österreich", "CH": "Schweiz"}.get(land or "", "")
        return _with_street(place, before, behind, lines, at)
    return None


def _with_street(
    place: Place, street: str, behind: str, lines: Sequence[str], at: int, used: Sequence[int] = ()
) -> FoundPlace:
    """The address with what stands before it, in its line or in lines above, and its country behind."""
    taken = [*used, at]
    pieces = [piece.strip() for piece in street.split(",") if piece.strip()]
    above = min(taken) - 1
    while above >= 0 and len(taken) < 5:
        text = lines[above].strip(" ,")
        if not text or not (is_street(text) or (EXTRA.search(text) and _is_near(text, pieces))):
            break
        if pieces and any(is_street(piece) for piece in pieces) and is_street(text) and not EXTRA.search(text):
            break
        pieces = [*[piece.strip() for piece in text.split(",")], *pieces]
        taken.append(above)
        above -= 1
    firms = [piece for piece in pieces if is_company(piece)]
    for piece in pieces:
        if piece not in firms:
            _put(place, piece)
    rest = behind.strip(" ,;.()–-")
    if rest.casefold() in COUNTRIES:
        place.parts[COUNTRY], rest = rest, ""
    elif not rest and at + 1 < len(lines) and lines[at + 1].strip(" .,").casefold() in COUNTRIES:
        place.parts[COUNTRY] = lines[at + 1].strip(" .,")
        taken.append(at + 1)
    return FoundPlace(place, taken, ", ".join(filter(None, [*firms, rest])))


def _is_near(text: str, pieces: Sequence[str]) -> bool:
    """Whether a line like "2. Etage" or "Suite 400" goes with the street that is below it."""
    return len(text) < 50 and bool(pieces or re.search(r"\d", text))


def _put(place: Place, piece: str) -> None:
    if BOX.fullmatch(piece):
        part = BOX_PART
    elif EXTRA.search(piece) and not STREET.search(piece):
        part = EXTENDED
    else:
        part = STREET_PART
    between = "\n" if part == STREET_PART else ", "
    place.parts[part] = f"{place.parts[part]}{between}{piece}" if place.parts[part] else piece
