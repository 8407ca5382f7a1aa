"""`farley history`: everything that happened to one contact."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, contact_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User


def add_to(commands: Any) -> None:
    parser = commands.add_parser("history", help="what happened to a contact, newest first")
    parser.add_argument("uid", metavar="UID")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have a contact with this UID")
    parser.set_defaults(run=_history)


def _history(options: argparse.Namespace) -> int:
    from django.utils.timezone import localtime

    from farley.contacts.comparing import differences
    from farley.contacts.keeping import Version, card_of, field_changes, versions
    from farley.fields.values import shown
    from farley.journal.access import Way, note_access
    from farley.journal.models import ERASED, Door, Verb

    user = user_named(options.user)
    contact = contact_named(options.uid, user, options.space)
    note_access(contact.space_id, Way.OPENED, [contact.pk], by=user.actor, door=Door.CLI)
    print(f"{printable(contact.full_name)}  ({contact.space.name}, {printable(contact.uid)})")
    found = versions(contact, user.actor)
    of_fields = field_changes(contact, [version.change for version in found], user.actor)
    for version in found:
        change = version.change
        batch = f"  batch {change.batch_id}" if change.batch_id else ""
        at = localtime(change.at).strftime("%Y-%m-%d %H:%M:%S")
        print(f"{at}  {change.actor_label}  {Door(change.door).name.lower()}  {Verb(change.verb).name.lower()}{batch}")
        if change.verb == Verb.CHANGED:
            earlier = Version(change, change.before_id, None)
            for item in differences(card_of(earlier), card_of(version)):
                label = f" {printable(item.label)}" if item.label else ""
                print(f"    {item.name}{label}: {_short(item.before)} -> {_short(item.after)}")
        for name, before in (change.own_before or {}).items():
            if name not in (ERASED, "fields"):
                print(f"    {name} was {_named(name, before, user)}")
        for field, was, became in of_fields.get(change.pk, []):
            told = [_short("" if value is None else shown(field, value)) for value in (was, became)]
            print(f"    {printable(field.label)}: {' -> '.join(told)}")
    return DONE


def _named(field: str, before: Any, user: User) -> str:
    """The former value of an own field by its name, as far as `user` may know it."""
    from farley.accounts.models import User as Account
    from farley.contacts.models import Contact
    from farley.spaces.models import Space

    if before is None:
        return "empty"
    if field == "owner":
        return Account.objects.filter(pk=before).values_list("name", flat=True).first() or "somebody who is gone"
    if field == "space":
        return (
            Space.objects.visible_to(user.actor).filter(pk=before).values_list("name", flat=True).first() or "another"
        )
    if field == "organisation":
        visible = Contact.objects.visible_to(user.actor).filter(pk=before)
        return printable(visible.values_list("full_name", flat=True).first() or "another")
    if field == "affiliations":
        return ", ".join(_part(part, user) for part in before) or "empty"
    return printable(str(before))


def _part(written: list[Any], user: User) -> str:
    """One affiliation as the journal has it: the organisation, the role, the days it began and ended."""
    organisation, *rest = written
    return " ".join([_named("organisation", organisation, user), *(printable(str(each)) for each in rest if each)])


def _short(text: str) -> str:
    one_line = printable(" ".join(text.split()))
    return (one_line if len(one_line) <= 60 else one_line[:57] + "…") or "(nothing)"
