from __future__ import annotations

import re
from typing import ClassVar, Self

from django.db import models

from farley.journal.models import Noun
from farley.search.folding import search_fold
from farley.spaces.models import Space

_NUMBER = re.compile(r"[\s+\d()/.-]+")
_NO_DIGIT = re.compile(r"\D")
MAX_QUERY = 2000  # characters


class EntryQuerySet(models.QuerySet["Entry"]):
    def matching(self, query: str) -> Self:
        """Entries that hold every word of `query` somewhere; a phone number in any spelling is one word."""
        entries = self
        for term in terms(query):
            entries = entries.filter(text__contains=term)
        return entries


class Entry(models.Model):
    """What one record can be found by. Derived; written in the transaction that writes the record."""

    pk = models.CompositePrimaryKey("noun", "record")
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    record = models.PositiveBigIntegerField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    text = models.TextField()  # folded, words apart by one space, one space at either end

    objects: ClassVar = EntryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.noun}/{self.record}"


def terms(query: str) -> list[str]:
    """The folded words of `query`; at most 12, each at most 100 characters. A longer query is cut."""
    folded = search_fold(query[:MAX_QUERY].replace("\0", " "))
    if _NUMBER.fullmatch(folded) and len(digits := _NO_DIGIT.sub("", folded.replace("(0)", "")).lstrip("0")) >= 3:
        return [digits[:100]]
    return [word[:100] for word in folded.split()[:12]]
