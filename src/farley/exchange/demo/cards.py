"""The people of the example, written down as different programs write vCards.

Every program has its own habits, and an address book that has lived for some years holds them all: Apple's groups and
labels, Google's sparse 3.0, Outlook's 2.1 without a UID, Thunderbird's 4.0, a phone's quoted-printable.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable, Iterable, Sequence

from farley.codecs.contentline import fold
from farley.exchange.demo.people import Address, Firm, Person

Number = tuple[str, str, str]
_APPLE = "PRODID:-//Apple Inc.//iPhone OS 18.6//EN"
_APPLE_RELATIONS = {
    "spouse": "_$!<Spouse>!$_", "sibling": "Geschwister", "friend": "_$!<Friend>!$_", "colleague": "Arbeitskollegin",
}  # fmt: skip
_REVISED = "2026-10-{:02}T08:{:02}:00Z"


def card_of(person: Person, rng: random.Random, *, photo: bytes | None = None) -> bytes:
    """`person` as one of the programs writes them. `photo` is a JPEG, and only some of them put it in."""
    if photo is not None:
        return _apple(person, photo)
    return _FLAVOURS[int(rng.random() * len(_FLAVOURS))](person)


def card_of_firm(firm: Firm, *, apple: bool) -> bytes:
    """An organisation: a 4.0 card of KIND org, or Apple's 3.0 that shows as a company."""
    number = _written(firm.landline)
    if apple:
        return _joined(
            "VERSION:3.0",
            _APPLE,
            "N:;;;;",
            f"FN:{_escape(firm.name)}",
            f"ORG:{_escape(firm.name)};",
            f"EMAIL;type=INTERNET;type=WORK;type=pref:info@{firm.domain}",
            f"TEL;type=WORK;type=VOICE;type=pref:{number}",
            f"item1.ADR;type=WORK;type=pref:{_components(firm.address)}",
            f"item1.X-ABADR:{firm.address.code}",
            f"item2.URL;type=pref:https://www.{firm.domain}",
            "item2.X-ABLabel:_$!<HomePage>!$_",
            f"NOTE:{_escape(firm.note)}" if firm.note else "",
            f"CATEGORIES:{','.join(firm.tags)}",
            "X-ABShowAs:COMPANY",
            f"UID:{firm.uid}",
        )
    return _joined(
        "VERSION:4.0",
        "KIND:org",
        f"UID:{firm.uid}",
        f"FN:{_escape(firm.name)}",
        f"ORG:{_escape(firm.name)}",
        f"EMAIL;TYPE=work:info@{firm.domain}",
        f'TEL;VALUE=uri;TYPE="voice,work":tel:{_international(firm.landline)}',
        f"ADR;TYPE=work:{_components(firm.address)}",
        f"URL:https://www.{firm.domain}",
        f"LANG:{firm.language}",
        f"CATEGORIES:{','.join(firm.tags)}",
        f"NOTE:{_escape(firm.note)}" if firm.note else "",
    )


def card_of_group(uid: str, name: str, members: Sequence[str], *, apple: bool) -> bytes:
    """A group of the contacts with these UIDs: RFC 6350 §6.6.5, or as Apple's server has it."""
    if apple:
        return _joined(
            "VERSION:3.0",
            _APPLE,
            f"N:{_escape(name)};;;;",
            f"FN:{_escape(name)}",
            "X-ADDRESSBOOKSERVER-KIND:group",
            *(f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{member}" for member in members),
            f"UID:{uid}",
        )
    return _joined(
        "VERSION:4.0",
        "KIND:group",
        f"UID:{uid}",
        f"FN:{_escape(name)}",
        *(f"MEMBER:urn:uuid:{member}" for member in members),
    )


def _apple(person: Person, photo: bytes | None = None) -> bytes:
    knows, address = person.knows, person.address
    return _joined(
        "VERSION:3.0",
        _APPLE,
        _name(person),
        f"FN:{person.full_name}",
        _organisation(person, always=True),
        f"TITLE:{person.title}" if person.title else "",
        f"EMAIL;type=INTERNET;type=WORK;type=pref:{person.work_email}" if person.work_email else "",
        f"EMAIL;type=INTERNET;type=HOME:{person.home_email}" if person.home_email else "",
        f"TEL;type=CELL;type=VOICE;type=pref:{_written(person.mobile)}" if person.mobile else "",
        f"TEL;type=WORK;type=VOICE:{_written(person.landline)}" if person.landline else "",
        f"item1.ADR;type=WORK;type=pref:{_components(address)}" if address else "",
        f"item1.X-ABADR:{address.code}" if address else "",
        _birthday_without_year(person),
        f"item2.X-ABRELATEDNAMES;type=pref:{knows.full_name}" if knows else "",
        f"item2.X-ABLabel:{_APPLE_RELATIONS[person.relation]}" if knows else "",
        f"NOTE:{_escape(person.note)}" if person.note else "",
        f"CATEGORIES:{','.join(person.tags)}" if person.tags else "",
        f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(photo).decode()}" if photo is not None else "",
        f"REV:{_revised(person)}",
        f"UID:{person.uid}",
    )


