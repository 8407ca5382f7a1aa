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
from farley.exchange import calendar_entries
from farley.exchange.formats import (
    FIND_OUT,
    ColumnsNotChosen,
    How,
    Look,
    Member,
    NotAnArchive,
    archives_held,
    entries,
    format_of,
    found_out,
    members_of,
    size_of,
)
from farley.exchange.mapping import BadMapping


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import: its name as the user knows it, where it lies, and how it is read, as far as that is given."""

    name: str
    path: Path
    how: How = FIND_OUT


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


def described(source: Source) -> list[dict[str, Any]]:
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
    if source.how == FIND_OUT and calendar_entries.is_calendar(source.path):
        return [described | {"is_calendar": True}]
    how = _how(source)
    if how.member:
        described["size"] = size_of(source.path, how)
    if how.format == "zip":
        with archives_held():
            return [_of_archive(source, path, member) for member in _members(source)]
    return [described if how.is_plain else described | {"how": how.to_json()}]


def _members(source: Source) -> list[Member]:
    try:
        members = members_of(source.path)
    except NotAnArchive as error:
        raise NothingToImport(source.name, error.reason) from error
    if not members:
        raise NothingToImport(source.name, "there are no contacts in this archive")
    return members


def files_in(source: Source) -> list[Source]:
    """The files of an archive that hold contacts; of what is none, itself. Raises NothingToImport, OSError."""
    if source.how.member or (source.how.format or format_of(source.path)) != "zip":
        return [source]
    return [_inside(source, member) for member in _members(source)]


def _inside(source: Source, member: Member) -> Source:
    how = replace(source.how, format=member.format, member=member.name)
    return Source(_printable(f"{source.name}/{member.name}")[-300:], source.path, how)


def _of_archive(source: Source, path: str, member: Member) -> dict[str, Any]:
    inside = _inside(source, member)
    return {"name": inside.name, "path": path, "size": member.size, "how": _how(inside).to_json()}


def _how(source: Source) -> How:
    """How the file is read: settled before the import begins, so that all of it is read alike."""
    try:
        return found_out(source.path, source.how)
    except ColumnsNotChosen as error:
        raise ColumnsToChoose(source.name, error.look) from error
    except (BadMapping, NotATable, NotAnArchive) as error:
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
    for file in (file for source in sources for file in described(source)):
        if file.get("is_calendar"):
            continue
        for found in entries(Path(file["path"]), How.from_json(file.get("how", {}))):
            if isinstance(found.card, Card):
                yield found.card
