"""What changed between two versions of a card, as a person would tell it."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from farley.codecs.vcard import Card, Property
from farley.database import rows

MAX_OCTETS = 2**20  # of a card that is compared while somebody waits for a page
MAX_LINES = 2000
_SILENT = frozenset({"REV", "PRODID", "VERSION", "BEGIN", "END"})

Tell = Callable[[Property], Iterable[tuple[str, str]]]  # label and text of each value; none for what is not told
_Item = tuple[str, str, str]  # property, label, text


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that was added (`before` is ""), removed (`after` is "") or changed."""

    name: str  # of the property: TEL
    label: str  # its types or own label: cell
    before: str
    after: str


def plainly(prop: Property) -> Iterable[tuple[str, str]]:
    """A property as its types and its text, in no reader's language."""
    if prop.name not in _SILENT:
        yield prop.label or ", ".join(prop.types), _text(prop)


def differences(before: Card | None, after: Card | None, *, tell: Tell = plainly) -> list[Difference]:
    """The values in which two versions differ, in the order of the cards; None is no card at all.

    Takes time linear in the size of both.
    """
    old, new = _told(before, tell), _told(after, tell)
    gone = list((Counter(old) - Counter(new)).elements())
    come = list((Counter(new) - Counter(old)).elements())
    successors = _successors(gone, come)
    found = []
    for number, (name, label, text) in enumerate(gone):
        heir = come[successors[number]] if number in successors else None
        found.append(Difference(name, heir[1] if heir else label, text, heir[2] if heir else ""))
    heirs = set(successors.values())
    found += [Difference(*item[:2], "", item[2]) for number, item in enumerate(come) if number not in heirs]
    return found


def comparable(contents: Iterable[int]) -> dict[int, bytes]:
    """The octets of these Content rows, by id, without those that take too long to compare."""
    asked = sorted(set(contents))
    sql = f"SELECT id, octets FROM journal_content WHERE LENGTH(octets) <= %s AND id IN ({rows.marks(asked)})"  # noqa: S608
    small = rows.query(sql, [MAX_OCTETS, *asked]) if asked else []
    return {pk: bytes(octets) for pk, octets in small if is_comparable(bytes(octets))}


def is_comparable(octets: bytes) -> bool:
    """Whether comparing this card is quick enough for a page; a long folded line counts as one."""
    lines = octets.count(b"\n") - octets.count(b"\n ") - octets.count(b"\n\t")
    return len(octets) <= MAX_OCTETS and lines <= MAX_LINES


def _successors(gone: list[_Item], come: list[_Item]) -> dict[int, int]:
    """Which value took the place of which: the next one of the same property, best of the same label."""
    successors: dict[int, int] = {}
    for parts in (2, 1):  # property and label, then the property alone
        free: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
        taken = set(successors.values())
        for number, item in enumerate(come):
            if number not in taken:
                free[item[:parts]].append(number)
        for number, item in enumerate(gone):
            if number not in successors and (heirs := free.get(item[:parts])):
                successors[number] = heirs.popleft()
    return successors


def _told(card: Card | None, tell: Tell) -> list[_Item]:
    if card is None:
        return []
    return [(prop.name, label, text) for prop in card.properties() for label, text in tell(prop)]


def _text(prop: Property) -> str:
    if prop.name in {"PHOTO", "LOGO", "SOUND", "KEY"}:
        inline = prop.binary
        return f"({len(inline[0])} B)" if inline else prop.text[:200]
    if prop.name in {"N", "ADR", "ORG"}:
        return ", ".join(filter(None, prop.parts))
    return prop.text
