"""Own fields as columns of a list."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from farley.fields import values
from farley.fields.filters import KINDS
from farley.fields.models import Field
from farley.lists.columns import Column


def list_columns(fields: Iterable[Field], document: str) -> Iterator[Column]:
    """Columns of these fields; `document` is the column with the values, as a statement calls it."""
    for field in fields:
        heading: Any = field.space.title if field.space is not None else _("Own fields")
        yield Column(
            name=field.name,
            label=field.label,
            kind=KINDS[Field.Kind(field.kind)],
            asks=_asked(document, field.pk),
            value=partial(_value, field),
            sort=field.name,
            heading=heading,
        )


def _asked(document: str, pk: int) -> str:
    """A value as JSON. A number alone SQLite takes for a place in an array."""
    return f"""{document} -> '$."{pk}"'""" if connection.vendor == "sqlite" else f"{document} -> '{pk}'"


def _value(field: Field, told: str | None, space: int) -> Any:
    """What a record in `space` has of a field; it keeps the values of a space it left, which are for nobody to see."""
    value = json.loads(told) if told is not None and field.is_of(space) else None
    if value is None:
        return None
    match field.kind:
        case Field.Kind.DATE:
            return dt.date.fromisoformat(str(value))
        case Field.Kind.CHOICE:
            return values.shown(field, value) or None
    return value
