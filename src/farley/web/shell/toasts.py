"""Messages at the foot of the next page, with what takes the deed back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from farley.journal.models import Batch


def toast(request: HttpRequest, text: str, *, undoes: Batch | None = None) -> None:
    """Say what was done; offer to undo the batch it was done in, if that changed anything."""
    messages.success(request, text, extra_tags=str(undoes.pk) if undoes is not None and undoes.size else "")


def warn(request: HttpRequest, text: str) -> None:
    """Say what was not done, and why."""
    messages.warning(request, text)
