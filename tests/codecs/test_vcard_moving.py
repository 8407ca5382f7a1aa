"""A property at another place of its card: nothing but the order changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.vcard import Card

CARD = Card.parse(
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\n"
    b"item1.TEL:1\r\nitem1.X-ABLabel:Boat\r\n"
    b"EMAIL:a@example.org\r\n"
    b"item2.TEL;TYPE=HOME:2\r\n 22\r\nitem2.X-ABLabel:Car\r\n"
    b"item2.EMAIL:b@example.org\r\n"
    b"TEL:3\r\nEND:VCARD\r\n"
)


def test_what_labels_a_property_goes_along() -> None:
    boat, _, last = CARD.properties("TEL")
    moved = CARD.with_moved(boat.index, last.index)
    assert [prop.text for prop in moved.properties("TEL")] == ["222", "3", "1"]
    assert [prop.label for prop in moved.properties("TEL")] == ["Car", None, "Boat"]
    assert moved.octets.endswith(b"TEL:3\r\nitem1.TEL:1\r\nitem1.X-ABLabel:Boat\r\nEND:VCARD\r\n")
    back = moved.properties("TEL")
    assert moved.with_moved(back[2].index, back[0].index).properties("TEL")[0].label == "Boat"


@given(st.integers(0, 4), st.integers(0, 4))
def test_no_line_is_lost_or_rewritten(which: int, onto: int) -> None:
    props = CARD.properties("TEL", "EMAIL")
    moved = CARD.with_moved(props[which].index, props[onto].index)
    assert sorted(line.octets for line in moved.lines) == sorted(line.octets for line in CARD.lines)
    assert {(prop.text, prop.label) for prop in moved.properties("TEL", "EMAIL")} == {
        (prop.text, prop.label) for prop in props
    }
