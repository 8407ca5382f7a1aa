"""What somebody typed, read: terms that must all be there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from farley.search.folding import search_fold
from farley.search.models import Needle, bare_name, field_value

MAX_QUERY = 2000  # characters; a longer query is cut
MAX_TERMS = 12
MAX_TERM = 100  # characters
MIN_DIGITS = 3
SIGILS = {"tag": "t", "city": "c", "org": "o"}  # filters that can be typed, and how entries mark their values

_TOKEN = re.compile(r'(?:(tag|city|org|space):)?"([^"]*)(?:"|$)|(tag|city|org|space):(\S*)|(\S+)', re.IGNORECASE)
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NUMBER = re.compile(r"[\s+\d()/.-]+")
_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be there: any of its `spellings`, somewhere; `needles` are what an index can look for.

    With `is_field` the spellings are marked values. One or two characters must begin a word.
    """

    spellings: tuple[str, ...]
    needles: tuple[str, ...]
    is_field: bool = False

    @property
    def is_short(self) -> bool:
        return not self.is_field and len(self.spellings[0]) < 3

    def is_in(self, name: str, text: str, fields: str) -> bool:
        if self.is_field:
            return self.spellings[0] in fields
        if self.is_short:
            return f" {self.spellings[0]}" in text or f"  {self.spellings[0]}" in name
        return any(spelling in text for spelling in self.spellings)


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that a record must all have; `spaces` are the names of those it may lie in, all where there are none."""

    terms: tuple[Term, ...] = ()
    spaces: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The plain terms, folded."""
        return tuple(term.spellings[0] for term in self.terms if not term.is_field)

    @property
    def is_empty(self) -> bool:
        return not self.terms

    def tier(self, name: str, text: str, fields: str) -> int | None:
        """How well an entry fits that says this, 0 best; None where a term is missing."""
        if not all(term.is_in(name, text, fields) for term in self.terms):
            return None
        words = self.words
        bare = bare_name(name)
        wanted = " ".join(words)
        if bare == wanted:
            return 0
        if bare.startswith(wanted):
            return 1
        if all(f" {word}" in f" {bare}" or f"  {word}" in name for word in words):
            return 2
        if all(word in bare for word in words):
            return 3
        return 4 if all(f" {word}" in text for word in words) else 5


def read(text: str) -> list[Query]:
    """What `text` may mean, the likelier first; nothing where it says nothing.

    Several numbers in a row are one telephone number, or else several words. A filter of which nothing is typed yet
    is passed over, and a quote that is not closed reaches to the end. Nothing that can be typed is an error.
    """
    text = _NOT_TEXT.sub(" ", text[:MAX_QUERY])
    folded = search_fold(text)
    if len(text.split()) > 1 and _NUMBER.fullmatch(folded) and len(digits := _digits(folded)) >= MIN_DIGITS:
        return [Query((Term((digits,), (digits,)),)), _separately(text)]
    query = _separately(text)
    return [] if query.is_empty and not query.spaces else [query]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something half said in a query, which is searched all the same; `word` is where it stands."""

    word: str
    is_quote: bool  # it is not closed; else a filter that nothing stands behind


def faults(text: str) -> list[Fault]:
    """What of a query is likely not meant as `read` takes it. An unknown prefix is no fault: it is looked for."""
    found = []
    for match in _TOKEN.finditer(_NOT_TEXT.sub(" ", text[:MAX_QUERY])):
        _, quoted, key, value, _ = match.groups()
        if quoted is not None and (match[0].count('"') < 2 or not quoted.strip()):
            found.append(Fault(match[0].strip()[:MAX_TERM], is_quote=match[0].count('"') < 2))
        elif key and not value:
            found.append(Fault(match[0], is_quote=False))
    return found


def _separately(text: str) -> Query:
    terms: dict[Term, None] = {}
    spaces = []
    for match in _TOKEN.finditer(text):
        quoted_key, quoted, key, value, plain = match.groups()
        key = (quoted_key or key or "").lower()
        said = quoted if quoted is not None else plain if plain is not None else value
        if key == "space":
            spaces += [said.lower()] if said else []
        elif key:
            if wanted := field_value(said)[:MAX_TERM]:
                needle = Needle(SIGILS[key], wanted)
                if key == "tag":  # a word of a tag says little
                    marked = needle.beginning if quoted is None else needle.whole
                else:
                    marked = needle.within if quoted is None else needle.ending
                terms[Term((marked,), (marked,), is_field=True)] = None
        elif folded := " ".join(search_fold(said).split())[:MAX_TERM].strip():
            terms[_term(folded)] = None
    if any(any(c.isalnum() for c in term.spellings[0]) for term in terms):
        terms = {term: None for term in terms if any(c.isalnum() for c in term.spellings[0])}
    return Query(tuple(terms)[:MAX_TERMS], tuple(spaces))


def _term(folded: str) -> Term:
    if _NUMBER.fullmatch(folded) and len(digits := _digits(folded)) >= MIN_DIGITS:
        either: tuple[str, ...] = (digits,) if folded.isdigit() else (digits, folded)
        return Term(either, either)
    behind = folded.lstrip("e")
    if behind == folded or not behind or len(folded) < 3:
        return Term((folded,), (folded,))
    if len(behind) < 2:
        return Term((folded,), (folded,))  # what it may stand for is too short to be looked for within words
    spellings = (folded, f"a{behind}", f"o{behind}", f"u{behind}")  # “eller” is in Mueller, which is kept as muller
    return Term(spellings, (behind,) if len(behind) >= 3 else spellings)


def _digits(folded: str) -> str:
    """The digits as a number has them that is written internationally, without what stands before them."""
    return _NO_DIGIT.sub("", folded.replace("(0)", "")).lstrip("0")[:MAX_TERM]
