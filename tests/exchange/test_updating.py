"""Imports by key and rule: who is here is recognised and changed as asked, told beforehand, and taken back exactly."""

from __future__ import annotations

import itertools
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.cast import a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.combining import Rule
from farley.contacts.matching import NoSuchKey
from farley.contacts.models import Contact
from farley.contacts.operations import set_fields
from farley.exchange import chunks, importing
from farley.exchange.models import Import, ImportOutcome
from farley.exchange.reading import read
from farley.exchange.reporting import Verdict, reason_of
from farley.exchange.sources import Source
from farley.exchange.updating import Updating
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.journal.undo import undo
from farley.spaces.models import Space

pytestmark = pytest.mark.django_db
_numbers = itertools.count()


class Report(NamedTuple):
    run: Import
    verdicts: list[Verdict]

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        run = self.run
        return run.created, run.changed, run.unchanged, run.conflicts, run.failed

    @property
    def whats(self) -> list[str]:
        return [verdict.what for verdict in self.verdicts]


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def imported(
    space: Space, user: User, folder: Path, *cards: bytes, key: str = "uid", rule: Rule = Rule.ADD, dry: bool = False
) -> Report:
    path = folder / "cards.vcf"
    path.write_bytes(b"".join(cards))
    source = Source(path.name, path)
    run = importing.prepare(space, [source], by=user.actor, door=Door.CLI, key=key, rule=rule, is_dry_run=dry)
    verdicts: list[Verdict] = []
    importing.run(run, by=user.actor, tell=verdicts.append)
    run.refresh_from_db()
    return Report(run, verdicts)


def lines_of(space: Space, name: str) -> list[str]:
    contact = Contact.objects.get(space=space, full_name=name, deleted_at=None)
    return [line.octets.decode().strip() for line in contact.card.lines]


def own_field(space: Space, user: User, label: str = "Number") -> Field:
    return defining.define(
        Noun.CONTACT,
        space,
        label=label,
        kind=Field.Kind.TEXT,
        choices=[],
        key=label.lower(),
        by=user.actor,
        door=Door.WEB,
    )


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("email", "EMAIL:Ada@X.example"),
        ("phone", "TEL:030 1234567"),
        ("external-id", "X-ABUID:77"),
        ("field:number", "X-FARLEY-FIELD;X-KEY=number;X-KIND=text;X-LABEL=Number:K-1"),
    ],
)
def test_a_contact_is_recognised_by_each_key_and_given_what_is_new(
    alice: User, space: Space, tmp_path: Path, key: str, line: str
) -> None:
    own_field(space, alice)
    here = ["EMAIL:ada@x.example", "TEL:+49 30 1234567", "X-ABUID:77", "NOTE:mine"]
    imported(space, alice, tmp_path, a_card("Ada", *here, line, uid="here"))
    coming = a_card("Ada", line, "URL:https://ada.example", uid="")
    planned = imported(space, alice, tmp_path, coming, key=key, dry=True)
    report = imported(space, alice, tmp_path, coming, key=key)
    assert report.counts == planned.counts == (0, 1, 0, 0, 0)
    [outcome] = planned.run.outcomes.all()
    assert (outcome.name, outcome.changes) == ("Ada", [["URL", "", "", "https://ada.example"]])
    assert "NOTE:mine" in lines_of(space, "Ada")
    assert "URL:https://ada.example" in lines_of(space, "Ada")
    assert imported(space, alice, tmp_path, coming, key=key).counts == (0, 0, 1, 0, 0)
    with pytest.raises(NoSuchKey):
        imported(space, alice, tmp_path, coming, key="field:other")


def test_where_several_fit_or_one_fits_twice_nobody_is_changed(alice: User, space: Space, tmp_path: Path) -> None:
    hand_of(alice).many(space, [a_card("Ada", "EMAIL:both@x.example"), a_card("Bea", "EMAIL:both@x.example")])
    hand_of(alice).many(space, [a_card("Firm", "KIND:org", "EMAIL:info@x.example", version="4.0")])
    cards = [
        a_card("Someone", "EMAIL:both@x.example"),
        a_card("Cleo", "EMAIL:info@x.example"),  # a person is not the firm
        a_card("Dora", "EMAIL:info@x.example"),
    ]
    before = state_of(space)
    report = imported(space, alice, tmp_path, *cards, key="email")
    assert report.whats == ["several", "new", "again"]
    several, again = report.run.problems.all()
    assert reason_of(several) == (
        "By its e-mail address it may be any of these contacts: “Ada”, “Bea”. None of them was changed."
    )
    assert "“Cleo”" in reason_of(again)
    assert before.items() <= state_of(space).items()


