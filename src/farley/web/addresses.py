"""Addresses of records. A page has a hundred of them, and Django goes through all patterns for each."""

from __future__ import annotations

import re
from functools import lru_cache

from django.urls import get_script_prefix, reverse

_MARK = 10**15  # no record has such an id


def address(name: str, *given: int | str, prefix: str | None = None) -> str:
    """What `reverse` says for a page that is addressed by ids, and by words of letters, digits and hyphens.

    `prefix` is that of all addresses, where it is known already.
    """
    around = _around_ids(name, len(given), get_script_prefix() if prefix is None else prefix)
    if len(given) == 1:
        return f"{around[0]}{given[0]}{around[1]}"
    return "".join([part for pair in zip(around, map(str, given), strict=False) for part in pair]) + around[-1]


def around_ids(name: str, count: int = 1) -> tuple[str, ...]:
    """What stands before, between and behind the ids in such an address."""
    return _around_ids(name, count, get_script_prefix())


@lru_cache(maxsize=1000)
def _around_ids(name: str, count: int, _prefix: str) -> tuple[str, ...]:
    return tuple(re.split(rf"{_MARK}\d", reverse(name, args=[10 * _MARK + n for n in range(count)])))
