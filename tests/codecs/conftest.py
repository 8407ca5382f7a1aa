"""Real cards and calendars to test with, where the machine has them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("codecs", deadline=None)  # a busy machine is no fault of the codec's
settings.load_profile("codecs")

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
ALL_SAMPLES = Path(os.environ.get("FARLEY_SAMPLES", BESIDE_THE_CHECKOUT))
SAMPLES = ALL_SAMPLES / "vcard"
ICAL_SAMPLES = ALL_SAMPLES / "ical"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `sample` or `ical_sample` runs once for every such file, or is skipped by name without any."""
    for fixture, folder in (("sample", SAMPLES), ("ical_sample", ICAL_SAMPLES)):
        if fixture not in metafunc.fixturenames:
            continue
        files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
        if files:
            metafunc.parametrize(fixture, files, ids=[str(path.relative_to(folder)) for path in files])
        else:
            no_samples = pytest.param(None, marks=pytest.mark.skip(reason="there are no sample files on this machine"))
            metafunc.parametrize(fixture, [no_samples])
