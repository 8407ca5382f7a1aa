"""vdirsyncer's own suite of storage tests, against a real server."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.cli.conftest import POSTGRES, Instance
from tests.cli.test_serve import serving
from tests.conftest import ROOT
from tools import vdirsyncer_suite

pytestmark = [
    pytest.mark.skipif(bool(POSTGRES), reason="asked once, about SQLite"),
    pytest.mark.skipif(
        not vdirsyncer_suite.is_here(),
        reason="vdirsyncer's own suite is not here: python -m tools.vdirsyncer_suite",
    ),
]
NOT_HERE = (  # by intent
    "test_specialchars[VCARD]",  # an address book called “test @ foo ät bar”: the names of spaces are simpler
    "test_encoding_metadata",  # a device gives no address book another title: that is for its managers, on the pages
)
MODULE = "tests/storage/dav/test_carddav.py"


def test_its_storage_tests_pass_but_for_two_by_intent(farley: Instance) -> None:
    secret = farley.run("device", "add", "suite", "--as", "alice").stdout.strip()
    server = vdirsyncer_suite.TESTS / "tests" / "storage" / "servers" / "farley"
    server.mkdir(exist_ok=True)
    (server / "__init__.py").write_bytes((ROOT / "tests" / "clients" / "vdirsyncer_server.py").read_bytes())
    left_out = [f"--deselect={MODULE}::TestCardDAVStorage::{name}" for name in NOT_HERE]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("FARLEY_", "DJANGO_", "PYTEST"))}
    with serving(farley, "--workers", "1") as (_process, address):
        done = subprocess.run(
            [
                vdirsyncer_suite.PYTHON,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-o",
                "addopts=",
                *left_out,
                MODULE,
            ],
            cwd=vdirsyncer_suite.TESTS,
            env=plain | {"SUITE_ADDRESS": address, "SUITE_SECRET": secret, "DAV_SERVER": "farley"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 32
