"""Nodes of templates as functions that draw what the nodes draw, in a third of the time.

A run of nodes becomes one `Drawn`, which looks names up in one dictionary instead of a stack of them. What a function
is not sure of (something to call, a dictionary of another kind, a name that is not there) it leaves to Django's own
node or expression, and so it does with all kinds of nodes that are not listed here: for these the dictionary lies on
top of Django's context, so they find and set there what they would find and set without it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from django.template import Context, Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, Variable, VariableNode, render_value_in_context
from django.template.defaulttags import CsrfTokenNode, ForNode, IfNode, TemplateLiteral, URLNode, WithNode
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode
from django.urls import get_script_prefix
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from template_partials.templatetags.partials import DefinePartialNode

from farley.web.addresses import address
from farley.web.templatetags.farley import escaped

Names = dict[str, Any]
Draw = Callable[["Scope"], str]
Value = Callable[["Scope"], Any]
Language = tuple[str | None, str]

_LANGUAGE = "farley.web.drawing"  # what constant parts are drawn for
_UNSURE = object()
_WORD = re.compile("[A-Za-z0-9-]{1,40}")
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda one, other: one in other,
    "not in": lambda one, other: one not in other,
}


class Scope:
    """What the functions of a part draw from: `names` is all that `context` has, and its uppermost dictionary."""

    __slots__ = ("context", "language", "names", "token")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.token: tuple[Any, str] = (None, "")  # the one that forms have, and how
        self.names: Names = {}
        for names in context.dicts:
            self.names.update(names)
        self.language = language_of(context)

    def draw(self, draw: Draw, more: Names) -> str:
        """Draw with further names, which are forgotten afterwards, as is whatever a node sets meanwhile."""
        dicts, outside = self.context.dicts, self.names
        self.names = outside | more
        dicts.append(self.names)
        try:
            return draw(self)
        finally:
            dicts.pop()
            self.names = outside


def language_of(context: Context) -> Language:
    """What constant parts are drawn for; looked up once a template, for neither changes within one."""
    kept = context.render_context
    found: Language | None = kept.get(_LANGUAGE)
    if found is None:
        found = kept[_LANGUAGE] = (get_language(), get_script_prefix())
    return found


class Constant(Node):
    """A run of constant nodes; `nodes` are there for whoever looks for blocks in a template."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: list[Node], template: Template) -> None:
        self.nodes = NodeList(nodes)
        self.token, self.origin = nodes[0].token, template.origin
        self._template = template
        self._texts: dict[Language, str] = {}

    def render_annotated(self, context: Context) -> str:
        return self.text(language_of(context))

    def text(self, language: Language) -> str:
        """As it is read in the language that is active, of which `language` is the key."""
        text = self._texts.get(language)
        if text is None:
            text = self._texts[language] = self._drawn()
        return text

    def _drawn(self) -> str:
        nothing = Context()
        with nothing.bind_template(self._template):
            return str(self.nodes.render(nothing))


