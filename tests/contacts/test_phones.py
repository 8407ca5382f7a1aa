"""Phone numbers: the quick way gives what the library gives."""

from __future__ import annotations

import itertools

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.contacts.phones import e164

NATIONAL = {
    "DE": ["30 1234567", "171 2345678", "1512 3456789", "89 99998123", "6221 12345", "800 1234567", "2012345"],
    "AT": ["1 5123456", "664 1234567", "316 123456", "732 12345"],
    "CH": ["44 668 18 00", "79 123 45 67", "22 345 67 89"],
    "GB": ["20 7946 0123", "7700 900123", "161 496 0123", "121 234 5678"],
    "FR": ["1 23 45 67 89", "6 12 34 56 78", "9 70 00 00 00"],
    "NL": ["20 123 4567", "6 12345678"],
    "BE": ["2 123 45 67", "470 12 34 56"],
    "SE": ["8 123 456 78", "70 123 45 67"],
    "IT": ["06 1234 5678", "312 345 6789"],
    "US": ["(201) 555-0123", "415 555 0199"],
    "ES": ["912 345 678", "612 345 678"],
    "PL": ["22 123 45 67", "512 345 678"],
}
CODES = {
    "DE": "49", "AT": "43", "CH": "41", "GB": "44", "FR": "33", "NL": "31",
    "BE": "32", "SE": "46", "IT": "39", "US": "1", "ES": "34", "PL": "48",
}  # fmt: skip
WAYS = (
    *("+{code} {n}", "+{code} (0){n}", "+{code} 0{n}", "+{code}-{n}"),
    *("00{code} {n}", "00{code} (0) {n}", "0{n}", "0-{n}"),
)
NUMBERS = [(region, way, n) for region, numbers in NATIONAL.items() for way, n in itertools.product(WAYS, numbers)]


def by_the_library(number: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(("region", "way", "n"), NUMBERS, ids=[f"{r}-{w}-{n}" for r, w, n in NUMBERS])
def test_every_way_of_writing_a_number_is_read_as_the_library_reads_it(region: str, way: str, n: str) -> None:
    written = way.format(code=CODES[region], n=n)
    for home in (region, "DE"):
        if expected := by_the_library(written, home):
            assert e164(written, home) == expected


@given(
    st.sampled_from(["DE", "AT", "CH", "GB", "FR"]),
    st.sampled_from(["0{}", "+49{}", "+43{}", "+41{}", "+44{}", "+33{}", "00{}", "{}", "+1{}", "+{}"]),
    st.text("0123456789", min_size=1, max_size=16),
)
def test_any_digits_are_read_as_the_library_reads_them(region: str, way: str, digits: str) -> None:
    written = way.format(digits)
    expected = by_the_library(written, region)
    assert e164(written, region) == (written.lstrip("+") if expected is None else expected)


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("", ""),
        ("ask Bob", ""),
        ("tel:+49-30-1234567", "+49301234567"),
        ("tel:+49-30-1234567;ext=12", "+49301234567"),
        ("+49 30 1234567 ext. 12", "+49301234567"),
        ("x" * 251, ""),
        ("\0", ""),
        ("+49\u00a030\u20111234567", "+49301234567"),
    ],
)
def test_what_is_around_the_digits_does_not_matter(written: str, norm: str) -> None:
    assert e164(written, "DE") == norm


@given(st.text(max_size=300), st.sampled_from(["DE", "US", "XX", ""]))
def test_no_text_is_too_odd(written: str, region: str) -> None:
    assert len(e164(written, region)) <= 50
