from __future__ import annotations

import pytest
from django.db.migrations.loader import MigrationLoader

from farley.backups import upgrading


def test_the_migrations_that_files_tell_are_those_that_django_loads() -> None:
    assert upgrading._on_disk() == MigrationLoader(None).disk_migrations.keys()


@pytest.mark.django_db
def test_a_database_with_all_of_them_is_up_to_date_without_loading_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "MigrationExecutor", None)
    assert upgrading.is_up_to_date()
