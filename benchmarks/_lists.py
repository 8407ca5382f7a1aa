"""The task `list`: what the places of a page cost, by order and by filter, and the SQL of it by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

_ROWS = "id IN (SELECT contact_id FROM contacts_indexrow WHERE kind = {kind} AND {{spaces}} AND {condition})"
FILTERS = {  # each with what somebody would write in SQL; empty where that means to read every row
    "city is Berlin": "city_key = 'berlin'",
    "city is Berlin and tag filled": f"city_key = 'berlin' AND {_ROWS.format(kind=14, condition='1 = 1')}",
    "city is Berlin or city is Köln": "city_key IN ('berlin', 'koln')",
    "kind is org": "kind = {org}",
    "org empty": "organisation_key = ''",
    "name starts mu": "sort_key >= 'mu' AND sort_key < 'mv'",
    "name contains mull": "",
    "email contains example": "",
    "postcode starts 10": "",
    "created from today-30d": "created_at >= {day}",
    "owner empty": "owner_id IS NULL",
}
COLUMNS = {
    "name": "sort_key",
    "organisation": "organisation_key, sort_key",
    "city": "city_key, sort_key",
    "owner": "owner_id, sort_key",
    "changed": "changed_at DESC",
    "created": "created_at DESC",
    "contacted": "last_contact_at DESC",
    "follow-up": "follow_up_on",
}
PAGE = 51
ENOUGH_S = 2.0  # of one kind of page by hand: then it is not asked again


def list_pages(times: str) -> dict[str, Any]:
    """By order, tag and filter: milliseconds and CPU milliseconds of first and second pages, how many of them were
    stopped as too slow, and the median of the same page by hand (None where there is no sensible one)."""
    from farley.contacts.listing import SORTS, Filters, Listed
    from farley.contacts.models import Contact, Tag
    from farley.lists import language
    from farley.lists.orders import Order
    from farley.lists.paging import TooSlow
    from farley.spaces.models import Space

    spaces = list(Space.objects.all())
    by_hand = _by_hand([space.pk for space in spaces], int(times))
    report: dict[str, Any] = {"contacts": Contact.objects.count()}

    def measure(kind: str, filters: Filters, order: Order, condition: str | None) -> None:
        waits, cpu, stopped = [], [], 0
        after = ""
        for turn in range(int(times)):
            began, used = time.perf_counter(), time.process_time()
            try:
                places = Listed(spaces, filters).places(order=order, after=after)
                after = places.after or "" if turn % 2 == 0 else ""
            except TooSlow:
                stopped, after = stopped + 1, ""
            waits.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - used))
            if stopped > 1:
                break
        floor = None if condition is None else by_hand(condition, COLUMNS[order.sort.name], order.is_reversed)
        report[kind] = (waits, cpu, stopped, floor)

    for sort in SORTS.values():
        for order in (Order(sort), Order(sort, is_reversed=True)):
            measure(f"by {order.value}", Filters(), order, "")
    for text, condition in FILTERS.items():
        for name in ("name", "changed"):
            filters = Filters(more=language.parse(text))
            measure(f"{text}, by {name}", filters, Order(SORTS[name]), condition or None)
    for tag in sorted(set(Tag.objects.values_list("name", flat=True)))[:12]:
        ids = ", ".join(str(pk) for pk in Tag.objects.filter(name=tag).values_list("pk", flat=True))
        condition = f"id IN (SELECT contact_id FROM contacts_tagentry WHERE tag_id IN ({ids}))"
        for name in ("name", "changed"):
            measure(f"tag is {tag}, by {name}", Filters(tag=tag), Order(SORTS[name]), condition)
    return report


def _by_hand(spaces: list[int], times: int) -> Callable[[str, str, bool], float]:
    """What measures one page in SQL by hand: the first rows of each space, in milliseconds (the median)."""
    import datetime as dt

    from django.db import connection

    from farley.contacts.models import Contact

    day = (dt.datetime.now(dt.UTC) - dt.timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")
    zone = "+00" if connection.vendor == "postgresql" else ""

    def measured(condition: str, columns: str, is_reversed: bool) -> float:
        if is_reversed:
            turned = [part[:-5] if part.endswith(" DESC") else f"{part} DESC" for part in columns.split(", ")]
            columns = ", ".join(turned)
        where = condition.format(org=int(Contact.Kind.ORG), day=f"'{day}{zone}'", spaces="space_id = {space}")
        waits: list[float] = []
        with connection.cursor() as cursor:
            while len(waits) < times and sum(waits) < 1000 * ENOUGH_S:
                began = time.perf_counter()
                for space in spaces:
                    cursor.execute(
                        f"SELECT id FROM contacts_contact WHERE space_id = {space} AND deleted_at IS NULL"
                        f"{' AND ' + where.replace('{space}', str(space)) if where else ''}"
                        f" ORDER BY {columns}, id LIMIT {PAGE}"
                    )
                    cursor.fetchall()
                waits.append(1000 * (time.perf_counter() - began))
        return sorted(waits)[len(waits) // 2]

    return measured
