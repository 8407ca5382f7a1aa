"""The provider's addresses: allauth's, and one that signs somebody in without asking."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def sign_in(request: HttpRequest, subject: str) -> HttpResponse:
    user, _ = User.objects.get_or_create(username=subject)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse("signed in")


urlpatterns = [
    path("as/<str:subject>", sign_in),
    path("accounts/", include("allauth.account.urls")),
    path("", include("allauth.idp.urls")),
]
