"""One typed line as a draft of an event or a task."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.web.calendar.event_line import Draft, draft_of

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 25, 10, 0, tzinfo=BERLIN)  # a Wednesday


def read(line: str, language: str, *, is_task: bool = False) -> Draft:
    return draft_of(line, now=NOW, zone=BERLIN, language=language, is_task=is_task)


def told(draft: Draft) -> str:
    """Everything a draft says, as short as a table needs it."""
    if draft.start:
        when = f"{draft.start:%d.%m.%y %H:%M}" + (f"-{draft.end:%H:%M}" if draft.end else "")
        if draft.end and draft.end.date() != draft.start.date():
            when += f" {draft.end:%d.%m.}"
    elif draft.on:
        when = f"{draft.on:%d.%m.%y}" + (f"-{draft.until:%d.%m.%y}" if draft.until else "")
    else:
        when = "-"
    parts = [draft.title, when]
    parts += [f"@{draft.place}"] if draft.place else []
    parts += [draft.rule] if draft.rule else []
    parts += [f"?{','.join(draft.unsure)}"] if draft.unsure else []
    return " | ".join(parts)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Mittagessen morgen 12:30", "Mittagessen | 26.11.26 12:30"),
        ("Morgen 9 Uhr Zahnarzt", "Zahnarzt | 26.11.26 09:00"),
        ("Zahnarzt 3.12. 14-15 Uhr", "Zahnarzt | 03.12.26 14:00-15:00"),
        ("Zahnarzt bei Dr. Weber 3.12. 14.30 Uhr", "Zahnarzt | 03.12.26 14:30 | @Dr. Weber"),
        ("Urlaub 24.12.-2.1.", "Urlaub | 24.12.26-02.01.27"),
        ("Messe vom 24. bis 26. März in Leipzig", "Messe | 24.03.27-26.03.27 | @Leipzig"),
        ("Urlaub 24.-28.12.", "Urlaub | 24.12.26-28.12.26"),
        ("Kurs Mo-Mi", "Kurs | 30.11.26-02.12.26"),
        ("Besprechung übermorgen um 9 für 45 Minuten", "Besprechung | 27.11.26 09:00-09:45"),
        ("Besprechung Freitag 9:00-10:30 @ Raum Linde", "Besprechung | 27.11.26 09:00-10:30 | @Raum Linde"),
        ("Fr 14 Uhr Forecast", "Forecast | 27.11.26 14:00"),
        ("Essen mit Ada im Café Kranz am 5. Mai 19 Uhr", "Essen mit Ada | 05.05.27 19:00 | @Café Kranz"),
        ("Party 31.12. 22-2 Uhr", "Party | 31.12.26 22:00-02:00 01.01."),
        ("Inventur 2027-01-04 für 3 Tage", "Inventur | 04.01.27-06.01.27"),
        ("Rückruf in 3 Tagen 16 Uhr", "Rückruf | 28.11.26 16:00"),
        ("Rechnung am 1. prüfen", "Rechnung prüfen | 01.12.26"),
        ("Treffen mittags morgen", "Treffen | 26.11.26 12:00"),
        ("Standup jeden Montag 10 Uhr", "Standup | 30.11.26 10:00 | FREQ=WEEKLY;BYDAY=MO"),
        ("jeden zweiten Dienstag 18:00 Chor bis 3. März",
         "Chor | 01.12.26 18:00 | FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270303"),
        ("Stammtisch jeden ersten Freitag im Monat 19:30", "Stammtisch | 04.12.26 19:30 | FREQ=MONTHLY;BYDAY=1FR"),
        ("Blumen gießen alle drei Tage", "Blumen gießen | 25.11.26 | FREQ=DAILY;INTERVAL=3"),
        ("Training montags 18 Uhr 10 mal", "Training | 30.11.26 18:00 | FREQ=WEEKLY;BYDAY=MO;COUNT=10"),
        ("Viertel nach neun Anruf morgen", "Anruf | 26.11.26 09:15"),
        ("Mittagessen morgen 12:30 am Hafen", "Mittagessen am Hafen | 26.11.26 12:30"),
        ("Essen 19:00-21:00 am Hafen morgen", "Essen am Hafen | 26.11.26 19:00-21:00"),
        ("Treffen um 9 am Montag", "Treffen | 30.11.26 09:00"),
    ],
)  # fmt: skip
def test_a_german_line_is_read(line: str, expected: str) -> None:
    draft = read(line, "de")
    assert told(draft) == expected
    assert draft.is_sure


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lunch Friday noon", "lunch | 27.11.26 12:00"),
        ("call Ada tomorrow 9am for 30 min", "call Ada | 26.11.26 09:00-09:30"),
        ("every Monday 10:00 stand-up", "stand-up | 30.11.26 10:00 | FREQ=WEEKLY;BYDAY=MO"),
        ("dinner at Luigi’s tomorrow 7.30pm", "dinner | 26.11.26 19:30 | @Luigi’s"),
        ("review in Room 5 Monday 2-3pm", "review | 30.11.26 14:00-15:00 | @Room 5"),
        ("workshop 11-1pm on 3 December", "workshop | 03.12.26 11:00-13:00"),
        ("holiday 24 Dec to 2 Jan", "holiday | 24.12.26-02.01.27"),
        ("fair March 3", "fair | 03.03.27"),
        ("dentist on the 3rd 8:15", "dentist | 03.12.26 08:15"),
        ("offsite Monday to Wednesday", "offsite | 30.11.26-02.12.26"),
        ("interview in English tomorrow 10:00", "interview in English | 26.11.26 10:00"),
        ("team day in two weeks", "team day | 09.12.26"),
        ("gym every Tuesday and Thursday 7am until 3 March 2027",
         "gym | 26.11.26 07:00 | FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270303"),
        ("every other week 9:00 planning", "planning | 26.11.26 09:00 | FREQ=WEEKLY;INTERVAL=2"),
        ("rent monthly", "rent | 25.11.26 | FREQ=MONTHLY"),
        ("stand-up every weekday 9:15", "stand-up | 26.11.26 09:15 | FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("next Tuesday 10am pitch", "pitch | 01.12.26 10:00"),
        ("half past nine sync tomorrow for an hour", "sync | 26.11.26 09:30-10:30"),
        ("call +49 30 123456 tomorrow 9am", "call +49 30 123456 | 26.11.26 09:00"),
        ("demo https://example.org/10:30/x.y tomorrow 11:00", "demo https://example.org/10:30/x.y | 26.11.26 11:00"),
    ],
)  # fmt: skip
def test_an_english_line_is_read(line: str, expected: str) -> None:
    draft = read(line, "en")
    assert told(draft) == expected
    assert draft.is_sure


@pytest.mark.parametrize(
    ("line", "language", "expected"),
    [
        ("Fr. Müller anrufen", "de", "Fr. Müller anrufen | -"),
        ("so geht es", "de", "so geht es | -"),
        ("buy 3 apples", "en", "buy 3 apples | -"),
        ("May call", "en", "May call | -"),
        ("look at the sun", "en", "look at the sun | -"),
        ("Kapitel 3.4 lesen", "de", "Kapitel 3.4 lesen | -"),
        ("open 24/7", "en", "open 24/7 | -"),
        ("Treffen Mittwoch 14 Uhr", "de", "Treffen Mittwoch | 25.11.26 14:00 | ?Mittwoch"),  # today, or in a week?
        ("pitch next Friday", "en", "pitch next Friday | - | ?next Friday"),  # of this week, or of the next?
        ("tea tomorrow at 3", "en", "tea at 3 | 26.11.26 | ?at 3"),  # by day or by night?
        ("Essen 31.2. 12:30", "de", "Essen 31.2. | 25.11.26 12:30 | ?31.2."),  # which day has that number?
        ("Lunch 31.12.9999 12:30", "en", "Lunch 31.12.9999 | 25.11.26 12:30 | ?31.12.9999"),  # who plans that?
        ("Frühstück 8 Uhr", "de", "Frühstück | 25.11.26 08:00 | ?08:00"),  # that is past today
        ("report of 3.12. tomorrow 9:00", "en", "report of tomorrow | 03.12.26 09:00 | ?tomorrow"),
        ("trip 31.2.", "de", "trip 31.2. | - | ?31.2."),
        ("guten Morgen sagen", "de", "guten Morgen sagen | -"),
        ("", "de", " | -"),
    ],
)
def test_what_could_mean_two_things_stays_in_the_title_and_is_asked_about(
    line: str, language: str, expected: str
) -> None:
    draft = read(line, language)
    assert told(draft) == expected
    assert draft.is_sure is (draft.on is not None and not draft.unsure)


def test_a_task_is_due_on_a_day_and_has_a_priority() -> None:
    due = read("Angebot schreiben bis Freitag !!", "de", is_task=True)
    assert (due.title, due.on, due.priority) == ("Angebot schreiben", dt.date(2026, 11, 27), 3)
    by = read("todo: tax return by 31 May !!!", "en")
    assert (by.is_task, by.title, by.on, by.priority) == (True, "tax return", dt.date(2027, 5, 31), 1)
    assert read("milk", "en", is_task=True).is_sure


@given(st.text(max_size=80), st.sampled_from(["de", "en"]))
def test_any_line_is_a_draft(line: str, language: str) -> None:
    draft = read(line, language)
    assert draft.end is None or (draft.start is not None and draft.end > draft.start)
    assert draft.until is None or (draft.on is not None and draft.until >= draft.on)
