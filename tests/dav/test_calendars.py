"""Calendars as devices see them: where they are, what is told of them, what is done in them."""

from __future__ import annotations

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.dav.models import DeadProperty
from farley.dav.names import APPLE, CALDAV, CALENDARSERVER, DAV
from farley.journal.models import Door
from tests.cast import a_calendar, a_card, a_vcalendar, an_event, hand_of, space_of, team
from tests.dav.keeping import Keeper
from tests.dav.phone import NAMESPACES, Phone, Planner, phone_of, planner_of

pytestmark = pytest.mark.django_db

DATA = f"{CALDAV}calendar-data"


@pytest.fixture
def work(alice: User) -> Calendar:
    return a_calendar(space_of(alice))


@pytest.fixture
def planner(alice: User, work: Calendar) -> Planner:
    """Alice's phone, whose calendar is her own."""
    return planner_of(alice, work.slug)


def test_a_program_finds_its_way_from_the_name_of_the_host_to_the_entries(planner: Planner, work: Calendar) -> None:
    for method in ("GET", "PROPFIND"):
        answer = Client().generic(method, "/.well-known/caldav")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/dav/")
    [root] = planner.propfind("/dav/", "d:current-user-principal").rows
    [person] = planner.propfind(
        root.props[200][f"{DAV}current-user-principal"].children[0].text,
        "cal:calendar-home-set",
        "cal:calendar-user-address-set",
    ).rows
    assert person.props[200][f"{CALDAV}calendar-user-address-set"].children[0].text == "mailto:alice@example.org"
    home = person.props[200][f"{CALDAV}calendar-home-set"].children[0].text
    assert home == planner.home
    options = planner.ask("OPTIONS", home).raw
    assert "calendar-access" in options.headers["DAV"]
    assert "calendar-auto-schedule" not in options.headers["DAV"]
    listed = planner.propfind(home, "d:resourcetype", "d:displayname", depth="1").rows[1:]
    assert [row.named(f"{DAV}resourcetype") for row in listed] == [[f"{DAV}collection", f"{CALDAV}calendar"]] * len(
        listed
    )
    assert f"{home}{work.slug}/" in [row.href for row in listed]
    planner.put("one.ics", an_event(uid="one"))
    entry = planner.propfind(planner.book, "d:getcontenttype", "d:getetag", depth="1").by_name["one.ics"]
    assert entry[f"{DAV}getcontenttype"] == "text/calendar; charset=utf-8; component=vevent"


def test_an_entry_comes_back_as_it_was_put_and_with_the_tag_that_was_told(planner: Planner) -> None:
    octets = an_event("Tee", "X-OWN;A=b:k\\,ept", "BEGIN:VALARM", "TRIGGER:-PT5M", "ACTION:DISPLAY", "END:VALARM")
    put = planner.put("tee.ics", octets, if_none_match="*")
    assert put.status == 201
    got = planner.get("tee.ics")
    assert (got.body, got.etag, got.raw.headers["Content-Type"]) == (
        octets,
        put.etag,
        "text/calendar; charset=utf-8; component=vevent",
    )
    assert planner.get("tee.ics", if_none_match=put.etag).status == 304
    assert planner.put("tee.ics", octets, if_none_match="*").status == 412
    assert planner.put("tee.ics", an_event("Kaffee", uid="event-x"), if_match='"stale"').status == 412
    shorter = octets.replace(b"SUMMARY:Tee", b"SUMMARY:T")
    assert planner.put("tee.ics", shorter, if_match=put.etag).status == 204
    assert planner.ask("DELETE", "tee.ics", if_match=put.etag).status == 412
    assert planner.ask("DELETE", "tee.ics").status == 204
    assert planner.get("tee.ics").status == 404


ONE, OTHER, TASK = (
    [f"BEGIN:{kind}", f"UID:{uid}", "DTSTART:20260101T000000Z", f"END:{kind}"]
    for kind, uid in (("VEVENT", 1), ("VEVENT", 2), ("VTODO", 1))
)
SEVERAL, MIXED = a_vcalendar(*ONE, *OTHER), a_vcalendar(*ONE, *TASK)


