"""Where a form sends people when it is done."""

from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, default: str) -> HttpResponse:
    """To the form's own `next` if it lies on this server, else to `default` (a URL or its name)."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if wanted and allowed else resolve_url(default))


def page_of(request: HttpRequest) -> str:
    """The page that somebody looks at while `request` is answered; "" where that is not known.

    The address of a form is none: to open it, as a way back would, is refused.
    """
    if request.method in ("GET", "HEAD") and "HX-Current-URL" not in request.headers:
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    try:
        is_own = came_from.netloc == request.get_host()
    except DisallowedHost:
        return ""
    if not is_own or not came_from.path.startswith("/"):
        return ""
    return came_from._replace(scheme="", netloc="", fragment="").geturl()
