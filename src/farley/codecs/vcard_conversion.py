"""Cards of one version made cards of another, and back again without loss.

Between neighbouring versions, 2.1 and 3.0, 3.0 and 4.0, every line follows the tables. What the target cannot say the
tables carry in X- properties and parameters. Where that is not enough, because two things of the source become one
in the target, the source's lines ride along in an X-FARLEY-SOURCE line: converting back restores them, but only where
what they were made into is still there unchanged; so nothing edited meanwhile is ever overwritten.
"""

import binascii
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from farley.codecs.contentline import Line, Params, line_ending
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion_steps import ADDED, Step, copied, step
from farley.codecs.vcard_lines import card_lines
from farley.codecs.vcard_meaning import Meaning, Setting, meanings
from farley.codecs.vcard_property import Property
from farley.codecs.vcard_scanning import InvalidVCard
from farley.codecs.vcard_straight import demanded, straight
from farley.codecs.vcard_values import plain_breaks
from farley.codecs.vcard_writing import VERSIONS, write_line, write_text

SOURCE: Final = "X-FARLEY-SOURCE"

Carries: TypeAlias = Callable[[Sequence[Property], Sequence[bytes], Step], bool]
"""Whether a cluster needs a carrier beside the lines that were made of it."""

Said: TypeAlias = tuple[Meaning, ...]
"""What one line says by itself."""

_MAX_PROVED: Final = 20_000  # lines: a larger card is none a person keeps, and is converted by the tables alone
_UNMEANT = frozenset({SOURCE, "VERSION"})


def convert(card: Card, version: str) -> Card:
    """`card` in `version`; the same object where it is in it already. Raises ValueError for a version there is not.

    Converted there and back, a card says what it said (`meaning`), even where the version between knows no words
    for it; only a card of more than 20,000 lines may lose by it. UID stays as it is.
    """
    if version not in VERSIONS:
        msg = f"there is no vCard {version}"
        raise ValueError(msg)
    at, goal = VERSIONS.index(card.version), VERSIONS.index(version)
    while at != goal:
        at += 1 if goal > at else -1
        card = _converted(card, VERSIONS[at])
    return card


def meaning(card: Card) -> list[Meaning]:
    """What `card` says, comparable with another of the same version: spelling, order of names and group names aside."""
    return meanings(_meant(card), card.version)


def _converted(card: Card, target: str) -> Card:
    """`card` in the neighbouring version `target`, with as few carriers as bring everything back.

    Mostly none, and often no line needs a proof of it (`straight`); then those for lines that the tables alone do not
    lead back to; and where lines of one name get into each other's way, those for all of that name.
    """
    if (made := straight(card, target)) is not None:
        return made
    made, is_plain = _built(card, target, carries=_nothing)
    if is_plain or len(card.lines) > _MAX_PROVED:
        return made
    if _says_the_same(_built(made, card.version, carries=_nothing)[0], card):
        return made
    made, _ = _built(card, target, carries=_lossy)
    before, after = meaning(card), meaning(_built(made, card.version, carries=_nothing)[0])
    if after == before:
        return made
    lost, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
    names = {each.name for each in (*lost, *new)}
    names = names or {each.name for each in before}

    def rivals(cluster: Sequence[Property], made: Sequence[bytes], forth: Step) -> bool:
        return not names.isdisjoint(each.name for each in cluster) or _lossy(cluster, made, forth)

    return _built(card, target, carries=rivals)[0]


def _says_the_same(one: Card, other: Card) -> bool:
    """Whether their meanings are equal; lines both have are not looked into."""
    lines, others = _meant(one), _meant(other)
    shared = {line.octets for line in lines if not line.group} & {line.octets for line in others if not line.group}
    rest, other_rest = ([line for line in each if line.octets not in shared] for each in (lines, others))
    return len(lines) == len(others) and meanings(rest, one.version) == meanings(other_rest, other.version)


def _meant(card: Card) -> list[Line]:
    return [line for line in card.lines if line.name not in _UNMEANT and not _is_added(line)]


def _built(card: Card, target: str, *, carries: Carries) -> tuple[Card, bool]:
    """`card` in `target` by the tables, what it carries for `target` restored, with a carrier after what `carries`.

    And whether every line could stay as it was, which needs no proof that it comes back.
    """
    is_plain = True
    line_break = line_ending(card.octets)
    lines = [line for line in card.lines if line.name != "VERSION" and not _is_added(line)]
    forth = step(card.version, target, line_break, _free_groups(lines))
    kept, restored = _restored(lines, forth)
    written: list[bytes] = [f"VERSION:{target}".encode() + line_break]
    clusters = {
        id(cluster[0].line): cluster for cluster in forth.clusters([each for each in kept if id(each) not in restored])
    }
    for line in kept:
        if id(line) in restored:
            written.append(restored[id(line)])
            is_plain = False
        cluster = clusters.get(id(line))
        if cluster is None:
            continue
        if len(cluster) == 1 and forth.leaves(cluster[0]):
            made = [copied(line, line_break)]
        else:
            made, is_plain = forth.translate(cluster), False
        written.extend(made)
        if carries(cluster, made, forth):
            written.append(_carrier([each.line for each in cluster], forth))
    return _with_demanded(_card(written, line_break), card, line_break), is_plain


