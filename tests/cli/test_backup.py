"""`farley backup` and `farley restore`: everything comes back, or nothing is changed."""

from __future__ import annotations

import secrets
import signal
import sqlite3
import subprocess
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from farley.backups.archive import Manifest, Reader
from tests.cli.conftest import FARLEY, POSTGRES, Databases, Instance, card

NEW_AFTER_A_RESTORE = {"journal_epoch", "journal_epochstart", "accounts_event"}
CARDS = [
    card("1", "Ada King", "CATEGORIES:Mathematik,Förderer", "NOTE:tab\there\\, back\\\\slash\\nnew line"),
    card("2", "Straße 😀", "TEL:+49 171 2345678", "ORG:Analytical Engines"),
    card("3", "Nobody Else", "EMAIL:nobody@example.org"),
]


@pytest.fixture
def filled(farley: Instance) -> Instance:
    """With contacts, one of them deleted by undoing its import, a device and a tag."""
    _import(farley, "people.vcf", *CARDS)
    _import(farley, "one.vcf", card("4", "Gone Again"))
    assert farley.run("undo", "2", "--as", "alice").code == 0
    assert farley.run("device", "add", "phone", "--as", "alice").code == 0
    return farley


@pytest.fixture
def other(tmp_path: Path, databases: Databases | None) -> Instance:
    """Another machine: an empty folder, and an empty database of the same engine."""
    (tmp_path / "other").mkdir()
    return Instance(tmp_path / "other", databases.make() if databases else "")


def test_what_was_backed_up_comes_back_whole(filled: Instance, other: Instance, tmp_path: Path) -> None:
    file, before = tmp_path / "all.farley", _tables(_manifest_of(filled, tmp_path))
    made = filled.run("backup", file)
    assert (made.code, "3 accounts, 4 spaces, 4 contacts" in made.stdout) == (0, True), made.stderr
    assert before.keys() - _tables(_read(file)) == {"contacts_indexrow", "contacts_tagentry", "search_entry"}
    assert "whole" in filled.run("backup", "--check", file).stdout
    restored = other.run("restore", file)
    assert restored.code == 0, restored.stderr
    assert _tables(_manifest_of(other, tmp_path)) == before  # what was left out was read out of the cards again
    assert other.run("check", "--deep").code == 0
    assert _export(other) == _export(filled)
    assert (filled.folder / "secrets" / "secret_key").read_text() != (
        other.folder / "secrets" / "secret_key"
    ).read_text()
    assert [path.name for path in other.folder.iterdir() if "restoring" in path.name] == []
    _import(other, "new.vcf", card("5", "New One"))  # ids go on where they were
    assert other.run("check", "--deep").code == 0


@pytest.mark.skipif(not POSTGRES, reason="about PostgreSQL beside SQLite")
def test_a_backup_of_one_engine_is_restored_on_the_other_and_is_equal(filled: Instance, tmp_path: Path) -> None:
    first, second = tmp_path / "postgres.farley", tmp_path / "sqlite.farley"
    assert filled.run("backup", first).code == 0
    before = _tables(_manifest_of(filled, tmp_path))
    (tmp_path / "other").mkdir()
    other = Instance(tmp_path / "other")
    restored = other.run("restore", first)
    assert restored.code == 0, restored.stderr
    assert other.run("check", "--deep").code == 0
    assert other.run("backup", second).code == 0
    assert _tables(_read(second)) == _tables(_read(first))
    back = filled.run("restore", second, "--replace")
    assert back.code == 0, back.stderr
    assert _tables(_manifest_of(filled, tmp_path)) == before
    assert filled.run("check", "--deep").code == 0


