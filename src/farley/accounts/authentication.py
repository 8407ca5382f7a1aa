"""Log-in by name or e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from farley.accounts.models import User
from farley.database import rows


def account_called(typed: str) -> User | None:
    """Whose name or e-mail address this is, in whatever case."""
    query = {"email__iexact": typed} if "@" in typed else {"name": typed.lower()}
    return User.objects.filter(**query).first()


class NameOrEmailBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        user = account_called(username)
        if user is None:
            User().set_password(password)  # as long as a real check, so that time does not tell who has an account
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        return next(iter(rows.load(User, {"id": user_id, "is_active": True})), None)
