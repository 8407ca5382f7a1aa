"""Tidying a space: look through it, choose of what was found, do that in one act."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import operations as contacts
from farley.contacts.erasing import Traces
from farley.contacts.models import Contact
from farley.contacts.storing import Entry, StoreProblem, octets_of, prepare_many, store_prepared
from farley.database.turns import write_turn
from farley.journal.models import Batch, Door, Noun
from farley.journal.writing import close_batch, leave_out, open_batch
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, require, writing
from farley.tidying.models import TidyFinding, TidyRun
from farley.tidying.proposing import CARD, Manner, Proposal, Rule, proposals, tidied

CHUNK: Final = 500  # contacts a transaction
AT_ONCE: Final = 1_000  # contacts that are looked at while somebody waits for the page
KEEP_DAYS: Final = 30  # what was found
MAX_FINDINGS: Final = 100_000  # of one run: a page shows them all
Stopping = Callable[[], bool]
Progress = Callable[[int], None]


class NotNow(ValueError):
    """The run is not in the state for this: it is still looking, or its choice is done."""


def start(space: Space, rules: Collection[Rule], *, by: Actor, door: Door) -> TidyRun:
    """Begin to look through a space; a former run of theirs there is forgotten. Raises NotAllowed, NoSuchSpace."""
    require(space, by, Role.EDITOR)
    assert by.user is not None
    with write_turn():
        TidyRun.objects.filter(space=space, user=by.user).exclude(state=TidyRun.State.TIDYING).delete()
        run: TidyRun = TidyRun.objects.create(
            space=space, user=by.user, door=door, rules=[rule.value for rule in Rule if rule in rules],
            total=Contact.objects.filter(space=space, deleted_at=None).count(),
        )  # fmt: skip
    return run


def look(run: TidyRun, *, stopping: Stopping = lambda: False, progress: Progress = lambda _done: None) -> bool:
    """Go on looking from where it stands; False where `stopping` cut it short.

    It ends early where there is more than anybody chooses from (MAX_FINDINGS): tidy that, and look again.
    """
    manner, rules = Manner.of(run.space.default_region), [Rule(rule) for rule in run.rules]
    found = run.findings.count()
    while run.state == TidyRun.State.LOOKING:
        live = Contact.objects.filter(space=run.space_id, deleted_at=None, pk__gt=run.position).order_by("pk")
        page = list(live.only("pk", "content_id", "full_name")[:CHUNK])
        octets = octets_of(contact.content_id for contact in page)
        findings = [
            _finding(run, contact, each)
            for contact in page
            for each in proposals(Card.parse(octets[contact.content_id]), manner, rules)
        ]
        found += len(findings)
        if not page or found > MAX_FINDINGS:
            run.state = TidyRun.State.CHOOSING
        else:
            run.position, run.looked = page[-1].pk, run.looked + len(page)
        with write_turn():
            if not _is_there(run, TidyRun.State.LOOKING):
                return True
            TidyFinding.objects.bulk_create(findings)
            run.save(update_fields=["position", "looked", "state"])
        progress(run.looked)
        if run.state == TidyRun.State.LOOKING and stopping():
            return False
    return True


def _is_there(run: TidyRun, state: TidyRun.State) -> bool:
    return TidyRun.objects.filter(pk=run.pk, state=state).exists()


def _finding(run: TidyRun, contact: Contact, each: Proposal) -> TidyFinding:
    name, before, after = each.key
    return TidyFinding(
        run=run,
        contact_id=contact.pk,
        contact_name=contact.full_name[:200],
        name=name[:80],
        rules=f" {' '.join(each.rules)} ",
        before=before,
        after=after,
        is_chosen=each.is_sure,
    )


def choose(run: TidyRun, findings: Iterable[int], *, is_chosen: bool) -> None:
    """Choose these of its findings (ids), or leave them as they are. Raises NotNow."""
    with write_turn():
        if not _is_there(run, TidyRun.State.CHOOSING):
            raise NotNow
        pks = iter(findings)
        while some := list(islice(pks, CHUNK)):
            run.findings.filter(pk__in=some).update(is_chosen=is_chosen)


def choose_rule(run: TidyRun, rule: Rule, *, is_chosen: bool) -> None:
    """Choose all that this rule found, or leave it as it is. Raises NotNow."""
    with write_turn():
        if not _is_there(run, TidyRun.State.CHOOSING):
            raise NotNow
        run.findings.filter(rules__contains=f" {rule} ").update(is_chosen=is_chosen)


def counts(run: TidyRun) -> dict[Rule, tuple[int, int]]:
    """How much each rule found, and how much of it is chosen. A value that two rules change counts with both."""
    found: Counter[Rule] = Counter()
    chosen: Counter[Rule] = Counter()
    for rules, is_chosen in run.findings.values_list("rules", "is_chosen").iterator(CHUNK):
        for rule in map(Rule, rules.split()):
            found[rule] += 1
            chosen[rule] += is_chosen
    return {rule: (found[rule], chosen[rule]) for rule in Rule if found[rule]}


def begin(run: TidyRun, *, title: str, by: Actor) -> Batch:
    """Open the act that `tidy` carries out. Raises NotAllowed, NoSuchSpace, NotNow."""
    require(run.space, by, Role.EDITOR)
    with write_turn():
        if not _is_there(run, TidyRun.State.CHOOSING):
            raise NotNow
        batch = open_batch(Batch.Act.EDIT, by=by, door=Door(run.door), title=title)
        run.batch, run.position, run.state = batch, 0, TidyRun.State.TIDYING
        run.save(update_fields=["batch", "position", "state"])
    return batch


def tidy(
    run: TidyRun, *, by: Actor, stopping: Stopping = lambda: False, progress: Progress = lambda _done: None
) -> bool:
    """Do what was chosen, from where it stands; False where `stopping` cut it short.

    A value that is no more as it was shown stays as it is; a contact that cannot be written is left out of the batch
    and told there. Where the right to change them is lost on the way, it ends as failed, and can be undone.
    """
    batch = run.batch
    while run.state == TidyRun.State.TIDYING and batch is not None:
        chosen = run.findings.filter(is_chosen=True, contact_id__gt=run.position)
        pks = list(chosen.order_by("contact_id").values_list("contact_id", flat=True).distinct()[:CHUNK])
        try:
            if pks:
                _tidy(run, pks, by=by, batch=batch)
        except (NotAllowed, NoSuchSpace):
            run.state = TidyRun.State.FAILED
            close_batch(batch, Batch.State.FAILED)
        else:
            run.position = pks[-1] if pks else run.position
            run.state = run.state if pks else TidyRun.State.DONE
        with write_turn():  # doing it twice changes nothing more
            run.save(update_fields=["position", "state"])
        progress(batch.size)
        if run.state == TidyRun.State.TIDYING and stopping():
            return False
    if batch is not None and run.state == TidyRun.State.DONE:
        close_batch(batch)
    return True


def _tidy(run: TidyRun, pks: list[int], *, by: Actor, batch: Batch) -> None:
    wanted: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for pk, *key in run.findings.filter(contact_id__in=pks, is_chosen=True).values_list(
        "contact_id", "name", "before", "after"
    ):
        wanted[pk].add((key[0], key[1], key[2]))
    manner, rules = Manner.of(run.space.default_region), [Rule(rule) for rule in run.rules]
    door = Door(run.door)
    here = list(Contact.objects.filter(pk__in=pks, space=run.space_id, deleted_at=None).order_by("pk"))
    octets = octets_of(contact.content_id for contact in here)
    cards = {contact.pk: Card.parse(octets[contact.content_id]) for contact in here}
    going = [
        each for each in here
        if any(p.name == CARD and p.key in wanted[each.pk] for p in proposals(cards[each.pk], manner, rules))
    ]  # fmt: skip
    staying = [contact for contact in here if contact not in going]
    entries = [
        Entry(tidied(cards[each.pk], manner, rules, wanted[each.pk]).octets, each.href, each.etag) for each in staying
    ]
    prepared = prepare_many(entries, run.space.default_region)
    with writing([run.space_id]) as locked:
        results = store_prepared(locked[run.space_id], prepared, batch=batch, by=by, door=door)
        problems = {c.pk: "changed" for c, r in zip(staying, results, strict=True) if isinstance(r, StoreProblem)}
        as_read = dict(Contact.objects.filter(pk__in=[each.pk for each in going]).values_list("pk", "content"))
        problems |= {each.pk: "changed" for each in going if as_read.get(each.pk) != each.content_id}
        if gone := [each for each in going if each.pk not in problems]:
            contacts.delete(gone, by=by, door=door, batch=batch)
        if problems:
            leave_out(batch, Noun.CONTACT, problems)


def fail(run: TidyRun) -> None:
    """End a run whose worker was killed again and again; what is done can be undone."""
    with write_turn():
        TidyRun.objects.filter(pk=run.pk).update(state=TidyRun.State.FAILED)
        if run.batch is not None and run.batch.state == Batch.State.RUNNING:
            close_batch(run.batch, Batch.State.FAILED)


def forget_old() -> int:
    """Delete what was found a month ago; return how many runs."""
    old = timezone.now() - dt.timedelta(days=KEEP_DAYS)
    with write_turn():
        return TidyRun.objects.filter(started_at__lt=old).delete()[0]


def forget(traces: Traces) -> None:
    """Delete what was found of a contact that is erased."""
    TidyFinding.objects.filter(contact_id=traces.contact.pk).delete()
