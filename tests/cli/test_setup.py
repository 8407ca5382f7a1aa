"""Users, spaces, settings and what the command says to bad ones."""

from __future__ import annotations

import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from farley.backups.archive import Reader
from tests.cli.conftest import PASSWORD, POSTGRES, Instance, card

sqlite_alone = pytest.mark.skipif(bool(POSTGRES), reason="about the SQLite file")


def test_help_lists_every_command_and_makes_nothing(empty: Instance) -> None:
    result = empty.run("--help")
    assert result.code == 0
    for command in ("serve", "demo", "user", "space", "import", "export", "history", "undo", "reindex", "check"):
        assert f"\n    {command} " in result.stdout
    assert list(empty.folder.iterdir()) == []


def test_a_user_gets_a_private_space_named_after_them(empty: Instance) -> None:
    empty.add_user("alice", "--admin")
    assert empty.run("space", "list").stdout == "alice\tprivate\tAlice\talice=manager\n"
    assert empty.run("user", "list").stdout == "alice\talice@example.org\t\tadmin\n"


@pytest.mark.parametrize(
    ("name", "email", "password", "said"),
    [
        ("alice", "new@example.org", PASSWORD, "there is a user 'alice' already"),
        ("sales", "new@example.org", PASSWORD, "there is a space 'sales' already"),
        ("carol", "ALICE@example.org", PASSWORD, "--email: another account has the address"),
        ("carol", "no-address", PASSWORD, "valid email"),
        ("Carol Smith", "carol@example.org", PASSWORD, "cannot be a name"),
        ("carol", "carol@example.org", "", "--password-stdin"),
        ("carol", "carol@example.org", "short", "at least 10 characters"),
        ("carol", "carol@example.org", "carol@example.org", "too similar"),
    ],
)
def test_a_user_that_cannot_be_is_refused_and_nothing_is_made(
    farley: Instance, name: str, email: str, password: str, said: str
) -> None:
    before = farley.run("space", "list").stdout, farley.run("user", "list").stdout
    result = farley.run("user", "add", name, "--email", email, "--password-stdin", stdin=password)
    assert (result.code, said in result.stderr) == (2, True), result.stderr
    assert (farley.run("space", "list").stdout, farley.run("user", "list").stdout) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["space", "add", "sales", "--kind", "team", "--as", "alice"], "there is a space 'sales' already"),
        (["space", "add", "Über uns", "--kind", "team", "--as", "alice"], "cannot be a name"),
        (["space", "add", "new", "--kind", "team", "--as", "nobody"], "there is no user 'nobody'; there are: alice"),
        (["space", "add", "new", "--kind", "secret", "--as", "alice"], "invalid choice: 'secret'"),
        (["space", "add", "new", "--kind", "team", "--region", "Germany", "--as", "alice"], "no region"),
        (["space", "share", "alice", "bob", "--role", "reader", "--as", "alice"], "private space"),
        (["space", "share", "sales", "mallory", "--role", "reader", "--as", "bob"], "needs the role manager"),
        (["space", "share", "sales", "mallory", "--role", "reader", "--as", "mallory"], "no space 'sales'"),
        (["space", "share", "nowhere", "bob", "--role", "reader", "--as", "alice"], "no space 'nowhere'"),
        (["space", "share", "sales", "bob", "--role", "owner", "--as", "alice"], "invalid choice: 'owner'"),
        (["undo", "77", "--as", "alice"], "no batch 77"),
        (["undo", "seven", "--as", "alice"], "invalid int value: 'seven'"),
        (["history", "no-uid", "--as", "alice"], "no contact with the UID 'no-uid'"),
        (["export", "--space", "nowhere", "--as", "alice"], "no space 'nowhere'"),
        (["export", "--space", "sales", "--as", "alice", "--version", "5.0"], "invalid choice: '5.0'"),
        (["serve", "--port", "99999"], "99999"),
        (["serve", "--host", "0.0.0.0"], "FARLEY_URL"),
        (["demo", "--people", "0"], "--people"),
        (["demo"], "has users already"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_word_is_named_and_nothing_is_changed(farley: Instance, arguments: list[str], said: str) -> None:
    result = farley.run(*arguments)
    assert (result.code, said in result.stderr) == (2, True), result.stderr
    assert "Traceback" not in result.stderr


def test_space_list_as_a_person_shows_only_what_they_see(farley: Instance) -> None:
    names = [line.split("\t")[0] for line in farley.run("space", "list", "--as", "mallory").stdout.splitlines()]
    assert names == ["mallory"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"FARLEY_DATABASE_URL": "mysql://localhost/x"}, "FARLEY_DATABASE_URL: must begin with postgres://"),
        ({"FARLEY_DATABASE_URL": "postgres://localhost"}, "FARLEY_DATABASE_URL: names no database"),
        ({"FARLEY_DATABASE_URL": "postgres://localhost:1/x?connect_timeout=2"}, "does not answer"),
        ({"FARLEY_URL": "farley.example.org"}, "FARLEY_URL: must be an address"),
        ({"FARLEY_URL": "https://example.org/farley"}, "FARLEY_URL: must be a bare address"),
        ({"FARLEY_TRUST_PROXY": "some"}, "FARLEY_TRUST_PROXY: must be yes or no"),
        ({"FARLEY_URL": "https://*"}, "FARLEY_URL: * is no host name"),
        ({"FARLEY_URL": "https://.example.org"}, "FARLEY_URL: "),
        ({"FARLEY_URL": "https://a b"}, "FARLEY_URL: "),
        ({"FARLEY_URL": "https://ada:secret@example.org"}, "without a path or a password"),
        ({"FARLEY_URL": "https://example.org:99999"}, "FARLEY_URL: names no host that can be"),
        ({"FARLEY_DATABASE_URL": "postgres://localhost/x?pool=1"}, "FARLEY_DATABASE_URL: pool is not known"),
        ({"FARLEY_DATABASE_URL": "sqlite:///:memory:"}, "FARLEY_DATABASE_URL: names no file"),
        ({"FARLEY_CONFIG": "missing.toml"}, "FARLEY_CONFIG: missing.toml does not exist"),
        ({"FARLEY_DATA": "/dev/null/farley"}, "/dev/null"),
    ],
)
def test_a_setting_that_cannot_be_is_named(farley: Instance, settings: dict[str, str], said: str) -> None:
    farley.settings = settings
    result = farley.run("space", "list")
    assert (result.code, said in result.stderr) == (2, True), result.stderr
    assert "Traceback" not in result.stderr


