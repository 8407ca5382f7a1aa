"""One contact shown to somebody without an account, by a link that ends."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils import timezone

from farley.accounts.actor import NOBODY, Actor
from farley.accounts.doors import Door
from farley.accounts.events import MAX_ADDRESS, Verb, note
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts.models import Contact
from farley.database.gathering import Gatherer
from farley.database.turns import write_turn
from farley.journal.access import Way, note_access
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

DAYS = (1, 7, 30)  # a link lasts one of these
# What a stranger gets of a card: how to reach the contact. Notes, tags, birthdays and relations stay in the house.
POCKET = 1_200  # octets of a card in a QR code: more of them, and cameras of older phones do not read it
SHARED = frozenset(
    {"VERSION", "FN", "N", "ORG", "TITLE", "ROLE", "TEL", "EMAIL", "ADR", "URL", "IMPP", "PHOTO", "KIND"}
)


class NoSuchLink(LookupError):
    """Forged, expired, revoked, or what it led to is out of its maker's hands: nobody is told which."""


class ShareLink(models.Model):
    """`contact` is shown, as it is then, to whoever has the link, as long as `made_by` may still change it."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="share_links")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)  # where it lay then
    nonce = models.CharField(max_length=43, unique=True)  # of the address; the rest is signed with the instance's key
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link {self.pk}"

    @property
    def token(self) -> str:
        """The end of the address."""
        return _signer().sign(self.nonce)

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()


class ShareOpening(models.Model):
    """Somebody opened the link, or with `is_download` took the card along."""

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="openings")
    at = models.DateTimeField()
    address = models.CharField(max_length=MAX_ADDRESS, blank=True)
    is_download = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"opening of {self.link_id}"


def share(contact: Contact, days: int, *, by: Actor, door: Door) -> ShareLink:
    """Make a link to `contact`. Raises NotAllowed, NoSuchSpace, and ValueError for days that are not offered."""
    if days not in DAYS or by.user is None:
        raise ValueError(f"a link of {days} days")
    now = timezone.now()
    with writing([contact.space_id]) as locked:
        space = locked[contact.space_id]
        require(space, by, Role.EDITOR)
        link: ShareLink = ShareLink.objects.create(
            contact=contact,
            space=space,
            nonce=secrets.token_urlsafe(32),
            made_by=by.user,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
        _note(Verb.LINK_MADE, space, by, door)
    return link


def revoke(link: ShareLink, *, by: Actor, door: Door) -> None:
    """End a link at once. Whoever may make one may end everybody's. Raises NotAllowed, NoSuchSpace."""
    with writing([link.space_id]) as locked:
        space = locked[link.space_id]
        require(space, by, Role.EDITOR)
        if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(Verb.LINK_REVOKED, space, by, door)


def opened(token: str, *, address: str, is_download: bool = False) -> Contact:
    """The contact that a link leads to; the opening is noted. Raises NoSuchLink."""
    try:
        nonce = _signer().unsign(token)
    except BadSignature as error:
        raise NoSuchLink from error
    links = ShareLink.objects.select_related("contact__space", "contact__content", "made_by")
    link = links.filter(nonce=nonce).first()
    if link is None or not link.is_open:
        raise NoSuchLink
    contact: Contact = link.contact
    role = contact.space.role_of(link.made_by.actor)
    if contact.is_deleted or contact.space_id != link.space_id or role is None or role < Role.EDITOR:
        raise NoSuchLink
    note_access(contact.space_id, Way.LINK_OPENED, [contact.pk], by=NOBODY, door=Door.WEB)
    openings.add((link.pk, timezone.now(), address[:MAX_ADDRESS], is_download))
    return contact


def shared_card(contact: Contact) -> Card:
    """What a link shows of the card."""
    return contact.card.with_only(SHARED)


def pocket_card(contact: Contact) -> tuple[Card, bool]:
    """As much of the card as a QR code has room for, what one calls and writes to first; and whether that is less than
    a link shows."""
    names = ["VERSION", "FN", "N"]
    card = contact.card.with_only(names)
    is_less = len(card.octets) > POCKET
    if is_less:
        names = ["VERSION", "FN"]
        card = contact.card.with_only(names).with_full_name(contact.full_name[:200])
        return card, is_less
    for name in ("TEL", "EMAIL", "ORG", "TITLE", "URL", "ADR"):
        more = contact.card.with_only([*names, name])
        if len(more.octets) > POCKET:
            is_less = True
        else:
            names.append(name)
            card = more
    return card, is_less


def _write_openings(noted: list[tuple[int, datetime, str, bool]]) -> None:
    """One a minute and address: a link that is opened without end must not fill the database."""
    first = {
        (link, address, taken, at.replace(second=0, microsecond=0)): at for link, at, address, taken in noted[::-1]
    }
    with write_turn():
        there = set(ShareLink.objects.filter(pk__in={key[0] for key in first}).values_list("pk", flat=True))
        ShareOpening.objects.bulk_create(
            ShareOpening(link_id=link, at=at, address=address, is_download=taken)
            for (link, address, taken, _minute), at in first.items()
            if link in there
        )


openings: Gatherer[tuple[int, datetime, str, bool]] = Gatherer(_write_openings)


def _signer() -> Signer:
    return Signer(salt="farley.contacts.sharing", sep=".")


def _note(verb: Verb, space: Space, by: Actor, door: Door) -> None:
    is_private = space.kind == Space.Kind.PRIVATE
    note(verb, by=by, door=door, subject="" if is_private else space.title, private=is_private)
