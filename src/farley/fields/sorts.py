"""Own fields as orders of a list."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from farley.fields.models import Field, Value
from farley.lists.orders import Beside, Sort


def sort_of(field: Field, columns: tuple[str, ...], index: str) -> Sort:
    """The order by the values of a field; whoever has none comes last, in that of `columns`."""
    beside = Beside(
        key=f"own {field.pk}",
        rows=lambda: Value.objects.filter(field_id=field.pk),
        name="norm",
        record="record",
        index="own_values_in_order",
    )
    backwards = format_lazy(_("{field}, the other way round"), field=field.label)
    return Sort(field.name, field.label, backwards, columns, index, beside=beside)
