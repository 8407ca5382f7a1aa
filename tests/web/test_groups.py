"""Groups on pages: in the navigation, on the group's page, on a member's, in the list."""

from __future__ import annotations

import re

from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import links
from farley.contacts.models import Contact
from farley.journal.models import Batch
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of


def members(group: Contact, user: User) -> list[str]:
    return [member.full_name for member in links.members(Contact.objects.get(pk=group.pk), by=user.actor)]


def test_a_group_is_made_filled_from_every_place_and_emptied_with_undo(alice: User, page_of_alice: Client) -> None:
    hand, home = hand_of(alice), space_of(alice)
    ada, bea, cleo = (hand.contact(home, a_card(name)) for name in ("Ada", "Bea", "Cleo"))
    page_of_alice.post("/contacts/new/", {"kind": "group", "space": "alice", "full_name": "Fans"})
    group = Contact.objects.groups().get()
    html = page_of_alice.get(f"/contacts/{ada.pk}/").content.decode()
    assert f'href="/contacts/?group={group.pk}"' in html  # in the navigation
    listed = page_of_alice.get(f"/contacts/?group={group.pk}").content.decode()
    filters = listed[listed.index('<select id="filter-group"') :]
    assert f'<option value="{group.pk}" selected>Fans</option>' in filters[: filters.index("</select>")]
    assert re.search(rf'<select name="add"[^>]*><option value="">[^<]*</option><option value="{group.pk}">Fans', html)
    page_of_alice.post(f"/contacts/{ada.pk}/groups/", {"add": group.pk})
    page_of_alice.post(f"/contacts/{group.pk}/members/", {"value": "bea"})
    page_of_alice.post("/contacts/bulk/", {"act": "group", "group": group.pk, "id": [ada.pk, cleo.pk]})
    assert members(group, alice) == ["Ada", "Bea", "Cleo"]
    assert "1 contact added to “Fans”" in text_of(page_of_alice.get(f"/contacts/{group.pk}/").content)
    page_of_alice.post(f"/contacts/{group.pk}/members/", {"remove": bea.pk})
    page_of_alice.post(f"/contacts/bulk/?group={group.pk}", {"act": "ungroup", "group": group.pk, "everything": "1"})
    assert members(group, alice) == []
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert members(group, alice) == ["Ada", "Cleo"]
    page_of_alice.post(f"/contacts/{ada.pk}/groups/", {"remove": group.pk})
    assert members(group, alice) == ["Cleo"]
    page_of_alice.post(f"/contacts/{group.pk}/members/", {"value": "Nobody"})
    assert "No contact of this space is called “Nobody”" in text_of(page_of_alice.get("/contacts/").content)


def test_who_lies_in_another_space_is_told_to_be_left_out(alice: User, page_of_alice: Client) -> None:
    sales = team("sales", alice=Role.EDITOR)
    group = hand_of(alice).contact(sales, a_card("Fans", "X-ADDRESSBOOKSERVER-KIND:group"))
    ada, bea = hand_of(alice).contact(sales, a_card("Ada")), hand_of(alice).contact(space_of(alice), a_card("Bea"))
    page_of_alice.post("/contacts/bulk/", {"act": "group", "group": group.pk, "id": [ada.pk, bea.pk]})
    assert members(group, alice) == ["Ada"]
    assert "1 contact is left out" in text_of(page_of_alice.get("/contacts/").content)
