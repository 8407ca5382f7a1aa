"""A mirror that goes both ways: changes cross, conflicts follow the rule, and nothing is ever lost."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.journal import epochs
from farley.journal.models import Change, Door
from farley.journal.undo import undo
from farley.mirrors import operations
from farley.mirrors.models import Mirror, MirrorItem, MirrorRun
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import cards_of, in_step, last_run, live, mirror_of, named, noted, problems
from tests.mirrors.outside import Outside

pytestmark = pytest.mark.django_db

ADA = a_card("Ada King", "X-OWN;A=b:k\\,ept", "REV:2020-01-01T00:00:00Z", uid="ada")
BOB = a_card("Bob Müller", uid="bob")
Rule = Mirror.Rule


def renamed(octets: bytes, name: str, revised: str = "2020") -> bytes:
    return octets.replace(b"Ada King", name.encode()).replace(b"REV:2020", f"REV:{revised}".encode())


def versions(contact: Contact) -> set[bytes]:
    """All octets that the contact has and ever had."""
    changes = Change.objects.filter(subject=contact.pk).exclude(before=None)
    return {bytes(change.before.octets) for change in changes} | {contact.content.data}


def delete(space: Space, by: User, *names: str) -> None:
    doomed = [named(space, name) for name in names]
    contacts.delete(doomed, by=by.actor, door=Door.WEB, batch=None)


@pytest.mark.parametrize("has_tokens", [True, False])
def test_what_is_new_changed_or_gone_on_one_side_is_so_on_the_other(
    both: Mirror, outside: Outside, space: Space, bob: User, has_tokens: bool
) -> None:
    outside.has_tokens = has_tokens
    outside.put("ada.vcf", ADA)
    hand_of(bob).store(space, BOB, href="b @ ü.vcf")
    in_step(both)
    assert cards_of(space) == set(outside.cards.values()) == {ADA, BOB}
    assert outside.cards["b @ ü.vcf"] == BOB
    log = last_run(both)
    assert (log.added, log.sent_added) == (1, 1)

    newer = renamed(ADA, "Ada of Bob")
    hand_of(bob).store(space, newer, href="ada.vcf")
    delete(space, bob, "Bob Müller")
    in_step(both)
    assert outside.cards == {"ada.vcf": newer}
    log = last_run(both)
    assert (log.sent_changed, log.sent_deleted, log.changed, log.deleted) == (1, 1, 0, 0)
    assert noted(both) == []


def test_what_was_only_fetched_is_never_sent_back(both: Mirror, outside: Outside, space: Space) -> None:
    for number in range(5):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}").replace(b"\r\n", b"\n"))
    for _ in range(3):
        in_step(both)
    outside.put("0.vcf", a_card("Changed", uid="p0"))
    for _ in range(2):
        in_step(both)
    assert outside.writes() == []
    assert MirrorRun.objects.count() == 2


def test_line_breaks_that_are_lost_on_the_way_are_no_change(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    bare = ADA.replace(b"\r\n", b"\n")
    hand_of(bob).store(space, bare)
    hand_of(bob).store(space, BOB.removesuffix(b"\r\n"))
    for _ in range(2):
        in_step(both)
    assert cards_of(space) == set(outside.cards.values()) == {bare, BOB.removesuffix(b"\r\n")}
    assert noted(both) == []
    assert len(outside.writes()) == 2


def test_what_a_server_rewrites_is_fetched_once_and_named(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.rewrite = lambda octets: octets.replace(b"X-OWN;A=b:k\\,ept\r\n", b"")
    hand_of(bob).store(space, ADA)
    in_step(both)
    contact = named(space, "Ada King")
    assert b"X-OWN" not in contact.content.data
    assert ADA in versions(contact)
    assert noted(both) == [("Ada King", "rewritten")]
    outside.asked.clear()
    in_step(both)
    assert outside.writes() == []


@pytest.mark.parametrize("tells_tags", [True, False])
def test_a_server_that_takes_a_card_and_has_it_not_is_told_of(
    both: Mirror, outside: Outside, space: Space, alice: User, bob: User, tells_tags: bool
) -> None:
    outside.forgetful, outside.tells_tags = True, tells_tags
    hand_of(bob).store(space, ADA)
    in_step(both)
    assert cards_of(space) == {ADA}
    assert problems(both) == ["lost"]
    in_step(both)
    assert cards_of(space) == {ADA}
    assert len(outside.writes()) == 1
    outside.forgetful = False
    operations.run_now(both, by=alice.actor)
    in_step(both)
    assert list(outside.cards.values()) == [ADA]
    assert problems(both) == []


@pytest.mark.parametrize(
    ("rule", "ours_at", "winner"),
    [
        (Rule.THEIRS, "2030", "theirs"),
        (Rule.OURS, "2010", "ours"),
        (Rule.NEWEST, "2030", "ours"),
        (Rule.NEWEST, "2010", "theirs"),
    ],
)
def test_a_card_changed_on_both_sides_follows_the_rule_and_the_other_version_stays_in_its_history(
    space: Space, alice: User, outside: Outside, rule: Mirror.Rule, ours_at: str, winner: str
) -> None:
    mirror = mirror_of(space, alice, outside, is_two_way=True, rule=rule)
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    ours, theirs = renamed(ADA, "Ada Here", ours_at), renamed(ADA, "Ada There", "2025")
    hand_of(alice).store(space, ours, href="ada.vcf")
    outside.put("ada.vcf", theirs)
    in_step(mirror)
    won = ours if winner == "ours" else theirs
    assert cards_of(space) == set(outside.cards.values()) == {won}
    [contact] = live(space)
    assert {ours, theirs} <= versions(contact)
    assert noted(mirror) == [("Ada There", winner)]
    in_step(mirror)
    assert cards_of(space) == set(outside.cards.values()) == {won}


def test_where_it_is_to_ask_nothing_happens_until_a_manager_decides(
    space: Space, alice: User, outside: Outside
) -> None:
    mirror = mirror_of(space, alice, outside, is_two_way=True, rule=Rule.ASK)
    outside.put("ada.vcf", ADA)
    outside.put("gone.vcf", BOB)
    in_step(mirror)
    ours, theirs = renamed(ADA, "Ada Here"), renamed(ADA, "Ada There")
    changed = BOB.replace(b"Bob", b"Robert")
    hand_of(alice).store(space, ours, href="ada.vcf")
    hand_of(alice).store(space, changed, href="gone.vcf")
    outside.put("ada.vcf", theirs)
    outside.delete("gone.vcf")
    for _ in range(2):
        in_step(mirror)
        assert cards_of(space) == {ours, changed}
        assert outside.cards == {"ada.vcf": theirs}
        assert problems(mirror) == ["conflict", "changed_gone"]
    for item in MirrorItem.objects.exclude(problem=""):
        operations.decide(mirror, item.pk, Rule.OURS, by=alice.actor)
    in_step(mirror)
    assert cards_of(space) == set(outside.cards.values()) == {ours, changed}
    assert problems(mirror) == []
    assert theirs in versions(named(space, "Ada Here"))


@pytest.mark.parametrize("rule", [Rule.THEIRS, Rule.OURS])
def test_a_change_against_a_deletion_follows_the_rule(
    space: Space, alice: User, outside: Outside, rule: Mirror.Rule
) -> None:
    mirror = mirror_of(space, alice, outside, is_two_way=True, rule=rule)
    outside.put("ada.vcf", ADA)
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    there, here = renamed(ADA, "Ada There"), BOB.replace(b"Bob", b"Robert")
    delete(space, alice, "Ada King")
    outside.put("ada.vcf", there)
    hand_of(alice).store(space, here, href="bob.vcf")
    outside.delete("bob.vcf")
    in_step(mirror)
    left = {there} if rule is Rule.THEIRS else {here}
    assert cards_of(space) == set(outside.cards.values()) == left
    codes = {code for _, code in noted(mirror)}
    assert codes == ({"came_back", "went"} if rule is Rule.THEIRS else {"stayed_gone", "stayed"})


def test_somebody_who_is_quicker_outside_is_not_overwritten(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(both)
    ours, theirs = renamed(ADA, "Ada Here"), renamed(ADA, "Ada There")
    hand_of(bob).store(space, ours, href="ada.vcf")

    def quicker(handler: object) -> bool:
        if getattr(handler, "command", "") == "PUT" and outside.cards["ada.vcf"] == ADA:
            outside.put("ada.vcf", theirs)
        return False

    outside.fault = quicker
    for _ in range(2):
        in_step(both)
    assert cards_of(space) == set(outside.cards.values()) == {theirs}
    assert ours in versions(named(space, "Ada There"))


def test_many_deletions_here_wait_for_a_manager_before_they_go_outside(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    for number in range(20):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}"))
    in_step(both)
    undo(last_run(both).batch, by=alice.actor, door=Door.WEB)
    in_step(both)
    assert (both.held_for, len(outside.cards)) == ("undone", 20)
    operations.go_on(both, by=alice.actor, door=Door.WEB)
    in_step(both)
    assert (both.held_for, len(outside.cards)) == ("deletes_there", 20)
    operations.keep(both, by=alice.actor, door=Door.WEB)
    in_step(both)
    assert (both.state, len(live(space)), len(outside.cards)) == (Mirror.State.ON, 20, 20)
    contacts.delete(live(space), by=alice.actor, door=Door.WEB, batch=None)
    in_step(both)
    operations.go_on(both, by=alice.actor, door=Door.WEB)
    in_step(both)
    assert (both.state, live(space), outside.cards) == (Mirror.State.ON, [], {})


def test_what_is_moved_to_another_space_goes_outside_and_comes_back_with_it(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(both)
    private = Space.objects.get(name="alice")
    contacts.move([named(space, "Ada King")], private, by=alice.actor, door=Door.WEB, batch=None)
    in_step(both)
    assert outside.cards == {}
    contacts.move([named(private, "Ada King")], space, by=alice.actor, door=Door.WEB, batch=None)
    in_step(both)
    assert list(outside.cards.values()) == [ADA]


def test_a_card_that_the_server_does_not_take_is_told_of_and_does_not_stop_the_others(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    def refusing(handler: object) -> bool:
        is_ada = b"Ada" in getattr(handler, "body", b"") and getattr(handler, "command", "") == "PUT"
        if is_ada:
            handler.say(403, '<d:error xmlns:d="DAV:"><x:max-resource-size xmlns:x="urn:x"/></d:error>')  # type: ignore[attr-defined]
        return is_ada

    outside.fault = refusing
    hand_of(alice).store(space, ADA)
    hand_of(alice).store(space, BOB)
    in_step(both)
    [item] = MirrorItem.objects.exclude(problem="")
    assert (item.problem, item.details) == ("refused", {"status": 403, "reason": "max-resource-size"})
    assert list(outside.cards.values()) == [BOB]
    outside.fault = None
    operations.run_now(both, by=alice.actor)
    in_step(both)
    assert set(outside.cards.values()) == {ADA, BOB}


def test_what_is_erased_here_is_deleted_outside_and_does_not_come_back(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    from farley.contacts.erasing import erase

    outside.put("ada.vcf", ADA)
    in_step(both)
    erase(named(space, "Ada King"), confirmed="Ada King", by=alice.actor, door=Door.WEB)
    for _ in range(2):
        in_step(both)
    assert (outside.cards, live(space)) == ({}, [])


def test_no_log_has_the_name_of_who_is_erased(mirror: Mirror, outside: Outside, space: Space, alice: User) -> None:
    from farley.contacts.erasing import erase

    outside.put("ada.vcf", ADA)
    outside.put("bob.vcf", BOB)
    in_step(mirror)
    hand_of(alice).store(space, a_card("Eve", uid="eve"))
    outside.put("bob.vcf", a_card("Bob Müller", uid="eve"))  # Eve's UID
    delete(space, alice, "Ada King")
    outside.put("ada.vcf", renamed(ADA, "Ada There"))
    in_step(mirror)
    assert {("Ada There", "came_back"), ("Bob Müller", "uid")} <= set(noted(mirror))
    for name in ("Ada There", "Eve"):
        erase(named(space, name), confirmed=name, by=alice.actor, door=Door.WEB)
    erase(Contact.objects.get(full_name="Ada King"), confirmed="Ada King", by=alice.actor, door=Door.WEB)
    told = [*last_run(mirror).notes.values_list("name", "details"), *MirrorItem.objects.values_list("path", "details")]
    assert not any(name in str(told) for name in ("Ada", "Eve"))
    assert list(MirrorItem.objects.filter(path__contains="bob").values_list("details", flat=True)) == [{}]


def test_one_that_only_fetches_does_not_bring_back_what_was_erased(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    from farley.contacts.erasing import erase

    outside.put("ada.vcf", ADA)
    in_step(mirror)
    erase(named(space, "Ada King"), confirmed="Ada King", by=alice.actor, door=Door.WEB)
    outside.put("ada.vcf", renamed(ADA, "Ada Again"))
    in_step(mirror)
    assert live(space) == []


def test_a_contact_that_is_deleted_and_made_again_stays_the_card_it_was_outside(
    both: Mirror, outside: Outside, space: Space, bob: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(both)
    delete(space, bob, "Ada King")
    again = renamed(ADA, "Ada Again")
    hand_of(bob).store(space, again)
    in_step(both)
    assert outside.cards == {"ada.vcf": again}
    assert [method for method, _ in outside.writes()] == ["PUT"]


def test_a_version_that_loses_to_a_deletion_can_be_brought_back(space: Space, alice: User, outside: Outside) -> None:
    mirror = mirror_of(space, alice, outside, rule=Rule.OURS)
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    delete(space, alice, "Ada King")
    theirs = renamed(ADA, "Ada There")
    outside.put("ada.vcf", theirs)
    in_step(mirror)
    assert (cards_of(space), outside.cards) == (set(), {"ada.vcf": theirs})
    operations.change(
        mirror, name="X", login=mirror.login, password="",
        terms=operations.Terms(is_two_way=True, rule=Rule.OURS), by=alice.actor, door=Door.WEB,
    )  # fmt: skip
    in_step(mirror)
    assert (cards_of(space), outside.cards) == (set(), {})
    lost = Contact.objects.exclude(deleted_at=None).get(full_name="Ada There")
    contacts.restore(lost, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert list(outside.cards.values()) == [theirs]


def test_a_copy_that_was_restored_sends_nothing_until_a_manager_lets_it(
    space: Space, alice: User, outside: Outside
) -> None:
    sender = mirror_of(space, alice, outside, is_two_way=True)
    reader = mirror_of(space, alice, outside, name="Reader")
    epochs.begin()
    for mirror in (sender, reader):
        mirror.refresh_from_db()
    assert (sender.state, reader.state) == (Mirror.State.PAUSED, Mirror.State.ON)
    assert any("restored from a backup" in line for line in operations.in_need())
    operations.resume(sender, by=alice.actor, door=Door.WEB)
    sender.refresh_from_db()
    assert (sender.state, sender.remark) == (Mirror.State.ON, "")
