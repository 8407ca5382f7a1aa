"""Setting regular imports up and taking them away, by the managers of a space."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.roles import Role
from farley.contacts.combining import Rule
from farley.contacts.matching import Key, NoSuchKey
from farley.database.turns import write_turn
from farley.exchange.mapping import Mapping
from farley.exchange.own_lines import fields_here
from farley.intake.models import MARK, MAX_NAME, RegularImport
from farley.mirrors.addresses import PATIENCE_S, asked, plain
from farley.mirrors.sealing import seal
from farley.spaces.models import Space
from farley.spaces.operations import require, require_standing

EVERY: Final = (15, 60, 360, 1440)  # minutes between two looks at an address, to choose from
ACCEPT: Final = "text/vcard, text/csv, text/calendar, */*;q=0.5"


class NoSuchRegularImport(LookupError):
    """The space has no such regular import, or it is not for this actor to know."""


def find(space: Space, name: str, *, by: Actor) -> RegularImport:
    """Raises NotAllowed, NoSuchSpace, NoSuchRegularImport."""
    require_standing(space, by, Role.MANAGER)
    found = RegularImport.objects.filter(space=space, name=name).select_related("space", "user").first()
    if found is None:
        raise NoSuchRegularImport(name)
    regular: RegularImport = found
    return regular


def watch(
    space: Space,
    *,
    name: str = "",
    key: str = "uid",
    rule: Rule = Rule.KEEP,
    mapping: Mapping | None = None,
    by: Actor,
    door: Door,
) -> RegularImport:
    """Watch a folder for this space, which is made where the instance has its watched ones.

    Nobody says which: so nobody reads what others' folders hold.
    Raises NotAllowed, NoSuchSpace, ValidationError; OSError.
    """
    _check(space, key, by)
    with write_turn():
        if RegularImport.objects.filter(space=space, kind=RegularImport.Kind.FOLDER).exists():
            raise ValidationError(_("This space has a watched folder already."))
        made = _made(
            space,
            name or _("Watched folder"),
            kind=RegularImport.Kind.FOLDER,
            folder=f"{space.name}-{space.pk}" if _is_of_another(space) else space.name,
            key=key,
            rule=rule.value,
            mapping=mapping.to_json() if mapping else None,
            user=by.user,
        )
        _note(made, "added", by=by, door=door)
    made.claim()
    return made


def fetch(
    space: Space,
    address: str,
    *,
    name: str = "",
    minutes: int = 1440,
    key: str = "uid",
    rule: Rule = Rule.KEEP,
    mapping: Mapping | None = None,
    by: Actor,
    door: Door,
) -> RegularImport:
    """Fetch what is at `address` every so many minutes. It is asked once now, and must answer.

    Raises NotAllowed, NoSuchSpace, ValidationError; `reaching.Unreachable` with what was wrong with the answer.
    """
    _check(space, key, by)
    if minutes not in EVERY:
        raise ValueError(f"every {minutes} minutes")
    address = plain(address)
    with asked(address, accept=ACCEPT, patience_s=PATIENCE_S):
        pass
    host = (urlsplit(address).hostname or "")[:255]
    with write_turn():
        made = _made(
            space,
            name or host,
            kind=RegularImport.Kind.ADDRESS,
            host=host,
            sealed_address=seal(address),
            minutes=minutes,
            key=key,
            rule=rule.value,
            mapping=mapping.to_json() if mapping else None,
            user=by.user,
        )
        _note(made, "added", by=by, door=door)
    return made


def pause(regular: RegularImport, *, is_paused: bool, by: Actor, door: Door) -> None:
    """Let it come no more by itself; or again, and at once. Raises NotAllowed, NoSuchSpace."""
    require(regular.space, by, Role.MANAGER)
    with write_turn():
        RegularImport.objects.filter(pk=regular.pk).update(is_paused=is_paused, next_at=timezone.now())
        _note(regular, "paused" if is_paused else "resumed", by=by, door=door)


def remove(regular: RegularImport, *, by: Actor, door: Door) -> None:
    """End it. What it brought stays, and can still be undone; so does the folder. Raises NotAllowed, NoSuchSpace."""
    require_standing(regular.space, by, Role.MANAGER)
    with write_turn():
        _note(regular, "removed", by=by, door=door)
        regular.delete()


def _is_of_another(space: Space) -> bool:
    """Whether the folder called as this space is or was one of another space, which was called so before."""
    if RegularImport.objects.filter(folder=space.name).exists():
        return True
    try:
        mark = (RegularImport(folder=space.name).path / MARK).read_text(errors="replace").strip()
    except FileNotFoundError:  # somebody may have made it beforehand
        return False
    return mark != str(space.pk)


def _check(space: Space, key: str, by: Actor) -> None:
    require(space, by, Role.MANAGER)
    try:
        Key.named(key, fields_here(space, by))
    except NoSuchKey as error:
        raise ValidationError(_("There is no such own field to recognise contacts by.")) from error


def _made(space: Space, name: str, **given: Any) -> RegularImport:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValidationError(_("A name has 1 to %(limit)s characters."), params={"limit": MAX_NAME})
    if RegularImport.objects.filter(space=space, name=name).exists():
        raise ValidationError(_("The space has a regular import of this name already."))
    made: RegularImport = RegularImport.objects.create(space=space, name=name, **given)
    return made


def _note(regular: RegularImport, what: str, *, by: Actor, door: Door) -> None:
    space = regular.space
    where = space.name if not space.is_private else ""
    note(Verb.SETTING_CHANGED, by=by, door=door, subject=where, what=f"regular import {what}")
