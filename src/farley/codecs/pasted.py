"""One contact out of pasted text: an e-mail's signature, a letter's head, a line of a web page, in German or English.

It is a proposal: what is not understood stands in the note, so that nothing that was pasted is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from farley.codecs.names import is_company, split_name
from farley.codecs.pasted_places import find_place, is_street
from farley.codecs.pasted_reaches import take_reaches
from farley.codecs.pasted_words import (
    ADDRESSED,
    ASIDE,
    COUNTRIES,
    FIELD,
    FIELDS,
    FREE_MAIL,
    GREETING,
    JOB,
    LEGAL,
    NO_JOB,
    ORGANISATION,
    PARTICLES,
    PREFIXES,
    PRONOUNS,
    QUOTED,
    SUFFIX,
    UNIT,
)
from farley.codecs.vcard_draft import COUNTRY, STREET, Draft, Place

_BEGIN = re.compile(r"^[ \t]*BEGIN:VCARD[ \t]*$", re.IGNORECASE | re.MULTILINE)
MAX_TEXT: Final = 20_000  # characters that are looked at; further ones go into the note as they are
MAX_LINE: Final = 400
_MOST: Final = 120  # lines
_APART = re.compile(r"\s*(?:\||•|·|\t|►|▪|∙|●|\s//\s|\s{4,}|\s[*~]\s)\s*")
_DASH = re.compile(r"\s[-–—]\s")
_NOISE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_QUOTE = re.compile(r"\A(?:>\s?)+")
_EDGE: Final = " \t,;:|/*_-–—•·<>[]"
_NICKNAME = re.compile(r"""["“„«']([^"“”„«»']{2,30})["”“»'](?=\s)""")
_NAME_WORD = re.compile(r"(?:[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’.-][^\W\d_]*)*|[^\W\d_]\.)")
_AT_FIRM = re.compile(r"\s+(?:at|bei(?: der)?|@|der|of|von)\s+|\s*,\s*")
_GIVEN, _FAMILY, _PREFIX, _SUFFIX = 1, 0, 3, 4


def holds_vcard(text: str) -> bool:
    """Whether a vCard stands in the text: then nothing of it need be guessed. Line breaks are line feeds."""
    return _BEGIN.search(text) is not None


def read_pasted(text: str) -> Draft:
    """What `text` says of one contact. The same text gives the same draft."""
    reader = _Reader()
    for line in _lines(text[:MAX_TEXT]):
        reader.see(line)
    reader.settle()
    draft = reader.draft
    left = [line for line in reader.left if line]
    left += [text[MAX_TEXT:].strip()] if text[MAX_TEXT:].strip() else []
    if left:
        draft.notes.append("\n".join(left))
    return draft


def _lines(text: str) -> Iterator[str]:
    """The lines, and of one that says several things apart from each other each of these."""
    lines = _NOISE.sub("", text.replace("\u00a0", " ")).splitlines()
    for number, line in enumerate(lines):
        line = _QUOTE.sub("", line).strip()
        if number >= _MOST or len(line) > MAX_LINE:
            yield line
            continue
        for piece in _APART.split(line):
            if piece := piece.strip():
                yield piece
        if not line:
            yield ""


class _Reader:
    """`left` are the lines that nobody has understood yet; those that are used up are empty."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.left: list[str] = []
        self._touched: list[bool] = []  # lines out of which something was taken
        self._named_at = -1
        self._closed: set[int] = set()  # lines that nothing is looked for in: of registers, of other mails
        self._is_quoted = False

    def see(self, line: str) -> None:
        """Take out of a line what tells by itself."""
        self._is_quoted = self._is_quoted or bool(QUOTED.fullmatch(line[:MAX_LINE]))
        if self._is_quoted or len(line) > MAX_LINE or len(self.left) >= 2 * _MOST:
            self._keep(line, is_closed=True)
            return
        if all(GREETING.fullmatch(part.strip(_EDGE)) for part in line.split(" / ")) or not line.strip(_EDGE):
            self._keep("")
            return
        if LEGAL.search(line) or NO_JOB.search(line):
            self._keep(line, is_closed=True)
            return
        rest = take_reaches(self.draft, line)
        is_touched = rest != line
        rest = rest.strip(_EDGE)
        if (said := FIELD.fullmatch(rest)) and self._field(FIELDS[said[1].casefold()], said[2].strip(_EDGE)):
            return
        for piece in _pieces(rest):
            self._keep(piece, is_touched=is_touched)

    def _keep(self, line: str, *, is_touched: bool = False, is_closed: bool = False) -> None:
        if is_closed:
            self._closed.add(len(self.left))
        self.left.append(line)
        self._touched.append(is_touched)

    def _field(self, what: str, text: str) -> bool:
        """Take what a line says with its name; False where it has to be found in the text."""
        draft = self.draft
        if what == "name":
            self._named_at = len(self.left) - 1
            return self._take_name(text)
        if what in ("given", "family"):
            draft.name[_GIVEN if what == "given" else _FAMILY] = text
        elif what == "org" and not draft.organisation:
            draft.organisation = text
        elif what in ("title", "role"):
            (draft.titles if what == "title" else draft.roles).append(text)
        elif what == "unit":
            draft.units.append(text)
        elif what in ("address", "street", "place") or what == "country":
            self._keep(text, is_touched=False)
        else:
            return False
        return True

    def settle(self) -> None:
        """Find what only tells beside the others: addresses, then who it is, where they work, and as what."""
        self._places()
        if not any(self.draft.name):
            self._find_name()
        self._works()
        if any(self.draft.name):
            self._by_place()
        self._name_by_others()
        self._forget_what_is_said()

    def _places(self) -> None:
        for number in range(4):
            found = find_place(self._open_lines())
            if found is None:
                break
            self.draft.places[number] = found.place
            for at in found.lines:
                self.left[at] = ""
            self.left[max(found.lines)] = found.rest
        places = self.draft.places
        for at, line in enumerate(self._open_lines()):
            if len(places) == 1 and line.casefold() in COUNTRIES and not places[0].parts[COUNTRY]:
                places[0].parts[COUNTRY], self.left[at] = line, ""
            elif not places and is_street(line) and len(line) < 60 and not self._touched[at]:
                places[0] = Place()
                places[0].parts[STREET], self.left[at] = line, ""

    def _find_name(self) -> None:
        emails = self.draft.emails
        local = emails[0].value.partition("@")[0].casefold() if emails else ""
        best, at = 0, -1
        for place, line in enumerate(self.left):
            if not self._is_open(place):
                continue
            if score := _name_score(line, local):
                score += max(0, 3 - sum(bool(each) for each in self.left[:place]))  # it stands high up
                if score > best:
                    best, at = score, place
        if at >= 0 and self._take_name(self.left[at]):
            self.left[at], self._named_at = "", at

    def _take_name(self, text: str) -> bool:
        draft = self.draft
        if nickname := _NICKNAME.search(text):
            text = text.replace(nickname[0], " ")
            draft.nicknames.append(nickname[1])
        prefixes, bare, suffixes = _parts_of(text)
        if not bare or any(sign.isdigit() for sign in bare):
            return False
        name = split_name(bare.title() if bare.isupper() and len(bare) > 4 else bare)
        parts = [name.family, name.given, name.additional]
        draft.name[:3] = parts
        draft.name[_PREFIX] = " ".join(filter(None, [prefixes, name.prefixes]))
        draft.name[_SUFFIX] = ", ".join(filter(None, [name.suffixes, suffixes]))
        return True

    def _works(self) -> None:
        """Organisation, department and job, of lines that have a word for it."""
        draft, domain = self.draft, _domain_of(self.draft)
        for at, line in enumerate(self.left):
            is_firm = is_company(line) or _is_called(line, domain)
            if not self._is_open(at) or len(line) > 90 or (line.endswith((".", "!", "?")) and not is_firm):
                continue
            is_place_of_work = bool(ORGANISATION.search(line)) and not JOB.search(line)
            if UNIT.match(line) and not is_company(line):
                draft.units.append(line)
            elif not draft.organisation and (is_firm or is_place_of_work):
                self._take_work(*_job_and_firm(line, domain))
            elif JOB.search(line) and len(line.split()) <= 9:
                job, firm = _job_and_firm(line, domain)
                self._take_work(job, firm) if not draft.organisation else self._take_work(line, "")
            elif UNIT.search(line) and not is_company(line):
                draft.units.append(line)
            else:
                continue
            self.left[at] = ""

    def _take_work(self, job: str, firm: str) -> None:
        self.draft.organisation = self.draft.organisation or firm
        self.draft.titles += [job] if job else []

    def _by_place(self) -> None:
        """What stands below the name and says nothing by its words: a job first, then the organisation."""
        first = self._named_at + 1
        below = [
            at
            for at, line in enumerate(self.left[first : first + 4], first)
            if self._is_open(at) and not self._touched[at] and _is_plain(line)
        ][:2]
        draft = self.draft
        if not draft.titles and (draft.organisation or len(below) > 1) and below:
            draft.titles.append(self._taken(below.pop(0)))
        if not draft.organisation and below:
            draft.organisation = self._taken(below[0])

    def _taken(self, at: int) -> str:
        line, self.left[at] = self.left[at], ""
        return line

    def _open_lines(self) -> list[str]:
        return ["" if at in self._closed else line for at, line in enumerate(self.left)]

    def _is_open(self, at: int) -> bool:
        """Whether a line may still tell something."""
        return bool(self.left[at]) and at not in self._closed

    def _name_by_others(self) -> None:
        """Where nothing was a name: one in a sentence; or of anna.schmidt@… that she is called Anna Schmidt."""
        draft = self.draft
        if not any(draft.name) and (found := ADDRESSED.search("\n".join([draft.organisation, *self._open_lines()]))):
            self._take_name(found[0])
        for address, _, _ in draft.emails:
            words = address.partition("@")[0].split(".")
            if len(words) != 2 or not all(len(word) > 1 and word.isalpha() for word in words):
                continue
            given, family = (word.capitalize() for word in words)
            if not any(draft.name) or (draft.name[_FAMILY], draft.name[_GIVEN]) == ("", given):
                draft.name[_GIVEN], draft.name[_FAMILY] = given, family
                return

    def _forget_what_is_said(self) -> None:
        """Lines that only say again what is known: the first name below the greeting, the firm above its address."""
        draft = self.draft
        known = {_folded(draft.name[_GIVEN]), _folded(draft.organisation)}
        self.left = [
            "" if _folded(line) in known and at not in self._closed else line for at, line in enumerate(self.left)
        ]