@pytest.mark.parametrize(
    ("octets", "condition"),
    [
        (b"no calendar", "valid-calendar-data"),
        (a_card(), "valid-calendar-data"),
        (an_event("\xe4").decode().encode("latin-1"), "valid-calendar-data"),
        (an_event().replace(b"VERSION:2.0", b"VERSION:1.0"), "supported-calendar-data"),
        (an_event().replace(b"PRODID", b"METHOD:REQUEST\r\nPRODID"), "valid-calendar-object-resource"),
        (SEVERAL, "valid-calendar-object-resource"),
        (MIXED, "valid-calendar-object-resource"),
        (a_vcalendar(), "valid-calendar-object-resource"),
        (an_event(kind="VTODO"), "supported-calendar-component"),
        (an_event(kind="VFREEBUSY"), "supported-calendar-component"),
        (an_event("x" * 11 * 2**20), "max-resource-size"),
    ],
)
def test_what_a_calendar_does_not_hold_is_refused_by_the_name_of_its_condition(
    planner: Planner, octets: bytes, condition: str
) -> None:
    answer = planner.put("x.ics", octets)
    assert (answer.status, answer.condition) == (403, f"{CALDAV}{condition}")
    assert not CalendarObject.objects.exists()


def test_a_uid_is_there_once_and_the_answer_says_where(planner: Planner) -> None:
    planner.put("one.ics", an_event(uid="same"))
    answer = planner.put("other.ics", an_event(uid="same"))
    assert (answer.status, answer.condition) == (403, f"{CALDAV}no-uid-conflict")
    assert answer.root.children[0].children[0].text == f"{planner.book}one.ics"
    assert planner.put("x.vcf", a_card(), content_type="text/vcard").condition == f"{CALDAV}supported-calendar-data"


