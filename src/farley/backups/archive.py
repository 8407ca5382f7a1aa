"""The file of a backup: a ZIP of tab-separated tables, files of the data folder, and a manifest that counts them.

    README.txt       what this is, for whoever finds it
    tables/NAME.tsv  the rows of one table (`text`), by primary key
    files/PATH       a file of the data folder
    manifest.json    written last: of which state it is, and of every member its size, hash and rows

Encrypted, all of it lies in one `sealing.Seal`. Both are written as a stream and read at any place, in little memory.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from farley.backups.sealing import CannotUnseal
from farley.backups.tables import Column, Kind, Migration, Table

FORMAT = 2
WITH_DERIVED = 1  # the format of those that hold all tables, which former versions of Farley read, too
MANIFEST = "manifest.json"
README = "README.txt"
CHUNK = 1 << 18
MAX_MANIFEST = 1 << 26  # octets: no memory for one that lies about itself
LEVEL = 1  # the next ones take twice the time for a tenth less
QUEUED = 16  # chunks between who reads the database and who compresses
_README = """\
A backup of Farley, made {made_at} by version {farley}.

`farley restore FILE` makes an instance of it, on SQLite or PostgreSQL. Without Farley: each table is tab-separated
text as PostgreSQL's COPY reads it, its columns are listed in manifest.json. The cards are the octets of
tables/journal_content.tsv that a contact's content_id leads to, in hexadecimal after \\\\x. What is only read out
of the cards, to search and filter by, is not in it.
"""

Progress = Callable[[int], None]  # is told how many octets of text are done


class BadBackup(ValueError):
    """The file is not a whole backup that this Farley can read. The message says why; nothing was changed."""


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What the manifest says about a table."""

    name: str
    columns: list[list[str]]  # name and kind
    key: list[int]
    counted: str | None
    next_id: int | None
    rows: int
    octets: int
    sha256: str

    @property
    def table(self) -> Table:
        columns = tuple(Column(name, Kind(kind)) for name, kind in self.columns)
        return Table(self.name, columns, tuple(self.key), self.counted)

    @property
    def member(self) -> str:
        return f"tables/{self.name}.tsv"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the manifest says about a file; `path` is relative to the data folder, with slashes."""

    path: str
    octets: int
    sha256: str

    @property
    def member(self) -> str:
        return f"files/{self.path}"


@dataclass(slots=True)
class Manifest:
    farley: str
    made_at: str  # UTC, ISO 8601
    engine: str
    migrations: list[Migration]
    has_secrets: bool
    tables: list[TableRecord] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    format: int = FORMAT

    @property
    def records(self) -> list[TableRecord | FileRecord]:
        """All that is in it."""
        return [*self.tables, *self.files]

    @property
    def has_derived(self) -> bool:
        """Whether it holds what can be read out of the octets again, too."""
        return self.format <= WITH_DERIVED

    @property
    def octets(self) -> int:
        """Of all that is in it, before it was compressed."""
        return sum(record.octets for record in self.records)

    def rows_of(self, table: str) -> int:
        return next((record.rows for record in self.tables if record.name == table), 0)


class Writer:
    """Writes a backup member by member; `close` ends it with the manifest."""

    def __init__(self, file: IO[bytes], manifest: Manifest, *, progress: Progress = lambda _done: None) -> None:
        self.manifest = manifest
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=LEVEL)
        self._progress = progress
        self._zip.writestr(README, _README.format(made_at=manifest.made_at, farley=manifest.farley))

    def add_table(self, table: Table, chunks: Iterable[bytes], next_id: int | None) -> None:
        count = _Count()
        self._add(f"tables/{table.name}.tsv", chunks, count)
        columns = [[column.name, column.kind.value] for column in table.columns]
        self.manifest.tables.append(
            TableRecord(
                *(table.name, columns, list(table.key), table.counted, next_id),
                *(count.rows, count.octets, count.hash.hexdigest()),
            )
        )

    def add_file(self, path: str, file: IO[bytes]) -> None:
        count = _Count()
        self._add(f"files/{path}", iter(lambda: file.read(CHUNK), b""), count)
        self.manifest.files.append(FileRecord(path, count.octets, count.hash.hexdigest()))

    def abandon(self) -> None:
        """End it without a manifest: something went wrong, and what there is is no backup."""
        with suppress(OSError, ValueError):
            self._zip.close()

    def close(self) -> None:
        self._zip.writestr(MANIFEST, json.dumps(asdict(self.manifest), indent=1))
        self._zip.close()

    def _add(self, member: str, chunks: Iterable[bytes], count: _Count) -> None:
        """Compress in a second thread what comes out of the database: zlib lets the first one go on meanwhile."""
        with self._zip.open(member, "w", force_zip64=True) as file, _beside(file.write, count.add) as hand_over:
            for chunk in chunks:
                hand_over(chunk)
                self._progress(len(chunk))


class Reader:
    """A backup that has been opened. Raises BadBackup for one that is not Farley's, newer, cut short or damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        with _named_for_what_is_wrong():
            if file.read(2) != b"PK":
                raise BadBackup("it is no backup of Farley")
            self._zip = zipfile.ZipFile(file)
            self.manifest = self._read_manifest()

    def chunks(self, record: TableRecord | FileRecord) -> Iterator[bytes]:
        """What a member holds, judged at its end by size and hash. Of a table whole lines."""
        count = _Count()
        rest, size = b"", 0
        is_table = isinstance(record, TableRecord)
        with _named_for_what_is_wrong(), self._zip.open(record.member) as file, _beside(count.add) as hand_over:
            while chunk := file.read(CHUNK):
                hand_over(chunk)
                size += len(chunk)
                if size > record.octets:
                    break
                if is_table:
                    whole, newline, left = chunk.rpartition(b"\n")
                    chunk, rest = (rest + whole + newline, left) if newline else (b"", rest + chunk)
                if chunk:
                    yield chunk
        is_whole = count.octets == record.octets and count.hash.hexdigest() == record.sha256 and not rest
        if not is_whole or (isinstance(record, TableRecord) and count.rows != record.rows):
            raise BadBackup(f"{record.member} is damaged: it is not what the manifest says")

    def verify(self, *, progress: Progress = lambda _done: None) -> None:
        """Read all of it. Raises BadBackup."""
        for record in self.manifest.records:
            for chunk in self.chunks(record):
                progress(len(chunk))

    def _read_manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError:
            raise BadBackup("it is a ZIP file, but no backup of Farley") from None
        if info.file_size > MAX_MANIFEST:
            raise BadBackup("its manifest is too large")
        document = json.loads(self._zip.read(MANIFEST))
        if not isinstance(document, dict) or not isinstance(document.get("format"), int):
            raise BadBackup("it is a ZIP file, but no backup of Farley")
        if document["format"] > FORMAT:
            raise BadBackup(f"it was written by a newer Farley ({document.get('farley')}): install that version")
        return _manifest(document)


