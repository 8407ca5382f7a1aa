"""What contacts can be exported as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from typing import Final

from django.utils.translation import gettext_noop

from farley.exchange.paper.sheets import LABEL_SHEETS


class Section(StrEnum):
    """Formats that are alike, as pages put them together."""

    VCARD = gettext_noop("vCard")
    TABLE = gettext_noop("Tables")
    OTHER = gettext_noop("Other programs")
    PAPER = gettext_noop("On paper")
    LABELS = gettext_noop("Labels")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. One with a `layout` is a table, and has columns for own fields where vCards have lines."""

    name: str
    label: str
    ending: str
    media_type: str
    section: Section
    version: str | None = None  # of vCard
    layout: str = ""
    note: str = ""  # what it is good for

    @property
    def is_table(self) -> bool:
        return bool(self.layout)

    @property
    def is_on_paper(self) -> bool:
        return self.section in (Section.PAPER, Section.LABELS)


_VCARD, _CSV, _PDF = "text/vcard; charset=utf-8", "text/csv; charset=utf-8", "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_V, _T, _O, _P = Section.VCARD, Section.TABLE, Section.OTHER, Section.PAPER
FORMATS: Final = {
    each.name: each
    for each in (
        Format("vcard", gettext_noop("vCard, as stored"), "vcf", _VCARD, _V,
               note=gettext_noop("Every card exactly as it came, whatever its version.")),
        Format("vcard-4.0", "vCard 4.0", "vcf", _VCARD, _V, version="4.0",
               note=gettext_noop("The newest; says the most.")),
        Format("vcard-3.0", "vCard 3.0", "vcf", _VCARD, _V, version="3.0",
               note=gettext_noop("For phones and most programs.")),
        Format("vcard-2.1", "vCard 2.1", "vcf", _VCARD, _V, version="2.1",
               note=gettext_noop("For old devices, cars for example.")),
        Format("csv", gettext_noop("CSV, all columns"), "csv", _CSV, _T, layout="farley",
               note=gettext_noop("A table for any program; Farley reads it again.")),
        Format("csv-google", gettext_noop("CSV for Google Contacts"), "csv", _CSV, _T, layout="google",
               note=gettext_noop("The columns that Google reads.")),
        Format("csv-outlook", gettext_noop("CSV for Outlook (English)"), "csv", _CSV, _T, layout="outlook.en",
               note=gettext_noop("The columns that an English Outlook reads.")),
        Format("csv-outlook-de", gettext_noop("CSV for Outlook (German)"), "csv", _CSV, _T, layout="outlook.de",
               note=gettext_noop("The columns that a German Outlook reads.")),
        Format("xlsx", gettext_noop("Excel table (XLSX)"), "xlsx", _XLSX, _T, layout="farley",
               note=gettext_noop("The same table for Excel and LibreOffice.")),
        Format("jscontact", "JSContact", "json", "application/json", _O,
               note=gettext_noop("JSON with a name for everything, for programs (RFC 9553).")),
        Format("jcard", "jCard", "json", "application/vcard+json", _O,
               note=gettext_noop("vCard 4.0 as JSON (RFC 7095).")),
        Format("xcard", "xCard", "xml", "application/vcard+xml", _O,
               note=gettext_noop("vCard 4.0 as XML (RFC 6351).")),
        Format("ldif", "LDIF", "ldif", "text/plain; charset=utf-8", _O,
               note=gettext_noop("For directories (LDAP) and Thunderbird; without photos that are no JPEG.")),
        Format("birthdays", gettext_noop("Birthdays as a calendar"), "ics", "text/calendar; charset=utf-8", _O,
               note=gettext_noop("Birthdays and anniversaries as yearly events (iCalendar).")),
        Format("addresses", gettext_noop("Address list (PDF)"), "pdf", _PDF, _P,
               note=gettext_noop("Everybody with addresses and numbers, by name, to print.")),
        Format("birthday-list", gettext_noop("Birthday list (PDF)"), "pdf", _PDF, _P,
               note=gettext_noop("Birthdays and anniversaries month by month, to print.")),
        *(Format(f"labels-{number}", sheet.label, "pdf", _PDF, Section.LABELS)
          for number, sheet in LABEL_SHEETS.items()),
    )
}  # fmt: skip


def offered() -> dict[str, Format]:
    """FORMATS, without those on paper where what sets them is not installed."""
    return {name: form for name, form in FORMATS.items() if not form.is_on_paper or has_typesetter()}


@cache  # every page of the list offers formats, and what is not installed is looked for in every folder of the path
def has_typesetter() -> bool:
    return find_spec("typst") is not None
