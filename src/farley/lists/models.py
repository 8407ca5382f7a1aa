from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from farley.accounts.actor import Actor
from farley.spaces.models import Space

MAX_TITLE = 100
MAX_QUERY = 4000  # characters of an address


class ViewQuerySet(models.QuerySet["View"]):
    def known_to(self, actor: Actor) -> Self:
        """One's own, and those shared with spaces that one sees; deleted ones too."""
        shared = models.Q(space__in=Space.objects.visible_to(actor).values("pk"))
        return self.filter(shared | models.Q(space=None, owner=actor.user) if actor.user is not None else shared)


class View(models.Model):
    """What a list is narrowed to and how it is sorted, under a name: the address says it, the reader's rights apply."""

    list = models.CharField(max_length=40)  # the name of the list's page
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="+")  # None: private
    title = models.CharField(max_length=MAX_TITLE)
    query = models.CharField(max_length=MAX_QUERY)  # of the address, without what only a page of it needs
    deleted_at = models.DateTimeField(null=True)
    is_default: bool  # set by `saving.views_of`

    objects: ClassVar = ViewQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["list", "space"], name="views_of_a_list")]

    def __str__(self) -> str:
        return self.title


class DefaultView(models.Model):
    """What somebody sees first of a list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(View, on_delete=models.CASCADE, related_name="+")
    list = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "list"], name="a_list_begins_with_one_view")]

    def __str__(self) -> str:
        return f"{self.list} of {self.user_id}: {self.view_id}"
