"""Real cards to test with, where the machine has them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("codecs", deadline=None)  # a busy machine is no fault of the codec's
settings.load_profile("codecs")

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
SAMPLES = Path(os.environ.get("FARLEY_SAMPLES", BESIDE_THE_CHECKOUT)) / "vcard"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `sample` runs once for every sample file, or is skipped by name where there are none."""
    if "sample" not in metafunc.fixturenames:
        return
    files = sorted(path for path in SAMPLES.rglob("*") if path.is_file()) if SAMPLES.is_dir() else []
    if files:
        metafunc.parametrize("sample", files, ids=[str(path.relative_to(SAMPLES)) for path in files])
    else:
        no_samples = pytest.param(None, marks=pytest.mark.skip(reason="there are no sample cards on this machine"))
        metafunc.parametrize("sample", [no_samples])
