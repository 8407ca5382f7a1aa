"""Made-up people and the firms they work for, the same ones for the same seed."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from farley.exchange.demo import tables

TODAY = dt.date(2026, 11, 19)  # of the example; ages and dates count from here
RELATIONS = ("spouse", "sibling", "friend", "colleague")
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    city: str
    region: str
    postcode: str
    country: str
    code: str  # ISO 3166


@dataclass(frozen=True, slots=True)
class Firm:
    """An organisation. `landline` is its number without the direct dialling, as the parts somebody would write."""

    uid: str
    name: str
    domain: str
    language: str
    address: Address
    landline: tuple[str, str, str]  # country code, area code, number
    tags: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, before any program has written them down. What is empty is not known of them."""

    uid: str
    number: int  # counted from 0
    given: str
    family: str
    prefix: str
    gender: str
    language: str
    firm: Firm | None
    department: str
    title: str
    work_email: str
    home_email: str
    landline: tuple[str, str, str] | None
    mobile: tuple[str, str, str] | None
    address: Address | None
    birthday: dt.date | None
    tags: tuple[str, ...]
    note: str
    knows: Person | None
    relation: str  # of `knows` to them, as vCard 4.0 names it

    @property
    def full_name(self) -> str:
        return f"{self.prefix} {self.given} {self.family}" if self.prefix else f"{self.given} {self.family}"


def firms(rng: random.Random, count: int, *, english: float = 0.2) -> list[Firm]:
    """`count` firms with different names, `english` of them (0 to 1) in Britain."""
    made: dict[str, Firm] = {}
    while len(made) < count:
        language = "en" if rng.random() < english else "de"
        founder = _family(rng, language)
        business, form = rng.choice(tables.ENGLISH_FIRMS if language == "en" else tables.GERMAN_FIRMS)
        name = f"{founder} {business} {form}".strip()
        if name in made:  # all the names there are have been given: a branch
            name = f"{name}, {rng.choice(_cities(language))[0]} {len(made)}"
        made[name] = Firm(
            uid=_uid(rng),
            name=name,
            domain=f"{slug(founder)}-{slug(business)}.example",
            language=language,
            address=_address(rng, language),
            landline=_landline(rng, language, extension=0),
            tags=(rng.choice(tables.FIRM_TAGS),),
            note=_note(rng, language, 0.3),
        )
    return list(made.values())


def people(rng: random.Random, count: int, *, employers: list[Firm], english: float = 0.2) -> Iterator[Person]:
    """`count` people, most of them with one of `employers`; a few know somebody who came before them."""
    before: list[Person] = []
    for number in range(count):
        person = _person(rng, number, employers, english, before)
        yield person
        before.append(person)
        if len(before) > 60:
            del before[:30]


def slug(text: str) -> str:
    """`text` as the label of a domain: ASCII letters, digits and hyphens."""
    plain = text.lower().translate(_LETTERS)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def _person(rng: random.Random, number: int, employers: list[Firm], english: float, before: list[Person]) -> Person:
    chance = rng.random
    knows = before[int(chance() * len(before))] if before and chance() < 0.12 else None
    relation = RELATIONS[int(chance() * len(RELATIONS))] if knows else ""
    firm = employers[int(chance() ** 2 * len(employers))] if employers and chance() < 0.85 else None
    if knows and relation == "colleague":
        firm = knows.firm
    language = firm.language if firm else "en" if chance() < english else "de"
    is_english = language == "en"
    names = tables.ENGLISH_GIVEN if is_english else tables.GERMAN_GIVEN
    given, gender = names[int(chance() * len(names))]
    family = knows.family if knows and relation in ("spouse", "sibling") else _family(rng, language)
    mail_name = f"{slug(given)}.{slug(family)}"
    return Person(
        uid=_uid(rng),
        number=number,
        given=given,
        family=family,
        prefix=("Dr." if chance() < 0.8 else "Prof. Dr.") if chance() < 0.07 else "",
        gender=gender,
        language=language,
        firm=firm,
        department=_department(rng, is_english) if firm and chance() < 0.3 else "",
        title=_title(rng, gender, is_english) if firm and chance() < 0.75 else "",
        work_email=f"{mail_name}@{firm.domain}" if firm and chance() < 0.95 else "",
        home_email=f"{mail_name}{number}@post.example" if firm is None or chance() < 0.15 else "",
        landline=_landline(rng, language, extension=1 + number % 9) if chance() < 0.7 else None,
        mobile=_mobile(rng, language) if chance() < 0.6 else None,
        address=firm.address if firm and chance() < 0.5 else _address(rng, language) if chance() < 0.4 else None,
        birthday=_birthday(rng) if chance() < 0.35 else None,
        tags=_tags(rng),
        note=_note(rng, language, 0.25),
        knows=knows,
        relation=relation,
    )


