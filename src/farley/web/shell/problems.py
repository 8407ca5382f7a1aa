"""What went wrong, in the reader's language: the domain's errors carry data, this page has the words."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext

from farley.codecs.vcard import InvalidVCard
from farley.contacts.affiliations import MAX_ROLE, UnusableAffiliation
from farley.contacts.grouping import MAX_MEMBERS, TooManyMembers
from farley.contacts.operations import OwnerOutside
from farley.contacts.storing import EditConflict, TooLarge, UidConflict
from farley.contacts.tagging import UnusableTag


def explained(problem: Exception) -> str:
    """A sentence for the user: what happened and what helps."""
    match problem:
        case EditConflict():
            return gettext("Somebody else is changing this contact. Nothing was saved; please try again.")
        case UidConflict():
            return gettext(
                "“{name}” in this space has the same identity, so the contact cannot be here a second time."
            ).format(name=problem.name)
        case TooLarge():
            return gettext("This is longer than Farley keeps. Nothing was saved.")
        case OwnerOutside():
            return gettext("{user} does not see this space and cannot look after contacts in it.").format(
                user=problem.user
            )
        case TooManyMembers():
            text = gettext("A group has at most {count} members. For more, give a tag instead.")
            return text.format(count=number_format(MAX_MEMBERS, use_l10n=True, force_grouping=True))
        case UnusableTag():
            return gettext("A tag cannot be called “{name}”.").format(name=problem.name)
        case UnusableAffiliation():
            return _affiliation(problem)
        case InvalidVCard():
            return gettext("The card cannot be read (line {line}). Nothing was saved.").format(line=problem.line)
    return str(problem)


def _affiliation(problem: UnusableAffiliation) -> str:
    words = {
        "order": gettext("It ends before it begins."),
        "role": gettext("The role is too long: at most {count} characters.").format(count=MAX_ROLE),
        "elsewhere": gettext("Type the name of one organisation of this space; add it first if it is not there."),
        "many": gettext("One person can have no more organisations than these."),
        "day": gettext("This is no date. Type it like 1978-12-08."),
    }
    return words[problem.reason]
