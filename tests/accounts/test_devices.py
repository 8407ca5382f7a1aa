"""Devices and tokens: shut out at once, limited to what was chosen, and their secrets are nowhere."""

from __future__ import annotations

import datetime as dt
import logging
import secrets

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from farley.accounts import closing, devices
from farley.accounts.actor import COMMAND, Actor, ActorKind
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.journal.models import Change
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, require
from tests.cast import Hand, hand_of, space_of, team

pytestmark = pytest.mark.django_db
PHONE, PROGRAM = Device.Kind.DEVICE, Device.Kind.TOKEN


@pytest.fixture(autouse=True)
def _nothing_noted() -> None:
    """What this process noted of other tests' devices, which had the same ids."""
    devices._noted.clear()
    devices.uses._reset()


def added(user: User, name: str = "Phone", kind: Device.Kind = PHONE, **options: object) -> str:
    _device, secret = devices.add(user, kind, name, by=user.actor, door=Door.WEB, **options)  # type: ignore[arg-type]
    return secret


def as_device(user: User, secret: str) -> Actor:
    found = devices.sign_in(user.name, secret, "192.0.2.7")
    assert found is not None
    return found.actor


def test_the_app_password_lets_the_device_in_as_its_person(alice: User) -> None:
    actor = as_device(alice, added(alice))
    assert (actor.kind, actor.user, actor.label) == (ActorKind.DEVICE, alice, "alice: Phone")
    assert Space.objects.visible_to(actor).get() == space_of(alice)


def test_it_may_be_typed_in_groups_and_capitals_and_with_the_mail_address(alice: User) -> None:
    typed = devices.written(added(alice)).upper().replace("-", " - ")
    assert devices.sign_in("Alice@Example.org", typed, "") is not None


def test_a_wrong_password_or_another_persons_name_lets_nobody_in(alice: User, bob: User) -> None:
    secret = added(alice)
    assert devices.sign_in("alice", secret[:-1] + ("a" if secret[-1] != "a" else "b"), "") is None
    assert devices.sign_in("bob", secret, "") is None
    assert devices.sign_in("alice", "", "") is None
    assert devices.sign_in("\udce4", "\udce4", "") is None


def test_a_token_lets_a_program_in_and_not_as_a_device(alice: User) -> None:
    token = added(alice, "Report", PROGRAM)
    found = devices.sign_in_by_token(token, "")
    assert found is not None
    actor = found.actor
    assert (actor.kind, actor.user) == (ActorKind.TOKEN, alice)
    assert devices.sign_in("alice", token, "") is None
    assert devices.sign_in_by_token(added(alice), "") is None


def test_a_closed_account_shuts_its_devices_out_at_once(alice: User) -> None:
    secret, token = added(alice), added(alice, "Report", PROGRAM)
    actor = as_device(alice, secret)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert devices.sign_in("alice", secret, "") is None
    assert devices.sign_in_by_token(token, "") is None
    with pytest.raises(NoSuchSpace):
        require(space_of(alice), actor, Role.READER)


def test_closing_an_account_ends_its_devices_for_good(alice: User, bob: User) -> None:
    secret = added(alice)
    closing.close(alice, by=COMMAND, door=Door.CLI)
    closing.reopen(alice, by=COMMAND, door=Door.CLI)
    assert devices.sign_in("alice", secret, "") is None


def test_a_removed_device_is_shut_out_at_once(alice: User) -> None:
    secret = added(alice)
    devices.remove(alice, PHONE, "Phone", by=alice.actor, door=Door.WEB)
    assert devices.sign_in("alice", secret, "") is None
    assert list(Event.objects.values_list("verb", flat=True)) == [Verb.DEVICE_ADDED, Verb.DEVICE_REMOVED]


def test_one_with_an_end_is_shut_out_by_itself(alice: User) -> None:
    secret, token = added(alice, days=7), added(alice, "Report", PROGRAM, days=7)
    assert as_device(alice, secret).user == alice
    with time_machine.travel(timezone.now() + dt.timedelta(days=7), tick=False):
        assert devices.sign_in("alice", secret, "") is None
        assert devices.sign_in_by_token(token, "") is None
    for days in (0, -1, devices.MAX_DAYS + 1):
        with pytest.raises(ValidationError):
            added(alice, "Other", days=days)


