"""Content lines: the layer vCard and iCalendar share. Octets to lines and back, nothing about any property.

A `Line` is a view of the octets it came in: nothing is lost, and what is asked for is read on demand.
RFC 6350 §3.2 and §3.3, RFC 5545 §3.1, RFC 6868; versit vCard 2.1 and vCalendar 1.0 for quoted-printable,
CHARSET and parameters without a name.
"""

import binascii
import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

MAX_OCTETS: Final = 75  # of one physical line, without its CRLF

Params: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""(NAME in upper case, values) in the order written. A bare parameter of vCard 2.1 has the name ""."""

_BREAK = rb"(?:\r\n|\n|\r)"
_FOLD = re.compile(rb"(?<![\r\n])" + _BREAK + rb"++[ \t]")  # blank lines in it too; from the first of them, for speed
_SOFT_BREAK = re.compile(rb"=" + _BREAK)
_ANY_BREAK = re.compile(_BREAK)
# A logical line: leading blank lines (only ever before the first), its text, its folds and the blank lines after it.
_LOGICAL = re.compile(
    _BREAK + rb"*+[^\r\n]++(?:" + _BREAK + rb"|\Z)(?:[ \t][^\r\n]*+(?:" + _BREAK + rb"|\Z)|" + _BREAK + rb")*+"
    rb"|" + _BREAK + rb"++"
)
_HEAD_WITH_QUOTES = re.compile(rb'((?:[^":]++|"[^"]*+")*+):')
_NO_LINE = re.compile(rb"(?:[ \t][^\r\n]*+(?:" + _BREAK + rb"|\Z)|" + _BREAK + rb")*+")
_ONLY_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
_CARET = re.compile(r"\^([n'^])")
_CARET_MEANS = {"n": "\n", "'": '"', "^": "^"}
_NEEDS_QUOTES = re.compile(r"[:;,]")

# Codecs a CHARSET parameter may name. Python knows text codecs besides that no card means (punycode, unicode_escape).
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:[bl]e)?|(?:us-)?ascii|latin-?1|(?:iso)?[-_]?8859-?\d\d?|(?:windows-?|cp-?)\d{3,4}|koi8-?[rut]"
    r"|shift[-_]?jis|sjis|euc-?(?:jp|kr|cn)|iso-?2022-?(?:jp|kr)|gb2312|gbk|gb18030|big5(?:-?hkscs)?|ks_c_5601-1987"
    r"|mac-?(?:intosh|roman)|tis-?620",
)


class Head:
    """What stands before the colon. Shared by all lines that begin with the same octets: never changed."""

    __slots__ = (
        *("base64", "charset", "group", "is_plain", "is_short", "name", "params", "quoted_printable", "written_name"),
    )

    def __init__(self, text: str) -> None:
        label, _, rest = text.partition(";")
        group, dot, name = label.strip().rpartition(".")
        self.group: Final[str | None] = group if dot else None
        self.written_name: Final = name
        self.name: Final = name.upper()
        self.params: Final[Params] = _params(rest) if rest else ()
        encoding, self.charset = _coding(self.params)
        self.quoted_printable: Final = encoding == "QUOTED-PRINTABLE"
        self.base64: Final = encoding in ("BASE64", "B")
        is_encoded = self.quoted_printable or self.base64 or self.charset is not None
        self.is_plain: Final = not is_encoded and text.isascii()
        self.is_short: Final = len(text) <= _MAX_CACHED_HEAD_OCTETS  # what is made of any other is not kept


_MAX_CACHED_HEADS = 4096
_MAX_CACHED_HEAD_OCTETS = 200
_MAX_DECODED_AT_ONCE = 4096  # octets: in a larger card most of them are a picture's
_heads: dict[bytes, Head] = {}  # the same few dozen heads begin nearly every line of an address book


class Line:
    """One content line with the octets it came in: line breaks, folds and following blank lines included.

    `name` is upper case, `group` as written. A line without a colon has the name "" and all of its text as value.
    """

    __slots__ = ("_start", "_value", "head", "name", "octets")

    def __init__(self, octets: bytes, head: Head, start: int, value: str | None = None) -> None:
        """`start` is where the value begins in `octets`; negated, where it begins in the unfolded octets."""
        self.octets: Final = octets
        self.head: Final = head
        self.name: Final = head.name
        self._start = start
        self._value = value

    @classmethod
    def parse(cls, octets: bytes) -> "Line":
        """The one line that `octets` are; what is folded or soft-broken into it belongs to it."""
        colon = octets.find(b":")
        known = _heads.get(octets[:colon]) if colon >= 0 else None
        if known is not None:
            return cls(octets, known, colon + 1)
        raw = octets.lstrip(b"\r\n")
        lead = len(octets) - len(raw)
        folded = _FOLD.search(raw, 0, max(raw.find(b":"), 0) + 1) is not None or b'"' in raw
        if folded:
            raw = _FOLD.sub(b"", raw)
        colon = _end_of_head(raw)
        if colon < 0:
            return cls(octets, _BROKEN, lead)
        octets_of_head = raw[:colon]
        head = _head(octets_of_head)
        return cls(octets, head, -colon - 1 if folded else lead + colon + 1)

    @property
    def is_open(self) -> bool:
        """Whether the value ends in a soft break, so that a line written after it would be read as part of it."""
        return self.head.quoted_printable and _ends_softly(self.octets)

    def extended(self, octets: bytes) -> "Line":
        """This line with `octets` after its own, as part of its value."""
        return Line(self.octets + octets, self.head, self._start)

    def folded_on(self, octets: bytes, text: str | None) -> "Line":
        """This line with a physical line after it that is folded onto it; `text` is that one's, without its break."""
        value = self._value + text[1:] if text is not None and self._value is not None else None
        return Line(self.octets + octets, self.head, self._start, value)

    @property
    def group(self) -> str | None:
        return self.head.group

    @property
    def params(self) -> Params:
        return self.head.params

    @property
    def written_name(self) -> str:
        """The name in the case it was written in."""
        return self.head.written_name

    @property
    def raw(self) -> bytes:
        """The octets of the value, unfolded, soft breaks joined; nothing else is decoded."""
        start = self._start
        if start >= 0:
            octets = self.octets[start:]
            if self.head.quoted_printable:
                octets = _SOFT_BREAK.sub(b"", octets)
            octets = octets.rstrip(b"\r\n")
            return _FOLD.sub(b"", octets) if b"\n" in octets or b"\r" in octets else octets
        octets = _FOLD.sub(b"", self.octets.lstrip(b"\r\n"))[-start:]
        if self.head.quoted_printable:
            octets = _SOFT_BREAK.sub(b"", octets)
        return octets.rstrip(b"\r\n")

    @property
    def value_octets(self) -> bytes:
        """The octets of the value as they came, folds and line breaks included."""
        start = self._start
        if start >= 0:
            return self.octets[start:]
        octets, left = self.octets, -start
        left += len(octets) - len(octets.lstrip(b"\r\n"))
        for found in _FOLD.finditer(octets):
            if found.start() >= left:
                break
            left += len(found.group())
        return octets[left:]

    @property
    def value(self) -> str:
        """The value as text, unfolded, soft breaks joined, before any unescaping or quoted-printable decoding."""
        value = self._value
        if value is None:
            value = self._value = self._plain_value() or decode(self.raw, self.head.charset)
        return value

    def _plain_value(self) -> str | None:
        """The value of the line most lines are: UTF-8, on one physical line, nothing encoded. None for any other."""
        if self._start < 0 or not self.head.is_plain:
            return None
        octets = self.octets[self._start :].rstrip(b"\r\n")
        if b"\n" in octets or b"\r" in octets or b"\0" in octets:
            return None
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return None

    @property
    def decoded(self) -> str:
        """The value as text after quoted-printable and CHARSET, before unescaping; line breaks are line feeds."""
        if not self.head.quoted_printable:
            return self.value
        octets = binascii.a2b_qp(self.raw.rstrip(b" \t=\r\n"))
        return decode(octets, self.head.charset).replace("\r\n", "\n").replace("\r", "\n")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and self.octets == other.octets

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"<Line {self.name} of {len(self.octets)} octets>"  # never contents: this ends up in logs


