"""The own fields that an import defined: they go with it when it is undone, where nobody has used them since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote_plus

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.database.turns import write_turn
from farley.exchange.models import Import
from farley.fields import operations as defining
from farley.fields.models import Field, Value
from farley.fields.operations import BadDefinition, NotForEverywhere
from farley.journal.models import Batch, Door
from farley.lists.models import View
from farley.spaces.operations import NoSuchSpace, NotAllowed


def note(run: Import, fields: Sequence[Field]) -> None:
    """Remember that these were defined for this import."""
    if not fields:
        return
    run.defined = [*run.defined, *(field.pk for field in fields)]
    with write_turn():
        run.save(update_fields=["defined"])


def follow(batch: Batch, *, is_undone: bool, by: Actor, door: Door) -> None:
    """Take the fields of the import that `batch` was along with it; or back, where its undoing is undone."""
    for run in Import.objects.filter(batch=batch).exclude(defined=[]):
        take_along(run, is_undone=is_undone, by=by, door=door)


def take_along(run: Import, *, is_undone: bool, by: Actor, door: Door) -> None:
    """Remove the fields that were defined for this import; or bring them back.

    One that has values by now, or that a saved view asks for, stays; so do all where `by` does not define fields.
    """
    for field in Field.objects.filter(pk__in=run.defined, deleted_at__isnull=is_undone).select_related("space"):
        try:
            if not is_undone:
                defining.bring_back(field, by=by, door=door)
            elif not _is_used(field):
                defining.remove(field, by=by, door=door)
        except (NotAllowed, NoSuchSpace, NotForEverywhere, BadDefinition):
            continue


def _is_used(field: Field) -> bool:
    """Whether it has values, a saved view names it, or somebody has it as a column of a list."""
    named = re.compile(rf"(?<![\w.-]){re.escape(field.name)}(?![\w.-])")  # no other field whose name begins so
    views = View.objects.filter(query__contains=field.name, deleted_at=None).values_list("query", flat=True)
    chosen = User.objects.exclude(columns={}).values_list("columns", flat=True)
    return (
        any(named.search(unquote_plus(query)) for query in views)
        or any(named.search(str(columns)) for columns in chosen.iterator(500))
        or Value.objects.filter(field_id=field.pk).exists()
    )