def _google(person: Person) -> bytes:
    return _joined(
        "VERSION:3.0",
        f"FN:{person.full_name}",
        _name(person),
        f"EMAIL;TYPE=INTERNET;TYPE=WORK:{person.work_email}" if person.work_email else "",
        f"EMAIL;TYPE=INTERNET;TYPE=HOME:{person.home_email}" if person.home_email else "",
        f"TEL;TYPE=CELL:{_international(person.mobile)}" if person.mobile else "",
        f"TEL;TYPE=WORK:{_international(person.landline)}" if person.landline else "",
        f"ADR;TYPE=WORK:{_components(person.address)}" if person.address else "",
        _organisation(person),
        f"TITLE:{person.title}" if person.title else "",
        f"BDAY:{person.birthday.isoformat()}" if person.birthday else "",
        f"item1.URL:https\\://www.{person.firm.domain}/" if person.firm else "",
        "item1.X-ABLabel:PROFILE" if person.firm else "",
        f"NOTE:{_escape(person.note)}" if person.note else "",
        f"CATEGORIES:{','.join((*person.tags, 'myContacts'))}",
        f"UID:{person.uid}",
    )


def _thunderbird(person: Person) -> bytes:
    return _joined(
        "VERSION:4.0",
        _name(person),
        f"FN:{person.full_name}",
        f"EMAIL;PREF=1:{person.work_email}" if person.work_email else "",
        f"EMAIL:{person.home_email}" if person.home_email else "",
        f"TEL;TYPE=cell;VALUE=TEXT:{_national(person.mobile)}" if person.mobile else "",
        f"TEL;TYPE=work;VALUE=TEXT:{_national(person.landline)}" if person.landline else "",
        f"ADR;TYPE=work:{_components(person.address)}" if person.address else "",
        _organisation(person),
        f"TITLE:{person.title}" if person.title else "",
        f"BDAY;VALUE=DATE:{person.birthday:%Y%m%d}" if person.birthday else "",
        f"NOTE:{_escape(person.note)}" if person.note else "",
        f"CATEGORIES:{','.join(person.tags)}" if person.tags else "",
        f"UID:{person.uid}",
    )


def _by_the_book(person: Person) -> bytes:
    """A careful writer of RFC 6350: URIs for telephones, the gender, relations by UID."""
    knows = person.knows
    return _joined(
        "VERSION:4.0",
        f"UID:{person.uid}",
        "KIND:individual",
        _name(person),
        f"FN:{person.full_name}",
        f"GENDER:{person.gender}",
        f"LANG:{person.language}",
        _organisation(person),
        f"TITLE:{person.title}" if person.title else "",
        f"EMAIL;TYPE=work;PREF=1:{person.work_email}" if person.work_email else "",
        f"EMAIL;TYPE=home:{person.home_email}" if person.home_email else "",
        f'TEL;VALUE=uri;TYPE="cell,voice":tel:{_international(person.mobile)}' if person.mobile else "",
        f'TEL;VALUE=uri;TYPE="work,voice":tel:{_international(person.landline)}' if person.landline else "",
        f"ADR;TYPE=work:{_components(person.address)}" if person.address else "",
        f"BDAY:{person.birthday:%Y%m%d}" if person.birthday else "",
        f"RELATED;TYPE={person.relation}:urn:uuid:{knows.uid}" if knows else "",
        f"CATEGORIES:{','.join(person.tags)}" if person.tags else "",
        f"NOTE:{_escape(person.note)}" if person.note else "",
        f"REV:{_revised(person).replace('-', '').replace(':', '')}",
    )


