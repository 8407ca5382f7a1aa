"""What managers of a space do with its mirrors. Nobody else learns that there are any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.roles import Role
from farley.configuration import load
from farley.database.turns import write_turn
from farley.journal.models import Batch, Change, Noun
from farley.mirrors import wording
from farley.mirrors.carddav import Found, discover
from farley.mirrors.listing import HERE
from farley.mirrors.models import MAX_ADDRESS, MAX_NAME, Mirror, MirrorItem, MirrorRun
from farley.mirrors.reaching import Reach
from farley.mirrors.sealing import seal
from farley.spaces.models import Space
from farley.spaces.operations import require, require_standing

EVERY = (15, 60, 360, 1440)  # minutes between two runs, to choose from
LATE = dt.timedelta(hours=2)
PATIENCE_S = 25.0  # of somebody who waits for the address books of a server
MAX_SECRET = 2000  # characters of a password or token
FORGOTTEN = "forgotten"  # of `wording.TROUBLES`: it was brought back and has no password
State, Todo = Mirror.State, MirrorItem.Todo


class NoSuchMirror(LookupError):
    """The space has no such mirror, or it is not for this actor to know."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a mirror works."""

    is_two_way: bool = False
    rule: Mirror.Rule = Mirror.Rule.THEIRS
    minutes: int = 60


def find(space: Space, name: str, *, by: Actor) -> Mirror:
    """The mirror of `space` that is called `name`. Raises NotAllowed, NoSuchSpace, NoSuchMirror."""
    require_standing(space, by, Role.MANAGER)
    found = Mirror.objects.filter(space=space, name=name, removed_at=None).first()
    if found is None:
        raise NoSuchMirror(name)
    mirror: Mirror = found
    return mirror


def look_for_books(address: str, login: str, password: str) -> tuple[str, list[Found]]:
    """The address as it is kept, and the address books there are for this account.

    Raises ValidationError; `reaching.Unreachable` with what the server said.
    """
    address = _checked_address(address)
    if not password or len(password) > MAX_SECRET or len(login) > 200 or not (login + password).isprintable():
        raise ValidationError(_("Type the name and the password of your account there."))
    reach = Reach(address, login, password, load().mirror_networks, PATIENCE_S)
    try:
        return address, discover(reach)
    finally:
        reach.close()


def add(
    space: Space,
    name: str,
    address: str,
    login: str,
    password: str,
    found: Sequence[Found],
    *,
    terms: Terms,
    by: Actor,
    door: Door,
) -> Mirror:
    """Make a mirror of what `look_for_books` found. Of several books one is to be chosen before it runs.

    Without a name it is called as its book is, and as the server until that is chosen.
    Raises NotAllowed, NoSuchSpace, ValidationError.
    """
    require(space, by, Role.MANAGER)
    name = _checked_name(name or (found[0].title if len(found) == 1 else _server(address)))
    mirror = Mirror(
        space=space, name=name, address=address, login=login, sealed_password=seal(password), user=by.user,
        found=[[each.address, each.title] for each in found],
    )  # fmt: skip
    _set_terms(mirror, terms)
    with write_turn():
        _refuse_taken(space, name)
        mirror.save()
        _tell(Verb.MIRROR_ADDED, mirror, by, door)
    if len(found) == 1:
        choose(mirror, found[0].address, by=by)
    return mirror


def choose(mirror: Mirror, address: str, *, by: Actor) -> None:
    """Say which of the books that were found it is, and begin. Raises NotAllowed, NoSuchSpace, ValidationError."""
    require(mirror.space, by, Role.MANAGER)
    if address not in [each[0] for each in mirror.found] or mirror.state != State.CHOOSING:
        raise ValidationError(_("There is no such address book."))
    mirror.book, mirror.state = address, State.ON
    with write_turn():
        if mirror.name == _server(mirror.address):  # nobody gave it a name
            mirror.name = _free_name(mirror, dict(mirror.found)[address])
        mirror.save(update_fields=["name", "book", "state"])
    run_now(mirror, by=by)


