"""One property of a card, read on demand out of its line."""

import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import unquote, unquote_to_bytes

from farley.codecs.contentline import Head, Line, Params
from farley.codecs.vcard_values import PartialDate, split_components, split_list, split_structure, unescape

BINARY: Final = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
DATES: Final = frozenset({"BDAY", "ANNIVERSARY", "DEATHDATE", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-ABDATE"})
STRUCTURED: Final = frozenset({"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"})
_ONE_VALUE_A_COMPONENT = frozenset({"ORG", "GENDER", "CLIENTPIDMAP"})
LISTS: Final = frozenset({"CATEGORIES", "NICKNAME", "X-CATEGORIES"})
URIS: Final = frozenset(
    {
        "URL",
        "SOURCE",
        "FBURL",
        "CALURI",
        "CALADRURI",
        "CAPURI",
        "IMPP",
        "MEMBER",
        "CONTACT-URI",
        "ORG-DIRECTORY",
        "SOCIALPROFILE",
        "X-SOCIALPROFILE",
        "X-ADDRESSBOOKSERVER-MEMBER",
    }
)
ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"})  # that 2.1 writes bare

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DATA_URI = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{8,}={0,2}\s*")
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_", re.DOTALL)
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"-----BEGIN PGP", "application/pgp-keys"),
)
MEDIA_TYPES: Final = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "wave": "audio/wav",
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "pcm": "audio/basic",
    "basic": "audio/basic",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "x509": "application/pkix-cert",
    "pgp": "application/pgp-keys",
}


class Surroundings(Protocol):
    """What a property must know of its card."""

    @property
    def version(self) -> str: ...

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of each group, by its name in lower case."""


class Property:
    """A typed view of the line at `index` of its card. Nothing is decoded before it is asked for."""

    __slots__ = ("_card", "index", "line", "name")

    def __init__(self, index: int, line: Line, card: "Surroundings") -> None:
        self.index: Final = index
        self.line: Final = line
        self.name: Final = line.name
        self._card = card

    def __repr__(self) -> str:
        return f"<Property {self.index} {self.name}>"

    @property
    def group(self) -> str | None:
        return self.line.head.group

    @property
    def params(self) -> Params:
        return self.line.head.params

    def param(self, name: str) -> str | None:
        """The first value of the parameter `name` (upper case)."""
        return next((values[0] for key, values in self.line.head.params if key == name), None)

    @property
    def types(self) -> tuple[str, ...]:
        """TYPE values and bare 2.1 parameters in lower case, in order, without preference and encodings."""
        head = self.line.head
        return _types_and_preference(head)[0] if head.params else ()

    @property
    def pref(self) -> int | None:
        """1 (most preferred) to 100, from PREF= or TYPE=pref."""
        head = self.line.head
        return _types_and_preference(head)[1] if head.params else None

    @property
    def label(self) -> str | None:
        """What the user called this entry: its group's X-ABLabel, Apple's built-in names unwrapped."""
        group = self.line.head.group
        return self._card.labels.get(group.lower()) if group else None

    @property
    def text(self) -> str:
        """The value as text, decoded and unescaped. A telephone number without the `tel:` of its URI."""
        line = self.line
        text = line.decoded if line.head.quoted_printable else line.value
        if "\\" in text:
            text = unescape(text)
        if self.name == "TEL" and text[:4].lower() == "tel:":
            return unquote(text[4:])
        return text

    @property
    def texts(self) -> list[str]:
        """The values of a list such as CATEGORIES, stripped, without empty ones."""
        return [text for value in split_list(self.line.decoded) if (text := value.strip())]

    @property
    def components(self) -> list[list[str]]:
        """The components of a structure such as ADR, each a list of values.

        A comma separates values in N and ADR only, and not in 2.1.
        """
        text = self.line.decoded
        if self.name in _ONE_VALUE_A_COMPONENT or (self.name in STRUCTURED and self._card.version == "2.1"):
            return [[part] for part in split_components(text)]
        return split_structure(text)

    @property
    def parts(self) -> list[str]:
        """The components, each as one stripped string: names joined by spaces, lines of an address by commas."""
        text = self.line.decoded
        if "\\" not in text and "," not in text:  # as most are: the same in every version
            return [part.strip() for part in text.split(";")]
        between = ", " if self.name == "ADR" else " "
        return [between.join(filter(None, map(str.strip, values))) for values in self.components]

    @property
    def uri(self) -> str | None:
        """The URI the value is, where it is one: a link, never inline data."""
        value_type = (self.param("VALUE") or "").lower()
        if value_type == "text" or self.line.head.base64:
            return None
        text = unescape(self.line.decoded).strip()
        if text[:5].lower() == "data:" or "\n" in text:
            return None
        if self.name in URIS or value_type in ("uri", "url", "content-id", "cid"):
            return text or None
        return text if self.name in _MAY_BE_URI and _SCHEME.match(text) else None

    @property
    def binary(self) -> tuple[bytes, str] | None:
        """Inline octets and their media type, however they are encoded; None for a link, or for what is no base64."""
        octets, declared = self._inline()
        if not octets:
            return None
        return octets, sniffed(octets) or declared or self._declared_media_type() or "application/octet-stream"

    @property
    def date(self) -> PartialDate | None:
        """The date the value is; words where it is VALUE=text or cannot be read as one. None for a blank."""
        text = self.text.strip()
        if (self.param("VALUE") or "").lower() == "text":
            return PartialDate(text=text) if text else None
        omitted = self.param("X-APPLE-OMIT-YEAR") or ""
        year = int(omitted) if len(omitted) == 4 and omitted.isascii() and omitted.isdigit() else None
        return PartialDate.parse(text, omitted_year=year)

    @property
    def delivery_label(self) -> str | None:
        """The address as it is printed on a letter: ADR's LABEL parameter (RFC 6350 §6.3.1)."""
        label = self.param("LABEL")
        return None if label is None else unescape(label)

    def _inline(self) -> tuple[bytes | None, str]:
        line = self.line
        if line.head.quoted_printable:
            return binascii.a2b_qp(line.raw), ""
        if line.head.base64:
            return _from_base64(line.raw), ""
        if self.name not in BINARY and (self.param("VALUE") or "").lower() not in ("uri", "binary"):
            return None, ""
        value = line.value.strip()
        if "\\" in value[:200]:  # khard and others escape the comma of a data: URI
            value = unescape(value)
        data = _DATA_URI.match(value)
        if data:
            rest = value[data.end() :]
            return (_from_base64(rest.encode()) if data[3] else unquote_to_bytes(rest)), data[1].lower()
        if not _SCHEME.match(value) and _BASE64.fullmatch(value):  # Thunderbird's 3.0 cards say no ENCODING
            return _from_base64(value.encode()), ""
        return None, ""

    def _declared_media_type(self) -> str:
        declared = self.param("MEDIATYPE")
        if declared:
            return declared.lower()
        for kind in self.types:
            if "/" in kind or kind in MEDIA_TYPES:
                return kind if "/" in kind else MEDIA_TYPES[kind]
        return ""


