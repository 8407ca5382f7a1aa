"""Contacts of iOS and macOS: 3.0 alone, the first book of a home, groups in a way of their own."""

from __future__ import annotations

from typing import Any, ClassVar

from farley.dav.names import CALENDARSERVER, CARDDAV, DAV
from tests.dav.phone import Answer
from tests.dav.programs.program import ETAG, WELL_KNOWN, Program, inner_href, is_book

AT_ONCE = 50


class Apple(Program):
    content_type = "text/vcard; charset=utf-8"
    card_prefix: ClassVar[str]
    report_headers: ClassVar[dict[str, str]]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.token = self.home = ""

    def name_of(self, uid: str) -> str:
        return f"{uid.upper()}.vcf"

    def set_up(self) -> None:
        for address in ("/", WELL_KNOWN):
            asked = "<A:current-user-principal/><A:principal-URL/><A:resourcetype/>"
            [row] = self._propfind(address, "0", asked).rows
        principal = inner_href(row, f"{DAV}current-user-principal")
        options = self.ask("OPTIONS", principal)
        assert {"access-control", "addressbook", "extended-mkcol"} <= set(options.raw["DAV"].split(", "))
        asked = (
            "<C:addressbook-home-set/><C:directory-gateway/><A:displayname/><S:email-address-set/>"
            "<A:principal-collection-set/><A:principal-URL/><A:resource-id/><A:supported-report-set/>"
        )
        [row] = self._propfind(principal, "0", asked).rows
        assert inner_href(row, f"{DAV}principal-URL") == principal
        assert inner_href(row, f"{DAV}resource-id").startswith("urn:uuid:")
        self.home = inner_href(row, f"{CARDDAV}addressbook-home-set")
        asked = (
            '<A:add-member/><M:bulk-requests xmlns:M="http://me.com/_namespace/"/><A:current-user-privilege-set/>'
            '<A:displayname/><M:guardian-restricted xmlns:M="http://me.com/_namespace/"/><C:max-image-size/>'
            "<C:max-resource-size/><S:me-card/><A:owner/><S:push-transports/><S:pushkey/>"
            '<Q:quota-available xmlns:Q="urn:mobileme:davservices"/><A:quota-available-bytes/>'
            '<Q:quota-used xmlns:Q="urn:mobileme:davservices"/><A:quota-used-bytes/><A:resource-id/>'
            "<A:resourcetype/><A:supported-report-set/><A:sync-token/>"
        )
        first = next(row for row in self._propfind(self.home, "1", asked).rows if is_book(row))
        assert int(first[f"{CARDDAV}max-resource-size"]) > int(first[f"{CARDDAV}max-image-size"]) > 2**20
        assert f"{DAV}sync-collection" in first.named(f"{DAV}supported-report-set")
        self.book = first.href
        self.is_writable = f"{DAV}bind" in first.named(f"{DAV}current-user-privilege-set")

    def send(self, href: str, card: bytes) -> None:
        tag = self.tags.get(href)
        condition = {"if_match": tag} if tag else {"if_none_match": "*"}
        answer = self.ask("PUT", href, card, content_type=self.content_type, **condition)
        assert answer.status in (201, 204, 403, 412)
        self.tags[href] = answer.raw.headers.get("ETag", "") if answer.status < 300 else ""
        if answer.status >= 400:
            self.token = ""  # it lists the book anew

    def send_deletion(self, href: str) -> None:
        if self.ask("DELETE", href).status == 403:
            self.token = ""

    def fetch(self) -> None:
        [row] = self._propfind(self.book, "0", "<S:getctag/><A:sync-token/>").rows
        assert row[f"{CALENDARSERVER}getctag"]
        if self.token == row[f"{DAV}sync-token"]:
            return
        answer = self._changes() if self.token else None
        if answer is None or answer.status == 403:
            told = [row for row in self._propfind(self.book, "1", "<A:getetag/>").rows if not row.href.endswith("/")]
            for href in self.cards.keys() - {row.href for row in told}:
                self.forget(href)
            token = row[f"{DAV}sync-token"]
        else:
            told, token = answer.rows, answer.token
        missing = []
        for each in told:
            if each.status == 404:
                self.forget(each.href)
            elif self.tags.get(each.href) != each[ETAG]:
                missing.append(each.href)
        for start in range(0, len(missing), AT_ONCE):
            self._download(missing[start : start + AT_ONCE])
        self.token = token

    def choose_me(self, uid: str) -> Answer:
        """A person says which card is their own."""
        inner = f"<S:me-card><A:href>{self.href_of(uid)}</A:href></S:me-card>"
        body = f"<A:propertyupdate {self._spaces}><A:set><A:prop>{inner}</A:prop></A:set></A:propertyupdate>"
        return self.ask("PROPPATCH", self.home, body, content_type="text/xml", brief="t", prefer="return=minimal")

    def me(self) -> str:
        [row] = self._propfind(self.home, "0", "<S:me-card/>").rows
        return inner_href(row, f"{CALENDARSERVER}me-card")

    def _changes(self) -> Answer:
        inner = f"<A:sync-token>{self.token}</A:sync-token><A:sync-level>1</A:sync-level>"
        body = f'<A:sync-collection xmlns:A="DAV:">{inner}<A:prop><A:getetag/></A:prop></A:sync-collection>'
        return self._asked("REPORT", self.book, body, depth="1")

    def _download(self, hrefs: list[str]) -> None:
        card = self.card_prefix
        prop = f'<A:prop xmlns:A="DAV:"><A:getetag/><{card}:address-data/></A:prop>'
        asked = "".join(f'<A:href xmlns:A="DAV:">{href}</A:href>' for href in hrefs)
        name = f"{card}:addressbook-multiget"
        body = f'<{name} xmlns:{card}="urn:ietf:params:xml:ns:carddav">{prop}{asked}</{name}>'
        for row in self.ask("REPORT", self.book, body, content_type="text/xml", **self.report_headers).rows:
            self.keep(row)
            assert b"VERSION:3.0\r\n" in self.cards[row.href], "it gives up the whole book for ever"

    @property
    def _spaces(self) -> str:
        return 'xmlns:A="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"'

    def _propfind(self, address: str, depth: str, inner: str) -> Answer:
        body = f"<A:propfind {self._spaces}><A:prop>{inner}</A:prop></A:propfind>"
        return self._asked("PROPFIND", address, body, depth=depth)

    def _asked(self, method: str, address: str, body: str, **headers: str) -> Answer:
        whole = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
        return self.ask(method, address, whole, content_type="text/xml", brief="t", prefer="return=minimal", **headers)


class Mac(Apple):
    agent = "macOS/26.5.1 (25F80) AddressBookCore/2732.600.11"
    card_prefix = "C"
    report_headers: ClassVar[dict[str, str]] = {"depth": "1", "brief": "t", "prefer": "return=minimal"}


class IPhone(Apple):
    agent = "iOS/26.6.1 (23G93) dataaccessd/1.0"
    card_prefix = "D"
    report_headers: ClassVar[dict[str, str]] = {}
