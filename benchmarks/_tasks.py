"""What the processes of a benchmark do: `python -m benchmarks._tasks TASK …`, started by `_instances`.

Each runs inside one Farley instance (FARLEY_DATA, FARLEY_DATABASE_URL) and reports one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._beside import ask_beside, fill_beside
from benchmarks._lists import list_pages

LIMIT_S = 3600  # no task waits or works longer


def make(*spaces: str) -> dict[str, Any]:
    """Make the database, the user ada with her private space, and team spaces with these names."""
    from django.conf import settings

    from farley.backups.upgrading import bring_up_to_date
    from farley.spaces.models import Space
    from farley.spaces.operations import add_person, create

    bring_up_to_date(settings.DATA)
    ada = add_person("ada", "ada@farley.example", None)
    for name in spaces:
        create(name, Space.Kind.TEAM, by=ada.actor)
    return {}


def bring_up_to_date() -> dict[str, Any]:
    """Migrate a database that was kept from an earlier day, without the copy that Farley itself would make before."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return {}


def copy_for_search(path: str, *more: str) -> dict[str, Any]:
    """Fill this PostgreSQL with what search and its page read, and `more`, out of the SQLite database at `path`."""
    import sqlite3

    from django.apps import apps
    from django.db import connection, models

    connection.ensure_connection()
    target: Any = connection.connection
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    target.execute("SET session_replication_role TO replica")  # what rows refer to is not all copied
    for name in ("accounts.User", "spaces.Space", "spaces.Membership", "contacts.Contact", "search.Entry", *more):
        model = apps.get_model(name)
        table = model._meta.db_table
        fields = model._meta.concrete_fields
        flags = [n for n, field in enumerate(fields) if isinstance(field, models.BooleanField)]
        columns = ", ".join(f'"{field.column}"' for field in fields)
        target.execute(f"DELETE FROM {table}")
        with target.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in source.execute(f"SELECT {columns} FROM {table}"):
                values = [*row]
                for n in flags:
                    values[n] = bool(values[n])
                copy.write_row(values)
        target.execute(f"ANALYZE {table}")
    return {}


def records(count: str) -> dict[str, Any]:
    """The ids of so many contacts, from all over."""
    from farley.contacts.models import Contact

    pks = list(Contact.objects.filter(deleted_at=None).order_by("pk").values_list("pk", flat=True))
    return {"contacts": random.Random(5).sample(pks, min(int(count), len(pks)))}


def session(name: str) -> dict[str, Any]:
    """The cookie of somebody who is logged in."""
    from django.test import Client

    from farley.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(name=name))
    return {cookie.key: cookie.value for cookie in client.cookies.values()}


def load() -> dict[str, Any]:
    """Nothing: what it takes until then is the figure."""
    return {}


def load_and_wait() -> dict[str, Any]:
    """Say so, then do nothing until ended."""
    print("loaded", flush=True)
    time.sleep(LIMIT_S)
    return {}


