"""Connect a phone: one's devices and tokens, each with a secret that is shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts import devices as operations
from farley.accounts.devices import Device, DeviceTrouble
from farley.accounts.doors import Door
from farley.calendars.models import Calendar
from farley.spaces.models import Space
from farley.spaces.operations import find
from farley.web.accounts import apple
from farley.web.contacts.codes import qr_code
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast

DAYS = (7, 30, 90, 365)  # that the page offers
Code = DeviceTrouble.Code
_VCARDS = {"stored": "", "3.0": "3.0", "4.0": "4.0"}  # anything else: the program that connects decides


VDIRSYNCER = """\
[pair contacts]
a = "farley"
b = "local"
collections = ["from a"]
conflict_resolution = "a wins"

[storage farley]
type = "carddav"
url = "{server}/dav/"
username = "{name}"
password.fetch = ["prompt", "Farley"]

[storage local]
type = "filesystem"
path = "~/.contacts/"
fileext = ".vcf"

[pair calendars]
a = "farley_calendars"
b = "local_calendars"
collections = ["from a"]
conflict_resolution = "a wins"

[storage farley_calendars]
type = "caldav"
url = "{server}/dav/"
username = "{name}"
password.fetch = ["prompt", "Farley"]

[storage local_calendars]
type = "filesystem"
path = "~/.calendars/"
fileext = ".ics"
"""  # its whole configuration


@dataclass(frozen=True, slots=True)
class ShownDevice:
    id: int
    name: str
    icon: str
    rights: str
    spaces: str
    used_at: datetime | None
    address: str
    ends_at: datetime | None
    has_expired: bool
    client: str
    is_token: bool
    vcard: str  # a choice of the form
    is_merged: bool
    troubles: list[Trouble]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a device was refused, in a sentence, and when last."""

    text: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """A device or token that was made just now, with its secret."""

    name: str
    secret: str
    is_token: bool

    @property
    def header(self) -> str:
        """How a program sends its token: the beginning of it."""
        return f"Authorization: Bearer {self.secret[:11]}…"


@never_cache
@sensitive_variables("made", "secret")
@require_http_methods(["GET", "POST"])
def devices(request: PageRequest) -> HttpResponse:
    """The list and the form; the answer to the form shows the new secret, and nothing will show it again."""
    if request.method == "GET":
        return _page(request)
    form = request.POST
    kind = Device.Kind.TOKEN if form.get("kind") == "token" else Device.Kind.DEVICE
    chosen = form.getlist("space")
    spaces = [find(name, by=request.actor).pk for name in chosen] if form.get("which") == "some" else None
    if spaces == []:
        return _page(request, problem=gettext("Choose the spaces it may see."), status=422)
    if form.get("which") == "none":
        spaces = []
    calendars = _chosen_calendars(request) if form.get("calendars") == "some" else None
    if calendars == [] or (spaces == [] and calendars is None):
        return _page(request, problem=gettext("Choose the calendars it may see."), status=422)
    try:
        device, secret = operations.add(
            request.user,
            kind,
            form.get("name", ""),
            spaces=spaces,
            calendars=calendars,
            is_read_only="read_only" in form,
            days=next((days for days in DAYS if form.get("days") == str(days)), None),
            is_merged="merged" in form and kind == Device.Kind.DEVICE,
            vcard=_VCARDS.get(form.get("vcard", "")),
            by=request.actor,
            door=Door.WEB,
        )
    except ValidationError as error:
        return _page(request, problem=" ".join(error.messages), status=422)
    is_token = kind == Device.Kind.TOKEN
    return _page(request, made=Made(device.name, secret if is_token else operations.written(secret), is_token))


@require_GET
def apple_profile(request: PageRequest) -> HttpResponse:
    """A file that sets up an iPhone or a Mac but for the app password, which it asks for."""
    profile = apple.profile(_server_of(request), request.user.name)
    answer = HttpResponse(profile, content_type=apple.TYPE)
    answer["Content-Disposition"] = 'attachment; filename="farley.mobileconfig"'
    return answer


@require_POST
def device_version(request: PageRequest, pk: int) -> HttpResponse:
    """Choose the vCard version that a device reads from now on."""
    device = get_object_or_404(Device.objects.visible_to(request.actor), pk=pk, kind=Device.Kind.DEVICE)
    operations.set_vcard(device, _VCARDS.get(request.POST.get("vcard", "")), by=request.actor)
    toast(request, gettext("“{name}” will fetch its contacts anew").format(name=device.name))
    return redirect("devices")


@require_POST
def device_troubles(request: PageRequest, pk: int) -> HttpResponse:
    """What the device was refused has been seen; what comes now is told anew."""
    device = get_object_or_404(Device.objects.visible_to(request.actor), pk=pk, kind=Device.Kind.DEVICE)
    operations.forget_troubles(device, by=request.actor)
    return redirect("devices")


