"""What a calendar's secret link leads to."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from farley.calendars import sharing
from farley.calendars.sharing import NoSuchLink


@login_not_required
@require_safe
def shared_calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar as an iCalendar file; every link that does not open is the same 404."""
    try:
        link = sharing.opened(token)
    except NoSuchLink as error:
        raise Http404("no such link") from error
    etag = f'"{sharing.state_of(link)}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = StreamingHttpResponse(sharing.file_of(link), content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
