"""Run in an environment that holds Tryton with its party module: fill it with people, then list and search them.

`python with_tryton.py PEOPLE.jsonl FOLDER TIMES`: reports one line of JSON. What is measured is one JSON-RPC request
with all its middleware, without a network: what its clients send for a list of parties.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

DATABASE = "tryton"
PASSWORD = "measured once and thrown away"
FIELDS = ["rec_name", "name", "code", "lang.rec_name", "contact_mechanisms"]


def main(people: Path, folder: Path, times: int) -> None:
    configuration = folder / "trytond.conf"
    configuration.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n[password]\nlength = 1\n")
    from trytond import config

    config.update_etc(str(configuration))
    os.environ["TRYTON_ADMIN_EMAIL"] = "nobody@example.org"
    if not (folder / "filled").exists():
        _make(folder, configuration)
    from trytond.pool import Pool

    Pool.start()
    Pool(DATABASE).init()
    if not (folder / "filled").exists():
        _fill(people)
        (folder / "filled").touch()
    print(json.dumps(_measure(people, times)))


def _make(folder: Path, configuration: Path) -> None:
    (folder / f"{DATABASE}.sqlite").touch()
    password = folder / "password"
    password.write_text(PASSWORD)
    admin = Path(sys.executable).with_name("trytond-admin")
    subprocess.run(
        [admin, "-c", configuration, "-d", DATABASE, "-u", "party", "--activate-dependencies", "--all",
         "--email", "nobody@example.org"],
        check=True, env={**os.environ, "TRYTONPASSFILE": str(password)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _fill(people: Path) -> None:
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    with people.open(encoding="utf-8") as lines:
        while batch := [json.loads(line) for line in islice(lines, 1000)]:
            with Transaction().start(DATABASE, 1):
                Pool().get("party.party").create(
                    [
                        {
                            "name": f"{person['given']} {person['family']}".strip(),
                            "contact_mechanisms": [
                                (
                                    "create",
                                    [
                                        {"type": kind, "value": person[key]}
                                        for kind, key in (("email", "email"), ("other", "phone"))
                                        if person[key]
                                    ],
                                )
                            ],
                        }
                        for person in batch
                    ]
                )


def _measure(people: Path, times: int) -> dict[str, object]:
    from trytond.wsgi import app
    from werkzeug.test import Client

    client = Client(app)
    headers = {"Content-Type": "application/json"}

    def call(method: str, *params: object, session: str = "") -> object:
        body = json.dumps({"id": 1, "method": method, "params": params})
        extra = {"Authorization": f"Session {session}"} if session else {}
        answer = client.post(f"/{DATABASE}/rpc/", data=body, headers=headers | extra)
        said = answer.get_json()
        if isinstance(said, dict):
            if said.get("error"):
                raise SystemExit(f"Tryton answered {said['error']}")
            return said.get("result")
        return said

    user, key = call("common.db.login", "admin", {"password": PASSWORD})[:2]  # type: ignore[index]
    session = base64.b64encode(f"admin:{user}:{key}".encode()).decode()
    names = [json.loads(line)["family"] for line in people.read_text("utf-8").splitlines()]
    asked = [names[n * len(names) // times] for n in range(times)]

    def page(domain: list[object]) -> list[dict[str, object]]:
        return call(  # type: ignore[return-value] # rows
            "model.party.party.search_read", domain, 0, 50, [["name", "ASC"]], FIELDS, {}, session=session
        )

    waits: dict[str, list[float]] = {"list": [], "search": []}
    page([])
    for _ in range(times):
        began = time.perf_counter()
        page([])
        waits["list"].append(1000 * (time.perf_counter() - began))
    for name in asked:
        began = time.perf_counter()
        found = page([["rec_name", "ilike", f"%{name}%"]])
        waits["search"].append(1000 * (time.perf_counter() - began))
        if not any(name in str(row["name"]) for row in found):
            raise SystemExit(f"Tryton did not find {name}")
    return {"people": call("model.party.party.search_count", [], {}, session=session), **waits}


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute(), int(sys.argv[3]))
