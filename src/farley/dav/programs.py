"""Which program uses a device, and the vCard version it can read, by the name it gives itself."""

from __future__ import annotations

import re
from typing import Final

_APPLE: Final = re.compile(r"(?:iOS|iPadOS|macOS|visionOS|watchOS|tvOS|Mac[ +_]OS[ +_]X)/[0-9]|CoreDAV/|dataaccessd/")
_NAMES: Final = (  # what a User-Agent begins with or holds, and what people call it
    ("DAVx5/", "DAVx⁵"),
    ("DAVdroid/", "DAVdroid"),
    ("Thunderbird/", "Thunderbird"),
    ("Evolution/", "Evolution"),
    ("evolution-data-server/", "Evolution"),
    ("CalDavSynchronizer/", "Outlook (CalDav Synchronizer)"),
    ("vdirsyncer/", "vdirsyncer"),
    ("Akonadi/", "KDE"),
    ("DAVKit/", "Apple"),
)


def named(agent: str) -> str:
    """The program as people call it; what it says of itself where it is not known."""
    if found := _APPLE.match(agent):
        return "macOS" if found[0].lower().startswith("mac") else found[0].split("/")[0]
    return next((name for sign, name in _NAMES if sign in agent), " ".join(agent.split())[:60])


def reads(agent: str) -> str:
    """The version it must be given; empty: whatever is stored. Apple's give a book with a 4.0 card up for ever."""
    return "3.0" if _APPLE.match(agent) else ""
