"""What a file is, its contents tell; archives are read file by file."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
from tests.cast import a_card, an_event, space_of
from tests.codecs import outlook_files
from tests.codecs.spreadsheets import ods, xlsx_of

from farley.accounts.models import User
from farley.calendars.models import CalendarObject
from farley.codecs import jcard, jscontact, ldif, xcard
from farley.codecs.vcard import Card
from farley.contacts.models import Contact, ExternalId
from farley.exchange import choosing, formats, importing, leftovers
from farley.exchange.formats import How
from farley.exchange.mapping import Column, Mapping
from farley.exchange.sources import ColumnsToChoose, NothingToImport, Source, described_of, passed_over
from farley.journal.models import Door

ADA = Card.parse(a_card("Ada King", "EMAIL:ada@example.org", uid="urn:uuid:ada"))
CSV = b"Record ID,First Name,Last Name,Email\n17,Ada,King,ada@example.org\n18,Bea,Bond,bea@example.org\n"
FILES = {
    "vcard": ADA.octets,
    "csv": CSV,
    "spreadsheet": xlsx_of([["First Name", "Last Name", "E-mail"], ["Ada", "King", "ada@example.org"]]),
    "ldif": b"# made by\n\n" + ldif.to_ldif(ADA),
    "jcard": json.dumps([jcard.to_jcard(ADA)], indent=1).encode(),
    "jscontact": json.dumps(jscontact.to_jscontact(ADA)).encode("utf-8-sig"),
    "xcard": f"{xcard.HEAD}{xcard.to_xcard(ADA)}{xcard.TAIL}".encode(),
}
MARKED = "BEGIN:VCARD\r\nFN:Ada King\r\nEMAIL:a@b.de\r\nEND:VCARD\r\n"
OTHERS = (
    MARKED.encode("utf-8-sig"),
    MARKED.encode("utf-16"),
    b"",
    b"\x89PNG\0\0",
    b"Dear diary,\nit rains, again.\n",
    b"<html></html>",
    b"[1,2]",
    b"PK\3\4broken",
)


@pytest.mark.django_db
def test_an_entry_without_a_calendar_is_told_as_one(alice: User, tmp_path: Path) -> None:
    file = tmp_path / "lunch.ics"
    file.write_bytes(b"BEGIN:VEVENT\r\nUID:lunch\r\nDTSTART:20261127T120000Z\r\nEND:VEVENT\r\n")
    run = importing.prepare(space_of(alice), [Source("lunch.ics", file)], by=alice.actor, door=Door.CLI)
    importing.run(run, by=alice.actor)
    assert [problem.details for problem in run.problems.all()] == [{"reason": "this is not part of any VCALENDAR"}]
    assert not CalendarObject.objects.exists()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_its_contents_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / "contacts.doc"
    path.write_bytes(FILES[name])
    assert formats.format_of(path) == name
    how = formats.found_out(path, How()) if name != "spreadsheet" else How(name, mapping=formats.look_at(path).mapping)
    cards = [found.card for found in formats.entries(path, How.from_json(json.loads(json.dumps(how.to_json()))))]
    assert isinstance(cards[0], Card)
    assert (cards[0].full_name, cards[0].first("EMAIL").text) == ("Ada King", "ada@example.org")  # type: ignore[union-attr]


@pytest.mark.parametrize("octets", OTHERS)
def test_what_is_nothing_else_is_read_for_vcards(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(octets)
    assert formats.format_of(path) == "vcard"


def archive(folder: Path, files: dict[str, bytes]) -> Source:
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, octets in files.items():
            out.writestr(name, octets)
    return Source("all.zip", path)


def packed(name: str, octets: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr(name, octets)
    return file.getvalue()


@pytest.mark.django_db
def test_every_file_of_an_archive_comes_in_by_itself(alice: User, tmp_path: Path) -> None:
    files = {"a/ada.vcf": ADA.octets, "hubspot.csv": CSV + b"19,Cleo,Cox,c@x.de,too many\n", "photo.png": b"\x89PNG\0"}
    files["letter.docx"] = packed("word/document.xml", b"<a/>")
    files |= {"__MACOSX/._hubspot.csv": CSV, "people.ldif": b"dn: cn=Dan\ncn: Dan\n\ndn: nobody\n"}
    run = importing.prepare(space_of(alice), [archive(tmp_path, files)], by=alice.actor, door=Door.CLI)
    assert [file["name"] for file in run.files] == ["all.zip/a/ada.vcf", "all.zip/hubspot.csv", "all.zip/people.ldif"]
    assert passed_over(run.files) == ["all.zip/photo.png", "all.zip/letter.docx"]
    importing.run(run, by=alice.actor)
    assert sorted(Contact.objects.values_list("full_name", flat=True)) == ["Ada King", "Ada King", "Bea Bond", "Dan"]
    assert [(problem.file, problem.line) for problem in run.problems.all()] == [
        ("all.zip/hubspot.csv", 4),
        ("all.zip/people.ldif", 4),
    ]
    assert set(ExternalId.objects.values_list("system", "key")) == {("hubspot", "17"), ("hubspot", "18")}
    assert leftovers.tables_with_problems(run) == [1]
    assert b"".join(leftovers.leftovers(run, 1)).startswith(b"\xef\xbb\xbfRecord ID,First Name")
    assert b"".join(leftovers.leftovers(run)) == b""


@pytest.mark.django_db
def test_what_another_format_could_not_bring_is_handed_out_as_a_card(alice: User, tmp_path: Path) -> None:
    for mail in (b"d@e.de", b"new@e.de"):
        path = tmp_path / "people.ldif"
        path.write_bytes(b"dn: cn=Dan\ncn: Dan\nentryUUID: 1\nmail: " + mail + b"\n")
        run = importing.prepare(space_of(alice), [Source("people.ldif", path)], by=alice.actor, door=Door.CLI)
        importing.run(run, by=alice.actor)
    assert (run.failed, leftovers.has_cards(run), leftovers.tables_with_problems(run)) == (1, True, [])
    assert b"EMAIL:new@e.de" in b"".join(leftovers.leftovers(run))


@pytest.mark.django_db
def test_a_newer_export_of_another_system_says_who_is_meant(alice: User, tmp_path: Path) -> None:
    for octets in (CSV, CSV.replace(b"ada@", b"countess@")):
        path = tmp_path / "hubspot.csv"
        path.write_bytes(octets)
        run = importing.prepare(space_of(alice), [Source("h", path)], by=alice.actor, door=Door.CLI)
        importing.run(run, by=alice.actor)
    assert (run.created, run.unchanged) == (0, 1)
    [problem] = run.problems.all()
    assert (problem.code, problem.line, problem.details["prop"]) == ("known", 2, "hubspot")


@pytest.mark.django_db
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_calendars_in_an_archive_go_into_calendars(alice: User, tmp_path: Path, is_dry_run: bool) -> None:
    files = {"a/Trips.ics": an_event("Flight"), "ada.vcf": ADA.octets}
    source = archive(tmp_path, files)
    run = importing.prepare(space_of(alice), [source], by=alice.actor, door=Door.CLI, is_dry_run=is_dry_run)
    importing.run(run, by=alice.actor)
    assert (run.created, run.has_calendars, run.is_of_calendars, passed_over(run.files)) == (2, True, False, [])
    there = CalendarObject.objects.values_list("calendar__name", "summary")
    assert list(there) == ([] if is_dry_run else [("Trips", "Flight")])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"photo.png": b"\x89PNG\0"}, "there are no contacts in this archive"),
        ({"ada.vcf": ADA.octets, "more.zip": packed("bea.vcf", ADA.octets)}, "another archive in this one"),
        ({"x.csv": b"Wer,Mail\nA,a@b.de\n"}, "what its columns become has to be chosen"),
    ],
)
def test_an_archive_with_nothing_that_can_be_read_is_refused(
    alice: User, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    with pytest.raises(NothingToImport, match=said) as refused:
        importing.prepare(space_of(alice), [archive(tmp_path, files)], by=alice.actor, door=Door.CLI)
    if isinstance(refused.value, ColumnsToChoose):
        assert (refused.value.file, refused.value.look.header) == ("all.zip/x.csv", ["Wer", "Mail"])


@pytest.mark.django_db
def test_the_columns_of_a_table_in_an_archive_are_chosen_as_of_any_other(alice: User, tmp_path: Path) -> None:
    files = {"x.csv": b"Wer,Mail\nA,a@b.de\n", "ada.vcf": ADA.octets}
    run = choosing.begin(space_of(alice), [archive(tmp_path, files)], by=alice.actor, door=Door.WEB)
    assert run is not None
    assert [(file["name"], file["size"]) for file in run.files] == [
        ("all.zip/x.csv", len(files["x.csv"])),
        ("all.zip/ada.vcf", len(ADA.octets)),
    ]
    [table] = choosing.tables_of(run)
    look, _ = choosing.chosen(run, table)
    assert look.header == ["Wer", "Mail"]
    choosing.choose(run, table, Mapping((Column("name", "Wer"), Column("email", "Mail"))))
    again = [Source(file["name"], Path(file["path"]), How.from_json(file["how"])) for file in run.files]
    importing.run(importing.prepare(space_of(alice), again, by=alice.actor, door=Door.WEB), by=alice.actor)
    assert sorted(Contact.objects.values_list("full_name", flat=True)) == ["A", "Ada King"]


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_UNPACKED", 10_000)
    with pytest.raises(formats.NotAnArchive, match="too much"):
        formats.members_of(archive(tmp_path, {"a.vcf": ADA.octets + b"\n" * 20_000}).path)


@pytest.mark.django_db
def test_an_archive_of_many_files_is_opened_once(alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its directory is read each time, which names all of them."""
    source = archive(tmp_path, {f"{number}.vcf": a_card(f"No {number}") for number in range(30)})
    read: list[object] = []
    really = zipfile.ZipFile._RealGetContents  # type: ignore[attr-defined]
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda self: (read.append(self), really(self)))
    run = importing.prepare(space_of(alice), [source], by=alice.actor, door=Door.CLI)
    importing.run(run, by=alice.actor)
    assert (run.created, run.failed) == (30, 0)
    assert len(read) <= 4
    hashed: list[object] = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: (hashed.append(file), digest(file, name))[1])
    again = [Source(file["name"], Path(file["path"]), How.from_json(file["how"])) for file in run.files]
    run = importing.prepare(space_of(alice), again, by=alice.actor, door=Door.CLI)
    importing.run(run, by=alice.actor)
    assert (run.created, run.unchanged, len(hashed), len(read) <= 5) == (0, 30, 1, True)


