"""One value for all that are selected: which fields there are to set, and what was typed for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext

from farley.contacts.bulk import Deed, Verb
from farley.contacts.setting import FOR_MANY, OWN
from farley.fields import values
from farley.fields.models import Field
from farley.fields.values import BadValue
from farley.journal.models import Noun
from farley.spaces.models import Space
from farley.web.shell.requests import PageRequest


@dataclass(frozen=True, slots=True)
class Settable:
    """A field that can be set. `kind` is an input type or "select"."""

    name: str
    label: str
    heading: str = ""
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()


def settable(spaces: Iterable[Space]) -> list[Settable]:
    """What contacts of these spaces, which the reader sees, can all be given a value of."""
    found = settable_in_cards()
    for field in Field.objects.of(Noun.CONTACT, [space.pk for space in spaces]):
        heading = field.space.title if field.space is not None else gettext("Own fields")
        found.append(Settable(field.name, field.label, heading, *_control(field)))
    return found


def settable_in_cards() -> list[Settable]:
    return [Settable(name, label_of(name)) for name in FOR_MANY]


def label_of(name: str) -> str:
    """What a field of cards is called."""
    return {
        "title": gettext("Job title"),
        "org": gettext("Organisation"),
        "city": gettext("City"),
        "country": gettext("Country"),
    }[name]


def _control(field: Field) -> tuple[str, Sequence[tuple[str, str]]]:
    nothing = ("", pgettext("value of a field", "nothing"))
    match field.kind:
        case Field.Kind.CHOICE:
            return "select", [nothing, *((str(number), label) for number, label in field.options)]
        case Field.Kind.YES_NO:
            return "select", [nothing, ("yes", gettext("yes")), ("no", gettext("no"))]
        case Field.Kind.DATE:
            return "date", ()
    return "text", ()


def deed_of(request: PageRequest, spaces: Iterable[Space]) -> Deed | None:
    """What the form says is to be set; None for a field that is none. Raises BadValue."""
    name, typed = request.POST.get("set-field", ""), request.POST.get("set-value", "").strip()[: values.MAX_VALUE]
    if name in FOR_MANY:
        return Deed(Verb.SET, field=name, value=typed)
    known = Field.objects.visible_to(request.actor).of(Noun.CONTACT, [space.pk for space in spaces])
    field = next((field for field in known if field.name == name), None)
    if field is None:
        return None
    value = values.read(field, typed)
    written = "" if value is None else "yes" if value is True else "no" if value is False else str(value)
    return Deed(Verb.SET, field=f"{OWN}{field.pk}", value=written)


def field_said(deed: Deed) -> tuple[str, str]:
    """Label and value of what was set, as people read them."""
    if not deed.field.startswith(OWN):
        return label_of(deed.field), deed.value
    field = Field.objects.get(pk=int(deed.field.removeprefix(OWN)))
    try:
        value = values.read(field, deed.value)
    except BadValue:
        value = None
    return field.label, values.shown(field, value) if value is not None and not isinstance(value, bool) else deed.value
