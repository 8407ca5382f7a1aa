"""Devices that sync now and then, while cards come, change, move and go: each ends with what the server has."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from farley.accounts.models import User
from farley.exchange import chunks, importing
from farley.exchange.sources import Source
from farley.journal.models import Door
from farley.journal.undo import undo
from farley.spaces.models import Space
from tests.cast import a_card
from tests.contacts.acts import faults
from tests.dav.keeping import Keeper, act, spaces_and_keepers
from tests.dav.phone import phone_of
from tests.together import at_once

ACTS = 120
WRITERS = 8


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_every_device_ends_with_what_the_server_has(alice: User, seed: int) -> None:
    rng = random.Random(seed)
    spaces, keepers = spaces_and_keepers(alice)
    for _ in range(ACTS):
        act(rng, alice, spaces)
        for keeper in keepers:
            if rng.random() < 0.1:
                keeper.sync()
                assert keeper.is_as_the_server()
    for keeper in keepers:
        keeper.sync()
        assert keeper.is_as_the_server()
    assert any(keeper.tags for keeper in keepers)


def writing(seed: int, alice: User, spaces: list[Space]) -> None:
    rng = random.Random(seed)
    for _ in range(ACTS // WRITERS):
        act(rng, alice, spaces)


def sending(seed: int, keeper: Keeper) -> None:
    """A device that changes and deletes cards as it has them, and leaves those alone that somebody else changed."""
    rng = random.Random(seed)
    for number in range(ACTS // WRITERS):
        keeper.sync()
        name = rng.choice([*sorted(keeper.tags), f"sent-{number}.vcf"])
        tag = keeper.tags.get(name)
        if tag is None:
            keeper.phone.put(name, a_card(f"Sent {number}", uid=f"s{number}"), if_none_match="*")
        elif rng.random() < 0.5:
            keeper.phone.ask("DELETE", name, if_match=tag)
        else:
            got = keeper.phone.get(name)
            if got.status == 200:
                keeper.phone.put(name, got.body.replace(b"END:V", b"NOTE:sent\r\nEND:V"), if_match=got.etag)


def importing_and_taking_back(alice: User, space: Space, file: Path) -> int:
    run = importing.prepare(space, [Source(file.name, file)], by=alice.actor, door=Door.WEB)
    importing.run(run, by=alice.actor)
    run.refresh_from_db()
    assert run.batch is not None
    return undo(run.batch, by=alice.actor, door=Door.WEB).restored


def syncing(keeper: Keeper, is_over: threading.Event) -> None:
    for times in range(500):
        if is_over.is_set() and times > 4:
            return
        keeper.sync()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(2))
def test_while_writers_devices_an_import_and_its_undo_run_at_once_no_device_misses_anything(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 20)
    spaces, keepers = spaces_and_keepers(alice)
    file = tmp_path / "cards.vcf"
    file.write_bytes(b"".join(a_card(f"Imported {number}", uid=f"i{number}") for number in range(200)))
    is_over, left = threading.Event(), threading.Semaphore(0)

    def counted(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            try:
                return work()
            finally:
                left.release()

        return run

    works = [counted(partial(writing, 100 * seed + number, alice, spaces)) for number in range(WRITERS)]
    works.append(counted(partial(sending, seed, Keeper(phone_of(alice, spaces[1])))))
    works.append(counted(partial(importing_and_taking_back, alice, spaces[0], file)))

    def end() -> None:
        for _ in works:
            assert left.acquire(timeout=100)
        is_over.set()

    found = at_once(*works, end, *(partial(syncing, keeper, is_over) for keeper in keepers))
    assert not [each for each in found if isinstance(each, Exception)], found
    for keeper in keepers:
        keeper.sync()
        assert keeper.is_as_the_server()
    assert found[WRITERS + 1] > 100  # of the import was taken back: what others changed is theirs
    assert faults() == []