def test_farley_toml_is_read_and_the_environment_wins(farley: Instance, tmp_path) -> None:
    (tmp_path / "farley.toml").write_text('url = "http://127.0.0.1:1"\ncolour = "red"\n')
    result = farley.run("space", "list", cwd=tmp_path)
    assert (result.code, "farley.toml: colour: no such setting" in result.stderr) == (2, True)
    (tmp_path / "farley.toml").write_text('url = "not an address"\n')
    assert "farley.toml: url: must be an address" in farley.run("space", "list", cwd=tmp_path).stderr
    farley.settings = {"FARLEY_URL": "https://farley.example.org"}
    assert farley.run("space", "list", cwd=tmp_path).code == 0


def test_secrets_are_made_once_and_for_their_owner_alone(farley: Instance) -> None:
    key = farley.folder / "secrets" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    farley.run("space", "list")
    assert key.read_bytes() == before


@sqlite_alone
def test_a_foreign_database_is_refused_and_left_alone(empty: Instance) -> None:
    with closing(sqlite3.connect(empty.folder / "farley.sqlite3")) as connection:
        connection.execute("CREATE TABLE recipes (name text)")
    before = (empty.folder / "farley.sqlite3").read_bytes()
    result = empty.run("space", "list")
    assert (result.code, "is not Farley's: it holds recipes" in result.stderr) == (2, True), result.stderr
    assert (empty.folder / "farley.sqlite3").read_bytes() == before


@sqlite_alone
def test_a_file_that_is_no_database_is_refused(empty: Instance) -> None:
    (empty.folder / "farley.sqlite3").write_bytes(b"this is a letter, not a database" * 100)
    result = empty.run("space", "list")
    assert (result.code, "cannot be read as a database" in result.stderr) == (2, True), result.stderr


