"""Farley's settings for a run of tests: a data folder of its own, on SQLite or on FARLEY_TEST_DATABASE_URL.

The SQLite database is a file, as in real life: locks, WAL and several processes behave as they do there. But
nothing waits for the disk: no test cuts the power. Commands in processes of their own have Farley's own settings.
"""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="farley-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("FARLEY_")]:
    if _name not in {"FARLEY_TEST_DATABASE_URL", "FARLEY_TEST_SERVER_ENDS", "FARLEY_NO_SKIP", "FARLEY_SAMPLES"}:
        del os.environ[_name]  # nobody's real instance is reached from a test
os.environ["FARLEY_DATA"] = _folder
if _url := os.environ.get("FARLEY_TEST_DATABASE_URL"):
    os.environ["FARLEY_DATABASE_URL"] = _url

from farley.project.settings import *  # noqa: E402, F403
from farley.project.settings import DATABASES  # noqa: E402

if not _url:
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/tests.sqlite3"}
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")

PASSWORD_HASHERS = ["tests.hashing.QuickArgon2"]
GATHERING = False  # no thread writes while a test looks: tests say when
