"""Single sign-on, with a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from farley.accounts import teams
from farley.accounts.actor import COMMAND
from farley.accounts.doors import Door
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.teams import TeamMember
from farley.accounts.throttling import PAIR
from farley.configuration import SecondFactor, SingleSignOn
from farley.spaces.models import Space
from tests.cast import person
from tests.provider.running import Provider, provider
from tests.web.reading import text_of
from tests.web.second_factors import asked_for

pytestmark = pytest.mark.django_db
SECRET = "the secret of this program"
CALLBACK = "http://testserver/login/sso/callback/"
ALICE = {"email": "alice@example.org", "email_verified": True, "preferred_username": "alice", "name": "Alice Ames"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder: Path = tmp_path_factory.mktemp("provider")
    with provider(folder, redirect_to=CALLBACK, client="farley", client_secret=SECRET) as started:
        yield started


@pytest.fixture
def company(running: Provider, settings: Any) -> Provider:
    """The provider, which Farley is told of; a house with an administrator."""
    person("admin", is_admin=True)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 60  # other tests may keep the machine busy
    told = SingleSignOn(issuer=running.issuer, client_id="farley", secret=SECRET, name="Hallberg")
    settings.CONFIGURATION = replace(settings.CONFIGURATION, single_sign_on=told)
    return running


def allow(settings: Any, **changes: Any) -> None:
    told = replace(settings.CONFIGURATION.single_sign_on, **changes)
    settings.CONFIGURATION = replace(settings.CONFIGURATION, single_sign_on=told)


def browser() -> Client:
    return Client(headers={"Accept-Language": "en"})


def begun(client: Client, target: str = "/activity/") -> str:
    return str(client.get("/login/sso/", {"next": target})["Location"])


def sign_in(company: Provider, subject: str, client: Client | None = None, target: str = "/activity/") -> Any:
    client = client or browser()
    return client.get(company.sign_in(begun(client, target), subject))


def test_the_page_offers_it_and_the_password_form_can_be_hidden(company: Provider, settings: Any) -> None:
    page = browser().get("/login/?next=/activity/").content.decode()
    assert "Sign in by Hallberg" in page
    assert 'href="/login/sso/?next=/activity/"' in page
    assert 'id="password"' in page
    allow(settings, password_form=False)
    assert 'id="password"' not in browser().get("/login/").content.decode()
    assert 'id="password"' in browser().get("/login/?password").content.decode(), "the way in when the provider is gone"


def test_a_new_person_gets_an_account_where_the_settings_make_them(company: Provider, settings: Any) -> None:
    company.knows(alice=ALICE)
    refused = sign_in(company, "alice")
    assert refused.status_code == 403
    assert "You have no account here." in text_of(refused.content)
    allow(settings, create_accounts=True)
    client = browser()
    assert sign_in(company, "alice", client)["Location"] == "/activity/"
    alice = User.objects.get(email="alice@example.org")
    assert (alice.name, alice.full_name, alice.has_usable_password()) == ("alice", "Alice Ames", False)
    assert Space.objects.get(name="alice").kind == Space.Kind.PRIVATE
    assert client.get("/contacts/").status_code == 200
    company.knows(alice={"preferred_username": "Other!", "email": "other@example.org", "email_verified": True})
    assert sign_in(company, "alice").status_code == 302
    assert User.objects.count() == 2, "the subject says who it is, whatever they are called today"
    company.knows(second=ALICE | {"email": "alice@example.com"})
    sign_in(company, "second")
    assert User.objects.get(email="alice@example.com").name == "alice2"


@pytest.mark.parametrize(
    ("link", "verified", "comes_in"),
    [(True, True, True), (True, False, False), (True, None, False), (False, True, False)],
)
def test_an_account_is_linked_by_its_address_only_if_it_is_surely_theirs(
    company: Provider, settings: Any, alice: User, link: bool, verified: bool | None, comes_in: bool
) -> None:
    allow(settings, link_by_email=link, create_accounts=True)
    company.knows(ames={"email": "Alice@example.org"} | ({} if verified is None else {"email_verified": verified}))
    assert (sign_in(company, "ames").status_code == 302) is comes_in
    assert SocialAccount.objects.filter(user=alice).exists() is comes_in
    assert Event.objects.filter(verb=Verb.SSO_CONNECTED, about=alice).exists() is comes_in
    if comes_in:
        company.knows(eve={"email": "alice@example.org", "email_verified": True})
        assert sign_in(company, "eve").status_code == 403, "the address went to somebody else"
    assert User.objects.count() == 2


def test_closed_accounts_and_other_domains_are_refused(company: Provider, settings: Any) -> None:
    allow(settings, create_accounts=True, domains=frozenset({"example.org"}))
    company.knows(alice=ALICE, eve={"email": "eve@example.com", "email_verified": True}, none={})
    assert [sign_in(company, who).status_code for who in ("alice", "eve", "none")] == [302, 403, 403]
    User.objects.filter(name="alice").update(is_active=False)
    client = browser()
    assert sign_in(company, "alice", client).status_code == 403
    assert client.get("/contacts/").status_code == 302


def test_groups_give_and_take_teams_and_the_office_and_leave_other_teams(company: Provider, settings: Any) -> None:
    for name in ("sellers", "builders", "choir"):
        teams.create(name, by=COMMAND, door=Door.CLI)
    mapped = {"CN=Sales,OU=x": "sellers", "Building": "builders", "Nobody": "no-such-team"}
    allow(settings, create_accounts=True, teams=mapped, admins_group="Heads")
    company.knows(alice=ALICE | {"groups": ["CN=Sales,OU=x", "Heads", "Nobody", "Else"]})
    sign_in(company, "alice")
    alice = User.objects.get(name="alice")
    teams.add_member(teams.find("choir", by=COMMAND), alice, by=COMMAND, door=Door.CLI)

    def now() -> tuple[set[str], bool]:
        alice.refresh_from_db()
        return set(TeamMember.objects.filter(user=alice).values_list("team__name", flat=True)), alice.is_admin

    assert now() == ({"sellers", "choir"}, True)
    company.knows(alice=ALICE | {"groups": ["Building"]})
    sign_in(company, "alice")
    assert now() == ({"builders", "choir"}, False)
    company.knows(alice=ALICE)
    sign_in(company, "alice")
    assert now() == ({"choir"}, False)
    noted = Event.objects.filter(about=alice, actor_label="single sign-on").values_list("verb", flat=True)
    assert {Verb.TEAM_JOINED, Verb.TEAM_LEFT, Verb.USER_CHANGED} <= {Verb(verb) for verb in noted}


def test_the_second_factor_is_asked_for_unless_the_provider_did(company: Provider, settings: Any) -> None:
    allow(settings, create_accounts=True)
    asked_for(settings, SecondFactor.ALL)
    company.knows(alice=ALICE)
    assert sign_in(company, "alice")["Location"] == "/login/set-up/"
    company.knows(alice=ALICE | {"amr": ["pwd", "mfa"]})
    assert sign_in(company, "alice")["Location"] == "/activity/"


def test_what_comes_back_is_good_for_the_session_that_asked_and_once(company: Provider, settings: Any) -> None:
    allow(settings, create_accounts=True)
    company.knows(alice=ALICE)
    client, mallory = browser(), browser()
    back = company.sign_in(begun(client), "alice")
    assert mallory.get(back).status_code == 403, "in another session"
    begun(mallory)
    assert mallory.get(back).status_code == 403
    own = parse_qs(urlsplit(begun(mallory)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    stolen = mallory.get("/login/sso/callback/", {"state": own, "code": code})  # Alice's code, in Mallory's log-in
    assert stolen.status_code in (403, 502)
    assert not User.objects.filter(name="alice").exists()
    back = company.sign_in(begun(client), "alice")
    assert client.get(back).status_code == 302
    client.post("/logout/")
    assert client.get(back).status_code == 403, "twice"


@pytest.mark.parametrize("tampered", [{"nonce": "another"}, {"state": "another"}])
def test_another_nonce_or_state_is_refused(company: Provider, settings: Any, tampered: dict[str, str]) -> None:
    allow(settings, create_accounts=True)
    company.knows(alice=ALICE)
    client = browser()
    address = urlsplit(begun(client))
    question = {name: value for name, [value] in parse_qs(address.query).items()} | tampered
    back = company.sign_in(address._replace(query=urlencode(question)).geturl(), "alice")
    answer = client.get(back)
    assert answer.status_code == 403
    assert "Signing in was not finished." in text_of(answer.content)
    assert not User.objects.filter(name="alice").exists()


def test_who_comes_back_again_and_again_with_nothing_fills_no_journal(company: Provider) -> None:
    answers = [browser().get("/login/sso/callback/?state=x&code=x").status_code for _ in range(PAIR + 5)]
    assert answers == [403] * (PAIR + 5)
    assert Event.objects.filter(verb=Verb.LOGIN_FAILED).count() == PAIR


def test_it_leads_nowhere_else_and_says_when_the_provider_is_away(company: Provider, settings: Any) -> None:
    allow(settings, create_accounts=True)
    company.knows(alice=ALICE)
    assert sign_in(company, "alice", target="https://mallory.example/")["Location"] == "/today/"
    cancelled = browser()
    state = parse_qs(urlsplit(begun(cancelled)).query)["state"][0]
    assert cancelled.get("/login/sso/callback/", {"state": state, "error": "access_denied"}).status_code == 403
    allow(settings, issuer="http://127.0.0.1:1")
    assert browser().get("/login/sso/").status_code == 502
    allow(settings, issuer=f"{company.issuer}/")
    assert browser().get("/login/sso/").status_code == 502, "another issuer answers there"
    settings.CONFIGURATION = replace(settings.CONFIGURATION, single_sign_on=None)
    assert browser().get("/login/sso/").status_code == 404
    assert browser().get("/login/sso/callback/").status_code == 404
