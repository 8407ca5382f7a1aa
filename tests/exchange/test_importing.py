"""Importing and exporting vCard files: what goes in comes out, once, and can be taken back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cast import a_card, hand_of, space_of, team
from tests.conftest import SAMPLES
from tests.contacts.acts import faults, state_of

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import read_cards
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.exchange import chunks, importing
from farley.exchange.exporting import vcards
from farley.exchange.formats import VCARD, format_of
from farley.exchange.importing import ImportBusy
from farley.exchange.models import Import, ImportProblem
from farley.exchange.reporting import reason_of
from farley.exchange.sources import NothingToImport, Source
from farley.jobs.worker import held
from farley.journal.models import Batch, Change, Door
from farley.journal.undo import undo
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed

pytestmark = pytest.mark.django_db

Counts = tuple[int, int, int]


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three cards, so that a small file has several."""
    monkeypatch.setattr(chunks, "CHUNK", 3)


def file_of(folder: Path, *cards: bytes, name: str = "cards.vcf") -> Source:
    path = folder / name
    path.write_bytes(b"".join(cards))
    return Source(name, path)


def imported(
    space: Space,
    user: User,
    *sources: Source,
    is_dry_run: bool = False,
    progress: Callable[[Import], None] = lambda _run: None,
) -> Import:
    run = importing.prepare(space, sources, by=user.actor, door=Door.CLI, is_dry_run=is_dry_run)
    importing.run(run, by=user.actor, progress=progress)
    run.refresh_from_db()
    return run


def counts(run: Import) -> Counts:
    return run.created, run.unchanged, run.failed


def problems(run: Import) -> list[tuple[str, int, str, str]]:
    return [(p.file, p.line, p.code, p.name) for p in run.problems.all()]


def exported(space: Space) -> bytes:
    return b"".join(vcards(Contact.objects.filter(space=space, deleted_at=None)))


def sample_folders() -> list[Path]:
    return sorted(path for path in (SAMPLES / "vcard").glob("*") if path.is_dir())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="there are no sample cards on this machine")
def test_every_sample_goes_in_once_is_found_again_and_comes_out_as_it_was(alice: User, space: Space) -> None:
    for number, folder in enumerate(sample_folders()):
        target = team(f"space-{number}", alice=Role.EDITOR)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
        files = [path for path in files if format_of(path) == VCARD]  # some show the other forms of the same cards
        sources = [Source(path.name, path) for path in files]
        planned = imported(target, alice, *sources, is_dry_run=True)
        assert not Contact.objects.filter(space=target).exists()
        first = imported(target, alice, *sources)
        second = imported(target, alice, *sources)
        assert (counts(planned), problems(planned)) == (counts(first), problems(first)), folder
        assert (second.created, second.unchanged, second.failed) == (0, first.created + first.unchanged, first.failed)
        assert problems(second) == [
            (file, line, "taken" if code == "twice" else code, name) for file, line, code, name in problems(first)
        ]
        there = _cards_of(target)
        assert exported(target) == b"".join(card if card.endswith(b"\n") else card + b"\r\n" for card in there)
        good = [entry.octets for path in files for entry in read_cards(path.read_bytes()) if entry.card is not None]
        listed = first.problems.exclude(code="invalid").count()
        assert set(there) <= set(good)
        assert len(there) + first.unchanged + listed == len(good), folder
    assert faults() == []


def _cards_of(space: Space) -> list[bytes]:
    rows = Contact.objects.filter(space=space).order_by("pk").values_list("content__octets", flat=True)
    return [bytes(octets) for octets in rows]


def test_what_was_exported_is_known_again(alice: User, space: Space, tmp_path: Path) -> None:
    imported(space, alice, file_of(tmp_path, a_card("Ada"), a_card("Bea").removesuffix(b"\r\n")))
    assert counts(imported(space, alice, file_of(tmp_path, exported(space), a_card("Cleo")))) == (1, 2, 0)
    other = team("sales", alice=Role.EDITOR)
    imported(other, alice, file_of(tmp_path, exported(space)))
    assert exported(other) == exported(space)


def test_problems_name_file_line_and_reason(alice: User, space: Space, tmp_path: Path) -> None:
    hand_of(alice).store(space, a_card("Stored", uid="taken"))
    first = file_of(
        tmp_path,
        a_card("Ada", uid="u"),
        a_card("Bea", uid="u"),
        b"garbage\r\n",
        a_card("Cleo", uid="taken"),
        name="1.vcf",
    )
    second = file_of(tmp_path, a_card("Dora", uid="u"), b"BEGIN:VCARD\r\nFN:cut\r\n", name="2.vcf")
    run = imported(space, alice, first, second)
    assert problems(run) == [
        ("1.vcf", 6, "twice", "Bea"),
        ("1.vcf", 11, "invalid", ""),
        ("1.vcf", 12, "taken", "Cleo"),
        ("2.vcf", 1, "twice", "Dora"),
        ("2.vcf", 6, "invalid", ""),
    ]
    assert counts(run) == (1, 0, 5)
    assert all(reason_of(problem) for problem in run.problems.all())
    assert "“Stored”" in reason_of(run.problems.get(code="taken"))


