"""`farley` in a process of its own without its slow beginning: forked off one that has imported everything already.

Half of a command's second goes into imports. Each worker of the tests therefore keeps one process that has Django set
up, on settings of its own; for each command it forks, and the child takes over the environment, the folder and the
streams of that command, reads the settings anew and runs `farley.cli.main`. It is what `farley` itself does but for
the imports. FARLEY_TEST_FORKS=no starts every command from nothing.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
STREAMS = 3
LONGEST = 1 << 20  # octets of a request


class Forks:
    """The process to fork from, as whoever asks for commands sees it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.forking", str(theirs.fileno())],
                env=environment,
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def end(self) -> None:
        self._socket.close()
        self._process.wait(timeout=30)

    def run(
        self, arguments: list[str], environment: dict[str, str], folder: Path, streams: list[int], timeout_s: float
    ) -> int:
        """Run `farley` with these arguments on these three streams; its exit code, as subprocess gives it.

        Raises subprocess.TimeoutExpired; the command is ended then.
        """
        asked = json.dumps([arguments, environment, str(folder)]).encode()
        socket.send_fds(self._socket, [asked], streams)
        child = int(self._socket.recv(64))
        self._socket.settimeout(timeout_s)
        try:
            return int(self._socket.recv(64))
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self._socket.settimeout(None)
            self._socket.recv(64)
            raise subprocess.TimeoutExpired(arguments, timeout_s) from None
        finally:
            self._socket.settimeout(None)


def serve(asked: socket.socket) -> None:
    """Fork for one command after the other, until nobody asks any more."""
    while True:
        request, streams, _, _ = socket.recv_fds(asked, LONGEST, STREAMS)
        if not request:
            return
        arguments, environment, folder = json.loads(request)
        child = os.fork()
        if child == 0:
            asked.close()
            _become(arguments, environment, folder, streams)
        for stream in streams:
            os.close(stream)
        asked.send(str(child).encode())
        _, status = os.waitpid(child, 0)
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(arguments: list[str], environment: dict[str, str], folder: str, streams: list[int]) -> None:
    """In the child: be `farley` with these arguments. Does not return."""
    code = 1
    try:
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
        for stream in streams:
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["farley", *arguments]
        encoding = environment.get("PYTHONIOENCODING", "").partition(":")[0] or "utf-8"
        sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        code = _main(arguments)
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
    except BaseException:  # noqa: BLE001 -- what the interpreter itself would do with it
        traceback.print_exc()
    finally:
        _end(code)


def _main(arguments: list[str]) -> int:
    from django.conf import empty, settings
    from django.core.cache import caches
    from django.db import connections

    for handler in (connections, caches):
        for alias in list(handler.settings):
            with suppress(AttributeError):
                del handler[alias]
        handler._settings = None
        del handler.__dict__["settings"]
    known = object.__getattribute__(settings, "__dict__")  # a lazy object hands all else on to what it wraps
    known.clear()
    known["_wrapped"] = empty
    del sys.modules["farley.project.settings"]  # read anew as soon as somebody asks
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)

    from farley.cli import main

    return main(arguments)


def _end(code: int) -> None:
    """As the interpreter ends, but without what it would tear down of the process that this one was forked off."""
    from django.db import connections

    with suppress(Exception):
        connections.close_all()  # the last one to close a SQLite database writes its log back
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def prepare() -> None:
    """Import what commands import."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "farley.project.settings"
    django.setup()
    for name in ("accounts", "backups", "cli", "contacts", "exchange", "fields", "journal", "mirrors", "spaces"):
        package = importlib.import_module(f"farley.{name}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("django.db.migrations.executor")


if __name__ == "__main__":
    prepare()
    serve(socket.socket(fileno=int(sys.argv[1])))
