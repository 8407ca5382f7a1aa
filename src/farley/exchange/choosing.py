"""What the columns of tables become, while somebody chooses it: an import that has not been checked yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.codecs.tables import NotATable
from farley.codecs.vcard import Card
from farley.database.turns import write_turn
from farley.exchange import own_lines
from farley.exchange.formats import TABLES, How, Look, NotAnArchive, archives_held, filled, format_of, look_at
from farley.exchange.mapping import BadMapping, Mapping
from farley.exchange.models import Import, SavedMapping
from farley.exchange.reading import REASON
from farley.exchange.sources import NothingToImport, Source, described_of, files_in
from farley.fields.models import Field
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.spaces.operations import require


def begin(space: Space, sources: Sequence[Source], *, by: Actor, door: Door) -> Import | None:
    """An import of files among which there are tables, for their columns to be chosen; None where there is no table.

    Raises NotAllowed, NoSuchSpace; NothingToImport for a table that cannot be read.
    """
    require(space, by, Role.EDITOR)
    assert by.user is not None
    with archives_held():
        opened = [each for source in sources for each in files_in(source)]
        if not any(_format_of(source) in TABLES for source in opened):
            return None
        files = [file for source in opened for file in described_of(_proposed(source, space, by))]
    with write_turn():
        return Import.objects.create(
            space=space, user=by.user, door=door, is_dry_run=True, files=files, state=Import.State.CHOOSING
        )


def tables_of(run: Import) -> list[int]:
    """The places among the files of an import that are tables."""
    return [at for at, file in enumerate(run.files) if file.get("how", {}).get("format") in TABLES]


def chosen(run: Import, index: int) -> tuple[Look, Mapping]:
    """The table at this place, and what its columns become so far. Raises NothingToImport, OSError."""
    file = run.files[index]
    how = How.from_json(file["how"])
    try:
        look = look_at(Path(file["path"]), replace(how, mapping=None))
    except (NotATable, LookupError) as error:
        raise NothingToImport(file["name"], str(error)) from error
    return look, how.mapping or look.mapping


def choose(run: Import, index: int, mapping: Mapping) -> Import:
    """Let the columns of that table become this; the import that has it: `run`, or where it was checked a new one.

    Raises BadMapping.
    """
    file = run.files[index]
    look, _ = chosen(run, index)
    mapping.check(look.header)
    files = [*run.files]
    files[index] = file | {"how": replace(How.from_json(file["how"]), mapping=mapping).to_json()}
    if run.state == Import.State.CHOOSING:
        run.files = files
        with write_turn():
            run.save(update_fields=["files"])
        return run
    with write_turn():
        return Import.objects.create(
            space=run.space,
            user=run.user,
            door=run.door,
            is_dry_run=True,
            files=files,
            key=run.key,
            rule=run.rule,
            calendar=run.calendar,
            state=Import.State.CHOOSING,
        )


def close(run: Import) -> None:
    """All is chosen: the import can be checked."""
    with write_turn():
        Import.objects.filter(pk=run.pk, state=Import.State.CHOOSING).update(state=Import.State.WAITING)


def missing_fields(run: Import, *, by: Actor) -> list[str]:
    """The labels of the own fields that columns become and that the space does not have."""
    here = own_lines.fields_here(run.space, by)
    lines = [line for card in _cards_of_new_fields(run) for line in own_lines.OwnLine.all_of(card)]
    return list(dict.fromkeys(line.label for line in lines if line.field_among(here) is None))


def define_missing(run: Import, *, by: Actor, door: Door) -> tuple[list[Field], list[str]]:
    """Define these fields in the space, as `own_lines.define_missing` does. Raises NotAllowed, NoSuchSpace."""
    return own_lines.define_missing(run.space, _cards_of_new_fields(run), by=by, door=door)


def _cards_of_new_fields(run: Import) -> Iterator[Card]:
    """A card for each table, with a line for each own field that a column of it becomes; empty columns become none."""
    for index in tables_of(run):
        how = How.from_json(run.files[index]["how"])
        mapping = how.mapping.columns if how.mapping else ()
        columns = [each for each in mapping if each.to == "own" and not each.n]  # else its name is in the rows
        if not columns:
            continue
        try:
            there = filled(Path(run.files[index]["path"]), how, {each.column for each in columns})
        except (NotATable, NotAnArchive, LookupError, OSError):
            continue  # the import says of it that it cannot be read
        card = Card.new(uid="columns")
        for column in columns:
            if not column.column or column.column in there:
                card = own_lines.with_line(card, label=column.label or column.column, key=column.key, kind=column.kind)
        yield card


def remember(mapping: Mapping, header: Sequence[str], *, by: Actor, space: Space | None) -> None:
    """Propose this for tables with these columns, to `by` alone or to everybody in `space`. Raises NotAllowed."""
    if space is not None:
        require(space, by, Role.EDITOR)
    whose: dict[str, Any] = {"user": by.user, "space": None} if space is None else {"user": None, "space": space}
    said = {"mapping": mapping.to_json(), "saved_at": timezone.now()}
    with write_turn():
        SavedMapping.objects.update_or_create(**whose, header=_hash_of(header), defaults=said)


def remembered(header: Sequence[str], space: Space, by: Actor) -> Mapping | None:
    """What was chosen for such a table before: by this person, else for everybody in the space."""
    mine = SavedMapping.objects.known_to(by).filter(Q(user=by.user) | Q(space=space), header=_hash_of(header))
    for saved in sorted(mine, key=lambda each: each.user_id is None):
        try:
            mapping = Mapping.from_json(saved.mapping)
            mapping.check(header)
        except BadMapping:  # of an older Farley
            continue
        return mapping
    return None


def remembered_for(source: Source, space: Space, by: Actor) -> Mapping | None:
    """What was chosen before for tables with the columns of this one; None also where it cannot be read as one."""
    try:
        return remembered(look_at(source.path, source.how).header, space, by)
    except (NotATable, LookupError):
        return None


def _proposed(source: Source, space: Space, by: Actor) -> Source:
    """A table with what its columns may become; any other file as it is."""
    name = _format_of(source)
    if name not in TABLES:
        return source
    how = replace(source.how, format=name)
    try:
        look = look_at(source.path, how)
    except NotATable as error:
        raise NothingToImport(source.name, error.reason) from error
    mapping = remembered(look.header, space, by) or look.mapping
    return replace(source, how=replace(how, mapping=mapping))


def _format_of(source: Source) -> str:
    return source.how.format or format_of(source.path)


def _hash_of(header: Sequence[str]) -> str:
    names = [name for name in header if name != REASON]  # a table to mend is mapped as the one it comes from
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()
