"""Parts of templates that are drawn once: only what is the same for everybody, and in each reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, Node, Template
from django.template.backends.django import get_installed_libraries
from django.template.base import TextNode
from django.test import Client
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import override

from farley.accounts.models import User
from farley.web.drawing import Constant, Drawn
from tests.cast import a_card, hand_of, space_of

OPTIONS = settings.TEMPLATES[0]["OPTIONS"]
PARTS = {
    "words.html": '{% load i18n %}<b>{% translate "Contacts" %}</b>',
    "menu.html": '<p>{% include "words.html" %}</p>',
    "greeting.html": '{% load i18n %}{% translate "Contacts" %}<i>{{ name }}</i>',
    "inner.html": "{{ text }}{{ number }}{% for each in row %}{{ each }}{% endfor %}{% cycle 'x' 'y' as seen %}",
    "holed.html": "<p>{{ text }}{% block hole %}{{ number }}{% endblock %}</p>",
}


def _engine(**more: str) -> Engine:
    """Farley's loader, tags and libraries, over the templates of PARTS and `more`."""
    parts = PARTS | {f"{name}.html": source for name, source in more.items()}
    loaders = [("farley.web.templating.Loader", [("django.template.loaders.locmem.Loader", parts)])]
    return Engine(loaders=loaders, libraries=get_installed_libraries(), builtins=OPTIONS["builtins"])


def _constants(template: Template) -> list[Node]:
    found: list[Node] = template.nodelist.get_nodes_by_type(Constant)
    return found


def test_words_are_drawn_once_in_each_language_and_parts_of_words_alone_with_them() -> None:
    template = _engine().get_template("menu.html")
    assert all(isinstance(node, Constant | TextNode) for node in template.nodelist)
    for _ in range(2):
        with override("de"):
            assert template.render(Context()) == "<p><b>Kontakte</b></p>"
        with override("en"):
            assert template.render(Context()) == "<p><b>Contacts</b></p>"


def test_what_one_reader_is_shown_is_not_what_the_next_one_gets() -> None:
    template = _engine().get_template("greeting.html")
    assert _constants(template)
    assert template.render(Context({"name": "Ada"})).endswith("<i>Ada</i>")
    assert template.render(Context({"name": "<Bo>"})).endswith("<i>&lt;Bo&gt;</i>")


@pytest.mark.parametrize(
    "source",
    [
        "{{ name }}",
        "{% if name %}{{ name }}{% endif %}",
        "{% for each in names %}{{ each }}{% endfor %}",
        "{% translate name %}",
        '{% translate "Contacts"|add:name %}',
        '{% translate "Contacts" context name %}',
        '{% translate "Contacts" as name %}{{ name }}',
        "{% blocktranslate %}of {{ name }}{% endblocktranslate %}",
        "{% blocktranslate with a=name %}of {{ a }}{% endblocktranslate %}",
        '{% url "contact" pk %}',
        '{% url name %}{% url "contacts" as name %}',
        "{% icon name %}",
        '{% icon "x" name %}',
        "{% avatar name %}",
        "{% csrf_token %}",
        "{% query sort=name %}",
        "{% include name %}",
        '{% include "greeting.html" %}',
        '{% include "words.html" with a=name %}',
    ],
)
def test_whatever_a_context_reaches_is_drawn_anew(source: str) -> None:
    engine = _engine(tried=f'{{% load i18n farley %}}{{% translate "Contacts" %}}{source}')
    template = engine.get_template("tried.html")
    kept = [each for node in _constants(template) for each in _within(node)]
    told = [str(getattr(each, "token", "")) for each in kept]
    assert not any("name" in token or "pk" in token or "csrf" in token or "greeting" in token for token in told), told


def _within(node: Any) -> Iterator[Node]:
    for each in node.nodes:
        yield each
        if isinstance(each, Constant):
            yield from _within(each)


class Thing:
    name = "<b>"
    pk = 12345

    def method(self) -> str:
        return "called & escaped"

    def with_argument(self, _: object) -> str:
        return ""

    @property
    def broken(self) -> str:
        raise AttributeError("inside")


