"""One typed line as a draft of an event or a task: "Mittagessen morgen 12:30", "every Monday 10:00 stand-up".

What is surely a day, a time, how long, how often or where is taken out of the line; the rest is the title. Words that
could mean two things stay in the title, and the draft says that it is unsure, so that a form asks instead of guessing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from farley.web.calendar import event_words as words

MAX_LINE = 1000  # characters that are read
YEARS = range(2, 9998)  # of days that one can count on from, both ways, in any zone
_DAY = dt.timedelta(days=1)
_GAP = "\0"  # stands where something was taken out
_ASIDE = 0xFDD0  # the first of 32 code points that no text has: each stands for something that was set aside


@dataclass(frozen=True, slots=True)
class Draft:
    """What a line says. Without a `start` there is no time of day, without an `on` no day either.

    `until` is the last day of what takes several; `end` the end of what has a start, None where nothing is said of it.
    Both are by the clock on the wall. `unsure` are words of the title that could be more than that.
    """

    title: str
    on: dt.date | None = None
    until: dt.date | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    rule: str = ""  # an RRULE
    place: str = ""
    priority: int = 0  # as iCalendar counts: 1 is the highest, 0 none
    is_task: bool = False
    unsure: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether it can be kept as it is, without asking."""
        return bool(self.title) and (self.is_task or self.on is not None) and not self.unsure


def draft_of(line: str, *, now: dt.datetime, zone: dt.tzinfo, language: str, is_task: bool = False) -> Draft:
    """Read a line as it is typed at `now` by somebody in `zone`; `language` decides what only one of them says."""
    reader = _Reader(line[:MAX_LINE], now.astimezone(zone).replace(tzinfo=None), language, is_task)
    return reader.draft()


