"""The example organisation, put into a Farley the way its own people would have done it."""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import storing
from farley.contacts.storing import Condition, Entry
from farley.exchange.demo.cards import card_of, card_of_firm, card_of_group
from farley.exchange.demo.colleagues import COLLEAGUES, house, staff
from farley.exchange.demo.dates import keep_dates
from farley.exchange.demo.editing import live_in
from farley.exchange.demo.people import Firm, Person, firms, people
from farley.exchange.demo.portraits import portrait
from farley.journal.models import Batch, Door
from farley.journal.writing import close_batch, open_batch
from farley.spaces import operations as spaces
from farley.spaces.models import Space

CHUNK = 500  # cards a transaction
MAX_PORTRAITS = 200  # drawing, storing and shrinking one takes longer than ten cards
MEMBERS = 40  # of a group


@dataclass(frozen=True, slots=True)
class Summary:
    """What `build` made. `user` may administer; everybody in `users` has the same password."""

    user: str
    password: str
    users: tuple[str, ...]
    spaces: tuple[str, ...]
    people: int
    organisations: int
    groups: int
    edits: int  # changes after the contacts were made


@dataclass(frozen=True, slots=True)
class _Plan:
    """One space to make and fill. `share` is of all people; `english` of them and of the firms live in Britain."""

    name: str
    title: str
    kind: Space.Kind
    hue: str
    region: str
    share: float
    english: float
    roles: dict[str, Role]  # the first one made it
    groups: tuple[str, ...]


_COMPANY = "hallberg"
_PLANS = (
    _Plan(
        _COMPANY, "Hallberg Werkstätten", Space.Kind.COMPANY, "moss", "DE", 0.60, 0.2,
        {"jana": Role.MANAGER, "tobias": Role.EDITOR, "aylin": Role.EDITOR, "priya": Role.EDITOR,
         "marten": Role.READER},
        ("Lieferanten & Partner", "Presseverteiler"),
    ),
    _Plan(
        "vertrieb", "Team Vertrieb", Space.Kind.TEAM, "pine", "DE", 0.18, 0.1,
        {"jana": Role.MANAGER, "tobias": Role.EDITOR, "aylin": Role.EDITOR, "priya": Role.READER},
        ("Messe Leipzig 2026", "Architekturbüros"),
    ),
    _Plan(
        "london", "London office", Space.Kind.TEAM, "iris", "GB", 0.09, 1.0,
        {"priya": Role.MANAGER, "jana": Role.EDITOR, "marten": Role.READER},
        ("Hotels & hospitality",),
    ),
    _Plan(
        "montage", "Montage & Lieferung", Space.Kind.TEAM, "ochre", "DE", 0.08, 0.0,
        {"marten": Role.MANAGER, "tobias": Role.READER},
        ("Tour Nord",),
    ),
    _Plan(
        "jana", "", Space.Kind.PRIVATE, "plum", "DE", 0.05, 0.1,
        {"jana": Role.MANAGER},
        ("Familie & Freunde", "Weihnachtskarten"),
    ),
)  # fmt: skip


