"""Which encoding a text file is in, and its text, whatever it is."""

from __future__ import annotations

import codecs
import re
from typing import Final

SAMPLE: Final = 2**18  # octets that are looked at
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "äöüßÄÖÜéèêëàâçñîïôûùáíóúãõåæøÅÆØÉ’–"
# What each encoding is taken for by, the likeliest first: the letters that texts in it are full of. Where two of them
# give letters, the one whose letters are commoner is meant: 0x8A is ä on an old Macintosh, and Š elsewhere.
_LIKELY: Final = {
    "cp1252": frozenset(_WESTERN),
    "mac_roman": frozenset(_WESTERN.replace("’–", "")),
    "cp1250": frozenset("ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžýČĎŘŠŤŽáéíóúőűöüä"),
    "cp1251": frozenset(map(chr, range(0x410, 0x450))),
}
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uff01-\uff9f\u3000-\u303f]")
_HIGH = re.compile("[^\x00-\x7f]")


def encoding_of(first: bytes) -> str:
    """The name of the encoding that a file beginning with these octets is in, as Python knows it.

    UTF-8 where that fits, even if a few octets do not, or UTF-16 and UTF-32 by their marks or zeros; else the one
    among the older ones whose letters make the likeliest text. Never fails: what is no text at all is UTF-8, too.
    """
    for mark, name in _BOMS:
        if first.startswith(mark):
            return "utf-8-sig" if name == "utf-8" else name
    if wide := _wide(first):
        return wide
    if _is_utf_8(first):
        return "utf-8"
    if _is_japanese(first):
        return "cp932"
    scores = {name: _score(first, name) for name in _LIKELY}
    best = max(scores.values())
    return next(name for name, score in scores.items() if score == best)


def is_binary(first: bytes) -> bool:
    """Whether a file that begins so is no text in any encoding."""
    if first.startswith(tuple(mark for mark, _ in _BOMS)) or _wide(first):
        return False
    controls = sum(first.count(bytes([octet])) for octet in (*range(9), *range(14, 27), *range(28, 32)))
    return controls > len(first) // 20


def known_encoding(name: str) -> str:
    """`name` as Python writes it. Raises LookupError for one that is not there, or that is no encoding of text."""
    found = codecs.lookup(name)
    if not found._is_text_encoding:
        raise LookupError(name)
    return found.name


def _wide(first: bytes) -> str:
    """UTF-16 without its mark: every second octet of what is in ASCII is zero."""
    evens, odds = first[0:2000:2], first[1:2000:2]
    if len(first) < 4:
        return ""
    if odds.count(0) > 0.4 * len(odds) and evens.count(0) < 0.05 * len(evens) + 1:
        return "utf-16-le"
    return "utf-16-be" if evens.count(0) > 0.4 * len(evens) and odds.count(0) < 0.05 * len(odds) + 1 else ""


def _is_utf_8(octets: bytes) -> bool:
    text = octets.decode("utf-8", "replace")
    strange = text.count("\ufffd")
    return not strange or len(_HIGH.findall(text)) > 3 * strange  # a pair of octets fits by chance seldom


def _fits(octets: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(octets, final=len(octets) < SAMPLE)  # a longer sample may end inside a character
    except UnicodeDecodeError:
        return False
    return True


def _is_japanese(octets: bytes) -> bool:
    if not _fits(octets, "cp932"):
        return False
    high = _HIGH.findall(octets.decode("cp932", "ignore"))
    full = [sign for sign in high if not "\uff61" <= sign <= "\uff9f"]  # single octets, as accented letters are
    return len(full) > len(high) // 2 and sum(bool(_JAPANESE.match(sign)) for sign in full) > 0.9 * len(full)


def _score(octets: bytes, encoding: str) -> float:
    text = octets.decode(encoding, "replace")
    likely = _LIKELY[encoding]
    score = sum(1.0 if sign in likely else -0.5 if sign.isalpha() else -1.0 for sign in _HIGH.findall(text))
    return score - text.count("\ufffd")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """What cannot be UTF-8 is read as Windows-1252, octet by octet: files grow out of several."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    octets = error.object[error.start : error.end]
    return octets.decode("cp1252", "replace").replace("\ufffd", "?"), error.end


LENIENT: Final = "farley.windows"  # how to decode UTF-8 that may not be
codecs.register_error(LENIENT, _as_windows)
