"""Files that came through a page, kept until a month after their import."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from farley.contacts.erasing import Traces
from farley.exchange.models import Import, ImportOutcome, ImportProblem
from farley.exchange.sources import Source


def receive(files: Iterable[tuple[str, Iterable[bytes]]]) -> list[Source]:
    """Write uploaded files, (name, chunks of octets) each, durably into a folder of their own."""
    folder = _uploads() / uuid.uuid4().hex
    folder.mkdir(parents=True, mode=0o700)
    sources = []
    try:
        for number, (name, chunks) in enumerate(files):
            path = folder / f"{number}.vcf"  # the name as given is never a path
            with path.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            sources.append(Source(name[:300], path))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return sources


def discard(sources: Iterable[Source]) -> None:
    """Delete files that were received, but not imported."""
    for folder in {source.path.parent for source in sources}:
        if folder.parent == _uploads():
            shutil.rmtree(folder, ignore_errors=True)


def sweep(before: dt.datetime, *, made_before: dt.datetime) -> int:
    """Delete the folders that only imports name which ended before `before`, or none does; return how many.

    One whose columns nobody has chosen since then counts as ended.
    One made after `made_before` stays: its import may be about to begin.
    """
    wanted = Import.objects.filter(Q(finished_at=None) | Q(finished_at__gte=before))
    wanted = wanted.exclude(state=Import.State.CHOOSING, created_at__lt=before)  # nobody went on
    named = wanted.values_list("files", flat=True)
    in_use = {Path(file["path"]).parent for files in named.iterator() for file in files}
    folders = list(_uploads().iterdir()) if _uploads().exists() else []
    old = [folder for folder in folders if folder.stat().st_mtime < made_before.timestamp()]
    unused = [folder for folder in old if folder not in in_use]
    for folder in unused:
        shutil.rmtree(folder, ignore_errors=True)
    return len(unused)


def forget(traces: Traces) -> None:
    """Delete the files by which a contact came in, and what is quoted from any into its space under its name."""
    runs = Import.objects.filter(space=traces.contact.space_id)
    named = {"run__in": runs, "name__in": [name[:200] for name in traces.names]}
    ImportProblem.objects.filter(**named).delete()
    ImportOutcome.objects.filter(**named).delete()
    came = Import.objects.filter(batch__in=traces.batches).exclude(finished_at=None)
    for run in came:
        discard(Source(file["name"], Path(file["path"])) for file in run.files)


def _uploads() -> Path:
    return Path(settings.DATA).absolute() / "uploads"


def kind_of(path: Path) -> str:
    """What a file without any card seems to be: `calendar`, `archive`, `binary`, or "" for any other text."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return ""
    if head.startswith(b"PK\3\4"):
        return "archive"
    if b"BEGIN:VCALENDAR" in head.upper():
        return "calendar"
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "binary"
    return ""
