"""The page that puts a filter together: condition by condition, as chips show them, or the whole of it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.contacts.tasks import rederive
from farley.jobs.worker import is_waiting
from farley.lists import language
from farley.lists.filtering import Field
from farley.lists.language import NO_VALUE, BadFilter, Condition, Filter, Group, Operator, Reason
from farley.web.contacts import listing as asking
from farley.web.contacts.filters import OPERATORS, REASONS, alternatives_of, problem_of, value_said, value_written
from farley.web.shell.requests import PageRequest

WORDS = "words"  # in place of a place, where the whole filter is changed
MAX_NAMED = 20  # values of a field, in a sentence


@dataclass(frozen=True, slots=True)
class At:
    """A place in a filter: the number of a part that must be so, and of one of its alternatives, None: all of it."""

    part: int
    alternative: int | None = None

    @classmethod
    def read(cls, text: str) -> Self | None:
        part, _, alternative = text.partition(".")
        if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in (part, alternative or "0")):
            return None
        return cls(int(part), int(alternative) if alternative else None)

    def of(self, filter_: Filter | None) -> Filter | None:
        """What stands there; None for a place that is none, or free."""
        parts = language.parts_of(filter_)
        if self.part >= len(parts):
            return None
        alternatives = alternatives_of(parts[self.part])
        if self.alternative is None:
            return parts[self.part]
        return alternatives[self.alternative] if self.alternative < len(alternatives) else None

    def changed(self, filter_: Filter | None, condition: Condition | None) -> Filter | None:
        """The filter with another condition there, or none; behind the last one it comes in addition."""
        parts = list(language.parts_of(filter_))
        here = parts[self.part : self.part + 1]
        new = [] if condition is None else [condition]
        if self.alternative is None or not here:
            return language.all_of([*parts[: self.part], *new, *parts[self.part + 1 :]])
        left = list(alternatives_of(here[0]))
        left[self.alternative : self.alternative + 1] = new
        part = [] if not left else left if len(left) == 1 else [Group(tuple(left), is_any=True)]
        return language.all_of([*parts[: self.part], *part, *parts[self.part + 1 :]])


@require_GET
def filter_form(request: PageRequest) -> HttpResponse:
    """A form for a condition of the filter of the list: for a new one, or with `at` for one that is there.

    With `field`, with `remove`, or with the whole of it in `words` it leads to the list that is narrowed so.
    """
    asked = asking.asked(request)
    fields = asked.listed.fields
    at, problem = At.read(request.GET.get("at", "")), ""
    given: Mapping[str, Any] = request.GET
    try:
        if "words" in request.GET:
            return redirect(asked.with_filter(_checked(request.GET["words"], fields)))
        if at is not None and "remove" in request.GET:
            return redirect(asked.with_filter(language.written(at.changed(language.parse(asked.filter), None))))
        if request.GET.get("field"):
            return redirect(
                asked.with_filter(_extended(request.GET, asked.filter, _condition(request.GET, fields), at))
            )
        if at is not None:
            given = _as_given(at.of(language.parse(asked.filter)), fields)
    except BadCondition as error:
        problem = _refused_condition(error)
    except BadFilter as error:
        problem = problem_of(error)
    return render(request, "contacts/filter.html", _context(request, asked, at, given, problem))


def _context(
    request: PageRequest, asked: asking.Asked, at: At | None, given: Mapping[str, Any], problem: str
) -> dict[str, Any]:
    groups: dict[str, list[Field]] = {}
    for field in asked.listed.fields.values():
        groups.setdefault(str(field.heading), []).append(field)
    is_there = at is not None and not asked.problem and at.of(language.parse(asked.filter)) is not None
    return {
        "place": "contacts",
        "problem": problem or asked.problem,
        "is_rederiving": is_waiting(rederive),
        "groups": groups,
        "operators": [(operator.value, label) for operator, label in OPERATORS.items()],
        "given": given,
        "at": request.GET.get("at", "") if at is not None else "",
        "is_there": is_there,
        "is_unreadable": bool(asked.problem),  # first it is mended
        "filter": asked.filter,
        "words": request.GET.get("words", asked.filter),
        "opens_words": request.GET.get("at") == WORDS or "words" in request.GET or bool(asked.problem),
        "kept": [*asked.kept, *([("q", asked.text)] if asked.text else [])],
    }


def _as_given(part: Filter | None, fields: Mapping[str, Field]) -> dict[str, str]:
    """A condition as the form holds it, its values as people write them."""
    if not isinstance(part, Condition):
        return {}
    field = fields.get(part.field)
    values = part.values if field is None else [value_said(value, field) for value in part.values]
    return {"field": part.field, "operator": part.operator.value, "value": ", ".join(values)}


def _checked(text: str, fields: Mapping[str, Field]) -> str:
    """A whole filter that somebody wrote. Raises BadFilter."""
    parsed = language.parse(text)
    for condition in language.conditions(parsed):
        if condition.field not in fields:
            raise BadFilter(Reason.UNKNOWN_FIELD, condition.field, condition.at)
        fields[condition.field].test(condition)
    return language.written(parsed)


class BadCondition(ValueError):
    """What was typed into the form cannot be asked of `field`."""

    def __init__(self, error: BadFilter, field: Field | None) -> None:
        super().__init__(str(error))
        self.reason, self.field = error.reason, field


def _condition(given: QueryDict, fields: Mapping[str, Field]) -> Condition:
    """The condition of the form. Raises BadCondition."""
    name = str(given["field"])
    field = fields.get(name)
    if field is None:
        raise BadCondition(BadFilter(Reason.UNKNOWN_FIELD, name, 0), None)
    operator = next((each for each in Operator if each == given.get("operator")), Operator.IS)
    typed = given.get("value", "").strip()
    if operator in NO_VALUE:
        values: list[str] = []
    elif operator is Operator.IN:
        values = [value.strip() for value in typed.split(",") if value.strip()]
    else:
        values = [typed]
    condition = Condition(name, operator, tuple(value_written(value, field) for value in values))
    try:
        if operator not in NO_VALUE and not any(values):
            raise BadFilter(Reason.VALUE, "", 0)
        field.test(condition)
    except BadFilter as error:
        raise BadCondition(error, field) from error
    return condition


def _refused_condition(problem: BadCondition) -> str:
    said = str(REASONS[problem.reason])
    if problem.reason is not Reason.NOT_A_CHOICE or problem.field is None:
        return said
    labels = ", ".join(str(option.label) for option in problem.field.options[:MAX_NAMED])
    return said + " " + gettext("It can be: {values}.").format(values=labels)


def _extended(given: QueryDict, text: str, condition: Condition, at: At | None) -> str:
    """The filter with one condition more, or another one where `at` says. Raises BadFilter."""
    before = language.parse(text)
    if at is not None:
        return language.written(at.changed(before, condition))
    if before is None:
        return language.written(condition)
    is_any = given.get("join") == "any"
    parts = (before,) if isinstance(before, Condition) or before.is_any is not is_any else before.parts
    return language.written(Group((*parts, condition), is_any=is_any))
