"""People of a new organisation who are too many to be linked in the transaction that stores it."""

from __future__ import annotations

from django_tasks import task

from farley.accounts.actor import Actor, ActorKind
from farley.contacts.models import Contact
from farley.contacts.writing import LINKED_AT_ONCE, SpaceWriter, people_to_link
from farley.jobs.worker import stopping
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.operations import writing

BY = Actor(ActorKind.SYSTEM, None, "farley")


@task(queue_name="quick")
def link_people(space: int, organisations: list[int]) -> int:
    """Link who named these organisations of a space, all by id, before they were there; return how many people."""
    done = 0
    while linked := _link_some(space, organisations):
        done += linked
        if linked < LINKED_AT_ONCE:
            break
        if stopping():
            link_people.enqueue(space, organisations)
            break
    return done


def _link_some(space: int, organisations: list[int]) -> int:
    with writing([space]) as locked:
        here = Contact.objects.filter(pk__in=organisations, space=space, kind=Contact.Kind.ORG, deleted_at=None)
        named = {one.organisation_key: one for one in here.order_by("-pk") if one.organisation_key}
        by_key = {key: one.pk for key, one in named.items()}
        if not people_to_link(locked[space], by_key).exists():
            return 0
        title = ", ".join(sorted(one.full_name for one in named.values())[:3])
        with one_batch(Batch.Act.LINK, by=BY, door=Door.RULE, title=title) as batch:
            writer = SpaceWriter(locked[space], by=BY, door=Door.RULE, batch=batch)
            linked = writer.link(by_key)
            writer.flush()
    return linked
