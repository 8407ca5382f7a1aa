"""CalDAV over a socket: Farley beside Radicale and Xandikos, the same requests to the same events in the same run.

10,000 events over four years, every twentieth a series; FARLEY_BENCH_DAV makes it another number. What a month holds is
some 200 events and 300 series. Each server keeps them as it does out of the box, as in `dav_rivals`.
"""

from __future__ import annotations

import os
import time

from benchmarks import _figures
from benchmarks._dav_servers import SPACES, TAGS, Load, Server, beside_each_other, best, each, servers, token_in
from benchmarks._instances import KEPT
from benchmarks._planners import event

EVENTS = int(os.environ.get("FARLEY_BENCH_DAV") or 10_000)
LOAD = Load(
    EVENTS,
    event,
    "ics",
    "text/calendar",
    "caldav-fill",
    "/dav/calendars/ada/bench/",
    "VCALENDAR",
    "/ada/calendars/calendar/",
)
DAY = 'start="20260310T000000Z" end="20260311T000000Z"'
MONTH = 'start="20260301T000000Z" end="20260401T000000Z"'


def main() -> None:
    folder = KEPT / f"caldav-{EVENTS}"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, float]] = {}
    for starting in servers(folder, LOAD):
        with starting as server:
            found[server.name] = _measured(server)
    _figures.table(f"{EVENTS:,} events, beside Radicale and Xandikos", beside_each_other(found))


def _measured(server: Server) -> dict[str, float]:
    """Seconds of each act, and the most memory, in octets."""
    found: dict[str, float] = {}
    began = time.perf_counter()
    whole = server.sync("")
    found["first sync of all, tags: the very first"] = time.perf_counter() - began
    if whole.count(b"getetag>") < EVENTS:
        raise RuntimeError(f"{server.name} holds too few events")
    token = token_in(whole)
    for name, act in (("put", server.put), ("delete", server.delete)):
        found[f"{name} of one"] = each(act, EVENTS)
    server.put(1)
    found["sync, one change"] = best(lambda: server.sync(token))
    for name, span in (("a day", DAY), ("a month", MONTH)):
        found[f"{name} by time-range, tags"] = best(lambda asked=span: _query(server, TAGS, _span(asked)))  # type: ignore[misc]
    expand = f"<d:prop><d:getetag/><cal:calendar-data><cal:expand {MONTH}/></cal:calendar-data></d:prop>"
    found["a month, written out"] = best(lambda: _query(server, expand, _span(MONTH)))
    busy = f"<cal:free-busy-query {SPACES}>{_span(MONTH)}</cal:free-busy-query>".encode()
    found["free and busy of a month"] = best(lambda: server.ask("REPORT", "", busy))
    text = '<cal:prop-filter name="SUMMARY"><cal:text-match>meeting 00012</cal:text-match></cal:prop-filter>'
    found["text in SUMMARY"] = best(lambda: _query(server, TAGS, text))
    found["most memory of a process"] = server.most_memory()
    return found


def _span(span: str) -> str:
    return f"<cal:time-range {span}/>"


def _query(server: Server, wanted: str, conditions: str) -> bytes:
    inner = f'<cal:comp-filter name="VEVENT">{conditions}</cal:comp-filter>'
    return server.report(
        "cal:calendar-query",
        f'{wanted}<cal:filter><cal:comp-filter name="VCALENDAR">{inner}</cal:comp-filter></cal:filter>',
    )


if __name__ == "__main__":
    main()
