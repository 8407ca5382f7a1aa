"""Every route x every kind of person -> what they get. A route that is not in the table fails the test."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.journal.models import Batch, Change
from farley.spaces.models import Space
from tests.cast import a_card
from tests.dav.phone import phone_of, program_of
from tests.permissions.scene import INSIDE, OUTSIDE, SECRET, Scene, body, traces, whole

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "mallory", "admin", "closed", "reader", "editor", "manager")
LOGIN = "login"  # sent to the log-in page


@dataclass(frozen=True)
class Route:
    """`expected`: the status (or LOGIN) of anonymous, stranger, admin, closed, reader, editor, manager.

    Whose role is freebusy is answered as a stranger is. `tells`: who reads the contact's name in the answer.
    """

    method: str
    expected: tuple[int | str, ...]
    data: Callable[[Scene], dict[str, Any]] = lambda _: {}
    arguments: Callable[[Scene], list[Any]] = lambda _: []
    query: Callable[[Scene], str] = lambda _: ""
    tells: Collection[str] = ()
    is_invited: bool = False  # whoever is signed in reads the title of the space

    def expected_of(self, who: str) -> int | str:
        return self.expected[PEOPLE.index("mallory" if who == "freebusy" else who)]


def contact(scene: Scene) -> list[Any]:
    return [scene.contact.pk]


def space(scene: Scene) -> list[Any]:
    return [scene.space.name]


def entry(scene: Scene) -> list[Any]:
    return [scene.event.pk]


def calendar(scene: Scene) -> list[Any]:
    return [scene.calendar.pk]


def mirror(scene: Scene) -> list[Any]:
    return [scene.space.name, scene.mirror.pk]


def mine(*statuses: int) -> tuple[int | str, ...]:
    """Of logged-in people; the account that was closed counts as nobody."""
    stranger, reader, editor, manager = statuses
    return (LOGIN, stranger, stranger, LOGIN, reader, editor, manager)


ALL = mine(200, 200, 200, 200)
ALL_REDIRECT = mine(302, 302, 302, 302)
NINE = {"start_on": "2026-11-19", "start_at": "09:00", "end_on": "2026-11-19", "end_at": "10:00"}
SEEN = mine(404, 200, 200, 200)
CHANGED = mine(404, 403, 302, 302)
FOR_ADMIN = (LOGIN, 404, 200, LOGIN, 404, 404, 404)
OWN_IMPORT = mine(404, 404, 404, 200)  # belongs to whoever began it
NO_PHONE = (401,) * 7  # a log-in is no app password: tests/permissions/test_devices.py asks as devices
OPEN = (302, 302, 302, 302, 302, 302, 302)

ROUTES: dict[str, list[Route]] = {
    "home": [Route("get", mine(302, 302, 302, 302))],
    "login": [Route("get", (200, 302, 302, 200, 302, 302, 302))],
    **{name: [Route("get", (200,) * 7)] for name in ("manifest", "worker", "offline")},
    "login-code": [Route("get", OPEN), Route("post", OPEN, lambda _: {"code": "000000"})],  # nobody stands at this step
    "login-set-up": [Route("get", OPEN), Route("post", OPEN, lambda _: {"code": "000000"})],
    "login-passkey": [
        Route("get", (200,) * 7),
        Route("post", (422, 302, 302, 422, 302, 302, 302), lambda _: {"credential": "{}"}),
    ],
    "sso": [Route("get", (404, 302, 302, 404, 302, 302, 302))],  # this house has none; test_single_sign_on has
    "sso-callback": [Route("get", (404, 302, 302, 404, 302, 302, 302))],
    "ask-reset": [Route("get", (200,) * 7), Route("post", (200,) * 7, lambda _: {"username": "manager"})],
    "reset": [
        Route("get", (404,) * 7, arguments=lambda _: ["1-forged"]),  # tests/web/test_resetting.py has real ones
        Route("post", (404,) * 7, lambda _: {"password": "another long sentence"}, lambda _: ["1-forged"]),
    ],
    "logout": [Route("post", (LOGIN, 302, 302, LOGIN, 302, 302, 302))],
    "setup": [
        Route("get", OPEN),  # to the log-in page: there are accounts
        Route("post", OPEN, lambda _: {"name": "eve", "email": "eve@example.org", "password": "correct horse battery"}),
    ],
    "account": [Route("get", ALL)],
    "preferences": [Route("post", (302,) * 7, lambda _: {"theme": "dark"})],  # before log-in in a cookie
    "profile": [Route("post", mine(302, 302, 302, 302))],
    "password": [Route("post", mine(422, 422, 422, 422), lambda _: {"old": "wrong", "new": "x"})],
    "own-photo": [Route("post", mine(302, 302, 302, 302))],
    "person-photo": [Route("get", mine(404, 404, 404, 404), arguments=lambda _: ["reader"])],  # has none
    "confirm": [Route("get", ALL), Route("post", mine(422, 422, 422, 422), lambda _: {"password": "wrong"})],
    "security": [Route("get", ALL)],
    "new-factor": [Route("get", mine(302, 302, 302, 302)), Route("post", mine(302, 302, 302, 302))],  # asks who it is
    "remove-factor": [Route("post", mine(302, 302, 302, 302), arguments=lambda _: [1])],
    "recovery-codes": [Route("post", mine(302, 302, 302, 302))],
    "end-session": [Route("post", mine(404, 404, 404, 404), arguments=lambda _: [1])],
    "end-sessions": [Route("post", mine(302, 302, 302, 302))],
    "contacts": [Route("get", ALL, tells=INSIDE), Route("get", ALL, query=lambda _: "?q=zyxmail", tells=INSIDE)],
    "contact-count": [Route("get", ALL)],
    "group-counts": [Route("get", ALL, query=lambda _: "?by=city")],
    "palette": [
        Route("get", ALL),
        Route("get", ALL, query=lambda _: "?q=zyxmail", tells=INSIDE),
        Route("get", ALL, query=lambda _: "?q=zyxmem", tells=INSIDE),
        Route("get", ALL, query=lambda s: f"?recent={s.contact.pk}", tells=INSIDE),
        Route("get", SEEN, query=lambda s: f"?of={s.contact.pk}", tells=INSIDE),
    ],
    "search": [Route("get", ALL), Route("get", ALL, query=lambda _: "?q=zyxmail", tells=INSIDE)],
    "quick-add": [
        Route("get", mine(302, 302, 302, 302)),  # what is no part leads to the list
        Route("post", mine(404, 403, 302, 302), lambda s: {"space": s.space.name, "line": "Lena Vogt"}),
    ],
    "bulk": [
        Route("get", mine(302, 302, 302, 302)),  # what is no page leads to one
        Route("post", mine(302, 403, 302, 302), lambda s: {"owner": "editor", "id": [s.contact.pk]}),
        Route("post", mine(302, 403, 302, 302), lambda s: {"act": "no-follow-up", "id": [s.contact.pk]}),
        Route("post", mine(302, 302, 302, 302), lambda s: {"act": "delete"}),
        Route(
            "post",
            mine(302, 403, 302, 302),
            lambda s: {"act": "set", "set-field": "title", "set-value": "x", "id": [s.contact.pk]},
        ),
        Route(
            "post",
            mine(302, 200, 200, 200),
            lambda s: {"act": "export", "format": "shown-csv", "id": [s.contact.pk]},
            tells=INSIDE,
        ),
        Route("post", mine(302, 403, 302, 302), lambda s: {"act": "tag", "tag": "x", "id": [s.contact.pk]}),
        Route(
            "post",
            mine(302, 403, 302, 302),
            lambda s: {"act": "group", "group": s.group.pk, "id": [s.contact.pk, s.group.pk]},
        ),
        Route("post", mine(302, 403, 302, 302), lambda s: {"act": "delete", "id": [s.contact.pk]}),
        Route("post", mine(302, 200, 200, 200), lambda s: {"act": "export", "id": [s.contact.pk]}, tells=INSIDE),
    ],
    "new-contact": [
        Route("get", ALL),
        Route("post", mine(404, 403, 302, 302), lambda s: {"space": s.space.name, "given": "Ada", "family": "King"}),
    ],
    "paste-contact": [
        Route("get", ALL),
        Route(
            "post", mine(404, 403, 200, 200), lambda s: {"space": s.space.name, "text": "Ada King, ada@farley.example"}
        ),
        Route("post", mine(404, 403, 302, 302), lambda s: {"space": s.space.name, "given": "Ada", "save": "1"}),
    ],
    "import": [
        Route("get", ALL),
        Route(
            "post",
            mine(404, 403, 302, 302),
            lambda s: {"space": s.space.name, "files": SimpleUploadedFile("a.vcf", a_card())},
        ),
    ],
    "import-run": [Route("get", OWN_IMPORT, arguments=lambda s: [s.import_.pk])],
    "import-start": [Route("post", mine(404, 404, 404, 302), arguments=lambda s: [s.import_.pk])],
    "import-check": [
        Route(
            "post",
            mine(404, 404, 404, 302),
            lambda s: {"key": "email", "rule": "add"},
            arguments=lambda s: [s.import_.pk],
        )
    ],
    "import-columns": [
        Route("get", mine(404, 404, 404, 404), arguments=lambda s: [s.import_.pk])  # of vCards there are none to choose
    ],
    "import-leftovers": [Route("get", OWN_IMPORT, arguments=lambda s: [s.import_.pk])],
    "import-cancel": [Route("post", mine(404, 404, 404, 302), arguments=lambda s: [s.import_.pk])],
    "import-problems": [Route("get", OWN_IMPORT, arguments=lambda s: [s.import_.pk])],
    "export": [
        Route("get", ALL),
        Route("get", SEEN, query=lambda s: f"?download=1&space={s.space.name}", tells=INSIDE),
        Route("get", SEEN, query=lambda s: f"?download=1&format=csv&own=1&space={s.space.name}", tells=INSIDE),
    ],
    "contact": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "contact-card": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "contact-photo": [
        Route("get", mine(404, 404, 404, 404), arguments=contact),  # it has none
        Route("post", CHANGED, lambda _: {"remove": "1"}, contact),
    ],
    "contact-tags": [Route("post", CHANGED, lambda _: {"add": "VIP"}, contact)],
    "contact-owner": [
        Route("get", mine(404, 403, 200, 200), arguments=contact, tells={"editor", "manager"}),
        Route("post", CHANGED, lambda _: {"owner": "manager"}, contact),
    ],
    "contact-fields": [Route("post", CHANGED, lambda _: {"own-1": "x"}, contact)],
    "contact-follow-up": [Route("post", CHANGED, lambda _: {"on": "2026-12-31"}, contact)],
    "fields": [
        Route("get", ALL),
        Route("post", mine(404, 403, 403, 302), lambda s: {"space": s.space.name, "label": "Level", "kind": "text"}),
        Route("post", (LOGIN, 403, 302, LOGIN, 403, 403, 403), lambda _: {"label": "Level", "kind": "text"}),
    ],
    "change-field": [
        Route("post", mine(404, 403, 403, 302), lambda _: {"act": "remove"}, lambda s: [s.field.pk]),
        Route("post", mine(404, 404, 404, 404), lambda _: {"act": "remove"}, lambda _: [999_999]),
    ],
    "contact-filter": [Route("get", ALL)],
    "list-columns": [Route("get", ALL), Route("post", mine(302, 302, 302, 302), lambda _: {"column": "city"})],
    "save-view": [
        Route("post", mine(302, 302, 302, 302), lambda _: {"title": "Mine", "query": "sort=name"}),
        Route("post", mine(404, 403, 302, 302), lambda s: {"title": "Ours", "query": "", "space": s.space.name}),
    ],
    "change-view": [
        Route("post", mine(404, 403, 302, 302), lambda _: {"act": "remove"}, lambda s: [s.view.pk]),
        Route("post", mine(404, 302, 302, 302), lambda _: {"act": "first"}, lambda s: [s.view.pk]),
    ],
    "restore-contact": [
        Route("post", mine(404, 404, 404, 404), arguments=contact),  # it is there
        Route("post", CHANGED, arguments=lambda s: [s.deleted.pk]),
    ],
    "delete-contact": [Route("post", CHANGED, arguments=contact)],
    "new-fact": [
        Route("get", CHANGED, arguments=lambda s: [s.contact.pk, "EMAIL"]),
        Route("post", CHANGED, lambda _: {"text": "new@example.org"}, lambda s: [s.contact.pk, "EMAIL"]),
    ],
    "fact": [
        Route("get", CHANGED, arguments=lambda s: [s.contact.pk, "2"]),
        Route(
            "post",
            mine(404, 403, 409, 409),
            lambda _: {"value": "x", "was": "EMAIL-gone"},
            lambda s: [s.contact.pk, "2"],
            tells=["editor", "manager"],
        ),
    ],
    "list-row": [Route("get", mine(404, 302, 302, 302), arguments=contact)],  # what is no part leads to the whole page
    "list-cell": [
        Route("get", CHANGED, arguments=lambda s: [s.contact.pk, "email"]),
        Route("post", CHANGED, lambda _: {"value": "x@example.org"}, lambda s: [s.contact.pk, "email"]),
    ],
    "remove-fact": [Route("post", CHANGED, lambda _: {"was": "no"}, lambda s: [s.contact.pk, "2"])],
    "contact-archive": [
        Route("get", SEEN, arguments=contact, tells=INSIDE),
        Route("get", SEEN, arguments=lambda s: [s.deleted.pk]),
    ],
    "erase-contact": [
        Route("get", mine(404, 403, 403, 200), arguments=contact, tells=["manager"]),
        Route("post", mine(404, 403, 403, 422), lambda _: {"name": "not its name"}, contact, tells=["manager"]),
        Route("post", mine(404, 403, 403, 302), lambda s: {"name": s.contact.full_name}, contact),
    ],
    "privacy": [Route("get", ALL)],
    "own-archive": [Route("get", ALL)],
    "retention": [
        Route("post", mine(404, 403, 403, 302), lambda _: {"deleted_days": "3000"}, lambda s: [s.space.name])
    ],
    "accounts": [
        Route("get", FOR_ADMIN),
        Route("post", (LOGIN, 404, 302, LOGIN, 404, 404, 404), lambda _: {"name": "eve", "email": "eve@example.org"}),
    ],
    "account-state": [
        Route("get", FOR_ADMIN, arguments=lambda _: ["closed"]),
        Route("post", (LOGIN, 404, 302, LOGIN, 404, 404, 404), lambda _: {"act": "close"}, lambda _: ["closed"]),
        Route("post", (LOGIN, 404, 302, LOGIN, 404, 404, 404), lambda _: {"act": "admin"}, lambda _: ["mallory"]),
    ],
    "contact-names": [Route("get", mine(404, 403, 200, 200), arguments=contact, query=lambda _: "?value=zyx")],
    "name-in-cards": [Route("post", CHANGED, arguments=lambda s: [s.organisation.pk])],
    "group-members": [
        Route("post", CHANGED, lambda _: {"value": "Zyxorg"}, lambda s: [s.group.pk]),
        Route("post", CHANGED, lambda s: {"remove": s.contact.pk}, lambda s: [s.group.pk]),
        Route("post", mine(404, 404, 404, 404), lambda _: {"value": SECRET}, contact),  # it is no group
    ],
    "contact-groups": [
        Route("post", CHANGED, lambda s: {"add": s.group.pk}, contact),
        Route("post", CHANGED, lambda s: {"remove": s.group.pk}, contact),
    ],
    "change-affiliation": [
        Route(
            "post",
            mine(404, 403, 422, 422),
            lambda _: {"organisation": "nowhere"},
            contact,
            tells=["editor", "manager"],
        ),
        Route("post", CHANGED, lambda _: {"was": "", "remove": "1"}, contact),
    ],
    "today": [
        Route("get", ALL, tells=["reader", "editor"]),  # the manager has done all of it
        Route("post", mine(302, 302, 302, 302)),
    ],
    "example-data": [
        Route("post", mine(302, 302, 302, 302)),
        Route("post", mine(302, 302, 302, 302), lambda _: {"out": "1"}),
    ],
    "notifications": [
        Route("get", ALL),
        Route("post", mine(302, 302, 302, 302), lambda _: {"read": "all"}),
        Route("post", mine(302, 302, 302, 302), lambda _: {"wishes": "1"}),
    ],
    "notification": [Route("post", mine(404, 302, 404, 404), arguments=lambda s: [s.mention.pk])],
    "timeline": [
        Route("get", mine(404, 302, 302, 302), arguments=contact),  # what is no part leads to the whole page
    ],
    "add-timeline-entry": [
        Route("post", CHANGED, lambda _: {"kind": "note", "text": "hello"}, contact),
        Route("post", CHANGED, lambda _: {"kind": "call", "text": "hello"}, contact),
        Route("post", mine(404, 403, 422, 422), lambda _: {"kind": "note"}, contact, tells=["editor", "manager"]),
        Route("post", CHANGED, lambda _: {"kind": "event", "title": "hello", "at": "2026-12-01T10:00"}, contact),
        Route("get", mine(404, 403, 302, 302), arguments=contact),  # what is no part leads to the whole page
    ],
    "mentions": [Route("get", SEEN, arguments=space)],
    "timeline-entry": [
        Route("get", SEEN, arguments=lambda s: ["note", s.memo.pk], tells=INSIDE),
        Route("get", SEEN, arguments=lambda s: ["call", s.call.pk], tells=INSIDE),
        Route("post", CHANGED, lambda _: {"text": "x"}, lambda s: ["note", s.memo.pk]),
        Route("post", CHANGED, lambda _: {"act": "pin"}, lambda s: ["note", s.memo.pk]),
        Route("post", CHANGED, lambda _: {"act": "delete"}, lambda s: ["call", s.call.pk]),
        Route("post", mine(404, 404, 404, 404), arguments=lambda _: ["letter", 1]),
    ],
    "design": [Route("get", FOR_ADMIN)],
    "keys": [Route("get", ALL)],
    "contact-live": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "list-live": [Route("get", mine(204, 204, 204, 204))],
    "calendar-live": [Route("get", mine(204, 204, 204, 204))],
    "contact-code": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "move-fact": [Route("post", CHANGED, lambda _: {"steps": "1"}, lambda s: [s.contact.pk, "3"])],
    "contact-history": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "restore-version": [Route("post", CHANGED, arguments=lambda s: [s.contact.pk, s.version])],
    "move-contact": [
        Route("post", mine(404, 403, 404, 404), lambda _: {"space": "nowhere"}, contact),
        Route("post", mine(404, 403, 302, 302), lambda s: {"space": s.space.name}, contact),
    ],
    "contact-who": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "entry-who": [Route("get", SEEN, arguments=entry)],
    "spaces": [Route("get", ALL)],
    "new-space": [
        Route("get", ALL),
        Route("post", mine(422, 422, 422, 422), lambda s: {"name": s.space.name, "title": "Taken"}),
    ],
    "space": [
        Route("get", (LOGIN, 404, 200, LOGIN, 200, 200, 200), arguments=space),
        Route("get", mine(404, 404, 404, 200), arguments=lambda _: ["manager"]),  # a private one
    ],
    "change-space": [Route("post", mine(404, 403, 403, 302), lambda _: {"title": "Sellers"}, space)],
    "archive-space": [Route("post", mine(404, 403, 403, 302), lambda _: {"back": "1"}, space)],
    "space-members": [
        Route("post", mine(404, 403, 403, 302), lambda _: {"person": "reader", "role": "reader"}, space),
        Route("post", mine(404, 403, 403, 302), lambda _: {"team": "sellers", "role": "reader"}, space),
        Route("post", mine(404, 403, 403, 302), lambda _: {"person": "nobody-here", "role": "reader"}, space),
    ],
    "invite": [Route("post", mine(404, 403, 403, 200), lambda _: {"role": "reader"}, space)],
    "revoke-invitation": [
        Route("post", mine(404, 403, 403, 302), arguments=lambda s: [s.space.name, s.invitation.pk]),
    ],
    "home-space": [Route("post", mine(404, 403, 302, 302), arguments=space)],
    "space-as": [
        Route(
            "get",
            (LOGIN, 404, 200, LOGIN, 403, 403, 200),
            arguments=lambda s: [s.space.name, "reader"],
            tells=["manager"],
        ),
        Route("get", (LOGIN, 404, 404, LOGIN, 403, 403, 404), arguments=lambda s: [s.space.name, "mallory"]),
        Route("get", mine(404, 404, 404, 404), arguments=lambda _: ["manager", "manager"]),  # a private one
    ],
    "join": [
        Route("get", (404,) * 7, arguments=lambda s: [s.token[::-1]]),
        Route("get", (200,) * 7, arguments=lambda s: [s.token], is_invited=True),
        Route("post", (404,) * 7, arguments=lambda s: [s.token[::-1]]),
    ],
    "teams": [
        Route("get", ALL),
        Route("post", (LOGIN, 403, 422, LOGIN, 403, 403, 403), lambda _: {"name": "sellers"}),
    ],
    "team": [Route("get", (LOGIN, 404, 200, LOGIN, 200, 404, 404), arguments=lambda _: ["sellers"])],
    "change-team": [
        Route("post", (LOGIN, 404, 302, LOGIN, 403, 404, 404), lambda _: {"add": "editor"}, lambda _: ["sellers"]),
        Route("post", (LOGIN, 404, 302, LOGIN, 403, 404, 404), lambda _: {"dissolve": "1"}, lambda _: ["dissolved"]),
    ],
    "person-sees": [
        Route("get", (LOGIN, 404, 200, LOGIN, 200, 404, 200), arguments=lambda _: ["reader"]),
        Route("get", (LOGIN, 404, 404, LOGIN, 404, 404, 404), arguments=lambda _: ["closed"]),
    ],
    "devices": [
        Route("get", ALL),
        Route("post", mine(200, 200, 200, 200), lambda _: {"name": "Phone"}),
        Route("post", mine(404, 200, 200, 200), lambda s: {"name": "Pad", "which": "some", "space": [s.space.name]}),
    ],
    "apple-profile": [Route("get", ALL)],
    "device-version": [Route("post", mine(404, 404, 404, 404), lambda _: {"vcard": "3.0"}, lambda _: [1])],
    "device-troubles": [Route("post", mine(404, 404, 404, 404), arguments=lambda _: [1])],
    "remove-device": [Route("post", mine(404, 404, 404, 404), arguments=lambda _: [1])],
    "share-contact": [
        Route("get", mine(404, 403, 200, 200), arguments=contact, tells=["editor", "manager"]),
        Route("post", CHANGED, lambda _: {"days": "7"}, contact),
    ],
    "revoke-link": [Route("post", mine(404, 404, 404, 404), arguments=lambda s: [s.contact.pk, 1])],  # there is none
    "shared": [
        Route("get", (404,) * 7, arguments=lambda _: ["forged.token"])
    ],  # tests/web/test_shared.py has real ones
    "shared-calendar": [Route("get", (404,) * 7, arguments=lambda _: ["forged.token"])],  # real: tests/calendars
    "shared-card": [Route("get", (404,) * 7, arguments=lambda _: ["forged.token"])],
    "space-tags": [
        Route("get", SEEN, arguments=space),
        Route("get", SEEN, arguments=space, query=lambda _: "?q=Zyx&edit=Zyxtag"),
    ],
    "change-tag": [
        Route("post", CHANGED, lambda _: {"tag": "Zyxtag", "rename": "Other"}, space),
        Route("post", CHANGED, lambda _: {"tag": "Zyxtag", "hue": "plum"}, space),
        Route("post", CHANGED, lambda _: {"tag": "Zyxtag", "delete": "1"}, space),
        Route("post", mine(404, 403, 404, 404), lambda _: {"tag": "None", "delete": "1"}, space),
    ],
    "regular-imports": [
        Route("get", mine(404, 403, 403, 200), arguments=space),
        Route("post", mine(404, 403, 403, 302), lambda _: {"act": "watch", "rule": "keep"}, space),
        Route("post", mine(404, 403, 403, 404), lambda _: {"act": "remove", "id": "1"}, space),
    ],
    "tidy": [Route("get", mine(404, 403, 200, 200), arguments=space)],
    "change-tidying": [
        Route("post", mine(404, 403, 302, 302), lambda _: {"act": "look", "find": ["phones", "names"]}, space),
        Route("post", mine(404, 403, 302, 302), lambda _: {"act": "tidy"}, space),
    ],
    "mirrors": [
        Route("get", mine(404, 403, 403, 200), arguments=space),
        Route("post", mine(404, 403, 403, 422), lambda _: {"address": "http://[::1]:9", "password": "x"}, space),
    ],
    "mirror": [
        Route("get", mine(404, 403, 403, 200), arguments=mirror),
        Route("get", mine(404, 404, 404, 404), arguments=lambda s: ["manager", s.mirror.pk]),  # of another space
        *(
            Route("post", mine(404, 403, 403, 302), lambda _, act=act: {"act": act, "name": "X"}, mirror)  # type: ignore[misc]
            for act in ("run", "pause", "resume", "save", "remove", "go-on", "keep", "decide", "choose", "back")
        ),
    ],
    "access-log": [
        Route("get", mine(404, 403, 403, 200), arguments=lambda s: [s.space.name]),
        Route("post", mine(404, 403, 403, 302), lambda _: {"days": "30"}, lambda s: [s.space.name]),
    ],
    "well-known-carddav": [Route("get", (301,) * 7)],
    "dav": [Route("get", NO_PHONE)],
    "dav-principal": [Route("get", NO_PHONE, arguments=lambda _: ["manager"])],
    "dav-home": [Route("get", NO_PHONE, arguments=lambda _: ["manager"])],
    "dav-book": [Route("get", NO_PHONE, arguments=lambda s: ["manager", s.space.name])],
    "dav-card": [Route("get", NO_PHONE, arguments=lambda s: ["manager", s.space.name, s.contact.href])],
    "well-known-caldav": [Route("get", (301,) * 7)],
    "dav-calendars": [Route("get", NO_PHONE, arguments=lambda _: ["manager"])],
    "dav-calendar": [Route("get", NO_PHONE, arguments=lambda s: ["manager", s.calendar.slug])],
    "dav-entry": [Route("get", NO_PHONE, arguments=lambda s: ["manager", s.calendar.slug, s.event.href])],
    "backups": [
        Route("get", (LOGIN, 404, 200, LOGIN, 404, 404, 404)),
        Route("post", (LOGIN, 404, 302, LOGIN, 404, 404, 404)),
    ],
    "instance-journal": [Route("get", (LOGIN, 404, 200, LOGIN, 404, 404, 404))],
    "calendar": [
        Route("get", ALL, query=lambda _: "?view=day"),
        Route("get", ALL, query=lambda _: "?view=month&on=2026-11-19"),
        Route("get", ALL, query=lambda s: f"?view=team&space={s.space.name}"),
    ],
    "reminders": [Route("get", ALL)],
    "answer-reminder": [Route("post", mine(404, 302, 302, 302), lambda _: {"minutes": "5"}, entry)],
    "switch-calendars": [Route("post", mine(302, 302, 302, 302), lambda s: {"calendar": [s.calendar.pk]})],
    "new-entry": [
        Route("get", ALL),
        Route("post", mine(422, 422, 302, 302), lambda _: {"title": "x", **NINE}),
    ],
    "quick-entry": [Route("post", ALL_REDIRECT, lambda _: {"line": "lunch 2026-11-19 12:30"})],
    "entry-people": [Route("get", ALL), Route("get", ALL, query=lambda _: "?add_person=zyxmail", tells=INSIDE)],
    "entry": [
        Route("get", SEEN, arguments=entry),
        Route("post", CHANGED, lambda _: {"title": "x", **NINE}, entry),
    ],
    "move-entry": [Route("post", CHANGED, lambda _: {"by": "60"}, entry)],
    "delete-entry": [Route("post", CHANGED, arguments=entry)],
    "calendars": [Route("get", ALL)],
    "new-calendar": [Route("post", mine(404, 403, 302, 302), lambda s: {"space": s.space.name, "name": "x"})],
    "calendar-settings": [
        Route("get", SEEN, arguments=calendar),
        Route("post", CHANGED, lambda _: {"name": "x"}, calendar),
    ],
    "order-calendar": [Route("post", CHANGED, arguments=calendar)],
    "share-calendar": [Route("post", CHANGED, arguments=calendar)],
    "delete-calendar": [Route("post", CHANGED, arguments=calendar)],
    "export-calendar": [Route("get", SEEN, arguments=calendar)],
    "fill-calendar": [
        Route("get", ALL),
        Route("post", mine(404, 403, 302, 302), lambda s: {"act": "birthdays", "space": s.space.name}),
        Route("post", mine(404, 403, 422, 422), lambda s: {"act": "follow", "space": s.space.name, "address": "x"}),
    ],
    "refresh-calendar": [Route("post", mine(404, 403, 404, 404), arguments=calendar)],  # people fill this one
    "link-calendar": [Route("post", CHANGED, lambda _: {"shows": "busy"}, calendar)],
    "tasks": [Route("get", ALL), Route("get", ALL, query=lambda _: "?done=1")],
    "task-done": [Route("post", CHANGED, arguments=entry)],
    "contact-meetings": [Route("get", SEEN, arguments=contact, tells=INSIDE)],
    "activity": [Route("get", ALL), Route("get", ALL, query=lambda _: "?view=changes", tells=INSIDE)],
    "batch": [Route("get", SEEN, arguments=lambda s: [s.batch.pk], tells=INSIDE)],
    "undo": [Route("post", CHANGED, arguments=lambda s: [s.batch.pk])],
}


def all_routes() -> set[str]:
    names = {key for key in get_resolver().reverse_dict if isinstance(key, str)}
    assert names, "no routes were found at all"
    return names


CASES = [
    pytest.param(name, route, id=f"{name}-{index}")
    for name, routes in ROUTES.items()
    for index, route in enumerate(routes)
]


def answer(scene: Scene, name: str, route: Route, who: str) -> HttpResponse:
    address = reverse(name, args=route.arguments(scene)) + route.query(scene)
    response: HttpResponse = getattr(scene.client(who), route.method)(address, route.data(scene))
    return response


def said_by_asker(scene: Scene, route: Route) -> str:
    """What whoever asks knows already: it stands in the question, and may come back in the answer."""
    title = scene.space.title if route.is_invited else ""
    return f"{route.arguments(scene)} {route.query(scene)} {route.data(scene)} {title}"


def status(response: HttpResponse, expected: int | str) -> int | str:
    """The status; LOGIN for one that sends to the log-in page where that is expected."""
    target = response.headers.get("Location", "").partition("?")[0]
    return LOGIN if expected == LOGIN and target == reverse("login") else response.status_code


def test_every_route_is_in_the_table() -> None:
    assert all_routes() == set(ROUTES)


@pytest.mark.parametrize(("name", "route"), CASES)
def test_a_route_answers_each_person_as_the_table_says(scene: Scene, name: str, route: Route) -> None:
    answers, told, leaks = {}, [], []
    for who in (*OUTSIDE, *INSIDE):
        with transaction.atomic():
            response = answer(scene, name, route, who)
            transaction.set_rollback(True)  # each finds the space as it was
        answers[who] = status(response, route.expected_of(who))
        told += [who] if SECRET in body(response) else []
        if who in OUTSIDE:
            leaks += [(who, word) for word in traces(whole(response), who) if word not in said_by_asker(scene, route)]
    assert answers == {who: route.expected_of(who) for who in answers}
    assert leaks == [], "somebody outside the space read what is in it"
    assert sorted(told) == sorted(route.tells), "`tells` names who reads the contact's name in the answer"


def test_a_device_of_one_space_and_a_token_that_reads_are_nobody_on_every_page(scene: Scene) -> None:
    """Their own door is that of devices: tests/permissions/test_devices.py."""
    manager = User.objects.get(name="manager")
    credentials = (
        phone_of(manager, scene.space, only=scene.space),
        program_of(manager, scene.space, is_read_only=True),
    )
    for name, route in [(name, route) for name, routes in ROUTES.items() for route in routes if "dav" not in name]:
        address = reverse(name, args=route.arguments(scene)) + route.query(scene)
        for each in credentials:
            client = scene.client("anonymous")
            with transaction.atomic():
                headers = {"Authorization": each.authorization}
                response = getattr(client, route.method)(address, route.data(scene), headers=headers)
                transaction.set_rollback(True)
            expected = route.expected_of("anonymous")
            assert status(response, expected) == expected, (name, route.method)
            assert [
                word for word in traces(whole(response), "mallory") if word not in said_by_asker(scene, route)
            ] == []


@pytest.mark.parametrize("who", ["mallory", "admin", "freebusy", "reader"])
def test_whoever_may_not_change_changes_nothing_by_any_route(scene: Scene, who: str) -> None:
    before = (scene.space.revision, Contact.objects.get(pk=scene.contact.pk).etag)
    for name, routes in ROUTES.items():
        for route in routes:
            if name not in ("preferences", "logout"):
                answer(scene, name, route, who)
    space = Space.objects.get(pk=scene.space.pk)
    contact = Contact.objects.get(pk=scene.contact.pk)
    assert (contact.etag, contact.deleted_at) == (before[1], None)
    assert not Change.objects.filter(space=space, actor_label=who).exists()


def test_a_get_changes_nothing(scene: Scene) -> None:
    before = Change.objects.count(), Batch.objects.count()
    for name, routes in ROUTES.items():
        for route in routes:
            if route.method == "post":
                address = reverse(name, args=route.arguments(scene))
                scene.client("manager").get(address, route.data(scene) if "files" not in route.data(scene) else {})
    assert (Change.objects.count(), Batch.objects.count()) == before


def test_a_post_without_the_csrf_token_changes_nothing(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(name="manager"))
    for name, routes in ROUTES.items():
        for route in routes:
            if route.method == "post":
                response = client.post(reverse(name, args=route.arguments(scene)), route.data(scene))
                assert response.status_code == 403, name
    assert Contact.objects.exclude(deleted_at=None).get() == scene.deleted
