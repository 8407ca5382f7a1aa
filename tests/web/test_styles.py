"""The style sheet as it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator

from farley.web.assets import asset_text

_OPEN_ONLY = re.compile(r":(?:not|nth-[a-z-]+)\([^()]*\)|::?(?!is|where|checked|focus)[a-z-]+")  # these name nothing


def selectors(css: str) -> Iterator[str]:
    """Each selector, with what it is nested in."""
    css = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", css, flags=re.DOTALL)
    around: list[str] = []
    for before, sign in re.findall(r"([^{};]*)([{};])", css):
        if sign == "}":
            around.pop()
        elif sign == "{":
            outer = around[-1] if around else ""
            inner = "" if before.startswith("@") else before.strip()
            around.append(inner.replace("&", outer) if "&" in inner else f"{outer} {inner}".strip())
            yield from re.split(r",(?![^()]*\))", around[-1])


def is_named(selector: str) -> bool:
    """Whether its last part says more of an element than where it stands."""
    last = re.split(r"[\s>+~]+(?![^()]*\))", selector.strip())[-1]
    return re.search(r"[a-z#.\[]", _OPEN_ONLY.sub("", last)) is not None


def compounds_of(selector: str) -> list[str]:
    """What a selector with `:has()` styles, and what it looks for."""
    has = r":has\(((?:[^()]|\([^()]*\))*)\)"
    return [re.sub(has, "", selector), *re.findall(has, selector)]


def test_what_has_tells_apart_is_named_so_that_ticking_a_box_styles_little_anew() -> None:
    found = [each for each in selectors(asset_text("app.css")) if ":has(" in each]
    assert len(found) > 30
    assert [each for each in found if not all(map(is_named, compounds_of(each)))] == []
