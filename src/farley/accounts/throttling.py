"""How often secrets may be guessed. Counted in the database, which all processes share, before a guess is checked."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from dataclasses import dataclass

from django.db import connection, models

from farley.database.turns import write_turn

WINDOW_S = 900
PAIR, ACCOUNT, ADDRESS = 10, 50, 200  # guesses a window: of one account from one address, of it at all, from one at all
FORGOTTEN_S = 86_400


class Guesses(models.Model):
    """How many guesses began in the window since `since`. Only a hash says whose they are."""

    key = models.CharField(max_length=64, primary_key=True)
    since = models.BigIntegerField()  # seconds since 1970
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a guess may be checked. `is_first_refusal`: the one before it still could; worth a note."""

    retry_after_s: int
    is_first_refusal: bool = False

    @property
    def is_refused(self) -> bool:
        return self.retry_after_s > 0


def guess(account: str, address: str) -> Verdict:
    """Count one guess at the secret of `account` (whatever was typed) from `address`, and say whether to check it.

    Counted first and checked after: however many come at once, no more than allowed are checked. What is refused
    already is not counted on: who goes on and on makes nobody wait for a write, nor others wait longer.
    """
    now = int(time.time())
    place = _place(address)
    limits = {_key("pair", account, place): PAIR, _key("account", account): ACCOUNT, _key("address", place): ADDRESS}
    known = Guesses.objects.filter(key__in=list(limits), since__gt=now - WINDOW_S).values_list("key", "since", "count")
    if waits := [since + WINDOW_S - now for key, since, count in known if count > limits[key]]:
        return Verdict(max(waits))
    with write_turn():
        counted = [(*_count(key, now), limit) for key, limit in sorted(limits.items())]
        Guesses.objects.filter(since__lt=now - FORGOTTEN_S).delete()
    refused = [(since + WINDOW_S - now, count == limit + 1) for since, count, limit in counted if count > limit]
    return Verdict(max((wait for wait, _ in refused), default=0), any(is_first for _, is_first in refused))


def forget(account: str, address: str) -> None:
    """The guess was right: earlier mistakes made from there do not count any more."""
    with write_turn():
        Guesses.objects.filter(key=_key("pair", account, _place(address))).delete()


def _count(key: str, now: int) -> tuple[int, int]:
    """One more for `key`; return since when and how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_guesses (key, since, count) VALUES (%s, %s, 1) ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN accounts_guesses.since <= %s THEN 1 ELSE accounts_guesses.count + 1 END,"
            " since = CASE WHEN accounts_guesses.since <= %s THEN excluded.since ELSE accounts_guesses.since END",
            [key, now, now - WINDOW_S, now - WINDOW_S],
        )
    counted: tuple[int, int] = Guesses.objects.values_list("since", "count").get(key=key)
    return counted


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).casefold().encode()).hexdigest()


def _place(address: str) -> str:
    """The address; of IPv6 the network, for one customer has a whole one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if parsed.version == 6 else address
