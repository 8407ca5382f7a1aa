"""Bodies and files in XML, read with bounds: no document type, so no entities; so deep and so many elements at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MAX_DEPTH = 50
MAX_ELEMENTS = 300_000  # a multiget of 100,000 cards has one for each
MAX_TEXT = 64 * 2**20  # characters of one child of many, with all in it
MAX_NAME = 500  # characters of a name with its namespace


class BadXml(ValueError):
    """The body is no XML, or more than it may be. The message is an English sentence."""


@dataclass(slots=True)
class Element:
    """One element. `content` holds its text and child elements, in order."""

    name: str  # {namespace}local
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[str | Element] = field(default_factory=list)
    line: int = field(default=0, compare=False)  # of the body, from 1; 0 where it was not read

    @property
    def children(self) -> list[Element]:
        return [each for each in self.content if isinstance(each, Element)]

    @property
    def text(self) -> str:
        """Its own text, with white space around it."""
        return "".join(each for each in self.content if isinstance(each, str))

    def all(self, name: str) -> Iterator[Element]:
        return (each for each in self.content if isinstance(each, Element) and each.name == name)

    def first(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def written(self) -> str:
        """The element as XML that stands by itself."""
        return _written(self, "")

    def inner(self) -> str:
        """What is within it, as XML that stands by itself."""
        return "".join(escape(each) if isinstance(each, str) else _written(each, "") for each in self.content)


def parse(body: bytes) -> Element:
    """The root element. Raises BadXml."""
    return parse_parts([body])


def parse_parts(
    parts: Iterable[bytes], on_child: Callable[[Element], None] | None = None, *, most: int = MAX_ELEMENTS
) -> Element:
    """The root element of a body that comes in parts. Raises BadXml.

    With `on_child` each child of the root is handed over as soon as it is whole, and not kept: what is held in memory
    does not grow with their number. `most`: elements.
    """
    reader = _Reader(on_child, most)
    for part in chain(parts, (None,)):
        reader.read(part)
    if reader.root is None:
        raise BadXml("The body is empty.")
    return reader.root


def children_of(parts: Iterable[bytes], *, each: str) -> Iterator[Element]:
    """The children of the root, one after the other as soon as it is whole, and then the root without them.

    What lies between the ends of two that are called `each` is bounded, their number is not. Raises BadXml.
    """
    found: list[Element] = []
    reader = _Reader(found.append, MAX_ELEMENTS, each)
    for part in chain(parts, (None,)):
        try:
            reader.read(part)
        except BadXml:
            yield from found  # what was whole before it
            raise
        yield from found
        found.clear()
    if reader.root is None:
        raise BadXml("The body is empty.")
    yield reader.root


class _Reader:
    def __init__(self, on_child: Callable[[Element], None] | None, most: int, each: str = "") -> None:
        self.root: Element | None = None
        self._on_child, self._most, self._each = on_child, most, each
        self._open: list[Element] = []
        self._count = self._length = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self.start
        self._parser.EndElementHandler = self.end
        self._parser.CharacterDataHandler = self.data
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def read(self, part: bytes | None) -> None:
        """Read on; None is the end. Raises BadXml."""
        try:
            self._parser.Parse(part or b"", part is None)
        except expat.ExpatError as error:
            raise BadXml(f"The body is no XML: line {error.lineno}: {expat.ErrorString(error.code)}.") from error
        except BadXml:
            raise
        except (ValueError, LookupError) as error:  # an encoding that there is not, or that Python cannot use here
            raise BadXml("The body is in an encoding that is not read here; use UTF-8.") from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self._most or len(self._open) >= MAX_DEPTH:
            raise BadXml(f"The body has more than {self._most} elements, or more than {MAX_DEPTH} in each other.")
        if len(name) > MAX_NAME:
            raise BadXml(f"The body has a name of more than {MAX_NAME} characters.")
        element = Element(_clark(name), {_clark(key): value for key, value in attributes.items()})
        element.line = self._parser.CurrentLineNumber
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        element = self._open.pop()
        if self._on_child is not None and len(self._open) == 1:
            self._open[0].content.pop()
            self._on_child(element)
            if element.name == self._each:
                self._count = self._length = 0

    def data(self, text: str) -> None:
        self._length += len(text)
        if self._each and self._length > MAX_TEXT:
            raise BadXml(f"The body has a text of more than {MAX_TEXT} characters.")
        self._open[-1].content.append(text)


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _refuse_doctype(*_: object) -> None:
    raise BadXml("The body declares a document type, which no request needs.")


def _written(element: Element, outer: str) -> str:
    space, _, local = element.name[1:].partition("}") if element.name[:1] == "{" else ("", "", element.name)
    parts = [f"<{local}"]
    if space != outer:
        parts.append(f" xmlns={quoteattr(space)}")
    for number, (name, value) in enumerate(element.attributes.items()):
        if name[:1] != "{":
            parts.append(f" {name}={quoteattr(value)}")
        elif name.startswith("{http://www.w3.org/XML/1998/namespace}"):
            parts.append(f" xml:{name.rpartition('}')[2]}={quoteattr(value)}")
        else:
            uri, _, local_name = name[1:].partition("}")
            parts.append(f" xmlns:a{number}={quoteattr(uri)} a{number}:{local_name}={quoteattr(value)}")
    inner = "".join(escape(each) if isinstance(each, str) else _written(each, space) for each in element.content)
    parts.append(f">{inner}</{local}>" if inner else "/>")
    return "".join(parts)
