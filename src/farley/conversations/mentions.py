"""`@name` in a text: who is told of an entry, and who is drawn as meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.conversations.models import Entry
from farley.notifications import operations as notifications
from farley.notifications.models import Kind
from farley.search.folding import search_fold
from farley.spaces.audience import readers, readers_among
from farley.spaces.models import Space

MENTION = re.compile(r"(?<![\w@/.])@([a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?)(?![\w@])")
MOST = 50  # people that one text tells
MOST_NAMES = 2_000  # that are looked up together: a database takes only so many values


def named_in(text: str) -> set[str]:
    """The account names that a text mentions, whether there are such or not."""
    return set(MENTION.findall(text))


def meant_in(texts: Iterable[str], space: Space) -> dict[str, User]:
    """By name, the people among those mentioned who see `space`."""
    names = {name for text in texts for name in named_in(text)}
    if not names:
        return {}
    found = User.objects.filter(name__in=sorted(names)[:MOST_NAMES], is_active=True)[: MOST * 2]
    seeing = readers_among(space, [user.pk for user in found])
    return {user.name: user for user in found if user.pk in seeing}


def offered(space: Space, begun: str, *, limit: int) -> list[User]:
    """Who may be meant by the beginning of a name: people who see `space`, by the name of their account or a word of
    their full one; by full name."""
    wanted = search_fold(begun.replace(".", " ").replace("_", " ")).strip()
    found = []
    for user, _ in readers(space):
        words = f"{user.name} {search_fold(user.full_name)}"
        if words.startswith(wanted) or any(mark + wanted in words for mark in " .-_"):
            found.append(user)
    return sorted(found, key=lambda user: (user.display_name.casefold(), user.pk))[:limit]


def mention(entry: Entry, *, former: str, by: Actor) -> None:
    """Tell who is mentioned now and was not in the `former` text, but not whoever wrote it. In the write's transaction.

    People who do not see the entry's space are not told, nor is anybody told that they are.
    """
    new = named_in(entry.text) - named_in(former)
    meant = meant_in([f"@{name}" for name in sorted(new)], entry.space)
    told = [user for user in meant.values() if by.user is None or user.pk != by.user.pk]
    notifications.notify(
        told[:MOST],
        Kind.MENTION,
        f"{entry.NOUN.name.lower()}-{entry.pk}",
        about=(entry.space_id, entry.NOUN, entry.pk),
        by=by,
    )
