"""Real programs, as they are known to work: setting up, syncing both ways, conflicts, groups, reading alone."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import bulk, grouping, links, operations, tagging
from farley.contacts.models import Contact
from farley.dav.addresses import encoded
from farley.journal.models import Batch, Change, Door
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of, team
from tests.dav.programs.apple import Apple, IPhone, Mac
from tests.dav.programs.davx5 import Davx5
from tests.dav.programs.evolution import Evolution
from tests.dav.programs.program import Program
from tests.dav.programs.thunderbird import Thunderbird

pytestmark = pytest.mark.django_db
PROGRAMS = [Davx5, Thunderbird, Evolution, Mac, IPhone]
GUARDED = [Davx5, Evolution, Mac, IPhone]  # those that say which card they mean to replace
every_program = pytest.mark.parametrize("make", PROGRAMS, ids=lambda each: each.__name__)


def ready(make: type[Program], user: User, **options: bool) -> Program:
    program = make(user, **options)
    program.set_up()
    return program


def on_the_server(space: Space) -> dict[str, Contact]:
    return {encoded(one.href): one for one in Contact.objects.filter(space=space, deleted_at=None)}


def assert_same(program: Program, space: Space) -> None:
    """The program has the cards that the server has, in a version that it reads."""
    assert {href.removeprefix(program.book) for href in program.cards} == set(on_the_server(space))
    for href, card in program.cards.items():
        answer = program.ask("GET", href)
        assert answer.body.replace(b"\r\n", b"\n") == card.replace(b"\r\n", b"\n"), href
        assert program.tags[href].strip('"') == answer.etag.strip('"')


@every_program
def test_it_finds_the_book_from_the_name_of_the_server_and_fetches_all_of_it(
    make: type[Program], alice: User, bob: User
) -> None:
    team("sales", alice=Role.MANAGER)
    hand_of(bob).store(space_of(bob), a_card("Secret"))
    own, hand = space_of(alice), hand_of(alice)
    hand.many(own, [a_card(f"Person {number}", uid=f"many-{number}") for number in range(120)])
    hand.store(own, a_card("Four", "N:Four;;;;", uid="four", version="4.0"), href="ü @ four.vcf")
    hand.store(own, a_card("Two", "N:Two", "TEL;CELL:1", uid="two", version="2.1"))
    hand.store(own, a_card("Without", uid=""), href="none.vcf")
    hand.store(own, a_card("Team", "KIND:group", "MEMBER:urn:uuid:many-1", uid="team", version="4.0"))
    program = ready(make, alice)
    assert program.is_writable
    program.sync()
    assert len(program.cards) == 124
    assert_same(program, own)
    before = dict(program.cards)
    program.sync()
    assert program.cards == before


@every_program
def test_what_happens_on_either_side_is_on_both_after_a_sync(make: type[Program], alice: User) -> None:
    own, hand = space_of(alice), hand_of(alice)
    for uid in ("changed-there", "deleted-there", "changed-here", "deleted-here", "kept"):
        hand.store(own, a_card("Before", uid=uid), href=f"{uid}.vcf")
    program = ready(make, alice)
    program.sync()
    hand.store(own, a_card("After", uid="changed-there"), href="changed-there.vcf")
    hand.store(own, a_card("New there", uid="new-there"))
    operations.delete([on_the_server(own)["deleted-there.vcf"]], by=alice.actor, door=Door.WEB, batch=None)
    program.change("changed-here", a_card("After", "X-OWN;A=b:k\\,ept", uid="changed-here", version=program.writes))
    program.change("new-here", a_card("New here", uid="new-here", version=program.writes))
    program.delete("deleted-here")
    program.sync()
    assert_same(program, own)
    names = {one.uid: one.full_name for one in on_the_server(own).values()}
    assert names == {
        "changed-there": "After",
        "changed-here": "After",
        "new-there": "New there",
        "new-here": "New here",
        "kept": "Before",
    }
    assert b"X-OWN;A=b:k\\,ept\r\n" in program.card("changed-here")


@every_program
def test_where_both_changed_a_card_the_program_takes_the_servers_or_its_own_is_undone_from_the_history(
    make: type[Program], alice: User
) -> None:
    own, hand = space_of(alice), hand_of(alice)
    hand.store(own, a_card("Before", uid="both"), href="both.vcf")
    hand.store(own, a_card("Before", uid="gone"), href="gone.vcf")
    program = ready(make, alice)
    program.sync()
    hand.store(own, a_card("Of the server", uid="both"), href="both.vcf")
    hand.store(own, a_card("Of the server", uid="gone"), href="gone.vcf")
    program.change("both", a_card("Of the program", uid="both", version=program.writes))
    program.delete("gone")
    program.sync()
    program.sync()
    assert_same(program, own)
    changed = on_the_server(own)["both.vcf"]
    if make in GUARDED:
        assert changed.full_name == "Of the server"
    else:
        assert changed.full_name == "Of the program"
        change = Change.objects.filter(subject=changed.pk).latest("pk")
        assert b"Of the server" in bytes(change.before.octets)
    if make in (Davx5, Evolution):  # they say which card they mean to delete; the others are given it back from the bin
        assert on_the_server(own)["gone.vcf"].full_name == "Of the server"
    else:
        operations.restore(Contact.objects.get(href="gone.vcf"), by=alice.actor, door=Door.WEB)
        program.sync()
        assert b"Of the server" in program.card("gone")


@every_program
def test_of_a_book_that_is_only_read_it_keeps_what_the_server_has(make: type[Program], alice: User) -> None:
    own, hand = space_of(alice), hand_of(alice)
    for uid in ("one", "other"):
        hand.store(own, a_card("Before", uid=uid), href=f"{uid}.vcf")
    program = ready(make, alice, is_read_only=True)
    assert not program.is_writable
    program.sync()
    program.change("one", a_card("Never", uid="one", version=program.writes))
    program.sync()
    if make is not Thunderbird:  # it lets nobody change a book that is only read, and would not look again
        assert b"Before" in program.card("one")
        assert_same(program, own)
    assert {one.full_name for one in on_the_server(own).values()} == {"Before"}


@pytest.mark.parametrize("make", [Davx5, Mac, IPhone], ids=lambda each: each.__name__)
def test_after_a_token_that_counts_no_more_it_begins_anew(make: type[Program], alice: User) -> None:
    own, hand = space_of(alice), hand_of(alice)
    for uid in ("kept", "gone"):
        hand.store(own, a_card(uid=uid), href=f"{uid}.vcf")
    program = ready(make, alice)
    assert isinstance(program, Davx5 | Apple)
    program.sync()
    operations.delete([on_the_server(own)["gone.vcf"]], by=alice.actor, door=Door.WEB, batch=None)
    program.token = program.token.rpartition(":")[0] + ":999999"
    program.sync()
    assert_same(program, own)


def test_evolution_asks_for_all_uids_without_a_filter(alice: User) -> None:
    hand_of(alice).store(space_of(alice), a_card("Ada", "NOTE:long", uid="ada"), href="ada.vcf")
    evolution = ready(Evolution, alice)
    assert isinstance(evolution, Evolution)
    [row] = evolution.uids().rows
    assert row["{urn:ietf:params:xml:ns:carddav}address-data"].splitlines()[1:-1] == ["VERSION:3.0", "UID:ada"]


def test_on_an_iphone_one_says_which_card_is_ones_own(alice: User) -> None:
    hand_of(alice).store(space_of(alice), a_card("Alice", uid="me"), href="me.vcf")
    iphone = ready(IPhone, alice)
    assert isinstance(iphone, IPhone)
    iphone.sync()
    chosen = iphone.choose_me("me")
    assert (chosen.status, chosen.body) == (200, b"")  # as little as it asks for
    assert iphone.me() == iphone.book + "me.vcf"


def test_a_mac_with_one_book_of_all_spaces_syncs_both_ways(alice: User) -> None:
    sales = team("sales", alice=Role.EDITOR)
    hand_of(alice).store(sales, a_card("Of sales", uid="of-sales"), href="s.vcf")
    mac = ready(Mac, alice, is_merged=True)
    mac.sync()
    mac.change("of-sales", a_card("Changed on the Mac", uid="of-sales"))
    mac.change("new", a_card("New on the Mac", uid="new"))
    mac.sync()
    assert on_the_server(sales)["s.vcf"].full_name == "Changed on the Mac"
    assert [one.full_name for one in on_the_server(space_of(alice)).values()] == ["New on the Mac"]
    token = mac.token
    mac.sync()
    assert (mac.token, len(mac.cards)) == (token, 2)


def test_a_group_is_the_same_on_an_iphone_with_davx5_in_thunderbird_and_on_the_pages(alice: User) -> None:
    own, hand = space_of(alice), hand_of(alice)
    for uid in ("ada", "bob", "cleo"):
        hand.store(own, a_card(uid.title(), uid=uid), href=f"{uid}.vcf")
    iphone, davx5, thunderbird = ready(IPhone, alice), ready(Davx5, alice), ready(Thunderbird, alice)
    for program in (iphone, davx5, thunderbird):
        program.sync()
    apples = [f"{'X-ADDRESSBOOKSERVER'}-{line}" for line in ("KIND:group", "MEMBER:urn:uuid:ada")]
    iphone.change("team", a_card("Team", "N:Team", *apples, uid="team"))
    iphone.sync()
    davx5.sync()
    assert b"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:ada\r\n" in davx5.card("team")
    more = davx5.card("team").replace(b"END:VCARD", b"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob\r\nEND:VCARD")
    davx5.change("team", more)
    davx5.sync()
    thunderbird.sync()
    iphone.sync()
    assert thunderbird.card("team") == iphone.card("team") == davx5.card("team") == more
    team_card = next(one for one in on_the_server(own).values() if one.uid == "team")
    assert team_card.kind == Contact.Kind.GROUP
    assert [one.uid for one in links.members(team_card, by=alice.actor)] == ["ada", "bob"]
    with one_batch(Batch.Act.GROUP, by=alice.actor, door=Door.WEB) as batch:
        grouping.add(team_card, [on_the_server(own)["cleo.vcf"]], by=alice.actor, door=Door.WEB, batch=batch)
    iphone.sync()
    assert b"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:cleo\r\n" in iphone.card("team")


def test_a_category_of_a_phone_is_a_tag_and_the_other_way_round(alice: User) -> None:
    own = space_of(alice)
    hand_of(alice).store(own, a_card("Ada", uid="ada"), href="ada.vcf")
    davx5 = ready(Davx5, alice)
    davx5.sync()
    davx5.change("ada", a_card("Ada", "CATEGORIES:press,team", uid="ada"))
    davx5.sync()
    assert {use.name for use in tagging.uses(own)} == {"press", "team"}
    job = tagging.rename(own, "press", "newspapers", by=alice.actor, door=Door.WEB)
    assert bulk.carry_out(job.batch, job.deed, job.selection, door=Door.WEB)
    davx5.sync()
    assert b"CATEGORIES:newspapers,team\r\n" in davx5.card("ada")
