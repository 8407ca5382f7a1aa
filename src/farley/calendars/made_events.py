"""All-day events that Farley makes itself, the same octets from the same facts."""

from __future__ import annotations

import datetime as dt
import hashlib

from farley.calendars.files import PRODID
from farley.codecs.contentline import fold
from farley.codecs.vcard_values import escape

_STAMP = "19700101T000000Z"  # it is no message: nobody asks which of two came later


def uid_of(*facts: str) -> str:
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:40]


def all_day(uid: str, on: dt.date, summary: str, *lines: str) -> bytes:
    """An event that keeps nobody busy; `lines` are further content lines."""
    written = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{_STAMP}"),
        f"DTSTART;VALUE=DATE:{on.isoformat().replace('-', '')}",
        *(f"SUMMARY:{escape(summary)}", "TRANSP:TRANSPARENT", *lines, "END:VEVENT", "END:VCALENDAR"),
    ]
    return b"".join(map(fold, written))
