"""Markdown as people write it, drawn as HTML: an allow-list of marks, of elements and of attributes.

Nothing is fetched for a reader: pictures stay the text they were.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from farley.accounts.models import User
from farley.conversations.mentions import MENTION

_RULES = (
    "newline", "escape", "backticks", "strikethrough", "emphasis", "link", "autolink", "entity", "linkify",
    "balance_pairs", "fragments_join", "blockquote", "code", "fence", "heading", "hr", "list", "table",
)  # fmt: skip
_TAGS = frozenset(
    {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "ul", "ol", "li", "h4", "h5", "h6", "a", "span"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
_ATTRIBUTES: Mapping[str, Collection[str]] = {"a": {"href"}, "ol": {"start"}, "span": {"class", "title"}}
MAX_KEPT = 4000  # characters
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_HEADINGS = {"h1": "h4", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h6", "h6": "h6"}  # the page has those above


def drawn(text: str, meant: Mapping[str, User] | None = None) -> SafeString:
    """`text` as HTML; `meant` are the people, by name, whose mentions are drawn as such."""
    named = tuple(sorted((name, user.display_name) for name, user in (meant or {}).items() if f"@{name}" in text))
    draw = _kept if len(text) <= MAX_KEPT else _drawn
    return mark_safe(draw(text, named))  # noqa: S308 -- nh3 lets nothing else through


def _drawn(text: str, meant: tuple[tuple[str, str], ...]) -> str:
    html = _parser().render(text, {"meant": dict(meant)})
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        allowed_classes={},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )


_kept = lru_cache(maxsize=1000)(_drawn)  # a timeline is looked at again and again


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "linkify": True, "breaks": True})
    parser.enable([*_RULES])
    parser.core.ruler.push("headings", _lower_headings)
    parser.core.ruler.push("mentions", _mark_mentions)
    return parser


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)


def _mark_mentions(state: StateCore) -> None:
    meant: dict[str, str] = state.env.get("meant", {})
    for token in state.tokens:
        if token.type == "inline" and token.children and meant:
            token.children = [piece for child in token.children for piece in _with_mentions(child, meant)]


def _with_mentions(token: Token, meant: Mapping[str, str]) -> list[Token]:
    if token.type != "text":
        return [token]
    pieces: list[Token] = []
    done = 0
    for found in MENTION.finditer(token.content):
        if found[1] not in meant:
            continue
        pieces.append(_text(token.content[done : found.start()]))
        opening = Token("mention_open", "span", 1, attrs={"class": "mention", "title": f"@{found[1]}"})
        pieces += [opening, _text(f"@{meant[found[1]]}"), Token("mention_close", "span", -1)]
        done = found.end()
    return [*pieces, _text(token.content[done:])] if pieces else [token]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
