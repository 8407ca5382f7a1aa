"""Step two of an import of tables: what each column becomes, with the values it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_http_methods

from farley.exchange import choosing
from farley.exchange.formats import Look
from farley.exchange.mapping import BadMapping, Column, Mapping
from farley.exchange.models import Import
from farley.exchange.own_lines import fields_here, kind_word
from farley.exchange.sources import NothingToImport
from farley.exchange.tasks import run_import
from farley.fields.models import Field
from farley.spaces.models import Space
from farley.web.contacts.labels import label_told, property_label
from farley.web.exchange.import_steps import step_page
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import warn

SAMPLES = 3
MAX_SAMPLE = 40  # characters
_AS_IT_IS = "="  # what the column becomes so far
_NEW = "own"  # an own field named like the column
_MANY = frozenset({"email", "phone", "url", "tags", "nickname", "chat", "related"})  # a cell may hold several of these
_SEPARATORS = (",", ";", "/", "|")
_OPTION, _CHOSEN = '<option value="{}">{}</option>', '<option value="{}" selected>{}</option>'
_CONSTANTS = ("org", "title", "role", "note", "address.country", "phone", "url")  # what all may be given, besides a tag

_PROPERTIES = {
    "email": "EMAIL",
    "phone": "TEL",
    "address": "ADR",
    "url": "URL",
    "chat": "IMPP",
    "date": "X-ABDATE",
    "related": "RELATED",
    "photo": "PHOTO",
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One column with its first values and what it may become."""

    number: int
    name: str
    samples: str
    options: SafeString
    is_ignored: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """What every column may become, drawn once a page: forty options for each of a hundred columns take a second."""

    values: frozenset[str]
    options: SafeString

    @classmethod
    def to(cls, fields: Sequence[Field]) -> Offered:
        own = [(f"own {field.key} {kind_word(field)}", field.label) for field in fields]
        own.append((_NEW, gettext("An own field of this name")))
        groups = [*_choices(), (gettext("Own field"), own)]
        drawn = [(_group(group, format_html_join("", _OPTION, choices)),) for group, choices in groups]
        values = frozenset(value for _, choices in groups for value, _ in choices)
        return cls(values, format_html_join("", "{}", drawn))

    def for_column(self, column: Column) -> SafeString:
        """The options of one column, its own chosen; what a layout says beyond them comes first."""
        current = _value_of(column)
        if current not in self.values:
            return format_html(_CHOSEN, _AS_IT_IS, _told(column)) + self.options
        value = f'value="{escape(current)}"'
        return mark_safe(self.options.replace(f"{value}>", f"{value} selected>", 1))  # noqa: S308 - each is escaped


def _group(label: str, options: SafeString) -> SafeString:
    return format_html('<optgroup label="{}">{}</optgroup>', label, options) if label else options


@require_http_methods(["GET", "POST"])
def columns(request: PageRequest, pk: int) -> HttpResponse:
    """The columns of one table of the import (`file` says which), and what they become."""
    visible = Import.objects.visible_to(request.actor).select_related("space")
    run: Import = get_object_or_404(visible, pk=pk, is_dry_run=True)
    tables = choosing.tables_of(run)
    asked = request.GET.get("file", "")
    index = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else tables[0] if tables else -1
    if index not in tables or run.state not in (Import.State.CHOOSING, Import.State.DONE):
        raise Http404("there is no table to choose columns of")
    try:
        look, mapping = choosing.chosen(run, index)
    except (NothingToImport, OSError):
        warn(request, gettext("“{file}” cannot be read any more.").format(file=run.files[index]["name"]))
        return redirect("import")
    problem = ""
    if request.method == "POST":
        mapping = _asked_for(request, run.space, look, mapping)
        try:
            mapping = Mapping.from_json(mapping.to_json())  # it may say what no mapping can
            changed = choosing.choose(run, index, mapping)
        except BadMapping:
            problem = gettext("This cannot be read: a country is two letters, as DE.")
        else:
            _remember(request, run.space, look, mapping)
            return _next(changed, tables, index)
    context = _context(request, run, index, look, mapping) | {"problem": problem}
    context["has_more_tables"] = index != tables[-1]
    return step_page(request, "columns", context, run=run, status=422 if problem else 200)


def _next(run: Import, tables: Sequence[int], index: int) -> HttpResponse:
    """The next table, else the check."""
    left = [at for at in tables if at > index]
    if left:
        return redirect(f"{reverse('import-columns', args=[run.pk])}?file={left[0]}")
    choosing.close(run)
    run_import.enqueue(run.pk)
    return redirect("import-run", run.pk)


def _remember(request: PageRequest, space: Space, look: Look, mapping: Mapping) -> None:
    whose = request.POST.get("remember", "")
    if whose in ("me", "space"):
        choosing.remember(mapping, look.header, by=request.actor, space=space if whose == "space" else None)


def _context(request: PageRequest, run: Import, index: int, look: Look, mapping: Mapping) -> dict[str, Any]:
    fields = fields_here(run.space, request.actor)
    by_name = {column.column: column for column in mapping.columns}
    offered = Offered.to(fields)
    columns = [_shown(number, name, by_name.get(name), look, offered) for number, name in enumerate(look.header)]
    known = sum(not column.is_own and not column.is_ignored for column in columns)
    same = _same_for_all(mapping) or Column(_CONSTANTS[0])
    constant = next((column.value for column in mapping.columns if not column.column and column.to == "tags"), "")
    return {
        "file": run.files[index],
        "columns": columns,
        "known": known,
        "total": len(columns),
        "layout": gettext(look.layout.title) if look.layout else "",
        "tag": constant,
        "constants": [Option(to, label, to == same.to) for to, label in _constant_labels()],
        "constant": same.value,
        "separators": [Option(_AS_IT_IS, gettext("as it shows"), is_chosen=True)]
        + [Option(sign, sign) for sign in _SEPARATORS],
        "has_many": any(column.to.partition(".")[0] in _MANY for column in mapping.columns),
        "country": mapping.country or run.space.default_region,
        "dates": [
            Option("", gettext("as it shows"), not mapping.dates),
            Option("dmy", gettext("day, month, year: 31.12.2026"), mapping.dates == "dmy"),
            Option("mdy", gettext("month, day, year: 12/31/2026"), mapping.dates == "mdy"),
            Option("ymd", gettext("year, month, day: 2026-12-31"), mapping.dates == "ymd"),
        ],
        "has_dates": any(column.to in ("birthday", "anniversary", "date") for column in mapping.columns),
        "can_share": run.space.kind != Space.Kind.PRIVATE,
    }


def _same_for_all(mapping: Mapping) -> Column | None:
    """What every contact gets besides a tag, as far as the form has words for it."""
    return next((each for each in mapping.columns if not each.column and each.to in _CONSTANTS), None)


def _constant_labels() -> Iterator[tuple[str, str]]:
    labels = {to: (group, label) for group, choices in _choices() for to, label in choices}
    for to in _CONSTANTS:
        group, label = labels[to]
        yield to, label if "." not in to else f"{group}: {gettext('country')}"


def _shown(number: int, name: str, column: Column | None, look: Look, offered: Offered) -> Shown:
    values = dict.fromkeys(" ".join(row[number].split()) for row in look.rows if number < len(row))
    said = [text if len(text) <= MAX_SAMPLE else f"{text[:MAX_SAMPLE]} …" for text in values if text]
    column = column or Column("ignore", name)
    return Shown(
        number=number,
        name=name,
        samples=" · ".join(said[:SAMPLES]),
        options=offered.for_column(column),
        is_ignored=column.to == "ignore",
        is_own=column.to == "own" and not column.key,
    )


def _value_of(column: Column) -> str:
    """A choice as the form sends it: what the column becomes and its types, or the own field."""
    if column.to == "own":
        return f"own {column.key} {column.kind}" if column.key else _NEW
    plain = Column(column.to, column.column, types=column.types)
    is_plain = replace(column, separator="") == plain
    return " ".join([column.to, ",".join(column.types)]).strip() if is_plain else _AS_IT_IS


