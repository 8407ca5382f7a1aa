"""What accounts have done in the background."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext, override
from django_tasks import task

from farley.accounts.models import User

log = logging.getLogger(__name__)
AGAIN_AFTER_MINUTES = (1, 5, 15)


@task(queue_name="quick")
def mail_reset_link(user: int, language: str, server: str, attempt: int = 0) -> None:
    """Send `user` (an id; 0: nobody, so that asking costs the same) a link that sets a new password.

    Where the mail server does not take it, it is tried again for as long as somebody may wait for it.
    """
    from farley.accounts.resetting import link_of

    found = User.objects.filter(pk=user, is_active=True).first()
    if found is None:
        return
    with override(found.language or language):
        message = EmailMessage(
            gettext("A new password for Farley"),
            _text(found, f"{server}/reset/{link_of(found)}/"),
            settings.DEFAULT_FROM_EMAIL,
            [found.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
    try:
        message.send()
    except (OSError, smtplib.SMTPException):
        log.exception("the mail server did not take a mail (attempt %s)", attempt + 1)
        if attempt < len(AGAIN_AFTER_MINUTES):
            later = timezone.now() + dt.timedelta(minutes=AGAIN_AFTER_MINUTES[attempt])
            mail_reset_link.using(run_after=later).enqueue(user, language, server, attempt + 1)


def _text(user: User, address: str) -> str:
    parts = (
        gettext("Hello {name},").format(name=user.display_name),
        gettext("somebody, you we hope, asked for a new password for {name}. This address sets it:").format(
            name=user.name
        ),
        address,
        gettext("It works once, and for one hour. If it was not you, do nothing: your password stays as it is."),
    )
    return "\n\n".join(parts) + "\n"