def _pieces(line: str) -> list[str]:
    """A line of words in which a dash or a comma parts the name from the job, or the job from the firm."""
    if not line or any(sign.isdigit() for sign in line):
        return [line]
    parts = [part.strip(_EDGE) for part in _DASH.split(line)]
    if len(parts) == 2 and all(parts):
        return parts
    first, comma, rest = line.partition(",")
    while (
        comma and _parts_of(f"{first},{rest.partition(',')[0]}")[2] != _parts_of(first)[2]
    ):  # a suffix: part of the name
        more, comma, rest = rest.partition(",")
        first = f"{first},{more}"
    if comma and (JOB.search(rest) or is_company(rest)) and _name_score(first, ""):
        return [first.strip(), rest.strip()]
    return [line]


def _parts_of(text: str) -> tuple[str, str, str]:
    """Titles before a name, the name, and what stands behind it."""
    text = PRONOUNS.sub("", text).strip(_EDGE)
    while aside := ASIDE.match(text):
        text = text[aside.end() :]
    prefixes: list[str] = []
    while (found := PREFIXES.match(text)) and found.end() < len(text):
        prefixes.append(found[0])
        text = text[found.end() :].lstrip(" ,.")
    suffixes: list[str] = []
    while found := re.search(rf"(?:,\s*|\s+)({SUFFIX.pattern})\s*\Z", text):
        suffixes.insert(0, found[1])
        text = text[: found.start()]
    prefixes = [each for each in prefixes if each not in ("Herr", "Herrn", "Frau")]
    return " ".join(prefixes), " ".join(text.strip(_EDGE).split()), ", ".join(suffixes)


