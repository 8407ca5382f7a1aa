"""Finding records by what they say, in the spaces that one sees and in no other: they are part of each look-up.

Trigrams lead to candidates (`candidates`), the newest records of each space first; those are read back, checked and
put into tiers here. Stages follow each other only until enough is found: names that begin like the query, names with
words that do, then everything. No set of matches is ever scored or sorted as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.database import rows
from farley.journal.models import Noun
from farley.search.candidates import Kept, Range, Stage, candidates, everything, few, names, stages
from farley.search.models import RECORD_BITS, SPACE_SHIFT, Entry, place, places
from farley.search.queries import Query, read
from farley.spaces.models import Space, held_by

CANDIDATES = 300  # a space and stage
FIRST = 300  # of all spaces together, which usually suffice
_RECORD = (1 << RECORD_BITS) - 1
Told = Callable[[Sequence[int]], Iterable[int]]  # which of these records the reader may be told of


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found, and how well it fits: 0 is the best tier."""

    noun: Noun
    record: int
    space: int
    tier: int


def find(
    query: str,
    *,
    by: Actor,
    nouns: Iterable[Noun] = tuple(Noun),
    limit: int = 20,
    told: Mapping[Noun, Told] | None = None,
) -> list[Hit]:
    """The records that `by` sees and that say all of `query`, the best fit first, recently changed ones first within.

    `told`: by noun what asks further than for the space, before anything is counted; else a limit would tell.
    Archived spaces are searched only where `space:` names them. An empty query finds nothing.
    """
    wanted = [int(noun) for noun in nouns]
    hits: dict[int, tuple[int, int]] = {}  # tier and instant, by place
    for reading in read(query):
        ranges = [places(space, noun) for space in _spaces(reading, by) for noun in wanted]
        for pks in _rounds(reading, ranges, limit):
            checked = _checked(reading, [pk for pk in pks if pk not in hits])
            hits |= {pk: checked[pk] for pk in _of_told(checked, told or {})}
            if len(hits) >= limit:
                break
        if len(hits) >= limit:
            break
    best = sorted(hits.items(), key=lambda hit: (hit[1][0], -hit[1][1], -(hit[0] & _RECORD)))[:limit]
    return [Hit(Noun(pk >> RECORD_BITS & 31), pk & _RECORD, pk >> SPACE_SHIFT, tier) for pk, (tier, _) in best]


def _of_told(pks: Iterable[int], told: Mapping[Noun, Told]) -> Iterator[int]:
    by_noun: dict[Noun, list[int]] = {}
    for pk in pks:
        by_noun.setdefault(Noun(pk >> RECORD_BITS & 31), []).append(pk)
    for noun, mine in by_noun.items():
        known = set(told[noun]([pk & _RECORD for pk in mine])) if noun in told else None
        yield from (pk for pk in mine if known is None or pk & _RECORD in known)


def _rounds(reading: Query, ranges: Sequence[Range], limit: int) -> Iterator[list[int]]:
    """Candidates that came in none of the rounds before: of each stage few, then as many as may be."""
    seen: set[int] = set()
    kept: Kept = {}
    for stage in stages(reading) if ranges else ():
        for share in sorted({min(max(FIRST // len(ranges), limit), CANDIDATES), max(CANDIDATES, limit)}):
            found = candidates(stage, ranges, share, kept)
            yield [pk for pk in found if pk not in seen]
            seen.update(found)
            if len(found) < share:
                break


def records(query: str, *, noun: Noun, spaces: Sequence[Space], most: int) -> set[int] | None:
    """The records of `spaces`, which the reader sees, that may say all of `query`; None where these are more than
    `most`. `condition` tells whether they do.
    """
    found: set[int] = set()
    for reading in read(query):
        ranges = [places(each.pk, noun) for each in spaces if not reading.spaces or each.name in reading.spaces]
        may_fit = few(everything(reading) or names(reading), ranges, most)
        if may_fit is None:
            return None
        found.update([pk & _RECORD for pk in may_fit])
    return found if len(found) <= most else None


def marked(text: str, *, noun: Noun, spaces: Sequence[int], most: int) -> list[int] | None:
    """The records of `spaces`, which the reader sees, whose marked values (`Needle`) may hold `text`.

    None where they are more than `most`.
    """
    found = few(Stage("text", fields=(text,)), [places(space, noun) for space in spaces], most)
    return None if found is None else [pk & _RECORD for pk in found]


def condition(query: str) -> Q:
    """Whether an entry says all of `query`, for those that are looked at one by one."""
    whole = Q(pk__in=[])
    for reading in read(query):
        all_of_it = Q()
        is_of_names = everything(reading) is None  # as what is looked up is
        for term in reading.terms:
            if term.is_field:
                all_of_it &= Q(fields__contains=term.spellings[0])
            elif term.is_short:
                within_text = Q() if is_of_names else Q(text__contains=f" {term.spellings[0]}")
                all_of_it &= within_text | Q(name__contains=f"  {term.spellings[0]}")
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
    held, values = held_by(by, Role.READER)
    sql = f"SELECT id, name, archived_at FROM spaces_space WHERE id IN ({held}) ORDER BY id"  # noqa: S608 -- ours
    visible = rows.query(sql, values)
    if reading.spaces:
        return [pk for pk, name, _ in visible if name in reading.spaces]
    return [pk for pk, _, archived_at in visible if archived_at is None]


def _checked(reading: Query, pks: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Tier and instant of those that say all of it, read back."""
    found = {}
    for start in range(0, len(pks), 5000):  # fewer than SQLite takes values
        for entry in rows.select(Entry, ("id", "name", "text", "fields", "at"), {"id": [*pks[start : start + 5000]]}):
            tier = reading.tier(*entry[1:4])
            if tier is not None:
                found[entry[0]] = (tier, entry[4])
    return found