@sqlite_alone
def test_a_newer_database_is_refused(farley: Instance) -> None:
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('contacts', '9999_next', '2030-01-01')"
        )
        connection.commit()
    result = farley.run("space", "list")
    assert (result.code, "newer Farley (contacts.9999_next)" in result.stderr) == (2, True), result.stderr


@sqlite_alone
def test_an_older_database_is_copied_before_it_is_upgraded(farley: Instance, tmp_path: Path) -> None:
    _make_older(farley)
    result = farley.run("space", "list")
    assert result.code == 0, result.stderr
    [copy] = (farley.folder / "backups").iterdir()
    assert str(copy) in result.stderr
    with copy.open("rb") as file:
        manifest = Reader(file).manifest
    assert manifest.rows_of("accounts_user") == 3
    assert "jobs_schedule" not in {table.name for table in manifest.tables}
    (tmp_path / "other").mkdir()
    other = Instance(tmp_path / "other")
    assert other.run("restore", copy).code == 0
    for upgraded in (farley, other):
        with closing(sqlite3.connect(upgraded.folder / "farley.sqlite3")) as connection:
            assert connection.execute("SELECT count(*) FROM jobs_schedule").fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == (3,)


@sqlite_alone
def test_of_the_copies_made_before_upgrades_the_last_three_stay(farley: Instance) -> None:
    folder = farley.folder / "backups"
    folder.mkdir()
    former = [f"before-upgrade-202{year}-01-01T000000Z.farley" for year in range(4)]
    others = ["before-restore-2020-01-01T000000Z.farley", "before-upgrade-notes.txt"]
    for name in [*former, *others]:
        (folder / name).write_bytes(b"a copy")
    _make_older(farley)
    assert farley.run("space", "list").code == 0
    names = {path.name for path in folder.iterdir()}
    assert names >= {*former[2:], *others}
    assert len(names) == 5
    _make_older(farley)
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:
        connection.execute("CREATE TABLE jobs_schedule (in_the_way INTEGER)")
        connection.commit()
    assert farley.run("space", "list").code == 2
    assert {path.name for path in folder.iterdir()} > names  # who failed may need any of them


def _make_older(farley: Instance) -> None:
    """As it was before the jobs floor had its table."""
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:
        connection.execute("DROP TABLE jobs_schedule")
        connection.execute("DELETE FROM django_migrations WHERE app = 'jobs'")
        connection.commit()


