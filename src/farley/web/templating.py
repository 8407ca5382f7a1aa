"""Templates of Django's that take less time: what is constant is drawn once, and values are looked up the short way.

A template is read as always. Then each run of nodes that are constant, as `_is_constant` tells by their kind and their
arguments, becomes one node that keeps its text for each language. That text is drawn in an empty context: nothing of a
request, a person or a record is within its reach, so nothing of them can be in it. What is not constant is drawn anew
each time, by nodes that mean what Django's mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.template import Context, Engine, Node, NodeList, Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Parser,
    TextNode,
    TokenType,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from template_partials.templatetags.partials import DefinePartialNode

from farley.web.addresses import address
from farley.web.assets import asset_url
from farley.web.templatetags.farley import escaped, icon

PURE_TAGS: frozenset[Callable[..., Any]] = frozenset(
    {icon, asset_url}
)  # what they draw follows from what they are given
_HOLDERS = (BlockNode, DefinePartialNode, ExtendsNode, ForNode, IfNode)  # draw their nodes in the context they are in


_UNSURE = object()
_FOR = "farley.web.templating"  # what its constant parts are drawn for
_WORD = re.compile("[A-Za-z0-9-]{1,40}")


class _Reader(base.Loader):
    """Reads a template and makes it quick, before the cache or anybody else has it."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        tried = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "skipped: it extends itself"))
                continue
            try:
                source: str = self.get_contents(origin)  # type: ignore[attr-defined] # each of Django's loaders has it
            except TemplateDoesNotExist:
                tried.append((origin, "is not there"))
            else:
                return _read(source, origin, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)


class Loader(cached.Loader, _Reader):
    """Django's loader that keeps templates, of quick ones."""


def _read(source: str, origin: Origin, engine: Engine) -> Template:
    template = _Template(source, origin, str(origin.template_name), engine)
    for nodes in _lists_in(template.nodelist):
        nodes[:] = _joined([_quick(node) for node in nodes], template)
    return template


class _Template(Template):
    def compile_nodelist(self) -> NodeList:
        tokens = Lexer(self.source).tokenize()
        parser = _Parser(tokens, self.engine.template_libraries, self.engine.template_builtins, self.origin)
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


class _Parser(Parser):
    def compile_filter(self, token: str) -> FilterExpression:
        expression = super().compile_filter(token)
        if isinstance(expression.var, Variable) and expression.var.lookups is not None:
            expression.var = _Name(expression.var.var)
        return expression


class _Name(Variable):
    """A name of the context, and names in it: dictionaries and attributes, which it nearly always is, at once."""

    def _resolve_lookup(self, context: Any) -> Any:
        found = self._found(context)
        return super()._resolve_lookup(context) if found is _UNSURE else found  # type: ignore[misc] # Django's own

    def _found(self, context: Any) -> Any:
        first, *others = self.lookups or ()
        for scope in reversed(context.dicts):
            if first in scope:
                current = scope[first]
                break
        else:
            if hasattr(context, first):
                return _UNSURE
            raise VariableDoesNotExist("nothing is called %s", (first,))
        for bit in others:
            if callable(current):
                return _UNSURE
            if type(current) is dict and bit in current:
                current = current[bit]
            elif not hasattr(type(current), "__getitem__") and hasattr(current, bit):
                current = getattr(current, bit)
            else:
                return _UNSURE
        return _UNSURE if callable(current) else current


class _Shown(VariableNode):
    """A value on the page."""

    def render_annotated(self, context: Context) -> str:
        value = self.filter_expression.resolve(context)
        if type(value) is str and context.autoescape:
            return escaped(value)
        return value if type(value) is SafeString else str(render_value_in_context(value, context))


class _Address(URLNode):
    """An address with arguments: mostly that of a record, by its id."""

    def render_annotated(self, context: Context) -> str:
        given = [argument.resolve(context) for argument in self.args]
        if all(type(each) is int or (type(each) is str and _WORD.fullmatch(each)) for each in given):
            return address(self.view_name.resolve(context), *given)
        return str(self.render(context))


def _quick(node: Node) -> Node:
    """The node, or one that draws the same in less time."""
    quick: Node
    if type(node) is VariableNode:
        quick = _Shown(node.filter_expression)
    elif type(node) is URLNode and node.args and not node.kwargs and not node.asvar and _is_literal(node.view_name):
        quick = _Address(node.view_name, node.args, {}, None)
    else:
        return node
    quick.token, quick.origin = node.token, node.origin
    return quick


class Constant(Node):
    """A run of constant nodes; `nodes` are there for whoever looks for blocks in a template."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: list[Node], template: Template) -> None:
        self.nodes = NodeList(nodes)
        self.token, self.origin = nodes[0].token, template.origin
        self._template = template
        self._texts: dict[tuple[str | None, str], str] = {}

    def render_annotated(self, context: Context) -> str:
        scope = context.render_context
        key = scope.get(_FOR)
        if key is None:  # once a template that is drawn: neither changes within one, but in parts of their own
            key = scope[_FOR] = (get_language(), get_script_prefix())
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


def _joined(nodes: list[Node], template: Template) -> list[Node]:
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
