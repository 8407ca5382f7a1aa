"""Bring the translations up to date: new messages in, the ones nobody uses out. No gettext is needed on the machine.

Read are the templates and the Python of src/farley, and what the layouts of tables are called. Run by whoever adds
words to a page: `python tools/messages.py`; with `--check` it only says whether something would change.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "farley"
LOCALE = SOURCE / "locale"
_CONTEXT, _PLURAL = (1, "c"), (1, 2)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": _PLURAL,
    "ngettext_lazy": _PLURAL,
    "pgettext": (_CONTEXT, 2),
    "pgettext_lazy": (_CONTEXT, 2),
    "npgettext": (_CONTEXT, 2, 3),
}
# Codecs and readers give reasons to these; whoever shows one translates it.
REASONS = {
    "InvalidVCard",
    "InvalidICalendar",
    "NotOneObject",
    "Slice",
    "_give_up",
    "Unreadable",
    "NotATable",
    "NotAnArchive",
    "NotInstalled",
    "NothingToImport",
    "BadMapping",
}
REASONED = {"codecs", "calendars", "exchange"}  # where they are given


def messages() -> Iterator[tuple[str, int, str | tuple[str, ...], str | None]]:
    """Every message of the sources: path, line, text (singular and plural), context."""
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix == ".html":
            code = templatize(path.read_text("utf-8"), origin=str(path)).encode()
        elif path.match("exchange/layouts/*/*.toml"):
            yield path.relative_to(ROOT).as_posix(), 1, tomllib.loads(path.read_text("utf-8"))["title"], None
            continue
        elif path.suffix == ".py" and "migrations" not in path.parts:
            code = path.read_bytes()
        else:
            continue
        for line, text, _, context in extract("python", io.BytesIO(code), KEYWORDS, (), {"encoding": "utf-8"}):
            yield path.relative_to(ROOT).as_posix(), line, text, context
        if path.suffix == ".py" and path.relative_to(SOURCE).parts[0] in REASONED:
            for line, reason in _reasons(code):
                yield path.relative_to(ROOT).as_posix(), line, reason, None


def _reasons(code: bytes) -> Iterator[tuple[int, str]]:
    """The last argument of every call to one of REASONS, where it is a text."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[-1], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            reason = node.args[-1].value
            if name in REASONS and isinstance(reason, str) and reason:
                yield node.lineno, reason


def catalogue() -> Catalog:
    """All messages, without translations."""
    found = Catalog(charset="utf-8", header_comment="# The words of Farley.", project="Farley")
    for path, line, text, context in messages():
        found.add(text, locations=[(path, line)], context=context)
    return found


def updated(po: Path) -> bytes:
    """`po` with the messages of the sources, its translations kept."""
    with po.open("rb") as file:
        translations = read_po(file, locale=po.parent.parent.name)
    found = catalogue()
    found.creation_date = translations.creation_date  # else every run would change the file
    translations.update(found, no_fuzzy_matching=True, update_header_comment=False)
    translations.obsolete.clear()
    out = io.BytesIO()
    write_po(
        out, translations, width=110, sort_by_file=True, include_lineno=False
    )  # line numbers would change with every edit
    return out.getvalue()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Bring the translations up to date.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if something would change")
    check = parser.parse_args(arguments).check
    stale = []
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        new = updated(po)
        if new != po.read_bytes():
            stale.append(po)
            if not check:
                po.write_bytes(new)
    for po in stale:
        print(f"{po.relative_to(ROOT)}: {'is not up to date' if check else 'brought up to date'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