def build(
    *,
    people: int = 300,
    seed: int = 1,
    password: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Make users, spaces, `people` contacts with their firms and groups, and a little history.

    The same seed makes the same cards. Without `password` one is made up. `progress` is told how many people
    are in. Raises NameTaken, before anything is written, where one of the users or spaces is there already.
    """
    _raise_if_taken()
    rng = random.Random(seed)  # noqa: S311 -- lifelike, not secret
    password = password or "-".join(secrets.token_hex(2) for _ in range(3))
    users = {
        each.name: spaces.add_person(
            each.name, each.email, password, is_admin=each.is_admin, full_name=each.full_name, language=each.language
        )
        for each in COLLEAGUES
    }
    made = {plan.name: _made(plan, users) for plan in _PLANS}
    batch = open_batch(Batch.Act.DEMO, by=users["jana"].actor, door=Door.CLI, title="Hallberg Werkstätten")
    filler = _Filler(rng, batch, users, progress)
    for plan, count in zip(_PLANS, _counts(people), strict=True):
        filler.fill(made[plan.name], plan, count)
    close_batch(batch)
    keep_dates(made, users)
    return Summary(
        user="jana",
        password=password,
        users=tuple(users),
        spaces=tuple(made),
        people=filler.people,
        organisations=filler.organisations,
        groups=filler.groups,
        edits=live_in(made, users),
    )


def _raise_if_taken() -> None:
    names = {each.name for each in COLLEAGUES} | {plan.name for plan in _PLANS}
    if taken := Space.objects.filter(name__in=names).first() or User.objects.filter(name__in=names).first():
        raise spaces.NameTaken(taken.name)
    emails = [each.email for each in COLLEAGUES]
    if other := User.objects.filter(email__in=emails).first():
        raise spaces.NameTaken(other.name)


def _made(plan: _Plan, users: dict[str, User]) -> Space:
    (maker, _), *others = plan.roles.items()
    by = users[maker].actor
    if plan.kind == Space.Kind.PRIVATE:  # came with its user
        space = spaces.find(plan.name, by=by)
    else:
        space = spaces.create(plan.name, plan.kind, by=by, title=plan.title, region=plan.region)
    Space.objects.filter(pk=space.pk).update(hue=plan.hue)
    for name, role in others:
        spaces.share(space, users[name], role, by=by)
    return space


def _counts(people: int) -> list[int]:
    """How many of `people` belong to each plan; the first has what is left over."""
    others = [int(people * plan.share) for plan in _PLANS[1:]]
    return [people - sum(others), *others]


class _Filler:
    """Puts cards into one space after the other, and counts."""

    def __init__(
        self, rng: random.Random, batch: Batch, users: dict[str, User], progress: Callable[[int], None]
    ) -> None:
        self.rng, self.batch, self.users, self.progress = rng, batch, users, progress
        self.people = self.organisations = self.groups = 0
        self.portraits = 0

    def fill(self, space: Space, plan: _Plan, count: int) -> None:
        """Organisations first, so that people find theirs; groups last, of people who are there."""
        by = self.users[next(iter(plan.roles))].actor
        employers = self._firms(plan, count)
        self._store(space, [Entry(card_of_firm(firm, apple=n % 2 == 0)) for n, firm in enumerate(employers)], by=by)
        self.organisations += len(employers)
        known: list[str] = []  # UIDs of people whose program gave them one
        written = self._written(plan, count, employers, known)
        while chunk := list(itertools.islice(written, CHUNK)):
            self._store(space, chunk, by=by)
            self.people += len(chunk)
            self.progress(self.people)
        groups = [self._group(name, known, apple=n % 2 == 0) for n, name in enumerate(plan.groups)] if known else []
        self._store(space, groups, by=by)
        self.groups += len(groups)

    def _firms(self, plan: _Plan, count: int) -> list[Firm]:
        if plan.kind == Space.Kind.PRIVATE or not count:
            return []
        own = [house()] if plan.name == _COMPANY else []
        return own + firms(self.rng, max(count // 10, 1), english=plan.english)

    def _written(self, plan: _Plan, count: int, employers: Sequence[Firm], known: list[str]) -> Iterator[Entry]:
        is_company = plan.name == _COMPANY
        own = staff(employers[0])[:count] if is_company and employers else []
        others = people(self.rng, count - len(own), employers=list(employers[len(own) > 0 :]), english=plan.english)
        owners = [self.users[name].pk for name, role in plan.roles.items() if role >= Role.EDITOR]
        for person in itertools.chain(own, others):
            octets = card_of(person, self.rng, photo=self._photo(person, is_own=person in own))
            if len(known) < 20 * MEMBERS and b"\nUID:" in octets:
                known.append(person.uid)
            has_owner = person.firm is not None and self.rng.random() < 0.6
            yield Entry(octets, expected=Condition.ABSENT, owner=self.rng.choice(owners) if has_owner else None)

    def _photo(self, person: Person, *, is_own: bool) -> bytes | None:
        if not is_own and (self.rng.random() > 0.15 or self.portraits >= MAX_PORTRAITS):
            return None
        self.portraits += 1
        return portrait(self.rng)

    def _group(self, name: str, known: list[str], *, apple: bool) -> Entry:
        members = self.rng.sample(known, min(len(known), MEMBERS // 4 + int(self.rng.random() * MEMBERS)))
        uid = f"{self.rng.getrandbits(32):08x}-0000-4000-8000-{self.rng.getrandbits(48):012x}"
        return Entry(card_of_group(uid, name, members, apple=apple), expected=Condition.ABSENT)

    def _store(self, space: Space, entries: Sequence[Entry], *, by: Actor) -> None:
        for start in range(0, len(entries), CHUNK):
            for result in storing.store_many(
                space, entries[start : start + CHUNK], batch=self.batch, by=by, door=Door.CLI
            ):
                if isinstance(result, Exception):
                    raise result
