"""Every component of the pages in every state, for whoever works on their looks; for administrators."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from farley.web.shell.requests import PageRequest

HUES = ("plum", "clay", "ochre", "moss", "pine", "sky", "iris", "stone")
SURFACES = ("paper", "surface", "sunken", "raised", "hover", "pressed")
SIZES = ("2xs", "xs", "sm", "md", "lg", "xl", "2xl")


@require_GET
def design(request: PageRequest) -> HttpResponse:
    """The sheet of components; 404 for whoever looks after nothing here."""
    if not request.user.is_admin:
        raise Http404("not an administrator")
    context = {
        "place": "design",
        "surfaces": SURFACES,
        "sizes": SIZES,
        "hues": HUES,
        "buttons": ("", "primary", "ghost", "danger"),
        "moods": ("ok", "warn", "bad", "info"),
        "badges": ("", "ok", "warn", "bad", "info", "accent", "count"),
        "avatars": ("s", "", "l", "xl"),
        "percents": (0, 40, 100),
        "columns": range(3),
    }
    return render(request, "design/design.html", context)