def _uid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:]}"
    )


def _family(rng: random.Random, language: str) -> str:
    first, last = tables.ENGLISH_FAMILY_PARTS if language == "en" else tables.GERMAN_FAMILY_PARTS
    name = first[int(rng.random() * len(first))] + last[int(rng.random() * len(last))]
    if rng.random() < 0.06:
        return f"{name}-{rng.choice(tables.DOUBLE_NAMES)}"
    return name


def _title(rng: random.Random, gender: str, is_english: bool) -> str:
    if is_english:
        return tables.ENGLISH_TITLES[int(rng.random() * len(tables.ENGLISH_TITLES))]
    return tables.GERMAN_TITLES[int(rng.random() * len(tables.GERMAN_TITLES))][gender == "M"]


def _department(rng: random.Random, is_english: bool) -> str:
    return rng.choice(tables.ENGLISH_DEPARTMENTS if is_english else tables.DEPARTMENTS)


def _cities(language: str) -> tuple[tuple[str, str, str], ...]:
    return tables.ENGLISH_CITIES if language == "en" else tables.GERMAN_CITIES


def _address(rng: random.Random, language: str) -> Address:
    cities = _cities(language)
    city, postcode, region = cities[int(rng.random() ** 1.5 * len(cities))]  # more in the first ones
    number = 1 + int(rng.random() * 120)
    if language == "en":
        street = tables.ENGLISH_STREETS[int(rng.random() * len(tables.ENGLISH_STREETS))]
        return Address(f"{number} {street}", city, region, postcode, "United Kingdom", "gb")
    street = tables.GERMAN_STREETS[int(rng.random() * len(tables.GERMAN_STREETS))]
    return Address(f"{street} {number}", city, region, postcode, "Deutschland", "de")


def _landline(rng: random.Random, language: str, *, extension: int) -> tuple[str, str, str]:
    """German ones go on with the digit of a direct dialling: still a number that nobody is given."""
    lines = tables.BRITISH_LANDLINES if language == "en" else tables.GERMAN_LANDLINES
    area, block = lines[int(rng.random() * len(lines))]
    number = int(rng.random() * 1000)
    if language == "en":
        return "44", area, f"{block}{number:03}"
    return "49", area, f"{block}{number:03}-{extension}"


def _mobile(rng: random.Random, language: str) -> tuple[str, str, str]:
    if language == "en":
        area, block = tables.BRITISH_MOBILE
        return "44", area, f"{block}{int(rng.random() * 1000):03}"
    area, block = tables.GERMAN_MOBILE
    return "49", area, f"{block}{int(rng.random() * 100):02}"


def _birthday(rng: random.Random) -> dt.date:
    age_days = 19 * 365 + int((rng.random() + rng.random()) / 2 * 58 * 365)  # most are in the middle of their lives
    return TODAY - dt.timedelta(days=age_days)


def _tags(rng: random.Random) -> tuple[str, ...]:
    chance = rng.random
    return tuple([tag for tag, share in tables.TAG_SHARES if chance() < share])


def _note(rng: random.Random, language: str, share: float) -> str:
    if rng.random() >= share:
        return ""
    notes = tables.ENGLISH_NOTES if language == "en" else tables.GERMAN_NOTES
    return notes[int(rng.random() * len(notes))]