def write_cards(path: str, count: str, seed: str) -> dict[str, Any]:
    """A file of `count` lifelike cards without photos, organisations first."""
    from farley.exchange.demo.cards import card_of, card_of_firm
    from farley.exchange.demo.people import firms, people

    draft = Path(f"{path}.{os.getpid()}")
    rng, total = random.Random(int(seed)), int(count)
    employers = firms(rng, min(max(total // 20, 1), 20_000))[: total - 1]
    with draft.open("wb") as file:
        for number, firm in enumerate(employers):
            file.write(card_of_firm(firm, apple=number % 2 == 0))
        for person in people(rng, total - len(employers), employers=employers):
            file.write(card_of(person, rng))
    draft.rename(path)
    return {}


def import_file(path: str, space_name: str, key: str = "uid", rule: str = "keep", dry: str = "") -> dict[str, Any]:
    """Import as `farley import` does. Seconds are those of `prepare` and `run`, start-up not included."""
    from farley.accounts.models import User
    from farley.contacts.combining import Rule
    from farley.exchange import importing, sources
    from farley.journal.models import Door
    from farley.spaces.operations import find

    ada = User.objects.get(name="ada").actor
    began, before = time.perf_counter(), _used()
    source = sources.Source(Path(path).name, Path(path))
    asked: dict[str, Any] = {"key": key, "rule": Rule(rule), "is_dry_run": bool(dry)}
    run = importing.prepare(find(space_name, by=ada), [source], by=ada, door=Door.CLI, **asked)
    importing.run(run, by=ada)
    seconds = time.perf_counter() - began
    used = _used()
    used |= {name: used[name] - before[name] for name in ("cpu", "cpu_children")}
    return {"seconds": seconds, "created": run.created, "changed": run.changed, "failed": run.failed, **used}


def make_cards(path: str) -> dict[str, Any]:
    """The floor of importing a table: its cards, and what is derived from them, without a database."""
    from farley.exchange import reading
    from farley.exchange.formats import FIND_OUT, found_out

    how = found_out(Path(path), FIND_OUT)
    reading.AHEAD_FROM = 2**60  # in this process
    began = time.perf_counter()
    count = sum(1 for _ in reading.read(Path(path), skip=0, region="DE", how=how))
    return {"seconds": time.perf_counter() - began, "cards": count}


def export(space_name: str, form: str) -> dict[str, Any]:
    """Export a space into nowhere. Seconds are CPU time, start-up not included; memory is what it held at most."""
    from farley.accounts.models import User
    from farley.contacts.models import Contact
    from farley.exchange.export_formats import FORMATS
    from farley.exchange.exporting import exported, records
    from farley.spaces.operations import find

    space = find(space_name, by=User.objects.get(name="ada").actor)
    contacts = Contact.objects.filter(space=space, deleted_at=None)
    began = time.process_time()
    octets = sum(len(piece) for piece in exported(lambda: records(contacts), FORMATS[form]))
    return {"seconds": time.process_time() - began, "octets": octets, "memory": _peak()}


def read_octets(space_name: str) -> dict[str, Any]:
    """The floor of exporting: the octets of the space in one SELECT."""
    from django.db import connection

    from farley.spaces.models import Space

    space = Space.objects.get(name=space_name)
    began = time.process_time()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.octets FROM contacts_contact c JOIN journal_content k ON k.id = c.content_id"
            " WHERE c.space_id = %s AND c.deleted_at IS NULL ORDER BY c.id",
            [space.pk],
        )
        octets = sum(len(row[0]) for row in cursor.fetchall())
    return {"seconds": time.process_time() - began, "octets": octets}


def read_file(path: str) -> dict[str, Any]:
    """The floor of reading: the codec alone finds every card and splits it into lines."""
    from farley.codecs.vcard import read_cards

    began = time.perf_counter()
    count = lines = 0
    with Path(path).open("rb") as stream:
        for entry in read_cards(stream):
            if entry.card is not None:
                count, lines = count + 1, lines + len(entry.card.lines)
    return {"seconds": time.perf_counter() - began, "cards": count, "lines": lines}


def store_now_and_then(stop: str, pause_s: str, mark: str) -> dict[str, Any]:
    """Store a single card every `pause_s` until the file `stop` is there; how long each took."""
    waits: list[float] = []
    end = time.monotonic() + LIMIT_S
    store = _storing(mark)
    while not Path(stop).exists() and time.monotonic() < end:
        began = time.perf_counter()
        store(len(waits))
        waits.append(time.perf_counter() - began)
        time.sleep(float(pause_s))
    return {"waits": waits}


def store_many_times(count: str, start_at: str, mark: str) -> dict[str, Any]:
    """Store single cards one after the other, beginning at that instant; first new ones, then changed ones."""
    store = _storing(mark)
    store(-1)  # what the first one of a process costs is not what one costs
    time.sleep(max(0.0, float(start_at) - time.time()))
    waits, began, cpu = [], time.perf_counter(), time.process_time()
    for number in range(int(count)):
        one = time.perf_counter()
        store(number // 2 if number % 2 else number // 2 + int(count))
        waits.append(time.perf_counter() - one)
    return {"waits": waits, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def store_new_and_changed(count: str) -> dict[str, Any]:
    """One writer alone: `count` new cards, then each of them changed in one line."""
    store = _storing("alone")
    store(-1)
    report: dict[str, Any] = {}
    for name in ("new", "changed"):
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(int(count)):
            store(number)
        report[name] = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return report


def bare_commits(count: str, start_at: str, mark: str) -> dict[str, Any]:
    """The floor of a store: one row and one commit by Django's connection, with nothing around it."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bare (writer text, number integer, octets text)")
    time.sleep(max(0.0, float(start_at) - time.time()))
    waits, began, cpu = [], time.perf_counter(), time.process_time()
    for number in range(int(count)):
        one = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare VALUES (%s, %s, %s)", [mark, number, "x" * 500])
        waits.append(time.perf_counter() - one)
    return {"waits": waits, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def compare_versions(few: str, many: str) -> dict[str, Any]:
    """Seconds of CPU for telling two versions of a card apart that share none of so many numbers."""
    from farley.codecs.vcard import Card
    from farley.contacts.comparing import differences

    def version(sign: str, count: int) -> Card:
        lines = "".join(f"TEL:{sign}{number}\r\n" for number in range(count))
        return Card.parse(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\n{lines}END:VCARD\r\n".encode())

    report: dict[str, Any] = {}
    for name, count in (("few", int(few)), ("many", int(many))):
        old, new = version("+", count), version("-", count)
        differences(old, new)
        began = time.process_time()
        differences(old, new)
        report[name] = time.process_time() - began
    return report


def queries(times: str) -> dict[str, Any]:
    """`times` queries of each kind; words come from contacts that are there."""
    from farley.contacts.models import Contact

    rng, newest = random.Random(1), Contact.objects.order_by("-pk").values_list("pk", flat=True)[0]
    wanted = ("full_name", "email", "phone", "city", "organisation_name")
    found: dict[str, list[str]] = {}
    for kind, query_of in QUERIES.items():
        found[kind] = []
        for _ in range(int(times)):
            some = Contact.objects.filter(pk__gte=rng.randrange(newest)).order_by("pk")
            named = some.values_list(*wanted, named=True)[:50]
            person = next((each for each in named if each.phone and each.city), None)
            if person is not None:
                found[kind].append(query_of(person))
    return found


def search(times: str) -> dict[str, Any]:
    """Milliseconds each of a dozen kinds of queries takes, `times` of each; CPU time of this process beside them."""
    from django.db import connection

    from farley.accounts.models import User
    from farley.contacts.models import Contact
    from farley.search.finding import find

    ada = User.objects.get(name="ada").actor
    began = time.perf_counter()
    find("mueller", by=ada)  # what the first one of a process costs is not what one costs
    report: dict[str, Any] = {"first": 1000 * (time.perf_counter() - began), "contacts": Contact.objects.count()}
    report["cpu"] = []
    for kind, asked in queries(times).items():
        report[kind] = []
        for query in asked:
            began, cpu = time.perf_counter(), time.process_time()
            find(query, by=ada)
            report[kind].append(1000 * (time.perf_counter() - began))
            report["cpu"].append(1000 * (time.process_time() - cpu))
    began = time.perf_counter()
    with connection.cursor() as cursor:  # the floor: one look-up by the index, read back, in SQL written by hand
        for _ in range(int(times)):
            if connection.vendor == "sqlite":
                cursor.execute(
                    "SELECT id, name FROM search_entry WHERE id IN"
                    " (SELECT rowid FROM search_names WHERE search_names MATCH %s ORDER BY rowid DESC LIMIT 20)",
                    ['"mul" AND "ull"'],
                )
            else:
                cursor.execute("SELECT id, name FROM search_entry WHERE name LIKE %s LIMIT 20", ["%mull%"])
            cursor.fetchall()
    report["floor"] = 1000 * (time.perf_counter() - began) / int(times)
    return report


QUERIES: dict[str, Callable[[Any], str]] = {
    "a whole name": lambda c: c.full_name,
    "a family name": lambda c: c.full_name.split()[-1],
    "three letters of a name": lambda c: c.full_name[:3],
    "two letters": lambda c: c.full_name[:2],
    "one letter": lambda c: c.full_name[:1],
    "beginnings of two names": lambda c: " ".join(word[:3] for word in c.full_name.split()[-2:]),
    "within a name": lambda c: c.full_name.split()[-1][1:6],
    "an e-mail address": lambda c: c.email or "info@",
    "four digits": lambda c: "".join(filter(str.isdigit, c.phone))[-4:],
    "a telephone number": lambda c: c.phone,
    "name and town": lambda c: f"{c.full_name.split()[0]} {c.city}",
    "organisation": lambda c: c.organisation_name or "gmbh",
    "a common syllable": lambda _: "str",
    "two common words": lambda _: "gmbh kunde",
    "common words rarely together": lambda c: f"gmbh {c.full_name[1:4]} {c.city[:3]} 99",
    "a filter and a name": lambda c: f"city:{c.city} {c.full_name.split()[0]}",
    "nothing there": lambda c: f"{c.full_name.split()[0]} xqzvk",
}


def back_up(path: str) -> dict[str, Any]:
    """A backup, read back."""
    from farley.backups import operations

    began = time.perf_counter()
    operations.back_up(Path(path))
    return {"seconds": time.perf_counter() - began, "octets": Path(path).stat().st_size, **_used()}


def restore(path: str) -> dict[str, Any]:
    """An instance made of a backup, where there was none. Seconds are CPU time."""
    from farley.backups import operations

    began = time.process_time()
    manifest = operations.restore(Path(path)).manifest
    return {"seconds": time.process_time() - began, "contacts": manifest.rows_of("contacts_contact")}


def bare_copy() -> dict[str, Any]:
    """The database copied as the engine has it: its file, flushed, or each table by COPY; and how large it is."""
    from django.db import connection

    from farley.backups.operations import size_of_database

    octets, began = size_of_database(), time.perf_counter()
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        with open(name, "rb") as source, open(f"{name}.copy", "wb") as target:  # noqa: PTH123
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        os.unlink(f"{name}.copy")  # noqa: PTH108
    else:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as copy:
                    for _ in copy:
                        pass
    return {"seconds": time.perf_counter() - began, "octets": octets}


def dav(count: str) -> dict[str, Any]:
    """What phones ask for (`_phones`)."""
    from benchmarks import _phones

    return _phones.dav(count)


def dav_fill(count: str) -> dict[str, Any]:
    """The book of ada filled, and the password of a device that reads it."""
    from benchmarks import _phones

    return {"secret": _phones.filled(int(count))}


def caldav_fill(count: str) -> dict[str, Any]:
    """A calendar of ada filled, and the password of a device that reads it."""
    from benchmarks import _planners

    return {"secret": _planners.filled(int(count))}


def calendars_fill(calendars: str, count: str) -> dict[str, Any]:
    """So many calendars of ada, of so many events each."""
    from benchmarks import _planners

    _planners.fill_calendars(int(calendars), int(count))
    return {}


def calendar_pages(times: str) -> dict[str, Any]:
    """What the pages of ada's calendars cost (`_planners`)."""
    from benchmarks import _planners

    return _planners.pages(int(times))


def _storing(mark: str) -> Callable[[int], None]:
    """A function that stores card `number` of a family of cards; another time with another telephone number."""
    from farley.accounts.models import User
    from farley.contacts.storing import Condition, store
    from farley.journal.models import Door
    from farley.spaces.operations import find

    ada = User.objects.get(name="ada").actor
    space = find("ada", by=ada)
    times = iter(range(10**9))

    def store_one(number: int) -> None:
        octets = (
            "BEGIN:VCARD\r\nVERSION:3.0\r\n"
            f"N:Hobelwerk {mark};Ada {number};;;\r\nFN:Ada {number} Hobelwerk {mark}\r\n"
            "ORG:Hallberg Werkstätten GmbH;Einkauf\r\nTITLE:Einkäuferin\r\n"
            f"EMAIL;TYPE=INTERNET,WORK:ada.{number}@hallberg.example\r\n"
            f"TEL;TYPE=WORK:+49 30 23125 {next(times):06}\r\nTEL;TYPE=CELL:0176 04069042\r\n"
            "ADR;TYPE=WORK:;;Am Hobelwerk 1;Lübeck;;23552;Deutschland\r\n"
            "CATEGORIES:Kunde,Messe 26\r\nNOTE:Kommt gern in den Showroom.\r\n"
            f"UID:{mark}-{number}\r\nEND:VCARD\r\n"
        ).encode()
        store(space, f"{mark}-{number}.vcf", octets, expected=Condition.ANY, by=ada, door=Door.DAV)

    return store_one


def _peak() -> int:
    """Octets this program held at most; `ru_maxrss` would also count what its parent held when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _used() -> dict[str, float]:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu": own.ru_utime + own.ru_stime,
        "cpu_children": children.ru_utime + children.ru_stime,
        "peak_rss": _peak(),
        "peak_rss_children": 1024 * children.ru_maxrss,
    }


def share_out(spaces: str, people: str, cards: str) -> dict[str, Any]:
    """A team of `people`, who read so many new spaces with `cards` contacts each, and every team space there is.

    `few` reads the three largest alone: nearly the same contacts, where there is a million.
    """
    from django.db.models import Count

    from farley.accounts import teams
    from farley.accounts.actor import COMMAND
    from farley.accounts.models import User
    from farley.accounts.roles import Role
    from farley.accounts.teams import TeamMember
    from farley.contacts.storing import Entry, store_many
    from farley.journal.models import Door
    from farley.spaces.models import Membership, Space

    ada, rng = User.objects.get(name="ada"), random.Random(2)
    crew = teams.create("crew", by=COMMAND, door=Door.CLI)
    names = [f"member{number}" for number in range(int(people))]
    members = User.objects.bulk_create(User(name=name, email=f"{name}@farley.example", password="!") for name in names)
    TeamMember.objects.bulk_create(TeamMember(team=crew, user=member) for member in members)
    for number in range(int(spaces)):
        made = Space.objects.create(name=f"part{number}", title=f"Part {number}", kind=Space.Kind.TEAM)
        Membership.objects.create(space=made, user=ada, role=Role.MANAGER)
        lines = (f"{rng.randrange(10**6):06}" for _ in range(int(cards)))
        store_many(made, [Entry(_small_card(line)) for line in lines], by=ada.actor, door=Door.CLI, batch=None)
    for space in Space.objects.shared():
        Membership.objects.create(space=space, team=crew, role=Role.READER)
    few = User.objects.create(name="few", email="few@farley.example", password="!")
    for space in Space.objects.shared().annotate(size=Count("contacts")).order_by("-size")[:3]:
        Membership.objects.create(space=space, user=few, role=Role.READER)
    return {}


def _small_card(mark: str) -> bytes:
    return (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{mark}-{random.getrandbits(60)}\r\nFN:Ada {mark}\r\n"
        f"ORG:Hobelwerk {mark[:2]}\r\nEMAIL:ada.{mark}@hallberg.example\r\nEND:VCARD\r\n"
    ).encode()


def access(times: str) -> dict[str, Any]:
    """Milliseconds of pages, of a look-up and of an app password for one of the `crew`; pages for somebody with few."""
    from django.db import connection
    from django.test import Client

    from farley.accounts import devices
    from farley.accounts.devices import Device
    from farley.accounts.models import User
    from farley.contacts.models import Contact
    from farley.journal.models import Door
    from farley.spaces.models import Space

    user = User.objects.get(name="member7")
    browser, other = (Client(headers={"Host": "localhost"}) for _ in range(2))
    browser.force_login(user)
    other.force_login(User.objects.get(name="few"))
    device, secret = devices.add(user, Device.Kind.DEVICE, f"phone{os.getpid()}", by=user.actor, door=Door.CLI)
    newest = Contact.objects.order_by("-pk").values_list("pk", flat=True)[0]
    rng, count = random.Random(3), int(times)
    seen = {"contacts": Contact.objects.count(), "spaces": Space.objects.visible_to(user.actor).count()}

    def page(address: str, by: Client) -> None:
        response = by.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")

    def one(of: Any) -> None:
        list(of.filter(pk=rng.randrange(newest)).values_list("pk", flat=True))

    waits = {name: _waits(partial(page, address, browser), count) for name, address in PAGES_SEEN.items()}
    few = {f"few {name}": _waits(partial(page, address, other), count) for name, address in PAGES_SEEN.items()}
    waits |= few
    waits["visible"] = _waits(lambda: one(Contact.objects.visible_to(user.actor)), 20 * count)
    waits["bare"] = _waits(lambda: one(Contact.objects.all()), 20 * count)
    waits["app password"] = _waits(lambda: devices.sign_in(user.name, secret, "192.0.2.1"), 20 * count)
    plan = Contact.objects.visible_to(user.actor).filter(pk=newest).order_by().explain()
    device.delete()
    return {**seen, "waits": waits, "plan": plan, "vendor": connection.vendor}


def _waits(act: Callable[[], Any], times: int) -> list[tuple[float, float]]:
    """Milliseconds of each time, and of the processor's; what the first one costs is not what one costs."""
    act()
    waits = []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        act()
        waits.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu)))
    return waits


PAGES_SEEN = {
    "list by name": "/contacts/",
    "list by organisation": "/contacts/?sort=organisation",
    "list, newest first": "/contacts/?sort=changed",
    "search in the list": "/contacts/?q=ada",
    "changes": "/activity/?view=changes",
    "acts": "/activity/",
}

TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make,
    "bring-up-to-date": bring_up_to_date,
    "copy-for-search": copy_for_search,
    "session": session,
    "load": load,
    "load-and-wait": load_and_wait,
    "write-cards": write_cards,
    "import": import_file,
    "make-cards": make_cards,
    "export": export,
    "read-octets": read_octets,
    "read": read_file,
    "now-and-then": store_now_and_then,
    "many-times": store_many_times,
    "bare-commits": bare_commits,
    "new-and-changed": store_new_and_changed,
    "compare": compare_versions,
    "back-up": back_up,
    "restore": restore,
    "bare-copy": bare_copy,
    "queries": queries,
    "search": search,
    "list": list_pages,
    "records": records,
    "share-out": share_out,
    "access": access,
    "dav": dav,
    "dav-fill": dav_fill,
    "caldav-fill": caldav_fill,
    "calendars-fill": calendars_fill,
    "calendar-pages": calendar_pages,
    "fill-beside": fill_beside,
    "ask-beside": ask_beside,
}


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "farley.project.settings"
    django.setup()
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
