"""What others do while a mirror runs, or between the parts of a run, is heeded at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.contacts.erasing import erase
from farley.contacts.models import Contact
from farley.journal.models import Batch, Door
from farley.journal.undo import begin, undo
from farley.mirrors import operations
from farley.mirrors.models import Mirror, MirrorItem
from farley.mirrors.running import run
from farley.mirrors.tasks import run_due_mirrors
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import in_step, last_run, live, mirror_of, named, work
from tests.mirrors.outside import Outside

pytestmark = pytest.mark.django_db

ADA = a_card("Ada King", uid="ada")


def once(act: Callable[[], object]) -> Callable[[], bool]:
    """Asked whether to stop, does this the first time, and says no."""
    left = [act]

    def stopping() -> bool:
        if left:
            left.pop()()
        return False

    return stopping


@pytest.mark.parametrize("what", ["pause", "remove", "role", "undo"])
def test_whoever_pauses_or_undoes_or_takes_a_right_away_need_not_wait_for_the_end_of_a_run(
    both: Mirror, outside: Outside, space: Space, alice: User, bob: User, what: str
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(both)
    first = last_run(both).batch
    for number in range(60):
        hand_of(bob).store(space, a_card(f"Person {number}", uid=f"p{number}"))
    acts: dict[str, Callable[[], object]] = {
        "pause": lambda: operations.pause(both, by=alice.actor, door=Door.WEB),
        "remove": lambda: operations.remove(both, by=alice.actor, door=Door.WEB),
        "role": lambda: space.memberships.filter(user=alice).delete(),
        "undo": lambda: undo(first, by=bob.actor, door=Door.WEB),
    }
    assert run(both, stopping=once(acts[what]), paused_too=False)
    assert len(outside.writes()) == 25  # the page under way
    assert "ada.vcf" in outside.cards
    assert last_run(both).finished_at is not None


@pytest.mark.parametrize("act", [operations.pause, operations.remove])
def test_what_a_run_brought_that_is_stopped_on_its_way_can_be_undone(
    mirror: Mirror, outside: Outside, space: Space, alice: User, act: Callable[..., None]
) -> None:
    for number in range(60):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}"))
    assert not run(mirror, stopping=lambda: True)
    act(mirror, by=alice.actor, door=Door.WEB)
    outside.asked.clear()
    work()
    assert (outside.asked, len(live(space))) == ([], 50)
    [batch] = Batch.objects.filter(act=Batch.Act.IMPORT)
    undo(batch, by=alice.actor, door=Door.WEB)
    assert live(space) == []


def test_a_paused_mirror_runs_when_somebody_asks_for_it_alone(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    work()
    outside.put("ada.vcf", ADA)
    Mirror.objects.update(next_at=mirror.created_at)
    run_due_mirrors.call()
    operations.pause(mirror, by=alice.actor, door=Door.WEB)
    work()
    assert live(space) == []
    mirror.refresh_from_db()
    operations.run_now(mirror, by=alice.actor)
    work()
    assert [contact.full_name for contact in live(space)] == ["Ada King"]


def test_an_undo_that_is_under_way_deletes_nothing_outside(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    outside.put("ada.vcf", ADA)
    in_step(both)
    begin(last_run(both).batch, by=alice.actor, door=Door.WEB)
    contacts.delete(live(space), by=alice.actor, door=Door.WEB, batch=None)  # as far as the undo is by now
    in_step(both)
    assert (both.held_for, list(outside.cards)) == ("undone", ["ada.vcf"])


@pytest.mark.parametrize("tells_tags", [True, False])
def test_who_is_erased_stays_away_though_the_card_outside_changes_as_it_happens(
    both: Mirror, outside: Outside, space: Space, alice: User, tells_tags: bool
) -> None:
    outside.tells_tags = tells_tags
    outside.put("ada.vcf", ADA)
    in_step(both)
    erase(named(space, "Ada King"), confirmed="Ada King", by=alice.actor, door=Door.WEB)

    def quicker(handler: object) -> bool:
        if getattr(handler, "command", "") == "DELETE":
            outside.fault = None
            outside.put("ada.vcf", ADA.replace(b"Ada King", b"Ada Again"))
        return False

    outside.fault = quicker
    in_step(both)
    assert live(space) == []
    in_step(both)
    assert (live(space), outside.cards) == ([], {})


def test_who_is_erased_while_the_card_is_on_its_way_is_deleted_outside(
    both: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    outside.tells_tags = False
    hand_of(alice).store(space, ADA)
    contact = named(space, "Ada King")

    def erasing() -> None:
        erase(contact, confirmed="Ada King", by=alice.actor, door=Door.WEB)

    run(both, stopping=once(erasing))
    in_step(both)
    assert (live(space), outside.cards) == ([], {})


def test_what_was_agreed_to_is_so_many_deletions_and_no_more(
    mirror: Mirror, outside: Outside, space: Space, alice: User
) -> None:
    for number in range(40):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}"))
    in_step(mirror)
    for number in range(15):
        outside.delete(f"{number}.vcf")
    in_step(mirror)
    operations.go_on(mirror, by=alice.actor, door=Door.WEB)
    for number in range(15, 40):
        outside.delete(f"{number}.vcf")
    in_step(mirror)
    assert (mirror.held_for, mirror.held_details["count"], len(live(space))) == ("deletes_here", 40, 40)
    operations.go_on(mirror, by=alice.actor, door=Door.WEB)
    in_step(mirror)
    assert (mirror.state, live(space)) == (Mirror.State.ON, [])


def test_what_a_contact_is_called_in_another_space_is_not_told(
    space: Space, alice: User, bob: User, outside: Outside, client: Client
) -> None:
    mirror = mirror_of(space, alice, outside, rule=Mirror.Rule.ASK)
    outside.put("ada.vcf", ADA)
    in_step(mirror)
    hand_of(bob).store(space, ADA.replace(b"Ada King", b"Ada Here"), href="ada.vcf")
    outside.put("ada.vcf", ADA.replace(b"Ada King", b"Ada There"))
    in_step(mirror)
    private = Space.objects.get(name="bob")
    contacts.move([named(space, "Ada Here")], private, by=bob.actor, door=Door.WEB, batch=None)
    moved = named(private, "Ada Here")
    hand_of(bob).store(private, ADA.replace(b"Ada King", b"A Secret"), href=moved.href)
    in_step(mirror)
    assert MirrorItem.objects.exclude(problem="").get().contact == Contact.objects.get(full_name="A Secret")
    client.force_login(alice)
    page = client.get(reverse("mirror", args=[space.name, mirror.pk])).content.decode()
    assert "ada.vcf" in page
    assert "A Secret" not in page
    assert reverse("contact", args=[moved.pk]) not in page
