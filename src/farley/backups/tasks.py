"""The backup that comes round, as background work."""

from __future__ import annotations

from django_tasks import task

from farley.backups import rotation
from farley.configuration import load
from farley.jobs.worker import is_waiting


@task(queue_name="long")
def make_due() -> str:
    """Make the nightly backup and return its name; nothing where no folder is set."""
    configuration = load()
    if configuration.backups is None:
        return ""
    return rotation.make(configuration.backups, configuration.data).name


def is_being_made() -> bool:
    """Whether one is asked for or under way."""
    return is_waiting(make_due)
