"""Settings of mail, second factor and single sign-on: what is read, and what is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from farley.configuration import ConfigurationError, Mail, SecondFactor, SingleSignOn, Tls, load


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    return file


def test_without_settings_no_mail_is_sent_and_nothing_more_is_asked_for(tmp_path: Path) -> None:
    bare = load({"FARLEY_DATA": str(tmp_path)})
    assert (bare.mail, bare.single_sign_on, bare.second_factor) == (None, None, SecondFactor.OFF)


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://u%40x:p%2Fw@mail.example.org", 587, Tls.STARTTLS),
        ("smtp://u%40x:p%2Fw@mail.example.org/?tls=implicit", 465, Tls.IMPLICIT),
        ("smtp://u%40x:p%2Fw@mail.example.org:2525?tls=none", 2525, Tls.NONE),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, port: int, tls: Tls) -> None:
    read = load({"FARLEY_MAIL_URL": url, "FARLEY_MAIL_FROM": "farley@example.org"})
    assert read.mail == Mail("mail.example.org", port, "u@x", "p/w", tls, "farley@example.org")


def test_the_environment_and_the_file_say_the_same_of_single_sign_on(secret: Path, tmp_path: Path) -> None:
    environment = {
        "FARLEY_OIDC_ISSUER": "https://id.example.org/",
        "FARLEY_OIDC_CLIENT_ID": "farley",
        "FARLEY_OIDC_SECRET_FILE": str(secret),
        "FARLEY_OIDC_DOMAINS": "example.org, Example.com",
        "FARLEY_OIDC_CREATE_ACCOUNTS": "yes",
        "FARLEY_OIDC_TEAMS": "cn=sales,ou=x=sellers; Builders=builders",
        "FARLEY_OIDC_PASSWORD_FORM": "no",
    }
    file = tmp_path / "farley.toml"
    file.write_text(
        f"""second_factor = "admins"
        [oidc]
        issuer = "https://id.example.org/"
        client_id = "farley"
        secret_file = "{secret}"
        domains = ["example.org", "Example.com"]
        create_accounts = true
        password_form = false
        [oidc.teams]
        "cn=sales,ou=x" = "sellers"
        Builders = "builders"
        """
    )
    wanted = SingleSignOn(
        "https://id.example.org/",
        "farley",
        "s3cret",
        domains=frozenset({"example.org", "example.com"}),
        create_accounts=True,
        teams={"cn=sales,ou=x": "sellers", "Builders": "builders"},
        password_form=False,
    )
    assert load(environment).single_sign_on == wanted
    read = load({"FARLEY_CONFIG": str(file)})
    assert (read.single_sign_on, read.second_factor) == (wanted, SecondFactor.ADMINS)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("FARLEY_SECOND_FACTOR", "everybody"),
        ("FARLEY_MAIL_FROM", "Farley"),
        ("FARLEY_MAIL_URL", "mail.example.org"),
        ("FARLEY_MAIL_URL", "smtp://mail.example.org:99999"),
        ("FARLEY_MAIL_URL", "smtp://mail.example.org?tls=perhaps"),
        ("FARLEY_OIDC_ISSUER", "http://id.example.org"),
        ("FARLEY_OIDC_CLIENT_ID", ""),
        ("FARLEY_OIDC_SECRET_FILE", "/nowhere/secret"),
        ("FARLEY_OIDC_TEAMS", "sellers"),
        ("FARLEY_OIDC_LINK_BY_EMAIL", "perhaps"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(secret: Path, option: str, value: str) -> None:
    good = {
        "FARLEY_MAIL_URL": "smtp://mail.example.org",
        "FARLEY_MAIL_FROM": "farley@example.org",
        "FARLEY_OIDC_ISSUER": "https://id.example.org",
        "FARLEY_OIDC_CLIENT_ID": "farley",
        "FARLEY_OIDC_SECRET_FILE": str(secret),
    }
    load(good)
    with pytest.raises(ConfigurationError) as refused:
        load(good | {option: value})
    assert refused.value.option == option


def test_a_sender_alone_sends_nothing_and_says_so() -> None:
    with pytest.raises(ConfigurationError, match="FARLEY_MAIL_URL"):
        load({"FARLEY_MAIL_FROM": "farley@example.org"})


@pytest.mark.parametrize("text", ['oidc = "yes"', "[oidc]\nissuer = 1", "[oidc]\nisuer = 'x'", "[oidc]\nname = true"])
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "farley.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="oidc"):
        load({"FARLEY_CONFIG": str(file)})
