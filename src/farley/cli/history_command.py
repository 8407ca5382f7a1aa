"""`farley history`: everything that happened to one contact."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.contacts.models import Contact


def add_to(commands: Any) -> None:
    parser = commands.add_parser("history", help="what happened to a contact, newest first")
    parser.add_argument("uid", metavar="UID")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have a contact with this UID")
    parser.set_defaults(run=_history)


def _history(options: argparse.Namespace) -> int:
    from django.utils.timezone import localtime

    from farley.contacts.comparing import differences
    from farley.contacts.keeping import Version, card_of, versions
    from farley.journal.models import Door, Verb

    user = user_named(options.user)
    contact = _contact(options, user)
    print(f"{printable(contact.full_name)}  ({contact.space.name}, {printable(contact.uid)})")
    found = versions(contact, user.actor)
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
            print(f"    {name} was {_named(name, before, user)}")
    return DONE


def _contact(options: argparse.Namespace, user: User) -> Contact:
    from farley.contacts.models import Contact
    from farley.spaces.models import Space

    spaces = Space.objects.visible_to(user.actor)
    if options.space:
        spaces = spaces.filter(pk=space_named(options.space, user).pk)
    found = list(
        Contact.objects.filter(uid=options.uid, space__in=spaces.values("pk"))
        .select_related("space")
        .order_by("deleted_at", "-pk")
    )
    live = [contact for contact in found if not contact.is_deleted] or found[:1]
    if not live:
        raise Refused(f"no contact with the UID {options.uid!r} in the spaces that {user.name} sees")
    if len(live) > 1:
        names = ", ".join(contact.space.name for contact in live)
        raise Refused(f"several spaces have a contact with this UID: name one of them with --space ({names})")
    return live[0]


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
    return printable(str(before))


def _short(text: str) -> str:
    one_line = printable(" ".join(text.split()))
    return (one_line if len(one_line) <= 60 else one_line[:57] + "…") or "(nothing)"
