"""What holds for every test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from farley.accounts.models import User
    from tests.accounts.mail_server import MailServer

ROOT = Path(__file__).parents[1]
NO_SKIP = bool(os.environ.get("FARLEY_NO_SKIP"))  # CI installs everything: there a skip is a failure
SAMPLES = Path(os.environ.get("FARLEY_SAMPLES", ROOT.parent / "shared" / "samples"))

# No deadline: other work on the machine would decide. CI tries the same examples each time, so that a red run is about
# the change; everybody else's machine goes on searching.
hypothesis.settings.register_profile("farley", deadline=None, derandomize=NO_SKIP)
hypothesis.settings.load_profile("farley")


def is_a_failure(reason: object) -> bool:
    """Whether a skip for `reason` must not happen here.

    Other people's cards are nothing a machine can install; a test about one database says nothing on the other.
    """
    other_database = "SQLite" if os.environ.get("FARLEY_TEST_DATABASE_URL") else "PostgreSQL"
    is_about_the_other = re.search(rf"about (the )?{other_database}", str(reason)) is not None
    has_no_samples = "sample" in str(reason) and not SAMPLES.is_dir()
    return NO_SKIP and not is_about_the_other and not has_no_samples


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    reason = call.excinfo.value if call.excinfo else ""
    if report.skipped and not hasattr(report, "wasxfail") and is_a_failure(reason):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {item.nodeid}: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    if report.skipped and is_a_failure(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {collector.nodeid}"
    return report


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """On a server that ends with the tests their databases go with it; one that is still being asked would not drop."""
    return bool(os.environ.get("FARLEY_TEST_SERVER_ENDS"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The database of the tests is made as Farley makes a new one; `test_migrating` compares it with migrations."""
    from django.core.management.commands import migrate

    from farley.backups import migrating

    def make(*_arguments: object, **_options: object) -> None:
        with migrating.one_transaction():
            migrating.migrate()

    pytest.MonkeyPatch().setattr(migrate.Command, "handle", make)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Flushing the database, as tests with transactions of their own end, empties the tables that Django knows.

    It also has Django write its permissions anew, which nothing here reads, and which took a second each time.
    """
    from django.apps import apps
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.models.signals import post_migrate

    from farley.search import trigrams

    def empty_index(**_: object) -> None:
        trigrams.mend()

    for receiver in (create_permissions, create_contenttypes):
        assert post_migrate.disconnect(receiver) or post_migrate.disconnect(
            dispatch_uid=f"{receiver.__module__}.{receiver.__name__}"
        )
    post_migrate.connect(empty_index, sender=apps.get_app_config("search"), weak=False)


@pytest.fixture
def alice(db: None) -> User:
    """Alice, who owns things."""
    return _person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Bob, whom things are shared with."""
    return _person("bob")


@pytest.fixture
def mallory(db: None) -> User:
    """Mallory, a stranger with an account."""
    return _person("mallory")


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    """A mail server of the test, which Farley sends to."""
    from tests.accounts.mail_server import mail_server, use_mail_server  # knows Farley’s configuration

    with mail_server() as server:
        use_mail_server(settings, server.port)
        yield server


def _person(name: str) -> User:
    from tests.cast import person  # models can be imported only once Django is set up

    return person(name)
