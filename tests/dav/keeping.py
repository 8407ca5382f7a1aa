"""Devices that keep what they are told of a book, and what happens to it meanwhile."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.contacts.storing import StoreProblem
from farley.dav.names import DAV
from farley.journal.models import Door
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team
from tests.dav.phone import Phone, phone_of

ETAG = f"{DAV}getetag"


@dataclass
class Keeper:
    """A device that keeps the tags of a book, by what it is told of changes alone."""

    phone: Phone
    limit: int | None = None
    token: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    def sync(self) -> None:
        for _ in range(1000):
            answer = self.phone.sync(self.token, limit=self.limit)
            cut = [row for row in answer.rows if row.status == 507]
            for name, row in answer.by_name.items():
                if row.status == 404:
                    self.tags.pop(name, None)
                elif row.status is None:
                    self.tags[name] = row[ETAG]
            assert answer.token != self.token or not cut
            self.token = answer.token
            if not cut:
                return

    def is_as_the_server(self) -> bool:
        listed = self.phone.propfind(self.phone.book, "d:getetag", depth="1")
        return self.tags == {name: row[ETAG] for name, row in list(listed.by_name.items())[1:]}


class Merged(Phone):
    @property
    def book(self) -> str:
        return "/dav/addressbooks/alice/merged-alice/"


def act(rng: random.Random, alice: User, spaces: list[Space]) -> None:
    """Something that happens: by a person, in one of the spaces, to few cards with fewer UIDs."""
    hand, space = hand_of(alice), rng.choice(spaces)
    live = list(Contact.objects.filter(deleted_at=None).order_by("pk"))
    what = rng.choice(["new", "new", "change", "change", "delete", "restore", "move", "place", "assign"])
    try:
        if what == "new":
            hand.store(
                space, a_card(f"New {rng.random()}", uid=f"u{rng.randrange(12)}"), href=f"{rng.randrange(15)}.vcf"
            )
        elif what == "restore":
            gone = list(Contact.objects.exclude(deleted_at=None).order_by("pk"))
            if gone:
                operations.restore(rng.choice(gone), by=alice.actor, door=Door.WEB)
        elif live:
            one = rng.choice(live)
            if what == "change":
                uid = rng.choice([one.uid, one.uid, f"u{rng.randrange(12)}"])
                hand.store(one.space, a_card(f"Again {rng.random()}", uid=uid), href=one.href)
            elif what == "delete":
                operations.delete([one], by=alice.actor, door=Door.WEB, batch=None)
            elif what == "move":
                operations.move([one], space, by=alice.actor, door=Door.WEB, batch=None)
            elif what == "place":
                operations.place(
                    one, space, f"{rng.randrange(15)}.vcf", is_overwriting=True, by=alice.actor, door=Door.DAV
                )
            else:
                operations.assign([one], alice, by=alice.actor, door=Door.WEB, batch=None)
    except StoreProblem:  # others were there first
        pass


def spaces_and_keepers(alice: User) -> tuple[list[Space], list[Keeper]]:
    """Three spaces of Alice's, each with a device of its own, and two devices that see all of them as one book."""
    own = space_of(alice)
    spaces = [own, team("sales", alice=Role.MANAGER), team("club", alice=Role.MANAGER)]
    _device, secret = devices.add(alice, Device.Kind.DEVICE, "Mac", is_merged=True, by=alice.actor, door=Door.WEB)
    return spaces, [
        Keeper(phone_of(alice, own)),
        Keeper(phone_of(alice, spaces[1]), limit=2),
        Keeper(phone_of(alice, spaces[2]), limit=1),
        Keeper(Merged(alice, secret, own)),
        Keeper(Merged(alice, secret, own), limit=3),
    ]
