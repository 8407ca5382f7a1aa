"""What may be written a moment later: gathered in memory and written in batches, so that no page waits for it.

A process that is killed loses what it gathered in the last seconds: for notes of use and access, never for records.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connections

log = logging.getLogger(__name__)
T = TypeVar("T")
EVERY_S = 5.0
MAX_WAITING = 10_000  # items; beyond that the oldest are let go: a database that cannot be written must not fill memory


class Gatherer(Generic[T]):
    """`write` gets what `add` was given since, oldest first, within a few seconds and at the end of the process."""

    def __init__(self, write: Callable[[list[T]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._items: list[T] = []
        self._timer: threading.Timer | None = None
        self._process = 0
        os.register_at_fork(after_in_child=self._reset)  # what the parent gathered, the parent writes

    def add(self, item: T) -> None:
        with self._lock:
            self._items.append(item)
            if len(self._items) > MAX_WAITING:
                del self._items[0]
            if self._timer is None and getattr(settings, "GATHERING", True):
                self._timer = threading.Timer(EVERY_S, self._on_time)
                self._timer.daemon = True
                self._timer.start()
                self._at_end_too()

    def flush(self) -> None:
        """Write what is waiting in this process, within the caller's transaction if there is one."""
        with self._lock:
            items, self._items = self._items, []
        if items:
            self._write(items)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._items = []
        self._timer = None

    def _at_end_too(self) -> None:
        """Once a process, and in the process itself: a web worker runs no `atexit` of its parent's."""
        if self._process != os.getpid():
            from multiprocessing.util import Finalize

            self._process = os.getpid()
            Finalize(None, self._at_end, exitpriority=10)

    def _on_time(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        except Exception:
            log.exception("what was gathered could not be written")
        finally:
            connections.close_all()  # this thread's own

    def _at_end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._on_time()
