"""Caches of what files hold."""

from __future__ import annotations

from farley.codecs.remembering import remembered


def test_what_is_short_is_worked_out_once_and_what_is_long_is_not_kept() -> None:
    asked: list[str] = []

    @remembered(2, longest=4)
    def shouted(text: str, mark: str = "!") -> str:
        asked.append(text)
        return text.upper() + mark

    assert [shouted(each) for each in ("a", "a", "long!", "long!")] == ["A!", "A!", "LONG!!", "LONG!!"]
    assert asked == ["a", "long!", "long!"]
    assert (shouted("a", "?"), shouted.__name__) == ("A?", "shouted")
