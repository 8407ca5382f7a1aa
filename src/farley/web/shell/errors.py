"""Pages for what cannot be shown or done: cause, way back, reference."""

from __future__ import annotations

import logging
import secrets
import sys
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_noop

from farley import __version__
from farley.accounts.actor import NOBODY
from farley.contacts.models import Contact
from farley.database.trouble import Trouble, trouble_of
from farley.journal.models import Change, Noun, Verb
from farley.spaces.operations import NotAllowed, SpaceIsArchived
from farley.web.spaces.spaces import role_name
from farley.web.templatetags.farley import moment

log = logging.getLogger(__name__)
MAX_KEPT = 20_000  # characters of what was typed that an error page gives back
# Form fields with words of the user's own. Any other may hold a secret, or a number that only the program knows.
WORDS = frozenset({
    "line", "value", "label", "given", "family", "prefixes", "additional", "suffixes", "full_name", "organisation",
    "units", "title", "role", "street", "extended", "postcode", "city", "region", "country", "email", "phone", "url",
    "note", "tags", "tag", "add",
})  # fmt: skip
LINKS = frozenset({"reset", "join", "shared", "shared-card"})  # routes of links that open something for a while


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """404: what is not there, and what one may not see; links that open nothing say so, all alike."""
    match = request.resolver_match
    if match is not None and match.url_name in LINKS:
        return _page(
            request,
            404,
            gettext("This link does not open anything"),
            gettext("It has ended, was used or withdrawn, or a part of its address is missing. Ask for a new one."),
        )
    return _page(
        request,
        404,
        gettext("This card is not in the file"),
        gettext("It was moved or deleted, or the address is wrong, or it lies in a space you do not see."),
        successor=_deleted(request),
    )


