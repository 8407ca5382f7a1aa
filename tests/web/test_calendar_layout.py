"""Where things stand in a calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.web.calendar.calendar_layout import LEAST, lanes, month_of, next_month, side_by_side, week_of

SPANS = st.lists(
    st.tuples(st.integers(0, 47), st.integers(1, 8)).map(lambda pair: (pair[0] / 2, (pair[0] + pair[1]) / 2)),
    max_size=12,
)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(9, 10), (10, 11)], [(0, 1), (0, 1)]),
        ([(9, 11), (10, 12)], [(0, 0.5), (0.5, 0.5)]),
        ([(9, 9), (9.25, 10)], [(0, 0.5), (0.5, 0.5)]),  # the first is drawn half an hour long
        ([(8, 12), (8, 9), (8, 9), (9, 10)], [(0, 1 / 3), (1 / 3, 1 / 3), (2 / 3, 1 / 3), (1 / 3, 2 / 3)]),
    ],
)
def test_what_overlaps_stands_side_by_side(
    spans: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    assert [(place.left, pytest.approx(place.width)) for place in side_by_side(spans)] == expected


@given(SPANS)
def test_nothing_covers_anything_else(spans: list[tuple[float, float]]) -> None:
    places = side_by_side(spans)
    for n, place in enumerate(places):
        assert place.left >= 0
        assert place.left + place.width <= 1.000001
        for other in range(n):
            apart = max(spans[other][1], spans[other][0] + LEAST) <= spans[n][0]
            apart = apart or max(spans[n][1], spans[n][0] + LEAST) <= spans[other][0]
            beside = (
                places[other].left + places[other].width <= place.left + 1e-9
                or place.left + place.width <= places[other].left + 1e-9
            )
            assert apart or beside


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda pair: (min(pair), max(pair))), max_size=12))
def test_bars_in_one_lane_do_not_touch(spans: list[tuple[int, int]]) -> None:
    found = lanes(spans)
    for n, (first, last) in enumerate(spans):
        for other in range(n):
            if found[n] == found[other]:
                assert spans[other][1] < first or last < spans[other][0]
    most = max((sum(first <= day <= last for first, last in spans) for day in range(7)), default=0)
    assert len(set(found)) == most


def test_a_month_is_shown_in_whole_weeks() -> None:
    window = month_of(dt.date(2026, 11, 19), 0)
    assert (window.first, window.last, len(window.weeks)) == (dt.date(2026, 10, 26), dt.date(2026, 12, 6), 6)
    assert month_of(dt.date(2026, 11, 19), 6).first == dt.date(2026, 11, 1)
    assert week_of(dt.date(2026, 11, 19), 0).first == dt.date(2026, 11, 16)
    assert next_month(dt.date(2026, 12, 31)) == dt.date(2027, 1, 1)
    assert next_month(dt.date(2026, 3, 31), -1) == dt.date(2026, 2, 1)
