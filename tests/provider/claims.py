"""What the provider says of people: what `people.json` has under their name."""

from __future__ import annotations

import json
from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.conf import settings


class Adapter(DefaultOIDCAdapter):
    def get_claims(self, purpose: str, user: Any, client: Any, scopes: Any, **more: Any) -> dict[str, Any]:
        people = json.loads(settings.PEOPLE.read_text())
        return {"sub": user.username} | people.get(user.username, {})

    def get_user_sub(self, client: Any, user: Any) -> str:
        return str(user.username)

    def get_user_by_sub(self, client: Any, sub: str) -> Any:
        from django.contrib.auth.models import User

        return User.objects.filter(username=sub).first()
