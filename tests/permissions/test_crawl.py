"""What links and forms lead to, as each person: nobody outside the space comes across a trace of what is in it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from django.urls import NoReverseMatch, reverse

from tests.permissions.scene import PLANTED, SPACE, Scene, traces, whole
from tests.permissions.test_routes import all_routes

pytestmark = pytest.mark.django_db

AT_MOST = 300  # addresses a person
OF_ONE_SHAPE = 3  # addresses that differ in numbers and values alone
TYPED = ("zyx", "90876", "")  # into every field that asks: the beginnings of planted words, which are no trace
EXPLAINED = {("freebusy", "/privacy/archive/", SPACE["space"]): "which role somebody was given where is about them"}
GUESSED = 4  # numbers of records that are tried, from 1 on


class Page(HTMLParser):
    """What a page leads to: links, pieces that htmx fetches, and forms that ask."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.forms: list[tuple[str, list[tuple[str, list[str]]]]] = []
        self._select: tuple[str, list[str]] | None = None
        self._in_form = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        asked = ("href", "src", "hx-get", *(["formaction"] if self._in_form else []))  # others are of forms that change
        self.addresses += [has[name] for name in asked if has.get(name)]
        if tag == "form":
            self._in_form = has.get("method", "get").lower() == "get"
            if self._in_form:
                self.forms.append((has.get("action", ""), []))
        elif self._in_form and tag == "input" and has.get("name"):
            is_text = has.get("type", "text") in ("text", "search")
            self.forms[-1][1].append((has["name"], list(TYPED) if is_text else [has.get("value", "on"), ""]))
        elif self._in_form and tag == "select" and has.get("name"):
            self._select = (has["name"], [])
            self.forms[-1][1].append(self._select)
        elif tag == "option" and self._select is not None and "value" in has:
            self._select[1].append(has["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "select":
            self._select = None

    def led_to(self) -> Iterator[str]:
        yield from self.addresses
        for action, fields in self.forms:
            first = {name: values[0] for name, values in fields if values}
            for name, values in fields:
                for value in values:
                    yield f"{action or '?'}{'&' if '?' in action else '?' * bool(action)}" + urlencode(
                        {**first, name: value}
                    )


def shape(address: str) -> str:
    """What addresses of the same page have in common."""
    parts = urlsplit(address)
    return re.sub(r"\d+", "#", parts.path) + "?" + ",".join(sorted(name for name, _ in parse_qsl(parts.query)))


def guesses() -> Iterator[str]:
    """Every address that needs no secret, with the first numbers and the names that there are."""
    for name in sorted(all_routes()):
        for arguments in ([], ["zyxsales"], ["manager"], ["zyxsales", "manager"], ["zyxsales", "reader"]):
            try:
                yield reverse(name, args=arguments)
            except NoReverseMatch:
                pass
        for before in ([], ["zyxsales"]):
            for number in range(1, GUESSED):
                try:
                    yield reverse(name, args=[*before, number])
                except NoReverseMatch:
                    break
    yield "/contacts/?q=zyx&sort=-organisation"
    yield "/contacts/?tag=zyxta"
    yield "/none/"
    yield "/spaces/zyx/"


def crawled(scene: Scene, who: str, start: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Address and answer of what `who` can reach from `start`; the first of a shape as htmx asks for it, too."""
    client = scene.client(who)
    waiting, seen, shapes = deque(start), set(), Counter[str]()
    while waiting and len(seen) < AT_MOST:
        address = waiting.popleft()
        parts = urlsplit(address)
        is_elsewhere = bool(parts.netloc or parts.scheme) or parts.path.startswith("/static/")
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if is_elsewhere or address in seen or shapes[shape(address)] >= OF_ONE_SHAPE:
            continue
        seen.add(address)
        shapes[shape(address)] += 1
        response = client.get(address)
        yield address, response
        if location := response.headers.get("Location"):
            waiting.append(urljoin(address, location))
        elif response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html"):
            waiting.extend(urljoin(address, led) for led in Page(response.content.decode()).led_to())
            if shapes[shape(address)] == 1:
                yield address, client.get(address, headers={"HX-Request": "true"})


def found_by(scene: Scene, who: str, start: Iterable[str]) -> list[tuple[str, str]]:
    """Where `who` came across which planted word that was not in the address they asked for."""
    return [
        (address, word)
        for address, response in crawled(scene, who, start)
        for word in traces(whole(response), who)
        if word.lower() not in address.lower()
    ]


@pytest.mark.parametrize("who", ["anonymous", "mallory", "freebusy", "closed", "admin"])
def test_nobody_outside_comes_across_a_trace(scene: Scene, who: str) -> None:
    found = found_by(scene, who, ["/", *guesses()])
    assert [each for each in found if (who, *each) not in EXPLAINED] == []


def test_whoever_reads_the_space_comes_across_all_of_it_and_nothing_breaks(scene: Scene) -> None:
    """The crawler goes far enough to find what there is: otherwise it would say nothing about the others."""
    answers = list(crawled(scene, "manager", ["/", "/spaces/zyxsales/"]))
    assert [(address, answer.status_code) for address, answer in answers if answer.status_code >= 400] == []
    text = "\n".join(whole(answer) for _, answer in answers).lower()
    assert [word for word in [*PLANTED.values(), *SPACE.values()] if word.lower() not in text] == []
