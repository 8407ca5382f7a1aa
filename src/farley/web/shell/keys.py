"""The keyboard map: what the pages hear, told in one place. The help, its page and the tests read it here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from farley.web.shell.requests import PageRequest

NAMES = {  # of keys that have one; the others are called by what they write
    "Ctrl": pgettext_lazy("key", "Ctrl"),
    "Alt": pgettext_lazy("key", "Alt"),
    "Shift": _("Shift"),
    "Space": pgettext_lazy("key", "Space"),
    "Delete": pgettext_lazy("key", "Del"),
}
_BETWEEN = frozenset({",", "–"})  # what stands between keys


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as they are pressed one after the other or together; a comma stands between two ways."""

    keys: str
    does: Promise

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """What is written of it, and whether that is a key."""
        for part in self.keys.split():
            yield str(NAMES.get(part, part)), part not in _BETWEEN


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys are heard: pages that have something the selector `on` finds."""

    label: Promise
    on: str
    keys: tuple[Key, ...]


KEYS = (
    Place(
        _("Everywhere"),
        "",
        (
            Key("Ctrl K", _("search or command")),
            Key("/", _("search")),
            Key("?", _("show these keys")),
            Key("N", _("add what the page is about, else a contact")),
            Key("Z", _("undo, while the message is shown")),
            Key("[", _("fold the navigation")),
            Key("G H", _("go to Today")),
            Key("G C", _("go to the calendar")),
            Key("G K", _("go to contacts")),
            Key("G T", _("go to tasks")),
            Key("G A", _("go to Activity")),
            Key("Esc", _("close, restore")),
        ),
    ),
    Place(
        _("List"),
        "#list",
        (
            Key("J K", _("next, previous")),
            Key("X", _("select")),
            Key("Shift X", _("select a range")),
            Key("Ctrl A", _("select all on this page, once more: the whole list")),
            Key("Space", _("preview")),
            Key("↵", _("open")),
            Key("E", _("edit")),
            Key("F", _("filter the list")),
            Key("1 – 9", _("saved view")),
            Key("→ ↵ , F2", _("to a cell, change it")),
            Key("Alt ← →", _("move the column of a heading")),
            Key("Shift ← →", _("make it narrower, wider")),
            Key("Delete", _("delete what is selected")),
        ),
    ),
    Place(
        _("Contact"),
        "[data-record]",
        (
            Key("J K", _("next, previous in the list")),
            Key("E", _("edit")),
            Key("M C", _("mail, call")),
            Key("T", _("plan a meeting")),
            Key("O", _("write a note")),
            Key("L", _("log a call")),
            Key("Ctrl ↵", _("save what is being written")),
            Key("Alt ↑ ↓", _("put a fact in order")),
        ),
    ),
    Place(
        _("Calendar"),
        "[data-calendar]",
        (
            Key("T", _("today")),
            Key("← →", _("earlier, later")),
            Key("1 – 5", _("day, week, month, agenda, team")),
            Key("↵", _("open")),
            Key("Alt ↑ ↓ ← →", _("move an event")),
            Key("Shift Alt ↑ ↓", _("make an event shorter, longer")),
        ),
    ),
    Place(
        _("Tasks"),
        "[data-tasks]",
        (
            Key("J K", _("next, previous")),
            Key("↵", _("open")),
            Key("D", pgettext_lazy("key", "done")),
        ),
    ),
)


@require_GET
def keys(request: PageRequest) -> HttpResponse:
    """All keys, as a page or, for the page that somebody is on, as a dialog."""
    part = "#dialog" if request.htmx else ""
    return render(request, f"components/keys.html{part}", {"places": KEYS})