def test_a_card_that_is_too_large_or_has_too_long_a_uid_is_listed(alice: User, space: Space, tmp_path: Path) -> None:
    cards = [a_card("Ada", "NOTE:" + "x" * storing.MAX_CARD), a_card("Bea", uid="x" * 501), a_card("Cleo")]
    run = imported(space, alice, file_of(tmp_path, *cards))
    assert counts(run) == (1, 0, 2)
    assert Contact.objects.get().full_name == "Cleo"


def test_the_same_card_three_times_comes_in_once(alice: User, space: Space, tmp_path: Path) -> None:
    card = a_card("Ada", uid="")
    assert counts(imported(space, alice, file_of(tmp_path, card, card, card))) == (1, 2, 0)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("gap", [0, 1, 2, 3, 7])
def test_the_same_card_twice_in_a_file_is_one_contact_however_far_apart(
    alice: User, space: Space, tmp_path: Path, gap: int
) -> None:
    octets = a_card("Ada")
    source = file_of(tmp_path, octets, *(a_card() for _ in range(gap)), octets)
    planned = imported(space, alice, source, is_dry_run=True)
    assert counts(planned) == counts(imported(space, alice, source)) == (gap + 1, 1, 0)


@pytest.mark.usefixtures("few")
@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from("xyz"), st.booleans()), max_size=12)
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dry_run_writes_nothing_and_says_what_the_real_one_does(
    alice: User, space: Space, tmp_path: Path, cards: list[tuple[str, str, bool]]
) -> None:
    target = team(f"space-{Space.objects.count()}", alice=Role.EDITOR)
    hand_of(alice).store(target, a_card("x", uid="a"))
    written = [a_card(name, uid=uid) if is_good else b"garbage\r\n" for uid, name, is_good in cards]
    source = file_of(tmp_path, a_card("first", uid="first"), *written)
    before = (state_of(target), Change.objects.count(), Batch.objects.count())
    planned = imported(target, alice, source, is_dry_run=True)
    assert (state_of(target), Change.objects.count(), Batch.objects.count()) == before
    real = imported(target, alice, source)
    assert (counts(planned), problems(planned)) == (counts(real), problems(real))


def test_an_import_is_a_batch_that_is_undone(alice: User, space: Space, tmp_path: Path) -> None:
    run = imported(space, alice, file_of(tmp_path, a_card(), a_card()))
    assert run.batch is not None
    assert (run.batch.state, run.batch.size, str(run)) == (Batch.State.DONE, 2, "cards.vcf")
    undo(run.batch, by=alice.actor, door=Door.CLI)
    assert state_of() == {}


@pytest.mark.usefixtures("few")
def test_an_import_that_is_cancelled_leaves_nothing(alice: User, space: Space, tmp_path: Path) -> None:
    source = file_of(tmp_path, *(a_card() for _ in range(9)))
    run = imported(space, alice, source, progress=lambda run: importing.cancel(run, by=alice.actor))
    assert (run.state, run.entries, state_of()) == (Import.State.CANCELLED, 3, {})
    assert faults() == []


def test_cancelling_at_the_last_moment_counts(alice: User, space: Space, tmp_path: Path) -> None:
    run = imported(
        space, alice, file_of(tmp_path, a_card()), progress=lambda run: importing.cancel(run, by=alice.actor)
    )
    assert (run.state, state_of()) == (Import.State.CANCELLED, {})


@pytest.mark.usefixtures("few")
def test_one_that_nobody_works_on_is_undone_by_who_cancels_it(alice: User, space: Space, tmp_path: Path) -> None:
    run = importing.prepare(space, [file_of(tmp_path, *(a_card() for _ in range(9)))], by=alice.actor, door=Door.WEB)
    assert not importing.run(run, by=alice.actor, stopping=lambda: True)
    assert len(state_of()) == 3
    importing.cancel(run, by=alice.actor)
    run.refresh_from_db()
    assert (run.state, state_of()) == (Import.State.CANCELLED, {})
    assert importing.run(run, by=alice.actor)
    assert state_of() == {}


def test_cancelling_what_is_over_changes_nothing(alice: User, space: Space, tmp_path: Path) -> None:
    run = imported(space, alice, file_of(tmp_path, a_card()))
    importing.cancel(run, by=alice.actor)
    assert (run.state, len(state_of())) == (Import.State.DONE, 1)


