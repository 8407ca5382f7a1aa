"""What is common to all commands: arguments, start-up, errors."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from farley import __version__
from farley.configuration import Configuration, ConfigurationError, load

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.contacts.models import Contact
    from farley.spaces.models import Space

COMMANDS = (
    "serve",
    "demo",
    "user",
    "team",
    "space",
    "who",
    "device",
    "token",
    "import",
    "export",
    "mirror",
    "intake",
    "search",
    "list",
    "tag",
    "tidy",
    "group",
    "calendar",
    "history",
    "undo",
    "archive",
    "erase",
    "retain",
    "backup",
    "restore",
    "move-database",
    "reindex",
    "check",
)
DONE, SOME_PROBLEMS, NOTHING_CHANGED = 0, 1, 2
EPILOG = """\
Settings are read from the environment or from farley.toml in the current folder (FARLEY_CONFIG names another):
  FARLEY_DATA          the data folder (default: ~/.local/share/farley)
  FARLEY_DATABASE_URL  postgres://user:password@host/database (default: SQLite in the data folder)
  FARLEY_URL           the address people use, e.g. https://farley.example.org
  FARLEY_TRUST_PROXY   yes where a proxy in front says which protocol people use (X-Forwarded-Proto)

Exit codes: 0 all well; 1 some entries had problems, the good ones are in; 2 nothing was changed.
"""


class Refused(Exception):
    """The command cannot be carried out; the message says why and what helps. Exit code 2."""


def run(arguments: Sequence[str]) -> int:
    """Parse, start Django, bring the database up to date, carry out."""
    _open_streams()
    options = make_parser().parse_args(arguments)
    try:
        return _started(options)
    except KeyboardInterrupt:
        print("\nfarley: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `farley export | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _started(options: argparse.Namespace) -> int:
    try:
        configuration = load()
        if not options.needs_database:
            code: int = options.run(options)
            return code
        start(configuration)
    except (ConfigurationError, Refused) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(_disk_trouble(error))
    except Exception as error:  # of a command that does without the start
        if told := _trouble(error):
            return _refuse(told)
        raise
    return carried_out(options)


def carried_out(options: argparse.Namespace) -> int:
    """Run the command; turn what a user can put right into one line and exit code 2."""
    from django.core.exceptions import ValidationError
    from django.db.utils import OperationalError

    from farley.accounts.models import User
    from farley.calendars.operations import BadCalendar
    from farley.calendars.storing import NoSuchCalendar
    from farley.contacts.matching import NoSuchKey
    from farley.exchange.importing import ImportBusy
    from farley.exchange.sources import NothingToImport
    from farley.journal.records import StoreProblem
    from farley.journal.undo import NoSuchBatch, NotUndoable
    from farley.spaces.operations import LastManager, NameTaken, NoSuchSpace, NotAllowed, SpaceIsPrivate

    try:
        code: int = options.run(options)
    except BrokenPipeError:
        raise
    except NoSuchSpace as error:
        return _refuse(f"there is no space {error.name!r} that you can see; `farley space list` shows all of them")
    except SpaceIsPrivate as error:
        return _refuse(f"{error.space.name} is a private space and stays one person's; make a team space to share")
    except ValidationError as error:
        return _refuse(" ".join(error.messages))
    except User.DoesNotExist as error:
        return _refuse(str(error))
    except NoSuchBatch as error:
        return _refuse(f"{error} that you can see; `farley history UID` names the batch of each change")
    except NoSuchKey as error:
        return _refuse(
            f"contacts cannot be recognised by {error.key!r}; use uid, external-id, email, phone, or field:NAME for an"
            " own field that the space has"
        )
    except ImportBusy:
        return _refuse("another process is carrying out this very import; wait until it is through")
    except (
        *(Refused, NotAllowed, NameTaken, LastManager),
        *(NothingToImport, NotUndoable, StoreProblem, BadCalendar, NoSuchCalendar),
    ) as error:
        return _refuse(str(error))
    except (OperationalError, OSError) as error:
        return _refuse(explained(error))
    return code


def _open_streams() -> None:
    """Print what a terminal cannot show as escapes; where an output is closed, print nowhere."""
    os.umask(0o077)  # what Farley writes holds people's data: for its owner alone
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 -- open to the end of the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def set_up(configuration: Configuration) -> None:
    """Start Django on this configuration; the database is left alone. Raises Refused, OSError."""
    _make_folder(configuration)
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_SETTINGS_MODULE", "farley.project.settings")
    import django

    django.setup()


def start(configuration: Configuration) -> None:
    """Start Django and bring the database up to date. Raises Refused, OSError."""
    set_up(configuration)
    from django.core.exceptions import ImproperlyConfigured

    from farley.backups.upgrading import DatabaseUnusable, bring_up_to_date

    try:
        copy = bring_up_to_date(configuration.data)
    except (DatabaseUnusable, ImproperlyConfigured) as error:
        raise Refused(str(error)) from error
    if copy is not None:
        print(f"The database was brought up to date; a copy from before is in {copy}", file=sys.stderr)


def user_named(name: str, *, is_closed_too: bool = False) -> User:
    """The account called `name`; one that is closed only where asked for. Raises Refused."""
    from farley.accounts.models import User

    user = User.objects.filter(name=name).first()
    if user is None:
        names = ", ".join(User.objects.order_by("name").values_list("name", flat=True)[:20])
        raise Refused(f"there is no user {name!r}; there are: {names or 'none yet (farley user add)'}")
    if not user.is_active and not is_closed_too:
        raise Refused(f"the account of {name!r} is closed")
    return user


def space_named(name: str, user: User) -> Space:
    """The space called `name`, as `user` sees it. Raises NoSuchSpace."""
    from farley.spaces.operations import find

    return find(name, by=user.actor)


def contact_named(uid: str, user: User, space: str | None) -> Contact:
    """The contact with this UID that `user` sees, in the space of this name or the only one; else a deleted one.

    Raises NoSuchSpace, Refused.
    """
    from farley.contacts.models import Contact
    from farley.spaces.models import Space

    spaces = Space.objects.visible_to(user.actor)
    if space:
        spaces = spaces.filter(pk=space_named(space, user).pk)
    contacts = Contact.objects.with_uids([uid]).filter(space__in=spaces.values("pk")).select_related("space")
    found = list(contacts.order_by("deleted_at", "-pk"))
    live = [contact for contact in found if not contact.is_deleted] or found[:1]
    if not live:
        raise Refused(f"no contact with the UID {uid!r} in the spaces that {user.name} sees")
    if len(live) > 1:
        names = ", ".join(contact.space.name for contact in live)
        raise Refused(f"several spaces have a contact with this UID: name one of them with --space ({names})")
    return live[0]


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farley",
        description="Farley: one place for people and everything that happens with them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"farley {__version__}")
    parser.set_defaults(needs_database=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"farley.cli.{name.replace('-', '_')}_command")
        module.add_to(commands)
    return parser


def _make_folder(configuration: Configuration) -> None:
    configuration.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(configuration.data, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "cannot be written", str(configuration.data))
    if not any(configuration.data.iterdir()):  # made for Farley by hand: open to others, as mkdir makes them
        with suppress(PermissionError):  # somebody else's, and only writable: `farley check` tells
            configuration.data.chmod(0o700)
    file = configuration.sqlite_file
    if file is not None and not file.parent.is_dir():
        raise Refused(f"FARLEY_DATABASE_URL: the folder {file.parent} does not exist")


def _refuse(message: str) -> int:
    print(f"farley: {message}", file=sys.stderr)
    return NOTHING_CHANGED


def explained(error: Exception) -> str:
    """What an OperationalError or OSError means to whoever typed the command, and what helps."""
    from farley.backups import upgrading

    return _disk_trouble(error) if isinstance(error, OSError) else upgrading.explained(error)


def _trouble(error: Exception) -> str:
    """What is said of a full disk or a locked database that `error` comes of; empty for anything else."""
    from farley.database.trouble import trouble_of

    causes = (error, error.__cause__)
    return next((explained(each) for each in causes if isinstance(each, Exception) and trouble_of(each)), "")


def _disk_trouble(error: OSError) -> str:
    from farley.database.trouble import Trouble, trouble_of

    place = f"{Path(str(error.filename))}: " if error.filename else ""
    if trouble_of(error) is Trouble.FULL:
        return f"{place}the disk is full. What was acknowledged is kept; make room and try again."
    return f"{place}{error.strerror or error}"
