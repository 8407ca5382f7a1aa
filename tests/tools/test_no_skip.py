"""FARLEY_NO_SKIP, as CI sets it."""

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPING = "import pytest\n\ndef test_browser():\n    pytest.skip('no chromium')\n"
SKIPPED_MODULE = "import pytest\n\npytest.skip('no chromium', allow_module_level=True)\n"


def run(tmp_path: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:cacheprovider", "-c", os.devnull]
    command += ["--rootdir", str(tmp_path), "-p", "tests.conftest", str(tmp_path)]
    here = {**os.environ, "FARLEY_NO_SKIP": "", "PYTHONPATH": str(CONFTEST.parents[1]), **environment}
    return subprocess.run(command, env=here, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_a_skip_passes_on_a_developers_machine(tmp_path):
    assert "1 skipped" in run(tmp_path, SKIPPING).stdout


def test_a_skip_fails_where_everything_is_installed(tmp_path):
    done = run(tmp_path, SKIPPING, FARLEY_NO_SKIP="1")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "no chromium" in done.stdout


def test_a_skipped_module_fails_where_everything_is_installed(tmp_path):
    assert run(tmp_path, SKIPPED_MODULE).returncode in {0, 5}
    assert run(tmp_path, SKIPPED_MODULE, FARLEY_NO_SKIP="1").returncode in {1, 2}


def test_only_sample_files_may_be_missing_there(tmp_path):
    source = SKIPPING.replace("no chromium", "there are no sample cards on this machine")
    (tmp_path / "samples").mkdir()
    missing, there = str(tmp_path / "nowhere"), str(tmp_path / "samples")
    assert "1 skipped" in run(tmp_path, source, FARLEY_NO_SKIP="1", FARLEY_SAMPLES=missing).stdout
    assert "1 failed" in run(tmp_path, source, FARLEY_NO_SKIP="1", FARLEY_SAMPLES=there).stdout


def test_a_test_about_one_database_is_skipped_on_the_other(tmp_path):
    source = SKIPPING.replace("no chromium", "about the SQLite file")
    on_postgres = {"FARLEY_NO_SKIP": "1", "FARLEY_TEST_DATABASE_URL": "postgres://127.0.0.1/farley"}
    assert "1 skipped" in run(tmp_path, source, **on_postgres).stdout
    assert "1 failed" in run(tmp_path, source, FARLEY_NO_SKIP="1", FARLEY_TEST_DATABASE_URL="").stdout
