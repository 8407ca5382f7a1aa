"""Text that came out of a card or a file name, on its way to a terminal."""

from __future__ import annotations

import unicodedata

_LINE_BREAKS = {"\n": " ", "\r": " ", "\t": " "}
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, bidirectional marks, surrogates: a terminal would obey them


def printable(text: str) -> str:
    """`text` on one line and without anything a terminal takes for a command."""
    if text.isprintable():
        return text
    return "".join(
        _LINE_BREAKS.get(c, "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c) for c in text
    )
