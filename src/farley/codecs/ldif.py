"""LDIF, as directories and mail programs export people, to cards and back. RFC 2849; attributes of RFC 4519, RFC 2798
(inetOrgPerson) and Thunderbird.

A record becomes a vCard 3.0. An attribute that no property holds is kept as `X-LDIF;X-ATTRIBUTE=name`, and goes back as
itself. The record's name (dn) and classes are made anew. Passwords and keys, which directories keep beside the people,
are never taken in, nor is what is no text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from farley.codecs.contentline import decode
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_draft import (
    BIRTHDAY,
    BOX,
    CITY,
    COUNTRY,
    OWN_LINE,
    POSTCODE,
    REGION,
    STREET,
    Draft,
    NothingInIt,
    Place,
    Reach,
    Read,
)
from farley.codecs.vcard_property import Property
from farley.codecs.vcard_values import Kind, PartialDate

MAX_RECORD: Final = 10 * 2**20  # octets
LINE: Final = "X-LDIF"  # an attribute as it was, its name in X-ATTRIBUTE
_CHUNK = 2**18
_SAFE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\x1f!-9;=-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*")  # RFC 2849: SAFE-STRING
_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9.;_-]*")
Attributes = list[tuple[str, bytes]]
_Put = Callable[[Draft, str], None]
_GROUPS: Final = frozenset({"groupofnames", "groupofuniquenames", "mailgroup", "univentiongroup"})
_UNSAID: Final = frozenset({"dn", "objectclass", "changetype", "modifytimestamp", "version"})  # made anew, or of no use
_SECRET = re.compile(r"passw|pwd|pwhistory|secret|pkcs12|privatekey|krb5key|principalkey|nthash|supplementalcredential")
# Phones of a vCard by the attribute that holds them.
_PHONES: Final = {
    "telephonenumber": ("work",), "homephone": ("home",), "mobile": ("cell",), "cellphone": ("cell",),
    "facsimiletelephonenumber": ("fax",), "fax": ("fax",), "pager": ("pager",), "pagerphone": ("pager",),
    "carphone": ("car",), "homefacsimiletelephonenumber": ("home", "fax"),
}  # fmt: skip
_PLACES: Final = {
    "street": ("work", STREET), "streetaddress": ("work", STREET), "mozillaworkstreet2": ("work", STREET),
    "postofficebox": ("work", BOX), "l": ("work", CITY), "locality": ("work", CITY), "localityname": ("work", CITY),
    "st": ("work", REGION), "region": ("work", REGION), "postalcode": ("work", POSTCODE), "zip": ("work", POSTCODE),
    "c": ("work", COUNTRY), "co": ("work", COUNTRY), "countryname": ("work", COUNTRY),
    "mozillahomestreet": ("home", STREET), "homestreet": ("home", STREET), "mozillahomestreet2": ("home", STREET),
    "mozillahomelocalityname": ("home", CITY), "mozillahomestate": ("home", REGION),
    "mozillahomepostalcode": ("home", POSTCODE), "mozillahomecountryname": ("home", COUNTRY),
}  # fmt: skip
_MAIL_IN_DN = re.compile(r"(?:^|,)\s*mail=([^,]+)", re.IGNORECASE)


class Record(NamedTuple):
    """One record, or why it is none: the line it begins on, its size in octets, its attributes in order."""

    line: int
    size: int
    attributes: Attributes
    problem: Unreadable | None


def read_ldif(source: BinaryIO) -> Iterator[Read]:
    """The people, organisations and groups of an LDIF file, in order, in memory bounded by MAX_RECORD.

    A record that cannot be read is a problem, and reading goes on after the next blank line. Records of changes are
    read as far as they add; others are problems.
    """
    for record in read_records(source):
        if record.problem is not None:
            yield Read(record.line, record.size, record.problem)
        elif record.attributes:
            yield Read(record.line, record.size, _card_of(record))


def read_records(source: BinaryIO) -> Iterator[Record]:
    """The records of an LDIF file as they are."""
    held: list[bytes] = []
    begin = size = number = 0
    too_long = False
    for number, line in enumerate(_lines(source), 1):
        if line.strip(b"\r\n"):
            if not held and not too_long:
                begin = number
            size += len(line)
            too_long = too_long or size > MAX_RECORD
            if too_long:
                held = []
            else:
                held.append(line)
        elif held or too_long:
            yield _record(begin, size, held, too_long)
            held, size, too_long = [], 0, False
    if held or too_long:
        yield _record(begin, size, held, too_long)


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Physical lines; one that is longer than a record may be comes in pieces."""
    return iter(lambda: source.readline(MAX_RECORD), b"")


