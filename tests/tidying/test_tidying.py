"""Tidying a space: what is shown is done, and no more; one act takes it back."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from farley.accounts.models import User
from farley.codecs.vcard import Card
from farley.contacts.models import Contact
from farley.contacts.storing import Condition
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.tidying import operations, tasks
from farley.tidying.models import TidyFinding, TidyRun
from farley.tidying.proposing import Manner, Rule, proposals, tidied
from tests.cast import a_card, hand_of, space_of
from tests.web.reading import text_of

UNTIDY = a_card(
    "Dr. ADA  KING",
    "N:KING;Dr. ADA;;;",
    "TEL;TYPE=cell:0170 1234567",
    "EMAIL:ada@gmial.com",
    "ADR;TYPE=home:;;HAUPTSTRASSE 1;BERLIN;;10115;Germany",
    "TITLE:",
    "PHOTO;ENCODING=b;TYPE=JPEG:bm8gcGljdHVyZQ==",
    "X-ODD;X-P=1:kept\\, as it is",
)
TIDY = a_card("Grace Hopper", "N:Hopper;Grace;;;", "TEL:+49 30 123456", "EMAIL:grace@example.org")
pytestmark = pytest.mark.django_db


def found(octets: bytes, *rules: Rule) -> list[tuple[str, str, str]]:
    return [each.key for each in proposals(Card.parse(octets), Manner.of("DE"), rules or list(Rule))]


def picture() -> str:
    import base64

    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_each_value_is_told_as_it_is_and_as_it_would_be() -> None:
    assert found(UNTIDY) == [
        ("N", "KING, Dr. ADA · Dr. ADA  KING", "King, Ada (Dr.) · Dr. Ada King"),
        ("TEL", "0170 1234567", "+49 170 1234567"),
        ("EMAIL", "ada@gmial.com", "ada@gmail.com"),
        ("ADR", "HAUPTSTRASSE 1, BERLIN, 10115, Germany", "Hauptstrasse 1, Berlin, 10115, Deutschland"),
        ("TITLE", "–", ""),
        ("PHOTO", "bm8gcGljdHVyZQ==", ""),
    ]
    assert found(UNTIDY, Rule.PHONES) == [("TEL", "0170 1234567", "+49 170 1234567")]
    assert not found(TIDY)
    assert not found(a_card("Grace Hopper", "N:Hopper;Grace;;;", f"PHOTO;ENCODING=b;TYPE=PNG:{picture()}"))
    assert found(b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nN:;;;;\r\nFN:\r\nTEL:\r\nEND:VCARD\r\n") == [
        ("CARD", "–", "")
    ]
    assert not found(a_card("BMW", "X-ABShowAs:COMPANY", "ORG:BMW"))


def test_what_is_chosen_is_done_as_it_was_shown_in_one_act_that_is_taken_back(alice: User) -> None:
    home, hand = space_of(alice), hand_of(alice)
    ada, grace, bob = (hand.contact(home, octets) for octets in (UNTIDY, TIDY, a_card("Bob", "TEL:030 1234567")))
    empty = hand.contact(home, b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:empty\r\nN:;;;;\r\nFN:\r\nEND:VCARD\r\n")
    run = operations.start(home, list(Rule), by=alice.actor, door=Door.WEB)
    operations.look(run)
    assert run.state == TidyRun.State.CHOOSING
    operations.choose(run, [TidyFinding.objects.get(name="EMAIL").pk], is_chosen=False)
    hand.store(home, a_card("Bob", "TEL:030 7654321", uid=bob.uid), href=bob.href, expected=Condition.ANY)
    before = bytes(ada.content.data)
    batch = operations.begin(run, title="", by=alice.actor)
    operations.tidy(run, by=alice.actor)
    assert run.state == TidyRun.State.DONE
    card = Contact.objects.get(pk=ada.pk).card
    assert (card.full_name, card.name.parts) == ("Dr. Ada King", ("King", "Ada", "", "Dr.", ""))
    assert [prop.text for prop in card.properties("TEL", "EMAIL")] == ["+49 170 1234567", "ada@gmial.com"]
    assert b"X-ODD;X-P=1:kept\\, as it is\r\n" in card.octets
    assert not card.properties("TITLE", "PHOTO")
    assert b"TEL:030 7654321" in Contact.objects.get(pk=bob.pk).card.octets  # no more as it was shown
    assert Contact.objects.get(pk=empty.pk).is_deleted
    assert Contact.objects.get(pk=grace.pk).revision == grace.revision
    undo(Batch.objects.get(pk=batch.pk), by=alice.actor, door=Door.WEB)
    assert bytes(Contact.objects.get(pk=ada.pk).content.data) == before
    assert not Contact.objects.get(pk=empty.pk).is_deleted


def test_a_name_that_gets_a_line_of_its_own_moves_no_other_value() -> None:
    card = Card.parse(
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nTEL:030 1234567\r\nTITLE:\r\nEMAIL:ada@gmial.com\r\nFN:ADA MARIA KING\r\n"
        b"NOTE:a  b\r\nEND:VCARD\r\n"
    )
    manner, rules = Manner.of("DE"), list(Rule)
    made = tidied(card, manner, rules, [each.key for each in proposals(card, manner, rules)])
    assert [(prop.name, prop.text) for prop in made.properties("TEL", "TITLE", "EMAIL", "FN", "NOTE")] == [
        ("TEL", "+49 30 1234567"), ("EMAIL", "ada@gmail.com"), ("FN", "Ada Maria King"), ("NOTE", "a b"),
    ]  # fmt: skip
    assert made.name.parts[:3] == ("King", "Ada", "Maria")


def test_a_value_that_is_too_long_to_be_shown_stays_as_it_is() -> None:
    assert found(a_card("Bea", "N:Bond;Bea;;;", f"NOTE:{'word ' * 70}and  more")) == []
    assert found(a_card("Bea", "N:Bond;Bea;;;", f"NOTE:{'word ' * 50}and  more")) != []


def test_an_empty_card_that_is_filled_in_meanwhile_stays(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    home, hand = space_of(alice), hand_of(alice)
    empty = hand.contact(home, b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:empty\r\nN:;;;;\r\nFN:\r\nEND:VCARD\r\n")
    run = operations.start(home, [Rule.EMPTY], by=alice.actor, door=Door.WEB)
    operations.look(run)
    operations.begin(run, title="", by=alice.actor)
    prepare = operations.prepare_many

    def filled_in(*given: Any) -> Any:
        prepared = prepare(*given)
        hand.store(home, a_card("Ada", uid="empty"), href=empty.href, expected=Condition.ANY)
        return prepared

    monkeypatch.setattr(operations, "prepare_many", filled_in)
    operations.tidy(run, by=alice.actor)
    there = Contact.objects.get(pk=empty.pk)
    assert (there.full_name, there.is_deleted) == ("Ada", False)


def test_a_name_that_may_be_two_given_names_is_shown_and_not_chosen(alice: User) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Anna Maria", "N:;Anna Maria;;;"))
    run = operations.start(space_of(alice), [Rule.NAMES], by=alice.actor, door=Door.WEB)
    operations.look(run)
    [finding] = run.findings.all()
    assert (finding.before, finding.after, finding.is_chosen) == ("Anna Maria", "Maria, Anna", False)


def test_a_number_that_may_be_of_another_country_is_shown_and_not_chosen() -> None:
    numbers = ["(617) 236-0442", "49 631 234341", "030 123456", "0044 20 79460000"]
    card = Card.parse(a_card("Ada King", *(f"TEL:{number}" for number in numbers)))
    found = proposals(card, Manner.of("DE"), [Rule.PHONES])
    assert [(each.after, each.is_sure) for each in found] == [
        ("+49 6172 360442", False),
        ("+49 4963 1234341", False),
        ("+49 30 123456", True),
        ("+44 20 7946 0000", True),
    ]
    [plain] = proposals(Card.parse(a_card("Ada King", "TEL:617 236 0442")), Manner.of("US"), [Rule.PHONES])
    assert plain.is_sure


def test_a_number_belongs_to_the_country_that_the_addresses_name() -> None:
    def mended(*countries: str) -> list[tuple[str, bool]]:
        addresses = [f"ADR:;;Hauptstrasse 1;Ort;;1000;{country}" for country in countries]
        card = Card.parse(a_card("Ada King", "TEL:044 668 18 00", *addresses))
        return [(each.after, each.is_sure) for each in proposals(card, Manner.of("DE"), [Rule.PHONES])]

    assert mended("Schweiz") == mended("CH", "") == [("+41 44 668 18 00", True)]
    assert mended() == [("+49 4466 81800", True)]
    assert mended("Schweiz", "Austria") == [("+49 4466 81800", False)]  # of which of them nobody knows


def test_looking_and_tidying_go_on_where_they_were_stopped(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "CHUNK", 2)
    cards = [a_card(f"Person {n}", f"TEL:030 12345{n:02}") for n in range(5)]
    hand_of(alice).many(space_of(alice), cards)
    run = operations.start(space_of(alice), [Rule.PHONES], by=alice.actor, door=Door.WEB)
    assert not operations.look(run, stopping=lambda: True)
    assert run.looked == 2
    tasks.look.func(run.pk)
    run.refresh_from_db()
    assert (run.looked, run.findings.count()) == (5, 5)
    operations.begin(run, title="", by=alice.actor)
    assert not operations.tidy(run, by=alice.actor, stopping=lambda: True)
    tasks.tidy.func(run.pk)
    run.refresh_from_db()
    assert run.state == TidyRun.State.DONE
    assert all("+49 30" in contact.card.properties("TEL")[0].text for contact in Contact.objects.all())
    assert [batch.size for batch in Batch.objects.all()] == [5]


def test_the_page_shows_what_was_found_and_does_what_is_ticked(alice: User, client: Client) -> None:
    client.force_login(alice)
    hand_of(alice).many(space_of(alice), [UNTIDY, TIDY])
    page = client.get("/spaces/alice/tidy/")
    assert "Phone numbers in international form" in text_of(page.content)
    rules = [rule.value for rule in Rule]
    client.post("/spaces/alice/tidy/change/", {"act": "look", "find": rules})
    page = client.get("/spaces/alice/tidy/")
    assert "+49 170 1234567" in text_of(page.content)
    assert "Tidy 6 values" in text_of(page.content)
    phone = TidyFinding.objects.get(name="TEL")
    shown = list(TidyFinding.objects.values_list("pk", flat=True))
    where = {"goto": "/spaces/alice/tidy/?rule=emails"}
    client.post("/spaces/alice/tidy/change/", {"shown": shown, "pick": [phone.pk], **where})
    assert "Tidy 1 value" in text_of(client.get("/spaces/alice/tidy/?rule=emails").content)
    answer = client.post("/spaces/alice/tidy/change/", {"act": "tidy", "shown": shown, "pick": [phone.pk]}, follow=True)
    assert "Undo" in text_of(answer.content)
    card = Contact.objects.get(full_name="Dr. ADA  KING").card
    assert [prop.text for prop in card.properties("TEL")] == ["+49 170 1234567"]
