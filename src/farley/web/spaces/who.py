"""Who can see this, and why; and what somebody else can see."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from farley.accounts import events
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.seeing import is_told
from farley.contacts.models import Contact, ContactQuerySet
from farley.spaces.audience import Way, ways_into, ways_of
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from farley.web.accounts.people_photos import photo_url
from farley.web.contacts.people import name_of
from farley.web.contacts.record import visible_contact
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.requests import PageRequest
from farley.web.spaces.spaces import reason_of, role_name

SHOWN = 100  # contacts a page
SHOWN_PEOPLE = 200  # a page


@dataclass(slots=True)
class Sight:
    """What somebody may do somewhere, with every reason; `title` is the person or the space."""

    title: str
    role: str
    reasons: list[str]
    icon: str = ""
    url: str = ""
    is_archived: bool = False
    photo: str = ""


@dataclass(frozen=True, slots=True)
class SeenContact:
    name: str
    note: str


@require_GET
def contact_who(request: PageRequest, pk: int) -> HttpResponse:
    """Everybody who sees the contact, the role they have and through what."""
    contact = visible_contact(request, pk)
    ways, following = _page(request, [way for way in ways_into(contact.space) if way.role >= Role.READER])
    context = {
        "place": "contacts",
        "name": name_of(contact),
        "url": reverse("contact", args=[pk]),
        "space": contact.space,
        "people": _people(ways),
        "next": following,
    }
    return render(request, "spaces/who.html", context)


@require_GET
def entry_who(request: PageRequest, pk: int) -> HttpResponse:
    """Everybody who reads the event or task, and who learns only when it keeps somebody busy."""
    entries = CalendarObject.objects.told_to(request.actor).select_related("calendar", "space")
    entry = get_object_or_404(entries, pk=pk)
    ways = ways_into(entry.space)
    readers = {way.user.pk for way in ways if is_told(entry, way.role)}
    ways, following = _page(request, sorted(ways, key=lambda way: way.user.pk not in readers))
    context = {
        "place": "tasks" if entry.component == CalendarObject.Kind.TASK else "calendar",
        "name": entry.summary or gettext("No title"),
        "url": reverse("entry", args=[pk]),
        "space": entry.space,
        "calendar": entry.calendar,
        "people": _people([way for way in ways if way.user.pk in readers]),
        "others": _people([way for way in ways if way.user.pk not in readers]),
        "next": following,
    }
    return render(request, "spaces/who.html", context)


def _page(request: PageRequest, ways: Sequence[Way]) -> tuple[list[Way], int | None]:
    """The ways of so many people as a page holds, `from` somewhere on, and where the next ones begin."""
    start = int(asked) if (asked := request.GET.get("from", "")).isascii() and asked.isdigit() and len(asked) < 9 else 0
    people = list(dict.fromkeys(way.user.pk for way in ways))
    here = set(people[start : start + SHOWN_PEOPLE])
    return [way for way in ways if way.user.pk in here], start + SHOWN_PEOPLE if people[
        start + SHOWN_PEOPLE :
    ] else None


def _people(ways: Sequence[Way]) -> list[Sight]:
    """Each person once, with every way; `ways` has the highest first."""
    people: dict[int, Sight] = {}
    for way in ways:
        told = role_name(way.role)
        sight = people.setdefault(way.user.pk, Sight(way.user.display_name, told, []))
        sight.photo = photo_url(way.user.name, way.user.photo)
        sight.reasons.append(_reason(way, sight.role))
    return list(people.values())


@require_GET
def person_sees(request: PageRequest, name: str) -> HttpResponse:
    """Where somebody sees what: all of it for oneself, for others what the reader may know."""
    person = User.objects.filter(name=name, is_active=True).first()
    if person is None:
        raise Http404("no such person")
    is_self = person == request.user
    if is_self:
        spaces = list(Space.objects.visible_to(request.actor))
    elif request.user.is_admin:
        spaces = list(Space.objects.shared())
    else:
        spaces = list(Space.objects.managed_by(request.actor).shared())
    ways = ways_of(person, spaces)
    if not ways and not is_self and not request.user.is_admin:
        raise Http404("nobody whom the reader manages")  # nor is told whether there is such an account
    managed = set(Space.objects.managed_by(request.actor).values_list("pk", flat=True))
    context = {
        "place": "spaces",
        "person": person,
        "is_self": is_self,
        "is_whole": is_self or request.user.is_admin,
        "spaces": _sights(ways, person, may_look=lambda space: request.user.is_admin or space.pk in managed),
    }
    return render(request, "spaces/sees.html", context)


@require_GET
def space_as(request: PageRequest, name: str, person: str) -> HttpResponse:
    """The contacts and calendars of a shared space as one of its members sees them; nothing can be done here."""
    space = _looked_into(request, name)
    user = User.objects.filter(name=person, is_active=True).first()
    role = space.role_of(user.actor) if user else None
    if user is None or role is None:
        raise Http404("nobody of this name is in the space")
    theirs = dataclasses.replace(user.actor, spaces=frozenset({space.pk}))  # nothing of theirs from anywhere else
    seen = Contact.objects.visible_to(theirs)
    own = seen.filter(space__in=Space.objects.visible_to(request.actor).values("pk"))  # and nothing new to the reader
    after = request.GET.get("after", "")
    rows = list(_behind(own, after)[: SHOWN + 1])
    if not after:
        events.note(events.Verb.VIEWED_AS, by=request.actor, door=Door.WEB, subject=space.name, about=user)
    context = {
        "place": "spaces",
        "space": space,
        "person": user,
        "role": role_name(role),
        "reads": role >= Role.READER,
        "reasons": [_reason(way, role_name(role)) for way in ways_into(space, user=user)],
        "is_reader": (space.standing_of(request.actor) or 0) >= Role.READER,
        "contacts": [SeenContact(name_of(c), c.organisation_name) for c in rows[:SHOWN]],
        "count": seen.count(),
        "next": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "calendars": [SeenContact(each.name, _extent(each, role)) for each in _calendars(theirs)],
    }
    return render(request, "spaces/as.html", context)


def _calendars(theirs: Actor) -> list[Calendar]:
    return list(Calendar.objects.busy_to(theirs).filter(archived_at=None).in_order())


def _extent(calendar: Calendar, role: Role) -> str:
    """How much of a calendar somebody with this role is shown."""
    count = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    if role < Role.READER:
        return gettext("only when somebody is busy")
    if role >= Role.EDITOR:
        return ngettext("{count} entry", "{count} entries", found := count.count()).format(count=found)
    found = count.filter(classification=CalendarObject.Class.PUBLIC).count()
    told = ngettext("{count} entry", "{count} entries", found).format(count=found)
    return gettext("{entries}; of private ones only when somebody is busy").format(entries=told)


def _looked_into(request: PageRequest, name: str) -> Space:
    """A shared space that the reader manages, or any shared one for an administrator."""
    space: Space | None = Space.objects.shared().filter(name=name).first()
    standing = space.standing_of(request.actor) if space else None
    if space is not None and (request.user.is_admin or standing == Role.MANAGER):
        return space
    if space is not None and standing is not None and standing >= Role.READER:
        raise NotAllowed(space, Role.MANAGER)
    raise NoSuchSpace(name)


def _behind(contacts: ContactQuerySet, after: str) -> ContactQuerySet:
    """By name, those behind the contact of this id."""
    ordered = contacts.order_by("sort_key", "pk")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        return ordered
    last = contacts.filter(pk=int(after)).values_list("sort_key", flat=True).first()
    if last is None:
        return ordered
    return ordered.filter(Q(sort_key__gt=last) | Q(sort_key=last, pk__gt=int(after)))


def _sights(ways: Sequence[Way], person: User, *, may_look: Callable[[Space], bool]) -> list[Sight]:
    spaces: dict[int, Sight] = {}
    highest = {way.space.pk: way.role for way in sorted(ways, key=lambda way: way.role)}
    for way in sorted(ways, key=lambda way: (way.space.kind, way.space.title, -way.role)):
        space = way.space
        url = reverse("space-as", args=[space.name, person.name]) if may_look(space) and not space.is_private else ""
        sight = spaces.setdefault(
            space.pk,
            Sight(
                space.title,
                role_name(highest[space.pk]),
                [],
                icon=SPACE_ICONS[Space.Kind(space.kind)],
                url=url,
                is_archived=space.archived_at is not None,
            ),
        )
        sight.reasons.append(_reason(way, sight.role))
    return list(spaces.values())


def _reason(way: Way, shown: str) -> str:
    """Why; with its own role where that is not the one shown already."""
    role, reason = role_name(way.role), reason_of(way)
    return reason if role == shown else f"{role}: {reason}"
