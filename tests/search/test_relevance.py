"""What comes first: a table of queries over the example organisation, and the rules themselves on both databases."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.exchange.demo import build
from farley.journal.models import Noun
from farley.search.finding import find
from farley.search.models import SPACE_SHIFT, Entry
from farley.search.queries import Query, read
from tests.cast import a_card, hand_of, space_of, team

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("relevance.tsv")  # query, then all hits of the best tier, in any order
EVERYTHING = 1000
NAMES = (
    "Ada Müller", "Adam Mueller-Ström", "Anna Kern", "Hannah Anna", "Anna", "Susanna Ott", "田中太郎", "Ελένη Κ", "A B",
    "Straßer GmbH", "Владимир Ю", "Zoë", "O’Dwyer & Söhne", "100% Holz", "Kulturförderung e. V.", "anna", "Ott, Ada",
)  # fmt: skip
LINES = (
    "TEL:0171 2345678", "TEL:+44 20 7946 0736", "TEL:030 12345-67", "EMAIL:ada.mueller@hallberg.example",
    "EMAIL:info@straße.example", "ORG:Anna Werkstätten;Förderung", "ORG:Holz & Ada", "CATEGORIES:VIP,Neuer Kunde",
    "CATEGORIES:Anna",
    "ADR:;;Lange Straße 1;Bad Kern;;24103;", "ADR:;;;Köln;;;", "NOTE:Владимир kennt 田中太郎 und Ott",
    'NOTE:sagt "100%" aber nie AND oder NEAR(x)', "TITLE:Müllerin", "NICKNAME:Zo,Addi", "X-HOBBY:Segelfliegen",
)  # fmt: skip
WORDS = st.sampled_from(
    [
        *("ada", "an", "a", "mü", "mueller", "eller", "ström", "anna", "ott", "kern", "ж", "вла"),
        *("田中", "太", "ελ", "zo"),
        *("0171 2345678", "+49 171", "5678", "2345", "7946 0736", "030 12345-67", "24103", "100%", "&", "1", "e", "ee"),
        *("hallberg", "@hall", "info@", "strasse", "straße", "förder", "segel", "vip", '"anna kern"', '"kern anna"'),
        *("tag:vip", "tag:anna", 'tag:"neuer kunde"', "city:kern", "city:bad", "org:anna", "org:holz", "space:alice"),
        *("space:north", "tag:", '"', "AND", "NEAR(x)", "*", "'", ";--", "\0", "\ud800", "_", "\\", "x:y", "o’dwyer"),
    ]
)  # fmt: skip
QUERIES = st.one_of(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.text(max_size=8))


def test_the_best_fits_of_a_hundred_queries_come_first() -> None:
    build(people=300)
    jana = User.objects.get(name="jana").actor
    wrong = []
    for line in TABLE.read_text().splitlines():
        query, _, expected = line.partition("\t")
        wanted = expected.split(" | ") if expected else []
        hits = find(query, by=jana, nouns=[Noun.CONTACT])
        names = Contact.objects.in_bulk([hit.record for hit in hits])
        first = sorted(names[hit.record].full_name for hit in hits[: len(wanted)])
        if first != sorted(wanted) or (not wanted and hits):
            wrong.append(f"{query}: {first}")
    assert wrong == []


def expected_hits(query: str, entries: list[Entry], names: dict[int, str]) -> list[int]:
    """What the rules say, told by looking at every entry."""
    best: dict[int, tuple[int, int]] = {}
    for reading in read(query):
        for entry in entries:
            tier = reading.tier(entry.name, entry.text, entry.fields)
            held = not reading.spaces or names[entry.pk] in reading.spaces
            if tier is not None and held and (_has_a_handle(reading) or _begins_names(reading, entry)):
                best.setdefault(entry.record, (tier, -entry.at))
    return sorted(best, key=lambda record: (*best[record], -record))


def _has_a_handle(reading: Query) -> bool:
    """Whether something can be looked for in all of an entry: three characters, a filter, or a space by itself."""
    if not reading.terms:
        return bool(reading.spaces)
    return any(term.is_field or not term.is_short for term in reading.terms)


def _begins_names(reading: Query, entry: Entry) -> bool:
    return all(f"  {word}" in entry.name for word in reading.words)


@pytest.fixture
def entries(alice: User, bob: User) -> list[Entry]:
    """Sixty contacts in two spaces, as search keeps them; and more that nobody may find."""
    rng = random.Random(4)
    for space in (space_of(alice), team("north", alice=Role.READER, bob=Role.MANAGER)):
        hand_of(alice if space.name == "alice" else bob).many(
            space, [a_card(rng.choice(NAMES), *rng.sample(LINES, 4)) for _ in range(30)]
        )
    Entry.objects.filter(pk__in=[*Entry.objects.values_list("pk", flat=True)][::3]).update(at=5)
    visible = list(Entry.objects.all())
    hidden = team("hidden", bob=Role.MANAGER)
    hand_of(bob).many(hidden, [a_card(name, *LINES) for name in NAMES])
    return visible


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=QUERIES)
def test_every_database_answers_as_the_rules_say(alice: User, entries: list[Entry], query: str) -> None:
    spaces = {hit.pk: "alice" if hit.pk >> SPACE_SHIFT == space_of(alice).pk else "north" for hit in entries}
    found = [hit.record for hit in find(query, by=alice.actor, limit=EVERYTHING)]
    assert found == expected_hits(query, entries, spaces)
