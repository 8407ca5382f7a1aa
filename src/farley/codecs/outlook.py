"""A contact of Outlook's as a vCard 3.0, whichever file it lies in. [MS-OXOCNTC] has what the values mean.

What an own field would hold in a table of Outlook's is one here as well, under the same name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from farley.codecs.mapi import ADDRESS, COMMON, PUBLIC, Item, Key
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_draft import (
    ANNIVERSARY,
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
)
from farley.codecs.vcard_property import sniffed
from farley.codecs.vcard_values import PartialDate

CLASS: Final = 0x001A  # what kind of item it is
_CONTACT, _LIST = "IPM.CONTACT", "IPM.DISTLIST"
_NAME, _NAME_PARTS = 0x3001, (0x3A11, 0x3A06, 0x3A44, 0x3A45, 0x3A05)  # as N: family, given, additional, before, after
_BODY: Final = 0x1000
_COMPANY, _DEPARTMENT, _TITLE, _PROFESSION, _NICKNAME = 0x3A16, 0x3A18, 0x3A17, 0x3A46, 0x3A4F
_PHONES: Final[tuple[tuple[int, tuple[str, ...], str], ...]] = (
    (0x3A2E, (), "Assistant"), (0x3A24, ("work", "fax"), ""), (0x3A08, ("work",), ""), (0x3A1B, ("work",), ""),
    (0x3A02, (), "Callback"), (0x3A1E, ("car",), ""), (0x3A57, ("work", "main"), ""), (0x3A25, ("home", "fax"), ""),
    (0x3A09, ("home",), ""), (0x3A2F, ("home",), ""), (0x3A2D, ("isdn",), ""), (0x3A1C, ("cell",), ""),
    (0x3A23, ("fax",), ""), (0x3A1F, (), ""), (0x3A21, ("pager",), ""), (0x3A1A, ("main",), ""),
    (0x3A1D, (), "Radio"), (0x3A4B, (), "TTY/TDD"), (0x3A2C, (), "Telex"),
)  # fmt: skip
_EMAILS: Final = (0x8080, 0x8090, 0x80A0)  # the first name of each address: how it is shown; +2 its type, +3 itself
_AS_SHOWN, _TYPE, _EMAIL, _AT_FIRST = 0, 2, 3, 4
_PARTS: Final = (STREET, CITY, REGION, POSTCODE, COUNTRY, BOX)
# Postal addresses: the numbers of street, city, region, postcode, country, box; of all of it as it is printed.
_WORK: Final = tuple((ADDRESS, number) for number in range(0x8045, 0x804B))
_PLACES: Final[tuple[tuple[tuple[str, ...], tuple[Key, ...], Key], ...]] = (
    (("work",), _WORK, (ADDRESS, 0x801B)),
    (("home",), (0x3A5D, 0x3A59, 0x3A5C, 0x3A5B, 0x3A5A, 0x3A5E), (ADDRESS, 0x801A)),
    ((), (0x3A63, 0x3A5F, 0x3A62, 0x3A61, 0x3A60, 0x3A64), (ADDRESS, 0x801C)),
)
_MAILING: Final = (0x3A29, 0x3A27, 0x3A28, 0x3A2A, 0x3A26, 0x3A2B), 0x3A15  # where no other address is the same
_SITES: Final[tuple[tuple[Key, tuple[str, ...]], ...]] = ((0x3A51, ("work",)), (0x3A50, ("home",)))
_SITE: Final = (ADDRESS, 0x802B)  # as Outlook shows it: one of them again, mostly
_CHAT: Final = (ADDRESS, 0x8062)
# A day as it was meant, and as the moment it began where its owner was.
_DATES: Final = ((BIRTHDAY, (ADDRESS, 0x80DE), 0x3A42), (ANNIVERSARY, (ADDRESS, 0x80DF), 0x3A41))
_RELATED: Final = ((0x3A48, "spouse"), (0x3A58, "child"), (0x3A4E, "Manager"), (0x3A30, "Assistant"),
                   (0x3A47, "Referred By"))  # fmt: skip
_GENDER, _GENDERS = 0x3A4D, {1: "F", 2: "M"}
_TAGS: Final = (PUBLIC, "Keywords")
_PHONETIC: Final = (((ADDRESS, 0x802C), "X-PHONETIC-FIRST-NAME"), ((ADDRESS, 0x802D), "X-PHONETIC-LAST-NAME"))
OWN: Final[tuple[tuple[Key, str, str], ...]] = (
    ((ADDRESS, 0x802E), "Company Yomi", "company-yomi"), (0x3A00, "Account", "account"),
    ((COMMON, 0x8535), "Billing Information", "billing-information"), (0x3A4A, "Customer ID", "customer-id"),
    (0x3A07, "Government ID Number", "government-id-number"), (0x3A43, "Hobby", "hobby"),
    (0x3A0A, "Initials", "initials"),
    ((ADDRESS, 0x80D8), "Internet Free Busy", "internet-free-busy"), (0x3A0C, "Language", "language"),
    (0x3A0D, "Location", "location"), ((COMMON, 0x8534), "Mileage", "mileage"),
    (0x3A19, "Office Location", "office-location"), (0x3A10, "Organizational ID Number", "organizational-id-number"),
    ((ADDRESS, 0x804F), "User 1", "user-1"), ((ADDRESS, 0x8050), "User 2", "user-2"),
    ((ADDRESS, 0x8051), "User 3", "user-3"), ((ADDRESS, 0x8052), "User 4", "user-4"),
)  # fmt: skip
_SENSITIVITY, _PRIVATE = 0x0036, 2
_IS_PICTURE, _PICTURE, _FILE_NAMES = 0x7FFF, 0x3701, (0x3707, 0x3704)


def is_contact(item: Item) -> bool:
    """Whether it is a contact or a list of some; a mailbox has much else."""
    return item.text(CLASS).upper().startswith((_CONTACT, _LIST))


def card_of(item: Item, attachments: Iterable[Item] = ()) -> Card:
    """The contact that `item` is. Raises Unreadable, of line 1."""
    kind = item.text(CLASS).upper()
    if kind.startswith(_LIST):
        raise Unreadable(1, "this is a distribution list; Outlook’s are not read")
    if not kind.startswith(_CONTACT):
        raise Unreadable(1, "this is no contact, but something else of Outlook’s")
    draft = Draft()
    _add_name(draft, item)
    for number, types, label in _PHONES:
        draft.phones += [Reach(text, types, label) for text in item.texts(number)]
    for first in _EMAILS:
        _add_email(draft, item, first)
    _add_places(draft, item)
    _add_sites(draft, item)
    if chat := item.text(_CHAT):
        draft.chats.append(("IM", chat))
    for what, meant, began in _DATES:
        day = item.day(meant) or item.day(began)
        if day is not None and day < dt.date(4500, 1, 1):  # which stands for none
            draft.dates.append((what, PartialDate(day.year, day.month, day.day)))
    for number, relation in _RELATED:
        draft.related += [(relation, text) for text in item.texts(number)]
    draft.gender = _GENDERS.get(item.integer(_GENDER), "")
    draft.tags += [tag for text in item.texts(_TAGS) for tag in map(str.strip, text.split(";")) if tag]
    if body := item.text(_BODY):
        draft.notes.insert(0, body)
    _add_own(draft, item)
    try:
        card = draft.card()
    except NothingInIt as error:
        raise Unreadable(1, "nothing tells whom this is about") from error
    picture = _picture(attachments)
    return card.with_photo(*picture) if picture else card


def _add_name(draft: Draft, item: Item) -> None:
    draft.name = [item.text(number) for number in _NAME_PARTS]
    draft.full_name = item.text(_NAME)
    draft.nicknames += item.texts(_NICKNAME)
    draft.organisation = item.text(_COMPANY)
    draft.units += item.texts(_DEPARTMENT)
    draft.titles += item.texts(_TITLE)
    draft.roles += item.texts(_PROFESSION)
    draft.lines += [(name, text, ()) for key, name in _PHONETIC if (text := item.text(key))]


def _add_email(draft: Draft, item: Item, first: int) -> None:
    """An address. One inside an Exchange is a path there, and the address is what it is shown as."""
    said = {part: item.text((ADDRESS, first + part)) for part in (_AS_SHOWN, _TYPE, _EMAIL, _AT_FIRST)}
    if not said[_EMAIL]:
        return
    if said[_TYPE].upper() != "EX":
        draft.emails.append(Reach(said[_EMAIL]))
        return
    shown = (text.strip("<>()[]'\"") for part in (_AT_FIRST, _AS_SHOWN) for text in said[part].split())
    address = next((text for text in shown if "@" in text), "")
    if address:
        draft.emails.append(Reach(address))
    else:
        draft.notes.append(f"E-mail: {said[_EMAIL]}")


def _add_places(draft: Draft, item: Item) -> None:
    for types, keys, printed in _PLACES:
        _add_place(draft, types, [item.text(key) for key in keys], item.text(printed))
    keys, whole = _MAILING
    texts = [item.text(key) for key in keys]
    same = next(
        (place for place in draft.places.values() if [place.parts[at] for at in _PARTS[:-1]] == texts[:-1]), None
    )
    if same is not None:
        same.parts[BOX] = same.parts[BOX] or texts[-1]
    elif any(texts):
        is_work = ("work",) not in [place.types for place in draft.places.values()]
        _add_place(draft, ("work",) if is_work else (), texts, item.text(whole))


def _add_place(draft: Draft, types: tuple[str, ...], texts: list[str], printed: str) -> None:
    if not any(texts) and not printed:
        return
    place = draft.places[len(draft.places)] = Place(types)
    for at, text in zip(_PARTS, texts, strict=True):
        place.parts[at] = text
    place.text = printed


def _add_sites(draft: Draft, item: Item) -> None:
    draft.urls += [Reach(text, types) for key, types in _SITES if (text := item.text(key))]
    shown = item.text(_SITE)
    if shown and shown not in [each.value for each in draft.urls]:
        draft.urls.append(Reach(shown))


def _add_own(draft: Draft, item: Item) -> None:
    own = [(label, key, "\n".join(item.texts(number))) for number, label, key in OWN]
    own.append(("Private", "private", "True" if item.integer(_SENSITIVITY) == _PRIVATE else ""))
    draft.lines += [
        (OWN_LINE, text, (("X-KEY", (key,)), ("X-KIND", ("text",)), ("X-LABEL", (label,))))
        for label, key, text in own
        if text
    ]


def _picture(attachments: Iterable[Item]) -> tuple[bytes, str] | None:
    for each in attachments:
        is_picture = each.integer(_IS_PICTURE) or any(
            each.text(number).lower().startswith("contactpicture") for number in _FILE_NAMES
        )
        octets = each.binary(_PICTURE) if is_picture else b""
        if kind := sniffed(octets):
            return octets, kind
    return None
