"""The rows of the list of contacts, drawn column by column.

Not by a template: fifty rows of eight cells were two thousand nodes of it and took most of the page's time. Every text
goes through `escaped`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from farley.contacts.listing import Line
from farley.contacts.models import Contact
from farley.lists.columns import Column
from farley.lists.filtering import Kind
from farley.web.addresses import around_ids
from farley.web.contacts.people import MAX_TAGS, SHAPES, name_of
from farley.web.templatetags.farley import Moments, avatar, escaped, first_word, hue, icon_class

Cell = Callable[[Line, "Page"], str]
ONLY_PHONE = "only-phone"
CURRENT = ' aria-current="true"'


@dataclass(frozen=True)
class Page:
    """What all rows of one page share: `query` is the list's own, without a preview; it begins with a question mark."""

    query: str
    columns: Sequence[Column]
    tags: Mapping[int, Sequence[str]]  # by contact id
    editable: Collection[int]  # spaces whose contacts may be changed
    peeked: int | None

    @cached_property
    def peek_url(self) -> str:
        """Where a preview leads, up to the id."""
        return escaped(f"{self.query}{'&' if len(self.query) > 1 else ''}peek=")

    @cached_property
    def around_contact(self) -> tuple[str, ...]:
        return around_ids("contact")

    @cached_property
    def around_photo(self) -> tuple[str, ...]:
        return around_ids("contact-photo")

    @cached_property
    def moments(self) -> Moments:
        return Moments()

    @cached_property
    def zone(self) -> dt.tzinfo:
        return timezone.get_current_timezone()

    @cached_property
    def owners(self) -> dict[str, str]:
        """Cells by the owner's name: a page has few owners."""
        return {"": '<td class="c-own" role="cell"></td>'}

    @cached_property
    def changed(self) -> dict[dt.datetime, str]:
        """Cells by the instant: those who came in one import have the same."""
        return {}

    @cached_property
    def cells(self) -> list[Cell]:
        cells = [CELLS.get(column.name) or partial(_by_kind, column) for column in self.columns]
        return cells if _changed in cells else [*cells, _changed_on_phones]

    @cached_property
    def around_select(self) -> tuple[str, str]:
        """What stands before and behind the name."""
        return _around(gettext("Select %(name)s"))

    @cached_property
    def around_preview(self) -> tuple[str, str]:
        return _around(gettext("Preview of %(name)s"))


def drawn(
    lines: Sequence[Line],
    columns: Sequence[Column],
    tags: Mapping[int, Sequence[str]],
    *,
    query: str,
    editable: Collection[int],
    peeked: int | None = None,
    headings: Mapping[int, str] | None = None,
) -> SafeString:
    """The table rows. `editable` are ids of spaces, `peeked` is that of the contact in the preview; `headings`, drawn,
    stand before the contacts of these ids."""
    page = Page(query, columns, tags, editable, peeked)
    above = headings or {}
    return mark_safe("".join(above.get(line.pk, "") + _row(line, page) for line in lines))  # noqa: S308


def _around(words: str) -> tuple[str, str]:
    before, _, behind = escaped(words).partition("%(name)s")
    return before, behind


def _row(line: Line, page: Page) -> str:
    pk, name = line.pk, name_of(line)
    written = escaped(name)
    return (
        f'<tr role="row" data-id="{pk}"{CURRENT if pk == page.peeked else ""}>'
        f'<td class="c-sel" role="cell"><input type="checkbox" name="id" value="{pk}" id="select-{pk}"'
        f"{'' if line.space in page.editable else ' data-readonly'}"
        f' aria-label="{written.join(page.around_select)}"></td>'
        f"{_name(line, name, written, page)}{''.join([cell(line, page) for cell in page.cells])}</tr>\n"
    )


def _name(line: Line, name: str, written: str, page: Page) -> str:
    pk, peek = line.pk, f"{page.peek_url}{line.pk}"
    photo = f"{str(pk).join(page.around_photo)}?v={line.photo}" if line.photo else ""
    organisation = organisation_of(line)
    return (
        f'<td class="c-name" role="cell"><span class="who"><label for="select-{pk}">'
        f"{avatar(name, photo=photo, shape=SHAPES.get(line.kind, ''))}</label>"
        f'<a href="{str(pk).join(page.around_contact)}">{written}'
        f"{f'<small>{escaped(organisation)}</small>' if organisation else ''}</a>"
        f'<a class="to-peek {icon_class("panel-right-open")}" href="{peek}"'
        f' aria-label="{written.join(page.around_preview)}"></a>'
        "</span></td>"
    )