def _choices() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What a column can become, by group."""
    home, work = pgettext("at home", "Home"), pgettext("at work", "Work")
    yield "", [("ignore", gettext("Do not import"))]
    yield (
        pgettext("of a person", "Name"),
        [
            ("name", gettext("Full name")),
            ("name.given", gettext("First name")),
            ("name.additional", gettext("Middle names")),
            ("name.family", gettext("Last name")),
            ("name.prefix", gettext("Title before the name")),
            ("name.suffix", gettext("Suffix")),
            ("nickname", gettext("Nickname")),
        ],
    )
    yield (
        gettext("Work"),
        [
            ("org", gettext("Organisation")),
            ("org.unit", gettext("Department")),
            ("title", gettext("Job title")),
            ("role", gettext("Role")),
            ("kind", gettext("Person or organisation")),
        ],
    )
    for to, label in (("email", gettext("E-mail")), ("url", gettext("Website"))):
        yield label, [(to, label), (f"{to} work", f"{label}, {work}"), (f"{to} home", f"{label}, {home}")]
    yield (
        gettext("Phone"),
        [
            ("phone", gettext("Phone")),
            ("phone cell", gettext("Mobile")),
            ("phone work", f"{gettext('Phone')}, {work}"),
            ("phone home", f"{gettext('Phone')}, {home}"),
            ("phone fax", gettext("Fax")),
            ("phone work,fax", gettext("Fax, work")),
        ],
    )
    parts = [
        ("", gettext("whole")),
        (".street", gettext("street")),
        (".extended", gettext("extra line")),
        (".postcode", gettext("postcode")),
        (".city", gettext("city")),
        (".region", gettext("region")),
        (".country", gettext("country")),
        (".box", gettext("post office box")),
    ]
    for types, label in (
        ("", gettext("Address")),
        (" work", f"{gettext('Address')}, {work}"),
        (" home", f"{gettext('Address')}, {home}"),
    ):
        yield label, [(f"address{part}{types}", f"{label}: {word}") for part, word in parts]
    yield (
        gettext("More"),
        [
            ("birthday", gettext("Birthday")),
            ("anniversary", gettext("Anniversary")),
            ("tags", gettext("Tags")),
            ("note", pgettext("noun", "Note")),
            ("gender", gettext("Gender")),
            ("uid", gettext("Identity (UID)")),
            ("id", gettext("Number in another system")),
        ],
    )


def _told(column: Column) -> str:
    """A choice of a layout that the form does not offer, in words."""
    if column.to == "ignore":
        return gettext("Do not import")
    base, _, part = column.to.partition(".")
    offered = {value: label for _, choices in _choices() for value, label in choices} | _words()
    whole = property_label(_PROPERTIES[base]) if base in _PROPERTIES else offered.get(base, base)
    word = offered.get(f"{column.to} {','.join(column.types)}".strip(), "")
    if not word and part:
        word = ", ".join([offered.get(column.to) or f"{whole}: {offered.get(f'.{part}', part)}", *column.types])
    elif not word:
        told = label_told(_PROPERTIES.get(base, ""), ", ".join(column.types)) if column.types else ""
        word = whole if not told else told if told.startswith(whole) else f"{whole}: {told}"
    label = column.label or (column.key if base == "own" else "")
    return " ".join(filter(None, [f"{word}: {label}" if label else word, f"({column.n})" if column.n else ""]))


def _words() -> dict[str, str]:
    """What the form does not offer: whole, and parts of values after a dot."""
    kind = gettext("what kind")
    return {
        "phonetic.given": gettext("First name as it is spoken"),
        "phonetic.family": gettext("Last name as it is spoken"),
        "sort": gettext("How it is sorted"),
        "line": gettext("A line of the card"),
        "own": gettext("Own field"),
        ".type": kind,
        ".label": kind,
        ".service": kind,
        ".year": gettext("year"),
        ".month": gettext("month"),
        ".day": gettext("day"),
    }


def _asked_for(request: PageRequest, space: Space, look: Look, mapping: Mapping) -> Mapping:
    by_name = {column.column: column for column in mapping.columns}
    chosen = []
    for number, name in enumerate(look.header):
        value = request.POST.get(f"column-{number}", _AS_IT_IS)
        column, so_far = _column(value, name), by_name.get(name)
        if column is not None and so_far is not None and (column.to, column.types) == (so_far.to, so_far.types):
            column = replace(column, separator=so_far.separator)
        chosen.append(column or so_far or Column("ignore", name))
    separator = request.POST.get("separator", _AS_IT_IS)
    if separator in _SEPARATORS:
        chosen = [replace(each, separator=separator) if each.to in _MANY else each for each in chosen]
    tag, shown = request.POST.get("tag", "").strip(), _same_for_all(mapping)
    constants = [each for each in mapping.columns if not each.column and each.to != "tags" and each != shown]
    constants += [Column("tags", value=tag)] if tag else []
    same, to = request.POST.get("constant", "").strip(), request.POST.get("constant-to", "")
    constants += [Column(to, value=same)] if same and to in _CONSTANTS else []
    country = request.POST.get("country", "").strip().upper()
    return replace(
        mapping,
        columns=(*chosen, *constants),
        dates=request.POST.get("dates", mapping.dates),
        country="" if country == space.default_region else country,
    )


def _column(value: str, name: str) -> Column | None:
    """What the form says of a column; None for what it becomes so far."""
    to, _, rest = value.partition(" ")
    if value == _AS_IT_IS:
        return None
    given: dict[str, Any] = {"to": to, "column": name}
    if to == "own":
        key, _, kind = rest.partition(" ")
        given |= {"key": key, "kind": kind or "text"} if key else {}
    elif rest:
        given["types"] = rest.split(",")
    try:
        return Column.from_json(given)
    except BadMapping:
        return None
