"""The tasks of `rivals`: the people that all are filled with, and what their list and a search cost Farley."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any


def fill_beside(count: str, path: str) -> dict[str, Any]:
    """A new instance with so many people without employers, and each as a line of JSON at `path`."""
    from benchmarks._tasks import import_file, make
    from farley.exchange.demo.cards import card_of
    from farley.exchange.demo.people import people

    make()
    target, rng = Path(path), random.Random(7)
    cards, lines = target.with_suffix(".vcf"), []
    with cards.open("wb") as file:
        for person in people(rng, int(count), employers=[]):
            file.write(card_of(person, rng))
            email, phone = f"{person.number}@hallberg.example", f"+49 30 {person.number:07}"
            lines.append({"given": person.given, "family": person.family, "email": email, "phone": phone})
    report = import_file(str(cards), "ada")
    target.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return report


def ask_beside(path: str, times: str) -> dict[str, Any]:
    """Milliseconds of the first page of the list, and of pages of it that a family name is searched in."""
    from django.test import Client

    from farley.accounts.models import User
    from farley.contacts.models import Contact

    client = Client(headers={"Host": "localhost"})
    client.force_login(User.objects.get(name="ada"))
    names = [json.loads(line)["family"] for line in Path(path).read_text("utf-8").splitlines()]

    def waited(name: str) -> float:
        began = time.perf_counter()
        answer = client.get("/contacts/", {"q": name} if name else {})
        seconds = time.perf_counter() - began
        if answer.status_code != 200 or (name and name.encode() not in answer.content):
            raise SystemExit(f"Farley answered {answer.status_code} to {name!r}")
        return 1000 * seconds

    waited("")
    asked = [names[n * len(names) // int(times)] for n in range(int(times))]
    return {
        "people": Contact.objects.filter(deleted_at=None).count(),
        "list": [waited("") for _ in asked],
        "search": [waited(name) for name in asked],
    }
