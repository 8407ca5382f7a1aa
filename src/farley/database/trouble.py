"""What about the machine stands in the way: told from mistakes of Farley's own, for every face to say in its words."""

from __future__ import annotations

import errno
from enum import Enum


class Trouble(Enum):
    """Nothing of what was being written is in."""

    FULL = "full"
    LOCKED = "locked"  # by another program, for longer than one waits
    READ_ONLY = "read-only"  # or gone, or somebody else's
    AWAY = "away"  # a server that does not answer


_SAID = (  # by the engines, in any case
    ("full", Trouble.FULL),
    ("no space left", Trouble.FULL),
    ("quota exceeded", Trouble.FULL),
    ("locked", Trouble.LOCKED),
    ("unable to open", Trouble.READ_ONLY),
    ("readonly", Trouble.READ_ONLY),
    ("i/o error", Trouble.READ_ONLY),
    ("connection", Trouble.AWAY),
    ("terminating", Trouble.AWAY),
)
_CODES = {  # PostgreSQL, appendix A: its words depend on its language; by a whole code or its class
    "53100": Trouble.FULL,
    "55P03": Trouble.LOCKED,
    "25006": Trouble.READ_ONLY,
    "53300": Trouble.AWAY,  # too many connections
    "57P": Trouble.AWAY,  # it stops, or starts
    "08": Trouble.AWAY,
}
_ERRNO = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EFBIG: Trouble.FULL,  # a limit on the size of files
    errno.EROFS: Trouble.READ_ONLY,
}


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What the database or the disk could not do, where `error` says that; None for any other error."""
    if error is None:
        return None
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0)
    if code := getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None):
        return next((trouble for start, trouble in _CODES.items() if code.startswith(start)), None)
    if not any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):  # Django's, or a driver's
        return None
    said = str(error).lower()
    return next((trouble for words, trouble in _SAID if words in said), None)
