"""Templates of Django's that take less time: what is constant is drawn once, and values are looked up the short way.

A template is read as always. Then each run of nodes that are constant, as `_is_constant` tells by their kind and their
arguments, becomes one node that keeps its text for each language. That text is drawn in an empty context: nothing of a
request, a person or a record is within its reach, so nothing of them can be in it. What is not constant is drawn anew
each time, by functions that mean what Django's nodes mean (`drawing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.template import Context, Engine, Node, NodeList, Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Parser,
    TextNode,
    Token,
    TokenType,
    Variable,
    VariableDoesNotExist,
)
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, URLNode, WithNode
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from template_partials.templatetags.partials import DefinePartialNode

from farley.web.assets import asset_url
from farley.web.drawing import Constant, Drawn, is_literal
from farley.web.templatetags.farley import icon

PURE_TAGS: frozenset[Callable[..., Any]] = frozenset(
    {icon, asset_url}
)  # what they draw follows from what they are given
_HOLDERS = (
    BlockNode,
    DefinePartialNode,
    ExtendsNode,
    ForNode,
    IfNode,
    WithNode,
)  # draw them in the context they are in
_RUNS = (BlockNode, DefinePartialNode)  # what they hold is drawn by others, too
_UNSURE = object()
_INDENT = re.compile(r"\n\s+")


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
    for nodes, is_run in _lists_in(template.nodelist):
        nodes[:] = _joined(nodes, template)
        if is_run and not all(isinstance(node, Constant | TextNode | ExtendsNode) for node in nodes):
            nodes[:] = [Drawn(nodes, template)]
    return template


class _Template(Template):
    def compile_nodelist(self) -> NodeList:
        tokens = Lexer(self.source).tokenize()
        if str(self.origin.template_name).endswith(".html") and "<pre" not in self.source:
            _take_out_indents(tokens)
        parser = _Parser(tokens, self.engine.template_libraries, self.engine.template_builtins, self.origin)
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


def _take_out_indents(tokens: Sequence[Token]) -> None:
    """A line break says as much as one with what indents the next line, which is for whoever reads the template."""
    is_message = False  # its white space is part of what is looked up
    for token in tokens:
        if token.token_type is TokenType.BLOCK:
            is_message = token.contents.startswith(("blocktranslate", "plural"))
        elif token.token_type is TokenType.TEXT and not is_message:
            token.contents = _INDENT.sub("\n", token.contents)


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
            if current is None:  # Django takes half a millisecond to find that out
                raise VariableDoesNotExist("nothing has no %s", (bit,))
            if callable(current):
                return _UNSURE
            if type(current) is dict and bit in current:
                current = current[bit]
            elif not hasattr(type(current), "__getitem__") and hasattr(current, bit):
                current = getattr(current, bit)
            else:
                return _UNSURE
        return _UNSURE if callable(current) else current


def _lists_in(nodes: NodeList, *, is_run: bool = True) -> Iterator[tuple[NodeList, bool]]:
    """`nodes` and the lists of nodes in them, the innermost first, and whether each is drawn by itself."""
    for node in nodes:
        if isinstance(node, IfNode):
            for _, held in node.conditions_nodelists:
                yield from _lists_in(held, is_run=False)
        elif isinstance(node, _HOLDERS):
            for name in node.child_nodelists:
                yield from _lists_in(getattr(node, name, None) or NodeList(), is_run=isinstance(node, _RUNS))
    yield nodes, is_run


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
            said = is_literal(node.filter_expression) and is_literal(node.message_context)
            return said and not node.asvar
        case BlockTranslateNode():
            is_text = all(token.token_type is TokenType.TEXT for token in node.singular)
            asked = node.extra_context or node.counter or node.plural or node.asvar
            return is_text and not asked and is_literal(node.message_context)
        case URLNode():
            return not (node.args or node.kwargs or node.asvar) and is_literal(node.view_name)
        case StaticNode():
            return not node.varname and is_literal(node.path)
        case SimpleNode():
            given = [*node.args, *node.kwargs.values()]
            return node.func in PURE_TAGS and not node.target_var and all(map(is_literal, given))
        case IncludeNode():
            return _is_constant_part(node, template)
    return False


def _is_constant_part(node: IncludeNode, template: Template) -> bool:
    if node.extra_context or not is_literal(node.template):
        return False
    name = node.template.resolve(Context())
    if not isinstance(name, str) or name == template.name:
        return False
    part = template.engine.get_template(name)
    return all(isinstance(each, Constant | TextNode) for each in part.nodelist)
