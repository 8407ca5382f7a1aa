"""xCard: vCards as XML, both ways. RFC 6351."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_draft import Read
from farley.codecs.vcard_typed import LISTS, NAME, Params, Typed, card_of, default_of, typed
from farley.codecs.xml_tree import BadXml, Element, children_of, parse

SPACE: Final = "urn:ietf:params:xml:ns:vcard-4.0"
HEAD: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<vcards xmlns="{SPACE}">\n'
TAIL: Final = "</vcards>\n"
_CHUNK = 2**16
_COMPONENTS: Final = {
    "N": ("surname", "given", "additional", "prefix", "suffix"),
    "ADR": ("pobox", "ext", "street", "locality", "region", "code", "country"),
    "GENDER": ("sex", "identity"),
    "CLIENTPIDMAP": ("sourceid", "uri"),
}
_DATES: Final = frozenset({"date", "time", "date-time", "date-and-or-time"})
_NO_XML: Final = {sign: None for sign in range(32) if sign not in (9, 10, 13)}


def to_xcard(card: Card) -> str:
    """The `vcard` element of a card; between HEAD and TAIL it is a file."""
    groups: dict[str, list[str]] = {}
    alone: list[str] = []
    for each in typed(card):
        groups.setdefault(each.group, []).append(_written(each)) if each.group else alone.append(_written(each))
    inside = "".join(alone)
    inside += "".join(f'<group name="{escape(name)}">{"".join(found)}</group>' for name, found in groups.items())
    return f"<vcard>{inside}</vcard>\n"


def read_xcards(source: BinaryIO) -> Iterator[Read]:
    """The cards of an xCard file, in order; what is none is a problem. Nothing is read after what is no XML."""
    at = 1
    bare: list[Element] = []  # of a file that is one card
    try:
        for element in children_of(iter(lambda: source.read(_CHUNK), b""), each=_named("vcard")):
            at = element.line
            if element.name == _named("vcard"):
                element.content = [*bare, *element.content]
                bare.clear()
                yield _read(element)
            elif element.name != _named("vcards"):
                bare.append(element)
    except BadXml:
        yield Read(at, 0, Unreadable(at, "what follows here is no XML, has a document type or is too much"))


def from_xcard(element: Element) -> Card:
    """The vCard 4.0 that a `vcard` element stands for. Raises Unreadable."""
    properties: list[Typed] = []
    for child in element.children:
        if child.name == _named("group"):
            name = child.attributes.get("name", "")
            group = name if NAME.fullmatch(name) else None
            properties += [_property(each, group) for each in child.children]
        else:
            properties.append(_property(child, None))
    return card_of(properties)


def _read(element: Element) -> Read:
    try:
        card = from_xcard(element)
    except Unreadable as problem:
        return Read(element.line, 0, problem)
    return Read(element.line, len(card.octets), card)


def _named(local: str) -> str:
    return f"{{{SPACE}}}{local}"


def _local(element: Element) -> str:
    """The name of a property; one of another namespace is no property of a card."""
    space, _, local = element.name[1:].rpartition("}")
    return local if space == SPACE else ""


def _property(element: Element, group: str | None) -> Typed:
    name = _local(element).upper()
    if not name:  # what is none of vCard's stays whole. RFC 6350 §6.1.5
        return Typed("XML", group, (), "text", [element.written()])
    if not NAME.fullmatch(name):
        raise Unreadable(element.line, "a property of xCard has a name of letters, digits and hyphens")
    params: Params = ()
    values = []
    for child in element.children:
        if child.name == _named("parameters"):
            params = tuple(_parameter(each) for each in child.children if NAME.fullmatch(_local(each)))
        else:
            values.append(child)
    if components := _COMPONENTS.get(name):
        said = {component: [each.text for each in values if _local(each) == component] for component in components}
        structure = [said[component] or [""] for component in components]
        while name == "GENDER" and len(structure) > 1 and structure[-1] == [""]:
            structure.pop()
        return Typed(name, group, params, "text", [], structure)
    if name == "ORG":
        return Typed(name, group, params, "text", [], [[_text(each)] for each in values] or [[""]])
    kind = _local(values[0]) if values else default_of(name)
    if kind in _DATES and default_of(name) == "date-and-or-time":
        kind = "date-and-or-time"
    texts = [_text(each) for each in values] or [element.text.strip()]
    if kind == "text" and name not in LISTS and len(texts) > 1:
        texts = [", ".join(texts)]
    return Typed(name, group, params, kind if NAME.fullmatch(kind) else "text", texts)


def _parameter(element: Element) -> tuple[str, tuple[str, ...]]:
    values = tuple(_text(each) for each in element.children) or (element.text.strip(),)
    return _local(element).upper(), values


def _text(element: Element) -> str:
    return element.text if _local(element) == "text" else element.text.strip()


def _written(each: Typed) -> str:
    name = each.name.lower()
    if each.name == "XML" and each.texts and each.texts[0].lstrip().startswith("<"):
        try:
            return parse(each.texts[0].encode()).written()
        except BadXml:
            pass
    params = "".join(_parameter_out(param.lower(), values) for param, values in each.params if NAME.fullmatch(param))
    head = f"<parameters>{params}</parameters>" if params else ""
    if each.structure is not None:
        body = _components(each.name, each.structure)
    else:
        kind = _kind_of(each)
        body = "".join(f"<{kind}>{_safe(text)}</{kind}>" for text in each.texts)
    return f"<{name}>{head}{body}</{name}>"


def _components(name: str, structure: Sequence[Sequence[str]]) -> str:
    if name == "ORG":
        return "".join(f"<text>{_safe(text)}</text>" for part in structure for text in part)
    names = _COMPONENTS[name]
    parts = [*structure, *([[""]] * (len(names) - len(structure)))]
    if name == "GENDER":
        parts = list(structure)
    return "".join(
        f"<{component}>{_safe(text)}</{component}>"
        for component, part in zip(names, parts, strict=False)
        for text in part
    )


def _kind_of(each: Typed) -> str:
    """The element of a value: a date says which parts of one it has. RFC 6351 §5."""
    if each.kind != "date-and-or-time" or not each.texts:
        return each.kind
    if each.texts[0].startswith("T"):
        return "time"
    return "date-time" if "T" in each.texts[0] else "date"


def _parameter_out(name: str, values: Sequence[str]) -> str:
    kind = {"pref": "integer", "language": "language-tag", "mediatype": "text"}.get(name, "text")
    return f"<{name}>{''.join(f'<{kind}>{_safe(value)}</{kind}>' for value in values)}</{name}>"


def _safe(text: str) -> str:
    return escape(text.translate(_NO_XML))
