"""Who is told that they are mentioned: people who see the space, once."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.conversations import operations as entries
from farley.conversations.mentions import meant_in, named_in
from farley.journal.models import Batch
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.notifications.models import Notification
from farley.spaces.models import Membership
from tests.cast import a_card, hand_of, team
from tests.conversations.writing import by, change, note


@pytest.fixture
def linus(alice: User, bob: User, mallory: User) -> Contact:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    return hand_of(alice).contact(sales, a_card("Linus"))


def told() -> list[tuple[str, int | None]]:
    return [(each.user.name, each.subject) for each in Notification.objects.select_related("user").order_by("pk")]


def waiting(user: User) -> int:
    return User.objects.get(pk=user.pk).waiting


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@bob, look", {"bob"}),
        ("(@bob.) and @a.b-c_d!", {"bob", "a.b-c_d"}),
        ("bob@example.org and x@bob, https://x/@bob @@bob", set()),
        ("@Bob @böb @", set()),
    ],
)
def test_a_mention_is_a_name_by_itself(text: str, names: set[str]) -> None:
    assert named_in(text) == names


def test_who_sees_the_space_is_told_once_and_nobody_else(alice: User, bob: User, mallory: User, linus: Contact) -> None:
    written = note(alice, "@bob @mallory @alice @nobody", linus)
    assert told() == [("bob", written.pk)]
    change(alice, written, text="@bob again")
    change(alice, written, text="no more")
    change(alice, written, text="@bob once more")
    assert told() == [("bob", written.pk)]
    assert (waiting(bob), waiting(mallory)) == (1, 0)


def test_any_number_of_names_can_be_read(alice: User, bob: User, linus: Contact) -> None:
    texts = [" ".join(f"@{letter}{number}" for number in range(14_000)) for letter in "cdefghijklmnopqrstuvw"]
    assert meant_in(["@bob", *texts], linus.space) == {"bob": bob}


def test_of_a_deleted_note_nobody_is_told_any_more(alice: User, bob: User, linus: Contact) -> None:
    written = note(alice, "@bob", linus)
    entries.delete(written, batch=None, **by(alice))
    assert (told(), waiting(bob)) == ([], 0)


def test_a_mention_goes_along_with_the_contact_that_is_moved(
    alice: User, bob: User, mallory: User, linus: Contact
) -> None:
    board = team("board", alice=Role.EDITOR, mallory=Role.READER)
    note(alice, "@bob", linus)
    with one_batch(Batch.Act.MOVE, title="", **by(alice)) as batch:
        operations.move([linus], board, batch=batch, **by(alice))
    assert (Notification.objects.visible_to(bob.actor).count(), waiting(bob)) == (0, 0)
    undo(batch, **by(alice))
    assert (Notification.objects.visible_to(bob.actor).count(), waiting(bob)) == (1, 1)


def test_who_does_not_see_the_space_any_more_does_not_see_the_mention(alice: User, bob: User, linus: Contact) -> None:
    note(alice, "@bob", linus)
    assert Notification.objects.visible_to(bob.actor).count() == 1
    Membership.objects.filter(user=bob, space=linus.space_id).delete()
    assert Notification.objects.visible_to(bob.actor).count() == 0
