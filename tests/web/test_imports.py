"""Import and export through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import CalendarObject
from farley.contacts.models import Contact
from farley.exchange import chunks
from farley.exchange.models import Import
from farley.exchange.paper import typesetting
from farley.jobs.worker import recover, run_ready
from farley.journal.models import Door
from farley.web.timeline import activity
from tests.cast import a_card, an_event, hand_of, space_of, team
from tests.together import killed_after, process
from tests.web.reading import hx, text_of

GARBAGE = b"this is no card\r\n"


def upload(client: Client, *files: bytes, space: str = "alice") -> str:
    """Where the upload leads."""
    named = [SimpleUploadedFile(f"{n}.vcf", data) for n, data in enumerate(files)]
    response = client.post("/contacts/import/", {"files": named, "space": space})
    return response["Location"] if response.status_code == 302 else text_of(response.content)


def carried_out(client: Client, *files: bytes) -> str:
    """The result page of a whole import."""
    check = upload(client, *files)
    run_ready("long")
    started = client.post(f"{check}start/")["Location"]
    run_ready("long")
    return str(started)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_stored_before_the_check_is_agreed_to(alice: User, page_of_alice: Client) -> None:
    check = upload(page_of_alice, a_card("Ada King"), a_card("Grace Hopper") + GARBAGE)
    assert "The files are being checked" in text_of(page_of_alice.get(check).content)
    run_ready("long")
    text = text_of(page_of_alice.get(check).content)
    assert "2 new contacts" in text
    assert "1 not possible" in text
    assert "Import 2 contacts" in text
    assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_is_watched_reported_and_undone(alice: User, page_of_alice: Client) -> None:
    done = carried_out(page_of_alice, a_card("Ada King"), a_card("Grace Hopper") + GARBAGE)
    page = page_of_alice.get(done).content
    text = text_of(page)
    assert "2 contacts are imported." in text
    assert "1.vcf" in text
    report = page_of_alice.get(f"{done}problems/")
    lines = b"".join(report).decode("utf-8-sig").splitlines()  # type: ignore[call-overload]
    assert lines[0] == "File,Line,Name,Reason"
    assert lines[1].startswith("1.vcf,")
    assert Contact.objects.visible_to(alice.actor).count() == 2
    undo = re.search(r'action="(/activity/\d+/undo/)"', page.decode())
    assert undo is not None
    page_of_alice.post(undo[1], {"next": done})
    assert not Contact.objects.visible_to(alice.actor).exists()
    assert "The import was undone." in text_of(page_of_alice.get(done).content)


@pytest.mark.django_db(transaction=True)
def test_progress_is_a_part_while_it_runs_and_a_new_page_when_it_is_over(alice: User, page_of_alice: Client) -> None:
    check = upload(page_of_alice, a_card("Ada King"))
    waiting = page_of_alice.get(check, headers=hx())
    assert b"hx-trigger" in waiting.content
    assert b"<html" not in waiting.content
    assert b'http-equiv="refresh"' in page_of_alice.get(check).content
    run_ready("long")
    assert page_of_alice.get(check, headers=hx())["HX-Refresh"] == "true"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about the SQLite file")
def test_an_import_that_waits_for_room_on_the_disk_says_so(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Import.objects.create(space=space_of(alice), user=alice, door=Door.WEB, files=[], state=Import.State.RUNNING)
    page = f"/contacts/import/{run.pk}/"
    assert "Contacts are being imported" in text_of(page_of_alice.get(page).content)
    monkeypatch.setattr(chunks, "CHUNK_OCTETS", 2**62)  # no disk has as much
    assert "The disk of the server is full. This goes on as soon as there is room." in text_of(
        page_of_alice.get(page).content
    )


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_import_leaves_nothing(alice: User, page_of_alice: Client) -> None:
    check = upload(page_of_alice, a_card("Ada King"))
    run_ready("long")
    started = page_of_alice.post(f"{check}start/")["Location"]
    page_of_alice.post(f"{started}cancel/")
    run_ready("long")
    assert "Nothing of it remains." in text_of(page_of_alice.get(started).content)
    assert not Contact.objects.visible_to(alice.actor).exists()


@pytest.mark.parametrize(
    ("files", "reason"),
    [([], "Choose at least one file."), ([b""], "“0.vcf” is empty."), ([a_card(), b""], "“1.vcf” is empty.")],
)
def test_a_file_that_cannot_be_imported_is_named(page_of_alice: Client, files: list[bytes], reason: str) -> None:
    assert reason in upload(page_of_alice, *files)
    assert not Import.objects.exists()


def test_nobody_imports_into_a_space_they_only_read(alice: User, bob: User, as_user: Callable[[User], Client]) -> None:
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    client = as_user(bob)
    file = SimpleUploadedFile("a.vcf", a_card())
    assert client.post("/contacts/import/", {"files": file, "space": "sales"}).status_code == 403
    assert client.post("/contacts/import/", {"files": file, "space": "alice"}).status_code == 404
    assert not Import.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_is_its_maker_s_alone(
    alice: User, bob: User, page_of_alice: Client, as_user: Callable[[User], Client]
) -> None:
    check = upload(page_of_alice, a_card("Ada King"))
    client = as_user(bob)
    assert client.get(check).status_code == 404
    assert client.get(f"{check}problems/").status_code == 404
    assert client.post(f"{check}start/").status_code == 404
    assert client.post(f"{check}cancel/").status_code == 404


def test_an_export_gives_back_what_is_stored(alice: User, page_of_alice: Client) -> None:
    cards = [a_card("Ada King", "X-CUSTOM:kept"), a_card("Grace Hopper")]
    hand_of(alice).many(space_of(alice), cards)
    response = page_of_alice.get("/contacts/export/?space=alice&version=&download=1")
    assert b"".join(response) == b"".join(cards)  # type: ignore[call-overload]
    assert 'filename="alice.vcf"' in response["Content-Disposition"]


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_an_export_is_converted_if_asked(alice: User, page_of_alice: Client, version: str) -> None:
    hand_of(alice).contact(space_of(alice))
    response = page_of_alice.get(f"/contacts/export/?space=alice&version={version}&download=1")
    assert f"VERSION:{version}".encode() in b"".join(response)  # type: ignore[call-overload]


def test_one_person_is_exported_in_another_format(alice: User, page_of_alice: Client) -> None:
    ada, _ = (hand_of(alice).contact(space_of(alice), a_card(name)) for name in ("Ada King", "Grace Hopper"))
    page = page_of_alice.get(f"/contacts/export/?contact={ada.pk}").content.decode()
    assert f'name="contact" value="{ada.pk}"' in page
    given = b"".join(page_of_alice.get(f"/contacts/export/?contact={ada.pk}&format=ldif&download=1"))  # type: ignore[call-overload]
    assert given.count(b"dn: ") == 1
    labels = page_of_alice.get("/contacts/export/?what=space:alice&format=labels-l7160&download=1")
    assert labels.status_code == 409
    assert "None of these contacts has what this PDF would show" in labels.content.decode()


def test_a_pdf_that_its_typesetter_does_not_finish_is_told(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "SECONDS", 0)
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    answer = page_of_alice.get("/contacts/export/?what=space:alice&format=addresses&download=1")
    assert answer.status_code == 409
    assert "The PDF could not be made." in answer.content.decode()


def test_a_stranger_exports_nothing_of_others(alice: User, mallory: User, as_user: Callable[[User], Client]) -> None:
    hand_of(alice).contact(space_of(alice))
    assert as_user(mallory).get("/contacts/export/?space=alice&download=1").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"PK\3\4\0\0rest", "“0.vcf” is an archive in which there are no contacts"),
        (b"\x89PNG\0\0", "“0.vcf” is no text file, and none of the formats"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no entry in the calendar “0.vcf” that could be imported."),
        (b"Dear diary\r\n", "There is no contact in “0.vcf” that could be imported."),
    ],
)
def test_a_file_without_contacts_is_called_what_it_is(
    alice: User, page_of_alice: Client, file: bytes, sentence: str
) -> None:
    check = upload(page_of_alice, file)
    run_ready("long")
    page = page_of_alice.get(check).content.decode()
    assert sentence in text_of(page)
    assert 'class="figures"' not in page
    assert "disabled" not in page.partition("wizfoot")[2]
    assert "Choose another file" in page


@pytest.mark.django_db(transaction=True)
def test_a_long_undo_is_watched_on_the_page_of_its_import(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "AT_ONCE", 1)
    done = carried_out(page_of_alice, a_card("Ada King"), a_card("Grace Hopper") + GARBAGE)
    page = page_of_alice.get(done).content.decode()
    assert "2 contacts are imported. 1 entry was left out." in text_of(page)
    undo = re.search(r'action="(/activity/\d+/undo/)"', page)
    assert undo is not None
    assert page_of_alice.post(undo[1], {"next": done})["Location"] == done
    going = page_of_alice.get(done).content.decode()
    assert "The import is being undone … 0 of 2 changes" in text_of(going)
    assert undo[1] not in going
    run_ready("long")
    assert page_of_alice.get(done, headers=hx())["HX-Refresh"] == "true"
    over = page_of_alice.get(done).content.decode()
    assert "The import was undone." in text_of(over)
    assert "It took" not in text_of(over)
    assert 'class="figures"' not in over


@pytest.mark.django_db(transaction=True)
def test_the_check_can_be_made_again_by_another_rule_and_tells_each_change(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).many(space_of(alice), [a_card("Ada King", "EMAIL:a@x.example", "TEL:030 1234567")])
    check = upload(page_of_alice, a_card("Ada K.", "EMAIL:a@x.example", "TEL:030 999", "TITLE:Countess"), a_card("Bea"))
    run_ready("long")
    assert "Import 2 contacts" in text_of(page_of_alice.get(check).content)
    again = page_of_alice.post(f"{check}check/", {"key": "email", "rule": "fill"})["Location"]
    run_ready("long")
    page = page_of_alice.get(again).content.decode()
    assert '<option value="email" selected>' in page
    assert '<option value="fill" selected>' in page
    text = text_of(page)
    assert "1 will be updated" in text
    assert "1 not with all values" in text
    assert "Changes 1 Not taken 1 New 1" in text
    assert "Ada King Job title – Countess" in text
    left = text_of(page_of_alice.get(f"{again}?show=left").content)
    assert "Ada King Display name Ada King Ada K." in left
    assert "030 1234567 030 999" in left
    assert "Bea" in text_of(page_of_alice.get(f"{again}?show=new").content)
    done = page_of_alice.post(f"{again}start/")["Location"]
    run_ready("long")
    text = text_of(page_of_alice.get(done).content)
    assert "1 added 1 updated" in text
    assert "030 1234567 030 999" in text
    assert page_of_alice.post(f"{check}check/", {"key": "field:none", "rule": "fill"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_was_left_out_is_a_file_to_mend_and_feed_again(alice: User, page_of_alice: Client) -> None:
    hand_of(alice).store(space_of(alice), a_card("Stored", uid="taken"))
    broken = b"BEGIN:VCARD\r\nFN:cut\r\n"
    done = carried_out(page_of_alice, a_card("Ada"), a_card("Other", uid="taken") + GARBAGE + broken)
    page = page_of_alice.get(done).content.decode()
    assert f'href="{done}left-out/"' in page
    octets = b"".join(page_of_alice.get(f"{done}left-out/"))  # type: ignore[call-overload]
    assert b"FN:Ada\r\n" not in octets
    assert octets.endswith(GARBAGE + broken)
    card = octets.removesuffix(GARBAGE + broken)
    assert "X-FARLEY-PROBLEM:Its UID belongs to “Stored”" in card.decode().replace("\r\n ", "")
    carried_out(page_of_alice, card.replace(b"UID:taken", b"UID:free"))
    assert Contact.objects.get(uid="free").content.data == a_card("Other", uid="free")


@pytest.mark.django_db(transaction=True)
def test_calendar_entries_that_were_left_out_are_a_file_to_mend_and_feed_again(page_of_alice: Client) -> None:
    carried_out(page_of_alice, an_event("Lunch", uid="taken"))
    other = an_event("Dinner", uid="taken")
    done = carried_out(page_of_alice, other + b"no calendar\r\n")
    assert f'href="{done}left-out/?calendars=1"' in page_of_alice.get(done).content.decode()
    octets = b"".join(page_of_alice.get(f"{done}left-out/?calendars=1"))  # type: ignore[call-overload]
    begin, reason, *rest = octets.decode().replace("\r\n ", "").split("\r\n", 2)
    assert reason.startswith("X-FARLEY-PROBLEM:")
    assert "\r\n".join([begin, *rest]).encode() == other
    carried_out(page_of_alice, octets.replace(b"UID:taken", b"UID:free"))
    assert CalendarObject.objects.get(uid="free").content.data == an_event("Dinner", uid="free")


TABLE = b"Vorname;Nachname;Mobil;Kd.-Nr.;Geb.\r\nAda;King;0170 1234567;K-1;03.07.1981\r\nBea;Vogt;;K-2;\r\n"


@pytest.mark.django_db(transaction=True)
def test_the_columns_of_a_table_are_chosen_remembered_and_come_back(alice: User, page_of_alice: Client) -> None:
    columns = upload(page_of_alice, TABLE)
    assert columns.endswith("/columns/")
    page = page_of_alice.get(columns).content.decode()
    assert "0170 1234567" in page
    assert '<option value="name.given" selected>' in page
    assert '<option value="own" selected>' in page  # the customer number
    chosen = {"column-2": "phone cell", "column-4": "birthday", "dates": "dmy", "tag": "Fair 2026", "remember": "me"}
    check = page_of_alice.post(columns, chosen)["Location"]
    run_ready("long")
    text = text_of(page_of_alice.get(check).content)
    assert "2 new contacts" in text
    assert "The space has no own field Kd.-Nr. yet." in text
    assert page_of_alice.get(columns).status_code == 200  # one can go back to it
    done = page_of_alice.post(f"{check}start/", {"define": "1"})["Location"]
    run_ready("long")
    assert "2 contacts are imported." in text_of(page_of_alice.get(done).content)
    ada = Contact.objects.get(full_name="Ada King")
    assert [each.text for each in ada.card.properties("TEL")] == ["0170 1234567"]
    assert [each.date.basic() for each in ada.card.properties("BDAY") if each.date] == ["19810703"]
    assert [text for each in ada.card.properties("CATEGORIES") for text in each.texts] == ["Fair 2026"]
    assert list((ada.own or {}).values()) == ["K-1"]
    again = page_of_alice.get(upload(page_of_alice, TABLE)).content.decode()
    assert again.count('<option value="phone cell" selected>') == 1
    assert 'value="Fair 2026"' in again


@pytest.mark.django_db(transaction=True)
def test_columns_are_told_in_words_and_empty_ones_become_no_own_fields(alice: User, page_of_alice: Client) -> None:
    columns = upload(
        page_of_alice,
        b"Name,Given Name,Given Name Yomi,Family Name,Initials,Hobby,E-mail 1 - Type,E-mail 1 - Value\r\n"
        b"Ada King,Ada,,King,,Chess,Other,ada@example.org\r\n",
    )
    page = page_of_alice.get(columns).content.decode()
    assert '<option value="=" selected>First name as it is spoken</option>' in page
    assert "Continue to the check" in page
    assert '<option value="=" selected>E-mail: what kind (1)</option>' in page
    assert "The file comes from Google Contacts (before 2024)." in page
    german = page_of_alice.get(columns, headers={"Accept-Language": "de"}).content.decode()
    assert "Die Datei stammt aus Google Kontakte (vor 2024)." in german
    check = page_of_alice.post(columns, {})["Location"]
    run_ready("long")
    assert "The space has no own field Hobby yet." in text_of(page_of_alice.get(check).content)


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_left_out_are_a_table_to_mend(alice: User, page_of_alice: Client) -> None:
    cards = [a_card("Ada", "EMAIL:both@x.example"), a_card("Bea", "EMAIL:both@x.example")]
    hand_of(alice).many(space_of(alice), cards)
    columns = upload(page_of_alice, b"Name,E-Mail\r\nCleo,cleo@x.example\r\n=Someone,both@x.example\r\n")
    check = page_of_alice.post(columns, {})["Location"]
    run_ready("long")
    again = page_of_alice.post(f"{check}check/", {"key": "email", "rule": "add"})["Location"]
    run_ready("long")
    page = page_of_alice.get(again).content.decode()
    assert f'href="{again}left-out/?table=0"' in page
    octets = b"".join(page_of_alice.get(f"{again}left-out/?table=0"))  # type: ignore[call-overload]
    lines = octets.decode("utf-8-sig").splitlines()
    assert lines[0] == "Name,E-Mail,X-FARLEY-PROBLEM"
    assert lines[1].startswith("'=Someone,both@x.example,\"By its e-mail address it may be any of these contacts")
    assert len(lines) == 2
    mended = page_of_alice.get(upload(page_of_alice, octets)).content.decode()
    assert mended.count('<option value="ignore" selected>') == 1
    assert page_of_alice.get(f"{again}left-out/?table=1").status_code == 404


def test_others_neither_see_nor_choose_the_columns(alice: User, page_of_alice: Client, bob: User) -> None:
    columns = upload(page_of_alice, TABLE)
    other = Client()
    other.force_login(bob)
    assert other.get(columns).status_code == 404
    assert other.post(columns, {}).status_code == 404
    assert page_of_alice.post(columns, {"column-0": "nonsense", "country": "Germany"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_cells_of_several_values_and_what_all_of_them_get_are_said_on_the_page(
    alice: User, page_of_alice: Client
) -> None:
    columns = upload(page_of_alice, b"Wer;Mails;Ort\nAda King;a@x.example/b@x.example;Bonn\nBea Bond;c@x.example;Ulm\n")
    chosen = {"column-0": "name", "column-1": "email work", "column-2": "address.city home"}
    chosen |= {"separator": "/", "constant": "Muster GmbH", "constant-to": "org", "tag": "fair", "remember": "me"}
    check = page_of_alice.post(columns, chosen)["Location"]
    run_ready("long")
    again = page_of_alice.get(columns).content.decode()
    assert 'value="Muster GmbH"' in again
    assert '<option value="email work" selected>' in again
    page_of_alice.post(f"{check}start/")
    run_ready("long")
    ada = Contact.objects.get(full_name="Ada King").card
    assert [found.text for found in ada.properties("EMAIL")] == ["a@x.example", "b@x.example"]
    bea = Contact.objects.get(full_name="Bea Bond").card
    assert (bea.first("ORG").parts[0], bea.first("ADR").parts[3]) == ("Muster GmbH", "Ulm")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["csv-google", "xlsx"])
def test_what_is_selected_is_exported_as_a_table(alice: User, page_of_alice: Client, name: str) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@x.example"))
    response = page_of_alice.post("/contacts/bulk/", {"act": "export", "id": [contact.pk], "format": name, "own": "1"})
    octets = b"".join(response)  # type: ignore[call-overload]
    assert f"contacts.{'xlsx' if name == 'xlsx' else 'csv'}" in response["Content-Disposition"]
    assert octets.startswith(b"PK") if name == "xlsx" else b"ada@x.example" in octets
    space = b"".join(page_of_alice.get(f"/contacts/export/?space=alice&format={name}&download=1"))  # type: ignore[call-overload]
    assert space[:40] == octets[:40] if name != "xlsx" else space.startswith(b"PK")


@pytest.mark.django_db(transaction=True)
def test_an_import_of_calendar_entries_leads_to_the_calendar(alice: User, page_of_alice: Client) -> None:
    html = page_of_alice.get(carried_out(page_of_alice, an_event("Lunch"))).content.decode()
    text = text_of(html)
    assert "1 calendar entry is imported." in text
    assert "See the calendar" in text
    assert "See the contacts" not in text


@pytest.mark.django_db(transaction=True)
def test_an_import_of_both_kinds_says_so_and_leads_to_both(alice: User, page_of_alice: Client) -> None:
    text = text_of(page_of_alice.get(carried_out(page_of_alice, an_event("Lunch"), a_card("Ada King"))).content)
    assert "2 entries are imported." in text
    assert "See the calendar" in text
    assert "See the contacts" in text


WORKING = """
from pathlib import Path
from farley.exchange import chunks
from farley.jobs import worker
chunks.CHUNK = chunks.LEAST = 2
real = chunks.Chunks.carry_out
def slowly(*args, **kwargs):
    real(*args, **kwargs)
    say("stored")
    sys.stdin.readline()
chunks.Chunks.carry_out = slowly
worker.run("long", Path(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("then", ["goes on", "is cancelled"])
def test_an_import_whose_server_was_killed_goes_on_where_it_stopped_or_is_undone(
    alice: User, page_of_alice: Client, tmp_path: Path, then: str
) -> None:
    check = upload(page_of_alice, b"".join(a_card(f"No {number}") for number in range(7)))
    run_ready("long")
    started = page_of_alice.post(f"{check}start/")["Location"]
    killed_after(process(WORKING, tmp_path), 1)
    assert Contact.objects.count() == 2
    assert "2 entries so far" in text_of(page_of_alice.get(started).content)
    if then == "is cancelled":
        page_of_alice.post(f"{started}cancel/")
    recover(tmp_path)
    run_ready("long")
    text = text_of(page_of_alice.get(started).content)
    live = Contact.objects.filter(deleted_at=None).count()
    if then == "goes on":
        assert ("7 contacts are imported." in text, live) == (True, 7)
    else:
        assert ("The import was cancelled. Nothing of it remains." in text, live) == (True, 0)
