"""Several writers at once: nothing is lost, nobody waits for ever, what was acknowledged is there."""

from __future__ import annotations

import random
from functools import partial

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.contacts.storing import EditConflict, Entry, Stored, UidConflict
from farley.journal.models import Batch, Change, Door
from farley.journal.undo import undo
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of
from tests.together import all_ended, at_once, killed_after, process

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
ROUNDS = 6


def test_of_two_who_change_the_same_version_one_is_told(alice: User) -> None:
    hand, space = hand_of(alice), space_of(alice)
    contact = hand.contact(space, a_card("Ada", uid="u"))
    for _ in range(ROUNDS):
        contact.refresh_from_db()
        cards = [a_card(f"P{random.random()}", uid="u") for _ in range(2)]
        store = partial(hand.store, space, href=contact.href, expected=contact.etag)
        found = at_once(*(partial(store, card) for card in cards))
        assert sorted(type(one).__name__ for one in found) == ["EditConflict", "Stored"]
        [stored] = [one for one in found if isinstance(one, Stored)]
        [refused] = [one for one in found if isinstance(one, EditConflict)]
        assert refused.etag == stored.etag
    assert faults() == []


def test_of_two_who_make_the_same_uid_one_is_told(alice: User) -> None:
    hand, space = hand_of(alice), space_of(alice)
    for number in range(ROUNDS):
        store = partial(hand.store, space, a_card(uid=str(number)))
        found = at_once(partial(store, href="a.vcf" + str(number)), partial(store, href="b.vcf" + str(number)))
        assert {type(one) for one in found} == {Stored, UidConflict}
    assert faults() == []


def count_up(user: User, href: str, times: int) -> int:
    """Add one to a counter in a card, as often as it takes each time; return how often another was quicker."""
    overtaken = 0
    for _ in range(times):
        while True:
            contact = Contact.objects.get(href=href)
            number = int(contact.full_name) + 1
            try:
                hand_of(user).store(contact.space, a_card(str(number), uid="n"), href=href, expected=contact.etag)
            except EditConflict:
                overtaken += 1
            else:
                break
    return overtaken


def test_eight_writers_lose_no_update_and_leave_no_gap(alice: User) -> None:
    space = space_of(alice)
    hand_of(alice).store(space, a_card("0", uid="n"), href="n.vcf")
    found = at_once(*(partial(count_up, alice, "n.vcf", ROUNDS) for _ in range(WRITERS)))
    assert all(isinstance(overtaken, int) for overtaken in found), found
    assert Contact.objects.get().full_name == str(WRITERS * ROUNDS)
    space.refresh_from_db()
    assert space.revision == WRITERS * ROUNDS + 1
    assert faults() == []


COUNTED = """
user = User.objects.get(name="alice")
space = space_of(user)
for number in range(int(sys.argv[1])):
    before = Space.objects.get(pk=space.pk).revision
    stored = hand_of(user).store(space, a_card(uid=f"{sys.argv[2]}-{number}"))
    say(before, stored.revision)
"""


def test_four_processes_write_in_turn(alice: User) -> None:
    found = all_ended([process(COUNTED, 25, name) for name in range(4)])
    pairs = [tuple(map(int, line.split())) for lines in found for line in lines]
    assert sorted(revision for _, revision in pairs) == list(range(1, 101))
    # How many others were let in between asking and writing. A queue: about 3; a scramble: dozens.
    assert max(revision - before for before, revision in pairs) <= 20
    assert faults() == []


def shuttle(user: User, pks: list[int], there: Space, back: Space, times: int) -> int:
    moved = 0
    for _ in range(times):
        for target in (there, back):
            people = list(Contact.objects.filter(pk__in=pks).order_by("?"))
            moved += contacts.move(people, target, by=user.actor, door=Door.WEB, batch=None)
    return moved


def test_moves_in_opposite_directions_do_not_block_each_other(alice: User) -> None:
    one, two = space_of(alice), team("sales", alice=Role.EDITOR)
    first = [stored.pk for stored in hand_of(alice).many(one, [a_card() for _ in range(20)])]
    second = [stored.pk for stored in hand_of(alice).many(two, [a_card() for _ in range(20)])]
    found = at_once(
        partial(shuttle, alice, first, two, one, 5),
        partial(shuttle, alice, second, one, two, 5),
        partial(shuttle, alice, first[:5], two, one, 5),
    )
    assert all(isinstance(moved, int) for moved in found), found
    assert len(state_of(one)) + len(state_of(two)) == 40
    assert faults() == []


def test_an_undo_that_two_carry_out_is_done_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farley.journal.undo.CHUNK", 5)
    batch = open_batch(Batch.Act.IMPORT, by=alice.actor, door=Door.WEB)
    hand_of(alice).many(space_of(alice), [a_card() for _ in range(40)], batch=batch)
    close_batch(batch)
    take_back = partial(undo, by=alice.actor, door=Door.WEB)
    found = at_once(*(partial(take_back, Batch.objects.get(pk=batch.pk)) for _ in range(3)))
    results = [one for one in found if not isinstance(one, Exception)]
    assert sum(result.restored for result in results) == 40
    assert all(result.kept == [] for result in results)
    assert len({result.batch.pk for result in results}) == 1
    assert Change.objects.filter(batch=results[0].batch).count() == 40
    assert faults() == []


STORING = """
user = User.objects.get(name="alice")
for number in range(10_000):
    stored = hand_of(user).store(space_of(user), a_card(f"P{number}", "CATEGORIES:a", uid=f"{sys.argv[1]}-{number}"))
    say(stored.uid, stored.revision)
"""


def test_everything_acknowledged_survives_a_kill(alice: User) -> None:
    acknowledged: list[str] = []
    for attempt in range(2):
        acknowledged += killed_after(process(STORING, attempt), 30 + attempt)
    there = dict(Contact.objects.values_list("uid", "revision"))
    assert all(there[line.split()[0]] == int(line.split()[1]) for line in acknowledged)
    assert len(there) <= len(acknowledged) + 3  # of each, the one that was under way may be in as well
    assert faults() == []


def test_a_killed_writer_leaves_its_turn_to_the_next(alice: User) -> None:
    waiting = """
from farley.spaces.operations import writing
with writing([Space.objects.get(name="alice").pk]):
    say("in")
    sys.stdin.readline()
"""
    killed_after(process(waiting), 1)
    assert hand_of(alice).store(space_of(alice)).revision == 1


def test_a_reader_sees_a_batch_of_cards_whole_or_not_at_all(alice: User) -> None:
    space = space_of(alice)

    def write() -> None:
        for number in range(ROUNDS):
            entries = [Entry(a_card(uid=f"{number}-{n}")) for n in range(30)]
            storing.store_many(space, entries, batch=None, by=alice.actor, door=Door.DAV)

    def read() -> set[int]:
        return {Contact.objects.filter(space=space).count() % 30 for _ in range(40)}

    _, seen = at_once(write, read)
    assert seen == {0}


def test_a_writer_from_outside_the_queue_is_waited_for(alice: User) -> None:
    outside = """
from django.db import connection, transaction
with transaction.atomic():
    Space.objects.select_for_update().get(name="alice")
    say("in")
    sys.stdin.readline()
"""
    running = process(outside)
    assert running.stdout is not None
    assert running.stdin is not None
    assert running.stdout.readline() == "in\n"
    found = at_once(partial(hand_of(alice).store, space_of(alice)), partial(running.communicate, "go on\n"))
    assert isinstance(found[0], Stored)
    assert running.returncode == 0