def split_lines(octets: bytes) -> list[Line]:
    """All logical lines of `octets`, in order. Joining their octets gives `octets` again. Time is linear.

    Besides proper folds, a line takes in: blank lines after it, the lines that quoted-printable soft breaks join to
    it, and, when it is base64, following lines of nothing but base64 that somebody forgot to indent.
    """
    lines: list[Line] = []
    heads = _heads
    pieces = octets.splitlines(keepends=True)
    for piece, text in zip(pieces, _texts(octets, len(pieces)), strict=False):
        colon = piece.find(b":")
        head = heads.get(piece[:colon])
        if colon < 0 or head is None:
            if piece[0] in b" \t" and lines and not piece.isspace():
                lines[-1] = lines[-1].folded_on(piece, text)
                continue
            if colon < 0 or piece[0] <= 32 or b'"' in piece:
                return _split_folded(octets)
            head = _head(piece[:colon])
        if head.is_plain:
            lines.append(Line(piece, head, colon + 1, text and text[colon + 1 :]))
        elif head.quoted_printable or head.base64:
            return _split_folded(octets)
        else:
            lines.append(Line(piece, head, colon + 1))
    return lines


def _texts(octets: bytes, count: int) -> Sequence[str | None]:
    """The text of each of `count` physical lines, and one more, decoded at one go: half the cost of one by one.

    Nones where that cannot be done for lines of this kind, or is not worth it for their size.
    """
    if len(octets) <= _MAX_DECODED_AT_ONCE:
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            return [None] * count
        texts = text.split("\r\n" if "\r" in text else "\n")
        if len(texts) == count + 1 and "\0" not in text:
            return texts
    return [None] * count


