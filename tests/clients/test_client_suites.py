"""The suites that clients test servers with, against a real server: vdirsyncer's, and that of Python's caldav."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from tools.client_suites import CALDAV, VDIRSYNCER, Suite

from tests.cli.conftest import POSTGRES, Instance
from tests.cli.test_serve import serving
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.skipif(bool(POSTGRES), reason="asked once, about SQLite"),
    pytest.mark.skipif(
        not (VDIRSYNCER.is_here() and CALDAV.is_here()),
        reason="the clients' own suites are not here: python -m tools.client_suites",
    ),
]
STORAGES = "tests/storage/dav"
NOT_HERE = (  # of vdirsyncer's, by intent
    "test_carddav.py::TestCardDAVStorage::test_specialchars[VCARD]",  # a book called “test @ foo ät bar”: names of
    "test_caldav.py::TestCalDAVStorage::test_specialchars[VEVENT]",  # spaces and addresses of calendars are simpler
    "test_caldav.py::TestCalDAVStorage::test_specialchars[VTODO]",
    "test_carddav.py::TestCardDAVStorage::test_encoding_metadata",  # a device gives no address book another title
    "test_caldav.py::TestCalDAVStorage::test_invalid_resource",  # asks no server, and its stand-in for one is broken
)


def run(suite: Suite, *arguments: str, **environment: str) -> int:
    """How many of its tests passed; none failed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("FARLEY_", "DJANGO_", "PYTEST"))}
    done = subprocess.run(
        [suite.python, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *arguments],
        cwd=suite.source,
        env=plain | environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    return int(passed[1])


def test_vdirsyncer_keeps_cards_events_and_tasks(farley: Instance) -> None:
    secret = farley.run("device", "add", "suite", "--as", "alice").stdout.strip()
    server = VDIRSYNCER.source / "tests" / "storage" / "servers" / "farley"
    server.mkdir(exist_ok=True)
    (server / "__init__.py").write_bytes((ROOT / "tests" / "clients" / "vdirsyncer_server.py").read_bytes())
    left_out = [f"--deselect={STORAGES}/{name}" for name in NOT_HERE]
    modules = [f"{STORAGES}/{name}" for name in ("test_carddav.py", "test_caldav.py")]
    with serving(farley, "--workers", "1") as (_process, address):
        settings = {"SUITE_ADDRESS": address, "SUITE_SECRET": secret, "DAV_SERVER": "farley"}
        passed = run(VDIRSYNCER, "-o", "addopts=", *left_out, *modules, **settings)
    assert passed >= 92


def test_pythons_caldav_finds_a_server_that_it_knows_no_way_around(farley: Instance) -> None:
    """Its tests go through all that caldav-server-tester looks for: none of it is broken, ungraceful or a quirk."""
    secret = farley.run("device", "add", "suite", "--as", "alice").stdout.strip()
    known: Path = CALDAV.source / "tests" / "caldav_test_servers.yaml"
    absent = {name: {"type": "embedded", "enabled": False} for name in ("radicale", "xandikos")}
    with serving(farley, "--workers", "1") as (_process, address):
        own = {"type": "external", "url": f"{address}/dav/", "username": "alice", "password": secret}
        own |= {"features": {"scheduling": {"support": "unsupported"}}}
        known.write_text(json.dumps({"test-servers": absent | {"farley": own}}))  # JSON is YAML
        lenient = ("-o", "asyncio_default_fixture_loop_scope=function", "-W", "ignore::DeprecationWarning")
        passed = run(
            CALDAV, *lenient, "-k", "TestForServerfarley", "tests/test_caldav.py", PYTHON_CALDAV_TEST_DOCKER="0"
        )
    assert passed >= 62
