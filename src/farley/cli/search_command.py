"""`farley search`: records that say something."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from farley.cli.command import DONE, Refused, user_named
from farley.cli.text import printable

MOST = 1000


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "search",
        help="find contacts by anything they say",
        description=(
            "Find contacts by any part of what they say: names, numbers in any spelling, addresses, notes."
            " All words must be there; quotes keep words together; tag:, city:, org: and space: narrow."
        ),
    )
    parser.add_argument("query", metavar="QUERY", nargs="+")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help=f"at most N of them, up to {MOST:,}")
    parser.add_argument("--json", action="store_true", help="one JSON array")
    parser.set_defaults(run=_search)


def _search(options: argparse.Namespace) -> int:
    from farley.contacts.models import Contact
    from farley.journal.models import Noun
    from farley.search.finding import find
    from farley.search.queries import faults

    if not 1 <= options.limit <= MOST:
        raise Refused(f"--limit is a number from 1 to {MOST}")
    actor = user_named(options.user).actor
    for fault in faults(" ".join(options.query)):
        what = "the quote is not closed" if fault.is_quote else "nothing stands behind it"
        print(f"{printable(fault.word)}: {what}", file=sys.stderr)
    hits = find(" ".join(options.query), by=actor, nouns=[Noun.CONTACT], limit=options.limit)
    contacts = Contact.objects.visible_to(actor).select_related("space").in_bulk([hit.record for hit in hits])
    found = [contacts[hit.record] for hit in hits if hit.record in contacts]
    if options.json:
        print(json.dumps([_told(contact) for contact in found], ensure_ascii=False, indent=2))
        return DONE
    for contact in found:
        told = [contact.full_name, contact.organisation_name, contact.email, contact.phone, contact.space.name]
        print("  ".join(printable(part) for part in told if part))
    if not found:
        print("Nothing was found.")
    return DONE


def _told(contact: Any) -> dict[str, str | int]:
    return {
        "noun": "contact",
        "id": contact.pk,
        "uid": contact.uid,
        "name": contact.full_name,
        "organisation": contact.organisation_name,
        "email": contact.email,
        "phone": contact.phone,
        "city": contact.city,
        "space": contact.space.name,
    }
