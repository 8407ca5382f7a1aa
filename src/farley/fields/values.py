"""Values of own fields: read from what somebody typed, kept as JSON, put in order, shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.db.models import Q

from farley.fields.models import MAX_NORM, Document, Field
from farley.search.folding import search_fold
from farley.search.models import MAX_TEXT, Texts

Value = str | int | float | bool
MAX_VALUE = 2000  # characters of a text
MAX_DIGITS = 15  # of a number: as many as JSON's numbers hold exactly
_SHIFT = 10**MAX_DIGITS
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_YES, _NO = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}


class BadValue(ValueError):
    """What was typed is no value of this field. `reason`: `long`, `number`, `date`, `yes`, `choice` or `text`."""

    def __init__(self, field: Field, reason: str) -> None:
        super().__init__(f"{field.label}: {reason}")
        self.field, self.reason = field, reason


def read(field: Field, text: str) -> Value | None:
    """The value that somebody typed; None for nothing. Raises BadValue."""
    text = text.strip()
    if not text:
        return None
    if _NOT_TEXT.search(text):
        raise BadValue(field, "text")
    match field.kind:
        case Field.Kind.NUMBER:
            return _number(field, text)
        case Field.Kind.DATE:
            try:
                return dt.date.fromisoformat(text).isoformat()
            except ValueError:
                raise BadValue(field, "date") from None
        case Field.Kind.YES_NO:
            if text.lower() not in _YES | _NO:
                raise BadValue(field, "yes")
            return text.lower() in _YES
        case Field.Kind.CHOICE:
            for number, label in field.options:
                if text in (label, str(number)):
                    return number
            raise BadValue(field, "choice")
    if len(text) > MAX_VALUE:
        raise BadValue(field, "long")
    return text


def _number(field: Field, text: str) -> int | float:
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadValue(field, "number") from None
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > MAX_DIGITS or abs(number) >= _SHIFT:
        raise BadValue(field, "number")
    if number and number.normalize().adjusted() < -6:
        raise BadValue(field, "number")
    return int(number) if number == number.to_integral_value() else float(number)


def norm_of(value: Value) -> str:
    """Text in the order of the values of one field; what it is equal to is equal."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return search_fold(value)[:MAX_NORM]
    return f"{int((Decimal(repr(value)) + _SHIFT) * 10**9):026d}"


def shown(field: Field, value: Value) -> str:
    """A value as people read it, but for yes and no and for dates, which depend on their language."""
    if field.kind == Field.Kind.CHOICE:
        return dict(field.options).get(int(value), "")
    return str(value)


class Had(NamedTuple):
    """What a record has in its space: values for filters, by the field's id, and texts for the search."""

    norms: dict[int, str]
    texts: list[str]


NOTHING = Had({}, [])


def had_in(space: int, documents: Mapping[int, Document | None]) -> dict[int, Had]:
    """What records in this space have of their documents, by record.

    They keep the values of a space they left, which are for nobody here to find. Those of a deleted field are kept for
    filters, for it may be brought back, but no search tells of them.
    """
    numbers = {int(number) for document in documents.values() for number in document or ()}
    if not numbers:
        return dict.fromkeys(documents, NOTHING)
    fields = Field.objects.filter(Q(space=None) | Q(space=space), pk__in=numbers)
    gone = dict(fields.values_list("pk", "deleted_at"))
    found = {}
    for pk, document in documents.items():
        mine = {int(number): value for number, value in (document or {}).items() if int(number) in gone}
        texts = [value for number, value in mine.items() if isinstance(value, str) and gone[number] is None]
        found[pk] = Had({number: norm_of(value) for number, value in mine.items()}, texts)
    return found


def searched_too(said: Texts, had: Had) -> Texts:
    """What search holds of a record, with the texts among its values."""
    if not had.texts:
        return said
    words = " ".join(search_fold(" ".join(had.texts)).split())
    return Texts(said.name, f"{said.text}{words} "[: MAX_TEXT + 2], said.fields)
