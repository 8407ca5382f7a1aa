"""The language of filters: what can be written comes back the same, and what cannot says where."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from farley.lists import language
from farley.lists.language import BadFilter, Condition, Filter, Group, Operator, Reason

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
FIELDS = st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True).filter(lambda name: name not in ("and", "or", "not"))
CONDITIONS: st.SearchStrategy[Filter] = st.one_of(
    st.builds(lambda f, o, v: Condition(f, o, (v,)), FIELDS, st.sampled_from(sorted(
        set(Operator) - {Operator.IN, *language.NO_VALUE})), ANY_TEXT),
    st.builds(lambda f, v: Condition(f, Operator.IN, tuple(v)), FIELDS, st.lists(ANY_TEXT, min_size=1, max_size=4)),
    st.builds(Condition, FIELDS, st.sampled_from(language.NO_VALUE)),
)  # fmt: skip


def groups(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    return st.builds(lambda p, a: Group(tuple(p), a), st.lists(parts, min_size=2, max_size=3), st.booleans())


FILTERS = CONDITIONS | groups(CONDITIONS | groups(CONDITIONS))


@settings(max_examples=200)
@given(FILTERS)
def test_a_filter_comes_back_from_its_text_and_from_json(filter_: Filter) -> None:
    text = language.written(filter_)
    assume(len(text) <= language.MAX_LENGTH)
    assert language.parse(text) == filter_
    assert language.from_json(json.loads(json.dumps(language.as_json(filter_)))) == filter_


@given(st.text(max_size=60) | st.text('abis()"\\, nortandempty', max_size=60))
def test_whatever_is_typed_is_a_filter_or_refused_by_name(text: str) -> None:
    read, error = None, None
    try:
        read = language.parse(text)
    except BadFilter as raised:
        error = raised
    assert language.parse(language.written(read)) == read
    assert error is None or 0 <= error.at <= len(text)


def test_and_binds_more_tightly_than_or() -> None:
    both = language.parse("a is 1 and b is 2 or c empty")
    assert both == language.parse("(a is 1 and b is 2) or c empty")
    assert both != language.parse("a is 1 and (b is 2 or c empty)")


@pytest.mark.parametrize(
    ("text", "reason", "word", "at"),
    [
        ("city", Reason.OPERATOR, "", 4),
        ("city is", Reason.VALUE, "", 7),
        ("city is Bad Nauheim", Reason.JOIN, "Nauheim", 12),
        ('city is "Bad', Reason.QUOTE, '"Bad', 8),
        ("(city is A", Reason.CLOSING, "", 10),
        ("city in A", Reason.VALUE, "A", 8),
        ("city is A and", Reason.FIELD, "", 13),
        ("city likes A", Reason.OPERATOR, "likes", 5),
        ("is is is )", Reason.JOIN, ")", 9),
        ("city is \0", Reason.NOT_STORED, "", 8),
        ("city is \ud800", Reason.NOT_STORED, "", 8),
        ("x" * 10_000, Reason.TOO_LONG, "", language.MAX_LENGTH),
        ("(" * 1000, Reason.TOO_DEEP, "(", language.MAX_DEPTH),
        (" or ".join(["a empty"] * 60), Reason.TOO_MANY, "a", 550),
    ],
)
def test_what_is_no_filter_is_told_with_its_word_and_place(text: str, reason: Reason, word: str, at: int) -> None:
    with pytest.raises(BadFilter) as caught:
        language.parse(text)
    assert (caught.value.reason, caught.value.word, caught.value.at) == (reason, word, at)


@pytest.mark.parametrize(
    "value",
    [
        [], "city", {"field": "city"}, {"field": 1, "is": "x"}, {"field": "city", "is": 1}, {"all": {}},
        {"field": "city", "likes": "x"}, {"field": "a b", "is": "x"}, {"field": "city", "empty": "x"},
        {"field": "city", "in": "x"}, {"all": [], "any": []}, {"field": "city", "is": "\ud800"},
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(BadFilter):
        language.from_json(value)
