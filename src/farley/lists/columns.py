"""Columns of a list: a noun declares what there is, everybody chooses which of it to see and in which order.

An address and a view name them; of a list whose address names none, one sees what one chose last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.database.turns import write_turn
from farley.lists.filtering import Kind, Text

MAX_COLUMNS = 30  # of a list at once
MIN_WIDTH, MAX_WIDTH = 48, 1200  # CSS pixels
_WIDTHS = "{} widths"  # as an account keeps those of a list
NONE = "name"  # how an address says that there is nothing beside the name


def _as_told(told: Any, _space: int) -> Any:
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a list can show of its records, beside their names.

    Either each row has it in any case, as `attribute`; or only those who see the column have the database asked, for
    `asks`, which is SQL. Of what it tells, and of the id of the record's space, `value` makes what is shown, as `kind`
    says, and None where there is nothing.
    """

    name: str  # in addresses, views and commands, where filters can ask for it as they call it
    label: Text
    kind: Kind
    attribute: str = ""
    asks: str = ""
    value: Callable[[Any, int], Any] = _as_told
    sort: str = ""  # the order that its heading asks for
    heading: Text = ""  # under which a form offers it


def chosen(text: str, known: Mapping[str, Column]) -> list[Column]:
    """The columns that an address names, in its order, each once; a name of none, such as of a field that has been
    deleted since, is passed over."""
    names = dict.fromkeys(name.strip() for name in text.split(","))
    return [known[name] for name in names if name in known][:MAX_COLUMNS]


def written(columns: Iterable[Column]) -> str:
    """As an address names them."""
    return ",".join(column.name for column in columns) or NONE


def moved(names: Sequence[str], name: str, by: int) -> list[str]:
    """`names` with one of them so many places further on, as far as there are places."""
    left = [each for each in names if each != name]
    place = max(0, min(list(names).index(name) + by, len(left)))
    return [*left[:place], name, *left[place:]]


def remembered(list_name: str, user: User) -> str:
    """What somebody chose last for this list; empty: nothing."""
    held: Any = user.columns.get(list_name, "")
    return held if isinstance(held, str) else ""


def widths(list_name: str, user: User) -> dict[str, int]:
    """How wide somebody made columns of this list, in CSS pixels, by their names."""
    found = {}
    for each in remembered(_WIDTHS.format(list_name), user).split(","):
        name, _, width = each.rpartition(":")
        if name and width.isascii() and width.isdigit():
            found[name] = max(MIN_WIDTH, min(int(width[:5]), MAX_WIDTH))
    return found


def remember_width(list_name: str, column: str, width: int | None, *, by: Actor) -> None:
    """Have the list show a column so wide from now on; None: as wide as it comes. The last ones are kept."""
    if by.user is None:
        return
    left = {name: px for name, px in widths(list_name, by.user).items() if name != column}
    kept = [*left.items(), *([(column, width)] if width is not None else [])][-MAX_COLUMNS:]
    remember(_WIDTHS.format(list_name), ",".join(f"{name}:{px}" for name, px in kept), by=by)


def remember(list_name: str, columns: str, *, by: Actor) -> None:
    """Have the list show these columns to `by` from now on; empty: those that it comes with."""
    if by.user is None:
        return
    with write_turn():
        user = User.objects.select_for_update().get(pk=by.user.pk)
        left = {name: held for name, held in user.columns.items() if name != list_name}
        user.columns = left | ({list_name: columns} if columns else {})
        user.save(update_fields=["columns"])
