"""Links that let people in: made and revoked by managers, accepted by whoever holds one and logs in."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.roles import Role
from farley.spaces.models import Invitation, Space
from farley.spaces.operations import SpaceIsPrivate, give, require, require_standing, writing

TOKEN_OCTETS = 32
MAX_TOKEN = 64  # characters; one of ours has 43
MAX_USES = 1000
MAX_DAYS = 90


class NoSuchInvitation(LookupError):
    """There is no such link, or it is used up, expired or revoked: which of these is told to nobody."""


def invite(
    space: Space, role: Role, *, max_uses: int = 1, days: int = 7, by: Actor, door: Door = Door.WEB
) -> tuple[Invitation, str]:
    """Make a link; its token is given out here and never again.

    A link makes nobody a manager: whoever finds it could give the space away.
    Raises NotAllowed, NoSuchSpace, SpaceIsPrivate, ValidationError.
    """
    if role > Role.EDITOR:
        raise ValidationError(_("A link makes nobody a manager. Invite the person, then give them the role."))
    if not 1 <= max_uses <= MAX_USES:
        raise ValidationError(_("A link is for 1 to %(limit)s people."), params={"limit": MAX_USES})
    if not 1 <= days <= MAX_DAYS:
        raise ValidationError(_("A link is valid for 1 to %(limit)s days."), params={"limit": MAX_DAYS})
    octets = secrets.token_bytes(TOKEN_OCTETS)
    token = base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        if space.is_private or by.user is None:
            raise SpaceIsPrivate(space)
        made = Invitation.objects.create(
            space=space,
            role=role,
            token_sha256=_hash_of(token),
            made_by=by.user,
            expires_at=timezone.now() + dt.timedelta(days=days),
            max_uses=max_uses,
        )
        note(Verb.INVITED, by=by, door=door, subject=space.name, role=role.word, uses=max_uses, days=days)
    return made, token


def revoke(invitation: Invitation, *, by: Actor, door: Door = Door.WEB) -> None:
    """End the link; who came by it stays. Raises NotAllowed, NoSuchSpace."""
    with writing([invitation.space_id]) as locked:
        space = locked[invitation.space_id]
        require_standing(space, by, Role.MANAGER)
        if Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now()):
            note(Verb.INVITATION_REVOKED, by=by, door=door, subject=space.name)


def open_in(space: Space, *, by: Actor) -> list[Invitation]:
    """The links of the space that are open, the newest first. Raises NotAllowed, NoSuchSpace."""
    require_standing(space, by, Role.MANAGER)
    made = Invitation.objects.filter(space=space, revoked_at=None).select_related("made_by")
    return [each for each in made.order_by("-pk") if each.is_open]


def opened(token: str) -> Invitation:
    """The invitation that this token opens now. Raises NoSuchInvitation, the same for all that it does not open."""
    if len(token) > MAX_TOKEN:
        raise NoSuchInvitation
    found = Invitation.objects.select_related("space", "made_by").filter(token_sha256=_hash_of(token)).first()
    if found is None:
        raise NoSuchInvitation
    return _still_open(found)


def accept(token: str, *, by: Actor, door: Door = Door.WEB) -> Space:
    """Make `by` a member, unless they may as much already: then the link is not used up. Raises NoSuchInvitation."""
    if by.kind is not ActorKind.PERSON or by.user is None:
        raise NoSuchInvitation
    found = opened(token)
    with writing([found.space_id]) as locked:
        space = locked[found.space_id]
        # read anew: under the lock of the space nobody else uses it up
        invitation = _still_open(Invitation.objects.select_related("space", "made_by").get(pk=found.pk))
        if (space.standing_of(by) or 0) >= invitation.role:
            return space
        give(space, by.user, Role(invitation.role), given_by=invitation.made_by, invitation=invitation)
        Invitation.objects.filter(pk=invitation.pk).update(uses=invitation.uses + 1)
        note(Verb.JOINED, by=by, door=door, subject=space.name, about=by.user, role=Role(invitation.role).word)
    return space


def _still_open(invitation: Invitation) -> Invitation:
    """A link lives as long as whoever made it manages the space."""
    space = invitation.space
    if not invitation.is_open or space.archived_at is not None:
        raise NoSuchInvitation
    if space.standing_of(invitation.made_by.actor) != Role.MANAGER:
        raise NoSuchInvitation
    return invitation


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
