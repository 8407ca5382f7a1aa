"""What the front end's build wrote: hashed file names behind the names templates use."""

import json
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static

DIST = Path(__file__).parent / "static" / "dist"


class FrontEndNotBuilt(RuntimeError):
    """`static/dist/manifest.json` is missing or does not name the file; `make build` writes it."""


def asset_url(name: str) -> str:
    """The address of the built file that `name` ("app.js", "app.css", …) stands for."""
    try:
        return static(f"dist/{_files()[name]}")
    except KeyError as error:
        raise FrontEndNotBuilt(name) from error


@lru_cache(maxsize=1)
def _files() -> dict[str, str]:
    try:
        files: dict[str, str] = json.loads((DIST / "manifest.json").read_bytes())
    except FileNotFoundError as error:
        raise FrontEndNotBuilt(str(DIST)) from error
    return files


@lru_cache(maxsize=1)
def icons() -> frozenset[str]:
    """The names of the icons that the style sheet knows: those that pages ask for by a literal name."""
    try:
        return frozenset(json.loads((DIST / "icons.json").read_bytes()))
    except FileNotFoundError as error:
        raise FrontEndNotBuilt(str(DIST)) from error


def asset_text(name: str) -> str:
    """What is in the built file."""
    return (DIST / _files()[name]).read_text("utf-8")


def shared_urls() -> list[str]:
    """The addresses of the pieces that built scripts share: they load them by themselves."""
    return [static(f"dist/{path.name}") for path in sorted(DIST.glob("chunk-*.js"))]
