"""Taking what has come: whole files, each once, as imports like any other."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.db import IntegrityError
from django.utils import timezone

from farley.contacts.combining import Rule
from farley.contacts.matching import NoSuchKey
from farley.database.trouble import Trouble, trouble_of
from farley.database.turns import write_turn
from farley.exchange import choosing, importing, uploads
from farley.exchange.formats import TABLES, format_of
from farley.exchange.mapping import Mapping
from farley.exchange.models import Import
from farley.exchange.sources import ColumnsToChoose, NothingToImport, Source, files_in
from farley.exchange.tasks import run_import
from farley.intake.models import RegularImport, TakenFile
from farley.intake.operations import ACCEPT
from farley.journal.models import Door
from farley.mirrors.addresses import asked
from farley.mirrors.reaching import Unreachable
from farley.mirrors.sealing import CannotOpen, opened
from farley.spaces.operations import NoSuchSpace, NotAllowed

MOST: Final = 100  # files of one look
MAX_FILE: Final = 2**30  # octets
LATEST: Final = dt.timedelta(days=1)  # between two tries of an address that does not answer
DONE: Final = "done"
FAILED: Final = "failed"
_PARTIAL: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp", "~")
_BLOCK = 2**20


def look(regular: RegularImport, *, patience_s: float | None = None) -> int:
    """Take what is there; return how many files. Their imports are enqueued, what goes wrong stands in `trouble`.

    Raises OSError where the disk of Farley itself takes nothing.
    """
    try:
        if regular.kind == RegularImport.Kind.FOLDER:
            count = _look_into_folder(regular)
        else:
            count = _look_at_address(regular, patience_s)
    except Unreachable as error:
        return _failed(regular, error.code, error.details)
    except CannotOpen:
        return _failed(regular, "secret", {})
    except NoSuchKey:
        return _failed(regular, "key", {})
    except (NotAllowed, NoSuchSpace):  # one of them is an OSError, too
        return _failed(regular, "role", {})
    except OSError as error:
        if regular.kind != RegularImport.Kind.FOLDER or trouble_of(error) is Trouble.FULL:
            raise
        return _failed(regular, "folder", {"reason": error.strerror or str(error)})
    _update(regular, looked_at=timezone.now(), trouble="", trouble_details={}, failures=0)
    return count


def _failed(regular: RegularImport, code: str, details: dict[str, Any]) -> int:
    now = timezone.now()
    wait = min(regular.every * 2 ** min(regular.failures, 12), max(LATEST, regular.every))
    _update(regular, trouble=code, trouble_details=details, failures=regular.failures + 1, next_at=now + wait)
    return 0


def _update(regular: RegularImport, **values: Any) -> None:
    with write_turn():
        RegularImport.objects.filter(pk=regular.pk).update(**values)
    for name, value in values.items():
        setattr(regular, name, value)


def _look_into_folder(regular: RegularImport) -> int:
    """Take the files that are as they were at the last look: others are still being written."""
    regular.claim()
    seen: dict[str, list[int]] = {}
    count = 0
    for name, size, changed in _files_in(regular.path):
        before = regular.seen.get(name)
        seen[name] = [size, changed]
        if before is None or before[:2] != [size, changed] or not size or count >= MOST:
            continue
        is_taken = len(before) > 2 or _take_file(regular, name, size, changed)
        if not is_taken:
            continue
        count += len(before) == 2
        seen[name] = [size, changed, 1]
        if not (regular.path / name).exists():
            del seen[name]
    _update(regular, seen=seen)
    return count


def _files_in(folder: Path) -> Iterator[tuple[str, int, int]]:
    """The files that may be whole: name, size, and when each was changed."""
    with os.scandir(folder) as there:
        for entry in sorted(there, key=lambda each: each.name):
            name = entry.name
            if name.startswith(".") or name.lower().endswith(_PARTIAL) or not entry.is_file(follow_symlinks=False):
                continue
            if not name.isprintable() or len(name) > 250:  # no name that a database could hold
                continue
            with suppress(FileNotFoundError):
                told = entry.stat(follow_symlinks=False)
                if told.st_size <= MAX_FILE:
                    yield name, told.st_size, told.st_mtime_ns


def _take_file(regular: RegularImport, name: str, size: int, changed: int) -> bool:
    """Copy and import it, then lay it aside; False where it changed meanwhile, or is gone."""
    path = regular.path / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    except PermissionError:  # one such file keeps no other one waiting
        _tell_unreadable(regular, name, changed)
        return False
    hashed = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        [source] = uploads.receive([(name, _hashing(_blocks(stream), hashed))])
        after = os.fstat(descriptor)
    if (after.st_size, after.st_mtime_ns) != (size, changed) or source.path.stat().st_size != size:
        uploads.discard([source])
        return False
    digest = hashed.digest()
    identity = hashlib.sha256(b"\0".join([name.encode(), str(changed).encode(), digest])).digest()
    was = TakenFile.objects.filter(regular=regular, identity=identity).select_related("run").first()
    if was is not None and was.came_to_nothing:  # somebody has laid it in once more
        with write_turn():
            was.delete()
        was = None
    if was is None:
        was = _taken(regular, source, identity, digest)
    else:  # it was taken before a crash, and only not laid aside
        uploads.discard([source])
    _lay_aside(path, FAILED if was.trouble else DONE, after)
    return True


def _tell_unreadable(regular: RegularImport, name: str, changed: int) -> None:
    """Once: it is tried again at every look."""
    identity = hashlib.sha256(b"\0".join([b"unreadable", name.encode(), str(changed).encode()])).digest()
    told = {"name": name, "digest": b"", "trouble": "unreadable", "trouble_details": {"file": name}}
    with write_turn():
        TakenFile.objects.get_or_create(regular=regular, identity=identity, defaults=told)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _hashing(blocks: Iterable[bytes], hashed: Any) -> Iterator[bytes]:
    for block in blocks:
        hashed.update(block)
        yield block


def _lay_aside(path: Path, folder: str, copied: os.stat_result) -> None:
    """Move it out of the way. Where that is not allowed, it is remembered as taken and stays.

    What has taken its place since it was copied is another file, which is still to be taken.
    """
    aside = path.parent / folder
    with suppress(OSError):
        aside.mkdir(exist_ok=True)
        if aside.is_symlink():
            return
        target = _free(aside / path.name)
        path.rename(target)
        if _identity_of(target.lstat()) != _identity_of(copied):
            target.rename(_free(path))


def _identity_of(told: os.stat_result) -> tuple[int, int, int, int]:
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def _free(path: Path) -> Path:
    """`path`, with a number where there is something of that name."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def _look_at_address(regular: RegularImport, patience_s: float | None) -> int:
    """Take what it answers, unless that is what was taken last. It is called as the regular import is: addresses of
    files are secrets, down to their last part, and readers of the space see of what file a contact is."""
    address = opened(regular.sealed_address)
    last = TakenFile.objects.filter(regular=regular).select_related("run").order_by("-pk").first()
    is_open = last is not None and last.came_to_nothing
    hashed = hashlib.sha256()
    with asked(address, accept=ACCEPT, mark="" if is_open else regular.mark, patience_s=patience_s) as reply:
        if reply is None:
            return 0
        [source] = uploads.receive([(regular.name, _hashing(reply.answer.parts, hashed))])
        mark = reply.mark
    digest = hashed.digest()
    is_as_before = last is not None and bytes(last.digest) == digest
    if is_as_before and not is_open:
        uploads.discard([source])
        count = 0
    else:
        identity = hashlib.sha256(digest + str(last.pk if last else 0).encode()).digest()
        taken = _taken(regular, source, identity, digest)
        count = 1
        if (
            last is not None and is_as_before
        ):  # tried once more: what came of it this time stays, and is told if it is new
            is_known = bool(taken.trouble) and taken.trouble == last.trouble
            count -= is_known
            with write_turn():
                (taken if is_known else last).delete()
    _update(regular, mark=mark)
    return count


