"""kill -9 in the middle of an import: a fresh process goes on exactly there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cast import a_card, space_of
from tests.contacts.acts import faults, state_of
from tests.together import ended, killed_after, process

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.exchange import importing
from farley.exchange.models import Import
from farley.exchange.sources import Source
from farley.journal.models import Batch, Change, Door
from farley.journal.undo import undo

pytestmark = pytest.mark.django_db(transaction=True)

CARDS = 600
IMPORTING = """
from pathlib import Path
from farley.exchange import chunks, importing, reading
from farley.exchange.sources import Source
chunks.CHUNK = 20
reading.AHEAD_FROM = int(sys.argv[2]) if sys.argv[2:] else reading.AHEAD_FROM
user = User.objects.get(name="alice")
source = Source("cards.vcf", Path(sys.argv[1]))
run = importing.prepare(space_of(user), [source], by=user.actor, door=Door.CLI)
importing.run(run, by=user.actor, progress=lambda run: say(run.entries))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cards.vcf"
    cards = [a_card(f"P{n}", "CATEGORIES:a,b", "EMAIL:p@x.example", uid=f"u{n}") for n in range(CARDS)]
    cards[150:150] = [cards[3], a_card("Other", uid="u4"), b"garbage\r\n"]
    path.write_bytes(b"".join(cards))
    return path


@pytest.mark.parametrize("ahead_from", [0, 2**30], ids=["read ahead", "read here"])
def test_every_card_is_in_once_and_the_figures_are_right(alice: User, file: Path, ahead_from: int) -> None:
    done = 0
    for _ in range(3):
        acknowledged = killed_after(process(IMPORTING, file, ahead_from), 3)
        [run] = Import.objects.all()
        assert run.entries >= int(acknowledged[-1]) > done
        assert Contact.objects.count() == run.created == run.batch.size
        assert faults() == []
        done = int(acknowledged[-1])
    ended(process(IMPORTING, file, ahead_from))
    [run] = Import.objects.all()
    assert (run.state, run.created, run.unchanged, run.failed) == (Import.State.DONE, CARDS, 1, 2)
    assert run.octets == file.stat().st_size
    assert sorted(run.problems.values_list("code", flat=True)) == ["invalid", "twice"]
    assert Contact.objects.values("uid").distinct().count() == Contact.objects.count() == CARDS
    assert Change.objects.filter(batch=run.batch).count() == CARDS
    assert faults() == []
    undo(Batch.objects.get(), by=alice.actor, door=Door.CLI)
    assert state_of() == {}
    assert faults() == []


def test_one_that_was_killed_can_be_cancelled(alice: User, file: Path) -> None:
    killed_after(process(IMPORTING, file), 3)
    importing.cancel(Import.objects.get(), by=alice.actor)
    assert (Import.objects.get().state, state_of()) == (Import.State.CANCELLED, {})
    run = importing.prepare(space_of(alice), [Source("again", file)], by=alice.actor, door=Door.CLI)
    assert (run.entries, Import.objects.count()) == (0, 2)


def test_one_that_was_killed_can_be_taken_back(alice: User, file: Path) -> None:
    killed_after(process(IMPORTING, file), 3)
    importing.take_back(Batch.objects.get(), by=alice.actor, door=Door.CLI)
    assert (Import.objects.get().state, state_of()) == (Import.State.CANCELLED, {})


MEASURED = """
import resource
from pathlib import Path
from farley.exchange import chunks, importing
from farley.exchange.sources import Source
def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
user = User.objects.get(name="alice")
at = []
run = importing.prepare(
    space_of(user), [Source("cards.vcf", Path(sys.argv[1]))], by=user.actor, door=Door.CLI, is_dry_run="dry" in sys.argv
)
importing.run(run, by=user.actor, progress=lambda run: at.append(memory()))
say(at[len(at) // 4], at[-1])
"""


@pytest.mark.parametrize("how", ["dry", "real"])
def test_memory_does_not_grow_with_the_file(alice: User, tmp_path: Path, how: str) -> None:
    path = tmp_path / "cards.vcf"
    with path.open("wb") as file:
        for number in range(6000):  # 24 MB
            file.write(a_card("Ada", "NOTE:" + "x" * 4000, uid=str(number)))
    early, late = map(int, ended(process(MEASURED, path, how))[-1].split())
    assert late - early < 16  # MB
