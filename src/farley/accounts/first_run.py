"""The first administrator: made in the browser, with a one-time code where the browser is somewhere else."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from farley.accounts.models import User
from farley.configuration import secret

CODE_FILE = "first-administrator"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
FORWARDING_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def is_open() -> bool:
    """Whether nobody has an account yet."""
    return not User.objects.exists()


def code() -> str:
    """The one-time code, the same until it is used; made at the first call."""
    return secret(Path(settings.DATA), CODE_FILE, length=12)


def is_valid(given: str) -> bool:
    return secrets.compare_digest(given.strip().encode(), code().encode())


def spend() -> None:
    """Called when the first administrator is made."""
    (Path(settings.DATA) / "secrets" / CODE_FILE).unlink(missing_ok=True)


def needs_code(meta: dict[str, str], host: str) -> bool:
    """Whether this request, given its META and host, may come from another machine.

    A proxy on this machine also connects from loopback: whatever it forwards needs the code, as does any
    request for another name than this machine's own.
    """
    if meta.get("REMOTE_ADDR") not in LOOPBACK or any(header in meta for header in FORWARDING_HEADERS):
        return True
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name not in LOOPBACK_HOSTS or bool(settings.CONFIGURATION.url)
