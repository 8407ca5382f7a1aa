"""Sessions as Django keeps them in the database, read by a statement of one's own: every request reads one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

from farley.database import rows


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sql = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
        for (data,) in rows.query(sql, [self.session_key, now]):
            return dict(self.decode(data))
        self._session_key = None
        return {}
