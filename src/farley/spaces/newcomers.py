"""Whose account it is that a provider of single sign-on speaks of, and what its groups give there."""

from __future__ import annotations

import logging
import re
from itertools import count

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from farley.accounts import single_sign_on, teams
from farley.accounts.actor import Actor, ActorKind
from farley.accounts.administering import EmailTaken, set_office
from farley.accounts.closing import LastAdministrator
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import NAME_PATTERN, User
from farley.accounts.single_sign_on import Identity
from farley.accounts.teams import Team, TeamMember
from farley.configuration import SingleSignOn
from farley.database.turns import write_turn
from farley.spaces.operations import LastManager, NameTaken, add_person

log = logging.getLogger(__name__)
PROVIDER = Actor(ActorKind.SYSTEM, None, "single sign-on")
MAX_TRIES = 100  # at a name that nobody has


class NotLetIn(PermissionError):
    """The provider knows this person, and this house does not let them in: the closed, strangers, other domains."""


def account_of(identity: Identity) -> User:
    """The account that `identity` signs in to, with the teams and the office that its groups give.

    By issuer and subject; else, where the settings allow it, by the address, if the provider has seen to whose it is;
    else a new account. Raises NotLetIn, NotConfigured.
    """
    wanted = single_sign_on.provider()
    if wanted.domains and identity.email.rpartition("@")[2].lower() not in wanted.domains:
        raise NotLetIn("another domain")
    known = SocialAccount.objects.filter(provider=identity.issuer, uid=identity.subject).first()
    user: User = known.user if known is not None else (_linked(identity, wanted) or _made(identity, wanted))
    if not user.is_active:
        raise NotLetIn("a closed account")
    with write_turn():
        _follow_groups(user, identity, wanted)
    user.refresh_from_db()
    return user


def _linked(identity: Identity, wanted: SingleSignOn) -> User | None:
    """The account that has the address, which becomes this identity's; None if there is none to be linked."""
    user = User.objects.filter(email__iexact=identity.email).first() if identity.email else None
    if user is None:
        return None
    if not wanted.link_by_email or identity.is_email_verified is not True or not user.is_active:
        raise NotLetIn("an account has this address, and the settings do not link it")
    with write_turn():
        User.objects.select_for_update().get(pk=user.pk)
        if SocialAccount.objects.filter(provider=identity.issuer, user_id=user.pk).exists():
            raise NotLetIn("the account is somebody else's at the provider")  # who had the address before
        _connect(user, identity)
    return user


def _made(identity: Identity, wanted: SingleSignOn) -> User:
    if not wanted.create_accounts or not identity.email or identity.is_email_verified is False:
        raise NotLetIn("no account, and the settings make none")
    stem = _stem(identity)
    for number in count(1):
        name = stem if number == 1 else f"{stem[:36]}{number}"
        try:
            with write_turn():
                user = add_person(
                    name, identity.email, None, full_name=identity.full_name[:200], by=PROVIDER, door=Door.WEB
                )
                _connect(user, identity)
        except NameTaken:
            if number < MAX_TRIES:
                continue
            raise NotLetIn("no free name") from None
        except (EmailTaken, ValidationError, IntegrityError) as error:
            raise NotLetIn("no account can be made of this") from error
        return user
    raise NotLetIn("no free name")


def _stem(identity: Identity) -> str:
    """A name for log-in, from what the provider calls the person."""
    for candidate in (identity.name, identity.email.partition("@")[0]):
        plain = re.sub(r"[^a-z0-9._-]+", "-", candidate.partition("@")[0].lower()).strip("._-")[:38].strip("._-")
        if NAME_PATTERN.fullmatch(plain):
            return plain
    return "person"


def _connect(user: User, identity: Identity) -> None:
    with transaction.atomic():
        SocialAccount.objects.create(user_id=user.pk, provider=identity.issuer, uid=identity.subject)
    note(Verb.SSO_CONNECTED, by=PROVIDER, door=Door.WEB, about=user, subject=identity.email)


def _follow_groups(user: User, identity: Identity, wanted: SingleSignOn) -> None:
    """Put `user` into the teams of their groups and take them out of the other mapped ones; teams besides stay."""
    given = {team for group, team in wanted.teams.items() if group in identity.groups}
    is_in = set(TeamMember.objects.filter(user=user).values_list("team__name", flat=True))
    for team in Team.objects.filter(name__in=set(wanted.teams.values())):
        if team.name in given and team.name not in is_in:
            teams.add_member(team, user, by=PROVIDER, door=Door.WEB)
        elif team.name in is_in and team.name not in given:
            try:
                with transaction.atomic():
                    teams.remove_member(team, user, by=PROVIDER, door=Door.WEB)
            except LastManager as error:  # a space would be left with nobody
                log.warning("%s stays in the team %s: %s", user.name, team.name, error)
    is_admin = wanted.admins_group in identity.groups
    if wanted.admins_group and is_admin != user.is_admin:
        try:
            set_office(user, is_admin, by=PROVIDER, door=Door.WEB)
        except LastAdministrator:
            log.warning("%s stays an administrator: there is no other one", user.name)
