import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def check(settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "tools.check_migrations"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_model_without_its_migration_is_found():
    done = check("tests.tools.unmigrated.settings")
    assert done.returncode == 1
    assert "Forgotten" in done.stdout


def test_farleys_own_models_have_theirs():
    done = check("farley.project.settings")
    assert done.returncode == 0, done.stdout + done.stderr