def test_strange_but_allowed_objects_are_kept_and_break_no_listing(planner: Planner, work: Calendar) -> None:
    operations.change(work, components=Components(7), by=planner.user.actor, door=Door.WEB)
    strange = {
        "seconds": an_event("Ever", "DTSTART:00010101T000000Z", "RRULE:FREQ=SECONDLY"),
        "zone": an_event("Where", "DTSTART;TZID=Nowhere/At All:20261201T120000"),
        "backwards": an_event("Back", "DTSTART:20261201T120000Z", "DTEND:20251201T120000Z"),
        "undated": an_event("Undated", kind="VTODO"),
        "startless": an_event("x", "DTSTART:nonsense"),
        "long": an_event("Long", "DESCRIPTION:" + "y" * 2**20),
        "daily": an_event("Never", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    }
    for name, octets in strange.items():
        assert planner.put(f"{name}.ics", octets).status == 201, name
    assert len(planner.propfind(planner.book, "d:getetag", depth="1").rows) == 1 + len(strange)
    assert len(planner.sync().rows) == len(strange)
    span = '<cal:time-range start="20261201T000000Z" end="20261202T000000Z"/>'
    found = planner.find(
        f'<cal:comp-filter name="VEVENT">{span}</cal:comp-filter>',
        props=f"<cal:calendar-data><cal:expand {span[16:-2]}/></cal:calendar-data>",
    )
    assert {"seconds.ics", "zone.ics"} <= set(found.by_name)
    assert "RRULE:FREQ=SECONDLY" in found.by_name["seconds.ics"][DATA]  # as it is: to write it out would be too much
    assert planner.busy("20261201T000000Z", "20261202T000000Z").status == 200


def test_what_is_told_of_a_calendar_is_what_it_is(planner: Planner, work: Calendar) -> None:
    operations.change(
        work, colour="#ff8800", zone="Europe/Berlin", description="a<b", by=planner.user.actor, door=Door.WEB
    )
    names = [
        *("cal:supported-calendar-component-set", "cal:supported-calendar-data", "cal:calendar-timezone"),
        *("cal:calendar-timezone-id", "cal:calendar-description", "cal:max-resource-size", "ical:calendar-color"),
        *("ical:calendar-order", "cal:schedule-calendar-transp", "cs:getctag", "d:sync-token", "d:owner"),
        *("d:supported-report-set", "cal:min-date-time", "cal:max-date-time", "d:current-user-privilege-set"),
    ]
    [row] = planner.propfind(planner.book, *names).rows
    assert set(row.props) == {200}
    assert [
        each.attributes["name"] for each in row.props[200][f"{CALDAV}supported-calendar-component-set"].children
    ] == ["VEVENT"]
    assert row[f"{APPLE}calendar-color"] == "#ff8800"
    assert row[f"{CALDAV}calendar-description"] == "a<b"
    assert row[f"{CALDAV}calendar-timezone-id"] == "Europe/Berlin"
    assert "TZID:Europe/Berlin\r\n" in row[f"{CALDAV}calendar-timezone"]
    assert row[f"{CALENDARSERVER}getctag"] == row[f"{DAV}sync-token"]
    reports = row.named(f"{DAV}supported-report-set")
    assert {f"{CALDAV}calendar-query", f"{CALDAV}calendar-multiget", f"{CALDAV}free-busy-query"} <= set(reports)
    assert f"{CALDAV}read-free-busy" in row.named(f"{DAV}current-user-privilege-set")


def patch(inner: str, act: str = "set") -> str:
    return f"<d:propertyupdate {NAMESPACES}><d:{act}><d:prop>{inner}</d:prop></d:{act}></d:propertyupdate>"


ZONE = a_vcalendar("BEGIN:VTIMEZONE", "TZID:/x/America/New_York", "END:VTIMEZONE").decode()


def test_a_device_names_colours_and_orders_its_calendar_all_or_nothing(planner: Planner, work: Calendar) -> None:
    good = (
        "<d:displayname>Zürich &amp; Co</d:displayname><ical:calendar-color>#FF0000FF</ical:calendar-color>"
        "<ical:calendar-order>7</ical:calendar-order><cal:calendar-description>d</cal:calendar-description>"
        "<cal:schedule-calendar-transp><cal:transparent/></cal:schedule-calendar-transp>"
        f"<cal:calendar-timezone>{ZONE}</cal:calendar-timezone><cs:own>kept</cs:own>"
    )
    [row] = planner.ask("PROPPATCH", planner.book, patch(good)).rows
    assert set(row.props) == {200}
    work.refresh_from_db()
    told = (work.name, work.colour, work.position, work.description, work.is_transparent, work.zone)
    assert told == ("Zürich & Co", "#FF0000FF", 7, "d", True, "America/New_York")
    assert DeadProperty.objects.get().name == f"{CALENDARSERVER}own"
    bad = "<d:displayname>Other</d:displayname><ical:calendar-color>red</ical:calendar-color><cs:own>2</cs:own>"
    [row] = planner.ask("PROPPATCH", planner.book, patch(bad)).rows
    assert list(row.props[409]) == [f"{APPLE}calendar-color"]
    assert sorted(row.props[424]) == sorted([f"{DAV}displayname", f"{CALENDARSERVER}own"])
    protected = (
        "<cal:max-resource-size>1</cal:max-resource-size><cal:calendar-timezone-id>No/Where</cal:calendar-timezone-id>"
    )
    [row] = planner.ask("PROPPATCH", planner.book, patch(protected)).rows
    assert len(row.props[403]) + len(row.props.get(424, {})) == 2
    planner.ask("PROPPATCH", planner.book, patch("<ical:calendar-color/><cs:own/>", "remove"))
    work.refresh_from_db()
    assert (work.name, work.colour, DeadProperty.objects.count()) == ("Zürich & Co", "", 0)


def test_calendars_are_made_under_the_name_that_a_device_wants(planner: Planner, alice: User, bob: User) -> None:
    tasks = '<cal:supported-calendar-component-set><cal:comp name="VTODO"/></cal:supported-calendar-component-set>'
    set_of = "<d:set><d:prop><d:displayname>Einkauf</d:displayname>{}</d:prop></d:set>".format
    made = planner.ask(
        "MKCALENDAR", f"{planner.home}shop/", f"<cal:mkcalendar {NAMESPACES}>{set_of(tasks)}</cal:mkcalendar>"
    )
    assert made.status == 201
    calendar = Calendar.objects.get(slug="shop")
    assert (calendar.name, calendar.takes, calendar.space) == ("Einkauf", Components.TASKS, space_of(alice))
    assert planner.ask("MKCALENDAR", f"{planner.home}shop/").status == 405
    nothing = f"<cal:mkcalendar {NAMESPACES}><d:set><d:prop/></d:set></cal:mkcalendar>"  # as Python's caldav asks
    assert planner.ask("MKCALENDAR", f"{planner.home}nameless/", nothing).status == 201
    assert Calendar.objects.get(slug="nameless").name == "nameless"
    kind = "<d:resourcetype><d:collection/><cal:calendar/></d:resourcetype>"
    assert (
        planner.ask("MKCOL", f"{planner.home}plain/", f"<d:mkcol {NAMESPACES}>{set_of(kind)}</d:mkcol>").status == 201
    )
    assert planner.ask("MKCOL", f"{planner.home}bare/").condition == f"{DAV}valid-resourcetype"
    assert (
        planner.ask("MKCALENDAR", "/dav/addressbooks/alice/x/").condition == f"{CALDAV}calendar-collection-location-ok"
    )
    # Bob has one of the same name, and neither learns of the other
    his = planner_of(bob, "shop")
    assert his.ask("MKCALENDAR", his.book).status == 201
    assert his.put("a.ics", an_event("His")).status == 201
    assert planner.ask("GET", f"{planner.home}shop/a.ics").status == 404
    assert f"{his.home}shop/" in [row.href for row in his.propfind(his.home, "d:displayname", depth="1").rows]
    assert his.ask("PROPFIND", f"{his.home}bob~shop/", depth="0").status == 404


def test_the_name_of_ones_own_calendar_stays_its_own_when_anothers_is_shared(alice: User, bob: User) -> None:
    his = planner_of(bob, "shop")
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    shared = operations.create(sales, "Shared", slug="shop", by=alice.actor, door=Door.WEB)
    sales.memberships.filter(user=bob).delete()
    assert his.ask("MKCALENDAR", his.book).status == 201
    his.put("mine.ics", an_event())
    sales.memberships.create(user=bob, role=Role.READER)
    assert his.get("mine.ics").status == 200
    names = {row[f"{DAV}displayname"]: row.href for row in his.propfind(his.home, "d:displayname", depth="1").rows[1:]}
    assert names["Shared"] == f"{his.home}shop~{shared.pk}/"
    assert his.ask("PROPFIND", names["Shared"], depth="0").status == 207


def test_a_calendar_is_deleted_by_a_device_only_where_it_is_ones_own(planner: Planner, alice: User) -> None:
    shared = a_calendar(team("sales", alice=Role.MANAGER))
    planner.put("a.ics", an_event())
    assert planner.ask("DELETE", f"{planner.home}{shared.slug}/").status == 403
    assert planner.ask("DELETE", planner.book).status == 204
    assert planner.ask("PROPFIND", planner.book, depth="0").status == 404
    operations.restore(Calendar.objects.get(slug=planner.calendar), by=alice.actor, door=Door.WEB)
    assert planner.get("a.ics").status == 200


def test_entries_are_copied_and_moved_between_calendars(planner: Planner, alice: User, phone: Phone) -> None:
    other = planner_of(alice, a_calendar(space_of(alice), "Other").slug)
    first = planner.put("a.ics", an_event(uid="a"))
    assert planner.ask("COPY", "a.ics", destination=f"http://testserver{other.book}b.ics").status == 201
    assert other.get("b.ics").etag == first.etag
    pk = CalendarObject.objects.get(href="a.ics").pk
    assert planner.ask("MOVE", "a.ics", destination=f"{other.book}b.ics", overwrite="F").status == 412
    assert planner.ask("MOVE", "a.ics", destination=f"{other.book}b.ics").status == 204
    assert CalendarObject.objects.get(href="b.ics", deleted_at=None).pk == pk
    assert planner.get("a.ics").status == 404
    refused = other.ask("MOVE", "b.ics", destination=f"{phone.book}b.vcf")
    assert refused.condition.endswith("supported-address-data")


def test_devices_that_sync_hear_of_what_changed_and_of_nothing_else(alice: User, work: Calendar) -> None:
    keepers = [Keeper(planner_of(alice, work.slug)), Keeper(planner_of(alice, work.slug), limit=1)]
    writer, hand = planner_of(alice, work.slug), hand_of(alice)
    other = a_calendar(space_of(alice), "Other")
    for number in range(5):
        writer.put(f"{number}.ics", an_event(uid=f"u{number}"))
    hand.put(other, an_event())
    hand.contact(space_of(alice))
    for keeper in keepers:
        keeper.sync()
        assert keeper.is_as_the_server()
        assert len(keeper.tags) == 5
    token = keepers[0].token
    hand.put(other, an_event())
    assert writer.sync(token).rows == []
    writer.ask("DELETE", "0.ics")
    writer.ask("MOVE", "1.ics", destination=f"{writer.home}{other.slug}/1.ics")
    writer.put("2.ics", an_event("New", uid="u2"))
    told = writer.sync(token).by_name
    assert {name: row.status for name, row in told.items()} == {"0.ics": 404, "1.ics": 404, "2.ics": None}
    for keeper in keepers:
        keeper.sync()
        assert keeper.is_as_the_server()
    operations.move(work, team("sales", alice=Role.MANAGER), by=alice.actor, door=Door.WEB)
    assert writer.sync(token).condition == f"{DAV}valid-sync-token"
    keepers[1].token, keepers[1].tags = "", {}
    keepers[1].sync()
    assert keepers[1].is_as_the_server()


def test_devices_of_readers_hear_that_an_entry_became_private_or_public(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.READER)
    shared = a_calendar(space, "Shared")
    writer = planner_of(alice, shared.slug)
    keepers = [Keeper(planner_of(bob, shared.slug)), Keeper(planner_of(bob, shared.slug), limit=1)]
    everything = Keeper(planner_of(alice, shared.slug, is_read_only=True))
    for number in range(3):
        writer.put(f"{number}.ics", an_event(uid=f"u{number}"))
    writer.put("hidden.ics", an_event("Zyx", "CLASS:PRIVATE", uid="hidden"))

    def synced() -> dict[str, set[str]]:
        for keeper in (*keepers, everything):
            keeper.sync()
            assert keeper.is_as_the_server()
        assert keepers[0].tags == keepers[1].tags
        return {"reader": set(keepers[0].tags), "editor": set(everything.tags)}

    assert synced() == {"reader": {"0.ics", "1.ics", "2.ics"}, "editor": {"0.ics", "1.ics", "2.ics", "hidden.ics"}}
    token = keepers[0].token
    writer.put("0.ics", an_event("Zyx", "CLASS:CONFIDENTIAL", uid="u0"))
    writer.put("hidden.ics", an_event("Open", "CLASS:PUBLIC", uid="hidden"))
    told = keepers[0].phone.sync(token).by_name
    assert {name: row.status for name, row in told.items()} == {"0.ics": 404, "hidden.ics": None}
    assert synced()["reader"] == {"1.ics", "2.ics", "hidden.ics"}
    writer.put("0.ics", an_event("Open", uid="u0"))
    assert synced()["reader"] == {"0.ics", "1.ics", "2.ics", "hidden.ics"}
    writer.put("1.ics", an_event("Zyx", "CLASS:PRIVATE", uid="u1"))
    assert synced()["reader"] == {"0.ics", "2.ics", "hidden.ics"}
    space.memberships.filter(user=bob).update(role=Role.EDITOR)
    assert keepers[0].phone.sync(keepers[0].token).condition == f"{DAV}valid-sync-token", "more is told than before"
    keepers[0].token, keepers[0].tags = "", {}
    keepers[0].sync()
    assert keepers[0].tags == everything.tags
    space.memberships.filter(user=bob).update(role=Role.READER)
    assert keepers[0].phone.sync(keepers[0].token).condition == f"{DAV}valid-sync-token", "and now less"


def test_what_a_reader_was_never_told_of_is_not_told_when_it_is_gone_and_all_else_is(alice: User, bob: User) -> None:
    shared = a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER), "Shared")
    writer, his = planner_of(alice, shared.slug), planner_of(bob, shared.slug)
    for name in ("open", "turned", "reused"):
        writer.put(f"{name}.ics", an_event(uid=name))
    writer.put("zyx-now.ics", an_event("Zyx", "CLASS:PRIVATE", uid="h1"))
    writer.put("zyx-gone.ics", an_event("Zyx", "CLASS:PRIVATE", uid="h2"))
    token, own = his.sync().token, writer.sync().token
    writer.put("zyx-now.ics", an_event("Zyx, later", "CLASS:PRIVATE", uid="h1"))
    writer.put("turned.ics", an_event("Zyx", "CLASS:PRIVATE", uid="turned"))
    for name in ("zyx-gone", "turned", "open", "reused"):
        assert writer.ask("DELETE", f"{name}.ics").status == 204
    writer.put("reused.ics", an_event("Zyx", "CLASS:PRIVATE", uid="another"))
    told = his.sync(token)
    assert {name: row.status for name, row in told.by_name.items()} == {
        "open.ics": 404,
        "turned.ics": 404,
        "reused.ics": 404,
    }
    assert b"zyx" not in told.body.lower()
    assert {"zyx-gone.ics", "zyx-now.ics"} <= set(writer.sync(own).by_name)
    for name in ("under", "before"):
        writer.put(f"{name}.ics", an_event(uid=name))
    writer.put("zyx-moves.ics", an_event("Zyx", "CLASS:PRIVATE", uid="h3"))
    token = his.sync().token
    assert writer.ask("MOVE", "zyx-moves.ics", destination=f"{writer.book}under.ics").status == 204
    assert writer.ask("DELETE", "before.ics").status == 204
    writer.put("before.ics", an_event("Zyx", "CLASS:PRIVATE", uid="h4"))
    was = his.sync(token)
    assert {name: row.status for name, row in was.by_name.items()} == {"under.ics": 404, "before.ics": 404}
    writer.put("later.ics", an_event("Zyx", "CLASS:PRIVATE", uid="h5"))
    assert writer.ask("DELETE", "later.ics").status == 204
    writer.put("later.ics", an_event(uid="again"))
    token = his.sync().token
    assert writer.ask("DELETE", "later.ics").status == 204
    operations.restore_object(CalendarObject.objects.get(uid="h5"), by=alice.actor, door=Door.WEB)
    assert {name: row.status for name, row in his.sync(token).by_name.items()} == {"later.ics": 404}


