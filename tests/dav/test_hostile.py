"""Bodies and addresses that mean harm, or nothing: a status and a sentence, and nothing changed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.accounts.models import User
from farley.codecs.xml_tree import MAX_DEPTH, MAX_ELEMENTS
from farley.dav.elements import parse
from farley.dav.errors import DavError
from tests.cast import a_calendar, an_event, hand_of, space_of
from tests.dav.phone import NAMESPACES, Phone, Planner, planner_of

ENTITIES = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">'
BOMB = f'<!DOCTYPE x [{ENTITIES}]><d:propfind xmlns:d="DAV:"><d:prop>&b;</d:prop></d:propfind>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><d:propfind xmlns:d="DAV:">&a;</d:propfind>'


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        "<!DOCTYPE x><x/>",
        "<",
        "<a><b></a>",
        "\0",
        "hello",
        "<a/><b/>",
        "<?xml version='1.0' encoding='nonsense'?><a/>",
        "<?xml version='1.0' encoding='utf-16'?><a/>",
        b"<?xml version='1.0' encoding='utf-8'?><a>\xff</a>",
        "<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1),
        "<undeclared:a/>",
        f'<{"a" * 1000} xmlns="{"b" * 1000}"/>',
        '<d:propfind xmlns:d="DAV:"><d:prop/><d:allprop/></d:propfind>',
        '<d:propfind xmlns:d="DAV:"/>',
        f"<d:sync-collection {NAMESPACES}><d:limit><d:nresults>-1</d:nresults></d:limit></d:sync-collection>",
        f"<d:sync-collection {NAMESPACES}><d:sync-level>9</d:sync-level></d:sync-collection>",
        f"<card:addressbook-multiget {NAMESPACES}/>",
    ],
)
def test_a_body_that_cannot_be_read_is_400_with_a_sentence(phone: Phone, method: str, body: str | bytes) -> None:
    answer = phone.ask(method, "", body, depth="0")
    assert answer.status in (400, 403)
    if answer.status == 403:  # it is XML, and names a report that there is not
        assert answer.condition == "{DAV:}supported-report"
    assert len(answer.body) > 10


def test_more_elements_than_any_request_needs_are_refused_before_memory_is_spent() -> None:
    with pytest.raises(DavError):
        parse(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>")


@pytest.mark.django_db
def test_half_a_body_a_compressed_one_and_one_without_end_change_nothing(phone: Phone) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEND:VCARD\r\n"
    assert phone.put("a.vcf", card.encode(), content_encoding="gzip").status == 415
    assert phone.get("a.vcf").status == 404


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_xml_or_refused(body: bytes) -> None:
    with contextlib.suppress(DavError):
        parse(body)


_TAGS = st.sampled_from(
    ["d:prop", "d:href", "d:getetag", "card:filter", "card:prop-filter", "card:address-data", "d:sync-token", "d:limit"]
)
_TREES = st.recursive(
    st.text("<>&\"'aä\x00/", max_size=5).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.builds(
        lambda tag, name, parts: f'<{tag} name="{name}">{"".join(parts)}</{tag}>',
        _TAGS,
        st.sampled_from(["FN", "", "x.FN", "FN.x"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.sampled_from(["d:sync-collection", "card:addressbook-query", "card:addressbook-multiget", "d:propfind"]),
    st.lists(_TREES, max_size=4),
    st.sampled_from(["0", "1", "infinity", "x"]),
)
def test_no_request_is_answered_by_a_mistake(phone: Phone, name: str, parts: list[str], depth: str) -> None:
    method = "PROPFIND" if name == "d:propfind" else "REPORT"
    answer = phone.ask(method, "", f"<{name} {NAMESPACES}>{''.join(parts)}</{name}>", depth=depth)
    assert answer.status in (207, 400, 403, 404)


@pytest.fixture
def planner(alice: User) -> Planner:
    calendar = a_calendar(space_of(alice))
    series = an_event("A", "RRULE:FREQ=SECONDLY", "BEGIN:VALARM", "TRIGGER:-PT1S", "END:VALARM")
    hand_of(alice).put(calendar, series, href="a.ics")
    return planner_of(alice, calendar.slug)


_CALENDAR_TAGS = st.sampled_from(
    [
        *("comp-filter", "prop-filter", "param-filter", "time-range", "text-match", "is-not-defined", "filter", "prop"),
        *("calendar-data", "comp", "expand", "limit-recurrence-set", "limit-freebusy-set", "timezone", "timezone-id"),
    ]
)
_MOMENTS = st.sampled_from(["", "00010101T000000Z", "99991231T235959Z", "20261201T120000Z", "20261201", "x"])
_CALENDAR_TREES = st.recursive(
    st.just("x"),
    lambda inner: st.builds(
        lambda tag, name, start, end, parts: (
            f'<cal:{tag} name="{name}" start="{start}" end="{end}">{"".join(parts)}</cal:{tag}>'
        ),
        _CALENDAR_TAGS,
        st.sampled_from(["VCALENDAR", "VEVENT", "VTODO", "VALARM", "SUMMARY", ""]),
        _MOMENTS,
        _MOMENTS,
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@pytest.mark.django_db
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.sampled_from(["calendar-query", "calendar-multiget", "free-busy-query"]),
    st.lists(_CALENDAR_TREES, max_size=4),
)
def test_no_request_to_a_calendar_is_answered_by_a_mistake(planner: Planner, name: str, parts: list[str]) -> None:
    inner = "".join(parts)
    bodies = [
        inner,
        f"<d:prop><cal:calendar-data>{inner}</cal:calendar-data></d:prop><d:href>{planner.book}a.ics</d:href>",
    ]
    bodies.append(f'<cal:filter><cal:comp-filter name="VCALENDAR">{inner}</cal:comp-filter></cal:filter>')
    for body in bodies:
        answer = planner.report(f"cal:{name}", body, depth="1")
        assert answer.status in (200, 207, 400, 403), (body, answer.body[:200])


@given(
    st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=8), st.text("aä&<>\"'", max_size=8)
)
def test_an_element_that_is_kept_is_written_as_it_was_read(tree: list[object], text: str) -> None:
    from xml.sax.saxutils import escape, quoteattr

    def xml(node: list[object], depth: int = 0) -> str:
        inner = "".join(xml(child, depth + 1) for child in node)  # type: ignore[arg-type]
        space = ["DAV:", "urn:x", ""][depth % 3]
        return f"<n xmlns={quoteattr(space)} a={quoteattr(text)} xml:lang='de'>{escape(text)}{inner}{escape(text)}</n>"

    once = parse(xml(tree).encode())
    assert parse(once.written().encode()) == once