@pytest.mark.parametrize("rule", Rule)
def test_a_chunk_is_planned_again_as_if_it_had_not_been_before(
    alice: User, space: Space, tmp_path: Path, rule: Rule
) -> None:
    hand_of(alice).many(space, [a_card("Ada", "EMAIL:ada@x.example", uid="here")])
    path = tmp_path / "cards.vcf"
    cards = [a_card("Ada B.", "EMAIL:ada@x.example", uid="a"), a_card("Ada C.", "EMAIL:ada@x.example", uid="a")]
    path.write_bytes(b"".join(cards))
    run = importing.prepare(space, [Source("", path)], by=alice.actor, door=Door.CLI, key="email", rule=rule)
    items = [entry.item for entry in read(path, skip=0, region="DE")]
    with closing(Updating(run, by=alice.actor)) as updating:
        first, again = updating.plan(items), updating.plan(items)  # as where somebody wrote in between
    assert [(type(item), str(item)) for item in again.items] == [(type(item), str(item)) for item in first.items]


@pytest.mark.parametrize("rule", Rule)
def test_who_was_made_and_recognised_in_one_chunk_is_recognised_by_that_uid_in_the_next(
    alice: User, space: Space, tmp_path: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    cards = [
        a_card("Ada", "EMAIL:ada@x.example", uid="a"),
        a_card("Ada B.", "EMAIL:ada@x.example", uid="b"),
        a_card("Ada C.", "EMAIL:another@x.example", uid="b"),
    ]
    planned = imported(space, alice, tmp_path, *cards, key="email", rule=rule, dry=True)
    report = imported(space, alice, tmp_path, *cards, key="email", rule=rule)
    assert report.whats == planned.whats == ["new", "again", "twice"]


def test_own_fields_follow_the_rule(alice: User, space: Space, tmp_path: Path) -> None:
    number, level = own_field(space, alice), own_field(space, alice, "Level")
    contact = hand_of(alice).contact(space, a_card("Ada", "EMAIL:a@x.example"))
    set_fields([contact], {number: "K-1"}, by=alice.actor, door=Door.WEB, batch=None)
    said = [f"X-FARLEY-FIELD;X-KEY={key};X-KIND=text:{value}" for key, value in (("number", "K-2"), ("level", "Gold"))]
    card = a_card("Ada", "EMAIL:a@x.example", *said)
    octets = Contact.objects.get(pk=contact.pk).content.data
    kept = imported(space, alice, tmp_path, card, key="email", rule=Rule.KEEP)
    assert kept.whats == ["known"]
    filled = imported(space, alice, tmp_path, card, key="email", rule=Rule.FILL)
    assert filled.counts == (0, 1, 0, 1, 0)
    assert [(each.label, each.before, each.after) for each in filled.verdicts[0].left] == [("Number", "K-1", "K-2")]
    contact.refresh_from_db()
    assert contact.own == {str(number.pk): "K-1", str(level.pk): "Gold"}
    assert contact.content.data == octets
    imported(space, alice, tmp_path, card, key="email", rule=Rule.OVERWRITE)
    contact.refresh_from_db()
    assert contact.own == {str(number.pk): "K-2", str(level.pk): "Gold"}


LINES = st.sampled_from(
    [
        *("EMAIL:a@x.example", "EMAIL:b@x.example", "EMAIL:c@x.example", "TEL:030 111222", "TEL:+49 30 111222"),
        *("ORG:Firm", "ORG:Other;Unit", "NOTE:one", "NOTE:two", "CATEGORIES:red", "CATEGORIES:red,green"),
        *("item1.URL:https://x.example", "BDAY:1980-04-12", "X-ABUID:1", "N:King;;;;", "N:King;Ada;;;", "KIND:org"),
        "X-FARLEY-FIELD;X-KEY=number;X-KIND=text:K-1",
        "X-FARLEY-FIELD;X-KEY=number;X-KIND=text:K-2",
    ]
)
CARDS = st.builds(
    lambda name, uid, lines: a_card(name, *dict.fromkeys(lines), uid=uid, version="4.0"),
    st.sampled_from(["Ada", "Bea", "Firm"]),
    st.sampled_from(["u1", "u2", "u3", ""]),
    st.lists(LINES, max_size=4),
)
KEYS = st.sampled_from(["uid", "email", "phone", "external-id", "field:number"])


K1, K2 = (f"X-FARLEY-FIELD;X-KEY=number;X-KIND=text:K-{n}" for n in (1, 2))


@settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck], phases=[Phase.explicit, Phase.generate])
@example(
    "field:number",
    Rule.OVERWRITE,
    2,
    [a_card("Ada", K1, uid="u1", version="4.0"), a_card("Bea", K1, uid="u2", version="4.0")],
    [a_card("Ada", K1, "NOTE:one", uid="", version="4.0"), a_card("Bea", K2, uid="u2", version="4.0")],
)
@example(
    "field:number",
    Rule.FILL,
    2,
    [a_card("Ada", K1, uid="", version="4.0")],
    [a_card("Ada", K1, uid="u1", version="4.0"), a_card("Ada", "NOTE:one", uid="u1", version="4.0")],
)
@given(
    KEYS,
    st.sampled_from(Rule),
    st.integers(1, 4),
    st.lists(CARDS, min_size=1, max_size=4),
    st.lists(CARDS, min_size=1, max_size=5),
)
def test_the_check_says_what_comes_and_undo_brings_everything_back(
    alice: User, tmp_path: Path, key: str, rule: Rule, chunk: int, here: list[bytes], coming: list[bytes]
) -> None:
    if key != "external-id":  # else it is a problem, whatever the key
        here, coming = ([each.replace(b"X-ABUID:1\r\n", b"") for each in cards] for cards in (here, coming))
    space = team(f"space-{next(_numbers)}", alice=Role.MANAGER)
    own_field(space, alice)
    imported(space, alice, tmp_path, *here, rule=Rule.KEEP)
    before = state_of(space)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", chunk)
        patch.setattr(chunks, "LEAST", 1)
        planned = imported(space, alice, tmp_path, *coming, key=key, rule=rule, dry=True)
        assert state_of(space) == before
        patch.setattr(chunks, "CHUNK", 5 - chunk)
        done = imported(space, alice, tmp_path, *coming, key=key, rule=rule)
        assert planned.counts == done.counts
        assert [replaced(each) for each in planned.verdicts] == [replaced(each) for each in done.verdicts]
        after = state_of(space)
        again = imported(space, alice, tmp_path, *coming, key=key, rule=rule)
    # Whoever may have been several is found the second time, where an entry behind changed one of them.
    assert after == state_of(space) or again.run.created or "several" in done.whats
    for run in (again.run, done.run):
        if run.batch is not None and run.batch.size:
            assert undo(run.batch, by=alice.actor, door=Door.WEB).kept == []
    assert state_of(space) == before
    assert not ImportOutcome.objects.filter(run=done.run, verdict=ImportOutcome.Verdict.NEW).exists()


def replaced(verdict: Verdict) -> tuple[object, ...]:
    """A verdict without the problem's row, to compare."""
    return verdict.line, verdict.name, verdict.what, tuple(verdict.changes), tuple(verdict.left)


def test_what_was_changed_since_is_left_by_the_undo_and_listed(alice: User, space: Space, tmp_path: Path) -> None:
    hand_of(alice).many(space, [a_card("Ada", "EMAIL:a@x.example"), a_card("Bea", "EMAIL:b@x.example")])
    coming = [a_card("Ada", "EMAIL:a@x.example", "NOTE:new"), a_card("Bea", "EMAIL:b@x.example", "NOTE:new")]
    report = imported(space, alice, tmp_path, *coming, key="email")
    ada = Contact.objects.get(full_name="Ada")
    hand_of(alice).store(space, ada.card.with_full_name("Ada King").octets, href=ada.href)
    assert report.run.batch is not None
    undone = undo(report.run.batch, by=alice.actor, door=Door.WEB)
    assert [(kept.label, kept.reason) for kept in undone.kept] == [("Ada King", "changed")]
    assert "NOTE:new" in lines_of(space, "Ada King")
    assert "NOTE:new" not in lines_of(space, "Bea")
    assert faults() == []
