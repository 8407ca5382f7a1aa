"""Backups that come round: one a night into a folder, older ones thinned to one a day, week and month."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from farley.accounts.actor import COMMAND
from farley.accounts.doors import Door
from farley.accounts.events import Event, Verb, note
from farley.backups.operations import SUFFIX, back_up, stamp
from farley.configuration import BackupPlan

PASSPHRASE = "backup_passphrase"  # noqa: S105 -- the name of the secret's file
LATE = dt.timedelta(hours=36)
_NAME = re.compile(rf"farley-(\d{{4}}-\d\d-\d\dT\d{{6}}Z){re.escape(SUFFIX)}")
_STAMP = "%Y-%m-%dT%H%M%SZ"


def made(folder: Path) -> list[tuple[dt.datetime, Path]]:
    """The backups that came round, newest first; other files are none of ours. Raises OSError."""
    matches = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    found = [(dt.datetime.strptime(match[1], _STAMP).replace(tzinfo=dt.UTC), path) for path, match in matches if match]
    return sorted(found, reverse=True)


def make(plan: BackupPlan, data: Path) -> Path:
    """Make the backup that is due, note in the instance journal how it went, and then thin out the older ones.

    Where there is a secret `backup_passphrase` it is sealed and holds the secrets. Raises what kept it from being made.
    """
    try:
        passphrase = _passphrase(data)
        plan.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = plan.folder / f"farley-{stamp()}{SUFFIX}"
        back_up(target, passphrase=passphrase, with_secrets=passphrase is not None)
    except Exception as error:
        note(Verb.BACKUP_FAILED, by=COMMAND, door=Door.RULE, subject=str(error).strip().partition("\n")[0])
        raise
    note(Verb.BACKUP_MADE, by=COMMAND, door=Door.RULE, subject=target.name)
    kept = set(keep((at for at, _ in made(plan.folder)), plan))
    for at, path in made(plan.folder):
        if at not in kept:
            path.unlink(missing_ok=True)
    return target


def keep(instants: Iterable[dt.datetime], plan: BackupPlan) -> list[dt.datetime]:
    """Which stay: the newest, and that of each of the last days, weeks and months that have one; newest first."""
    newest_first = sorted(instants, reverse=True)
    rules: tuple[tuple[int, Callable[[dt.datetime], object]], ...] = (
        (plan.daily, dt.datetime.date),
        (plan.weekly, lambda at: at.isocalendar()[:2]),
        (plan.monthly, lambda at: (at.year, at.month)),
    )
    kept = set(newest_first[:1])
    for count, period in rules:
        newest_of: dict[object, dt.datetime] = {}
        for at in newest_first:
            newest_of.setdefault(period(at), at)
        kept |= set(list(newest_of.values())[:count])
    return sorted(kept, reverse=True)


class Fault(Enum):
    """What can be wrong with the backups that come round."""

    FAILED = "failed"  # the last one, for a reason
    NO_FOLDER = "no folder"  # yet: the first backup makes it
    UNREADABLE = "unreadable"  # the folder, for a reason
    NONE_YET = "none yet"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, for a face to put into words."""

    fault: Fault
    reason: str = ""
    age: dt.timedelta = dt.timedelta()  # of the last backup


def trouble(plan: BackupPlan, now: dt.datetime) -> Trouble | None:
    """What is wrong with the backups that come round; None when nothing is."""
    told = Event.objects.filter(verb__in=[Verb.BACKUP_MADE, Verb.BACKUP_FAILED]).order_by("-id").first()
    if told is not None and told.verb == Verb.BACKUP_FAILED:
        return Trouble(Fault.FAILED, told.subject)
    try:
        found = made(plan.folder)
    except FileNotFoundError:
        return Trouble(Fault.NO_FOLDER)
    except OSError as error:
        return Trouble(Fault.UNREADABLE, error.strerror or "")
    if not found:
        return Trouble(Fault.NONE_YET)
    age = now - found[0][0]
    return Trouble(Fault.LATE, age=age) if age > LATE else None


def _passphrase(data: Path) -> str | None:
    try:
        text = (data / "secrets" / PASSPHRASE).read_text(encoding="utf-8").partition("\n")[0].strip("\r")
    except FileNotFoundError:
        return None
    if not text:
        raise ValueError(f"the first line of secrets/{PASSPHRASE} is empty")
    return text
