"""What one does to a whole record: tags, owner, picture, delete."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import listing, operations, organisations, photos, storing
from farley.contacts.models import Contact
from farley.contacts.photos import Fault, UnusablePhoto
from farley.contacts.storing import StoreProblem
from farley.contacts.tasks import start
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.contacts.people import name_of
from farley.web.contacts.record import contact_photo, record_context, swapped_parts, visible_contact
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import readers_of


@require_POST
def tags(request: PageRequest, pk: int) -> HttpResponse:
    """Add a tag or take one off."""
    contact = _editable(request, pk)
    add, remove = listing.as_spelt([contact.space], request.POST.get("add", "").strip()), request.POST.get("remove", "")
    title = f"{remove or add}: {contact.full_name}"
    try:
        with one_batch(Batch.Act.TAG, by=request.actor, door=Door.WEB, title=title) as batch:
            operations.retag(
                [contact],
                add=[add] if add and not remove else [],
                remove=[remove] if remove else [],
                by=request.actor,
                door=Door.WEB,
                batch=batch,
            )
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        if batch.size:
            text = gettext("Tag “{tag}” removed") if remove else gettext("Tag “{tag}” added")
            toast(request, text.format(tag=remove or add), undoes=batch)
    if not request.htmx:
        return redirect("contact", pk)
    context = record_context(request, visible_contact(request, pk))
    summary = render_to_string("contacts/record.html#summary", context, request)
    return HttpResponse(summary + swapped_parts(request, context, "meta", "timeline"))


@require_http_methods(["GET", "POST"])
def owner(request: PageRequest, pk: int) -> HttpResponse:
    """Say who looks after the contact, or nobody. GET: who may, as buttons of a form, or a page with them."""
    contact = _editable(request, pk)
    if request.method == "GET":
        part = "contacts/owners.html" if request.htmx else "contacts/owner.html"
        shown = {"place": "contacts", "contact": contact, "name": name_of(contact)}
        return render(request, part, shown | {"people": readers_of(contact.space)})
    name = request.POST.get("owner", "")
    chosen = _reader(contact.space, name)
    if name and chosen is None:  # who has an account here is not told
        warn(request, gettext("Nobody of this name sees this space."))
        return redirect("contact", pk)
    try:
        title = f"{chosen.display_name if chosen else gettext('Nobody')}: {contact.full_name}"
        with one_batch(Batch.Act.ASSIGN, by=request.actor, door=Door.WEB, title=title) as batch:
            operations.assign([contact], chosen, by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        done = (
            gettext("{name} looks after this contact").format(name=chosen.display_name)
            if chosen
            else gettext("Nobody looks after this contact")
        )
        toast(request, done, undoes=batch)
    return redirect("contact", pk)


@require_http_methods(["GET", "POST"])
def photo(request: PageRequest, pk: int) -> HttpResponse:
    """GET: the picture. POST: another one, or none."""
    if request.method == "GET":
        return contact_photo(request, pk)
    contact = _editable(request, pk)
    try:
        card = contact.card.without_photo() if "remove" in request.POST else _with_photo(request, contact.card)
        with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            storing.store(
                contact.space,
                contact.href,
                card.octets,
                expected=contact.etag,
                by=request.actor,
                door=Door.WEB,
                batch=batch,
            )
    except UnusablePhoto as problem:
        warn(request, _unusable(problem))
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        done = gettext("Photo removed") if "remove" in request.POST else gettext("Photo saved")
        toast(request, done, undoes=batch)
    return redirect("contact", pk)


@require_POST
def rename_in_cards(request: PageRequest, pk: int) -> HttpResponse:
    """Write the organisation's name into the cards of its people."""
    organisation = _editable(request, pk)
    job = organisations.rename_in_cards(organisation, by=request.actor, door=Door.WEB)
    if not start(job, request.user, door=Door.WEB):
        return redirect("batch", job.batch.pk)
    toast(request, gettext("The cards of its people name “{name}” now").format(name=job.deed.tag), undoes=job.batch)
    return redirect("contact", pk)


@require_POST
def delete(request: PageRequest, pk: int) -> HttpResponse:
    """Delete the contact, with undo."""
    contact = _editable(request, pk)
    with one_batch(Batch.Act.DELETE, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
        operations.delete([contact], by=request.actor, door=Door.WEB, batch=batch)
    toast(request, gettext("“{name}” was deleted").format(name=name_of(contact)), undoes=batch)
    return redirect("contacts")


@require_POST
def restore(request: PageRequest, pk: int) -> HttpResponse:
    """Bring a deleted contact back."""
    gone = Contact.objects.known_to(request.actor).exclude(deleted_at=None).select_related("space")
    contact: Contact = get_object_or_404(gone, pk=pk)
    try:
        with one_batch(Batch.Act.RESTORE, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            operations.restore(contact, by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return redirect("contacts")
    toast(request, gettext("“{name}” is back").format(name=name_of(contact)), undoes=batch)
    return redirect("contact", pk)


def _editable(request: PageRequest, pk: int) -> Contact:
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    return contact


def _reader(space: Space, name: str) -> User | None:
    return next((user for user in readers_of(space) if user.name == name), None)


def _with_photo(request: PageRequest, card: Card) -> Card:
    upload = request.FILES.get("photo")
    if upload is None:
        raise UnusablePhoto(Fault.EMPTY)
    octets, media_type = photos.for_card(upload.read(photos.MAX_PHOTO + 1))
    return card.with_photo(octets, media_type)


def _unusable(problem: UnusablePhoto) -> str:
    words = {
        Fault.EMPTY: gettext("Choose a picture first."),
        Fault.TOO_LARGE: gettext("The picture is larger than 10 MB."),
        Fault.TOO_MANY_PIXELS: gettext("The picture has more than {count} million pixels."),
        Fault.UNREADABLE: gettext("The file is no picture that can be read: JPEG, PNG, GIF or WebP."),
    }
    return words[problem.fault].format(count=photos.MAX_PIXELS // 1_000_000)
