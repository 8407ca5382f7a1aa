"""The request as the pages see it, once the middleware has run."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from farley.accounts.actor import Actor
from farley.accounts.models import User


class PageRequest(HttpRequest):
    """`user` is somebody who is logged in: LoginRequiredMiddleware let the request through."""

    user: User
    actor: Actor
    htmx: HtmxDetails
