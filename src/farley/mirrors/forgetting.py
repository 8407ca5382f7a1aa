"""What mirrors keep about a contact that is erased for good."""

from __future__ import annotations

from farley.contacts.erasing import Traces, spaces_of
from farley.mirrors.models import MAX_NOTED, MirrorItem, MirrorNote


def forget(traces: Traces) -> None:
    """Its notes go, and its name from those of others.

    Its card outside is not fetched again, and where a mirror goes both ways it is deleted there. What stays is the
    card's path, for otherwise the next run would bring the person back.
    """
    MirrorNote.objects.filter(contact=traces.contact).delete()
    spaces = spaces_of([traces.contact.pk]) | {traces.contact.space_id}
    said = MirrorNote.objects.filter(run__mirror__space__in=spaces)
    said.filter(contact=None, name__in=[name[:MAX_NOTED] for name in traces.names]).delete()
    said.filter(details__other__in=list(traces.names)).delete()
    told = MirrorItem.objects.filter(mirror__space__in=spaces, details__other__in=list(traces.names))
    told.update(problem="", details={})
    items = MirrorItem.objects.filter(contact=traces.contact)
    nothing, send = MirrorItem.Todo.NOTHING, MirrorItem.Todo.SEND
    items.update(is_erased=True, problem="", details={}, decision=None, todo=nothing)
    items.filter(mirror__is_two_way=True).update(todo=send)
