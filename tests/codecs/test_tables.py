"""Tables out of files: any encoding, any dialect, located problems, bounded whatever is in them."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.spreadsheets import ods, xlsx

from farley.codecs import spreadsheets, tables
from farley.codecs.tables import NotATable, Row, Table, open_table
from farley.codecs.unreadable import Unreadable

NAMES = "Name;Straße\nJörg;Übelstraße 5\n"


def opened(octets: bytes, **options: str) -> Table:
    return open_table(io.BytesIO(octets), **options)  # type: ignore[arg-type]


def rows_of(table: Table) -> list[tuple[int, list[str]]]:
    return [(row.line, list(row.cells)) for row in table.rows if isinstance(row, Row)]


def problems_of(table: Table) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in table.rows if isinstance(row, Unreadable)]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", NAMES),
        ("utf-8-sig", NAMES),
        ("utf-16", NAMES),
        ("utf-16-le", NAMES),
        ("utf-16-be", NAMES),
        ("cp1252", NAMES),
        ("mac_roman", NAMES),
        ("cp1250", "Imię;Nazwisko\nŁukasz;Wałęsa\n"),
        ("cp1251", "Имя;Фамилия\nИван;Петров\n"),
        ("cp932", "名前;住所\n山田 太郎;東京都\n"),
    ],
)
def test_the_encoding_is_found_out(encoding: str, text: str) -> None:
    table = opened(text.encode(encoding))
    first, second = (line.split(";") for line in text.splitlines())
    assert (table.header, rows_of(table)) == (first, [(2, second)])


def test_an_encoding_that_is_given_is_used() -> None:
    assert opened("Имя;Город\nЯ;Уфа\n".encode("koi8-r"), encoding="koi8-r").header == ["Имя", "Город"]


def test_octets_of_another_encoding_in_utf_8_do_not_spoil_the_rest() -> None:
    octets = "Name,Ort\nZoë,Köln\n".encode() * 9000 + "Jörg,Köln\n".encode("cp1252")
    assert rows_of(opened(octets))[-1][1] == ["Jörg", "Köln"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_out(delimiter: str, end: str) -> None:
    lines = [["Name", "Mail", "Note"], ["A", "a@b.de", "x, y; z"], ["B", "", 'a "b"']]
    quoted = end.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    table = opened(quoted.encode())
    assert (table.dialect.delimiter, table.header) == (delimiter, lines[0])
    assert [cells for _, cells in rows_of(table)] == lines[1:]


def test_excels_line_about_the_delimiter_is_no_row() -> None:
    table = opened(b"sep=|\r\nName|Mail\r\nA, B|a@b.de\r\n")
    assert (table.header, rows_of(table)) == (["Name", "Mail"], [(3, ["A, B", "a@b.de"])])


def test_lines_before_the_header_are_passed_over_and_remarked_on() -> None:
    table = opened(b'Notes:\n"Some words, and a comma"\n\nFirst,Last,Mail\nA,B,a@b.de\n')
    assert (table.header, rows_of(table)) == (["First", "Last", "Mail"], [(5, ["A", "B", "a@b.de"])])
    assert [remark.code for remark in table.remarks] == ["preamble"]


def test_without_a_header_no_row_is_lost_and_the_columns_have_numbers() -> None:
    table = opened(b"John Doe,john@doe.invalid\nJane Doe,jane@doe.invalid\n")
    assert (table.header, table.has_header) == (["1", "2"], False)
    assert [cells[0] for _, cells in rows_of(table)] == ["John Doe", "Jane Doe"]


def test_columns_of_one_name_are_told_apart() -> None:
    table = opened(b"Titre,Nom,Titre,\nM.,Hugo,auteur,x\n")
    assert table.header == ["Titre", "Nom", "Titre (2)", "4"]


def test_a_cell_may_hold_line_breaks_and_rows_are_told_by_their_first_line() -> None:
    table = opened(b'Name,Note\nA,"one\ntwo\rthree"\n,\nB,\n')
    assert rows_of(table) == [(2, ["A", "one\ntwo\rthree"]), (6, ["B", ""])]


def test_a_short_row_is_filled_up_and_one_with_too_many_values_is_a_problem() -> None:
    octets = b"Name,Mail\nA\nB,b@c.de,,\nC,c@d.de,extra\nD,d@e.de\n"
    assert [cells for _, cells in rows_of(opened(octets))] == [["A", ""], ["B", "b@c.de"], ["D", "d@e.de"]]
    assert problems_of(opened(octets)) == [(4, "this row has more values than there are columns")]


def test_a_quote_that_is_never_closed_costs_its_own_row_alone() -> None:
    octets = b'Name,Note\nA,"open\nB,b\nC,c\n'
    assert problems_of(opened(octets)) == [(2, "a quote in this row is never closed")]
    assert [cells for _, cells in rows_of(opened(octets))] == [["B", "b"], ["C", "c"]]


def test_lines_without_end_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROW", 1000)
    octets = b"Name,Note\n" + b"x" * 50_000 + b',y\nA,"' + b"z\n" * 700 + b"B,b\n"
    assert problems_of(opened(octets))[:2] == [
        (2, "this row is too long"),
        (3, "a quote in this row is never closed"),
    ]
    assert rows_of(opened(octets))[-1][1] == ["B", "b"]


def test_quotes_that_open_again_and_again_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROW", 2000)
    table = opened(b"Name,Note\n" + b'x"a,"b\n' * 20_000)
    assert 20 < len(problems_of(table)) < 200


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "the file is empty"),
        (b" \r\n\r\n", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "this is no text file"),
        (b"a" + b",a" * 10_000, "it has too many columns"),
        (b"PK\3\4" + b"rest" * 50, "this is no spreadsheet, or it is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "this kind of spreadsheet is not read here; save it as XLSX"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(octets: bytes, reason: str) -> None:
    with pytest.raises(NotATable) as refused:
        opened(octets)
    assert refused.value.reason == reason


@given(st.binary(max_size=400))
def test_any_octets_give_rows_problems_or_a_refusal(octets: bytes) -> None:
    try:
        table = opened(octets)
    except NotATable:
        return
    for row in table.rows:
        assert isinstance(row, Unreadable) or len(row.cells) == len(table.header)


@given(st.text(st.sampled_from('a";,\n\r\t \0x1@.é'), max_size=200))
def test_any_soup_of_signs_gives_rows_problems_or_a_refusal(text: str) -> None:
    test_any_octets_give_rows_problems_or_a_refusal.hypothesis.inner_test(text.encode())  # type: ignore[attr-defined]


SHEET = (
    '<row r="2"><c r="B2" t="inlineStr"><is><t>Name</t></is></c><c r="C2" t="inlineStr"><is><t>Tel</t></is></c></row>'
    '<row r="4"><c r="B4" t="inlineStr"><is><t>=SUM(A1)</t></is></c><c r="C4"><v>49301234567</v></c></row>'
    '<row r="5"><c r="B5" t="inlineStr"><is><t>Bea</t></is></c><c r="C5"><f>1+1</f><v>2</v></c></row>'
)


def test_a_spreadsheet_is_read_from_wherever_its_table_begins() -> None:
    table = opened(xlsx(SHEET))
    assert table.header == ["1", "Name", "Tel"]
    assert rows_of(table) == [(4, ["", "=SUM(A1)", "49301234567"]), (5, ["", "Bea", "2"])]
    assert table.dialect.sheet == "People"


def test_an_opendocument_sheet_is_read_too() -> None:
    cell = "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>"
    day = cell.replace("'string'", "'date' office:date-value='1980-04-12'").format("x")
    body = f"<table:table-row>{cell.format('Name')}{cell.format('Geburtstag')}</table:table-row>"
    body += f"<table:table-row>{cell.format('Ada')}{day}</table:table-row>"
    body += "<table:table-row table:number-rows-repeated='1048000'><table:table-cell/></table:table-row>"
    assert rows_of(opened(ods(body))) == [(2, ["Ada", "1980-04-12"])]


@pytest.mark.parametrize(
    "octets",
    [
        xlsx('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        xlsx('<row r="1"><c r="A1"><v>1</v></c></row><row r="999999"><c x="a>b" r="XFD999999"><v>1</v></c></row>'),
        xlsx('<row r="1"><c r="A1"/></row><row r="1000000">' + "<c><v>2</v></c>" * 10_000 + "</row>"),
        ods(
            "<table:table-row table:number-rows-repeated='1000000'>"
            "<table:table-cell table:number-columns-repeated='9000'><text:p>x</text:p></table:table-cell>"
            "</table:table-row>"
        ),
    ],
    ids=["far corner", "far corner behind a sign", "cells without a place", "repeated"],
)
def test_a_spreadsheet_whose_cells_are_far_apart_is_refused_before_it_is_laid_out(octets: bytes) -> None:
    with pytest.raises(NotATable, match="too large"):
        opened(octets)


def sharing(cells: str, count: int, *texts: str) -> bytes:
    rows = "".join(f'<row r="{number}">{cells.format(row=number)}</row>' for number in range(1, count + 1))
    return xlsx(rows, "".join(f"<si><t>{text}</t></si>" for text in texts))


def repeating(text: str, *, row: str = "", cell: str = "") -> bytes:
    inside = f"<table:table-cell{cell}><text:p>{text}</text:p></table:table-cell>"
    return ods(f"<table:table-row{row}>{inside}</table:table-row>")


@pytest.mark.parametrize(
    "octets",
    [
        sharing('<c r="A{row}" t="s"><v>0</v></c>', 700, "x" * 1_000),
        sharing("<c r='A{row}' t = 's'><!-- --><v>1</v></c>", 700, "x" * 1_000, "y"),
        sharing('<x:c r="A{row}" t="&#115;"><x:v>0</x:v></x:c>', 700, "x" * 1_000, "y"),
        repeating("x" * 1_000, row=' table:number-rows-repeated="700"'),
        repeating("x" * 1_000, cell=' table:number-columns-repeated="700"'),
        repeating('<text:s text:c="700000"/>'),
        repeating('<text:s text:c="&#55;00000"/>'),
    ],
    ids=["shared", "shared, oddly written", "shared, hidden", "rows", "columns", "blanks", "blanks, hidden"],
)
def test_a_spreadsheet_whose_cells_repeat_long_texts_is_refused_before_it_is_laid_out(
    octets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_TEXT", 600_000)
    with pytest.raises(NotATable, match="too large"):
        opened(octets)


def test_one_long_text_in_a_large_spreadsheet_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_TEXT", 600_000)
    rows = [f'<c r="A{row}" t="s"><v>{0 if row > 2 else row - 1}</v></c>' for row in range(1, 5_001)]
    rows = [f'<row r="{number}">{cell}</row>' for number, cell in enumerate(rows, 1)]
    octets = xlsx("".join(rows), f"<si><t>Name</t></si><si><t>{'x' * 30_000}</t></si>")
    assert len(list(opened(octets).rows)) == 4_999


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 10_000)
    with pytest.raises(NotATable, match="too large"):
        opened(xlsx("<!--" + " " * 20_000 + "-->"))


@given(st.data())
def test_a_damaged_spreadsheet_is_a_refusal_or_a_table(data: st.DataObject) -> None:
    octets = bytearray(xlsx(SHEET))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(4, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        list(opened(bytes(octets)).rows)
    except NotATable:
        pass


def test_a_sheet_in_utf_16_is_refused() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
        archive.writestr("xl/worksheets/sheet1.xml", "<c r='XFD1048576'/>".encode("utf-16"))
    with pytest.raises(NotATable, match="damaged"):
        opened(into.getvalue())
