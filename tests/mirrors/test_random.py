"""Two replicas that people change at random on both sides end equal, and every version that ever was can be found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations as contacts
from farley.journal.models import Content, Door
from farley.mirrors.models import Mirror, MirrorItem
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, person, team
from tests.mirrors.keeping import cards_of, in_step, live, mirror_of, problems
from tests.mirrors.outside import Outside, serving

pytestmark = pytest.mark.django_db

ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["put here", "put here", "put there", "put there", "delete here", "delete there", "run", "run"]
        ),
        st.integers(0, 5),
    ),
    min_size=8,
    max_size=40,
)


class Both:
    """The two sides, and everything that somebody ever wrote on one of them."""

    def __init__(self, space: Space, by: User, outside: Outside, mirror: Mirror) -> None:
        self.space, self.by, self.outside, self.mirror = space, by, outside, mirror
        self.count = 0
        self.seen_here: set[bytes] = set()

    def act(self, what: str, who: int) -> None:
        uid, name = f"uid-{who}", f"{who}.vcf"
        self.count += 1
        octets = a_card(f"Version {self.count}", uid=uid)
        here = {contact.uid: contact for contact in live(self.space)}
        there = {card.split(b"UID:")[1].split(b"\r\n")[0].decode(): at for at, card in self.outside.cards.items()}
        match what:
            case "put here":
                hand_of(self.by).store(self.space, octets)
                self.seen_here.add(octets)
            case "put there":
                self.outside.put(there.get(uid, name), octets)
            case "delete here" if uid in here:
                contacts.delete([here[uid]], by=self.by.actor, door=Door.WEB, batch=None)
            case "delete there" if uid in there:
                self.outside.delete(there[uid])
            case "run":
                self.run()

    def run(self) -> None:
        before = set(self.outside.cards.values())
        in_step(self.mirror)
        assert self.mirror.state == Mirror.State.ON
        assert self.mirror.trouble == ""
        kept = {bytes(octets) for octets in Content.objects.values_list("octets", flat=True)}
        overwritten = before - set(self.outside.cards.values())
        assert overwritten <= kept, "a version that was outside only was overwritten there and is nowhere"
        assert self.seen_here <= kept, "a version that was here is in no history"


def rewritten(octets: bytes) -> bytes:
    return octets if b"X-SEEN" in octets else octets.replace(b"END:V", b"X-SEEN:1\r\nEND:V")


@pytest.fixture(scope="module")
def server() -> Iterator[Outside]:
    with serving(Outside()) as outside:
        yield outside


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=ACTS,
    rule=st.sampled_from([Mirror.Rule.THEIRS, Mirror.Rule.OURS, Mirror.Rule.NEWEST]),
    has_tokens=st.booleans(),
    tells_tags=st.booleans(),
    renames=st.sampled_from(["", "", "silently", "aloud"]),
    rewrites=st.booleans(),
)
def test_whatever_happens_on_both_sides_they_end_equal_and_nothing_is_lost(
    db: None,
    server: Outside,
    monkeypatch: pytest.MonkeyPatch,
    acts: list[tuple[str, int]],
    rule: Mirror.Rule,
    has_tokens: bool,
    tells_tags: bool,
    renames: str,
    rewrites: bool,
) -> None:
    from django.db import transaction

    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "127.0.0.0/8")
    server.cards.clear()
    server._log.clear()
    server.has_tokens, server.tells_tags, server.renames = has_tokens, tells_tags, renames
    server.rewrite = rewritten if rewrites else bytes
    with transaction.atomic():
        alice = person("alice")
        space = team("friends", alice=Role.MANAGER)
        both = Both(space, alice, server, mirror_of(space, alice, server, is_two_way=True, rule=rule))
        for what, who in acts:
            both.act(what, who)
        for _ in range(3):
            both.run()
        # Deleted outside before anybody saw where the server had put it: told of, and not sent again by itself.
        lost = MirrorItem.objects.filter(mirror=both.mirror, problem="lost") if renames == "silently" else ()
        unseen = {item.contact_here.content.data for item in lost if item.contact_here is not None}
        assert cards_of(space) - unseen == set(server.cards.values())
        assert problems(both.mirror) == ["lost"] * len(unseen)
        server.asked.clear()
        both.run()
        assert server.writes() == [], "there is nothing left to do"
        transaction.set_rollback(True)
