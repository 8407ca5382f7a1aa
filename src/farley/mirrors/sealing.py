"""Passwords of other servers, sealed with a key from the data folder: a copy of the database alone opens none."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from farley.configuration import secret

KEY_FILE = "mirror_key"


class CannotOpen(ValueError):
    """The password was sealed with another key: the secrets of this instance are not those of before."""


def seal(password: str) -> str:
    return _cipher().encrypt(password.encode()).decode("ascii")


def opened(sealed: str) -> str:
    """Raises CannotOpen."""
    try:
        return _cipher().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, ValueError) as error:
        raise CannotOpen from error


@lru_cache(maxsize=1)
def _cipher() -> Fernet:
    key = secret(Path(settings.DATA), KEY_FILE)
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
