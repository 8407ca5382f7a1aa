"""The calendar: a day, a week, a month, the days ahead, the people of a space beside one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET

from farley.calendars.models import Components
from farley.spaces.models import Space
from farley.web.calendar import calendar_layout as layout
from farley.web.calendar.calendar_layout import Window
from farley.web.calendar.calendar_live import live_url
from farley.web.calendar.calendars_shown import calendars_of, editable
from farley.web.calendar.occurrences import Item, Look, Shown, Spot, spots_of
from farley.web.calendar.team_calendar import Person, people_of
from farley.web.contacts.listing import Choice
from farley.web.dates import written_day
from farley.web.shell.requests import PageRequest, standings

VIEWS = ("day", "week", "month", "agenda", "team")
VIEW_COOKIE = "farley_calendar"
IN_A_CELL = 3  # of a month
IN_A_LIST = 400
BELOW_A_MONTH = 60  # in the list below it, on a phone
AGENDA_DAYS = 30
FIRST_HOUR = 7  # that a page is scrolled to
_A_YEAR = 365 * 86_400
_YEARS = (1900, 2200)  # between which one leafs
P = TypeVar("P", Item, Spot)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    view: str
    on: dt.date
    space: str = ""

    def url(self, **changes: Any) -> str:
        wanted = {"view": self.view, "on": self.on.isoformat(), "space": self.space}
        wanted |= {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in changes.items()}
        return f"{reverse('calendar')}?{urlencode({name: value for name, value in wanted.items() if value})}"


@dataclass(slots=True)
class Column:
    """A day of the grid, or a person on a day."""

    day: dt.date
    label: str
    url: str
    day_url: str
    items: list[Item] = field(default_factory=list)
    bars: list[Item] = field(default_factory=list)
    is_today: bool = False
    is_off: bool = False
    is_chosen: bool = False
    now: float | None = None  # hours
    person: Person | None = None

    @property
    def number(self) -> int:
        return self.day.day

    @property
    def dots(self) -> list[str]:
        return _dots([*self.bars, *self.items])

    @property
    def now_style(self) -> str:
        return f"--t:{self.now:.2f}" if self.now is not None else ""

    @property
    def now_clock(self) -> str:
        return f"{timezone.localtime():%H:%M}"


@dataclass(slots=True)
class Cell:
    """A day of the month."""

    day: dt.date
    url: str  # of the day by itself
    here_url: str  # of the month, with this day chosen
    spots: list[Spot] = field(default_factory=list)
    first: list[Item] = field(default_factory=list)
    is_out: bool = False
    is_today: bool = False
    is_chosen: bool = False

    @property
    def more(self) -> int:
        return max(0, len(self.spots) - IN_A_CELL)

    @property
    def dots(self) -> list[str]:
        return _dots(self.spots)

    @property
    def label(self) -> str:
        return written_day(self.day, pgettext("date format: day and month, short", "j M")) if self.day.day == 1 else ""


@dataclass(frozen=True, slots=True)
class MiniDay:
    day: dt.date
    url: str
    is_out: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class MiniWeek:
    number: int
    days: list[MiniDay]
    is_current: bool


@dataclass(frozen=True, slots=True)
class AgendaDay:
    on: dt.date
    items: list[Item]


@require_GET
def calendar(request: PageRequest) -> HttpResponse:
    """The page in one of its views."""
    asked = asked_for(request.GET, request)
    response = render(request, "calendar/calendar.html", calendar_context(request, asked))
    if request.GET.get("view") in VIEWS:
        response.set_cookie(VIEW_COOKIE, asked.view, max_age=_A_YEAR, samesite="Lax", httponly=True)
    return response


def asked_for(query: QueryDict, request: HttpRequest) -> Asked:
    """What an address asks for; today where it names no day."""
    view = query.get("view", "") or request.COOKIES.get(VIEW_COOKIE, "")
    return Asked(view if view in VIEWS else "week", day_in(query.get("on", "")), query.get("space", "")[:40])


def asked_before(request: PageRequest) -> Asked:
    """What the page asks for that an htmx request comes from."""
    return asked_for(QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query), request)


def day_in(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return day if _YEARS[0] <= day.year <= _YEARS[1] else timezone.localdate()


def calendar_context(request: PageRequest, asked: Asked) -> dict[str, Any]:
    begins, today = request.user.week_begins_on, timezone.localdate()
    window = _window(asked, begins)
    calendars = calendars_of(request)
    context = {
        "place": "calendar",
        "asked": asked,
        "view": asked.view,
        "on": asked.on,
        "today": today,
        "today_url": asked.url(on=today),
        "tabs": _tabs(asked),
        "heading": _heading(asked, window),
        "phone_heading": _phone_heading(asked, window),
        "subheading": _subheading(asked, begins),
        "previous_url": asked.url(on=_step(asked, -1)),
        "next_url": asked.url(on=_step(asked, 1)),
        "month_name": f"{MONTHS[asked.on.month]} {asked.on.year}",
        "month_before_url": asked.url(on=layout.next_month(asked.on, -1)),
        "month_after_url": asked.url(on=layout.next_month(asked.on)),
        "mini_heads": [WEEKDAYS_ABBR[(begins + n) % 7] for n in range(7)],
        "mini": _mini(asked, begins, today),
        "calendars": calendars,
        "own_calendars": [shown for shown in calendars if not shown.is_busy_only],
        "busy_calendars": [shown for shown in calendars if shown.is_busy_only],
        "can_add": bool(editable(calendars, Components.EVENTS)),
        "has_calendars": bool(calendars),
        "live_url": live_url(request),
        "first_hour": FIRST_HOUR,
        "hours": [Hour(hour, f"{hour:02}:00", f"--t:{hour}") for hour in range(1, 24)],
    }
    if asked.view == "team":
        return context | _team(request, asked, window)
    found = spots_of(request, [shown for shown in calendars if shown.is_on], *_between(window))
    context["cut"] = found.cut
    match asked.view:
        case "month":
            return context | _month(asked, window, found, today)
        case "agenda":
            return context | _agenda(asked, window, found)
    return context | _days(asked, window, found, today)


@dataclass(frozen=True, slots=True)
class Hour:
    number: int
    clock: str
    style: str


def _between(window: Window) -> tuple[dt.datetime, dt.datetime]:
    return window.between(timezone.get_current_timezone())


def _window(asked: Asked, begins: int) -> Window:
    match asked.view:
        case "week":
            return layout.week_of(asked.on, begins)
        case "month":
            return layout.month_of(asked.on, begins)
        case "agenda":
            return layout.days_from(asked.on, AGENDA_DAYS)
    return layout.days_from(asked.on, 1)


def _step(asked: Asked, by: int) -> dt.date:
    """The day that leafing leads to."""
    match asked.view:
        case "week":
            return layout.plus_days(asked.on, 7 * by)
        case "month":
            return layout.next_month(asked.on, by)
        case "agenda":
            return layout.plus_days(asked.on, AGENDA_DAYS * by)
    return layout.plus_days(asked.on, by)


def _tabs(asked: Asked) -> list[Choice]:
    names = {
        "day": gettext("Day"),
        "week": gettext("Week"),
        "month": gettext("Month"),
        "agenda": pgettext("of a calendar", "Agenda"),
        "team": gettext("Team"),
    }
    return [Choice(asked.url(view=view), name, view == asked.view) for view, name in names.items()]


def _heading(asked: Asked, window: Window) -> str:
    day_and_month = pgettext("date format: day and month", "j F")
    if asked.view == "month":
        return str(MONTHS[asked.on.month])
    if asked.view in ("day", "team"):
        return written_day(asked.on, pgettext("date format: weekday, day and month", "l j F"))
    day = pgettext("date format: day of a month", "j")
    first = written_day(window.first, day if window.first.month == window.last.month else day_and_month)
    return gettext("{first} – {last}").format(first=first, last=written_day(window.last, day_and_month))


def _phone_heading(asked: Asked, window: Window) -> str:
    """A phone has a day where others have a week, and room for little."""
    if asked.view == "month":
        return _heading(asked, window)
    if asked.view == "agenda":
        short = pgettext("date format: day and month, short", "j M")
        first, last = (written_day(day, short) for day in (window.first, window.last))
        return gettext("{first} – {last}").format(first=first, last=last)
    return written_day(asked.on, pgettext("date format: weekday, day and month, short", "D j F"))


def _subheading(asked: Asked, begins: int) -> str:
    if asked.view == "week" and begins == 0:
        week = asked.on.isocalendar()
        return gettext("Week {number}, {year}").format(number=week.week, year=week.year)
    return str(asked.on.year)


def _mini(asked: Asked, begins: int, today: dt.date) -> list[MiniWeek]:
    weeks = []
    for days in layout.month_of(asked.on, begins).weeks:
        shown = [MiniDay(day, asked.url(on=day), day.month != asked.on.month, day == today) for day in days]
        weeks.append(MiniWeek(days[3].isocalendar().week, shown, asked.view in ("week", "day") and asked.on in days))
    return weeks


# Days side by side


def _days(asked: Asked, window: Window, found: Shown, today: dt.date) -> dict[str, Any]:
    columns = [_column(asked, day, today) for day in window.days]
    items = found.items
    bars = [item for item in items if item.is_bar]
    place_bars(bars, window.days)
    on_days = by_days([item for item in items if not item.is_bar], window.days)
    for column in columns:
        column.bars = [item for item in bars if item.first_day <= column.day <= item.last_day]
        column.items = placed(on_days[column.day], column.day)
    return {
        "columns": columns,
        "bars": bars,
        "chosen_bars": next(column.bars for column in columns if column.is_chosen),
    }


def _column(asked: Asked, day: dt.date, today: dt.date) -> Column:
    now = timezone.localtime()
    return Column(
        day,
        str(WEEKDAYS_ABBR[day.weekday()]),
        asked.url(on=day),
        asked.url(view="day", on=day),
        is_today=day == today,
        is_off=day.weekday() > 4,
        is_chosen=day == asked.on,
        now=now.hour + now.minute / 60 if day == today else None,
    )


def place_bars(bars: Sequence[Item], days: Sequence[dt.date]) -> None:
    """Give each bar its columns and its lane; the first column is that of the hours."""
    spans = [
        (max((item.first_day - days[0]).days, 0), min((item.last_day - days[0]).days, len(days) - 1)) for item in bars
    ]
    for item, (first, last), lane in zip(bars, spans, layout.lanes(spans), strict=True):
        item.style = f"--c:{first + 2};--n:{last - first + 1};--l:{lane + 1}"


def by_days(items: Iterable[P], days: Sequence[dt.date]) -> dict[dt.date, list[P]]:
    """What takes place on each of `days`, in the order given; what takes several, on each of them."""
    found: dict[dt.date, list[P]] = {day: [] for day in days}
    for item in items:
        if item.first_day == item.last_day:
            if item.first_day in found:
                found[item.first_day].append(item)
        else:
            for day in days:
                if item.first_day <= day <= item.last_day:
                    found[day].append(item)
    return found


def placed(items: Sequence[Item], day: dt.date) -> list[Item]:
    """`items`, which take place on a day, each as high and as wide as it is to be drawn there."""
    spans = [_hours(item, day) for item in items]
    drawn = []
    for item, (start, end), place in zip(items, spans, layout.side_by_side(spans), strict=True):
        length = max(end - start, layout.LEAST)
        lines = max(1, int(length * 3) - 1)
        style = f"--t:{start:.4g};--d:{length:.4g};--o:{place.left:.4g};--w:{place.width:.4g};--lines:{min(lines, 9)}"
        here = item if item.first_day == item.last_day else replace(item)  # drawn on other days, too
        here.is_short, here.style = length < 0.75, style
        drawn.append(here)
    return drawn


def _hours(item: Item, day: dt.date) -> tuple[float, float]:
    """From when to when on that day, by the clock on the wall."""
    start = item.start.hour + item.start.minute / 60 if item.first_day == day else 0
    end = item.end.hour + item.end.minute / 60 if item.end.date() == day else 24
    return start, max(end, start)


# A month, and lists


def _month(asked: Asked, window: Window, found: Shown, today: dt.date) -> dict[str, Any]:
    cells = {
        day: Cell(
            day,
            asked.url(view="day", on=day),
            asked.url(on=day),
            is_out=day.month != asked.on.month,
            is_today=day == today,
            is_chosen=day == asked.on,
        )
        for day in window.days
    }
    on_days = by_days(_bars_first(found.spots), window.days)
    for day, cell in cells.items():
        cell.spots = on_days[day]
        cell.first = _drawn(cell.spots, found.look, IN_A_CELL)
    weeks = [(days[3].isocalendar().week, [cells[day] for day in days]) for days in window.weeks]
    begins = window.first.weekday()
    heads = [(WEEKDAYS[(begins + n) % 7], WEEKDAYS_ABBR[(begins + n) % 7]) for n in range(7)]
    coming = {day: spots for day, spots in on_days.items() if day >= asked.on}
    return {"weeks": weeks, "month_heads": heads, "days": _listed(coming, found.look, BELOW_A_MONTH)}


def _agenda(asked: Asked, window: Window, found: Shown) -> dict[str, Any]:
    """The days of the window on which something takes place; what takes several stands on each."""
    on_days = by_days(_bars_first(found.spots), window.days)
    days = _listed(on_days, found.look, IN_A_LIST)
    further = ""
    if sum(map(len, on_days.values())) > IN_A_LIST:
        last = days[-1].on
        further = asked.url(on=last if len(days) > 1 else layout.plus_days(last, 1))
    return {"days": days, "is_empty": not days, "further_url": further}


def _listed(on_days: Mapping[dt.date, Sequence[Spot]], look: Look, left: int) -> list[AgendaDay]:
    """As many as `left` of them."""
    days = []
    for day, spots in on_days.items():
        if spots and left > 0:
            days.append(AgendaDay(day, _drawn(spots, look, left)))
            left -= len(spots)
    return days


def _bars_first(spots: Sequence[Spot]) -> list[Spot]:
    return [spot for is_bar in (True, False) for spot in spots if spot.is_bar is is_bar]


def _drawn(spots: Sequence[Spot], look: Look, most: int) -> list[Item]:
    return [spot.drawn(look) for spot in spots[:most]]


def _dots(items: Sequence[Item | Spot]) -> list[str]:
    return list(dict.fromkeys(item.hue for item in items))[:3]


# People side by side


def _team(request: PageRequest, asked: Asked, window: Window) -> dict[str, Any]:
    shared = [space for space in standings(request).in_use if space.kind != Space.Kind.PRIVATE]
    chosen = next((space for space in shared if space.name == asked.space), shared[0] if shared else None)
    today = timezone.localdate()
    columns = []
    cut: list[str] = []
    if chosen is not None:
        people, cut = people_of(request, chosen, *_between(window))
        for person in people:
            column = _column(asked, asked.on, today)
            column.label, column.person = person.name, person
            column.bars = [item for item in person.items if item.is_bar]
            column.items = placed(
                by_days([item for item in person.items if not item.is_bar], [asked.on])[asked.on], asked.on
            )
            columns.append(column)
    return {"columns": columns, "team_space": chosen, "team_spaces": shared, "cut": cut, "bars": []}
