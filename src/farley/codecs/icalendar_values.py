"""The values inside iCalendar lines: points in time as they are written, durations, periods."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

_WHEN = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[Tt ](?:(\d{2}):?(\d{2})(?::?(\d{2}))?(?:[.,]\d+)?)?)?([Zz]|[+-]00:?00)?", re.ASCII
)
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S?)?)?",
    re.IGNORECASE | re.ASCII,
)
_OFFSET = re.compile(r"([+-])?(\d{2}):?(\d{2})(?::?(\d{2}))?", re.ASCII)
_MAX_DAYS: Final = 4_000_000  # more than there are between the years 1 and 9999

NAIVE_MIN: Final = datetime(1, 1, 1)  # noqa: DTZ001 - a wall clock's time
NAIVE_MAX: Final = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001


def plus(moment: datetime, delta: timedelta) -> datetime:
    """Their sum; the first or the last moment there is where it would be beyond."""
    try:
        return moment + delta
    except OverflowError:
        limit = NAIVE_MAX if delta > timedelta(0) else NAIVE_MIN
        return limit.replace(tzinfo=moment.tzinfo)


@dataclass(frozen=True, slots=True)
class When:
    """A point in time as it is written: what the clock on the wall shows, and where the wall is.

    `zone` is "UTC", a TZID, or None for a floating time, the same hour everywhere. A date has midnight and no zone.
    RFC 5545 §3.3.4 and §3.3.5.
    """

    local: datetime
    zone: str | None = None
    is_date: bool = False

    @classmethod
    def of(cls, given: date | datetime, zone: str | None = None) -> "When":
        """A date; a datetime without a zone, at the wall of `zone`; or any other datetime as UTC."""
        if not isinstance(given, datetime):
            return cls(datetime(given.year, given.month, given.day), is_date=True)  # noqa: DTZ001
        if given.tzinfo is not None:
            return cls(given.astimezone(UTC).replace(tzinfo=None, microsecond=0), "UTC")
        return cls(given.replace(microsecond=0), zone)

    @classmethod
    def parse(cls, written: str, zone: str | None = None) -> "When | None":
        """Read a DATE or DATE-TIME, in ISO 8601's extended form too. None for what is neither."""
        found = _WHEN.fullmatch(written.strip())
        if not found:
            return None
        year, month, day, hour, minute, second, utc = found.groups()
        try:
            midnight = datetime(int(year), int(month), int(day))  # noqa: DTZ001
        except ValueError:
            return None
        if hour is None:
            return cls(midnight, is_date=True)
        hours, minutes, seconds = int(hour), int(minute), min(int(second or 0), 59)  # a leap second is the one before
        if hours > 24 or minutes > 59 or (hours == 24 and (minutes or seconds)):
            return None
        local = plus(midnight, timedelta(hours=hours, minutes=minutes, seconds=seconds))
        return cls(local, "UTC" if utc else zone or None)

    @property
    def date(self) -> date:
        return self.local.date()

    def date_at_midnight(self) -> datetime:
        """The day by the clock on the wall, at midnight."""
        return self.local.replace(hour=0, minute=0, second=0)

    def written(self) -> str:
        """As iCalendar writes it, the TZID aside."""
        local = self.local
        day = f"{local.year:04}{local.month:02}{local.day:02}"
        if self.is_date:
            return day
        return f"{day}T{local.hour:02}{local.minute:02}{local.second:02}{'Z' if self.zone == 'UTC' else ''}"


@dataclass(frozen=True, slots=True)
class Duration:
    """So many days by the calendar, then so much exact time; both may be negative. RFC 5545 §3.3.6."""

    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, written: str) -> "Duration | None":
        found = _DURATION.fullmatch(written.strip())
        if not found or not any(found.groups()[1:]):
            return None
        sign = -1 if found[1] == "-" else 1
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
        whole_days = min(7 * weeks + days, _MAX_DAYS)
        exact = min(3600 * hours + 60 * minutes + seconds, _MAX_DAYS * 86_400)
        return cls(sign * whole_days, sign * exact)

    @property
    def delta(self) -> timedelta:
        """As if every day had 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)

    def written(self) -> str:
        sign = "-" if self.days < 0 or self.seconds < 0 else ""
        days, seconds = abs(self.days), abs(self.seconds)
        if days and not days % 7 and not seconds:
            return f"{sign}P{days // 7}W"
        parts = [(seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S")]
        exact = "".join(f"{number}{unit}" for number, unit in parts if number)
        if not days and not exact:
            return "PT0S"
        return f"{sign}P{f'{days}D' if days else ''}{f'T{exact}' if exact else ''}"


@dataclass(frozen=True, slots=True)
class Period:
    """From one point in time to another, or for so long. RFC 5545 §3.3.9."""

    start: When
    end: When | Duration

    @classmethod
    def parse(cls, written: str, zone: str | None = None) -> "Period | None":
        first, _, second = written.partition("/")
        start = When.parse(first, zone)
        end = When.parse(second, zone) or Duration.parse(second)
        return cls(start, end) if start and end else None

    def written(self) -> str:
        return f"{self.start.written()}/{self.end.written()}"


def parse_offset(written: str) -> timedelta | None:
    """A UTC offset: +0100, -023000, also with colons. None for what is none. RFC 5545 §3.3.14."""
    found = _OFFSET.fullmatch(written.strip())
    if not found or int(found[3]) > 59 or int(found[4] or 0) > 59 or int(found[2]) > 23:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -offset if found[1] == "-" else offset


def write_offset(offset: timedelta) -> str:
    seconds = int(abs(offset.total_seconds()))
    sign = "-" if offset < timedelta(0) else "+"
    rest = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}{rest}"