@pytest.mark.usefixtures("few")
def test_a_cancelled_import_whose_undo_is_cut_short_is_undone_at_the_next_start(
    alice: User, space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    source = file_of(tmp_path, *(a_card() for _ in range(9)))
    run = importing.prepare(space, [source], by=alice.actor, door=Door.WEB)
    with monkeypatch.context() as patched:
        patched.setattr(importing, "undo", dies)
        with pytest.raises(KeyboardInterrupt):
            importing.run(run, by=alice.actor, progress=lambda run: importing.cancel(run, by=alice.actor))
    assert len(state_of()) == 3
    importing.run(run, by=alice.actor)
    run.refresh_from_db()
    assert (run.state, state_of()) == (Import.State.CANCELLED, {})


@pytest.mark.usefixtures("few")
def test_an_import_that_was_stopped_goes_on_with_the_same_file(alice: User, space: Space, tmp_path: Path) -> None:
    sources = [file_of(tmp_path, *(a_card() for _ in range(7)), name=f"{n}.vcf") for n in range(2)]
    run = importing.prepare(space, sources, by=alice.actor, door=Door.CLI)
    starts = 0
    while not importing.run(run, by=alice.actor, stopping=lambda: True):
        run = importing.prepare(space, sources, by=alice.actor, door=Door.CLI)
        starts += 1
    run.refresh_from_db()
    assert (starts, Import.objects.count(), counts(run), len(state_of())) == (6, 1, (14, 0, 0), 14)
    assert run.octets == run.total_octets
    assert faults() == []


@pytest.mark.usefixtures("few")
def test_a_dry_run_that_was_stopped_begins_anew(alice: User, space: Space, tmp_path: Path) -> None:
    source = file_of(tmp_path, *(a_card(uid=str(n % 4)) for n in range(8)))
    run = importing.prepare(space, [source], by=alice.actor, door=Door.WEB, is_dry_run=True)
    assert not importing.run(run, by=alice.actor, stopping=lambda: True)
    assert importing.run(run, by=alice.actor)
    run.refresh_from_db()
    assert counts(run) == (4, 4, 0)


def test_two_do_not_carry_out_one_import(alice: User, space: Space, tmp_path: Path) -> None:
    run = importing.prepare(space, [file_of(tmp_path, a_card())], by=alice.actor, door=Door.WEB)
    with held(importing._lock_of(run)), pytest.raises(ImportBusy):
        importing.run(run, by=alice.actor)


@pytest.mark.parametrize("role", [Role.READER, None])
def test_only_editors_import(alice: User, bob: User, tmp_path: Path, role: Role | None) -> None:
    space = team("sales", alice=Role.EDITOR, **({"bob": role} if role else {}))
    with pytest.raises(NotAllowed if role else NoSuchSpace):
        importing.prepare(space, [file_of(tmp_path, a_card())], by=bob.actor, door=Door.WEB)
    assert not Import.objects.exists()


@pytest.mark.usefixtures("few")
def test_who_loses_the_role_meanwhile_imports_no_further(alice: User, bob: User, tmp_path: Path) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)

    def demoted(_run: Import) -> None:
        space.memberships.filter(user=bob).update(role=Role.READER)

    with pytest.raises(NotAllowed):
        imported(space, bob, file_of(tmp_path, *(a_card() for _ in range(9))), progress=demoted)
    assert len(state_of()) == 3


def test_an_import_is_its_maker_s_alone(alice: User, bob: User, tmp_path: Path) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    imported(space, alice, file_of(tmp_path, a_card()))
    assert not Import.objects.visible_to(bob.actor).exists()


def test_what_cannot_be_read_is_named_before_anything_is_written(alice: User, space: Space, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.vcf").touch()
    for name in ("folder", "empty.vcf", "missing.vcf"):
        good = file_of(tmp_path, a_card())
        with pytest.raises(NothingToImport) as refused:
            imported(space, alice, good, Source(name, tmp_path / name))
        assert refused.value.file == name
    assert not Import.objects.exists()


def test_a_file_whose_name_is_not_utf_8_is_refused_by_name(alice: User, space: Space, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"M\xfcller.vcf")
    path.write_bytes(a_card())
    with pytest.raises(NothingToImport) as refused:
        imported(space, alice, Source(str(path), path))
    assert "UTF-8" in refused.value.reason
    refused.value.file.encode()  # can be printed


@pytest.mark.parametrize("octets", [b"\0" * 5000, os.urandom(5000), b"\n" * 5000, b"BEGIN:VCARD\r\n" * 300])
def test_garbage_is_listed_and_stores_nothing(alice: User, space: Space, tmp_path: Path, octets: bytes) -> None:
    run = imported(space, alice, file_of(tmp_path, octets))
    assert (run.state, run.created, state_of()) == (Import.State.DONE, 0, {})
    assert run.failed == ImportProblem.objects.count()