def fold(line: str) -> bytes:
    """Write one content line as UTF-8, in physical lines of at most 75 octets, CRLF included.

    `line` holds no line break. `unfold(fold(line)) == line`. RFC 6350 §3.2, RFC 5545 §3.1.
    """
    octets = line.encode()
    if len(octets) <= MAX_OCTETS:
        return octets + b"\r\n"
    cuts, start, room = [], 0, MAX_OCTETS
    if len(octets) == len(line):  # a picture's
        starts = range(MAX_OCTETS, len(octets), MAX_OCTETS - 1)
        return b"\r\n ".join([octets[:MAX_OCTETS], *(octets[at : at + MAX_OCTETS - 1] for at in starts)]) + b"\r\n"
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # never inside a character: some readers decode before they unfold
            end -= 1
        cuts.append(octets[start:end])
        start, room = end, MAX_OCTETS - 1  # the leading space counts
    cuts.append(octets[start:])
    return b"\r\n ".join(cuts) + b"\r\n"


def unfold(octets: bytes) -> str:
    """The text of one content line, its folds and its last line break gone."""
    return decode(_FOLD.sub(b"", octets.rstrip(b"\r\n")))


def decode(octets: bytes, charset: str | None = None) -> str:
    """Text of `octets`: in `charset` where that fits, else UTF-8, else Windows-1252.

    Never fails; the text has no lone surrogates and no NUL, which no database takes as text.
    """
    text = _decoded(octets, charset)
    return text.replace("\0", "") if "\0" in text else text


def write_head(name: str, params: Iterable[tuple[str, Sequence[str]]] = (), *, group: str | None = None) -> str:
    """`group.NAME;PARAM=value,…` with values quoted where they need it and escaped by RFC 6868."""
    parts = [f"{group}.{name}" if group else name]
    for param, values in params:
        written = ",".join(map(write_param_value, values))
        parts.append(f"{param}={written}" if param else written)
    return ";".join(parts)


def write_param_value(value: str) -> str:
    """One parameter value, quoted where it needs it and escaped by RFC 6868."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = value.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{value}"' if _NEEDS_QUOTES.search(value) else value


def skip_to_line(octets: bytes, start: int, stop: int) -> int:
    """Where the first content line begins: after blank lines and whatever is folded onto the line before `start`."""
    found = _NO_LINE.match(octets, start, stop)
    return found.end() if found else start


def line_ending(octets: bytes) -> bytes:
    """The line break that `octets` use first; CRLF when they have none."""
    found = _ANY_BREAK.search(octets)
    return found.group() if found else b"\r\n"


def count_breaks(octets: bytes, start: int, end: int) -> int:
    """How many line breaks, of any kind, stand in that range."""
    feeds, returns = octets.count(b"\n", start, end), octets.count(b"\r", start, end)
    return feeds + returns - octets.count(b"\r\n", start, end) if returns else feeds


def utf_16_of(first: bytes) -> str:
    """The codec of a source that begins with these four octets, where it is UTF-16, else nothing."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if first in (b"B\0E\0", b"b\0e\0"):
        return "utf-16-le"
    if first in (b"\0B\0E", b"\0b\0e"):
        return "utf-16-be"
    return ""


