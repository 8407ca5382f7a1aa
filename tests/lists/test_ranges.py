"""Ranges that are read piece by piece and given out in one order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.lists import ranges as reading
from farley.lists.orders import Keys
from farley.lists.ranges import Stream

ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3)), max_size=40)  # key, and space


@given(ROWS, st.booleans(), st.integers(1, 12), st.sampled_from([None, (0, 3, 4, 9, 17)]), st.integers(0, 3))
def test_what_lies_in_several_ranges_is_given_out_once_and_in_order(
    rows: list[tuple[str, int]], is_down: bool, width: int, among: tuple[int, ...] | None, known_after: int
) -> None:
    ranges: dict[int, list[Keys]] = {space: [] for space in range(4)}
    for pk, (key, space) in enumerate(rows):
        ranges[space].append((key, pk))
    everything = sorted((keys for mine in ranges.values() for keys in mine), reverse=is_down)

    def fetched(asked: Sequence[tuple[int, Keys | None]], width: int) -> list[Keys]:
        found: list[Keys] = []
        for space, start in asked:
            mine = sorted(ranges[space], reverse=is_down)
            behind = [keys for keys in mine if start is None or (keys < start if is_down else keys > start)]
            found += [(space, *keys) for keys in behind[:width]]
        return found

    stream = Stream(fetched, list(ranges), None, is_down)
    given_out, asked_later, read, turns = list[Keys](), list[Keys](), 0, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LEAST", 1)
        while not stream.is_at_end:
            is_known = among is not None and turns >= known_after  # from some turn on
            read += stream.take(width, among if is_known else None)
            given_out += stream.found
            asked_later += (
                stream.found if is_known else [keys for keys in stream.found if among is None or keys[-1] in among]
            )
            turns += 1
    assert asked_later == [keys for keys in everything if among is None or keys[-1] in among]
    assert given_out == [keys for keys in everything if keys in {*given_out}]
    assert read == len(rows)
