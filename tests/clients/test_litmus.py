"""litmus, the suite of WebDAV: against an address book, which does for a plain collection as far as it can."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import POSTGRES, Instance
from tests.cli.test_serve import serving
from tests.clients.plain_collection import plain_collection
from tests.dav.phone import basic

LITMUS = shutil.which("litmus")
pytestmark = [
    pytest.mark.skipif(bool(POSTGRES), reason="asked once, about SQLite"),
    pytest.mark.skipif(LITMUS is None, reason="litmus is not installed"),
]
COLLECTIONS = {"delete_fragment", "mkcol", "mkcol_again", "delete_coll"}  # made within the first: no book is
_RESULT = re.compile(r"([0-9]+)\. ([a-z0-9_]+)\.+ +(pass|FAIL|SKIPPED)")


def test_basic_props_and_http_pass_but_for_collections_within_one(farley: Instance, tmp_path: Path) -> None:
    secret = farley.run("device", "add", "litmus", "--as", "alice").stdout.strip()
    assert LITMUS is not None
    with serving(farley, "--workers", "1") as (_process, address):
        server, book = address.removeprefix("http://"), "/dav/addressbooks/alice/alice/"
        with plain_collection(server, book, basic("alice", secret)) as root:
            command, chosen = [LITMUS, "--keep-going", root], {"TESTS": "basic props http"}
            done = subprocess.run(command, cwd=tmp_path, env=chosen, capture_output=True, timeout=120, check=False)
    said = done.stdout.decode(errors="replace")
    # a warning stands between a test and its result
    results = _RESULT.findall(re.sub(r"WARNING:.*\n *\.+", "", said.replace("\r", "\n")))
    assert {name for _, name, result in results if result != "pass"} == COLLECTIONS, said
    assert len(results) == 50
