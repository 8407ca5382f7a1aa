"""`farley import`: contacts out of files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, NOTHING_CHANGED, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.progress import Progress
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.contacts.comparing import Difference
    from farley.exchange.models import Import
    from farley.exchange.reporting import Verdict
    from farley.exchange.sources import Source
    from farley.fields.models import Field
    from farley.spaces.models import Space

MAX_PASTED = 2**20  # octets


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "import",
        help="import files of contacts, calendars too, into a space",
        description=(
            "Import files into a space: vCards (2.1, 3.0, 4.0), calendars (iCalendar, vCalendar), LDIF, jCard, xCard,"
            " JSContact, Outlook's .msg and mailboxes (PST, OST), tables (CSV, XLSX, ODS) whose layout is known or"
            " whose columns --map chooses, and ZIP archives of contacts; what a file is, its contents tell. What comes"
            " keeps its octets; a card whose UID the space has already is left out, and listed if it differs, unless"
            " --rule says what becomes of who is there; so is an entry whose UID is in its calendar. An import that"
            " was cut short goes on where it stopped when the same files are given again."
        ),
    )
    parser.add_argument("files", nargs="*", metavar="FILE", type=Path)
    parser.add_argument(
        "--all",
        dest="everything",
        metavar="DIR",
        type=Path,
        help="instead: everything that farley export --all wrote into this folder, into an empty Farley",
    )
    parser.add_argument("--space", metavar="NAME")
    parser.add_argument("--as", dest="user", metavar="USER", help="an editor of the space")
    parser.add_argument("--format", metavar="F", help="what the files are, where their contents mislead: see --layouts")
    parser.add_argument("--encoding", metavar="E", help="of a CSV file, for instance cp1252 (default: found out)")
    parser.add_argument("--map", dest="map", metavar="MAP", type=Path, help="what the columns of a table become (JSON)")
    parser.add_argument(
        "--print-map", action="store_true", help="print what the columns of FILE would become, as --map reads it"
    )
    parser.add_argument(
        "--layouts", action="store_true", help="list the formats, and the layouts of tables, known here"
    )
    parser.add_argument(
        "--define-fields",
        action="store_true",
        help="define own fields that the cards name and the space does not have (for managers of the space)",
    )
    parser.add_argument(
        "--key",
        default="uid",
        metavar="KEY",
        help="by what, besides its UID, a contact is recognised: uid (nothing else), external-id, email, phone,"
        " or field:NAME for an own field",
    )
    parser.add_argument(
        "--rule",
        choices=["keep", "overwrite", "fill", "add"],
        default="keep",
        help="what becomes of who is there: keep as it is (the default), overwrite what the card says, fill what is"
        " empty, or also add further values",
    )
    parser.add_argument(
        "--calendar",
        metavar="CALENDAR",
        help="where entries of calendar files go: its name or address; default: the first of the space that takes them,"
        " or a new one",
    )
    parser.add_argument(
        "--paste",
        action="store_true",
        help="instead of files: one contact out of the text on standard input, for instance a signature; what is not"
        " understood becomes its note",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, with what becomes of each entry"
    )
    parser.set_defaults(run=_import)


def _import(options: argparse.Namespace) -> int:
    from django.db.utils import OperationalError

    from farley.cli.calendar_command import calendar_named
    from farley.contacts.combining import Rule
    from farley.exchange import defined, importing
    from farley.exchange.sources import ColumnsToChoose, passed_over
    from farley.journal.models import Door

    if options.layouts:
        return _print_layouts()
    if options.everything:
        return _import_everything(options.everything)
    if bool(options.files) == options.paste:
        raise Refused(
            "name at least one file, or give text with --paste" if not options.paste else "--paste takes no file"
        )
    sources = [] if options.paste else _sources(options)
    if options.print_map:
        return _print_map(sources)
    if not options.space or not options.user:
        raise Refused("say which space with --space, and on whose behalf with --as")
    user = user_named(options.user)
    space = space_named(options.space, user)
    sources = sources or [_pasted(options)]
    made = _define_fields(options, sources, space, user.actor) if options.define_fields else []
    calendar = calendar_named(options.calendar, user, options.space) if options.calendar else None
    asked: dict[str, Any] = {"key": options.key, "rule": Rule(options.rule), "is_dry_run": options.dry_run}
    asked |= {"calendar": calendar}
    try:
        run = importing.prepare(space, sources, by=user.actor, door=Door.CLI, **asked)
    except ColumnsToChoose as error:
        raise Refused(f"{error}; --print-map proposes a file for --map") from error
    defined.note(run, made)
    for name in passed_over(run.files):
        print(printable(f"{name}: this is no format that is read here; it is left out."), file=sys.stderr)
    if run.done_entries:
        print(f"An import of these files was cut short; it goes on after {run.done_entries} entries.", file=sys.stderr)
    progress = Progress("Checking" if options.dry_run else "Importing", run.total_octets, "octets")
    entries: list[str] = []  # as JSON, which takes a tenth of the room

    def told(verdict: Verdict) -> None:
        entries.append(json.dumps(_entry(verdict), ensure_ascii=False))

    try:
        importing.run(
            run,
            by=user.actor,
            progress=lambda r: progress.at(r.octets, f"{r.done_entries:,} entries"),
            tell=told if options.json else None,
        )
    except (OperationalError, OSError) as error:
        return _cut_short(run, error)
    finally:
        progress.end()
    if not run.done_entries:
        raise Refused(f"{run}: there is no contact and no calendar entry in it")
    _report_json(run, entries) if options.json else _report(run)
    if not run.failed:
        return DONE
    return SOME_PROBLEMS if run.created or run.changed or run.unchanged else NOTHING_CHANGED


def _sources(options: argparse.Namespace) -> list[Source]:
    from farley.exchange.formats import FORMATS, How
    from farley.exchange.mapping import BadMapping, Mapping
    from farley.exchange.sources import Source

    if options.format and options.format not in FORMATS:
        raise Refused(f"there is no format {options.format!r}; there are {', '.join(FORMATS)}")
    mapping = None
    if options.map is not None:
        try:
            mapping = Mapping.from_json(json.loads(options.map.read_bytes()))
        except (ValueError, RecursionError) as error:
            reason = error.reason if isinstance(error, BadMapping) else "this is no JSON"
            raise Refused(f"{options.map}: {reason}") from error
    how = How(options.format or "", options.encoding or "", mapping)
    return [Source(str(path), path, how) for path in options.files]


def _pasted(options: argparse.Namespace) -> Source:
    """The contact that the text on standard input is read as, kept as other files that are imported."""
    from farley.codecs.pasted import holds_vcard, read_pasted
    from farley.codecs.vcard_draft import NothingInIt
    from farley.exchange import uploads
    from farley.exchange.formats import VCARD, How

    said = sys.stdin.buffer.read(MAX_PASTED)
    text = said.decode(errors="replace")
    if holds_vcard(text.replace("\r\n", "\n")):
        [source] = uploads.receive([("pasted text", [said])])
        return replace(source, how=How(VCARD))  # whatever stands around it
    try:
        octets = read_pasted(text).octets()
    except NothingInIt as error:
        raise Refused("there is no contact in this text") from error
    if not options.json:
        print(printable(octets.decode().replace("\r\n", "\n")), file=sys.stderr)
    [source] = uploads.receive([("pasted text", [octets])])
    return source


def _print_map(sources: Sequence[Source]) -> int:
    from farley.codecs.tables import NotATable
    from farley.exchange.formats import look_at

    if len(sources) > 1:
        raise Refused("--print-map takes one file")
    try:
        seen = look_at(sources[0].path, sources[0].how)
    except NotATable as error:
        raise Refused(f"{sources[0].name}: {error.reason}") from error
    except LookupError as error:
        raise Refused(f"{sources[0].name}: there is no encoding of this name") from error
    print(json.dumps(seen.mapping.to_json(), ensure_ascii=False, indent=1))
    return DONE


def _print_layouts() -> int:
    from farley.exchange.formats import FORMATS
    from farley.exchange.layouts import layouts

    print(f"Formats: {', '.join(FORMATS)}")
    print("Layouts of tables (CSV, XLSX, ODS):")
    for layout in layouts():
        print(f"  {layout.name:<24}{layout.title}")
    return DONE


def _import_everything(folder: Path) -> int:
    from farley.accounts.actor import COMMAND
    from farley.exchange.instance_in import CannotRead, read_all
    from farley.journal.models import Door

    try:
        read = read_all(folder, by=COMMAND, door=Door.CLI)
    except CannotRead as error:
        raise Refused(str(error)) from error
    print(f"Everything is in: {', '.join(f'{count} {what}' for what, count in read.counts.items())}.")
    print("Nobody has a password yet: farley user password NAME gives one, the log-in page sends links by mail.")
    return DONE


def _define_fields(options: argparse.Namespace, sources: Sequence[Source], space: Space, by: Actor) -> list[Field]:
    from farley.exchange.own_lines import define_missing
    from farley.exchange.sources import cards_of
    from farley.journal.models import Door

    if options.dry_run:
        raise Refused("--define-fields changes the space; leave it out of a --dry-run")
    made, refused = define_missing(space, cards_of(sources), by=by, door=Door.CLI)
    for field in made:
        print(printable(f"The own field {field.label} is new in {space.name}."), file=sys.stderr)
    for label in refused:
        print(
            printable(f"The own field {label} cannot be defined in {space.name}; its values stay in the cards."),
            file=sys.stderr,
        )
    return made


def _cut_short(run: Import, error: Exception) -> int:
    """Say why, and how to go on; with nothing stored yet it is an error like any other."""
    from farley.cli.command import explained

    if not run.batch_id or not (run.created or run.changed):
        raise error
    print(f"farley: {explained(error)}", file=sys.stderr)
    print(
        f"{run.created + run.changed} entries are in. Give the same files again to go on there, or:"
        f" farley undo {run.batch_id} --as {run.user.name}",
        file=sys.stderr,
    )
    return SOME_PROBLEMS


def _report(run: Import) -> None:
    from farley.exchange.reporting import reason_of

    for problem in run.problems.iterator():
        name = f" ({problem.name})" if problem.name else ""
        print(printable(f"{problem.file}:{problem.line}: {reason_of(problem)}{name}"), file=sys.stderr)
    verb = "would be imported" if run.is_dry_run else "imported"
    changed = f"{run.changed} {'would be changed' if run.is_dry_run else 'changed'}, " if run.rule != "keep" else ""
    print(f"{run.created} {verb}, {changed}{run.unchanged} were there already, {run.failed} had problems.")
    if run.conflicts:
        print(f"{run.conflicts} say something else than what stays; --json tells it field by field.")
    if run.batch is not None and (run.created or run.changed):
        print(f"To take it back: farley undo {run.batch_id} --as {run.user.name}")


def _entry(verdict: Verdict) -> dict[str, Any]:
    """What becomes of one entry; `left` is what it says that is not taken, each with what stays."""
    from farley.exchange.reporting import reason_of

    told: dict[str, Any] = {"file": verdict.file, "line": verdict.line, "name": verdict.name, "verdict": verdict.what}
    if verdict.problem is not None:
        told["reason"] = reason_of(verdict.problem)
    told |= {"changes": [_difference(each) for each in verdict.changes]} if verdict.changes else {}
    told |= {"left": [_difference(each) for each in verdict.left]} if verdict.left else {}
    return told


def _difference(difference: Difference) -> dict[str, str]:
    told = {"field": difference.name, "label": difference.label}
    return told | {"before": difference.before, "after": difference.after}


def _report_json(run: Import, entries: list[str]) -> None:
    from farley.exchange.reporting import reason_of
    from farley.exchange.sources import passed_over

    document = {
        "space": run.space.name,
        "files": [file["name"] for file in run.files],
        "passed_over": passed_over(run.files),
        "dry_run": run.is_dry_run,
        "batch": run.batch_id,
        "created": run.created,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "failed": run.failed,
        "conflicts": run.conflicts,
        "key": run.key,
        "rule": run.rule,
        "problems": [
            {"file": p.file, "line": p.line, "name": p.name, "code": p.code, "reason": reason_of(p)}
            for p in run.problems.iterator()
        ],
    }
    head = json.dumps(document, ensure_ascii=False, indent=2).removesuffix("\n}")
    print(f'{head},\n  "entries": [', end="")
    for number, entry in enumerate(entries):
        print(f"{',' if number else ''}\n    {entry}", end="")
    print("\n  ]\n}")
