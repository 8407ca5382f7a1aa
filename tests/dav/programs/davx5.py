"""DAVx⁵ on Android, with groups as cards of their own."""

from __future__ import annotations

from typing import Any

from farley.dav.names import CARDDAV, DAV
from tests.dav.phone import Answer
from tests.dav.programs.program import ETAG, WELL_KNOWN, Program, inner_href, is_book

SPACES = 'xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav"'
AT_ONCE = 10


class Davx5(Program):
    agent = "DAVx5/4.4.8-ose (dav4jvm; okhttp/4.12.0) Android/15"
    waits_for_challenge = False
    content_type = "text/vcard;charset=utf-8"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.token = ""

    def set_up(self) -> None:
        principal = ""
        for address in ("/", WELL_KNOWN):
            answer = self._propfind(
                address, "0", "<resourcetype/><displayname/><CARD:addressbook-description/><current-user-principal/>"
                "<CARD:addressbook-home-set/><current-user-privilege-set/>",
            )  # fmt: skip
            principal = principal or inner_href(answer.rows[0], f"{DAV}current-user-principal")
        options = self.ask("OPTIONS", principal)
        assert "addressbook" in [each.strip() for each in options.raw["DAV"].split(",")]
        asked = "<displayname/><resourcetype/><CARD:addressbook-home-set/><group-membership/>"
        proxies = '<calendar-proxy-read-for xmlns="http://calendarserver.org/ns/"/>'
        [row] = self._propfind(principal, "0", asked + proxies).rows
        assert f"{DAV}group-membership" in row.props[200]
        home = inner_href(row, f"{CARDDAV}addressbook-home-set")
        push = '<transports xmlns="https://bitfire.at/webdav-push"/><topic xmlns="https://bitfire.at/webdav-push"/>'
        asked = "<resourcetype/><current-user-privilege-set/><displayname/><owner/><CARD:addressbook-description/>"
        books = [row for row in self._propfind(home, "1", asked + push).rows if is_book(row)]
        self.book = books[0].href
        privileges = books[0].named(f"{DAV}current-user-privilege-set")
        self.is_writable = f"{DAV}bind" in privileges and f"{DAV}write-content" in privileges
        for owner in {inner_href(each, f"{DAV}owner") for each in books} - {""}:
            assert self._propfind(owner, "0", "<displayname/><resourcetype/>").rows[0][f"{DAV}displayname"]

    def sync(self) -> None:
        if not self.is_writable and (self.dirty or self.deleted):  # it sends nothing and fetches everything anew
            self.token = ""
            for href in [*self.dirty, *self.deleted]:
                self.forget(href)
            self.dirty.clear()
            self.deleted.clear()
        super().sync()

    def send(self, href: str, card: bytes) -> None:
        tag = self.tags.get(href)
        condition = {"if_match": tag} if tag else {"if_none_match": "*"}
        answer = self.ask("PUT", href, card, content_type=self.content_type, **condition)
        if answer.status in (404, 410) and tag:
            del self.tags[href]
            self.send(href, card)
            return
        is_over = answer.status in (409, 412) or (answer.status, answer.body and answer.condition) == (
            403,
            f"{DAV}need-privileges",
        )
        assert answer.status in (201, 204) or is_over, answer.body  # anything else is shown to the person
        self.tags[href] = answer.raw.headers.get("ETag", "") if not is_over else ""

    def send_deletion(self, href: str) -> None:
        self.ask("DELETE", href, if_match=self.tags[href])  # whatever comes: what is still there is fetched again

    def fetch(self) -> None:
        known = "<CARD:max-resource-size/><CARD:supported-address-data/><supported-report-set/>"
        asked = known + '<getctag xmlns="http://calendarserver.org/ns/"/><sync-token/>'
        [row] = self._propfind(self.book, "0", asked).rows
        types = row.props[200][f"{CARDDAV}supported-address-data"].children
        assert {each.attributes["version"] for each in types} == {self.writes}
        assert f"{DAV}sync-collection" in row.named(f"{DAV}supported-report-set")
        if row[f"{DAV}sync-token"] == self.token and all(self.tags.get(href) for href in self.cards):
            return
        has_more, seen, is_first = True, set[str](), not self.token
        while has_more:
            answer = self._changes()
            if answer.status == 403 and answer.condition == f"{DAV}valid-sync-token":
                self.token, is_first = "", True
                continue
            has_more, missing = False, []
            for row in answer.rows:
                if row.status == 404:
                    self.forget(row.href)
                elif row.status == 507:
                    has_more = True
                else:
                    seen.add(row.href)
                    if self.tags.get(row.href) != row[ETAG]:
                        missing.append(row.href)
            self._download(missing)
            self.token = answer.token
        if is_first:
            for href in self.cards.keys() - seen:
                self.forget(href)

    def _changes(self) -> Answer:
        told = f"<sync-token>{self.token}</sync-token>" if self.token else "<sync-token/>"
        inner = f"{told}<sync-level>1</sync-level><prop><getetag/></prop>"
        return self.ask("REPORT", self.book, f"<sync-collection {SPACES}>{inner}</sync-collection>", depth="0")

    def _download(self, hrefs: list[str]) -> None:
        for start in range(0, len(hrefs), AT_ONCE):
            asked = "".join(f"<href>{href}</href>" for href in hrefs[start : start + AT_ONCE])
            prop = '<prop><getcontenttype/><getetag/><CARD:address-data content-type="text/vcard"/></prop>'
            body = f"<CARD:addressbook-multiget {SPACES}>{prop}{asked}</CARD:addressbook-multiget>"
            for row in self.ask("REPORT", self.book, body, depth="1").rows:
                assert row[f"{DAV}getcontenttype"].startswith("text/vcard")
                self.keep(row)

    def _propfind(self, address: str, depth: str, inner: str) -> Answer:
        return self.ask("PROPFIND", address, f"<propfind {SPACES}><prop>{inner}</prop></propfind>", depth=depth)