@pytest.mark.django_db
def test_a_damaged_file_of_an_archive_is_a_problem_of_its_own(alice: User, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("ada.vcf", ADA.octets)
        out.writestr("bea.vcf", a_card("Bea") + b"\r\n" * 40_000)
    octets = path.read_bytes()
    place = octets.rfind(b"\n\r\nPK\x01")
    path.write_bytes(octets[:place] + b"x" + octets[place + 1 :])
    run = importing.prepare(space_of(alice), [Source("all.zip", path)], by=alice.actor, door=Door.CLI)
    importing.run(run, by=alice.actor)
    assert (run.created, run.failed) == (1, 1)


def test_an_opendocument_sheet_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(ods("<table:table-row/>"))
    assert formats.format_of(path) == "spreadsheet"


def test_contacts_of_outlook_come_out_of_their_file_an_archive_and_a_mailbox(tmp_path: Path) -> None:
    pytest.importorskip("pypff")
    archive, mailbox = tmp_path / "contacts.zip", tmp_path / "backup.pst"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("ada.msg", outlook_files.msg(outlook_files.ADA))
    mail, everybody = {0x001A: "IPM.Note"}, {0x001A: "IPM.DistList", 0x3001: "Everybody"}
    mailbox.write_bytes(outlook_files.pst(mail, outlook_files.ADA, everybody))

    [member] = formats.members_of(archive)
    how = formats.found_out(archive, How(member.format, member=member.name))
    [of_archive] = formats.entries(archive, how)
    of_mailbox = list(formats.entries(mailbox, formats.found_out(mailbox, How())))
    assert (member.format, formats.format_of(mailbox)) == ("msg", "pst")
    assert isinstance(of_archive.card, Card)
    assert of_archive.card.full_name == "Dr. Ada König"
    assert of_mailbox[0].card == of_archive.card
    assert [(each.line, str(each.card)) for each in of_mailbox[1:]] == [
        (2, "line 2: this is a distribution list; Outlook’s are not read")
    ]


def test_a_mailbox_that_ends_in_the_middle_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pypff")
    path = tmp_path / "backup.pst"
    path.write_bytes(outlook_files.pst(outlook_files.ADA)[:2000])
    [found] = formats.entries(path, How("pst"))
    assert str(found.card) == "line 1: this mailbox is damaged from here on"


def test_contacts_around_a_damaged_item_of_a_mailbox_come_out_and_it_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pypff")
    path = tmp_path / "backup.pst"
    contacts = [{**outlook_files.ADA, 0x3001: name} for name in ("Adelheid", "Berthold", "Cornelia")]
    octets = outlook_files.pst(*contacts)
    heap = octets.rfind(b"\xec\xbc", 0, octets.index("Berthold".encode("utf-16-le")))
    path.write_bytes(octets[:heap] + b"??" + octets[heap + 2 :])
    *found, told = formats.entries(path, How("pst"))
    assert [each.card.full_name for each in found if isinstance(each.card, Card)] == ["Adelheid", "Cornelia"]
    assert str(told.card) == "line 3: some of a folder of this mailbox is damaged and was passed over"


def test_a_mailbox_is_refused_by_name_where_its_reader_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backup.pst"
    path.write_bytes(outlook_files.pst(outlook_files.ADA))
    monkeypatch.setitem(sys.modules, "pypff", None)
    with pytest.raises(NothingToImport, match="with its extra “outlook”"):
        described_of(Source("backup.pst", path))