def test_a_device_of_one_space_sees_nothing_else_anywhere(alice: User) -> None:
    sales = team("sales", alice=Role.MANAGER)
    here = hand_of(alice).contact(sales)
    elsewhere = hand_of(alice).contact(space_of(alice))
    actor = as_device(alice, added(alice, spaces=[sales.pk]))
    assert list(Contact.objects.visible_to(actor)) == [here]
    assert list(Contact.objects.editable_by(actor)) == [here]
    assert list(Space.objects.visible_to(actor)) == [sales]
    assert set(Change.objects.visible_to(actor).values_list("subject", flat=True)) == {here.pk}
    with pytest.raises(NoSuchSpace):
        Hand(actor, Door.DAV).store(space_of(alice), href=elsewhere.href)


def test_a_device_with_no_space_left_sees_nothing(alice: User) -> None:
    assert not Space.objects.visible_to(as_device(alice, added(alice, spaces=[]))).exists()


def test_a_space_that_its_person_lost_is_lost_to_the_device(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    actor = as_device(alice, added(alice, spaces=[sales.pk]))
    sales.memberships.filter(user=alice).delete()
    assert not Space.objects.visible_to(actor).exists()


def test_a_read_only_device_changes_nothing(alice: User) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    actor = as_device(alice, added(alice, is_read_only=True))
    assert list(Contact.objects.visible_to(actor)) == [contact]
    assert not Contact.objects.editable_by(actor).exists()
    with pytest.raises(NotAllowed):
        Hand(actor, Door.DAV).store(space_of(alice), href=contact.href)


def test_no_device_manages_a_space(alice: User) -> None:
    with pytest.raises(NotAllowed):
        require(space_of(alice), as_device(alice, added(alice)), Role.MANAGER)


def test_a_device_makes_and_removes_no_device(alice: User) -> None:
    actor = as_device(alice, added(alice))
    with pytest.raises(devices.NotInPerson):
        devices.add(alice, PHONE, "Second", by=actor, door=Door.DAV)
    with pytest.raises(devices.NotInPerson):
        devices.remove(alice, PHONE, "Phone", by=actor, door=Door.DAV)
    assert not Device.objects.visible_to(actor).exists()


def test_nobody_makes_a_device_for_somebody_else(alice: User, bob: User) -> None:
    with pytest.raises(devices.NotInPerson):
        devices.add(alice, PHONE, "Trojan", by=bob.actor, door=Door.WEB)
    assert not Device.objects.visible_to(bob.actor).exists()


def test_a_name_is_taken_once_a_person(alice: User, bob: User) -> None:
    added(alice), added(bob)
    with pytest.raises(devices.DeviceNameTaken):
        added(alice, " Phone ")
    for name in ("", " ", "x" * 101, "a\0b"):
        with pytest.raises(ValidationError):
            added(alice, name)


def test_the_secret_is_in_no_table_and_in_no_log(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret, token = added(alice), added(alice, "Report", PROGRAM)
    as_device(alice, secret)
    devices.uses.flush()
    stored = []
    for table in connection.introspection.django_table_names(only_existing=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            stored.append(str(cursor.fetchall()))
    told = "\n".join([*stored, caplog.text])
    assert "Report" in told
    assert secret not in told
    assert token.removeprefix("farley_") not in told


def test_secrets_have_32_random_bytes_and_are_compared_in_constant_time(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, token = added(alice), added(alice, "Report", PROGRAM)
    assert len(secret) == 52  # 32 bytes in base32
    assert len(token.removeprefix("farley_")) == 43  # in base64
    compared = []
    monkeypatch.setattr(secrets, "compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    as_device(alice, secret)
    assert len(compared) == 2  # the hash of the secret, and the name


def test_a_check_is_two_look_ups_by_an_index_and_no_write(
    alice: User, django_assert_num_queries: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = added(alice)
    with django_assert_num_queries(2) as asked:  # type: ignore[operator]
        as_device(alice, secret)
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


def test_the_last_use_is_written_later_and_not_for_every_request(alice: User) -> None:
    secret = added(alice)
    for _ in range(5):
        as_device(alice, secret)
    assert Device.objects.get().last_used_at is None
    devices.uses.flush()
    device = Device.objects.get()
    assert device.last_used_at is not None
    assert device.last_address == "192.0.2.7"
    as_device(alice, secret)
    written = []
    devices.uses._write = written.append  # type: ignore[method-assign]
    try:
        devices.uses.flush()
    finally:
        devices.uses._write = devices._write_uses  # type: ignore[method-assign]
    assert written == []
