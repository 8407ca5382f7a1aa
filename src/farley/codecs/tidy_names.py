"""Names as they ought to stand in N: letter case, and the parts that people put into the wrong place.

Own rules: the libraries at hand know English names, and one of them is copyleft. Where a rule is in doubt it leaves the
name alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from farley.codecs.names import is_company, split_name
from farley.codecs.vcard_values import Name

# In front of a name, without their dots: academic degrees and forms of address.
TITLES: Final = frozenset(
    [
        "dr",
        "prof",
        "professor",
        "doktor",
        "pd",
        "mag",
        "ing",
        "dipl-ing",
        "dipl-kfm",
        "dipl-kffr",
        "dipl-phys",
        "dipl-psych",
        "dipl-inf",
        "dr-ing",
        "med",
        "rer",
        "nat",
        "phil",
        "jur",
        "habil",
        "hc",
        "h.c",
        "mult",
        "mr",
        "mrs",
        "ms",
        "miss",
        "sir",
        "dame",
        "rev",
        "herr",
        "frau",
        "fräulein",
        "hr",
        "fr",
        "monsieur",
        "madame",
        "mme",
        "mlle",
        "señor",
        "señora",
        "sr",
        "sra",
        "sig",
        "dott",
        "dott.ssa",
        "hon",
    ]
)
_ONLY_AFTER_A_TITLE: Final = frozenset(["med", "rer", "nat", "phil", "jur", "habil", "hc", "h.c", "mult", "sr"])
PARTICLES: Final = frozenset(
    [
        "von",
        "vom",
        "van",
        "de",
        "der",
        "den",
        "dem",
        "zu",
        "zur",
        "zum",
        "del",
        "della",
        "dello",
        "di",
        "da",
        "dos",
        "das",
        "du",
        "des",
        "la",
        "le",
        "ter",
        "ten",
        "af",
        "av",
        "bin",
        "ibn",
        "al",
        "el",
        "st.",
        "te",
        "op",
        "'t",
        "y",
        "e",
    ]
)
_STARTS: Final = PARTICLES - {"y", "e", "st."}
SUFFIXES: Final = frozenset(
    [
        "jr",
        "sr",
        "jun",
        "sen",
        "junior",
        "senior",
        "ii",
        "iii",
        "iv",
        "phd",
        "ph.d",
        "md",
        "m.d",
        "mba",
        "msc",
        "bsc",
        "llm",
        "ll.m",
        "ma",
        "ba",
        "esq",
        "dds",
        "cpa",
    ]
)
_ROMAN: Final = frozenset(["II", "III", "IV", "VI", "VII", "VIII", "IX", "XI", "XII"])
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_PIECES = re.compile(r"([\s\-‐'’.]+)")
_SMALL = re.compile(r"(?<= )(?:Am|An|Auf|Bei|Der|Des|Die|Im|In|Ob|Vor|Zum|Zur|Und|On|Upon|The|Of|And)(?= )")
_DOUBLE = re.compile(r"(?<=\w)\s*[‐-―]\s*(?=\w)|(?<=\w)\s+-\s*(?=\w)|(?<=\w)-\s+(?=\w)")


def tidy_name(name: Name, *, case: bool = True, parts: bool = True) -> Name:
    """`name` with its letters and parts as they ought to be; the same where there is nothing to mend."""
    found = tuple(" ".join(part.split()) for part in name.parts)
    family, given, additional, prefixes, suffixes = _in_their_places(found) if parts else found
    if case:
        family, given, additional = cased([family, given, additional])
    return Name(family, given, additional, prefixes, suffixes)


def tidy_full_name(text: str, *, case: bool = True) -> str:
    """A name written in one, of a person."""
    return " ".join(cased(text.split(" "))) if case else text


def cased(parts: list[str]) -> list[str]:
    """Parts of one name that are all in capitals, or all small, in mixed letters; anything else as it is.

    Titles and the like have letters of their own.
    """
    words = [word for part in parts for word in part.split()]
    told = _WORD.findall(" ".join(word for word in words if not _is_around(word)))
    told = [word for word in told if word.casefold() not in PARTICLES and len(word) > 1]
    letters = "".join(told)
    if len(told) < 2 or not (letters.isupper() or letters.islower()) or any("@" in word for word in words):
        return parts  # one word may be an abbreviation, and an address is no name
    return [
        " ".join(_title(word) if _is_around(word) else _mixed(word, at) for at, word in enumerate(part.split()))
        for part in parts
    ]


def _title(word: str) -> str:
    return (
        word.capitalize() if word.casefold().strip(".") in ("dr", "prof", "herr", "frau", "mr", "mrs", "ms") else word
    )


def _is_around(word: str) -> bool:
    """Whether it is a title or a suffix, which have letters of their own."""
    bare = word.casefold().strip(".,")
    return bare in SUFFIXES or (bare in TITLES and bare not in _ONLY_AFTER_A_TITLE)


def mixed_words(text: str) -> str:
    """Words in capitals, as of a street or a town, in mixed letters; short ones may be abbreviations."""
    words = _WORD.findall(text)
    if not words or not "".join(words).isupper() or max(map(len, words)) < 4:
        return text
    return _SMALL.sub(lambda found: found[0].lower(), _mixed(text))


def _mixed(text: str, at: int = 0) -> str:
    """`text` in mixed letters; `at` is its place among the words of its part."""
    pieces = _PIECES.split(text)
    return "".join(_mixed_word(piece, at + place == 0) for place, piece in enumerate(pieces))


def _mixed_word(word: str, is_first: bool) -> str:
    low = word.lower()
    if (low in _STARTS and not is_first) or (
        low in _STARTS - {"la", "le", "el", "al", "da", "das", "dos"} and len(low) > 1
    ):
        return low
    if word.upper() in _ROMAN:
        return word.upper()
    if low.startswith("mc") and len(low) > 3:
        return f"Mc{low[2:].capitalize()}"
    return low[:1].upper() + low[1:]


def _in_their_places(parts: Sequence[str]) -> tuple[str, str, str, str, str]:
    family, given, additional, prefixes, suffixes = parts
    if is_company(" ".join(filter(None, (given, family)))):
        return family, given, additional, prefixes, suffixes
    if not family and not additional and len(given.split()) > 1:  # several words of a family name may all be that
        given, family, additional, prefixes, suffixes = _taken_apart(given, prefixes, suffixes)
    given, prefixes = _without_titles(given, prefixes)
    family, prefixes = _without_titles(family, prefixes)
    family, suffixes = _without_suffixes(family, suffixes)
    if family:
        given, additional, family = _with_particles(given, additional, family)
    return _joined(family), _joined(given), additional, prefixes, suffixes


def _taken_apart(whole: str, prefixes: str, suffixes: str) -> tuple[str, str, str, str, str]:
    """All of a name that stands in one part, as given name, family name and so on; what begins or ends oddly stays."""
    words = whole.split()
    if words[0].casefold() in _STARTS or words[-1].casefold() in _STARTS:
        return whole, "", "", prefixes, suffixes
    titles, rest = _leading_titles(words)
    rest, last = _trailing_suffixes(rest)
    name = split_name(" ".join(rest)) if rest else Name(whole)
    told = " ".join(filter(None, (prefixes, *titles, name.prefixes)))
    return name.given, name.family, name.additional, told, " ".join(filter(None, (suffixes, *last, name.suffixes)))


def _leading_titles(words: list[str]) -> tuple[list[str], list[str]]:
    at = 0
    while at < len(words) - 1 and _is_title(words[at], is_after=at > 0):
        at += 1
    return words[:at], words[at:]


def _is_title(word: str, *, is_after: bool) -> bool:
    bare = word.casefold().rstrip(".,").replace(".-", "-")
    return bare in TITLES and (is_after or bare not in _ONLY_AFTER_A_TITLE)


def _trailing_suffixes(words: list[str]) -> tuple[list[str], list[str]]:
    at = len(words)
    while at > 1 and words[at - 1].casefold().strip(".,") in SUFFIXES:
        at -= 1
    return ([*words[: at - 1], words[at - 1].rstrip(",")], words[at:]) if at < len(words) else (words, [])


def _without_titles(part: str, prefixes: str) -> tuple[str, str]:
    titles, rest = _leading_titles(part.split())
    return (" ".join(rest), " ".join(filter(None, (prefixes, *titles)))) if titles else (part, prefixes)


def _without_suffixes(family: str, suffixes: str) -> tuple[str, str]:
    rest, last = _trailing_suffixes(family.split())
    return (" ".join(rest), " ".join(filter(None, (*last, suffixes)))) if last else (family, suffixes)


def _with_particles(given: str, additional: str, family: str) -> tuple[str, str, str]:
    """`Ludwig van` and `Beethoven`: the particle belongs to the family name."""
    for place in (additional, given):
        words = place.split()
        at = len(words)
        while at > (1 if place is given else 0) and words[at - 1].casefold() in _STARTS and words[at - 1].islower():
            at -= 1
        if at < len(words):
            family, rest = " ".join([*words[at:], family]), " ".join(words[:at])
            return (given, rest, family) if place is additional else (rest, additional, family)
        if place:
            break
    return given, additional, family


def _joined(part: str) -> str:
    """Double names by one hyphen, without blanks around it."""
    return _DOUBLE.sub("-", part)
