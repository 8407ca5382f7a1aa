"""Which contacts of a space a card that comes in may be about, by a key somebody chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

from farley.contacts.models import Contact, ExternalId, IndexRow, bare_uid
from farley.contacts.storing import Prepared
from farley.database import rows
from farley.fields.models import Field, Value
from farley.fields.values import Value as OwnValue
from farley.fields.values import norm_of
from farley.spaces.models import Space

AT_ONCE = 5000  # values in one statement
_OWN = "field:"


class NoSuchKey(ValueError):
    """A contact cannot be recognised by this. `key` is what was asked for."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Key(NamedTuple):
    """By what a contact is recognised, besides its UID, which always tells."""

    name: str  # "uid" (nothing else), "external-id", "email", "phone" or "field:KEY"
    field: Field | None = None

    @classmethod
    def named(cls, name: str, fields: Iterable[Field]) -> Self:
        """The key called so; `fields` are the own fields of the space. Raises NoSuchKey."""
        if name in _KINDS:
            return cls(name)
        field = next((each for each in fields if name == f"{_OWN}{each.key}"), None)
        if field is None:
            raise NoSuchKey(name)
        return cls(name, field)

    def values_of(self, item: Prepared, own: Mapping[Field, OwnValue | None]) -> list[tuple[str, str]]:
        """What `item` is recognised by, `own` being what it says of own fields; normalised."""
        kind = _ROWS.get(self.name)
        if kind is not None:
            return [(self.name, norm) for row, _, norm in item.derived.rows if row == kind and norm]
        if self.name == "external-id":
            return list(item.derived.external_ids)
        value = own.get(self.field) if self.field is not None else None
        return [] if value is None else [(self.name, norm_of(value))]


_ROWS = {"email": int(IndexRow.Kind.EMAIL), "phone": int(IndexRow.Kind.PHONE)}
_KINDS = ("uid", "external-id", *_ROWS)


def fitting(space: Space, key: Key, values: Sequence[Sequence[tuple[str, str]]]) -> list[list[Contact]]:
    """For the `values` of each card the live contacts of `space` that have one of them, by ascending id."""
    holders = _holders(space, key, {value for each in values for value in each})
    wanted = sorted({pk for pks in holders.values() for pk in pks})
    live = {"id": wanted, "space_id": space.pk, "deleted_at": None}
    contacts = {contact.pk: contact for contact in rows.load(Contact, live)} if wanted else {}
    found = [sorted({pk for value in each for pk in holders.get(value, ())}) for each in values]
    return [[contacts[pk] for pk in pks if pk in contacts] for pks in found]


def with_uids(space: Space, uids: Iterable[str]) -> dict[str, Contact]:
    """The live contacts of `space` with these UIDs as they are spelt."""
    wanted = set(uids)
    live = {"space_id": space.pk, "deleted_at": None, "uid_key": sorted({bare_uid(uid) for uid in wanted})}
    return {contact.uid: contact for contact in rows.load(Contact, live) if contact.uid in wanted}


def _holders(space: Space, key: Key, values: set[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    """By value, the ids of those that have it; some may be deleted, or elsewhere."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    ordered = sorted(values)
    for at in range(0, len(ordered), AT_ONCE):
        asked = ordered[at : at + AT_ONCE]
        norms = sorted({norm for _, norm in asked})
        if key.name in _ROWS:
            where = {"space_id": space.pk, "kind": IndexRow.Kind(_ROWS[key.name]), "norm": norms}
            for norm, pk in rows.select(IndexRow, ("norm", "contact_id"), where):
                found[key.name, norm].append(pk)
        elif key.field is not None:
            where = {"field_id": key.field.pk, "space_id": space.pk, "norm": norms}
            for norm, pk in rows.select(Value, ("norm", "record"), where):
                found[key.name, norm].append(pk)
        else:
            systems = sorted({system for system, _ in asked})
            where = {"system": systems, "key": norms}
            for system, norm, pk in rows.select(ExternalId, ("system", "key", "contact_id"), where):
                found[system, norm].append(pk)
    return found