def _record(begin: int, size: int, lines: Sequence[bytes], too_long: bool) -> Record:
    if too_long:
        return Record(begin, size, [], Unreadable(begin, "this record is too long"))
    attributes: Attributes = []
    logical: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines, begin):
        bare = line.rstrip(b"\r\n")
        if bare.startswith(b"\xef\xbb\xbf") and number == begin:
            bare = bare[3:]
        if bare[:1] == b" " and logical:
            logical[-1] = (logical[-1][0], logical[-1][1] + bare[1:])
        else:
            logical.append((number, bare))
    for number, line in logical:
        if line.startswith(b"#") or line == b"-":
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name.decode("ascii", "replace")):
            return Record(begin, size, [], Unreadable(number, "this line has no attribute and no colon"))
        if value[:1] == b":":
            try:
                octets = base64.b64decode(value[1:].strip(), validate=True)
            except binascii.Error:
                return Record(begin, size, [], Unreadable(number, "this value is no base64"))
        elif value[:1] == b"<":
            octets = b""  # a file or address that belongs to whoever wrote this
        else:
            octets = value.lstrip(b" ")
        attributes.append((name.decode("ascii"), octets))
    if attributes and attributes[0][0].lower() == "version":
        attributes = attributes[1:]
    names = {name.lower(): octets for name, octets in reversed(attributes)}
    change = names.get("changetype", b"add").strip().lower()
    if change != b"add":
        return Record(begin, size, [], Unreadable(begin, "this record changes another one; only whole ones are read"))
    if attributes and "dn" not in names:
        return Record(begin, size, [], Unreadable(begin, "this record has no dn"))
    return Record(begin, size, attributes, None)


def _card_of(record: Record) -> Card | Unreadable:
    draft = Draft()
    photo = b""
    classes = {decode(octets).lower() for name, octets in record.attributes if name.lower() == "objectclass"}
    is_group = bool(classes & _GROUPS)
    draft.is_organisation = is_group  # so that its name is none of a person's
    for written, octets in record.attributes:
        name = written.partition(";")[0].lower()  # without its language or encoding
        if name in ("jpegphoto", "thumbnailphoto", "photo"):
            photo = photo or octets
        elif _SECRET.search(name) or b"\0" in octets or written.lower().endswith(";binary"):
            continue
        elif name not in _UNSAID and (text := decode(octets).strip()):
            _take(draft, written, name, text)
    if any(what == BIRTHDAY and not (date.month or date.year) for what, date in draft.dates):
        draft.dates = [each for each in draft.dates if each[0] != BIRTHDAY]
    try:
        card = draft.card()
    except NothingInIt:
        return Unreadable(record.line, "nothing in this record says whom it is about")
    if is_group and (kind := card.first("X-ADDRESSBOOKSERVER-KIND")):
        card = card.with_text(kind.index, "group")
    return card.with_photo(photo, "image/jpeg") if photo else card


def _take(draft: Draft, written: str, name: str, text: str) -> None:
    """Put one attribute where it belongs."""
    if put := _PUTS.get(name):
        put(draft, text)
    elif name in _PHONES:
        draft.phones.append(Reach(text, _PHONES[name]))
    elif name in _PLACES:
        kind, at = _PLACES[name]
        place = draft.places.setdefault(kind, Place((kind,)))
        between = "\n" if at == STREET else ", "
        place.parts[at] = f"{place.parts[at]}{between}{text}" if place.parts[at] else text
    elif name in ("birthyear", "birthmonth", "birthday") and text.isdecimal() and 0 < int(text) < 10_000:
        was = next((date for what, date in draft.dates if what == BIRTHDAY), PartialDate())
        parts = {"birthyear": was.year, "birthmonth": was.month, "birthday": was.day} | {name: int(text)}
        draft.dates = [each for each in draft.dates if each[0] != BIRTHDAY]
        draft.dates.append((BIRTHDAY, PartialDate(parts["birthyear"], parts["birthmonth"], parts["birthday"])))
    elif name.startswith("mozillacustom"):
        number = name.removeprefix("mozillacustom")
        params = ("X-KEY", (f"custom-{number}",)), ("X-KIND", ("text",)), ("X-LABEL", (f"Custom {number}",))
        draft.lines.append((OWN_LINE, text, params))
    elif name == "member" and (mail := _MAIL_IN_DN.search(text)):
        draft.lines.append(("X-ADDRESSBOOKSERVER-MEMBER", f"mailto:{mail[1].strip()}", ()))
    else:
        draft.lines.append((LINE, text, (("X-ATTRIBUTE", (written,)),)))


