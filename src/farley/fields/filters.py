"""Own fields as filters of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from farley.fields import values
from farley.fields.models import MAX_NORM, Field, Value
from farley.lists import filtering
from farley.lists.filtering import Kind, Option, Rows, Test, looked_up
from farley.lists.language import BadFilter, Condition, Reason
from farley.search.folding import search_fold

KINDS = {
    Field.Kind.TEXT: Kind.TEXT,
    Field.Kind.NUMBER: Kind.NUMBER,
    Field.Kind.DATE: Kind.DATE,
    Field.Kind.YES_NO: Kind.YES_NO,
    Field.Kind.CHOICE: Kind.CHOICE,
}


def filter_fields(fields: Iterable[Field]) -> Iterator[filtering.Field]:
    """What filters can ask for of these."""
    for field in fields:
        kind = Field.Kind(field.kind)
        options = tuple(Option(label, label) for _number, label in field.options)
        if kind is Field.Kind.YES_NO:
            options = (Option("yes", _("yes")), Option("no", _("no")))
        heading: Any = field.space.title if field.space is not None else _("Own fields")
        yield filtering.Field(
            name=field.name, label=field.label, kind=KINDS[kind], find=_finder(field), options=options, heading=heading
        )


def _finder(field: Field) -> Callable[[Condition], Test]:
    rows = Rows(lambda: Value.objects.filter(field_id=field.pk), "norm", "own_values_in_order", "record")

    def find(condition: Condition) -> Test:
        return rows.test(looked_up(condition, [_key(field, value, condition) for value in condition.values]))

    return find


def _key(field: Field, text: str, condition: Condition) -> str:
    match field.kind:
        case Field.Kind.NUMBER:
            return values.norm_of(_number(field, text, condition))
        case Field.Kind.DATE:
            return filtering.date_of(text, condition).isoformat()
        case Field.Kind.TEXT:
            if not (key := search_fold(text)[:MAX_NORM]):
                raise BadFilter(Reason.VALUE, text[:40], condition.value_at)
            return key
    try:
        value = values.read(field, text)
    except values.BadValue:
        value = None
    if value is None:
        raise BadFilter(Reason.NOT_A_CHOICE, text[:40], condition.value_at)
    return values.norm_of(value)


def _number(field: Field, text: str, condition: Condition) -> int | float:
    number: Decimal = filtering.number_of(text, condition)
    try:
        value = values.read(field, str(number))
    except values.BadValue:
        raise BadFilter(Reason.NOT_A_NUMBER, text[:40], condition.value_at) from None
    assert isinstance(value, int | float)
    return value
