"""PROPPATCH. RFC 4918 §9.2: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from farley.accounts.roles import Role
from farley.dav import dead
from farley.dav.conditions import expected
from farley.dav.elements import Element
from farley.dav.errors import bad_request, not_found, refused
from farley.dav.folders import Folder, Verdict
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV, LANGUAGE, element, empty, href
from farley.dav.properties import properties_of
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Place, resource_at
from farley.dav.rows import member_properties

_STATUS = {
    200: "200 OK",
    403: "403 Forbidden",
    409: "409 Conflict",
    424: "424 Failed Dependency",
    507: "507 Insufficient Storage",
}


@dataclass
class Patch:
    """What is to be set and removed, and what became of each."""

    setting: dict[str, Element] = field(default_factory=dict)
    removing: list[str] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by name

    def written(self) -> dict[str, str]:
        """What is set, as elements that stand by themselves."""
        return {name: element.written() for name, element in self.setting.items()}


def proppatch(dav: DavRequest) -> HttpResponseBase:
    resource = resource_at(dav, dav.path)
    body = dav.xml()
    if body is None or body.name != f"{DAV}propertyupdate":
        raise bad_request("The body of PROPPATCH is a DAV:propertyupdate.")
    if not _is_writable(dav, resource):
        raise refused("write-properties", resource.href, "This device may read this and not change it.")
    expected(dav, resource.member() if isinstance(resource, Place) else None)
    patch = read_patch(body)
    if not patch.verdicts:
        raise bad_request("A DAV:propertyupdate sets or removes something.")
    if isinstance(resource, Place):
        subject: dead.Subject = _leaf(resource)
        live: Iterable[str] = [*member_properties(dav, resource.folder), f"{DAV}getcontentlength"]
    else:
        subject, live = resource, properties_of(dav, resource)
    settable = resource.settable if isinstance(resource, Folder) else frozenset[str]()
    reworded = resource.reworded if isinstance(resource, Folder) else frozenset[str]()
    own = {name: patch.setting.pop(name) for name in list(patch.setting) if name in settable}
    unset = [name for name in patch.removing if name in settable]
    patch.removing = [name for name in patch.removing if name not in settable]
    _judge(dav, subject, patch, set(live) - settable - reworded)
    if isinstance(resource, Folder) and (own or unset) and is_fine(patch):
        patch.verdicts |= resource.change(dav, own, unset)
    if is_fine(patch):
        dead.change(dav, subject, patch.written(), patch.removing)
    if dav.is_minimal and is_fine(patch):  # RFC 8144 §2.2
        return HttpResponse(status=200, headers={"Preference-Applied": "return=minimal"})
    return multistatus(dav, [f"<d:response>{href(resource.href)}{propstats(patch)}</d:response>"])


def _leaf(place: Place) -> dead.Leaf:
    member = place.member()
    if member is None:
        raise not_found()
    return dead.Leaf(place.folder, member.pk)


def _is_writable(dav: DavRequest, resource: Collection | Place) -> bool:
    match resource:
        case Place(folder, name):
            return folder.is_writable_at(name)
        case Folder():
            return resource.is_writable
    return dav.actor.max_role >= Role.EDITOR  # what lies there is its person's own


def read_patch(body: Element) -> Patch:
    """The instructions, in order: the last one about a name counts."""
    patch = Patch()
    for act in body.children:
        if act.name not in (f"{DAV}set", f"{DAV}remove"):
            continue
        for prop in act.all(f"{DAV}prop"):
            language = next((found for each in (prop, act, body) if (found := each.attributes.get(LANGUAGE))), None)
            for each in prop.children:
                if language is not None:  # it holds for what is within. RFC 4918 §4.3
                    each.attributes.setdefault(LANGUAGE, language)
                patch.setting.pop(each.name, None)
                patch.removing = [name for name in patch.removing if name != each.name]
                patch.verdicts[each.name] = (200, "")
                if act.name == f"{DAV}set":
                    patch.setting[each.name] = each
                else:
                    patch.removing.append(each.name)
    return patch


def _judge(dav: DavRequest, subject: dead.Subject, patch: Patch, live: set[str]) -> None:
    """Of what is to be kept as it is: whether there is room, and no property of Farley's own of that name."""
    is_full = len(dead.names(dav, subject) | set(patch.setting)) > dead.MAX_COUNT
    written = patch.written()
    for name in [*patch.setting, *patch.removing]:
        if name in live or name.startswith(DAV) or not dead.keeps(subject):
            patch.verdicts[name] = (403, f"{DAV}cannot-modify-protected-property")
        elif name in written and (len(written[name].encode()) > dead.MAX_OCTETS or is_full):
            patch.verdicts[name] = (507, "")


def is_fine(patch: Patch) -> bool:
    return all(status == 200 for status, _ in patch.verdicts.values())


def propstats(patch: Patch) -> str:
    """One propstat for each outcome; what would have gone well failed with the rest."""
    stats: dict[tuple[int, str], list[str]] = {}
    for name, (status, condition) in patch.verdicts.items():
        verdict = (424, "") if status == 200 and not is_fine(patch) else (status, condition)
        stats.setdefault(verdict, []).append(name)
    parts = []
    for (status, condition), names in stats.items():
        error = element(f"{DAV}error", empty(condition)) if condition else ""
        told = f"<d:status>HTTP/1.1 {_STATUS[status]}</d:status>{error}"
        parts.append(f"<d:propstat><d:prop>{''.join(map(empty, names))}</d:prop>{told}</d:propstat>")
    return "".join(parts)