def _part(at: int) -> _Put:
    def put(draft: Draft, text: str) -> None:
        draft.name[at] = draft.name[at] or text

    return put


def _full_name(draft: Draft, text: str) -> None:
    if draft.full_name and text != draft.full_name:
        draft.lines.append((LINE, text, (("X-ATTRIBUTE", ("cn",)),)))
    draft.full_name = draft.full_name or text


def _organisation(draft: Draft, text: str) -> None:
    if draft.organisation and text != draft.organisation:
        draft.units.append(text)
    draft.organisation = draft.organisation or text


def _labelled_uri(draft: Draft, text: str) -> None:
    uri, _, label = text.partition(" ")
    draft.urls.append(Reach(uri, (), label.strip()))


def _uuid(draft: Draft, text: str) -> None:
    draft.uid = f"urn:uuid:{text.lower()}"


_PUTS: Final[dict[str, _Put]] = {
    "sn": _part(0),
    "surname": _part(0),
    "givenname": _part(1),
    "gn": _part(1),
    "personaltitle": _part(3),
    "generationqualifier": _part(4),
    "cn": _full_name,
    "commonname": _full_name,
    "displayname": _full_name,
    "o": _organisation,
    "organizationname": _organisation,
    "company": _organisation,
    "ou": lambda draft, text: draft.units.append(text),
    "orgunit": lambda draft, text: draft.units.append(text),
    "department": lambda draft, text: draft.units.append(text),
    "title": lambda draft, text: draft.titles.append(text),
    "mail": lambda draft, text: draft.emails.append(Reach(text)),
    "mozillasecondemail": lambda draft, text: draft.emails.append(Reach(text)),
    "xmozillasecondemail": lambda draft, text: draft.emails.append(Reach(text)),
    "mailalternateaddress": lambda draft, text: draft.emails.append(Reach(text)),
    "mozillanickname": lambda draft, text: draft.nicknames.append(text),
    "xmozillanickname": lambda draft, text: draft.nicknames.append(text),
    "description": lambda draft, text: draft.notes.append(text),
    "notes": lambda draft, text: draft.notes.append(text),
    "labeleduri": _labelled_uri,
    "mozillahomeurl": lambda draft, text: draft.urls.append(Reach(text, ("home",))),
    "homeurl": lambda draft, text: draft.urls.append(Reach(text, ("home",))),
    "mozillaworkurl": lambda draft, text: draft.urls.append(Reach(text, ("work",))),
    "workurl": lambda draft, text: draft.urls.append(Reach(text, ("work",))),
    "nsaimid": lambda draft, text: draft.chats.append(("aim", text)),
    "mozillascreenname": lambda draft, text: draft.chats.append(("aim", text)),
    "entryuuid": _uuid,
}


# Writing.


def to_ldif(card: Card) -> bytes:
    """One record for a card, with the blank line after it.

    What neither inetOrgPerson nor Thunderbird has an attribute for is left out: third kinds of addresses, relations,
    tags, labels and whatever is an extension, but X-LDIF.
    """
    card = convert(card, "3.0")
    mails = [prop.text for prop in card.properties("EMAIL") if prop.text.strip()]
    is_group = card.kind is Kind.GROUP
    attributes: list[tuple[str, str]] = [("dn", _dn(card.full_name, mails))]
    attributes += [("objectclass", name) for name in (_GROUP_CLASSES if is_group else _PERSON_CLASSES)]
    if not is_group:
        name = card.name
        for attribute, part in (("givenName", name.given), ("sn", name.family or card.full_name)):
            attributes.append((attribute, part))
        attributes += [("personalTitle", name.prefixes), ("generationQualifier", name.suffixes)]
    attributes.append(("cn", card.full_name))
    attributes += [("mozillaSecondEmail" if at == 1 else "mail", mail) for at, mail in enumerate(mails)]
    for prop in card.properties():
        attributes += _written(prop)
    octets = b"".join(_line(name, text.encode()) for name, text in attributes if text)
    photo = card.first("PHOTO")
    if photo is not None and photo.binary is not None and photo.binary[1] == "image/jpeg":
        octets += _line("jpegPhoto", photo.binary[0])
    return octets + b"\r\n"


