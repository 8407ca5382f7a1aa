"""Which property of a vCard is which item of a JSContact: the tables that conversion follows. RFC 9555."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from farley.codecs.json_values import sound
from farley.codecs.vcard_typed import Structure, Typed
from farley.codecs.vcard_values import PartialDate

Object = dict[str, Any]
Taken = tuple[list[str], Structure | None, str]  # texts, structure, type ("" for the usual one)

# TYPE and contexts; TYPE of TEL and features.
CONTEXTS: Final = {"home": "private", "work": "work", "billing": "billing", "delivery": "delivery"}
CONTEXTS_BACK: Final = {context: kind for kind, context in CONTEXTS.items()}
FEATURES: Final = {
    "cell": "mobile", "voice": "voice", "fax": "fax", "pager": "pager", "text": "text", "video": "video",
    "textphone": "textphone", "main-number": "main-number",
}  # fmt: skip
FEATURES_BACK: Final = {feature: kind for kind, feature in FEATURES.items()}
# The components of N, in its order; the last two are RFC 9554's.
NAME_KINDS: Final = ("surname", "given", "given2", "title", "credential", "surname2", "generation")
# The components of ADR, in its order.
ADDRESS: Final = ("postOfficeBox", "apartment", "name", "locality", "region", "postcode", "country")


@dataclass(frozen=True, slots=True)
class Item:
    """How one property is an item of a collection: `put` fills it and says whether it could, `take` empties it."""

    name: str
    collection: str
    put: Callable[[Typed, Object], bool]
    take: Callable[[Object], Taken | None]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)  # parameters that are members
    has_contexts: bool = True


def _of(member: str, *, uri: bool = False) -> tuple[Callable[[Typed, Object], bool], Callable[[Object], Taken | None]]:
    """The value is one member."""

    def put(each: Typed, made: Object) -> bool:
        if each.structure is not None or len(each.texts) != 1:
            return False
        made[member] = each.texts[0]
        return True

    def take(given: Object) -> Taken | None:
        if not isinstance(given.get(member), str):
            return None
        return [sound(given.pop(member))], None, "uri" if uri else ""

    return put, take


def _put_org(each: Typed, made: Object) -> bool:
    structure = each.structure or []
    if not all(len(part) == 1 for part in structure) or not any(any(part) for part in structure):
        return False
    if structure[0][0]:
        made["name"] = structure[0][0]
    if len(structure) > 1:
        made["units"] = [{"name": part[0]} for part in structure[1:]]
    return True


def _take_org(given: Object) -> Taken | None:
    units = given.get("units", [])
    name = given.get("name", "")
    if not isinstance(name, str) or not isinstance(units, list) or not (name or units):
        return None
    if not all(
        isinstance(unit, dict) and isinstance(unit.get("name"), str) and set(unit) <= {"name", "@type"}
        for unit in units
    ):
        return None
    given.pop("units", None)
    given.pop("name", None)
    return [], [[sound(name)], *([sound(unit["name"])] for unit in units)], ""


def _put_address(each: Typed, made: Object) -> bool:
    structure = each.structure or []
    if len(structure) > len(ADDRESS) or not all(all(part) or part == [""] for part in structure):
        return False
    components = [
        {"kind": kind, "value": value}
        for kind, part in zip(ADDRESS, structure, strict=False)
        for value in part
        if value
    ]
    if components:
        made["components"] = components
    return True


def _take_address(given: Object) -> Taken | None:
    components = given.get("components", [])
    if not isinstance(components, list):
        return None
    for each in components:
        if not isinstance(each, dict) or not isinstance(each.get("value"), str):
            return None
    # Street names and house numbers are one component of ADR; what has a finer kind stays beside it, as it was.
    finer = [each for each in components if each.get("kind") not in ADDRESS]
    parts: Structure = []
    for kind in ADDRESS:
        kinds = (kind, *_FINER.get(kind, ()))
        values = [sound(each["value"]) for each in components if each.get("kind") in kinds]
        parts.append([" ".join(values)] if kind == "name" and finer else values or [""])
    if not finer:
        given.pop("components", None)
    return [], parts, ""


_FINER: Final = {
    "name": ("number", "block", "direction", "landmark", "subdistrict", "district"),
    "apartment": ("building", "floor", "room"),
}  # fmt: skip


def _put_day(each: Typed, made: Object) -> bool:
    if each.kind not in ("date-and-or-time", "date") or "T" in each.texts[0]:
        return False
    date = PartialDate.parse(each.texts[0])
    if date is None or date.text or date.basic() != each.texts[0]:
        return False
    parts = {"year": date.year, "month": date.month, "day": date.day}
    made["date"] = {"@type": "PartialDate"} | {name: value for name, value in parts.items() if value is not None}
    return True


def _take_day(given: Object) -> Taken | None:
    day = given.get("date")
    if not isinstance(day, dict) or set(day) - {"@type", "year", "month", "day"}:
        return None
    parts = [day.get(name) for name in ("year", "month", "day")]
    if not all(
        part is None or (isinstance(part, int) and not isinstance(part, bool) and 0 < part < 10_000) for part in parts
    ):
        return None
    date = PartialDate(day.get("year"), day.get("month"), day.get("day"))
    if date.month is None and date.day is None and date.year is None:
        return None
    if PartialDate.parse(date.basic()) != date:
        return None
    del given["date"]
    return [date.basic()], None, ""


def _plain(name: str, collection: str, member: str, **more: Any) -> Item:
    put, take = _of(member)
    return Item(name, collection, put, take, **more)


def _linked(name: str, collection: str, **more: Any) -> Item:
    put, take = _of("uri")
    return Item(name, collection, put, take, **({"params": {"MEDIATYPE": "mediaType"}} | more))


_SERVICE: Final = {"SERVICE-TYPE": "service", "USERNAME": "user"}
ITEMS: Final[Mapping[str, Item]] = {
    item.name: item
    for item in (
        _plain("NICKNAME", "nicknames", "name"),
        _plain("EMAIL", "emails", "address"),
        _plain("TEL", "phones", "number"),
        _linked("IMPP", "onlineServices", params=_SERVICE, fixed={"vCardName": "impp"}),
        _linked("SOCIALPROFILE", "onlineServices", params=_SERVICE),
        _plain("LANG", "preferredLanguages", "language"),
        _plain("TITLE", "titles", "name", fixed={"kind": "title"}),
        _plain("ROLE", "titles", "name", fixed={"kind": "role"}),
        Item("ORG", "organizations", _put_org, _take_org, params={"SORT-AS": "sortAs"}),
        Item(
            "ADR",
            "addresses",
            _put_address,
            _take_address,
            params={"CC": "countryCode", "TZ": "timeZone", "GEO": "coordinates", "LABEL": "full"},
        ),
        Item("BDAY", "anniversaries", _put_day, _take_day, fixed={"kind": "birth"}, has_contexts=False),
        Item("DEATHDATE", "anniversaries", _put_day, _take_day, fixed={"kind": "death"}, has_contexts=False),
        Item("ANNIVERSARY", "anniversaries", _put_day, _take_day, fixed={"kind": "wedding"}, has_contexts=False),
        _plain("NOTE", "notes", "note"),
        _linked("URL", "links"),
        _linked("CONTACT-URI", "links", fixed={"kind": "contact"}),
        _linked("PHOTO", "media", fixed={"kind": "photo"}),
        _linked("LOGO", "media", fixed={"kind": "logo"}),
        _linked("SOUND", "media", fixed={"kind": "sound"}),
        _linked("KEY", "cryptoKeys"),
        _linked("CALURI", "calendars", fixed={"kind": "calendar"}),
        _linked("FBURL", "calendars", fixed={"kind": "freeBusy"}),
        _linked("CALADRURI", "schedulingAddresses"),
        _linked("SOURCE", "directories", fixed={"kind": "entry"}),
        _linked("ORG-DIRECTORY", "directories", fixed={"kind": "directory"}),
        _plain("EXPERTISE", "personalInfo", "value", fixed={"kind": "expertise"}, params={"LEVEL": "level"}),
        _plain("HOBBY", "personalInfo", "value", fixed={"kind": "hobby"}, params={"LEVEL": "level"}),
        _plain("INTEREST", "personalInfo", "value", fixed={"kind": "interest"}, params={"LEVEL": "level"}),
    )
}


def _back() -> Mapping[str, Mapping[object, str]]:
    """For each collection the property by the item's kind; None for items without one."""
    found: dict[str, dict[object, str]] = {}
    for item in ITEMS.values():
        found.setdefault(item.collection, {}).setdefault(item.fixed.get("kind"), item.name)
    found["titles"][None] = "TITLE"
    found["onlineServices"] = {None: "SOCIALPROFILE"}
    found["links"]["generic"] = "URL"
    return found


ITEMS_BACK: Final = _back()
