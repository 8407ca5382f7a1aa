from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.contacts.models import Contact
from farley.journal.models import Noun
from farley.spaces.models import Space

MAX_TEXT = 100_000  # characters
_MARKS = re.compile(r"[*`~]+|^\s*(?:[#>-]+|\d+\.)\s+", re.MULTILINE)
MAX_NUMBER = 100
MAX_LENGTH_S = 7 * 86_400


class EntryQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Entries in spaces where `actor` is at least a reader."""
        return self.filter(space__in=Space.objects.visible_to(actor).values("pk"), deleted_at=None)

    def editable_by(self, actor: Actor) -> Self:
        """Entries that `actor` may change."""
        return self.filter(space__in=Space.objects.editable_by(actor).values("pk"), deleted_at=None)

    def known_to(self, actor: Actor) -> Self:
        """Entries in spaces where `actor` is at least a reader, deleted ones too."""
        return self.filter(space__in=Space.objects.visible_to(actor).values("pk"))

    def about(self, contacts: Iterable[int]) -> Self:
        """Entries that are about one of these contacts, deleted ones too."""
        told = About.objects.filter(noun=self.model.NOUN, contact__in=list(contacts))
        return self.filter(pk__in=told.values("record"))


class Entry(models.Model):
    """What somebody keeps about contacts of one space, in their timelines. `text` is Markdown, kept as written."""

    NOUN: ClassVar[Noun]
    OWN: ClassVar[tuple[str, ...]] = ("text", "at")  # what can be set, and is kept by the journal

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    author_label = models.CharField(max_length=200)  # for when their account is gone
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)  # its place in the timeline
    revision = models.PositiveBigIntegerField()  # last Change: guards edits
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar = EntryQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def contact_ids(self) -> list[int]:
        """Whom it is about, deleted ones too."""
        told = About.objects.filter(noun=self.NOUN, record=self.pk)
        return list(told.order_by("contact_id").values_list("contact_id", flat=True))

    @property
    def title(self) -> str:
        """What to call it: how it begins, without the marks of Markdown."""
        words = " ".join(_MARKS.sub("", self.text[:400]).split())
        return words if len(words) <= 80 else f"{words[:79].rstrip()}…"


class Note(Entry):
    NOUN = Noun.NOTE
    OWN = (*Entry.OWN, "is_pinned")

    is_pinned = models.BooleanField(default=False)  # stands above the timeline, for everybody who sees it

    def __str__(self) -> str:
        return self.title


class Call(Entry):
    """`text` is what it came to."""

    class Direction(models.TextChoices):
        OUT = "out", _("outgoing")
        IN = "in", _("incoming")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("talked")
        MESSAGE = "message", _("left a message")
        MISSED = "missed", _("not reached")

    NOUN = Noun.CALL
    OWN = (*Entry.OWN, "direction", "number", "length_s", "outcome")

    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    number = models.CharField(max_length=MAX_NUMBER, blank=True)  # as written
    length_s = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.REACHED)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(length_s=None) | models.Q(length_s__lte=MAX_LENGTH_S),
                name="a_call_is_no_longer_than_a_week",
            )
        ]

    def __str__(self) -> str:
        return self.title or str(Call.Outcome(self.outcome).label)

    @property
    def counts_as_contact(self) -> bool:
        """Whether somebody was spoken to, or spoken for."""
        return self.outcome != Call.Outcome.MISSED


class About(models.Model):
    """The entry `record` is about `contact`: in the order of its timeline, the pinned ones first.

    The pin and the instant are the entry's, here again for the index.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    record = models.PositiveBigIntegerField()
    is_pinned = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar = models.Manager["About"]()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["noun", "record", "contact"], name="an_entry_is_about_a_contact_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["contact", "is_pinned", "at", "id"], name="entries_of_a_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.noun}/{self.record} about {self.contact_id}"


def links_of(entries: Iterable[tuple[int, int]], *, besides: int = 0) -> list[tuple[int, int, int]]:
    """Noun, id and contact of what entries, given by noun and id, are about, but for the contact `besides`.

    Who may know of the contacts is the caller's to judge.
    """
    asked = set(entries)
    told = About.objects.filter(noun__in={noun for noun, _ in asked}, record__in={pk for _, pk in asked})
    found = told.exclude(contact=besides).order_by("contact_id").values_list("noun", "record", "contact")
    return [(noun, pk, contact) for noun, pk, contact in found if (noun, pk) in asked]


KINDS: dict[Noun, type[Entry]] = {Noun.NOTE: Note, Noun.CALL: Call}