def _decoded(octets: bytes, charset: str | None) -> str:
    if charset is not None:
        try:
            text = octets.decode(charset)
            text.encode()  # some codecs let lone surrogates through
        except UnicodeError:
            pass
        else:
            return text
    try:
        return octets.decode()
    except UnicodeDecodeError:
        try:
            return octets.decode("cp1252")
        except UnicodeDecodeError:  # five octets mean nothing there
            return octets.decode("latin-1")


def _split_folded(octets: bytes) -> list[Line]:
    pieces: list[bytes] = _LOGICAL.findall(octets)
    lines: list[Line] = []
    at, size = 0, len(pieces)
    while at < size:
        line = Line.parse(pieces[at])
        at += 1
        end = at
        if line.head.quoted_printable:
            while end < size and _ends_softly(pieces[end - 1]):
                end += 1
        elif line.head.base64 and not _ends_blank(pieces[at - 1]):
            while end < size and _ONLY_BASE64.fullmatch(pieces[end]):
                end += 1
        if end > at:
            line = line.extended(b"".join(pieces[at:end]))
            at = end
        lines.append(line)
    return lines


def _ends_softly(piece: bytes) -> bool:
    """Whether the line goes on after a soft break. A blank line after the soft break is where the value ends."""
    return piece.endswith((b"=\r\n", b"=\n", b"=\r"))


def _ends_blank(piece: bytes) -> bool:
    return piece.endswith((b"\r\n\r\n", b"\n\n", b"\r\r"))


def _end_of_head(raw: bytes) -> int:
    colon = raw.find(b":")
    if b'"' in raw[:colon]:
        quoted = _HEAD_WITH_QUOTES.match(raw)
        return quoted.end() - 1 if quoted else colon  # a quote nobody closed is only a character
    return colon


def _head(octets: bytes) -> Head:
    head = _heads.get(octets)
    if head is None:
        head = Head(decode(octets.replace(b"\0", b"\xef\xbf\xbd")))  # without it a name could become another
        # One that begins with a blank must not be found again: there it would be a fold.
        begins_a_line = octets[:1] > b" " and b"\n" not in octets and b"\r" not in octets
        if begins_a_line and len(octets) <= _MAX_CACHED_HEAD_OCTETS and octets.count(b'"') % 2 == 0:
            if len(_heads) >= _MAX_CACHED_HEADS:
                _heads.clear()
            _heads[octets] = head
    return head


def _params(text: str) -> Params:
    pieces = _outside_quotes(text, ";") if '"' in text else text.split(";")
    return tuple(_param(piece) for piece in pieces)


def _param(piece: str) -> tuple[str, tuple[str, ...]]:
    name, equals, written = piece.partition("=")
    if not equals or '"' in name:
        return "", (_param_value(piece),)
    values = _outside_quotes(written, ",") if '"' in written else written.split(",")
    return name.strip().upper(), tuple(_param_value(value) for value in values)


def _param_value(written: str) -> str:
    value = written.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if "^" in value:
        value = _CARET.sub(lambda found: _CARET_MEANS[found[1]], value)
    return value


def _outside_quotes(text: str, separator: str) -> list[str]:
    """`text` cut at each `separator` that stands outside double quotes."""
    if text.count('"') % 2:
        return text.split(separator)
    pieces, parts = [], []
    for position, part in enumerate(text.split('"')):
        if position % 2:
            parts.append(f'"{part}"')
            continue
        first, *others = part.split(separator)
        parts.append(first)
        for other in others:
            pieces.append("".join(parts))
            parts = [other]
    return [*pieces, "".join(parts)]


def _coding(params: Params) -> tuple[str, str | None]:
    """The ENCODING in upper case ("" for none) and the charset Python knows, as the parameters say."""
    encoding, charset = "", None
    for name, values in params:
        value = values[0].upper()
        if name == "ENCODING" or (not name and value in ("QUOTED-PRINTABLE", "BASE64", "B")):
            encoding = value
        elif name == "CHARSET":
            charset = _known_charset(value)
    return encoding, charset


def _known_charset(name: str) -> str | None:
    if not _CHARSETS.fullmatch(name.lower()):
        return None
    try:
        "".encode(name)
    except LookupError:
        return None
    return name.lower()


_BROKEN = Head("")  # what a line without a colon has
