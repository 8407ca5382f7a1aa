"""What a value is for ("work", "mobile"), in the user's words and as types and labels of the card."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from farley.codecs.vcard import Property
from farley.contacts.links import RELATIONS

Types = tuple[str, ...]

_PHONES: dict[Types, StrOrPromise] = {
    ("cell",): _("Mobile"),
    ("work",): pgettext_lazy("at work", "Work"),
    ("home",): pgettext_lazy("at home", "Home"),
    ("work", "cell"): _("Mobile, work"),
    ("home", "cell"): _("Mobile, home"),
    ("fax",): _("Fax"),
    ("work", "fax"): _("Fax, work"),
    ("home", "fax"): _("Fax, home"),
    ("main",): _("Switchboard"),
    ("pager",): _("Pager"),
    ("car",): _("Car"),
}
_PLACES: dict[Types, StrOrPromise] = {
    ("work",): pgettext_lazy("at work", "Work"),
    ("home",): pgettext_lazy("at home", "Home"),
    ("other",): _("Other"),
}
_RELATIONS: dict[Types, StrOrPromise] = {
    ("spouse",): _("Spouse"),
    ("sweetheart",): pgettext_lazy("relation", "Partner"),
    ("child",): _("Child"),
    ("parent",): _("Parent"),
    ("sibling",): _("Sibling"),
    ("kin",): _("Relative"),
    ("friend",): _("Friend"),
    ("neighbor",): _("Neighbour"),
    ("colleague",): _("Colleague"),
    ("co-worker",): _("Co-worker"),
    ("acquaintance",): _("Acquaintance"),
    ("contact",): _("Contact"),
    ("agent",): _("Representative"),
    ("emergency",): _("Emergency contact"),
}
# Labels that Apple's and Google's programs write in English whatever language they speak.
_BUILT_IN: dict[str, StrOrPromise] = {
    "home": pgettext_lazy("at home", "Home"),
    "work": pgettext_lazy("at work", "Work"),
    "other": _("Other"),
    "homepage": _("Home page"),
    "profile": pgettext_lazy("on the web", "Profile"),
    "anniversary": _("Anniversary"),
    "spouse": _("Spouse"),
    "partner": pgettext_lazy("relation", "Partner"),
    "child": _("Child"),
    "mother": _("Mother"),
    "father": _("Father"),
    "parent": _("Parent"),
    "brother": _("Brother"),
    "sister": _("Sister"),
    "friend": _("Friend"),
    "assistant": _("Assistant"),
    "manager": pgettext_lazy("person", "Manager"),
}
_NAMES: dict[str, StrOrPromise] = {
    "EMAIL": _("E-mail"),
    "TEL": _("Phone"),
    "ADR": _("Address"),
    "URL": _("Website"),
    "IMPP": _("Chat"),
    "ORG": _("Organisation"),
    "TITLE": _("Job title"),
    "ROLE": _("Role"),
    "NICKNAME": _("Nickname"),
    "NOTE": pgettext_lazy("noun", "Note"),
    "BDAY": _("Birthday"),
    "ANNIVERSARY": _("Anniversary"),
    "X-ANNIVERSARY": _("Anniversary"),
    "X-EVOLUTION-ANNIVERSARY": _("Anniversary"),
    "DEATHDATE": _("Died"),
    "X-ABDATE": _("Day"),
    "RELATED": _("Relation"),
    "X-ABRELATEDNAMES": _("Relation"),
    "X-RELATED": _("Relation"),
    "FN": _("Display name"),
    "N": pgettext_lazy("of a person", "Name"),
    "CATEGORIES": _("Tags"),
    "PHOTO": _("Photo"),
    "MEMBER": _("Member"),
    "X-ADDRESSBOOKSERVER-MEMBER": _("Member"),
    "GENDER": _("Gender"),
    "LANG": _("Speaks"),
    "TZ": _("Time zone"),
    "GEO": _("Position"),
}
_CHATS = {
    "X-AIM": "AIM",
    "X-ICQ": "ICQ",
    "X-JABBER": "Jabber",
    "X-MSN": "MSN",
    "X-SKYPE": "Skype",
    "X-YAHOO": "Yahoo",
    "X-GADUGADU": "Gadu-Gadu",
}
_SILENT = frozenset({"voice", "internet", "msg", "text", "video", "postal", "parcel", "dom", "intl", "iphone", "x400"})


def property_label(name: str) -> str:
    """What a user calls the property `name`."""
    return _label_in(get_language(), name)


@lru_cache(maxsize=1000)  # a record asks for thirty of them
def _label_in(_language: str | None, name: str) -> str:
    return str(_NAMES.get(name) or _CHATS.get(name) or name)


def label_of(prop: Property) -> str:
    """The words beside a value: its own label, else what its types say, else what it is."""
    if prop.label:
        return str(_BUILT_IN.get(prop.label.casefold(), prop.label))
    told = told_types(prop.types)
    if not told:
        return property_label(prop.name)
    words = _words_for(prop.name)
    if told in words:
        return str(words[told])
    return ", ".join(str(words.get((kind,), kind.removeprefix("x-").capitalize())) for kind in told)


def label_told(name: str, label: str) -> str:
    """The words beside a value of the property `name`, whose own label or types apart by commas are known."""
    if not label:
        return property_label(name)
    told = told_types(label.split(", "))
    return str(_words_for(name).get(told) or f"{property_label(name)} ({label})")


def words_of(relation: str) -> str:
    """A relation as an index row has it, its own label or its types apart by commas, in the user's words."""
    if built_in := _BUILT_IN.get(relation.casefold()):
        return str(built_in)
    if (types := told_types(relation.split(","))) in _RELATIONS:
        return str(_RELATIONS[types])
    return relation or gettext("relation")


def told_types(types: Iterable[str]) -> Types:
    """The types a user chose, in the order the tables have them: work and home first."""
    told = [kind for kind in types if kind not in _SILENT]
    return tuple(sorted(told, key=lambda kind: (kind not in ("work", "home"), told.index(kind))))


def choices_for(name: str) -> list[str]:
    """The labels offered for the property `name`."""
    if name in ("BDAY", "ANNIVERSARY", "NOTE", "NICKNAME", "TITLE", "ROLE", "ORG", "FN", "N"):
        return []
    if name == "X-ABDATE":
        return [gettext("Anniversary")]
    return [str(label) for label in _words_for(name).values()]


def typed_label(name: str, written: str, before: Types = ()) -> tuple[Types, str | None]:
    """Types and own label for what a user wrote as a label; types that say nothing to users stay as `before`."""
    silent = tuple(kind for kind in before if kind in _SILENT)
    wanted = written.strip().casefold()
    if not wanted or wanted == property_label(name).casefold():
        return silent, None
    for types, label in _words_for(name).items():
        if str(label).casefold() == wanted:
            return (*types, *silent), None
    return silent, written.strip()


def _words_for(name: str) -> dict[Types, StrOrPromise]:
    if name == "TEL":
        return _PHONES
    return _RELATIONS if name in RELATIONS else _PLACES
