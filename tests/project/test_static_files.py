"""How the built front end is served."""

import pytest
from django.http import HttpResponse
from django.test import Client

from farley.web.assets import asset_url

pytestmark = pytest.mark.django_db  # the end of a request looks at its connections


def fetch(address: str, *, accept: str = "identity") -> tuple[HttpResponse, bytes]:
    answer = Client().get(address, headers={"accept-encoding": accept})
    octets = b"".join(answer.streaming_content)
    answer.close()
    return answer, octets


@pytest.mark.parametrize("name", ["app.js", "app.css", "inter-latin-wght-normal.woff2"])
def test_a_built_file_may_be_kept_for_ever(name):
    answer, octets = fetch(asset_url(name))
    assert octets
    assert "immutable" in answer["Cache-Control"]


def test_a_file_whose_name_carries_no_hash_is_asked_for_again():
    answer, _ = fetch("/static/img/mark.svg")
    assert "immutable" not in answer["Cache-Control"]


@pytest.mark.parametrize(("accept", "sent"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
@pytest.mark.parametrize("name", ["app.js", "app.css"])
def test_script_and_style_are_sent_as_small_as_the_browser_takes_them(name, accept, sent):
    answer, octets = fetch(asset_url(name), accept=accept)
    _, plain = fetch(asset_url(name))
    assert answer.get("Content-Encoding") == sent
    assert len(octets) < len(plain) / 2 if sent else octets == plain
