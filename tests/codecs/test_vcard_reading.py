import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.vcard import Card, Entry, InvalidVCard, read_cards

ADA = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n"
BOB = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\r\nEND:VCARD\r\n"

SOUP = st.lists(
    st.sampled_from([b"BEGIN:VCARD", b"END:VCARD", b"AGENT:", b"AGENT;X=1:", b"\r\n", b"\n", b"\r", b" ", b"FN:x",
                     b"\xef\xbb\xbf", b"begin : vcard ", b"\xff\xfe", b"\0", b"=",
                     b"NOTE;QUOTED-PRINTABLE:a=", b"\xe9"])
).map(b"".join)  # fmt: skip


class Dribble(io.BytesIO):
    """A file that gives out a few octets at a time, so that every mark is cut somewhere."""

    def __init__(self, octets: bytes, step: int) -> None:
        super().__init__(octets)
        self.step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step if size is None or size < 0 else min(size, self.step))


def entries(source: bytes) -> list[Entry]:
    return list(read_cards(source))


def problems(source: bytes) -> list[tuple[int, str]]:
    return [(entry.line, entry.problem.reason) for entry in read_cards(source) if entry.problem]


def test_every_sample_is_read_and_written_back_unchanged(sample: Path) -> None:
    octets = sample.read_bytes()
    found = entries(octets)
    assert found
    for entry in found:
        if entry.card is not None:
            card = entry.card
            assert card.octets == entry.octets
            assert b"".join(line.octets for line in card.lines) in card.octets
            assert Card.parse(card.octets).lines == card.lines


