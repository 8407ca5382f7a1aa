"""`farley search`: records that say something."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.calendars.models import CalendarObject
    from farley.contacts.models import Contact

MOST = 1000


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "search",
        help="find contacts, events and tasks by anything they say",
        description=(
            "Find contacts, events and tasks by any part of what they say: names, numbers in any spelling, addresses,"
            " notes. All words must be there; quotes keep words together; tag:, city:, org: and space: narrow."
        ),
    )
    parser.add_argument("query", metavar="QUERY", nargs="+")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help=f"at most N of them, up to {MOST:,}")
    parser.add_argument("--json", action="store_true", help="one JSON array")
    parser.set_defaults(run=_search)


def _search(options: argparse.Namespace) -> int:
    from farley.calendars.models import CalendarObject
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
    seen = {
        Noun.CONTACT: Contact.objects.visible_to(actor).select_related("space"),
        Noun.CALENDAR_OBJECT: CalendarObject.objects.told_to(actor).select_related("space", "calendar"),
    }

    def told(pks: Sequence[int]) -> Iterable[int]:
        found: Iterable[int] = seen[Noun.CALENDAR_OBJECT].filter(pk__in=pks).values_list("pk", flat=True)
        return found

    hits = find(
        " ".join(options.query),
        by=actor,
        nouns=[*seen],
        limit=options.limit,
        told={Noun.CALENDAR_OBJECT: told},
    )
    records = {noun: seen[noun].in_bulk([hit.record for hit in hits if hit.noun == noun]) for noun in seen}
    found: list[Any] = [records[hit.noun][hit.record] for hit in hits if hit.record in records[hit.noun]]
    if options.json:
        print(json.dumps([_told(each) for each in found], ensure_ascii=False, indent=2))
        return DONE
    for each in found:
        print("  ".join(printable(part) for part in _line(each) if part))
    if not found:
        print("Nothing was found.")
    return DONE


def _line(found: Contact | CalendarObject) -> list[str]:
    from farley.contacts.models import Contact

    if isinstance(found, Contact):
        return [found.full_name, found.organisation_name, found.email, found.phone, found.space.name]
    return [found.summary, _when(found), found.location, found.calendar.name, found.space.name]


def _when(entry: CalendarObject) -> str:
    at = entry.starts_at or entry.due_at
    return f"{at:%Y-%m-%d}" if at else ""


def _told(found: Contact | CalendarObject) -> dict[str, str | int]:
    from farley.contacts.models import Contact

    if not isinstance(found, Contact):
        told: dict[str, str | int] = {
            "noun": str(found.get_component_display()),
            "id": found.pk,
            "uid": found.uid,
            "name": found.summary,
        }
        place: dict[str, str | int] = {"on": _when(found), "place": found.location, "calendar": found.calendar.name}
        return told | place | {"space": found.space.name}
    contact = found
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
