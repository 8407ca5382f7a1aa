from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.contentline import MAX_OCTETS, Line, fold, line_ending, split_lines, unfold, write_head

TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))
LONG = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=100)  # must fold
SOUP = st.lists(
    st.sampled_from([b"NOTE", b":", b";", b"\r\n", b"\n", b"\r", b" ", b"\t", b"=", b'"', b",", b"\\", b"\xc3", b"\xa9",
                     b"ENCODING=QUOTED-PRINTABLE", b"BASE64", b"item1.", b"TYPE=x", b"QUJD", b"=C3=A9", b"\0", b"^n"])
).map(b"".join)  # fmt: skip


@given(LONG)
def test_folding_loses_nothing_and_stays_in_75_octets(line: str) -> None:
    folded = fold(line)
    assert unfold(folded) == line
    assert all(len(piece) <= MAX_OCTETS for piece in folded.split(b"\r\n"))


@given(LONG)
def test_folding_never_cuts_a_character(line: str) -> None:
    for piece in fold(line).split(b"\r\n"):
        piece.decode()


@given(SOUP)
def test_lines_joined_are_the_octets_they_came_from(octets: bytes) -> None:
    assert b"".join(line.octets for line in split_lines(octets)) == octets


@given(SOUP)
def test_every_line_can_be_asked_anything(octets: bytes) -> None:
    for line in split_lines(octets):
        asked = (line.name, line.group, line.params, line.raw, line.value, line.decoded, line.value_octets)
        assert "\0" not in f"{asked[4]}{asked[5]}"


@given(SOUP)
def test_a_line_by_itself_reads_as_it_did_among_others(octets: bytes) -> None:
    for line in split_lines(octets):
        alone = Line.parse(line.octets)
        assert (alone.name, alone.group, alone.params) == (line.name, line.group, line.params)
        if line.name:
            assert alone.value == line.value


@given(LONG)
def test_a_value_is_read_through_its_folds(text: str) -> None:
    [line] = split_lines(fold("NOTE:" + text))
    assert (line.name, line.value) == ("NOTE", text)


@given(st.lists(st.tuples(st.sampled_from(["TYPE", "X-A", "LABEL"]), st.lists(TEXT, min_size=1))), TEXT)
def test_parameters_are_read_as_they_were_written(params: list[tuple[str, list[str]]], value: str) -> None:
    stripped = [(name, [each.strip() for each in values]) for name, values in params]
    [line] = split_lines(fold(f"{write_head('ADR', stripped, group='item1')}:{value}"))
    assert (line.group, line.name, line.value) == ("item1", "ADR", value)
    assert [(name, list(values)) for name, values in line.params] == stripped


def one(octets: bytes) -> Line:
    [line] = split_lines(octets)
    return line


def test_a_head_may_be_folded() -> None:
    line = one(b"TEL;TYPE=VOICE,M\r\n\tSG,WORK:+1-919\r\n -676\r\n")
    assert line.params == (("TYPE", ("VOICE", "MSG", "WORK")),)
    assert line.value == "+1-919-676"
    assert line.value_octets == b"+1-919\r\n -676\r\n"


def test_a_fold_in_the_middle_of_a_character_is_mended() -> None:
    assert one(b"FN:M\xc3\r\n \xbcller\r\n").value == "Müller"


def test_a_colon_in_quotes_does_not_end_the_head() -> None:
    line = one(b'ADR;LABEL="A: b; c, d";TYPE=home:;;x\r\n')
    assert line.params == (("LABEL", ("A: b; c, d",)), ("TYPE", ("home",)))
    assert line.value == ";;x"


def test_a_quote_nobody_closed_is_a_character() -> None:
    line = one(b'TEL;X-A=5":1"2\r\n')
    assert line.params == (("X-A", ('5"',)),)
    assert line.value == '1"2'
    assert one(b'TEL;X-A=5";TYPE=home:1\r\n').params == (("X-A", ('5"',)), ("TYPE", ("home",)))


def test_rfc_6868_escapes_are_undone() -> None:
    assert one(b'ADR;LABEL="a^nb^^c^\'d^x":\r\n').params == (("LABEL", ('a\nb^c"d^x',)),)


def test_bare_and_empty_parameters_are_kept() -> None:
    assert one(b"TEL;CELL;;X=:1\r\n").params == (("", ("CELL",)), ("", ("",)), ("X", ("",)))


def test_a_line_without_a_colon_is_kept_as_broken() -> None:
    broken, whole = split_lines(b"FN\r\nN:x\r\n")
    assert (broken.name, broken.value) == ("", "FN")
    assert whole.name == "N"


def test_soft_breaks_join_lines_and_keep_a_leading_blank() -> None:
    line = one(b"NOTE;ENCODING=QUOTED-PRINTABLE:caf=C3=A9=\r\n au lait=0D=0A=\r\nEND\r\n")
    assert line.decoded == "café au lait\nEND"


def test_a_blank_line_after_a_soft_break_ends_the_value() -> None:
    address, note = split_lines(b"ADR;QUOTED-PRINTABLE:;;a;=\r\n\r\nNOTE:b\r\n")
    assert address.decoded == ";;a;"
    assert note.value == "b"


def test_an_equals_sign_before_a_line_break_joins_nothing_elsewhere() -> None:
    assert [line.name for line in split_lines(b"X-A:1=\r\nNOTE:b\r\n")] == ["X-A", "NOTE"]


def test_base64_that_nobody_indented_belongs_to_its_line() -> None:
    photo, name = split_lines(b"PHOTO;ENCODING=BASE64:\r\nQUJD\r\nREVG\r\n\r\nFN:x\r\n")
    assert photo.octets == b"PHOTO;ENCODING=BASE64:\r\nQUJD\r\nREVG\r\n\r\n"
    assert name.value == "x"


def test_a_charset_is_used_where_it_is_known_and_fits() -> None:
    assert one(b"FN;CHARSET=windows-1250:\xb3\r\n").value == "ł"
    assert one(b"FN;CHARSET=x-unknown:\xb3\r\n").value == "³"
    assert one("FN;CHARSET=us-ascii:ł\r\n".encode()).value == "ł"
    assert one(b"FN;CHARSET=unicode_escape:\\x41\r\n").value == "\\x41"


def test_what_is_not_utf_8_is_windows_1252_line_by_line() -> None:
    first, second = split_lines(b"FN:Do\xeb\r\nN:Do\xc3\xab\r\n")
    assert (first.value, second.value) == ("Doë", "Doë")


def test_the_first_line_break_is_the_line_ending() -> None:
    assert line_ending(b"a\nb\r\n") == b"\n"
    assert line_ending(b"a\rb") == b"\r"
    assert line_ending(b"a") == b"\r\n"


def test_what_was_read_before_does_not_change_how_a_fold_is_read() -> None:
    split_lines(b" FN:x\r\n")
    assert one(b"NOTE:a\r\n FN:b\r\n").value == "aFN:b"


def test_shapes_that_could_take_long_are_read_in_one_pass() -> None:
    for octets in (
        b"X" + b";A=b" * 300_000 + b":v\r\n",
        b"X;" + b'"' * 1_000_001 + b":v\r\n",
        b"NOTE:" + b"\r\n " * 300_000 + b"\r\n",
        b"NOTE;QUOTED-PRINTABLE:" + b"=\r\n" * 300_000,
        b"X;A=" + b'"a",' * 300_000 + b":v\r\n",
        b"X;A=" + b"^" * 1_000_000 + b":v\r\n",
    ):
        lines = split_lines(octets)
        assert b"".join(line.octets for line in lines) == octets
        for line in lines:
            _ = line.params, line.value, line.decoded
