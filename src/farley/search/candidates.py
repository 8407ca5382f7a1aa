"""What may fit a query, by the index of trigrams: stages of look-ups, the newest records of each space first."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zlib import crc32

from django.db import connection

from farley.database import rows
from farley.search.frequencies import SAMPLE, expected, frequencies, share, trigrams
from farley.search.models import FIELD, SPACE_SHIFT, START, space_mark
from farley.search.queries import Query, Term
from farley.search.trigrams import EVERYTHING

RAREST = 3  # trigrams of a query that the index is asked for, at the least where there are as many
MOST = 8
COMMON = SAMPLE // 20  # so frequent a trigram excludes little and takes long to read
AT_ONCE = 300  # entries a look-up brings
AT_ONCE_WITHOUT_ORDER = 1000  # entries PostgreSQL brings: all of them or too many to be any use
APART = 4  # ranges that are looked up each by itself; more of them are one, of which what lies between is passed over
FREQUENT = 0.05  # of all entries: so many are met sooner on PostgreSQL than found by its index
WALKED = 10_000  # entries that are looked at on the way
ARMS = 100  # ranges that are walked by one statement
_BEYOND = "SELECT id FROM search_entry WHERE id BETWEEN %s AND %s ORDER BY id DESC OFFSET %s LIMIT 1"
FAR = 3  # times as many as are asked for are expected: frequencies are those of a sample
LOOK_UPS = 40  # of a stage, which may bring what lies between; then each range by itself

_PARTS = re.compile(rf"[ {FIELD}]*[^ {FIELD}.@-]+[ {FIELD}.@-]?|[ {FIELD}.@-]+")

Range = tuple[int, int]  # the first and the last place
Kept = dict[tuple[object, ...], list[int]]  # look-ups, by what was asked


@dataclass(frozen=True, slots=True)
class Stage:
    """Things that must all be there; of one, any of its needles."""

    column: str  # of the entry
    needles: tuple[tuple[str, ...], ...] = ()
    fields: tuple[str, ...] = ()


def stages(reading: Query) -> Iterator[Stage]:
    """Names that begin like the query, names with words that do, then everything."""
    words = reading.words
    has_fields = len(words) < len(reading.terms)
    last = everything(reading)
    if words and not (has_fields and last):
        start = " ".join(words)[: 2 if len(words[0]) > 1 else 1]
        named = names(reading)
        yield Stage("name", ((f"{START}{start}" if len(start) == 1 else f"{START[1:]}{start}",), *named.needles))
        yield named
    if last:
        yield last


def names(reading: Query) -> Stage:
    """Names with words that begin with each word of the query."""
    return Stage("name", tuple((f"  {word.replace(' ', '  ')}",) for word in reading.words))


def everything(reading: Query) -> Stage | None:
    """All of an entry, unless the index cannot help: with one or two characters it knows words of names alone."""
    plain = [term for term in reading.terms if not term.is_field]
    fields = tuple(term.spellings[0] for term in reading.terms if term.is_field)
    long = [term.needles for term in plain if not term.is_short and all(len(needle) > 2 for needle in term.needles)]
    if not long and not fields and plain:
        return None
    if not plain and not fields:
        return Stage("text") if reading.spaces else None
    return Stage("text", (*long, *((f" {t.spellings[0]}",) for t in plain if _begins_word(t))), fields)


def _begins_word(term: Term) -> bool:
    """Whether a short term can be looked for as the beginning of a word: ideographs stand within words as well."""
    return term.is_short and len(term.spellings[0]) == 2 and term.spellings[0].isascii()


def candidates(stage: Stage, ranges: Sequence[Range], limit: int, kept: Kept) -> list[int]:
    """Places of at most `limit` entries of each range that may fit, the newest records of each first.

    What was looked up before in the course of one search is in `kept`, and what is now comes into it.
    """
    descending = sorted(ranges, reverse=True)
    found: list[int] = []
    if connection.vendor == "postgresql":
        for group in _groups(descending):
            found += _in_group_on_postgresql(stage, group, limit, kept)
        return found
    match = _match(stage)
    for group in _groups(descending):
        found += _in_group(stage, match, group, limit, kept)
    return found


def _looked_up(kept: Kept, asked: tuple[object, ...], look_up: Callable[[], list[int]]) -> list[int]:
    found = kept.get(asked)
    if found is None:
        found = kept[asked] = look_up()
    return found


def few(stage: Stage, ranges: Sequence[Range], most: int) -> list[int] | None:
    """Places of all entries of the ranges that may fit, or None if these are more than `most`.

    One look-up serves ranges that follow each other; only where much lies between is each asked by itself. What seems
    to be in many times as many entries is not looked up.
    """
    if expected(stage.column, _all_needles(stage)) > FAR * most:
        return None
    on_sqlite = partial(_on_sqlite, stage, _match(stage)) if connection.vendor == "sqlite" else None
    look_up = on_sqlite or partial(_on_postgresql, stage)
    found: list[int] = []
    for group in _groups(sorted(ranges, reverse=True)):
        brought = look_up((group[-1][0], group[0][1]), most + 1)
        if len(brought) > most and len(group) > 1 and len(_within(brought, group)) <= most:
            for each in group:
                found += look_up(each, most + 1)
                if len(found) > most:
                    return None
        else:
            found += _within(brought, group)
        if len(found) > most:
            return None
    return found


def _within(places: Sequence[int], descending: Sequence[Range]) -> list[int]:
    """Those of `places`, which descend, that lie in one of the ranges."""
    inside, ascending = list[int](), places[::-1]
    for first, last in descending:
        inside += ascending[bisect_left(ascending, first) : bisect_right(ascending, last)][::-1]
    return inside


def _groups(descending: Sequence[Range]) -> list[list[Range]]:
    """Ranges of spaces that follow each other together, or all where these would still be too many."""
    groups: list[list[Range]] = []
    for within in descending:
        if groups and (groups[-1][-1][0] >> SPACE_SHIFT) - (within[0] >> SPACE_SHIFT) <= 1:
            groups[-1].append(within)
        else:
            groups.append([within])
    return groups if len(groups) <= APART else [[*descending]]


def _in_group(stage: Stage, match: str, descending: Sequence[Range], limit: int, kept: Kept) -> list[int]:
    """At most `limit` of each range, by as few look-ups as there are ranges with more than that.

    Whatever is rare is found by one look-up. None of a range keeps another one's from being found, nor do many
    entries that lie between: after some look-ups each range that is left is asked by itself.
    """
    found: list[int] = []
    number, last, taken, look_ups = 0, descending[0][1], 0, 0
    while number < len(descending):
        if look_ups == LOOK_UPS:
            rest = [(descending[number][0], last), *descending[number + 1 :]]
            return found + [pk for within in rest for pk in _on_sqlite(stage, match, within, limit)]
        at_once = max(AT_ONCE, limit) if len(descending) - number > 1 else limit - taken
        within = (descending[-1][0], last)
        look_up = partial(_on_sqlite, stage, match, within, at_once)
        brought = _looked_up(kept, (stage.column, match, within, at_once), look_up)
        look_ups += 1
        for place in brought:
            while place < descending[number][0]:
                number, taken = number + 1, 0
            if place <= descending[number][1] and taken < limit:
                found.append(place)
                taken += 1
        if len(brought) < at_once:
            break
        last = brought[-1] - 1
        if taken >= limit or last < descending[number][0]:
            number, taken = number + 1, 0
        if number < len(descending):
            last = min(last, descending[number][1])
    return found


def _on_sqlite(stage: Stage, match: str, within: Range, limit: int) -> list[int]:
    if not match:
        sql, values = "SELECT id FROM search_entry WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s", []
    else:
        table = "search_names" if stage.column == "name" else "search_texts"
        where = f"{table} MATCH %s AND rowid BETWEEN %s AND %s"
        sql = f"SELECT rowid FROM {table} WHERE {where} ORDER BY rowid DESC LIMIT %s"  # noqa: S608 -- names of ours
        values = [match]
    return [pk for (pk,) in rows.query(sql, [*values, *within, limit])]


def _match(stage: Stage) -> str:
    """The rarest trigrams of what must be there, in the words of FTS5."""
    frequency = frequencies(stage.column)
    sure = [needles[0] for needles in stage.needles if len(needles) == 1]
    words = [word for needle in (*sure, *stage.fields) for word in _words(needle)]
    parts = [_quoted(trigram) for trigram in _rarest(words, frequency)]
    for needles in stage.needles:
        if len(needles) > 1:
            ways = [" AND ".join(map(_quoted, _rarest([needle], frequency))) for needle in needles]
            parts.append(f"({' OR '.join(f'({way})' for way in ways)})")
    return " AND ".join(parts)


def _words(needle: str) -> list[str]:
    """Parts of a needle that are each rare or frequent by themselves, with what stands around them."""
    return [part for part in _PARTS.findall(needle) if len(part) > 2] or [needle]


def _rarest(words: Sequence[str], frequency: Counter[str]) -> list[str]:
    """The rarest trigram of each word, for one word says little of another, and the rarest of all besides."""
    by_word = [sorted(set(trigrams(word)), key=lambda t: (frequency[t], crc32(t.encode()))) for word in words]
    of_each = sorted({ordered[0] for ordered in by_word if ordered}, key=lambda t: (frequency[t], t))[:MOST]
    of_each = of_each[:RAREST] + [trigram for trigram in of_each[RAREST:] if frequency[trigram] < COMMON]
    others = sorted({t for ordered in by_word for t in ordered[1:]} - {*of_each}, key=lambda t: (frequency[t], t))
    return of_each + others[: max(RAREST - len(of_each), 1 if len(words) == 1 else 0)]


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _in_group_on_postgresql(stage: Stage, descending: Sequence[Range], limit: int, kept: Kept) -> list[int]:
    """What many entries have is met soon on the way from the newest; else the index leads there.

    By one look-up for all ranges; where that brings as much as it may, by one a range, for it has no order.
    """
    if share(stage.column, _all_needles(stage)) >= FREQUENT:
        found, whole = _walked(stage, descending, limit)
        if whole:
            return found
    if len(descending) > 1:
        all_of_it = (descending[-1][0], descending[0][1])
        look_up = partial(_on_postgresql, stage, all_of_it, AT_ONCE_WITHOUT_ORDER)
        brought = _looked_up(kept, (stage, all_of_it), look_up)
        if len(brought) < AT_ONCE_WITHOUT_ORDER:
            each = [[pk for pk in brought if first <= pk <= last] for first, last in descending]
            return [pk for of_range in each for pk in of_range[:limit]]
    return [pk for within in descending for pk in _on_postgresql(stage, within, limit)]


def _walked(stage: Stage, descending: Sequence[Range], limit: int) -> tuple[list[int], bool]:
    """The newest entries of each range that fit, by looking at each of the newest WALKED.

    False where a range has more entries than that and fewer than `limit` of them fit.
    """
    tests = " AND ".join(
        "(" + " OR ".join([f"strpos({column}, %s) > 0"] * len(needles)) + ")" for column, needles in _needles(stage)
    )
    newest = "SELECT id, name, text, fields FROM search_entry WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s"
    arm = f"SELECT id FROM ({newest}) newest{f' WHERE {tests}' if tests else ''} LIMIT %s"  # noqa: S608 -- ours
    wanted = [needle for _, needles in _needles(stage) for needle in needles]
    found: list[int] = []
    for first in range(0, len(descending), ARMS):
        some = descending[first : first + ARMS]
        brought = _union(arm, [[*within, WALKED, *wanted, limit] for within in some])
        of_each = [[pk for pk in brought if least <= pk <= last] for least, last in some]
        short = [within for within, mine in zip(some, of_each, strict=True) if len(mine) < limit]
        if _union(_BEYOND, [[*within, WALKED] for within in short]):
            return found, False
        found += [pk for mine in of_each for pk in mine]
    return found, True


def _union(arm: str, values: Sequence[Sequence[Any]]) -> list[int]:
    """The ids that a statement finds for any of `values`, asked once."""
    if not values:
        return []
    sql = " UNION ALL ".join([f"({arm})"] * len(values))
    return [pk for (pk,) in rows.query(sql, [value for each in values for value in each])]


def _all_needles(stage: Stage) -> list[tuple[str, ...]]:
    return [*stage.needles, *((field,) for field in stage.fields)]


def _needles(stage: Stage) -> list[tuple[str, tuple[str, ...]]]:
    """Column and needles of everything that must be there."""
    return [*((stage.column, needles) for needles in stage.needles), *(("fields", (field,)) for field in stage.fields)]


def _on_postgresql(stage: Stage, within: Range, limit: int) -> list[int]:
    """Without an order: to walk the primary key for it would take as long as there are entries.

    An index of trigrams does not know the space, unless the entries say it.
    """
    by_array = _has_arrays()
    tests: list[str] = []
    values: list[str | list[str]] = []
    asked = _needles(stage)
    if asked and within[0] >> SPACE_SHIFT == within[1] >> SPACE_SHIFT:
        asked.append(("fields", (space_mark(within[0]),)))
    for part, needles in asked:
        column = "name" if part == "name" else EVERYTHING  # which is what is indexed
        if by_array:
            tests.append(" OR ".join([f"farley_trigrams({column}) @> %s::text[]"] * len(needles)))
            values += [trigrams(needle) for needle in needles]
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