def test_multiget_answers_each_address_and_only_of_its_calendar(planner: Planner, alice: User) -> None:
    planner.put("a.ics", an_event("A"))
    other = a_calendar(space_of(alice), "Other")
    hand_of(alice).put(other, an_event("Secret"), href="b.ics")
    hrefs = [f"{planner.book}a.ics", f"{planner.book}none.ics", f"{planner.home}{other.slug}/b.ics"]
    asked = "".join(f"<d:href>{href}</d:href>" for href in hrefs)
    answer = planner.report("cal:calendar-multiget", f"<d:prop><d:getetag/><cal:calendar-data/></d:prop>{asked}")
    assert {row.href: row.status for row in answer.rows} == {hrefs[0]: None, hrefs[1]: 404, hrefs[2]: 404}
    assert "SUMMARY:A" in answer.rows[0][DATA]
    elsewhere = planner.report("cal:calendar-multiget", asked, phone_of(alice).book)
    assert elsewhere.condition == f"{DAV}supported-report"


def test_a_device_kept_to_some_calendars_sees_these_and_nothing_else(
    alice: User, work: Calendar, planner: Planner
) -> None:
    shared = a_calendar(team("sales", alice=Role.EDITOR), "Sales")
    kept = planner_of(alice, shared.slug, calendars=[shared.pk])
    assert kept.put("a.ics", an_event()).status == 201
    assert [row.href for row in kept.propfind(kept.home, "d:displayname", depth="1").rows[1:]] == [kept.book]
    assert kept.ask("PROPFIND", planner.book, depth="0").status == 404
    assert kept.ask("PUT", f"{planner.book}a.ics", an_event(), content_type="text/calendar").status == 404
    assert len(kept.propfind("/dav/addressbooks/alice/", "d:displayname", depth="1").rows) == 1
    assert kept.ask("GET", "/dav/addressbooks/alice/alice/x.vcf").status == 404
    assert kept.ask("MKCALENDAR", f"{kept.home}new/").status == 403
    assert kept.ask("MOVE", "a.ics", destination=f"{planner.book}a.ics").status == 409
    shared.space.memberships.all().delete()
    assert kept.get("a.ics").status == 404
