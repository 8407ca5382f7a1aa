"""Which format a file is in, told by its contents, and its entries as cards, whatever it is."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Self

from farley.codecs import compound, jcard, jscontact, ldif, msg, xcard
from farley.codecs.charsets import is_binary, known_encoding
from farley.codecs.spreadsheets import DAMAGED
from farley.codecs.tables import NotATable, Remark, Row, Table, open_table
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import read_cards
from farley.codecs.vcard_draft import Read
from farley.contacts.storing import MAX_CARD
from farley.exchange import layouts, mailboxes
from farley.exchange.mapping import Found, Mapping
from farley.exchange.reading import REASON

VCARD: Final = "vcard"
CALENDAR: Final = "icalendar"  # `calendar_entries` reads what is in it
TABLES: Final = frozenset({"csv", "spreadsheet"})
FORMATS: Final = (VCARD, CALENDAR, "csv", "spreadsheet", "ldif", "jcard", "xcard", "jscontact", "msg", "pst", "zip")
MAX_UNPACKED: Final = 4 * 2**30  # octets of all files of an archive
SAMPLES: Final = 200  # rows that are looked at for a suggestion
_SOON: Final = 10_000  # rows that are looked through while somebody waits
_HEAD = 2**16
# What each of these passes over it passes over once: a file of nothing but line breaks must not hold anybody up.
_BEGIN = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[^\S\n]*+BEGIN\s*+:\s*+V", re.IGNORECASE | re.MULTILINE)
_BEGUN = re.compile(rb"BEGIN:V(?:CALENDAR|EVENT|TODO|JOURNAL)")  # without its calendar an entry is at least told as one
_OTHER = re.compile(rb"\s*+(?:\xef\xbb\xbf\s*+)?[\[{<]")  # JSON, XML, HTML
_LDIF = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*[\r\n]|#[^\r\n]*[\r\n])*+(?:version:[ \t]*1|dn::?[ \t]?)", re.IGNORECASE
)
_JCARD = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*(?:\[\s*)?"vcard"', re.IGNORECASE)
_JSCONTACT = re.compile(rb'"@type"\s*:\s*"Card"')
_SHEETS = frozenset({"xl/workbook.xml", "content.xml"})


@dataclass(frozen=True, slots=True)
class How:
    """How a file is to be read. What is not given is found out."""

    format: str = ""  # one of FORMATS
    encoding: str = ""  # of a table
    mapping: Mapping | None = None  # of a table
    member: str = ""  # which file of an archive it is

    @property
    def is_plain(self) -> bool:
        """Whether it is read as it is, so that nothing of this need be remembered."""
        return self.format in ("", VCARD) and not self.member

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        mapping = Mapping.from_json(given["map"]) if "map" in given else None
        return cls(given.get("format", VCARD), given.get("encoding", ""), mapping, given.get("member", ""))

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"format": self.format}
        said |= {name: value for name in ("encoding", "member") if (value := getattr(self, name))}
        return said | ({"map": self.mapping.to_json()} if self.mapping is not None else {})


FIND_OUT: Final = How()


@dataclass(frozen=True, slots=True)
class Look:
    """A table as it is asked about: its columns, its first rows, and what they may become."""

    header: list[str]
    rows: list[list[str]]
    mapping: Mapping
    layout: layouts.Layout | None
    remarks: list[Remark]


class ColumnsNotChosen(ValueError):
    """The columns of a table have to be chosen: nobody knows its layout. `look` is the table."""

    def __init__(self, look: Look) -> None:
        super().__init__("the layout of this table is not known: what its columns become has to be chosen")
        self.look = look


class NotInstalled(ValueError):
    """What reads a file of this kind is not installed. `reason` is an English sentence without its full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def found_out(path: Path, how: How) -> How:
    """`how` with all that is needed to read the file.

    Raises ColumnsNotChosen; NotInstalled; NotATable for what was said to be a table; BadMapping for one that is not
    for this table; LookupError for an encoding that there is not; OSError.
    """
    if how.member:
        if how.format and how.format not in TABLES:
            return How(how.format, member=how.member)
        with unpacked(path, how.member) as file:
            return replace(found_out(file, replace(how, member="")), member=how.member)
    name = how.format or format_of(path, encoding=how.encoding)
    if name == "pst" and not mailboxes.is_installed():
        raise _no_mailboxes()
    encoding = known_encoding(how.encoding) if how.encoding else ""
    if name not in TABLES:
        return How(name)
    how = How(name, encoding, how.mapping)
    if how.mapping is None:
        seen = look_at(path, how)
        if seen.layout is None:
            raise ColumnsNotChosen(seen)
        return replace(how, mapping=seen.mapping)
    table = _table(path, how)
    with closing(table.rows):
        how.mapping.check(table.header)
    return how


