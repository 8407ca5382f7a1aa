"""Menus and choices that pages repeat, drawn without a template: a page of it has hundreds of nodes.

Every text goes through `escaped`, as in `web.contacts.rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from farley.exchange.export_formats import offered
from farley.spaces.models import Space
from farley.web.templatetags.farley import changed_query, escaped, hue, icon

if TYPE_CHECKING:
    from farley.web.contacts.listing import Choice, Heading
    from farley.web.shell.context import Branch, Shell

register = template.Library()
_ANY = "\0"  # stands for a value in an address: what is asked for holds none (`ActorMiddleware`)


def _current(is_current: bool) -> str:
    return ' aria-current="page"' if is_current else ""


def _dot(name: str) -> str:
    return f'<span class="dot sq hue-{name}" aria-hidden="true"></span>'


@register.simple_tag
def navigation(shell: Shell, place: str) -> SafeString:
    """The places, then each space with its groups."""
    drawn = []
    for item in shell.modules:
        label = escaped(item.label)
        drawn.append(
            f'<a class="it" href="{escaped(item.url)}"{_current(item.place == place)} title="{label}">'
            f'{icon(item.icon)}<span class="lb">{label}</span></a>'
        )
    for space in shell.spaces:
        label = escaped(space.label)
        drawn.append(
            f'<div class="sec"><a class="hue-{escaped(space.hue)}" href="{escaped(space.url)}" title="{label}"'
            f'{_current(space.is_current)}>{icon(space.icon)}<span class="cut">{label}</span></a></div>'
        )
        drawn += [_group(group) for group in space.groups]
        drawn += [_view(view) for view in space.views]
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped


def _group(group: Branch) -> str:
    label = escaped(group.label)
    return (
        f'<a class="it" href="{escaped(group.url)}"{_current(group.is_current)} title="{label}">'
        f'{_dot(hue(group.label))}<span class="lb">{label}</span></a>'
    )


def _view(view: Branch) -> str:
    label = escaped(view.label)
    return (
        f'<a class="it" href="{escaped(view.url)}"{_current(view.is_current)} title="{label}">'
        f'{icon(view.icon)}<span class="lb">{label}</span></a>'
    )


@register.simple_tag
def tab_bar(shell: Shell, place: str) -> SafeString:
    """The places that a phone has room for."""
    drawn = [
        f'<a href="{escaped(item.url)}"{_current(item.place == place)}>{icon(item.icon)}'
        f"<span>{escaped(item.short)}</span></a>"
        for item in shell.tabs
    ]
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def space_options(spaces: Iterable[Space], chosen: str = "") -> SafeString:
    """Spaces as options of a `<select>`, by name."""
    return _options((space.name, space.title, space.name == chosen) for space in spaces)


@register.simple_tag
def group_options(shell: Shell) -> SafeString:
    """All groups as options, that of the page chosen."""
    return _options((group.pk, group.label, group.is_current) for space in shell.spaces for group in space.groups)


@register.simple_tag
def group_options_in(shell: Shell, changeable: Collection[int], only: Space | None, chosen: object) -> SafeString:
    """The groups of the spaces that may be changed, under the names of these; of one space only where one is given."""
    drawn = [
        f'<optgroup label="{escaped(space.label)}">'
        f"{_options((group.pk, group.label, group.pk == chosen) for group in space.groups)}</optgroup>"
        for space in shell.spaces
        if space.groups and space.pk in changeable and (not only or only.pk == space.pk)
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def word_options(words: Iterable[str]) -> SafeString:
    """Words as they complete what is typed into an `<input list>`."""
    return mark_safe("".join([f'<option value="{escaped(str(word))}"></option>' for word in words]))  # noqa: S308


@register.simple_tag
def format_options() -> SafeString:
    """The formats that contacts are exported in, alike ones together."""
    shown = [("shown-csv", gettext("The columns of the list, CSV"), False)]
    shown += [("shown-xlsx", gettext("The columns of the list, Excel (XLSX)"), False)]
    heading = gettext("As the list shows it")
    drawn = [f'<optgroup label="{escaped(heading)}">{_options(shown)}</optgroup>']
    for section, forms in groupby(offered().values(), lambda form: form.section):
        options = _options([(form.name, gettext(form.label), False) for form in forms])
        drawn.append(f'<optgroup label="{escaped(gettext(section))}">{options}</optgroup>')
    return mark_safe("".join(drawn))  # noqa: S308 - each text is escaped


def _options(choices: Iterable[tuple[object, str, bool]]) -> SafeString:
    drawn = [
        f'<option value="{escaped(str(value))}"{" selected" if is_chosen else ""}>{escaped(label)}</option>'
        for value, label, is_chosen in choices
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def sort_menu(request: HttpRequest, choices: Sequence[Choice], name: str = "sort") -> SafeString:
    """The orders of a list, or what else its address calls `name`, each leading to the list that is so."""
    on = (" is-on", ' aria-current="true"', icon("check"))
    off = ("", "", '<i class="i blank"></i>')
    address = escaped(changed_query(request, **{name: _ANY}, after=None, peek=None, fold=None))
    ungrouped = escaped(changed_query(request, sort=_ANY, by=None, after=None, peek=None, fold=None))

    def url(choice: Choice) -> str:
        return (ungrouped if choice.ends_groups else address).replace("%00", choice.value)

    drawn = [
        f'<a class="mi{css}" href="{url(choice)}"{current}>{mark}{escaped(choice.label)}</a>'
        for choice in choices
        for css, current, mark in [on if choice.is_current else off]
    ]
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def headings(request: HttpRequest, columns: Sequence[Heading]) -> SafeString:
    """The headings of a table; those of columns with an order lead to the list in it."""
    address = escaped(changed_query(request, sort=_ANY, after=None, peek=None, fold=None))
    ungrouped = escaped(changed_query(request, sort=_ANY, by=None, after=None, peek=None, fold=None))
    drawn = []
    for column in columns:
        label, sorted_so = escaped(column.label), ""
        title = f' title="{label}"' if column.is_long else ""
        if column.is_sorted:
            label += f" {icon('arrow-up' if column.direction == 'ascending' else 'arrow-down')}"
            sorted_so = f' aria-sort="{column.direction}"'
        url = (ungrouped if column.ends_groups else address).replace("%00", column.sort)
        shown = f'<a href="{url}">{label}</a>' if column.sort else label
        named = f' data-column="{escaped(column.column)}"{" data-edits" if column.is_editable else ""}'
        if column.width:
            named += f' style="--w:{column.width}"'
        drawn.append(f'<th class="{column.css}" scope="col" role="columnheader"{sorted_so}{title}{named}>{shown}</th>')
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped
