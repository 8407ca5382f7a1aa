"""A card as the groups of facts that pages show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext

from farley.codecs.vcard import Card, Kind, PartialDate, Property
from farley.contacts.links import MEMBERS, RELATIONS
from farley.web.contacts.countries import written_place
from farley.web.contacts.editors import Editor
from farley.web.contacts.labels import label_of, property_label
from farley.web.dates import show_date, turning

CHATS = ("IMPP", "X-AIM", "X-ICQ", "X-JABBER", "X-MSN", "X-SKYPE", "X-YAHOO", "X-GADUGADU")
DATES = ("BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "DEATHDATE", "X-ABDATE")
GROUPS: dict[str, tuple[str, ...]] = {
    "reach": ("EMAIL", "TEL", "ADR", "URL", *CHATS),
    "work": ("ORG", "TITLE", "ROLE"),
    "dates": DATES,
    "name": ("NICKNAME",),
    "notes": ("NOTE",),
}
EDITABLE = frozenset(name for names in GROUPS.values() for name in names) | frozenset(RELATIONS)
# Shown elsewhere on the page, or of no use to a reader.
_NOT_OTHER = EDITABLE | {*MEMBERS, "FN", "N", "CATEGORIES", "PHOTO", "UID", "VERSION", "PRODID", "REV", "KIND"} | {
    "X-ABLABEL", "X-ABADR", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS", "BEGIN", "END", "CLIENTPIDMAP",
}  # fmt: skip
_ICONS = {"EMAIL": "mail", "TEL": "phone", "ADR": "map-pin", "URL": "globe", "BDAY": "cake", "ORG": "building-2"}
MAX_SHOWN = 1000  # characters of a value the codec does not explain
MAX_FACTS = 200  # of one group on a page


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its label. `ref` is what addresses call it; `was` recognises the line it was read from."""

    ref: str
    name: str
    label: str
    value: str
    was: str = ""
    icon: str = "file-text"
    href: str = ""
    act: str = ""  # what following `href` does
    is_outside: bool = False
    is_saved: bool = False
    group: str = ""  # of a new one: where it will be shown
    editor: Editor | None = None

    @property
    def can_move(self) -> bool:
        """Whether it is a line with a place among others, and nobody is editing it."""
        return self.name in EDITABLE and bool(self.was) and self.editor is None


@dataclass(frozen=True, slots=True)
class Addition:
    """A kind of fact that may be added."""

    name: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class FactGroup:
    key: str
    title: str
    facts: list[Fact]
    additions: list[Addition] = field(default_factory=list)
    more: int = 0  # lines of the card beyond MAX_FACTS


def fact_groups(card: Card) -> list[FactGroup]:
    """The facts of `card` in the order of its lines, in the groups that suit its kind."""
    titles = {
        "reach": gettext("Reachable"),
        "work": gettext("Work"),
        "dates": gettext("Important days"),
        "name": pgettext("of a person", "Name"),
        "notes": gettext("Notes"),
    }
    by_name: dict[str, list[Fact]] = {key: [] for key in GROUPS}
    more = dict.fromkeys(GROUPS, 0)
    home = {name: key for key, names in GROUPS.items() for name in names}
    for prop in card.properties():
        if not (key := home.get(prop.name)):
            continue
        if len(by_name[key]) >= MAX_FACTS:
            more[key] += 1
        elif fact := fact_of(prop):
            by_name[key].append(fact)
    by_name["name"] = [*name_facts(card), *by_name["name"]]
    additions = _additions(card)
    if card.kind is not Kind.INDIVIDUAL:
        titles["work"] = gettext("Organisation")
        titles["dates"] = gettext("Days")
    wanted = [key for key in GROUPS if by_name[key] or key in additions]
    return [FactGroup(key, titles[key], by_name[key], additions.get(key, []), more[key]) for key in wanted]


def fact_of(prop: Property) -> Fact | None:
    """One property as a fact; None for one that says nothing."""
    value = shown_value(prop)
    if not value:
        return None
    href, act = link_of(prop)
    return Fact(
        str(prop.index),
        prop.name,
        label_of(prop),
        value,
        signature(prop),
        _ICONS.get(
            prop.name, "message-circle" if prop.name in CHATS else "calendar" if prop.name in DATES else "file-text"
        ),
        href,
        act,
        href.startswith("http"),
    )


def name_facts(card: Card) -> list[Fact]:
    """The name's parts as one fact and, where it is another text, the name that is displayed."""
    facts = []
    if card.kind is Kind.INDIVIDUAL:
        written = card.name.rendered() or card.full_name
        facts.append(Fact("name", "N", property_label("N"), written or "–", name_signature(card), "user"))
        if card.full_name != written:
            facts.append(Fact("fn", "FN", property_label("FN"), card.full_name or "–", name_signature(card), "user"))
    else:
        facts.append(Fact("fn", "FN", property_label("N"), card.full_name or "–", name_signature(card), "user"))
    return facts


