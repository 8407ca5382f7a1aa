"""What becomes of a card that was listed as changed, where it may have been changed here as well. No database."""

from __future__ import annotations

import re
from enum import Enum

from farley.codecs.vcard import Card
from farley.journal.models import hash_of
from farley.mirrors.models import Mirror

Rule = Mirror.Rule
_DIGITS = re.compile(r"\d+")


class Verdict(Enum):
    """`TAKE` and the like are about the outside card; a conflict is named by who wins."""

    SAME = "same"  # both sides have these octets
    TAKE = "take"  # only the outside changed
    SEND = "send"  # only this side changed, whatever the tag says
    THEIRS = "theirs"
    OURS = "ours"
    ASK = "ask"


def judge(base: bytes | None, here: bytes | None, theirs: frozenset[bytes]) -> Verdict | None:
    """The verdict where no rule is asked, None for a conflict.

    All are hashes of octets: `base` what both sides had (None: never), `here` what is here now (None: gone), `theirs`
    what is outside now, in every way that its line breaks may have come (`variants`).
    """
    if here is not None and here in theirs:
        return Verdict.SAME
    if base is not None and base in theirs:
        return Verdict.SEND
    if here is None and base is None:
        return Verdict.TAKE
    return Verdict.TAKE if here is not None and here == base else None


def by_rule(rule: Rule, here: bytes | None, theirs: bytes) -> Verdict:
    """Who wins a conflict. `here`: the octets, None where the contact is gone; the change then is the newer one."""
    if rule is Rule.ASK:
        return Verdict.ASK
    if rule is Rule.NEWEST and here is not None:
        return Verdict.OURS if _revised(here) > _revised(theirs) else Verdict.THEIRS
    return Verdict.OURS if rule is Rule.OURS else Verdict.THEIRS


def variants(octets: bytes) -> frozenset[bytes]:
    """The hashes of a card with each kind of line break, and with its last one or without.

    On its way through XML a card loses its carriage returns, and servers trim what they send.
    """
    lines = octets.replace(b"\r\n", b"\n").rstrip(b"\n")
    forms = (lines, lines.replace(b"\n", b"\r\n"))
    return frozenset(hash_of(form) for form in (octets, *forms, forms[0] + b"\n", forms[1] + b"\r\n"))


def _revised(octets: bytes) -> str:
    """When the card says that it was revised, such that later is greater; empty where it does not. RFC 6350 §6.7.4."""
    prop = Card.parse(octets).first("REV")
    return "".join(_DIGITS.findall(prop.text.split(".")[0].split("+")[0])) if prop is not None else ""
