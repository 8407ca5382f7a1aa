"""Reading pages as tests do."""

from __future__ import annotations

import html as entities
import re
from typing import Any


def text_of(html: bytes | str) -> str:
    """The words of a page, apart by one space."""
    markup = html.decode() if isinstance(html, bytes) else html
    markup = re.sub(r"<(script|style|template)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def hx(target: str = "") -> dict[str, Any]:
    """The headers htmx sends."""
    return {"HX-Request": "true", **({"HX-Target": target} if target else {})}
