"""Members as rows of an answer. What is asked for is looked up once; then ten thousand rows are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from farley.dav import dead
from farley.dav.folders import Data, Folder, Render
from farley.dav.names import DAV, element, empty, href, tag
from farley.dav.privileges import acl_properties, granted_on, http_date, owner_of
from farley.dav.request import DavRequest
from farley.journal import members
from farley.journal.members import Member

OK = "<d:status>HTTP/1.1 200 OK</d:status>"
NOT_FOUND = "<d:status>HTTP/1.1 404 Not Found</d:status>"
IN_ALLPROP = frozenset(  # RFC 4918 §9.1.5: those of that document alone
    f"{DAV}{name}"
    for name in (
        "creationdate",
        "displayname",
        "getcontentlength",
        "getcontenttype",
        "getetag",
        "getlastmodified",
        "resourcetype",
    )
)


@dataclass
class Wanted:
    """Which properties of each member are told."""

    folder: Folder
    dav: DavRequest
    names: Sequence[str] | None  # None: those of RFC 4918 (allprop)
    data: Data
    names_only: bool = False

    def __post_init__(self) -> None:
        live = member_properties(self.dav, self.folder)
        asked = [name for name in live if name in IN_ALLPROP] if self.names is None else self.names
        if self.names_only:
            asked = list(live)
        words = self.folder.words
        self._data_name = tag(words.condition("…"))
        self.has_data = words.condition("…") in asked
        self._rendered: list[tuple[str, Render]] = [(name, live[name]) for name in asked if name in live]
        self._tagged = [(tag(name), render) for name, render in self._rendered]
        unknown = [name for name in asked if name not in live and name != words.condition("…")]
        self._unknown = dict.fromkeys(unknown)
        has_dead = bool(unknown) or self.names is None
        self.dead = dead.of_members(self.dav, self.folder) if has_dead else {}  # by member, whole elements by name

    def rows(self, page: Iterable[Member]) -> Iterator[str]:
        """A response for each member of a page."""
        if not self.has_data:
            for member in page:
                yield self._row(member, self.data.tag(member.etag), "")
            return
        for member, octets in members.with_octets(list(page)):
            etag, told = self.data.told(member, octets)
            yield self._row(member, etag, f"<{self._data_name}>{told}</{self._data_name}>")

    def _row(self, member: Member, etag: str, data: str) -> str:
        if self.names_only:
            parts = [empty(name) for name, _ in self._rendered]
        else:
            parts = [f"<{name}>{render(member, etag)}</{name}>" for name, render in self._tagged]
        kept = self.dead.get(member.pk, {})
        if self.names is None:
            parts += [empty(name) if self.names_only else xml for name, xml in kept.items()]
        missing = ""
        if self._unknown:
            parts += [kept[name] for name in self._unknown if name in kept]
            missing = missing_stat([name for name in self._unknown if name not in kept], self.dav)
        if data:
            parts.append(data)
        found = f"<d:propstat><d:prop>{''.join(parts)}</d:prop>{OK}</d:propstat>" if parts or not missing else ""
        return f"<d:response>{href(self.folder.href_of(member.href))}{found}{missing}</d:response>"


def missing_stat(names: Sequence[str], dav: DavRequest) -> str:
    """The 404 part of a response, which `return=minimal` leaves out. RFC 8144 §2.1."""
    if not names or dav.is_minimal:
        return ""
    return f"<d:propstat><d:prop>{''.join(map(empty, names))}</d:prop>{NOT_FOUND}</d:propstat>"


def member_properties(dav: DavRequest, folder: Folder) -> dict[str, Render]:
    """The live properties of a member, by name."""
    owner = owner_of(dav, folder)
    writing, reading = (
        {name: tell() for name, tell in acl_properties(dav, granted_on(folder, is_writable=may)).items()}
        for may in (True, False)
    )
    found: dict[str, Render] = {
        f"{DAV}getetag": lambda _, etag: etag,
        f"{DAV}getlastmodified": lambda member, _: http_date(member.changed_at),
        f"{DAV}creationdate": lambda member, _: member.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{DAV}displayname": lambda member, _: escape(member.title),
        f"{DAV}resourcetype": lambda _, _etag: "",
        f"{DAV}owner": lambda _, _etag: owner,
        f"{DAV}current-user-principal": lambda _, _etag: href(dav.principal),
        f"{DAV}supported-report-set": lambda _, _etag: "",
        **folder.member_properties(dav),
    }
    for name in writing:
        found[name] = _of_access(folder, writing[name], reading[name])
    if not folder.version(dav):  # else it is not known before it is converted
        found[f"{DAV}getcontentlength"] = lambda member, _: str(member.size)
    return found


def _of_access(folder: Folder, writing: str, reading: str) -> Render:
    """A property that tells what may be done with a member."""
    return lambda member, _: writing if folder.is_writable_at(member.href) else reading


def gone_row(path: str) -> str:
    """A member that is no more: RFC 6578 §3.5, and of multiget RFC 6352 §8.7."""
    return f"<d:response>{href(path)}{NOT_FOUND}</d:response>"


def cut_row(path: str, condition: str = f"{DAV}number-of-matches-within-limits") -> str:
    """There is more than the limit lets through: RFC 6578 §3.6, RFC 6352 §8.6.1."""
    return (
        f"<d:response>{href(path)}<d:status>HTTP/1.1 507 Insufficient Storage</d:status>"
        f"<d:error>{empty(condition)}</d:error></d:response>"
    )


def response_row(
    path: str, inner: Mapping[str, str], kept: Mapping[str, str], missing: Sequence[str], dav: DavRequest
) -> str:
    """A response of anything else than a member: by name, XML within each live property and whole dead ones."""
    parts = "".join([*(element(name, xml) for name, xml in inner.items()), *kept.values()])
    absent = missing_stat(missing, dav)
    found = f"<d:propstat><d:prop>{parts}</d:prop>{OK}</d:propstat>" if parts or not absent else ""
    return f"<d:response>{href(path)}{found}{absent}</d:response>"
