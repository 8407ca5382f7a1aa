"""vCard 2.1, 3.0 and 4.0: everything other rooms need, under one name."""

from farley.codecs.vcard_card import Card
from farley.codecs.vcard_judging import Remark, judge, repair
from farley.codecs.vcard_property import Property
from farley.codecs.vcard_reading import Entry, read_cards
from farley.codecs.vcard_scanning import MAX_CARD, InvalidVCard
from farley.codecs.vcard_values import Kind, Name, PartialDate

__all__ = [
    "MAX_CARD",
    "Card",
    "Entry",
    "InvalidVCard",
    "Kind",
    "Name",
    "PartialDate",
    "Property",
    "Remark",
    "judge",
    "read_cards",
    "repair",
]
