"""Finding records by what they say, in the spaces that one sees and in no other: they are part of each look-up.

Trigrams lead to candidates, the newest records first and at most CANDIDATES a space; those are read back, checked and
put into tiers here. Stages follow each other only until enough is found: names that begin like the query, names with
words that do, then everything. No set of matches is ever scored or sorted as a whole.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Q

from farley.accounts.actor import Actor
from farley.database import rows
from farley.journal.models import Noun
from farley.search.models import RECORD_BITS, SPACE_SHIFT, START, Entry, place, places
from farley.search.queries import Query, Term, read
from farley.spaces.models import Space

CANDIDATES = 300  # a space and stage
RAREST = 3  # trigrams of a query that the index is asked for
SAMPLE = 1000  # entries that tell how frequent a trigram is
SAMPLE_AGE_S = 3600.0
_RECORD = (1 << RECORD_BITS) - 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found, and how well it fits: 0 is the best tier."""

    noun: Noun
    record: int
    space: int
    tier: int


def find(query: str, *, by: Actor, nouns: Iterable[Noun] = tuple(Noun), limit: int = 20) -> list[Hit]:
    """The records that `by` sees and that say all of `query`, the best fit first, recently changed ones first within.

    Archived spaces are searched only where `space:` names them. An empty query finds nothing.
    """
    wanted = [int(noun) for noun in nouns]
    hits: dict[int, tuple[int, int]] = {}  # tier and instant, by place
    for reading in read(query):
        spaces = _spaces(reading, by)
        for stage in _stages(reading):
            new = [pk for pk in _candidates(stage, spaces, wanted, CANDIDATES) if pk not in hits]
            hits.update(_checked(reading, new))
            if len(hits) >= limit:
                break
        if len(hits) >= limit:
            break
    best = sorted(hits.items(), key=lambda hit: (hit[1][0], -hit[1][1], -(hit[0] & _RECORD)))[:limit]
    return [Hit(Noun(pk >> RECORD_BITS & 31), pk & _RECORD, pk >> SPACE_SHIFT, tier) for pk, (tier, _) in best]


def records(query: str, *, noun: Noun, space: Space, limit: int) -> list[int]:
    """Up to `limit` records of `space`, which the reader sees, that say all of `query`; for the filter of a list."""
    found: dict[int, None] = {}
    for reading in read(query):
        if reading.spaces and space.name not in reading.spaces:
            continue
        stage = _everything(reading) or _names(reading)
        candidates = _candidates(stage, [space.pk], [int(noun)], limit)
        found |= dict.fromkeys(pk & _RECORD for pk in _checked(reading, candidates))
    return list(found)[:limit]


def condition(query: str) -> Q:
    """Whether an entry says all of `query`, for those that are looked at one by one."""
    whole = Q(pk__in=[])
    for reading in read(query):
        all_of_it = Q()
        for term in reading.terms:
            if term.is_field:
                all_of_it &= Q(fields__contains=term.spellings[0])
            elif term.is_short:
                all_of_it &= Q(text__contains=f" {term.spellings[0]}") | Q(name__contains=f"  {term.spellings[0]}")
            else:
                any_of_it = Q()
                for spelling in term.spellings:
                    any_of_it |= Q(text__contains=spelling)
                all_of_it &= any_of_it
        for name in reading.spaces:
            held = Space.objects.filter(name=name).values_list("pk", flat=True).first()
            first, last = place(held or 0, 0, 0), place((held or 0) + 1, 0, 0) - 1
            all_of_it &= Q(pk__range=(first, last))
        whole |= all_of_it
    return whole


def _spaces(reading: Query, by: Actor) -> list[int]:
    visible = Space.objects.visible_to(by)
    visible = visible.filter(name__in=reading.spaces) if reading.spaces else visible.in_use()
    return list(visible.order_by("pk").values_list("pk", flat=True))


# Stages: each is a list of things that must all be there; of one, any of its needles


@dataclass(frozen=True, slots=True)
class _Stage:
    column: str  # of the entry
    needles: tuple[tuple[str, ...], ...] = ()
    fields: tuple[str, ...] = ()


def _stages(reading: Query) -> Iterator[_Stage]:
    words = reading.words
    has_fields = len(words) < len(reading.terms)
    everything = _everything(reading)
    if words and not (has_fields and everything):
        start = " ".join(words)[: 2 if len(words[0]) > 1 else 1]
        names = _names(reading)
        yield _Stage("name", ((f"{START}{start}" if len(start) == 1 else f"{START[1:]}{start}",), *names.needles))
        yield names
    if everything:
        yield everything


def _names(reading: Query) -> _Stage:
    """Names with words that begin with each word of the query."""
    return _Stage("name", tuple((f"  {word.replace(' ', '  ')}",) for word in reading.words))


def _everything(reading: Query) -> _Stage | None:
    """All of an entry, unless the index cannot help: with one or two characters it knows words of names alone."""
    plain = [term for term in reading.terms if not term.is_field]
    fields = tuple(term.spellings[0] for term in reading.terms if term.is_field)
    long = [term.needles for term in plain if not term.is_short and all(len(needle) > 2 for needle in term.needles)]
    if not long and not fields and plain:
        return None
    if not plain and not fields:
        return _Stage("text") if reading.spaces else None
    return _Stage("text", (*long, *((f" {t.spellings[0]}",) for t in plain if _begins_word(t))), fields)