_GROUP_CLASSES: Final = ("top", "groupOfNames")
_PERSON_CLASSES: Final = ("top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha")
_WRITTEN: Final = {
    "NICKNAME": "mozillaNickname", "TITLE": "title", "NOTE": "description", "X-AIM": "nsAIMid",
}  # fmt: skip
_ADR: Final = {
    "work": ("postOfficeBox", "", "street", "l", "st", "postalCode", "c"),
    "home": ("", "", "mozillaHomeStreet", "mozillaHomeLocalityName", "mozillaHomeState", "mozillaHomePostalCode",
             "mozillaHomeCountryName"),
}  # fmt: skip


def _written(prop: Property) -> list[tuple[str, str]]:
    name, types = prop.name, prop.types
    if attribute := _WRITTEN.get(name):
        return [(attribute, prop.text)]
    match name:
        case "ORG":
            return [("ou" if at else "o", part) for at, part in enumerate(prop.parts)]
        case "TEL":
            return [(_phone_attribute(types), prop.text)]
        case "ADR":
            names = _ADR["home" if "home" in types else "work"]
            return [(attribute, part) for attribute, part in zip(names, prop.parts, strict=False) if attribute]
        case "URL" if prop.label:
            return [("labeledURI", f"{prop.text} {prop.label}")]
        case "URL":
            return [("mozillaHomeUrl" if "home" in types else "mozillaWorkUrl", prop.text)]
        case "BDAY" if prop.date and not prop.date.text:
            parts = (("birthyear", prop.date.year), ("birthmonth", prop.date.month), ("birthday", prop.date.day))
            return [(attribute, str(part)) for attribute, part in parts if part]
        case "UID" if prop.text.lower().startswith("urn:uuid:"):
            return [("entryUUID", prop.text[9:])]
        case "X-ADDRESSBOOKSERVER-MEMBER" if prop.text.lower().startswith("mailto:"):
            return [("member", f"mail={prop.text[7:]}")]
        case "X-LDIF":
            attribute = prop.param("X-ATTRIBUTE") or ""
            return [(attribute, prop.text)] if _NAME.fullmatch(attribute) else []
        case "X-FARLEY-FIELD" if (prop.param("X-KEY") or "").startswith("custom-"):
            number = (prop.param("X-KEY") or "").removeprefix("custom-")
            return [(f"mozillaCustom{number}", prop.text)] if number in ("1", "2", "3", "4") else []
    return []


def _phone_attribute(types: Sequence[str]) -> str:
    if "fax" in types:
        return "homeFacsimileTelephoneNumber" if "home" in types else "facsimileTelephoneNumber"
    for kind, attribute in (("cell", "mobile"), ("pager", "pager"), ("home", "homePhone"), ("car", "carPhone")):
        if kind in types:
            return attribute
    return "telephoneNumber"


def _dn(name: str, mails: Sequence[str]) -> str:
    parts = [f"cn={_escaped(name)}"] if name else []
    return ",".join([*parts, *(f"mail={_escaped(mail)}" for mail in mails[:1])])


def _escaped(value: str) -> str:
    """A value inside a distinguished name. RFC 4514 §2.4."""
    return re.sub(r'([,+"\\<>;=])', r"\\\1", " ".join(value.split()))


def _line(name: str, octets: bytes) -> bytes:
    """One attribute, folded; base64 where it is no SAFE-STRING or ends in a blank."""
    try:
        text = octets.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if text and _SAFE.fullmatch(text) and not text.endswith(" "):
        line = f"{name}: {text}"
    else:
        line = f"{name}:: {base64.b64encode(octets).decode()}"
    pieces = [line[:76], *(f" {line[at : at + 75]}" for at in range(76, len(line), 75))]
    return "\r\n".join(pieces).encode() + b"\r\n"