def _manifest(document: dict[str, Any]) -> Manifest:
    try:
        manifest = Manifest(
            **{
                **document,
                "migrations": [(str(app), str(name)) for app, name in document["migrations"]],
                "tables": [TableRecord(**record) for record in document["tables"]],
                "files": [FileRecord(**record) for record in document["files"]],
            }
        )
        for record in manifest.tables:
            record.table  # noqa: B018 -- reading it is the check
    except (KeyError, TypeError, ValueError) as error:
        raise BadBackup(f"its manifest cannot be understood: {error}") from error
    for file in manifest.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or "\0" in file.path or not path.parts:
            raise BadBackup(f"it names a file outside of the data folder: {file.path!r}")
    return manifest


class _Count:
    def __init__(self) -> None:
        self.hash, self.octets, self.rows = hashlib.sha256(), 0, 0

    def add(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.octets += len(chunk)
        self.rows += chunk.count(b"\n")


@contextmanager
def _beside(*receivers: Callable[[bytes], Any]) -> Iterator[Callable[[bytes], None]]:
    """Hand chunks to all of `receivers` in a thread of their own; what that raises is raised here."""
    waiting: queue.Queue[bytes | None] = queue.Queue(QUEUED)
    failed: list[BaseException] = []

    def receive() -> None:
        while (chunk := waiting.get()) is not None:
            if failed:
                continue  # so that who hands over never waits for room
            try:
                for receiver in receivers:
                    receiver(chunk)
            except BaseException as error:  # noqa: BLE001 -- raised again below
                failed.append(error)

    def hand_over(chunk: bytes) -> None:
        if failed:
            raise failed[0]
        waiting.put(chunk)

    thread = threading.Thread(target=receive, name="backup", daemon=True)
    thread.start()
    try:
        yield hand_over
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _named_for_what_is_wrong() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, EOFError, zlib.error, KeyError, NotImplementedError) as error:
        raise BadBackup(f"it is damaged or cut short ({str(error).strip() or type(error).__name__})") from error
    except CannotUnseal as error:
        raise BadBackup(str(error)) from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBackup("its manifest cannot be understood") from error
    except BadBackup:
        raise
    except ValueError as error:  # of zipfile, which would begin to read before the file does
        raise BadBackup(f"it is damaged or cut short ({error})") from error
