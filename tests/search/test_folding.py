"""One spelling for many."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farley.search.folding import search_fold

GERMAN = st.text(st.sampled_from("aouAOUeEsäöüÄÖÜßẞéèïœæøłđ nm"))


@pytest.mark.parametrize(
    "spellings",
    [
        ("Müller", "Mueller", "Muller", "MÜLLER", "Mu\u0308ller"),
        ("Straße", "STRASSE", "strasse", "STRAẞE"),
        ("Ærø", "Aero"),
        ("Łódź", "Lodz"),
        ("Ðuro Đặng", "duro dang"),
        ("ﬁne ｗｉｄｅ", "fine wide"),
        ("İstanbul", "ISTANBUL", "ıstanbul", "Istanbul"),
        ("Zoë", "Zoe", "ZO"),
    ],
)
def test_spellings_of_one_name_are_one(spellings: tuple[str, ...]) -> None:
    assert len({search_fold(spelling) for spelling in spellings}) == 1


@given(st.one_of(st.text(), GERMAN))
@example("aeeee")
@example("AËe")
@example("\u1e9e")
@example("\u0345\u03b1")
@example("㎒ ſt ŉ")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert search_fold(search_fold(text)) == search_fold(text)


@given(GERMAN)
def test_case_and_umlauts_make_no_difference(text: str) -> None:
    spelt_out = text.translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"})
    assert search_fold(text) == search_fold(text.upper()) == search_fold(spelt_out)


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_folds_alike_alone_and_beside_an_accent(text: str) -> None:
    assert search_fold(f"{text} é") == f"{search_fold(text)} e"


@pytest.mark.parametrize("text", ["a" + "e" * 200_000, "ae" * 100_000, "é" * 100_000, "aoue" * 50_000])
def test_folding_takes_time_linear_in_the_text(text: str) -> None:
    assert len(search_fold(text)) <= len(text)  # the first of them used to take hours
