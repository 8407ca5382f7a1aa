"""What makes the pages an application of their own: manifest, service worker, and the page without a network."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from farley.web.assets import asset_text, asset_url, shared_urls

_SHELL = ("app.css", "app.js", "inter-latin-wght-normal.woff2")


@login_not_required
@require_GET
def manifest(_request: HttpRequest) -> HttpResponse:
    """How the application is called and looks where it is installed. https://www.w3.org/TR/appmanifest/"""
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    shortcuts = [
        {"name": gettext("Contacts"), "url": reverse("contacts")},
        {"name": gettext("Calendar"), "url": reverse("calendar")},
        {"name": gettext("Tasks"), "url": reverse("tasks")},
    ]
    told = {
        "id": "/",
        "name": "Farley",
        "short_name": "Farley",
        "description": gettext("One place for people and everything that happens with them."),
        "lang": get_language(),
        "start_url": reverse("today"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f2ee",
        "theme_color": "#f4f2ee",
        "icons": icons,
        "shortcuts": shortcuts,
    }
    return JsonResponse(told, content_type="application/manifest+json")


@login_not_required
@require_GET
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker, which knows by name what it keeps; browsers ask for it anew each day."""
    assets = [asset_url(name) for name in _SHELL]
    told = {
        "version": asset_url("worker.js").rpartition("-")[2].partition(".")[0] + assets[1].rpartition("-")[2][:8],
        "assets": [*assets, *shared_urls(), static("img/mark.svg")],
        "offline": reverse("offline"),
        "login": reverse("login"),
        "logout": reverse("logout"),
    }
    script = f"const FARLEY = {json.dumps(told)};\n{asset_text('worker.js')}"
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@login_not_required
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """The page that stands for those that nobody has kept, while there is no network."""
    return render(request, "gate/offline.html")
