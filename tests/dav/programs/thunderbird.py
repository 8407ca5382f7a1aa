"""Thunderbird's address book: it writes 4.0, unconditionally, and looks at what the server made of it."""

from __future__ import annotations

from typing import Any

from farley.dav.names import CARDDAV, DAV
from tests.dav.phone import Answer
from tests.dav.programs.program import ETAG, WELL_KNOWN, Program, inner_href, is_book

SPACES = (
    'xmlns="DAV:" xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cs="http://calendarserver.org/ns/"'
)
WRITING = frozenset({f"{DAV}write", f"{DAV}write-properties", f"{DAV}write-content", f"{DAV}all"})


class Thunderbird(Program):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"
    writes = "4.0"
    content_type = "text/vcard"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.token = ""

    def set_up(self) -> None:
        [row] = self._propfind(WELL_KNOWN, "0", "<current-user-principal/>").rows
        [row] = self._propfind(
            inner_href(row, f"{DAV}current-user-principal"), "0", "<card:addressbook-home-set/>"
        ).rows
        home = inner_href(row, f"{CARDDAV}addressbook-home-set")
        asked = "<resourcetype/><displayname/><current-user-privilege-set/>"
        books = [row for row in self._propfind(home, "1", asked).rows if is_book(row)]
        self.book = books[0].href
        privileges = books[0].named(f"{DAV}current-user-privilege-set")
        assert f"{DAV}read" in privileges
        self.is_writable = not WRITING.isdisjoint(privileges)

    def send(self, href: str, card: bytes) -> None:
        answer = self.ask("PUT", href, card, content_type=self.content_type)
        if answer.status >= 400:  # the person is told; it goes on with what the server has
            return
        [row] = self._multiget([href]).rows
        self.keep(row)

    def send_deletion(self, href: str) -> None:
        assert self.ask("DELETE", href).status in (204, 404)

    def fetch(self) -> None:
        if self.token:
            self._fetch_changes()
        else:
            self._fetch_all()

    def _fetch_all(self) -> None:
        listed = self._propfind(self.book, "1", "<resourcetype/><getetag/><cs:getctag/>").rows
        tags = {row.href: row[ETAG] for row in listed if f"{DAV}collection" not in row.named(f"{DAV}resourcetype")}
        for href in self.cards.keys() - tags.keys():
            self.forget(href)
        if missing := [href for href, tag in tags.items() if self.tags.get(href) != tag]:
            for row in self._multiget(missing).rows:
                self.keep(row)
        [row] = self._propfind(self.book, "0", "<displayname/><cs:getctag/><sync-token/>").rows
        self.token = row[f"{DAV}sync-token"]

    def _fetch_changes(self) -> None:
        inner = f"<sync-token>{self.token}</sync-token><sync-level>1</sync-level>"
        prop = "<prop><getetag/><card:address-data/></prop>"
        body = f"<sync-collection {SPACES}>{inner}{prop}</sync-collection>"
        answer = self.ask("REPORT", self.book, body, depth="1", content_type="text/xml")
        assert answer.status == 207  # after anything else it would sync no more
        for row in answer.rows:
            if row.status == 404:
                self.forget(row.href)
            else:
                self.keep(row)
        self.token = answer.token

    def _multiget(self, hrefs: list[str]) -> Answer:
        asked = "\n".join(f"<d:href>{href}</d:href>" for href in hrefs)
        prop = "<d:prop><d:getetag/><card:address-data/></d:prop>"
        body = f'<?xml version="1.0" encoding="utf-8"?>\n<card:addressbook-multiget {SPACES}>{prop}{asked}'
        whole = f"{body}</card:addressbook-multiget>"
        return self.ask("REPORT", self.book, whole, depth="1", content_type="text/xml")

    def _propfind(self, address: str, depth: str, inner: str) -> Answer:
        body = f'<?xml version="1.0" encoding="utf-8"?>\n<propfind {SPACES}><prop>{inner}</prop></propfind>'
        return self.ask("PROPFIND", address, body, depth=depth, content_type="text/xml")
