import pytest
from tools.check_leaks import leaks


def messages(path: str, text: str) -> list[str]:
    return [finding.message for finding in leaks(path, text)]


@pytest.mark.parametrize(
    "line",
    [
        "django @ https://example.org/django.whl",
        "django @ git+ssh://example.org/django",
        "--index-url example.org/simple",
        '  "resolved": "http://example.org/esbuild.tgz",',
    ],
)
@pytest.mark.parametrize("lock", ["requirements/dev.lock", "requirements/bootstrap.in", "frontend/package-lock.json"])
def test_an_address_in_a_lock_file_is_found(lock, line):
    [found] = messages(lock, f"django==5.2.19\n{line}\n")
    assert found.startswith("an address in a lock file")


def test_an_address_elsewhere_is_free():
    assert messages("docs/user/start.md", "Open http://127.0.0.1:8000 and https://example.org/x.") == []


@pytest.mark.parametrize("host", [("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org")])
def test_a_package_host_is_found_anywhere(host):
    assert len(messages("README.md", f"pip install --proxy {'.'.join(host)}")) == 1  # this file names none itself


@pytest.mark.parametrize("folder", ["work/main", "root/.cache", "home/alice/x", "Users/alice", "tmp/x"])
def test_a_folder_of_one_machine_is_found(folder):
    [found] = messages("src/a.py", f'PATH = "/{folder}"')
    assert found.startswith("names a folder of one machine")


@pytest.mark.parametrize("text", ["docs/home/plan", "~/home/farley", "https://example.org/home/x", "ADR;HOME/WORK"])
def test_words_and_addresses_that_look_like_folders_are_free(text):
    assert messages("README.md", text) == []


def test_the_line_is_named():
    assert [finding.line for finding in leaks("README.md", f"one\ntwo {'/'}tmp/x\n")] == [2]
