"""`farley serve`: the web server, a worker for each queue and the scheduler."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path
from typing import Any

from farley.cli.command import DONE, Refused
from farley.configuration import Configuration, load

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "serve",
        help="start Farley: web server, background workers and scheduler",
        description="Start Farley: web server, background workers and scheduler. Ends cleanly on SIGTERM or Ctrl-C.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="default: 8000")
    parser.add_argument("--workers", type=_workers, default=2, metavar="N", help="web processes (default: 2)")
    parser.set_defaults(run=_serve)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to 65535")
    return int(text)


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to 64")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from farley.accounts import first_run
    from farley.cli.processes import serve
    from farley.jobs.worker import held

    configuration = load()
    _refuse_unreachable(options.host, configuration)
    _refuse_unbuilt()
    lock = configuration.data / "run" / "serve.lock"
    try:
        with held(lock):
            _refuse_taken(options.host, options.port)
            address = configuration.url or f"http://{_bracketed(options.host)}:{options.port}"
            print(f"Farley is starting on {address} (data in {configuration.data})", flush=True)
            if first_run.is_open():
                print(f"Nobody has an account yet. Open {address}/setup/", flush=True)
                print(f"From another machine it asks for this one-time code: {first_run.code()}", flush=True)
            serve(options.host, options.port, options.workers, locks=configuration.data / "run")
    except BlockingIOError as error:
        raise Refused(
            f"another `farley serve` works on {configuration.data}; stop it first, or set FARLEY_DATA to another folder"
        ) from error
    return DONE


def _refuse_unreachable(host: str, configuration: Configuration) -> None:
    if host not in LOOPBACK and not configuration.url:
        raise Refused(
            f"--host {host} serves other machines: set FARLEY_URL to the address they use,"
            " e.g. FARLEY_URL=https://farley.example.org"
        )


def _refuse_unbuilt() -> None:
    import farley

    if not (Path(farley.__file__).parent / "web" / "static" / "dist" / "manifest.json").exists():
        raise Refused("the front end is not built: run `make build` in the source folder, or install the package again")


def _refuse_taken(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise Refused(f"--host {host}: {error.strerror}") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Refused(
                f"--port {port}: {host} port {port} cannot be used ({error.strerror}); try another"
            ) from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
