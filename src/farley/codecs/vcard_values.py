"""The values inside vCard lines: escaped text, lists and structures, names, dates that need not be whole, kinds."""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

_ESCAPED = re.compile(r"\\([\\,;:nN])")
_SEMICOLON = re.compile(r"(?<!\\);")
_COMMA = re.compile(r"(?<!\\),")
_NEWLINE = re.compile(r"\r\n?")
_YEAR, _MONTH, _DAY, _TIME = (
    r"(?P<year>[0-9]{4})",
    r"(?P<month>[0-9]{2})",
    r"(?P<day>[0-9]{2})",
    r"(?:[T ][0-9:.,Zz+-]*)?",
)
_DATES = tuple(
    re.compile(spelling)
    for spelling in (
        f"{_YEAR}-?{_MONTH}-?{_DAY}{_TIME}",
        f"--{_MONTH}-?{_DAY}{_TIME}",
        f"{_YEAR}-{_MONTH}",
        _YEAR,
        f"--{_MONTH}",
        f"---{_DAY}",
    )
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # RFC 6350 §3.3: no control characters but tab and breaks


class Kind(IntEnum):
    """What a card is about. RFC 6350 §6.1.4; OTHER is a device (RFC 6869), an application (RFC 6473) or an x-name."""

    INDIVIDUAL = 0
    GROUP = 1
    ORG = 2
    LOCATION = 3
    OTHER = 4

    @classmethod
    def named(cls, name: str) -> "Kind":
        return _KINDS.get(name.strip().lower(), cls.OTHER)


_KINDS = {
    "": Kind.INDIVIDUAL,
    "individual": Kind.INDIVIDUAL,
    "person": Kind.INDIVIDUAL,
    "group": Kind.GROUP,
    "org": Kind.ORG,
    "organization": Kind.ORG,
    "organisation": Kind.ORG,
    "company": Kind.ORG,
    "location": Kind.LOCATION,
}


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as N holds it. Several values of one part are joined by a space; `components` has them apart."""

    family: str = ""
    given: str = ""
    additional: str = ""
    prefixes: str = ""
    suffixes: str = ""
    components: tuple[tuple[str, ...], ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, components: Sequence[Sequence[str]]) -> "Name":
        parts = [" ".join(filter(None, map(str.strip, values))) for values in components[:5]]
        family, given, additional, prefixes, suffixes = (*parts, "", "", "", "", "")[:5]
        kept = tuple(tuple(values) for values in components)
        return cls(family, given, additional, prefixes, suffixes, components=kept)

    def __bool__(self) -> bool:
        return bool(self.family or self.given or self.additional or self.prefixes or self.suffixes)

    @property
    def parts(self) -> tuple[str, str, str, str, str]:
        """The five parts in the order of N."""
        return self.family, self.given, self.additional, self.prefixes, self.suffixes

    def rendered(self) -> str:
        """The name in full, as FN would have it."""
        return _join(self.prefixes, self.given, self.additional, self.family, self.suffixes)

    def rendering_of(self, full_name: str) -> "Callable[[Name], str] | None":
        """The way of writing this name that gives `full_name`; None where it is not this name written out."""
        wanted = " ".join(full_name.split())
        return next((render for render in _RENDERINGS if render(self) == wanted), None) if wanted else None


def _join(*parts: str) -> str:
    return " ".join(" ".join(parts).split())


def _sorted_form(name: Name, rest: str) -> str:
    return f"{_join(name.family)}, {rest}" if name.family and rest else ""


_RENDERINGS: Final[tuple[Callable[[Name], str], ...]] = (
    Name.rendered,
    lambda name: _join(name.given, name.additional, name.family),
    lambda name: _join(name.given, name.family),
    lambda name: _join(name.prefixes, name.given, name.family),
    lambda name: _join(name.given, name.additional, name.family, name.suffixes),
    lambda name: _join(name.given, name.family, name.suffixes),
    lambda name: _join(name.prefixes, name.given, name.family, name.suffixes),
    lambda name: _join(name.family, name.given),  # Hungarian, Chinese, Japanese, Korean
    lambda name: _join(name.family, name.given, name.additional),
    lambda name: name.family + name.given,  # Chinese, Japanese, Korean
    lambda name: _sorted_form(name, _join(name.given, name.additional)),
    lambda name: _sorted_form(name, _join(name.given)),
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which any part may be missing; `text` instead of parts where it is words ("circa 1800")."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    text: str = ""

    @classmethod
    def parse(cls, written: str, *, omitted_year: int | None = None) -> "PartialDate | None":
        """Read any spelling of RFC 6350 §4.3.1, RFC 2426 and ISO 8601's extended form; a time of day is left out.

        `omitted_year` is the year that stands for none (Apple's X-APPLE-OMIT-YEAR). None for a blank.
        """
        written = written.strip()
        found = next(filter(None, (spelling.fullmatch(written) for spelling in _DATES)), None)
        if not found:
            return cls(text=written) if written else None
        parts = {part: int(digits) for part, digits in found.groupdict().items()}
        year, month, day = parts.get("year"), parts.get("month"), parts.get("day")
        if year == omitted_year or year == 0:  # 0000 is how some phones leave it out
            year = None
        whole = year if year is not None else 2000  # a leap year: --0229 is a birthday
        if (month is not None and not 1 <= month <= 12) or (
            day is not None and not 1 <= day <= (monthrange(whole, month)[1] if month else 31)
        ):
            return cls(text=written)
        if year is None and month is None and day is None:
            return cls(text=written)
        return cls(year, month, day)

    def basic(self) -> str:
        """As vCard 4.0 writes it: 19800412, 1980-04, 1980, --0412, --04, ---12."""
        if self.text:
            return self.text
        if self.year is None:
            return f"--{self.month:02}{_two(self.day)}" if self.month else f"---{_two(self.day)}"
        if self.month and not self.day:
            return f"{self.year:04}-{self.month:02}"
        return f"{self.year:04}{_two(self.month)}{_two(self.day)}"

    def extended(self) -> str:
        """As vCard 3.0 writes it: 1980-04-12. Only for a date with all its parts."""
        return f"{self.year:04}-{_two(self.month)}-{_two(self.day)}"

    @property
    def is_whole(self) -> bool:
        return None not in (self.year, self.month, self.day)


def _two(number: int | None) -> str:
    return "" if number is None else f"{number:02}"


def unescape(text: str) -> str:
    r"""Undo \\, \,, \;, \: and \n. A backslash before anything else stands for itself, as it does in real cards."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def escape(text: str) -> str:
    """Escape for vCard 3.0 and 4.0, in a text, a list or a structure alike. RFC 2426 §5, RFC 6350 §3.4."""
    if not text.isprintable():
        text = plain_breaks(text)
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace(",", "\\,").replace(";", "\\;")


def plain_breaks(text: str) -> str:
    """`text` with line feeds for line breaks and without the control characters no vCard may hold."""
    if text.isprintable():
        return text
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    return _NO_TEXT.sub("", text)


def split_list(text: str) -> list[str]:
    """The values of a comma-separated list, unescaped."""
    if "\\" not in text:
        return text.split(",")
    return [unescape(part) for part in _cut(text, _COMMA)]


def split_structure(text: str) -> list[list[str]]:
    """The components of a structured value, each a list of its comma-separated values, unescaped."""
    if "\\" not in text:
        return [part.split(",") for part in text.split(";")]
    return [split_list(part) for part in _cut(text, _SEMICOLON)]


def split_components(text: str) -> list[str]:
    """The components of a structured value that has no lists in them, unescaped."""
    if "\\" not in text:
        return text.split(";")
    return [unescape(part) for part in _cut(text, _SEMICOLON)]


def _cut(text: str, separator: re.Pattern[str]) -> list[str]:
    # An escaped backslash must not escape what follows it; NUL never occurs in a card.
    return [part.replace("\0", "\\\\") for part in separator.split(text.replace("\\\\", "\0"))]
