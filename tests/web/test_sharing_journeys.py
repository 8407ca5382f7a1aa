"""The pages about spaces, people, devices, shared links and privacy, in a browser."""

from __future__ import annotations

import pytest

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import sharing
from farley.journal import access
from tests.cast import a_card, hand_of, person, team
from tests.web.conftest import Enter
from tests.web.test_every_page_journeys import CUT

LOOKED_AT = (
    "/spaces/", "/new-space/", "/spaces/sales/", "/contacts/{contact}/who/", "/spaces/sales/as/bob/", "/people/bob/",
    "/spaces/sales/access/", "/account/devices/", "/contacts/{contact}/share/", "/shared/{token}/", "/privacy/",
    "/instance/journal/", "/instance/accounts/", "/instance/accounts/bob/", "/contacts/{contact}/erase/", "/teams/",
    "/search/?q=ada", "/fields/", "/contacts/filter/?filter=city+is+Berlin", "/account/security/",
    "/design/",
)  # fmt: skip


@pytest.mark.parametrize(("phone", "scheme", "language"), [(True, "dark", "de"), (False, "light", "en")])
def test_they_are_accessible_and_fit(enter: Enter, phone: bool, scheme: str, language: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = enter(phone=phone, scheme=scheme, language=language)
    alice = User.objects.get(name="alice")
    User.objects.filter(pk=alice.pk).update(is_admin=True)
    person("bob")
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand_of(alice).contact(
        sales, a_card("Ada Augusta King of Lovelace", f"ORG:{'Yard and Yard ' * 9}", "TEL:1")
    )
    devices.add(alice, Device.Kind.DEVICE, "Phone", by=alice.actor, door=Door.WEB)
    link = sharing.share(contact, 7, by=alice.actor, door=Door.WEB)
    access.switch_on(sales, 30, by=alice.actor, door=Door.WEB)
    axe, findings = Axe(), []
    for path in LOOKED_AT:
        page.goto(path.format(contact=contact.pk, token=link.token))
        findings += [f"{path}: {found['id']}" for found in axe.run(page).response["violations"]]
        findings += [f"{path}: {each}" for each in page.evaluate(CUT)]
    assert findings == []