def organisation_of(line: Line) -> str:
    """The organisation beside the name; an organisation has none."""
    return "" if line.kind == Contact.Kind.ORG else line.organisation_name


def _organisation(line: Line, page: Page) -> str:
    name = escaped(organisation_of(line))
    url = str(line.organisation).join(page.around_contact) if line.organisation else ""
    shown = f'<a href="{url}">{name}</a>' if url else name
    fixed = " data-fixed" if line.kind == Contact.Kind.ORG else ""  # it is its own name
    return f'<td class="c-org" role="cell"{fixed}>{shown}</td>'


def _email(line: Line, _: Page) -> str:
    return f'<td class="c-mail" role="cell">{escaped(line.email)}</td>'


def _phone(line: Line, _: Page) -> str:
    return f'<td class="c-phone" role="cell">{escaped(line.phone)}</td>'


def _tags(line: Line, page: Page) -> str:
    tags = [f'<span class="tag hue-{hue(tag)}">{escaped(tag)}</span>' for tag in page.tags.get(line.pk, ())[:MAX_TAGS]]
    shown = f'<span class="tags">{"".join(tags)}</span>' if tags else ""
    return f'<td class="c-tags" role="cell">{shown}</td>'


def _owner(line: Line, page: Page) -> str:
    owner = line.owner
    if owner not in page.owners:
        word = f'<span class="cut" title="{escaped(owner)}">{escaped(first_word(owner))}</span>'
        drawn_owner = f'<span class="row tight">{avatar(owner, size="s")}{word}</span>'
        page.owners[owner] = f'<td class="c-own" role="cell">{drawn_owner}</td>'
    return page.owners[owner]


def _changed(line: Line, page: Page) -> str:
    cell = page.changed.get(line.changed_at)
    if cell is None:
        at = line.changed_at.astimezone(page.zone)
        written, said = at.isoformat(timespec="seconds"), escaped(page.moments.said(at))
        drawn_time = f'<time datetime="{written}">{said}</time>'
        cell = page.changed[line.changed_at] = f'<td class="c-last" role="cell">{drawn_time}</td>'
    return cell


def _changed_on_phones(line: Line, page: Page) -> str:
    """A phone shows the last change whatever the columns are: it has a layout of its own."""
    return _changed(line, page).replace("c-last", f"c-last {ONLY_PHONE}", 1)


def _by_kind(column: Column, line: Line, page: Page) -> str:
    """A cell of a column that has no look of its own. See `css_of`."""
    value, css = line.more[column.name], css_of(column)
    if value is None:
        return f'<td class="{css}" role="cell"></td>'
    match column.kind:
        case Kind.NUMBER:
            text = number_format(value, use_l10n=True)  # in no groups: it may be a year, or somebody's number
        case Kind.YES_NO:
            text = gettext("yes") if value else gettext("no")
        case Kind.DATE:
            text = date_format(value, pgettext("date format: day, month and year, short", "j M Y"))
        case Kind.INSTANT:
            at = value.astimezone(page.zone)
            said = escaped(page.moments.said(at))
            return (
                f'<td class="{css}" role="cell"><time datetime="{at.isoformat(timespec="seconds")}">{said}</time></td>'
            )
        case _:
            text = str(value)
    return f'<td class="{css}" role="cell">{escaped(text)}</td>'


def css_of(column: Column) -> str:
    """The class of its cells and heading."""
    return _CSS.get(column.name) or _CSS_OF_KIND.get(column.kind, "c-text")


_CSS = {"org": "c-org", "email": "c-mail", "phone": "c-phone", "tag": "c-tags", "owner": "c-own", "changed": "c-last"}
_CSS_OF_KIND = {Kind.NUMBER: "c-num num", Kind.YES_NO: "c-short", Kind.DATE: "c-day", Kind.INSTANT: "c-day"}
CELLS: Mapping[str, Cell] = {
    "org": _organisation,
    "email": _email,
    "phone": _phone,
    "tag": _tags,
    "owner": _owner,
    "changed": _changed,
}
