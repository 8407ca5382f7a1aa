"""Sharing one contact by link: the page that makes and ends links, and what a stranger gets."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley import __version__
from farley.accounts.doors import Door
from farley.accounts.logins import address_of
from farley.accounts.roles import Role
from farley.contacts import sharing
from farley.contacts.models import Contact, Thumbnail
from farley.contacts.sharing import DAYS, NoSuchLink, ShareLink
from farley.spaces.operations import require
from farley.web.contacts.codes import qr_code
from farley.web.contacts.facts import fact_groups
from farley.web.contacts.people import name_of, shape_of
from farley.web.contacts.record import attachment, visible_contact
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast

SHOWN_OPENINGS = 5
SHOWN_LINKS = 50
SHOWN_GROUPS = ("reach", "work")


@dataclass(frozen=True, slots=True)
class Opening:
    at: datetime
    what: str
    address: str


@dataclass(frozen=True, slots=True)
class ShownLink:
    id: int
    url: str
    code: str  # the same as a QR code
    state: str
    is_open: bool
    by: str
    made_at: datetime
    expires_at: datetime
    count: str
    openings: list[Opening]


@never_cache
@require_http_methods(["GET", "POST"])
def share_contact(request: PageRequest, pk: int) -> HttpResponse:
    """The links to a contact, and making one; for its editors."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    if request.method == "POST":
        days = next((days for days in DAYS if request.POST.get("days") == str(days)), DAYS[1])
        sharing.share(contact, days, by=request.actor, door=Door.WEB)
        toast(request, gettext("The link is made. Copy it and send it to whom you like."))
        return redirect("share-contact", contact.pk)
    sharing.openings.flush()
    links = ShareLink.objects.filter(contact=contact, space=contact.space).select_related("made_by").order_by("-pk")
    context: dict[str, Any] = {
        "place": "contacts",
        "contact": contact,
        "name": name_of(contact),
        "links": [_shown(request, link) for link in links[:SHOWN_LINKS]],
        "days": [(days, ngettext("{count} day", "{count} days", days).format(count=days)) for days in DAYS],
        "default": DAYS[1],
    }
    return render(request, "shared/links.html", context)


@require_POST
def revoke_link(request: PageRequest, pk: int, link: int) -> HttpResponse:
    """End a link."""
    contact = visible_contact(request, pk)
    found = get_object_or_404(ShareLink, pk=link, contact=contact, space=contact.space)
    sharing.revoke(found, by=request.actor, door=Door.WEB)
    toast(request, gettext("The link leads nowhere any more."))
    return redirect("share-contact", contact.pk)


@login_not_required
@never_cache
@require_GET
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What a stranger with a link sees; every link that does not open is the same 404."""
    contact = _opened(request, token, is_download=False)
    card = sharing.shared_card(contact)
    thumbnail = Thumbnail.objects.filter(contact=contact).first() if contact.has_photo else None
    photo = f"data:image/webp;base64,{base64.b64encode(bytes(thumbnail.webp)).decode()}" if thumbnail else ""
    context: dict[str, Any] = {
        "name": name_of(contact),
        "role": contact.job_title,
        "organisation": "" if contact.kind == Contact.Kind.ORG else contact.organisation_name,
        "photo": photo,
        "shape": shape_of(contact),
        "facts": [fact for group in fact_groups(card) if group.key in SHOWN_GROUPS for fact in group.facts],
        "card_url": reverse("shared-card", args=[token]),
        "code": qr_code(f"{_own_address(request)}{reverse('shared', args=[token])}", gettext("QR code of this page")),
        "version": __version__,
    }
    return _closed(render(request, "shared/card.html", context))


@login_not_required
@never_cache
@require_GET
def shared_card(request: HttpRequest, token: str) -> HttpResponse:
    """The same as a vCard file."""
    contact = _opened(request, token, is_download=True)
    response = HttpResponse(sharing.shared_card(contact).octets, content_type="text/vcard; charset=utf-8")
    response.headers["Content-Disposition"] = attachment(f"{name_of(contact)}.vcf")
    return _closed(response)


def _opened(request: HttpRequest, token: str, *, is_download: bool) -> Contact:
    try:
        return sharing.opened(token, address=address_of(request), is_download=is_download)
    except NoSuchLink as error:
        raise Http404("no such link") from error


def _closed(response: HttpResponse) -> HttpResponse:
    """Kept by no search engine, and the address, which is the key, goes nowhere else."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _own_address(request: HttpRequest) -> str:
    return settings.CONFIGURATION.url or f"{request.scheme}://{request.get_host()}"


def _shown(request: PageRequest, link: ShareLink) -> ShownLink:
    own = _own_address(request)
    state = gettext("revoked") if link.revoked_at else "" if link.is_open else gettext("expired")
    count = link.openings.count()
    url = f"{own}{reverse('shared', args=[link.token])}" if link.is_open else ""
    return ShownLink(
        link.pk,
        url,
        qr_code(url, gettext("QR code of the link")) if url else "",
        state,
        link.is_open,
        link.made_by.display_name,
        link.made_at,
        link.expires_at,
        ngettext("opened {count} time", "opened {count} times", count).format(count=count),
        [
            Opening(each.at, gettext("downloaded") if each.is_download else gettext("opened"), each.address)
            for each in link.openings.order_by("-pk")[:SHOWN_OPENINGS]
        ],
    )
