"""What goes wrong, as WebDAV says it: a status, the RFC's condition, and a sentence for whoever reads a log."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from django.http import HttpResponse

from farley.dav.names import DAV, tag, with_namespaces

XML = "application/xml; charset=utf-8"


class DavError(Exception):
    """The request is answered with `status`. `inner` is XML within the condition's element."""

    def __init__(
        self,
        status: int,
        condition: str = "",
        text: str = "",
        *,
        inner: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text or condition)
        self.status, self.condition, self.text, self.inner = status, condition, text, inner
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        if not self.condition:
            answer = HttpResponse(f"{self.text}\n", status=self.status, content_type="text/plain; charset=utf-8")
        else:
            answer = HttpResponse(error_body(self.condition, self.text, self.inner), status=self.status)
            answer["Content-Type"] = XML
        for name, value in self.headers.items():
            answer[name] = value
        return answer


def error_body(condition: str, text: str = "", inner: str = "") -> str:
    """DAV:error with its condition. RFC 4918 §16."""
    name = tag(condition)
    told = f"<f:message>{escape(text)}</f:message>" if text else ""
    found = f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n{with_namespaces("d:error", found + told)}'


def not_found() -> DavError:
    """There is nothing, or nothing that this device may know of."""
    return DavError(404, text="There is nothing at this address.")


def bad_request(text: str) -> DavError:
    return DavError(400, text=text)


def refused(privilege: str, href: str, text: str) -> DavError:
    """The role does not suffice. RFC 3744 §7.1.1."""
    inner = f"<d:resource><d:href>{href}</d:href><d:privilege><d:{privilege}/></d:privilege></d:resource>"
    return DavError(403, f"{DAV}need-privileges", text, inner=inner)
