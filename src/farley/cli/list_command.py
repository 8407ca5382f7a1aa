"""`farley list`: the contacts that pass a filter, in an order."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.contacts.listing import Listed, Page
    from farley.lists.paging import Order

MOST = 1_000_000
PAGE = 500


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "list",
        help="list contacts by filters, in an order",
        description=(
            "List the contacts of all spaces that somebody sees, as the page does: the filter is in the words that"
            " its address holds, as in: city is Berlin and (tag is Press or owner is me) and changed from today-30d."
        ),
    )
    parser.add_argument("--filter", default="", metavar="FILTER", help="default: everybody")
    parser.add_argument("--sort", default="name", metavar="ORDER", help="a minus before it turns it around")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="at most N of them (default: 100)")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON array")
    form.add_argument("--csv", action="store_true", help="a table with a line of headings")
    parser.set_defaults(run=_list)


def _list(options: argparse.Namespace) -> int:
    from farley.contacts.listing import SORTS, Filters, Listed, order_of
    from farley.lists import language
    from farley.lists.paging import TooSlow
    from farley.spaces.models import Space

    if not 1 <= options.limit <= MOST:
        raise Refused(f"--limit is a number from 1 to {MOST:,}")
    order = order_of(options.sort)
    if order is None:
        raise Refused(f"there is no order {options.sort!r}; there are: {', '.join(SORTS)}")
    user = user_named(options.user)
    spaces = Space.objects.visible_to(user.actor).filter(archived_at=None).order_by("kind", "title")
    try:
        listed = Listed(list(spaces), Filters(more=language.parse(options.filter)), user)
        _print(options, _told(listed, order, options.limit))
    except language.BadFilter as error:
        raise Refused(f"--filter: {error}") from error
    except TooSlow as error:
        named = ", ".join(error.said) or "this order"
        raise Refused(f"this took too long and was stopped: no index helps with {named}; add a filter") from error
    return DONE


def _print(options: argparse.Namespace, told: Iterator[dict[str, Any]]) -> None:
    if options.json:
        print(json.dumps(list(told), ensure_ascii=False, indent=2))
        return
    if options.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        for number, row in enumerate(told):
            if not number:
                writer.writerow(row)
            writer.writerow("; ".join(value) if isinstance(value, list) else value for value in row.values())
        return
    empty = True
    for row in told:
        empty = False
        shown = (row["name"], row["organisation"], row["email"], row["phone"], row["city"], row["space"])
        print("  ".join(printable(part) for part in shown if part))
    if empty:
        print("Nobody passes this filter.")


def _told(listed: Listed, order: Order, limit: int) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None and limit > 0:
        page = listed.page(order=order, after=after, size=min(PAGE, limit))
        yield from _rows(page)
        limit -= len(page.contacts)
        after = page.after


def _rows(page: Page) -> Iterator[dict[str, Any]]:
    for contact in page.contacts:
        yield {
            "id": contact.pk,
            "uid": contact.uid,
            "name": contact.full_name,
            "organisation": contact.organisation_name,
            "email": contact.email,
            "phone": contact.phone,
            "city": contact.city,
            "tags": [str(tag) for tag in page.tags.get(contact.pk, [])],
            "owner": contact.owner.name if contact.owner else "",
            "follow_up": contact.follow_up_on.isoformat() if contact.follow_up_on else "",
            "last_contact": contact.last_contact_at.isoformat() if contact.last_contact_at else "",
            "created": contact.created_at.isoformat(),
            "changed": contact.changed_at.isoformat(),
            "space": contact.space.name,
        }
