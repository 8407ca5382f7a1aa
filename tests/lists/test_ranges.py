"""Ranges that are read piece by piece and given out in one order."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from farley.lists.orders import Keys
from farley.lists.ranges import Stream

ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3)), max_size=40)  # key, and space


@given(ROWS, st.booleans(), st.integers(1, 12), st.sampled_from([None, (0, 3, 4, 9, 17)]))
def test_what_lies_in_several_ranges_is_given_out_once_and_in_order(
    rows: list[tuple[str, int]], is_down: bool, width: int, among: tuple[int, ...] | None
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
    given_out, read = list[Keys](), 0
    while not stream.is_at_end:
        read += stream.take(width, among)
        given_out += stream.found
    assert given_out == [keys for keys in everything if among is None or keys[-1] in among]
    assert read == len(rows)