@pytest.mark.skipif(not POSTGRES, reason="about PostgreSQL beside SQLite")
def test_a_database_moves_to_the_other_engine_and_back(
    filled: Instance, tmp_path: Path, databases: Databases | None
) -> None:
    assert databases
    before = _export(filled)
    for url in (f"sqlite:///{tmp_path}/moved.sqlite3", databases.make()):
        moved = filled.run("move-database", url)
        assert (moved.code, "every table was compared and is equal" in moved.stdout) == (0, True), moved.stderr
        again = filled.run("move-database", url)
        assert (again.code, "not empty" in again.stderr) == (2, True), again.stderr
        assert _export(filled) == before
        filled.database = url
        assert _export(filled) == before
        assert filled.run("check", "--deep").code == 0
    assert [path.name for path in (filled.folder / "run").glob("moving*")] == []


def test_secrets_come_along_by_choice(filled: Instance, other: Instance, tmp_path: Path) -> None:
    assert filled.run("backup", "--with-secrets", tmp_path / "all.farley").code == 0
    assert other.run("restore", tmp_path / "all.farley").code == 0
    assert (filled.folder / "secrets" / "secret_key").read_text() == (
        other.folder / "secrets" / "secret_key"
    ).read_text()


def test_a_sealed_backup_wants_its_passphrase(filled: Instance, other: Instance, tmp_path: Path) -> None:
    file, right, wrong = tmp_path / "all.farley", tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse\n")
    wrong.write_text("correct horze\n")
    assert filled.run("backup", file, "--passphrase-file", right).code == 0
    assert b"accounts_user" not in file.read_bytes()
    for arguments, said in (((), "--passphrase-file"), (("--passphrase-file", wrong), "the passphrase is wrong")):
        refused = other.run("restore", file, *arguments)
        assert (refused.code, said in refused.stderr) == (2, True), refused.stderr
    assert other.run("restore", file, "--passphrase-file", right).code == 0
    assert _export(other) == _export(filled)


def test_what_is_there_is_replaced_only_when_that_is_said_and_is_kept(filled: Instance, tmp_path: Path) -> None:
    file = tmp_path / "before.farley"
    assert filled.run("backup", file).code == 0
    _import(filled, "later.vcf", card("9", "Later Than That"))
    refused = filled.run("restore", file)
    assert (refused.code, "--replace" in refused.stderr) == (2, True), refused.stderr
    assert b"Later Than That" in _export(filled)
    replaced = filled.run("restore", file, "--replace")
    assert replaced.code == 0, replaced.stderr
    assert b"Later Than That" not in _export(filled)
    [aside] = (filled.folder / "backups").iterdir()
    assert str(aside) in replaced.stdout
    assert filled.run("restore", aside, "--replace").code == 0
    assert b"Later Than That" in _export(filled)