def look_at(path: Path, how: How = FIND_OUT) -> Look:
    """The first rows of a table, and what its columns may become. Raises NotATable, OSError, LookupError."""
    if how.member:
        with unpacked(path, how.member) as file:
            return look_at(file, replace(how, member=""))
    table = _table(path, how)
    with closing(table.rows):
        rows = [list(row.cells) for row in islice(table.rows, SAMPLES) if isinstance(row, Row)]
    layout = layouts.recognise(table)
    mapping = layout.mapping(table.header) if layout else layouts.suggest(table.header, rows)
    columns = (replace(each, to="ignore") if each.column == REASON else each for each in mapping.columns)
    mapping = layouts.with_dates(replace(mapping, columns=tuple(columns)), table.header, rows)
    return Look(table.header, rows, mapping, layout, table.remarks)


def filled(path: Path, how: How, columns: Collection[str]) -> set[str]:
    """Those of `columns` that have a value in a table, as far as that is found out soon: behind that all of them.

    Raises NotATable, OSError, LookupError.
    """
    if how.member:
        with unpacked(path, how.member) as file:
            return filled(file, replace(how, member=""), columns)
    table = _table(path, how)
    left = {at: name for at, name in enumerate(table.header) if name in columns}
    found: set[str] = set()
    with closing(table.rows):
        for number, row in enumerate(table.rows):
            if not left or number >= _SOON:
                return found | set(left.values())
            if isinstance(row, Row):
                here = [at for at in left if at < len(row.cells) and row.cells[at].strip()]
                found.update(left.pop(at) for at in here)
    return found


def format_of(path: Path, *, encoding: str = "") -> str:
    """One of FORMATS. What is nothing else is taken for vCards: their reader tells what is none, line by line.

    Raises OSError.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if told := _told_by(head, encoding):
        return told
    if head.startswith(compound.SIGNATURE):
        with path.open("rb") as stream:
            return "msg" if msg.is_msg(stream) else VCARD
    if _is_packed(head):
        parts = _parts_of(path)
        return "spreadsheet" if _SHEETS & parts else "zip" if parts else VCARD
    return "csv" if _is_table(path, encoding) else VCARD


def _told_by(head: bytes, encoding: str = "") -> str:
    """The format that the first octets of a file tell; "" where it takes more of it."""
    narrow = head.replace(b"\0", b"")  # whatever it is, its marks are in ASCII
    if _is_packed(head) or head.startswith(compound.SIGNATURE):
        return ""
    if head.startswith(mailboxes.SIGNATURE):
        return "pst"
    if _BEGIN.search(narrow):
        return CALENDAR if _is_calendar(narrow.upper()) else VCARD
    if known := _marked(narrow):
        return known
    return VCARD if _OTHER.match(narrow) or not narrow.strip() or (is_binary(head) and not encoding) else ""


def _is_calendar(head: bytes) -> bool:
    """Whether a file that begins so holds calendar entries, and no cards before them."""
    begun, card = _BEGUN.search(head), head.find(b"BEGIN:VCARD")
    return begun is not None and (card < 0 or begun.start() < card)


def _is_packed(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def _marked(head: bytes) -> str:
    """The format that the first octets of a file are the mark of, if any."""
    if _LDIF.match(head):
        return "ldif"
    if _JCARD.match(head):
        return "jcard"
    if _OTHER.match(head) and _JSCONTACT.search(head):
        return "jscontact"
    return "xcard" if _OTHER.match(head) and xcard.SPACE.encode() in head else ""


class Member(NamedTuple):
    """A file of an archive. Without a format it is none that is read here."""

    name: str
    size: int
    format: str


def members_of(path: Path) -> list[Member]:
    """The files of an archive, but for what systems put there for themselves.

    Raises NotAnArchive, also for one with another archive in it; OSError.
    """
    found = []
    with archives_held(), _opened(path) as archive:
        for part in archive.infolist():
            name = part.filename
            if not name or part.is_dir() or name.startswith("__MACOSX/") or Path(name).name.startswith("."):
                continue
            with archive.open(part) as content:
                head = content.read(_HEAD)
            if not (told := _told_by(head)):
                with unpacked(path, name) as file:
                    told = format_of(file)
            if told == "zip":
                if name.lower().endswith(".zip"):
                    raise NotAnArchive("there is another archive in this one; unpack it first")
                told = ""  # a document, say, that is packed in the same way
            elif told == VCARD and b"BEGIN:VCARD" not in head.replace(b"\0", b"").upper():
                told = ""
            found.append(Member(name, part.file_size, told))
    return found


class NotAnArchive(ValueError):
    """An archive cannot be read. `reason` is an English sentence without its full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_held: ContextVar[dict[Path, zipfile.ZipFile] | None] = ContextVar("archives that are held open", default=None)