@require_POST
def remove_device(request: PageRequest, pk: int) -> HttpResponse:
    """Shut a device or token out."""
    device = get_object_or_404(Device.objects.visible_to(request.actor), pk=pk)
    try:
        kind = Device.Kind(device.kind)
        operations.remove(request.user, kind, device.name, by=request.actor, door=Door.WEB)
    except operations.NoSuchDevice as error:
        raise Http404("removed already") from error
    toast(request, gettext("“{name}” is shut out").format(name=device.name))
    return redirect("devices")


def _page(request: PageRequest, *, made: Made | None = None, problem: str = "", status: int = 200) -> HttpResponse:
    spaces = list(Space.objects.visible_to(request.actor).order_by("kind", "title"))
    titles = {space.pk: space.title for space in spaces}
    calendars = list(Calendar.objects.visible_to(request.actor).in_use().select_related("space").in_order())
    names = {calendar.pk: calendar.name for calendar in calendars}
    server = _server_of(request)
    own = Device.objects.visible_to(request.actor).order_by("kind", "name").prefetch_related("troubles")
    context: dict[str, Any] = {
        "place": "account",
        "devices": [_shown(device, titles, names) for device in own],
        "spaces": spaces,
        "calendars": calendars,
        "chosen_calendars": request.POST.getlist("calendar") if problem else [],
        "made": made,
        "problem": problem,
        "typed": request.POST if problem else {},
        "chosen": request.POST.getlist("space") if problem else [],
        "days": [(str(days), ngettext("{count} day", "{count} days", days).format(count=days)) for days in DAYS],
        "server": server,
        "is_safe": server.startswith("https://"),
        "vdirsyncer": VDIRSYNCER.format(server=server, name=request.user.name),
        "login_code": qr_code(_login_uri(server, request.user.name), gettext("QR code for DAVx⁵")),
    }
    return render(request, "devices/devices.html", context, status=status)


def _chosen_calendars(request: PageRequest) -> list[int]:
    """Those that were ticked, of the ones one sees."""
    slugs = request.POST.getlist("calendar")
    return list(Calendar.objects.visible_to(request.actor).filter(slug__in=slugs).values_list("pk", flat=True))


def _server_of(request: PageRequest) -> str:
    """The address that devices are told."""
    return settings.CONFIGURATION.url or f"{request.scheme}://{request.get_host()}"


def _login_uri(server: str, name: str) -> str:
    """By which DAVx⁵ opens its log-in with the fields filled in."""
    scheme, _, host = server.partition("://")
    return f"carddav{'s' if scheme == 'https' else ''}://{name}@{host}/dav/"


def _shown(device: Device, titles: dict[int, str], names: dict[int, str]) -> ShownDevice:
    if device.spaces is None:
        seen = gettext("all your spaces")
    elif device.spaces:
        seen = ", ".join(titles[pk] for pk in device.spaces if pk in titles) or gettext("no space any more")
    else:
        seen = gettext("no contacts")
    if device.calendars is not None:
        told = ", ".join(names[pk] for pk in device.calendars if pk in names) or gettext("none any more")
        seen = gettext("{spaces}; of calendars {calendars}").format(spaces=seen, calendars=told)
    return ShownDevice(
        device.pk,
        device.name,
        "smartphone" if device.kind == Device.Kind.DEVICE else "key-round",
        gettext("only reads") if device.is_read_only else gettext("reads and changes"),
        seen,
        device.last_used_at,
        device.last_address,
        device.expires_at,
        device.has_expired,
        device.client,
        device.kind == Device.Kind.TOKEN,
        "" if device.vcard is None else device.vcard or "stored",
        device.is_merged,
        [_trouble(each) for each in device.troubles.all()],
    )


def _trouble(trouble: DeviceTrouble) -> Trouble:
    words = {
        Code.TOO_LARGE: ngettext(
            "It could not save a contact or entry: too large.",
            "%(count)s times it could not save a contact or entry: too large.",
            trouble.count,
        ),
        Code.NOT_A_CARD: ngettext(
            "It sent something that is no contact and no calendar entry.",
            "%(count)s times it sent something that is no contact and no calendar entry.",
            trouble.count,
        ),
        Code.UID_TAKEN: ngettext(
            "It could not save a contact or entry: there is one with the same UID.",
            "%(count)s times it could not save a contact or entry: there is one with the same UID.",
            trouble.count,
        ),
        Code.READ_ONLY: ngettext(
            "It wanted to change something that it may only read.",
            "%(count)s times it wanted to change something that it may only read.",
            trouble.count,
        ),
    }
    return Trouble(words[Code(trouble.code)] % {"count": trouble.count}, trouble.last_at)
