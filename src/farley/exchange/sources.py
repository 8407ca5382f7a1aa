"""The files of an import: what each is and how it is read, settled before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from farley.codecs.tables import NotATable
from farley.codecs.vcard import Card
from farley.exchange.formats import (
    CALENDAR,
    FIND_OUT,
    ColumnsNotChosen,
    How,
    Look,
    Member,
    NotAnArchive,
    NotInstalled,
    archives_held,
    entries,
    format_of,
    found_out,
    members_of,
    size_of,
)
from farley.exchange.mapping import BadMapping

PASSED_OVER = 100  # files of an archive that are named as not read


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import: its name as the user knows it, where it lies, and how it is read, as far as that is given."""

    name: str
    path: Path
    how: How = FIND_OUT
    passed_over: tuple[str, ...] = ()  # what else is in its archive and is not read; told with the first that is


class NothingToImport(ValueError):
    """A file cannot be imported at all. `file` is its name, `reason` an English sentence."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file, self.reason = file, reason


class ColumnsToChoose(NothingToImport):
    """A table whose layout nobody knows. `look` is what there is to choose from."""

    def __init__(self, file: str, look: Look) -> None:
        super().__init__(file, "the layout of this table is not known: what its columns become has to be chosen")
        self.look = look


def described_of(source: Source) -> list[dict[str, Any]]:
    """A file as `Import.files` keeps it; of an archive, each file in it. Raises NothingToImport."""
    try:
        str(source.path).encode()
    except UnicodeEncodeError as error:
        raise NothingToImport(ascii(source.name), "its name is not UTF-8; rename the file") from error
    if source.path.exists() and not source.path.is_file():
        raise NothingToImport(source.name, "is no file, but a folder, device or pipe")
    try:
        size = source.path.stat().st_size
        with source.path.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise NothingToImport(source.name, error.strerror or str(error)) from error
    if not first:
        raise NothingToImport(source.name, "the file is empty")
    path = str(source.path.absolute())
    if path != _printable(path):
        raise NothingToImport(_printable(source.name), "the name of the file is not UTF-8; rename it")
    described: dict[str, Any] = {"name": _printable(source.name)[:300], "path": path, "size": size}
    how = _how(source)
    if how.member:
        described["size"] = size_of(source.path, how)
    if how.format == "zip":
        with archives_held():
            return [file for inside in files_in(replace(source, how=how)) for file in described_of(inside)]
    told = {"passed_over": list(source.passed_over)} if source.passed_over else {}
    return [described | _read_by(how) | told]


def _read_by(how: How) -> dict[str, Any]:
    said = {"is_calendar": True} if how.format == CALENDAR else {}
    is_known = how.is_plain or (how.format == CALENDAR and not how.member)
    return said if is_known else said | {"how": how.to_json()}


def passed_over(files: Sequence[dict[str, Any]]) -> list[str]:
    """The names of what is in the archives of an import (`Import.files`) and is not read; PASSED_OVER at most each."""
    return [name for file in files for name in file.get("passed_over", ())]


def files_in(source: Source) -> list[Source]:
    """The files of an archive that are read; of what is none, itself. Raises NothingToImport, OSError."""
    if source.how.member or (source.how.format or format_of(source.path)) != "zip":
        return [source]
    try:
        members = members_of(source.path)
    except NotAnArchive as error:
        raise NothingToImport(source.name, error.reason) from error
    files = [_inside(source, member) for member in members if member.format]
    if not files:
        raise NothingToImport(source.name, "there are no contacts in this archive")
    others = [_inside(source, member).name for member in members if not member.format]
    return [replace(files[0], passed_over=tuple(others[:PASSED_OVER])), *files[1:]]


def _inside(source: Source, member: Member) -> Source:
    how = replace(source.how, format=member.format, member=member.name)
    return Source(_printable(f"{source.name}/{member.name}")[-300:], source.path, how)


def _how(source: Source) -> How:
    """How the file is read: settled before the import begins, so that all of it is read alike."""
    try:
        return found_out(source.path, source.how)
    except ColumnsNotChosen as error:
        raise ColumnsToChoose(source.name, error.look) from error
    except (BadMapping, NotATable, NotAnArchive, NotInstalled) as error:
        raise NothingToImport(source.name, error.reason) from error
    except LookupError as error:
        raise NothingToImport(source.name, "there is no encoding of this name") from error


def _printable(name: str) -> str:
    """`name` as every database can hold it: a file name may be any octets."""
    return name.encode(errors="replace").decode().replace("\0", "?")


def fingerprint_of(sources: Sequence[Source], files: Sequence[dict[str, Any]]) -> str:
    """What recognises the same files, read in the same way."""
    digest = hashlib.sha256()
    digests: dict[Path, bytes] = {}
    for source in sources:
        if source.path not in digests:  # else a further file of the same archive
            with source.path.open("rb") as stream:
                digests[source.path] = hashlib.file_digest(stream, "sha256").digest()
        digest.update(digests[source.path])
    if manners := [file["how"] for file in files if "how" in file]:
        digest.update(json.dumps(manners, sort_keys=True).encode())
    return digest.hexdigest()


def cards_of(sources: Sequence[Source]) -> Iterator[Card]:
    """The cards of these files. Raises NothingToImport for a file that cannot be read; OSError."""
    for file in (file for source in sources for file in described_of(source)):
        if file.get("is_calendar"):
            continue
        for found in entries(Path(file["path"]), How.from_json(file.get("how", {}))):
            if isinstance(found.card, Card):
                yield found.card