def _taken(regular: RegularImport, source: Source, identity: bytes, digest: bytes) -> TakenFile:
    """Note the file as taken and begin its import, both or neither; where another look was quicker, what that noted."""
    try:
        return _noted(regular, source, identity, digest)
    except IntegrityError:
        uploads.discard([source])
        if (was := TakenFile.objects.filter(regular=regular, identity=identity).first()) is None:
            raise
        return was


def _noted(regular: RegularImport, source: Source, identity: bytes, digest: bytes) -> TakenFile:
    taken = TakenFile(regular=regular, name=source.name, identity=identity, digest=digest)
    try:
        files = importing.described([_as_before(each, regular) for each in files_in(source)])
        with write_turn():
            taken.run = _prepared(regular, files)
            taken.save()
            run_import.enqueue(taken.run.pk)
        return taken
    except ColumnsToChoose as error:
        taken.trouble = "columns" if regular.kind == RegularImport.Kind.FOLDER else "layout"
        taken.trouble_details = {"file": error.file}
    except NothingToImport as error:
        taken.trouble, taken.trouble_details = "file", {"file": error.file, "reason": error.reason}
    except BaseException:
        uploads.discard([source])
        raise
    uploads.discard([source])
    with write_turn():
        taken.save()
    return taken


def _prepared(regular: RegularImport, files: importing.Described) -> Import:
    by = regular.actor
    if by.user is None or not by.user.is_active:
        raise NotAllowed(regular.space, by.max_role)
    asked_for: dict[str, Any] = {"key": regular.key, "rule": Rule(regular.rule)}
    return importing.prepare(regular.space, files, by=by, door=Door.RULE, **asked_for)


def _as_before(source: Source, regular: RegularImport) -> Source:
    """A table with what its columns became before: by hand for such a one, else as was said when this was set up."""
    name = source.how.format or format_of(source.path)
    if name not in TABLES:
        return source
    remembered = choosing.remembered_for(source, regular.space, regular.actor)
    mapping = remembered or (Mapping.from_json(regular.mapping) if regular.mapping else None)
    return replace(source, how=replace(source.how, format=name, mapping=mapping)) if mapping else source
