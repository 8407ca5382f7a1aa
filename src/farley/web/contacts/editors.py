"""The forms that open in a fact's place, and what they make of a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext, pgettext

from farley.codecs.names import split_name
from farley.codecs.vcard import Card, Name, PartialDate, Property
from farley.web.contacts.labels import choices_for, label_of, property_label, typed_label
from farley.web.dates import NoSuchDay, UnreadableDate, read_date, show_date

Form = Mapping[str, str]
MAX_EMAIL = 320  # characters: 64 before the @ and 255 behind it, RFC 5321 §4.5.3.1


class Unusable(ValueError):
    """What was typed cannot be saved; the message says to the user why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One control of an editor. `kind` is an input type or "textarea"; `options` are suggestions, and the page at
    `complete_url` has such as fit what is typed."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    placeholder: str = ""
    options: Sequence[str] = ()
    complete_url: str = ""


@dataclass(frozen=True, slots=True)
class Collision:
    """Somebody else saved first: their value and the one typed here."""

    who: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Editor:
    """A form in the place of a fact. `restore_url` gives the fact back, `page_url` the page without the editor."""

    key: str
    fields: list[Field]
    was: str = ""
    url: str = ""
    restore_url: str = ""
    page_url: str = ""
    remove_url: str = ""
    error: str = ""
    collision: Collision | None = None

    @property
    def shows_labels(self) -> bool:
        """Whether the fields need words beside them: several parts of one value do."""
        return len(self.fields) > 2


