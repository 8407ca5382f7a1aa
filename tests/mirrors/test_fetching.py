"""A mirror that only fetches: what is outside is here, octet for octet, and can be undone run by run."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.journal.models import Batch, Change, Door
from farley.journal.undo import undo
from farley.mirrors import operations
from farley.mirrors.models import Mirror, MirrorItem, MirrorRun
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import cards_of, in_step, last_run, live, named, noted, problems
from tests.mirrors.outside import Outside

pytestmark = pytest.mark.django_db

ADA = a_card("Ada King", "X-OWN;A=b:k\\,ept", uid="ada")
BOB = a_card("Bob Müller", "NOTE:a\\nb", uid="bob")


@pytest.fixture(params=["tokens", "no tokens"])
def listing(request: pytest.FixtureRequest, outside: Outside) -> str:
    """Both ways that servers tell what has changed."""
    outside.has_tokens = request.param == "tokens"
    return str(request.param)


def test_what_changes_outside_changes_here_and_each_run_is_one_act(
    listing: str, mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    outside.put("ada.vcf", ADA)
    outside.put("bob @ home.vcf", BOB)
    in_step(mirror)
    assert cards_of(space) == {ADA, BOB}
    assert named(space, "Bob Müller").href == "bob @ home.vcf"
    assert (last_run(mirror).added, last_run(mirror).batch.size) == (2, 2)

    newer = ADA.replace(b"Ada King", b"Ada Lovelace")
    outside.put("ada.vcf", newer)
    outside.delete("bob @ home.vcf")
    in_step(mirror)
    assert cards_of(space) == {newer}
    assert (last_run(mirror).changed, last_run(mirror).deleted) == (1, 1)

    assert undo(last_run(mirror).batch, by=alice.actor, door=Door.WEB).restored == 2
    assert cards_of(space) == {ADA, BOB}


def test_a_run_that_finds_nothing_new_leaves_nothing_behind_but_when_it_looked(
    listing: str, mirror: Mirror, outside: Outside
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    before = [model.objects.count() for model in (Change, Batch, MirrorRun)]
    looked_at, outside.asked = mirror.looked_at, []
    in_step(mirror)
    assert [model.objects.count() for model in (Change, Batch, MirrorRun)] == before
    assert mirror.looked_at > looked_at
    assert len(outside.asked) <= 3
    assert outside.writes() == []


def test_what_is_changed_here_stays_until_it_changes_outside_and_is_never_sent(
    listing: str, mirror: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    ours = ADA.replace(b"Ada King", b"Ada of Bob")
    hand_of(bob).store(space, ours, href="ada.vcf")
    in_step(mirror)
    assert cards_of(space) == {ours}
    newer = ADA.replace(b"Ada King", b"Ada Outside")
    outside.put("ada.vcf", newer)
    in_step(mirror)
    assert cards_of(space) == {newer}
    assert noted(mirror) == [("Ada Outside", "theirs")]
    assert outside.writes() == []
    history = Change.objects.filter(subject=named(space, "Ada Outside").pk).exclude(before=None)
    assert ours in [bytes(change.before.octets) for change in history]


def test_a_contact_with_the_uid_that_is_here_already_becomes_the_one_that_is_kept_in_step(
    mirror: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    hand_of(bob).store(space, ADA)
    mine = hand_of(bob).contact(space, BOB.replace(b"NOTE", b"X-NOTE"))
    outside.put("a.vcf", ADA)
    outside.put("b.vcf", BOB)
    in_step(mirror)
    assert cards_of(space) == {ADA, BOB}
    assert named(space, "Bob Müller").pk == mine.pk
    assert noted(mirror) == [("Bob Müller", "theirs")]


def test_a_card_that_moves_to_another_path_stays_the_same_contact(
    mirror: Mirror, outside: Outside, space: Space
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    contact = named(space, "Ada King")
    outside.delete("ada.vcf")
    outside.put("elsewhere.vcf", ADA)
    in_step(mirror)
    assert [each.pk for each in live(space)] == [contact.pk]
    assert problems(mirror) == []


def test_what_nobody_can_take_in_is_told_and_the_rest_comes(mirror: Mirror, outside: Outside, space: Space) -> None:
    outside.put("ada.vcf", ADA)
    outside.put("twin.vcf", ADA.replace(b"Ada King", b"Twin"))
    outside.put("no card.vcf", b"hello")
    in_step(mirror)
    assert cards_of(space) == {ADA}
    assert sorted(problems(mirror)) == ["invalid", "twice"]
    count = MirrorRun.objects.count()
    in_step(mirror)
    assert MirrorRun.objects.count() == count
    outside.put("no card.vcf", BOB)
    outside.delete("twin.vcf")
    in_step(mirror)
    assert cards_of(space) == {ADA, BOB}
    assert problems(mirror) == []


def test_many_deletions_wait_for_a_manager(
    listing: str, mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    cards = [a_card(f"Person {number}", uid=f"p{number}") for number in range(40)]
    for number, octets in enumerate(cards):
        outside.put(f"{number}.vcf", octets)
    in_step(mirror)
    for number in range(11):
        outside.delete(f"{number}.vcf")
    outside.put("new.vcf", ADA)
    in_step(mirror)
    assert (mirror.state, mirror.held_for, mirror.held_details) == (
        Mirror.State.HELD, "deletes_here", {"count": 11, "total": 41},
    )  # fmt: skip
    assert cards_of(space) == {*cards, ADA}
    in_step(mirror)
    assert len(live(space)) == 41
    operations.go_on(mirror, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert cards_of(space) == {*cards[11:], ADA}
    assert (mirror.state, mirror.confirmed) == (Mirror.State.ON, "")


def test_what_a_server_had_lost_and_finds_again_was_never_gone(
    listing: str, mirror: Mirror, outside: Outside, space: Space
) -> None:
    cards = {f"{number}.vcf": a_card(f"Person {number}", uid=f"p{number}") for number in range(20)}
    for name, octets in cards.items():
        outside.put(name, octets)
    in_step(mirror)
    before = {contact.pk for contact in live(space)}
    for name in cards:
        outside.delete(name)
    in_step(mirror)
    assert mirror.held_for == "deletes_here"
    for name, octets in cards.items():
        outside.put(name, octets)
    in_step(mirror)
    assert (mirror.state, {contact.pk for contact in live(space)}) == (Mirror.State.ON, before)


def test_managers_may_keep_what_is_gone_outside(mirror: Mirror, outside: Outside, space: Space, alice: User) -> None:
    for number in range(12):
        outside.put(f"{number}.vcf", a_card(uid=f"p{number}"))
    in_step(mirror)
    for number in range(12):
        outside.delete(f"{number}.vcf")
    in_step(mirror)
    operations.keep(mirror, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert (mirror.state, len(live(space)), MirrorItem.objects.count()) == (Mirror.State.ON, 12, 0)


def test_after_an_undo_it_waits_until_a_manager_says_how_to_go_on(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    undo(last_run(mirror).batch, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert (mirror.state, mirror.held_for, live(space)) == (Mirror.State.HELD, "undone", [])
    operations.go_on(mirror, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert (mirror.state, live(space)) == (Mirror.State.ON, [])
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    undo(last_run(mirror).batch, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    operations.keep(mirror, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert cards_of(space) == {BOB}


def test_a_run_that_is_cut_short_goes_on_where_it_stands(mirror: Mirror, outside: Outside, space: Space) -> None:
    from farley.mirrors.running import run

    for number in range(120):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}"))
    assert not run(mirror, stopping=lambda: True)
    assert 0 < len(live(space)) < 120
    outside.asked.clear()
    in_step(mirror)
    assert len(live(space)) == 120
    assert Batch.objects.count() == 1
    assert sum(path == "/book/" and method == "REPORT" for method, path in outside.asked) <= 3


def test_a_listing_that_comes_in_parts_is_read_to_its_end(mirror: Mirror, outside: Outside, space: Space) -> None:
    outside.limit = 7
    for number in range(30):
        outside.put(f"{number}.vcf", a_card(uid=f"p{number}"))
    in_step(mirror)
    assert len(live(space)) == 30
    outside.delete("3.vcf")
    for number in range(10):
        outside.put(f"{number + 100}.vcf", a_card(uid=f"q{number}"))
    in_step(mirror)
    assert Contact.objects.filter(deleted_at=None).count() == 39


def test_who_may_not_change_the_space_any_more_brings_nothing_in(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    space.memberships.filter(user=alice).delete()
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    assert (mirror.trouble, live(space)) == ("role", [])
    assert outside.asked[-1][0] == "PROPFIND"  # of the day it was set up
