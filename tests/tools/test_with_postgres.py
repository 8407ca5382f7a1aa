import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tools.with_postgres import NoServer, find_programs, server

try:
    find_programs()
    HAS_POSTGRES = True
except NoServer:
    HAS_POSTGRES = False

ROOT = Path(__file__).parents[2]
needs_postgres = pytest.mark.skipif(not HAS_POSTGRES, reason="PostgreSQL is not installed")


@needs_postgres
def test_the_server_serves_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", _folder_others_may_enter(tmp_path))
    with server() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE farley_of_a_test")
    assert list(Path(tmp_path).iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


@needs_postgres
def test_the_exit_code_of_the_command_is_passed_on():
    asked = "import os, sys; sys.exit(7 if os.environ['FARLEY_TEST_DATABASE_URL'].startswith('postgres://') else 1)"
    command = [sys.executable, "-m", "tools.with_postgres", sys.executable, "-c", asked]
    done = subprocess.run(command, cwd=ROOT, check=False)
    assert done.returncode == 7


def test_a_machine_without_postgres_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("tools.with_postgres.SERVERS", [])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoServer, match="apt install postgresql"):
        find_programs()


def _folder_others_may_enter(path: Path) -> str:
    """pytest's folders are closed to other accounts, and as root the server runs as one."""
    if os.geteuid() == 0:
        for folder in [path, *path.parents[:3]]:
            folder.chmod(0o755)
    return str(path)
