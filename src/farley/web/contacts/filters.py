"""Filters as pages show them: chips, what is wrong with one, what would help one that takes too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy

from farley.lists.filtering import Field, Kind
from farley.lists.language import NO_VALUE, BadFilter, Condition, Filter, Group, Operator, Reason
from farley.lists.paging import TooSlow
from farley.web.dates import read_date

Text = str | Promise

OPERATORS: Mapping[Operator, Text] = {
    Operator.IS: pgettext_lazy("filter", "is"),
    Operator.IS_NOT: pgettext_lazy("filter", "is not"),
    Operator.IN: pgettext_lazy("filter", "is one of"),
    Operator.CONTAINS: pgettext_lazy("filter", "contains"),
    Operator.STARTS: pgettext_lazy("filter", "starts with"),
    Operator.EMPTY: pgettext_lazy("filter", "is empty"),
    Operator.FILLED: pgettext_lazy("filter", "is filled in"),
    Operator.BEFORE: pgettext_lazy("filter", "before"),
    Operator.AFTER: pgettext_lazy("filter", "after"),
    Operator.UNDER: pgettext_lazy("filter", "less than"),
    Operator.OVER: pgettext_lazy("filter", "more than"),
    Operator.FROM: pgettext_lazy("filter", "from"),
    Operator.UNTIL: pgettext_lazy("filter", "up to"),
}

REASONS: Mapping[Reason, Text] = {
    Reason.TOO_LONG: gettext_lazy("This filter is too long. Take some conditions away."),
    Reason.TOO_MANY: gettext_lazy("This filter has too many conditions or values. Take some away."),
    Reason.TOO_DEEP: gettext_lazy("This filter has too many parentheses within each other."),
    Reason.NOT_STORED: gettext_lazy("This filter has a character in it that no contact can hold."),
    Reason.FIELD: gettext_lazy("The name of a field is missing."),
    Reason.OPERATOR: gettext_lazy("A comparison is missing behind the field, such as is, contains or before."),
    Reason.VALUE: gettext_lazy("A value is missing."),
    Reason.CLOSING: gettext_lazy("A closing parenthesis is missing."),
    Reason.JOIN: gettext_lazy("Between two conditions “and” or “or” is missing; several words need quotation marks."),
    Reason.QUOTE: gettext_lazy("A quotation mark is never closed."),
    Reason.UNKNOWN_FIELD: gettext_lazy("This field does not exist here, or not any more."),
    Reason.NOT_FOR_FIELD: gettext_lazy("This comparison does not go with its field."),
    Reason.NOT_A_DATE: gettext_lazy("This is no date. Write 2026-12-31, today, or today-30d for thirty days ago."),
    Reason.NOT_A_NUMBER: gettext_lazy("This is no number."),
    Reason.NOT_A_CHOICE: gettext_lazy("This is none of the values the field can have."),
    Reason.SHAPE: gettext_lazy("This is not a filter."),
}


def problem_of(error: BadFilter) -> str:
    """What is wrong, and where."""
    if not error.word:
        return str(REASONS[error.reason])
    where = gettext("At “{word}”, character {at}:").format(word=error.word, at=error.at + 1)
    return f"{where} {REASONS[error.reason]}"


def slowness_of(error: TooSlow, fields: Mapping[str, Field]) -> str:
    """What took too long, and which filter to add."""
    named = ", ".join(str(fields[name].label) for name in ("city", "org", "tag", "owner", "changed") if name in fields)
    said = ", ".join(f"“{each}”" for each in error.said)
    if not said:
        return gettext("This took too long and was stopped. Add a filter that fewer contacts pass: {fields}.").format(
            fields=named
        )
    return gettext(
        "This took too long and was stopped, as no index helps with {said}. Add a filter that fewer contacts pass:"
        " {fields}."
    ).format(said=said, fields=named)


def alternatives_of(part: Filter) -> Sequence[Filter]:
    """What one of is enough."""
    return part.parts if isinstance(part, Group) and part.is_any else (part,)


def described(filter_: Filter, fields: Mapping[str, Field]) -> tuple[str, str]:
    """Name and value of a chip."""
    if isinstance(filter_, Condition):
        field = fields.get(filter_.field)
        if field is None:
            return filter_.field, gettext("no longer there")
        return str(field.label), _asked(filter_, field)
    joined = pgettext("filter", "or") if filter_.is_any else pgettext("filter", "and")
    return "", f" {joined} ".join(_within(part, fields) for part in filter_.parts)


def _within(part: Filter, fields: Mapping[str, Field]) -> str:
    said = " ".join(described(part, fields)).strip()
    return said if isinstance(part, Condition) else f"({said})"


def _asked(condition: Condition, field: Field) -> str:
    values = ", ".join(value_said(value, field) for value in condition.values)
    if condition.operator is Operator.IS:
        return values
    return (
        f"{OPERATORS[condition.operator]} {values}"
        if condition.operator not in NO_VALUE
        else str(OPERATORS[condition.operator])
    )


def value_said(value: str, field: Field) -> str:
    """A value as people read it."""
    for option in field.options:
        if option.value == value:
            return str(option.label)
    if field.kind in (Kind.DATE, Kind.INSTANT) and value.startswith("today"):
        return gettext("today") + value.removeprefix("today")
    return value


def value_written(typed: str, field: Field) -> str:
    """What people type, as the language of filters has it: a value by its label, a day as they write it here."""
    for option in field.options:
        if str(option.label).casefold() == typed.casefold():
            return option.value
    if field.kind not in (Kind.DATE, Kind.INSTANT):
        return typed
    today = gettext("today")
    if typed.casefold().startswith(today.casefold()):
        return "today" + typed[len(today) :].replace(" ", "")
    try:
        date = read_date(typed)
        return str(dt.date(date.year or 0, date.month or 0, date.day or 0))
    except ValueError:
        return typed
