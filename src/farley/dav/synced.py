"""What the access log of a space hears of cards that a device fetched."""

from __future__ import annotations

from collections.abc import Sequence

from farley.accounts.doors import Door
from farley.contacts.members import Member
from farley.dav.cards import Wanted
from farley.dav.request import DavRequest
from farley.journal.access import Way, note_access


def noting(dav: DavRequest, wanted: Wanted, page: Sequence[Member]) -> Sequence[Member]:
    """`page`, noted where the answer holds the cards themselves."""
    if wanted.has_data:
        for space in {member.space for member in page}:
            note_access(space, Way.SYNCED, [m.pk for m in page if m.space == space], by=dav.actor, door=Door.DAV)
    return page
