"""`farley reindex`: derived columns and rows, made anew out of the octets."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE
from farley.cli.progress import Progress


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "reindex",
        help="derive names, times, index rows and search anew from the stored cards and calendar entries",
        description=(
            "Derive names, times, index rows and search anew from the stored cards and calendar entries."
            " No phone sees a change."
        ),
    )
    parser.set_defaults(run=_reindex)


def _reindex(_options: argparse.Namespace) -> int:
    from farley.calendars import rebuilding as calendars
    from farley.calendars.models import CalendarObject
    from farley.contacts.models import Contact
    from farley.contacts.rebuilding import rebuild
    from farley.contacts.tasks import rederive
    from farley.jobs.worker import withdraw

    total = Contact.objects.filter(deleted_at=None).count()
    progress = Progress("Deriving", total, "contacts")
    done = 0

    def advanced(contacts: int) -> None:
        nonlocal done
        done += contacts
        progress.at(done, f"{done:,} contacts")

    mended = rebuild(progress=advanced)
    withdraw(rederive)
    progress.end()
    print(f"{total} contacts read, {mended} mended.")
    if entries := CalendarObject.objects.filter(deleted_at=None).count():
        print(f"{entries} calendar entries read, {calendars.rebuild()} mended.")
    return DONE
