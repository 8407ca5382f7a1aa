"""The guides name every setting, command and route there is, and no setting that is not.

Settings are the FARLEY_* names in src/farley; routes are Django's URL patterns, written as `/contacts/<contact_id>/`;
commands are what `farley --help` lists. All of them stand in docs/operator/, in code marks.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.tree import ROOT, Finding, report

GUIDE = Path("docs/operator")
SETTING = re.compile(r"\bFARLEY_[A-Z_]*[A-Z]\b")
CODE = re.compile(r"`([^`\n]+)`|^ {4,}(\S.*)$|^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FOR_TESTS = {"FARLEY_NO_SKIP", "FARLEY_SAMPLES", "FARLEY_TEST_DATABASE_URL", "FARLEY_TEST_SERVER_ENDS"}


def settings_read(sources: Iterable[str]) -> set[str]:
    """The settings that strings in the code name."""
    names: set[str] = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value):
                names.add(node.value)
    return names - FOR_TESTS


def routes() -> list[str]:
    """Every URL pattern, converters left out: `/contacts/<contact_id>/`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "farley.project.settings"
    import django
    from django.urls import URLPattern, URLResolver, get_resolver

    django.setup()

    def walk(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            else:
                yield re.sub(r"<\w+:(\w+)>", r"<\1>", path)

    return sorted(set(walk(get_resolver().url_patterns, "/")))


def commands() -> list[str]:
    """What the command line offers: `farley serve` and so on."""
    from farley.cli.command import COMMANDS

    return [f"farley {name}" for name in COMMANDS]


def missing(names: Iterable[str], guide: dict[str, str], what: str) -> Iterator[Finding]:
    """Names that no page of the guide says in code marks, whole."""
    code = "\n".join(match[1] or match[2] or match[3] for text in guide.values() for match in CODE.finditer(text))
    for name in sorted(set(names)):
        if not re.search(rf"(?<![\w/>]){re.escape(name)}(?![\w/<])", code):
            yield Finding(str(GUIDE), 1, f"{what} {name} is not described")


def unknown_settings(known: set[str], guide: dict[str, str]) -> Iterator[Finding]:
    """Settings that the guide describes and the code does not read."""
    for path, text in guide.items():
        for number, line in enumerate(text.splitlines(), 1):
            for name in SETTING.findall(line):
                if name not in known | FOR_TESTS:
                    yield Finding(path, number, f"there is no setting {name}")


def findings() -> Iterator[Finding]:
    guide = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / GUIDE).glob("**/*.md"))}
    known = settings_read(path.read_text() for path in (ROOT / "src").glob("**/*.py"))
    yield from missing(known, guide, "the setting")
    yield from unknown_settings(known, guide)
    yield from missing(commands(), guide, "the command")
    yield from missing(routes(), guide, "the route")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FARLEY_DATA"] = folder
        return report(findings())


if __name__ == "__main__":
    sys.exit(main())
