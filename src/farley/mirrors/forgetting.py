"""What mirrors keep about a contact that is erased for good."""

from __future__ import annotations

from farley.contacts.erasing import Traces
from farley.mirrors.models import MirrorItem, MirrorNote


def forget(traces: Traces) -> None:
    """Its notes go. Its card outside is not fetched again, and where a mirror goes both ways it is deleted there.

    What stays is the card's path, for otherwise the next run would bring the person back.
    """
    MirrorNote.objects.filter(contact=traces.contact).delete()
    items = MirrorItem.objects.filter(contact=traces.contact)
    nothing, send = MirrorItem.Todo.NOTHING, MirrorItem.Todo.SEND
    items.update(is_erased=True, problem="", details={}, decision=None, todo=nothing)
    items.filter(mirror__is_two_way=True).update(todo=send)
