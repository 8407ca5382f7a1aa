"""Every command x every person it can be carried out as -> exit code and whether what is in the space comes out."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction

from farley.accounts.models import User
from farley.cli.command import carried_out, make_parser
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.contacts.retaining import Retention
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Change, Door, Noun
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.permissions.scene import INSIDE, OUTSIDE, SECRET, Scene, traces

pytestmark = pytest.mark.django_db

# Whoever runs the server holds the database: these ask for no name, and show or change nothing of what is in a space.
OF_THE_SERVER = {
    "serve", "demo", "reindex", "check", "backup", "restore", "move-database", "user add", "user list",
    "user change", "user deactivate", "user activate", "user password", "user reset-factor",
}  # fmt: skip


@dataclass(frozen=True)
class Command:
    """`line` with `--as`; `codes`: of strangers (administrators and freebusy are strangers), reader, editor, manager.

    `tells`: who reads the contact's name in what it prints or writes. `of_admin`: where an administrator may more.
    """

    line: str
    codes: tuple[int, int, int, int]
    tells: Collection[str] = ()
    of_admin: int | None = None

    def expected_of(self, who: str) -> int:
        if who == "admin" and self.of_admin is not None:
            return self.of_admin
        return 2 if who == "closed" else self.codes[1 + INSIDE.index(who) if who in INSIDE else 0]


EVERYBODY = (0, 0, 0, 0)
READERS = (2, 0, 0, 0)
EDITORS = (2, 2, 0, 0)
MANAGERS = (2, 2, 2, 0)

COMMANDS: dict[str, list[Command]] = {
    "import": [
        Command("import {card} --space zyxsales", EDITORS),
        Command("import {card} --space zyxsales --dry-run", EDITORS),
        Command("import {card} --space zyxsales --define-fields", MANAGERS),
    ],
    "export": [
        Command("export --space zyxsales", READERS, INSIDE),
        Command("export --space zyxsales --own-fields", READERS, INSIDE),
        Command("export --space zyxsales --version 4.0 -o {out}", READERS, INSIDE),
        Command("export --space zyxsales --format csv --own-fields", READERS, INSIDE),
        Command("export --space manager", MANAGERS),  # a private one
        Command("export --space zyxsales --calendar Zyxkalender", READERS),
    ],
    "intake add": [Command("intake add Zyxfolder --space zyxsales", MANAGERS)],
    "intake list": [Command("intake list", EVERYBODY), Command("intake list --space zyxsales", READERS)],
    "intake run": [Command("intake run Nothing --space zyxsales", (2, 2, 2, 2))],
    "intake pause": [Command("intake pause Nothing --space zyxsales", (2, 2, 2, 2))],
    "intake resume": [Command("intake resume Nothing --space zyxsales", (2, 2, 2, 2))],
    "intake remove": [Command("intake remove Nothing --space zyxsales", (2, 2, 2, 2))],
    "mirror add": [
        Command("mirror add New --url http://[::1]:9 --user zyx --password-stdin --space zyxsales", (2, 2, 2, 2))
    ],
    "mirror list": [Command("mirror list", EVERYBODY), Command("mirror list --space zyxsales", READERS)],
    "mirror run": [Command("mirror run Nothing --space zyxsales", (2, 2, 2, 2))],  # it would ask a server
    "mirror pause": [Command("mirror pause Zyxmirror --space zyxsales", MANAGERS)],
    "mirror resume": [Command("mirror resume Zyxmirror --space zyxsales", MANAGERS)],
    "mirror log": [Command("mirror log Zyxmirror --space zyxsales", MANAGERS)],
    "mirror go-on": [Command("mirror go-on Zyxmirror --space zyxsales", (2, 2, 2, 2))],  # it has not stopped
    "mirror remove": [Command("mirror remove Zyxmirror --space zyxsales", MANAGERS)],
    "search": [Command("search zyxmail", EVERYBODY, INSIDE), Command("search zyx --json", EVERYBODY, INSIDE)],
    "list": [
        Command("list", EVERYBODY, INSIDE),
        Command("list --csv --sort=-changed --limit 500", EVERYBODY, INSIDE),
        Command("list --json --sort contacted", EVERYBODY, INSIDE),
    ],
    "tag list": [Command("tag list --space zyxsales", READERS)],
    "tag rename": [Command("tag rename Zyxtag Other --space zyxsales", EDITORS)],
    "tag merge": [Command("tag merge Zyxtag None --space zyxsales", (2, 2, 2, 2))],
    "tag colour": [Command("tag colour Zyxtag plum --space zyxsales", EDITORS)],
    "tag delete": [Command("tag delete Zyxtag --space zyxsales", EDITORS)],
    "tidy": [
        Command("tidy --space zyxsales", EDITORS),
        Command("tidy --space zyxsales --rules phones,names --apply --json", EDITORS),
    ],
    "group list": [Command("group list --space zyxsales", READERS)],
    "group add": [Command("group add Press --space zyxsales", EDITORS)],
    "group rename": [Command("group rename Zyxgroup Other --space zyxsales", EDITORS)],
    "group remove": [Command("group remove Zyxgroup --space zyxsales", EDITORS)],
    "group members": [
        Command("group members Zyxgroup --space zyxsales", READERS, INSIDE),
        Command("group members Zyxgroup --remove zyxuid --space zyxsales", EDITORS),
    ],
    "calendar list": [Command("calendar list", EVERYBODY), Command("calendar list --space zyxsales", READERS)],
    "calendar add": [Command("calendar add Press --tasks --space zyxsales", EDITORS)],
    "calendar subscribe": [Command("calendar subscribe http://[::1]:9/a.ics --space zyxsales", (2, 2, 2, 2))],
    "calendar birthdays": [Command("calendar birthdays --space zyxsales", EDITORS)],
    "calendar holidays": [Command("calendar holidays DE-BY --space zyxsales", EDITORS)],
    "calendar refresh": [Command("calendar refresh Zyxkalender --space zyxsales", (2, 2, 2, 2))],  # nothing fills it
    "calendar share": [
        Command("calendar share Zyxkalender --space zyxsales", EDITORS),
        Command("calendar share zyxslug --busy", EDITORS),
    ],
    "calendar links": [Command("calendar links Zyxkalender --space zyxsales", EDITORS)],
    "calendar unshare": [Command("calendar unshare Zyxkalender 1 --space zyxsales", (2, 2, 2, 2))],  # there is none
    "calendar remove": [Command("calendar remove Zyxkalender --space zyxsales", EDITORS)],
    "history": [Command("history zyxuid", READERS, INSIDE)],
    "who": [Command("who zyxuid", READERS), Command("who zyxplan", READERS)],
    "undo": [Command("undo {batch}", EDITORS)],
    "archive": [Command("archive zyxuid -o {out}", READERS), Command("archive --account -o {out}", EVERYBODY)],
    "erase": [
        Command("erase zyxuid --confirm=Nobody", (2, 2, 2, 2), INSIDE),
        Command(f"erase zyxuid --confirm={SECRET}", MANAGERS),
    ],
    "retain": [Command("retain --space zyxsales --deleted 3000", MANAGERS)],
    "device add": [Command("device add Phone", EVERYBODY), Command("device add Phone --space zyxsales", READERS)],
    "device list": [Command("device list", EVERYBODY)],
    "device remove": [Command("device remove Nothing", (2, 2, 2, 2))],
    "token add": [Command("token add Report", EVERYBODY), Command("token add Report --space zyxsales", READERS)],
    "token list": [Command("token list", EVERYBODY)],
    "token remove": [Command("token remove Nothing", (2, 2, 2, 2))],
    "space add": [
        Command("space add zyxsales --kind team", (2, 2, 2, 2)),
        Command("space add new --kind team", EVERYBODY),
    ],
    "space list": [Command("space list", EVERYBODY)],
    "space share": [Command("space share zyxsales mallory --role reader", MANAGERS)],
    "space unshare": [
        Command("space unshare zyxsales closed", MANAGERS),
        Command("space unshare zyxsales reader", (2, 0, 2, 0)),
    ],
    "space change": [Command("space change zyxsales --title Sellers", MANAGERS)],
    "space archive": [Command("space archive zyxsales", MANAGERS)],
    "space revive": [Command("space revive zyxsales", MANAGERS)],
    "space invite": [Command("space invite zyxsales", MANAGERS)],
    "space invitations": [Command("space invitations zyxsales", MANAGERS)],
    "space revoke": [Command("space revoke zyxsales {invitation}", MANAGERS)],
    "space home": [Command("space home zyxsales", EDITORS)],
    "team list": [Command("team list", EVERYBODY)],
    "team add": [Command("team add others", (2, 2, 2, 2), of_admin=0)],
    "team add-member": [Command("team add-member sellers mallory", (2, 2, 2, 2), of_admin=0)],
    "team remove-member": [Command("team remove-member sellers reader", (2, 2, 2, 2), of_admin=0)],
    "team rename": [Command("team rename sellers Sellers", (2, 2, 2, 2), of_admin=0)],
    "team remove": [Command("team remove sellers", (2, 2, 2, 2), of_admin=0)],
}


def leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that can be typed, `space share` and the like, with its parser."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for word, sub in action.choices.items():
            yield from leaves(sub, f"{name} {word}".strip())
    if not below:
        yield name, parser


def line_of(scene: Scene, command: Command, folder: Path) -> list[str]:
    (folder / "new.vcf").write_bytes(a_card("Lena Vogt"))
    (folder / "out").unlink(missing_ok=True)
    filled = command.line.format(
        card=folder / "new.vcf", out=folder / "out", batch=scene.batch.pk, invitation=scene.invitation.pk
    )
    return filled.split()


def test_every_command_is_in_the_table() -> None:
    found = dict(leaves(make_parser()))
    assert set(found) == set(COMMANDS) | OF_THE_SERVER
    nameless = {name for name, parser in found.items() if "--as" not in parser.format_help()}
    assert nameless == OF_THE_SERVER


@pytest.mark.parametrize(
    "command",
    [pytest.param(command, id=command.line) for commands in COMMANDS.values() for command in commands],
)
def test_a_command_does_for_each_person_what_the_table_says(
    scene: Scene, command: Command, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    line = line_of(scene, command, tmp_path)
    codes, told, leaks = {}, [], []
    for who in (*[who for who in OUTSIDE if who != "anonymous"], *INSIDE):
        (tmp_path / "out").unlink(missing_ok=True)
        with transaction.atomic():
            codes[who] = carried_out(make_parser().parse_args([*line, "--as", who]))
            transaction.set_rollback(True)  # each finds the space as it was
        printed = capfdbinary.readouterr()
        text = (printed.out + printed.err).decode()
        text += (tmp_path / "out").read_bytes().decode(errors="replace") if (tmp_path / "out").exists() else ""
        told += [who] if SECRET in text else []
        leaks += [(who, word) for word in traces(text, who) if word not in command.line] if who in OUTSIDE else []
    assert codes == {who: command.expected_of(who) for who in codes}
    assert leaks == [], "somebody outside the space read what is in it"
    assert sorted(told) == sorted(command.tells), "`tells` names who reads the contact's name"


def test_history_tells_of_own_fields_what_one_sees(scene: Scene, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    manager = User.objects.get(name="manager")
    by = {"by": manager.actor, "door": Door.WEB}
    home = Space.objects.get(name="manager")
    field = defining.define(Noun.CONTACT, home, label="Zyxthoughts", kind=Field.Kind.TEXT, **by)
    contact = hand_of(manager).contact(home, a_card("Ada", uid="ada"))
    contacts.set_fields([contact], {field: "Zyxunbearable"}, batch=None, **by)
    contact.refresh_from_db()
    contacts.move([contact], scene.space, batch=None, **by)
    contact.refresh_from_db()
    contacts.set_fields([contact], {scene.field: "gold"}, batch=None, **by)
    printed = {}
    for who in ("reader", "manager"):
        assert carried_out(make_parser().parse_args(["history", "ada", "--as", who])) == 0
        printed[who] = capfdbinary.readouterr().out.decode()
    assert "Zyxfield: (nothing) -> gold" in printed["reader"]
    assert "Zyxunbearable" not in printed["reader"]
    assert "Zyxthoughts: (nothing) -> Zyxunbearable" in printed["manager"]


def test_a_command_without_a_name_is_nobody_s(scene: Scene, tmp_path: Path) -> None:
    may_go_without = {"retain", "space list", *(name for name in COMMANDS if name.startswith("team "))}  # the server's
    for name in ("import", "export"):  # of which --layouts and --all ask nobody; else they say so themselves
        may_go_without.add(name)
        assert carried_out(make_parser().parse_args(line_of(scene, COMMANDS[name][0], tmp_path))) == 2, name
    for name, commands in COMMANDS.items():
        if name not in may_go_without:
            with pytest.raises(SystemExit) as ended:
                make_parser().parse_args(line_of(scene, commands[0], tmp_path))
            assert ended.value.code == 2, name


@pytest.mark.parametrize("who", ["mallory", "admin", "freebusy", "reader"])
def test_whoever_may_not_change_changes_nothing_by_any_command(scene: Scene, tmp_path: Path, who: str) -> None:
    for commands in COMMANDS.values():
        for command in commands:
            carried_out(make_parser().parse_args([*line_of(scene, command, tmp_path), "--as", who]))
    space, contact = Space.objects.get(pk=scene.space.pk), Contact.objects.get(pk=scene.contact.pk)
    assert (space.title, space.archived_at) == (scene.space.title, None)
    assert (contact.etag, contact.deleted_at) == (scene.contact.etag, None)
    assert not Change.objects.filter(space=space, user=User.objects.get(name=who)).exists()
    assert not Retention.objects.exists()
