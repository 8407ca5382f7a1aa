"""What changed between two versions of a card."""

from __future__ import annotations

from farley.codecs.vcard import Card
from farley.contacts.comparing import Difference, differences, is_comparable
from tests.cast import a_card


def between(before: tuple[str, ...], after: tuple[str, ...]) -> list[Difference]:
    return differences(Card.parse(a_card("Ada", *before, uid="1")), Card.parse(a_card("Ada", *after, uid="1")))


def test_a_value_is_followed_by_the_one_of_its_label() -> None:
    found = between(("TEL;TYPE=home:1", "TEL;TYPE=cell:2"), ("TEL;TYPE=cell:4", "TEL;TYPE=home:3"))
    assert found == [Difference("TEL", "home", "1", "3"), Difference("TEL", "cell", "2", "4")]


def test_a_value_without_its_like_is_followed_by_another_of_its_property() -> None:
    found = between(("TEL;TYPE=home:1", "EMAIL:a@x.example"), ("TEL;TYPE=cell:2", "NOTE:new"))
    assert found == [
        Difference("TEL", "cell", "1", "2"),
        Difference("EMAIL", "", "a@x.example", ""),
        Difference("NOTE", "", "", "new"),
    ]


def test_no_card_at_all_has_no_values() -> None:
    card = Card.parse(a_card("Ada", "TEL:1", uid="1"))
    assert Difference("TEL", "", "", "1") in differences(None, card)
    assert Difference("TEL", "", "1", "") in differences(card, None)


def test_a_long_folded_line_counts_as_one() -> None:
    photo = "PHOTO;ENCODING=b:" + "\r\n ".join(["A" * 70] * 5000)
    assert is_comparable(a_card("Ada", photo))
    assert not is_comparable(a_card("Ada", *["TEL:1"] * 5000))
