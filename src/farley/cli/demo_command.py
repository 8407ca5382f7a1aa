"""`farley demo`: a made-up organisation to look around in."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE, Refused
from farley.cli.progress import Progress
from farley.configuration import load


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="fill an empty Farley with a made-up organisation",
        description="Fill an empty Farley with a made-up organisation: spaces, people, organisations, groups.",
    )
    parser.add_argument("--people", type=int, default=300, metavar="N", help="how many people (default: 300)")
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from farley.accounts.models import User
    from farley.exchange.demo import build

    if not 1 <= options.people <= 1_000_000:
        raise Refused("--people: a number from 1 to 1000000")
    if User.objects.exists():
        raise Refused("this Farley has users already; example data goes into an empty one (set FARLEY_DATA)")
    progress = Progress("Making people", options.people, "people")
    summary = build(people=options.people, progress=progress.at)
    progress.end()
    print(f"{summary.people} people, {summary.organisations} organisations and {summary.groups} groups are in.")
    print(f"Start it:  farley serve, then open {load().url or 'http://127.0.0.1:8000'}")
    print(f"Log in as: {summary.user}, password {summary.password}")
    return DONE
