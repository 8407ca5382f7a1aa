"""Import, export, history and undo, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Instance, card
from tests.codecs.spreadsheets import xlsx_of

ADA = card("ada", "Ada King", "EMAIL:ada@example.org", "X-ODD;X=1:kept\\, as it is")
BOB = card("bob", "Bob Miller", "TEL;TYPE=cell:+4917612345")


def write(farley: Instance, name: str, *cards: bytes) -> Path:
    path = farley.folder / name
    path.write_bytes(b"".join(cards))
    return path


def load(farley: Instance, *paths: Path, space: str = "sales", user: str = "alice", options: tuple[str, ...] = ()):
    return farley.run("import", *paths, "--space", space, "--as", user, *options)


def export(farley: Instance, *options: str, space: str = "sales", user: str = "alice") -> bytes:
    result = farley.run("export", "--space", space, "--as", user, *options)
    assert result.code == 0, result.stderr
    return result.octets


def test_what_is_imported_comes_out_to_the_octet(farley: Instance) -> None:
    result = load(farley, write(farley, "people.vcf", ADA, BOB))
    assert (result.code, result.stdout.splitlines()[0]) == (0, "2 imported, 0 were there already, 0 had problems.")
    assert export(farley) == ADA + BOB
    assert export(farley, user="bob") == ADA + BOB


def test_a_person_or_a_group_alone_comes_out_in_any_format(farley: Instance) -> None:
    group = card("team", "Team", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob")
    load(farley, write(farley, "people.vcf", ADA, BOB, group))
    assert export(farley, "--uid", "ada") == ADA
    assert export(farley, "--group", "Team") == BOB
    assert b'"full":"Ada King"' in export(farley, "--uid", "ada", "--format", "jscontact")
    for wrong in (["--uid", "nobody"], ["--group", "Nobody"], ["--format", "cuneiform"]):
        assert farley.run("export", "--space", "sales", "--as", "alice", *wrong).code == 2


def test_a_signature_on_standard_input_becomes_a_contact_that_can_be_taken_back(farley: Instance) -> None:
    said = "Dr. Anna Schmidt\nMuster GmbH\nTel. +49 30 1234567\nanna@muster.example\nHRB 12\n"
    asked = ("import", "--paste", "--space", "sales", "--as", "alice")
    checked = farley.run(*asked, "--dry-run", stdin=said)
    assert (checked.code, checked.stdout) == (0, "1 would be imported, 0 were there already, 0 had problems.\n")
    assert export(farley) == b""
    result = farley.run(*asked, stdin=said)
    assert "FN:Dr. Anna Schmidt" in result.stderr
    for line in (b"N:Schmidt;Anna;;Dr.;", b"ORG:Muster GmbH", b"TEL:+49 30 1234567", b"NOTE:HRB 12"):
        assert line in export(farley)
    assert "1 were there already" in farley.run(*asked, stdin=said).stdout
    assert farley.run(*asked, stdin="--\n").code != 0
    assert farley.run(*asked, stdin=f"Hello,\n\n{ADA.decode()}").code == 1  # what stands around it is told
    assert ADA in export(farley)


def test_importing_the_same_file_again_changes_nothing(farley: Instance) -> None:
    path = write(farley, "people.vcf", ADA, BOB)
    load(farley, path)
    result = load(farley, path)
    assert (result.code, result.stdout) == (0, "0 imported, 2 were there already, 0 had problems.\n")


def test_good_cards_come_in_and_bad_ones_are_listed_with_file_line_and_reason(farley: Instance) -> None:
    broken = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cut off\r\n"
    path = write(farley, "mixed.vcf", ADA, b"some letter\r\n", BOB, card("ada", "Ada Other"), broken)
    result = load(farley, path)
    assert result.code == 1
    lines = [line.removeprefix(f"{path}:").split(":")[0] for line in result.stderr.splitlines() if "mixed.vcf" in line]
    assert lines == ["9", "17", "23"]
    assert "stands in this import twice" in result.stderr
    assert export(farley) == ADA + BOB


def test_a_uid_that_the_space_has_already_leaves_the_stored_contact_alone(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA))
    result = load(farley, write(farley, "other.vcf", card("ada", "Ada Other"), BOB))
    assert result.code == 1
    assert "belongs to “Ada King” in this space already" in result.stderr
    assert export(farley) == ADA + BOB


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, ":1: "),
        (b"name;phone\nAda;123\n", "what its columns become has to be chosen"),
        (b"\r\n\r\n", "no contact and no calendar entry in it"),
    ],
    ids=["empty", "binary", "csv", "blank"],
)
def test_a_file_without_cards_changes_nothing(farley: Instance, content: bytes, said: str) -> None:
    result = load(farley, write(farley, "odd.vcf", content))
    assert (result.code, said in result.stderr + result.stdout) == (2, True), result.stderr
    assert export(farley) == b""


def test_who_is_there_is_changed_as_the_rule_says_and_each_entry_is_told(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA, BOB))
    newer = card("x", "Ada K.", "EMAIL:ADA@example.org", "TITLE:Countess")
    path = write(farley, "newer.vcf", newer, card("eve", "Eve"))
    asked = ("--key", "email", "--rule", "fill")
    planned = json.loads(load(farley, path, options=(*asked, "--dry-run", "--json")).stdout)
    assert [entry["verdict"] for entry in planned["entries"]] == ["changed", "new"]
    title = {"field": "TITLE", "label": "", "before": "", "after": "Countess"}
    name = {"field": "N", "label": "", "before": "King, Ada", "after": "K., Ada"}
    first = planned["entries"][0]
    assert (first["line"], first["name"], first["changes"], first["left"][0]) == (1, "Ada King", [title], name)
    done = load(farley, path, options=asked)
    assert done.stdout.startswith("1 imported, 1 changed, 0 were there already, 0 had problems.")
    assert b"X-ODD;X=1:kept\\, as it is\r\nTITLE:Countess\r\n" in export(farley)
    refused = load(farley, path, options=("--key", "field:nothing"))
    assert (refused.code, "contacts cannot be recognised by 'field:nothing'" in refused.stderr) == (2, True)


def test_a_missing_file_stops_the_import_before_it_begins(farley: Instance) -> None:
    result = load(farley, write(farley, "people.vcf", ADA), farley.folder / "missing.vcf")
    assert (result.code, "missing.vcf: No such file" in result.stderr) == (2, True)
    assert export(farley) == b""


@pytest.mark.parametrize(("user", "said"), [("bob", "needs the role editor"), ("mallory", "no space 'sales'")])
def test_who_may_not_write_imports_nothing(farley: Instance, user: str, said: str) -> None:
    result = load(farley, write(farley, "people.vcf", ADA), user=user)
    assert (result.code, said in result.stderr) == (2, True)
    assert export(farley) == b""


def test_who_may_not_see_exports_nothing(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA))
    result = farley.run("export", "--space", "sales", "--as", "mallory")
    assert (result.code, result.octets, "no space 'sales'" in result.stderr) == (2, b"", True)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(farley: Instance) -> None:
    path = write(farley, "people.vcf", ADA, BOB, card("ada", "Ada Other"))
    result = load(farley, path, options=("--dry-run", "--json"))
    document = json.loads(result.stdout)
    assert (result.code, document["dry_run"], document["created"], document["failed"]) == (1, True, 2, 1)
    assert document["problems"][0]["line"] == 16
    assert export(farley) == b""


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_an_export_in_one_version_declares_it_on_every_card(farley: Instance, version: str) -> None:
    load(farley, write(farley, "people.vcf", ADA, BOB, card("eve", "Eve Sixpack", version="4.0")))
    octets = export(farley, "--version", version)
    assert octets.count(f"VERSION:{version}\r\n".encode()) == 3


def test_an_export_to_a_file_is_whole_or_not_there(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA, BOB))
    target = farley.folder / "out.vcf"
    assert export(farley, "-o", str(target)) == b""
    assert target.read_bytes() == ADA + BOB
    result = farley.run("export", "--space", "sales", "--as", "alice", "-o", str(farley.folder / "no" / "out.vcf"))
    assert (result.code, "No such file" in result.stderr) == (2, True)


def test_history_tells_who_did_what_and_undo_takes_it_back(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA, BOB))
    history = farley.run("history", "ada", "--as", "bob")
    assert history.code == 0, history.stderr
    assert "alice  cli  created  batch 1" in history.stdout
    undone = farley.run("undo", "1", "--as", "alice")
    assert (undone.code, undone.stdout) == (0, "2 put back, 0 left as they are. (batch 2)\n")
    assert export(farley) == b""
    again = farley.run("undo", "1", "--as", "alice")
    assert (again.code, "batch 1 is undone" in again.stderr) == (2, True)
    redone = farley.run("undo", "2", "--as", "alice")
    assert redone.code == 0
    assert export(farley) == ADA + BOB


@pytest.mark.parametrize(("user", "said"), [("bob", "needs the role editor"), ("mallory", "no batch 1")])
def test_who_may_not_write_undoes_nothing(farley: Instance, user: str, said: str) -> None:
    load(farley, write(farley, "people.vcf", ADA))
    result = farley.run("undo", "1", "--as", user)
    assert (result.code, said in result.stderr) == (2, True), result.stderr
    assert export(farley) == ADA


def test_history_asks_for_the_space_where_several_have_the_uid(farley: Instance) -> None:
    path = write(farley, "people.vcf", ADA)
    load(farley, path)
    load(farley, path, space="alice")
    result = farley.run("history", "ada", "--as", "alice")
    assert (result.code, "--space (alice, sales)" in result.stderr) == (2, True), result.stderr
    assert farley.run("history", "ada", "--as", "alice", "--space", "sales").code == 0
    assert farley.run("history", "ada", "--as", "bob").code == 0


def cut_short(farley: Instance) -> tuple[Path, list[bytes]]:
    """The file and the cards of an import that was killed when some of them were in."""
    cards = [card(f"uid-{n}", f"Person{n} Number{n}", f"EMAIL:p{n}@example.org") for n in range(30_000)]
    path = write(farley, "many.vcf", *cards)
    process = farley.start("import", path, "--space", "sales", "--as", "alice")
    deadline = time.monotonic() + 60
    while not export(farley) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert 0 < len(export(farley)) < sum(map(len, cards))
    return path, cards


def test_an_import_that_was_killed_can_be_undone(farley: Instance) -> None:
    path, _ = cut_short(farley)
    undone = farley.run("undo", "1", "--as", "alice")
    assert undone.code == 0, undone.stderr
    assert export(farley) == b""
    result = load(farley, path)
    assert result.stdout.startswith("30000 imported, 0 were there already, 0 had problems."), result.stderr


def test_an_import_that_was_killed_goes_on_where_it_stopped(farley: Instance) -> None:
    path, cards = cut_short(farley)
    result = load(farley, path)
    assert result.code == 0, result.stderr
    assert "cut short; it goes on after" in result.stderr
    assert result.stdout.startswith("30000 imported, 0 were there already, 0 had problems.")
    assert export(farley) == b"".join(cards)
    assert farley.run("undo", "1", "--as", "alice").code == 0
    assert export(farley) == b""


def test_what_a_card_says_cannot_command_the_terminal(farley: Instance) -> None:
    odd = card("odd", "Ada \x1b]0;owned\x07\u202eKing")
    load(farley, write(farley, "odd.vcf", odd))
    history = farley.run("history", "odd", "--as", "alice")
    problems = load(farley, write(farley, "again.vcf", odd.replace(b"King", b"Queen")))
    for text in (history.stdout, problems.stderr):
        assert "Ada" in text
        assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_an_export_goes_into_a_pipe_and_leaves_it_a_pipe(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA, BOB))
    pipe = farley.folder / "pipe"
    os.mkfifo(pipe)
    process = farley.start("export", "--space", "sales", "--as", "alice", "-o", pipe)
    assert pipe.read_bytes() == ADA + BOB
    assert process.wait(60) == 0
    process.communicate()
    assert pipe.is_fifo()


def test_an_export_through_a_link_replaces_what_it_points_at(farley: Instance) -> None:
    load(farley, write(farley, "people.vcf", ADA))
    target, link = farley.folder / "target.vcf", farley.folder / "link.vcf"
    target.write_bytes(b"before")
    link.symlink_to(target)
    export(farley, "-o", str(link))
    assert (target.read_bytes(), link.is_symlink()) == (ADA, True)


def test_what_is_no_file_is_refused(farley: Instance) -> None:
    for path in (Path("/dev/zero"), farley.folder):
        result = load(farley, path)
        assert (result.code, "is no file, but a folder, device or pipe" in result.stderr) == (2, True), result.stderr


def test_a_file_name_that_is_not_utf_8_is_refused(farley: Instance) -> None:
    path = Path(os.fsdecode(os.fsencode(farley.folder) + b"/caf\xe9.vcf"))
    path.write_bytes(ADA)
    result = load(farley, path)
    assert (result.code, "its name is not UTF-8" in result.stderr) == (2, True), result.stderr


OUTLOOK = (
    "First Name,Last Name,Company,E-mail Address,Business Phone,Home Phone,Mobile Phone,User 1\n"
    'Ada,King,Engines,ada@example.org,030 1,,,"blue, green"\n'
    "Bob,Miller,,bob@example.org,,,0170 1,\n"
    "Too,Many,Values,,,,,,x\n"
)


def test_a_table_of_a_known_layout_comes_in_and_is_known_again(farley: Instance) -> None:
    path = farley.folder / "contacts.txt"
    path.write_text(OUTLOOK, "utf-16")
    result = load(farley, path)
    assert (result.code, result.stdout.splitlines()[0]) == (1, "2 imported, 0 were there already, 1 had problems.")
    assert "contacts.txt:4: this row has more values than there are columns" in result.stderr
    assert b"FN:Ada King\r\nORG:Engines\r\nEMAIL:ada@example.org\r\nTEL;TYPE=work:030 1\r\n" in export(farley)
    assert load(farley, path).stdout == "0 imported, 2 were there already, 1 had problems.\n"


def test_columns_of_any_other_table_are_chosen_by_a_map(farley: Instance) -> None:
    sheet = farley.folder / "people.dat"
    sheet.write_bytes(xlsx_of([["Wer", "Erreichbar", "Stufe"], ["Ada King", "ada@example.org", "Gold"]]))
    refused = load(farley, sheet)
    assert (refused.code, "--print-map proposes a file for --map" in refused.stderr) == (2, True)
    proposed = farley.run("import", sheet, "--print-map")
    mapping = json.loads(proposed.stdout)
    assert [column["to"] for column in mapping["columns"]] == ["name", "email", "own"]
    map_file = farley.folder / "map.json"
    map_file.write_text(json.dumps(mapping | {"columns": [*mapping["columns"], {"to": "tags", "value": "Messe"}]}))
    result = load(farley, sheet, options=("--map", str(map_file), "--define-fields"))
    assert (result.code, "The own field Stufe is new in sales." in result.stderr) == (0, True), result.stderr
    assert b"CATEGORIES:Messe\r\nX-FARLEY-FIELD;X-KEY=stufe;X-KIND=text;X-LABEL=Stufe:Gold" in export(farley)
    shown = farley.run("list", "--as", "alice", "--columns", "name,own.sales.stufe")
    assert "Gold" in shown.stdout
    map_file.write_text('{"columns": [{"to": "name", "column": "Who"}]}')
    refused = load(farley, sheet, options=("--map", str(map_file)))
    assert (refused.code, "the table has no column “Who”" in refused.stderr) == (2, True)


def test_what_can_be_read_is_listed(farley: Instance) -> None:
    listed = farley.run("import", "--layouts")
    assert (listed.code, "outlook.de" in listed.stdout, "csv" in listed.stdout) == (0, True, True)
    assert farley.run("import", "x.csv", "--format", "dbf").code == 2