def not_allowed(request: HttpRequest, refusal: NotAllowed) -> HttpResponse:
    """403: what one sees but may not change; names the role that may."""
    if isinstance(refusal, SpaceIsArchived):
        archived = gettext("The space “{space}” is archived. Nothing in it changes until a manager brings it back.")
        title = gettext("This space is archived")
        return _page(request, 403, title, archived.format(space=refusal.space.title), kept=_typed(request))
    cause = gettext("In the space “{space}” this needs somebody who {role}. Nothing was changed.").format(
        space=refusal.space.title, role=role_name(refusal.needed)
    )
    return _page(request, 403, gettext("You may read this, but not change it"), cause, kept=_typed(request))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """403 for any other reason."""
    return _page(
        request,
        403,
        gettext("You may not do this"),
        gettext("Your account does not have the right to do this. Nothing was changed."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    return _page(
        request,
        400,
        gettext("The server did not understand this"),
        gettext("What was sent is incomplete or too large. Nothing was changed."),
    )


def wrong_method(request: HttpRequest, refusal: HttpResponseNotAllowed) -> HttpResponse:
    """405: the address of a form, opened as a page, or the other way round."""
    page = _page(
        request,
        405,
        gettext("This address is no page"),
        gettext("A form on another page sends to it. Nothing was changed."),
    )
    page.headers["Allow"] = refusal.headers["Allow"]
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """403: the form was opened before the last sign-in, or comes from elsewhere."""
    return _page(
        request,
        403,
        gettext("This form is too old"),
        gettext(
            "You have signed in or out since it was opened, or cookies are blocked. Go back, reload and send it again."
        ),
        kept=_typed(request),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or what stands in the way on the machine; keeps what was typed.

    Stands on its own where even the page cannot be made.
    """
    if trouble := trouble_of(sys.exception()):
        return _out_of_order(request, trouble)
    reference = f"F-{secrets.token_hex(2).upper()}-{secrets.token_hex(2).upper()}"
    log.error("error page %s for %s", reference, request.path)
    try:
        return _page(
            request,
            500,
            gettext("Something broke on this server"),
            gettext(
                "It is not your fault, and nothing was changed. The reference below leads to the cause in the log."
            ),
            kept=_typed(request),
            reference=reference,
        )
    except Exception:  # noqa: BLE001 - whatever broke the page may break its error page too
        return HttpResponse(render_to_string("gate/broken.html", {"reference": reference}), status=500)


_OUT_OF_ORDER = {
    Trouble.FULL: (
        gettext_noop("The disk of this server is full"),
        gettext_noop("Nothing was changed. Whoever runs the server has to make room; send it again then."),
    ),
    Trouble.LOCKED: (
        gettext_noop("The database is locked by another program"),
        gettext_noop("Nothing was changed. Send it again in a moment; if that does not help, ask who runs the server."),
    ),
    Trouble.READ_ONLY: (
        gettext_noop("The database of this server cannot be opened for writing"),
        gettext_noop("Nothing was changed. For whoever runs the server, “farley check” tells what is wrong."),
    ),
    Trouble.AWAY: (
        gettext_noop("The database of this server does not answer"),
        gettext_noop("Nothing was changed. Send it again in a moment; if that does not help, ask who runs the server."),
    ),
}


def _out_of_order(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """507 for a full disk, RFC 4918 §11.5; 503 for what may be over soon."""
    title, cause = _OUT_OF_ORDER[trouble]
    status = 507 if trouble is Trouble.FULL else 503
    log.error("%s: %s for %s", status, title, request.path)
    try:
        return _page(request, status, gettext(title), gettext(cause), kept=_typed(request))
    except DatabaseError:  # the page names who is signed in
        return HttpResponse(f"{gettext(title)}. {gettext(cause)}\n", status=status, content_type="text/plain")


@dataclass(frozen=True, slots=True)
class Successor:
    """What became of the thing that was asked for."""

    note: str
    label: str
    url: str
    restore_url: str


def _page(
    request: HttpRequest,
    status: int,
    title: str,
    cause: str,
    *,
    kept: str = "",
    reference: str = "",
    successor: Successor | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "status": status,
        "title": title,
        "cause": cause,
        "kept": kept,
        "successor": successor,
        "reference": reference,
        "back_url": _came_from(request),
        "version": __version__,
    }
    return render(request, "gate/error.html", context, status=status)


def _deleted(request: HttpRequest) -> Successor | None:
    """Who deleted the contact of this address and by which act, for those who may bring it back."""
    match, actor = request.resolver_match, getattr(request, "actor", NOBODY)
    if match is None or "contact" not in (match.url_name or "") or "pk" not in match.kwargs:
        return None
    contact = Contact.objects.restorable_by(actor).filter(pk=match.kwargs["pk"]).first()
    if contact is None:
        return None
    deleted = Change.objects.visible_to(actor).of(Noun.CONTACT, contact.pk).filter(verb=Verb.DELETED).last()
    if deleted is None:
        return None
    note = gettext("Deleted {when} by {who}").format(when=moment(deleted.at), who=deleted.actor_label)
    act = reverse("batch", args=[deleted.batch_id]) if deleted.batch_id else ""
    return Successor(note, contact.full_name, act, reverse("restore-contact", args=[contact.pk]))


def _came_from(request: HttpRequest) -> str:
    """The page of this server that led here, if it is another one."""
    try:
        own = f"{request.scheme}://{request.get_host()}/"
    except DisallowedHost:
        return ""
    found, _, path = request.headers.get("Referer", "").partition(own)
    back = f"/{path}"
    if found or not path or back == request.get_full_path():
        return ""
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""  # not //elsewhere.example/


def _typed(request: HttpRequest) -> str:
    """The words a form held, for copying: every field a line. Nothing that is secret or only the program's."""
    if request.method != "POST":
        return ""
    try:
        fields = list(request.POST.items())
    except Exception:  # noqa: BLE001 - a broken upload is what may have led here
        return ""
    hidden = getattr(request, "sensitive_post_parameters", [])
    if hidden == "__ALL__":
        return ""
    return "\n".join(str(text) for name, text in fields if text and name in WORDS and name not in hidden)[:MAX_KEPT]
