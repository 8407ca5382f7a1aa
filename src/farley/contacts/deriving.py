"""What is read out of a card: names, sort keys, index rows, search text and thumbnail.

A pure function of the octets, the space's region and nothing else, run before a transaction begins.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from farley.codecs.vcard import Card, Kind, Property
from farley.contacts import external_ids, photos
from farley.contacts.external_ids import Named
from farley.contacts.models import MAX_TAG, MAX_UID, IndexRow, bare_uid
from farley.contacts.phones import e164
from farley.search.folding import search_fold
from farley.search.models import Texts, field_value, texts
from farley.search.queries import SIGILS as TYPED

MAX_VALUE = 2000  # characters of a value as written that an index row keeps
MAX_NORM = 200  # characters of its normalised form, but for a UID: a B-tree entry on PostgreSQL holds 2,700 octets
MAX_KEY = 250
MAX_LABEL = 100  # of what two are to each other
MAX_ROWS = 30_000  # index rows of one card: members of a large group
MAX_TAGS = 1000  # of one card
THUMBNAIL_SIDE = 192  # pixels: the largest avatar at twice its size
MAX_PHOTO_PIXELS = 24_000_000  # 100 MB while it is read
PHOTO_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")  # no others: some of Pillow's readers run programs

_EVERY_URL = re.compile(r"^https?://(www\.)?")
_NUMBER = re.compile(r"[\d\s()+./-]*")

Row = tuple[int, str, str]  # kind, value, norm
_Kind = IndexRow.Kind

# How the entry of search marks values by which lists are filtered (`search.models.Needle`).
SIGILS = TYPED | {
    "title": "j",
    "street": "s",
    "postcode": "p",
    "region": "r",
    "country": "y",
    "url": "u",
    "im": "m",
}


class Derived(NamedTuple):
    """All derived columns and rows of one contact. Text holds no NUL and fits its column."""

    search: Texts
    uid: str | None  # None: the card has none
    kind: int
    full_name: str
    sort_key: str
    organisation_name: str
    organisation_key: str
    job_title: str
    email: str
    phone: str
    city: str
    city_key: str
    rows: list[Row]
    tags: list[str]  # as `Tag.name` has them
    thumbnail: bytes | None
    external_ids: list[Named]

    @property
    def columns(self) -> tuple[int, str, str, str, str, str, str, str, str, str, bool]:
        """Values for DERIVED_COLUMNS."""
        return (
            self.kind, self.full_name, self.sort_key, self.organisation_name, self.organisation_key,
            self.job_title, self.email, self.phone, self.city, self.city_key, self.thumbnail is not None,
        )  # fmt: skip


DERIVED_COLUMNS = (
    "kind", "full_name", "sort_key", "organisation_name", "organisation_key",
    "job_title", "email", "phone", "city", "city_key", "has_photo",
)  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """What has been found so far while the lines of one card are read."""

    region: str
    rows: list[Row] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)  # in the order of the card
    organisation: str = ""
    job_title: str = ""
    email: tuple[int, str] = (1000, "")
    phone: tuple[int, str] = (1000, "")
    city: tuple[int, str] = (1000, "")
    name: str = ""  # family, given and additional names
    sort_as: str = ""
    full_name: str = ""  # FN alone
    uid: str = ""
    says_kind: bool = False
    photo: Property | None = None
    external_ids: dict[Named, None] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)  # by sigil

    def add(self, kind: int, value: str, norm: str, *, limit: int = MAX_NORM) -> None:
        if value and len(self.rows) < MAX_ROWS:  # a plain int: drivers take twice as long to adapt an enumeration
            norm = norm[:limit]
            self.rows.append((int(kind), "" if value == norm else value[:MAX_VALUE], norm))

    def mark(self, name: str, value: str) -> None:
        """Let filters find `value`, which is folded; `name` is one of SIGILS."""
        if value:
            self.fields.setdefault(SIGILS[name], []).append(value)


def derive(card: Card, region: str, *, is_drawn: bool = True, in_brief: bool = False) -> Derived:
    """Read everything out of `card`. `region` (ISO 3166) is where its national phone numbers belong.

    Unless `is_drawn`, there is no thumbnail: making one takes as long as all the rest of fifty cards. `in_brief` only
    by what it is recognised and what it is called; all else is left empty.
    """
    reading = _Reading(region)
    for prop in card.properties(*_CALLING) if in_brief else card.properties():
        if read := _READERS.get(prop.name):
            read(prop, reading)
        elif prop.name not in _UNSAID:
            _other(prop, reading)
    full_name = (reading.full_name or clean(card.full_name))[:1000]
    kind = card.kind if reading.says_kind else Kind.INDIVIDUAL
    sorted_as = reading.sort_as or reading.name
    if kind is not Kind.INDIVIDUAL or not sorted_as:
        sorted_as = reading.sort_as or full_name
    organisation = full_name if kind is Kind.ORG else reading.organisation
    return Derived(
        search=_NO_TEXTS if in_brief else texts(full_name, " ".join(reading.texts), reading.fields),
        uid=reading.uid or None,
        kind=int(kind),
        full_name=full_name,
        sort_key=search_fold(clean(sorted_as))[:MAX_KEY],
        organisation_name=organisation[:500],
        organisation_key=search_fold(organisation)[:MAX_KEY],
        job_title=reading.job_title[:500],
        email=reading.email[1][:320],
        phone=reading.phone[1][:100],
        city=reading.city[1][:200],
        city_key=search_fold(reading.city[1])[:MAX_KEY],
        rows=reading.rows,
        tags=list(dict.fromkeys(tag[:MAX_TAG] for tag in reading.tags)),
        thumbnail=_thumbnail(reading.photo) if is_drawn else None,
        external_ids=list(reading.external_ids),
    )


def clean(text: str) -> str:
    """`text` without NUL, which PostgreSQL cannot hold; the octets keep it."""
    return text.replace("\0", "") if "\0" in text else text


def _email(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.add(_Kind.EMAIL, value, value.casefold())
    reading.texts.append(value)
    if value:
        reading.email = _first(reading.email, prop, value)


def _phone(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip().removeprefix("tel:")
    norm = e164(value, reading.region)
    reading.add(_Kind.PHONE, value, norm)
    reading.texts.append(norm.lstrip("+"))
    if not _NUMBER.fullmatch(value) and any(c.isalpha() for c in value):  # an extension, or a number in letters
        reading.texts.append(value)
    if value and "fax" not in prop.types:
        reading.phone = _first(reading.phone, prop, value)


def _first(best: tuple[int, str], prop: Property, value: str) -> tuple[int, str]:
    rank = prop.pref or 500
    return (rank, value) if rank < best[0] else best


def _address(prop: Property, reading: _Reading) -> None:
    parts = [clean(part) for part in prop.parts]
    parts += [""] * (7 - len(parts))
    _, _, street, city, state, postcode, country = parts[:7]
    for name, value in (
        ("street", street),
        ("city", city),
        ("region", state),
        ("postcode", postcode),
        ("country", country),
    ):
        if value:
            reading.mark(name, field_value(value))
            reading.texts.append(value)
    if city:
        reading.city = _first(reading.city, prop, city)


def _organisation(prop: Property, reading: _Reading) -> None:
    units = [clean(part) for part in prop.parts]
    value = ", ".join(unit for unit in units if unit)
    if len(units) > 1:
        reading.add(_Kind.UNIT, ", ".join(unit for unit in units[1:] if unit), search_fold(units[0]))
    reading.texts.append(value)
    reading.mark("org", field_value(value))
    reading.organisation = reading.organisation or (units[0] if units else "")


def _title(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.mark("title", field_value(value))
    reading.texts.append(value)
    if prop.name == "TITLE" or not reading.job_title:
        reading.job_title = value or reading.job_title


def _nickname(prop: Property, reading: _Reading) -> None:
    for text in prop.texts:
        value = clean(text).strip()
        reading.add(_Kind.NICKNAME, value, search_fold(value))
        reading.texts.append(value)


def _full_name(prop: Property, reading: _Reading) -> None:
    """The first is the contact's name and in its column; what it is called besides is another name of it."""
    value = clean(prop.text).strip()
    if reading.full_name:
        reading.add(_Kind.NICKNAME, value, search_fold(value))
    reading.full_name = reading.full_name or value
    reading.texts.append(value)


