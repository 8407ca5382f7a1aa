"""Finding contacts by what they say, best fit first, within what one sees."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farley.accounts.actor import NOBODY
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.journal.models import Door
from farley.search import candidates, finding
from farley.search.finding import find
from farley.search.folding import search_fold
from farley.search.queries import read
from farley.search.trigrams import drop_index, faults, make_index
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, person, space_of, team

pytestmark = pytest.mark.django_db

ADA = (
    "N:Müller;Ada;;;", "ORG:ACME Werkstätten;Kulturförderung", "ADR:;;Lange Straße 1;Kiel;;24103;", "TITLE:Tischlerin",
    "TEL:0171 2345678", "TEL:ext. NORD-77", "CATEGORIES:VIP,Neuer Kunde", "EMAIL:ada.m@hallberg.example",
    "NOTE:Kennt Владимир und Ελένη\\, sagt “100% sicher”.", "NICKNAME:Fränzi", "X-HOBBY:Segelfliegen",
    "URL:https://www.ada-baut.example/moebel",
)  # fmt: skip


def names(query: str, who: User, limit: int = 20) -> list[str]:
    hits = find(query, by=who.actor, limit=limit)
    found = Contact.objects.in_bulk([hit.record for hit in hits])
    return [found[hit.record].full_name for hit in hits]


@pytest.mark.parametrize(
    "query",
    [
        *("muller", "MÜLLER", "Mueller", "Muller", "eller", "üller", "ada mul", "mul ada", "m", "mü", "a m", "ad müll"),
        *("acme", "förder", "foerder", "kulturf", "kiel 24103", "strasse", "Straße", "tischler", "fraenzi", "segelfl"),
        *("0171 2345678", "+49 171 2345678", "0171 / 23 45 678", "+49171", "5678", "(0171) 2345-678", "nord-77"),
        *(
            "0049 171 2345678",
            "ada 0171",
            "ada.m@",
            "ada.m@hall",
            "hallberg.ex",
            "@hallberg",
            "ada-baut",
            "https://www.",
        ),
        *("владимир", "ВЛАДИ", "ελενη", "Ελένη", "100%", '"ada muller"', '"muller ada"', '"lange straße 1"'),
        *(
            "tag:vip",
            "TAG:vip",
            "tag:neu",
            'tag:"neuer kunde"',
            "city:kiel",
            "city:ki muller",
            "org:acme",
            "org:werkst",
        ),
        *("space:alice ada", "tag:vip city:kiel org:acme tischler", "space:alice", "ada tag:", 'ada "', "müller &"),
    ],
)
def test_a_contact_is_found_by_any_spelling_of_what_it_says(alice: User, query: str) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada Müller", *ADA))
    hand_of(alice).contact(space_of(alice), a_card("Zoe Quist"))
    assert "Ada Müller" in names(query, alice)
    if query != "space:alice":
        assert "Zoe Quist" not in names(query, alice)


@pytest.mark.parametrize(
    "query",
    [
        *("grace", "ada grace", "%", "_da", "ada%kiel", "\\", "", " ", "tag:ip", "tag:kiel", 'tag:"neuer"', "city:vip"),
        *(
            '"muller acme"',
            "l",
            "ll",
            "NEAR(ada)",
            "ada*",
            "*",
            "name:ada",
            "ada\x00z",
            "space:bob ada",
            "space:nowhere",
        ),
        *("\ud800", "'; DROP TABLE search_entry; --", "\x1ftvip", "x" * 10_000),
    ],
)
def test_what_is_not_there_finds_nothing(alice: User, query: str) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada Müller", *ADA))
    assert names(query, alice) == []


@pytest.mark.parametrize("query", ["田中", "太郎", "中太", "田中太郎", "株式会社", "東京"])
def test_words_of_scripts_without_spaces_are_found(alice: User, query: str) -> None:
    hand_of(alice).contact(space_of(alice), a_card("田中太郎", "NOTE:株式会社東京電力"))
    expected = [] if query == "東京" else ["田中太郎"]  # two characters are looked for in names alone
    assert names(query, alice) == expected


def test_the_best_fit_comes_first_and_of_equals_what_changed_last(alice: User) -> None:
    texts = [
        a_card("Boris Kern", "NOTE:Nachbar von Anna"),
        a_card("Hannah Anna"),
        a_card("Susanna Ott"),
        a_card("Annabel Kern"),
        a_card("Anna"),
        a_card("Anna Zimmer"),
        a_card("Clara Voss", "NOTE:Johannas Freundin"),
    ]
    made = hand_of(alice).many(space_of(alice), texts)
    assert names("anna", alice) == [
        "Anna", "Anna Zimmer", "Annabel Kern", "Hannah Anna", "Susanna Ott", "Boris Kern", "Clara Voss"
    ]  # fmt: skip
    assert names("anna", alice, limit=2) == ["Anna", "Anna Zimmer"]
    from farley.search.models import Entry

    Entry.objects.exclude(text__contains="annabel").update(at=1)
    assert names("anna", alice)[:3] == ["Anna", "Annabel Kern", "Anna Zimmer"]
    assert len(made) == 7


def test_a_planted_secret_is_found_by_nobody_else(alice: User, bob: User) -> None:
    mallory = person("mallory", is_admin=True)
    shared = team("north", alice=Role.MANAGER, bob=Role.READER)
    lines = ("EMAIL:xyzzy@geheim.example", "CATEGORIES:Plugh", "TEL:0171 9998887", "NOTE:qwertzu", "ORG:Zwyx")
    hand_of(alice).contact(space_of(alice), a_card("Xyzzy Plover", *lines))
    asked = ["xyzzy", "x", "xy", "plover", "tag:plugh", "org:zwyx", "9998887", "geheim", "qwertzu", "space:alice"]
    for query in asked:
        assert names(query, alice) == ["Xyzzy Plover"]
        assert names(query, bob) == names(query, mallory) == []
        assert find(query, by=NOBODY) == []
    hand_of(alice).contact(shared, a_card("Xyzzy Shared"))
    assert names("xyzzy", bob) == ["Xyzzy Shared"]
    assert names("xyzzy", mallory) == []


def test_an_archived_space_is_searched_where_it_is_named(alice: User) -> None:
    shared = team("north", alice=Role.MANAGER)
    hand_of(alice).contact(shared, a_card("Ada North"))
    Space.objects.filter(pk=shared.pk).update(archived_at="2026-01-01T00:00:00Z")
    assert names("ada", alice) == []
    assert names("ada space:north", alice) == ["Ada North"]


def test_the_index_follows_every_write(alice: User) -> None:
    hand, space, shared = hand_of(alice), space_of(alice), team("north", alice=Role.MANAGER)
    contact = hand.contact(space, a_card("Ada King", uid="u"))
    hand.store(space, a_card("Grace Hopper", uid="u"))
    assert (names("ada", alice), names("grace", alice)) == ([], ["Grace Hopper"])
    operations.move([contact], shared, by=alice.actor, door=Door.WEB, batch=None)
    contact.refresh_from_db()
    assert [hit.space for hit in find("grace", by=alice.actor)] == [shared.pk]
    operations.delete([contact], by=alice.actor, door=Door.WEB, batch=None)
    assert names("grace", alice) == []
    assert list(faults()) == []


def test_many_in_a_large_space_do_not_hide_a_few_in_a_small_one(alice: User) -> None:
    small = team("north", alice=Role.MANAGER)
    hand_of(alice).contact(small, a_card("Ada"))
    hand_of(alice).many(space_of(alice), [a_card(f"Ada {n}") for n in range(350)])
    assert names("ada", alice)[0] == "Ada"


@pytest.mark.parametrize("at_once", [1, 4, 300])
def test_in_many_spaces_among_others_everything_is_found_and_nothing_else(
    alice: User, mallory: User, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(candidates, "AT_ONCE", at_once)
    for n in range(9):
        hand_of(mallory).many(team(f"theirs-{n}", mallory=Role.MANAGER), [a_card(f"Ada Hidden {i}") for i in range(n)])
        hand_of(alice).many(team(f"ours-{n}", alice=Role.MANAGER), [a_card(f"Ada Seen {n}{i}") for i in range(n % 4)])
    expected = {f"Ada Seen {n}{i}" for n in range(9) for i in range(n % 4)}
    with CaptureQueriesContext(connection) as queries:
        assert set(names("ada", alice)) == expected
    look_ups = [query for query in queries if "search_names MATCH" in query["sql"]]
    if connection.vendor == "sqlite" and at_once == 300:
        assert len(look_ups) == 2  # one for each stage, none for each space


def test_many_in_spaces_between_keep_nothing_from_being_found(
    alice: User, mallory: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "AT_ONCE", 9)
    monkeypatch.setattr(candidates, "LOOK_UPS", 3)
    monkeypatch.setattr(finding, "FIRST", 9)
    for n in range(9):
        hand_of(alice).contact(team(f"ours-{n}", alice=Role.MANAGER), a_card(f"Ada Seen {n}"))
        hand_of(mallory).many(team(f"theirs-{n}", mallory=Role.MANAGER), [a_card(f"Ada Hidden {i}") for i in range(12)])
    assert set(names("ada", alice, 9)) == {f"Ada Seen {n}" for n in range(9)}


def test_what_begins_like_the_second_half_of_an_umlaut_is_found(alice: User) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada", "NOTE:EE9", "TITLE:Mueller"))
    assert names("ee9", alice) == names("eller", alice) == ["Ada"]


def test_what_fits_is_found_behind_many_that_only_share_its_trigrams(alice: User) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada", "NOTE:abc-bcd-cde-def"))
    hand_of(alice).many(space_of(alice), [a_card(f"Ada {n}", "NOTE:abcd bcde cdef") for n in range(120)])
    assert names("abc-bcd", alice) == ["Ada"]
    assert len(names("abcd", alice)) == 20


WORDS = st.text(st.sampled_from("abeouAEOUäöüÄßéłñйЖΣς中文字9-@.,'&/%_\\\"ﬁＡ"), min_size=3, max_size=14).filter(
    lambda text: ":" not in text
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), values=st.lists(WORDS, min_size=4, max_size=4))
def test_every_part_of_every_text_finds_its_card(alice: User, data: st.DataObject, values: list[str]) -> None:
    escaped = [value.replace("\\", "\\\\").replace(",", "\\,") for value in values]
    lines = [f"{name}:{value}" for name, value in zip(("NOTE", "TITLE", "NICKNAME", "X-SAYS"), escaped, strict=True)]
    stored = hand_of(alice).store(space_of(alice), a_card("Ada", *lines))
    value = data.draw(st.sampled_from(values))
    start = data.draw(st.integers(0, len(value) - 3))
    part = value[start : data.draw(st.integers(start + 3, len(value)))]
    words = [word for query in read(part) for word in query.words]
    if (
        len(search_fold(part).strip('"')) < 3
        or not any(c.isalnum() for c in part)
        or max(map(len, words), default=0) < 3
        or ((word := max(words, key=len)).startswith("e") and len(word.lstrip("e")) < 2)
    ):
        return  # what folding, or a phrase's quotes, leave is too short to stand within a word
    assert stored.pk in [hit.record for hit in find(part, by=alice.actor, limit=500)]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="about PostgreSQL, whose servers differ")
def test_a_server_without_pg_trgm_finds_the_same(alice: User) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada Müller", *ADA))
    with connection.schema_editor() as editor:
        drop_index(None, editor)
        make_index(editor, by_array=True)
    for query in ("muller", "eller", "m", "mü", "förder", "5678", "tag:vip", "100%", "tischler city:kiel"):
        assert names(query, alice) == ["Ada Müller"]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="about PostgreSQL, which walks to what is frequent")
@pytest.mark.parametrize(("frequent", "walked"), [(0.0, 100), (0.0, 1), (2.0, 100)])
def test_what_is_frequent_is_found_as_what_is_rare_is(
    alice: User, bob: User, frequent: float, walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "FREQUENT", frequent)
    monkeypatch.setattr(candidates, "WALKED", walked)
    for who, space in ((alice, space_of(alice)), (alice, team("sales", alice=Role.EDITOR)), (bob, space_of(bob))):
        for name in (f"Ada Müller, {space.name}", f"Bea Kiel, {space.name}"):
            hand_of(who).contact(space, a_card(name, *(ADA if name.startswith("Ada") else ())))
    found = {
        query: sorted(names(query, alice)) for query in ("muller", "mü", "5678", "kiel", "city:kiel", "tag:vip kiel")
    }
    ada, everybody = ["Ada Müller, alice", "Ada Müller, sales"], ["Bea Kiel, alice", "Bea Kiel, sales"]
    assert found == {query: ada + (everybody if query == "kiel" else []) for query in found}
