"""The addresses of devices, for those who list or reverse them. `DavDoor` answers before they are looked up."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from farley.dav.door import answer


def dav(request: HttpRequest, **_: str) -> HttpResponseBase:
    return answer(request)


urlpatterns = [
    path(".well-known/carddav", dav, name="well-known-carddav"),
    path(".well-known/caldav", dav, name="well-known-caldav"),
    path("dav/", dav, name="dav"),
    path("dav/principals/<str:name>/", dav, name="dav-principal"),
    path("dav/addressbooks/<str:name>/", dav, name="dav-home"),
    path("dav/addressbooks/<str:name>/<str:space>/", dav, name="dav-book"),
    path("dav/addressbooks/<str:name>/<str:space>/<str:href>", dav, name="dav-card"),
    path("dav/calendars/<str:name>/", dav, name="dav-calendars"),
    path("dav/calendars/<str:name>/<str:calendar>/", dav, name="dav-calendar"),
    path("dav/calendars/<str:name>/<str:calendar>/<str:href>", dav, name="dav-entry"),
]
