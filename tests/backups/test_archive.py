"""A backup's file: whole, or refused with a reason."""

from __future__ import annotations

import io
import json
import random
import zipfile

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from farley.backups.archive import BadBackup, Manifest, Reader, Writer
from farley.backups.sealing import CHUNK, CannotUnseal, Sealing, Unsealed
from farley.backups.tables import Column, Kind, Table, known_migrations, tables_of
from farley.backups.text import rows_as_text, text_as_rows

TABLE = Table(
    "people",
    (
        Column("id", Kind.INTEGER),
        Column("name", Kind.TEXT),
        Column("card", Kind.OCTETS),
        Column("at", Kind.INSTANT),
        Column("is_here", Kind.BOOLEAN),
        Column("own", Kind.JSON),
        Column("born", Kind.DATE),
    ),
    (0,),
    "id",
)
_OWN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=4,
)
_ROW = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\N\t\n\r\b\f\v\0x", max_size=8),
    st.none() | st.binary(max_size=40),
    st.none() | st.datetimes().map(str),
    st.none() | st.sampled_from([0, 1]),
    st.none() | _OWN.map(lambda own: json.dumps(own, sort_keys=True)),
    st.none() | st.dates().map(str),
)


@given(st.lists(_ROW, max_size=20))
def test_what_is_written_is_read_back(rows: list[tuple[object, ...]]) -> None:
    written = rows_as_text(TABLE, rows)
    assert text_as_rows(TABLE, written) == rows
    assert written.count(b"\n") == len(rows)


def test_every_column_that_farley_has_is_of_a_kind_that_backups_know() -> None:
    tables = {table.name for table in tables_of(known_migrations())}
    assert {model._meta.db_table for model in apps.get_models() if model._meta.app_label == "contacts"} <= tables
    assert "django_session" not in tables


def test_a_file_cut_at_any_place_is_refused() -> None:
    whole = _backup()
    for length in range(0, len(whole), 97):
        with pytest.raises(BadBackup):
            Reader(io.BytesIO(whole[:length])).verify()


def test_a_file_with_any_octet_changed_says_the_same_or_is_refused() -> None:
    whole, chance = _backup(), random.Random(7)
    manifest = Reader(io.BytesIO(whole)).manifest
    refused = 0
    for _ in range(600):
        place = chance.randrange(len(whole))
        changed = whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]
        try:
            reader = Reader(io.BytesIO(changed))
            reader.verify()
        except BadBackup:
            refused += 1
        else:
            assert reader.manifest.tables == manifest.tables  # in what nobody reads, such as a time in the ZIP's lists
    assert refused > 300  # of 600: much of so small a file is names and times


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 3}, "newer Farley"),
        ({"format": "one"}, "no backup of Farley"),
        ({"tables": [{"name": "people"}]}, "cannot be understood"),
        ({"migrations": [1, 2]}, "cannot be understood"),
        ({"files": [{"path": "../../etc/passwd", "octets": 0, "sha256": ""}]}, "outside of the data folder"),
        ({"files": [{"path": "/etc/passwd", "octets": 0, "sha256": ""}]}, "outside of the data folder"),
        ({"files": [{"path": "uploads/gone", "octets": 1, "sha256": ""}]}, "damaged"),
    ],
)
def test_a_manifest_that_lies_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadBackup, match=said):
        Reader(io.BytesIO(_with_manifest(change))).verify()


def test_a_manifest_that_counts_other_rows_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(_backup())) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    with pytest.raises(BadBackup, match=r"tables/people\.tsv"):
        Reader(io.BytesIO(_with_manifest({"tables": [tables[0] | {"rows": 2}]}))).verify()


@pytest.mark.parametrize("size", [0, CHUNK, 2 * CHUNK + 1])
def test_what_was_sealed_is_opened_with_its_passphrase_alone(size: int) -> None:
    octets = random.Random(size).randbytes(size)
    sealed = _sealed(octets)
    assert octets[:1000] not in sealed or not size
    unsealed = io.BufferedReader(Unsealed(io.BytesIO(sealed), "correct horse"))
    assert unsealed.read() == octets
    for place in (0, size // 2, size):
        unsealed.seek(place)
        assert unsealed.read(100) == octets[place : place + 100]
    with pytest.raises(CannotUnseal, match="passphrase is wrong"):
        Unsealed(io.BytesIO(sealed), "correct horze")


def test_a_sealed_file_that_was_cut_changed_or_put_together_anew_is_refused() -> None:
    sealed = _sealed(bytes(3 * CHUNK + 5))
    step, begin = CHUNK + 16, len(sealed) - 3 * (CHUNK + 16) - 21
    chunks = [sealed[begin + n * step : begin + (n + 1) * step] for n in range(3)]
    broken = [
        *(sealed[:length] for length in range(0, len(sealed), 39_971)),
        *(sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(0, len(sealed), 39_971)),
        sealed[:begin] + chunks[0] + chunks[2] + chunks[1] + sealed[begin + 3 * step :],
        sealed[:begin] + chunks[0] + chunks[1] + sealed[begin + 3 * step :],
        sealed[: begin + step],
    ]
    for octets in broken:
        with pytest.raises(CannotUnseal):
            io.BufferedReader(Unsealed(io.BytesIO(octets), "correct horse")).read()


def _sealed(octets: bytes) -> bytes:
    file = io.BytesIO()
    sealing = Sealing(file, "correct horse")
    for start in range(0, len(octets), 50_000):
        sealing.write(octets[start : start + 50_000])
    sealing.close()
    return file.getvalue()


def _backup() -> bytes:
    file = io.BytesIO()
    writer = Writer(file, Manifest("1.0", "2026-01-01T00:00:00+00:00", "sqlite", [("contacts", "0001_initial")], False))
    rows = [(n, f"name {n}", b"octets", "2026-01-01 00:00:00", 1, None, None) for n in range(50)]
    writer.add_table(TABLE, [rows_as_text(TABLE, rows[:20]), rows_as_text(TABLE, rows[20:])], 51)
    writer.add_file("uploads/one", io.BytesIO(b"a file"))
    writer.close()
    return file.getvalue()


def _with_manifest(change: dict[str, object]) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_backup())) as archive, zipfile.ZipFile(changed, "w") as other:
        for name in archive.namelist():
            octets = archive.read(name)
            if name == "manifest.json":
                octets = json.dumps(json.loads(octets) | change).encode()
            other.writestr(name, octets)
    return changed.getvalue()
