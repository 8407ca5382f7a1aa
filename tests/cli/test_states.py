"""Every state of the schema that was ever kept is restored and brought up to date, on either engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.keep_schema import STATES, migrations_of

from farley.backups.tables import known_migrations
from tests.cli.conftest import Databases, Instance

ALL = sorted(STATES.glob("*.farley"))


@pytest.mark.parametrize("state", ALL, ids=lambda path: path.stem)
def test_a_former_state_comes_back_and_is_brought_up_to_date(
    state: Path, tmp_path: Path, databases: Databases | None
) -> None:
    (tmp_path / "data").mkdir()
    instance = Instance(tmp_path / "data", databases.make() if databases else "")
    restored = instance.run("restore", state)
    assert restored.code == 0, restored.stderr
    checked = instance.run("check", "--deep")
    if checked.code:  # a release may derive more than the one before
        assert instance.run("reindex").code == 0
        checked = instance.run("check", "--deep")
    assert checked.code == 0, checked.stdout


def test_today_s_state_is_kept() -> None:
    missing = known_migrations() - {migration for state in ALL for migration in migrations_of(state)}
    assert not missing, f"no kept state has {min(missing)}: run `python -m tools.keep_schema` and commit what it writes"
