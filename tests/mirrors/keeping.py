"""What the tests of mirrors do again and again."""

from __future__ import annotations

from typing import Any

from django_tasks_db.models import DBTaskResult

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.journal.models import Door
from farley.mirrors import operations
from farley.mirrors.models import Mirror, MirrorItem, MirrorRun
from farley.mirrors.operations import Terms
from farley.mirrors.running import run
from farley.mirrors.tasks import run_mirror
from farley.spaces.models import Space
from tests.mirrors.outside import LOGIN, PASSWORD, Outside


def mirror_of(space: Space, by: User, outside: Outside, name: str = "Outside", **terms: Any) -> Mirror:
    address, found = operations.look_for_books(outside.address, LOGIN, PASSWORD)
    return operations.add(
        space, name, address, LOGIN, PASSWORD, found, terms=Terms(**terms), by=by.actor, door=Door.WEB
    )


def in_step(mirror: Mirror) -> Mirror:
    """Let it run once, to its end."""
    assert run(mirror)
    mirror.refresh_from_db()
    return mirror


def work() -> None:
    """Run what was asked for, as the worker does, but on this connection."""
    asked = DBTaskResult.objects.ready().filter(task_path=run_mirror.module_path)
    while (task := asked.first()) is not None:
        run_mirror.call(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])
        task.delete()


def cards_of(space: Space) -> set[bytes]:
    return {contact.content.data for contact in live(space)}


def live(space: Space) -> list[Contact]:
    return list(Contact.objects.filter(space=space, deleted_at=None).select_related("content").order_by("pk"))


def named(space: Space, name: str) -> Contact:
    found: Contact = Contact.objects.get(space=space, full_name=name, deleted_at=None)
    return found


def last_run(mirror: Mirror) -> MirrorRun:
    found: MirrorRun = MirrorRun.objects.filter(mirror=mirror).latest("pk")
    return found


def noted(mirror: Mirror) -> list[tuple[str, str]]:
    """Name and code of all that the last run said of single cards."""
    return list(last_run(mirror).notes.values_list("name", "code"))


def problems(mirror: Mirror) -> list[str]:
    items = MirrorItem.objects.filter(mirror=mirror).exclude(problem="")
    return list(items.order_by("pk").values_list("problem", flat=True))