class Drawn(Node):
    """A run of nodes, drawn by functions; `nodes` are there for whoever looks for blocks in a template."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: Iterable[Node], template: Template) -> None:
        self.nodes = NodeList(nodes)
        self.token, self.origin = self.nodes[0].token, template.origin
        self.draw = _run(self.nodes, template)

    def render_annotated(self, context: Context) -> str:
        scope = Scope(context)
        context.dicts.append(scope.names)
        try:
            return self.draw(scope)
        finally:
            context.dicts.pop()


# Nodes


def _run(nodes: Sequence[Node], template: Template) -> Draw:
    draws = [_drawing(node, template) for node in nodes]
    if len(draws) == 1:
        return draws[0]
    return lambda scope: "".join([draw(scope) for draw in draws])


def _drawing(node: Node, template: Template) -> Draw:
    """What draws the node."""
    make = _MAKERS.get(type(node))
    return (make(node, template) if make is not None else None) or _own(node)


def _own(node: Node) -> Draw:
    return lambda scope: str(node.render_annotated(scope.context))


def _text(node: TextNode, _: Template) -> Draw:
    text = node.s
    return lambda _: text


def _constant(node: Constant, _: Template) -> Draw:
    return lambda scope: node.text(scope.language)


def _partial(node: DefinePartialNode, template: Template) -> Draw:
    return _run(node.nodelist, template) if node.inline else lambda _: ""


def _shown(node: VariableNode, _: Template) -> Draw:
    value = _value(node.filter_expression)

    def draw(scope: Scope) -> str:
        found = value(scope)
        if type(found) is str and scope.context.autoescape:  # which it nearly always is
            return escaped(found)
        return _written(found, scope.context)

    return draw


def _written(value: Any, context: Context) -> str:
    kind = type(value)  # not what it says it is: what is lazy says so of what it will be
    if issubclass(kind, str) and not hasattr(kind, "__html__") and context.autoescape:
        return escaped(value)
    if kind is int and 0 <= value < 1000:  # without a separator in any language
        return str(value)
    return value if kind is SafeString else str(render_value_in_context(value, context))


def _if(node: IfNode, template: Template) -> Draw:
    arms = [(_test(test), _run(nodes, template)) for test, nodes in node.conditions_nodelists]

    def draw(scope: Scope) -> str:
        for test, inside in arms:
            if test(scope):
                return inside(scope)
        return ""

    return draw


def _for(node: Any, template: Template) -> Draw:
    values = _value(node.sequence, or_none=True)
    inside, otherwise = _run(node.nodelist_loop, template), _run(node.nodelist_empty, template)
    loopvars, is_reversed = node.loopvars, node.is_reversed

    def draw(scope: Scope) -> str:
        found = values(scope)
        if found is None:
            found = ()
        if not hasattr(found, "__len__"):
            found = list(found)
        if len(found) < 1:
            return scope.draw(otherwise, {})
        return scope.draw(lambda scope: _each(scope, found), {})

    def _each(scope: Scope, found: Any) -> str:
        names, count = scope.names, len(found)
        loop = names["forloop"] = {"parentloop": names.get("forloop", {})}
        drawn = []
        for number, each in enumerate(reversed(found) if is_reversed else found):
            loop["counter0"], loop["counter"] = number, number + 1
            loop["revcounter"], loop["revcounter0"] = count - number, count - number - 1
            loop["first"], loop["last"] = number == 0, number == count - 1
            if len(loopvars) == 1:
                names[loopvars[0]] = each
                drawn.append(inside(scope))
            else:
                drawn.append(scope.draw(inside, dict(zip(loopvars, each, strict=True))))
        return "".join(drawn)

    return draw


def _with(node: WithNode, template: Template) -> Draw:
    inside, more = _run(node.nodelist, template), _values(node.extra_context)
    return lambda scope: scope.draw(inside, {name: value(scope) for name, value in more.items()})


def _include(node: IncludeNode, template: Template) -> Draw | None:
    """A part that the template names is drawn in place."""
    name = node.template.var
    if node.isolated_context or node.template.filters or not isinstance(name, str) or name.startswith("."):
        return None
    more = _values(node.extra_context)
    found: list[tuple[Template, Draw]] = []  # once it is read: a part may include itself

    def draw(scope: Scope) -> str:
        if not found:
            part = template.engine.get_template(name)
            found.append((part, _run(part.nodelist, part)))
        part, inside = found[0]
        with scope.context.render_context.push_state(part):
            return scope.draw(inside, {name: value(scope) for name, value in more.items()})

    return draw


def _tag(node: SimpleNode, _: Template) -> Draw | None:
    if node.target_var is not None:
        return None
    function, takes_context = node.func, node.takes_context
    values, named = [_value(each) for each in node.args], _values(node.kwargs)

    def draw(scope: Scope) -> str:
        given = [value(scope) for value in values]
        if takes_context:
            given.insert(0, scope.context)
        drawn = function(*given, **{name: value(scope) for name, value in named.items()})
        if type(drawn) is SafeString:
            return drawn
        return str(conditional_escape(drawn) if scope.context.autoescape else drawn)

    return draw


def _url(node: URLNode, _: Template) -> Draw | None:
    """An address with arguments: mostly that of a record, by its id."""
    if not node.args or node.kwargs or node.asvar or not is_literal(node.view_name):
        return None
    name, values, own = node.view_name.var, [_value(each) for each in node.args], _own(node)

    def draw(scope: Scope) -> str:
        given = [value(scope) for value in values]
        if all(type(each) is int or (type(each) in (str, SafeString) and _WORD.fullmatch(each)) for each in given):
            return address(name, *given, prefix=scope.language[1])
        return own(scope)

    return draw


def _translated(node: Any, _: Template) -> Draw | None:
    """Words with values in them."""
    if node.asvar or not is_literal(node.message_context):
        return None
    own, more = _own(node), _values(node.extra_context)
    words, within = node.render_token_list(node.singular)
    context = node.message_context and node.message_context.var
    has_count = bool(node.plural and node.countervar and node.counter)
    several, within_several = node.render_token_list(node.plural) if has_count else ("", [])
    count = _value(node.counter) if has_count else None
    shown = dict.fromkeys([*within, *within_several])

    def draw(scope: Scope) -> str:
        names = {name: value(scope) for name, value in more.items()}
        if count is None:
            said = pgettext(context, words) if context else gettext(words)
        else:
            number = names[node.countervar] = count(scope)
            if type(number) is not int:
                return own(scope)
            said = npgettext(context, words, several, number) if context else ngettext(words, several, number)
        told = {}
        for name in shown:
            value = names.get(name, _UNSURE)
            value = scope.names.get(name, _UNSURE) if value is _UNSURE else value
            if value is _UNSURE:
                return own(scope)
            told[name] = _written(value, scope.context)
        try:
            return said % told
        except (KeyError, ValueError):  # a translation that names others
            return own(scope)

    return draw


def _csrf_token(_: CsrfTokenNode, __: Template) -> Draw:
    return _drawn_token


def _drawn_token(scope: Scope) -> str:
    given = scope.names.get("csrf_token")
    if given is not scope.token[0]:
        written = str(given or "")
        is_there = written not in ("", "NOTPROVIDED")  # Django's word for none
        field = f'<input type="hidden" name="csrfmiddlewaretoken" value="{escaped(written)}">' if is_there else ""
        scope.token = (given, field)
    return scope.token[1]


_MAKERS: Mapping[type[Node], Callable[[Any, Template], Draw | None]] = {
    TextNode: _text,
    Constant: _constant,
    Drawn: lambda node, _: node.draw,
    VariableNode: _shown,
    IfNode: _if,
    ForNode: _for,
    WithNode: _with,
    IncludeNode: _include,
    DefinePartialNode: _partial,
    SimpleNode: _tag,
    URLNode: _url,
    BlockTranslateNode: _translated,
    CsrfTokenNode: _csrf_token,
}


# Conditions


def _test(condition: Any) -> Value:
    """What `{% if %}` asks; as Django has it, an operator that breaks says no."""
    if condition is None:
        return lambda _: True
    if isinstance(condition, TemplateLiteral):
        return _value(cast("FilterExpression", condition.value), or_none=True)
    if condition.id in ("and", "or"):
        return _joined(condition.id == "and", _test(condition.first), _test(condition.second))
    if condition.id == "not":
        return _denied(_test(condition.first))
    if condition.id in _COMPARISONS:
        return _compared(_COMPARISONS[condition.id], _test(condition.first), _test(condition.second))
    return lambda scope: condition.eval(scope.context)


def _joined(is_and: bool, one: Value, other: Value) -> Value:
    def test(scope: Scope) -> Any:
        try:
            return (one(scope) and other(scope)) if is_and else (one(scope) or other(scope))
        except Exception:  # noqa: BLE001
            return False

    return test


def _denied(one: Value) -> Value:
    def test(scope: Scope) -> Any:
        try:
            return not one(scope)
        except Exception:  # noqa: BLE001
            return False

    return test


def _compared(compare: Callable[[Any, Any], Any], one: Value, other: Value) -> Value:
    def test(scope: Scope) -> Any:
        try:
            return compare(one(scope), other(scope))
        except Exception:  # noqa: BLE001
            return False

    return test


# Values


def _values(expressions: Mapping[str, FilterExpression]) -> dict[str, Value]:
    return {name: _value(expression) for name, expression in expressions.items()}


def _value(expression: FilterExpression, *, or_none: bool = False) -> Value:
    """What an expression resolves to; `or_none` is for those in conditions, which may name what is not there."""
    var: Any = expression.var

    def resolved(scope: Scope) -> Any:
        return expression.resolve(scope.context, or_none)

    if expression.filters or (isinstance(var, Variable) and var.translate):
        return resolved
    if not isinstance(var, Variable):
        return lambda _: var
    if var.lookups is None:
        return lambda _: var.literal
    first, *others = var.lookups

    def found(scope: Scope) -> Any:
        current = scope.names.get(first, _UNSURE)
        if current is _UNSURE:
            return None if or_none and not hasattr(scope.context, first) else resolved(scope)
        return resolved(scope) if callable(current) else current

    def found_within(scope: Scope) -> Any:
        current = scope.names.get(first, _UNSURE)
        if current is _UNSURE or callable(current):
            return None if or_none and current is _UNSURE and not hasattr(scope.context, first) else resolved(scope)
        for bit in others:
            current = _member(current, bit)
            if current is None and or_none:
                return None
            if current is _UNSURE:
                return resolved(scope)
        return current

    if not others:
        return found
    return _attribute(first, others[0], found_within) if len(others) == 1 else found_within


def _attribute(first: str, name: str, otherwise: Value) -> Value:
    """An attribute of a thing that has nothing else, looked up at once."""

    def found(scope: Scope) -> Any:
        thing = scope.names.get(first)
        if _KINDS.get(type(thing)) and not callable(thing):
            try:
                value = getattr(thing, name)
            except Exception:  # noqa: BLE001 -- what Django makes of it is Django's
                return otherwise(scope)
            if not callable(value):
                return value
        return otherwise(scope)

    return found


def _member(thing: Any, name: str) -> Any:
    """A value of a dictionary or an attribute, which it nearly always is."""
    kind = type(thing)
    if kind is dict:
        found = thing.get(name, _UNSURE)
    elif _has_attributes_only(kind):
        try:
            found = getattr(thing, name, _UNSURE)
        except Exception:  # noqa: BLE001 -- what Django makes of it is Django's
            return _UNSURE
    else:
        return _UNSURE
    return _UNSURE if callable(found) else found


_KINDS: dict[type, bool] = {}


def _has_attributes_only(kind: type) -> bool:
    known = _KINDS.get(kind)
    if known is None:
        known = _KINDS[kind] = not hasattr(kind, "__getitem__")
    return known


def is_literal(expression: FilterExpression | None) -> bool:
    """Whether it is a text or number that stands in the template itself, as it is."""
    if expression is None:
        return True
    var = expression.var
    return not expression.filters and (not isinstance(var, Variable) or var.lookups is None)
