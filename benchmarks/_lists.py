"""The task `list`: what the places of a page cost, by order and by filter."""

from __future__ import annotations

import time
from typing import Any

FILTERS = (
    "city is Berlin",
    "city is Berlin and tag filled",
    "city is Berlin or city is Köln",
    "kind is org",
    "org empty",
    "name starts mu",
    "name contains mull",
    "email contains example",
    "postcode starts 10",
    "created from today-30d",
    "owner empty",
)


def list_pages(times: str) -> dict[str, Any]:
    """Milliseconds and CPU milliseconds of first and second pages, by order, tag and filter."""
    from django.db import connection

    from farley.contacts.listing import SORTS, Filters, Listed
    from farley.contacts.models import Contact, Tag
    from farley.lists import language
    from farley.lists.paging import Order
    from farley.spaces.models import Space

    spaces = list(Space.objects.all())
    report: dict[str, Any] = {"contacts": Contact.objects.count()}

    def measure(kind: str, filters: Filters, order: Order) -> None:
        waits, cpu = [], []
        after = ""
        for turn in range(int(times)):
            began, used = time.perf_counter(), time.process_time()
            places = Listed(spaces, filters).places(order=order, after=after)
            waits.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - used))
            after = places.after or "" if turn % 2 == 0 else ""
        report[kind] = (waits, cpu)

    for sort in SORTS.values():
        for order in (Order(sort), Order(sort, is_reversed=True)):
            measure(f"by {order.value}", Filters(), order)
    for text in FILTERS:
        for name in ("name", "changed"):
            measure(f"{text}, by {name}", Filters(more=language.parse(text)), Order(SORTS[name]))
    for tag in sorted(set(Tag.objects.values_list("name", flat=True)))[:12]:
        for name in ("name", "changed"):
            measure(f"tag is {tag}, by {name}", Filters(tag=tag), Order(SORTS[name]))
    report["floor"] = _floor(connection, [space.pk for space in spaces], int(times))
    return report


def _floor(connection: Any, spaces: list[int], times: int) -> float:
    sql = (
        "SELECT sort_key, id FROM contacts_contact WHERE space_id = %s AND deleted_at IS NULL"
        " ORDER BY sort_key, id LIMIT 51"
    )
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for _ in range(times):
            for space in spaces:
                cursor.execute(sql, [space])
                cursor.fetchall()
    return 1000 * (time.perf_counter() - began) / times
