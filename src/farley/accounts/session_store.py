"""Sessions as Django keeps them in the database, read by a statement of one's own: every request reads one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends import db
from django.core import signing
from django.db import connection
from django.utils import timezone

from farley.database import rows


class _AsWritten:
    """Leaves what was signed as it is."""

    def loads(self, data: bytes) -> Any:
        return data

    def dumps(self, obj: bytes) -> bytes:
        return obj


@lru_cache(maxsize=1000)
def _signed(data: str, salt: str) -> bytes:
    """What a session holds, once its signature is found to be right. Raises signing.BadSignature."""
    written: bytes = signing.loads(data, salt=salt, serializer=_AsWritten)
    return written


class SessionStore(db.SessionStore):
    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            return dict(self.serializer().loads(_signed(str(session_data), self.key_salt)))
        except (signing.BadSignature, ValueError):  # said and done as ever
            return dict(super().decode(session_data))

    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sql = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
        for (data,) in rows.query(sql, [self.session_key, now]):
            return dict(self.decode(data))
        self._session_key = None
        return {}