_MAY_BE_URI = BINARY | {"TEL", "UID", "RELATED", "TZ", "GEO", "XML", "EMAIL", "BIRTHPLACE", "DEATHPLACE", "AGENT"}


def types_and_preference(params: Params) -> tuple[tuple[str, ...], int | None]:
    """The types in lower case and the preference that `params` state together."""
    types: list[str] = []
    preference = None
    for name, values in params:
        if name == "TYPE" or not name:
            for value in values:
                types.extend(kind for part in value.lower().split(",") if (kind := part.strip()))
        elif name == "PREF":
            rank = values[0]
            if rank.isascii() and rank.isdigit() and len(rank) <= 3:
                preference = min(max(int(rank), 1), 100)
    if "pref" in types:
        preference = preference or 1
    bare_encodings = {value.lower() for name, values in params if not name for value in values} & _ENCODINGS_LOWER
    unwanted = bare_encodings | {"pref"}
    return tuple(dict.fromkeys(kind for kind in types if kind not in unwanted)), preference


_ENCODINGS_LOWER = {encoding.lower() for encoding in ENCODINGS}
_cached_types_and_preference = lru_cache(maxsize=1024)(types_and_preference)


def _types_and_preference(head: Head) -> tuple[tuple[str, ...], int | None]:
    return (_cached_types_and_preference if head.is_short else types_and_preference)(head.params)


def unwrapped_label(text: str) -> str:
    """`text` without the `_$!<` and `>!$_` that Apple puts around the labels it translates."""
    found = _APPLE_LABEL.fullmatch(text.strip())
    return found[1] if found else text


def _from_base64(octets: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(octets.rstrip(b"=\r\n\t ") + b"==")
    except binascii.Error:
        return None


def sniffed(octets: bytes) -> str:
    """The media type that the first octets tell; nothing where they tell none."""
    if octets[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(octets[8:12], "")
    if octets[4:8] == b"ftyp":
        return {b"avif": "image/avif", b"heic": "image/heic"}.get(octets[8:12], "")
    return next((kind for signature, kind in _SIGNATURES if octets.startswith(signature)), "")