def change(mirror: Mirror, *, name: str, login: str, password: str, terms: Terms, by: Actor, door: Door) -> None:
    """Change how it works. An empty password stays as it is. From now on it writes in the right of `by`.

    The address stays: a password is sent only where it was typed for. That of somebody who has left the space is not
    used in the right of another. One that was brought back goes on once it has a password again.
    Raises NotAllowed, NoSuchSpace, ValidationError.
    """
    require(mirror.space, by, Role.MANAGER)
    if len(password) > MAX_SECRET or len(login) > 200 or not (login + password).isprintable():
        raise ValidationError(_("Type the name and the password of your account there."))
    if login != mirror.login and not password:
        raise ValidationError(_("Another name needs its password: type it, too."))
    if _is_left(mirror) and not password:
        raise ValidationError(_("Whoever set this up has left. Type the password of an account that is yours to use."))
    name = _checked_name(name)
    is_turning = terms.is_two_way and not mirror.is_two_way
    if is_turning:
        mirror.sent_revision = 0  # what was changed here so far is to be sent
    mirror.name, mirror.login, mirror.user = name, login, by.user
    _set_terms(mirror, terms)
    fields = ["name", "login", "user", "is_two_way", "rule", "minutes", "sent_revision"]
    if password:
        mirror.sealed_password = seal(password)
        fields.append("sealed_password")
    with write_turn():
        _refuse_taken(mirror.space, name, besides=mirror)
        mirror.save(update_fields=fields)
        if is_turning:  # what was deleted here, and may have changed outside since, is looked at before it goes there
            there = MirrorItem.objects.filter(mirror=mirror, is_erased=False).exclude(tag="")
            there.exclude(HERE).update(todo=Todo.FETCH)
        _tell(Verb.MIRROR_CHANGED, mirror, by, door)
    if password and mirror.trouble == FORGOTTEN:
        resume(mirror, by=by, door=door)
    elif mirror.trouble and mirror.state == State.ON:
        run_now(mirror, by=by)


def run_now(mirror: Mirror, *, by: Actor) -> None:
    """Have it run as soon as the worker comes to it: with a whole listing, and what did not get across.

    Raises NotAllowed, NoSuchSpace.
    """
    from farley.mirrors.tasks import run_mirror

    require_ready(mirror, by=by)
    with write_turn():
        failed = MirrorItem.objects.filter(mirror=mirror, todo=Todo.NOTHING).exclude(problem="")
        failed.filter(problem__in=("refused", "lost")).update(todo=Todo.SEND)
        failed.filter(problem__in=("invalid", "large")).update(todo=Todo.FETCH)
        Mirror.objects.filter(pk=mirror.pk).update(next_at=timezone.now() + mirror.every, listed_at=None)
        run_mirror.enqueue(mirror.pk, paused_too=mirror.state == State.PAUSED)


def require_ready(mirror: Mirror, *, by: Actor) -> None:
    """Raise unless `by` may have it run now."""
    require(mirror.space, by, Role.MANAGER)
    if mirror.state in (State.CHOOSING, State.REMOVED):
        raise ValidationError(_("Choose an address book first."))


