import subprocess

from tools.tree import Finding, report, tracked


def fill(folder):
    for name in ["src/a.py", ".venv/lib/b.py", "frontend/node_modules/c.js", "dist/d.whl"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_files_that_git_would_add_are_looked_at_and_ignored_ones_are_not(tmp_path):
    fill(tmp_path)
    (tmp_path / ".gitignore").write_text(".venv/\nnode_modules/\n/dist/\n")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert tracked(tmp_path) == [".gitignore", "src/a.py"]


def test_an_unpacked_archive_is_looked_at_too(tmp_path):
    fill(tmp_path)
    assert tracked(tmp_path) == ["src/a.py"]


def test_findings_are_told_by_place_and_make_the_check_fail(capsys):
    assert report([Finding("src/a.py", 3, "too long")]) == 1
    assert capsys.readouterr().out == "src/a.py:3: too long\n"
    assert report([]) == 0
