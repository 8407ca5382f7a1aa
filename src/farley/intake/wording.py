"""What is told of regular imports, in the active language. Codes are stored, so they are kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from farley.mirrors import wording

TROUBLES = {
    "folder": gettext_noop("The watched folder cannot be read: %(reason)s."),
    "role": gettext_noop(
        "Who set this up may not change the space any more. A manager of it has to remove it and set it up anew."
    ),
    "key": gettext_noop("The own field by which contacts were to be recognised is not there any more."),
    "columns": gettext_noop(
        "“%(file)s” is a table of a layout that is not known here. Import one such file on the page, choose what its "
        "columns become and have it remembered; then lay it into the folder again."
    ),
    "layout": gettext_noop(
        "“%(file)s” is a table of a layout that is not known here. Import one such file on the page, choose what its "
        "columns become and have it remembered; it is tried again at the next look."
    ),
    "file": gettext_noop("“%(file)s” cannot be imported: %(reason)s."),
    "unreadable": gettext_noop(
        "Farley may not read “%(file)s”: its permissions say so. It is taken as soon as it may."
    ),
    "missing": gettext_noop("%(host)s has nothing at this address any more."),
    "gone": gettext_noop("The address at %(host)s has been given up."),
    "login": gettext_noop("%(host)s asks for a name and password. Use a secret address instead."),
    "forbidden": gettext_noop("%(host)s does not let us read this address."),
    "secret": gettext_noop(
        "The address cannot be read any more: the secrets of this Farley are not those of before. Set it up anew."
    ),
}


def trouble(code: str, details: Mapping[str, Any]) -> str:
    """Why something came to nothing."""
    if code not in TROUBLES:
        return wording.trouble(code, details)
    told = dict(details)
    if "reason" in told:
        told["reason"] = gettext(told["reason"])
    return gettext(TROUBLES[code]) % told
