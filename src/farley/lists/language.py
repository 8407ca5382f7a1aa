"""The language of filters: one grammar for the address line, the command and the API.

    city is Berlin and (tag is Press or org contains "Daily News") and changed from today-30d

A filter is conditions joined by `and`, `or` and parentheses; `and` binds more tightly. A condition is a field, an
operator, and what that asks for: one value, several in parentheses, or none. A value is a word, or anything in double
quotes, in which a backslash stands before a quote or a backslash. The same filter as JSON: {"all": […]}, {"any": […]},
and {"field": "city", "is": "Berlin"}, {"field": "tag", "in": ["a", "b"]}, {"field": "phone", "empty": true}.

Reading says where something is wrong; what fields there are and what their values mean is `filtering`'s.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_LENGTH = 4000  # characters: what browsers and proxies carry in an address
MAX_CONDITIONS = 50
MAX_DEPTH = 5
MAX_VALUES = 200  # of one `in`
MAX_FIELD = 100  # characters of a field's name


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is not"
    IN = "in"
    CONTAINS = "contains"
    STARTS = "starts"
    EMPTY = "empty"
    FILLED = "filled"
    BEFORE = "before"
    AFTER = "after"
    UNDER = "under"
    OVER = "over"
    FROM = "from"  # the bound included, as in `until`
    UNTIL = "until"


NO_VALUE = (Operator.EMPTY, Operator.FILLED)


class Reason(StrEnum):
    """What is wrong with a filter."""

    TOO_LONG = "too long"
    TOO_MANY = "too many conditions"
    TOO_DEEP = "too many parentheses in each other"
    NOT_STORED = "a character that no text here holds"
    FIELD = "a field was expected"
    OPERATOR = "an operator was expected"
    VALUE = "a value was expected"
    CLOSING = "a closing parenthesis was expected"
    JOIN = "“and” or “or” was expected"
    QUOTE = "the quotation mark is never closed"
    UNKNOWN_FIELD = "there is no such field"
    NOT_FOR_FIELD = "this operator does not go with this field"
    NOT_A_DATE = "a date was expected, as 2026-12-31, today or today-30d"
    NOT_A_NUMBER = "a number was expected"
    NOT_A_CHOICE = "this is none of the field's values"
    SHAPE = "this is not the shape of a filter"


class BadFilter(ValueError):
    """The text is no filter, or not one of this list. `word` is the first one at fault; `at` is where it begins."""

    def __init__(self, reason: Reason, word: str = "", at: int = 0) -> None:
        super().__init__(f"{reason} at character {at + 1}: {word}" if word else f"{reason} at character {at + 1}")
        self.reason, self.word, self.at = reason, word, at


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field is to be like. `at` and `value_at` are where it and its values stand in the text."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()
    at: int = dataclasses.field(default=0, compare=False)
    value_at: int = dataclasses.field(default=0, compare=False)

    @property
    def value(self) -> str:
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Group:
    """All of its parts, or any of them."""

    parts: tuple[Filter, ...]
    is_any: bool = False


Filter = Condition | Group


def conditions(filter_: Filter | None) -> Iterator[Condition]:
    """All conditions, from left to right."""
    if isinstance(filter_, Condition):
        yield filter_
    elif filter_ is not None:
        for part in filter_.parts:
            yield from conditions(part)


def parts_of(filter_: Filter | None) -> tuple[Filter, ...]:
    """What must all be so: the parts of a group of all, else the filter itself."""
    if filter_ is None:
        return ()
    return filter_.parts if isinstance(filter_, Group) and not filter_.is_any else (filter_,)


def mapped(filter_: Filter, change: Callable[[Condition], Filter]) -> Filter:
    """The same filter with other conditions."""
    if isinstance(filter_, Condition):
        return change(filter_)
    return Group(tuple(mapped(part, change) for part in filter_.parts), filter_.is_any)


def all_of(parts: Sequence[Filter]) -> Filter | None:
    """The filter of which `parts_of` gives these."""
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Group(tuple(parts))


# Text

_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what no key can hold: drivers raise for it
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[(),])|(?P<open>")|(?P<word>[^\s(),"]+))', re.DOTALL)
_BARE = re.compile(r'[^\s(),"\\]+')
_RESERVED = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    at: int
    is_mark: bool = False
    is_quoted: bool = False

    def is_word(self, *words: str) -> bool:
        return not self.is_quoted and not self.is_mark and self.text.lower() in words

    def is_sign(self, mark: str) -> bool:
        return self.is_mark and self.text == mark


def parse(text: str) -> Filter | None:
    """The filter that `text` says; None where it says nothing. Raises BadFilter."""
    if len(text) > MAX_LENGTH:
        raise BadFilter(Reason.TOO_LONG, at=MAX_LENGTH)
    if found := _NOT_STORED.search(text):
        raise BadFilter(Reason.NOT_STORED, at=found.start())
    reader = _Reader(list(_tokens(text)), len(text.rstrip()))
    if not reader.tokens:
        return None
    filter_ = reader.any_of(0)
    if (left := reader.next) is not None:
        raise BadFilter(Reason.JOIN, left.text, left.at)
    _refuse_too_many(filter_)
    return filter_


def written(filter_: Filter | None) -> str:
    """The text of which `parse` makes the same filter again."""
    if filter_ is None:
        return ""
    if isinstance(filter_, Condition):
        return _written_condition(filter_)
    joined = " or " if filter_.is_any else " and "
    return joined.join(f"({written(part)})" if isinstance(part, Group) else written(part) for part in filter_.parts)


def _written_condition(condition: Condition) -> str:
    said = f"{condition.field} {condition.operator}"
    if condition.operator is Operator.IN:
        return f"{said} ({', '.join(map(_written_value, condition.values))})"
    return said if condition.operator in NO_VALUE else f"{said} {_written_value(condition.value)}"


def _written_value(value: str) -> str:
    if _BARE.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _tokens(text: str) -> Iterator[_Token]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        assert found is not None  # every character that is not white space begins one of them
        kind = str(found.lastgroup)
        at = found.start(kind)
        if kind == "open":
            raise BadFilter(Reason.QUOTE, text[at : at + 20], at)
        word = found[kind]
        if kind == "quoted":
            yield _Token(re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL), at, is_quoted=True)
        else:
            yield _Token(word, at, is_mark=kind == "mark")
        position = found.end()


class _Reader:
    """Reads tokens by the grammar, from left to right."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self.tokens, self.end, self.position = tokens, end, 0

    @property
    def next(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _is_next(self, *words: str) -> bool:
        return self.next is not None and self.next.is_word(*words)

    def _is_sign(self, mark: str) -> bool:
        return self.next is not None and self.next.is_sign(mark)

    def any_of(self, depth: int) -> Filter:
        return self._joined("or", depth)

    def _joined(self, word: str, depth: int) -> Filter:
        parts = [self._joined("and", depth) if word == "or" else self._part(depth)]
        while self._is_next(word):
            self.position += 1
            parts.append(self._joined("and", depth) if word == "or" else self._part(depth))
        return parts[0] if len(parts) == 1 else Group(tuple(parts), is_any=word == "or")

    def _part(self, depth: int) -> Filter:
        if not self._is_sign("("):
            return self._condition()
        if depth >= MAX_DEPTH:
            raise self._bad(Reason.TOO_DEEP)
        self.position += 1
        within = self.any_of(depth + 1)
        self._expect(")", Reason.CLOSING)
        return within

    def _condition(self) -> Condition:
        named = self.next
        if named is None or named.is_mark or named.is_quoted or named.is_word(*_RESERVED):
            raise self._bad(Reason.FIELD)
        self.position += 1
        operator = self._operator()
        value_at = self.next.at if self.next is not None else self.end
        if operator in NO_VALUE:
            values: tuple[str, ...] = ()
        elif operator is Operator.IN:
            values = self._several()
        else:
            values = (self._value(),)
        return Condition(named.text[:MAX_FIELD], operator, values, named.at, value_at)

    def _operator(self) -> Operator:
        word = self.next
        if word is None or word.is_quoted or word.is_mark:
            raise self._bad(Reason.OPERATOR)
        try:
            operator = Operator(word.text.lower())
        except ValueError:
            raise self._bad(Reason.OPERATOR) from None
        self.position += 1
        if operator is Operator.IS and self._is_next("not"):
            self.position += 1
            return Operator.IS_NOT
        return operator

    def _several(self) -> tuple[str, ...]:
        self._expect("(", Reason.VALUE)
        values = [self._value()]
        while self._is_sign(","):
            self.position += 1
            values.append(self._value())
        if len(values) > MAX_VALUES:
            raise self._bad(Reason.TOO_MANY)
        self._expect(")", Reason.CLOSING)
        return tuple(values)

    def _value(self) -> str:
        token = self.next
        if token is None or token.is_mark or token.is_word(*_RESERVED):
            raise self._bad(Reason.VALUE)
        self.position += 1
        return token.text

    def _expect(self, mark: str, reason: Reason) -> None:
        if not self._is_sign(mark):
            raise self._bad(reason)
        self.position += 1

    def _bad(self, reason: Reason) -> BadFilter:
        token = self.next
        return BadFilter(reason, token.text[:40], token.at) if token is not None else BadFilter(reason, at=self.end)


def _refuse_too_many(filter_: Filter) -> None:
    for number, condition in enumerate(conditions(filter_)):
        if number == MAX_CONDITIONS:
            raise BadFilter(Reason.TOO_MANY, condition.field, condition.at)


# JSON


def as_json(filter_: Filter | None) -> dict[str, Any]:
    """What `from_json` makes the same filter of."""
    if filter_ is None:
        return {"all": []}
    if isinstance(filter_, Group):
        return {"any" if filter_.is_any else "all": [as_json(part) for part in filter_.parts]}
    values: Any = list(filter_.values) if filter_.operator is Operator.IN else filter_.value if filter_.values else True
    return {"field": filter_.field, filter_.operator.value: values}


def from_json(value: Any) -> Filter | None:
    """Raises BadFilter for what is no filter."""
    read = _from_json(value, 0)
    if read is None:
        return None
    text = written(read)
    again = parse(text)  # one place that knows the limits
    if again != read:
        raise BadFilter(Reason.SHAPE)
    return read


def _from_json(value: Any, depth: int) -> Filter | None:
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        raise BadFilter(Reason.SHAPE, str(value)[:40])
    for name in ("all", "any"):
        if set(value) == {name} and isinstance(value[name], list):
            parts = [part for each in value[name] if (part := _from_json(each, depth + 1)) is not None]
            if len(parts) < 2:
                return parts[0] if parts else None
            return Group(tuple(parts), is_any=name == "any")
    named = value.get("field")
    operator = next((name for name in value if name != "field"), "") if len(value) == 2 else ""
    if not isinstance(named, str) or operator not in set(Operator):
        raise BadFilter(Reason.SHAPE, str(value)[:40])
    given = value[operator]
    several = given if operator == Operator.IN else [] if operator in NO_VALUE and given is True else [given]
    if not isinstance(several, list) or not all(isinstance(each, str) for each in several):
        raise BadFilter(Reason.SHAPE, str(value)[:40])
    return Condition(named, Operator(operator), tuple(several))