def other_lines(card: Card) -> list[Fact]:
    """What the card holds besides: nobody should have to wonder whether it is still there."""
    return [
        Fact(str(prop.index), prop.name, property_label(prop.name), text[:MAX_SHOWN])
        for prop in card.properties()
        if prop.name not in _NOT_OTHER and (text := _plain_text(prop))
    ]


def shown_value(prop: Property) -> str:
    """The value as a reader wants it, with line breaks."""
    return _SHOWN.get(prop.name, _plain_text)(prop).strip()


def signature(prop: Property) -> str:
    """Recognises this value again: another line, another type or another label give another signature."""
    told = (prop.line.octets, (prop.label or "").encode())
    digest = hashlib.sha256(b"\0".join(told)).hexdigest()
    return f"{prop.name}-{digest[:20]}"


def name_signature(card: Card) -> str:
    """Recognises the card's name again, in parts and as displayed."""
    told = "\0".join([*card.name.parts, card.full_name])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def link_of(prop: Property) -> tuple[str, str]:
    """Address and deed of the link beside a value; empty where there is none that is safe to follow."""
    text = prop.text.strip()
    match prop.name:
        case "EMAIL" if "@" in text:
            return f"mailto:{quote(text, safe='@+')}", gettext("Write")
        case "TEL" if any(map(str.isdigit, text)):
            return f"tel:{quote(text.replace(' ', ''), safe='+;=*#')}", gettext("Call")
        case "URL":
            url = text if "://" in text else f"https://{text}"
            return (url, gettext("Visit")) if _is_web(url) else ("", "")
        case "ADR":
            where = quote(" ".join(shown_value(prop).split()))
            return f"geo:0,0?q={where}", gettext("Show on the map")
    return "", ""


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _address(prop: Property) -> str:
    box, extended, street, city, region, postcode, country = (*prop.parts, *[""] * 7)[:7]
    if region == city:  # some programs ask for both where a city is a region of its own
        region = ""
    places = {"city": city, "region": region, "postcode": postcode}
    lines = (street, extended, box, *written_place(places, country), country)
    return "\n".join(filter(None, lines)) or (prop.delivery_label or "")


def _units(prop: Property) -> str:
    return ", ".join(filter(None, prop.parts))


def _list(prop: Property) -> str:
    return ", ".join(prop.texts)


def _date(prop: Property) -> str:
    return "" if prop.date is None else show_date(prop.date)


def _birthday(prop: Property) -> str:
    date = prop.date or PartialDate()
    shown, age = _date(prop), turning(date)
    if age is None:
        return shown
    today = timezone.localdate()
    if (date.month or 0, date.day or 0) < (today.month, today.day):
        return ngettext("{date}, {age} year old", "{date}, {age} years old", age).format(date=shown, age=age)
    return ngettext("{date}, turns {age} this year", "{date}, turns {age} this year", age).format(date=shown, age=age)


def _plain_text(prop: Property) -> str:
    return prop.text.strip()


def _chat(prop: Property) -> str:
    scheme, colon, rest = prop.text.strip().partition(":")
    return f"{rest} ({scheme})" if colon and rest and scheme.isalnum() else prop.text.strip()


_SHOWN: dict[str, Callable[[Property], str]] = {
    "ADR": _address,
    "ORG": _units,
    "NICKNAME": _list,
    "BDAY": _birthday,
    "IMPP": _chat,
    **dict.fromkeys(DATES[1:], _date),
}


def _additions(card: Card) -> dict[str, list[Addition]]:
    def offer(*names: str) -> list[Addition]:
        return [
            Addition(name, property_label(name), _ICONS.get(name, "plus"))
            for name in names
            if name not in ("BDAY", "ANNIVERSARY", "ORG", "NICKNAME") or card.first(name) is None
        ]

    if card.kind is Kind.GROUP:
        return {"notes": offer("NOTE")}
    if card.kind is Kind.INDIVIDUAL:
        dates = offer("BDAY", "ANNIVERSARY", "X-ABDATE") if card.version == "4.0" else offer("BDAY", "X-ABDATE")
        return {
            "reach": offer("EMAIL", "TEL", "ADR", "URL", "IMPP"),
            "work": offer("ORG", "TITLE", "ROLE"),
            "dates": dates,
            "name": offer("NICKNAME"),
            "notes": offer("NOTE"),
        }
    return {"reach": offer("EMAIL", "TEL", "ADR", "URL", "IMPP"), "dates": offer("X-ABDATE"), "notes": offer("NOTE")}
