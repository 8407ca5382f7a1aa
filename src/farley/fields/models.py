from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.database.fields import KeyField
from farley.journal.models import Noun
from farley.spaces.models import Space

MAX_LABEL = 100
MAX_KEY = 40
MAX_NORM = 200


class FieldQuerySet(models.QuerySet["Field"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those that are everywhere, and those of the spaces `actor` sees; deleted ones are not there."""
        mine = models.Q(space=None) | models.Q(space__in=Space.objects.visible_to(actor).values("pk"))
        return self.filter(mine, deleted_at=None)

    def known_to(self, actor: Actor) -> Self:
        """The same with deleted ones."""
        mine = models.Q(space=None) | models.Q(space__in=Space.objects.visible_to(actor).values("pk"))
        return self.filter(mine)

    def of(self, noun: Noun, spaces: Sequence[int]) -> Self:
        """What records of `noun` in these spaces can have, in the order people gave it."""
        mine = models.Q(space=None) | models.Q(space__in=spaces)
        return self.filter(mine, noun=noun, deleted_at=None).select_related("space").order_by("space", "position", "pk")


class Field(models.Model):
    """A field that people added to the records of a noun: in one space, or everywhere."""

    class Kind(models.IntegerChoices):
        TEXT = 1, _("text")
        NUMBER = 2, _("number")
        DATE = 3, _("date")
        YES_NO = 4, _("yes or no")
        CHOICE = 5, _("choice")

    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="fields")  # None: everywhere
    key = KeyField(max_length=MAX_KEY)  # what filters call it, as long as it is there
    label = models.CharField(max_length=MAX_LABEL)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    choices = models.JSONField(default=list)  # [id, label] each; records keep the id, and one taken away its place
    position = models.PositiveIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True)  # the values stay, and come back with it

    objects: ClassVar = FieldQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["noun", "space", "key"], name="a_field_is_named_once_a_space"),
            models.UniqueConstraint(
                fields=["noun", "key"], condition=models.Q(space=None), name="a_field_is_named_once_everywhere"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def name(self) -> str:
        """What filters and columns call it."""
        return f"own.{self.key}" if self.space is None else f"own.{self.space.name}.{self.key}"

    @property
    def options(self) -> list[tuple[int, str]]:
        return [(int(number), str(label)) for number, label in self.choices if label]

    def is_of(self, space: int) -> bool:
        """Whether records in this space have it."""
        return self.deleted_at is None and self.space_id in (None, space)


class Value(models.Model):
    """One value of a record, so that filters and orders find it by index. Derived from the record's document."""

    pk = models.CompositePrimaryKey("record", "field_id")
    record = models.BigIntegerField()
    field_id = models.BigIntegerField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    norm = KeyField(max_length=MAX_NORM)  # see `values.norm_of`: in the order of the values

    class Meta:
        indexes: ClassVar = [models.Index(fields=["field_id", "space", "norm", "record"], name="own_values_in_order")]

    def __str__(self) -> str:
        return f"{self.field_id}: {self.norm[:40]}"


Document = dict[str, Any]  # values by the field's id as text
