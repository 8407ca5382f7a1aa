"""Layouts: what the columns of well-known programs' exports mean. Each is a folder here, with data alone.

A folder holds one file for each language or age of the layout, for instance `outlook/de.toml`:

    title = "Outlook"                      # what people call the program
    needs = [["Vorname", "Straße privat"]] # the layout is recognised where all columns of one of these lists are there
    dates = "dmy"                          # how it writes dates, where it does not show: dmy, mdy or ymd
    [columns]
    "Straße privat" = "address.street home"
    "Geburtstag" = "birthday"
    "E-mail {n} - Value" = "email #{n}"    # any number
    "Vertraulichkeit" = { to = "own", unless = ["Normal"] }

A column is what `mapping.Column` says, in short: what it becomes, its types, and the number of what belongs together.
Letter case, quotes and blanks do not count in the names of columns.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from farley.codecs.tables import Table
from farley.codecs.written_dates import order_of
from farley.exchange.mapping import BadMapping, Column, Mapping

PLAIN: Final = "plain"  # words of many languages: never recognised, but what is suggested is taken from it
_DATED: Final = ("birthday", "anniversary", "date")
_NUMBER = re.compile(r"(?<!\w)(\d{1,3})(?!\w)")
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})
_ONCE: Final = ("birthday", "uid", "gender")
_FULL_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:,? [^\W\d_][\w.'’-]*){1,3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s()/.-]{6,}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout. `name` is its folder and file, as `outlook.de`; `columns` are by their names as `_plain` has them."""

    name: str
    title: str
    needs: tuple[frozenset[str], ...]
    columns: Mapped[str, Column]
    dates: str = ""

    def mapping(self, header: Sequence[str]) -> Mapping:
        """What every column of a table becomes. One that the layout does not know is kept as an own field."""
        columns = [self.column_for(name) or Column("own", name) for name in header]
        return Mapping(tuple(columns), dates=self.dates, layout=self.name)

    def column_for(self, name: str) -> Column | None:
        plain = _plain(name)
        if found := self.columns.get(plain):
            return replace(found, column=name)
        for number in _NUMBER.finditer(plain):
            pattern = f"{plain[: number.start()]}{{n}}{plain[number.end() :]}"
            if found := self.columns.get(pattern):
                return replace(found, column=name, n=int(number[1]) or 1)
        return None


@lru_cache(maxsize=1)
def layouts() -> tuple[Layout, ...]:
    """All layouts there are, by name, but for PLAIN."""
    found = []
    for folder in sorted(_data().iterdir(), key=lambda each: each.name):
        if folder.is_dir() and not folder.name.startswith("_") and folder.name != PLAIN:
            files = sorted(
                (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda each: each.name
            )
            found += [_read(folder.name, file.name.removesuffix(".toml"), file.read_text("utf-8")) for file in files]
    return tuple(found)


@lru_cache(maxsize=8)
def written(name: str) -> tuple[tuple[str, Column], ...]:
    """The columns of the layout of that name, as its program names them, in order; `{n}` stands for any number."""
    folder, _, file = name.partition(".")
    given = tomllib.loads((_data() / folder / f"{file or 'layout'}.toml").read_text("utf-8"))
    return tuple((header, _column(what)) for header, what in given["columns"].items())


def recognise(table: Table) -> Layout | None:
    """The layout that the columns of `table` are in: of several the one that knows most of them, then asks for most."""
    if not table.has_header:
        return None
    there = {_plain(name) for name in table.header}
    best: tuple[int, int] = 0, 0
    found = None
    for layout in layouts():
        asked = max((len(needed) for needed in layout.needs if needed <= there), default=0)
        if asked:
            known = sum(layout.column_for(name) is not None for name in table.header)
            if (known, asked) > best:
                best, found = (known, asked), layout
    return found


def suggest(header: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> Mapping:
    """What the columns of a table nobody knows may become, by their names, else by their first values.

    What tells nothing is kept as an own field.
    """
    plain = _plain_layout()
    columns: list[Column] = []
    for at, name in enumerate(header):
        values = [text for row in samples if at < len(row) and (text := row[at].strip())]
        column = plain.column_for(name) or _by_values(name, values)
        if column.to in _ONCE and any(other.to == column.to for other in columns):
            column = Column("own", name)
        elif column.to == "own" and not any(other.to == "name" for other in columns) and _are_names(values):
            column = Column("name", name)
        columns.append(column)
    return Mapping(tuple(columns))


def _are_names(values: Sequence[str]) -> bool:
    """Whether most of these are two or three words of letters."""
    return bool(values) and sum(bool(_FULL_NAME.fullmatch(text)) for text in values) > len(values) // 2


def with_dates(mapping: Mapping, header: Sequence[str], samples: Sequence[Sequence[str]]) -> Mapping:
    """The mapping with the order of the dates, where the first rows show one."""
    places = {name: at for at, name in enumerate(header)}
    dated = [places[column.column] for column in mapping.columns if column.to in _DATED and column.column in places]
    found = order_of([row[at] for at in dated for row in samples if at < len(row)])
    return replace(mapping, dates=found) if found else mapping


def _by_values(name: str, said: Sequence[str]) -> Column:
    for target, pattern in (("email", _EMAIL), ("url", _URL)):
        if said and sum(bool(pattern.fullmatch(text)) for text in said) > len(said) // 2:
            return Column(target, name)
    phones = [text for text in said if _PHONE.fullmatch(text) and sum(map(str.isdigit, text)) >= 6]
    if len(phones) > len(said) // 2 and any(text[:1] in "+0(" for text in phones):
        return Column("phone", name)
    return Column("own", name)


@lru_cache(maxsize=1)
def _plain_layout() -> Layout:
    file = _data() / PLAIN / "words.toml"
    return _read(PLAIN, "words", file.read_text("utf-8"))


def _data() -> Any:
    return resources.files(__name__)


def _read(folder: str, file: str, text: str) -> Layout:
    given = tomllib.loads(text)
    name = folder if file == "layout" else f"{folder}.{file}"
    try:
        columns = {_plain(header): _column(what) for header, what in given["columns"].items()}
        needs = tuple(frozenset(map(_plain, each)) for each in given.get("needs", []))
        return Layout(name, given["title"], needs, columns, given.get("dates", ""))
    except (KeyError, BadMapping) as error:
        raise BadMapping(f"the layout {name} cannot be read: {error}") from error


def _column(what: str | dict[str, Any]) -> Column:
    if isinstance(what, dict):
        return Column.from_json(what)
    target, *rest = what.split()
    given: dict[str, Any] = {"to": target}
    for word in rest:
        if word == "#{n}":
            continue
        if word.startswith("#"):
            given["n"] = int(word[1:])
        else:
            given["types"] = word.split(",")
    return Column.from_json(given)


def _plain(name: str) -> str:
    return " ".join(name.translate(_QUOTES).casefold().split()).rstrip(":*")
