"""One value for many contacts."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.contacts.setting import set_value
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from tests.cast import a_card, hand_of, space_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value", "before", "after"),
    [
        ("title", "Analyst", ["TITLE:Countess", "ROLE:Head"], ["TITLE:Analyst", "ROLE:Head"]),
        ("title", "Analyst", ["ROLE:Head"], ["ROLE:Head", "TITLE:Analyst"]),
        ("title", "", ["TITLE:Countess", "NOTE:x", "ROLE:Head"], ["NOTE:x"]),
        ("org", "Dock", ["ORG:Yard;Engines"], ["ORG:Dock"]),
        ("org", "Yard", ["ORG:Yard;Engines"], ["ORG:Yard;Engines"]),
        ("org", "Dock", [], ["ORG:Dock"]),
        ("org", "Dock", ["KIND:org", "ORG:Yard"], ["KIND:org", "ORG:Yard"]),
        (
            "city",
            "York",
            ["ADR:;;A;Hull;;1;", "ADR;PREF=1:;;B;Ely;;2;"],
            ["ADR:;;A;Hull;;1;", "ADR;PREF=1:;;B;York;;2;"],
        ),
        ("city", "", ["ADR:;;A;Leeds;;1;", "ADR:;;;;;;UK"], ["ADR:;;A;;;1;", "ADR:;;;;;;UK"]),
        ("city", "", [], []),
        ("country", "France", ["ADR:;;A"], ["ADR:;;A;;;;France"]),
        ("country", "France", [], ["ADR:;;;;;;France"]),
    ],
)
def test_a_value_is_written_into_the_line_that_lists_show(
    alice: User, field: str, value: str, before: list[str], after: list[str]
) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", *before, version="4.0"))
    was = ada.content.data
    with one_batch(Batch.Act.EDIT, by=alice.actor, door=Door.WEB) as batch:
        changed = set_value([ada], field, value, by=alice.actor, door=Door.WEB, batch=batch)
    [contact] = Contact.objects.all()
    assert contact.content.data.decode().splitlines()[4:-1] == after
    assert changed == (before != after)
    if changed:
        undo(batch, by=alice.actor, door=Door.WEB)
        assert Contact.objects.get().content.data == was
