"""What holds for every address, whoever asks and however: methods, odd paths, headers, ways back."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import farley
from farley.accounts.models import User
from farley.contacts.models import Contact
from farley.journal.models import Change
from tests.cast import a_card, hand_of, space_of
from tests.permissions.scene import Scene, body, traces, whole
from tests.permissions.test_crawl import crawled
from tests.permissions.test_routes import ROUTES, Route

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
SOURCE = Path(farley.__file__).parent
DAV = "dav"  # its routes have a door of their own: tests/permissions/test_devices.py
PLACES = [(name, route) for name, routes in ROUTES.items() for route in routes if DAV not in name]


def address_of(scene: Scene, name: str, route: Route) -> str:
    return reverse(name, args=route.arguments(scene)) + route.query(scene)


def test_head_is_answered_as_get_and_options_opens_nothing(scene: Scene) -> None:
    reads = [(name, route) for name, route in PLACES if route.method == "get"]
    assert len(reads) > 40, "the routes were not found"
    for who in ("mallory", "manager"):
        client = scene.client(who)
        for name, route in reads:
            with transaction.atomic():
                address = address_of(scene, name, route)
                got, head, options = client.get(address), client.head(address), client.options(address)
                assert head.status_code == got.status_code, address
                assert not body(head), address
                assert head.headers.get("Content-Type") == got.headers.get("Content-Type"), address
                assert options.status_code in (302, 401, 404, 405), address  # 401: "/" is CardDAV's, too
                transaction.set_rollback(True)


def test_no_other_method_writes(scene: Scene) -> None:
    before = Change.objects.count()
    client = scene.client("manager")
    for name, route in PLACES:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            status = client.generic(method, address_of(scene, name, route)).status_code
            assert status in (302, 400, 403, 404, 405), (method, name)
    assert Change.objects.count() == before


ODD = (
    "/{0}",
    "{0}/",
    "{0}.",
    "{0}%00",
    "{0};x",
    "{0}%2e%2e/",
    "{0}../{1}",
    "{0}%2f",
    "{0}//",
    "/./{1}",
    "/x/..{0}",
    "{0}?%00",
)


@pytest.mark.parametrize("form", ODD)
def test_an_odd_path_shows_nothing_and_breaks_nothing(scene: Scene, form: str) -> None:
    straight = [
        reverse("contact", args=[scene.contact.pk]),
        reverse("contact-card", args=[scene.contact.pk]),
        reverse("space", args=[scene.space.name]),
        reverse("batch", args=[scene.batch.pk]),
        reverse("instance-journal"),
    ]
    for who in ("anonymous", "mallory"):
        for address in straight:
            response = scene.client(who).get(form.format(address, address.lstrip("/")))
            assert response.status_code < 500
            assert [word for word in traces(whole(response), who) if word not in address] == []


def test_what_is_private_is_kept_by_no_shared_cache_and_taken_for_nothing_else(scene: Scene) -> None:
    client = scene.client("manager")
    for name, route in PLACES:
        if route.method == "get":
            headers = client.get(address_of(scene, name, route)).headers
            assert re.search(r"\b(private|no-store)\b", headers["Cache-Control"]), name
            assert "public" not in headers["Cache-Control"], name
            assert "no-store" in headers["Cache-Control"] or "Cookie" in headers.get("Vary", ""), name
            assert headers["X-Content-Type-Options"] == "nosniff", name
            assert headers["X-Frame-Options"] == "DENY", name


ELSEWHERE = ("https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "http:evil.example")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_form_and_no_page_leads_to_another_server(scene: Scene, target: str) -> None:
    for who in ("anonymous", "manager"):
        for name, route in PLACES:
            with transaction.atomic():
                address = reverse(name, args=route.arguments(scene))
                data = {**route.data(scene), "next": target}
                headers = {"Referer": target, "HX-Current-URL": target}
                sent = scene.client(who)
                response: HttpResponse = (
                    sent.post(f"{address}?next={target}", data, headers=headers)
                    if route.method == "post"
                    else sent.get(address, {"next": target}, headers=headers)
                )
                led = urlsplit(response.headers.get("Location", "/"))
                assert (led.scheme, led.netloc) == ("", ""), name
                assert not response.headers.get("Location", "/").startswith(("//", "/\\")), name
                transaction.set_rollback(True)


def test_another_host_name_is_refused_by_every_page(scene: Scene) -> None:
    for name, route in PLACES:
        if route.method == "get":
            response = scene.client("manager").get(address_of(scene, name, route), headers={"Host": "evil.example"})
            assert response.status_code == 400, name
            assert "evil.example" not in body(response), name


def test_signing_in_begins_a_new_session(client: Client, alice: User) -> None:
    alice.set_password("a long enough sentence")
    alice.save()
    client.get("/login/")
    client.cookies["farley_session"] = "chosenbysomebodyelse0000000000000"
    client.post("/login/", {"username": "alice", "password": "a long enough sentence"})
    after = client.cookies["farley_session"].value
    assert after != "chosenbysomebodyelse0000000000000"
    assert (
        Client(headers={"Cookie": "farley_session=chosenbysomebodyelse0000000000000"}).get("/contacts/").status_code
        == 302
    )
    assert client.get("/contacts/").status_code == 200


MARKUP = '"><img src=x onerror=alert(1)>'


def test_markup_in_whatever_a_card_says_is_text_on_every_page(scene: Scene) -> None:
    manager = User.objects.get(name="manager")
    lines = [
        f"{name}:{MARKUP}" for name in ("ORG", "TITLE", "NOTE", "CATEGORIES", "EMAIL", "TEL", "URL", "X-ABRELATEDNAMES")
    ]
    own = hand_of(manager).contact(space_of(manager), a_card(MARKUP, *lines))
    start = [reverse("contact", args=[own.pk]), reverse("share-contact", args=[own.pk]), "/contacts/", "/activity/"]
    pages = [body(answer) for _, answer in crawled(scene, "manager", start)]
    assert any("&lt;img src=x" in page for page in pages)
    assert [page for page in pages if "<!doctype html>" in page and "<img src=x" in page] == []


def test_a_download_is_called_so_that_nothing_else_is_said_in_the_header(scene: Scene) -> None:
    manager = User.objects.get(name="manager")
    for name in (
        'a"; filename=evil.exe; x="',
        "a\\r\\nSet-Cookie: x",
        "../../etc/passwd",
        "=cmd|calc",
        "a\u202egpj.exe",
    ):
        own: Contact = hand_of(manager).contact(space_of(manager), a_card(name))
        header = scene.client("manager").get(reverse("contact-card", args=[own.pk])).headers["Content-Disposition"]
        assert re.fullmatch(
            r"""attachment; filename="[^"\\/]*\.vcf"; filename\*=UTF-8''[\w.%~!+&=-]*\.vcf""", header
        ), header
        assert "%E2%80%AE" not in header  # which turns the direction of writing round


SECRET_WORDS = re.compile(r"(password|secret|token|digest|signature|nonce)$")
COMPARED_ALOUD = {  # file, what is compared: why a clock may tell
    ("dav/conditions.py", "state == token"): "the state of a collection, which its readers are told",
    ("mirrors/listing.py", "more.token == listing.token"): "states of a collection, as another server told both",
    ("mirrors/listing.py", "mirror.token != listing.token"): "likewise",
    ("intake/taking.py", "bytes(last.digest) == digest"): "hashes of two files: is this the one that was taken before?",
}


def test_secrets_are_compared_in_constant_time() -> None:
    """What is called like a secret is never compared by == or in; `secrets.compare_digest` does."""
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                sides = [node.left, *node.comparators]
                names = [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in sides]
                if any(SECRET_WORDS.search(name) for name in names):
                    found.add((path.relative_to(SOURCE).as_posix(), ast.unparse(node)))
    assert found == set(COMPARED_ALOUD)


def test_the_list_of_promises_names_tests_that_there_are_and_all_about_permissions() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
    about = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "permissions").glob("test_*.py")}
    assert sorted(about - named) == []
