"""The parts a person has in organisations, as their page shows and edits them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import gettext, pgettext

from farley.accounts.actor import Actor
from farley.contacts import affiliations
from farley.contacts.affiliations import MAX_ROLE, Part
from farley.contacts.models import Affiliation, Contact
from farley.web.contacts.people import Person, person_of

NEW = "new"


@dataclass(frozen=True, slots=True)
class AffiliationForm:
    """The editor, filled in. `was` recognises the part it changes; "" adds one."""

    organisation: str = ""
    role: str = ""
    from_on: str = ""
    to_on: str = ""
    was: str = ""
    error: str = ""


def affiliation_form(contact: Contact, asked: str, *, by: Actor) -> AffiliationForm | None:
    """The editor that the page was asked to open: an empty one, or that of a part; None for none."""
    if asked == NEW:
        return AffiliationForm()
    part = read_part(asked)
    seen = Contact.objects.visible_to(by).filter(pk=part.organisation).first() if part is not None else None
    if part is None or seen is None or part not in affiliations.parts_of([contact.pk])[contact.pk]:
        return None
    begin, end = (day.isoformat() if day else "" for day in (part.from_on, part.to_on))
    return AffiliationForm(seen.full_name, part.role, begin, end, was=asked)


def organisations_of(contact: Contact, *, by: Actor) -> list[Person]:
    """The organisations that `contact` has or had a part in, as far as `by` sees them; the current ones first."""
    return [
        person_of(each.organisation, told(each), was=json.dumps(Part.of(each).written, separators=(",", ":")))
        for each in affiliations.of_person(contact, by=by, today=timezone.localdate())
    ]


def told(affiliation: Affiliation) -> str:
    """Role and time, as lists say it."""
    days = [
        formats.date_format(day, pgettext("date format: day, month and year, short", "j M Y")) if day else ""
        for day in (affiliation.from_on, affiliation.to_on)
    ]
    time = ""
    if all(days):
        time = gettext("{begin} to {end}").format(begin=days[0], end=days[1])
    elif days[0]:
        time = gettext("since {day}").format(day=days[0])
    elif days[1]:
        time = gettext("until {day}").format(day=days[1])
    return ", ".join(filter(None, (affiliation.role, time)))


def read_part(written: str) -> Part | None:
    """The part that a page sent back; None for none, or for what no page sent."""
    try:
        organisation, role, begin, end = json.loads(written)
        if (
            isinstance(organisation, int)
            and 0 < organisation < 2**63
            and isinstance(role, str)
            and len(role) <= MAX_ROLE
        ):
            return Part.read([organisation, role, begin, end])
    except (ValueError, TypeError, RecursionError):
        pass
    return None