def _name_score(line: str, local: str) -> int:
    """How much a line seems to be somebody's name; 0: not at all."""
    if not line or len(line) > 70 or LEGAL.search(line):
        return 0
    prefixes, bare, suffixes = _parts_of(_NICKNAME.sub(" ", line))
    words = bare.replace(",", " ").split()
    matching = sum(len(word) > 1 and _folded(word) in _folded(local) for word in words)
    if not 1 <= len(words) <= 6 or bare.count(",") > 1:
        return 0
    if not all(_NAME_WORD.fullmatch(word) or word.casefold() in PARTICLES for word in words):
        return 0
    if len(words) == 1 and not (prefixes or matching):
        return 0
    if is_company(bare) or bare.casefold() in COUNTRIES:
        return 0
    doubtful = bool(ORGANISATION.search(bare) or JOB.search(bare) or UNIT.search(bare) or is_street(bare))
    score = 2 + 4 * bool(matching) + 2 * bool(prefixes or suffixes) + (2 if matching > 1 else 0)
    return max(0, score - 5) if doubtful else score


def _is_plain(line: str) -> bool:
    """Whether it may be a job or a firm: some words and no sentence."""
    return len(line) <= 60 and len(line.split()) <= 6 and line[:1].isupper() and not line.endswith((".", "!", "?", ":"))


