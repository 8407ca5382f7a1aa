"""`make run` on machines that lack something: what it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "make_environment.sh"
NEEDED = ["sh", "dirname", "env"]


@pytest.fixture
def machine(tmp_path):
    """A tree with the script in it, and a PATH that holds a shell and nothing else."""
    (tmp_path / "tree" / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "tree" / "tools")
    (tmp_path / "bin").mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def python(machine: Path, name: str, *, version: tuple[int, int], has_venv: bool) -> None:
    """Put an interpreter on PATH that says it is `version`; it runs nothing but the questions the script asks."""
    answers = f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0)"
    if not has_venv:
        answers += "; sys.modules['ensurepip'] = None"
    interpreter = machine / "bin" / name
    interpreter.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" -c "{answers}; $2"\nexit 9\n')
    interpreter.chmod(0o755)


def make_environment(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = machine / "tree" / "tools" / SCRIPT.name
    path = {"PATH": str(machine / "bin"), **environment}
    return subprocess.run([str(script), "run"], env=path, capture_output=True, text=True, check=False)


def test_without_any_python_it_says_what_to_install(machine):
    done = make_environment(machine)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_an_old_python_is_no_python(machine):
    python(machine, "python3", version=(3, 9), has_venv=True)
    assert "needs Python 3.11 or newer" in make_environment(machine).stderr


def test_a_python_without_venv_is_named_with_the_package_to_install(machine):
    python(machine, "python3", version=(3, 12), has_venv=False)
    done = make_environment(machine)
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt install python3.12-venv" in done.stderr


def test_a_newer_python_beside_an_old_one_is_found_by_name(machine):
    python(machine, "python3", version=(3, 9), has_venv=True)
    python(machine, "python3.12", version=(3, 12), has_venv=True)
    assert "bin/python3.12" in make_environment(machine).stdout


def test_the_interpreter_can_be_chosen(machine):
    python(machine, "python3", version=(3, 11), has_venv=True)
    python(machine, "mine", version=(3, 13), has_venv=True)
    assert "bin/mine" in make_environment(machine, PYTHON="mine").stdout


@pytest.mark.parametrize(
    ("goals", "environments"),
    [("run", ["run"]), ("build", ["run"]), ("test", ["dev"]), ("check", ["dev"]), ("run test", ["dev"])],
)
def test_a_fresh_tree_gets_one_environment_with_what_the_goals_need(tmp_path, goals, environments):
    root = SCRIPT.parents[1]
    for name in ["Makefile", "pyproject.toml", "requirements", "tools/make_environment.sh"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if (root / name).is_dir() else shutil.copy)(root / name, tmp_path / name)
    told = subprocess.run(["make", "-n", *goals.split()], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert re.findall(r"make_environment\.sh (\w+)", told.stdout) == environments