def pause(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """Have it run no more by itself. Raises NotAllowed, NoSuchSpace."""
    require(mirror.space, by, Role.MANAGER)
    with write_turn():
        if Mirror.objects.filter(pk=mirror.pk, state__in=(State.ON, State.HELD)).update(state=State.PAUSED):
            _tell(Verb.MIRROR_CHANGED, mirror, by, door)


def pause_senders() -> None:
    """After a restore: none sends by itself, for the Farley that the backup is of may be running beside this one."""
    senders = Mirror.objects.filter(state__in=(State.ON, State.HELD), is_two_way=True)
    senders.update(state=State.PAUSED, remark="restored", remark_details={})


def resume(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """Have it run by itself again, at once for the first time. Raises NotAllowed, NoSuchSpace."""
    require(mirror.space, by, Role.MANAGER)
    with write_turn():
        if not Mirror.objects.filter(pk=mirror.pk, state=State.PAUSED).update(
            state=State.ON, remark="", remark_details={}
        ):
            return
        _tell(Verb.MIRROR_CHANGED, mirror, by, door)
    mirror.state = State.ON
    run_now(mirror, by=by)


def remove(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """End it and forget its password. The contacts stay, and it can be brought back. Raises NotAllowed, NoSuchSpace."""
    from farley.mirrors.tasks import run_mirror

    require_standing(mirror.space, by, Role.MANAGER)
    with write_turn():
        going = Mirror.objects.filter(pk=mirror.pk, removed_at=None)
        if going.update(state=State.REMOVED, removed_at=timezone.now(), sealed_password="", next_at=None, found=[]):
            _tell(Verb.MIRROR_REMOVED, mirror, by, door)
            if MirrorRun.objects.filter(mirror=mirror, finished_at=None).exists():  # to end its act: it can be undone
                run_mirror.enqueue(mirror.pk)


def bring_back(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """Take a mirror up again that was removed; it is paused until somebody types its password.

    Raises NotAllowed, NoSuchSpace, ValidationError.
    """
    require(mirror.space, by, Role.MANAGER)
    with write_turn():
        _refuse_taken(mirror.space, mirror.name)
        gone = Mirror.objects.filter(pk=mirror.pk, state=State.REMOVED).exclude(book="")
        back: dict[str, Any] = {
            "state": State.PAUSED,
            "removed_at": None,
            "trouble": FORGOTTEN,
            "trouble_details": {},
            "user": by.user,
        }
        if gone.update(**back):
            _tell(Verb.MIRROR_ADDED, mirror, by, door)


def go_on(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """Do what the mirror stopped before: delete, or leave undone what was undone. Raises NotAllowed, NoSuchSpace."""
    require(mirror.space, by, Role.MANAGER)
    with write_turn():
        _undone(mirror).update(is_acknowledged=True)
        _free(mirror, confirmed=mirror.held_for)
        _tell(Verb.MIRROR_CHANGED, mirror, by, door)
    run_now(mirror, by=by)


def keep(mirror: Mirror, *, by: Actor, door: Door) -> None:
    """Do not do what the mirror stopped before, but the opposite: what is missing on one side is brought there again.

    Contacts that are gone outside stay here (and are sent, where it goes both ways); those deleted here, and what was
    undone, are fetched again. Raises NotAllowed, NoSuchSpace.
    """
    require(mirror.space, by, Role.MANAGER)
    items = MirrorItem.objects.filter(mirror=mirror, is_erased=False)
    with write_turn():
        if mirror.held_for == "deletes_here":
            gone = items.filter(HERE, todo=Todo.DROP)
            if mirror.is_two_way:
                gone.update(tag="", listed_tag="", sha256=None, todo=Todo.SEND)
            else:
                MirrorItem.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).delete()
        elif mirror.held_for == "deletes_there":
            _fetch_anew(items.filter(todo=Todo.SEND).exclude(HERE))
        else:
            batches = _undone(mirror).values("batch")
            touched = Change.objects.filter(batch__in=batches, noun=Noun.CONTACT).values("subject")
            _fetch_anew(items.filter(contact__in=touched))
            _undone(mirror).update(is_acknowledged=True)
        _free(mirror, confirmed="")
        _tell(Verb.MIRROR_CHANGED, mirror, by, door)
    run_now(mirror, by=by)


def decide(mirror: Mirror, item: int, rule: Mirror.Rule, *, by: Actor) -> None:
    """Say whose version of one card counts. Raises NotAllowed, NoSuchSpace, NoSuchMirror for a card that is settled."""
    require(mirror.space, by, Role.MANAGER)
    open_ones = MirrorItem.objects.filter(mirror=mirror, pk=item, todo__in=(Todo.FETCH, Todo.DROP)).exclude(problem="")
    with write_turn():
        if not open_ones.update(decision=rule):
            raise NoSuchMirror(mirror.name)
    run_now(mirror, by=by)


def runs_of(mirror: Mirror, *, by: Actor) -> QuerySet[MirrorRun]:
    """Its log, newest first. Raises NotAllowed, NoSuchSpace."""
    require_standing(mirror.space, by, Role.MANAGER)
    return (
        MirrorRun.objects.filter(mirror=mirror)
        .exclude(finished_at=None)
        .select_related("batch", "mirror")
        .order_by("-pk")
    )


def troubled(mirror: Mirror, *, by: Actor) -> QuerySet[MirrorItem]:
    """The cards that did not get across. Raises NotAllowed, NoSuchSpace."""
    require_standing(mirror.space, by, Role.MANAGER)
    found = MirrorItem.objects.filter(mirror=mirror).exclude(problem="")
    return found.select_related("contact", "mirror").order_by("pk")


def in_need() -> Iterator[str]:
    """What is wrong with mirrors, a line each, for whoever runs Farley. Names of private spaces are not in it."""
    for mirror in Mirror.objects.filter(removed_at=None).select_related("space").order_by("pk"):
        space = "a private space" if mirror.space.is_private else f"the space {mirror.space.name}"
        where = f"mirror {mirror.pk} of {space}"
        if mirror.state == State.HELD:
            yield f"{where} waits for a manager: {wording.trouble(mirror.held_for, mirror.held_details)}"
        elif mirror.trouble and mirror.state == State.ON:
            yield f"{where}: {wording.trouble(mirror.trouble, mirror.trouble_details)}"
        if mirror.remark:
            yield f"{where}: {wording.remark(mirror.remark, mirror.remark_details)}"
        if cards := MirrorItem.objects.filter(mirror=mirror).exclude(problem="").count():
            yield f"{where}: {cards:,} cards do not get across; its managers see which on its page"
        if mirror.state == State.ON and mirror.next_at and mirror.next_at < timezone.now() - LATE:
            yield f"{where} should have run at {mirror.next_at:%Y-%m-%d %H:%M} UTC; `farley serve` runs it"


def _is_left(mirror: Mirror) -> bool:
    """Whether the one in whose right it was is no member of the space any more."""
    return mirror.user is None or mirror.space.standing_of(mirror.user.actor) is None


def _undone(mirror: Mirror) -> QuerySet[MirrorRun]:
    return MirrorRun.objects.filter(mirror=mirror, is_acknowledged=False, batch__state=Batch.State.UNDONE)


def _fetch_anew(items: QuerySet[MirrorItem]) -> None:
    items.exclude(tag="").update(todo=Todo.FETCH, sha256=None, decision=Mirror.Rule.THEIRS)


def _free(mirror: Mirror, *, confirmed: str) -> None:
    held = Mirror.objects.filter(pk=mirror.pk, state=State.HELD)
    details = mirror.held_details if confirmed else {}  # how many were agreed to
    held.update(state=State.ON, held_for="", held_details=details, confirmed=confirmed)
    mirror.refresh_from_db()


def _set_terms(mirror: Mirror, terms: Terms) -> None:
    if terms.minutes not in EVERY:
        raise ValidationError(_("Choose how often it runs."))
    mirror.is_two_way, mirror.rule, mirror.minutes = terms.is_two_way, terms.rule, terms.minutes


def _server(address: str) -> str:
    return (urlsplit(address).hostname or address)[:MAX_NAME]


def _free_name(mirror: Mirror, title: str) -> str:
    """`title`, unless it cannot be the name of this mirror: then the one it has."""
    try:
        name = _checked_name(title)
        _refuse_taken(mirror.space, name, besides=mirror)
    except ValidationError:
        return mirror.name
    return name


def _refuse_taken(space: Space, name: str, *, besides: Mirror | None = None) -> None:
    others = Mirror.objects.filter(space=space, name=name, removed_at=None)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise ValidationError(_("This space has a mirror of this name already."))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValidationError(_("A name has 1 to %(limit)s characters."), params={"limit": MAX_NAME})
    return name


def _checked_address(address: str) -> str:
    """With https:// where nothing else is said. Raises ValidationError."""
    address = address.strip()
    address = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 -- reading it is the check
        host = (parts.hostname or "").encode("idna").decode("ascii") if ":" not in (parts.hostname or "") else "[]"
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or len(address) > MAX_ADDRESS or not address.isprintable():
        raise ValidationError(_("This is no address of a server. It begins with https://."))
    if "@" in parts.netloc:
        raise ValidationError(_("The name and the password do not belong into the address: type them below."))
    return parts._replace(fragment="", query="").geturl()


def _tell(verb: Verb, mirror: Mirror, by: Actor, door: Door) -> None:
    is_private = mirror.space.is_private
    title = "" if is_private else mirror.space.title
    note(verb, by=by, door=door, subject=title, private=is_private)
