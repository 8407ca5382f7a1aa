"""`farley check`: is everything as it should be?"""

from __future__ import annotations

import argparse
import itertools
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from farley.cli.command import DONE, SOME_PROBLEMS, Refused, start
from farley.cli.progress import Progress
from farley.cli.text import printable
from farley.configuration import Configuration, ConfigurationError, Tls, load

LOW_DISK = 500 * 2**20  # octets
SHOWN = 20  # differences


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="check settings, database, disk, front end; --deep: that nothing derived differs from the octets",
    )
    parser.add_argument("--deep", action="store_true", help="derive every contact and calendar entry anew and compare")
    parser.set_defaults(run=_check, needs_database=False)


def _check(options: argparse.Namespace) -> int:
    try:
        configuration = load()
    except ConfigurationError as error:
        raise Refused(str(error)) from error
    checks: list[tuple[str, Callable[[Configuration], Iterator[str]]]] = [
        ("settings", _settings),
        ("database", _database),
        ("search", _search),
        ("disk", _disk),
        ("secrets", _secrets),
        ("front end", _front_end),
    ]
    checks.append(("mirrors", _mirrors))
    if configuration.backups is not None:
        checks.append(("backups", _backups))
    if configuration.single_sign_on is not None:
        checks.append(("single sign-on", _single_sign_on))
    if options.deep:
        checks.append(("derived equals octets", _derived))
    problems = 0
    for name, check in checks:
        found = list(check(configuration))
        problems += len(found)
        print(f"{'ok  ' if not found else 'FAIL'}  {name}")
        for problem in found:
            print(f"      {problem}")
        if name == "database" and found:
            break  # the rest asks the database
    return SOME_PROBLEMS if problems else DONE


def _settings(configuration: Configuration) -> Iterator[str]:
    if configuration.url.startswith("http://") and not _is_loopback(configuration.url):
        yield f"FARLEY_URL: {configuration.url} carries passwords unencrypted; use https:// behind a proxy"
    if configuration.trust_proxy and not configuration.url:
        yield "FARLEY_TRUST_PROXY: a proxy serves an address; name it in FARLEY_URL"
    if configuration.mail and configuration.mail.tls is Tls.NONE and configuration.mail.password:
        yield "FARLEY_MAIL_URL: tls=none sends the password unencrypted"
    if configuration.mail and not configuration.url:
        yield "FARLEY_MAIL_URL: mails hold links to Farley; name its address in FARLEY_URL"


def _database(configuration: Configuration) -> Iterator[str]:
    from django.db import connection

    try:
        start(configuration)
    except Refused as error:
        yield str(error)
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA quick_check")
            yield from (f"SQLite says: {row[0]}" for row in cursor.fetchall() if row[0] != "ok")
            cursor.execute("PRAGMA synchronous")
            if cursor.fetchone()[0] < 2:
                yield "synchronous is not FULL: an acknowledged write may be lost in a power cut"
        else:
            cursor.execute("SHOW synchronous_commit")
            if cursor.fetchone()[0] == "off":
                yield "synchronous_commit is off: an acknowledged write may be lost in a crash"


def _search(_: Configuration) -> Iterator[str]:
    from farley.contacts.rebuilding import unfound
    from farley.contacts.tasks import rederive
    from farley.jobs.worker import is_waiting

    if is_waiting(rederive):
        yield (
            "what was read out of cards is being read anew after an upgrade, and some filters find less until then;"
            " `farley serve` goes on with it, `farley reindex` does it now"
        )
    if missing := unfound().count():
        yield f"{missing:,} contacts are not found yet; `farley serve` goes on with it, `farley reindex` does it now"


def _single_sign_on(configuration: Configuration) -> Iterator[str]:
    from farley.accounts import single_sign_on
    from farley.accounts.teams import Team

    wanted = configuration.single_sign_on
    if wanted is None:
        return
    if not configuration.url:
        yield "FARLEY_URL: the provider sends people back to Farley; name its address"
    known = set(Team.objects.values_list("name", flat=True))
    for group, team in wanted.teams.items():
        if team not in known:
            yield f"FARLEY_OIDC_TEAMS: there is no team {printable(team)} for the group {printable(group)}"
    try:
        single_sign_on.description_of(wanted)
    except single_sign_on.ProviderFailed as error:
        yield f"FARLEY_OIDC_ISSUER: {printable(str(error))}"


def _disk(configuration: Configuration) -> Iterator[str]:
    free = shutil.disk_usage(configuration.data).free
    if free < LOW_DISK:
        yield f"{configuration.data}: only {free // 2**20} MB are free"


def _secrets(configuration: Configuration) -> Iterator[str]:
    private = [configuration.data, *(configuration.data / "secrets").glob("*")]
    if configuration.sqlite_file is not None and configuration.sqlite_file.parent != configuration.data:
        private.append(configuration.sqlite_file)
    for path in private:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield f"{path} can be read by others (mode {mode:o}); chmod {'700' if path.is_dir() else '600'} {path}"


def _backups(configuration: Configuration) -> Iterator[str]:
    from django.utils import timezone

    from farley.backups.rotation import Fault, trouble

    plan = configuration.backups
    found = trouble(plan, timezone.now()) if plan is not None else None
    if plan is None or found is None:
        return
    reason, now = printable(found.reason), "`farley backup --now` makes one"
    yield {
        Fault.FAILED: f"the last backup failed: {reason}; {now}",
        Fault.NO_FOLDER: f"{plan.folder} is not there; {now}, and the folder",
        Fault.UNREADABLE: f"{plan.folder} cannot be read: {reason}",
        Fault.NONE_YET: f"there is no backup in {plan.folder} yet; {now}",
        Fault.LATE: f"the last backup in {plan.folder} is {found.age.days} days and"
        f" {found.age.seconds // 3600} hours old; {now}",
    }[found.fault]


def _mirrors(_: Configuration) -> Iterator[str]:
    from farley.mirrors.operations import in_need

    yield from (printable(each) for each in in_need())


def _front_end(_: Configuration) -> Iterator[str]:
    import farley

    web = Path(farley.__file__).parent / "web"
    if not (web / "static" / "dist" / "manifest.json").exists():
        yield "the front end is not built; run `make build` in the source folder, or install the package again"


def _derived(_: Configuration) -> Iterator[str]:
    from farley.calendars import rebuilding as calendars
    from farley.calendars.models import CalendarObject
    from farley.contacts.models import Contact
    from farley.contacts.rebuilding import differences

    total = sum(model.objects.filter(deleted_at=None).count() for model in (Contact, CalendarObject))
    progress = Progress("Comparing", total, "records")
    done = 0

    def advanced(records: int) -> None:
        nonlocal done
        done += records
        progress.at(done)

    found = 0
    for line in itertools.chain(differences(progress=advanced), calendars.differences(progress=advanced)):
        found += 1
        if found <= SHOWN:
            yield printable(line)
    progress.end()
    if found > SHOWN:
        yield f"… and {found - SHOWN} more"
    if found:
        yield "`farley reindex` mends this"


def _is_loopback(url: str) -> bool:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
