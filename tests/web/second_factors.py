"""An app that shows codes, as people have one on their phone."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from farley.accounts import second_factor
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.configuration import SecondFactor

PASSWORD = "a long enough sentence"


def code(secret: str, later: int = 0) -> str:
    """What the app shows now, or `later` periods from now."""
    return str(format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30 + later)))


def secret_on(html: str) -> str:
    [found] = re.findall(r'id="secret" value="([A-Z2-7 ]+)"', html)
    return str(found)


def with_app(user: User) -> tuple[str, list[str]]:
    """Give `user` a password and an app; its secret and the recovery codes. The code of the period before is spent."""
    user.set_password(PASSWORD)
    user.save()
    secret = second_factor.new_secret()
    codes = second_factor.add_app(user, secret, code(secret, -1), "192.0.2.9", by=user.actor, door=Door.WEB)
    return secret, codes


def signing_in(name: str = "alice", target: str = "/activity/") -> Client:
    """A browser in which the right password was typed."""
    client = Client(headers={"Accept-Language": "en"})
    client.post("/login/", {"username": name, "password": PASSWORD, "next": target})
    return client


def asked_for(settings: Any, whom: SecondFactor) -> None:
    settings.CONFIGURATION = replace(settings.CONFIGURATION, second_factor=whom)


def shown_to_be(user: User) -> Client:
    """A browser in which `user` is signed in and has shown just now that it is them."""
    user.set_password(PASSWORD)
    user.save()
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 302
    return client