_INPUTS = {"EMAIL": "email", "TEL": "tel", "URL": "url"}
_ADDRESS_PARTS = ("street", "extended", "postcode", "city", "region", "country")
_ADDRESS_ORDER = {"box": 0, "extended": 1, "street": 2, "city": 3, "region": 4, "postcode": 5, "country": 6}
_DATES = ("BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "DEATHDATE", "X-ABDATE")


def fields_of(prop: Property) -> list[Field]:
    """The controls that edit `prop`, filled in."""
    return [*_value_fields(prop.name, prop), *_label_field(prop.name, label_of(prop))]


def new_fields(name: str) -> list[Field]:
    """The controls that add a property called `name`, empty."""
    return [*_value_fields(name, None), *_label_field(name, "")]


def name_fields(card: Card) -> list[Field]:
    """The parts of the name; a card that has only a name in full gets them proposed."""
    name = card.name or split_name(card.full_name)
    return [
        Field("given", gettext("First name"), name.given),
        Field("family", gettext("Last name"), name.family),
        Field("prefixes", pgettext("before a name", "Title"), name.prefixes),
        Field("additional", gettext("Middle names"), name.additional),
        Field("suffixes", gettext("After the name"), name.suffixes),
    ]


def full_name_field(card: Card) -> list[Field]:
    return [Field("value", property_label("FN"), card.full_name)]


def filled(fields: list[Field], form: Form) -> list[Field]:
    """The same controls holding what was typed."""
    return [replace(field, value=form.get(field.name, field.value)) for field in fields]


def typed_value(form: Form) -> str:
    """What was typed, as one text to show beside another value."""
    names = ("value", *_ADDRESS_PARTS, "organisation", "units", "prefixes", "given", "additional", "family", "suffixes")
    return ", ".join(form[name].strip() for name in names if form.get(name, "").strip())


def with_change(card: Card, prop: Property, form: Form) -> Card:
    """`card` with `prop` as `form` has it; without it where the value was emptied. Raises Unusable."""
    if not typed_value(form):
        return card.without(prop.index)
    fields = {field.name: field for field in fields_of(prop)}
    typed = {
        name: field.value if form.get(name, field.value).strip() == _as_sent(field) else form[name]
        for name, field in fields.items()
    }
    if any(typed[name] != field.value for name, field in fields.items() if name != "label"):
        card = _with_value(card, prop, typed)
    if "label" not in fields or typed["label"] == fields["label"].value:
        return card
    types, label = typed_label(prop.name, typed["label"], prop.types)
    return card.with_types(prop.index, types, pref=prop.pref, label=label)


def with_addition(card: Card, name: str, form: Form) -> Card:
    """`card` with one more property of this name. Raises Unusable; an empty form adds nothing."""
    if not typed_value(form):
        return card
    types, label = typed_label(name, form.get("label", ""))
    if name == "ADR":
        return card.added(name, components=_address(form, [""] * 7), types=types, label=label)
    if name == "ORG":
        return card.added(name, components=_organisation(form))
    if name == "NICKNAME":
        return card.added(name, texts=_list(form))
    if name in _DATES:
        return _with_new_date(card, name, form, label)
    if name == "RELATED":
        return _with_new_relation(card, form["value"].strip(), types, label, form.get("label", ""))
    return card.added(name, text=_checked(name, form["value"]), types=types, label=label)


def with_name(card: Card, form: Form) -> Card:
    """`card` with the name's parts as typed. Raises Unusable for no name at all."""
    name = Name(
        family=form.get("family", "").strip(),
        given=form.get("given", "").strip(),
        additional=form.get("additional", "").strip(),
        prefixes=form.get("prefixes", "").strip(),
        suffixes=form.get("suffixes", "").strip(),
    )
    if not name:
        raise Unusable(gettext("Type at least one part of the name."))
    if card.name:
        return card.with_name(name)
    if name == split_name(card.full_name):
        return card  # what was proposed, untouched
    return card.with_name(name).with_full_name(name.rendered())


def with_full_name(card: Card, form: Form) -> Card:
    if not form.get("value", "").strip():
        raise Unusable(gettext("Type a name."))
    return card.with_full_name(form["value"].strip())


def _value_fields(name: str, prop: Property | None) -> list[Field]:
    if name == "ADR":
        return _address_fields(prop)
    if name == "ORG":
        units = [*prop.parts, "", ""] if prop else ["", ""]
        return [
            Field("organisation", gettext("Organisation"), units[0]),
            Field("units", gettext("Department"), ", ".join(filter(None, units[1:]))),
        ]
    if name in _DATES:
        shown = show_date(prop.date) if prop and prop.date else ""
        return [Field("value", property_label(name), shown, placeholder=gettext("8 December 1978 or 1978-12-08"))]
    if name == "NOTE":
        return [Field("value", property_label(name), prop.text if prop else "", kind="textarea")]
    value = "" if prop is None else ", ".join(prop.texts) if name == "NICKNAME" else prop.text.strip()
    kind = _INPUTS.get(name, "text") if not value or _suits(name, value) else "text"
    return [Field("value", property_label(name), value, kind)]


def _label_field(name: str, label: str) -> list[Field]:
    options = choices_for(name)
    return [Field("label", gettext("Label"), label, placeholder=gettext("Label"), options=options)] if options else []


def _suits(name: str, value: str) -> bool:
    """Whether a browser lets an input of the special type hold `value`: some cards hold stranger ones."""
    return (name == "EMAIL" and "@" in value and value.isascii()) or (name == "URL" and "://" in value) or name == "TEL"


def _address_fields(prop: Property | None) -> list[Field]:
    parts = (*prop.parts, *[""] * 7)[:7] if prop else ("",) * 7
    labels = {
        "street": gettext("Street and number"),
        "extended": gettext("Building, floor, c/o"),
        "postcode": gettext("Postcode"),
        "city": gettext("City"),
        "region": gettext("Region"),
        "country": gettext("Country"),
    }
    return [Field(part, labels[part], parts[_ADDRESS_ORDER[part]]) for part in _ADDRESS_PARTS]


def _address(form: Form, before: Sequence[str]) -> list[str]:
    parts = [*before, *[""] * 7][:7]
    for part in _ADDRESS_PARTS:
        if part in form and form[part] != parts[_ADDRESS_ORDER[part]]:
            parts[_ADDRESS_ORDER[part]] = form[part].strip()
    return parts


def _organisation(form: Form) -> list[str]:
    units = [unit for part in form.get("units", "").split(",") if (unit := part.strip())]
    return [form.get("organisation", "").strip(), *units]


def _list(form: Form) -> list[str]:
    return [text for part in form["value"].split(",") if (text := part.strip())]


def _checked(name: str, value: str) -> str:
    value = value.strip() if name != "NOTE" else value.replace("\r\n", "\n").rstrip()
    if name == "EMAIL" and len(value) > MAX_EMAIL:
        raise Unusable(gettext("This e-mail address is too long: at most {count} characters.").format(count=MAX_EMAIL))
    if name == "EMAIL" and ("@" not in value.strip("@") or any(map(str.isspace, value))):
        raise Unusable(
            gettext("This is no e-mail address: it needs an @ with something on either side, and no spaces.")
        )
    if name == "TEL" and not any(map(str.isdigit, value)):
        raise Unusable(gettext("A phone number needs at least one digit."))
    return value


def _as_sent(field: Field) -> str:
    """What a browser sends for a control nobody touched: one line loses its breaks, several get theirs in full."""
    if field.kind == "textarea":
        return field.value.replace("\r\n", "\n").replace("\n", "\r\n").strip()
    return field.value.replace("\r", "").replace("\n", "").strip()


def _with_value(card: Card, prop: Property, form: Form) -> Card:
    if prop.name == "ADR":
        return card.with_components(prop.index, _address(form, prop.parts))
    if prop.name == "ORG":
        return card.with_components(prop.index, _organisation(form))
    if prop.name == "NICKNAME":
        return card.with_texts(prop.index, _list(form))
    if prop.name in _DATES:
        return card.with_date(prop.index, _date(form))
    return card.with_text(prop.index, _checked(prop.name, form["value"]))


def _date(form: Form) -> PartialDate:
    try:
        return read_date(form["value"])
    except NoSuchDay as error:
        raise Unusable(gettext("The calendar has no such day.")) from error
    except UnreadableDate as error:
        raise Unusable(gettext("This is no date. Type it like 8 December 1978, 8 December or 1978-12-08.")) from error


def _with_new_date(card: Card, name: str, form: Form, label: str | None) -> Card:
    date = _date(form)
    card = card.added(name, text="", label=label)  # `with_date` knows how this version writes dates
    return card.with_date(card.properties(name)[-1].index, date)


def _with_new_relation(card: Card, who: str, types: tuple[str, ...], label: str | None, written: str) -> Card:
    if card.version != "4.0":
        return card.added("X-ABRELATEDNAMES", text=who, label=label or written.strip() or None)
    params = [] if who.startswith("urn:uuid:") else [("VALUE", ["text"])]
    return card.added("RELATED", text=who, types=types, label=label, params=params)
