"""Functions stay within 80 lines and modules within 800: past that, a file is several things under one name.

Data tables (literals of more than 20 lines that a module assigns to a name) do not count, nor do migrations, which
Django writes. Style sheets, scripts and templates are held to the limit for modules too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.tree import ROOT, Finding, report, tracked

FUNCTION_LINES = 80
MODULE_LINES = 800
TABLE_LINES = 20  # a literal longer than this is data, not code
SUFFIXES = {".py", ".js", ".mjs", ".css", ".html", ".sh"}


def oversized(path: str, source: str) -> Iterator[Finding]:
    """What is too long in one file; `path` says what language it is in."""
    lines = len(source.splitlines())
    if path.endswith(".py"):
        tree = ast.parse(source, path)
        lines -= sum(_table_lines(node) for node in tree.body)
        yield from _long_functions(path, tree)
    if lines > MODULE_LINES:
        yield Finding(path, 1, f"{lines} lines, {MODULE_LINES} are the limit: split it by topic")


def _long_functions(path: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield Finding(path, node.lineno, f"{node.name}() has {lines} lines, {FUNCTION_LINES} are the limit")


def _table_lines(node: ast.stmt) -> int:
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call) and value.args:  # frozenset({…}), MappingProxyType({…})
        value = value.args[0]
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    is_table = isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Set) and lines > TABLE_LINES
    return lines if is_table else 0


def main() -> int:
    files = [name for name in tracked() if Path(name).suffix in SUFFIXES and "/migrations/" not in name]
    return report(finding for name in files for finding in oversized(name, (ROOT / name).read_text()))


if __name__ == "__main__":
    sys.exit(main())