def test_nothing_is_restored_while_farley_serves(filled: Instance, tmp_path: Path) -> None:
    assert filled.run("backup", tmp_path / "all.farley").code == 0
    server = filled.start("serve", "--port", str(_free_port()))
    try:
        _wait_for(filled.folder / "run" / "serve.lock")
        refused = filled.run("restore", tmp_path / "all.farley", "--replace")
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert (refused.code, "stop it first" in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize("moment", ["read", "build"])
def test_killed_half_way_a_restore_has_changed_nothing(filled: Instance, tmp_path: Path, moment: str) -> None:
    file = tmp_path / "before.farley"
    assert filled.run("backup", file).code == 0
    _import(filled, "later.vcf", card("9", "Later Than That"))
    before = _export(filled)
    process = filled.start("restore", file, "--replace")
    if moment == "build":  # what was there has just been put aside
        _wait_until(lambda: any((filled.folder / "backups").glob("*.farley")), process)
    else:
        _wait_for(filled.folder / "run" / "serve.lock")
    process.kill()
    process.communicate(timeout=60)
    assert _export(filled) == before
    assert filled.run("check", "--deep").code == 0
    assert filled.run("restore", file, "--replace").code == 0  # and it can be done again


def test_a_backup_that_lost_its_end_or_is_somebody_elses_is_refused(filled: Instance, tmp_path: Path) -> None:
    whole, cut, foreign = tmp_path / "whole.farley", tmp_path / "cut.farley", tmp_path / "foreign.farley"
    assert filled.run("backup", whole).code == 0
    cut.write_bytes(whole.read_bytes()[:-1000])
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("letter.txt", "Dear Sir")
    before = _export(filled)
    for file, said in (
        (cut, "damaged or cut short"),
        (foreign, "no backup of Farley"),
        (filled.folder / "people.vcf", "no backup of Farley"),
        (tmp_path / "missing.farley", "No such file"),
    ):
        refused = filled.run("restore", file, "--replace")
        assert (refused.code, said in refused.stderr) == (2, True), refused.stderr
    assert "cut short" in filled.run("backup", "--check", cut).stderr
    assert _export(filled) == before
    assert not (filled.folder / "backups").exists()


def test_a_backup_replaces_no_file(farley: Instance, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Sir")
    refused = farley.run("backup", tmp_path / "letter")
    assert (refused.code, "is there already" in refused.stderr) == (2, True), refused.stderr
    assert (tmp_path / "letter").read_text() == "Dear Sir"


@pytest.mark.skipif(bool(POSTGRES), reason="about the SQLite file")
def test_a_disk_that_takes_no_more_is_named_and_nothing_is_left_of_it(
    filled: Instance, other: Instance, tmp_path: Path
) -> None:
    file, small = tmp_path / "all.farley", tmp_path / "small.farley"
    _import(filled, "long.vcf", card("9", "Long Note", f"NOTE:{secrets.token_hex(100_000)}"))
    before = _tables(_manifest_of(filled, tmp_path))
    assert filled.run("backup", file).code == 0
    for instance, arguments in (
        (filled, ["backup", small]),
        (other, ["restore", file]),
        (filled, ["restore", "--replace", file]),
    ):
        code, stderr = _with_little_room(instance, *arguments)
        # the second is what SQLite makes of such a limit; of a disk that is full it says so
        is_named = "the disk is full" in stderr or "disk I/O error" in stderr
        assert (code, is_named, "Traceback" in stderr) == (2, True, False), stderr
    assert not small.exists()
    assert [path.name for path in tmp_path.rglob("*") if path.suffix in (".part", ".restoring")] == []
    assert not (other.folder / "farley.sqlite3").exists()
    assert _tables(_manifest_of(filled, tmp_path / "other")) == before


def _with_little_room(instance: Instance, *arguments: str | Path) -> tuple[int, str]:
    """Run the command where no file may grow beyond a few hundred kilobytes, or for a backup a few."""
    blocks = 100 if arguments[0] == "backup" else 1200
    limited = f'ulimit -f {blocks}; exec "$0" "$@"'
    command = ["sh", "-c", limited, str(FARLEY), *map(str, arguments)]
    done = subprocess.run(
        command, env=instance.environment, cwd=instance.folder, capture_output=True, timeout=120, check=False
    )
    return done.returncode, done.stderr.decode()


def test_a_backup_made_while_others_write_is_of_one_moment(farley: Instance, other: Instance, tmp_path: Path) -> None:
    many = farley.folder / "many.vcf"
    many.write_bytes(b"".join(card(str(n), f"Person {n}", f"CATEGORIES:T{n % 7}") for n in range(6000)))
    writer = farley.start("import", many, "--space", "sales", "--as", "alice")
    files = []
    while writer.poll() is None:
        files.append(tmp_path / f"{len(files)}.farley")
        assert farley.run("backup", files[-1]).code == 0
    said = writer.communicate()
    assert writer.returncode == 0, said
    counts = [_read(file).rows_of("contacts_contact") for file in files]
    assert counts == sorted(counts)
    middle = next((file for file, count in zip(files, counts, strict=True) if 0 < count < 6000), files[-1])
    assert other.run("restore", middle).code == 0
    assert other.run("check", "--deep").code == 0


@pytest.mark.skipif(bool(POSTGRES), reason="about the SQLite file")
def test_a_damaged_database_can_be_replaced_and_is_kept(filled: Instance, tmp_path: Path) -> None:
    assert filled.run("backup", tmp_path / "all.farley").code == 0
    database = filled.folder / "farley.sqlite3"
    damaged = b"not what it was" + database.read_bytes()[15:]
    database.write_bytes(damaged)
    restored = filled.run("restore", tmp_path / "all.farley", "--replace")
    assert restored.code == 0, restored.stderr
    assert b"Ada King" in _export(filled)
    [aside] = (filled.folder / "backups").iterdir()
    assert aside.read_bytes() == damaged


@pytest.mark.skipif(bool(POSTGRES), reason="about the SQLite file")
def test_a_database_that_another_program_has_open_is_not_replaced(filled: Instance, tmp_path: Path) -> None:
    assert filled.run("backup", tmp_path / "all.farley").code == 0
    with closing(sqlite3.connect(filled.folder / "farley.sqlite3")) as reader:
        reader.execute("SELECT count(*) FROM contacts_contact").fetchone()
        refused = filled.run("restore", tmp_path / "all.farley", "--replace")
    assert (refused.code, "close it first" in refused.stderr) == (2, True), refused.stderr
    assert b"Ada King" in _export(filled)


def _import(instance: Instance, name: str, *cards: bytes) -> None:
    path = instance.folder / name
    path.write_bytes(b"".join(cards))
    result = instance.run("import", path, "--space", "sales", "--as", "alice")
    assert result.code == 0, result.stderr


def _export(instance: Instance) -> bytes:
    result = instance.run("export", "--space", "sales", "--as", "alice")
    assert result.code == 0, result.stderr
    return result.octets


def _read(file: Path) -> Manifest:
    with file.open("rb") as opened:
        return Reader(opened).manifest


def _manifest_of(instance: Instance, folder: Path) -> Manifest:
    file = folder / f"again-{len(list(folder.iterdir()))}.farley"
    assert instance.run("backup", "--with-derived", file).code == 0
    return _read(file)


def _tables(manifest: Manifest) -> dict[str, tuple[int, str]]:
    return {
        table.name: (table.rows, table.sha256) for table in manifest.tables if table.name not in NEW_AFTER_A_RESTORE
    }


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_for(path: Path) -> None:
    _wait_until(path.exists)


def _wait_until(happened, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not happened() and time.monotonic() < deadline and (process is None or process.poll() is None):
        time.sleep(0.005)
    assert happened()


def test_an_upgrade_that_fails_half_way_has_changed_nothing_and_names_the_copy(filled: Instance) -> None:
    before = _export(filled)
    for statement in (  # as if the jobs floor had not been made, and sessions had been, but not by their migration
        "DROP TABLE jobs_schedule",
        "DELETE FROM django_migrations WHERE app = 'jobs'",
        "DELETE FROM django_migrations WHERE app = 'sessions'",
    ):
        _execute(filled, statement)
    refused = filled.run("space", "list")
    assert refused.code == 2, refused.stderr
    assert "could not be brought up to date: sessions.0001_initial" in refused.stderr
    [copy] = (filled.folder / "backups").iterdir()
    assert f"A copy of it is in {copy}" in refused.stderr
    assert "Traceback" not in refused.stderr
    with pytest.raises(Exception, match="jobs_schedule"):  # what was carried out before the failure is taken back
        _execute(filled, "SELECT * FROM jobs_schedule")
    _execute(filled, "DROP TABLE django_session")  # what kept it from upgrading
    assert filled.run("check", "--deep").code == 0
    assert _export(filled) == before


def _execute(instance: Instance, statement: str) -> None:
    if instance.database:
        import psycopg

        with psycopg.connect(instance.database) as connection:
            connection.execute(statement)  # type: ignore[call-overload]
        return
    with closing(sqlite3.connect(instance.folder / "farley.sqlite3")) as file:
        file.execute(statement)
        file.commit()
