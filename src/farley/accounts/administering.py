"""What administrators do with others' accounts: their details, and the office."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.closing import refuse_last_administrator, require_administrator
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.database.turns import write_turn


class EmailTaken(ValidationError):
    """Another account has this e-mail address, in whatever case."""

    def __init__(self, email: str) -> None:
        super().__init__(_("Another account has the e-mail address %(email)s."), params={"email": email})
        self.email = email


def set_office(user: User, is_admin: bool, *, by: Actor, door: Door) -> bool:
    """Make `user` an administrator, or take the office away; False where that is so already.

    Raises NotAdministrator, LastAdministrator.
    """
    require_administrator(by)
    with write_turn():
        if not is_admin:
            refuse_last_administrator(user)
        is_new = bool(User.objects.filter(pk=user.pk, is_admin=not is_admin).update(is_admin=is_admin))
        if is_new:
            note(Verb.USER_CHANGED, by=by, door=door, about=user, subject=user.name, admin=is_admin)
    user.is_admin = is_admin
    return is_new


def set_details(user: User, *, full_name: str | None = None, email: str | None = None, by: Actor, door: Door) -> None:
    """Give an account another full name or e-mail address. Links for a new password that are out end with the address.

    Raises NotAdministrator unless it is their own, ValidationError (EmailTaken is one).
    """
    if by.user != user or by.spaces is not None:
        require_administrator(by)
    wanted = {
        "full_name": user.full_name if full_name is None else full_name.strip(),
        "email": user.email if email is None else User.objects.normalize_email(email.strip()),
    }
    changed = {name: value for name, value in wanted.items() if value != getattr(user, name)}
    for name, value in changed.items():
        getattr(User, name).field.clean(value, user)
    if not changed:
        return
    with write_turn():
        try:
            with transaction.atomic():
                User.objects.filter(pk=user.pk).update(**changed)
        except IntegrityError as error:
            raise EmailTaken(wanted["email"]) from error
        note(Verb.USER_CHANGED, by=by, door=door, about=user, subject=user.name, changed=sorted(changed))
    for name, value in changed.items():
        setattr(user, name, value)
