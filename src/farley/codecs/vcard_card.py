"""A vCard as a value: its octets, and what they say."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count
from typing import Final

from farley.codecs.contentline import Line, Params, line_ending, skip_to_line
from farley.codecs.vcard_lines import card_lines
from farley.codecs.vcard_property import LISTS, STRUCTURED, Property, unwrapped_label
from farley.codecs.vcard_scanning import InvalidVCard, plain_bounds, scan
from farley.codecs.vcard_values import Kind, Name, PartialDate
from farley.codecs.vcard_writing import (
    VERSIONS,
    rewrite_head,
    same_types,
    typed_params,
    write_binary,
    write_date,
    write_line,
    write_list,
    write_structure,
    write_text,
)

_SPOKEN_VERSIONS = {"2": "2.1", "3": "3.0", "4": "4.0"}
_FIRST_LINES = ("VERSION", "PRODID", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND", "N", "FN")  # in this order
_LABELLING = frozenset({"X-ABLABEL", "X-ABADR"})  # lines that only say something about the others of their group
_ITEM = re.compile(r"item([0-9]{1,9})", re.IGNORECASE)
_URI_OR_TEXT = frozenset({"TEL", "RELATED", "X-RELATED"})
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ONLY_IN_4 = frozenset({"KIND", "GENDER", "MEMBER", "RELATED", "LANG", "CLIENTPIDMAP", "ANNIVERSARY", "XML"})


class Card:
    """One vCard of any version. Immutable; equal where the octets are.

    `octets` are what was read, to the last line break. `lines` are the content lines between BEGIN and END, unknown
    and broken ones too, an AGENT's nested card within the AGENT's line; a property's index is its place there.
    """

    __slots__ = ("_labels", "_lines", "_places", "_start", "_stop", "_version", "octets")

    def __init__(self, octets: bytes, start: int, stop: int) -> None:
        """`octets[start:stop]` are the content lines. For readers; everybody else takes `parse` or `new`."""
        self.octets: Final = octets
        self._start = start if octets[start] > 32 else skip_to_line(octets, start, stop)
        self._stop = stop
        self._lines: tuple[Line, ...] | None = None
        self._places: dict[str, list[int]] | None = None  # indices of the lines of each name
        self._labels: dict[str, str] | None = None
        self._version = ""

    @classmethod
    def parse(cls, octets: bytes) -> "Card":
        """The one card that `octets` are. Raises InvalidVCard for none, for several and for anything beside it.

        Blank lines and a byte order mark around it stay in its octets; UTF-16 becomes UTF-8.
        """
        if (bounds := plain_bounds(octets)) is not None:
            return cls(octets, *bounds)
        card = None
        for line, found, start, stop, reason in scan(octets, max_card=len(octets)):
            if reason:
                raise InvalidVCard(line, reason)
            if card is not None:
                raise InvalidVCard(line, "a second vCard begins where one was expected")
            at = max(octets.find(found), 0)
            whole = octets if octets[at : at + len(found)] == found else found
            card = cls(whole, at + start, at + stop)
        if card is None:
            raise InvalidVCard(1, "there is no vCard")
        return card

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Card) and self.octets == other.octets

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"<Card of {len(self.octets)} octets>"  # never contents: this ends up in logs

    @property
    def lines(self) -> tuple[Line, ...]:
        if self._lines is None:
            self._lines = tuple(card_lines(self.octets[self._start : self._stop]))
        return self._lines

    @property
    def version(self) -> str:
        """2.1, 3.0 or 4.0: as declared, else as the lines look."""
        if not self._version:
            declared = next((line.value.strip() for line in self.lines if line.name == "VERSION"), "")
            self._version = _SPOKEN_VERSIONS.get(declared[:1]) or _look_of(self.lines)
        return self._version

    @property
    def uid(self) -> str | None:
        return next((text for found in self.properties("UID") if (text := found.text.strip())), None)

    @property
    def kind(self) -> Kind:
        for found in self.properties("KIND", "X-ADDRESSBOOKSERVER-KIND", "X-KIND"):
            return Kind.named(found.text)
        shown_as = self.first("X-ABSHOWAS")
        return Kind.ORG if shown_as and shown_as.text.strip().upper() == "COMPANY" else Kind.INDIVIDUAL

    @property
    def full_name(self) -> str:
        """FN; where there is none, what comes nearest: N written out, a nickname, organisation, e-mail or number."""
        for found in self.properties("FN"):
            if text := found.text.strip():
                return text
        if name := self.name.rendered():
            return name
        for found in self.properties("NICKNAME", "ORG", "EMAIL", "TEL"):
            if found.name == "ORG":
                text = ", ".join(filter(None, (" ".join(part).strip() for part in found.components)))
            else:
                text = next(iter(found.texts), "") if found.name == "NICKNAME" else found.text.strip()
            if text:
                return text
        return ""

    @property
    def name(self) -> Name:
        """The first N; empty where there is none."""
        found = self.first("N")
        return Name.of(found.components) if found else Name()

    def properties(self, *names: str) -> list[Property]:
        """The properties with one of these names (upper case), or all, in the order of the card."""
        lines = self.lines
        if not names:
            return [Property(index, line, self) for index, line in enumerate(lines)]
        if len(names) == 1:
            places = self._places_of(names[0])
            if not places:
                return []
        else:
            places = sorted({place for name in names for place in self._places_of(name)})
        return [Property(index, lines[index], self) for index in places]

    def first(self, name: str) -> Property | None:
        places = self._places_of(name)
        return Property(places[0], self.lines[places[0]], self) if places else None

    def _places_of(self, name: str) -> Sequence[int]:
        if self._places is None:
            self._places = {}
            for index, line in enumerate(self.lines):
                self._places.setdefault(line.name, []).append(index)
        return self._places.get(name, ())

    @property
    def labels(self) -> Mapping[str, str]:
        """X-ABLabel of each group, by the group's name in lower case, Apple's built-in names unwrapped."""
        if self._labels is None:
            found = [(item.group, item.text) for item in self.properties("X-ABLABEL")]
            self._labels = {group.lower(): unwrapped_label(text) for group, text in reversed(found) if group}
        return self._labels

    # Editing. Each method gives a new card in which every other line has the octets it had; asked for what is already
    # so, it gives this card. Indices are those of the card a method is called on: adding or removing shifts them.
    # A line that has no name because it is broken can be removed and not otherwise edited.

    @classmethod
    def new(
        cls,
        *,
        version: str = "3.0",
        uid: str,
        kind: Kind = Kind.INDIVIDUAL,
        full_name: str = "",
        name: Name | None = None,
    ) -> "Card":
        """A card of its own, with the FN and N that its version demands."""
        if version not in VERSIONS:
            msg = f"there is no vCard {version}"
            raise ValueError(msg)
        card = cls.parse(f"BEGIN:VCARD\r\nVERSION:{version}\r\nEND:VCARD\r\n".encode()).with_uid(uid)
        if kind is not Kind.INDIVIDUAL:
            word = "x-other" if kind is Kind.OTHER else kind.name.lower()
            card = card.added("KIND" if version == "4.0" else "X-ADDRESSBOOKSERVER-KIND", text=word)
        card = card.added("N", components=[[part] for part in (name or Name()).parts])
        return card.added("FN", text=full_name or (name or Name()).rendered())

    def with_text(self, index: int, text: str) -> "Card":
        """The value of one property, whatever its form, replaced by one text."""
        found = self._at(index)
        if found.text == text or not found.name:
            return self
        params = found.params
        if found.name in _URI_OR_TEXT:
            params = tuple(param for param in params if param[0] != "VALUE")
            params = params if found.name == "TEL" or _URI.fullmatch(text) else (*params, ("VALUE", ("text",)))
        return self._with_value(found, write_text(self.version, found.name, text), params)

    def with_texts(self, index: int, texts: Sequence[str]) -> "Card":
        """The values of one list."""
        found = self._at(index)
        if found.texts == list(texts) or not found.name:
            return self
        return self._with_value(found, write_list(self.version, texts), found.params)

    def with_components(self, index: int, components: Sequence[Sequence[str] | str]) -> "Card":
        """All components of one structure. One given as a string that reads as the old one does keeps its values."""
        found = self._at(index)
        old, read = found.components, found.parts
        wanted = [
            old[at] if isinstance(given, str) and at < len(old) and read[at] == given else _values(given)
            for at, given in enumerate(components)
        ]
        if wanted == old or not found.name:
            return self
        return self._with_value(found, write_structure(self.version, wanted), found.params)

    def with_date(self, index: int, date: PartialDate) -> "Card":
        found = self._at(index)
        if found.date == date or not found.name:
            return self
        value, params = write_date(self.version, date, found.params)
        return self._with_value(found, value, params)

    def with_types(
        self, index: int, types: Iterable[str], *, pref: int | None = None, label: str | None = None
    ) -> "Card":
        """All types, the preference and the label of one property: what is not given is taken away.

        A preference outside 4.0 can only be stated or not. A label is an X-ABLabel in the property's group.
        """
        found = self._at(index)
        wanted = [kind.lower() for kind in types]
        rank = pref if pref is None or self.version == "4.0" else 1
        card = self
        if not found.name:
            return self
        if not same_types(found.params, wanted, rank):
            params = typed_params(self.version, found.params, wanted, rank)
            card = self._with_head(found, group=found.group, params=params)
        if (label or None) == found.label or found.name in _LABELLING:
            return card
        return card._with_label(index, label or "")

    def added(
        self,
        name: str,
        *,
        text: str | None = None,
        texts: Sequence[str] | None = None,
        components: Sequence[Sequence[str] | str] | None = None,
        types: Iterable[str] = (),
        pref: int | None = None,
        label: str | None = None,
        params: Sequence[tuple[str, Sequence[str]]] = (),
    ) -> "Card":
        """One property more, after the last of its name, else where it is usual; exactly one form of value is given."""
        name = name.upper()
        if components is not None:
            value = write_structure(self.version, map(_values, components))
        elif texts is not None:
            value = write_list(self.version, texts)
        elif name in STRUCTURED:
            value = write_structure(self.version, [[text or ""]])
        else:
            value = (
                write_list(self.version, [text or ""]) if name in LISTS else write_text(self.version, name, text or "")
            )
        given: Params = tuple((param.upper(), tuple(values)) for param, values in params)
        rank = pref if pref is None or self.version == "4.0" else 1
        all_params = (
            typed_params(self.version, given, [kind.lower() for kind in types], rank) if types or rank else given
        )
        at = self._place_for(name)
        octets = write_line(self.version, self._line_break, name, value, params=all_params)
        card = self._spliced(at, at, octets)
        return card._with_label(at, label) if label else card

    def with_more(self, name: str, texts: Sequence[str]) -> "Card":
        """A property of this name for each text, after the last there is: at once, for there may be thousands."""
        at, lines = self._place_for(name), self.lines
        if not texts:
            return self
        card = self.added(name, text=texts[0])  # takes care of a line before it that is open
        end, version = self._line_break, self.version
        more = [Line.parse(write_line(version, end, name, write_text(version, name, text))) for text in texts[1:]]
        return card._keeping([*card.lines[: at + 1], *more, *lines[at:]])

    def with_properties_of(self, other: "Card", indices: Iterable[int]) -> "Card":
        """The properties that `other`, a card of the same version, has at `indices`, each after the last of its name.

        What labels them comes along, in a group that is free here.
        """
        taken = {line.group.lower() for line in self.lines if line.group}
        free = (name for number in count(1) if (name := f"item{number}") not in taken)
        labelling: dict[str, list[Line]] = {}
        for line in other.lines:
            if line.group and line.name in _LABELLING:
                labelling.setdefault(line.group.lower(), []).append(line)
        renamed: dict[str, str] = {}  # group of `other`, in lower case: what it is called here
        coming: dict[int, list[bytes]] = {}
        places: dict[str, int] = {}
        for found in [other._at(index) for index in sorted(set(indices))]:
            if found.name not in places:  # a look at all lines, and of a group there may be thousands
                places[found.name] = self._place_for(found.name)
            mine = coming.setdefault(places[found.name], [])
            old = (found.group or "").lower()
            labels: list[Line] = []
            if found.group and old not in renamed:
                renamed[old] = next(free) if old in taken else found.group
                taken.add(renamed[old].lower())
                labels = labelling.get(old, [])
            mine += [self._copied(line, renamed.get(old), other) for line in (found.line, *labels)]
        lines: list[Line] = []
        for at in range(len(self.lines) + 1):
            for octets in coming.get(at, ()):
                open_before = bool(lines) and lines[-1].is_open
                lines.append(Line.parse(self._line_break + octets if open_before else octets))
            lines += self.lines[at : at + 1]
        return self._keeping(lines) if coming else self

    def _copied(self, line: Line, group: str | None, other: "Card") -> bytes:
        """A line of `other` as one of this card: in this group, with line breaks as they are here."""
        octets = line.octets
        if line.name and line.name != "AGENT" and (group != line.group or other._line_break != self._line_break):
            octets = rewrite_head(self.version, self._line_break, line, group=group, params=line.params)
        octets = octets.lstrip(b"\r\n")
        octets = octets if octets.endswith((b"\n", b"\r")) else octets + self._line_break
        # Else the line after it would be read as part of it.
        return octets + self._line_break if Line.parse(octets).is_open else octets

    def without_all(self, indices: Iterable[int]) -> "Card":
        """`without` for several properties."""
        return self._without(indices)

    def without(self, index: int) -> "Card":
        """One property less, and what labelled it where nothing else is in its group."""
        return self._without([index])

    def _without(self, indices: Iterable[int]) -> "Card":
        gone = set(indices)
        for found in [self._at(index) for index in gone]:
            if found.group and not self._companions(found):
                gone |= {at for at, line in enumerate(self.lines) if _in_group(line, found.group)}
        return self._keeping([line for at, line in enumerate(self.lines) if at not in gone]) if gone else self

    def with_moved(self, index: int, onto: int) -> "Card":
        """The property at `index` at the place of the one at `onto`, which moves aside; what labels each goes along."""
        lines = self.lines
        mine, theirs = self._with_labels(index), self._with_labels(onto)
        if onto in mine:
            return self
        at = max(theirs) + 1 if onto > index else min(theirs)
        order = [
            *(n for n in range(at) if n not in mine),
            *mine,
            *(n for n in range(at, len(lines)) if n not in mine),
        ]
        moved: list[Line] = []
        for line in (lines[n] for n in order):
            is_after_open = bool(moved) and moved[-1].is_open
            moved.append(Line.parse(self._line_break + line.octets) if is_after_open else line)
        return self._keeping(moved)

    def _with_labels(self, index: int) -> list[int]:
        """The lines of a property, and of what labels it alone."""
        found = self._at(index)
        if found.group is None or self._companions(found):
            return [index]
        return [at for at, line in enumerate(self.lines) if at == index or _in_group(line, found.group)]

    def with_only(self, names: Container[str]) -> "Card":
        """The properties of these names alone, with the labels of those that stay. `ITEM1.TEL` is that of one group."""
        kept = [
            line.name in names or (line.group is not None and f"{line.group}.{line.name}".upper() in names)
            for line in self.lines
        ]
        labels = {(line.group or "").lower() for line, stays in zip(self.lines, kept, strict=True) if stays} - {""}
        return self._keeping(
            [
                line
                for line, stays in zip(self.lines, kept, strict=True)
                if stays or (line.name in _LABELLING and (line.group or "").lower() in labels)
            ]
        )

    def with_full_name(self, full_name: str) -> "Card":
        found = self.first("FN")
        return self.with_text(found.index, full_name) if found else self.added("FN", text=full_name)

    def with_name(self, name: Name) -> "Card":
        """Another N. FN follows it where it was empty or the old N written out, in the same manner."""
        old, found = self.name, self.first("N")
        if name.parts == old.parts and not (name.components and name.components != old.components):
            return self
        render = old.rendering_of(self._written_full_name()) if self._written_full_name() else Name.rendered
        if Name.of(name.components).parts == name.parts:
            wanted = [list(values) for values in name.components]
        else:
            kept = [*old.components[:5], *((("",),) * (5 - len(old.components)))]
            wanted = [
                list(was) if new == before else [new]
                for new, before, was in zip(name.parts, old.parts, kept, strict=True)
            ]
        wanted += [list(values) for values in old.components[len(wanted) :]]
        card = self.with_components(found.index, wanted) if found else self.added("N", components=wanted)
        full_name = (render(name) or name.rendered()) if render else ""
        return card.with_full_name(full_name) if full_name else card

    def with_categories(self, categories: Sequence[str]) -> "Card":
        """These tags and no others, white space around them aside; without any, no CATEGORIES line stays.

        A tag stays in the line that holds it. What is new joins the first of these lines.
        """
        found = self.properties("CATEGORIES")
        wanted = dict.fromkeys(text.strip() for text in categories)
        wanted.pop("", None)
        if not wanted:
            return self._without([each.index for each in found])
        held = {text.strip() for each in found for text in each.texts}
        new = [text for text in wanted if text not in held]
        if not found:
            return self.added("CATEGORIES", texts=new)
        card = self
        emptied = []
        for each in found:
            kept = [text for text in each.texts if text.strip() in wanted]
            has_lost = len(kept) < sum(bool(text.strip()) for text in each.texts)
            if each is found[0] and new:
                card = card.with_texts(each.index, [*kept, *new])
            elif has_lost and kept:
                card = card.with_texts(each.index, kept)
            elif has_lost:
                emptied.append(each.index)
        return card._without(emptied)

    def with_category_renamed(self, old: str, new: str) -> "Card":
        """The tag `old` called `new`, in its place; where the card has `new` already, `old` goes."""
        found = self.properties("CATEGORIES")
        tags = [text for each in found for text in each.texts]
        if old not in tags or new == old:
            return self
        if new in tags:
            return self.with_categories([text for text in tags if text != old])
        card = self
        for each in found:
            if old in each.texts:
                renamed = dict.fromkeys(new if text == old else text for text in each.texts)
                card = card.with_texts(each.index, list(renamed))
        return card

    def with_photo(self, octets: bytes, media_type: str) -> "Card":
        """The picture, inline, in the place of the first there is."""
        found = self.first("PHOTO")
        if found and (old := found.binary) and old[0] == octets:
            return self
        at = found.index if found else self._place_for("PHOTO")
        group, params = (found.group, found.params) if found else (None, ())
        line = write_binary(self.version, self._line_break, "PHOTO", octets, media_type, group=group, params=params)
        return self._spliced(at, at + 1 if found else at, line)

    def without_photo(self) -> "Card":
        if not self.first("PHOTO"):
            return self
        return self._keeping([line for line in self.lines if line.name != "PHOTO"])

    def with_uid(self, uid: str) -> "Card":
        found = self.first("UID")
        return self.with_text(found.index, uid) if found else self.added("UID", text=uid)

    def with_lines_replaced(self, octets: Mapping[int, bytes]) -> "Card":
        """The lines at these indices replaced by such as are written already."""
        return self._keeping([Line.parse(octets[at]) if at in octets else line for at, line in enumerate(self.lines)])

    def with_line_inserted(self, index: int, octets: bytes) -> "Card":
        """A line that is written already, before the one at `index`."""
        return self._spliced(index, index, octets)

    @property
    def _line_break(self) -> bytes:
        return line_ending(self.octets)

    def _written_full_name(self) -> str:
        found = self.first("FN")
        return found.text.strip() if found else ""

    def _at(self, index: int) -> Property:
        return Property(index, self.lines[index], self)

    def _with_value(self, found: Property, value: str, params: Params) -> "Card":
        octets = write_line(
            self.version, self._line_break, found.line.written_name, value, group=found.group, params=params
        )
        return self._spliced(found.index, found.index + 1, octets)

    def _with_head(self, found: Property, *, group: str | None, params: Params) -> "Card":
        octets = rewrite_head(self.version, self._line_break, found.line, group=group, params=params)
        return self._spliced(found.index, found.index + 1, octets)

    def _with_label(self, index: int, label: str) -> "Card":
        found = self._at(index)
        card, group, shared = self, found.group, bool(self._companions(found))
        old = [at for at, line in enumerate(self.lines) if line.name == "X-ABLABEL" and _in_group(line, group)]
        if not label:
            if not shared:  # another property keeps the label the two had
                card = self._keeping([line for at, line in enumerate(self.lines) if at not in old])
                index -= sum(at < index for at in old)
            found = card._at(index)
            alone = not any(_in_group(line, group) for at, line in enumerate(card.lines) if at != index)
            return card._with_head(found, group=None, params=found.params) if shared or alone else card
        if group and not shared and old:
            return self.with_text(old[0], label)
        if not group or shared:
            group = self._free_group()
            card = self._with_head(found, group=group, params=found.params)
        value = write_text(self.version, "X-ABLABEL", label)
        octets = write_line(self.version, self._line_break, "X-ABLabel", value, group=group)
        return card._spliced(index + 1, index + 1, octets)

    def _companions(self, found: Property) -> list[int]:
        """Other lines of its group that are not there only to label it."""
        return [
            at
            for at, line in enumerate(self.lines)
            if at != found.index and line.name not in _LABELLING and _in_group(line, found.group)
        ]

    def _free_group(self) -> str:
        used = [int(found[1]) for line in self.lines if line.group and (found := _ITEM.fullmatch(line.group))]
        return f"item{max(used, default=0) + 1}"

    def _place_for(self, name: str) -> int:
        places = {line.name: at for at, line in enumerate(self.lines)}  # of the last of each name
        if name in places:
            at = places[name] + 1
            while at < len(self.lines) and self.lines[at].name in _LABELLING:
                at += 1
            return at
        if name not in _FIRST_LINES:
            return len(self.lines)
        before = _FIRST_LINES[: _FIRST_LINES.index(name)]
        return max((places[each] + 1 for each in before if each in places), default=0)

    def _spliced(self, start: int, stop: int, octets: bytes) -> "Card":
        lines = self.lines
        if start and lines[start - 1].is_open:
            octets = self._line_break + octets  # a blank line: else the line before would take this one in
        return self._keeping([*lines[:start], Line.parse(octets), *lines[stop:]])

    def _keeping(self, lines: Sequence[Line]) -> "Card":
        body = b"".join(line.octets for line in lines)
        octets = self.octets[: self._start] + body + self.octets[self._stop :]
        return Card(octets, self._start, self._start + len(body))


def _values(component: Sequence[str] | str) -> list[str]:
    return [component] if isinstance(component, str) else list(component) or [""]


def _in_group(line: Line, group: str | None) -> bool:
    return group is not None and line.group is not None and line.group.lower() == group.lower()


def _look_of(lines: tuple[Line, ...]) -> str:
    for line in lines:
        if line.name in _ONLY_IN_4:
            return "4.0"
        if line.head.quoted_printable or line.head.charset or any(not name for name, _ in line.params):
            return "2.1"
    return "3.0"
