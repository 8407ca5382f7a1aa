"""What rooms above this one have of the whole instance: they register how it is written and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Further(NamedTuple):
    """A file of lines. `name` is what it is called, without its ending, and what is counted."""

    name: str
    write: Callable[[], Iterator[dict[str, Any]]]
    read: Callable[[dict[str, Any]], None]  # a line, once accounts, spaces and all that is in them are there


_registered: dict[str, Further] = {}


def register(further: Further) -> None:
    _registered[further.name] = further


def registered() -> list[Further]:
    return list(_registered.values())
