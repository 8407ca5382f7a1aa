from pathlib import Path

from farley.codecs.vcard import Card, judge, read_cards, repair
from farley.codecs.vcard_conversion import meaning


def card(*lines: str) -> Card:
    return Card.parse("\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""]).encode())


def rules(made: Card) -> set[tuple[int, str]]:
    return {(remark.line, remark.rule) for remark in judge(made)}


def test_a_proper_card_has_no_remarks() -> None:
    assert judge(card("VERSION:3.0", "UID:u", "N:King;Ada;;;", "FN:Ada King")) == []
    assert judge(card("VERSION:4.0", "UID:u", "FN:Ada King")) == []
    assert judge(card("VERSION:2.1", "UID:u", "N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:K=C3=B6nig")) == []


def test_remarks_name_the_physical_line_and_the_rule() -> None:
    made = card(
        "VERSION:4.0", "FN:x", " y", "FN", "N:a", "N:b", "AGENT:x", "A_B:1", "NOTE:" + "x" * 80, "TEL;CELL:\x01"
    )
    assert rules(made) == {
        (1, "no-uid"), (5, "no-colon"), (7, "several"), (8, "gone"), (9, "name"), (10, "long-line"), (11, "parameter"),
        (11, "control"),
    }  # fmt: skip


def test_what_is_missing_is_remarked_upon() -> None:
    assert rules(card("NOTE:x", "UID:u")) == {(1, "missing")}
    assert [remark.message for remark in judge(card("NOTE:x", "UID:u"))] == [
        "a vCard 3.0 must have FN", "a vCard 3.0 must have N", "a vCard 3.0 must have VERSION"]  # fmt: skip


def test_alternatives_of_one_property_are_one() -> None:
    assert judge(card("VERSION:4.0", "UID:u", "FN:x", "N;ALTID=1:a", "N;ALTID=1:b")) == []


def test_every_sample_can_be_judged_and_repaired(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        if entry.card is None:
            continue
        repaired = repair(entry.card, uid="made-up")
        assert not {"missing", "no-uid", "long-line"} & {
            remark.rule for remark in judge(repaired) if b"QUOTED" not in entry.octets}  # fmt: skip
        said = meaning(repaired)
        assert all(each in said for each in meaning(entry.card))
        assert repair(repaired, uid="other") is repaired or repair(repaired, uid="other") == repaired


def test_repairing_adds_what_a_card_must_have() -> None:
    repaired = repair(card("EMAIL:ada@example.org", "NOTE:" + "x" * 80), uid="u")
    assert repaired.octets == (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nN:;ada@example.org;;;\r\nFN:ada@example.org\r\n"
        b"EMAIL:ada@example.org\r\nNOTE:" + b"x" * 70 + b"\r\n " + b"x" * 10 + b"\r\nEND:VCARD\r\n"
    )
