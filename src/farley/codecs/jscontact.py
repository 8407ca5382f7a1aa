"""JSContact (RFC 9553): cards as JSON objects, converted from and to vCard 4.0 (RFC 9555).

Nothing is lost on either way: what of a vCard has no place in JSContact goes as jCard into `vCardProps`, parameters
into `vCardParams`; what of a JSContact has none in a vCard goes into JSPROP lines. Both come back from there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from farley.codecs import jcard
from farley.codecs.jscontact_rules import (
    CONTEXTS,
    CONTEXTS_BACK,
    FEATURES,
    FEATURES_BACK,
    ITEMS,
    ITEMS_BACK,
    NAME_KINDS,
    Item,
)
from farley.codecs.json_values import read_values, sound
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_draft import Read
from farley.codecs.vcard_typed import Params, Structure, Typed, card_of, default_of, typed

Object = dict[str, Any]
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_STAMP_OUT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z", re.ASCII)
_AUTO_KEY = re.compile(r"k[0-9]+")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}")
_SINGLES: Final = {"PRODID": "prodId", "LANGUAGE": "language"}
_STAMPS: Final = {"REV": "updated", "CREATED": "created"}
_KNOWN: Final = frozenset({"@type", "version", "vCardProps"})


def read_jscontacts(source: BinaryIO) -> Iterator[Read]:
    """The cards of a file that is one, or a list of them, in order; what is none is a problem."""
    for line, size, value in read_values(source):
        if isinstance(value, Unreadable):
            yield Read(line, size, value)
            continue
        try:
            yield Read(line, size, from_jscontact(value))
        except Unreadable as problem:
            yield Read(line, size, Unreadable(line, problem.reason))
        except RecursionError:
            yield Read(line, size, Unreadable(line, "this is nested too deeply"))


def to_jscontact(card: Card) -> Object:
    """The card as JSContact: an object as `json.dumps` takes it. One without a UID gets one made of its octets."""
    return _Out(card).made()


def from_jscontact(given: Any) -> Card:
    """The vCard 4.0 that a JSContact card stands for. Raises Unreadable, of line 1."""
    if not isinstance(given, Mapping) or given.get("@type", "Card") != "Card":
        raise Unreadable(1, "a JSContact card is an object of @type Card")
    return _In(given).made()


class _Out:
    """A card on its way to JSContact."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._properties = list(typed(card))
        self._out: Object = {"@type": "Card", "version": "1.0"}
        self._rest: list[Typed] = []
        self._labels = {
            each.group.lower(): each.texts[0]
            for each in self._properties
            if each.name == "X-ABLABEL" and each.group and each.texts
        }
        self._used: set[str] = set()  # groups whose label went with what it labels
        self._pointers: list[Typed] = []

    def made(self) -> Object:
        for each in self._properties:
            if each.name == "X-ABLABEL":
                continue
            if each.name == "JSPROP":
                self._pointers.append(each)
            elif not self._take(each):
                self._rest.append(each)
        if not self._out.get("name", True):
            del self._out["name"]
        if "uid" not in self._out:
            digest = hashlib.sha256(self._card.octets).hexdigest()
            self._out["uid"] = f"urn:uuid:{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
        for each in self._pointers:
            if not self._put_back(each):
                self._rest.append(each)
        groups = {(each.group or "").lower() for each in self._rest}
        self._rest += [
            each
            for each in self._properties
            if each.name == "X-ABLABEL" and ((each.group or "").lower() in groups or not self._is_used(each))
        ]
        if self._rest:
            self._out["vCardProps"] = [jcard.property_out(each) for each in self._rest]
        return self._out

    def _is_used(self, label: Typed) -> bool:
        return (label.group or "").lower() in self._used

    def _take(self, each: Typed) -> bool:
        """Put a property where it belongs, if there is such a place for all of it."""
        if each.name in ITEMS:
            return self._item(each, ITEMS[each.name])
        if put := _PUTS.get(each.name):
            return put(self, each)
        return False

    def _item(self, each: Typed, item: Item) -> bool:
        made: Object = {**item.fixed}
        if not item.put(each, made):
            return False
        key = self._with_params(each, made, item)
        self._collection(item.collection)[self._free_key(item.collection, key)] = made
        return True

    def _collection(self, name: str) -> Object:
        found: Object = self._out.setdefault(name, {})
        return found

    def _free_key(self, name: str, wanted: str) -> str:
        there = self._collection(name)
        if wanted and wanted not in there:
            return wanted
        number = len(there) + 1
        while f"k{number}" in there:
            number += 1
        return f"k{number}"

    def _with_params(self, each: Typed, made: Object, item: Item) -> str:
        """Tell the parameters: as members where there are such, else in vCardParams. Return the PROP-ID, if any."""
        rest: Object = {}
        key = ""
        for name, values in each.params:
            if name == "PROP-ID" and _KEY.fullmatch(values[0]):
                key = values[0]
            elif name == "PREF" and values[0].isdecimal() and 1 <= int(values[0]) <= 100:
                made["pref"] = int(values[0])
            elif name == "TYPE":
                if left := self._types(each.name, values, made, item):
                    rest["type"] = left
            elif (member := item.params.get(name)) and len(values) == 1 and member not in made:
                made[member] = values[0]
            else:
                rest[name.lower()] = values[0] if len(values) == 1 else list(values)
        if each.kind not in ("unknown", default_of(each.name)):
            rest["value"] = each.kind
        if each.group:
            if label := self._labels.get(each.group.lower()):
                made["label"] = label
                self._used.add(each.group.lower())
            else:
                rest["group"] = each.group
        if rest:
            made["vCardParams"] = rest
        return key

    def _types(self, name: str, values: tuple[str, ...], made: Object, item: Item) -> list[str]:
        """Contexts and features; what is neither is returned."""
        left = []
        for value in values:
            word = value.lower()
            if item.has_contexts and word in CONTEXTS:
                made.setdefault("contexts", {})[CONTEXTS[word]] = True
            elif name == "TEL" and word in FEATURES:
                made.setdefault("features", {})[FEATURES[word]] = True
            else:
                left.append(value)
        return left

    def _put_back(self, each: Typed) -> bool:
        """What a JSContact said that no vCard can, at its old place."""
        pointer = next((values[0] for name, values in each.params if name == "JSPTR"), "")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
        try:
            value = json.loads(each.texts[0])
        except (ValueError, RecursionError, IndexError):
            return False
        at: Any = self._out
        for part in parts[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else None
        if not isinstance(at, dict) or not parts[-1]:
            return False
        if parts[-1] in at and not (parts[-1] == "components" and _say_the_same(parts[0], at["components"], value)):
            return parts[-1] == "components"  # what was edited since stays, and its finer parts are gone
        at[parts[-1]] = value
        return True

    # What is no item of a collection. Each tells whether it could take the property.

    def uid(self, each: Typed) -> bool:
        if "uid" in self._out or each.params or each.group:
            return False
        self._out["uid"] = each.texts[0]
        return True

    def kind(self, each: Typed) -> bool:
        if "kind" in self._out or each.params or not each.texts[0]:
            return False
        self._out["kind"] = each.texts[0].lower()
        return each.texts[0].islower()

    def single(self, each: Typed) -> bool:
        member = _SINGLES[each.name]
        if member in self._out or each.params or each.group:
            return False
        self._out[member] = each.texts[0]
        return True

    def stamp(self, each: Typed) -> bool:
        found = _STAMP.fullmatch(each.texts[0])
        if not found or each.params or _STAMPS[each.name] in self._out:
            return False
        year, month, day, hour, minute, second = found.groups()
        self._out[_STAMPS[each.name]] = f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
        return True

    def full_name(self, each: Typed) -> bool:
        name = self._collection("name")
        if "full" in name or each.params or each.group:
            return False
        name["full"] = each.texts[0]
        return True

    def name(self, each: Typed) -> bool:
        structure = each.structure or []
        name = self._out.setdefault("name", {})
        if "components" in name or each.params or each.group or len(structure) > len(NAME_KINDS):
            return False
        if not any(any(part) for part in structure):
            return False
        name["components"] = [
            {"kind": kind, "value": value}
            for kind, part in zip(NAME_KINDS, structure, strict=False)
            for value in part
            if value
        ]
        return all(all(part) or part == [""] for part in structure)

    def keywords(self, each: Typed) -> bool:
        if each.params or each.group or not all(each.texts):
            return False
        self._collection("keywords").update(dict.fromkeys(each.texts, True))
        return True

    def members(self, each: Typed) -> bool:
        if each.params or each.group:
            return False
        self._collection("members")[each.texts[0]] = True
        return True

    def related(self, each: Typed) -> bool:
        there = self._collection("relatedTo")
        types = [value.lower() for name, values in each.params if name == "TYPE" for value in values]
        others = [name for name, _ in each.params if name != "TYPE"]
        if others or each.group or each.texts[0] in there or each.kind not in ("uri", "text"):
            return False
        is_uri = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", each.texts[0]) is not None
        if is_uri != (each.kind == "uri"):
            return False
        there[each.texts[0]] = {"relation": dict.fromkeys(types, True)} if types else {}
        return True


_PUTS: Final[Mapping[str, Callable[[_Out, Typed], bool]]] = {
    "UID": _Out.uid,
    "KIND": _Out.kind,
    "PRODID": _Out.single,
    "LANGUAGE": _Out.single,
    "REV": _Out.stamp,
    "CREATED": _Out.stamp,
    "FN": _Out.full_name,
    "N": _Out.name,
    "CATEGORIES": _Out.keywords,
    "MEMBER": _Out.members,
    "RELATED": _Out.related,
}


class _In:
    """A JSContact card on its way to a vCard. What is left of it when all is taken becomes JSPROP lines."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given: Object = {key: value for key, value in given.items() if key not in _KNOWN}
        self._props = given.get("vCardProps", [])
        self._made: list[Typed] = []
        self._left: list[tuple[str, Any]] = []  # pointer, value
        self._groups = 0

    def made(self) -> Card:
        self._singles()
        self._name()
        for collection, names in ITEMS_BACK.items():
            self._collection(collection, names)
        self._sets()
        self._left += [(_escaped(key), value) for key, value in self._given.items()]
        if not isinstance(self._props, list):
            raise Unreadable(1, "vCardProps is a list of jCard properties")
        self._made += [jcard.property_in(each) for each in self._props]
        for pointer, value in self._left:
            said = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            self._made.append(Typed("JSPROP", None, (("JSPTR", (pointer,)),), "text", [sound(said)]))
        if not any(each.name == "FN" for each in self._made):
            self._made.append(Typed("FN", None, (("DERIVED", ("true",)),), "text", [_spoken(self._made)]))
        return card_of(self._made)

    def _text(self, member: str) -> str | None:
        value = self._given.get(member)
        if not isinstance(value, str):
            return None
        del self._given[member]
        return sound(value)

    def _add(self, name: str, text: str, params: Params = (), kind: str = "") -> None:
        self._made.append(Typed(name, None, params, kind or default_of(name), [text]))

    def _singles(self) -> None:
        for name, member in (("UID", "uid"), ("KIND", "kind"), *_SINGLES.items()):
            if (text := self._text(member)) is not None:
                self._add(name, text)
        for name, member in _STAMPS.items():
            found = _STAMP_OUT.fullmatch(str(self._given.get(member, "")))
            if found:
                del self._given[member]
                year, month, day, hour, minute, second = found.groups()
                self._add(name, f"{year}{month}{day}T{hour}{minute}{second}Z")

    def _name(self) -> None:
        name = self._given.get("name")
        if not isinstance(name, dict):
            return
        name = dict(self._given.pop("name"))
        name.pop("@type", None)
        if isinstance(full := name.pop("full", None), str):
            self._add("FN", sound(full))
        components = name.get("components")
        if isinstance(components, list) and all(map(_is_component, components)):
            structure = _name_structure(components)
            if any(any(part) for part in structure):
                self._made.append(Typed("N", None, (), "text", [], structure))
                if not _is_plain(components):
                    self._left.append(("name/components", components))
                del name["components"]
        self._left += [(f"name/{_escaped(key)}", value) for key, value in name.items()]

    def _collection(self, collection: str, names: Mapping[object, str]) -> None:
        given = self._given.get(collection)
        if not isinstance(given, dict):
            return
        kept: Object = {}
        for key, value in given.items():
            name = names.get(value.get("kind"), names.get(None)) if isinstance(value, dict) else None
            if name is None or not self._item(collection, str(key), dict(value), name):
                kept[key] = value
        del self._given[collection]
        self._left += [(f"{collection}/{_escaped(str(key))}", value) for key, value in kept.items()]

    def _item(self, collection: str, key: str, given: Object, name: str) -> bool:
        item = ITEMS[given.get("vCardName", name).upper() if collection == "onlineServices" else name]
        name = item.name
        taken = item.take(given)
        if taken is None:
            return False
        texts, structure, kind = taken
        for member in (*item.fixed, "@type", "vCardName"):
            given.pop(member, None)
        params, group = self._params(given, item)
        if given or not _AUTO_KEY.fullmatch(key):
            if _KEY.fullmatch(key):
                params.append(("PROP-ID", (key,)))
            self._left += [
                (f"{collection}/{_escaped(key)}/{_escaped(member)}", value) for member, value in given.items()
            ]
        stated = next((values[0].lower() for name_, values in params if name_ == "VALUE"), "")
        params = [each for each in params if each[0] != "VALUE"]
        self._made.append(Typed(name, group, tuple(params), stated or kind or default_of(name), texts, structure))
        return True

    def _params(self, given: Object, item: Item) -> tuple[list[tuple[str, tuple[str, ...]]], str | None]:
        params: list[tuple[str, tuple[str, ...]]] = []
        types: list[str] = []
        for member, table in (("contexts", CONTEXTS_BACK), ("features", FEATURES_BACK)):
            there = given.get(member)
            if isinstance(there, dict) and all(value is True and key in table for key, value in there.items()):
                types += [table[key] for key in there]
                del given[member]
        stated = given.pop("vCardParams", {})
        group = None
        if isinstance(stated, dict):
            said, group = jcard.params_in({key: value for key, value in stated.items() if key.lower() != "value"})
            for name, values in said:
                if name == "TYPE":
                    types += values
                else:
                    params.append((name, values))
            if isinstance(stated.get("value"), str):
                params.append(("VALUE", (stated["value"],)))
        if types:
            params.insert(0, ("TYPE", tuple(types)))
        pref = given.get("pref")
        if isinstance(pref, int) and not isinstance(pref, bool) and 1 <= pref <= 100:
            params.append(("PREF", (str(pref),)))
            del given["pref"]
        for name, member in item.params.items():
            if isinstance(given.get(member), str):
                params.append((name, (sound(given.pop(member)),)))
        if isinstance(given.get("label"), str):
            self._groups += 1
            group = f"item{self._groups}"
            self._made.append(Typed("X-ABLABEL", group, (), "unknown", [sound(given.pop("label"))]))
        return params, group

    def _sets(self) -> None:
        keywords = self._given.get("keywords")
        if isinstance(keywords, dict) and all(value is True for value in keywords.values()):
            del self._given["keywords"]
            if keywords:
                self._made.append(Typed("CATEGORIES", None, (), "text", [sound(str(key)) for key in keywords]))
        members = self._given.get("members")
        if isinstance(members, dict) and all(value is True for value in members.values()):
            del self._given["members"]
            for uid in members:
                self._add("MEMBER", sound(str(uid)))
        related = self._given.get("relatedTo")
        if isinstance(related, dict):
            del self._given["relatedTo"]
            for key, value in related.items():
                self._relation(sound(str(key)), value)

    def _relation(self, who: str, value: Any) -> None:
        relation = value.get("relation", {}) if isinstance(value, dict) else None
        if not isinstance(relation, dict) or set(value) - {"@type", "relation"}:
            self._left.append((f"relatedTo/{_escaped(who)}", value))
            return
        is_uri = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", who) is not None
        params: Params = (("TYPE", tuple(map(str, relation))),) if relation else ()
        self._add("RELATED", who, params, "uri" if is_uri else "text")


def _is_component(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("kind"), str) and isinstance(each.get("value"), str)


def _is_plain(components: list[Any]) -> bool:
    """Whether N says all of it: the order is its own anyway."""
    return all(each["kind"] in NAME_KINDS and set(each) <= {"kind", "value", "@type"} for each in components)


def _name_structure(components: list[Any]) -> Structure:
    structure: Structure = [
        [sound(each["value"]) for each in components if each["kind"] == kind] or [""] for kind in NAME_KINDS
    ]
    while len(structure) > 5 and structure[-1] == [""]:
        structure.pop()
    return structure


def _say_the_same(collection: str, plain: Any, finer: Any) -> bool:
    """Whether components that were kept are those that are there, with more said of them."""
    if not isinstance(finer, list) or not all(map(_is_component, finer)):
        return False
    if collection == "name":
        return _name_structure(plain) == _name_structure(finer)
    was, now = ITEMS["ADR"].take({"components": finer}), ITEMS["ADR"].take({"components": plain})
    return was is not None and now is not None and was[1] == now[1]


def _escaped(key: str) -> str:
    return sound(key).replace("~", "~0").replace("/", "~1")


def _spoken(made: list[Typed]) -> str:
    """A name in full for a card that has none."""
    for each in made:
        if each.name == "N" and each.structure:
            order = (3, 1, 2, 0, 4)
            words = [" ".join(each.structure[at]) for at in order if at < len(each.structure)]
            if text := " ".join(" ".join(words).split()):
                return text
    for name in ("NICKNAME", "ORG", "EMAIL", "TEL"):
        for each in made:
            if each.name == name:
                said = each.texts[0] if each.texts else " ".join((each.structure or [[""]])[0])
                if said.strip():
                    return said
    return ""
