"""What an organisation's page shows beside its facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.contacts import organisations
from farley.contacts.models import Contact
from farley.contacts.organisations import Staff
from farley.web.addresses import address
from farley.web.contacts.affiliations import told
from farley.web.contacts.people import Person, name_of, person_of, url_of


@dataclass(frozen=True, slots=True)
class Level:
    """A line of the tree of organisations; `indents` is as long as it stands far in."""

    name: str
    url: str
    indents: range
    is_here: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """Beside an organisation's facts. `misnamed` is what some of its people's cards call it otherwise.

    `all_url` is the list of all people of that organisation where there are more than `current` holds.
    """

    current: list[Person]
    former: list[Person]
    tree: list[Level]
    open_things: list[Any]
    misnamed: str = ""
    all_url: str = ""


def organisation_of(contact: Contact, *, by: Actor) -> Organisation:
    people = organisations.staff(contact, by=by, today=timezone.localdate())
    nodes = organisations.tree(contact, by=by)
    current = [one for one in people if not one.is_former]
    here = [one.person for one in current]
    return Organisation(
        current=[_person(one) for one in current[: organisations.SHOWN]],
        former=[_person(one) for one in people if one.is_former],
        tree=[Level(name_of(n.organisation), url_of(n.organisation), range(n.depth), n.is_here) for n in nodes],
        open_things=organisations.open_things(contact, here, by=by),
        misnamed=", ".join(f"“{name}”" for name in organisations.misnamed(contact, here)[:3]),
        all_url=_all(contact) if len(current) > organisations.SHOWN else "",
    )


def _all(organisation: Contact) -> str:
    written = organisation.full_name.replace("\\", "\\\\").replace('"', '\\"')
    asked = {"kind": "person", "filter": f'org is "{written}"'}
    return f"{address('contacts')}?{urlencode(asked)}"


def _person(one: Staff) -> Person:
    note = told(one.affiliation) if one.affiliation else ", ".join(filter(None, (one.role, one.unit)))
    return person_of(one.person, note)
