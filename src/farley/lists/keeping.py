"""What the journal asks of saved views (`journal.undo.Keeper`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.journal.models import Batch, Door
from farley.journal.undo import Former, PutBack
from farley.lists.models import View
from farley.lists.saving import FIRST, first_of, put, put_first, put_live
from farley.spaces.models import Space


class ViewKeeper:
    """Brings back what views were called, asked for, and whom they were shared with."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return _put_back

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state for state in states}
        there = View.objects.in_bulk(wanted)
        gone = dict.fromkeys(wanted.keys() - there.keys(), "gone")
        return gone | {pk: "changed" for pk, view in there.items() if not _is_so(view, wanted[pk])}

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        return dict(View.objects.known_to(by).filter(pk__in=list(subjects)).values_list("pk", "title"))


def _is_so(view: View, state: Former) -> bool:
    if state.live is not None and state.live is not (view.deleted_at is None):
        return False
    return all(_value(view, name) == value for name, value in state.own.items())


def _value(view: View, name: str) -> Any:
    if name.startswith(FIRST):
        return first_of(int(name.removeprefix(FIRST)), view.list)
    return getattr(view, name)


def _put_back(
    former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
) -> dict[int, str]:
    how: dict[str, Any] = {"by": by, "door": door, "batch": batch}
    kept = {}
    for state in former:
        view = View.objects.filter(pk=state.subject).first()
        if view is None:
            kept[state.subject] = "gone"
            continue
        heard = [space for space in spaces.values() if space.pk in (view.space_id, state.own.get("space_id"))]
        heard = heard or list(spaces.values())  # of something else that was done there, or of a private one
        if state.live is not None:
            put_live(view, heard, is_live=state.live, **how)
        wanted = {name: value for name, value in state.own.items() if not name.startswith(FIRST)}
        if wanted.get("owner_id") is not None and not User.objects.filter(pk=wanted["owner_id"]).exists():
            wanted["owner_id"] = None  # their account was deleted
        put(view, wanted, heard, **how)
        for name in state.own.keys() - wanted.keys():
            first = state.own[name]
            if first is None or View.objects.filter(pk=first).exists():
                put_first(view, int(name.removeprefix(FIRST)), first, heard, **how)
    return kept
