"""Finding contacts by what they say, within what one sees."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.search.models import Entry
from tests.cast import a_card, hand_of, space_of

pytestmark = pytest.mark.django_db


def found(query: str) -> int:
    return Entry.objects.matching(query).count()


@pytest.mark.parametrize(
    "query",
    ["muller", "MÜLLER", "Mueller", "ada mul", "acme", "kiel", "0171 2345678", "+49 171 2345678", "ada@example", "vip"],
)
def test_a_contact_is_found_by_any_spelling_of_what_it_says(alice: User, query: str) -> None:
    lines = ("N:Müller;Ada;;;", "ORG:ACME", "ADR:;;Weg 1;Kiel;;24103;", "TEL:0171 2345678", "CATEGORIES:VIP")
    hand_of(alice).contact(space_of(alice), a_card("Ada Müller", *lines, "EMAIL:ada@example.org"))
    assert found(query) == 1


@pytest.mark.parametrize("query", ["grace", "ada grace", "%", "_da", "ada%kiel", "\\"])
def test_a_word_that_is_not_there_finds_nothing(alice: User, query: str) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    assert found(query) == 0
