"""Values as they ought to be written: blanks, e-mail addresses that were mistyped, names of countries."""

from __future__ import annotations

import re
from typing import Final

_BLANKS = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_ADDRESS = re.compile(r"[^@\s<>\"(),;:]+@[^@\s<>\"(),;:]+\.[^@\s<>\"(),;:.]{2,}")
_WRAPPED = re.compile(r"(?:mailto:)?\s*(?:[\w .,'\"-]*<)?\s*([^<>]+?)\s*>?", re.IGNORECASE)
_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\}|@)\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(punkt\)|\[punkt\])\s*", re.IGNORECASE)

# Domains of many people, as they are mistyped. A slip that is a domain of its own (mail.de, gmx.com) is none.
_DOMAINS: Final = {
    wrong: right
    for right, wrongs in {
        "gmail.com": "gmial.com gmal.com gmai.com gmil.com gamil.com gmaill.com gnail.com gmail.co gmail.cm gmail.con"
                     " gmail.cmo gmail.comm gmail.om gmail.vom gmail.coom gmailcom gmail,com",
        "googlemail.com": "gogglemail.com googelmail.com googlmail.com goglemail.com googlemail.con googlemail.co",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com hotamil.com hotmail.con hotmail.co homail.com",
        "hotmail.de": "hotmial.de hotmal.de hotmai.de hotmail.ed",
        "outlook.com": "outlok.com outloo.com outlook.con outlook.co oulook.com outllok.com",
        "outlook.de": "outlok.de oulook.de outlook.ed",
        "yahoo.com": "yaho.com yahooo.com yhaoo.com yahoo.con yahoo.co yahho.com",
        "yahoo.de": "yaho.de yahooo.de yhaoo.de yahoo.ed",
        "icloud.com": "iclod.com icoud.com icloud.con icloud.co icluod.com",
        "gmx.de": "gmx.ed gmx.d gmx.dee gnx.de gmxde gmx,de", "gmx.net": "gmx.ne gmx.nte gmx.ent gnx.net gmx,net",
        "web.de": "web.ed wbe.de webde web.d wed.de web.dee web,de",
        "t-online.de": "t-onlne.de t-onlin.de t-onlie.de t-olnine.de tonline.de t-online.ed t-online.d t_online.de",
        "freenet.de": "freent.de freenet.ed frenet.de",
    }.items()
    for wrong in wrongs.split()
}  # fmt: skip
_ENDINGS: Final = {
    "con": "com",
    "cmo": "com",
    "comm": "com",
    "ocm": "com",
    "ed": "de",
    "nte": "net",
    "ent": "net",
    "ogr": "org",
}

# Each country: its code, its names in German and in English, and what else it is called.
_COUNTRIES: Final = """
DE|Deutschland|Germany|D,GER,BRD,Bundesrepublik Deutschland,Federal Republic of Germany,Allemagne,Alemania,Germania
AT|Österreich|Austria|A,AUT,Oesterreich,Autriche
CH|Schweiz|Switzerland|CHE,Suisse,Svizzera,Swiss,Die Schweiz
LI|Liechtenstein|Liechtenstein|LIE,FL
LU|Luxemburg|Luxembourg|LUX,L
FR|Frankreich|France|F,FRA
IT|Italien|Italy|ITA,Italia
ES|Spanien|Spain|ESP,España,Espana
PT|Portugal|Portugal|PRT
NL|Niederlande|Netherlands|NLD,Holland,The Netherlands,Nederland,Die Niederlande
BE|Belgien|Belgium|BEL,Belgique,België
DK|Dänemark|Denmark|DNK,Danmark,Daenemark
SE|Schweden|Sweden|SWE,Sverige
NO|Norwegen|Norway|NOR,Norge
FI|Finnland|Finland|FIN,Suomi
IS|Island|Iceland|ISL
PL|Polen|Poland|POL,Polska
CZ|Tschechien|Czechia|CZE,Czech Republic,Tschechische Republik,Česko
SK|Slowakei|Slovakia|SVK,Slowakische Republik
HU|Ungarn|Hungary|HUN,Magyarország
SI|Slowenien|Slovenia|SVN
HR|Kroatien|Croatia|HRV,Hrvatska
RO|Rumänien|Romania|ROU,Rumaenien
BG|Bulgarien|Bulgaria|BGR
GR|Griechenland|Greece|GRC,Hellas
TR|Türkei|Turkey|TUR,Türkiye,Tuerkei
UA|Ukraine|Ukraine|UKR
RU|Russland|Russia|RUS,Russische Föderation,Russian Federation
IE|Irland|Ireland|IRL
GB|Vereinigtes Königreich|United Kingdom|GBR,UK,U.K.,Great Britain,Großbritannien,Grossbritannien
US|Vereinigte Staaten|United States|USA,U.S.A.,U.S.,United States of America,Vereinigte Staaten von Amerika
CA|Kanada|Canada|CAN
MX|Mexiko|Mexico|MEX,México
BR|Brasilien|Brazil|BRA,Brasil
AR|Argentinien|Argentina|ARG
AU|Australien|Australia|AUS
NZ|Neuseeland|New Zealand|NZL
JP|Japan|Japan|JPN
CN|China|China|CHN,Volksrepublik China,People's Republic of China
IN|Indien|India|IND
KR|Südkorea|South Korea|KOR
SG|Singapur|Singapore|SGP
ZA|Südafrika|South Africa|ZAF
IL|Israel|Israel|ISR
AE|Vereinigte Arabische Emirate|United Arab Emirates|ARE,UAE,VAE
"""
_READ: Final = [line.split("|") for line in _COUNTRIES.split("\n") if line]
_NAMES: Final = {"de": {code: german for code, german, *_ in _READ}, "en": {code: name for code, _, name, _ in _READ}}
_CODES: Final = {
    name.casefold(): code
    for code, german, english, others in _READ
    for name in (code, german, english, *others.split(","))
}


def one_blank(text: str) -> str:
    """`text` without blanks around it, invisible marks, and more than one blank between two words; lines stay."""
    text = _INVISIBLE.sub("", text) if not text.isascii() else text
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip("\n")


def tidy_email(text: str) -> str:
    """An e-mail address without what is around it and without the slips that are known; else as it is."""
    found = _WRAPPED.fullmatch(text.strip())
    bare = found[1] if found else text.strip()
    bare = _DOT.sub(".", _AT.sub("@", bare.rstrip(".,;")))
    local, at, domain = bare.partition("@")
    domain = domain.lstrip("@")
    low = domain.casefold()
    low = _DOMAINS.get(low, low.replace(",", ".").replace("..", "."))
    head, dot, ending = low.rpartition(".")
    if dot and ending in _ENDINGS:
        low = f"{head}.{_ENDINGS[ending]}"
    local = local.lower() if local.isupper() and domain.isupper() else local
    tidied = f"{local.replace(' ', '')}{at}{low.replace(' ', '')}"
    if not _ADDRESS.fullmatch(tidied):
        return text
    return text if tidied.casefold() == text.casefold() and not text.isupper() else tidied


def country_code(text: str) -> str:
    """The code (ISO 3166) of a country, however it is called; "" for what is none that is known."""
    return _CODES.get(text.strip().casefold(), "")


def tidy_country(text: str, language: str) -> str:
    """A country that is written as a code or in another language, in `language` (`de`, else English)."""
    code = country_code(text)
    return _NAMES.get(language, _NAMES["en"])[code] if code else text
