"""How frequent trigrams are: of several that must be there, the index is asked for the rarest."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from django.db.models import Max

from farley.journal.models import Noun
from farley.search.models import RECORD_BITS, Entry, places
from farley.spaces.models import Space

SAMPLE = 1000  # entries that tell how frequent a trigram is
SAMPLE_AGE_S = 3600.0


class _Known:
    """In how many of some entries each trigram is, by column: only which of several is the rarest matters."""

    def __init__(self) -> None:
        self.until = 0.0
        self.counted: dict[str, Counter[str]] = {}
        self.size = 0  # entries that were counted
        self.newest = 0  # id of a record in one of them: there are hardly more records of a noun
        self.lock = threading.Lock()


_known = _Known()


def frequencies(column: str) -> Counter[str]:
    """How often each trigram is among the names (`name`) or in everything (`text`) of some entries."""
    if time.monotonic() >= _known.until:
        with _known.lock:
            if time.monotonic() >= _known.until:
                sample, _known.newest = _sample()
                _known.counted = {
                    "name": Counter(trigram for name, _ in sample for trigram in set(trigrams(name))),
                    "text": Counter(trigram for _, text in sample for trigram in set(trigrams(text))),
                }
                _known.size = len(sample)
                _known.until = time.monotonic() + (SAMPLE_AGE_S if len(sample) > SAMPLE // 2 else 60.0)
    return _known.counted[column]


def share(column: str, needles: Iterable[Sequence[str]]) -> float:
    """About which part of all entries has one needle of each of `needles`, as if none said anything of another."""
    frequency = frequencies(column)
    part = 1.0
    for ways in needles:
        counts = (min((frequency[trigram] for trigram in trigrams(needle)), default=0) for needle in ways)
        part *= min(1.0, sum(counts) / max(1, _known.size))
    return part


def expected(column: str, needles: Iterable[Sequence[str]]) -> float:
    """In how many records of a noun these are, about, were each as large as the largest."""
    return share(column, needles) * _known.newest


def trigrams(text: str) -> list[str]:
    return [text[n : n + 3] for n in range(len(text) - 2)]


def _sample() -> tuple[list[tuple[str, str]], int]:
    """Names and texts of entries from all over, and the newest id: language, not anybody's words, is read here."""
    said: list[tuple[str, str]] = []
    latest = 0
    pks = list(Space.objects.values_list("pk", flat=True))
    for space in random.sample(pks, min(len(pks), 20)):
        for noun in Noun:
            first, last = places(space, noun)
            newest = Entry.objects.filter(pk__range=(first, last)).aggregate(newest=Max("pk"))["newest"]
            latest = max(latest, (newest or 0) & ((1 << RECORD_BITS) - 1))
            for _ in range(4) if newest is not None else ():
                start = random.randint(first, newest)  # noqa: S311 -- a sample
                part = Entry.objects.filter(pk__range=(start, last)).order_by("pk")
                said += [
                    (name, f"{text}{fields}")
                    for name, text, fields in part.values_list("name", "text", "fields")[: SAMPLE // 40]
                ]
    return said, latest
