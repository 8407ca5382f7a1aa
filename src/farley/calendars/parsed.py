"""Objects as they were parsed last, kept by their octets: who looks at a week looks at its series again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from farley.codecs.icalendar import ICalendar

MOST_OCTETS: Final = 3 * 2**20  # of all that a process keeps; in memory they are some fifteen times as much
_LARGEST: Final = 2**15  # octets of one: what is larger is parsed anew each time


class _Kept:
    """The objects that were asked for last."""

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0
        self._found: OrderedDict[bytes, ICalendar] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sha256: bytes) -> ICalendar | None:
        with self._lock:
            found = self._found.get(sha256)
            if found is not None:
                self._found.move_to_end(sha256)
            return found

    def put(self, sha256: bytes, ical: ICalendar) -> None:
        with self._lock:
            if sha256 in self._found:
                return
            self._found[sha256] = ical
            self.size += len(ical.octets)
            while self.size > self.most:
                self.size -= len(self._found.popitem(last=False)[1].octets)

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self.size = 0


_kept = _Kept(MOST_OCTETS)


def parsed(sha256: bytes, octets: bytes) -> ICalendar:
    """What `octets`, whose hash is given, say. They were parsed when they came in, so they can be."""
    found = _kept.get(sha256)
    if found is None:
        found = ICalendar(octets)
        if len(octets) <= _LARGEST:
            found.root  # noqa: B018 -- read now: from here on several threads look at the same one
            _kept.put(sha256, found)
    return found


def known(sha256: bytes) -> ICalendar | None:
    """As `parsed`, where it is kept still: the octets need not be fetched then."""
    return _kept.get(sha256)


def forget() -> None:
    """Keep nothing of what was parsed: as a process begins."""
    _kept.clear()