def _nothing(_cluster: Sequence[Property], _made: Sequence[bytes], _forth: Step) -> bool:
    return False


def _lossy(cluster: Sequence[Property], made: Sequence[bytes], forth: Step) -> bool:
    """Whether the tables alone do not lead from `made` back to what `cluster` says."""
    source = forth.source
    back = step(forth.target, source, forth.line_break, _free_groups(()))
    lines = card_lines(b"".join(back.translate_all(card_lines(b"".join(made)))))
    if cluster[-1].name != "X-ABLABEL" and _groups(lines) != _groups(each.line for each in cluster):
        return True
    return meanings(lines, source) != meanings([each.line for each in cluster], source)


def _card(written: Iterable[bytes], line_break: bytes) -> Card:
    return Card.parse(line_break.join((b"BEGIN:VCARD", b"".join(written) + b"END:VCARD", b"")))


def _with_demanded(made: Card, original: Card, line_break: bytes) -> Card:
    added = demanded(original, made.version, {line.name for line in made.lines}, line_break)
    if not added:
        return made
    return _card([made.lines[0].octets, *added, *(line.octets for line in made.lines[1:])], line_break)


def _groups(lines: Iterable[Line]) -> list[str]:
    return [(line.group or "").lower() for line in lines]


def _carrier(lines: Sequence[Line], forth: Step) -> bytes:
    octets = b"".join(line.octets for line in lines)
    params: Params = (("X-VERSION", (forth.source,)),)
    text = octets.decode(errors="replace")
    if text.encode() != octets or plain_breaks(text) != text.replace("\r\n", "\n").replace("\r", "\n"):
        text, params = binascii.b2a_base64(octets, newline=False).decode(), (*params, ("X-CODING", ("base64",)))
    return write_line(forth.target, forth.line_break, SOURCE, write_text(forth.target, SOURCE, text), params=params)


def _restored(lines: Sequence[Line], forth: Step) -> tuple[list[Line], dict[int, bytes]]:
    """`lines` without the carriers of the target version, and what takes the place of which line.

    A carrier whose lines are found as the tables would make them gives its originals in the place of the first;
    the other lines they were made into are left out. One whose lines were changed or removed is left out itself.
    """
    carriers = {
        each.index: each
        for each in Setting(lines, forth.source).properties()
        if each.name == SOURCE and each.param("X-VERSION") == forth.target
    }
    if not carriers:
        return list(lines), {}
    said = [tuple(meanings([line], forth.source)) for line in lines]
    places: dict[Said, list[int]] = {}
    for place, each in enumerate(said):
        places.setdefault(each, []).append(place)
    taken = set(carriers)
    restored: dict[int, bytes] = {}
    for at, carrier in carriers.items():
        octets = _carried(carrier, forth.line_break)
        if not octets:
            continue
        back = step(forth.target, forth.source, forth.line_break, _free_groups(()))
        made = [
            tuple(meanings([line], forth.source))
            for line in card_lines(b"".join(back.translate_all(card_lines(octets))))
        ]
        found = _found(made, said, places, at, taken)
        if found:
            restored[id(lines[found[0]])] = octets
            taken.update(found)
    gone = {id(lines[place]) for place in taken} - set(restored)
    return [line for line in lines if id(line) not in gone], restored


def _found(made: list[Said], said: list[Said], places: dict[Said, list[int]], at: int, taken: set[int]) -> list[int]:
    """Where the lines `made` are: right before the carrier at `at`, else anywhere; nothing unless all of them are."""
    before = range(at - len(made), at)
    if before.start >= 0 and said[before.start : at] == made and taken.isdisjoint(before):
        return list(before)
    found: list[int] = []
    for each in made:
        known = places.get(each, [])
        while known and known[-1] in taken:
            known.pop()
        if not known:
            return []
        found.append(known.pop())
    return found


def _carried(carrier: Property, line_break: bytes) -> bytes:
    text = carrier.text
    if carrier.param("X-CODING") == "base64":
        try:
            octets = binascii.a2b_base64(text.encode())
        except binascii.Error:
            return b""
    else:
        octets = text.encode()
    if not octets.strip(b"\r\n"):
        return b""
    whole = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n") + b"\n"
    octets = whole.replace(b"\n", line_break)
    try:
        _card([octets], line_break)
    except InvalidVCard:  # somebody's own doing
        return b""
    return octets


def _free_groups(lines: Iterable[Line]) -> Iterator[str]:
    used = {line.group.lower() for line in lines if line.group}
    number = 0
    while True:
        number += 1
        if f"item{number}" not in used:
            yield f"item{number}"


def _is_added(line: Line) -> bool:
    return line.name in ("N", "FN") and any(name == ADDED for name, _ in line.params)
