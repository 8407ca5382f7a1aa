"""The form of an event or a task: what it shows of an entry, and what was changed in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import getaddresses
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext

from farley.calendars.details import Details, Invited, concerned_of, links_of, names_of
from farley.calendars.models import CalendarObject
from farley.calendars.occurrences import Occurrence
from farley.calendars.rules import RuleForm, UnusableRule, form_of, rule_of
from farley.calendars.series import Scope
from farley.codecs.icalendar import Component, ICalendar, When
from farley.codecs.zones import DatabaseZone, FixedZone, Zone, Zones, named_zone
from farley.web.calendar.entry_alarms import KEPT, alarms_in, with_alarms
from farley.web.calendar.recurring import read_rule_form
from farley.web.dates import UnreadableDate, read_date

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
MAX_TEXT = {"title": 1000, "place": 1000, "url": 2000, "notes": 100_000}
MAX_PEOPLE = 500
MAX_LINKS = 50
STATUSES = ("", "TENTATIVE", "CANCELLED")
CLASSES = ("PUBLIC", "PRIVATE", "CONFIDENTIAL")


class Unusable(ValueError):
    """Some fields hold what cannot be kept; `errors` says by field what helps."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, by the clock that the form shows; of whole days the last one included."""

    start: dt.datetime | None
    end: dt.datetime | None
    is_all_day: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is edited: a component and, of a series, which occurrence; nothing yet for a new entry.

    `zone` is the wall that the form shows the time of: the entry’s own, the reader’s for an entry in UTC; "" for one
    that is the same hour everywhere.
    """

    kind: CalendarObject.Kind
    component: Component | None
    main: Component | None
    at: When | None
    span: Span
    zone: str
    wall: Zone
    rule: RuleForm = field(default_factory=RuleForm)
    written_zone: str | None = None  # as the entry names it
    is_known_zone: bool = True

    @property
    def is_task(self) -> bool:
        return self.kind == CalendarObject.Kind.TASK


def here() -> str:
    return str(timezone.get_current_timezone())


def source_of(entry: CalendarObject, occurrence: Occurrence | None) -> Source:
    """The entry as the form shows it: one occurrence where one is given."""
    ical = entry.ical
    main = ical.main
    component = (occurrence.component if occurrence else None) or main
    assert component is not None
    assert main is not None
    kind = CalendarObject.Kind(entry.component)
    first = component.start_at or component.end_at
    zone, wall, is_known = _wall(ical, first)
    if occurrence:
        span = _span_of(occurrence, wall, component)
    else:
        span = _span_of_component(ical, component, wall)
    at = occurrence.recurrence_id if occurrence else None
    rule_start = main.start_at or main.end_at
    rule = form_of(main.text("RRULE"), rule_start, _zone_of(ical, rule_start)) if rule_start else RuleForm()
    return Source(kind, component, main, at, span, zone, wall, rule, first.zone if first else here(), is_known)


def _wall(ical: ICalendar, when: When | None) -> tuple[str, Zone, bool]:
    mine = DatabaseZone(ZoneInfo(here()))
    if when is None:
        return here(), mine, True
    if when.zone is None:
        return ("", FixedZone(dt.timedelta(0)), True) if not when.is_date else (here(), mine, True)
    if when.zone == "UTC":
        return here(), mine, True
    is_known = when.zone in ical.zones or named_zone(when.zone) is not None
    return when.zone, Zones(ical, mine).of(when), is_known


def _zone_of(ical: ICalendar, when: When) -> Zone:
    return Zones(ical, DatabaseZone(ZoneInfo(here()))).of(when)


def _span_of(occurrence: Occurrence, wall: Zone, component: Component) -> Span:
    if occurrence.is_all_day:
        first, last = (dt.datetime.combine(day, dt.time()) for day in (occurrence.first_day, occurrence.last_day))
        return Span(first, last, is_all_day=True)
    is_floating = component.start_at is not None and component.start_at.zone is None
    clock = DatabaseZone(ZoneInfo(here())) if is_floating else wall
    start, end = (
        clock.from_utc(each.astimezone(dt.UTC).replace(tzinfo=None)) for each in (occurrence.start, occurrence.end)
    )
    return Span(start, end)


def _span_of_component(ical: ICalendar, component: Component, wall: Zone) -> Span:
    """Of what happens once, or of the first of a series; of a task also without a start or without an end."""
    start, end = component.start_at, component.end_at
    zones = Zones(ical, DatabaseZone(ZoneInfo(here())))

    def shown(when: When) -> dt.datetime:
        return when.local if when.is_date or when.zone is None else wall.from_utc(zones.instant(when))

    first = shown(start) if start else None
    last = shown(end) if end else None
    if first is not None and last is None and component.duration:
        last = first + component.duration.delta
    is_all_day = component.is_all_day
    if is_all_day and last is not None and component.name != "VTODO":
        last = max(last - DAY, first or last - DAY)
    elif first is not None and last is None and component.name != "VTODO":
        last = first
    return Span(first, last, is_all_day)


def new_source(kind: CalendarObject.Kind, span: Span) -> Source:
    return Source(kind, None, None, None, span, here(), DatabaseZone(ZoneInfo(here())))


def values_of(source: Source) -> dict[str, str]:
    """What the fields hold before anybody types."""
    component, span = source.component, source.span
    values = {
        "title": "", "place": "", "url": "", "notes": "", "status": "", "class": "PUBLIC",
        "priority": "0", "tags": "", "parent": "",
    }  # fmt: skip
    if component is not None:
        status = component.text("STATUS").strip().upper()
        values |= {
            "title": component.text("SUMMARY"),
            "place": component.text("LOCATION"),
            "url": component.text("URL").strip(),
            "notes": component.text("DESCRIPTION"),
            "status": status if status in STATUSES else "",
            "class": component.text("CLASS").strip().upper() or "PUBLIC",
            "priority": str(component.number("PRIORITY") or 0),
            "tags": ", ".join(component.categories),
            "parent": next(
                (p.text for p in component.properties("RELATED-TO") if (p.param("RELTYPE") or "PARENT") == "PARENT"), ""
            ),
            "is_free": "on" if component.text("TRANSP").strip().upper() == "TRANSPARENT" else "",
        }
    values |= {"zone": source.zone, "all_day": "on" if span.is_all_day else ""}
    for name, moment in (("start", span.start), ("end", span.end)):
        values[f"{name}_on"] = f"{moment:%Y-%m-%d}" if moment else ""
        values[f"{name}_at"] = f"{moment:%H:%M}" if moment and not span.is_all_day else ""
    return values | _rule_values(source.rule)


def _rule_values(rule: RuleForm) -> dict[str, str]:
    return {
        "repeat": rule.repeat,
        "interval": str(rule.interval),
        "monthly": rule.monthly,
        "ends": rule.ends,
        "until": rule.until.isoformat() if rule.until else "",
        "count": str(rule.count),
    }


def alarms_of(source: Source, me: Invited) -> list[str]:
    """The reminders before anybody chooses."""
    is_new_event = source.component is None and not source.is_task
    return [KEPT] if is_new_event else alarms_in(source.component, me.address)


def people_of(source: Source) -> list[Invited]:
    return names_of(source.component.attendees) if source.component else []


def details_of(posted: QueryDict, source: Source, scope: Scope, *, me: Invited) -> Details:
    """What was changed in the form. Raises Unusable."""
    was = values_of(source)
    typed = was | {name: posted.get(name, "").replace("\r\n", "\n") for name in was}
    typed = {name: value if name == "notes" or value == was[name] else value.strip() for name, value in typed.items()}
    if not source.is_task and "all_day" not in posted:
        typed["all_day"] = ""
    typed["is_free"] = posted.get("is_free", "")
    errors: dict[str, str] = {}
    typed["notes"] = typed["notes"] if "notes" in posted else was["notes"]  # too long for the form
    _judge_texts(typed, was, errors, is_new=source.component is None)
    details = Details(
        mails_to=me.address,
        summary=_changed(typed, was, "title"),
        location=_changed(typed, was, "place"),
        url=_changed(typed, was, "url"),
        description=_changed(typed, was, "notes"),
        classification=_changed(typed, was, "class") if typed["class"] in CLASSES else None,
        is_transparent=bool(typed["is_free"]) if typed["is_free"] != was.get("is_free", "") else None,
        status=_changed(typed, was, "status") if not source.is_task and typed["status"] in STATUSES else None,
        priority=_number(typed["priority"], 9) if typed["priority"] != was["priority"] else None,
        parent=_changed(typed, was, "parent") if source.is_task else None,
        categories=_tags(typed["tags"]) if typed["tags"] != was["tags"] else None,
    )
    details = _with_times(details, typed, was, source, scope, errors)
    details = _with_rule(details, typed, posted, source, scope, errors)
    details = _with_people(details, posted, source, me, errors)
    if "concerns" in posted and source.component is not None:
        there, stay = concerned_of(source.component), set(posted.getlist("about"))
        kept = tuple(each for each in there if each.uri in stay)
        details = replace(details, concerned=kept if len(kept) < len(there) else None)
    details = _with_links(details, posted, source, errors)
    if "alarm" in posted:
        is_new = source.component is None
        details = with_alarms(details, posted.getlist("alarm"), alarms_of(source, me), is_new=is_new)
    if errors:
        raise Unusable(errors)
    return details


def _judge_texts(typed: Mapping[str, str], was: Mapping[str, str], errors: dict[str, str], *, is_new: bool) -> None:
    """What programs wrote that would not be taken here stays, as long as nobody changes it."""
    if not typed["title"] and (is_new or was["title"]):
        errors["title"] = gettext("Type a title.")
    for name, most in MAX_TEXT.items():
        if len(typed[name]) > most and typed[name] != was[name]:
            errors[name] = gettext("This is longer than Farley keeps.")
    url = typed["url"] if typed["url"] != was["url"] else ""
    if url and not url.lower().startswith(("https://", "http://", "mailto:", "tel:")):
        errors["url"] = gettext("A link begins with https://.")


def _changed(typed: Mapping[str, str], was: Mapping[str, str], name: str) -> str | None:
    return typed[name] if typed[name] != was[name] else None


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


# Times


def _with_times(
    details: Details, typed: dict[str, str], was: dict[str, str], source: Source, scope: Scope, errors: dict[str, str]
) -> Details:
    names = ("all_day", "start_on", "start_at", "end_on", "end_at", "zone")
    if source.component is not None and all(typed[name] == was[name] for name in names):
        return details
    span = _typed_span(typed, source, errors)
    zone = typed["zone"]
    if zone and zone != source.zone and not _is_zone(zone):
        errors["zone"] = gettext("There is no time zone of this name. Choose one of the list, such as Europe/Berlin.")
    if errors or (span.start is None and span.end is None):
        return details if not source.is_task else replace(details, has_no_start=True, has_no_end=True)
    span = _for_scope(span, source, scope)

    def when(local: dt.datetime) -> When:
        if span.is_all_day:
            return When(local.replace(hour=0, minute=0, second=0), is_date=True)
        if source.written_zone == "UTC" and zone == source.zone:
            return When(source.wall.to_utc(local), "UTC")
        if zone == source.zone and source.written_zone is not None:
            return When(local, source.written_zone)
        return When(local, zone or None)

    end = span.end + DAY if span.end and span.is_all_day and not source.is_task else span.end
    return replace(
        details,
        start=when(span.start) if span.start else None,
        end=when(end) if end else None,
        has_no_start=span.start is None,
        has_no_end=end is None,
    )


def _typed_span(typed: dict[str, str], source: Source, errors: dict[str, str]) -> Span:
    """What was typed; the end of an event follows from its start where only that was given."""
    start_on, end_on = (_day(typed, name, errors) for name in ("start_on", "end_on"))
    start_at, end_at = (_time(typed, name, errors) for name in ("start_at", "end_at"))
    is_all_day = bool(typed["all_day"]) if not source.is_task else start_at is None and end_at is None
    if source.is_task:
        start = _joined(start_on, start_at if not is_all_day else None)
        end = _joined(end_on, end_at if not is_all_day else None)
    else:
        if start_on is None and "start_on" not in errors:
            errors["start_on"] = gettext("Type the day.")
        if not is_all_day and start_at is None and "start_at" not in errors:
            errors["start_at"] = gettext("Type the time, or choose whole days.")
        if errors.keys() & {"start_on", "start_at", "end_on", "end_at"}:
            return Span(None, None)
        start = _joined(start_on, None if is_all_day else start_at)
        end = _joined(end_on or start_on, None if is_all_day else end_at)
        if not is_all_day and end_at is None and start is not None:
            end = start + (HOUR if end_on is None or end_on == start_on else (end_on - start.date()))
    if start is not None and end is not None and end < start:
        errors["end_on"] = gettext("It ends before it begins.")
    return Span(start, end, is_all_day)


def _joined(day: dt.date | None, time: dt.time | None) -> dt.datetime | None:
    return dt.datetime.combine(day, time or dt.time()) if day is not None else None


def _for_scope(span: Span, source: Source, scope: Scope) -> Span:
    """Of a series that is moved as a whole, where it begins: as far from its start as the occurrence was moved."""
    main, shown = source.main, source.span.start
    if source.at is None or scope is not Scope.ALL or main is None or span.start is None or shown is None:
        return span
    first = main.start_at
    if first is None:
        return span
    begins = first.local
    if first.zone == "UTC" and not first.is_date:
        begins = source.wall.from_utc(first.local)
    moved = dt.datetime.combine(begins.date() + (span.start.date() - shown.date()), span.start.time())
    return Span(moved, moved + (span.end - span.start) if span.end else None, span.is_all_day)


def _day(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> dt.date | None:
    if not typed[name]:
        return None
    try:
        return dt.date.fromisoformat(typed[name])
    except ValueError:
        pass
    try:  # a browser without a field for dates
        found = read_date(typed[name])
        if found.year and found.month and found.day:
            return dt.date(found.year, found.month, found.day)
    except UnreadableDate:
        pass
    errors[name] = gettext("This is no date. Type it like 1978-12-08.")
    return None


def _time(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> dt.time | None:
    if not typed[name]:
        return None
    try:
        hour, _, minute = typed[name].replace(".", ":").partition(":")
        return dt.time(int(hour), int(minute[:2] or 0))
    except ValueError:
        errors[name] = gettext("This is no time. Type it like 14:30.")
        return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


# How often, and who


def _with_rule(
    details: Details, typed: dict[str, str], posted: QueryDict, source: Source, scope: Scope, errors: dict[str, str]
) -> Details:
    if "repeat" not in posted or typed["repeat"] == KEPT:
        return details
    start = details.start or (source.main.start_at if source.main else None) or details.end
    try:
        form = read_rule_form(typed, posted.getlist("days"))
        if not posted.getlist("days") and start is not None:
            form = replace(form, days=form_of("", start, source.wall).days)
        if source.main is not None and _same_rule(form, source.rule):
            return details
        if form.repeat and source.at is not None and scope is Scope.ONE:
            errors["repeat"] = gettext(
                "One alone does not repeat: choose below that all are meant, or this and the following."
            )
            return details
        if start is None:
            if form.repeat:
                errors["repeat"] = gettext("What repeats needs a day.")
            return details
        return replace(details, rule=rule_of(form, start, source.wall))
    except UnusableRule as unusable:
        words = {
            "interval": gettext("Type a number from 1 to 999."),
            "count": gettext("Type how many times, from 1 to 9999."),
            "until": gettext("Type a day that is not before the first."),
        }
        errors[unusable.field] = words.get(unusable.field, gettext("Choose how often."))
        return details


def _same_rule(one: RuleForm, other: RuleForm) -> bool:
    """Whether both say the same, what is not asked for left aside."""

    def asked(form: RuleForm) -> RuleForm:
        return RuleForm(
            form.repeat,
            form.interval if form.repeat else 1,
            form.days if form.repeat == "WEEKLY" else (),
            form.monthly if form.repeat == "MONTHLY" else "day",
            form.ends if form.repeat else "never",
            form.until if form.repeat and form.ends == "on" else None,
            form.count if form.repeat and form.ends == "after" else 10,
        )

    return asked(one) == asked(other)


def attached_to(source: Source) -> list[str]:
    """The addresses of what is attached."""
    return [prop.text.strip() for prop in links_of(source.component)] if source.component else []


def _with_links(details: Details, posted: QueryDict, source: Source, errors: dict[str, str]) -> Details:
    if "links" not in posted:
        return details
    known = attached_to(source)
    kept = set(posted.getlist("link"))
    stay = [address for address in known if address in kept]
    new = posted.get("add_link", "").split()
    if any(not each.lower().startswith(("https://", "http://")) or len(each) > MAX_TEXT["url"] for each in new):
        errors["add_link"] = gettext("A link begins with https://.")
    elif len(stay) + len(new) > MAX_LINKS:
        errors["add_link"] = gettext("At most {count} links can be attached.").format(count=MAX_LINKS)
    return details if stay == known and not new else replace(details, links=(*stay, *dict.fromkeys(new)))


def _with_people(details: Details, posted: QueryDict, source: Source, me: Invited, errors: dict[str, str]) -> Details:
    if "people" not in posted:
        return details
    known = people_of(source)
    kept = {address.casefold() for address in posted.getlist("person")}
    stay = [person for person in known if person.address.casefold() in kept]
    new = []
    typed = " ".join(posted.get("add_person", "").replace(";", ",").split())
    for name, address in getaddresses([typed]) if typed else ():
        if "@" not in address or " " in address:
            errors["add_person"] = gettext(
                "“{typed}” names no e-mail address. Choose a contact of the list, or type name@example.org."
            ).format(typed=typed[:100])
            return details
        new.append(Invited(address, name))
    if len(stay) == len(known) and not new:
        return details
    if len(stay) + len(new) > MAX_PEOPLE:
        errors["add_person"] = gettext("At most {count} people can be asked to come.").format(count=MAX_PEOPLE)
    return replace(details, attendees=(*stay, *new), organiser=me)
