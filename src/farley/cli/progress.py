"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

BAR = 30  # characters
LINE_S = 5.0  # between two plain lines


class Progress:
    """`total` is in `unit`s; `at(done)` may be called as often as one likes. 0: the end is not known."""

    def __init__(self, what: str, total: int, unit: str, *, stream: TextIO | None = None) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self.began = self._shown_at = time.monotonic()
        self._is_open = False

    def at(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._shown_at < (0.1 if self.is_terminal else LINE_S):
            return
        self._shown_at = now
        share = min(done / self.total, 1.0) if self.total else 0.0
        left = self._left(share, now)
        if self.is_terminal:
            filled = int(share * BAR)
            bar = "█" * filled + "░" * (BAR - filled)
            self.stream.write(f"\r\x1b[K{self.what} {bar} {share:4.0%} {note}{left}")
            self._is_open = True
        else:
            self.stream.write(f"{self.what}: {share:.0%}{', ' if note else ''}{note}{left}\n")
        self.stream.flush()

    def end(self) -> None:
        if self._is_open:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def _left(self, share: float, now: float) -> str:
        if share < 0.02:
            return ""
        seconds = (now - self.began) * (1 - share) / share
        return f", {seconds:.0f} s left" if seconds < 90 else f", {seconds / 60:.0f} min left"
