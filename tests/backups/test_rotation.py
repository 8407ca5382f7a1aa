"""Backups that come round: made, told of, thinned out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine

from farley.accounts.events import Event, Verb
from farley.backups import rotation
from farley.backups.operations import opened
from farley.backups.rotation import Fault, Trouble
from farley.configuration import BackupPlan, ConfigurationError, load


def test_a_year_of_nights_is_thinned_to_days_weeks_and_months() -> None:
    plan = BackupPlan(Path("unused"), daily=7, weekly=4, monthly=12)
    nights = [dt.datetime(2026, 12, 31, 2, 30, tzinfo=dt.UTC) - dt.timedelta(days=n) for n in range(400)]
    kept: list[dt.datetime] = []
    for night in reversed(nights):  # night after night, as it happens
        kept = rotation.keep([*kept, night], plan)
    days = [f"{at:%m-%d}" for at in kept if at.year == 2026]
    assert days[:9] == ["12-31", "12-30", "12-29", "12-28", "12-27", "12-26", "12-25", "12-20", "12-13"]
    assert days[9:] == [f"{month:02}-{last}" for month, last in zip(range(11, 0, -1), _LAST[10::-1], strict=True)]
    assert rotation.keep(nights, BackupPlan(Path("unused"), 0, 0, 0)) == nights[:1]


_LAST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30)


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_comes_round_is_told_of_and_so_is_one_that_fails(tmp_path: Path) -> None:
    plan, data = BackupPlan(tmp_path / "kept", 1, 0, 0), tmp_path / "data"
    (data / "secrets").mkdir(parents=True)
    (data / "secrets" / "backup_passphrase").write_text("correct horse\n")
    now = dt.datetime(2026, 11, 26, 2, 30, tzinfo=dt.UTC)
    assert rotation.trouble(plan, now) == Trouble(Fault.NO_FOLDER)
    plan.folder.mkdir()
    assert rotation.trouble(plan, now) == Trouble(Fault.NONE_YET)
    with time_machine.travel(now, tick=False):
        first = rotation.make(plan, data)
    (plan.folder / "letter.farley").write_text("somebody else's")
    with time_machine.travel(now + dt.timedelta(days=1), tick=False):
        second = rotation.make(plan, data)
        assert rotation.trouble(plan, now + dt.timedelta(days=1)) is None
        late = dt.timedelta(days=2, hours=1)
        assert rotation.trouble(plan, now + dt.timedelta(days=1) + late) == Trouble(Fault.LATE, age=late)
        with opened(second, "correct horse") as reader:
            reader.verify()
        with pytest.raises(FileExistsError):
            rotation.make(plan, data)  # at the same moment: there is no room for its name
    failed = rotation.trouble(plan, now + dt.timedelta(days=3, hours=1))
    assert failed is not None
    assert (failed.fault, second.name in failed.reason) == (Fault.FAILED, True)
    assert sorted(path.name for path in plan.folder.iterdir()) == [second.name, "letter.farley"]
    assert not first.exists()
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == [Verb.BACKUP_MADE, Verb.BACKUP_MADE, Verb.BACKUP_FAILED]


@pytest.mark.parametrize("kept", ["7", "7 4 x", "-1 2 3", "7 4 12 1"])
def test_a_rotation_that_cannot_be_is_named(kept: str) -> None:
    with pytest.raises(ConfigurationError, match="FARLEY_BACKUP_KEEP: must be three numbers"):
        load({"FARLEY_BACKUP_KEEP": kept, "FARLEY_BACKUP_FOLDER": "kept"})
