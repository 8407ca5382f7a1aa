"""What was found out before, kept for who asks again, but of short texts alone: files hold whatever anybody wrote."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", str, bytes)
_Asked = Callable[Concatenate[T, P], R]


def remembered(most: int, *, longest: int = 250) -> Callable[[_Asked[T, P, R]], _Asked[T, P, R]]:
    """As `lru_cache` for `most` answers, but for a first argument of more than `longest` characters or octets."""

    def decorate(function: _Asked[T, P, R]) -> _Asked[T, P, R]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def answer(text: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if len(text) > longest:
                return function(text, *args, **kwargs)
            return kept(text, *args, **kwargs)  # type: ignore[arg-type]

        return answer

    return decorate
