"""What is told of mirrors, in the active language. Codes are stored, so they are kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

TROUBLES = {  # why a run came to nothing
    "address": gettext_noop("This is no address of a server. It begins with https://."),
    "name": gettext_noop("There is no server called %(host)s. Is the address spelled right?"),
    "private": gettext_noop(
        "%(host)s is at %(address)s, in a private network. Farley goes there only if whoever runs it names the network "
        "in FARLEY_MIRROR_NETWORKS."
    ),
    "plain": gettext_noop("%(host)s would get the password unencrypted. Use an address with https://."),
    "elsewhere": gettext_noop(
        "The server sends us on to %(host)s, which does not get this password. If that is right, use the address there."
    ),
    "downgrade": gettext_noop(
        "%(host)s sends us on from https:// to http://, where the password would not be encrypted. Whoever runs it "
        "has to tell it that it is reached by https:// (Nextcloud: overwriteprotocol)."
    ),
    "redirect": gettext_noop(
        "%(host)s sends us on without end, or sends on what we write. Use the address it leads to."
    ),
    "network": gettext_noop("%(host)s cannot be reached. It may be off, or something in between is."),
    "slow": gettext_noop("%(host)s did not answer in time."),
    "tls": gettext_noop("The certificate of %(host)s is not to be trusted: %(reason)s."),
    "http": gettext_noop("What answers at %(host)s does not speak HTTP as it should."),
    "encoding": gettext_noop("%(host)s packs its answers in a way that Farley does not read."),
    "cut": gettext_noop("%(host)s broke off in the middle of its answer. Nothing of it was used."),
    "large": gettext_noop("%(host)s answered with more than %(limit)s MB."),
    "xml": gettext_noop("What %(host)s answered is no list of an address book: its XML is broken or of another kind."),
    "login": gettext_noop("%(host)s does not accept the name and password. Type them anew."),
    "scheme": gettext_noop("%(host)s wants one to sign in by “%(scheme)s”, which Farley does not speak."),
    "forbidden": gettext_noop("%(host)s does not let this account read the address book."),
    "missing": gettext_noop("%(host)s has no address book at this address any more. All contacts stay as they are."),
    "gone": gettext_noop("The address book at %(host)s has been given up. All contacts stay as they are."),
    "busy": gettext_noop("%(host)s is busy and asks us to come again later."),
    "full": gettext_noop("%(host)s has no room left."),
    "method": gettext_noop("%(host)s does not speak CardDAV at this address."),
    "server": gettext_noop("%(host)s has a fault of its own (%(status)s)."),
    "status": gettext_noop("%(host)s answered with %(status)s."),
    "no_calendar": gettext_noop("What %(host)s answered is no calendar."),
    "many": gettext_noop("The calendar at %(host)s has more than %(limit)s entries."),
    "shrunk": gettext_noop(
        "The calendar at %(host)s has only %(now)s of its %(before)s entries now. Nothing was taken away here: if it "
        "stays so for a day, they go here, too."
    ),
    "no_book": gettext_noop("There is no address book at this address, and the server names none."),
    "role": gettext_noop(
        "Who set this up may not change the space any more. A manager of it has to save the mirror anew."
    ),
    "archived": gettext_noop("The space is archived."),
    "secret": gettext_noop(
        "The password cannot be read any more: the secrets of this Farley are not those of before. Type it anew."
    ),
    "forgotten": gettext_noop("The password was forgotten when the mirror was removed. Type it anew, and it goes on."),
}
FEEDS = {  # of these, what else is said of a calendar that is followed
    "address": gettext_noop("This is no address of a calendar. It begins with https:// or webcal://."),
    "login": gettext_noop("%(host)s asks for a name and password. Use the calendar's secret address instead."),
    "forbidden": gettext_noop("%(host)s does not let us read the calendar."),
    "missing": gettext_noop("%(host)s has no calendar at this address."),
    "gone": gettext_noop("The calendar at %(host)s has been given up."),
    "secret": gettext_noop(
        "The address cannot be read any more: the secrets of this Farley are not those of before. Follow it anew."
    ),
}
HOLDS = {  # why it does not go on by itself
    "deletes_here": gettext_noop(
        "%(count)s of %(total)s contacts are not in the outside address book any more. Nothing was deleted here: "
        "the server may have lost them."
    ),
    "deletes_there": gettext_noop(
        "%(count)s of %(total)s contacts were deleted here since the last run. Nothing was deleted outside yet."
    ),
    "undone": gettext_noop(
        "What the run of %(at)s had brought was undone here. Nothing has been fetched or sent since."
    ),
}
REMARKS = {
    "tags": gettext_noop(
        "The server says of %(count)s cards that they have changed, and they have not. They are fetched in vain."
    ),
    "tokens": gettext_noop(
        "The server has not told of everything that had changed. So it is asked for the whole list each time."
    ),
    "restored": gettext_noop(
        "It was paused when this Farley was restored from a backup: where the former one still runs, both would send. "
        "If it does not, let this one run by itself."
    ),
    "too_long": gettext_noop("%(count)s cards have an address that is longer than Farley keeps, and stay outside."),
}
PROBLEMS = {  # why a card did not get across
    "invalid": gettext_noop("What the server has at %(path)s is no card: %(reason)s"),
    "large": gettext_noop("It is larger than Farley keeps."),
    "uid": gettext_noop("Its UID belongs to “%(other)s” in this space; both stay as they are."),
    "twice": gettext_noop("The server has two cards with its UID; this is the second one, and it stays outside."),
    "undelivered": gettext_noop("The server lists %(path)s, but does not hand it out (%(status)s)."),
    "refused": gettext_noop("The server does not take it (%(status)s %(reason)s)."),
    "lost": gettext_noop("The server took it and does not have it now. It stays here and is not sent again by itself."),
    "conflict": gettext_noop("It was changed on both sides. Nothing is done until somebody decides."),
    "changed_gone": gettext_noop("It was changed here and deleted outside. Nothing is done until somebody decides."),
    "gone_changed": gettext_noop("It was deleted here and changed outside. Nothing is done until somebody decides."),
}
NOTES = {
    "theirs": gettext_noop("It was changed on both sides. The outside version counts; ours is in its history."),
    "ours": gettext_noop("It was changed on both sides. Our version counts; the outside one is in its history."),
    "came_back": gettext_noop("It was deleted here and changed outside, so it came back."),
    "stayed": gettext_noop("It was deleted outside and changed here, so it stayed."),
    "stayed_gone": gettext_noop("It was changed outside and deleted here, and stays deleted."),
    "went": gettext_noop("It was deleted outside and changed here, and was deleted here, too. It can be brought back."),
    "rewritten": gettext_noop(
        "The server wrote it in another way than we sent it. That version counts; ours is in its history."
    ),
    "uid_changed": gettext_noop("The server has given it another UID."),
}


def trouble(code: str, details: Mapping[str, Any]) -> str:
    """The sentence for what stopped a run or holds a mirror."""
    return _told(TROUBLES | HOLDS, code, details)


def feed_trouble(code: str, details: Mapping[str, Any]) -> str:
    """The sentence for why a calendar outside was not read."""
    return _told(TROUBLES | FEEDS, code, details)


def remark(code: str, details: Mapping[str, Any]) -> str:
    """The sentence for what the last run wondered about."""
    return _told(REMARKS, code, details)


def note(code: str, details: Mapping[str, Any]) -> str:
    """The sentence for what is said of one card."""
    return _told(PROBLEMS | NOTES, code, details)


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _told(sentences: Mapping[str, str], code: str, details: Mapping[str, Any]) -> str:
    if code not in sentences:
        return code
    known = _Known(details)
    if code == "invalid" and "reason" in known:
        known["reason"] = gettext(known["reason"])
    return gettext(sentences[code]) % known
