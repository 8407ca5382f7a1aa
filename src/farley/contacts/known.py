"""Who is there already of those that a new card may be about."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from farley.codecs.vcard import Card
from farley.contacts.deriving import derive
from farley.contacts.models import Contact, IndexRow
from farley.database import rows
from farley.spaces.models import Space

MAX_KNOWN = 3  # that are told of
_LOOKED_AT = 20  # of each way to be alike: an address of a whole firm is many people's


class Likeness(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


class Known(NamedTuple):
    contact: Contact
    likeness: Likeness


_BY_VALUE = {Likeness.EMAIL: IndexRow.Kind.EMAIL, Likeness.PHONE: IndexRow.Kind.PHONE}


def known(card: Card, spaces: Sequence[Space], region: str) -> list[Known]:
    """The first contacts of `spaces`, which the reader sees, that have an address, a number or the name of `card`.

    `region` (ISO 3166) is where its national phone numbers belong.
    """
    derived = derive(card, region)
    here = [space.pk for space in spaces]
    alike: dict[int, Likeness] = {}
    for likeness, kind in _BY_VALUE.items():
        norms = sorted({norm for row, _, norm in derived.rows if row == kind and norm})
        if norms and here:
            where = {"space_id": here, "kind": kind, "norm": norms}
            for (pk,) in list(rows.select(IndexRow, ("contact_id",), where))[:_LOOKED_AT]:
                alike.setdefault(pk, likeness)
    if derived.sort_key and any(derived.full_name.split()):
        named = Contact.objects.filter(space__in=here, sort_key=derived.sort_key, deleted_at=None)
        for pk in named.order_by("pk").values_list("pk", flat=True)[:_LOOKED_AT]:
            alike.setdefault(pk, Likeness.NAME)
    live = Contact.objects.filter(pk__in=alike, space__in=here, deleted_at=None).select_related("space")
    return [Known(contact, alike[contact.pk]) for contact in live.order_by("pk")[:MAX_KNOWN]]
