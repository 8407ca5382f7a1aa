"""Evolution and what else uses its data server: by tags of the whole book; entity tags without their quotes."""

from __future__ import annotations

from typing import Any

from farley.dav.names import CALENDARSERVER, CARDDAV, DAV
from tests.dav.phone import Answer
from tests.dav.programs.program import ETAG, WELL_KNOWN, Program, inner_href, is_book

AT_ONCE = 100


class Evolution(Program):
    agent = "Evolution/3.56.2"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ctag = ""

    def set_up(self) -> None:
        asked = "<D:resourcetype/><D:current-user-principal/><D:principal-URL/><C:addressbook-home-set/>"
        home = address = ""
        for address in ("/", WELL_KNOWN):
            [row] = self._propfind(address, "0", asked).rows
            principal = inner_href(row, f"{DAV}current-user-principal")
            [row] = self._propfind(principal, "0", asked).rows
            home = inner_href(row, f"{CARDDAV}addressbook-home-set")
        asked = "<D:resourcetype/><D:displayname/><C:addressbook-description/><D:current-user-privilege-set/>"
        self.book = next(row.href for row in self._propfind(home, "1", asked).rows if is_book(row))
        options = self.ask("OPTIONS", self.book)
        assert "addressbook" in options.raw["DAV"]
        [row] = self._propfind(self.book, "0", "<D:current-user-privilege-set/>").rows
        privileges = row.named(f"{DAV}current-user-privilege-set")
        self.is_writable = not {f"{DAV}write", f"{DAV}write-content", f"{DAV}all"}.isdisjoint(privileges)

    def send(self, href: str, card: bytes) -> None:
        tag = self.tags.get(href)
        condition = {"if_match": tag} if tag else {"if_none_match": "*"}
        answer = self.ask("PUT", href, card, content_type=self.content_type, prefer="return=minimal", **condition)
        if answer.status == 412:  # out of sync: what the server has comes with the next fetch
            self.ctag = ""
            self.tags[href] = ""
            return
        if answer.status == 403:
            assert answer.condition == f"{DAV}need-privileges"  # else it asks the person for a password
            self.ctag = ""
            self.tags[href] = ""
            return
        assert answer.status in (201, 204)
        self.tags[href] = answer.raw.headers.get("ETag", "").strip('"')
        if not self.tags[href]:
            got = self.ask("GET", href)
            self.tags[href], self.cards[href] = got.etag.strip('"'), got.body

    def send_deletion(self, href: str) -> None:
        answer = self.ask("DELETE", href, if_match=self.tags[href])
        if answer.status in (403, 412):
            self.ctag = ""
        else:
            assert answer.status in (204, 404)

    def fetch(self) -> None:
        [row] = self._propfind(self.book, "0", '<S:getctag xmlns:S="http://calendarserver.org/ns/"/>').rows
        ctag = row[f"{CALENDARSERVER}getctag"]
        if ctag == self.ctag:
            return
        listed = {
            row.href: row[ETAG].strip('"')
            for row in self._propfind(self.book, "1", "<D:getetag/>").rows
            if not row.href.endswith("/")
        }
        for href in self.cards.keys() - listed.keys():
            self.forget(href)
        missing = [href for href, tag in listed.items() if self.tags.get(href) != tag]
        for start in range(0, len(missing), AT_ONCE):
            asked = "".join(f"<D:href>{href}</D:href>" for href in missing[start : start + AT_ONCE])
            prop = "<D:prop><D:getetag/><C:address-data/></D:prop>"
            for row in self._report("addressbook-multiget", prop + asked).rows:
                self.keep(row)
                self.tags[row.href] = row[ETAG].strip('"')
        self.ctag = ctag

    def uids(self) -> Answer:
        """What it asks for when it looks whether its own list is whole: a query without a filter, at depth 0."""
        data = '<C:address-data><C:prop name="VERSION"/><C:prop name="UID"/></C:address-data>'
        return self._report("addressbook-query", f"<D:prop><D:getetag/>{data}</D:prop>", depth="0")

    def _report(self, name: str, inner: str, **headers: str) -> Answer:
        body = f'<C:{name} xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:">{inner}</C:{name}>'
        return self.ask("REPORT", self.book, body, **headers)

    def _propfind(self, address: str, depth: str, inner: str) -> Answer:
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<D:propfind {spaces}><D:prop>{inner}</D:prop></D:propfind>'
        return self.ask("PROPFIND", address, body, depth=depth)
