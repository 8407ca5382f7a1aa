"""What a list shows, as a table to take along: its columns, its order, its filter, no more and no less."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from farley.contacts import listing
from farley.contacts.bulk import Selection
from farley.contacts.columns import COLUMNS, shown
from farley.contacts.listing import Filters, Line, Listed
from farley.exchange.exporting import table_file
from farley.journal.access import Way, accesses, note_access
from farley.journal.models import Door
from farley.lists.columns import Column
from farley.web.contacts import listing as asking
from farley.web.contacts.people import name_of
from farley.web.contacts.record import attachment
from farley.web.contacts.rows import organisation_of
from farley.web.shell.requests import PageRequest

ENDINGS: Mapping[str, tuple[str, str]] = {
    "shown-csv": ("csv", "text/csv; charset=utf-8"),
    "shown-xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
PAGE = 500


def table_of(request: PageRequest, selection: Selection) -> StreamingHttpResponse:
    """The rows of the list that are selected, in the order and with the columns of its address. Raises TooSlow."""
    ending, media_type = ENDINGS[request.POST["format"]]
    asked = asking.asked(request)
    listed = asked.listed
    if selection.listed is None:
        listed = Listed(selection.spaces(), Filters(pks=tuple(selection.pks)), request.user)
    pages = _pages(asked, listed)
    first = next(pages, [])  # what cannot be listed is known before the file begins
    header = [gettext("Name"), *(str(column.label) for column in asked.columns)]
    rows = itertools.chain([header], _rows(request, itertools.chain([first], pages), asked.columns))
    response = StreamingHttpResponse(table_file(rows, ending), content_type=media_type)
    response.headers["Content-Disposition"] = attachment(f"{asked.heading}.{ending}")
    return response


def _pages(asked: asking.Asked, listed: Listed) -> Iterator[list[int]]:
    """Ids in the order of the list, that of its groups where it has some."""
    if asked.grouping is not None:
        grouped, after = asked.grouping.of(listed, asked.order), ""
        while True:
            page = grouped.page(after=after, size=PAGE, is_folded=lambda _: False, folds_all=False)
            yield [pk for group in page.groups for pk in group.ids]
            if page.after is None:
                return
            after = page.after
    after = ""
    while True:
        places = listed.places(order=asked.order, after=after, size=PAGE)
        yield places.ids
        if places.after is None:
            return
        after = places.after


def _rows(request: PageRequest, pages: Iterator[list[int]], columns: Sequence[Column]) -> Iterator[list[str]]:
    zone = timezone.get_current_timezone()
    for ids in pages:
        lines = listing.lines(ids, columns)
        tags = listing.tags_of(ids) if COLUMNS["tag"] in columns else {}
        for line in lines:
            note_access(line.space, Way.EXPORTED, [line.pk], by=request.actor, door=Door.WEB)
            yield [name_of(line), *(_text(_value(line, column, tags), zone) for column in columns)]
        accesses.flush()  # a whole list may be more than is gathered at once


def _value(line: Line, column: Column, tags: Mapping[int, Sequence[str]]) -> Any:
    return organisation_of(line) if column.name == "org" else shown(line, column, tags)


def _text(value: Any, zone: dt.tzinfo) -> str:
    """A value as other programs read it: days and instants in ISO 8601, of the reader's zone."""
    match value:
        case None:
            return ""
        case bool():
            return gettext("yes") if value else gettext("no")
        case dt.datetime():
            return value.astimezone(zone).isoformat(sep=" ", timespec="minutes")[:16]
        case list():
            return ", ".join(value)
    return str(value)