def _uid(prop: Property, reading: _Reading) -> None:
    reading.uid = reading.uid or clean(prop.text).strip()


def _says_kind(prop: Property, reading: _Reading) -> None:
    reading.says_kind = True
    if prop.name == "X-KIND":
        _other(prop, reading)


def _tags(prop: Property, reading: _Reading) -> None:
    for text in prop.texts:
        value = clean(text).strip()[:MAX_VALUE]
        if value and value not in reading.tags and len(reading.tags) < MAX_TAGS and len(reading.rows) < MAX_ROWS:
            reading.tags[value] = None
            reading.add(_Kind.TAG, value, search_fold(value))
            reading.texts.append(value)
            reading.mark("tag", field_value(value))


def _note(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.add(_Kind.NOTE, value, "")
    reading.texts.append(value)


def _url(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.mark("url", bare_url(value))
    reading.texts.append(value)


def _im(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.mark("im", bare_handle(value))
    reading.texts.append(value)


def _date(prop: Property, reading: _Reading) -> None:
    date = prop.date
    value = clean(prop.text).strip()
    norm = ""
    if date is not None and date.month and date.day:
        norm = f"{date.month:02}-{date.day:02}"
    elif value:
        norm = search_fold(value)
    reading.add(_Kind.BIRTHDAY if prop.name == "BDAY" else _Kind.DATE, value, norm)


def _related(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    is_uid = value.startswith(("urn:", "mailto:", "http:", "https:"))
    norm = bare_uid(value)[:MAX_UID] if is_uid else search_fold(value)[:MAX_NORM]
    if not is_uid:
        reading.texts.append(value)
    if value and len(reading.rows) < MAX_ROWS:
        reading.rows.append((int(_Kind.RELATED), clean(prop.label or ",".join(prop.types))[:MAX_LABEL], norm))


def _member(prop: Property, reading: _Reading) -> None:
    value = clean(prop.text).strip()
    reading.add(_Kind.MEMBER, value, bare_uid(value), limit=MAX_UID)


def _other(prop: Property, reading: _Reading) -> None:
    """What has no place of its own in Farley can still be found, unless it is octets or an address of something."""
    if prop.uri is None and prop.binary is None:
        reading.texts.append(clean(prop.text))


def _photo(prop: Property, reading: _Reading) -> None:
    reading.photo = reading.photo or prop


def _external_id(prop: Property, reading: _Reading) -> None:
    key = clean(prop.text).strip()
    if 0 < len(key) <= external_ids.MAX_KEY and len(reading.external_ids) < external_ids.MAX_NAMES:
        reading.external_ids[_system_of(prop), key] = None


def _system_of(prop: Property) -> str:
    if prop.name != external_ids.ID_LINE:
        return prop.name
    return clean(prop.param("X-SYSTEM") or "").strip()[: external_ids.MAX_SYSTEM] or prop.name


def _sort_string(prop: Property, reading: _Reading) -> None:
    reading.sort_as = clean(prop.text).strip()


def _name(prop: Property, reading: _Reading) -> None:
    parts = prop.parts
    reading.name = reading.name or " ".join(filter(None, parts[:3]))
    reading.texts += [clean(part) for part in parts if part and part not in reading.texts]
    for name, values in prop.params:
        if name == "SORT-AS":
            reading.sort_as = " ".join(" ".join(values).split(","))


_READERS: dict[str, Callable[[Property, _Reading], None]] = {
    "EMAIL": _email,
    "TEL": _phone,
    "ADR": _address,
    "ORG": _organisation,
    "TITLE": _title,
    "ROLE": _title,
    "FN": _full_name,
    "UID": _uid,
    **dict.fromkeys(("KIND", "X-ADDRESSBOOKSERVER-KIND", "X-KIND", "X-ABSHOWAS"), _says_kind),
    "NICKNAME": _nickname,
    "CATEGORIES": _tags,
    "NOTE": _note,
    "URL": _url,
    "IMPP": _im,
    "X-AIM": _im,
    "X-ICQ": _im,
    "X-JABBER": _im,
    "X-MSN": _im,
    "X-SKYPE": _im,
    "X-YAHOO": _im,
    "X-GADUGADU": _im,
    "BDAY": _date,
    "ANNIVERSARY": _date,
    "DEATHDATE": _date,
    "X-ANNIVERSARY": _date,
    "X-EVOLUTION-ANNIVERSARY": _date,
    "X-ABDATE": _date,
    "RELATED": _related,
    "X-ABRELATEDNAMES": _related,
    "X-RELATED": _related,
    "MEMBER": _member,
    "X-ADDRESSBOOKSERVER-MEMBER": _member,
    "PHOTO": _photo,
    "SORT-STRING": _sort_string,
    "N": _name,
    **dict.fromkeys((*external_ids.PROPERTIES, external_ids.ID_LINE), _external_id),
}


_NO_TEXTS = texts("", "", {})
_OF_WHOM = (_full_name, _uid, _name, _says_kind, _sort_string, _external_id)
_CALLING = tuple(name for name, read in _READERS.items() if read in _OF_WHOM)
_UNSAID = frozenset(  # for programs: nobody would look for them
    (
        *("BEGIN", "END", "VERSION", "PRODID", "REV", "GENDER", "LANG", "TZ", "GEO", "CLASS", "PROFILE"),
        *("LOGO", "SOUND", "KEY", "XML", "SOURCE", "CLIENTPIDMAP", "CALURI", "FBURL", "CALADRURI", "AGENT", "MAILER"),
        "X-ABADR",
    )
)


def bare_url(url: str) -> str:
    """An address of the web as filters compare it: without what every one begins with."""
    return field_value(_EVERY_URL.sub("", url.strip().casefold()).rstrip("/"))


def bare_handle(uri: str) -> str:
    """What somebody is called in a messenger, without the messenger's name. RFC 4770."""
    return field_value(uri.partition(":")[2] or uri)


def _thumbnail(photo: Property | None) -> bytes | None:
    """The middle square of the photo as WebP, or None where there is no picture that can be read."""
    inline = photo.binary if photo is not None else None
    if inline is None:
        return None
    try:
        return _square(inline[0])
    except Exception:  # noqa: BLE001 - a broken picture makes Pillow raise whatever comes to its readers' minds
        return None  # it is kept in the card and shown as initials


def _square(picture: bytes) -> bytes:
    from PIL import Image, ImageOps  # 60 ms to load

    with Image.open(io.BytesIO(picture), formats=PHOTO_FORMATS) as image:
        photos.prepare(image, 2 * THUMBNAIL_SIDE)
        ImageOps.exif_transpose(image, in_place=True)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        square = square.convert("RGBA" if square.has_transparency_data else "RGB")
        square.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        out = io.BytesIO()
        square.save(out, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b"")
        return out.getvalue()
