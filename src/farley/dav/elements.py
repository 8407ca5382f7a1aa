"""Request bodies in XML."""

from __future__ import annotations

from farley.codecs import xml_tree
from farley.codecs.xml_tree import BadXml
from farley.codecs.xml_tree import Element as Element  # noqa: PLC0414 -- what all of this face reads
from farley.dav.errors import bad_request


def parse(body: bytes) -> Element:
    """The root element. Raises DavError (400) for what is no XML, or is more than a request needs."""
    try:
        return xml_tree.parse(body)
    except BadXml as error:
        raise bad_request(str(error)) from error
