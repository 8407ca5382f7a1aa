"""A mail server on loopback that keeps what it is given."""

from __future__ import annotations

import email.policy
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller

from farley.configuration import Mail, Tls


class MailServer:
    """`received` is what was sent to it so far. `has_it` happens before it says that it has a mail."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.port = 0
        self.has_it: Callable[[], object] = lambda: None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        parsed = BytesParser(policy=email.policy.default).parsebytes(envelope.content)
        self.received.append(parsed)  # type: ignore[arg-type]
        self.has_it()
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def use_mail_server(settings: Any, port: int) -> None:
    """Have Farley send its mail to the server at `port`."""
    mail = Mail("127.0.0.1", port, "", "", Tls.NONE, "farley@example.org")
    settings.CONFIGURATION = replace(settings.CONFIGURATION, mail=mail)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # the test runner put another there
    settings.EMAIL_HOST, settings.EMAIL_PORT = mail.host, mail.port
    settings.EMAIL_USE_TLS = False
    settings.DEFAULT_FROM_EMAIL = mail.sender
