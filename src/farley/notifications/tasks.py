"""Judging what has gone wrong, and telling by mail what waits."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from collections import Counter
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override
from django_tasks import task

from farley.accounts.models import User
from farley.database.turns import write_turn
from farley.notifications import operations
from farley.notifications.models import Kind, Notification, Silence

log = logging.getLogger(__name__)
GATHERED = dt.timedelta(minutes=3)  # what comes together is told together, and what is read at once by no mail
STALE = dt.timedelta(days=2)  # what waited for so long, because no mail could be sent, is not told by mail any more


@task(queue_name="quick")
def judge() -> int:
    """Tell of what has gone wrong, and end what is over."""
    return operations.judge_all()


@task(queue_name="quick")
def forget() -> int:
    return operations.forget_old()


@task(queue_name="quick")
def mail() -> int:
    """Tell by mail what waits, each person in one; return how many mails went out."""
    if settings.CONFIGURATION.mail is None:
        return 0
    return sum(_mail_to(user) for user in _waiting_for_mail())


def _waiting_for_mail() -> list[User]:
    due = Notification.objects.filter(mailed_at=None, read_at=None, ended_at=None, at__gt=timezone.now() - STALE)
    users = due.filter(at__lt=timezone.now() - GATHERED).values("user")
    return list(User.objects.filter(pk__in=users, is_active=True).exclude(email="").order_by("pk"))


def _mail_to(user: User) -> bool:
    """Claim what waits, then send it: a crash in between costs the mail, not the notification, and none goes twice."""
    silent = Silence.objects.filter(user=user).values_list("kind", flat=True)
    with write_turn():
        due = Notification.objects.visible_to(user.actor).unread().filter(mailed_at=None).exclude(kind__in=silent)
        claimed = list(due.order_by("pk"))
        pks = [each.pk for each in claimed]
        Notification.objects.filter(pk__in=pks).update(mailed_at=timezone.now())
    if not claimed:
        return False
    try:
        _message(user, claimed).send()
    except (OSError, smtplib.SMTPException):
        log.exception("the mail server did not take what waits for account %s", user.pk)
        with write_turn():
            Notification.objects.filter(pk__in=pks).update(mailed_at=None)
        return False
    return True


def _message(user: User, waiting: Sequence[Notification]) -> EmailMessage:
    """What waits, by kind; what it says is read in Farley, by whoever may."""
    server = settings.CONFIGURATION.url
    with override(user.language or settings.LANGUAGE_CODE):
        counts = Counter(Kind(each.kind) for each in waiting)
        lines = [f"- {kind.label}" + (f" ({count})" if count > 1 else "") for kind, count in counts.items()]
        subject = ngettext("{count} thing waits for you", "{count} things wait for you", len(waiting))
        parts = (
            gettext("Hello {name},").format(name=user.display_name),
            "\n".join(lines),
            f"{server}/notifications/",
            gettext("There you also choose what you are told by mail."),
        )
        return EmailMessage(
            f"Farley: {subject.format(count=len(waiting))}",
            "\n\n".join(parts) + "\n",
            settings.DEFAULT_FROM_EMAIL,
            [user.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
