"""The reports about principals."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.dav.names import CARDDAV, DAV
from tests.cast import a_card, hand_of, team
from tests.dav.phone import Phone, phone_of

pytestmark = pytest.mark.django_db
PRINCIPAL = "/dav/principals/alice/"


def search(phone: Phone, prop: str, text: str, test: str = "") -> list[str]:
    look = f"<d:property-search><d:prop>{prop}</d:prop><d:match>{text}</d:match></d:property-search>"
    inner = f"{look}<d:prop><d:displayname/></d:prop>"
    return [row.href for row in phone.report("d:principal-property-search", inner, "/dav/principals/", depth="0").rows]


def test_one_finds_oneself_by_name_and_address_and_nobody_else(phone: Phone, bob: User) -> None:
    assert search(phone, "<d:displayname/>", "ALI") == [PRINCIPAL]
    assert search(phone, "<cs:email-address-set/>", "alice@example") == [PRINCIPAL]
    assert search(phone, "<d:displayname/>", "bob") == []
    assert search(phone, "<d:nonsense/>", "alice") == []
    told = phone.report("d:principal-search-property-set", "", "/dav/principals/")
    assert (told.status, len(told.root.children)) == (200, 2)


def test_principal_match_finds_oneself(phone: Phone) -> None:
    [row] = phone.report("d:principal-match", "<d:self/><d:prop><d:displayname/></d:prop>", "/dav/", depth="0").rows
    assert (row.href, row[f"{DAV}displayname"]) == (PRINCIPAL, "alice")


def test_hrefs_in_properties_are_expanded_as_far_as_is_asked(phone: Phone) -> None:
    home = '<d:property name="addressbook-home-set" namespace="urn:ietf:params:xml:ns:carddav">'
    name = '<d:property name="displayname"/>'
    inner = f'{home}{name}<d:property name="nonsense"/></d:property>{name}'
    [row] = phone.report("d:expand-property", inner, PRINCIPAL).rows
    names = row.named(f"{CARDDAV}addressbook-home-set")
    assert names[:2] == [f"{DAV}response", f"{DAV}href"]
    assert row[f"{DAV}displayname"] == "alice"
    owner = '<d:property name="owner"/><d:property name="getetag"/>'
    assert len(phone.report("d:expand-property", owner).rows) == 1


@pytest.mark.parametrize("is_read_only", [True, False])
def test_the_access_control_list_tells_what_one_may_and_names_nobody_else(
    alice: User, bob: User, is_read_only: bool
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.MANAGER)
    hand_of(bob).store(sales, a_card(uid="a"), href="a.vcf")
    phone = phone_of(alice, sales, is_read_only=is_read_only)
    asked = ("d:acl", "d:acl-restrictions", "d:supported-privilege-set", "d:current-user-privilege-set", "d:group")
    for path in (PRINCIPAL, "/dav/addressbooks/alice/", phone.book, phone.book + "a.vcf"):
        [row] = phone.propfind(path, *asked, "d:inherited-acl-set").rows
        assert list(row.props) == [200]
        [entry] = row.props[200][f"{DAV}acl"].children
        assert [each.name for each in entry.children] == [f"{DAV}principal", f"{DAV}grant", f"{DAV}protected"]
        assert entry.children[0].children[0].text == PRINCIPAL
        granted = [each.children[0].name for each in entry.children[1].children]
        own = [each.children[0].name for each in row.props[200][f"{DAV}current-user-privilege-set"].children]
        assert granted == own
        supported = row.named(f"{DAV}supported-privilege-set")
        assert set(granted) <= set(supported)
        is_written = path.startswith(phone.book) and not is_read_only
        assert (f"{DAV}write" in granted) == is_written


def test_an_expansion_without_end_is_cut(phone: Phone) -> None:
    inner = '<d:property name="displayname"/>'
    for _ in range(40):
        inner = f'<d:property name="current-user-principal">{inner}</d:property>'
    assert phone.report("d:expand-property", inner).status == 207
    wide = '<d:property name="current-user-principal"><d:property name="owner"/></d:property>'
    for _ in range(12):
        both = wide.replace("current-user-principal", "principal-URL", 1)
        wide = f'<d:property name="current-user-principal">{wide}{both}</d:property>'
    assert phone.report("d:expand-property", wide, PRINCIPAL).status == 507
