"""The rows of the list of contacts, drawn column by column.

Not by a template: fifty rows of eight cells were two thousand nodes of it and took most of the page's time. Every text
goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from farley.web.people import Row
from farley.web.templatetags.farley import avatar, first_word, hue, icon, moment

CURRENT = ' aria-current="true"'


@dataclass(frozen=True, slots=True)
class Page:
    """What all rows of one page share: where a preview leads, up to the id, and the words."""

    peek_url: str
    select: str
    preview: str
    preview_word: str
    preview_icon: str

    @classmethod
    def of(cls, query: str) -> Page:
        """`query` is the list's own, without a preview; it begins with a question mark."""
        return cls(
            peek_url=escape(f"{query}{'&' if len(query) > 1 else ''}peek="),
            select=gettext("Select %(name)s"),
            preview=gettext("Preview of %(name)s"),
            preview_word=escape(gettext("Preview")),
            preview_icon=icon("panel-right-open"),
        )


def drawn(rows: Sequence[Row], *, query: str, only_read: Collection[int] = (), peeked: int | None = None) -> SafeString:
    """The table rows. `only_read` are ids of contacts that may not be changed, `peeked` is that of the preview."""
    page = Page.of(query)
    return mark_safe("".join(_row(row, page, row.id in only_read, row.id == peeked) for row in rows))  # noqa: S308


def _row(row: Row, page: Page, is_read_only: bool, is_peeked: bool) -> str:
    select = escape(page.select % {"name": row.name})
    return (
        f'<tr role="row" data-id="{row.id}"{CURRENT if is_peeked else ""}>'
        f'<td class="c-sel" role="cell"><input type="checkbox" name="id" value="{row.id}" id="select-{row.id}"'
        f'{" data-readonly" if is_read_only else ""} aria-label="{select}"></td>'
        f"{''.join(cell(row, page) for cell in CELLS)}</tr>\n"
    )


def _name(row: Row, page: Page) -> str:
    name, peek = escape(row.name), f"{page.peek_url}{row.id}"
    return (
        f'<td class="c-name" role="cell"><span class="who"><label for="select-{row.id}">'
        f"{avatar(row.name, photo=row.photo, shape=row.shape)}</label>"
        f'<a href="{escape(row.url)}" data-peek="{peek}">{name}'
        f"{f'<small>{escape(row.organisation)}</small>' if row.organisation else ''}</a>"
        f'<a class="to-peek" href="{peek}" data-to-peek aria-label="{escape(page.preview % {"name": row.name})}"'
        f' title="{page.preview_word}">{page.preview_icon}</a></span></td>'
    )


def _organisation(row: Row, _: Page) -> str:
    name = escape(row.organisation)
    shown = f'<a href="{escape(row.organisation_url)}">{name}</a>' if row.organisation_url else name
    return f'<td class="c-org" role="cell" title="{name}">{shown}</td>'


def _email(row: Row, _: Page) -> str:
    email = escape(row.email)
    return f'<td class="c-mail" role="cell" title="{email}">{email}</td>'


def _phone(row: Row, _: Page) -> str:
    return f'<td class="c-phone" role="cell">{escape(row.phone)}</td>'


def _tags(row: Row, _: Page) -> str:
    tags = "".join(f'<span class="tag hue-{hue(tag)}">{escape(tag)}</span>' for tag in row.tags)
    return f'<td class="c-tags" role="cell"><span class="tags">{tags}</span></td>'


def _owner(row: Row, _: Page) -> str:
    if not row.owner:
        return '<td class="c-own" role="cell"></td>'
    word = f'<span class="cut" title="{escape(row.owner)}">{escape(first_word(row.owner))}</span>'
    return f'<td class="c-own" role="cell"><span class="row tight">{avatar(row.owner, size="s")}{word}</span></td>'


def _changed(row: Row, _: Page) -> str:
    written = timezone.localtime(row.changed_at).isoformat(timespec="seconds")
    said = escape(moment(row.changed_at))
    return f'<td class="c-last" role="cell"><time class="mute" datetime="{written}">{said}</time></td>'


CELLS: tuple[Callable[[Row, Page], str], ...] = (_name, _organisation, _email, _phone, _tags, _owner, _changed)