@dataclass
class _Reader:
    text: str
    now: dt.datetime
    language: str
    is_task: bool
    on: dt.date | None = None
    until: dt.date | None = None
    start: dt.time | None = None
    end: dt.time | None = None
    lasts: dt.timedelta | None = None
    days: int = 0
    rule: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def draft(self) -> Draft:
        self.text = " ".join(re.sub("[\0\ufdd0-\ufdef]", " ", self.text).split())
        if found := words.TASK.match(self.text):
            self.is_task, self.text = True, self.text[found.end() :]
        kept = self._set_aside()
        priority = self._priority()
        self._how_often()
        if self.is_task:
            self._take(words.DUE, lambda _: True)
        self._when()
        self._keep_am(kept)
        self._at_what_time()
        self._how_long()
        self._look_for_more()
        place = self._place(kept)
        on, start, end = self._settled()
        until = self.until
        if on is not None and self.days and start is None and until is None:
            until = on + (self.days - 1) * _DAY
        title = _put_back(self.text, kept)
        rule = ";".join(f"{name}={value}" for name, value in self.rule.items())
        return Draft(title, on, until, start, end, rule, place, priority, self.is_task, tuple(self.unsure))

    def _take(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], bool]) -> bool:
        """Take the first match out that `read` accepts."""
        for found in pattern.finditer(self.text):
            if read(found):
                self.text = f"{self.text[: found.start()]}{_GAP}{self.text[found.end() :]}"
                return True
        return False

    def _set_aside(self) -> list[str]:
        """Telephone numbers and addresses on the web, which hold dots and digits but no dates."""
        kept: list[str] = []

        def hidden(found: re.Match[str]) -> str:
            if re.search(r"\d\s?[-–]\s?\d", found[0]) and len(re.sub(r"\D", "", found[0])) < 7:
                return found[0]
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ \d-]*", found[0]):
                return found[0]
            if len(kept) == 32:
                return found[0]
            kept.append(found[0])
            return chr(_ASIDE + len(kept) - 1)

        self.text = re.sub(r"\S+://\S+|\S+@\S+\.\S+", hidden, self.text)
        self.text = words.PHONE.sub(hidden, self.text)
        return kept

    def _priority(self) -> int:
        if not self.is_task:
            return 0
        found = words.PRIORITY.search(self.text)
        if not found:
            return 0
        self.text = self.text[: found.start()] + self.text[found.end() :]
        return {1: 5, 2: 3, 3: 1}[len(found["marks"])]

    # How often

    def _how_often(self) -> None:
        readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = [
            (words.EVERY_NTH, self._every_nth),
            (words.EVERY_WORKDAY, lambda _: self._repeat("WEEKLY", BYDAY="MO,TU,WE,TH,FR")),
            (words.EVERY_DAYS, lambda found: self._repeat("WEEKLY", BYDAY=words.codes_of(found["days"]))),
            (words.EVERY_UNIT, self._every_unit),
            (words.ADVERB, lambda found: self._repeat(words.FREQUENCIES[found["word"].lower()])),
            (words.ON_DAYS, lambda found: self._repeat("WEEKLY", BYDAY=words.codes_of(found["days"]))),
        ]
        if not any(self._take(pattern, read) for pattern, read in readers):
            return
        self._take(words.UNTIL, self._until)
        if "UNTIL" not in self.rule:
            self._take(words.TIMES_OVER, self._count)

    def _repeat(self, frequency: str, **parts: str) -> bool:
        self.rule = {"FREQ": frequency, **parts}
        return True

    def _every_nth(self, found: re.Match[str]) -> bool:
        nth, code = words.ORDINALS[found["nth"].lower()], words.codes_of(found["day"])
        if found["month"]:
            return self._repeat("MONTHLY", BYDAY=f"{nth}{code}")
        is_every = found[0].lower().startswith(("every", "each", "jede"))
        return is_every and nth > 1 and self._repeat("WEEKLY", INTERVAL=str(nth), BYDAY=code)

    def _every_unit(self, found: re.Match[str]) -> bool:
        written = (found["count"] or "1").lower()
        count = words.ORDINALS.get(written) or words.number_of(written)
        if count < 1:
            return False
        interval = {"INTERVAL": str(int(count))} if count > 1 else {}
        return self._repeat(words.EVERY_UNITS[found["unit"].lower()], **interval)

    def _until(self, found: re.Match[str]) -> bool:
        day = self._date(found["date"])
        if day is not None:
            self.rule["UNTIL"] = f"{day:%Y%m%d}"
        return day is not None

    def _count(self, found: re.Match[str]) -> bool:
        self.rule["COUNT"] = found["count"]
        return int(found["count"]) > 0

    # Which day

    def _when(self) -> None:
        readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = [
            (words.DATES, self._dates),
            (words.ONE_DATE, self._one_date),
            (words.WEEKDAY_RANGE, self._weekdays),
            (words.RELATIVE, self._relative),
            (words.AHEAD, self._ahead),
            (words.WEEKDAY, self._weekday),
            (words.DAY_OF_MONTH, self._day_of_month),
        ]
        for pattern, read in readers:
            if self._take(pattern, read):
                return

    def _dates(self, found: re.Match[str]) -> bool:
        last = self._date(found["last"])
        if last is None:
            return False
        first_written = found["first"]
        if re.fullmatch(r"\d{1,2}\.?", first_written):
            if not first_written.endswith(".") and not re.search(r"[^\W\d_]{3}", found["last"]):
                return False  # "3-4.12." may be a chapter
            first = words.day_before(last, int(first_written.rstrip(".")))
        else:
            first = self._date(first_written)
        if first is None:
            return False
        if first > last and not re.search(r"\d{4}|\d\.\s?\d{1,2}\.\s?\d\d", found["last"]):
            last = words.year_later(last)
        if not dt.timedelta(0) <= last - first < dt.timedelta(days=367):
            return False
        self.on, self.until = first, last
        return True

    def _one_date(self, found: re.Match[str]) -> bool:
        self.on = self._date(found["date"])
        if self.on is None:  # the 31st of a month that has 30 days
            self.unsure.append(found["date"].strip())
        return self.on is not None

    def _date(self, written: str) -> dt.date | None:
        """A date that a calendar can hold; without a year the next one of that name, today too."""
        day = self._any_date(written)
        return day if day is not None and day.year in YEARS else None

    def _any_date(self, written: str) -> dt.date | None:
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
                return dt.date.fromisoformat(written)
            day = month = 0
            year: int | None = None
            for part in re.findall(r"\d+|[^\W\d_]+", written.lower()):
                if part.isdigit():
                    if not day:
                        day = int(part)
                    elif not month:
                        month = int(part)
                    else:
                        year = int(part)
                elif part in words.MONTHS:
                    month = words.MONTHS[part]
            if year is None:
                this = words.day_of(self.today.year, month, day)
                return this if this and this >= self.today else words.day_of(self.today.year + 1, month, day)
            return dt.date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            return None

    def _weekdays(self, found: re.Match[str]) -> bool:
        first, last = words.weekday_of(found["first"]), words.weekday_of(found["last"])
        if first == self.today.weekday() or self.rule:
            return False
        self.on = self.today + (first - self.today.weekday()) % 7 * _DAY
        self.until = self.on + (last - first) % 7 * _DAY
        return True

    def _relative(self, found: re.Match[str]) -> bool:
        if found["word"].lower() == "morgen" and re.search(
            r"(?:heute|guten|am|jeden|jedem|dienstag|montag|mittwoch|donnerstag|freitag|samstag|sonntag)\s*$",
            self.text[: found.start()],
            re.IGNORECASE,
        ):
            return False
        if found["word"].lower() == "tonight":
            self.unsure.append(found[0])
            self.on = self.today
            return False
        self.on = self.today + words.DAYS_FROM_TODAY[found["word"].lower()] * _DAY
        return True

    def _ahead(self, found: re.Match[str]) -> bool:
        self.on = self.today + int(words.number_of(found["count"]) * words.DAY_UNITS[found["unit"].lower()]) * _DAY
        return True

    def _weekday(self, found: re.Match[str]) -> bool:
        """The coming one. Today’s name could be today or in a week; "next" could be this week’s or the one after."""
        if found["short"] and re.search(r"\bthe\s*$", self.text[: found.start()], re.IGNORECASE):
            return False
        day, which = words.weekday_of(found["long"] or found["short"]), (found["which"] or "").lower()
        ahead = (day - self.today.weekday()) % 7
        is_next = which.startswith(("nächst", "next"))
        if ahead == 0 and not is_next and not which.startswith(("kommend", "coming")):
            self.unsure.append(found[0].strip())
            return False
        if is_next and self.today.weekday() < day:
            self.unsure.append(found[0].strip())
            return False
        self.on = self.today + (ahead or 7) * _DAY
        return True

    def _day_of_month(self, found: re.Match[str]) -> bool:
        number = int(found["german"] or found["english"])
        for ahead in range(4):
            month = self.today.month - 1 + ahead
            day = words.day_of(self.today.year + month // 12, month % 12 + 1, number)
            if day and day >= self.today:
                self.on = day
                return True
        return False

    # What time

    def _keep_am(self, kept: list[str]) -> None:
        """In German "12:30 am Hafen" says where, not which half of the day."""
        if self.language == "de" and len(kept) < 32:
            self.text = re.sub(r"(?<=\d )am\b", chr(_ASIDE + len(kept)), self.text)
            kept.append("am")

    def _at_what_time(self) -> None:
        readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = [
            (words.TIMES, self._times),
            (words.ONE_TIME, self._one_time),
            (words.NAMED_TIME, self._noon),
            (words.PART_TIME, self._part_time),
            (words.BARE_TIME, self._bare_time),
        ]
        for pattern, read in readers:
            if self._take(pattern, read):
                return

    def _times(self, found: re.Match[str]) -> bool:
        first, last = found["a"] or found["c"], found["b"] or found["d"]
        half = words.half_of(last) if not words.half_of(first) else ""
        start, end = words.time_of(first, half), words.time_of(last, "")
        if start is None or end is None:
            return False
        if half == "p" and start > end and (before := words.time_of(first, "a")) is not None:
            start = before  # 11-1pm
        self.start, self.end = start, end
        return True

    def _one_time(self, found: re.Match[str]) -> bool:
        self.start = words.time_of(found["time"], "")
        return self.start is not None

    def _noon(self, found: re.Match[str]) -> bool:
        self.start = dt.time(12)
        return True

    def _part_time(self, found: re.Match[str]) -> bool:
        part, hour = " ".join(found["part"].lower().split()), int(words.number_of(found["hour"]))
        if not 1 <= hour <= 24:
            return False
        if hour < 7:  # by day or by night?
            self.unsure.append(found[0].strip())
            return False
        minutes = {"halb": -30, "half past": 30, "viertel nach": 15, "quarter past": 15}.get(part, -15)
        total = (hour * 60 + minutes) % 1440
        self.start = dt.time(total // 60, total % 60)
        return True

    def _bare_time(self, found: re.Match[str]) -> bool:
        hour = int(found["time"])
        if hour > 24:
            return False
        if 1 <= hour < 7:
            self.unsure.append(found[0].strip())
            return False
        self.start = dt.time(hour % 24)
        return True

    def _how_long(self) -> None:
        self._take(words.LASTING, self._lasting)

    def _lasting(self, found: re.Match[str]) -> bool:
        unit = (found["unit"] or "").lower()
        if not found["mark"] and (self.start is None or self.end is not None or unit in words.DAY_UNITS):
            return False
        if found["half"]:
            self.lasts = dt.timedelta(minutes=30)
            return self.end is None and self.start is not None
        count = words.number_of(found["count"])
        if unit in words.DAY_UNITS:
            self.days = int(count * words.DAY_UNITS[unit])
            return self.on is not None and 0 < self.days <= 366 and self.until is None
        self.lasts = dt.timedelta(minutes=count * words.UNITS[unit])
        return self.start is not None and self.end is None

    def _look_for_more(self) -> None:
        """A second day or time that is said besides the first: which one is meant nobody knows."""
        known = [(pattern, self.on) for pattern in (words.ONE_DATE, words.RELATIVE, words.WEEKDAY)]
        for pattern, has in [*known, (words.ONE_TIME, self.start)]:
            found = pattern.search(self.text)
            if found and has is not None and found[0].strip() not in self.unsure:
                self.unsure.append(found[0].strip())

    # Where

    def _place(self, kept: list[str]) -> str:
        for pattern in (words.AT, words.PLACE):
            for found in pattern.finditer(self.text):
                first = re.split(r"[\s,]", found["place"].strip(), maxsplit=1)[0].lower()
                before = self.text[: found.start()].replace(_GAP, " ").strip()
                after = self.text[found.end() :].replace(_GAP, " ").strip()
                if first in words.NO_PLACES or not (before or after):
                    continue
                self.text = f"{self.text[: found.start()]}{_GAP}{self.text[found.end() :]}"
                return _put_back(found["place"], kept)
        return ""

    # All together

    def _settled(self) -> tuple[dt.date | None, dt.datetime | None, dt.datetime | None]:
        """The first day, and start and end where there is a time of day."""
        on = self.on
        if self.rule and on is None:
            on = self._first_of_rule()
        if self.start is None:
            return on, None, None
        if on is None:
            if dt.datetime.combine(self.today, self.start) < self.now:
                self.unsure.append(f"{self.start:%H:%M}")  # today that time is past
            on = self.today
        start = dt.datetime.combine(on, self.start)
        if self.lasts:
            return on, start, start + self.lasts
        if self.end is None:
            return on, start, None
        end = dt.datetime.combine(self.until or on, self.end)
        return on, start, end if end > start else end + _DAY

    def _first_of_rule(self) -> dt.date:
        """The first day of a series of which none was given: the next one that the rule names."""
        is_past = self.start is not None and dt.datetime.combine(self.today, self.start) < self.now
        first = self.today + _DAY if is_past else self.today
        by_day = self.rule.get("BYDAY", "")
        if self.rule["FREQ"] == "WEEKLY" and by_day:
            days = [words.CODES.index(code) for code in by_day.split(",")]
            return first + min((day - first.weekday()) % 7 for day in days) * _DAY
        if self.rule["FREQ"] == "MONTHLY" and by_day:
            nth, day = int(by_day[:-2]), words.CODES.index(by_day[-2:])
            for ahead in range(400):
                on = first + ahead * _DAY
                place = -1 if nth < 0 and (on + 7 * _DAY).month != on.month else (on.day - 1) // 7 + 1
                if on.weekday() == day and place == nth:
                    return on
        return first


def _put_back(text: str, kept: list[str]) -> str:
    text = "".join(kept[ord(each) - _ASIDE] if 0 <= ord(each) - _ASIDE < len(kept) else each for each in text)
    text = " ".join(text.replace(_GAP, " ").split())
    return text.strip(" ,;:-–")