def _job_and_firm(line: str, domain: str) -> tuple[str, str]:
    """ "Head of Sales at ACME Ltd" in its two parts; a firm alone has no job."""
    for found in _AT_FIRM.finditer(line):
        job, firm = line[: found.start()].strip(), line[found.end() :].strip()
        if JOB.search(job) and not is_company(job) and (is_company(firm) or _is_called(firm, domain)):
            return job, firm
        if is_company(job) and found[0].strip() == "," and JOB.search(firm) and not is_company(firm):
            return firm, job
    if JOB.search(line) and not is_company(line) and not _is_called(line, domain):
        return line, ""
    return "", line


def _domain_of(draft: Draft) -> str:
    """What a firm calls itself in its addresses: of info@mueller-bau.de `muellerbau`."""
    hosts = [value.partition("@")[2] for value, _, _ in draft.emails]
    hosts += [re.sub(r"\A(?:https?://)?(?:www\.)?", "", value).partition("/")[0] for value, _, _ in draft.urls]
    for host in hosts:
        labels = host.casefold().split(".")
        while len(labels) > 2 and labels[-2] not in ("co", "ac", "gov", "org"):
            labels = labels[1:]
        name = labels[0] if len(labels) < 3 else labels[-3]
        if name not in FREE_MAIL and len(name) > 2:
            return _folded(name)
    return ""


def _is_called(line: str, domain: str) -> bool:
    """Whether the words of a line make the name of the domain, whole or by their beginning."""
    words = [_folded(word) for word in line.split()]
    words = [word for word in words if word]
    whole = "".join(words)
    if len(whole) < 3 or len(words) > 7 or not domain:
        return False
    initials = "".join(word[0] for word in words)
    return (
        whole.startswith(domain)
        or (domain.startswith(whole) and len(whole) > 3)
        or (len(words) > 2 and initials == domain)
    )


_FOLDS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDS))
    return "".join(sign for sign in plain if sign.isalnum() and sign.isascii())
