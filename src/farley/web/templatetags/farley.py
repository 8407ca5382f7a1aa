"""Tags and filters of all pages."""

import html
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from farley.contacts.models import TagName
from farley.web.assets import FrontEndNotBuilt, asset_url, icons
from farley.web.dates import written_day

register = template.Library()
register.simple_tag(asset_url, name="asset")

HUES = ("plum", "clay", "ochre", "moss", "pine", "sky", "iris", "stone")
TITLES = frozenset({"dr", "dr.", "prof", "prof.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "herr", "frau"})


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """The Lucide icon `name`, which the style sheet draws; `extra` are further classes.

    Screen readers pass over it, as it has no text. Raises FrontEndNotBuilt for a name that is no icon's, or new.
    """
    return _icon(name, extra)


@lru_cache(maxsize=512)
def _icon(name: str, extra: str) -> SafeString:
    return SafeString(f'<i class="i {icon_class(name)}{extra and f" {extra}"}"></i>')


@lru_cache(maxsize=512)
def icon_class(name: str) -> str:
    """The class that gives an element the drawing of an icon. Raises FrontEndNotBuilt as `icon` does.

    Pages take it from here: the style sheet has the icons whose names stand in quotes of their own, and no others.
    """
    if name not in icons():
        raise FrontEndNotBuilt(f"icon {name}")
    return f"i-{name}"


def escaped(text: str) -> str:
    """A text as HTML. As Django's `escape`, which takes most of its time to find out what it was given."""
    if "&" in text or "<" in text or ">" in text or '"' in text or "'" in text:  # half the time of a pattern
        return html.escape(text)
    return text


@register.filter
def hue(text: object) -> str:
    """One of the eight hues: what was chosen for a tag, else one that the same text always has."""
    if isinstance(text, TagName) and text.hue:
        return text.hue
    return _hue_of(str(text))


@lru_cache(maxsize=5000)  # of tags, owners and whoever is on the pages of one day
def _hue_of(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return HUES[crc32(text.casefold().encode()) % len(HUES)]


@register.filter
def initials(name: object) -> str:
    """One or two capitals for a name, titles left out; empty for a name without letters."""
    words = [word for word in str(name).split() if word.casefold() not in TITLES]
    letters = [word[0] if word[0].isalpha() else next(filter(str.isalpha, word), "") for word in words]
    found = [letter.upper() for letter in letters if letter]
    return f"{found[0]}{found[-1]}" if len(found) > 1 else "".join(found)


@register.filter
def first_word(text: object) -> str:
    """The first word: what a narrow column shows of a person's name."""
    return str(text).split(" ", 1)[0]


@register.filter
def breakable(text: object) -> SafeString:
    """`text` with its line breaks kept and room to break a long address before its @ or behind a slash."""
    lines = (escaped(line).replace("@", "<wbr>@").replace("/", "/<wbr>") for line in str(text).splitlines())
    return SafeString("<br>".join(lines))  # each line is escaped


@register.simple_tag
def avatar(name: str, *, photo: str = "", shape: str = "", size: str = "") -> SafeString:
    """Photo or initials. It stands beside the name, so it is hidden from screen readers."""
    classes = f"av hue-{hue(name)}{shape and f' {shape}'}{size and f' {size}'}"
    if photo:
        drawn = f'<img src="{escaped(photo)}" alt="" loading="lazy">'
    else:
        drawn = escaped(initials(name)) or _icon("building-2" if shape == "org" else "user", "")
    # escaped above; `mark_safe` takes longer than all of it
    return SafeString(f'<span class="{escaped(classes)}" aria-hidden="true">{drawn}</span>')


@register.filter
def moment(instant: datetime | None) -> str:
    """An instant as short as a list needs it: "today, 09:12", "yesterday", "17 Nov", "17 Nov 2024"."""
    if instant is None:
        return ""
    return Moments().said(timezone.localtime(instant))


class Moments:
    """Says the instants of one page in its language, each day once. They come in the reader's time zone."""

    def __init__(self) -> None:
        self.today = timezone.localdate()
        self._days: dict[date, str] = {}
        self._with_time = gettext("{day}, {time}")

    def said(self, local: datetime) -> str:
        """As `moment` says it."""
        day = local.date()
        if day not in self._days:
            self._days[day] = relative_day(day)
        if day != self.today:
            return self._days[day]
        return self._with_time.format(day=self._days[day], time=f"{local.hour:02}:{local.minute:02}")


@register.filter(expects_localtime=True)
def iso(when: date | datetime | None) -> str:
    """A day or an instant as programs read it. A tenth of what Django's `date` takes."""
    return "" if when is None else when.isoformat()


@register.simple_tag
def instant_now() -> str:
    """When the page was made, in seconds."""
    return f"{timezone.now().timestamp():.3f}"


@register.filter(expects_localtime=True)
def clock(instant: datetime) -> str:
    """The time of day: "09:12"."""
    return f"{instant:%H:%M}"


@register.filter
def exact_moment(instant: datetime) -> str:
    """An instant in full: "17 Nov 2026, 09:12"."""
    local = timezone.localtime(instant)
    day = formats.date_format(local, pgettext("date format: day, month and year, short", "j M Y"))
    return gettext("{day}, {time}").format(day=day, time=formats.time_format(local, "H:i"))


@register.filter
def relative_day(day: date) -> str:
    """Today and yesterday as words, then day and month, the year only where it differs."""
    today = timezone.localdate()
    match (today - day).days:
        case 0:
            return gettext("today")
        case 1:
            return gettext("yesterday")
    if day.year == today.year:
        return written_day(day, pgettext("date format: day and month, short", "j M"))
    return written_day(day, pgettext("date format: day, month and year, short", "j M Y"))


@register.filter
def coming_day(day: date) -> str:
    """A day to come or just gone, as short as a list needs it: "tomorrow", "Thu 3 Dec", "3 Dec 2027"."""
    today = timezone.localdate()
    match (day - today).days:
        case 0:
            return gettext("today")
        case 1:
            return gettext("tomorrow")
        case -1:
            return gettext("yesterday")
    if day.year == today.year:
        return written_day(day, pgettext("date format: weekday, day and month, shortest", "D j M"))
    return written_day(day, pgettext("date format: day, month and year, short", "j M Y"))


@register.filter
def day_heading(day: date) -> str:
    """A day as the heading of a list: "Today, Thursday 19 November"."""
    today = timezone.localdate()
    pattern = (
        pgettext("date format: weekday, day and month", "l j F")
        if day.year == today.year
        else pgettext("date format: weekday, day, month and year", "l j F Y")
    )
    written = written_day(day, pattern)
    match (today - day).days:
        case 0:
            return gettext("Today, {day}").format(day=written)
        case 1:
            return gettext("Yesterday, {day}").format(day=written)
        case -1:
            return gettext("Tomorrow, {day}").format(day=written)
    return written


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with `changes` made: a value of None or "" takes the parameter out."""
    request: HttpRequest = context["request"]
    return changed_query(request, **changes)


def changed_query(request: HttpRequest, **changes: Any) -> str:
    """What the tag `query` writes, a question mark in front."""
    wanted = {name: "" if value is None else str(value) for name, value in changes.items()}
    kept: list[tuple[str, str]] = []
    for name, values in request.GET.lists():
        if name not in wanted:
            kept += [(name, str(value)) for value in values]
        elif value := wanted.pop(name):
            kept.append((name, value))
    kept += [(name, value) for name, value in wanted.items() if value]
    return f"?{urlencode(kept)}"