def _begins_word(term: Term) -> bool:
    """Whether a short term can be looked for as the beginning of a word: ideographs stand within words as well."""
    return term.is_short and len(term.spellings[0]) == 2 and term.spellings[0].isascii()


# Candidates


def _candidates(stage: _Stage, spaces: Sequence[int], nouns: Sequence[int], limit: int) -> list[int]:
    """Places of at most `limit` entries of each space and noun that may fit, newest records first."""
    look_up = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    return [pk for space in spaces for noun in nouns for pk in look_up(stage, places(space, noun), limit)]


def _on_sqlite(stage: _Stage, within: tuple[int, int], limit: int) -> list[int]:
    match = _match(stage)
    if not match:
        sql, values = "SELECT id FROM search_entry WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s", []
    else:
        table = "search_names" if stage.column == "name" else "search_texts"
        where = f"{table} MATCH %s AND rowid BETWEEN %s AND %s"
        sql = f"SELECT rowid FROM {table} WHERE {where} ORDER BY rowid DESC LIMIT %s"  # noqa: S608 -- names of ours
        values = [match]
    return [pk for (pk,) in rows.query(sql, [*values, *within, limit])]


def _match(stage: _Stage) -> str:
    """The rarest trigrams of what must be there, in the words of FTS5."""
    frequency = _frequencies()
    sure = {t for needles in stage.needles if len(needles) == 1 for t in _trigrams(needles[0])}
    sure |= {t for field in stage.fields for t in _trigrams(field)}
    parts = [_quoted(trigram) for trigram in _rarest(sure, frequency)]
    for needles in stage.needles:
        if len(needles) > 1:
            ways = [" AND ".join(map(_quoted, _rarest(set(_trigrams(n)), frequency))) for n in needles]
            parts.append(f"({' OR '.join(f'({way})' for way in ways)})")
    return " AND ".join(parts)


def _rarest(trigrams: set[str], frequency: Counter[str]) -> list[str]:
    return sorted(trigrams, key=lambda trigram: (frequency[trigram], trigram))[:RAREST]


def _trigrams(text: str) -> list[str]:
    return [text[n : n + 3] for n in range(len(text) - 2)]


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _on_postgresql(stage: _Stage, within: tuple[int, int], limit: int) -> list[int]:
    """Without an order: to walk the primary key for it would take as long as there are entries."""
    by_array = _has_arrays()
    tests: list[str] = []
    values: list[str | list[str]] = []
    for column, needles in [
        *((stage.column, needles) for needles in stage.needles),
        *(("fields", (field,)) for field in stage.fields),
    ]:
        if by_array:
            tests.append(" OR ".join([f"farley_trigrams({column}) @> %s::text[]"] * len(needles)))
            values += [_trigrams(needle) for needle in needles]
        else:
            tests.append(" OR ".join([f"{column} LIKE %s"] * len(needles)))
            values += [f"%{_escaped(needle)}%" for needle in needles]
    where = "".join(f" AND ({test})" for test in tests)
    sql = f"SELECT id FROM search_entry WHERE id BETWEEN %s AND %s{where} LIMIT %s"  # noqa: S608 -- names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, [*within, *values, limit])
        return sorted((pk for (pk,) in cursor.fetchall()), reverse=True)


def _escaped(needle: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", needle)


_of_arrays: dict[str, bool] = {}  # by database


def _has_arrays() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _of_arrays:
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_trigrams'")
            found = cursor.fetchone()
        _of_arrays[name] = found is not None and "farley_trigrams" in found[0]
    return _of_arrays[name]


def _checked(reading: Query, candidates: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Tier and instant of those that say all of it, read back."""
    found = {}
    for start in range(0, len(candidates), 5000):  # fewer than SQLite takes values
        for entry in rows.select(
            Entry, ("id", "name", "text", "fields", "at"), {"id": [*candidates[start : start + 5000]]}
        ):
            tier = reading.tier(*entry[1:4])
            if tier is not None:
                found[entry[0]] = (tier, entry[4])
    return found


# How frequent trigrams are


class _Frequencies:
    """In how many of some entries each trigram is: only which of several is the rarest matters."""

    def __init__(self) -> None:
        self.until = 0.0
        self.counted: Counter[str] = Counter()
        self.lock = threading.Lock()


_known = _Frequencies()


def _frequencies() -> Counter[str]:
    if time.monotonic() < _known.until:
        return _known.counted
    with _known.lock:
        if time.monotonic() >= _known.until:
            texts = _sample()
            _known.counted = Counter(trigram for text in texts for trigram in set(_trigrams(text)))
            _known.until = time.monotonic() + (SAMPLE_AGE_S if len(texts) > SAMPLE // 2 else 60.0)
    return _known.counted


def _sample() -> list[str]:
    """Texts of entries from all over: language, not anybody's words, is what they are read for."""
    texts: list[str] = []
    pks = list(Space.objects.values_list("pk", flat=True))
    for space in random.sample(pks, min(len(pks), 20)):
        for noun in Noun:
            first, last = places(space, noun)
            newest = Entry.objects.filter(pk__range=(first, last)).aggregate(newest=Max("pk"))["newest"]
            for _ in range(4) if newest is not None else ():
                start = random.randint(first, newest)  # noqa: S311 -- a sample
                part = Entry.objects.filter(pk__range=(start, last)).order_by("pk")
                texts += [f"{text}{fields}" for text, fields in part.values_list("text", "fields")[: SAMPLE // 40]]
    return texts
