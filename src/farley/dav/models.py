from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from farley.calendars.models import Calendar, CalendarObject
from farley.contacts.models import Contact
from farley.spaces.models import Space


class DeadProperty(models.Model):
    """What a program keeps about a resource and Farley does not understand: an order, the own card.

    Each person has their own: what one sets on a shared book, others do not see. RFC 4918 §4.
    """

    class Place(models.IntegerChoices):
        PRINCIPAL = 1
        HOME = 2
        BOOK = 3
        CARD = 4
        CALENDAR_HOME = 5
        CALENDAR = 6
        ENTRY = 7

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField(choices=Place.choices)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="+")  # of a book
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")  # of a card
    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, null=True, related_name="+")
    entry = models.ForeignKey(CalendarObject, on_delete=models.CASCADE, null=True, related_name="+")  # of a calendar
    name = models.CharField(max_length=500)  # {namespace}local
    xml = models.TextField()  # the whole element, as it stands by itself

    objects: ClassVar = models.Manager["DeadProperty"]()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "place", "space"], name="dead_properties_of_a_place")]

    def __str__(self) -> str:
        return self.name
