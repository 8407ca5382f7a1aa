"""How a place is written in an address: which country has the postcode before the city, behind it, or below it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from farley.search.folding import search_fold

USUAL = ("postcode city", "region")  # on most of the continent of Europe, and where nothing else is known
_FORMS: dict[str, tuple[str, ...]] = {
    "city, region postcode": ("us", "ca"),
    "city region postcode": ("au",),
    "city|region|postcode": ("gb", "ie", "za", "hk", "ke", "lk"),
    "city postcode|region": ("nz", "in", "sg", "th", "id", "pk", "bd", "np", "sa", "bn"),
    "postcode city region": ("it", "sm", "va"),
    "postcode city, region": ("mx",),
    "postcode city - region": ("uy",),
    "city - region|postcode": ("br",),
    "city, region|postcode": ("jp", "kr", "tw", "cn", "ua", "by", "kz"),
    "postcode|city, region": ("ru",),
    "city|postcode|region": ("hu", "lv"),
}
_NAMES: dict[str, tuple[str, ...]] = {
    "us": ("usa", "united states", "united states of america", "vereinigte staaten", "vereinigte staaten von amerika"),
    "ca": ("canada", "kanada"),
    "au": ("australia", "australien"),
    "gb": (
        "uk", "united kingdom", "great britain", "vereinigtes konigreich", "grossbritannien", "england", "scotland",
        "schottland", "wales", "northern ireland", "nordirland",
    ),
    "ie": ("ireland", "irland", "eire"),
    "za": ("south africa", "sudafrika"),
    "hk": ("hong kong", "hongkong"),
    "ke": ("kenya", "kenia"),
    "lk": ("sri lanka",),
    "nz": ("new zealand", "neuseeland"),
    "in": ("india", "indien", "bharat"),
    "sg": ("singapore", "singapur"),
    "th": ("thailand",),
    "id": ("indonesia", "indonesien"),
    "pk": ("pakistan",),
    "bd": ("bangladesh", "bangladesch"),
    "np": ("nepal",),
    "sa": ("saudi arabia", "saudi-arabien"),
    "bn": ("brunei",),
    "it": ("italy", "italien", "italia"),
    "sm": ("san marino",),
    "va": ("vatican city", "vatikanstadt", "vatikan"),
    "mx": ("mexico", "mexiko"),
    "uy": ("uruguay",),
    "br": ("brazil", "brasilien", "brasil"),
    "jp": ("japan", "nippon"),
    "kr": ("south korea", "sudkorea", "korea"),
    "tw": ("taiwan",),
    "cn": ("china",),
    "ua": ("ukraine",),
    "by": ("belarus", "weissrussland"),
    "kz": ("kazakhstan", "kasachstan"),
    "ru": ("russia", "russland", "russian federation"),
    "hu": ("hungary", "ungarn", "magyarorszag"),
    "lv": ("latvia", "lettland", "latvija"),
}  # fmt: skip
_CODES = {search_fold(name): code for code, names in _NAMES.items() for name in (code, *names)}
_BY_CODE = {code: tuple(form.split("|")) for form, codes in _FORMS.items() for code in codes}
_PART = re.compile(r"(postcode|city|region)")


def written_place(places: Mapping[str, str], country: str) -> list[str]:
    """City, region and postcode in lines, as the country has them, which is named in English, German or by its code."""
    form = _BY_CODE.get(_CODES.get(search_fold(country.strip().strip(".")), ""), USUAL)
    return [line for each in form if (line := _line(each, places))]


def _line(form: str, places: Mapping[str, str]) -> str:
    """The parts that there are, with what stands between them."""
    written, between = "", ""
    for part in _PART.split(form):
        if part not in places:
            between = part
        elif places[part]:
            written += (between if written else "") + places[part]
    return written