@sqlite_alone
def test_an_upgrade_that_empties_search_has_it_filled_again(farley: Instance) -> None:
    farley.run("import", _file(farley, card("1", "Ada King")), "--space", "sales", "--as", "alice")
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:  # as the change of the index left it
        connection.execute("DELETE FROM search_entry")
        for table in ("search_names", "search_texts"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        connection.commit()
    step = "import_module('farley.contacts.migrations.0006_fill_search').fill_search(apps, None)"
    program = (
        f"import django; django.setup(); from importlib import import_module; from django.apps import apps; {step}"
    )
    environment = farley.environment | {"DJANGO_SETTINGS_MODULE": "farley.project.settings"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    result = farley.run("check")
    assert (result.code, "1 contacts are not found yet" in result.stdout) == (1, True), result.stdout
    assert "being read anew after an upgrade" in result.stdout
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:
        tasks = connection.execute("SELECT task_path, status FROM django_tasks_database_dbtaskresult").fetchall()
    assert ("farley.contacts.tasks.rederive", "READY") in tasks
    assert farley.run("reindex").stdout == "1 contacts read, 1 mended.\n"
    assert "Ada King" in farley.run("search", "king", "--as", "alice").stdout
    assert farley.run("check").code == 0


def test_check_says_what_the_page_of_backups_says(farley: Instance) -> None:
    folder = farley.folder / "kept"
    farley.settings = {"FARLEY_BACKUP_FOLDER": str(folder)}
    assert f"{folder} is not there" in farley.run("check").stdout
    folder.write_text("a file where the folder should be")
    farley.run("backup", "--now")
    assert "the last backup failed: " in farley.run("check").stdout
    folder.unlink()
    farley.run("backup", "--now")
    assert farley.run("check").code == 0


@sqlite_alone
def test_a_database_folder_that_is_gone_is_named(farley: Instance) -> None:
    farley.settings = {"FARLEY_DATABASE_URL": f"sqlite:///{farley.folder}/nowhere/farley.sqlite3"}
    result = farley.run("space", "list")
    assert (result.code, "nowhere does not exist" in result.stderr) == (2, True), result.stderr


def test_check_is_content_with_a_healthy_instance(farley: Instance) -> None:
    farley.run("import", _file(farley, card("1", "Ada King")), "--space", "sales", "--as", "alice")
    result = farley.run("check", "--deep")
    assert result.code == 0, result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["ok"] * 8


@sqlite_alone
def test_check_deep_finds_what_differs_and_reindex_mends_it(farley: Instance) -> None:
    farley.run("import", _file(farley, card("1", "Ada King", "CATEGORIES:Math")), "--space", "sales", "--as", "alice")
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3")) as connection:
        connection.execute("UPDATE contacts_contact SET full_name = 'Somebody Else'")
        connection.execute("DELETE FROM contacts_indexrow WHERE n = 0")
        connection.execute("DELETE FROM contacts_tagentry")
        connection.commit()
    result = farley.run("check", "--deep")
    assert result.code == 1
    assert "sales/1.vcf: full_name, index rows, tags" in result.stdout
    assert farley.run("reindex").stdout == "1 contacts read, 1 mended.\n"
    assert farley.run("check", "--deep").code == 0


def test_check_names_a_secret_that_others_can_read(farley: Instance) -> None:
    (farley.folder / "secrets" / "secret_key").chmod(0o644)
    result = farley.run("check")
    assert (result.code, "secret_key can be read by others" in result.stdout) == (1, True)


def test_an_empty_folder_made_by_hand_is_closed_to_others(empty: Instance) -> None:
    empty.folder.chmod(0o755)
    assert empty.run("space", "list").code == 0
    assert stat.S_IMODE(empty.folder.stat().st_mode) == 0o700


def test_demo_fills_an_empty_farley_that_one_can_log_in_to(empty: Instance) -> None:
    result = empty.run("demo", "--people", "40")
    assert result.code == 0, result.stderr
    assert "Log in as: " in result.stdout
    kinds = {line.split("\t")[1] for line in empty.run("space", "list").stdout.splitlines()}
    assert kinds == {"private", "team", "company"}
    assert empty.run("check", "--deep").code == 0


def test_a_second_serve_on_a_taken_port_says_so(farley: Instance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = farley.run("serve", "--port", str(port))
    assert (result.code, f"--port {port}" in result.stderr) == (2, True), result.stderr


def _file(farley: Instance, *cards: bytes):
    path = farley.folder / "people.vcf"
    path.write_bytes(b"".join(cards))
    return path


def test_many_first_commands_at_once_all_work(empty: Instance) -> None:
    processes = [empty.start("user", "list") for _ in range(5)]
    outcomes = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert [code for _, code in outcomes] == [0] * 5, outcomes


@sqlite_alone
def test_everything_farley_writes_is_for_its_owner_alone(empty: Instance) -> None:
    empty.folder = empty.folder / "data"
    empty.folder.parent.chmod(0o755)
    assert empty.run("user", "list", cwd=empty.folder.parent).code == 0
    open_to_others = [path for path in empty.folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []
    assert stat.S_IMODE(empty.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data = true\n", 'farley.toml: data: must be in "quotes"'),
        ('data = ["a"]\n', 'farley.toml: data: must be in "quotes"'),
        ('trust_proxy = "maybe"\n', "farley.toml: trust_proxy: must be true or false"),
        ("data = \n", "farley.toml: "),
    ],
)
def test_a_setting_of_the_wrong_type_is_named(farley: Instance, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "farley.toml").write_text(text)
    result = farley.run("space", "list", cwd=tmp_path)
    assert (result.code, said in result.stderr) == (2, True), result.stderr


def test_a_password_that_is_not_utf_8_is_refused(farley: Instance) -> None:
    arguments = ("user", "add", "carol", "--email", "carol@example.org", "--password-stdin")
    result = farley.run(*arguments, stdin=b"pass\xffword battery")
    assert (result.code, "is not UTF-8" in result.stderr) == (2, True), result.stderr
