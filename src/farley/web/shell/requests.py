"""The request as the pages see it, once the middleware has run."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from farley.accounts.actor import NOBODY, Actor
from farley.accounts.models import User
from farley.spaces.standings import Standings, standings_of


class PageRequest(HttpRequest):
    """`user` is somebody who is logged in: LoginRequiredMiddleware let the request through."""

    user: User
    actor: Actor
    htmx: HtmxDetails


def standings(request: HttpRequest) -> Standings:
    """Where whoever asks stands in all spaces: asked once a request. Not for what follows a change of roles."""
    held: dict[str, Standings] = vars(request)
    if "standings" not in held:
        held["standings"] = standings_of(vars(request).get("actor", NOBODY))
    return held["standings"]
