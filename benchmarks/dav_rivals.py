"""CardDAV over a socket: Farley beside Radicale and Xandikos, the same requests to the same cards in the same run.

10,000 cards, every twentieth with a photo of 20 kB; FARLEY_BENCH_DAV makes it another number. The other two come from
PyPI into an environment of their own under FARLEY_BENCH_DATA. Each keeps its cards as it does out of the box: Farley in
SQLite with every commit on the disk, Radicale in files with fsync, Xandikos in git. The most that a process of each
held in memory is in the table.
"""

from __future__ import annotations

import os
import time

from benchmarks import _figures
from benchmarks._dav_servers import TAGS, Load, Server, beside_each_other, best, each, servers, token_in
from benchmarks._instances import KEPT
from benchmarks._phones import card

CARDS = int(os.environ.get("FARLEY_BENCH_DAV") or 10_000)
DATA = "<d:prop><d:getetag/><card:address-data/></d:prop>"
LOAD = Load(
    CARDS,
    card,
    "vcf",
    "text/vcard",
    "dav-fill",
    "/dav/addressbooks/ada/ada/",
    "VADDRESSBOOK",
    "/ada/contacts/addressbook/",
)


def main() -> None:
    folder = KEPT / f"dav-rivals-{CARDS}"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, float]] = {}
    for starting in servers(folder, LOAD):
        with starting as server:
            found[server.name] = _measured(server)
    _figures.table(f"{CARDS:,} cards, beside Radicale and Xandikos", beside_each_other(found))


def _measured(server: Server) -> dict[str, float]:
    """Seconds of each act, and the most memory, in octets."""
    found: dict[str, float] = {}

    first = time.perf_counter()
    whole = server.sync("")
    found["first sync of all, tags: the very first"] = time.perf_counter() - first
    if whole.count(b"getetag>") < CARDS:
        raise RuntimeError(f"{server.name} holds too few cards")
    found["first sync of all, tags"] = best(lambda: server.sync(""))
    token = token_in(whole)
    found["sync, nothing changed"] = best(lambda: server.sync(token))
    for name, act in (("put", server.put), ("delete", server.delete)):
        found[f"{name} of one"] = each(act, CARDS)
    server.put(1)
    found["sync, one change"] = best(lambda: server.sync(token))
    hrefs = [f"<d:href>{server.book}{number}.vcf</d:href>" for number in range(CARDS)]
    found["multiget of 500"] = best(lambda: server.report("card:addressbook-multiget", DATA + "".join(hrefs[:500])))
    found["multiget of all"] = best(lambda: server.report("card:addressbook-multiget", DATA + "".join(hrefs)), 1)
    for prop, text in (("FN", "person 00012"), ("EMAIL", "person12@")):
        match = f'<card:prop-filter name="{prop}"><card:text-match>{text}</card:text-match></card:prop-filter>'
        inner = f"{TAGS}<card:filter>{match}</card:filter>"
        found[f"query on {prop}"] = best(lambda asked=inner: server.report("card:addressbook-query", asked), 2)  # type: ignore[misc]
    found["most memory of a process"] = server.most_memory()
    return found


if __name__ == "__main__":
    main()
