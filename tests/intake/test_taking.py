"""Files that come by themselves: whole ones, each once, as imports that can be undone; what goes wrong is told."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.combining import Rule
from farley.contacts.models import Contact
from farley.exchange import choosing, importing, uploads
from farley.exchange.mapping import Column, Mapping
from farley.exchange.models import Import
from farley.exchange.sources import Source
from farley.intake import operations, taking, tasks
from farley.intake.models import RegularImport, TakenFile
from farley.intake.taking import look
from farley.jobs.worker import run_ready
from farley.journal.models import Batch, Door
from farley.mirrors.reaching import Unreachable
from farley.notifications.models import Kind, Notification
from farley.spaces.models import Membership, Space
from farley.spaces.operations import NotAllowed
from tests.cast import a_card, team
from tests.mirrors.outside import Handler, Outside
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = b"Wer;Mail\nAda King;ada@x.example\nBea Bond;bea@x.example\n"


@pytest.fixture
def watched(space: Space, alice: User) -> RegularImport:
    shutil.rmtree(settings.CONFIGURATION.watched_folder, ignore_errors=True)  # of a test before this one
    return operations.watch(space, rule=Rule.OVERWRITE, by=alice.actor, door=Door.WEB)


def lay(folder: RegularImport, name: str, octets: bytes, *, changed: int = 0) -> Path:
    path = folder.path / name
    path.write_bytes(octets)
    if changed:
        os.utime(path, ns=(changed, changed))
    return path


def names(space: Space) -> list[str]:
    return sorted(Contact.objects.filter(space=space, deleted_at=None).values_list("full_name", flat=True))


def carried_out() -> None:
    run_ready("long")
    tasks.tell()


def test_a_file_is_taken_when_it_is_whole_and_never_twice(watched: RegularImport, space: Space, alice: User) -> None:
    path = lay(watched, "people.vcf", a_card("Ada", uid="a"), changed=1)
    lay(watched, "more.vcf.part", a_card("Never", uid="n"))
    (watched.path / "link.vcf").symlink_to(path)
    assert look(watched) == 0  # seen for the first time: it may still be written
    lay(watched, "people.vcf", a_card("Ada", uid="a") + a_card("Bea", uid="b"), changed=2)
    assert look(watched) == 0
    assert look(watched) == 1
    carried_out()
    assert names(space) == ["Ada", "Bea"]
    assert not path.exists()
    assert (watched.path / "done" / "people.vcf").exists()
    taken = TakenFile.objects.get()
    assert taken.run is not None
    assert (taken.run.rule, taken.run.door, taken.run.user) == ("overwrite", Door.RULE, alice)
    assert [look(watched), look(watched)] == [0, 0]
    assert taken.run.batch is not None
    importing.take_back(taken.run.batch, by=alice.actor, door=Door.WEB)
    assert names(space) == []
    assert Notification.objects.count() == 0


def test_one_that_was_killed_before_it_was_laid_aside_is_not_taken_again(
    watched: RegularImport, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay(watched, "people.vcf", a_card("Ada"))
    look(watched)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(taking, "_lay_aside", killed)
        with pytest.raises(KeyboardInterrupt):
            look(watched)
    watched.refresh_from_db()
    assert path.exists()
    look(watched)
    carried_out()
    assert (names(space), path.exists(), TakenFile.objects.count()) == (["Ada"], False, 1)


def test_a_file_that_changes_while_it_is_copied_waits(
    watched: RegularImport, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay(watched, "people.vcf", a_card("Ada"))
    look(watched)
    receive = uploads.receive

    def and_more(files: Any) -> Any:
        received = receive(files)
        with path.open("ab") as still:
            still.write(b"BEGIN:VCARD\r\n")
        return received

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "receive", and_more)
        assert look(watched) == 0
    assert (path.exists(), TakenFile.objects.exists()) == (True, False)


def test_where_nothing_can_be_laid_aside_a_file_is_still_taken_once(
    watched: RegularImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_lay_aside", lambda *_: None)
    lay(watched, "people.vcf", a_card("Ada"))
    assert [look(watched) for _ in range(4)] == [0, 1, 0, 0]


def test_columns_become_what_was_chosen_for_such_a_table_before_and_else_the_owner_is_told(
    watched: RegularImport, space: Space, alice: User, page_of: Any
) -> None:
    lay(watched, "odd.csv", TABLE, changed=1)
    look(watched)
    look(watched)
    tasks.tell()
    taken = TakenFile.objects.get()
    assert (taken.trouble, (watched.path / "failed" / "odd.csv").exists()) == ("columns", True)
    assert Notification.objects.get(kind=Kind.INTAKE).user == alice
    page = text_of(page_of(alice).get(f"/spaces/{space.name}/imports/").content)
    assert "is a table of a layout that is not known here" in page
    mapping = Mapping((Column("name", "Wer"), Column("email", "Mail")))
    choosing.remember(mapping, ["Wer", "Mail"], by=alice.actor, space=None)
    (watched.path / "failed" / "odd.csv").rename(watched.path / "odd.csv")  # the very same file
    look(watched)
    look(watched)
    carried_out()
    assert names(space) == ["Ada King", "Bea Bond"]


def test_what_takes_the_place_of_a_file_that_is_being_taken_is_taken_too(
    watched: RegularImport, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay(watched, "people.vcf", a_card("Ada"), changed=1)
    look(watched)
    taken = taking._taken

    def and_another(*given: Any) -> TakenFile:
        other = lay(watched, "people.part", a_card("Bea"), changed=2)
        other.replace(path)
        return taken(*given)

    with monkeypatch.context() as patch:
        patch.setattr(taking, "_taken", and_another)
        assert look(watched) == 1
    assert [look(watched), look(watched)] == [0, 1]
    carried_out()
    assert names(space) == ["Ada", "Bea"]


def test_two_looks_at_once_take_a_file_once(
    watched: RegularImport, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(watched, "people.vcf", a_card("Ada"))
    look(watched)
    other = RegularImport.objects.get(pk=watched.pk)
    files_in = taking.files_in

    def and_the_other(source: Source) -> list[Source]:
        monkeypatch.setattr(taking, "files_in", files_in)
        assert look(other) == 1
        return files_in(source)

    monkeypatch.setattr(taking, "files_in", and_the_other)
    look(watched)
    carried_out()
    assert (names(space), TakenFile.objects.count(), Import.objects.count()) == (["Ada"], 1, 1)


def test_a_file_that_may_not_be_read_is_told_of_once_and_keeps_no_other_waiting(
    watched: RegularImport, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = lay(watched, "a.vcf", a_card("Ada"), changed=1)
    lay(watched, "b.vcf", a_card("Bea"), changed=1)
    opened = os.open

    def refused(path: Any, *given: Any, **named: Any) -> int:  # permissions mean nothing to root, who may run this
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return opened(path, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refused)
        assert [look(watched) for _ in range(3)] == [0, 1, 0]
        assert (tasks.tell(), tasks.tell()) == (1, 0)
    assert (watched.trouble, look(watched)) == ("", 1)
    carried_out()
    assert names(space) == ["Ada", "Bea"]


def test_nothing_is_laid_aside_out_of_the_folder(watched: RegularImport, space: Space, tmp_path: Path) -> None:
    (watched.path / "done").symlink_to(tmp_path)
    try:
        lay(watched, "people.vcf", a_card("Ada"))
        assert [look(watched) for _ in range(3)] == [0, 1, 0]
        assert not [*tmp_path.iterdir()]
    finally:
        (watched.path / "done").unlink()


def test_problems_of_an_import_are_told_and_lead_to_its_report(
    watched: RegularImport, alice: User, page_of: Any
) -> None:
    lay(watched, "people.vcf", a_card("Ada") + b"garbage\r\n")
    look(watched)
    look(watched)
    carried_out()
    told = Notification.objects.get(kind=Kind.INTAKE)
    assert told.data["failed"] == 1
    page = page_of(alice).get("/notifications/").content.decode()
    assert f"/contacts/import/{TakenFile.objects.get().run_id}/" in page or "could not take all of" in page
    tasks.tell()
    assert Notification.objects.count() == 1


def test_who_may_not_change_the_space_any_more_brings_nothing_in(watched: RegularImport, space: Space) -> None:
    Membership.objects.filter(space=space, user=watched.user).update(role=Role.READER)
    path = lay(watched, "people.vcf", a_card("Ada"))
    look(watched)
    look(watched)
    assert (watched.trouble, names(space), path.exists()) == ("role", [], True)


def test_only_managers_set_one_up_and_each_space_has_a_folder_of_its_own(
    watched: RegularImport, space: Space, alice: User, bob: User
) -> None:
    with pytest.raises(NotAllowed):
        operations.watch(space, by=bob.actor, door=Door.WEB)
    with pytest.raises(ValidationError):
        operations.watch(space, name="second", by=alice.actor, door=Door.WEB)
    assert watched.path.name == space.name


def test_a_space_that_is_called_as_another_was_does_not_get_that_one_s_files(
    watched: RegularImport, space: Space, alice: User
) -> None:
    lay(watched, "people.vcf", a_card("Ada"))
    operations.remove(watched, by=alice.actor, door=Door.WEB)
    again = operations.watch(space, by=alice.actor, door=Door.WEB)
    assert again.path == watched.path
    operations.remove(again, by=alice.actor, door=Door.WEB)
    name = space.name
    Space.objects.filter(pk=space.pk).update(name="former")
    other = team(name, alice=Role.MANAGER)
    assert operations.watch(other, by=alice.actor, door=Door.WEB).path.name == f"{name}-{other.pk}"


def answering(outside: Outside, body: bytes, status: int = 200, etag: str = "") -> list[str | None]:
    asked: list[str | None] = []

    def fault(handler: Handler) -> bool:
        asked.append(handler.headers.get("If-None-Match"))
        handler.say(status, body, {"ETag": etag} if etag else {})
        return True

    outside.fault = fault
    return asked


def test_an_address_is_fetched_from_when_its_time_has_come_and_its_secret_is_sealed(
    outside: Outside, space: Space, alice: User
) -> None:
    answering(outside, a_card("Ada", uid="a"), etag='"1"')
    address = f"{outside.address}secret.vcf?key=secret"
    regular = operations.fetch(space, address, name="Club", rule=Rule.FILL, by=alice.actor, door=Door.WEB)
    assert "secret" not in regular.sealed_address
    assert tasks.run_due_regular_imports.call() == 1
    assert tasks.run_due_regular_imports.call() == 0  # it was claimed, and its next time is a day off
    carried_out()
    assert (names(space), TakenFile.objects.get().name) == (["Ada"], "Club")
    assert Batch.objects.get().title == "Club"  # which every reader sees
    asked = answering(outside, b"", status=304)
    regular.refresh_from_db()
    assert (look(regular), asked) == (0, ['"1"'])
    answering(outside, a_card("Ada", uid="a"))  # the same, from a server that knows no ETag
    assert (look(regular), TakenFile.objects.count()) == (0, 1)
    answering(outside, a_card("Ada", uid="a") + a_card("Bea"))
    assert look(regular) == 1
    carried_out()
    assert names(space) == ["Ada", "Bea"]


def test_a_table_at_an_address_comes_in_once_its_columns_are_remembered(
    outside: Outside, space: Space, alice: User
) -> None:
    answering(outside, TABLE, etag='"1"')
    regular = operations.fetch(space, f"{outside.address}odd.csv", by=alice.actor, door=Door.WEB)
    assert look(regular) == 1
    asked = answering(outside, TABLE, etag='"1"')
    assert (look(regular), tasks.tell(), TakenFile.objects.get().trouble) == (0, 1, "layout")
    mapping = Mapping((Column("name", "Wer"), Column("email", "Mail")))
    choosing.remember(mapping, ["Wer", "Mail"], by=alice.actor, space=None)
    assert (look(regular), asked) == (1, [None, None])
    carried_out()
    assert (names(space), look(regular), Notification.objects.count()) == (["Ada King", "Bea Bond"], 0, 1)


def test_an_address_that_does_not_answer_is_told_of_once_and_asked_again_later(
    outside: Outside, space: Space, alice: User
) -> None:
    answering(outside, a_card("Ada"))
    regular = operations.fetch(space, outside.address, minutes=15, by=alice.actor, door=Door.WEB)
    answering(outside, b"", status=404)
    for _ in range(2):
        RegularImport.objects.update(next_at=timezone.now())
        tasks.run_due_regular_imports.call()
        run_ready("long")
    regular.refresh_from_db()
    assert (regular.trouble, regular.failures, Notification.objects.count()) == ("missing", 2, 1)
    assert regular.next_at > timezone.now()


def test_no_address_within_is_fetched_from_unless_its_network_is_named(
    outside: Outside, space: Space, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FARLEY_MIRROR_NETWORKS")
    for address in (outside.address, "file:///etc/passwd", "https://me:secret@farley.example/a.csv"):
        with pytest.raises(Unreachable):
            operations.fetch(space, address, by=alice.actor, door=Door.WEB)
    assert not RegularImport.objects.exists()


@pytest.fixture
def page_of() -> Any:
    def client_of(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return client_of
