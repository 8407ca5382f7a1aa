"""Templates that draw once what depends on nothing but the language: a page is mostly words, icons and addresses.

A template is read as always. Then each run of nodes that are constant, as `_is_constant` tells by their kind and their
arguments, becomes one node that keeps its text for each language. That text is drawn in an empty context: nothing of a
request, a person or a record is within its reach, so nothing of them can be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.template import Context, Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, TokenType, Variable
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.translation import get_language
from template_partials.templatetags.partials import DefinePartialNode

from farley.web.assets import asset_url
from farley.web.templatetags.farley import icon

PURE_TAGS: frozenset[Callable[..., Any]] = frozenset(
    {icon, asset_url}
)  # what they draw follows from what they are given
_HOLDERS = (BlockNode, DefinePartialNode, ExtendsNode, ForNode, IfNode)  # draw their nodes in the context they are in


class _Constants(base.Loader):
    """Reads a template and joins its constant parts, before the cache or anybody else has it."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        for nodes in _lists_in(template.nodelist):
            nodes[:] = _joined(nodes, template)
        return template


class Loader(cached.Loader, _Constants):
    """Django's loader that keeps templates, of those whose constant parts are joined."""


class Constant(Node):
    """A run of constant nodes; `nodes` are there for whoever looks for blocks in a template."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: list[Node], template: Template) -> None:
        self.nodes = NodeList(nodes)
        self.token, self.origin = nodes[0].token, template.origin
        self._template = template
        self._texts: dict[tuple[str | None, str], str] = {}

    def render_annotated(self, context: Context) -> str:
        key = get_language(), get_script_prefix()
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self._drawn()
        return text

    def _drawn(self) -> str:
        nothing = Context()
        with nothing.bind_template(self._template):
            return str(self.nodes.render(nothing))


def _lists_in(nodes: NodeList) -> Iterator[NodeList]:
    """`nodes` and the lists of nodes in them, the innermost first."""
    for node in nodes:
        if isinstance(node, IfNode):
            for _, held in node.conditions_nodelists:
                yield from _lists_in(held)
        elif isinstance(node, _HOLDERS):
            for name in node.child_nodelists:
                yield from _lists_in(getattr(node, name, None) or NodeList())
    yield nodes


def _joined(nodes: NodeList, template: Template) -> list[Node]:
    joined: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and _is_constant(node, template):
            run.append(node)
            continue
        if all(isinstance(each, TextNode) for each in run):  # Django looks for text before {% extends %}
            joined += run
        else:
            joined.append(Constant(run, template))
        run = []
        if node is not None:
            joined.append(node)
    return joined


def _is_constant(node: Node, template: Template) -> bool:
    """Whether the node draws the same for everybody who reads the same language."""
    match node:
        case Constant() | TextNode() | CommentNode() | LoadNode():
            return True
        case TranslateNode():
            said = _is_literal(node.filter_expression) and _is_literal(node.message_context)
            return said and not node.asvar
        case BlockTranslateNode():
            is_text = all(token.token_type is TokenType.TEXT for token in node.singular)
            asked = node.extra_context or node.counter or node.plural or node.asvar
            return is_text and not asked and _is_literal(node.message_context)
        case URLNode():
            return not (node.args or node.kwargs or node.asvar) and _is_literal(node.view_name)
        case StaticNode():
            return not node.varname and _is_literal(node.path)
        case SimpleNode():
            given = [*node.args, *node.kwargs.values()]
            return node.func in PURE_TAGS and not node.target_var and all(map(_is_literal, given))
        case IncludeNode():
            return _is_constant_part(node, template)
    return False


def _is_constant_part(node: IncludeNode, template: Template) -> bool:
    if node.extra_context or not _is_literal(node.template):
        return False
    name = node.template.resolve(Context())
    if not isinstance(name, str) or name == template.name:
        return False
    part = template.engine.get_template(name)
    return all(isinstance(each, Constant | TextNode) for each in part.nodelist)


def _is_literal(expression: FilterExpression | None) -> bool:
    """Whether it is a text or number that stands in the template itself, as it is."""
    if expression is None:
        return True
    var = expression.var
    return not expression.filters and (not isinstance(var, Variable) or var.lookups is None)
