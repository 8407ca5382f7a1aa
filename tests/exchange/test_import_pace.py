"""How many cards an import stores at a time follows from how long it keeps other writers waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from farley.exchange import chunks, importing
from farley.exchange.chunks import CHUNK, LEAST, TURN_S
from farley.exchange.sources import Source
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.spaces.operations import add_person


def test_slow_transactions_become_smaller_down_to_a_least_and_quick_ones_larger_again() -> None:
    pace = chunks.Pace()
    assert pace.cards == CHUNK
    pace.took(CHUNK, 2 * TURN_S)
    assert pace.cards == CHUNK // 2
    for _ in range(20):
        pace.took(pace.cards, 2 * TURN_S)
    assert pace.cards == LEAST
    pace.took(LEAST - 1, 0.01 * TURN_S)  # the last of a file
    assert pace.cards == LEAST
    for _ in range(20):
        pace.took(pace.cards, 0.1 * TURN_S)
    assert pace.cards == CHUNK


def test_a_turn_comes_to_take_as_long_as_it_may_and_no_longer() -> None:
    pace, taken = chunks.Pace(), []
    for _ in range(20):
        taken.append(0.2 * TURN_S + pace.cards * TURN_S / 400)  # a commit costs something by itself
        pace.took(pace.cards, taken[-1])
    assert all(0.95 * TURN_S < seconds <= 1.01 * TURN_S for seconds in taken[-10:])


@pytest.mark.django_db
def test_a_slow_machine_imports_the_same_in_more_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "TURN_S", 0.0)  # nothing is quick enough
    monkeypatch.setattr(chunks, "LEAST", 7)
    file = tmp_path / "many.vcf"
    file.write_text(
        "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada {n}\r\nUID:ada-{n}\r\nEND:VCARD\r\n" for n in range(1200))
    )
    ada = add_person("ada", "ada@farley.example", None)
    run = importing.prepare(Space.objects.get(name="ada"), [Source(file.name, file)], by=ada.actor, door=Door.CLI)
    steps: list[int] = []
    importing.run(run, by=ada.actor, progress=lambda run: steps.append(run.entries))
    assert run.created == 1200
    sizes = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    assert sizes[:4] == [500, 250, 125, 62]
    assert min(sizes[:-1]) == 7
