"""Every word of the pages is there in German, and says the same placeholders."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext

from farley.codecs.vcard import read_cards
from tools import messages

GERMAN = messages.LOCALE / "de" / "LC_MESSAGES" / "django.po"


def german() -> list[Message]:
    with GERMAN.open("rb") as file:
        return [message for message in read_po(file, locale="de") if message.id]


def forms(text: str | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def placeholders(text: str) -> set[str]:
    named = {f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text.replace("%(", "")) if name}
    return named | set(re.findall(r"%\(\w+\)s", text))


def test_the_catalogue_holds_exactly_the_words_of_the_sources() -> None:
    assert messages.updated(GERMAN) == GERMAN.read_bytes(), "run python tools/messages.py"


def test_every_message_is_translated() -> None:
    missing = [message.id for message in german() if not all(forms(message.string)) or message.fuzzy]
    assert missing == []


def test_every_word_that_code_asks_for_is_in_the_catalogue() -> None:
    """Also those inside of f-strings, which the extraction of messages does not see."""
    known = {text for message in german() for text in forms(message.id)}
    asked = set()
    for path in messages.SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in messages.KEYWORDS:
                at = 1 if node.func.id.startswith(("pgettext", "npgettext")) else 0
                words = node.args[at] if len(node.args) > at else None
                if isinstance(words, ast.Constant) and words.value:
                    asked.add(words.value)
    assert asked <= known, sorted(asked - known)


def test_translations_keep_the_placeholders() -> None:
    for message in german():
        for text, translated in zip(forms(message.id), forms(message.string), strict=True):
            assert placeholders(translated) == placeholders(text), message.id


def test_german_says_sie_and_shouts_nowhere() -> None:
    for message in german():
        for text in forms(message.string):
            assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Ee]uch)\b", text), text
            assert "!" not in text, text


def test_why_a_card_cannot_be_read_is_said_in_german() -> None:
    [problem] = [entry.problem for entry in read_cards(b"no card at all\r\n")]
    assert problem is not None
    with translation.override("de"):
        assert gettext(problem.reason) == "Das gehört zu keiner vCard."


@pytest.mark.parametrize("template", sorted(messages.SOURCE.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_bare_words(template: Path) -> None:
    if template.name == "broken.html":  # stands on its own, in both languages
        return
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", template.read_text(), flags=re.DOTALL)
    source = re.sub(r"{% block width %}.*?{% endblock %}", "", source)  # a class
    words = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", source, flags=re.DOTALL)
    found = [word for word in re.findall(r"[A-Za-z]{2,}", words) if word not in NAMES]
    attributes = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"{]*[A-Za-z]{2,}[^"]*)"', source)
    assert found + attributes == []


NAMES = {
    "Farley",
    "Deutsch",
    "English",
    "Esc",
    "Thunderbird",
    "dav",
    "khal",
    "khard",
    "nbsp",
    "todoman",
    "vCard",
    "vdirsyncer",
}