@pytest.mark.parametrize(
    "source",
    [
        "{{ text }}{{ safe }}{{ number }}{{ real }}{{ day }}{{ nothing }}{{ lazy }}",
        "{{ thing.name }}{{ thing.pk }}{{ thing.method }}{{ thing.none }}{{ thing.with_argument }}",
        "{{ table.name }}{{ table.items }}{{ table.none }}{{ table.inner.name }}{{ row.0 }}{{ row.9 }}{{ text.upper }}",
        "{{ none }}{{ none.name }}{{ function }}{{ klass.name }}{{ lazy.upper }}{{ nothing.name }}",
        "{% if none %}a{% elif thing.name == table.inner.name %}b{% elif table %}c{% endif %}",
        "{% if not none and number > 3 %}a{% endif %}{% if number > text or text in number %}b{% else %}c{% endif %}",
        "{% if nothing.name %}a{% elif none.name == nothing %}b{% endif %}{% if 2 in row %}c{% endif %}",
        "{% if nothing is None %}a{% endif %}{% if thing.name|length == 3 %}b{% endif %}{% if klass.pk %}c{% endif %}",
        "{% for each in row %}{{ forloop.counter }}{{ each }}{% empty %}-{% endfor %}{% for a in none %}{% endfor %}",
        "{% for a, b in pairs reversed %}{{ a }}{{ b }}{{ forloop.parentloop }}{% endfor %}{{ a }}{{ forloop }}",
        "{% for a in pairs %}{% for b in a %}{{ b }}{{ forloop.parentloop.last }}{% endfor %}{% endfor %}",
        "{% for each in nothing %}{% empty %}none{% endfor %}{% for each in generated %}{{ each }}{% endfor %}",
        "{% for each in row %}{% cycle 'a' 'b' as turn %}{{ turn }}{% endfor %}{{ turn }}",
        "{% for each in row %}{% ifchanged each %}{{ each }}{% endifchanged %}{% endfor %}",
        "{% load i18n %}{% get_current_language as text %}{{ text }}{% translate 'Contacts' as lazy %}{{ lazy }}",
        "{{ none|default:text }}{{ text|default:nothing }}{{ thing.name|upper }}{{ row|join:text }}",
        "{% autoescape off %}{{ text }}{{ thing.name }}{% endautoescape %}",
        '{% url "contact" thing.pk %}{% url "space" table.word %}{% url "fact" thing.pk table.word %}',
        "{% with a=thing.name b=row.1 %}{{ a }}{{ b }}{% url 'contacts' as text %}{{ text }}{% endwith %}{{ text }}",
        "{% load farley %}{% icon table.icon %}{% avatar text %}{% avatar thing.name size='s' %}{{ text|hue }}",
        "{% load i18n %}{% blocktranslate with tag=text %}Remove the tag {{ tag }}{% endblocktranslate %}{{ tag }}",
        "{% load i18n %}{% blocktranslate %}of {{ none }} 100% {{ number }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate count n=row.1 %}and {{ n }} more{% plural %}and more{% endblocktranslate %}",
        "{% csrf_token %}{% with csrf_token='' %}{% csrf_token %}{% endwith %}",
        "{% include 'inner.html' %}{% include 'inner.html' with text='<b>' number=row.1 %}{{ seen }}",
        "{% include name_of_part %}{% include 'inner.html' with text=none only %}{{ seen }}",
        "{% include 'holed.html' %}{% block hole %}outside {{ text }}{{ block.name }}{% endblock %}",
        "{% extends 'holed.html' %}{% block hole %}in {{ block.super }}{{ row }}{% endblock %}",
        "{% partialdef part %}{{ text }}{% endpartialdef %}{% with text=1 %}{% partial part %}{% endwith %}",
        "{% partialdef part inline %}{{ number }}{% endpartialdef %}",
    ],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_not_constant_is_drawn_as_django_draws_it(source: str, language: str) -> None:
    context = {
        "text": "a <b> & 'c' \"d\"",
        "safe": mark_safe("<i>"),
        "number": 1234567,
        "real": 1234.5,
        "day": dt.datetime(2026, 11, 27, 9, 5, tzinfo=dt.UTC),
        "nothing": None,
        "lazy": SimpleLazyObject(lambda: "la<zy"),
        "thing": Thing(),
        "klass": Thing,
        "function": lambda: "<called>",
        "table": {"name": "&", "inner": {"name": "<b>"}, "word": "some.word", "icon": "x"},
        "row": ["<", 2, True],
        "pairs": [("a", "<"), ("b", 2)],
        "csrf_token": "a<token>",
        "name_of_part": "inner.html",
    }
    quick = _engine(tried=source).get_template("tried.html")
    assert quick.nodelist.get_nodes_by_type(Drawn)
    with override(language):
        assert [_drawn(quick, context) for _ in range(2)] == [_drawn(_plain(source), context)] * 2


def test_what_breaks_in_a_template_breaks_as_in_django_and_leaves_no_names_behind() -> None:
    context = Context({"thing": Thing(), "row": [1]})
    height = len(context.dicts)
    for source in ("{% for each in row %}{{ thing.broken }}{% endfor %}", "{% if thing.broken %}{% endif %}"):
        for template in (_plain(source), _engine(tried=source).get_template("tried.html")):
            with pytest.raises(AttributeError, match="inside"):
                template.render(context)
            assert len(context.dicts) == height
    conditions = "{% if not thing.broken %}a{% endif %}{% if thing.broken or row %}b{% else %}c{% endif %}"
    quick = _engine(tried=conditions).get_template("tried.html")
    assert quick.render(context) == _plain(conditions).render(context) == "c"


def _plain(source: str) -> Template:
    """Without anything of Farley's in between."""
    loaders = [("django.template.loaders.locmem.Loader", PARTS)]
    engine = Engine(loaders=loaders, libraries=get_installed_libraries(), builtins=OPTIONS["builtins"])
    return engine.from_string(source)


def _drawn(template: Template, context: dict[str, Any]) -> str:
    return str(template.render(Context(context | {"generated": (each for each in "ab")})))


def test_pages_of_two_people_in_two_languages_in_turn_are_what_they_would_be_without_anything_kept(
    alice: User, bob: User, as_user: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = []
    for user, language in ((alice, "en"), (bob, "de")):
        user.language = language
        user.save(update_fields=["language"])
        contact = hand_of(user).contact(space_of(user), a_card(f"Only {user.name}", "EMAIL:x@example.org"))
        urls.append(f"/contacts/{contact.pk}/")

    def pages() -> dict[tuple[str, str], str]:
        clients = {user.name: as_user(user) for user in (alice, bob)}
        own = dict(zip(clients, urls, strict=True))
        return {
            (name, url): _without_tokens(client.get(url).content.decode())
            for _ in range(2)
            for url in ("/contacts/", "/account/", "record")
            for name, client in clients.items()
            for url in ([own[name]] if url == "record" else [url])
        }

    kept = pages()
    monkeypatch.setattr(Constant, "text", lambda self, _: self._drawn())
    assert pages() == kept
    assert all("Only bob" not in page for (name, _), page in kept.items() if name == "alice")


def _without_tokens(page: str) -> str:
    return re.sub(r'(csrf="|csrfmiddlewaretoken" value="|\?since=)[^"]*', "", page)
