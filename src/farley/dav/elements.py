"""Request bodies in XML, read with bounds: no document type, so no entities; so deep and so many elements at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from farley.dav.errors import bad_request

MAX_DEPTH = 50
MAX_ELEMENTS = 300_000  # a multiget of 100,000 cards has one for each
MAX_NAME = 500  # characters of a name with its namespace


@dataclass(slots=True)
class Element:
    """One element. `content` holds its text and child elements, in order."""

    name: str  # {namespace}local
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[str | Element] = field(default_factory=list)

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
    """The root element. Raises DavError (400) for what is no XML, or is more than a request needs."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    reader = _Reader()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise bad_request(f"The body is no XML: line {error.lineno}: {expat.ErrorString(error.code)}.") from error
    except (ValueError, LookupError) as error:  # an encoding that there is not, or that Python cannot use here
        raise bad_request("The body is in an encoding that is not read here; use UTF-8.") from error
    if reader.root is None:
        raise bad_request("The body is empty.")
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise bad_request(
                f"The body has more than {MAX_ELEMENTS} elements, or more than {MAX_DEPTH} in each other."
            )
        if len(name) > MAX_NAME:
            raise bad_request(f"The body has a name of more than {MAX_NAME} characters.")
        element = Element(_clark(name), {_clark(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].content.append(text)


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _refuse_doctype(*_: object) -> None:
    raise bad_request("The body declares a document type, which no request needs.")


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