def _outlook(person: Person) -> bytes:
    """Outlook's export: 2.1, bare parameters, Windows-1252 that says so, no UID."""
    charset = ";CHARSET=Windows-1252"
    address = person.address
    lines = [
        ("VERSION", "2.1"),
        (f"N;LANGUAGE={person.language}", f"{person.family};{person.given};;{person.prefix}"),
        ("FN", person.full_name),
        ("ORG", f"{person.firm.name};{person.department}".rstrip(";") if person.firm else ""),
        ("TITLE", person.title),
        ("NOTE", person.note.replace("\n", " ")),
        ("TEL;WORK;VOICE", _written(person.landline) if person.landline else ""),
        ("TEL;CELL;VOICE", _written(person.mobile) if person.mobile else ""),
        ("ADR;WORK;PREF", _components(address) if address else ""),
        ("X-MS-OL-DEFAULT-POSTAL-ADDRESS", "2" if address else ""),
        ("EMAIL;PREF;INTERNET", person.work_email or person.home_email),
        ("CATEGORIES", ",".join(person.tags)),
        ("REV", _revised(person).replace("-", "").replace(":", "")),
    ]
    text = [f"{name}{'' if value.isascii() else charset}:{value}\r\n" for name, value in lines if value]
    return f"BEGIN:VCARD\r\n{''.join(text)}END:VCARD\r\n".encode("cp1252", "replace")


def _old_phone(person: Person) -> bytes:
    """2.1 as telephones wrote it for years: UTF-8 in quoted-printable, numbers without a space."""
    lines = [
        ("N", f"{person.family};{person.given};;;"),
        ("FN", f"{person.given} {person.family}"),
        ("TEL;CELL;PREF", _international(person.mobile) if person.mobile else ""),
        ("TEL;WORK", _international(person.landline) if person.landline else ""),
        ("EMAIL;WORK", person.work_email or person.home_email),
        ("ORG", person.firm.name if person.firm else ""),
        ("BDAY", person.birthday.isoformat() if person.birthday else ""),
        ("NOTE", person.note),
    ]
    text = [_quoted_printable(name, value) for name, value in lines if value]
    return f"BEGIN:VCARD\r\nVERSION:2.1\r\n{''.join(text)}END:VCARD\r\n".encode()


_FLAVOURS: tuple[Callable[[Person], bytes], ...] = (
    *([_apple] * 7),
    *([_google] * 5),
    *([_thunderbird] * 4),
    *([_by_the_book] * 3),
    *([_outlook, _old_phone] * 1),
)


def _joined(*lines: str) -> bytes:
    return b"".join(_folded(["BEGIN:VCARD", *lines, "END:VCARD"]))


def _folded(lines: Iterable[str]) -> list[bytes]:
    return [fold(line) for line in lines if line]


def _quoted_printable(name: str, value: str) -> str:
    if value.isascii() and "\n" not in value:
        return f"{name}:{value}\r\n"
    octets = quopri.encodestring(value.replace("\n", "\r\n").encode(), quotetabs=False)
    written = octets.decode().replace("\r\n", "=0D=0A").replace("=\n", "=\r\n")
    return f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{written}\r\n"


def _name(person: Person) -> str:
    return f"N:{person.family};{person.given};;{person.prefix};"


def _organisation(person: Person, *, always: bool = False) -> str:
    if person.firm is None:
        return ""
    name = _escape(person.firm.name)
    return f"ORG:{name};{person.department}" if person.department or always else f"ORG:{name}"


def _components(address: Address) -> str:
    return f";;{address.street};{address.city};{address.region};{address.postcode};{address.country}"


def _birthday_without_year(person: Person) -> str:
    born = person.birthday
    if born is None:
        return ""
    if person.number % 5:
        return f"BDAY:{born.isoformat()}"
    return f"BDAY;X-APPLE-OMIT-YEAR=1604:1604-{born:%m-%d}"


def _revised(person: Person) -> str:
    return _REVISED.format(1 + person.number % 28, person.number % 60)


def _international(number: Number) -> str:
    country, area, rest = number
    return f"+{country}{area}{rest}".replace(" ", "").replace("-", "")


def _national(number: Number) -> str:
    country, area, rest = number
    return f"0{area}/{rest.replace(' ', '')}" if country == "49" else f"+{country} {area} {rest}"


def _written(number: Number) -> str:
    """As people write it; each number in one of the usual ways."""
    country, area, rest = number
    way = len(area) + ord(rest[-1])
    if way % 4 == 0:
        return f"+{country} (0){area} {rest}"
    if way % 4 == 1 and country == "49":
        return f"(0{area}) {rest}"
    return f"+{country} {area} {rest}"


def _escape(text: str) -> str:
    if "," in text or "\n" in text or ";" in text:
        return text.replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")
    return text
