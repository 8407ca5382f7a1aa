"""One run of a mirror, from the look at the server to the last word in the log."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from farley.configuration import load
from farley.database.turns import write_turn
from farley.jobs.worker import held
from farley.mirrors import listing
from farley.mirrors.carddav import Book
from farley.mirrors.fetching import drop, fetch
from farley.mirrors.models import Mirror
from farley.mirrors.reaching import Reach, Unreachable
from farley.mirrors.run import CutShort, Held, Run, Stopped
from farley.mirrors.sealing import CannotOpen, opened
from farley.mirrors.sending import send
from farley.spaces.operations import NoSuchSpace, NotAllowed, SpaceIsArchived

log = logging.getLogger(__name__)
BRAKE_SHARE = 0.2  # of all contacts that are on both sides: more deletions in one run are looked at by somebody first
BRAKE_LEAST = 10
DAY = dt.timedelta(days=1)
FEW_UNCHANGED = 10  # cards that were fetched in vain
_SLOWLY = (
    "login",
    "scheme",
    "forbidden",
    "missing",
    "gone",
    "role",
    "archived",
    "secret",
    "forgotten",
    "no_book",
    "private",
    "plain",
)


class MirrorBusy(RuntimeError):
    """Another process is at this mirror."""


def run(mirror: Mirror, *, stopping: Callable[[], bool] = lambda: False, paused_too: bool = True) -> bool:
    """Bring both sides into step; return False if it was cut short and is to go on soon.

    One that is paused, or becomes so on the way, runs only if it is `paused_too`. What goes wrong is on the
    mirror and in its log afterwards. Raises MirrorBusy.
    """
    try:
        with held(Path(settings.DATA) / "run" / f"mirror-{mirror.pk}.lock"):
            mirror.refresh_from_db()
            this = Run.of(mirror, Book(Reach(mirror.address, "", ""), mirror.book), stopping, paused_too=paused_too)
            return _run(this) if mirror.book else True
    except BlockingIOError as error:
        raise MirrorBusy from error


def reach_of(mirror: Mirror) -> Reach:
    """The way to its server. Raises Unreachable where the password cannot be opened."""
    try:
        return Reach(mirror.address, mirror.login, opened(mirror.sealed_password), load().mirror_networks)
    except CannotOpen as error:
        raise Unreachable("secret" if mirror.sealed_password else "forgotten") from error


def _run(this: Run) -> bool:
    mirror = this.mirror
    try:
        this.require_wanted()
        reach = reach_of(mirror)
        this.book = Book(reach, mirror.book)
        try:
            _in_step(this)
        finally:
            reach.close()
    except CutShort:
        return False
    except Stopped:
        this.end()
    except Held as hold:
        _end_held(this, hold)
    except Unreachable as error:
        _end_in_trouble(this, error.code, **error.details)
    except SpaceIsArchived:
        _end_in_trouble(this, "archived")
    except (NotAllowed, NoSuchSpace):
        _end_in_trouble(this, "role")
    else:
        _end_well(this)
    return True


def _in_step(this: Run) -> None:
    mirror = this.mirror
    too_long = listing.look(mirror, this.book)
    remark = ("too_long", {"count": too_long}) if too_long else ("", {})
    fetch(this)
    _brake(this, "deletes_here", listing.count_to_delete_here(mirror), listing.count_here(mirror))
    drop(this)
    if mirror.is_two_way:
        listing.mark_changed_here(mirror, this.book)
        _brake(this, "deletes_there", listing.count_to_delete_there(mirror), listing.count_known(mirror))
        send(this)
        fetch(this)
    if not remark[0] and mirror.is_token_doubtful:
        remark = ("tokens", {})
    if not remark[0] and this.unchanged >= FEW_UNCHANGED:
        remark = ("tags", {"count": this.unchanged})
    mirror.remark, mirror.remark_details = remark


def _brake(this: Run, code: str, doomed: int, all_there: int) -> None:
    """Raise Held before many are deleted in one run, unless a manager has said of so many that it is right."""
    mirror = this.mirror
    agreed = mirror.held_details.get("count", 0) if mirror.confirmed == code else 0
    if doomed > BRAKE_LEAST and doomed > BRAKE_SHARE * all_there and doomed > agreed:
        raise Held(code, count=doomed, total=all_there)


def _end_well(this: Run) -> None:
    mirror = this.mirror
    this.end()
    now = timezone.now()
    mirror.trouble, mirror.trouble_details, mirror.failures = "", {}, 0
    mirror.confirmed, mirror.looked_at, mirror.next_at = "", now, now + mirror.every
    mirror.held_for, mirror.held_details = "", {}
    if mirror.state == Mirror.State.HELD:  # there is nothing to ask any more
        mirror.state = Mirror.State.ON
    _save(mirror)


def _end_held(this: Run, hold: Held) -> None:
    mirror = this.mirror
    is_new = (mirror.held_for, mirror.held_details) != (hold.code, hold.details)
    this.end(hold.code if is_new else "", **hold.details)
    log.warning("mirror %s stopped: %s", mirror.pk, hold.code)
    mirror.state, mirror.held_for, mirror.held_details = Mirror.State.HELD, hold.code, dict(hold.details)
    mirror.trouble, mirror.trouble_details, mirror.failures = "", {}, 0
    mirror.looked_at, mirror.next_at = timezone.now(), None
    _save(mirror)


def _end_in_trouble(this: Run, code: str, **details: object) -> None:
    mirror = this.mirror
    after_s = details.pop("after_s", 0)
    this.end(code, **details)
    log.warning("mirror %s: %s", mirror.pk, code)
    mirror.trouble, mirror.trouble_details = code, details
    mirror.failures += 1
    wait = DAY if code in _SLOWLY else min(mirror.every * 2 ** min(mirror.failures - 1, 10), DAY)
    wait = max(wait, dt.timedelta(seconds=after_s if isinstance(after_s, int) else 0), mirror.every)
    mirror.next_at = timezone.now() + wait
    _save(mirror)


_DECIDED = ("trouble", "trouble_details", "failures", "confirmed", "remark", "remark_details", "looked_at", "next_at")


def _save(mirror: Mirror) -> None:
    """Set what a run decides. What a manager did meanwhile stays: paused, removed, or the next run asked for."""
    decided = {name: getattr(mirror, name) for name in _DECIDED}
    hold = {name: getattr(mirror, name) for name in ("state", "held_for", "held_details")}
    with write_turn():
        Mirror.objects.filter(pk=mirror.pk).update(**decided)
        Mirror.objects.filter(pk=mirror.pk, state__in=(Mirror.State.ON, Mirror.State.HELD)).update(**hold)
