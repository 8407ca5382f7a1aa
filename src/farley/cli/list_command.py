"""`farley list`: the contacts that pass a filter, in an order."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.contacts.listing import Listed, Page
    from farley.lists.columns import Column
    from farley.lists.orders import Order
    from farley.spaces.models import Space

MOST = 1_000_000
PAGE = 500
_PRINTED = ("name", "organisation", "email", "phone", "city", "space")


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
    parser.add_argument(
        "--columns",
        metavar="NAMES",
        help="what to show beside the name, in this order: by commas, as the page's address has it (?columns=…)",
    )
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
    user = user_named(options.user)
    spaces = list(Space.objects.visible_to(user.actor).filter(archived_at=None).order_by("kind", "title"))
    order = order_of(options.sort, spaces)
    if order is None:
        raise Refused(f"there is no order {options.sort!r}; there are: {', '.join(SORTS)}, and own fields as own.NAME")
    try:
        listed = Listed(spaces, Filters(more=language.parse(options.filter)), user)
        columns = None if options.columns is None else _columns(options.columns, spaces)
        _print(options, _told(listed, order, options.limit, columns))
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
        from farley.exchange.sheets import harmless

        writer = csv.writer(sys.stdout, lineterminator="\n")
        for number, row in enumerate(told):
            if not number:
                writer.writerow(map(harmless, row))
            writer.writerow(harmless(value) if isinstance(value, str) else value for value in map(_plain, row.values()))
        return
    empty = True
    for row in told:
        empty = False
        shown = [row[name] for name in _PRINTED] if options.columns is None else [*row.values()][1:]
        print("  ".join(printable(_plain(part)) for part in shown if part not in (None, "", [])))
    if empty:
        print("Nobody passes this filter.")


def _plain(value: Any) -> Any:
    """A value as a table has it: numbers as numbers, yes and no as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else value if isinstance(value, int | float) else str(value)


def _columns(names: str, spaces: Sequence[Space]) -> list[Column]:
    from farley.contacts.columns import columns_of
    from farley.lists.columns import NONE, chosen

    known = columns_of(spaces)
    for name in filter(None, map(str.strip, names.split(","))):
        if name not in known and name != NONE:
            raise Refused(f"there is no column {name!r}; there are: {', '.join(known)}")
    return chosen(names, known)


def _told(listed: Listed, order: Order, limit: int, columns: Sequence[Column] | None) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None and limit > 0:
        size = min(PAGE, limit)
        if columns is None:
            page = listed.page(order=order, after=after, size=size)
            yield from _rows(page)
            after = page.after
        else:
            places = listed.places(order=order, after=after, size=size)
            yield from _chosen(places.ids, columns)
            after = places.after
        limit -= size


def _chosen(ids: Sequence[int], columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    """The columns asked for, by their names; days and instants as ISO 8601 writes them."""
    from farley.contacts.columns import shown
    from farley.contacts.listing import lines, tags_of

    tags = tags_of(ids) if any(column.name == "tag" for column in columns) else {}
    for line in lines(ids, columns):
        row: dict[str, Any] = {"id": line.pk, "name": line.full_name}
        for column in columns:
            value = shown(line, column, tags)
            if isinstance(value, dt.date):
                value = value.isoformat()
            row[column.name] = value if isinstance(value, bool | int | float | list | None) else str(value)
        yield row


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