@contextmanager
def archives_held() -> Iterator[None]:
    """Inside, an archive is opened once for all of its files: one of many has a long directory to be read."""
    if _held.get() is not None:
        yield
        return
    held: dict[Path, zipfile.ZipFile] = {}
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        for archive in held.values():
            archive.close()


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with archives_held():
            held = _held.get()
            assert held is not None
            if path not in held:
                held[path] = zipfile.ZipFile(path)
                if sum(part.file_size for part in held[path].infolist()) > MAX_UNPACKED:
                    raise NotAnArchive("this archive unpacks to too much")
            yield held[path]
    except NotAnArchive:
        raise
    except NotImplementedError as error:
        raise _damaged() from error
    except RuntimeError as error:
        raise NotAnArchive("this archive is protected by a password") from error
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # else it names a place that there is not
            raise
        raise _damaged() from error


def _damaged() -> NotAnArchive:
    return NotAnArchive("this archive is damaged, or of a kind that is not read here")


@contextmanager
def unpacked(path: Path, member: str) -> Iterator[Path]:
    """One file of an archive, unpacked as long as it is needed. Raises NotAnArchive, KeyError, OSError."""
    with tempfile.NamedTemporaryFile(prefix="farley-") as file:
        with _opened(path) as archive, archive.open(member) as content:
            shutil.copyfileobj(content, file)
        file.flush()
        yield Path(file.name)


def size_of(path: Path, how: How) -> int:
    """How many octets there are to read. Raises OSError."""
    if not how.member:
        return path.stat().st_size
    try:
        with _opened(path) as archive:
            return archive.getinfo(how.member).file_size
    except NotAnArchive:  # its reader says so
        return 0


def _parts_of(path: Path) -> set[str]:
    """The names of what is in an archive, in lower case; none where it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.lower() for name in archive.namelist()}
    except (*DAMAGED, OSError, NotImplementedError):
        return set()


def entries(path: Path, how: How, *, skip: int = 0) -> Iterator[Found]:
    """The entries of a file after the first `skip`, in order; `how` is complete (`found_out`). Raises OSError."""
    if how.member:
        return islice(_of_member(path, how), skip, None)
    return islice(_READERS[how.format or VCARD](path, how), skip, None)


def _of_member(path: Path, how: How) -> Iterator[Found]:
    try:
        with unpacked(path, how.member) as file:
            yield from entries(file, replace(how, member=""))
    except NotAnArchive as error:
        yield Found(1, 0, Unreadable(1, error.reason))


def _table(path: Path, how: How) -> Table:
    return open_table(path, encoding=how.encoding or None)


def _is_table(path: Path, encoding: str) -> bool:
    """Whether a text is a table of contacts: its layout is known, or its rows are alike and some columns tell."""
    try:
        seen = look_at(path, How("csv", encoding))
    except (NotATable, LookupError):
        return False
    if seen.layout is not None:
        return True
    if len(seen.header) == 1:
        return layouts.suggest(seen.header).columns[0].to != "own"
    is_ragged = any(remark.code == "ragged" for remark in seen.remarks)
    tells = {column.to for column in layouts.suggest(seen.header).columns}  # by their names
    tells |= {column.to for column in seen.mapping.columns} & {"email", "phone", "url"}  # by their values
    return not is_ragged and bool(seen.rows) and tells != {"own"}


def _vcards(path: Path, _how: How) -> Iterator[Found]:
    with path.open("rb") as stream:
        for line, octets, card, problem in read_cards(stream, max_card=MAX_CARD):
            if card is None:
                assert problem is not None
                yield Found(problem.line, len(octets), problem)
            else:
                yield Found(line, len(octets), card)


def _rows(path: Path, how: How) -> Iterator[Found]:
    assert how.mapping is not None
    try:
        table = _table(path, how)
    except NotATable as error:  # it was one when the import began
        yield Found(1, 0, Unreadable(1, error.reason))
        return
    with closing(table.rows):
        yield from how.mapping.cards(table)


def _read_by(read: Callable[[BinaryIO], Iterator[Read]]) -> Callable[[Path, How], Iterator[Found]]:
    def reader(path: Path, _how: How) -> Iterator[Found]:
        with path.open("rb") as stream:
            for line, size, card in read(stream):
                yield Found(line, size, card)

    return reader


def _no_mailboxes() -> NotInstalled:
    return NotInstalled("mailboxes of Outlook are read where Farley is installed with its extra “outlook”")


def _mailbox(path: Path, _how: How) -> Iterator[Found]:
    if not mailboxes.is_installed():
        yield Found(1, 0, Unreadable(1, _no_mailboxes().reason))
        return
    with closing(mailboxes.read_pst(path)) as found:
        for line, size, card in found:
            yield Found(line, size, card)


_READERS: Final = {
    VCARD: _vcards,
    "csv": _rows,
    "spreadsheet": _rows,
    "ldif": _read_by(ldif.read_ldif),
    "jcard": _read_by(jcard.read_jcards),
    "xcard": _read_by(xcard.read_xcards),
    "jscontact": _read_by(jscontact.read_jscontacts),
    "msg": _read_by(msg.read_msg),
    "pst": _mailbox,
}
