"""The processes of one server: a web server with its workers, and a keeper of one background worker a queue.

All are forked from one process that has loaded everything, so that they share its memory, and all stay
in its process group. Each one ends when its parent does, however that ends.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils.translation import trans_real

from farley.cli.answering import Answering
from farley.jobs import worker

log = logging.getLogger(__name__)
PATIENCE_S = 10.0  # a worker has to reach the end of its current step
THREADS = 4  # requests a web process answers at a time
PR_SET_PDEATHSIG = 1


def serve(host: str, port: int, workers: int, *, locks: Path) -> None:
    """Serve until SIGTERM or SIGINT; returns when every process has ended."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    application = Answering(get_wsgi_application(), THREADS)
    _warm_up()
    _let_go_of_the_database()
    gc.collect()
    gc.freeze()  # the collector would otherwise touch, and so copy, every shared page
    keeper = _fork(lambda: _keep_workers(locks))
    server = Server(
        "farley.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=int(PATIENCE_S),
        log_access=False,
        log_level=LogLevels.warning,
    )

    def loaded() -> Any:
        _end_with_parent()
        # Ctrl-C reaches the whole group; a web worker that gets SIGINT and the server's SIGTERM never ends
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        return application

    try:
        server.serve(target_loader=loaded, wrap_loader=False)
    finally:
        _end([keeper])


def _keep_workers(locks: Path) -> None:
    """Keep one worker a queue running; the quick one also looks after the schedules."""
    running: dict[int, str] = {}
    is_stopping = False

    def stop(_signum: int, _frame: FrameType | None) -> None:
        nonlocal is_stopping
        is_stopping = True
        for pid in running:
            _send(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for queue in worker.QUEUES:
        running[_fork(_work_on(queue, locks))] = queue
    while running:
        pid, status = os.wait()
        queue = running.pop(pid, "")
        if queue and not is_stopping:
            log.error("the worker of the queue %s ended with status %s; starting another", queue, status)
            time.sleep(1)
            running[_fork(_work_on(queue, locks))] = queue


def _work_on(queue: str, locks: Path) -> Callable[[], None]:
    def work() -> None:
        signal.signal(signal.SIGTERM, lambda _signum, _frame: worker.stop())
        signal.signal(signal.SIGINT, lambda _signum, _frame: worker.stop())
        worker.run(queue, locks, schedules=queue == "quick")

    return work


def _fork(work: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _end_with_parent()
        work()
        code = 0
    except BaseException:
        log.exception("a background process failed")
    finally:
        os._exit(code)


def _end(pids: list[int]) -> None:
    for pid in pids:
        _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while pids and time.monotonic() < deadline:
        pids = [pid for pid in pids if not _has_ended(pid)]
        time.sleep(0.02)
    for pid in pids:
        _send(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent dies, also by SIGKILL. Linux only; elsewhere the locks tell."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _warm_up() -> None:
    """Load addresses, templates and translations before the fork, once for all processes."""
    from django.template.loader import get_template
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 -- reading it loads the pages
    for template in ("base.html", "contacts/list.html", "contacts/record.html"):
        get_template(template)
    _remember_words()


def _remember_words() -> None:
    """Look each word up once: Django goes through a dictionary of each application for it, of English ones twice."""
    for language, _ in settings.LANGUAGES:
        words: Any = trans_real.translation(language)
        words.gettext = lru_cache(maxsize=10_000)(words.gettext)


def _let_go_of_the_database() -> None:
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
