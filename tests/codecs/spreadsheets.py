"""Spreadsheets with given contents: as small as readers take them."""

from __future__ import annotations

import io
import zipfile

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def _archive(parts: dict[str, str]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return into.getvalue()


def xlsx(rows: str, shared: str = "") -> bytes:
    """A workbook with one sheet, People, whose `rows` are given as XML, as are texts that they share."""
    relation = f'<Relationship Id="r1" Type="{_OFFICE}/{{}}" Target="{{}}"/>'
    relation = f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>'
    return _archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            "_rels/.rels": relation.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relation.format("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        }
        | ({"xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>'} if shared else {})
    )


def xlsx_of(rows: list[list[str]]) -> bytes:
    """The same of texts."""
    written = []
    for number, row in enumerate(rows, 1):
        places = [
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in enumerate(row)
        ]
        written.append(f'<row r="{number}">{"".join(places)}</row>')
    return xlsx("".join(written))


def ods(body: str) -> bytes:
    """An OpenDocument spreadsheet with one table, whose rows are given as XML."""
    spaces = f'xmlns:office="{_OPEN}:office:1.0" xmlns:table="{_OPEN}:table:1.0" xmlns:text="{_OPEN}:text:1.0"'
    return _archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0"/>',
            "content.xml": f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="People">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )
