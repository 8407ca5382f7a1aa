"""What is typed, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.search.queries import MAX_TERM, MAX_TERMS, Fault, faults, read


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("  Müller  Köln ", [("muller", "koln")]),
        ('ada "king  george" x', [("ada", "king george", "x")]),
        ('"not closed yet', [("not closed yet",)]),
        ("+49 (0)30 1234-567", [("49301234567",), ("+49", "(0)30", "1234567")]),
        ("030/1234567", [("301234567",)]),
        ("12", [("12",)]),
        ("000", [("000",)]),  # without its zeros it would be in everything
        ("０３０ １２３", [("30123",), ("030", "123")]),
        ("24103 Kiel", [("24103", "kiel")]),
        ("Müller & Co", [("muller", "co")]),
        ("&", [("&",)]),
        ("a\0b \ud800", [("a", "b")]),
        ("foo:bar AND NOT (x OR *)", [("foo:bar", "and", "not", "(x", "or", "*)")]),
        ("EE9", [("ee9",)]),
        ("", []),
        ("tag:", []),
    ],
)
def test_a_query_is_words_phrases_or_one_number(query: str, words: list[tuple[str, ...]]) -> None:
    expected = [tuple(w for w in each if any(c.isalnum() for c in w) or len(each) == 1) for each in words]
    assert [reading.words for reading in read(query)] == expected


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("tag:Kunde", "\x1f\x1ftkunde"),
        ('TAG:"Neuer Kunde"', "\x1f\x1ftneur\x1ftkunde\x1f\x1f"),
        ("city:Köln", "\x1fckoln"),
        ('org:"Bau Hallberg"', "\x1fobau\x1fohallberg\x1f\x1f"),
    ],
)
def test_a_filter_asks_for_a_marked_value(query: str, marked: str) -> None:
    [reading] = read(f"ada {query}")
    assert reading.words == ("ada",)
    assert [term.spellings for term in reading.terms if term.is_field] == [(marked,)]


def test_spaces_are_named() -> None:
    [reading] = read('space:Sales ada space:"north"')
    assert (reading.words, reading.spaces) == (("ada",), ("sales", "north"))


@given(st.text(max_size=300))
def test_terms_are_few_and_short(query: str) -> None:
    for reading in read(query):
        assert len(reading.terms) <= MAX_TERMS
        assert all(0 < len(spelling) <= MAX_TERM + 3 for term in reading.terms for spelling in term.spellings)


@pytest.mark.parametrize("query", ["1" * 100_000 + "x", "x " * 100_000, "0" * 100_000, '"' * 100_000, "tag:" * 50_000])
def test_a_huge_query_is_cut(query: str) -> None:
    assert all(len(reading.terms) <= MAX_TERMS for reading in read(query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('ada "king george', [Fault('"king george', is_quote=True)]),
        ('tag:"vip', [Fault('tag:"vip', is_quote=True)]),
        ("ada tag: city:kiel", [Fault("tag:", is_quote=False)]),
        ('org:"" ada', [Fault('org:""', is_quote=False)]),
        ('"ada king" tag:vip foo:bar foo: OR NEAR(', []),
    ],
)
def test_what_is_half_said_is_told_with_its_word(query: str, found: list[Fault]) -> None:
    assert faults(query) == found
