"""What the access log of a space hears of what a device fetched."""

from __future__ import annotations

from collections.abc import Sequence

from farley.accounts.doors import Door
from farley.dav.request import DavRequest
from farley.dav.rows import Wanted
from farley.journal.access import Way, note_access
from farley.journal.members import Member


def noting(dav: DavRequest, wanted: Wanted, page: Sequence[Member]) -> Sequence[Member]:
    """`page`, noted where the answer holds the members themselves."""
    if wanted.has_data:
        for space in {member.space for member in page}:
            those = [member.pk for member in page if member.space == space]
            note_access(space, Way.SYNCED, those, by=dav.actor, door=Door.DAV, noun=wanted.folder.noun)
    return page