def test_every_sample_can_be_asked_anything(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        if entry.card is not None:
            ask(entry.card)


def ask(card: Card) -> None:
    assert (card.version, card.kind) >= ("2.1", 0)
    texts = [card.full_name, card.uid or "", card.name.rendered()]
    for found in card.properties():
        texts += [found.text, *found.texts, *found.parts, found.label or "", found.uri or ""]
        assert isinstance(found.types, tuple)
        assert found.pref is None or 1 <= found.pref <= 100
        assert found.date is None or found.date.text or found.date.basic()
        assert found.binary is None or found.binary[0]
    for text in texts:
        assert "\0" not in text
        text.encode()


@given(SOUP, st.integers(1, 40))
def test_reading_in_pieces_finds_what_reading_at_once_does(octets: bytes, step: int) -> None:
    in_pieces = [(entry.line, entry.octets, str(entry.problem)) for entry in read_cards(Dribble(octets, step))]
    assert in_pieces == [(entry.line, entry.octets, str(entry.problem)) for entry in read_cards(octets)]


@given(SOUP)
def test_any_octets_give_cards_and_problems_and_nothing_else(octets: bytes) -> None:
    for entry in read_cards(octets):
        assert (entry.card is None) != (entry.problem is None)
        if entry.card is not None:
            ask(entry.card)


@given(st.binary(max_size=400))
def test_the_inside_of_a_card_may_be_anything(inside: bytes) -> None:
    for entry in read_cards(b"BEGIN:VCARD\n" + inside + b"\nEND:VCARD\n"):
        if entry.card is not None:
            ask(entry.card)


@given(SOUP)
def test_one_card_in_the_usual_spelling_is_what_the_scanner_would_find(inside: bytes) -> None:
    octets = b"BEGIN:VCARD\r\n" + inside + b"\r\nEND:VCARD\r\n"
    found = list(read_cards(octets))
    try:
        card = Card.parse(octets)
    except InvalidVCard:
        assert len(found) != 1 or found[0].card is None
    else:
        assert [entry.card for entry in found] == [card]
        assert [entry.card.lines for entry in found if entry.card] == [card.lines]


@given(st.lists(st.sampled_from([ADA, BOB]), max_size=5))
def test_the_entries_of_a_clean_file_are_the_file(cards: list[bytes]) -> None:
    assert b"".join(entry.octets for entry in read_cards(b"".join(cards))) == b"".join(cards)


def test_an_empty_source_has_no_entries() -> None:
    assert entries(b"") == []
    assert entries(b"\xef\xbb\xbf\r\n \r\n") == []


def test_entries_know_their_line_whatever_the_line_breaks() -> None:
    for line_break in (b"\r\n", b"\n", b"\r"):
        source = (b"\r\n" + ADA + b"\r\nrubbish\r\n" + BOB).replace(b"\r\n", line_break)
        assert [entry.line for entry in read_cards(source)] == [2, 7, 8]


def test_marks_are_found_in_any_case_with_blanks_and_byte_order_marks() -> None:
    source = b"\xef\xbb\xbfbegin:vcard \nfn:a\nend:vcard \n\xef\xbb\xbfBegin:VCard\nfn:b\nEnd:vCard"
    assert [entry.card.full_name for entry in read_cards(source) if entry.card] == ["a", "b"]


def test_utf_16_is_read_with_and_without_its_mark() -> None:
    text = "BEGIN:VCARD\r\nFN:Müller 😀\r\nEND:VCARD\r\n"
    for octets in (text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-16-be")):
        [entry] = entries(octets)
        assert entry.octets == text.encode()


def test_a_run_of_anything_else_is_one_problem_with_its_first_line() -> None:
    outside = "this is not part of any vCard"
    assert problems(b"\n\na\nb\n" + ADA + b"c") == [(3, outside), (9, outside)]


def test_a_binary_file_is_one_problem() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8000
    assert problems(png) == [(1, "this is not part of any vCard")]
    assert len(entries(png)[0].octets) <= 1000


def test_a_card_without_its_end_is_reported_and_the_next_is_read() -> None:
    source = ADA.replace(b"END:VCARD\r\n", b"") + BOB
    unfinished, whole = entries(source)
    assert unfinished.problem is not None
    assert (unfinished.line, unfinished.problem.line) == (1, 1)
    assert unfinished.octets + whole.octets == source
    assert whole.card is not None


def test_a_file_cut_short_loses_only_its_last_card() -> None:
    assert problems(ADA + BOB[:-8]) == [(5, "the file ends before the END:VCARD of this vCard")]
    assert problems(ADA + BOB[:-2]) == []


def test_the_card_of_an_agent_is_part_of_its_card() -> None:
    nested = b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:A\r\nAGENT:\r\n" + ADA + b"TEL:1\r\nEND:VCARD\r\n"
    [entry] = entries(nested)
    assert entry.octets == nested
    assert entry.card is not None
    assert [line.name for line in entry.card.lines] == ["VERSION", "FN", "AGENT", "TEL"]
    assert Card.parse(entry.card.lines[2].value.encode().lstrip()).full_name == "Ada"


def test_agents_may_nest_as_deep_as_they_like() -> None:
    depth = 20_000
    octets = b"BEGIN:VCARD\nAGENT:\n" * depth + b"BEGIN:VCARD\nEND:VCARD\n" + b"END:VCARD\n" * depth
    [entry] = entries(octets)
    assert entry.card is not None
    assert len(entry.card.lines) == 1


def test_a_card_too_large_is_skipped_and_the_next_is_read() -> None:
    large = b"BEGIN:VCARD\r\nNOTE:" + b"x" * 300_000 + b"\r\nEND:VCARD\r\n"
    for source in (large + ADA, io.BytesIO(large + ADA), Dribble(large + ADA, 70_000)):
        found = list(read_cards(source, max_card=100_000))
        assert [entry.problem.reason if entry.problem else "" for entry in found] == [
            "this vCard is larger than 100,000 octets", ""]  # fmt: skip
        assert found[1].octets == ADA
        assert found[1].line == 4


def test_what_stands_before_the_first_line_belongs_to_no_line() -> None:
    card = Card.parse(b"BEGIN:VCARD\r\n\r\n folded onto BEGIN\r\nFN:x\r\nEND:VCARD\r\n")
    assert [line.octets for line in card.lines] == [b"FN:x\r\n"]


def test_a_nul_cannot_make_a_name_into_another() -> None:
    octets = b"BEGIN:VCARD\r\n\0END:VCARD\r\nFN:a\0b\r\nEND:VCARD\r\n"
    card = Card.parse(octets)
    assert card.octets == octets
    assert card.full_name == "ab"
    assert [line.name for line in card.lines] == ["\ufffdEND", "FN"]


def test_memory_is_bounded_whatever_the_source_holds() -> None:
    class Endless(io.RawIOBase):
        left = 300

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return b"" if self.left < 0 else (b"\r\nBEGIN:VCARD\r\n" if self.left == 250 else b"x") + b"y" * 100_000

    tracemalloc.start()
    list(read_cards(Endless(), max_card=200_000))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_one_card_is_parsed_with_what_stands_around_it() -> None:
    octets = b"\xef\xbb\xbf\r\n" + ADA + b"\r\n"
    assert Card.parse(octets).octets == octets
    assert Card.parse(octets).full_name == "Ada"


@pytest.mark.parametrize(
    ("octets", "line"), [(b"", 1), (b"rubbish", 1), (ADA + BOB, 5), (ADA + b"x", 5), (b"x\n" + ADA, 1), (ADA[:-9], 1)]
)
def test_what_is_not_exactly_one_card_is_refused_with_its_line(octets: bytes, line: int) -> None:
    with pytest.raises(InvalidVCard) as caught:
        Card.parse(octets)
    assert caught.value.line == line
    assert str(caught.value) == f"line {line}: {caught.value.reason}"
