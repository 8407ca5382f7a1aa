"""Run in an environment that holds Creme CRM: fill it with people, then list and search them in process.

`python with_creme.py PEOPLE.jsonl FOLDER TIMES`: reports one line of JSON. People are lines of JSON: given, family,
email, phone. What is measured is one request with all its middleware, without a network.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
import warnings
from pathlib import Path
from typing import Any

SETTINGS = """
from creme.settings import *
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
GENERATED_MEDIA_NAMES_FILE = {names!r}
SECRET_KEY = "measured once and thrown away"
"""
PASSWORD = "root"


def main(people: Path, folder: Path, times: int) -> None:
    warnings.simplefilter("ignore")
    said = SETTINGS.format(database=str(folder / "creme.sqlite3"), names=str(folder / "_generated_media_names.py"))
    (folder / "creme_to_measure.py").write_text(said)
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "creme_to_measure"
    import django
    from django.core.management import call_command

    django.setup()
    if not (folder / "filled").exists():
        call_command("migrate", verbosity=0)
        call_command("creme_populate", verbosity=0)
        call_command("generatemedia", verbosity=0)
        _fill(people)
        (folder / "filled").touch()
    print(json.dumps(_measure(people, times)))


def _fill(people: Path) -> None:
    """Two tables hold a contact, so its rows are written by hand: model objects would take hours."""
    from creme.creme_core.models import CremeEntity, CremeUser
    from creme.persons import get_contact_model
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, transaction

    contact = get_contact_model()
    root = CremeUser.objects.get(username="root")
    root.set_password(PASSWORD)
    root.save()
    kind = ContentType.objects.get_for_model(contact).pk
    start = (CremeEntity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    tables: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]] = ([], [])
    models = (CremeEntity, contact)
    for pk, line in enumerate(people.read_text("utf-8").splitlines(), start):
        person = json.loads(line)
        said = {
            "id": pk, "cremeentity_ptr": pk, "entity_type": kind, "user": root.pk, "uuid": uuid.uuid4(),
            "header_filter_search_field": f"{person['family']} {person['given']}".upper(),
            "last_name": person["family"], "first_name": person["given"],
            "email": person["email"], "phone": person["phone"],
        }  # fmt: skip
        for model, rows in zip(models, tables, strict=True):
            fields = model._meta.local_concrete_fields
            values = [said.get(f.name, None if f.null and not f.has_default() else f.get_default()) for f in fields]
            rows.append(
                tuple(f.get_db_prep_save(v, connection=connection) for f, v in zip(fields, values, strict=True))
            )
    with transaction.atomic(), connection.cursor() as cursor:
        for model, rows in zip(models, tables, strict=True):
            names = ", ".join(f.column for f in model._meta.local_concrete_fields)
            marks = ", ".join(["%s"] * len(model._meta.local_concrete_fields))
            cursor.executemany(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})", rows)
        cursor.execute("ANALYZE")


def _measure(people: Path, times: int) -> dict[str, object]:
    from creme.persons import get_contact_model
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.post(reverse("creme_login"), {"username": "root", "password": PASSWORD})
    address = reverse("persons__list_contacts")
    names = [json.loads(line)["family"] for line in people.read_text("utf-8").splitlines()]
    asked = [names[n * len(names) // times] for n in range(times)]
    report: dict[str, object] = {"people": get_contact_model().objects.count(), "list": [], "search": []}

    def timed(name: str, **data: str) -> bytes:
        began = time.perf_counter()
        answer = client.post(address, {"content": "1", **data})
        report[name].append(1000 * (time.perf_counter() - began))  # type: ignore[attr-defined] # a list
        if answer.status_code != 200:
            raise SystemExit(f"Creme answered {answer.status_code}")
        return bytes(answer.content)

    timed("list")
    report["list"].clear()  # type: ignore[attr-defined]
    for _ in range(times):
        timed("list")
    for name in asked:
        if name.encode() not in timed("search", **{"search-regular_field-last_name": name}):
            raise SystemExit(f"Creme did not find {name}")
    return report


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute(), int(sys.argv[3]))
